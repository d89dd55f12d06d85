#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The recipe of the RPM: it parses, and names just what is installed.

use v5.36;
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX;
use Packaging;

need(qw(rpmspec rpmbuild));

my $spec = "$TOP/contrib/packaging/check_mx.spec";
my $folder = File::Temp->newdir;

my $parsed = succeeds('rpmspec parses it.', 'rpmspec', '--parse', $spec);
is($parsed->stderr, '', 'rpmspec warns of nothing.');
unlike($parsed->output, qr/%\{/, 'rpmspec knows every macro.');
is($parsed->output =~ /^Version:\s*(\S+)/m ? $1 : '', version(),
    'The RPM is of the version it packages.');

done_testing;

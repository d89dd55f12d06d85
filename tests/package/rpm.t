#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The recipe of the RPM: rpmspec parses it, and rpmbuild makes the package of
# the tarball, though on Debian it has to be told to look for no dependencies.

use v5.36;
use File::Basename qw(basename);
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX;
use Packaging;

need(qw(rpmspec rpmbuild rpm xz));

my $spec = "$TOP/contrib/packaging/check_mx.spec";
my $folder = File::Temp->newdir;
my $tarball = "$BUILD/check_mx-" . version() . '.tar.xz';

my $parsed = succeeds('rpmspec parses the recipe.', 'rpmspec', '--parse',
    $spec);
is($parsed->stderr, '', 'rpmspec warns of nothing.');
unlike($parsed->output, qr/%\{/, 'rpmspec knows every macro.');
is($parsed->output =~ /^Version:\s*(\S+)/m ? $1 : '', version(),
    'The recipe is of the version it packages.');

succeeds('make dist makes a tarball.', 'make', '--silent', '-C', $BUILD,
    'dist');
succeeds('The RPM is built from the tarball alone.', 'rpmbuild', '--nodeps',
    '--define', "_topdir $folder", '-tb', $tarball);
unlink $tarball;

my ($rpm) = glob "$folder/RPMS/*/monitoring-plugins-check-mx-[0-9]*.rpm";
my @files = split /\n/, testCmd('rpm', '--query', '--list', '--package',
    $rpm // 'none')->output;
is_deeply([grep { m{/nagios/plugins/check_mx} } @files],
    [sort map { '/usr/lib64/nagios/plugins/' . basename($_, '.c') }
	glob "$TOP/plugins/*.c"],
    'It has all plugins.');
for my $name (administrators_folders()) {
	ok(scalar(grep { m{/doc/.*/\Q$name\E/} } @files),
	    "It has contrib/$name among its documents.");
}

done_testing;

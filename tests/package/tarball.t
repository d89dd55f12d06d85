#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The tarball of make dist holds what is tracked, and what is made of it for
# those who lack Autoconf, Automake and help2man. That it builds by itself is
# for make distcheck to prove.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX;
use Packaging;

plan(skip_all => 'only a checkout knows what is tracked') unless -e "$TOP/.git";
need(qw(git tar xz));

my $UNSHIPPED = qr{^(?:[.]ci/|[.]gitignore$)};
my $MADE = qr{^(?:configure|config[.]h[.]in|aclocal[.]m4|Makefile[.]in
    |build-aux/.+|man/check_mx\w*[.][17])$}x;

my $name = 'check_mx-' . version();
succeeds('make dist makes a tarball.', 'make', '--silent', '-C', $BUILD,
    'dist');
my $listed = succeeds('The tarball can be read.', 'tar', '--list', '--file',
    "$BUILD/$name.tar.xz");
my $tracked = succeeds('Git tells what is tracked.', 'git', '-c',
    'safe.directory=*', '-C', $TOP, 'ls-files');

my @inside = grep { !m{/$} } split /\n/, $listed->output;
is_deeply([grep { !m{^\Q$name\E/} } @inside], [],
    'The tarball unpacks into one folder, of its name and version.');
s{^[^/]+/}{} for @inside;
no_more_no_less([grep { $_ !~ $MADE } @inside],
    [grep { $_ !~ $UNSHIPPED } split /\n/, $tracked->output],
    'The tarball holds all that is tracked, and nothing that lay about.');
is_deeply([grep { my $wanted = $_; !grep { $_ eq $wanted } @inside }
    qw(configure Makefile.in man/check_mx.1)], [],
    'Who builds the tarball needs neither Autoconf nor help2man.');

unlink "$BUILD/$name.tar.xz";
done_testing;

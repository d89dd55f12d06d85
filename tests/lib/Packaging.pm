# SPDX-License-Identifier: GPL-3.0-or-later
#
# Packaging - what the tests of tests/package have in common.
#
# $TOP, $BUILD       the sources, and the folder they are built in
# version()          as the built check_mx tells it
# succeeds($sentence, @command)   a test that the command, of some minutes,
#   exits 0; its result, see testCmd. No make above it tells it anything.
# installed($root)   all below $root that is no folder, as sorted absolute
#   paths of an installed system
# administrators_folders()   the folders of contrib that a package is to have
# no_more_no_less(\@got, \@expected, $sentence)   compares two lists as sets
package Packaging;

use v5.36;
use Exporter qw(import);
use File::Basename qw(basename);
use File::Find qw(find);
use FindBin;
use Test::More;

use CheckMX;

our @EXPORT = qw($TOP $BUILD version succeeds installed
    administrators_folders no_more_no_less);
our $TOP = $ENV{top_srcdir} // "$FindBin::Bin/../..";
our $BUILD = $ENV{top_builddir} // '.';

my $MINUTES = 15;
my %ALONE = map { $_ => undef } qw(MAKEFLAGS MFLAGS MAKELEVEL);

sub version () {
	my $run = testCmd(plugin('check_mx'), '--version');
	return $run->output =~ /(\d+(?:[.]\d+)+)/ ? $1 : die $run->as_text;
}

sub succeeds ($sentence, @command) {
	my %options = ref $command[-1] ? %{pop @command} : ();
	my $run = testCmd(@command, { timeout => 60 * $MINUTES,
	    env => { %ALONE, %{$options{env} // {}} } });

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($run->return_code, 0, $sentence)
	    or diag($run->output, $run->stderr);
	return $run;
}

sub installed ($root) {
	my @paths;
	find({ no_chdir => 1, wanted => sub {
		push @paths, substr $_, length $root if -l || !-d;
	} }, $root);
	return sort @paths;
}

# But those that are installed otherwise.
sub administrators_folders () {
	return grep { !/^(?:completion|packaging)$/ } map { basename($_) }
	    grep { -d } glob "$TOP/contrib/*";
}

sub no_more_no_less ($got, $expected, $sentence) {
	my %expected = map { $_ => 1 } @$expected;
	my %got = map { $_ => 1 } @$got;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply({ missing => [grep { !$got{$_} } sort keys %expected],
	    stray => [grep { !$expected{$_} } sort keys %got] },
	    { missing => [], stray => [] }, $sentence);
}

1;

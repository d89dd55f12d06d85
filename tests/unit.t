#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The C unit tests, one program below unit/ for each module of common/: their
# TAP is passed on, a subtest for each.
use v5.36;

use File::Basename qw(basename);
use FindBin;
use TAP::Parser;
use Test::More;

my $builddir = $ENV{CHECK_MX_BUILDDIR} // $ENV{top_builddir} // '.';
my @wrapper = split ' ', $ENV{CHECK_MX_WRAPPER} // '';

# configure wrote down whether it found cmocka.
sub built_without_cmocka {
	open my $status, '<', "$builddir/config.status" or return 0;
	return scalar grep { /^S\["HAVE_CMOCKA_TRUE"\]="#"/ } <$status>;
}

sub pass_on($program) {
	my $parser = TAP::Parser->new(
		{ exec => [ @wrapper, $program ], merge => 1 });

	while (my $line = $parser->next) {
		if ($line->is_test) {
			ok($line->is_ok, $line->description =~ s/^- //r);
		} elsif (!$line->is_plan && $line->raw !~ /^# (?:not )?ok -/) {
			diag($line->raw =~ s/^# ?//r);
		}
	}
	ok($parser->is_good_plan, 'It ran as many tests as it planned.');
	is($parser->wait, 0, 'It ended well.');
}

if (built_without_cmocka() && ($ENV{CHECK_MX_REQUIRE_ALL} // '') ne '1') {
	plan(skip_all => 'built without cmocka');
}
for my $source (sort glob "$FindBin::Bin/unit/test_*.c") {
	my $name = basename($source, '.c');
	my $program = "$builddir/tests/unit/$name";

	subtest "The unit tests of $name pass." => sub {
		if (ok(-x $program, 'It was built.')) {
			pass_on($program);
		}
	};
}
done_testing;

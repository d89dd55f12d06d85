#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every code of the one table is a promise: some test provokes it, and
# --explain tells what to do about it.

use v5.36;
use FindBin;
use List::Util qw(pairkeys);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my @PLUGINS = qw(check_mx check_mx_auth check_mx_banner check_mx_cert_expiry
    check_mx_dane check_mx_delivery check_mx_dns check_mx_mtasts
    check_mx_openrelay check_mx_starttls);

sub content ($file) {
	open my $in, '<', $file or die "$file: $!";
	local $/;
	return <$in>;
}

# CODE => state by default, in the order of the table.
my @table = content("$top/common/diagnosis.def")
    =~ /^DIAGNOSIS\((\w+),\s*(\w+),/mg;
my @codes = pairkeys @table;
my %state_of = @table;
ok(@codes > 0, 'The table has codes.');
is(@codes, keys %state_of, 'Each code stands in the table once.');

# Comments and variables assert nothing, and this test provokes nothing.
my $tests = join '', map { content($_) =~ s/^\s*#.*$//mgr }
    grep { !m{/codes\.t$} } glob "$top/tests/*.t $top/tests/real/*.t";
is(join(' ', grep { $tests !~ /(?<![\$\@%])\b$_\b/ } @codes), '',
    'Every code is asserted by a test.');

my $explained = check($PLUGINS[0], '--explain');
is($explained->return_code, 3, '--explain exits with 3, as --help does.');
is_deeply([$explained->output =~ /^([A-Z][A-Z0-9_]+)\b/mg], \@codes,
    '--explain tells all codes, in the order of the table.');

for my $code (@codes) {
	my ($entry) = $explained->output =~ /^($code .*?)(?=^\S|\z)/ms;
	my $state = $state_of{$code} eq 'OK' ? 'note' : $state_of{$code};
	like($entry // '', qr/\A$code\ \($state\):\ \S[^\n]*\n
	    \s+cause:\ +\S.*\n\s+remedy:\ +\S/xs,
	    "$code is explained by its state, a title, a cause and a remedy.");
	unlike($entry // '', qr/^(?=.{81}) *\S+ +\S/m,
	    "$code fits into 80 columns, but for a single long word.");
	is(check($PLUGINS[0], "--explain=$code")->output =~ s/\s+\z//r,
	    ($entry // '') =~ s/\s+\z//r, "--explain=$code tells the same.");
}
is(check($_, '--explain')->output, $explained->output,
    "$_ explains as the others do.") for @PLUGINS;
is(check($PLUGINS[0], '--explain=no_such_code')->return_code, 3,
    'An unknown code is a usage error.');

done_testing;

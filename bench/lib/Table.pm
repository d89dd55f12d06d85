# SPDX-License-Identifier: GPL-3.0-or-later
#
# Table - rows of text below their headings, aligned, 80 columns at most
#
#   print Table::text('Title', ['program', 'CPU ms'], ['true', '0.51'], ...);
#
# The first column stands at the left, the others at the right. An empty row is
# an empty line; one of a single cell goes over all columns.
package Table;

use v5.36;
use List::Util qw(max sum0);

my $WIDTH = 80;
my $GAP = 2;

sub text ($title, @rows) {
	my @whole = grep { @$_ > 1 } @rows;
	my @width = map { my $column = $_;
	    max map { length($_->[$column] // '') } @whole } 0 .. $#{$rows[0]};
	my $width = sum0(@width) + $GAP * $#width;

	warn "a table of $width columns: $title\n" if $width > $WIDTH;
	my ($headings, @body) = map { _line($_, @width) } @rows;
	return join "\n", $title, '', $headings, '-' x $width, @body, '', '';
}

sub _line ($row, $first, @width) {
	return $row->[0] // '' if @$row < 2;
	my ($name, @cells) = @$row;

	return sprintf("%-${first}s", $name)
	    . join '', map { sprintf '%*s', $GAP + $width[$_],
		$cells[$_] // '' } 0 .. $#width;
}

1;

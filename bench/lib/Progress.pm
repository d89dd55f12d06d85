# SPDX-License-Identifier: GPL-3.0-or-later
#
# Progress - one line on stderr, while that is a terminal
package Progress;

use v5.36;
use List::Util qw(max);
use Time::HiRes qw(time);

my $WIDTH = 79;

sub new ($class, $title, $steps) {
	return bless { title => $title, steps => $steps, done => 0,
	    began => time, shown => -t STDERR }, $class;
}

# What comes next; with the time that is left, if it goes on like this.
sub step ($self, $what) {
	my $done = $self->{done}++;
	my $left = $done ? (time - $self->{began}) / $done
	    * ($self->{steps} - $done) : undef;

	$self->_show(sprintf '%s: %d of %d, %s%s', $self->{title}, $done,
	    $self->{steps}, defined $left ? _clock($left) . ' left, ' : '',
	    $what);
}

sub end ($self) { $self->_show('') }

sub _clock ($seconds) {
	return sprintf '%d:%02d', $seconds / 60, $seconds % 60;
}

sub _show ($self, $text) {
	return unless $self->{shown};
	printf STDERR "\r%-${WIDTH}.${WIDTH}s%s", $text, $text eq '' ? "\r" : '';
	STDERR->flush;
}

1;

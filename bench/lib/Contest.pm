# SPDX-License-Identifier: GPL-3.0-or-later
#
# Contest - commands measured side by side
#
#   my %taken = Contest::run({ name => ['command', 'argument'], ... },
#       rounds => 11, meter => 'bench/measure', before => [...]);
#   $taken{name}{cpu}{median}		# ms, user and system
#   $taken{name}{rss}{median}		# MiB, the greatest resident set
#   $taken{name}{wall}{spread}		# ms
#
# In each round every command runs once, so that noise of the machine hits all
# of them alike; the order is another one each time. A first round that is not
# counted warms caches and servers. The spread is half the distance between the
# quartiles: one run of two lies that near the median. A command that fails is
# not slow or fast but wrong: it dies.
package Contest;

use v5.36;
use Carp qw(croak);
use List::Util qw(shuffle);
use Time::HiRes qw(time);

use Progress;

sub run ($commands, %how) {
	my (%runs, %taken);
	my @before = @{$how{before} // []};
	my $progress = Progress->new($how{title} // 'measuring',
	    (1 + $how{rounds}) * keys %$commands);

	for my $round (0 .. $how{rounds}) {
		for my $name (shuffle sort keys %$commands) {
			$progress->step($name);
			my $run = _measure(@before, $how{meter},
			    @{$commands->{$name}});
			push @{$runs{$name}}, $run if $round > 0;
		}
	}
	$progress->end;
	for my $name (keys %runs) {
		for my $what (qw(cpu rss wall)) {
			$taken{$name}{$what} =
			    _summary(map { $_->{$what} } @{$runs{$name}});
		}
	}
	return %taken;
}

sub _measure (@command) {
	open my $out, '-|', @command or croak "$command[0]: $!";
	my ($status, $cpu_us, $rss_kib, $wall_us) = split ' ', <$out> // '';

	close $out;
	croak "can't measure @command" unless defined $wall_us;
	croak "status $status of: @command" unless $status == 0;
	return { cpu => $cpu_us / 1000, rss => $rss_kib / 1024,
	    wall => $wall_us / 1000 };
}

sub _summary (@values) {
	my @sorted = sort { $a <=> $b } @values;

	return { median => _quantile(0.5, @sorted), spread =>
	    (_quantile(0.75, @sorted) - _quantile(0.25, @sorted)) / 2 };
}

sub _quantile ($share, @sorted) {
	my $place = $share * $#sorted;
	my ($below, $above) = @sorted[int $place, int($place + 0.999_999)];

	return $below + ($above - $below) * ($place - int $place);
}

1;

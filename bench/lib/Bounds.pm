# SPDX-License-Identifier: GPL-3.0-or-later
#
# Bounds - what the plugins may take at most, by what the floor takes
#
#   for (Bounds::all(\%one, \%many)) {
#       my ($words, $found, $allowed) = @$_;
#   }
#
# Pure: figures of Contest in, by the names of Rows, with {trips}; of one server
# (Rows::tls and Rows::banner), and of 1, 10 and 30 (Rows::many).
package Bounds;

use v5.36;

use Peers;
use Rows;

my $NEAR = 1.10;	# to the floor
my $FURTHER = 1.15;
my $LONGEST = 1.20;	# ten servers, by the time that one takes
my $QUIT = 1.5;		# trips of a polite end

# Without QUIT: TCP, greeting, EHLO; STARTTLS, TLS 1.3; MAIL and RCPT at once.
# Postfix holds its first reply inside TLS back for a trip (tickets, Nagle).
my $TICKETS = 1;
my $NAMES = 2;
my %TRIPS = (
	check_mx_banner => 3,
	check_mx_openrelay => 4,
	check_mx_starttls => 5,
	check_mx_cert_expiry => 5,
	check_mx => 7 + $TICKETS,
);

sub all ($one, $many) {
	return (map({ _of_tls($one, $_) }
	    qw(check_mx_starttls check_mx_cert_expiry)), _of_banner($one),
	    _trips($one), _domain_trips($many), _of_many($many));
}

sub _of_tls ($one, $plugin) {
	return (_ratio($one, 'cpu', $plugin, $Rows::FLOOR, $NEAR),
	    _ratio($one, 'cpu', $plugin, $Peers::TLS, 1),
	    _ratio($one, 'rss', $plugin, $Rows::FLOOR, $NEAR));
}

sub _of_banner ($one) {
	return (_ratio($one, 'cpu', 'check_mx_banner', $Peers::PLAIN, 1),
	    _ratio($one, 'rss', 'check_mx_banner', $Rows::FLOOR_BANNER, $NEAR));
}

# Nothing where the peer is not installed.
sub _ratio ($taken, $what, $plugin, $other, $allowed) {
	my %words = (cpu => 'CPU', rss => 'memory');
	my ($its, $others) = @$taken{$plugin, $other};

	return $others ? ["$plugin: $words{$what} / $other",
	    $its->{$what}{median} / $others->{$what}{median}, $allowed] : ();
}

sub _trips ($one) {
	return map { ["$_: round trips", $one->{$_}{trips}, $TRIPS{$_} + $QUIT]
	    } sort keys %TRIPS;
}

sub _domain_trips ($many) {
	return map { ["$_ DOMAIN: round trips", $many->{"$_ 1"}{trips},
	    $NAMES + $TRIPS{$_} + $QUIT] } @Rows::OF_DOMAINS;
}

# What a look-up takes is not the floor's to say: hence -H.
sub _of_many ($many) {
	return (map({ ["$_: time of ten servers / one",
		$many->{"$_ 10"}{trips} / $many->{"$_ 1"}{trips}, $LONGEST]
	    } @Rows::OF_DOMAINS),
	    _further($many, 'check_mx_starttls -H', $Rows::FLOOR),
	    _further($many, 'check_mx_banner -H', $Rows::FLOOR_BANNER));
}

sub _further ($many, $plugin, $floor) {
	my ($its, $floors) = map { further($many, $_, 30) } $plugin, $floor;

	return ["$plugin: CPU of a further server / $floor", $its / $floors,
	    $FURTHER];
}

# What each server beyond the first one adds, in ms of CPU.
sub further ($many, $program, $size) {
	my ($one, $all) = map { $many->{"$program $_"}{cpu}{median} } 1, $size;

	return ($all - $one) / ($size - 1);
}

1;

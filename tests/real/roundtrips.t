# SPDX-License-Identifier: GPL-3.0-or-later
#
# Round trips, which no CPU can buy back, counted over a line so slow that
# nothing else matters: the time that a run takes, divided by that of one trip.
# What each plugin may take is in the table below; none may take more.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP qw(decode_json);
use List::Util qw(min);
use Test::More;

use CheckMX;
use Lab;

my $ONE_WAY = 0.1;	# seconds
my $TRIP = 2 * $ONE_WAY;
my $QUIT = 1;
my $TOLERANCE = 0.5;	# trips
my $ATTEMPTS = 3;	# a busy machine only ever adds time
my $DELAYED_ACK = 0.04;	# seconds that Linux waits before it acknowledges

Lab->enter;
my $lab = Lab->new;
my @afar = $lab->from_afar($ONE_WAY);
my @trust = ('--ca-file', $lab->ca_file);

# A run, as an object: what it printed, and in how many trips. One that takes
# too many gets another chance.
sub run_afar ($most, $plugin, @arguments) {
	my @arguments_all = (@arguments, '--output-format=json',
	    $plugin =~ /banner|openrelay/ ? () : @trust);
	my $best;

	for (1 .. $ATTEMPTS) {
		my $run = testCmd(@afar, plugin($plugin), @arguments_all);
		my $object = eval { decode_json($run->output) }
		    // {servers => []};
		$object->{trips} = $run->seconds / $TRIP;
		$best = $object
		    if !$best || $object->{trips} < $best->{trips};
		last if $best->{trips} <= $most;
	}
	return $best;
}

# Where the time went, for whoever looks into a failure.
sub steps ($object) {
	return map {
		my ($name, %step) = ($_->{host}, %{$_->{seconds} // {}});
		"$name: " . join ', ', map { sprintf '%s %.2f', $_,
		    $step{$_} / $TRIP } sort keys %step;
	} @{$object->{servers}};
}

# Trips, without those for the names and for QUIT; arguments; the sentence.
# Postfix and OpenSMTPD (OpenSSL) send session tickets after a TLS 1.3
# handshake, and Nagle's algorithm holds their first reply inside TLS back until
# these are acknowledged: one trip more, which no client can spare them. Exim
# (GnuTLS) has its reply sent at once.
my ($BY_ADDRESS, $BY_NAME, $BY_DOMAIN) = (0, 1, 2);
my %object;
for (
	[3, $BY_ADDRESS, 'check_mx_banner -H 127.0.0.23',
	    'The banner test takes three: connection, greeting, EHLO.'],
	[3, $BY_DOMAIN, 'check_mx_banner old.test',
	    'A domain adds two: its MX, then all addresses at once.'],
	[3, $BY_NAME, 'check_mx_banner -H mx.old.test',
	    'A host name adds one, also where there is no IPv6 address.'],
	[5, $BY_ADDRESS, 'check_mx_starttls -H 127.0.0.23',
	    'The TLS test takes five, STARTTLS and TLS 1.3 beside that.'],
	[5, $BY_DOMAIN, 'check_mx_starttls exim.test',
	    'The TLS test takes as many at a server with GnuTLS.'],
	[6, $BY_ADDRESS, 'check_mx_starttls -H 127.0.0.24',
	    'The TLS test takes one more with TLS 1.2.'],
	[5, $BY_ADDRESS, 'check_mx_cert_expiry -H 127.0.0.23',
	    'The expiry test takes no more than the TLS test.'],
	[4, $BY_ADDRESS, 'check_mx_openrelay -H 127.0.0.23',
	    'The basic relay test takes four: its commands go at once.'],
	[4, $BY_ADDRESS, 'check_mx_delivery -H 127.0.0.23',
	    'So does a transaction that is taken back.'],
	[7, $BY_DOMAIN, 'check_mx exim.test',
	    'All of check_mx takes seven, two more than the TLS test.'],
	[8, $BY_DOMAIN, 'check_mx tls12.test',
	    'All of check_mx takes one more with TLS 1.2.'],
	[8, $BY_DOMAIN, 'check_mx old.test',
	    'All of check_mx takes one more for tickets of Postfix.'],
	[8, $BY_DOMAIN, 'check_mx old.test --skip=ptr',
	    'All of check_mx takes no less without PTR look-ups.'],
	[8, $BY_DOMAIN, 'check_mx mixed.test -4',
	    'All of check_mx takes no more at three servers.'],
	Lab::if_opensmtpd_tls([10, $BY_DOMAIN, 'check_mx opensmtpd.test',
	    'All of check_mx takes two more without PIPELINING.']),
) {
	my ($steps, $names, $command, $sentence) = @$_;
	my $expected = $names + $steps + $QUIT;
	my $object = run_afar($expected + $TOLERANCE, split ' ', $command);
	my $trips = sprintf '%.2f', $object->{trips};
	ok(abs($trips - $expected) <= $TOLERANCE,
	    "$sentence ($command: $expected)")
	    or diag("$trips trips", map { "\n  $_" } steps($object));
	$object{$command} = $object;
}

my %servers = map { $_ => $object{"check_mx $_"}{servers} }
    'old.test', 'mixed.test -4', 'opensmtpd.test';

is_deeply($servers{'old.test'}[0]{ptr}{names}, ['mx.old.test'],
    'The name of the address was looked up meanwhile.');
is(scalar @{$servers{'mixed.test -4'}}, 3, 'The three servers were tested.');
{
	my ($one, $three) = map { $object{$_}{trips} } 'check_mx old.test',
	    'check_mx mixed.test -4';
	cmp_ok(abs($three / $one - 1), '<=', 0.2,
	    'A domain of three servers takes as long as one of one.');
}
{
	# Of all who send tickets; a trip for these, a trip for the reply.
	my @waited = map { $_->{seconds}{ehlo_tls} }
	    grep { $_->{tls}{version} eq 'TLSv1.3' } map { @{$_ // []} }
	    @servers{'old.test', 'opensmtpd.test'};
	cmp_ok(min(@waited), '<', 2 * $TRIP + 0.75 * $DELAYED_ACK,
	    'Tickets are acknowledged at once.');
}

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx --domains: what domains that share a server, an address or a way out
# have in common, and what not.

use v5.36;
use FindBin;
use JSON::PP;
use List::Util qw(max uniq);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

my $json = JSON::PP->new->utf8;
my @HERE = ('-F', 'client.example.com', '--no-ptr', '--ca-file',
    Certs::ca_file());

# The objects of the domains, by name; one at a time, in that order.
sub survey ($domains, @arguments) {
	my $run = testCmd(plugin('check_mx'), '--domains=-', '--parallel=1',
	    @HERE, @arguments, { stdin => join '', map { "$_\n" } @$domains });
	return map { ($_->{domain} => $_) } map { $json->decode($_) }
	    split /\n/, $run->output;
}

sub alone ($domain, @arguments) {
	return $json->decode(check('check_mx', $domain, @HERE, @arguments,
	    '--output-format=json')->output);
}

# Findings about relaying, and others, of its only server.
sub codes ($object, $wanted) {
	return join ' ', $object->{state}, sort map { $_->{code} } grep {
	    $_->{code} =~ $wanted } @{$object->{servers}[0]{findings}};
}

# A server, and the DNS that leads all the domains to it.
sub provider ($domains, %script) {
	my $mx = FakeMX->new(hostname => 'mx1.example.net', %script);
	my $dns = FakeDNS->new(zone => { 'mx1.example.net' => { A =>
	    ['127.0.0.1'] }, map { $_ => { MX => ['10 mx1.example.net'] } }
	    @$domains });
	return ($mx, $dns, '--nameserver', $dns->address, '-p', $mx->port);
}

subtest 'Relaying is asked in the name of one domain.' => sub {
	my $relay = qr/^RELAY/;
	my $note = qr/^(?:RELAY|NOT_TESTED)/;
	for my $case (
		['A domain whose mail is refused', ['b.example', 'a.example'],
		    ['a.example'], [],
		    { 'b.example' => 'UNKNOWN RELAY_INCONCLUSIVE',
		    'a.example' => 'OK' }, 2],
		['Two of them', ['b.example', 'c.example', 'a.example'],
		    ['a.example'], [],
		    { 'b.example' => 'UNKNOWN RELAY_INCONCLUSIVE',
		    'c.example' => 'UNKNOWN RELAY_INCONCLUSIVE',
		    'a.example' => 'OK' }, 3],
		['The domain of the outside recipient',
		    ['a.example', 'example.com'], ['a.example', 'example.com'],
		    [], { 'a.example' => 'CRITICAL RELAY_OPEN',
		    'example.com' => 'OK' }, 2],
		['A domain of a recipient given', ['a.example', 'b.example'],
		    ['a.example', 'b.example'], ['--recipient=me@b.example'],
		    { 'a.example' => 'CRITICAL RELAY_OPEN',
		    'b.example' => 'OK' }, 2],
		['An open relay', ['b.example', 'a.example'], ['c.example'], [],
		    { 'b.example' => 'CRITICAL RELAY_OPEN',
		    'a.example' => 'CRITICAL RELAY_OPEN' }, 1],
	) {
		my ($what, $domains, $local, $options, $expected, $connections) =
		    @$case;
		my %script = $what eq 'An open relay' ? (RCPT => sub {
		    "250 2.1.5 Ok\r\n" }) : ();
		my ($mx, $dns, @there) = provider($domains, local => $local,
		    %script);
		my %object = survey($domains, @there, @$options);

		is_deeply({ map { $_ => codes($object{$_}, $relay) } @$domains },
		    $expected, "$what is told from the others.");
		is(scalar $mx->connections, $connections,
		    "$what: one connection for each that needs its own.");
		next if @$options;
		is_deeply({ map { $_ => codes(alone($_, @there), $relay) }
		    @$domains }, $expected, "$what: as each of them alone.");
	}
	my @two = ('a.example', 'b.example');
	my ($mx, $dns, @there) = provider(\@two, local => ['a.example']);
	my %object = survey(\@two, @there);
	is(codes($object{'b.example'}, $note), 'OK NOT_TESTED',
	    'Whether mail is taken for the next one is told as not tested.');
	like((grep { $_->{code} eq 'NOT_TESTED' }
	    @{$object{'b.example'}{servers}[0]{findings}})[0]{text},
	    qr/only RCPT TO:<postmaster\@a\.example>, which shares the server/,
	    'And who was asked for.');
	is(codes($object{'a.example'}, $note), 'OK', 'The first one was asked.');
	is(scalar $mx->connections, 1, 'The server was tested once.');
};

subtest 'Where nothing answers no name makes a difference.' => sub {
	my @domains = map { "d$_.example" } 1 .. 30;
	my $mx = FakeMX->new(mode => 'refused');
	my $dns = FakeDNS->new(zone => { map { ($_ => { MX => ["10 mx.$_"] },
	    "mx.$_" => { A => ['127.0.0.1'] }) } @domains });
	my %object = survey(\@domains, '--nameserver', $dns->address, '-p',
	    $mx->port);

	is(keys %object, @domains, 'All are told.');
	is_deeply([uniq map { codes($_, qr/^TCP/) } values %object],
	    ['CRITICAL TCP_REFUSED'], 'All alike.');
	is_deeply([sort map { $_->{servers}[0]{host} } values %object],
	    [sort map { "mx.$_" } @domains], 'Each with its own name.');
};

# The ninth of a network waits for its turn for as long as it has time.
subtest 'That we do not get out is asked once, and told of all.' => sub {
	my @numbers = 1 .. 9;
	my @domains = map { "d$_.example" } @numbers;
	my @mx = FakeMX->group(map { { mode => 'full', address => "127.0.0.$_" } }
	    @numbers);
	my $far = FakeMX->new(mode => 'full', address => '127.0.1.1');
	my $open = FakeMX->new(address => '127.0.1.2');
	my $dns = FakeDNS->new(zone => { 'far.example' => { A => ['127.0.1.1'] },
	    map({ ("d$_.example" => { MX => ["10 mx$_.example.net"] },
	    "mx$_.example.net" => { A => ["127.0.0.$_"] }) } @numbers) });
	my @there = ('--nameserver', $dns->address, '-p', $mx[0]->port, '-t', 1,
	    '--parallel=9');
	my %object = survey(\@domains, @there,
	    '--egress-check=far.example:' . $far->port);

	is_deeply([uniq map { join ' ', $_->{state}, grep { /EGRESS/ }
	    map { $_->{code} } @{$_->{findings}} } values %object],
	    ['UNKNOWN TCP_EGRESS_BLOCKED'], 'No server is blamed.');

	%object = survey(\@domains, @there,
	    '--egress-check=127.0.1.2:' . $open->port);
	is_deeply([uniq map { $_->{state} } values %object], ['CRITICAL'],
	    'Where another server answers, they are.');
	is(scalar $open->connections, 1, 'That one is asked once.');
};

done_testing;

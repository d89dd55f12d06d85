# SPDX-License-Identifier: GPL-3.0-or-later
#
# MailDomain - example.com with scripted servers, and check_mx upon it.
#
#   my $domain = MailDomain->new([{}, { tls => 0 }]);
#   my $run = $domain->run('--skip=ptr');         # a result of CheckMX
#   my $object = $domain->json('--skip=ptr');     # the JSON of another run
#   is(verdict($object), 'CRITICAL STARTTLS_NOT_OFFERED', '...');
#   ... $domain->mx(2)->connections ... $domain->queries('PTR') ...
#
# The servers are scripts of FakeMX, by preference: the Nth is mxN.example.com
# at 127.0.0.N, unless it has another address, and its PTR record leads back.
# new takes a zone as well, whose names go before these, or what makes one of
# the servers' port; then what FakeDNS takes. Unless told otherwise the resolver
# validates, and all is signed:
#
#   MailDomain->new([{}], { 'example.com' => { MX => ['0 .'] } }, ad => 0)
#   MailDomain->new([{}], sub ($port) { tlsa(1, $port, '3 1 1', ...) })
#
# tlsa(N, PORT, '3 1 1', ...)    a zone: TLSA records for mxN's certificate. What
#                   comes as a whole record, with its data, stays as it is
# certified(...)    a script whose server has the certificate of these arguments
#                   for Certs
# recipients(a, b)  one that answers a to the control recipient, else b
# policy_host(TEXT) what FakeMX->new takes to be mta-sts.example.com, with that
#                   MTA-STS policy; port 443 of an address wants root's rights
# penalty(CODE)     what a code costs, by common/diagnosis.def
package MailDomain;

use v5.36;
use Exporter qw(import);
use FindBin;
use JSON::PP;
use List::Util qw(uniq);
use Test::More;

use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

our @EXPORT = qw(certified object penalty policy_host recipients tlsa
    verdict);
our $EHLO = 'client.example.net';

my %penalty = do {
	my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
	open my $in, '<', "$top/common/diagnosis.def" or die $!;
	map { /^DIAGNOSIS\((\w+), \w+, (\d+),/ ? ($1, $2) : () } <$in>;
};

sub new ($class, $scripts, $zone = {}, %dns) {
	my @number = 1 .. @$scripts;
	my @mx = FakeMX->group(map { my $n = $_; +{ address => "127.0.0.$n",
	    hostname => "mx$n.example.com", %{$scripts->[$n - 1]} } } @number);
	$zone = $zone->(@mx ? $mx[0]->port : 25) if ref $zone eq 'CODE';
	my $dns = FakeDNS->new(ad => 1, %dns, zone => {
		'example.com' => { MX => [map { "${_}0 mx$_.example.com" }
		    @number] },
		map({ my $address = $mx[$_ - 1]->address;
		    "mx$_.example.com" =>
			{ ($address =~ /:/ ? 'AAAA' : 'A') => [$address] },
		    $address => { PTR => ["mx$_.example.com"] } } @number),
		%$zone,
	});
	return bless { mx => \@mx, dns => $dns }, $class;
}

sub mx ($self, $number) { $self->{mx}[$number - 1] }

# The command line, for check_all(); asks for example.com, if no host is named.
sub command ($self, @arguments) {
	my ($mx) = @{$self->{mx}};
	return ['check_mx', '-F', $EHLO, '--ca-file', Certs::ca_file(),
	    '--nameserver', $self->{dns}->address,
	    $mx ? ('-p', $mx->port) : (),
	    grep({ /^-[dH]/ } @arguments) ? () : 'example.com', @arguments,
	    { name => "The rules of every run are kept: check_mx @arguments" }];
}

sub run ($self, @arguments) {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return check(@{$self->command(@arguments)});
}

sub json ($self, @arguments) {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return object($self->run(@arguments, '--output-format=json'));
}

sub queries ($self, $type) {
	return grep { $_->{type} eq $type } $self->{dns}->queries;
}

# What a run with --output-format=json has printed.
sub object ($run) {
	my $object = eval { JSON::PP->new->utf8->decode($run->output) };

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($object, 'The output is JSON.') or diag($@, $run->as_text);
	return $object // {};
}

# "STATE CODE CODE ..." of an object or of one of its servers: every code that
# counts, those of the domain first; notes do not.
sub verdict ($object) {
	return join ' ', $object->{state}, uniq map { $_->{code} }
	    grep { $_->{state} ne 'OK' } map { @{$_->{findings}} }
	    $object, @{$object->{servers} // []};
}

sub tlsa ($number, $port, @records) {
	my $host = "mx$number.example.com";
	my $file = Certs::certificate(names => [$host])->{chain};

	return { "_$port._tcp.$host" => { TLSA => [map { split(' ') > 3 ? $_
	    : "$_ " . Certs::tlsa($_, $file) } @records] } };
}

sub certified (%arguments) {
	return { tls => { certificate => Certs::certificate(%arguments) } };
}

sub recipients ($control, $other) {
	return { RCPT => sub ($line, $) {
		return ($line =~ /postmaster/ ? $control : $other) . "\r\n";
	} };
}

sub policy_host ($policy) {
	my $length = length $policy;

	return (hostname => 'mta-sts.example.com', port => 443,
	    tls => { implicit => 1 }, banner => undef, UNKNOWN => undef,
	    GET => "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	    . "Content-Length: $length\r\n\r\n$policy");
}

sub penalty ($code) { $penalty{$code} // die "no such code: $code\n" }

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Witness - a server as others see it, in the words of our JSON.
#
#   my $seen = Lab::Witness::testimony($address, $host, $ca_file);
#
# Banner and EHLO come from a plain socket, TLS and certificates from openssl's
# s_client and x509, each on a connection of its own: {banner, ehlo, ehlo_tls,
# tls{version, cipher, group}, certificates[]}; and verdict, openssl's on the
# chain and the name ("ok", or what is wrong).
package Lab::Witness;

use v5.36;
use Carp qw(croak);
use IO::Socket::IP;
use IO::Socket::SSL;
use POSIX qw(floor);
use Time::Piece;

use CheckMX qw(testCmd);
use Lab::Namespace;

# However old the server.
my $ALL_CIPHERS = 'ALL:@SECLEVEL=0';
my $DAY = 86_400;

sub testimony ($address, $host, $ca_file) {
	return { _conversation($address), _session($address, $host, $ca_file) };
}

# --- in words ---

sub _conversation ($address) {
	my $server = IO::Socket::IP->new(PeerHost => $address, PeerPort => 25)
	    or croak "$address: $@";
	my ($banner) = _reply($server);
	my %seen = (
		banner => { code => substr($banner, 0, 3) + 0,
		    text => substr $banner, 4 },
		ehlo => _ehlo($server),
	);

	if (grep { $_ eq 'STARTTLS' } @{$seen{ehlo}{extensions}}) {
		_say($server, 'STARTTLS');
		IO::Socket::SSL->start_SSL($server, SSL_version => 'SSLv23',
		    SSL_cipher_list => $ALL_CIPHERS,
		    SSL_verify_mode => SSL_VERIFY_NONE)
		    or croak "$address: $SSL_ERROR";
		$seen{ehlo_tls} = _ehlo($server);
	}
	_say($server, 'QUIT');
	return %seen;
}

sub _ehlo ($server) {
	my ($first, @extensions) = map { substr $_, 4 }
	    _say($server, "EHLO $Lab::Namespace::HOST");
	return { name => $first =~ s/ .*//r, extensions => \@extensions };
}

sub _say ($server, $command) {
	print $server "$command\r\n";
	return _reply($server);
}

# The lines of a reply.
sub _reply ($server) {
	my @lines;

	until (@lines && $lines[-1] =~ /^\d{3}(?: |$)/) {
		push @lines, (<$server> // croak 'no reply') =~ s/\r\n//r;
	}
	return @lines;
}

# --- in cryptography ---

sub _session ($address, $host, $ca_file) {
	my $output = testCmd(qw(openssl s_client -starttls smtp -showcerts
	    -ign_eof -crlf -no-CApath -cipher), $ALL_CIPHERS,
	    '-connect', $address =~ /:/ ? "[$address]:25" : "$address:25",
	    '-CAfile', $ca_file, '-servername', $host, '-verify_hostname', $host,
	    { stdin => "quit\n", timeout => 10 })->output;
	my ($cipher) = $output =~ /^New, \S+, Cipher is ([^\s(]+)$/m
	    or return (verdict => 'no TLS');
	# TLS 1.3 has no session before its first ticket.
	my ($version) = $output =~ /^ *Protocol *: (\S+)$/m;
	my ($group) = $output =~ /^Server Temp Key: (?:ECDH, )?([^,]+),/m;
	my ($verdict) = $output =~ /^ *Verify return code: \d+ \((.*)\)$/m;

	$version //= ($output =~ /^New, (TLSv1[.]3),/m)[0];
	return (verdict => $verdict,
	    tls => { version => $version, cipher => $cipher,
		group => _group($group) },
	    certificates => [map { _certificate($_) }
		$output =~ /^(-----BEGIN .*?^-----END [^\n]*\n)/msg]);
}

# s_client has the curve's name, JSON that of the group of RFC 8446.
sub _group ($name) {
	return { 'X25519' => 'x25519', 'prime256v1' => 'secp256r1' }->{$name}
	    // $name;
}

sub _certificate ($pem) {
	my $output = testCmd(qw(openssl x509 -noout -text -subject -issuer -dates
	    -fingerprint -sha256 -nameopt RFC2253 -dateopt iso_8601),
	    { stdin => $pem })->output;
	my ($text, $rest) = $output =~ /(.*?)^(subject=.*)/ms;
	my %line = $rest =~ /^(\w+)(?: Fingerprint)?=(.*)$/mg;
	my ($key) = $text =~ /Public Key Algorithm: (\S+)/;
	my ($bits) = $text =~ /Public-Key: \((\d+) bit\)/;
	my ($signature) = $text =~ /Signature Algorithm: (\S+)/;
	my @names = $text =~ /(?:DNS|IP Address):([^,\s]+)/g;

	return {
		subject => $line{subject}, issuer => $line{issuer},
		names => @names ? \@names : [$line{subject} =~ /CN=([^,]+)/],
		not_before => $line{notBefore} =~ s/ /T/r,
		not_after => $line{notAfter} =~ s/ /T/r,
		days_left => _days_until($line{notAfter}),
		key => { type => { rsaEncryption => 'RSA',
		    'id-ecPublicKey' => 'EC' }->{$key} // $key,
		    bits => $bits + 0 },
		signature => $signature,
		sha256 => lc $line{sha256} =~ s/://gr,
	};
}

sub _days_until ($date) {
	my $then = Time::Piece->strptime($date, '%Y-%m-%d %H:%M:%SZ')->epoch;
	return floor(($then - time) / $DAY);
}

1;

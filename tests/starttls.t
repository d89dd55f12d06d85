#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_starttls: would a sender that insists on TLS, and verifies, deliver?

use v5.36;
use File::Copy qw(copy);
use File::Temp;
use FindBin;
use IO::Socket::SSL::Utils qw(CERT_create KEY_create_ec PEM_cert2string
    PEM_file2cert PEM_file2key PEM_key2file);
use MIME::Base64 qw(decode_base64 encode_base64);
use POSIX qw(mkfifo strftime);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

my $HOST = 'mx1.example.com';
my $FQDN = 'client.example.net';
my $IDN = "mx.b\xc3\xbccher.example";	# in UTF-8, as a terminal gives it
my $A_LABEL = 'mx.xn--bcher-kva.example';
my $folder = File::Temp->newdir;

# Every host of these tests is at 127.0.0.1, but for the domain's.
my $dns = FakeDNS->new(zone => {
	(map { ($_ => { A => ['127.0.0.1'] }) } $HOST, 'example.com',
	    'a.b.example.com', $A_LABEL),
	'example.org' => { MX => ['10 mx1.example.org', '20 mx2.example.org',
	    '30 mx3.example.org', '40 mx4.example.org'] },
	map { ("mx$_.example.org" => { A => ["127.0.0.$_"] }) } 1 .. 4,
});

sub run_at ($host, $mx, @arguments) {
	return check('check_mx_starttls', '-H', $host, '--nameserver',
	    $dns->address, '-p', $mx->port, '-F', $FQDN, @arguments);
}

sub starttls ($mx, @arguments) {
	return run_at($HOST, $mx, '--ca-file', Certs::ca_file(), @arguments);
}

sub server ($certificate, %tls) {
	return FakeMX->new(tls => { certificate => $certificate, %tls });
}

# A server of one old version, or with one old cipher, needs an RSA key.
sub rsa { return Certs::certificate(key => 'rsa:2048') }

# All codes of the server's line, worst first; notes are not among them.
sub codes ($run) {
	return join ' ', (($run->lines)[1] // '') =~ /\(([A-Z][A-Z_0-9]+)\)/g;
}

sub notes ($run) {
	return join ' ', $run->output =~ /^ *note: .*\(([A-Z_0-9]+)\)$/mg;
}

sub verdict ($run) {
	return join ' ', $run->state, codes($run) || ();
}

sub tls_version ($run) {
	my $metric = perfdata($run)->{tls};
	return $metric ? $metric->value : 'none';
}

sub date ($days) { strftime '%Y-%m-%dT%H:%M:%SZ', gmtime Certs::days($days) }

sub read_file ($path) {
	open my $in, '<', $path or die "$path: $!";
	local $/;
	return scalar <$in>;
}

sub write_file ($name, @text) {
	open my $out, '>', "$folder/$name" or die "$name: $!";
	print $out @text;
	close $out or die "$name: $!";
	return "$folder/$name";
}

subtest 'A good server is OK' => sub {
	for my $version (1.2, 1.3) {
		my $mx = server(Certs::certificate(
		    not_after => Certs::days(61.5)), versions => [$version]);
		my $run = starttls($mx);
		is(verdict($run), 'OK', "TLS $version is good.");
		like($run->text, qr/^\Q$HOST\E\ \[127\.0\.0\.1\]:\ TLSv$version
		    \ \S+,\ certificate\ valid\ for\ 61\ days;
		    \ 1\ of\ 1\ servers\ OK$/x, 'Line 1 sums it up.');
		is(tls_version($run), $version, 'Perfdata has the version.');
		cmp_ok(perfdata($run)->{time}->value, '>', 0, 'And the time.');
		is(perfdata($run)->{time}->uom, 's', 'In seconds.');

		my ($connection, @more) = $mx->connections;
		is(scalar @more, 0, 'One connection is enough.');
		is_deeply($connection->{commands}, ["EHLO $FQDN", 'STARTTLS',
		    'QUIT'], 'EHLO, STARTTLS and QUIT are said.');
		is_deeply([map { $_->{tls} } @{$connection->{lines}}],
		    [0, 0, 1], 'QUIT is said inside TLS.');
		is($connection->{end}, 'server', 'The server may say good-bye.');
		is($connection->{discarded}, '', 'Nothing follows STARTTLS.');
		is($connection->{tls}{sni}, $HOST, 'The client sends SNI.');
	}
};

subtest 'SNI chooses the certificate' => sub {
	my @cases = (
		[$HOST, [], $HOST],
		['MX1.Example.COM.', [], $HOST],
		[$HOST, ['--sni', 'other.example'], 'other.example'],
		[$IDN, [], $A_LABEL],
		['127.0.0.1', [], undef],
		['127.0.0.1', ['--sni', $HOST], $HOST],
	);
	for my $case (@cases) {
		my ($host, $options, $sni) = @$case;
		my $mx = FakeMX->new;
		run_at($host, $mx, @$options);
		is(($mx->connections)[0]{tls}{sni}, $sni, '-H ' . join(' ',
		    $host =~ s/[^ -~]+/?/gr, @$options) . ' sends '
		    . ($sni // 'none') . '.');
	}
	my $mx = server(Certs::certificate(names => ['default.example']),
	    sni => { $HOST => Certs::certificate() });
	is(verdict(starttls($mx)), 'OK',
	    'A server with several certificates shows the one for its name.');
	is(verdict(starttls($mx, '--sni=default.example')),
	    'CRITICAL CERT_NAME_MISMATCH',
	    '--sni changes what is asked for, not the name that must match.');
};

subtest 'STARTTLS has to be offered' => sub {
	my @cases = (
		['CRITICAL STARTTLS_NOT_OFFERED', tls => 0],
		['CRITICAL STARTTLS_NOT_OFFERED', extensions => []],
		['CRITICAL STARTTLS_NOT_OFFERED', extensions => ['XSTARTTLS',
		    'STARTTLSX', 'AUTH STARTTLS', 'X-STARTTLS']],
		['CRITICAL STARTTLS_NOT_OFFERED', EHLO => "500 what?\r\n"],
		['CRITICAL STARTTLS_STRIPPED', extensions => ['XXXXXXXA']],
		['CRITICAL STARTTLS_STRIPPED', extensions => ['SIZE 1',
		    'XXXXXXXX', 'HELP']],
		['CRITICAL STARTTLS_STRIPPED', extensions => ['xxxxxxxa']],
		['CRITICAL STARTTLS_STRIPPED', extensions => ['XXXXXXXB']],
		['OK', extensions => ['XXXXXXXA', 'STARTTLS']],
		['OK', extensions => ['starttls']],
		['OK', extensions => ['StartTLS', 'SIZE']],
	);
	for my $case (@cases) {
		my ($expected, %script) = @$case;
		my $mx = FakeMX->new(%script);
		my $run = starttls($mx);
		my ($offer) = map { ref ? "@$_" : $_ } $script{extensions}
		    // $script{EHLO} // 'no TLS';
		$offer =~ s/\s+$//;
		like(verdict($run), qr/^$expected\b/, "[$offer]: $expected.");
		is(($mx->commands)[-1], 'QUIT', 'QUIT is said all the same.');
	}
	my $run = starttls(FakeMX->new(extensions => ['XXXXXXXA']));
	like($run->text, qr/XXXXXXXA.* \(STARTTLS_STRIPPED\)/,
	    'What stands in the place of STARTTLS is shown.');
	unlike(codes($run), qr/STARTTLS_NOT_OFFERED/,
	    'STARTTLS_STRIPPED is told instead of STARTTLS_NOT_OFFERED.');
};

subtest 'A refusal of STARTTLS keeps its words' => sub {
	for my $reply ('454 4.7.0 TLS not available due to local problem',
	    '502 5.5.1 Command not implemented', '503 5.5.1 Not now',
	    '500 5.5.1 Unknown', '501 5.5.4 Syntax', '554 5.7.1 No TLS') {
		my $mx = FakeMX->new(STARTTLS => "$reply\r\n");
		my $run = starttls($mx);
		is(verdict($run), 'CRITICAL STARTTLS_REFUSED',
		    "$reply: CRITICAL STARTTLS_REFUSED.");
		like($run->text, qr/\Q$reply\E/, 'The reply is on line 1.');
		is(tls_version($run), 'none', 'There is no TLS version.');
		is_deeply([$mx->commands], ["EHLO $FQDN", 'STARTTLS', 'QUIT'],
		    'QUIT is said.');
	}
};

subtest 'Plaintext behind the 220 ends it' => sub {
	for my $reply ("220 go\r\n250 injected\r\n", "220 go\r\nx",
	    "220-go\r\n220 ahead\r\n220 go\r\n", "220 go\n\n") {
		my $mx = FakeMX->new(STARTTLS => [$reply, START_TLS]);
		is(verdict(starttls($mx)), 'CRITICAL STARTTLS_INJECTION',
		    'Injected: ' . $reply =~ s/\r?\n/ /gr);
		is(($mx->connections)[0]{tls}, undef,
		    'No TLS is started on such ground.');
	}
	is(verdict(starttls(FakeMX->new(STARTTLS => [
	    "220-go\r\n220 ahead\r\n", START_TLS]))), 'OK',
	    'A 220 of two lines is no injection.');
	is(verdict(starttls(FakeMX->new(STARTTLS => [
	    SPLIT("220 go\r\n"), START_TLS]))), 'OK',
	    'Neither is one that comes byte by byte.');
};

subtest '--probe-injection finds servers that run injected commands' => sub {
	my @cases = (
		['a server that runs it',
		    'CRITICAL STARTTLS_COMMAND_INJECTION', vulnerable => 1],
		['one that does with TLS 1.2',
		    'CRITICAL STARTTLS_COMMAND_INJECTION', vulnerable => 1,
		    tls => { versions => [1.2] }],
		['one that discards it', 'OK'],
		['one that discards it with TLS 1.2', 'OK',
		    tls => { versions => [1.2] }],
		['one that refuses to be hurried', 'OK', STARTTLS
		    => EACH_CONNECTION(DEFAULT, "554 5.5.0 Pipelining\r\n")],
		['one that hangs up', 'OK',
		    STARTTLS => EACH_CONNECTION(DEFAULT, CLOSE)],
		['one that answers QUIT with 250', 'OK', QUIT => "250 bye\r\n"],
		['one that hangs up in the handshake', 'OK', STARTTLS
		    => EACH_CONNECTION(DEFAULT, ["220 go\r\n", CLOSE])],
	);
	for my $case (@cases) {
		my ($name, $expected, %script) = @$case;
		my $mx = FakeMX->new(%script);
		is(verdict(starttls($mx, '--probe-injection')), $expected,
		    "$name: $expected.");
		my @connections = $mx->connections;
		is(scalar @connections, 2, 'It takes one more connection.');
		is($connections[1]{together}, 1, 'After the first has ended.');
		is(($mx->connections)[1]{commands}[0], "EHLO $FQDN",
		    'With our own name.');
	}
	my $vulnerable = FakeMX->new(vulnerable => 1);
	is(verdict(starttls($vulnerable)), 'OK',
	    'Without the option nothing is injected.');
	is(scalar $vulnerable->connections, 1, 'And one connection is enough.');

	my $run = starttls(FakeMX->new(
	    banner => EACH_CONNECTION(DEFAULT, "421 4.7.0 again?\r\n")),
	    '--probe-injection');
	is($run->state, 'OK', 'A probe that is turned away changes nothing.');
	like($run->output, qr/not tested.*\(NOT_TESTED\)/,
	    'But it is told, even without -v.');
};

subtest 'A broken handshake has its cause named' => sub {
	my @cases = (
		['TLS_HANDSHAKE', ALERT(40), qr/handshake failure/i],
		['TLS_HANDSHAKE', ALERT(70), qr/protocol version/i],
		['TLS_HANDSHAKE', ALERT(80), qr/internal error/i],
		['TLS_HANDSHAKE', ALERT(112), qr/unrecogni[sz]ed name/i],
		['TLS_HANDSHAKE', ALERT(47), qr/illegal parameter/i],
		['TLS_HANDSHAKE', "500 5.5.1 what is this?\r\n"],
		['TLS_HANDSHAKE', "\0" x 50],
		['TLS_HANDSHAKE', "\x16\x03\x03\0\4\2\0\0\0"],
		['TLS_HANDSHAKE', "| \e[31m\n" x 20],
		['TLS_CLOSED', CLOSE],
		['TLS_CLOSED', RESET],
		['TLS_CLOSED', ["\x16\x03\x03\0\x7a\2", CLOSE]],
	);
	for my $case (@cases) {
		my ($code, $answer, $words) = @$case;
		my $mx = FakeMX->new(tls => { handshake => [$answer, CLOSE] });
		my $run = starttls($mx);
		is(verdict($run), "CRITICAL $code", "CRITICAL $code.");
		like($run->text, $words, "It says $words.") if $words;
		is(tls_version($run), 'none', 'There is no TLS version.');
	}
	my $run = starttls(server(rsa(), versions => [1.2],
	    ciphers => 'AECDH-AES128-SHA'));
	is(verdict($run), 'CRITICAL TLS_HANDSHAKE',
	    'Nothing in common is TLS_HANDSHAKE: anonymous suites show no '
	    . 'certificate, so we do not offer them.');
	like($run->text, qr/handshake failure/, 'The alert is named.');
};

subtest 'The TLS version has to be good enough' => sub {
	my @cases = (
		# the server's versions, options, verdict, version used, notes
		[['1.0'], '', 'CRITICAL TLS_VERSION_OBSOLETE', 1.0, ''],
		[[1.1], '', 'CRITICAL TLS_VERSION_OBSOLETE', 1.1, ''],
		[['1.0', 1.2], '', 'OK', 1.2, 'TLS_NOT_1_3'],
		[['1.0', 1.3], '', 'OK', 1.3, ''],
		[[1.2], '', 'OK', 1.2, 'TLS_NOT_1_3'],
		[[1.3], '', 'OK', 1.3, ''],
		[['1.0'], '--min-tls=1.0', 'OK', 1.0, 'TLS_NOT_1_3'],
		[['1.0'], '--min-tls=1.1', 'CRITICAL TLS_VERSION_OBSOLETE', 1,
		    ''],
		[[1.1], '--min-tls=1.1', 'OK', 1.1, 'TLS_NOT_1_3'],
		[[1.2], '--min-tls=1.3', 'CRITICAL TLS_VERSION_OBSOLETE', 1.2,
		    ''],
		[[1.3], '--min-tls=1.3', 'OK', 1.3, ''],
	);
	for my $case (@cases) {
		my ($versions, $option, $expected, $used, $notes) = @$case;
		my $run = starttls(server(rsa(), versions => $versions), '-v',
		    split ' ', $option);
		is(verdict($run), $expected,
		    "A server with TLS @$versions $option: $expected.");
		cmp_ok(tls_version($run), '==', $used, "TLS $used was used.");
		is(notes($run) =~ s/DNS_MX_PRIVATE ?//r, $notes,
		    'The notes are right.');
	}
	for my $wrong ('', '1', '1.4', '2.0', 'TLSv1.2', '1.2 ', 'ssl3') {
		is(starttls(FakeMX->new, "--min-tls=$wrong")->return_code, 3,
		    "--min-tls='$wrong' is bad usage.");
	}
};

subtest '--probe-versions asks for obsolete versions' => sub {
	my @cases = (
		[['1.0', 1.3], 'WARNING', 'TLS 1.0', 'TLS 1.1'],
		[[1.1, 1.2], 'WARNING', 'TLS 1.1'],
		[[1.2, 1.3], 'OK'],
	);
	for my $case (@cases) {
		my ($versions, $state, @accepted) = @$case;
		my $mx = server(rsa(), versions => $versions);
		my $run = starttls($mx, '--probe-versions');
		is(verdict($run), join(' ', $state,
		    ('TLS_VERSION_OLD_ACCEPTED') x @accepted),
		    "TLS @$versions: $state.");
		is_deeply([($run->lines)[1] =~ /(TLS 1\.[01]) /g], \@accepted,
		    'The obsolete ones are named.');
		my @connections = $mx->connections;
		is(scalar @connections, 3, 'It takes a connection for each.');
		is(scalar(grep { $_->{together} > 1 } @connections), 0,
		    'One after the other.');
		is(scalar(grep { !@{$_->{commands}} } @connections), 0,
		    'Each with EHLO.');
	}
	my $run = starttls(server(rsa(), versions => ['1.0', 1.3]));
	is(verdict($run), 'OK', 'Without the option nothing is asked.');

	$run = starttls(FakeMX->new(
	    banner => EACH_CONNECTION(DEFAULT, "421 4.7.0 again?\r\n")),
	    '--probe-versions');
	is($run->state, 'OK', 'A probe that is turned away changes nothing.');
	like($run->output, qr/TLS 1\.0 not tested.*\(NOT_TESTED\)/,
	    'But it is told, even without -v.');
	is(verdict(starttls(FakeMX->new(
	    STARTTLS => EACH_CONNECTION(DEFAULT, ["220 go\r\n", CLOSE])),
	    '--probe-versions')), 'OK',
	    'A server that hangs up on an obsolete version does not accept it.');
};

subtest 'Weak encryption is a WARNING' => sub {
	my @ciphers = (
		['NULL-SHA256', 'TLS_CIPHER_WEAK TLS_NO_FORWARD_SECRECY'],
		['ECDHE-RSA-NULL-SHA', 'TLS_CIPHER_WEAK'],
		['AES128-SHA', 'TLS_NO_FORWARD_SECRECY'],
		['AES256-GCM-SHA384', 'TLS_NO_FORWARD_SECRECY'],
		['ECDHE-RSA-AES128-GCM-SHA256', ''],
		['ECDHE-RSA-CHACHA20-POLY1305', ''],
	);
	for my $case (@ciphers) {
		my ($cipher, $codes) = @$case;
		my $run = starttls(server(rsa(), versions => [1.2],
		    ciphers => $cipher));
		is(verdict($run), $codes ? "WARNING $codes" : 'OK',
		    "$cipher: " . ($codes || 'fine') . '.');
		like(($run->lines)[1], qr/\Q$cipher\E/, 'It is named.');
	}
	my @certificates = (
		['TLS_KEY_WEAK', key => 'rsa:1024'],
		['TLS_SIGNATURE_WEAK', digest => 'sha1'],
		['TLS_KEY_WEAK TLS_SIGNATURE_WEAK', key => 'rsa:1024',
		    digest => 'sha1'],
		['', key => 'ec:secp384r1'],
		['', key => 'ed25519'],
		['', key => 'rsa:2048', digest => 'sha512'],
	);
	for my $case (@certificates) {
		my ($codes, %args) = @$case;
		is(verdict(starttls(server(Certs::certificate(%args)))),
		    $codes ? "WARNING $codes" : 'OK',
		    join(' ', %args) . ': ' . ($codes || 'fine') . '.');
	}
	like(starttls(server(Certs::certificate(key => 'rsa:1024')))->text,
	    qr/RSA.*1024.*\(TLS_KEY_WEAK\)/, 'The weak key is described.');
	like(starttls(server(Certs::certificate(digest => 'sha1')))->text,
	    qr/SHA-?1\b.*\(TLS_SIGNATURE_WEAK\)/i,
	    'The weak signature is described.');
};

# What the leaf of $signer, which is no CA, has signed.
sub signed_by_leaf ($signer) {
	my ($cert, $key) = CERT_create(subject => { commonName => $HOST },
	    subjectAltNames => [['DNS', $HOST]], purpose => 'server',
	    key => KEY_create_ec('prime256v1'), serial => 4711,
	    not_before => Certs::days(-1), not_after => Certs::days(60),
	    issuer => [PEM_file2cert($signer->{cert}),
		PEM_file2key($signer->{key})]);
	PEM_key2file($key, "$folder/by-leaf.key");
	return { key => "$folder/by-leaf.key", chain => write_file(
	    'by-leaf.pem', PEM_cert2string($cert),
	    read_file($signer->{chain})) };
}

# The last bits of the leaf's signature are others.
sub forged ($certificate) {
	my ($leaf, $rest) = read_file($certificate->{chain})
	    =~ /-----BEGIN CERTIFICATE-----\n(.*?)(-----END.*)/s;
	my $der = decode_base64($leaf);

	substr($der, -1) ^.= "\1";
	return { %$certificate, chain => write_file('forged.pem',
	    "-----BEGIN CERTIFICATE-----\n", encode_base64($der), $rest) };
}

# What OpenSSL's own client says of trust and name, in our words.
my %OPENSSL_SAYS = (0 => '', 7 => 'CERT_INVALID', 9 => 'CERT_NOT_YET_VALID',
    10 => 'CERT_EXPIRED', 18 => 'CERT_SELF_SIGNED', 19 => 'CERT_UNTRUSTED',
    (map { $_ => 'CERT_CHAIN_INCOMPLETE|CERT_UNTRUSTED' } 2, 20, 21),
    (map { $_ => 'CERT_INVALID' } 24, 26, 32, 79),
    (map { $_ => 'CERT_NAME_MISMATCH' } 62, 64));

sub openssl_verdict ($mx, $host, $ca_file) {
	my $run = testCmd('openssl', qw(s_client -starttls smtp -no-CApath
	    -no-CAstore -verify_quiet -CAfile), $ca_file, '-connect',
	    $mx->address =~ /:/ ? '[' . $mx->address . ']:' . $mx->port
	    : $mx->address . ':' . $mx->port,
	    $host =~ /^[\d.]+$|:/ ? ('-noservername', '-verify_ip', $host)
	    : ('-servername', $host, '-verify_hostname', $host),
	    { stdin => "QUIT\r\n" });
	my ($number) = $run->output =~ /Verify return code: (\d+)/;
	return $OPENSSL_SAYS{$number // 'none'} // "unknown: " . $run->output;
}

subtest 'Trust and name are judged as OpenSSL judges them' => sub {
	my $good = Certs::certificate();
	my $leaf_only = Certs::certificate(send => 'leaf');
	my $self = Certs::certificate(issuer => 'self');
	my $both_authorities = write_file('authorities.pem',
	    map { read_file(Certs::authority_file($_)) }
	    'root', 'intermediate');
	my $cert = \&Certs::certificate;
	my @cases = (
		# what, codes, certificate, host, trust anchors
		['a good chain', '', $good],
		['a chain with its root', '', $cert->(send => 'root')],
		['one signed by the root itself', '', $cert->(issuer => 'root')],
		['an expired leaf', 'CERT_EXPIRED',
		    $cert->(not_after => Certs::days(-3.5))],
		['an expired intermediate', 'CERT_EXPIRED',
		    $cert->(issuer => 'expired-intermediate')],
		['a leaf of tomorrow', 'CERT_NOT_YET_VALID',
		    $cert->(not_before => Certs::days(1.5))],
		['a self-signed leaf', 'CERT_SELF_SIGNED', $self],
		['a self-signed leaf that is trusted', '', $self, $HOST,
		    $self->{cert}],
		['a whole chain to another root', 'CERT_UNTRUSTED',
		    $cert->(issuer => 'other-root', send => 'root')],
		['a chain whose root is neither sent nor ours',
		    'CERT_UNTRUSTED', $good, $HOST,
		    Certs::authority_file('other-root')],
		['a missing intermediate', 'CERT_CHAIN_INCOMPLETE', $leaf_only],
		['a missing intermediate that we have', '', $leaf_only, $HOST,
		    $both_authorities],
		['a certificate for clients', 'CERT_INVALID',
		    $cert->(purpose => 'client')],
		['one signed by a leaf', 'CERT_INVALID', signed_by_leaf(
		    $cert->(names => ['signer.example']))],
		['a forged signature', 'CERT_INVALID', forged($good)],

		['another name', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['mx2.example.com'])],
		['the parent domain', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['example.com'])],
		['a name below', 'CERT_NAME_MISMATCH',
		    $cert->(names => ["a.$HOST"])],
		['a longer name', 'CERT_NAME_MISMATCH',
		    $cert->(names => ["x$HOST", "$HOST.example"])],
		['the second name', '', $cert->(names => ['a.example', $HOST])],
		['the name in capitals', '', $cert->(names => [uc $HOST])],
		['a host in capitals, with a dot', '', $good,
		    'MX1.Example.Com.'],
		['a wildcard', '', $cert->(names => ['*.example.com'])],
		['a wildcard for two labels', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['*.example.com']), 'a.b.example.com'],
		['a wildcard for none', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['*.example.com']), 'example.com'],
		['a wildcard of a whole TLD', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['*.com']), 'example.com'],
		['a wildcard not at the left', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['a.*.example.com']), 'a.b.example.com'],
		['two wildcards', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['*.*.example.com']), 'a.b.example.com'],
		['a wildcard for everything', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['*'])],
		['the common name beside a wrong SAN', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['other.example'],
			subject => { commonName => $HOST })],
		['the common name without a SAN', 'CERT_NO_SAN',
		    $cert->(names => [], subject => { commonName => $HOST })],
		['a hostile common name', 'CERT_NAME_MISMATCH',
		    $cert->(names => [],
			subject => { commonName => "a|b\nc\e[31m\xff" })],
		['an internationalised name', '',
		    $cert->(names => [$A_LABEL]), $IDN],
		['the other way round', '',
		    $cert->(names => [$A_LABEL]),
		    $A_LABEL],

		['an address in the SAN', '', $cert->(names => ['127.0.0.1']),
		    '127.0.0.1'],
		['another address', 'CERT_NAME_MISMATCH',
		    $cert->(names => ['127.0.0.2']), '127.0.0.1'],
		['an address, and only names', 'CERT_NAME_MISMATCH', $good,
		    '127.0.0.1'],
		['an address as common name', 'CERT_NAME_MISMATCH',
		    $cert->(names => [],
			subject => { commonName => '127.0.0.1' }), '127.0.0.1'],

		['everything at once',
		    'CERT_EXPIRED CERT_UNTRUSTED CERT_NAME_MISMATCH',
		    $cert->(names => ['other.example'], send => 'root',
			issuer => 'other-root', not_after => Certs::days(-3))],
		['self-signed, too early, and for another',
		    'CERT_NOT_YET_VALID CERT_SELF_SIGNED CERT_NAME_MISMATCH',
		    $cert->(names => ['other.example'], issuer => 'self',
			not_before => Certs::days(3))],
		['an expired leaf of an expired intermediate',
		    'CERT_EXPIRED CERT_EXPIRED',
		    $cert->(issuer => 'expired-intermediate',
			not_after => Certs::days(-9))],
		['a client\'s that is for another', 'CERT_NAME_MISMATCH '
		    . 'CERT_INVALID', $cert->(names => ['other.example'],
			purpose => 'client')],
	);
	for my $case (@cases) {
		my ($what, $codes, $certificate, $host, $ca_file) = @$case;
		$host //= $HOST;
		$ca_file //= Certs::ca_file();
		my $mx = server($certificate);
		my $run = run_at($host, $mx, '--ca-file', $ca_file);
		my $state = !$codes ? 'OK' : $codes eq 'CERT_NO_SAN' ? 'WARNING'
		    : 'CRITICAL';
		# OpenSSL may call one certificate invalid for several reasons.
		is(verdict($run) =~ s/(CERT_INVALID)(?: \1)+/$1/r,
		    join(' ', $state, $codes || ()),
		    "$what: " . ($codes || 'fine') . '.');

		my $theirs = openssl_verdict($mx, $host eq $IDN ? $A_LABEL
		    : $host =~ s/\.\z//r, $ca_file);
		if ($theirs) {
			like(codes($run), qr/\b(?:$theirs)\b/,
			    "openssl s_client agrees that it is $theirs.");
		} else {
			like(codes($run), qr/^(?:CERT_NO_SAN|)$/,
			    'openssl s_client finds no fault either.');
		}
	}
	# OpenSSL takes these unless told otherwise; RFC 9525 does not.
	is(verdict(starttls(server($cert->(names => ['mx*.example.com'])))),
	    'CRITICAL CERT_NAME_MISMATCH',
	    'A wildcard for a part of a label is no match.');
	SKIP: {
		skip 'no IPv6', 2 unless CheckMX::_available('ipv6');
		my $six = FakeMX->new(address => '::1',
		    tls => { certificate => $cert->(names => ['::1']) });
		is(verdict(run_at('::1', $six, '--ca-file', Certs::ca_file())),
		    'OK', 'An IPv6 address in the SAN is fine.');
		is(openssl_verdict($six, '::1', Certs::ca_file()), '',
		    'openssl s_client finds no fault either.');
	}
};

subtest 'A fault is described in words' => sub {
	my %certificate = (
		'expired 3 days ago' => { not_after => Certs::days(-3.5) },
		'check_mx test expired-intermediate.*expired 2 days ago'
		    => { issuer => 'expired-intermediate' },
		'self-signed' => { issuer => 'self' },
		'check_mx test intermediate' => { send => 'leaf' },
		'other\.example.*mx1\.example\.com'
		    => { names => ['other.example'] },
	);
	for my $words (sort keys %certificate) {
		my $mx = server(Certs::certificate(%{$certificate{$words}}));
		like(starttls($mx)->text, qr/$words/, "Line 1 says $words.");
	}
	like(starttls(server(signed_by_leaf(Certs::certificate(
	    names => ['signer.example']))))->text,
	    qr/signer\.example.*\(CERT_INVALID\)/,
	    'Line 1 says which certificate of the chain is invalid.');
	for my $mx (FakeMX->new(tls => { handshake => "500 what?\r\n" }),
	    FakeMX->new(STARTTLS => "220 go\r\n", UNKNOWN => "500 what?\r\n")) {
		unlike(starttls($mx)->text, qr/wrong version/,
		    'An answer in plain SMTP is no matter of versions.');
	}
	my $many = Certs::certificate(
	    names => [map { "a-rather-long-name-$_.example.net" } 1 .. 90]);
	like(starttls(server($many))->text,
	    qr/a-rather-long-name-1\b.*\(CERT_NAME_MISMATCH\); 0 of 1/,
	    'Ninety names leave room for the code and the counts.');
};

subtest 'An untrusted root does not hide an expired intermediate' => sub {
	my $mx = server(Certs::certificate(issuer => 'expired-intermediate'));
	is(verdict(run_at($HOST, $mx, '--ca-file',
	    Certs::authority_file('other-root'))),
	    'CRITICAL CERT_EXPIRED CERT_UNTRUSTED', 'Both are reported.');
};

subtest '--match accepts further names' => sub {
	my $mx = server(Certs::certificate(names => ['mail.example.net',
	    $A_LABEL, '192.0.2.7']));
	my @cases = (
		['OK', 'mail.example.net'], ['OK', 'MAIL.Example.net.'],
		['OK', 'x.example', 'mail.example.net'], ['OK', $IDN],
		['OK', '192.0.2.7'],
		['CRITICAL CERT_NAME_MISMATCH', 'x.example'],
		['CRITICAL CERT_NAME_MISMATCH', 'example.net'],
	);
	for my $case (@cases) {
		my ($expected, @names) = @$case;
		is(verdict(starttls($mx, map { "--match=$_" } @names)),
		    $expected, 'With --match ' . join(' ', map {
			s/[^ -~]+/?/gr } @names) . ": $expected.");
	}
	is(verdict(run_at('127.0.0.1', $mx, '--match=mail.example.net',
	    '--ca-file', Certs::ca_file())), 'OK',
	    'An address is checked by the name that --match gives.');
	is(verdict(starttls(FakeMX->new, '--match=mail.example.net')), 'OK',
	    'The host\'s own name stays good.');
	is(starttls($mx, '--match=')->return_code, 3,
	    'An empty --match is bad usage.');
};

subtest 'Trust anchors come from where the user says' => sub {
	my $mx = FakeMX->new;
	my ($hashed, $empty) = map { File::Temp->newdir } 1, 2;
	copy(Certs::ca_file(), "$hashed/root.pem") or die $!;
	testCmd('openssl', 'rehash', "$hashed");
	my ($root, $other) = map { Certs::authority_file($_) }
	    'root', 'other-root';
	my $text = write_file('text', "no certificate\n");
	my $pipe = "$empty/pipe";	# nobody will ever write to it
	mkfifo($pipe, 0600) or die "$pipe: $!";
	my @cases = (
		['OK', ['--ca-file', $root]],
		['OK', ['--ca-dir', "$hashed"]],
		['OK', ['--ca-file', $other, '--ca-dir', "$hashed"]],
		['OK', [], SSL_CERT_FILE => $root],
		['OK', [], SSL_CERT_DIR => "$hashed"],
		['OK', [], SSL_CERT_FILE => $root, SSL_CERT_DIR => "$empty"],
		['OK', [], SSL_CERT_FILE => '/nonexistent',
		    SSL_CERT_DIR => "$hashed"],
		['OK', [], SSL_CERT_FILE => $pipe, SSL_CERT_DIR => "$hashed"],
		['CRITICAL CERT_UNTRUSTED', []],
		['CRITICAL CERT_UNTRUSTED', ['--ca-file', $other]],
		['CRITICAL CERT_UNTRUSTED', ['--ca-dir', "$empty"]],
		['CRITICAL CERT_UNTRUSTED', [], SSL_CERT_FILE => $other],
		['CRITICAL CERT_UNTRUSTED', [], SSL_CERT_DIR => "$empty"],
		['CRITICAL CERT_UNTRUSTED', ['--ca-file', $other],
		    SSL_CERT_FILE => $root],
		['UNKNOWN', ['--ca-file', '/nonexistent']],
		['UNKNOWN', ['--ca-file', $text]],
		['UNKNOWN', ['--ca-file', "$empty"]],
		['UNKNOWN', ['--ca-file', '']],
		['UNKNOWN', ['--ca-dir', '/nonexistent']],
		['UNKNOWN', ['--ca-dir', $text]],
		['UNKNOWN', ['--ca-dir', '']],
	);
	for my $case (@cases) {
		my ($expected, $options, %env) = @$case;
		is(verdict(run_at($HOST, $mx, @$options, { env => \%env })),
		    $expected, join(' ', @$options, %env) =~ s{/\S*/}{}gr
		    . ": $expected.");
	}
};

subtest '--no-verify makes notes of trust, name and dates' => sub {
	my @cases = (
		['CERT_EXPIRED', not_after => Certs::days(-3)],
		['CERT_EXPIRED', issuer => 'expired-intermediate'],
		['CERT_NOT_YET_VALID', not_before => Certs::days(3)],
		['CERT_SELF_SIGNED', issuer => 'self'],
		['CERT_UNTRUSTED', issuer => 'other-root', send => 'root'],
		['CERT_CHAIN_INCOMPLETE', send => 'leaf'],
		['CERT_NAME_MISMATCH', names => ['other.example']],
		['CERT_NO_SAN', names => [], subject => { commonName => $HOST }],
		['CERT_INVALID', purpose => 'client'],
	);
	for my $case (@cases) {
		my ($code, %args) = @$case;
		my $mx = server(Certs::certificate(%args));
		my $run = starttls($mx, '--no-verify', '-v');
		is(verdict($run), 'OK', "$code does not count.");
		like(notes($run), qr/\b$code\b/, "$code is a note of -v.");
		unlike(starttls($mx, '--no-verify')->output, qr/$code/,
		    'And not shown without -v.');
	}
	is(verdict(starttls(FakeMX->new(tls => 0), '--no-verify')),
	    'CRITICAL STARTTLS_NOT_OFFERED', 'The offer still counts.');
	is(verdict(starttls(server(rsa(), versions => ['1.0']),
	    '--no-verify')), 'CRITICAL TLS_VERSION_OBSOLETE',
	    'So does the TLS version.');
	is(verdict(starttls(server(Certs::certificate(key => 'rsa:1024')),
	    '--no-verify')), 'WARNING TLS_KEY_WEAK', 'And a weak key.');
	is(verdict(starttls(FakeMX->new, '--no-verify', '--fingerprint',
	    'ab' x 32)), 'CRITICAL CERT_PIN_MISMATCH',
	    'And a pin, which was asked for.');
};

subtest '--fingerprint pins the leaf' => sub {
	my $certificate = Certs::certificate();
	my $mx = server($certificate);
	my $pin = sub ($path) {
		testCmd(qw(openssl x509 -noout -fingerprint -sha256 -in), $path)
		    ->output =~ /=(\S+)/ and return $1;
	};
	my $right = $pin->($certificate->{cert});
	my $plain = $right =~ s/://gr;
	my $wrong = 'ab' x 32;
	my @cases = (
		['OK', $right], ['OK', $plain], ['OK', lc $right],
		['OK', lc $plain], ['OK', $wrong, $right],
		['OK', $plain, $wrong],
		['CRITICAL CERT_PIN_MISMATCH', $wrong],
		['CRITICAL CERT_PIN_MISMATCH', $wrong, 'cd' x 32],
		['CRITICAL CERT_PIN_MISMATCH',
		    $pin->(Certs::authority_file('intermediate'))],
		['UNKNOWN', ''], ['UNKNOWN', 'abc'],
		['UNKNOWN', substr $plain, 1], ['UNKNOWN', "${plain}0"],
		['UNKNOWN', 'xy' x 32], ['UNKNOWN', 'ab' x 20],
		['UNKNOWN', $right, 'abc'],
	);
	for my $case (@cases) {
		my ($expected, @pins) = @$case;
		is(verdict(starttls($mx, map { "--fingerprint=$_" } @pins)),
		    $expected, join(', ', map { length() > 20
			? substr($_, 0, 12) . '...' : "'$_'" } @pins)
		    . ": $expected.");
	}
	like(starttls($mx, "--fingerprint=$wrong")->text,
	    qr/${\lc $plain}|${\lc $right}/i,
	    'The fingerprint that was found is shown.');
	my $expired = Certs::certificate(not_after => Certs::days(-1.5));
	is(verdict(starttls(server($expired), '--fingerprint',
	    $pin->($expired->{cert}))), 'CRITICAL CERT_EXPIRED',
	    'A pin does not excuse other faults.');
};

subtest '--at is the verdict as it will be' => sub {
	my $mx = server(Certs::certificate(not_after => Certs::days(10.5),
	    not_before => Certs::days(-20)));
	my $long = server(Certs::certificate(not_after => Certs::days(1200)));
	my @cases = (
		[$mx, '+0d', 'OK'], [$mx, '+10d', 'OK'],
		[$mx, '+14d', 'CRITICAL CERT_EXPIRED'],
		[$mx, date(10.4), 'OK'],
		[$mx, date(10.6), 'CRITICAL CERT_EXPIRED'],
		[$mx, date(-20.1), 'CRITICAL CERT_NOT_YET_VALID'],
		[$long, date(990), 'OK'],
		[$long, date(1001), 'CRITICAL CERT_EXPIRED'],
	);
	for my $case (@cases) {
		my ($server, $at, $expected) = @$case;
		my $verdict = verdict(starttls($server, "--at=$at"));
		is($verdict =~ s/(CERT_EXPIRED) \1/$1/r, $expected,
		    "At $at: $expected.");
	}
	is(starttls($mx, "--at=$_")->return_code, 3, "--at='$_' is bad usage.")
	    for '', '14', 'tomorrow', '2041-02-30';
};

subtest '--ssl is TLS from the first byte' => sub {
	my $mx = server(Certs::certificate(), implicit => 1);
	is(verdict(starttls($mx, '--ssl')), 'OK', 'SMTPS is fine.');
	my ($connection) = $mx->connections;
	is_deeply([grep { /STARTTLS/i } @{$connection->{commands}}], [],
	    'STARTTLS is not asked for.');
	is($connection->{commands}[-1], 'QUIT', 'QUIT is said.');
	is($connection->{bytes}, '', 'Nothing is said in the clear.');
	is(verdict(starttls(server(Certs::certificate(names => ['other']),
	    implicit => 1), '--ssl')), 'CRITICAL CERT_NAME_MISMATCH',
	    'The certificate is judged.');
	is(verdict(starttls($mx, '--ssl', '--probe-injection')), 'OK',
	    'There is nothing to inject.');
	is(verdict(starttls(FakeMX->new, '--ssl')), 'CRITICAL TLS_HANDSHAKE',
	    'A server that greets in the clear fails the handshake.');
	is(verdict(starttls(FakeMX->new(banner => "220 not TLS\r\n" x 9),
	    '--ssl', '--no-verify')), 'CRITICAL TLS_HANDSHAKE',
	    'Whatever it says.');
	is(verdict(starttls(server(rsa(), implicit => 1,
	    versions => ['1.0', 1.3]), '--ssl', '--probe-versions')),
	    'WARNING TLS_VERSION_OLD_ACCEPTED TLS_VERSION_OLD_ACCEPTED',
	    'Obsolete versions can be asked for, too.');
};

subtest 'A dialogue that breaks off has its own code' => sub {
	my @cases = (
		['CRITICAL TCP_REFUSED', mode => 'refused'],
		['CRITICAL TCP_RESET', banner => RESET],
		['CRITICAL BANNER_CLOSED', banner => CLOSE],
		['CRITICAL BANNER_REFUSED', banner => "554 go away\r\n"],
		['CRITICAL BANNER_NOT_SMTP', banner => "SSH-2.0-x\r\n"],
		['WARNING BANNER_BUSY', banner => "421 later\r\n"],
		['CRITICAL EHLO_REFUSED', EHLO => "502 no\r\n",
		    HELO => "502 no\r\n"],
		['WARNING EHLO_NAME_REFUSED', EHLO => "550 who?\r\n",
		    HELO => "550 who?\r\n"],
		['CRITICAL SMTP_CLOSED', EHLO => CLOSE],
		['CRITICAL SMTP_CLOSED', EHLO => RESET],
		['WARNING SMTP_BUSY', EHLO => "421 later\r\n"],
		['CRITICAL SMTP_PROTOCOL', EHLO => "hello yourself\r\n"],
		['CRITICAL SMTP_TOO_LONG', EHLO => "250-SIZE\r\n" x 500],
		['CRITICAL SMTP_CLOSED', STARTTLS => CLOSE],
		['WARNING SMTP_BUSY', STARTTLS => "421 later\r\n"],
		['CRITICAL SMTP_PROTOCOL', STARTTLS => "go ahead\r\n"],
	);
	for my $case (@cases) {
		my ($expected, %script) = @$case;
		my $run = starttls(FakeMX->new(%script));
		is(verdict($run), $expected, join(' ', map { ref() ? $_->{do}
		    : substr(s/\s+/ /gr, 0, 20) } %script) . ": $expected.");
		is(perfdata($run)->{servers_ok}->value, 0,
		    'The perfdata is there.');
	}
};

subtest 'The end of the dialogue is no fault' => sub {
	my %script = (
		'no close_notify' => [tls => { no_close_notify => 1 }],
		'no close_notify with TLS 1.2' => [tls => {
		    no_close_notify => 1, versions => [1.2] }],
		'no answer to QUIT' => [QUIT => CLOSE],
		'a reset at QUIT' => [QUIT => RESET],
		'silence at QUIT' => [QUIT => SILENCE],
		'500 to QUIT' => [QUIT => "500 no\r\n"],
	);
	for my $name (sort keys %script) {
		is(verdict(starttls(FakeMX->new(@{$script{$name}}),
		    '-t', 5)), 'OK', ucfirst "$name is OK.");
	}
};

subtest 'Servers are reported side by side' => sub {
	my ($good, @others) = FakeMX->group(map {
		my ($number, %script) = @$_;
		{ address => "127.0.0.$number",
		    hostname => "mx$number.example.org", %script }
	} [1], [2, tls => 0], [3, tls => { certificate => Certs::certificate(
	    not_after => Certs::days(-3.5), names => ['mx3.example.org']) }],
	    [4, tls => { versions => [1.2] }]);
	my $run = check('check_mx_starttls', '-d', 'example.org', '-p',
	    $good->port, '--nameserver', $dns->address, '-F', $FQDN,
	    '--ca-file', Certs::ca_file());
	like($run->text, qr/^mx2\.example\.org\ \[127\.0\.0\.2\]:\ .*
	    \ \(STARTTLS_NOT_OFFERED\);\ 2\ of\ 4\ servers\ OK$/x,
	    'Of two equally bad servers the preferred one comes first.');
	my $port = $good->port;
	my @lines = ($run->lines)[1 .. 4];
	is_deeply([map { s/ - .*//r } @lines], [
	    "[OK] 10 mx1.example.org [127.0.0.1]:$port",
	    "[CRITICAL] 20 mx2.example.org [127.0.0.2]:$port",
	    "[CRITICAL] 30 mx3.example.org [127.0.0.3]:$port",
	    "[OK] 40 mx4.example.org [127.0.0.4]:$port"],
	    'Each server has its line, in the order of preference.');
	like($lines[0], qr/ - TLSv1\.3 \S+, certificate valid for \d+ days/,
	    'A healthy one shows its TLS.');
	like($lines[2], qr/ - certificate expired 3 days ago \(CERT_EXPIRED\)$/,
	    'A bad one its faults.');
	my $perfdata = perfdata($run);
	is(tls_version($run), 1.2, 'The least TLS version comes first.');
	is($perfdata->{'mx1.example.org_v4_tls'}->value, 1.3,
	    'Then that of each server.');
	ok(!$perfdata->{'mx2.example.org_v4_tls'},
	    'One without TLS has no version.');
	ok($perfdata->{"mx$_.example.org_v4_time"}, "mx$_ has a time.")
	    for 1 .. 4;
	is($perfdata->{servers}->value . $perfdata->{servers_ok}->value, 42,
	    'The servers are counted.');

	# One run for all that must time out; the good one is not held up.
	my %slow = ('127.0.0.2' => ['BANNER_TIMEOUT', mode => 'mute'],
	    '127.0.0.3' => ['TCP_TIMEOUT', mode => 'full'],
	    '127.0.0.4' => ['SMTP_TIMEOUT', EHLO => SILENCE],
	    '127.0.0.5' => ['SMTP_TIMEOUT', STARTTLS => SILENCE],
	    '127.0.0.6' => ['TLS_TIMEOUT', tls => { handshake => SILENCE }],
	    '127.0.0.7' => ['TLS_TIMEOUT', tls => { handshake
		=> DRIP("\x16\x03\x03\x0f\xff" . 'x' x 400, 0.1) }]);
	my @addresses = sort keys %slow;
	my @servers = FakeMX->group({ address => '127.0.0.1' }, map {
		my (undef, %script) = @{$slow{$_}};
		{ address => $_, %script }
	} @addresses);
	$run = check('check_mx_starttls', '-t', 3, '-p', $servers[0]->port,
	    '-F', $FQDN, '--match', $HOST, '--ca-file', Certs::ca_file(),
	    map { ('-H', $_) } '127.0.0.1', @addresses);
	is($run->state, 'CRITICAL', 'Servers that time out are CRITICAL.');
	like($run->output, qr/^\[OK\] 127\.0\.0\.1 /m,
	    'The good server is OK.');
	like($run->output, qr/^\[CRITICAL\] \Q$_\E .*\($slow{$_}[0]\)/m,
	    "$_: $slow{$_}[0].") for @addresses;

	my $stuck = FakeMX->new(tls => { handshake => SILENCE });
	is(verdict(starttls($stuck, '-t', '1:unknown')), 'UNKNOWN TLS_TIMEOUT',
	    '-t 1:unknown decides what a time-out counts as.');
};

subtest '-w and -c judge the time' => sub {
	my $mx = FakeMX->new;
	my @cases = (
		['-w 50 -c 60', 'OK', ';50;60;0'],
		['-w 0 -c 60', 'WARNING RESPONSE_SLOW', ';0;60;0'],
		['-w 0 -c 0', 'CRITICAL RESPONSE_SLOW', ';0;0;0'],
		['-c 0', 'CRITICAL RESPONSE_SLOW', ';;0;0'],
		['-w 0', 'WARNING RESPONSE_SLOW', ';0;;0'],
		['-w 50 -c ~:0', 'CRITICAL RESPONSE_SLOW', ';50;~:0;0'],
		['-w 30: -c 0:60', 'WARNING RESPONSE_SLOW', ';30:;60;0'],
		['-w @0:50', 'WARNING RESPONSE_SLOW', ';@50;;0'],
		['', 'OK', ';;;0'],
	);
	for my $case (@cases) {
		my ($options, $expected, $perfdata) = @$case;
		my $run = starttls($mx, split ' ', $options);
		is(verdict($run), $expected, "$options: $expected.");
		like($run->perf_output, qr/^time=[\d.]+s\Q$perfdata\E /,
		    'The thresholds are shown.');
	}
	is(starttls($mx, '-w', $_)->return_code, 3, "-w '$_' is bad usage.")
	    for '', 'abc', '2:1', '1,5', '10%';

	my $slow = starttls(FakeMX->new(STARTTLS => [PAUSE(0.3), DEFAULT]));
	cmp_ok(perfdata($slow)->{time}->value, '>=', 0.3,
	    'The time runs until the handshake is done.');
	my $pin = '--fingerprint=' . 'ab' x 32;
	is(codes(starttls($mx, '-w', 0, $pin)),
	    'CERT_PIN_MISMATCH RESPONSE_SLOW',
	    'Slowness is told beside what is worse.');
};

done_testing;

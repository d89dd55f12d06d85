#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_auth: what login is offered, and when; logins by every mechanism,
# each computed once more on the server's side; what a server may do instead;
# and no secret anywhere but on a line that deserves it.

use v5.36;
use Digest::MD5 qw(md5);
use Digest::SHA qw(hmac_sha1 hmac_sha256 sha1 sha256);
use File::Temp;
use FindBin;
use IO::Socket::IP;
use JSON::PP;
use MIME::Base64 qw(decode_base64 encode_base64);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

our $USER = 'kate@example.com';
our $SECRET = "Tr0ub4dor&3 z\xc3\xbcrich";
my @ALL = qw(PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2);
my $GOOD = "235 2.7.0 Authentication successful\r\n";
my $BAD = "535 5.7.8 Authentication credentials invalid\r\n";
my %SCRAM = ('SCRAM-SHA-1' => [\&sha1, \&hmac_sha1],
    'SCRAM-SHA-256' => [\&sha256, \&hmac_sha256]);

my $folder = File::Temp->newdir;
my $file = write_file('secret', "$SECRET\nand a comment\n");
my $wrong_file = write_file('wrong', "${SECRET}x\n");

sub write_file ($name, $content) {
	return private_file("$folder/$name", $content);
}

sub base64 ($bytes) { encode_base64($bytes, '') }

# The server's side of each mechanism: a challenge, and the client's line.
sub ask ($connection, $challenge) {
	$connection->send_bytes('334 ' . base64($challenge) . "\r\n");
	return $connection->read_line;
}

# The first response, with AUTH or after an empty challenge.
sub first ($line, $connection) {
	my ($given) = $line =~ /^AUTH \S+ (\S+)$/;
	return decode_base64($given // ask($connection, ''));
}

sub verify_plain ($line, $connection) {
	return first($line, $connection) eq "\0$USER\0$SECRET";
}

sub verify_login ($line, $connection) {
	return 0 if $line ne 'AUTH LOGIN';
	my $user = decode_base64(ask($connection, 'Username:'));
	my $secret = decode_base64(ask($connection, 'Password:'));
	return $user eq $USER && $secret eq $SECRET;
}

sub hmac_md5_hex ($data, $key) {
	$key = md5($key) if length $key > 64;
	my ($inner, $outer) = map { ($_ x 64) ^. ($key . "\0" x
	    (64 - length $key)) } "\x36", "\x5c";
	return unpack 'H*', md5($outer . md5($inner . $data));
}

sub verify_cram ($line, $connection) {
	my $challenge = '<1896.697170952@postoffice.example.net>';
	my $response = decode_base64(ask($connection, $challenge));
	return $line eq 'AUTH CRAM-MD5'
	    && $response eq "$USER " . hmac_md5_hex($challenge, $SECRET);
}

# RFC 5802; the server's own proof is sent as a challenge (RFC 4954 4).
sub verify_scram ($line, $connection, $mechanism, $own_secret = $SECRET) {
	my ($hash, $hmac) = @{$SCRAM{$mechanism}};
	my $first = first($line, $connection);
	my ($bare, $nonce) = $first =~ /^[ny],,(n=\Q$USER\E,r=(.+))$/ or return 0;
	my $server_first = "r=${nonce}ServerPart,s=" . base64('salt and pepper')
	    . ',i=4096';
	my $final = decode_base64(ask($connection, $server_first));
	my ($unproved, $proof) = $final =~ /^(.*),p=(.*)$/ or return 0;
	return 0 if $unproved !~ /,r=\Q$nonce\EServerPart$/;

	my $message = "$bare,$server_first,$unproved";
	my $salted = salted($hmac, $SECRET);
	my $key = $hash->($hmac->('Client Key', $salted));
	my $client = decode_base64($proof) ^. $hmac->($message, $key);
	return 0 if $hash->($client) ne $key;

	my $own = $hmac->('Server Key', salted($hmac, $own_secret));
	return ask($connection, 'v=' . base64($hmac->($message, $own))) eq '';
}

# PBKDF2 with one block.
sub salted ($hmac, $secret) {
	my $block = my $sum = $hmac->("salt and pepper\0\0\0\1", $secret);
	for (2 .. 4096) {
		$block = $hmac->($block, $secret);
		$sum ^.= $block;
	}
	return $sum;
}

# An error is told by a challenge, to be answered by an empty line.
sub verify_token ($line, $connection) {
	return 1 if first($line, $connection)
	    eq "user=$USER\x01auth=Bearer $SECRET\x01\x01";
	my $answer = ask($connection, '{"status":"401","schemes":"Bearer"}');
	return $answer eq '' ? 0 : die 'no empty response';
}

my %VERIFY = (PLAIN => \&verify_plain, LOGIN => \&verify_login,
    'CRAM-MD5' => \&verify_cram, XOAUTH2 => \&verify_token,
    map { my $name = $_; $name => sub { verify_scram(@_, $name) } }
	keys %SCRAM);

# Whatever the client chooses is verified.
sub verify ($line, $connection) {
	my ($mechanism) = $line =~ /^AUTH (\S+)/;
	return $VERIFY{$mechanism}->($line, $connection) ? $GOOD : $BAD;
}

# A server that offers these mechanisms inside TLS.
sub submission ($mechanisms, %more) {
	return FakeMX->new(extensions => ['STARTTLS', 'SIZE 1000'],
	    extensions_tls => ["AUTH @$mechanisms", 'SIZE 1000'],
	    AUTH => \&verify, %more);
}

sub target ($mx) {
	return ('-H', $mx->address, '-p', $mx->port, '--ca-file',
	    Certs::ca_file(), '--match=mx1.example.com', '-F', 'me.example');
}

sub credentials ($secret_file = $file) {
	return ('-U', $USER, '--authpass-file', $secret_file);
}

# What of the secret may be found, letter case aside: it, and its base64 at
# any alignment.
my @TRACES = map { quotemeta } $SECRET, map {
	my $shift = $_;
	my $encoded = base64('x' x $shift . $SECRET . 'x' x 3);
	substr $encoded, $shift + 1, int(length($SECRET) * 8 / 6) - 2;
} 0 .. 2;
my $TRACE = join '|', @TRACES;

sub is_silent ($run, $name) {
	unlike($run->output . $run->stderr, qr/$TRACE/i,
	    "$name: the secret is in no output.");
}

# One run: exit code, what line 1 has to say, and no secret in it.
sub judged ($name, $mx, $code, $text, @arguments) {
	my $run = check('check_mx_auth', target($mx), @arguments,
	    { name => "$name: the rules of every run are kept." });

	is($run->return_code, $code, "$name: the exit code is $code.")
	    or diag($run->as_text);
	like($run->text, $text, "$name: line 1 says so.");
	is_silent($run, $name);
	return $run;
}

# Whatever it is, no secret has crossed the line.
sub kept ($mx, $name) {
	my @connections = $mx->connections;
	my $said = join "\n", map { $_->{bytes} . $_->{tls_bytes} } @connections;

	ok(@connections > 0, "$name: the server was asked.");
	unlike($said, qr/^AUTH/mi, "$name: no login was tried.");
	unlike($said, qr/$TRACE/i, "$name: the secret was not sent.");
}

subtest 'Without credentials the offer alone is judged.' => sub {
	judged('Offered inside TLS', submission(['PLAIN', 'LOGIN']), 0,
	    qr/: offers PLAIN, LOGIN inside TLS; 1 of 1/);
	judged('Offered in the clear',
	    submission(['PLAIN'], extensions => ['STARTTLS', 'AUTH PLAIN']), 2,
	    qr/login is offered before TLS: PLAIN \(AUTH_IN_CLEAR\)/);
	judged('The old form of the offer',
	    submission(['PLAIN'], extensions => ['STARTTLS',
		'AUTH=PLAIN LOGIN']), 2,
	    qr/login is offered before TLS: PLAIN, LOGIN \(AUTH_IN_CLEAR\)/);
	judged('Offered nowhere', submission([], extensions_tls => ['SIZE']),
	    2, qr/no login is offered inside TLS \(AUTH_NOT_OFFERED\)/);
	judged('A mechanism that is required', submission(['PLAIN', 'LOGIN']),
	    0, qr/offers PLAIN, LOGIN/, '--require-mech=LOGIN',
	    '--require-mech=plain');
	judged('A mechanism that is missing', submission(['PLAIN', 'LOGIN']),
	    2, qr/login\ by\ SCRAM-SHA-256\ is\ not\ offered,\ only\ PLAIN,
	    \ LOGIN\ \(AUTH_MECHANISM_MISSING\)/x,
	    '--require-mech=SCRAM-SHA-256');
	judged('TLS from the first byte', submission(['PLAIN'],
	    tls => { implicit => 1 }, extensions => ['AUTH PLAIN']), 0,
	    qr/offers PLAIN inside TLS/, '--ssl');
	judged('No STARTTLS', submission(['PLAIN'], tls => 0,
	    extensions => ['SIZE']), 2,
	    qr/STARTTLS is not offered \(STARTTLS_NOT_OFFERED\)/);
	judged('A certificate that has expired', submission(['PLAIN'],
	    tls => { certificate => Certs::certificate(
		names => ['mx1.example.com'],
		not_after => Certs::days(-3)) }), 2, qr/\(CERT_EXPIRED\)/);
	judged('In the clear, as wished', submission(['PLAIN'], tls => 0,
	    extensions => ['AUTH PLAIN']), 0, qr/offers PLAIN in the clear/,
	    '--in-clear');
	my $severe = submission(['PLAIN'], extensions => ['AUTH PLAIN']);
	judged('In the clear, yet called critical', $severe, 2,
	    qr/\(AUTH_IN_CLEAR\)/, '--in-clear',
	    '--severity=AUTH_IN_CLEAR=critical');
};

subtest 'Every mechanism logs in, and is told from a wrong secret.' => sub {
	my $mx = submission(\@ALL);

	for my $name (@ALL) {
		my @by = ('-A', lc $name);
		judged("$name accepted", $mx, 0, qr/login by $name accepted/,
		    @by, credentials());
		judged("$name rejected", $mx, 2, qr/login\ by\ $name
		    \ rejected:\ 535\ 5\.7\.8\ .*\(AUTH_REJECTED\)/x,
		    @by, credentials($wrong_file));
		judged("$name rejected as expected", $mx, 0,
		    qr/login by $name refused: 535 5\.7\.8 /, @by,
		    '--expect-reject', credentials($wrong_file));
		judged("$name accepted though it should not", $mx, 2,
		    qr/login\ by\ $name\ accepted,\ which\ has\ to\ be\ refused
		    :\ 235\ .*\(AUTH_ACCEPTED\)/x, @by, '--expect-reject',
		    credentials());
	}
	judged('TLS from the first byte', submission(['PLAIN'],
	    tls => { implicit => 1 }, extensions => ['AUTH PLAIN']), 0,
	    qr/login by PLAIN accepted/, '--ssl', credentials());
};

subtest 'The best mechanism that is offered is taken.' => sub {
	my @best_first = qw(SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN);
	while (@best_first) {
		judged("Of @best_first", submission(['XOAUTH2', 'GSSAPI',
		    reverse @best_first]), 0,
		    qr/login by $best_first[0] accepted/, credentials());
		shift @best_first;
	}
	my $none = submission(['XOAUTH2', 'GSSAPI']);
	judged('XOAUTH2 unasked', $none, 2, qr/no\ login\ that\ we\ know\ is
	    \ offered,\ only\ XOAUTH2,\ GSSAPI\ \(AUTH_MECHANISM_MISSING\)/x,
	    credentials());
	kept($none, 'XOAUTH2 unasked');
	my $other = submission(['PLAIN']);
	judged('What was asked for is not offered', $other, 2,
	    qr/login by LOGIN is not offered, only PLAIN/, '-A', 'LOGIN',
	    credentials());
	kept($other, 'What was asked for is not offered');
	my $nothing = submission([], extensions_tls => ['SIZE']);
	judged('Nothing is offered', $nothing, 2, qr/\(AUTH_NOT_OFFERED\)/,
	    credentials());
	kept($nothing, 'Nothing is offered');
};

subtest 'A long first response follows an empty challenge.' => sub {
	my $token = 'ya29.' . 'AbCdEfGh' x 400;
	my $mx = submission(['XOAUTH2'], AUTH => sub ($line, $connection) {
		return $BAD if $line ne 'AUTH XOAUTH2';
		return ask($connection, '') eq base64("user=$USER\x01auth="
		    . "Bearer $token\x01\x01") ? $GOOD : $BAD;
	});
	my $run = judged('A long token', $mx, 0, qr/by XOAUTH2 accepted/,
	    '-A', 'XOAUTH2', '-vvv',
	    credentials(write_file('token', "$token\r\n")));
	unlike($run->output, qr/AbCdEf|QWJDZEVm/, 'It is not shown.');
	my ($connection) = $mx->connections;
	is_deeply([grep { length > 510 } @{$connection->{commands}}], [],
	    'No command line is longer than 512 octets.');
};

subtest 'What else a server may say to a login is told as it is.' => sub {
	my @answers = (
		['454 4.7.0 Temporary failure', 1, qr/login\ by\ PLAIN
		    \ deferred:\ 454\ .*\(AUTH_DEFERRED\)/x],
		['432 4.7.12 Password transition', 1, qr/\(AUTH_DEFERRED\)/],
		['534 5.7.9 Mechanism too weak', 2, qr/\(AUTH_REJECTED\)/],
		['538 5.7.11 Encryption required', 2, qr/\(AUTH_REJECTED\)/],
		['530 5.7.0 Must issue STARTTLS', 2, qr/\(AUTH_REJECTED\)/],
		['500 5.5.1 Unknown command', 2, qr/\(AUTH_REJECTED\)/],
		['503 5.5.1 Bad sequence', 2, qr/\(AUTH_REJECTED\)/],
		['504 5.5.4 Unknown mechanism', 2, qr/\(AUTH_REJECTED\)/],
		['250 2.0.0 Ok', 3, qr/proves nothing: 250 .*\(NOT_TESTED\)/],
		['354 Go ahead', 3, qr/proves nothing: 354 .*\(NOT_TESTED\)/],
	);
	for my $case (@answers) {
		my ($answer, $code, $text) = @$case;
		my $mx = submission(['PLAIN'], AUTH => "$answer\r\n");
		judged($answer, $mx, $code, $text, credentials());
		judged("$answer to who is to be refused", $mx, 3,
		    qr/login by PLAIN proves nothing: .*\(NOT_TESTED\)/,
		    '--expect-reject', credentials());
	}
	my @breaks = (
		['421', "421 4.3.2 Shutting down\r\n", 1, 'SMTP_BUSY'],
		['Silence', SILENCE, 2, 'SMTP_TIMEOUT', '-t', 3],
		['A reset', RESET, 2, 'SMTP_CLOSED'],
		['A close', CLOSE, 2, 'SMTP_CLOSED'],
		['No reply at all', "hello\r\n", 2, 'SMTP_PROTOCOL'],
	);
	for my $case (@breaks) {
		my ($name, $answer, $code, $diagnosis, @options) = @$case;
		my $mx = submission(['PLAIN'], AUTH => $answer);
		judged($name, $mx, $code, qr/\($diagnosis\)/, @options,
		    credentials());
		judged("$name to who is to be refused", $mx, $code,
		    qr/\($diagnosis\)/, @options, '--expect-reject',
		    credentials());
		$mx = submission(['LOGIN'], AUTH => ["334 VXNlcm5hbWU6\r\n",
		    sub ($, $connection) { $connection->read_line;
			$answer }]);
		judged("$name in the midst", $mx, $code, qr/\($diagnosis\)/,
		    @options, credentials());
	}
};

# A challenge that is not to be answered; the line that came instead has to
# be "*".
sub cancelled ($challenge) {
	return sub ($line, $connection) {
		$connection->send_bytes($challenge);
		my $answer = $connection->read_line;
		return $answer eq '*' ? "501 5.7.0 Cancelled\r\n" : $GOOD;
	};
}

subtest 'Challenges that make no sense are not answered.' => sub {
	my %senseless = (
		'no base64' => "334 !!!\r\n",
		'no SCRAM' => '334 ' . base64('hello') . "\r\n",
		'an empty one' => "334 \r\n",
		'a bare code' => "334\r\n",
		'one too long' => '334 ' . 'QUFB' x 1000 . "\r\n",
		'control bytes' => "334 \x01\x1b[31m\r\n",
	);
	for my $name (sort keys %senseless) {
		for my $reject ([], ['--expect-reject']) {
			my $mx = submission(['SCRAM-SHA-256'],
			    AUTH => cancelled($senseless{$name}));
			judged("$name @$reject", $mx, 2, qr/login\ by
			    \ SCRAM-SHA-256\ not\ finished:\ .*
			    \(SMTP_PROTOCOL\)/x, @$reject, credentials());
		}
	}
	judged('LOGIN needs no base64 to know what to say',
	    submission(['LOGIN'], AUTH => ["334 Username:\r\n",
		sub ($, $connection) { $connection->read_line;
		    "334 Password:\r\n" },
		sub ($, $connection) { $connection->read_line; $GOOD }]), 0,
	    qr/login by LOGIN accepted/, credentials());
};

subtest 'Who asks without end is not answered without end.' => sub {
	my %challenge = ('CRAM-MD5' => '<1@example.com>');
	for my $mechanism (qw(PLAIN LOGIN CRAM-MD5 XOAUTH2)) {
		my $mx = submission([$mechanism],
		    AUTH => sub ($line, $connection) {
			for (1 .. 100) {
				my $answer = ask($connection,
				    $challenge{$mechanism} // 'more');
				return "501 Cancelled\r\n" if $answer eq '*';
			}
			return $GOOD;
		    });
		judged("$mechanism without end", $mx, 2,
		    qr/one challenge too many \(SMTP_PROTOCOL\)/,
		    '-A', $mechanism, credentials());
		my ($connection) = $mx->connections;
		my $sent = () = $connection->{tls_bytes} =~ /$TRACES[-1]/g;
		ok($sent <= 1, "$mechanism: the secret was sent once at most.");
	}
};

subtest 'A server that wants endless work gets none of it.' => sub {
	my $working = sub ($count) {
		submission(['SCRAM-SHA-256'], AUTH => sub ($line, $connection) {
			my ($nonce) = first($line, $connection) =~ /,r=(.*)/;
			ask($connection, "r=${nonce}x,s=c2FsdA==,i=$count");
			return $BAD;
		});
	};
	judged("$_ iterations", $working->($_), 2,
	    qr/too many iterations asked for \(SMTP_PROTOCOL\)/,
	    credentials()) for 1000001, 2147483647, '9' x 99;
	judged("Iterations like '$_'", $working->($_), 2,
	    qr/makes no sense \(SMTP_PROTOCOL\)/, credentials())
	    for '', -1, 'x';
	judged('As many iterations as the best servers want',
	    $working->(100_000), 2, qr/\(AUTH_REJECTED\)/, credentials());
};

subtest 'A SCRAM server has to prove itself.' => sub {
	for my $mechanism (sort keys %SCRAM) {
		my $wrong = submission([$mechanism],
		    AUTH => sub ($line, $connection) {
			verify_scram($line, $connection, $mechanism, 'other')
			    ? $GOOD : "501 5.7.0 Cancelled\r\n";
		    });
		judged("$mechanism with a wrong proof", $wrong, 2,
		    qr/not\ finished:\ the\ server\ fails\ to\ prove\ itself
		    \ \(AUTH_REJECTED\)/x, credentials());
		judged("$mechanism with a wrong proof, to be refused", $wrong,
		    3, qr/proves\ nothing:\ the\ server\ fails\ to\ prove
		    \ itself\ \(NOT_TESTED\)/x, '--expect-reject', credentials());
		my $forged = submission([$mechanism], AUTH => cancelled('334 '
		    . base64('r=mine,s=c2FsdA==,i=4096') . "\r\n"));
		judged("$mechanism with another nonce", $forged, 2,
		    qr/fails to prove itself \(AUTH_REJECTED\)/,
		    credentials());
		my $none = submission([$mechanism], AUTH => $GOOD);
		judged("$mechanism with no proof", $none, 2,
		    qr/accepted\ without\ proof\ that\ the\ server\ knows\ the
		    \ password\ \(AUTH_REJECTED\)/x, credentials());
		judged("$mechanism with no proof, to be refused", $none, 2,
		    qr/\(AUTH_ACCEPTED\)/, '--expect-reject', credentials());
	}
};

subtest 'A secret is sent only where the line deserves it.' => sub {
	my %bad = (
		CERT_EXPIRED => { not_after => Certs::days(-3) },
		CERT_SELF_SIGNED => { issuer => 'self' },
		CERT_UNTRUSTED => { issuer => 'other-root', send => 'root' },
		CERT_NAME_MISMATCH => { names => ['other.example.net'] },
	);
	for my $code (sort keys %bad) {
		my %tls = (tls => { certificate => Certs::certificate(
		    names => ['mx1.example.com'], %{$bad{$code}}) });
		my $mx = submission(['PLAIN'], %tls);
		my $run = judged($code, $mx, 2, qr/\($code\)/, credentials());
		like($run->output, qr/^\[CRITICAL\].*login\ not\ tried:\ .*
		    \(NOT_TESTED\)/mx, "$code: that none was tried is told.");
		kept($mx, $code);
		judged("$code with --no-verify", submission(['PLAIN'], %tls),
		    0, qr/login by PLAIN accepted/, '--no-verify',
		    credentials());
		my $warned = submission(['PLAIN'], %tls);
		judged("$code as a warning", $warned, 1, qr/\($code\)/,
		    "--severity=$code=warning", credentials());
		kept($warned, "$code as a warning");
	}
	my $pinned = submission(['PLAIN']);
	judged('A wrong pin', $pinned, 2, qr/\(CERT_PIN_MISMATCH\)/,
	    '--no-verify', '--fingerprint=' . 'a' x 64, credentials());
	kept($pinned, 'A wrong pin');

	my %no_tls = (
		'STARTTLS not offered' => [{ tls => 0,
		    extensions => ['AUTH PLAIN'] }, 'STARTTLS_NOT_OFFERED'],
		'STARTTLS refused' => [{ extensions => ['STARTTLS',
		    'AUTH PLAIN'], STARTTLS => "454 4.7.0 Not now\r\n" },
		    'STARTTLS_REFUSED'],
		'No handshake' => [{ extensions => ['STARTTLS', 'AUTH PLAIN'],
		    tls => { handshake => ALERT(40) } }, 'TLS_HANDSHAKE'],
		'Plaintext behind STARTTLS' => [{ extensions => ['STARTTLS',
		    'AUTH PLAIN'], STARTTLS => ["220 Go\r\n250 Ok\r\n",
		    SILENCE] }, 'STARTTLS_INJECTION'],
	);
	for my $name (sort keys %no_tls) {
		my ($settings, $code) = @{$no_tls{$name}};
		my $mx = submission(['PLAIN'], %$settings);
		my $run = judged($name, $mx, 2, qr/\($code\)/, credentials());
		like($run->output, qr/\(AUTH_IN_CLEAR\)/,
		    "$name: the offer in the clear is told.");
		kept($mx, $name);
	}
	my $clear = submission(['PLAIN'], tls => 0,
	    extensions => ['AUTH PLAIN']);
	judged('In the clear, as wished', $clear, 0,
	    qr/login by PLAIN accepted/, '--in-clear', credentials());
	like(($clear->connections)[0]{bytes}, qr/^AUTH PLAIN /m,
	    'In the clear, as wished: the login is made.');
	my $upgradable = submission(['PLAIN'],
	    extensions => ['STARTTLS', 'AUTH PLAIN']);
	judged('In the clear though TLS is offered', $upgradable, 0,
	    qr/login by PLAIN accepted/, '--in-clear', credentials());
	ok(!grep({ /STARTTLS/ } $upgradable->commands),
	    'In the clear though TLS is offered: it is not started.');
};

subtest 'A server that echoes the secret gets it masked.' => sub {
	my $tail = 'x' x 480;
	my @echoes = (
		sub ($response) { "$SECRET is wrong" },
		sub ($response) { "what is " . base64("$USER:$SECRET") },
		sub ($response) { "what is " . base64($SECRET) },
		sub ($response) { "you said $response" },
		sub ($response) { uc "you said $response" },
		sub ($response) { uc "$SECRET is wrong" },
		sub ($response) { "$tail$SECRET" },
		map({ my $cut = $_; sub ($response) {
		    substr($tail, $cut) . $response } } 0, 7, 8, 9, 10),
	);
	my @formats = (['-vvv'], ['--output-format=report', '-vvv'],
	    ['--output-format=json'], ['--output-format=json', '-vvv']);
	for my $i (0 .. $#echoes) {
		my $mx = submission(['PLAIN'], AUTH => sub ($line, $) {
			my ($response) = $line =~ /^AUTH PLAIN (.*)/;
			my $text = $echoes[$i]->($response);
			return "535-5.7.8 $text\r\n535 5.7.8 $text\r\n";
		});
		for my $format (@formats) {
			my $run = check('check_mx_auth', target($mx),
			    @$format, credentials(), { name => "Echo $i keeps "
			    . "the rules of every run (@$format)." });
			is_silent($run, "Echo $i (@$format)");
			like($run->output, qr/535/,
			    "Echo $i (@$format): the rest is told.");
		}
	}
	my $login = submission(['LOGIN'], AUTH => sub ($, $connection) {
		ask($connection, "Tell me, $USER, is it $SECRET?");
		ask($connection, "No, not $SECRET!");
		return $BAD;
	});
	my $run = judged('Echoed in challenges', $login, 2,
	    qr/\(AUTH_REJECTED\)/, '-vvv', credentials());
	like($run->output, qr/^\s+< 334 \*\*\*\*$/m,
	    'Echoed in challenges: they are masked as a whole.');
};

subtest 'What is masked in a challenge does not break the login.' => sub {
	local $SECRET = 'postoffice';
	local $USER = 'postoffice';
	judged('A password within the challenge', submission(['CRAM-MD5']), 0,
	    qr/login by CRAM-MD5 accepted/, '-U', $USER, '--authpass-file',
	    write_file('short', $SECRET));
};

subtest 'Credentials that no mechanism takes are not the server\'s fault.' => sub {
	my $mx = submission(['SCRAM-SHA-256']);
	my @line = ('-U', "kate\xff", '--authpass-file', $file);
	judged('A user name that is no UTF-8', $mx, 3,
	    qr/login not tried: .*\(NOT_TESTED\)/, @line);
	kept($mx, 'A user name that is no UTF-8');
	judged('A password with a control byte', submission(['CRAM-MD5']), 3,
	    qr/login not tried: .*\(NOT_TESTED\)/, credentials(
		write_file('bell', "ring the \a bell\n")));
};

# A plugin that has connected and waits for a greeting.
sub caught ($arguments, $environment, $look) {
	my $listener = IO::Socket::IP->new(Listen => 1, Proto => 'tcp',
	    LocalHost => '127.0.0.1', Timeout => 30) or die "listen: $@";
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDOUT, '>', '/dev/null';
		@ENV{keys %$environment} = values %$environment;
		exec split(' ', $ENV{CHECK_MX_WRAPPER} // ''),
		    plugin('check_mx_auth'), '-H', '127.0.0.1', '-p',
		    $listener->sockport, @$arguments;
	}
	my $client = $listener->accept or die "accept: $@";
	my %seen = map { my $what = $_; $what => do {
		open my $in, '<', "/proc/$pid/$what" or die "$what: $!";
		local $/;
		readline $in;
	} } qw(cmdline limits), $> == 0 ? 'environ' : ();
	close $client;
	waitpid $pid, 0;
	$look->(\%seen);
}

subtest 'Who looks at the process sees no secret.' => sub {
	plan(skip_all => 'the process is valgrind\'s')
	    if ($ENV{CHECK_MX_WRAPPER} // '') =~ /valgrind/;
	my %way = (
		'--authpass' => [['-U', $USER, "--authpass=$SECRET"], {}],
		'-P' => [['-U', $USER, '-P', $SECRET], {}],
		'-P and letter in one' => [['-U', $USER, "-P$SECRET"], {}],
		'--authpass-file' => [[credentials()], {}],
		'CHECK_MX_AUTHPASS' => [['-U', $USER],
		    { CHECK_MX_AUTHPASS => $SECRET }],
		'CHECK_MX_AUTHPASS that is not needed' => [[credentials()],
		    { CHECK_MX_AUTHPASS => $SECRET }],
	);
	for my $name (sort keys %way) {
		caught(@{$way{$name}}, sub ($seen) {
			unlike($seen->{cmdline}, qr/\Q$SECRET\E/,
			    "$name: it is not in the command line.");
			like($seen->{cmdline}, qr/\Q$USER\E/,
			    "$name: the user name is.");
			unlike($seen->{environ} // '', qr/\Q$SECRET\E/,
			    "$name: it is not in the environment.");
			like($seen->{limits}, qr/^Max core file size +0 +0 /m,
			    "$name: no core file is written.");
		});
	}
};

subtest 'The secret comes from the first of its sources.' => sub {
	my $mx = submission(['PLAIN']);
	my $env = { env => { CHECK_MX_AUTHPASS => $SECRET } };
	my $wrong_env = { env => { CHECK_MX_AUTHPASS => 'wrong one' } };
	my %line = (
		'the environment' => [['-U', $USER], $env],
		'the file before the environment' => [[credentials()],
		    $wrong_env],
		'-P before the environment' => [['-U', $USER, '-P', $SECRET],
		    $wrong_env],
	);
	for my $name (sort keys %line) {
		my ($arguments, $options) = @{$line{$name}};
		my $run = check('check_mx_auth', target($mx), @$arguments,
		    { %$options, name => "$name keeps the rules." });
		is($run->return_code, 0, "$name logs in.")
		    or diag($run->as_text);
		is_silent($run, $name);
	}
	my @wrong = (
		[['-U', $USER], qr/--authuser/],
		[['-P', $SECRET], qr/--authpass: .*--authuser/],
		[['--authpass-file', $file], qr/--authpass-file: .*--authuser/],
		[[credentials($file), '-P', $SECRET],
		    qr/--authpass-file: not with --authpass/],
		[['--authpass-file', $file, '-A', 'PLAIN'], qr/--authuser/],
		[['-A', 'PLAIN'], qr/--authtype/],
		[['--expect-reject'], qr/--expect-reject/],
		[['--in-clear', '--ssl'], qr/--in-clear/],
		[['-U', $USER, "--authpas=$SECRET"],
		    qr/ambiguous option '--authpas'/],
		[['-U', $USER, "--authpasss=$SECRET"], qr/'--authpasss'/],
		[['-U', $USER, "--auth=$SECRET"], qr/ambiguous option '--auth'/],
		[['-U', $USER, '-P', $SECRET x 300], qr/--authpass/],
		[['-U', $USER, '--authpass-file', write_file('empty', '')],
		    qr/--authpass-file: .*empty/],
		[['-U', $USER, '--authpass-file', "$folder/none"],
		    qr/--authpass-file: No such file/],
	);
	for my $case (@wrong) {
		my ($arguments, $text) = @$case;
		my $run = check('check_mx_auth', target($mx), @$arguments,
		    { name => 'A usage error keeps the rules.' });
		is($run->return_code, 3, 'It is a usage error.');
		like($run->text, $text, 'It names what is wrong.');
		is_silent($run, "A usage error naming $text");
	}
	my $run = check('check_mx_auth', target($mx),
	    { %$env, name => 'A secret without a user keeps the rules.' });
	like($run->text, qr/: offers PLAIN inside TLS/,
	    'A secret in the environment alone asks for nothing.');
	chmod 0644, my $open = write_file('open', "$SECRET\n");
	$run = check('check_mx_auth', target($mx), credentials($open),
	    { name => 'A file that others may read keeps the rules.' });
	like($run->text, qr/others may read/,
	    'A file that others may read is refused.');
	$run = check('check_mx_auth', target($mx), '-U', $USER,
	    { env => { CHECK_MX_AUTHPASS => 'x' x 5000 },
	      name => 'A secret beyond measure keeps the rules.' });
	like($run->text, qr/CHECK_MX_AUTHPASS: too long/,
	    'A secret beyond measure is a usage error.');
};

subtest 'All formats tell the login.' => sub {
	my $mx = submission(['PLAIN', 'LOGIN']);
	my @logged_in = (target($mx), credentials());
	my $run = check('check_mx_auth', @logged_in, '-vvv',
	    { name => 'The evidence keeps the rules of every run.' });
	like($run->output, qr/^\ +login:\ offers\ PLAIN,\ LOGIN\ inside\ TLS\n
	    \ +login:\ PLAIN\ got\ 235\ 2\.7\.0\ /mx,
	    '-v tells the offer and the reply.');
	like($run->output, qr/^ +> AUTH PLAIN \*{4}$/m,
	    'The transcript has no response.');

	$run = check('check_mx_auth', @logged_in, '--output-format=report',
	    { name => 'The report keeps the rules of every run.' });
	like($run->output, qr/^\ +ok\ +login\ +[\d.]+\ s\ +offers\ PLAIN,
	    \ LOGIN\ inside\ TLS\n\ +PLAIN\ got\ 235/mx,
	    'The report has a stage for the login.');

	$run = check('check_mx_auth', @logged_in, '--output-format=json',
	    { name => 'The object keeps the rules of every run.' });
	my $server = decode_json($run->output)->{servers}[0];
	is_deeply($server->{auth}, { before_tls => [],
	    mechanisms => ['PLAIN', 'LOGIN'], mechanism => 'PLAIN',
	    accepted => JSON::PP::true, reply => { code => 235,
		text => '2.7.0 Authentication successful', enhanced => '2.7.0'
	    } }, 'The object tells offer, mechanism and reply.');
	ok(exists $server->{seconds}{auth}, 'It tells how long that took.');

	$run = check('check_mx_auth', target($mx), '--output-format=json',
	    { name => 'The object of an offer keeps the rules.' });
	is_deeply(decode_json($run->output)->{servers}[0]{auth},
	    { before_tls => [], mechanisms => ['PLAIN', 'LOGIN'] },
	    'Without a login the object tells the offer.');

	my $bare = submission(['PLAIN'], tls => 0, extensions => ['SIZE']);
	$run = check('check_mx_auth', target($bare), credentials(),
	    '--output-format=report',
	    { name => 'The report of no TLS keeps the rules.' });
	like($run->output, qr/^\ +UNKN\ login\ +login\ not\ tried:\ there\ is
	    \ no\ TLS\ session\s+\(NOT_TESTED\)/mx,
	    'What was not tried is told as such.');
	my $refused = FakeMX->new(mode => 'refused');
	$run = check('check_mx_auth', target($refused), credentials(),
	    '--output-format=report',
	    { name => 'The report of a closed port keeps the rules.' });
	like($run->output, qr/^ +-- +login +not tested: no connection$/m,
	    'What was not reached is told as such.');
	like(check('check_mx', target($mx), '--output-format=json',
	    '--skip=relay', { name => 'check_mx keeps the rules.' })->output,
	    qr/\A(?!.*"auth": \{).*\z/s, 'check_mx does not ask for logins.');
};

subtest 'Several servers are logged in to side by side.' => sub {
	my @mx = FakeMX->group(map { +{ address => "127.0.0.$_",
	    extensions => ['STARTTLS'], AUTH => \&verify,
	    extensions_tls => ['AUTH SCRAM-SHA-256 SCRAM-SHA-1'] } } 1 .. 4);
	my $run = judged('Four servers', $mx[0], 0, qr/4 of 4 servers OK/,
	    (map { ('-H', "127.0.0.$_") } 2 .. 4), credentials());
	is(scalar(() = $run->output =~ /by SCRAM-SHA-256 accepted$/mg), 4,
	    'Each of them has accepted the login.');
};

# Whoever answers the DNS could name a host of his own, and has a certificate.
subtest 'An MX record alone does not say who may have the secret.' => sub {
	my @cases = (
		# MX host, its name by -H, whether a login is made
		['mx1.example.com', 0, 1],
		['example.com', 0, 1],
		['mx1.example.net', 0, 0],
		['mx1.badexample.com', 0, 0],
		['mx1.example.net', 1, 1],
	);
	for my $case (@cases) {
		my ($host, $named, $tried) = @$case;
		my $name = $host . ($named ? ' by -H' : '');
		my $mx = submission(['PLAIN'], hostname => $host);
		my $dns = FakeDNS->new(zone => {
		    'example.com' => { MX => ["10 $host"], A => ['127.0.0.1'] },
		    $host => { A => ['127.0.0.1'],
			$host eq 'example.com' ? (MX => ["10 $host"]) : () } });
		my $run = check('check_mx_auth', '-d', 'example.com',
		    $named ? ('-H', $host) : (), '-p', $mx->port,
		    '--nameserver', $dns->address, '-F', 'me.example',
		    '--ca-file', Certs::ca_file(), credentials(),
		    { name => "$name: the rules of every run are kept." });

		is($run->state, $tried ? 'OK' : 'UNKNOWN', "$name: the state.")
		    or diag($run->as_text);
		is_silent($run, $name);
		like($run->text, qr/login not tried: only the DNS .*-H/,
		    "$name: it is told why.") if !$tried;
		kept($mx, $name) if !$tried;
	}
};

subtest 'The time counts to the end of the login.' => sub {
	my $mx = submission(['PLAIN'], AUTH => [PAUSE(0.3), \&verify]);
	my $run = judged('A slow login', $mx, 1, qr/\(RESPONSE_SLOW\)/,
	    '-w', '0.25', credentials());
	ok(perfdata($run)->{time}->value >= 0.3, 'It is in the perfdata.');
};

done_testing;

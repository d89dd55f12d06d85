#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The harness itself: a fake server that lies would make every other test lie.

use v5.36;
use Digest::SHA qw(sha512_hex);
use File::Temp;
use FindBin;
use IO::Select;
use IO::Socket::IP;
use IO::Socket::SSL;
use Net::DNS;
use POSIX qw(mkfifo);
use Socket qw(inet_aton pack_sockaddr_in unpack_sockaddr_in);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

my $WAIT = 10;			# seconds that something sure may take

# A client of one connection: read until a pattern or the end, then say.
sub dial ($mx, %more) {
	return IO::Socket::IP->new(PeerHost => $mx->address,
	    PeerPort => $mx->port, Timeout => $WAIT, %more);
}

sub hear ($socket, $until = qr/^\d{3}(?: .*)?\r?\n\z/m) {
	my $heard = '';
	while ($heard !~ $until) {
		last unless ref $socket eq 'IO::Socket::SSL' && $socket->pending
		    || IO::Select->new($socket)->can_read($WAIT);
		sysread $socket, $heard, 4096, length $heard or last;
	}
	return $heard;
}

sub say_to ($socket, $lines, $replies = 1) {
	syswrite $socket, $lines;
	return hear($socket,
	    qr/(?:^\d{3}(?: .*)?\r?\n(?:\d{3}-.*\n)*){$replies}\z/m);
}

sub start_tls ($socket, %more) {
	return IO::Socket::SSL->start_SSL($socket, Timeout => $WAIT,
	    SSL_verify_mode => SSL_VERIFY_NONE, %more);
}

sub openssl (@arguments) {
	return testCmd('openssl', @arguments)->output;
}

subtest 'testCmd runs a command and tells what became of it' => sub {
	my $run = testCmd('printf', '%s\n', 'MX_TEST OK - $HOME | a=1;2 b=3',
	    'more');
	is($run->return_code, 0, 'A command that succeeds has code 0.');
	is($run->first_line, 'MX_TEST OK - $HOME | a=1;2 b=3',
	    'A list is run without a shell.');
	is($run->perf_output, 'a=1;2 b=3', 'The perfdata follows the first |.');
	is($run->text, '$HOME', 'The text stands between the state and the |.');
	is($run->state, 'OK', 'The state is the second word.');
	is(perfdata($run)->{b}->value, 3, 'The perfdata is parsed by label.');

	$run = testCmd('echo out; echo err >&2; exit 3');
	is($run->return_code, 3, 'A string is run by a shell.');
	is($run->output . $run->stderr, "out\nerr\n",
	    'Standard output and standard error are kept apart.');
	is(testCmd('kill -9 $$')->signal, 9, 'A death by signal is told.');
	ok(testCmd('sleep', '60', { timeout => 0.2 })->timed_out,
	    'A command that hangs is killed.');
	ok(testCmd('sleep 60 & echo x', { timeout => 0.2 })->timed_out,
	    'A child left behind that holds the output is noticed.');
	is(testCmd('cat', '-', { stdin => 'a line' })->output, 'a line',
	    'Text given as input arrives.');
	local $ENV{SSL_CERT_FILE} = '/nonexistent';
	$run = testCmd('echo "$SSL_CERT_FILE$LC_ALL$X"', { env => { X => 1 } });
	is($run->output, "C1\n",
	    'The environment is clean but for what is given.');
	is(testCmd('/nonexistent/program', 'x')->return_code, 127,
	    'A command that does not exist has code 127.');
};

subtest 'A run can be measured' => sub {
	my $idle = testCmd('sleep', '0.2', { measure => 1 });
	cmp_ok($idle->peak_kib, '<', 16 << 10, 'A small program is small.');
	cmp_ok($idle->seconds, '>=', 0.2, 'Its time is told.');
	my $large = testCmd($^X, '-e', 'my $x = "x" x (40 << 20)',
	    { measure => 1 });
	cmp_ok($large->peak_kib, '>', 40 << 10, 'A large one is large.');
	my $dead = testCmd('/bin/sh', '-c', 'kill -TERM $$', { measure => 1 });
	is($dead->signal, 15, 'How it ended is told, too.');
	is(testCmd('false', { measure => 1 })->return_code, 1, 'Or its code.');
};

subtest 'The rules of every run are tested' => sub {
	my $good = 'MX_TEST CRITICAL - it broke | time=0.2s;;;0 a.b_v4=1';
	my @cases = (
		['nothing', $good, 2],
		['exit code', $good, 0],
		['state', 'MX_TEST BROKEN - no', 2],
		['empty text', 'MX_TEST OK - ', 0],
		['long text', 'MX_TEST OK - ' . 'x' x 201, 0],
		['tab', "MX_TEST OK - a\tb", 0],
		['C1', "MX_TEST OK - a\xc2\x9bb", 0],
		['invalid UTF-8', "MX_TEST OK - a\xffb", 0],
		['| on line 2', "MX_TEST OK - a\nb|c=1", 0],
		['label', "MX_TEST OK - a | A=1", 0],
		['value', "MX_TEST OK - a | a=U", 0],
		['quoted label', "MX_TEST OK - a | 'a b'=1", 0],
		['double blank', "MX_TEST OK - a | a=1  b=1", 0],
		['same label', "MX_TEST OK - a | a=1 a=2", 0],
		['too much', "MX_TEST OK - a\n" . 'x' x 4096, 0],
		['empty', '', 0],
		['code', 'MX_BANNER CRITICAL - bad (CERT_EXPIRED)', 2],
		['note', 'MX_BANNER CRITICAL - bad (DNS_MX_CNAME)', 2],
	);
	for my $case (@cases) {
		my ($name, $output, $code) = @$case;
		my $run = testCmd('printf "%s\n" "$TEXT"; exit ' . $code,
		    { env => { TEXT => $output } });
		my @broken = CheckMX::broken_rules($run);
		if ($name eq 'nothing') {
			is("@broken", '', 'A good run breaks no rule.');
		} else {
			is(scalar @broken, 1, "One rule is broken: $name.")
			    or diag(@broken);
		}
	}
	my $run = testCmd('echo "MX_TEST OK - fine"; echo oh >&2');
	is_deeply([CheckMX::broken_rules($run)],
	    ['it writes nothing to stderr'], 'One rule is broken: stderr.');
	$run = testCmd('printf "usage: a|b\n"; exit 3');
	is_deeply([CheckMX::broken_rules($run, '--help')], [],
	    'Help need not be a status line.');
};

subtest 'check runs a built plugin by name' => sub {
	my $top = File::Temp->newdir;
	mkdir "$top/plugins";
	open my $out, '>', "$top/plugins/check_mx_test" or die $!;
	print $out "#!/bin/sh\necho \"MX_TEST OK - \$1 | n=1\"\n";
	close $out;
	chmod 0755, "$top/plugins/check_mx_test";
	local $ENV{CHECK_MX_BUILDDIR} = "$top";
	my $run = check('check_mx_test', 'an argument');
	is($run->text, 'an argument', 'The arguments reach the plugin.');
	local $ENV{CHECK_MX_WRAPPER} = 'env A=1';
	$run = check('check_mx_test', 'b',
	    { name => 'A wrapper may stand before the command.' });
	is($run->text, 'b', 'The wrapped plugin runs.');
};

subtest 'check_all runs plugins side by side' => sub {
	my $top = File::Temp->newdir;
	mkdir "$top/plugins";
	mkfifo("$top/pipe", 0600) or die "mkfifo: $!";
	open my $out, '>', "$top/plugins/check_mx_test" or die $!;
	print $out <<"END";
#!/bin/sh
case \$1 in
	hear) read word <$top/pipe ;;
	say) echo hello >$top/pipe; word=said ;;
esac
echo "MX_TEST OK - \$word"
END
	close $out;
	chmod 0755, "$top/plugins/check_mx_test";
	local $ENV{CHECK_MX_BUILDDIR} = "$top";
	my @runs = check_all(map { ['check_mx_test', $_, { timeout => 30,
	    name => "One that waits for another keeps the rules: $_." }] }
	    'hear', 'say');
	is_deeply([map { $_->text } @runs], ['hello', 'said'],
	    'The first has heard the second; they come back in order.');
};

subtest 'A polite FakeMX answers and records' => sub {
	my $mx = FakeMX->new;
	my $s = dial($mx);
	is(hear($s), "220 mx1.example.com ESMTP\r\n", 'It greets.');
	is(say_to($s, "EHLO me.example\r\n"), join("\r\n",
	    '250-mx1.example.com', '250-PIPELINING', '250-SIZE 10485760',
	    '250-8BITMIME', "250 STARTTLS\r\n"), 'It lists its extensions.');
	like(say_to($s, "RCPT TO:<a\@example.com>\r\n"), qr/^503/,
	    'RCPT before MAIL is out of order.');
	like(say_to($s, "mail from:<a\@b.example>\r\n"), qr/^250/,
	    'Verbs are taken without regard to case.');
	my %rcpt = ('postmaster' => 250, 'postmaster@example.com' => 250,
	    'any@example.com' => 250, 'any@example.net' => 550,
	    'a%example.net@example.com' => 550,
	    '@example.com:a@example.net' => 550, '"a@example.net"' => 550,
	    'a@example.net@example.com' => 550);
	for my $address (sort keys %rcpt) {
		like(say_to($s, "RCPT TO:<$address>\r\n"),
		    qr/^$rcpt{$address} /, "<$address> gets $rcpt{$address}.");
	}
	like(say_to($s, "FOO\r\n"), qr/^500/, 'An unknown verb gets 500.');
	like(say_to($s, "DATA\r\n"), qr/^354/, 'DATA is let in.');
	like(say_to($s, "Subject: x\r\n\r\nQUIT\r\n.\r\n"), qr/^250/,
	    'A message is taken.');
	like(say_to($s, "QUIT\r\n"), qr/^221/, 'QUIT is answered.');
	is(hear($s), '', 'The connection is closed after QUIT.');

	my ($c, @more) = $mx->connections;
	is(scalar @more, 0, 'One connection was recorded.');
	is_deeply([@{$c->{commands}}[0, -1]], ['EHLO me.example', 'QUIT'],
	    'The commands were recorded.');
	is_deeply($c->{messages}, ["Subject: x\r\n\r\nQUIT\r\n"],
	    'The message was recorded apart from the commands.');
	is(scalar @{$c->{recipients}}, 3, 'Three recipients were accepted.');
	ok($c->{quit} && $c->{greeted} && !$c->{pregreet},
	    'QUIT and good manners were seen.');
	like($c->{bytes}, qr/^EHLO me\.example\r\nRCPT/,
	    'The raw bytes were recorded.');

	dial($mx);
	is(($mx->connections)[1]{end}, 'client',
	    'A client that just goes is recorded as such.');
	is(scalar $mx->finish->connections, 2,
	    'The records outlive the server.');
};

subtest 'FakeMX keeps a message as it was on the wire' => sub {
	my $message = "a\r\n..b\nc\r\n.\nx\n.\r\n . \r\n\r\n";
	my $mx = FakeMX->new(MESSAGE => EACH("250 one\r\n", "250 two\r\n"));
	my $s = dial($mx);
	my @group = ("MAIL FROM:<>\r\n", "RCPT TO:<a\@example.com>\r\n",
	    "DATA\r\n");

	hear($s);
	for my $answer ('one', 'two') {
		is(say_to($s, join('', @group), 3) =~ s/^(\d+).*\r\n/$1 /gmr,
		    '250 250 354 ', 'A group may come at once.');
		is(say_to($s, "$message.\r\n"), "250 $answer\r\n",
		    'Only CRLF, dot, CRLF ends a message; EACH counts them.');
	}
	close $s;
	my ($c) = $mx->connections;
	is_deeply($c->{messages}, [$message, $message],
	    'Its dots and line ends were recorded as they came.');
	is($c->{reads}[0], join('', @group),
	    'What came at once was recorded so.');
	is(join('', @{$c->{reads}}), $c->{bytes}, 'Nothing is missing.');
};

subtest 'FakeMX speaks LMTP' => sub {
	my $mx = FakeMX->new(lmtp => 1, MESSAGE => sub ($message, $connection) {
		return $connection->{recipient} =~ /<b@/
		    ? "452 4.2.2 Full\r\n" : "250 2.0.0 Saved\r\n";
	});
	my $s = dial($mx);
	is(hear($s), "220 mx1.example.com LMTP\r\n", 'It greets.');
	like(say_to($s, "$_ me.example\r\n"), qr/^500/, "It takes no $_.")
	    for 'EHLO', 'HELO';
	like(say_to($s, "LHLO me.example\r\n"),
	    qr/^250-mx1\.example\.com\r\n.*250 STARTTLS\r\n\z/s,
	    'LHLO lists its extensions.');
	say_to($s, "MAIL FROM:<>\r\n");
	say_to($s, "RCPT TO:<$_>\r\n") for 'a@example.com', 'x@example.net',
	    'b@example.com', 'c@example.com';
	say_to($s, "DATA\r\n");
	is(say_to($s, ".\r\n", 3), "250 2.0.0 Saved\r\n452 4.2.2 Full\r\n"
	    . "250 2.0.0 Saved\r\n",
	    'Each accepted recipient has an answer of its own.');

	my $each = FakeMX->new(lmtp => 1,
	    MESSAGE => EACH("250 one\r\n", "550 two\r\n"));
	$s = dial($each);
	hear($s);
	say_to($s, $_) for "MAIL FROM:<>\r\n",
	    map({ "RCPT TO:<$_\@example.com>\r\n" } 'a', 'b'), "DATA\r\n";
	is(say_to($s, ".\r\n", 2), "250 one\r\n550 two\r\n",
	    'EACH counts those answers.');
};

subtest 'FakeMX starts TLS' => sub {
	my $mx = FakeMX->new;
	my $s = dial($mx);
	hear($s);
	like(say_to($s, "STARTTLS\r\n"), qr/^220/, 'STARTTLS is welcome.');
	my $tls = start_tls($s, SSL_hostname => 'mx1.example.com',
	    SSL_ca_file => Certs::ca_file(),
	    SSL_verify_mode => SSL_VERIFY_PEER,
	    SSL_verifycn_name => 'mx1.example.com',
	    SSL_verifycn_scheme => 'smtp');
	ok($tls, 'Its certificate is good for a client with our CA.')
	    or diag($SSL_ERROR);
	unlike(say_to($tls, "EHLO me.example\r\n"), qr/STARTTLS/,
	    'STARTTLS is not offered under TLS.');
	say_to($tls, "QUIT\r\n");
	close $tls;
	my ($c) = $mx->connections;
	is_deeply([map { $_->{tls} } @{$c->{lines}}], [0, 1, 1],
	    'The lines tell whether they came under TLS.');
	is($c->{tls}{version}, 'TLSv1.3', 'The version was recorded.');
	is($c->{tls}{sni}, 'mx1.example.com', 'The SNI was recorded.');

	for my $case (['1.0', 'TLSv1'], ['1.1', 'TLSv1.1'], ['1.2', 'TLSv1.2'],
	    ['1.3', 'TLSv1.3']) {
		my ($version, $name) = @$case;
		my $old = FakeMX->new(tls => { versions => [$version],
		    implicit => 1, certificate => Certs::certificate(
		    key => 'rsa:1024', digest => 'sha1') });
		my $s = start_tls(dial($old), SSL_version => 'SSLv23',
		    SSL_cipher_list => 'DEFAULT:@SECLEVEL=0');
		my $got = $s && say_to($s, '') && $s->get_sslversion;
		is(($got || $SSL_ERROR) =~ s/_/./r, $name,
		    "TLS $version alone, with a weak certificate, works.");
	}
};

subtest 'FakeMX chooses a certificate by SNI' => sub {
	my $other = Certs::certificate(names => ['other.example']);
	my $mx = FakeMX->new(tls => { implicit => 1,
	    sni => { 'other.example' => $other } });
	for my $name ('other.example', 'mx1.example.com') {
		my $s = start_tls(dial($mx), SSL_hostname => $name);
		is($s->peer_certificate('cn'), $name, "$name has its own.");
	}
};

subtest 'FakeMX can break TLS' => sub {
	my $broken = sub ($tls) {
		my $mx = FakeMX->new(tls => $tls);
		my $s = dial($mx);
		hear($s);
		say_to($s, "STARTTLS\r\n");
		my $done = start_tls($s, Timeout => 1);
		return $done ? 'done' : "$SSL_ERROR: $!";
	};
	like($broken->({ handshake => "garbage\r\n" }),
	    qr/wrong version|record/i, 'Garbage instead of a handshake.');
	like($broken->({ handshake => ALERT(40) }), qr/handshake failure/,
	    'An alert by number.');
	like($broken->({ handshake => CLOSE }), qr/EOF|closed|SSL connect/i,
	    'A close in the handshake.');
	like($broken->({ handshake => RESET }), qr/reset/i,
	    'A reset in the handshake.');
	like($broken->({ handshake => SILENCE }), qr/wants a read/,
	    'Silence in the handshake.');

	my $mx = FakeMX->new(tls => 0);
	my $s = dial($mx);
	hear($s);
	unlike(say_to($s, "EHLO x\r\n"), qr/STARTTLS/, 'No TLS, no offer.');
	like(say_to($s, "STARTTLS\r\n"), qr/^500/, 'No TLS, no STARTTLS.');
};

subtest 'FakeMX runs injected commands only when it is vulnerable' => sub {
	for my $vulnerable (0, 1) {
		my $mx = FakeMX->new(vulnerable => $vulnerable);
		my $s = dial($mx);
		hear($s);
		say_to($s, "STARTTLS\r\nNOOP\r\n");
		my $tls = start_tls($s);
		like(say_to($tls, "EHLO x\r\n"),
		    $vulnerable ? qr/^250 2\.0\.0/ : qr/^250-mx1/,
		    "vulnerable => $vulnerable does what it says.");
		close $tls;
		my ($c) = $mx->connections;
		is($c->{discarded}, $vulnerable ? '' : "NOOP\r\n",
		    'Discarded plaintext is recorded.');
		is(scalar(grep { $_->{injected} } @{$c->{lines}}), $vulnerable,
		    'Injected lines are marked.');
	}
	my $mx = FakeMX->new(
	    STARTTLS => ["220 go\r\n250 injected\r\n", START_TLS]);
	my $s = dial($mx);
	hear($s);
	syswrite $s, "STARTTLS\r\n";
	is(hear($s, qr/injected\r\n/), "220 go\r\n250 injected\r\n",
	    'Plaintext can stand behind the 220.');
};

subtest 'FakeMX answers as it is told' => sub {
	my $mx = FakeMX->new(
	    banner => ["220-wait\r\n", PAUSE(0.05), "220 mx\r\n"],
	    EHLO => EACH("500 no\r\n", DEFAULT),
	    MAIL => sub ($line, $connection) {
		"250 $connection->{number} $line\r\n"
	    },
	    NOOP => EACH_CONNECTION("250 first\r\n", "250 later\r\n"),
	    VRFY => SPLIT("252 split\r\n"), RSET => DRIP("250 drip\r\n", 0.002),
	    EXPN => "252 own verb\r\n", UNKNOWN => "502 no idea\r\n",
	    extensions => ['SIZE']);
	for my $number (1, 2) {
		my $s = dial($mx);
		is(hear($s), "220-wait\r\n220 mx\r\n", 'A banner in parts.');
		is(say_to($s, "EHLO x\r\n"), "500 no\r\n", 'The first EHLO.');
		is(say_to($s, "EHLO x\r\n"),
		    "250-mx1.example.com\r\n250 SIZE\r\n", 'The second EHLO.');
		is(say_to($s, "MAIL x\r\n"), "250 $number MAIL x\r\n", 'Code.');
		is(say_to($s, "NOOP\r\n"),
		    $number == 1 ? "250 first\r\n" : "250 later\r\n",
		    'An answer by connection.');
		is(say_to($s, "VRFY\r\n"), "252 split\r\n", 'Byte by byte.');
		is(say_to($s, "RSET\r\n"), "250 drip\r\n", 'A drip.');
		is(say_to($s, "EXPN\r\n"), "252 own verb\r\n", 'A new verb.');
		is(say_to($s, "FOO\r\n"), "502 no idea\r\n", 'Any other.');
	}
	$mx = FakeMX->new(QUIT => [HALF_CLOSE, SILENCE], NOOP => RESET,
	    RSET => CLOSE, MAIL => undef, proxy => 1);
	my $s = dial($mx);
	syswrite $s, "PROXY TCP4 192.0.2.1 192.0.2.2 1 25\r\n";
	like(hear($s), qr/^220/, 'The banner follows the PROXY header.');
	is(say_to($s, "QUIT\r\n"), '', 'A half close.');
	close $s;
	my ($c) = $mx->connections;
	is($c->{proxy}, 'PROXY TCP4 192.0.2.1 192.0.2.2 1 25',
	    'The PROXY header is recorded.');
	is($c->{end}, 'client', 'After a half close the client ends it.');
	for my $verb (qw(NOOP RSET)) {
		$s = dial($mx);
		syswrite $s, "PROXY UNKNOWN\r\n";
		hear($s);
		syswrite $s, "$verb\r\n";
		IO::Select->new($s)->can_read($WAIT);
		my $got = sysread $s, my $bytes, 1;
		is(defined $got ? 'closed' : 'reset',
		    $verb eq 'NOOP' ? 'reset' : 'closed', "$verb ends it.");
	}
	$mx = FakeMX->new(banner => [PAUSE(5), "220 mx\r\n"]);
	$s = dial($mx);
	syswrite $s, "EHLO early\r\n";
	close $s;
	is(($mx->connections)[0]{end}, 'client',
	    'A pause ends when the client goes.');
	$mx = FakeMX->new(banner => [PAUSE(0.2), "220 mx\r\n"]);
	$s = dial($mx);
	like(say_to($s, "EHLO early\r\n"), qr/^220/, 'A late banner comes.');
	close $s;
	is(($mx->connections)[0]{pregreet}, 1,
	    'A client that speaks too early is recorded.');
};

# A client that is OpenSSL's own: what came of an s_client with these arguments
# that said this.
sub s_client ($mx, $said, @arguments) {
	my $run = testCmd('openssl', 's_client', '-connect',
	    $mx->address . ':' . $mx->port, '-ign_eof', '-msg', @arguments,
	    { stdin => $said });
	return $run->output . $run->stderr;
}

subtest 'FakeMX floods until the client goes' => sub {
	my @floods = (['bytes', FLOOD("220-x\r\n" x 100), 1 << 24],
	    ['bytes with pauses', FLOOD('220-x', 0.001), 50],
	    ['answers', FLOOD([SPLIT('220-'), PAUSE(0.001), 'x']), 50]);
	for my $case (@floods) {
		my ($what, $flood, $enough) = @$case;
		my $mx = FakeMX->new(banner => $flood);
		my $s = dial($mx);
		my ($size, $start) = (0, '');
		while ($size < $enough && IO::Select->new($s)->can_read($WAIT)
		    && sysread $s, my $bytes, 1 << 16) {
			$start = substr $start . $bytes, 0, 10;
			$size += length $bytes;
		}
		cmp_ok($size, '>=', $enough, "$what: they don't end.");
		like($start, qr/^220-x(?:\r\n)?220/, "$what: as they are.");
		close $s;
		like(($mx->connections)[0]{end}, qr/^(?:client|reset)$/,
		    "$what: the flood ends when the client goes.");
	}
};

subtest 'FakeMX does what a server may do within TLS' => sub {
	my $tls = sub ($version, %more) { (tls => { implicit => 1,
	    versions => [$version], %more }) };
	my $mx = FakeMX->new($tls->(1.2),
	    NOOP => [RENEGOTIATE, RENEGOTIATE, DEFAULT]);
	my $heard = s_client($mx, "NOOP\r\nQUIT\r\n");
	is(scalar(() = $heard =~ /^<<<.*HelloRequest/mg), 2,
	    'It asks for a new handshake, as often as it is told.');
	like($heard, qr/^250 /m, 'And goes on.');

	for my $tickets (0, 7) {
		my $mx = FakeMX->new($tls->(1.3, tickets => $tickets));
		my $heard = s_client($mx, "QUIT\r\n");
		is(scalar(() = $heard =~ /^<<<.*NewSessionTicket/mg), $tickets,
		    "It sends $tickets session tickets.");
	}
	my $own = Certs::certificate(names => ['client.example.net'],
	    purpose => 'client', issuer => 'self');
	for my $case ([undef, 0, 1, 'client'], ['asked', 1, 1, 'client'],
	    ['demanded', 1, 0, 'tls']) {
		my ($ask, $asked, $welcome, $end) = @$case;
		my $mx = FakeMX->new($tls->(1.2, $ask ? (ask => $ask) : ()));
		my $what = $ask // 'not asked';
		my $heard = s_client($mx, "QUIT\r\n");
		is(scalar(() = $heard =~ /^<<<.*CertificateRequest/mg), $asked,
		    "Its client is $what for a certificate.");
		is(scalar(() = $heard =~ /^220 /mg), $welcome,
		    "$what: what a client without one gets.");
		is(($mx->connections)[0]{end} eq 'tls' ? 0 : 1, $welcome,
		    "$what: which is recorded.");
	}
};

subtest 'FakeMX forges records of a session' => sub {
	# RFC 8439 2.8.2.
	my $records = bless { key => pack('C*', 0x80 .. 0x9f) },
	    'FakeMX::Records';
	is(unpack('H*', $records->_encrypt(
	    pack('H*', '070000004041424344454647'),
	    pack('H*', '50515253c0c1c2c3c4c5c6c7'),
	    "Ladies and Gentlemen of the class of '99: If I could offer you "
	    . 'only one tip for the future, sunscreen would be it.')) =~
	    s/^(.{8}).*(?=.{32})/$1 /r,
	    'd31a8d34 1ae10b594f09e26a7e902ecbd0600691',
	    'The cipher is that of the book.');

	my $forges = sub ($version, @forged) {
		my $mx = FakeMX->new(NOOP => [@forged, DEFAULT], VRFY => DEFAULT,
		    tls => { implicit => 1, forge => 1,
		    versions => [$version] });
		return s_client($mx, "VRFY\r\nNOOP\r\nVRFY\r\nQUIT\r\n");
	};
	my $went_on = qr/^252 .*^250 .*^252 .*^221 .*Alert.* close_notify/ms;
	my $warning = RECORD(21, "\1\x5a");
	for my $case (
	    [1.2, 'data', qr/^250-forged/m, RECORD(23, "250-forged\r\n")],
	    [1.3, 'data', qr/^250-forged/m, RECORD(23, "250-forged\r\n")],
	    [1.2, 'a warning', qr/Alert.* warning user_canceled/, $warning],
	    [1.3, 'a warning', qr/Alert.* warning user_canceled/, $warning],
	    [1.2, 'empty records', qr/^250 /m, (RECORD(23, '')) x 9],
	    [1.3, 'new keys', qr/(?:^<<<.* KeyUpdate.*?){9}/ms,
		(KEY_UPDATE) x 9]) {
		my ($version, $what, $seen, @forged) = @$case;
		my $heard = $forges->($version, @forged);
		like($heard, $seen, "TLS $version: $what can be sent.");
		like($heard, $went_on, "TLS $version: all goes on after $what.");
	}
	like($forges->(1.3, RECORD(22, "\x0d\0\0\3\0\0\0")),
	    qr/^252 .*^>>>.*Alert.* fatal unexpected_message/ms,
	    'A handshake message can be sent that has no place there.');
};

subtest 'FakeMX shares a port, or does not serve at all' => sub {
	my ($one, $mute, $refused, $full) = FakeMX->group(
	    { address => '127.0.0.2' },
	    { address => '127.0.0.3', mode => 'mute' },
	    { address => '127.0.0.4', mode => 'refused' },
	    { address => '127.0.0.5', mode => 'full' });
	is_deeply([map { $_->port } $mute, $refused, $full], [($one->port) x 3],
	    'All have the same port.');
	like(hear(dial($one)), qr/^220/, 'The first serves.');
	my $s = dial($mute);
	ok($s && !IO::Select->new($s)->can_read(0.1), 'The mute one connects.');
	ok(!dial($refused) && $!{ECONNREFUSED}, 'The third refuses.');
	$s = dial($full, Blocking => 0);
	ok(!IO::Select->new($s)->can_write(0.3),
	    'The full one does not connect.');

	my @talks;
	push @talks, dial($one) for 1 .. 5;
	is(scalar(grep { hear($_) =~ /^220/ } @talks), 5,
	    'Connections are served side by side.');
	undef @talks;
	my @together = map { $_->{together} } $one->connections;
	is($together[0], 1, 'A client that comes alone is seen to be alone.');
	cmp_ok($together[-1], '>', 1,
	    'Clients that come together are noticed.');
	my ($here, $there) = ('0100007F:8B05', '0100007F:C7E');
	my @twice = map { "  $_: ${there}E $here 01 0:0" } 171, 174;
	is(FakeMX::_clients($here, @twice), 1,
	    'One socket that the kernel lists twice is one client.');
	is(FakeMX::_clients($here, @twice, " 175: ${there}F $here 01 0:0",
	    " 176: ${there}D $here 04 0:0", " 177: $here ${there}E 01 0:0"), 2,
	    'Who has closed, and our own end, is not a client.');
	SKIP: {
		skip 'no IPv6', 2 unless CheckMX::_available('ipv6');
		my $six = FakeMX->new(address => '::1');
		like(hear(dial($six)), qr/^220/, 'IPv6 is served.');
		is(($six->connections)[0]{together}, 1, 'And counted.');
	}
};

subtest 'Servers end with the test, however it ends' => sub {
	my $script = 'use FakeMX; use FakeDNS; $|=1; my $a = FakeMX->new;'
	    . 'my $b = FakeDNS->new(zone => {}); my $c = FakeMX->new;'
	    . 'print join(" ", map { $_->{pid} } $a, $b, $c), "\n";';
	for my $end ('', 'exit 3', 'die "x"', 'kill KILL => $$') {
		my $folder = File::Temp->newdir;
		my $run = testCmd($^X, "-I$FindBin::Bin/lib", '-e',
		    "$script $end", { env => { TMPDIR => "$folder" } });
		my @pids = split ' ', $run->output;
		my $until = time + $WAIT;
		my $files = sub { my @left = glob "$folder/check_mx_server_*" };
		select undef, undef, undef, 0.01
		    while time < $until && (kill(0, @pids) || $files->());
		is(@pids . ' ' . kill(0, @pids), '3 0',
		    "No process is left after '$end'.");
		is(scalar $files->(), 0, "No file is left after '$end'.");
	}
};

subtest 'FakeDNS answers from its zone' => sub {
	my $dns = FakeDNS->new(zone => {
	    'Example.com' => { AAAA => 'nodata',
		MX => ['10 mx1.example.com', '20 mx2.example.com'] },
	    'a.b.example.com' => { A => ['192.0.2.1'],
		AAAA => ['2001:db8::1'] },
	    'alias.example.com' => { CNAME => ['a.b.example.com'] },
	    'alias2.example.com' => { CNAME => ['alias.example.com'] },
	    'dead.example.com' => { CNAME => ['no.example.org'] },
	    'loop.example.com' => { CNAME => ['loop.example.com'] },
	    '127.0.0.1' => { PTR => ['mx1.example.com'] },
	    (map { ("$_.bad" => $_) } qw(servfail refused formerr notimp
		nxdomain nodata timeout garbage)),
	    'turns.example' => { A => { first => ['servfail', 'refused'],
		answer => ['192.0.2.2'], delay => 0.01 } },
	    'tc.example' => { MX => { answer => ['10 a.example'],
		truncate => 1 } },
	    'big.example' => {
		MX => [map { "$_ mx$_.long-name.example" } 1 .. 60] },
	    'id.example' => { A => { answer => ['192.0.2.3'], wrong_id => 1 } },
	    'null.example' => { MX => ['0 .'] },
	    'text.example' => { TXT => ['"v=STSv1; id=1"', '"two" "parts"'] },
	    '_25._tcp.tlsa.example' => { TLSA => ['3 1 1 ' . 'ab' x 32] },
	    'noedns.example' => sub ($query, $transport) {
		$query->edns->size ? 'formerr' : 'nodata'
	    },
	    'code.example' => sub ($query, $transport) { [] },
	    'ad.example' => { A => { answer => ['192.0.2.4'], ad => 1 } },
	});
	my $resolver = Net::DNS::Resolver->new(nameservers => ['127.0.0.1'],
	    port => $dns->port, retry => 1, retrans => 1, udp_timeout => 1,
	    igntc => 0);
	my $ask = sub ($name, $type) {
		my $reply = $resolver->send($name, $type) // return 'none';
		return join ' ', $reply->header->rcode,
		    sort map { $_->rdstring =~ s/\.\z|\s*\n\s*//gr } $reply->answer;
	};
	my @cases = (
		['example.com', 'MX',
		    'NOERROR 10 mx1.example.com 20 mx2.example.com'],
		['EXAMPLE.COM', 'A', 'NOERROR'],
		['example.com', 'AAAA', 'NOERROR'],
		['b.example.com', 'A', 'NOERROR'],
		['nothing.example.com', 'A', 'NXDOMAIN'],
		['a.b.example.com', 'AAAA', 'NOERROR 2001:db8::1'],
		['alias2.example.com', 'A',
		    'NOERROR 192.0.2.1 a.b.example.com alias.example.com'],
		['alias.example.com', 'CNAME', 'NOERROR a.b.example.com'],
		['alias.example.com', 'MX', 'NOERROR a.b.example.com'],
		['dead.example.com', 'A', 'NXDOMAIN no.example.org'],
		['1.0.0.127.in-addr.arpa', 'PTR', 'NOERROR mx1.example.com'],
		(map { ["$_.bad", 'A', uc] } qw(servfail refused formerr notimp
		    nxdomain)),
		['nodata.bad', 'A', 'NOERROR'], ['timeout.bad', 'A', 'none'],
		['garbage.bad', 'A', 'none'], ['id.example', 'A', 'none'],
		['turns.example', 'A', 'SERVFAIL'],
		['turns.example', 'A', 'REFUSED'],
		['turns.example', 'A', 'NOERROR 192.0.2.2'],
		['turns.example', 'A', 'NOERROR 192.0.2.2'],
		['tc.example', 'MX', 'NOERROR 10 a.example'],
		['code.example', 'A', 'NOERROR'],
		['noedns.example', 'A', 'NOERROR'],
		['null.example', 'MX', 'NOERROR 0 '],
		['text.example', 'TXT',
		    'NOERROR "v=STSv1; id=1" two parts'],
		['_25._tcp.tlsa.example', 'TLSA', 'NOERROR 3 1 1 ' . 'ab' x 32],
	);
	for my $case (@cases) {
		my ($name, $type, $expected) = @$case;
		is($ask->($name, $type), $expected, "$name $type: $expected.");
	}
	is(scalar split(' ', $ask->('big.example', 'MX')), 121,
	    'A large answer comes over TCP.');
	like($ask->('loop.example.com', 'A'), qr/^NOERROR/,
	    'A loop of aliases ends.');
	ok($resolver->send('ad.example', 'A')->header->ad,
	    'AD is set when the zone says so.');
	{
		my $signed = FakeDNS->new(ad => 1, zone => {
		    '.' => { SOA => ['a.root. b.root. 1 2 3 4 5'] },
		    'a.example' => { A => ['192.0.2.5'] },
		    'b.example' => { A => { answer => ['192.0.2.6'],
			ad => 0 } },
		    'd.example' => 'servfail' });
		my $resolver = Net::DNS::Resolver->new(port => $signed->port,
		    nameservers => ['127.0.0.1']);
		is_deeply([map { $resolver->send(@$_)->header->ad }
		    ['a.example', 'A'], ['b.example', 'A'], ['c.example', 'A'],
		    ['.', 'SOA'], ['d.example', 'A']], [1, 0, 1, 1, 0],
		    'AD is set on all but failures, and if the zone says not.');
	}
	for my $id (0, 1, 65_535) {
		my $socket = IO::Socket::IP->new(Proto => 'udp',
		    PeerHost => '127.0.0.1', PeerPort => $dns->port);
		my $query = Net::DNS::Packet->new('null.example', 'MX')->encode;
		substr $query, 0, 2, pack 'n', $id;
		$socket->send($query);
		IO::Select->new($socket)->can_read($WAIT);
		$socket->recv(my $reply, 512);
		is(unpack('n', $reply), $id, "A reply has the query's ID $id.");
	}
	my $elsewhere = FakeDNS->new(tcp => 0, zone => { 'a.example' => { A => {
	    first => [['192.0.2.7']], answer => { answer => ['192.0.2.8'],
	    other_port => 1 } } } });
	for my $case (['192.0.2.7', 'the one that was asked'],
	    ['192.0.2.8', 'another one']) {
		my ($address, $what) = @$case;
		my $socket = IO::Socket::IP->new(Proto => 'udp',
		    LocalHost => '127.0.0.1');
		$socket->send(Net::DNS::Packet->new('a.example')->encode, 0,
		    pack_sockaddr_in($elsewhere->port, inet_aton('127.0.0.1')));
		IO::Select->new($socket)->can_read($WAIT);
		my $peer = $socket->recv(my $reply, 512);
		is((Net::DNS::Packet->decode(\$reply)->answer)[0]->address,
		    $address, "An answer can come from $what.");
		is((unpack_sockaddr_in($peer))[0] == $elsewhere->port
		    ? '192.0.2.7' : '192.0.2.8', $address,
		    "Its port is $what.");
	}
	ok(!IO::Socket::IP->new(PeerHost => '127.0.0.1',
	    PeerPort => $elsewhere->port) && $!{ECONNREFUSED},
	    'TCP can be refused.');
	$resolver->dnssec(1);
	my @queries = $dns->queries;
	$ask->('example.com', 'TLSA');
	my $last = ($dns->queries)[-1];
	ok($last->{edns} && $last->{do}, 'EDNS and DO are recorded.');
	is(join(' ', map { $_->{transport} } grep { $_->{name} eq 'tc.example' }
	    @queries), 'udp tcp', 'What was truncated is asked again by TCP.');
	is($dns->address, '127.0.0.1:' . $dns->port, 'The address is given.');
	SKIP: {
		skip 'no IPv6', 1 unless CheckMX::_available('ipv6');
		my $six = FakeDNS->new(listen => '::1', zone => {
		    'a.example' => { A => ['192.0.2.9'] } });
		my $resolver = Net::DNS::Resolver->new(port => $six->port,
		    nameservers => ['::1']);
		is(($resolver->send('a.example')->answer)[0]->address,
		    '192.0.2.9', 'IPv6 is served.');
	}
};

subtest 'Certificates are what they claim' => sub {
	my $verify = sub ($made, @more) {
		my $run = testCmd('openssl', 'verify', '-CAfile',
		    $made->{ca_file}, '-untrusted', $made->{chain}, @more,
		    $made->{cert});
		return 'ok' if $run->return_code == 0;
		return $run->stderr =~ /^error \d+ at .*?: (.*)/m ? $1
		    : $run->stderr;
	};
	my @cases = (
		['good', 'ok', names => ['mx1.example.com']],
		['expired', 'certificate has expired',
		    not_after => Certs::days(-3)],
		['future', 'certificate is not yet valid',
		    not_before => Certs::days(3)],
		['expired intermediate', 'certificate has expired',
		    issuer => 'expired-intermediate'],
		['missing intermediate',
		    'unable to get local issuer certificate', send => 'leaf'],
		['self-signed', 'self-signed certificate', issuer => 'self'],
		['other root', 'unable to get local issuer certificate',
		    issuer => 'other-root'],
		['root sent', 'ok', send => 'root'],
		['from the root', 'ok', issuer => 'root'],
		['six days', 'ok', lifetime => 6 * 86_400, elapsed => 0.5],
		['Ed25519', 'ok', key => 'ed25519'],
		['P-384', 'ok', key => 'ec:secp384r1'],
	);
	for my $case (@cases) {
		my ($name, $expected, %args) = @$case;
		is($verify->(Certs::certificate(%args)), $expected,
		    "$name: $expected.");
	}
	my $made = Certs::certificate(names => ['mx1.example.com',
	    '*.example.net', '192.0.2.1', '2001:db8::1']);
	is($verify->($made, '-verify_hostname', $_), 'ok', "$_ is a name.")
	    for 'mx1.example.com', 'x.example.net';
	is($verify->($made, '-verify_ip', $_), 'ok', "$_ is a name.")
	    for '192.0.2.1', '2001:db8::1';
	is($verify->($made, '-verify_hostname', 'mx2.example.com'),
	    'hostname mismatch', 'Another name is not.');
	is(Certs::certificate(names => ['mx1.example.com', '*.example.net',
	    '192.0.2.1', '2001:db8::1']), $made, 'Certificates are cached.');

	my $renewed = Certs::certificate(key => $made->{key});
	isnt(Certs::tlsa('3 0 1', $renewed->{cert}),
	    Certs::tlsa('3 0 1', $made->{cert}),
	    'A renewal is another certificate.');
	is(Certs::tlsa('3 1 1', $renewed->{cert}),
	    Certs::tlsa('3 1 1', $made->{cert}), 'A renewal can keep the key.');
	my $digest = openssl('x509', '-noout', '-fingerprint', '-sha256', '-in',
	    $made->{cert}) =~ s/.*=|[:\n]//gr;
	is(Certs::tlsa('3 0 1', $made->{chain}), lc $digest,
	    'A TLSA record can be of the first certificate.');
	my $key = testCmd("openssl pkey -in $made->{key} -pubout -outform DER"
	    . ' | od -An -v -tx1 | tr -d " \\n"')->output;
	is(Certs::tlsa('3 1 0', $made->{cert}), $key,
	    'A TLSA record can be of its key.');
	is(Certs::tlsa('3 1 2', $made->{cert}),
	    sha512_hex(pack 'H*', $key),
	    'A TLSA record can be a digest.');

	my $text = sub (%args) {
		openssl('x509', '-noout', '-text', '-in',
		    Certs::certificate(%args)->{cert});
	};
	like($text->(key => 'rsa:1024', digest => 'sha1'),
	    qr/sha1|SHA1.*1024 bit/s, 'RSA 1024 and SHA-1 can be had.');
	unlike($text->(names => [], subject => { commonName => 'a.example' }),
	    qr/Alternative Name/, 'A certificate can lack the SAN.');
	my $hostile = Certs::certificate(names => [], issuer => 'self',
	    subject => { commonName => "a|b\nc\e[31m\xff\xfe" });
	like(openssl('x509', '-noout', '-subject', '-nameopt',
	    'esc_ctrl,esc_msb', '-in', $hostile->{cert}),
	    qr/a\|b\\0Ac\\1B\[31m\\FF\\FE/i,
	    'A subject can hold any bytes.');
	my $short = Certs::certificate(lifetime => 47 * 86_400, elapsed => 1);
	like(openssl('x509', '-noout', '-checkend', '0', '-in', $short->{cert}),
	    qr/will expire/, 'A lifetime can be wholly elapsed.');
	for my $case ([serial => -5, qr/Serial Number: -5 /],
	    [key => $Certs::RSA_16384, qr/16384 bit/],
	    [key => 'dsa:1024', qr/dsaEncryption/],
	    [not_before => -62_135_596_800, qr/Not Before: .* 1 GMT/],
	    [replace => { 'mx1.example.com' => 'mx2.example.net' },
		qr/DNS:mx2\.example\.net/]) {
		my ($name, $value, $text_of_it) = @$case;
		like($text->($name => $value), $text_of_it,
		    "A certificate can have its own $name.");
	}
	my $deep = do { local (@ARGV, $/) =
	    Certs::certificate(issuer => 'deep-5')->{chain}; <> };
	is(scalar(() = $deep =~ /BEGIN CERT/g), 6,
	    'A chain can be as long as one likes.');
	my $sent = do { local (@ARGV, $/) = Certs::certificate()->{chain}; <> };
	is(scalar(() = $sent =~ /BEGIN CERT/g), 2,
	    'The leaf and the intermediate are sent.');
};

done_testing;

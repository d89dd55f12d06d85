#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_cert_expiry: how many whole days are left, and when that is too few.
#
# Most verdicts are asked for a fixed moment with --at, so that boundaries are
# met to the second, whatever today is.

use v5.36;
use File::Temp;
use FindBin;
use MIME::Base64 qw(decode_base64 encode_base64);
use Monitoring::Plugin::Range;
use POSIX qw(strftime);
use Test::More;
use Time::Local qw(timegm_modern);

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

my $DAY = 86_400;
my $END = timegm_modern(0, 0, 12, 15, 5, 2041);	# of most certificates here
my %CODE = (OK => 0, WARNING => 1, CRITICAL => 2, UNKNOWN => 3);
my $folder = File::Temp->newdir;

sub date ($epoch) { strftime '%Y-%m-%dT%H:%M:%SZ', gmtime $epoch }

# The moment when so many days are left of a certificate that ends at $END.
sub at ($days_left) { '--at=' . date($END - $days_left * $DAY) }

sub lasting ($lifetime, %more) {
	return Certs::certificate(not_after => $END,
	    not_before => $END - $lifetime * $DAY, %more);
}

sub server ($certificate, %tls) {
	return FakeMX->new(tls => { certificate => $certificate, %tls });
}

sub expiry ($mx, @arguments) {
	return check('check_mx_cert_expiry', '-H', $mx->address, '-p',
	    $mx->port, '-F', 'client.example.net', @arguments);
}

# What stands on line 1: state, codes and the aggregated days.
sub verdict ($run) {
	my ($days) = $run->perf_output =~ /(?:^| )(days=\S+)/;
	my ($code) = $run->text =~ /\(([A-Z_0-9]+)\)/;
	return join ' ', $run->state, $code // (), $days // ();
}

# Perfdata is what graphs and engines judge by: its thresholds have to alert
# where the plugin did, as an independent reader sees it. (The thresholds are
# cut out here since Monitoring::Plugin::Performance drops those with an @.)
sub state_by_perfdata ($run) {
	my $days = perfdata($run)->{days} // return 'none';
	my %threshold;
	@threshold{qw(WARNING CRITICAL)}
	    = $run->perf_output =~ /(?:^| )days=[^; ]*;([^; ]*);([^; ]*)/;

	for my $state (qw(CRITICAL WARNING)) {
		my $range = Monitoring::Plugin::Range->parse_range_string(
		    $threshold{$state}) or return "no range for $state";
		return $state if $range->check_range($days->value);
	}
	return 'OK';
}

subtest 'Days left are whole days, rounded down' => sub {
	my $mx = server(lasting(90));
	my $second = 1 / $DAY;
	my @cases = (
		[61, 'OK days=61;21:;7:'],
		[61 + $second, 'OK days=61;21:;7:'],
		[61 - $second, 'OK days=60;21:;7:'],
		[21, 'OK days=21;21:;7:'],
		[21 - $second, 'WARNING CERT_EXPIRES_SOON days=20;21:;7:'],
		[7, 'WARNING CERT_EXPIRES_SOON days=7;21:;7:'],
		[7 - $second, 'CRITICAL CERT_EXPIRES_SOON days=6;21:;7:'],
		[1, 'CRITICAL CERT_EXPIRES_SOON days=1;21:;7:'],
		[$second, 'CRITICAL CERT_EXPIRES_SOON days=0;21:;7:'],
		[-$second, 'CRITICAL CERT_EXPIRED days=-1;21:;7:'],
		[-1, 'CRITICAL CERT_EXPIRED days=-1;21:;7:'],
		[-1 - $second, 'CRITICAL CERT_EXPIRED days=-2;21:;7:'],
		[-3.5, 'CRITICAL CERT_EXPIRED days=-4;21:;7:'],
		[-4000, 'CRITICAL CERT_EXPIRED days=-4000;21:;7:'],
	);
	for my $case (@cases) {
		my ($left, $expected) = @$case;
		my $run = expiry($mx, at($left));
		is(verdict($run), $expected,
		    sprintf 'With %.5f days left: %s.', $left, $expected);
		is(state_by_perfdata($run), $run->state,
		    'The perfdata tells the same state.');
	}
};

subtest 'Line 1 says what is left in words' => sub {
	my $mx = server(lasting(90));
	my %text = (
		61.5 => qr/^127\.0\.0\.1 \[127\.0\.0\.1\]: certificate valid for 61 days; 1 of 1/,
		20.5 => qr/certificate expires in 20 days \(CERT_EXPIRES_SOON\)/,
		1.5 => qr/certificate expires in (?:1 day|36 hours) \(/,
		-3.5 => qr/certificate expired 3 days ago \(CERT_EXPIRED\); 0 of/,
	);
	for my $left (sort { $b <=> $a } keys %text) {
		like(expiry($mx, at($left))->text, $text{$left},
		    "It is plain what $left days left mean.");
	}
};

subtest 'An expired certificate is never OK, whatever the thresholds' => sub {
	my $mx = server(lasting(90));
	my @thresholds = ([qw(-w ~: -c ~:)], [qw(-w 0 -c 0)],
	    [qw(-w @5:10 -c @0:4)], [qw(-w -9:9 -c -9:9)], [qw(-w 0% -c 0%)]);
	for my $options (@thresholds) {
		for my $left (-0.5, -2.5, -30_000) {
			my $run = expiry($mx, at($left), @$options);
			like(verdict($run),
			    qr/^CRITICAL CERT_EXPIRED days=-/,
			    "@$options does not excuse $left days.");
		}
	}
	my $run = expiry(server(Certs::certificate(
	    not_after => Certs::days(-3.5))));
	like(verdict($run), qr/^CRITICAL CERT_EXPIRED days=-4;/,
	    'It is CRITICAL by the clock too, without --at.');
};

subtest 'The defaults fit every lifetime' => sub {
	# Warning under min(21 days, 25 %), critical under min(7 days, 10 %).
	my @cases = (
		# lifetime, then days left => state
		[398, '21:;7:', 21 => 'OK', 20.9 => 'WARNING', 6.9 => 'CRITICAL'],
		[90, '21:;7:', 22 => 'OK', 20.9 => 'WARNING', 6.9 => 'CRITICAL'],
		[84, '21:;7:', 21 => 'OK', 20.9 => 'WARNING', 6.9 => 'CRITICAL'],
		[70, '17.5:;7:', 18 => 'OK', 17.9 => 'WARNING', 7 => 'WARNING',
		    6.9 => 'CRITICAL'],
		[47, '11.75:;4.7:', 46.9 => 'OK', 12 => 'OK', 11.9 => 'WARNING',
		    5 => 'WARNING', 4.9 => 'CRITICAL'],
		[6, '1.5:;0.6:', 5.9 => 'OK', 3 => 'OK', 2 => 'OK',
		    1.9 => 'WARNING', 1 => 'WARNING', 0.9 => 'CRITICAL'],
	);
	for my $case (@cases) {
		my ($lifetime, $thresholds, @states) = @$case;
		my $mx = server(lasting($lifetime));
		while (my ($left, $state) = splice @states, 0, 2) {
			my $run = expiry($mx, at($left));
			is($run->state, $state, "$left days left of a "
			    . "$lifetime-day certificate are $state.");
			like($run->perf_output, qr/ days=\d+;\Q$thresholds\E /,
			    'The thresholds applied are shown.');
			is(state_by_perfdata($run), $state,
			    'The perfdata tells the same state.');
		}
	}
	for my $lifetime (90, 47, 6) {
		my %state = (0 => 'OK', 0.5 => 'OK', 0.95 => 'CRITICAL');
		for my $elapsed (sort keys %state) {
			my $mx = server(Certs::certificate(elapsed => $elapsed,
			    lifetime => $lifetime * $DAY));
			is(expiry($mx)->state, $state{$elapsed}, 'Now, with '
			    . 100 * $elapsed . " % of $lifetime days over, it "
			    . "is $state{$elapsed}.");
		}
	}
};

subtest '-w and -c take days, ranges and shares' => sub {
	my $mx = server(lasting(90));		# 30 days are left
	my @cases = (
		# arguments, state, thresholds shown
		['-w 30 -c 14', 'OK', '30:;14:'],
		['-w 31 -c 14', 'WARNING', '31:;14:'],
		['-w 31 -c 31', 'CRITICAL', '31:;31:'],
		['-w 10 -c 31', 'CRITICAL', '10:;31:'],
		['-w 31', 'WARNING', '31:;7:'],
		['-c 31', 'CRITICAL', '21:;31:'],
		['-w 30', 'OK', '30:;7:'],
		['-w 30.5 -c 7', 'WARNING', '30.5:;7:'],
		['-w 030 -c 7', 'OK', '30:;7:'],
		['-w 30: -c 14:', 'OK', '30:;14:'],
		['-w 31: -c 14:', 'WARNING', '31:;14:'],
		['-w ~: -c 31:', 'CRITICAL', '~:;31:'],
		['-w ~:20 -c 7', 'WARNING', '~:20;7:'],
		['-w 7:40 -c 3:60', 'OK', '7:40;3:60'],
		['-w 7:29 -c 3:60', 'WARNING', '7:29;3:60'],
		['-w :20 -c 7', 'WARNING', '20;7:'],
		['-w @20:40 -c 7', 'WARNING', '@20:40;7:'],
		['-w @20:29 -c @0:6', 'OK', '@20:29;@6'],
		['-w 50% -c 10%', 'WARNING', '45:;9:'],
		['-w 33% -c 10%', 'OK', '29.7:;9:'],
		['-w 33.4% -c 10%', 'WARNING', '30.06:;9:'],
		['-w 100% -c 40%', 'CRITICAL', '90:;36:'],
		['-w 50%', 'WARNING', '45:;7:'],
		['-c 40%', 'CRITICAL', '21:;36:'],
		['-w 25% -c 14', 'OK', '22.5:;14:'],
		['-w 40 -c 25%', 'WARNING', '40:;22.5:'],
		['--warning=31 --critical=14', 'WARNING', '31:;14:'],
	);
	for my $case (@cases) {
		my ($options, $state, $thresholds) = @$case;
		my $run = expiry($mx, at(30), split ' ', $options);
		is(verdict($run) =~ s/ CERT_EXPIRES_SOON//r,
		    "$state days=30;$thresholds",
		    "$options: 30 days are $state.");
		is(state_by_perfdata($run), $state,
		    'Monitoring::Plugin judges the perfdata alike.');
	}
	for my $wrong ('', 'abc', '20:10', '-5', '10,5', '5%%', '%', '-5%',
	    '10:20%', '101%', '1e1', '5 days', 'nan', '0x10', '~') {
		for my $option ('-w', '-c') {
			my $run = expiry($mx, $option, $wrong);
			is($run->return_code, 3,
			    "$option '$wrong' is bad usage.");
			is($run->perf_output, '', 'And has no perfdata.');
		}
	}
	is(scalar $mx->connections, scalar @cases,
	    'No server is bothered for bad usage.');
};

subtest '--chain judges every certificate sent' => sub {
	my $at = '--at=' . date(Certs::days(980));	# intermediate: 20 days
	my $later = server(Certs::certificate(not_after => Certs::days(1200.5)));
	my $run = expiry($later, $at);
	like(verdict($run), qr/^OK days=220;/,
	    'Without --chain only the leaf counts.');
	$run = expiry($later, $at, '--chain');
	is(verdict($run), 'WARNING CERT_EXPIRES_SOON days=20;21:;7:',
	    'With --chain the intermediate that ends sooner counts.');
	like($run->text, qr/check_mx test intermediate.* expires in 20 days/,
	    'And line 1 says which certificate it is.');
	is(verdict(expiry($later, '--at=' . date(Certs::days(996)),
	    '--chain')), 'CRITICAL CERT_EXPIRES_SOON days=4;21:;7:',
	    'It can be CRITICAL, too.');
	is(verdict(expiry($later, $at, qw(--chain -w 30% -c 10))),
	    'WARNING CERT_EXPIRES_SOON days=20;600:;10:',
	    'A share is one of the lifetime of the certificate judged.');

	like(expiry($later, '--chain', '--at=' . date(Certs::days(940)))->text,
	    qr/check_mx test intermediate.* valid for 60 days/,
	    'A healthy chain is as healthy as the one that ends first.');

	my $brief = server(Certs::certificate(not_after => Certs::days(998),
	    not_before => Certs::days(992)));
	is(verdict(expiry($brief, '--chain', '--at=' . date(Certs::days(996)))),
	    'CRITICAL CERT_EXPIRES_SOON days=4;21:;7:',
	    'Two days of six are no trouble, four of a long life are.');

	my $sooner = server(Certs::certificate(not_after => Certs::days(61.5)));
	like(verdict(expiry($sooner, '--chain')), qr/^OK days=61;/,
	    'With --chain a leaf that ends sooner counts all the same.');

	my $expired = server(Certs::certificate(
	    issuer => 'expired-intermediate'));
	$run = expiry($expired, '-v', '--ca-file', Certs::ca_file());
	like(verdict($run), qr/^OK days=/,
	    'Without --chain an expired intermediate is not our verdict.');
	like($run->output, qr/note: .*\(CERT_EXPIRED\)/, 'But a note of -v.');
	$run = expiry($expired, '--chain', '--at=' . date(Certs::days(0.5)));
	like(verdict($run), qr/^CRITICAL CERT_EXPIRED days=-3;/,
	    'With --chain it is CRITICAL.');
	like($run->text, qr/check_mx test expired-intermediate.* expired 2 days/,
	    'And named.');

	my $rooted = server(Certs::certificate(send => 'root',
	    not_after => Certs::days(61.5)));
	like(verdict(expiry($rooted, '--chain')), qr/^OK days=61;/,
	    'A root that is sent along is judged as well.');
	my $both = server(Certs::certificate(not_after => Certs::days(-9.5),
	    issuer => 'expired-intermediate'));
	$run = expiry($both, '--chain');
	is(() = ($run->lines)[1] =~ /\(CERT_EXPIRED\)/g, 2,
	    'Each expired certificate has its own finding.');
};

subtest '--at asks for another moment' => sub {
	my $mx = server(Certs::certificate(not_after => Certs::days(61.5),
	    not_before => Certs::days(-28.5)));
	my @cases = (
		['+0d', 'OK days=61;21:;7:'],
		['+14d', 'OK days=47;21:;7:'],
		['+50d', 'WARNING CERT_EXPIRES_SOON days=11;21:;7:'],
		['+60d', 'CRITICAL CERT_EXPIRES_SOON days=1;21:;7:'],
		['+62d', 'CRITICAL CERT_EXPIRED days=-1;21:;7:'],
		[date(Certs::days(40.5)), 'OK days=21;21:;7:'],
		[date(Certs::days(-28)), 'OK days=89;21:;7:'],
		[date(Certs::days(-29)),
		    'CRITICAL CERT_NOT_YET_VALID days=90;21:;7:'],
	);
	for my $case (@cases) {
		my ($at, $expected) = @$case;
		is(verdict(expiry($mx, "--at=$at")), $expected,
		    "At $at it is $expected.");
	}
	my $midnight = server(lasting(90));	# that ends at noon
	is(verdict(expiry($midnight, '--at='
	    . strftime('%Y-%m-%d', gmtime($END - 10 * $DAY)))),
	    'WARNING CERT_EXPIRES_SOON days=10;21:;7:',
	    'A date without time means its first second in UTC.');
	like(verdict(expiry(server(Certs::certificate(
	    not_before => Certs::days(1.5), not_after => Certs::days(90.5))))),
	    qr/^CRITICAL CERT_NOT_YET_VALID days=90;/,
	    'A certificate whose time has not come is no good now either.');

	for my $wrong ('', '14', '+14', '+d', '+14h', '14d', '++1d', 'tomorrow',
	    '2041-02-30', '2041-13-01', '2041-1-1', '2041-01-01T25:00:00Z',
	    '2041-01-01x', '+99999999999999999999d') {
		is(expiry($mx, "--at=$wrong")->return_code, 3,
		    "--at='$wrong' is bad usage.");
	}
};

subtest 'Certificates are dated in GMT, wherever we are' => sub {
	my $fixed = server(lasting(90));
	my $now = server(Certs::certificate(not_after => Certs::days(61.5),
	    not_before => Certs::days(-28.5)));
	for my $zone (undef, 'UTC0', 'AAA-14', 'BBB+12', 'AAA-24BBB,0,366',
	    'Asia/Kolkata', 'America/New_York') {
		my $shown = $zone // 'no TZ';
		my $env = { env => { TZ => $zone } };
		is(verdict(expiry($now, $env)), 'OK days=61;21:;7:',
		    "The days left now are the same with $shown.");
		is(verdict(expiry($fixed, at(6.999), $env)),
		    'CRITICAL CERT_EXPIRES_SOON days=6;21:;7:',
		    "So are those at a given moment with $shown.");
	}
	my $summer = timegm_modern(0, 0, 0, 15, 6, 2041);
	my $winter = $summer + 180 * $DAY;
	my $half = server(Certs::certificate(not_before => $summer,
	    not_after => $winter));
	is(verdict(expiry($half, '--at=' . date($summer + $DAY),
	    { env => { TZ => 'Europe/Berlin' } })), 'OK days=179;21:;7:',
	    'Daylight saving time makes no day shorter.');
	my $century = server(Certs::certificate(
	    not_before => timegm_modern(0, 0, 0, 15, 11, 2049),
	    not_after => timegm_modern(0, 0, 0, 15, 2, 2050)));
	is(verdict(expiry($century, '--at=2050-01-15')),
	    'OK days=59;21:;7:',
	    'Both ASN.1 forms of a date are read (RFC 5280 changes in 2050).');
};

subtest 'What check_mx_starttls reports is a note here' => sub {
	my $dns = FakeDNS->new(zone => {
		'mx1.example.com' => { A => ['127.0.0.1'] } });
	my @host = ('-H', 'mx1.example.com', '--nameserver', $dns->address,
	    '--ca-file', Certs::ca_file(), '-F', 'client.example.net');
	my @cases = (
		['TLS_VERSION_OBSOLETE', { versions => ['1.0'] }],
		['TLS_VERSION_OBSOLETE', { versions => ['1.1'] }],
		['TLS_NOT_1_3', { versions => [1.2] }],
		['TLS_CIPHER_WEAK', { versions => [1.2],
		    ciphers => 'ECDHE-ECDSA-NULL-SHA' }],
		['TLS_NO_FORWARD_SECRECY', { versions => [1.2],
		    ciphers => 'AES128-SHA' }, key => 'rsa:2048'],
		['TLS_KEY_WEAK', {}, key => 'rsa:1024'],
		['TLS_SIGNATURE_WEAK', {}, digest => 'sha1'],
		['CERT_NAME_MISMATCH', {}, names => ['other.example']],
		['CERT_NO_SAN', {}, names => [],
		    subject => { commonName => 'mx1.example.com' }],
		['CERT_SELF_SIGNED', {}, issuer => 'self'],
		['CERT_UNTRUSTED', {}, issuer => 'other-root', send => 'root'],
		['CERT_CHAIN_INCOMPLETE', {}, send => 'leaf'],
		['CERT_INVALID', {}, purpose => 'client'],
	);
	for my $case (@cases) {
		my ($code, $tls, %certificate) = @$case;
		my $mx = server(Certs::certificate(
		    not_after => Certs::days(61.5), %certificate), %$tls);
		my $run = check('check_mx_cert_expiry', @host, '-p', $mx->port,
		    '-v');
		like(verdict($run), qr/^OK days=61;/,
		    "$code does not change the verdict.");
		unlike($run->text, qr/$code/, 'Line 1 is silent about it.');
		like($run->output, qr/note: .*\($code\)/,
		    "$code is a note of -v.");
		unlike(check('check_mx_cert_expiry', @host, '-p', $mx->port)
		    ->output, qr/$code/, "Without -v $code is not shown.");
	}
};

subtest 'A certificate that cannot be reached is CRITICAL' => sub {
	my @cases = (
		['STARTTLS_NOT_OFFERED', tls => 0],
		['STARTTLS_STRIPPED', extensions => ['XXXXXXXA', 'SIZE']],
		['STARTTLS_REFUSED', STARTTLS => "454 4.7.0 not now\r\n"],
		['STARTTLS_INJECTION',
		    STARTTLS => ["220 go\r\n250 injected\r\n", START_TLS]],
		['TLS_HANDSHAKE', tls => { handshake => ALERT(40) }],
		['TLS_HANDSHAKE', tls => { handshake => "500 what?\r\n" }],
		['TLS_CLOSED', tls => { handshake => CLOSE }],
		['TCP_REFUSED', mode => 'refused'],
		['TCP_RESET', banner => RESET],
		['BANNER_REFUSED', banner => "554 5.7.1 go away\r\n"],
		['BANNER_CLOSED', banner => CLOSE],
		['BANNER_NOT_SMTP', banner => "HTTP/1.1 400 Bad Request\r\n"],
		['EHLO_REFUSED', EHLO => "502 5.5.1 no\r\n",
		    HELO => "502 5.5.1 no\r\n"],
		['SMTP_CLOSED', EHLO => CLOSE],
		['SMTP_PROTOCOL', EHLO => "what?\r\n"],
	);
	for my $case (@cases) {
		my ($code, %script) = @$case;
		my $run = expiry(FakeMX->new(%script));
		is(verdict($run), "CRITICAL $code",
		    "$code is CRITICAL, without days.");
		is(perfdata($run)->{servers_ok}->value, 0,
		    'The counts are there all the same.');
	}
	for my $case (['BANNER_BUSY', banner => "421 4.3.2 later\r\n"],
	    ['SMTP_BUSY', EHLO => "421 4.3.2 later\r\n"],
	    ['SMTP_BUSY', STARTTLS => "421 4.3.2 later\r\n"]) {
		my ($code, %script) = @$case;
		is(verdict(expiry(FakeMX->new(%script))), "WARNING $code",
		    "$code, a 421, is a WARNING.");
	}
	like(expiry(FakeMX->new(tls => { handshake => ALERT(40) }))->text,
	    qr/handshake failure/, 'The alert is called by its name.');

	# One run for all that must time out, side by side.
	my %slow = ('127.0.0.2' => ['BANNER_TIMEOUT', mode => 'mute'],
	    '127.0.0.3' => ['TCP_TIMEOUT', mode => 'full'],
	    '127.0.0.4' => ['SMTP_TIMEOUT', EHLO => SILENCE],
	    '127.0.0.5' => ['TLS_TIMEOUT', tls => { handshake => SILENCE }]);
	my @addresses = sort keys %slow;
	my @servers = FakeMX->group(map {
		my (undef, %script) = @{$slow{$_}};
		{ address => $_, %script }
	} @addresses);
	my $run = check('check_mx_cert_expiry', '-t', 2, '-p',
	    $servers[0]->port, '-F', 'client.example.net',
	    map { ('-H', $_) } @addresses);
	is($run->return_code, 2, 'Servers that never answer are CRITICAL.');
	like($run->output, qr/^\[CRITICAL\] \Q$_\E .*\($slow{$_}[0]\)/m,
	    "$slow{$_}[0] is told of its server.") for @addresses;
};

# The certificate with the content of its nth date (1: notBefore, 2: notAfter)
# changed; nobody minds the broken signature here.
sub with_date ($certificate, $which, $date) {
	my @pem = read_file($certificate->{chain})
	    =~ /-----BEGIN CERTIFICATE-----\n(.*?)-----END/gs;
	my $der = decode_base64($pem[0]);
	my $seen = 0;

	length $date == 13 or die "a UTCTime has 13 bytes: $date";
	$der =~ s/(\x17\x0d)(\d{12}Z)/$1 . (++$seen == $which ? $date : $2)/ge;
	$pem[0] = encode_base64($der);
	my $path = "$folder/$which-" . unpack('H*', $date) . '.pem';
	write_file($path, map {
		"-----BEGIN CERTIFICATE-----\n$_-----END CERTIFICATE-----\n"
	} @pem);
	return { %$certificate, chain => $path };
}

sub read_file ($path) {
	open my $in, '<', $path or die "$path: $!";
	local $/;
	return scalar <$in>;
}

sub write_file ($path, @text) {
	open my $out, '>', $path or die "$path: $!";
	print $out @text;
	close $out or die "$path: $!";
}

subtest 'Unreadable dates are CRITICAL' => sub {
	my $good = Certs::certificate(not_after => Certs::days(61.5));
	my %wrong = ('month 99' => '269931000000Z', 'letters' => 'next tuesday!',
	    'the 31st of June' => '310631000000Z', 'NUL' => "\0" x 13,
	    'ESC and |' => "\e[31m|x=1\n;;;");
	for my $name (sort keys %wrong) {
		for my $which (1, 2) {
			my $run = expiry(server(with_date($good, $which,
			    $wrong{$name})), '-v');
			is(verdict($run), 'CRITICAL CERT_INVALID',
			    "A date $which that is $name is CRITICAL.");
		}
	}
	my $intermediate = { cert => Certs::authority_file('intermediate') };
	my $swapped = with_date({ chain => $intermediate->{cert} }, 2,
	    $wrong{letters});
	my $both = "$folder/both.pem";
	write_file($both, read_file($good->{cert}), read_file($swapped->{chain}));
	my $mx = server({ %$good, chain => $both });
	like(verdict(expiry($mx)), qr/^OK days=61;/,
	    'Those of an intermediate do not count without --chain.');
	is(verdict(expiry($mx, '--chain')),
	    'CRITICAL CERT_INVALID days=61;21:;7:',
	    'They do with --chain, and days are those that can be read.');
};

# mx1 to mxN.example.com at 127.0.0.1 to 127.0.0.N, each with its certificate.
sub domain (@certificates) {
	my $count = @certificates;
	my @servers = FakeMX->group(map {
		{ address => "127.0.0.$_", hostname => "mx$_.example.com",
		    tls => { certificate => $certificates[$_ - 1] } }
	} 1 .. $count);
	my $dns = FakeDNS->new(zone => {
		'example.com' => {
		    MX => [map { "${_}0 mx$_.example.com" } 1 .. $count] },
		map { ("mx$_.example.com" => { A => ["127.0.0.$_"] }) }
		    1 .. $count,
	});
	return ($dns, @servers);
}

sub domain_expiry ($dns, $mx, @arguments) {
	return check('check_mx_cert_expiry', '-d', 'example.com',
	    '--nameserver', $dns->address, '-p', $mx->port,
	    '-F', 'client.example.net', @arguments);
}

subtest 'The worst server speaks on line 1' => sub {
	my ($dns, @servers) = domain(lasting(90), lasting(90, names => ['b']),
	    Certs::certificate(not_before => $END - 90 * $DAY,
		not_after => $END - 42 * $DAY), lasting(90, names => ['d']));
	my $run = domain_expiry($dns, $servers[0], at(61.5));
	like($run->first_line,
	    qr/^MX_CERT_EXPIRY OK - mx3\.example\.com \[127\.0\.0\.3\]: /,
	    'Of four healthy servers the one that ends first is named.');
	is($run->perf_output =~ s/[a-z0-9._]*time=\S+ ?//gr, join(' ',
	    'servers=4;;;0 servers_ok=4;;;0;4 days=19;12:;4.8:',
	    'mx1.example.com_v4_days=61;21:;7:',
	    'mx2.example.com_v4_days=61;21:;7:',
	    'mx3.example.com_v4_days=19;12:;4.8:',
	    'mx4.example.com_v4_days=61;21:;7:'),
	    'The least days come first, then those of each server.');

	$run = domain_expiry($dns, $servers[0], at(39.5));
	is($run->return_code, 2, 'One expired server makes it CRITICAL.');
	like($run->text, qr/^mx3\.example\.com\ \[127\.0\.0\.3\]:\ certificate
	    \ expired\ 2\ days\ ago\ \(CERT_EXPIRED\);\ 3\ of\ 4\ servers\ OK
	    ;\ as\ of\ \Q${\ date($END - 39.5 * $DAY)}\E$/x,
	    'Line 1 is about the server that expired, and tells the moment.');
	is_deeply([map { /^\[([A-Z]+)\] (\d+) (\S+) / ? "$1 $2 $3" : $_ }
	    ($run->lines)[1 .. 4]], ['OK 10 mx1.example.com',
	    'OK 20 mx2.example.com', 'CRITICAL 30 mx3.example.com',
	    'OK 40 mx4.example.com'], 'Every server has its line, in order.');
	is(domain_expiry($dns, $servers[0], at(39.5), '--quorum=3')
	    ->return_code, 1, 'With --quorum=3 that is a WARNING.');

	# Two days left of 6 are better news than five of 90: the aggregate must
	# not contradict the state.
	my ($dns2, @mixed) = domain(lasting(6), Certs::certificate(
	    not_before => $END - 87 * $DAY, not_after => $END + 3 * $DAY));
	$run = domain_expiry($dns2, $mixed[0], at(2.5));
	like($run->text, qr/^mx2\.example\.com .*\(CERT_EXPIRES_SOON\)/,
	    'A short-lived certificate at its ease is not the worst.');
	is(state_by_perfdata($run), $run->state,
	    'The aggregated days are those of the worst server.');
};

subtest 'The certificate is fetched politely' => sub {
	my $mx = server(lasting(90));
	expiry($mx, at(30));
	my ($connection, @more) = $mx->connections;
	is(scalar @more, 0, 'One connection is enough.');
	is_deeply($connection->{commands}, ['EHLO client.example.net',
	    'STARTTLS', 'QUIT'], 'EHLO, STARTTLS and QUIT are all that is said.');
	ok($connection->{lines}[-1]{tls}, 'QUIT is said inside TLS.');
	ok(!$connection->{pregreet}, 'Nothing is said before the banner.');

	my $smtps = server(lasting(90), implicit => 1);
	is(verdict(expiry($smtps, at(30), '--ssl')), 'OK days=30;21:;7:',
	    'With --ssl TLS comes first.');
	is_deeply([map { $_->{end} } $smtps->connections], ['server'],
	    'And the server is told good-bye.');
};

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Servers that mean no good, from STARTTLS on: handshakes that break or never
# end, and what may come behind them. Certificates are in hostile_certificate.t.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeMX;
use Hostile;

my $HOST = 'mx1.example.com';
my $MOMENT = 0.05 * patience(1);
my $HELLO = "\x16\x03\x03\x40\x00\2\0\x3f\xfc\x03\x03";	# of 16 KiB
# What is said first inside TLS: EHLO again, or QUIT.
my @SPEAKS = qw(check_mx check_mx_auth check_mx_delivery);
my @SAYS_QUIT = qw(check_mx_starttls check_mx_cert_expiry);
# Some only wait, and some work as hard as they can.
$Hostile::TOGETHER = 24;
my $BUSY = 4;

sub shaking (@answer) { return { tls => { handshake => [@answer] } } }

subtest 'A handshake that never comes, or never ends.' => sub {
	withstands(map { [$_->[0], shaking(@$_[1 .. $#$_]),
	    starters('CRITICAL TLS_TIMEOUT')] }
		['silence', SILENCE],
		['one byte at a time', $HELLO, FLOOD("\0", $MOMENT)],
		['a warning and silence', "\x15\x03\x03\0\2\1\x5a", SILENCE],
	);
};

subtest 'A handshake that is none.' => sub {
	my $failed = 'CRITICAL TLS_HANDSHAKE';
	my $closed = 'CRITICAL TLS_CLOSED';
	withstands(map { my ($what, $code, @answer) = @$_;
	    [$what, shaking(@answer), starters($code)] }
		['garbage and silence', $failed, "\xde\xad\xbe\xef" x 99,
		    SILENCE],
		['plaintext', $failed, "220 no TLS today\r\n", SILENCE],
		['plaintext without end', $failed, FLOOD("220-x\r\n" x 99)],
		['an endless record of garbage', $failed, $HELLO,
		    FLOOD("\xff" x 4096)],
		['warnings without end', $failed,
		    FLOOD("\x15\x03\x03\0\2\1\x5a")],
		['changes of the cipher without end', $failed,
		    FLOOD("\x14\x03\x03\0\1\1")],
		['empty records without end', $failed,
		    FLOOD("\x16\x03\x03\0\0" x 99)],
		['a reset', $closed, RESET],
		['a reset in the middle', $closed, $HELLO, RESET],
		['a close', $closed, CLOSE],
		['a half-close', $closed, HALF_CLOSE, SILENCE],
	);
	withstands(
		['plaintext in the packet of the 220', { STARTTLS => [
		    "220 go\r\n250 $HOST\r\n", SILENCE] },
		    starters('CRITICAL STARTTLS_INJECTION')],
	);
};

subtest 'An alert of every kind.' => sub {
	my @alerts = (0, 10, 20 .. 22, 30, 40 .. 51, 60, 70, 71, 80, 86, 90,
	    100, 109 .. 116, 120);
	my @unknown = (1, 99, 255);
	my @runs = withstands(map { ["alert $_", shaking(ALERT($_), CLOSE),
	    each_of('CRITICAL TLS_HANDSHAKE', 'check_mx_starttls')] }
	    @alerts, @unknown);
	like($runs[$_]->text, qr/alert "(?!unknown")[a-z]/i,
	    "Alert $alerts[$_] is named.") for keys @alerts;
	like($runs[@alerts + $_]->text, qr/alert $unknown[$_]\b/,
	    "Alert $unknown[$_] has its number for a name.") for keys @unknown;
	withstands(['a close_notify', shaking("\x15\x03\x03\0\2\1\0", CLOSE),
	    starters('CRITICAL TLS_CLOSED')]);
};

subtest 'Surprises after the handshake.' => sub {
	my $demand = sub ($version) { { tls => { ask => 'demanded',
	    versions => [$version] } } };
	withstands(
		['a wish for our certificate', { tls => { ask => 'asked' } },
		    starters('OK')],
		['a demand for our certificate, TLS 1.2', $demand->(1.2),
		    starters('CRITICAL TLS_HANDSHAKE')],
		['a new handshake', { tls => { versions => [1.2] },
		    EHLO => EACH(DEFAULT, [RENEGOTIATE, DEFAULT]) },
		    each_of('OK', @SPEAKS)],
		['500 session tickets', { tls => { versions => [1.3],
		    tickets => 500 } }, starters('OK')],
		['no farewell', { tls => { no_close_notify => 1 } },
		    starters('OK')],
		['a close instead of EHLO', { tls => { no_close_notify => 1 },
		    EHLO => EACH(DEFAULT, CLOSE) },
		    each_of('CRITICAL SMTP_CLOSED', @SPEAKS)],
		['garbage in place of a record', { EHLO => EACH(DEFAULT,
		    sub ($, $connection) {
			syswrite $connection->{socket}, "220 plain\r\n" x 99;
			return SILENCE;
		    }) }, each_of('CRITICAL SMTP_CLOSED', @SPEAKS)],
	);
	withstands(['a demand for our certificate, TLS 1.3', $demand->(1.3),
	    { each_of('CRITICAL TLS_HANDSHAKE', @SAYS_QUIT)->%*,
	    each_of('CRITICAL SMTP_CLOSED', @SPEAKS)->%* }]);
	# Who waits first is sure to hear why.
	my ($run) = withstands(['a demand before the greeting', { tls => {
	    implicit => 1, ask => 'demanded', versions => [1.3] } },
	    each_of('CRITICAL BANNER_CLOSED', 'check_mx_auth'), '--ssl']);
	like($run->text, qr/alert "certificate required"/,
	    'The alert is named.');
	local $Hostile::TOGETHER = $BUSY;
	withstands(
		['new handshakes without end', { tls => { versions => [1.2] },
		    EHLO => EACH(DEFAULT, [(RENEGOTIATE) x 1000, SILENCE]) },
		    each_of('CRITICAL SMTP_TIMEOUT', @SPEAKS)],
		['session tickets without end', { tls => { versions => [1.3],
		    tickets => 1 << 40 } },
		    each_of('CRITICAL SMTP_TIMEOUT', @SPEAKS)],
	);
};

# What no OpenSSL sends, but a server that has the keys of the session can.
subtest 'Records made by hand.' => sub {
	my $warning = RECORD(21, "\1\x5a");
	my $empty = RECORD(23, '');
	my $forged = sub ($version, @answer) { return { tls => {
	    forge => 1, versions => [$version] },
	    EHLO => EACH(DEFAULT, [@answer]) } };
	my ($closed, $timeout) = ('CRITICAL SMTP_CLOSED',
	    'CRITICAL SMTP_TIMEOUT');
	my @cases = (
		['new keys 100 times', 1.3, 'OK', (KEY_UPDATE) x 100, DEFAULT],
		['warnings without end', 1.2, $closed, FLOOD([$warning])],
		['warnings without end', 1.3, $closed, FLOOD([$warning])],
		['empty records without end', 1.2, $closed, FLOOD([$empty])],
		['empty records without end', 1.3, $closed, FLOOD([$empty])],
		['wishes for our certificate', 1.3, $closed,
		    FLOOD([RECORD(22, "\x0d\0\0\3\0\0\0")])],
		['half a message', 1.3, $timeout,
		    RECORD(22, "\x18\0\0\1"), SILENCE],
		['a fatal alert', 1.3, $closed, RECORD(21, "\2\x28")],
		['a record of no type', 1.3, $closed, RECORD(99, 'x'),
		    SILENCE],
		['too long a record', 1.2, $closed, RECORD(23, 'x' x 16385),
		    SILENCE],
	);
	my @endless = (
		['new keys without end', 1.3, $timeout, FLOOD([KEY_UPDATE])],
		['warnings and new keys in turn', 1.3, $timeout,
		    FLOOD([$warning, KEY_UPDATE])],
		['wishes for a handshake', 1.2, $timeout,
		    FLOOD([RECORD(22, "\0\0\0\0")])],
	);
	my $make = sub (@rows) { map {
	    my ($what, $version, $verdict, @answer) = @$_;
	    ["TLS $version, $what", $forged->($version, @answer),
		each_of($verdict, @SPEAKS)] } @rows };
	withstands($make->(@cases));
	local $Hostile::TOGETHER = $BUSY;
	withstands($make->(@endless));
};

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Servers that mean no good: whatever they send, or do not send, every plugin
# ends in time with one true line. Who says nothing at all is in hostile_time.t,
# who can't do TLS in hostile_tls.t.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeMX;
use Hostile;

my $HOST = 'mx1.example.com';
my $WELCOME = "220 $HOST ESMTP\r\n";
# NUL, ESC, a bare CR, perfdata, HTML, what is no UTF-8, bidi controls, C1.
my $ODD = "\0 \e[31m\e]0;x\a \r | x=1;;; <b onload='x'>&amp; \xff\xc0\xaf"
    . "\xed\xa0\x80 \xe2\x80\xae\xe2\x81\xa6 \xc2\x9b31m \t\x7f";

subtest 'A greeting beyond all measure, or none at all.' => sub {
	withstands(
		['an endless line', { banner => ['220 ', FLOOD('x' x 4096)] },
		    dialogues('CRITICAL SMTP_TOO_LONG')],
		['endless lines', { banner => FLOOD("220-$HOST\r\n" x 100) },
		    dialogues('CRITICAL SMTP_TOO_LONG')],
		['a flood of NUL', { banner => FLOOD("\0" x 4096) },
		    dialogues('CRITICAL SMTP_TOO_LONG')],
		['a flood of empty lines', { banner => FLOOD("\r\n" x 999) },
		    dialogues('CRITICAL BANNER_NOT_SMTP')],
		['another code in its second line', { banner =>
		    "220-$HOST\r\n554 no\r\n" },
		    dialogues('CRITICAL BANNER_NOT_SMTP')],
		['no code in its second line', { banner =>
		    "220-$HOST\r\n$ODD\r\n" },
		    dialogues('CRITICAL BANNER_NOT_SMTP'), '-vvv'],
		['a refusal in odd bytes', { banner => "554 $ODD\r\n" },
		    dialogues('CRITICAL BANNER_REFUSED'), '-vvv'],
		['a reset', { banner => RESET },
		    dialogues('CRITICAL TCP_RESET')],
		['a reset in the middle', { banner => ['220-', RESET] },
		    dialogues('CRITICAL BANNER_CLOSED')],
		['a close in the middle', { banner => ["220 $HOST", CLOSE] },
		    dialogues('CRITICAL BANNER_CLOSED')],
		['a half-close before it', { banner => [HALF_CLOSE, SILENCE] },
		    dialogues('CRITICAL BANNER_CLOSED')],
		['a reply to nothing behind it', { banner =>
		    "${WELCOME}250 what?\r\n" },
		    dialogues('CRITICAL SMTP_PROTOCOL')],
		['a half-close behind it', { banner => [$WELCOME, HALF_CLOSE] },
		    dialogues('CRITICAL SMTP_CLOSED')],
	);
};

subtest 'EHLO answered beyond all measure, or by no reply.' => sub {
	withstands(
		['an endless line', { EHLO => ['250 ', FLOOD('x' x 4096)] },
		    dialogues('CRITICAL SMTP_TOO_LONG')],
		['endless offers', { EHLO => FLOOD("250-X\r\n" x 100) },
		    dialogues('CRITICAL SMTP_TOO_LONG')],
		['another code in its second line', { EHLO =>
		    "250-$HOST\r\n550 no\r\n" },
		    dialogues('CRITICAL SMTP_PROTOCOL')],
		['odd bytes', { EHLO => "$ODD\r\n" },
		    dialogues('CRITICAL SMTP_PROTOCOL'), '-vvv'],
		['a refusal in odd bytes', { EHLO => "554 $ODD\r\n",
		    HELO => "554 $ODD\r\n" },
		    dialogues('CRITICAL EHLO_REFUSED'), '-vvv'],
		['a reset', { EHLO => RESET },
		    dialogues('CRITICAL SMTP_CLOSED')],
		['a close in the middle', { EHLO => ["250-$HOST\r\n", CLOSE] },
		    dialogues('CRITICAL SMTP_CLOSED')],
		['a half-close', { EHLO => [HALF_CLOSE, SILENCE] },
		    dialogues('CRITICAL SMTP_CLOSED')],
		# The first is the last to be asked anything else.
		['a reply to nothing behind it', { EHLO =>
		    "250-$HOST\r\n250 STARTTLS\r\n250 what?\r\n" },
		    { %{dialogues('CRITICAL SMTP_PROTOCOL')},
		    check_mx_banner => 'OK' }],
	);
};

subtest 'Odd bytes change nothing, and are not shown as they are.' => sub {
	my $offers = join '', map { "250-X$_ $ODD\r\n" } 1 .. 9;
	my @script = (banner => "220 $HOST $ODD\r\n", QUIT => "221 $ODD\r\n",
	    MAIL => "250 $ODD\r\n", RSET => "250 $ODD\r\n",
	    DATA => "354 $ODD\r\n", MESSAGE => "250 2.0.0 queued as $ODD\r\n",
	    RCPT => sub ($line, $) { return $line =~
		/postmaster|friend/ ? "250 $ODD\r\n" : "550 5.7.1 $ODD\r\n" },
	    EHLO => sub ($, $connection) { return $connection->{tls}
		? "250-$HOST $ODD\r\n${offers}250 AUTH PLAIN\r\n"
		: "250-$HOST $ODD\r\n${offers}250 STARTTLS\r\n" },
	    STARTTLS => ["220 $ODD\r\n", START_TLS], AUTH => "235 $ODD\r\n");
	withstands(map { ["odd bytes, @$_", { @script }, dialogues('OK'),
	    @$_] } ['-vvv'], []);
	for my $format (qw(json report)) {
		my $mx = server(@script);
		my @runs = check_all(map { [command($_, $mx,
		    "--output-format=$format", '-v')] }
		    sort keys %{dialogues('OK')});
		is($_->return_code, 0, "In $format, too: " . $_->command)
		    for @runs;
	}
	withstands(
		['a bare CR in the line', { banner => "220 $HOST\rx\r\n" },
		    { check_mx_banner => 'WARNING BANNER_NO_HOSTNAME' }],
		['bare LF everywhere', { banner => "220 $HOST\n",
		    EHLO => "250-$HOST\n250 STARTTLS\n",
		    STARTTLS => ["220 go\n", START_TLS], QUIT => "221 x\n" },
		    { check_mx_banner => 'OK', check_mx_starttls => 'OK' }],
		['odd bytes in place of the host', { banner =>
		    "220 $ODD\r\n" },
		    { check_mx_banner => 'WARNING BANNER_NO_HOSTNAME' },
		    '-vvv'],
	);
};

my @RELAY = qw(check_mx check_mx_openrelay);
my @MESSAGE = 'check_mx_delivery';

# Asks for the name, and then that.
sub challenging ($answer) {
	return ["334 VXNlcm5hbWU6\r\n", sub ($, $connection) {
		$connection->read_line;
		return $answer;
	}];
}

# What breaks the session, and its code where nothing else is said of it.
my %BREAK = (
	'a reset' => [RESET, 'SMTP_CLOSED'],
	'a half-close' => [[HALF_CLOSE, SILENCE], 'SMTP_CLOSED'],
	'a close in mid-reply' => [['250-', CLOSE], 'SMTP_CLOSED'],
	'an endless line' => [['250 ', FLOOD('x' x 4096)], 'SMTP_TOO_LONG'],
	'endless lines' => [FLOOD("250-x\r\n" x 100), 'SMTP_TOO_LONG'],
	'codes that change' => ["250-x\r\n550 y\r\n", 'SMTP_PROTOCOL'],
	'odd bytes' => ["$ODD\r\n", 'SMTP_PROTOCOL'],
);

subtest 'What breaks the session is named at every step.' => sub {
	my @tls = (qw(check_mx check_mx_auth), @MESSAGE);
	my @cases;
	for my $how (sort keys %BREAK) {
		my ($answer, $code) = @{$BREAK{$how}};
		my $broken = "CRITICAL $code";
		# Cut off in it, a relay test proves nothing.
		my $relay = $code eq 'SMTP_CLOSED'
		    ? 'UNKNOWN RELAY_INCONCLUSIVE' : $broken;
		push @cases,
		    ["$how at STARTTLS", { STARTTLS => $answer },
			starters($broken)],
		    ["$how at EHLO inside TLS", { inside($answer) },
			each_of($broken, @tls)],
		    ["$how at HELO", { EHLO => "502 No\r\n",
			HELO => $answer }, { check_mx_banner => $broken }],
		    ["$how at AUTH", { AUTH => $answer },
			{ check_mx_auth => $broken }],
		    ["$how after a challenge", { AUTH => challenging($answer),
			extensions_tls => ['AUTH LOGIN'] },
			{ check_mx_auth => $broken }],
		    map({ ["$how at $_", { $_ => $answer },
			{ %{each_of($relay, @RELAY)},
			%{each_of($broken, @MESSAGE)} }] } qw(MAIL RCPT)),
		    map({ ["$how at $_", { $_ => $answer },
			each_of($broken, @MESSAGE)] } qw(DATA MESSAGE)),
		    ["$how at QUIT", { QUIT => $answer },
			{ check_mx => 'OK', check_mx_banner => 'OK',
			each_of('OK', @MESSAGE)->%* }];
	}
	withstands(@cases);
};

done_testing;

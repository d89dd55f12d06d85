#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Servers that take their time: silence and trickles at every step, and black
# holes. Every plugin ends in its own time, and tells what it waited for.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;
use Hostile;

my $HOST = 'mx1.example.com';
my $MOMENT = 0.05 * patience(1);
my @SPEAKS = qw(check_mx check_mx_auth check_mx_delivery);
my @MAILS = qw(check_mx check_mx_delivery check_mx_openrelay);
my $slow = 'CRITICAL SMTP_TIMEOUT';
my $mute = 'CRITICAL BANNER_TIMEOUT';

# They wait more than they work.
$Hostile::TOGETHER = 24;

subtest 'Who says nothing, or never comes to an end, is named by the step.' =>
    sub {
	withstands(
		['silence in place of a greeting', { banner => SILENCE },
		    dialogues($mute)],
		['a greeting of one byte at a time', { banner =>
		    ['220 ', FLOOD('x', $MOMENT)] }, dialogues($mute)],
		['a greeting of one line at a time', { banner =>
		    FLOOD("220-$HOST\r\n", $MOMENT) }, dialogues($mute)],
		['a greeting that ends with a bare CR', { banner =>
		    ["220 $HOST\r", SILENCE] }, each_of($mute,
		    qw(check_mx check_mx_banner))],

		['silence at EHLO', { EHLO => SILENCE }, dialogues($slow)],
		['one byte at a time at EHLO', { EHLO =>
		    ['250-', FLOOD('x', $MOMENT)] }, dialogues($slow)],
		['one offer at a time at EHLO', { EHLO =>
		    FLOOD("250-X\r\n", $MOMENT) }, dialogues($slow)],

		['silence at STARTTLS', { STARTTLS => SILENCE },
		    starters($slow)],
		['one byte at a time at STARTTLS', { STARTTLS =>
		    ['220 ', FLOOD('x', $MOMENT)] }, starters($slow)],
		['silence at EHLO inside TLS', { inside(SILENCE) },
		    each_of($slow, @SPEAKS)],
		['one byte at a time at EHLO inside TLS', {
		    inside(['250-', FLOOD('x', $MOMENT)]) },
		    each_of($slow, @SPEAKS)],
		['silence at AUTH', { AUTH => SILENCE },
		    each_of($slow, 'check_mx_auth')],
		['silence after a challenge', { AUTH =>
		    ["334 VXNlcm5hbWU6\r\n", SILENCE],
		    extensions_tls => ['AUTH LOGIN'] },
		    each_of($slow, 'check_mx_auth')],

		map({ ["silence at $_", { $_ => SILENCE },
			each_of($slow, @MAILS)],
		    ["one byte at a time at $_", { $_ =>
			['250 ', FLOOD('x', $MOMENT)] },
			each_of($slow, @MAILS)] } qw(MAIL RCPT)),
		map({ ["silence at $_", { $_ => SILENCE },
		    each_of($slow, 'check_mx_delivery')] } qw(DATA MESSAGE)),

		['silence at QUIT', { QUIT => SILENCE }, dialogues('OK')],
		['one byte at a time at QUIT', { QUIT => FLOOD('x', $MOMENT) },
		    dialogues('OK')],
	);
};

subtest 'A black hole does not take the time of the others.' => sub {
	my $seconds = 10;
	# With a full backlog a connect is never answered.
	my @mx = FakeMX->group(map { { address => "127.0.0.$_",
	    hostname => "mx$_.example.com", AUTH => "235 ok\r\n",
	    extensions_tls => ['AUTH PLAIN'], local => ['example.com', $HOST],
	    mode => $_ == 1 ? 'full' : 'serve' } } 1 .. 3);
	my $dns = FakeDNS->new(ad => 1, zone => {
		'example.com' => { MX => [map { "$_ mx$_.example.com" }
		    1 .. 3] },
		map { ("mx$_.example.com" => { A => ["127.0.0.$_"] },
		    "127.0.0.$_" => { PTR => ["mx$_.example.com"] }) } 1 .. 3,
	});
	my @plugins = sort keys %{dialogues('OK')};
	my @calls = map { my ($plugin, undef, undef, undef, undef, @more)
	    = command($_, $mx[0], '-t', $seconds);
	    [$plugin, '-d', 'example.com', '--nameserver', $dns->address,
	    @more, { measure => 1 }] } @plugins;
	for my $run (check_all(@calls)) {
		my $plugin = shift @plugins;
		is(told($run), 'CRITICAL TCP_TIMEOUT',
		    "$plugin: the dead server is told.");
		like($run->output, qr/^\[OK\] $_ mx$_\.example\.com /m,
		    "$plugin: so is server $_, which is well.") for 2, 3;
		like($run->text, qr/; 2 of 3 servers OK/,
		    "$plugin: line 1 counts them.");
		held($run, $plugin, $seconds);
	}
};

done_testing;

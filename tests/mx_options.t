#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx: the DNS counts as it does in check_mx_dns, and every option of the
# plugins for one step does here what it does there.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeMX;
use MailDomain;

my $MX1 = 'mx1.example.com';
my $PIN = 'ab' x 32;	# nobody's fingerprint
my $OPEN = { RCPT => "250 2.1.5 Ok\r\n" };

sub domain ($script = {}, $zone = {}) { MailDomain->new([$script], $zone) }

# How a test's name begins.
sub with (@arguments) {
	return @arguments ? "With @arguments" : 'Without an option';
}

subtest 'The DNS counts as it does in check_mx_dns' => sub {
	my %alias = ('alias.example.com' => { CNAME => [$MX1] },
	    'example.com' => { MX => ['10 alias.example.com'] });
	my $null = { 'example.com' => { MX => ['0 .'] } };
	my @cases = (
		# The verdict, the zone, arguments.
		['WARNING DNS_MX_CNAME', \%alias, '--match=mx1.example.com'],
		['WARNING DNS_IMPLICIT_MX', { 'example.com' =>
		    { A => ['127.0.0.1'] } }, '--match=mx1.example.com'],
		['WARNING DNS_PTR_MISSING', { '127.0.0.1' => {} }],
		['OK', { '127.0.0.1' => {} }, '--no-ptr'],
		['WARNING DNS_PTR_MISMATCH', { '127.0.0.1' =>
		    { PTR => ['elsewhere.example.net'] } }],
		['OK', {}, "--expect-mx=$MX1:10"],
		['CRITICAL DNS_MX_UNEXPECTED DNS_MX_MISSING', {},
		    '--expect-mx=mx2.example.com'],
		['CRITICAL DNS_MX_MISSING', {}, "--expect-mx=$MX1",
		    '--expect-mx=mx2.example.com'],
		['CRITICAL DNS_NULL_MX', $null],
		['OK', $null, '--expect-null-mx'],
		['CRITICAL DNS_MX_NO_ADDRESS', { $MX1 => {} }],
		['CRITICAL DNS_NXDOMAIN', { 'example.com' => 'nxdomain' }],
		['CRITICAL DNS_SERVFAIL', { 'example.com' => 'servfail' }],
		['UNKNOWN DNS_RESOLVER', { 'example.com' => 'refused' }],
	);
	for my $case (@cases) {
		my ($expected, $zone, @arguments) = @$case;
		my $domain = domain({}, $zone);
		my $object = $domain->json(@arguments);
		is(verdict($object), $expected,
		    with(@arguments) . ": $expected.");
		is(scalar $domain->queries('PTR'), 0, 'No PTR is asked for.')
		    if grep { $_ eq '--no-ptr' } @arguments;
		isnt($object->{tests}{planned}, 0, 'That is a test.')
		    if $expected =~ /CRITICAL/;
	}
};

subtest 'Options do what they do in the plugin for their step' => sub {
	my $other = certified(names => ['other.example.com']);
	my $ninety = sub ($days) {
		return certified(lifetime => 90 * 86_400,
		    elapsed => 1 - $days / 90);
	};
	my $self_signed = certified(issuer => 'self');
	my $percent = { RCPT => sub ($line, $) {
		return $line =~ /postmaster|%/ ? "250 Ok\r\n"
		    : "550 5.7.1 No\r\n" } };
	my @cases = (
		# The verdict, the server, arguments.
		['WARNING BANNER_UNEXPECTED', {}, '-e', 'Postfix'],
		['OK', {}, '--expect=mx1.example.com ESMTP'],
		['CRITICAL EHLO_MISSING_EXTENSION', {}, '--require=DSN'],
		['OK', {}, '--require=SIZE>=10485760', '--require=starttls'],
		['OK', { extensions_tls => ['DSN'] }, '--require=DSN'],
		['CRITICAL TLS_VERSION_OBSOLETE', { tls => { versions =>
		    [1.2] } }, '--min-tls=1.3'],
		['CRITICAL CERT_NAME_MISMATCH', $other],
		['OK', $other, '--match=other.example.com'],
		['OK', $other, '--no-verify'],
		['CRITICAL CERT_SELF_SIGNED', $self_signed],
		['OK', $self_signed, '--no-verify'],
		['CRITICAL CERT_PIN_MISMATCH', {}, "--fingerprint=$PIN"],
		['OK', $ninety->(22.5)],
		['WARNING CERT_EXPIRES_SOON', $ninety->(20.5)],
		['CRITICAL CERT_EXPIRES_SOON', $ninety->(6.5)],
		['OK', $ninety->(36.5), '--at=+14d'],
		['WARNING CERT_EXPIRES_SOON', $ninety->(30.5), '--at=+14d'],
		['CRITICAL CERT_EXPIRED', $ninety->(12.5), '--at=+14d'],
		['OK', { tls => { implicit => 1 } }, '--ssl'],
		['CRITICAL TLS_HANDSHAKE', {}, '--ssl'],
		['WARNING TLS_VERSION_OLD_ACCEPTED', { tls => { versions =>
		    [1.1, 1.2], certificate => Certs::certificate(
		    key => 'rsa:2048') } }, '--probe-versions'],
		['CRITICAL STARTTLS_COMMAND_INJECTION', { vulnerable => 1 },
		    '--probe-injection'],
		['CRITICAL RELAY_OPEN', $OPEN],
		['OK', $OPEN, '--trusted'],
		['WARNING RELAY_SUSPECT', $percent, '--probes=percent-host'],
		['OK', $percent, '--probes=basic'],
		['OK', { tls => 0 }, '--severity=STARTTLS_NOT_OFFERED=ok'],
		['WARNING STARTTLS_NOT_OFFERED', { tls => 0 },
		    '--severity=STARTTLS_NOT_OFFERED=warning'],
		['UNKNOWN BANNER_TIMEOUT', { mode => 'mute' },
		    '-t', '1:unknown'],
		['OK', { proxy => 1 }, '--proxy'],
	);
	for my $case (@cases) {
		my ($expected, $script, @arguments) = @$case;
		is(verdict(domain($script)->json(@arguments)), $expected,
		    with(@arguments) . ": $expected.");
	}
	like(domain()->run('--at=+14d')->text, qr/; as of \d{4}-\d\d-\d\dT/,
	    'That it is a look ahead is told.');
	my $domain = domain();
	$domain->run('--from=a@client.example.net',
	    '--local-domain=example.com', '--sni=sni.example.com',
	    '--recipient=b@outside.example');
	my ($connection) = $domain->mx(1)->connections;
	is_deeply([@{$connection->{commands}}[3 .. 5]],
	    ['MAIL FROM:<a@client.example.net>',
		'RCPT TO:<postmaster@example.com>',
		'RCPT TO:<b@outside.example>'], 'Relaying is asked as told.');
	is($connection->{tls}{sni}, 'sni.example.com', 'So is the name.');
};

subtest '-H says which server, and -d which domain it serves' => sub {
	my @cases = (
		# Arguments, the control recipient.
		[['-H', $MX1], '<postmaster>'],
		[['-H', $MX1, '-d', 'example.org'], '<postmaster@example.org>'],
		[['-H', '127.0.0.1', '--match', $MX1], '<postmaster>'],
	);
	for my $case (@cases) {
		my ($arguments, $control) = @$case;
		my $domain = domain(recipients('250 Ok', '550 5.7.1 No'));
		my $object = $domain->json(@$arguments);
		is(verdict($object), 'OK', "@$arguments: OK.");
		is($object->{servers}[0]{preference}, undef,
		    "@$arguments: it has no preference.");
		is(scalar $domain->queries('MX'), 0,
		    "@$arguments: no MX record is asked for.");
		is(($domain->mx(1)->commands)[4], "RCPT TO:$control",
		    "@$arguments: the control is $control.");
		is($object->{tests}{made}, $object->{tests}{planned},
		    "@$arguments: no test was planned that makes no sense.");
	}
};

done_testing;

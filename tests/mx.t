#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx at one server: all steps on one connection, what --skip leaves out,
# score and coverage, what was not tested and why.

use v5.36;
use FindBin;
use List::Util qw(max sum0 uniq);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeMX;
use MailDomain;

my $EHLO = "EHLO $MailDomain::EHLO";
my @GROUP = ("MAIL FROM:<check_mx\@$MailDomain::EHLO>",
    'RCPT TO:<postmaster@example.com>', 'RCPT TO:<relay-test@example.net>');
my @ALL_STEPS = ($EHLO, 'STARTTLS', $EHLO, @GROUP, 'QUIT');
my $OPEN = { RCPT => "250 2.1.5 Ok\r\n" };
my $NO_HANDSHAKE = { tls => { handshake => ALERT(40) } };
# Zones: a TLSA record that matches nothing, an MTA-STS record without id.
my $MISMATCH = sub ($port) { tlsa(1, $port, '3 1 1 ' . 'ab' x 32) };
my $NO_ID = { '_mta-sts.example.com' => { TXT => ['"v=STSv1;"'] } };
my $MX1 = 'mx1.example.com';

sub domain ($script = {}, $zone = {}) { MailDomain->new([$script], $zone) }

sub said ($domain) {
	return [map { $_->{commands} } $domain->mx(1)->connections];
}

sub coverage ($object) { join ' of ', @{$object->{tests}}{qw(made planned)} }

# All tests that there are without options.
my $TESTS = domain()->json->{tests}{planned};

subtest 'A healthy server takes one connection, from greeting to QUIT' => sub {
	for my $script ({}, { extensions => ['STARTTLS'] },
	    { tls => { versions => [1.2] } }) {
		my $domain = domain($script);
		my $run = $domain->run;
		my ($connection, @more) = $domain->mx(1)->connections;

		is(scalar @more, 0, 'There is one connection.');
		is_deeply($connection->{commands}, \@ALL_STEPS,
		    'All steps are made on it, in their order.');
		is_deeply([map { $_->{tls} } @{$connection->{lines}}],
		    [0, 0, (1) x 5], 'Relaying is asked inside TLS.');
		is($connection->{pregreet}, 0, 'The greeting is awaited.');
		is($connection->{end}, 'server', 'So is the farewell.');
		is(scalar $domain->queries('PTR'), 1, 'The PTR is asked for.');
		like($run->output, qr/^MX\ OK\ -\ mx1\.example\.com
		    \ \[127\.0\.0\.1\]:\ TLSv1\.[23],\ certificate\ valid\ for
		    \ 60\ days,\ relaying\ refused;\ 1\ of\ 1\ servers
		    \ OK;\ score\ 100,\ $TESTS\ of\ $TESTS\ tests\ made\ \|
		    [^\n]*\n\[OK\]\ 10\ mx1\.example\.com\ \[127\.0\.0\.1\]:\d+
		    \ -\ [^\n]*;\ score\ 100,\ $TESTS\ of\ $TESTS\ tests\ made
		    \n/x, 'Both lines sum it up, with score and coverage.');
	}
	my ($server) = @{domain()->json->{servers}};
	ok($server->{$_}, "JSON tells the $_.") for qw(ptr banner ehlo tls
	    certificates dane ehlo_tls relay);
};

subtest 'Further connections are for what needs its own' => sub {
	my @apart = ([$EHLO, 'STARTTLS'], [$EHLO, @GROUP, 'QUIT']);
	my $clear = [$EHLO, @GROUP, 'QUIT'];
	my $probe = [$EHLO, 'STARTTLS'];
	my @later = ("450 4.3.2 Later\r\n", DEFAULT);
	my @cases = (
		# What it is, the server, arguments, what each connection says.
		['no STARTTLS', { tls => 0 }, [], $clear],
		['STARTTLS refused', { STARTTLS => "454 no\r\n" }, [],
		    [$EHLO, 'STARTTLS', @GROUP, 'QUIT']],
		['a failed handshake: relaying in the clear', $NO_HANDSHAKE,
		    [], @apart],
		['plaintext behind the 220', { STARTTLS =>
		    ["220 go\r\n250 x\r\n", START_TLS] }, [], @apart],
		['a failed handshake without relay', $NO_HANDSHAKE,
		    ['--skip=relay'], $probe],
		['a failed handshake, trusted', $NO_HANDSHAKE, ['--trusted'],
		    $probe],
		['trusted', {}, ['--trusted'], [$EHLO, 'STARTTLS', $EHLO,
		    'QUIT']],
		['a refusal', { banner => "554 no\r\n" }, [], ['QUIT']],
		['deferral of all recipients: once more', { RCPT =>
		    EACH_CONNECTION(@later) }, [], \@ALL_STEPS, \@ALL_STEPS],
		['--probe-versions', {}, ['--probe-versions'], \@ALL_STEPS,
		    $probe, $probe],
		['--probe-injection', {}, ['--probe-injection'], \@ALL_STEPS,
		    [$EHLO, 'STARTTLS', $EHLO, 'QUIT']],
		['probes without relay', {}, ['--skip=relay',
		    '--probe-versions'], [$EHLO, 'STARTTLS', $EHLO, 'QUIT'],
		    $probe, $probe],
	);
	for my $case (@cases) {
		my ($name, $script, $arguments, @expected) = @$case;
		my $domain = domain($script);
		$domain->run(@$arguments);
		is_deeply(said($domain), \@expected, "With $name.");
		is(max(map { $_->{together} } $domain->mx(1)->connections), 1,
		    "With $name there is one at a time.");
	}
	my $domain = domain();
	is($domain->json('--probes=all')->{state}, 'OK', '--probes=all.');
	is(max(map { scalar grep { /^MAIL/ } @$_ } @{said($domain)}), 2,
	    'With --probes=all a connection has two transactions at most.');
	is(scalar(grep { !grep { $_ eq 'STARTTLS' } @$_ } @{said($domain)}), 0,
	    'And each of them is inside TLS.');
};

subtest '--skip leaves out a step, and says so' => sub {
	my $bad_name = { $MX1 => { CNAME => ['a.example.com'] },
	    'a.example.com' => { A => ['127.0.0.1'] } };
	my @cases = (
		# Step, a fault in it, its zone, the code, what is not said.
		['dns', {}, $bad_name, 'DNS_MX_CNAME'],
		['ptr', {}, { '127.0.0.1' => {} }, 'DNS_PTR_MISSING'],
		['banner', { banner => "220 hello\r\n" }, {},
		    'BANNER_NO_HOSTNAME'],
		['starttls', { tls => 0, extensions => ['STARTTLS'] }, {},
		    'STARTTLS_REFUSED', qr/^STARTTLS/],
		['certificate', certified(not_after => Certs::days(-2.5)), {},
		    'CERT_EXPIRED'],
		['relay', $OPEN, {}, 'RELAY_OPEN', qr/^(?:MAIL|RCPT)/],
		['dane', {}, $MISMATCH, 'DANE_MISMATCH'],
		['mtasts', {}, $NO_ID, 'MTASTS_RECORD_INVALID'],
	);
	for my $case (@cases) {
		my ($step, $script, $zone, $code, $silent) = @$case;
		my $whole = domain($script, $zone)->json;
		my $domain = domain($script, $zone);
		my $object = $domain->json("--skip=$step");
		my $report = $domain->run("--skip=$step",
		    '--output-format=report')->output =~ s/\s+/ /gr;
		my $note = "not tested, by --skip: $step (NOT_TESTED)";

		like(verdict($whole), qr/ \Q$code\E$/, "$code counts.");
		is(verdict($object), 'OK', "Not with --skip=$step.");
		is($object->{score}, 100, 'It costs no points.');
		cmp_ok($object->{tests}{made}, '<', $whole->{tests}{made},
		    'Fewer tests are made.');
		ok(grep({ $_->{code} eq 'NOT_TESTED' && $_->{text} =~ /$step/ }
		    @{$object->{findings}}), 'JSON has the note.');
		like($domain->run("--skip=$step")->output, qr/^note: \Q$note/m,
		    'The Nagios format has it without -v.');
		like($report, qr/\Q$note/, 'The report has it.');
		is_deeply([grep { $silent && /$silent/ } map { @$_ }
		    @{said($domain)}], [], 'What it asks is not said.');
	}
	my $domain = domain();
	$domain->json("--skip=$_") for 'ptr', 'dns,ptr', 'relay,ptr';
	is(scalar $domain->queries('PTR'), 0, 'No PTR record is asked for.');
};

subtest 'Some of a step that is left out still has to be made' => sub {
	my $domain = domain($OPEN, { '127.0.0.1' => {} });
	for my $arguments (['--skip=ptr,relay'], ['--skip=relay,ptr,relay'],
	    ['--skip=relay', '--skip=ptr']) {
		like($domain->run(@$arguments)->output,
		    qr/^MX OK .*^note: not tested, by --skip: ptr, relay /ms,
		    "@$arguments leaves out both.");
	}
	my $everything = '--skip=dns,ptr,banner,starttls,certificate,relay,'
	    . 'dane,mtasts';
	my @cases = (
		# The server, its zone, the verdict.
		[{}, {}, 'OK'],
		[{ mode => 'refused' }, {}, 'CRITICAL TCP_REFUSED'],
		[{ banner => "554 no\r\n" }, {}, 'CRITICAL BANNER_REFUSED'],
		[{ EHLO => CLOSE }, {}, 'CRITICAL SMTP_CLOSED'],
		[{}, { $MX1 => {} }, 'CRITICAL DNS_MX_NO_ADDRESS'],
	);
	for my $case (@cases) {
		my ($script, $zone, $expected) = @$case;
		my $object = domain($script, $zone)->json($everything);
		is(verdict($object), $expected,
		    "What a delivery depends on counts: $expected.");
		is($object->{score}, $expected eq 'OK' ? 100 : 0,
		    "It has its score: $expected.");
		cmp_ok($object->{tests}{made}, '>', 0,
		    "Points are for what was tested: $expected.");
	}
};

subtest 'The score is 100 less the penalty of every code' => sub {
	my $old = Certs::certificate(key => 'rsa:2048',
	    not_after => Certs::days(-2.5));
	my $pin = '--fingerprint=' . 'ab' x 32;
	my $bare = { '127.0.0.1' => {} };
	my $hello = { banner => "220 hello\r\n" };
	my @cases = (
		# The server, its zone, arguments, the codes.
		[$hello, {}, [], 'BANNER_NO_HOSTNAME'],
		[$hello, $bare, [], 'DNS_PTR_MISSING BANNER_NO_HOSTNAME'],
		[$hello, $bare, ['--severity=DNS_PTR_MISSING=ok'],
		    'BANNER_NO_HOSTNAME'],
		[$hello, {}, ['--severity=BANNER_NO_HOSTNAME=critical'],
		    'BANNER_NO_HOSTNAME'],
		[{ tls => { versions => [1.2] } }, {}, [], ''],
		[{ tls => 0 }, $bare, [],
		    'STARTTLS_NOT_OFFERED DNS_PTR_MISSING'],
		# Found in two certificates, and in two versions.
		[certified(issuer => 'expired-intermediate',
		    not_after => Certs::days(-2.5)), {}, [], 'CERT_EXPIRED'],
		[{ tls => { versions => ['1.0', 1.3],
		    certificate => Certs::certificate(key => 'rsa:2048') } },
		    {}, ['--probe-versions'], 'TLS_VERSION_OLD_ACCEPTED'],
		# More than there are points.
		[{ tls => { versions => ['1.0'], certificate => $old } }, {},
		    [$pin, '--require=DSN'], 'EHLO_MISSING_EXTENSION '
		    . 'TLS_VERSION_OBSOLETE CERT_EXPIRED CERT_PIN_MISMATCH'],
		[$OPEN, {}, [], 'RELAY_OPEN'],
		[{}, $MISMATCH, [], 'DANE_MISMATCH'],
		[{}, $NO_ID, [], 'MTASTS_RECORD_INVALID'],
		[{}, { %$NO_ID, %$bare }, [],
		    'MTASTS_RECORD_INVALID DNS_PTR_MISSING'],
		[{ %$OPEN, %$NO_HANDSHAKE }, {}, [],
		    'TLS_HANDSHAKE RELAY_OPEN'],
		[{ mode => 'refused' }, $bare, [],
		    'TCP_REFUSED DNS_PTR_MISSING'],
		# No verdict, no points lost.
		[{ MAIL => "550 5.7.1 no\r\n" }, {}, [], 'RELAY_INCONCLUSIVE'],
	);
	for my $case (@cases) {
		my ($script, $zone, $arguments, $codes) = @$case;
		my $name = $codes ? "$codes (@$arguments)" : 'notes alone';
		my $score = max(0, 100 - sum0(map { penalty($_) }
		    split / /, $codes));
		my $domain = domain($script, $zone);
		my $object = $domain->json(@$arguments);
		my $run = $domain->run(@$arguments);
		my $told = "score $score, " . coverage($object) . ' tests made';

		is(verdict($object) =~ s/^\w+ ?//r, $codes, "Found: $name.");
		is_deeply([map { $_->{score} } $object, $object->{servers}[0]],
		    [$score, $score], "JSON has the score: $name.");
		is_deeply([map { $_->value } @{perfdata($run)}{'score',
		    "${MX1}_v4_score"}], [$score, $score],
		    "So has the perfdata: $name.");
		like($run->text, qr/; \Q$told\E$/, "So has line 1: $name.");
		like(($run->lines)[1], qr/; \Q$told\E$/,
		    "So has the server's line: $name.");
	}
};

subtest '-w and -c judge the score' => sub {
	my $domain = domain({ banner => "220 hello\r\n" });	# 95
	my @cases = (
		# Arguments, the state of SCORE_LOW, the thresholds shown.
		['', 'none', ';;'], ['-w 95', 'none', ';95:;'],
		['-w 96', 'WARNING', ';96:;'], ['-c 96', 'CRITICAL', ';;96:'],
		['-w 96 -c 90', 'WARNING', ';96:;90:'],
		['-w 99 -c 98', 'CRITICAL', ';99:;98:'],
		['-w 90:', 'none', ';90:;'], ['-w 96:', 'WARNING', ';96:;'],
		['-c @0:95', 'CRITICAL', ';;@95'],
		['-w 0:100', 'none', ';100;'], ['-w 20:90', 'WARNING',
		    ';20:90;'],
		['-c 96 --severity=SCORE_LOW=warning', 'WARNING', ';;96:'],
		['-c 96 --severity=SCORE_LOW=ok', 'OK', ';;96:'],
	);
	for my $case (@cases) {
		my ($arguments, $state, $limits) = @$case;
		my ($low) = grep { $_->{code} eq 'SCORE_LOW' }
		    @{$domain->json(split ' ', $arguments)->{servers}[0]
		    {findings}};
		my $run = $domain->run(split ' ', $arguments);

		is($low ? $low->{state} : 'none', $state,
		    "A score of 95 with '$arguments': $state.");
		like($run->perf_output, qr/ score=95\Q$limits\E;0;100 /,
		    "The thresholds are shown: '$arguments'.");
		is($run->state, $state eq 'CRITICAL' ? $state : 'WARNING',
		    "They decide: '$arguments'.");
	}
	like($domain->run('-c', 96)->text, qr/\bscore 95\b.*96.*\(SCORE_LOW\)/,
	    'Line 1 tells the score and the threshold.');
};

subtest 'What was not reached is not tested, and why' => sub {
	my $greeting = 'EHLO, STARTTLS, certificate, relaying not tested: '
	    . 'no 220 greeting';
	my $ehlo = 'STARTTLS, certificate, relaying not tested: no EHLO';
	my $session = 'certificate not tested: no TLS session';
	my $again = EACH(DEFAULT, CLOSE);
	my @cases = (
		# What is wrong, the server, what is told, arguments.
		['nobody listens', { mode => 'refused' }, 'banner, EHLO, '
		    . 'STARTTLS, certificate, relaying not tested: '
		    . 'no connection'],
		['nobody listens', { mode => 'refused' }, 'banner, EHLO, '
		    . 'relaying not tested: no connection', '--skip=starttls'],
		['a refusal', { banner => "554 no\r\n" }, $greeting],
		['a busy server', { banner => "421 no\r\n" }, $greeting],
		['no SMTP', { banner => "SSH-2.0-x\r\n" }, $greeting],
		['a cut before the greeting', { banner => CLOSE }, $greeting],
		['EHLO refused', { EHLO => "502 no\r\n", HELO => "502 no\r\n" },
		    $ehlo],
		['our name refused', { EHLO => "550 no\r\n",
		    HELO => "550 no\r\n" }, $ehlo],
		['a cut after EHLO', { EHLO => CLOSE }, $ehlo],
		['no STARTTLS', { tls => 0 }, $session],
		['STARTTLS refused', { STARTTLS => "454 no\r\n" }, $session],
		['a failed handshake', $NO_HANDSHAKE, $session],
		['a cut inside TLS', { EHLO => $again }, 'relaying not tested: '
		    . 'the session broke off'],
	);
	for my $case (@cases) {
		my ($name, $script, $told, @arguments) = @$case;
		my @lines = domain($script)->run(@arguments)->lines;
		like($lines[1], qr/ \Q$told (NOT_TESTED)\E; score /,
		    "With $name (@arguments) the line says what, and why.");
	}
	my @further = map { domain($cases[$_][1])->json } 0, 2, 6, 9 .. 12;
	my @made = map { $_->{tests}{made} } @further;
	is_deeply(\@made, [sort { $a <=> $b } uniq @made],
	    'The further the dialogue comes, the more tests are made.');
	is_deeply([uniq map { $_->{tests}{planned} } @further], [$TESTS],
	    'All of them were planned.');
};

subtest 'What could not be told is neither pass nor failure' => sub {
	my @cases = (
		# The server, its zone, the verdict, arguments, the note.
		[{}, {}, 'OK', ['--trusted'], 
		    qr/relaying not tested, we are allowed.*RELAY_TRUSTED/],
		[recipients('250 Ok', '450 4.2.0 Later'), {}, 'OK', [],
		    qr/RELAY_GREYLISTED/],
		[recipients('550 No', '550 No'), {},
		    'UNKNOWN RELAY_INCONCLUSIVE', [],
		    qr/relaying not tested.*RELAY_INCONCLUSIVE/],
		[{}, { '127.0.0.1' => { PTR => 'servfail' } }, 'OK', [],
		    qr/PTR not tested.*SERVFAIL.*NOT_TESTED/],
	);
	for my $case (@cases) {
		my ($script, $zone, $expected, $arguments, $note) = @$case;
		my $domain = domain($script, $zone);
		my $object = $domain->json(@$arguments);
		is(verdict($object), $expected, "$note: $expected.");
		is($object->{score}, 100, "$note: no points are lost.");
		is(coverage($object), $TESTS - 2 . " of $TESTS",
		    "$note: two tests were not made.");
		like(($domain->run(@$arguments)->lines)[1], $note,
		    "$note: it is told without -v.");
	}
};

done_testing;

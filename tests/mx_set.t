#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx at the servers of a domain together: the score of the worst one, who
# loses mail, what they differ in, and whether a time-out of all is our fault.

use v5.36;
use FindBin;
use List::Util qw(sum);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeMX;
use MailDomain;

my $REPORT = '--output-format=report';
my $JSON = '--output-format=json';
my $EHLO = "EHLO $MailDomain::EHLO";
my $DOWN = { mode => 'refused' };
my $BLACK_HOLE = { mode => 'full' };
my $CLEAR = { tls => 0 };
my $BUSY = { banner => "421 later\r\n" };
my $MUST_TLS = "530 5.7.0 Must issue a STARTTLS command first\r\n";
my $NO_HANDSHAKE = { tls => { handshake => ALERT(40) } };
my $NO_MAIL = { MAIL => "550 5.7.1 No\r\n" };
my %SENDER = (plain => 'plain sender', tls_requiring => 'TLS-requiring sender',
    mta_sts => 'MTA-STS sender (Google, Microsoft, Yahoo)',
    dane => 'DANE sender (Postfix, Exim, Exchange Online)',
    ipv4_only => 'IPv4-only sender', ipv6_only => 'IPv6-only sender');
my @SENDERS = qw(plain tls_requiring mta_sts dane ipv4_only ipv6_only);
my %LETTER;
@LETTER{@SENDERS} = qw(p t m d 4 6);
my $V6 = { address => '::1' };

# Of these TLS versions.
sub versions (@versions) {
	return { tls => { versions => \@versions,
	    certificate => Certs::certificate(key => 'rsa:2048',
	    names => [map { "mx$_.example.com" } 1 .. 3]) } };
}

sub perf_values ($run, @labels) {
	my $perfdata = perfdata($run);
	return map { $perfdata->{$_} ? $perfdata->{$_}->value : undef }
	    @labels;
}

subtest 'The worst score is that of the domain' => sub {
	my $domain = MailDomain->new([{}, { banner => "220 hello\r\n" },
	    $CLEAR]);
	my $run = $domain->run('-c', 80);
	my $object = $domain->json('-c', 80);
	my ($made, $planned) = map { my $what = $_;
	    sum(map { $_->{tests}{$what} } @{$object->{servers}}) }
	    qw(made planned);

	is_deeply([map { $_->{score} } $object, @{$object->{servers}}],
	    [70, 100, 95, 70], 'JSON has it, and that of each server.');
	is_deeply([perf_values($run, 'score', map {
	    "mx$_.example.com_v4_score" } 1 .. 3)], [70, 100, 95, 70],
	    'So has the perfdata.');
	is_deeply($object->{tests}, { made => $made, planned => $planned },
	    'The tests of all servers are added up.');
	like($run->text, qr/; score 70, $made of $planned tests made$/,
	    'Line 1 tells both.');
	is(() = $run->output =~ /\(SCORE_LOW\)/g, 1,
	    'Only the worst is below the threshold.');

	$domain = MailDomain->new([{}, {}]);
	is($domain->json('--expect-mx=mx2.example.com')->{score},
	    100 - penalty('DNS_MX_UNEXPECTED'),
	    'What is wrong with the domain costs points.');
	is($domain->json('--expect-mx=mx3.example.com',
	    '--severity=DNS_MX_MISSING=ok')->{score},
	    100 - penalty('DNS_MX_UNEXPECTED'),
	    'Two MX records that are not expected cost them once.');
};

subtest '--quorum leaves the score as it is' => sub {
	my $domain = MailDomain->new([$DOWN, {}]);
	for my $case (['CRITICAL'], ['WARNING', '--quorum=1'],
	    ['CRITICAL', '--quorum=2']) {
		my ($state, @arguments) = @$case;
		my $object = $domain->json(@arguments);
		is($object->{state}, $state,
		    "One of two down (@arguments): $state.");
		is($object->{score}, 0, "The worst one's score (@arguments).");
	}
};

subtest 'Two names of one address are two servers, one after the other' => sub {
	my $domain = MailDomain->new([certified(names => ['*.example.com'])], {
		'example.com' => { MX => ['10 mx1.example.com',
		    '20 mx2.example.com'] },
		'mx2.example.com' => { A => ['127.0.0.1'] },
	});
	is((perf_values($domain->run, 'servers_ok'))[0], 2, 'Both are OK.');
	is_deeply([map { $_->{together} } $domain->mx(1)->connections], [1, 1],
	    'Each has its connection, one at a time.');
};

# Zones with TLSA records of mx1: of the certificate, of none, of no use, not
# signed. And records of MTA-STS that lead to no policy.
sub records ($number, @records) {
	return sub ($port) { tlsa($number, $port, @records) };
}
my $NO_DIGEST = '3 1 1 ' . 'ab' x 32;
my $MATCH = records(1, '3 1 1');
my $MISMATCH = records(1, $NO_DIGEST);
my $UNUSABLE = records(1, '1 1 1');
my $BOGUS = sub ($port) { { "_$port._tcp.mx1.example.com" => 'servfail' } };
my $UNSIGNED = sub ($port) {
	return { "_$port._tcp.mx1.example.com" =>
	    { TLSA => { answer => [$NO_DIGEST], ad => 0 } } };
};
sub sts ($record, $policy_host = {}) {
	return { '_mta-sts.example.com' => $record,
	    'mta-sts.example.com' => $policy_host };
}

# "all CODE" of all servers, "mx2 CODE" of one, "domain CODE", "address".
sub loss_pattern ($short) {
	my ($who, $code) = split / /, $short;
	return qr/^all of it, no server has an IPv[46] address$/
	    if $who eq 'address';
	return qr/^example\.com: [^|]+ \($code\)$/ if $who eq 'domain';
	return qr/^all of it, no server takes it; mx\d\.\S+.*: .*\($code\)$/
	    if $who eq 'all';
	return qr/^what\ goes\ to\ $who\..*:\ .*\ \($code\);
	    \ \d\ of\ \d\ servers\ take\ it$/x;
}

# "+" delivers, "-" does not, "?" is not known; as the senders above.
sub delivery ($delivers) {
	return join '', map { !defined ? '?' : $_ ? '+' : '-' }
	    @$delivers{@SENDERS};
}

sub loses ($case) {
	my ($name, $expected, $scripts, $zone, $arguments, %loss) = @$case;
	my $domain = MailDomain->new($scripts, $zone // {},
	    ad => delete $loss{ad} // 1);
	my $object = $domain->json(@$arguments);
	my $report = $domain->run(@$arguments, $REPORT)->output;
	my ($told) = $report =~ /^Who loses mail\?\n(.*?)\n\n/ms;
	my @lines = $domain->run(@$arguments)->output
	    =~ /^Who loses mail\? (.*)$/mg;
	my %why = map { /^([^:]+): (.*)/ } @lines;

	$loss{6} = 'address' if $expected =~ /-$/ && !grep { /6/ } keys %loss;
	my %pattern = map { my $letters = $_;
	    map { ($_ => loss_pattern($loss{$letters})) } split //, $letters }
	    keys %loss;
	my @losing = grep { $pattern{$LETTER{$_}} } @SENDERS;

	is(delivery($object->{delivers}), $expected, "$name: $expected.");
	is_deeply([sort keys %why], [sort @SENDER{@losing}],
	    "$name: a line for each that loses mail.");
	like($why{$SENDER{$_}}, $pattern{$LETTER{$_}},
	    "$name: why $SENDER{$_}s do.") for @losing;
	is(join(' ', split ' ', $told // ''),
	    join(' ', @lines) || ($expected =~ /\+/
	    ? 'nobody, as far as was tested' : 'not known, nothing was tested'),
	    "$name: the report says the same.");
	return $object;
}

subtest 'Who loses mail?' => sub {
	my $null = { 'example.com' => { MX => ['0 .'] } };
	my $mx = { MX => ['10 mx1.example.com', '20 mx2.example.com'] };
	my $nowhere = { 'mx1.example.com' => {} };
	my @cases = (
		# Name, who delivers, servers, zone, arguments, whose mail is
		# lost and why; IPv6-only senders' by default for want of one;
		# ad => 0: the resolver does not validate.
		['A good server', '+++++-', [{}]],
		['Of which only IPv4 is asked', '+++++?', [{}], {}, ['-4']],
		['Of which only IPv6 is asked', '?????-', [{}], {}, ['-6']],
		['Known by its address', '++??+?', [certified(names =>
		    ['127.0.0.1'])], {}, ['-H', '127.0.0.1']],
		['An expired certificate', '+++++-', [certified(
		    not_after => Certs::days(-2.5))]],
		['An open relay', '+++++-', [recipients('250 Ok', '250 Ok')]],
		['No STARTTLS', '+-+++-', [$CLEAR], {}, [],
		    t => 'all STARTTLS_NOT_OFFERED'],
		['HELO only', '+-+++-', [{ EHLO => "502 No\r\n" }], {}, [],
		    t => 'all STARTTLS_NOT_OFFERED'],
		['STARTTLS stripped', '+-+++-', [{ extensions =>
		    ['XXXXXXXA'] }], {}, [], t => 'all STARTTLS_STRIPPED'],
		['STARTTLS refused', '+-+++-', [{ STARTTLS => "454 No\r\n" }],
		    {}, [], t => 'all STARTTLS_REFUSED'],
		['Plaintext behind the 220', '+-+++-', [{ STARTTLS =>
		    ["220 go\r\n250 x\r\n", START_TLS] }], {}, [],
		    t => 'all STARTTLS_INJECTION'],
		['A failed handshake', '+-+++-', [$NO_HANDSHAKE], {}, [],
		    t => 'all TLS_HANDSHAKE'],
		['TLS 1.0', '+-+++-', [versions('1.0')], {}, [],
		    t => 'all TLS_VERSION_OBSOLETE'],
		['TLS 1.1', '+-+++-', [versions(1.1)], {}, [],
		    t => 'all TLS_VERSION_OBSOLETE'],
		['TLS not tested', '+?+++-', [{}], {}, ['--skip=starttls']],
		['No connection', '------', [$DOWN], {}, [],
		    ptmd4 => 'all TCP_REFUSED'],
		['A refusal', '------', [{ banner => "554 No\r\n" }], {}, [],
		    ptmd4 => 'all BANNER_REFUSED'],
		['EHLO refused', '------', [{ EHLO => "502 No\r\n",
		    HELO => "502 No\r\n" }], {}, [],
		    ptmd4 => 'all EHLO_REFUSED'],
		['TLS demanded, and failing', '?-???-', [{ MAIL => $MUST_TLS,
		    %$NO_HANDSHAKE }], {}, [], t => 'all TLS_HANDSHAKE'],
		['A busy server', '?????-', [$BUSY]],
		['Our name refused', '?????-', [{ EHLO => "550 No\r\n",
		    HELO => "550 No\r\n" }]],
		['Our mail refused', '?????-', [$NO_MAIL]],
		['Our mail refused, no STARTTLS', '?-???-', [{ %$NO_MAIL,
		    %$CLEAR }], {}, [], t => 'all STARTTLS_NOT_OFFERED'],
		['Its own recipient refused', '?????-',
		    [recipients('550 No', '550 No')]],
		['Greylisting', '+++++-', [recipients('250 Ok', '450 Later')]],
		['The outside domain refused', '+++++-',
		    [recipients('250 Ok', '550 5.1.2 Bad domain')]],

		['No such domain', '------', [], { 'example.com' =>
		    'nxdomain' }, [], ptmd46 => 'domain DNS_NXDOMAIN'],
		['A domain that fails', '------', [], { 'example.com' =>
		    'servfail' }, [], ptmd46 => 'domain DNS_SERVFAIL'],
		['A resolver that refuses', '??????', [], { 'example.com' =>
		    'refused' }],
		['A null MX', '------', [], $null, [],
		    ptmd46 => 'domain DNS_NULL_MX'],
		['A null MX that is right', '??????', [], $null,
		    ['--expect-null-mx']],
		['No address', '------', [{}], $nowhere, [],
		    ptmd => 'all DNS_MX_NO_ADDRESS', 46 => 'address'],
		# What one server refuses plain senders give to the next one.
		['No address, but one server more', '+++++-', [{}, {}],
		    $nowhere],

		['A record that matches', '+++++-', [{}], $MATCH],
		['A record that does not', '+++-+-', [{}], $MISMATCH, [],
		    d => 'all DANE_MISMATCH'],
		['A stale record beside it', '+++++-', [{}],
		    records(1, '3 1 1', $NO_DIGEST)],
		['Records of no use', '+++++-', [{}], $UNUSABLE],
		['Records that fail', '+++-+-', [{}], $BOGUS, [],
		    d => 'all DANE_BOGUS'],
		['Records that are not signed', '+++++-', [{}], $UNSIGNED],
		['Records, no STARTTLS', '+-+-+-', [$CLEAR], $MATCH, [],
		    td => 'all STARTTLS_NOT_OFFERED'],
		['Records of no use, no STARTTLS', '+-+-+-', [$CLEAR],
		    $UNUSABLE, [], td => 'all STARTTLS_NOT_OFFERED'],
		['Records, and a failed handshake', '+-+-+-', [$NO_HANDSHAKE],
		    $MATCH, [], td => 'all TLS_HANDSHAKE'],
		['Records, and TLS not tested', '+?+?+-', [{}], $MATCH,
		    ['--skip=starttls']],
		['Records not asked for', '+++?+-', [{}], $MISMATCH,
		    ['--skip=dane']],
		['Records that nobody validated', '+++?+-', [{}], $MISMATCH,
		    [], ad => 0],
		['Records that nobody validated, no connection', '------',
		    [$DOWN], $MATCH, [], ad => 0, ptmd4 => 'all TCP_REFUSED'],
		['Records of a dead host', '------', [$DOWN], $MATCH, [],
		    ptmd4 => 'all TCP_REFUSED'],
		['Records of a busy host', '?????-', [$BUSY], $MATCH],
		['A record of one of two that matches not', '+++++-', [{}, {}],
		    $MISMATCH, [], d => 'mx1 DANE_MISMATCH'],
		['A record of the other, too', '+++-+-', [{}, {}], sub ($port) {
		    return { %{$MISMATCH->($port)},
			%{tlsa(2, $port, $NO_DIGEST)} } }, [],
		    d => 'all DANE_MISMATCH'],

		['MTA-STS not asked for', '++?++-', [{}], {},
		    ['--skip=mtasts']],
		['An MTA-STS record that fails', '++?++-', [{}],
		    sts('servfail')],
		['An MTA-STS record that is broken', '+++++-', [{}],
		    sts({ TXT => ['"v=STSv1;"'] })],
		# Some senders will know an older policy.
		['A policy host that does not exist', '++?++-', [{}],
		    sts({ TXT => ['"v=STSv1; id=1"'] }, 'nxdomain')],
		['A policy host that fails', '++?++-', [{}],
		    sts({ TXT => ['"v=STSv1; id=1"'] }, 'servfail')],

		['One of two down', '+++++-', [{}, $DOWN]],
		['One of two busy', '+++++-', [$BUSY, {}]],
		['One of two without STARTTLS', '+++++-', [{}, $CLEAR], {}, [],
		    t => 'mx2 STARTTLS_NOT_OFFERED'],
		['One down, one without STARTTLS', '+-+++-', [$DOWN, $CLEAR],
		    {}, [], t => 'all STARTTLS_NOT_OFFERED'],
	);
	loses($_) for @cases;

	my @of = @{loses(['Each by itself', '+++++-', [$CLEAR, {}, $BUSY], {},
	    [], t => 'mx1 STARTTLS_NOT_OFFERED'])->{servers}};
	is_deeply([map { delivery($_->{delivers}) } @of],
	    ['+-+++-', '+++++-', '?????-'], 'JSON tells it for each server.');
};

subtest 'Who loses mail where there is IPv6?' => sub {
	need('ipv6');
	loses($_) for (
		['IPv6 alone', '++++-+', [$V6], {}, [], 4 => 'address'],
		['IPv4 and IPv6', '++++++', [{}, $V6]],
		['IPv4, and IPv6 that is down', '+++++-', [{}, { %$V6,
		    %$DOWN }], {}, [], 6 => 'all TCP_REFUSED'],
	);
};

# Which a public MX must not do (RFC 3207), but some do.
subtest 'Who loses mail where port 25 insists on TLS?' => sub {
	need('root');
	my %script = (address => '127.0.0.87', port => 25,
	    MAIL => sub ($, $connection) {
		return $connection->{tls} ? DEFAULT : $MUST_TLS;
	    });
	eval { FakeMX->new(%script) } or plan(skip_all => 'port 25 is taken');
	loses($_) for (
		['TLS that works', '+++++-', [\%script]],
		['TLS that works, not tested', '+++++-', [\%script], {},
		    ['--skip=starttls']],
		['TLS that fails', '------', [{ %script, %$NO_HANDSHAKE }], {},
		    [], pmd4 => 'all STARTTLS_REQUIRED',
		    t => 'all TLS_HANDSHAKE'],
	);
};

subtest 'What servers differ in is a note' => sub {
	my $size = sub ($size) { +{ extensions => ['STARTTLS', $size] } };
	my @cases = (
		# Name, servers, arguments, what is told.
		['Equal ones', [{}, {}, {}], []],
		['Another order, other letters', [{ extensions => ['STARTTLS',
		    'DSN', 'SIZE 10'] }, { extensions => ['size 10', 'dsn',
		    'StartTLS'] }], []],
		['TLS', [versions(1.3), versions(1.2)], [],
		    qr/TLS.*1\.3 at mx1\S*,.* 1\.2 at mx2/],
		['TLS of the third', [versions(1.3), versions(1.3),
		    versions(1.2)], [], qr/TLS.*1\.2 at mx3/],
		['No TLS', [{}, $CLEAR], [], qr/TLS.*at mx2/],
		['Old versions, not asked for', [versions('1.0', 1.3),
		    versions(1.2, 1.3)], []],
		['Old versions', [versions('1.0', 1.3), versions(1.2, 1.3)],
		    ['--probe-versions'], qr/TLS.*1\.0 at mx1\S*,.* at mx2/],
		['SIZE', [map { $size->("SIZE $_") } 1000, 2000], [],
		    qr/SIZE.*\b1000 at mx1\S*, 2000 at mx2/],
		['SIZE without TLS', [map { $size->("SIZE $_") } 1000, 2000],
		    ['--skip=starttls'], qr/SIZE.*\b1000 at mx1/],
		['An extension', [{ extensions => ['STARTTLS', 'DSN'] },
		    { extensions => ['STARTTLS', 'SMTPUTF8'] }], [],
		    qr/mx2\S* lacks DSN.*mx1\S* lacks SMTPUTF8/],
		['An extension inside TLS', [{ extensions_tls => ['DSN'] },
		    { extensions_tls => ['DSN', '8BITMIME'] }], [],
		    qr/mx1\S* lacks 8BITMIME/],
		['One that is down', [{}, $DOWN], []],
		['One that is busy', [{}, $BUSY], []],
	);
	for my $case (@cases) {
		my ($name, $scripts, $arguments, $told) = @$case;
		my $domain = MailDomain->new($scripts);
		my $object = $domain->json(@$arguments);
		my $run = $domain->run(@$arguments, '-v');
		my ($finding, @more) = grep { $_->{code} eq 'SET_DIFFERS' }
		    @{$object->{findings}};

		is(scalar @more, 0, "$name: one note at most.");
		is(!!$finding, !!$told, "$name: a note, if any.");
		next if !$told;
		is($finding->{state}, 'OK', "$name: it counts for nothing.");
		like($finding->{text}, $told, "$name: it says what.");
		like($run->output, qr/^note: \Q$finding->{text} (SET_DIFFERS)/m,
		    "$name: -v tells it.");
		unlike($domain->run(@$arguments)->output, qr/SET_DIFFERS/,
		    "$name: nothing does without.");
	}
	my $domain = MailDomain->new([$size->('SIZE 5'), { %{$size->('SIZE 6')},
	    hostname => 'mx1.example.com' }], {
		'example.com' => { MX => ['10 mx1.example.com'] },
		'mx1.example.com' => { A => ['127.0.0.1', '127.0.0.2'] },
	});
	like($domain->run('-v')->output,
	    qr/\b5 at 127\.0\.0\.1, 6 at 127\.0\.0\.2\b/,
	    'Two addresses of one host are told by their address.');
	like($domain->run($REPORT)->output, qr/^Notes .*\(SET_DIFFERS\)/ms,
	    'The report has it among the notes.');
};

subtest 'Is it us? --egress-check' => sub {
	my @gone = ($BLACK_HOLE, $BLACK_HOLE);
	my ($answering, $unasked, $blocked, $refusing) = FakeMX->group(map {
	    +{ address => "127.0.0.$_->[0]", mode => $_->[1] } }
	    [11, 'serve'], [12, 'serve'], [13, 'full'], [14, 'refused']);
	my $port = $answering->port;
	my @cases = (
		# What answers, servers, the host to ask, the verdict.
		['Nobody', \@gone, "127.0.0.13:$port",
		    'UNKNOWN TCP_EGRESS_BLOCKED'],
		['The other host', \@gone, "far.test:$port",
		    'CRITICAL TCP_TIMEOUT'],
		['The other host, refusing', \@gone, "127.0.0.14:$port",
		    'CRITICAL TCP_TIMEOUT'],
		['Not even the DNS', \@gone, 'nowhere.test',
		    'CRITICAL TCP_TIMEOUT'],
		['One server', [$BLACK_HOLE, {}], "127.0.0.12:$port",
		    'CRITICAL TCP_TIMEOUT'],
		['One server, refusing', [$BLACK_HOLE, $DOWN],
		    "127.0.0.12:$port", 'CRITICAL TCP_TIMEOUT TCP_REFUSED'],
		['All servers, without a word', [({ mode => 'mute' }) x 2],
		    "127.0.0.12:$port", 'CRITICAL BANNER_TIMEOUT'],
	);
	my @domains = map { MailDomain->new($_->[1],
	    { 'far.test' => { A => ['127.0.0.11'] } }) } @cases;
	my $call = sub ($case, @more) {
		return $domains[$case]->command('-t', 2, '-c', 1,
		    "--egress-check=$cases[$case][2]", @more);
	};
	my ($run, $no_dns, $report, @json) = check_all($call->(0),
	    $call->(3), $call->(0, $REPORT), map { $call->($_, $JSON) }
	    keys @cases);
	my ($object, @others) = map { object($_) } @json;

	is(verdict($_->[0]) =~ s/ SCORE_LOW//r, $_->[1][3],
	    "What answers: $_->[1][0]. $_->[1][3].")
	    for map { [($object, @others)[$_], $cases[$_]] } keys @cases;
	is_deeply([map { $_->{commands} } $answering->connections], [['QUIT']],
	    'The other host is left politely.');
	is_deeply([$unasked->connections], [],
	    'It is not asked while there is a server that can be reached.');
	like($no_dns->output, qr/^note: .*\bnowhere\.test: .*\(NOT_TESTED\)$/m,
	    'That it could not be asked is told.');

	like($run->text, qr/^every\ server\ timed\ out\ and\ so\ did
	    \ 127\.0\.0\.13\b.*\ \(TCP_EGRESS_BLOCKED\);\ 0\ of\ 2\ servers
	    \ OK,\ 2\ not\ tested;\ no\ score,/x,
	    'Line 1 tells that it is us.');
	is(scalar(grep { /^\[UNKNOWN\] .* not tested: no connection / }
	    $run->lines), 2, 'No server was tested.');
	unlike($run->output, qr/TCP_TIMEOUT|SCORE_LOW/, 'None is to blame.');
	is_deeply([perf_values($run, 'score', 'mx1.example.com_v4_score')],
	    [undef, undef], 'None has a score.');
	is_deeply([map { $_->{state} } grep { $_->{code} eq 'TCP_TIMEOUT' }
	    map { @{$_->{findings}} } @{$object->{servers}}], ['OK', 'OK'],
	    'Their time-outs are notes.');
	is_deeply([map { $_->{score} } $object, @{$object->{servers}}],
	    [undef, undef, undef], 'JSON has no score either.');
	is(delivery($object->{delivers}), '?????-',
	    'Who loses mail cannot be told.');
	is(() = $report->output =~ /^  -- +TCP /mg, 2,
	    'In the report the connections are marked as not tested.');
};

# All of them in one run, which none of them holds up.
subtest 'Servers that hang have their codes, the others their verdicts' => sub {
	my $second = EACH(DEFAULT, SILENCE);
	my @cases = (
		# The server, its verdict.
		[{}, 'OK'],
		[$BLACK_HOLE, 'CRITICAL TCP_TIMEOUT'],
		[{ mode => 'mute' }, 'CRITICAL BANNER_TIMEOUT'],
		[{ EHLO => SILENCE }, 'CRITICAL SMTP_TIMEOUT'],
		[{ STARTTLS => SILENCE }, 'CRITICAL SMTP_TIMEOUT'],
		[{ tls => { handshake => SILENCE } }, 'CRITICAL TLS_TIMEOUT'],
		[{ EHLO => $second }, 'CRITICAL SMTP_TIMEOUT'],
		[{ MAIL => SILENCE }, 'CRITICAL SMTP_TIMEOUT'],
		[{ RCPT => $second }, 'CRITICAL SMTP_TIMEOUT'],
		[{}, 'OK'],	# whose PTR record hangs
	);
	my $timeout = 3;
	my $domain = MailDomain->new([map { $_->[0] } @cases],
	    { '127.0.0.' . @cases => { PTR => 'timeout' } });
	my ($run, @objects) = check_all($domain->command('-t', $timeout),
	    map { $domain->command('-t', $_, $JSON) } $timeout,
	    "$timeout:unknown");
	my @objects_of = map { object($_) } @objects;
	my @servers = @{$objects_of[0]{servers}};
	my $all = $servers[0]{tests}{made};

	for my $number (1 .. @cases) {
		my $expected = $cases[$number - 1][1];
		is(verdict($servers[$number - 1]), $expected,
		    "mx$number: $expected.");
		is(verdict($objects_of[1]{servers}[$number - 1]),
		    $expected =~ s/CRITICAL/UNKNOWN/r,
		    "mx$number: -t $timeout:unknown says what it counts as.");
	}
	is_deeply([map { $servers[$_]{tests}{made} } 7, 8, 9], [($all - 2) x 3],
	    'What is not answered is no test.');
	like($run->output, qr/^\[CRITICAL\] .* mx$_\..* relaying not tested: /m,
	    "mx$_: that relaying was not tested is told.") for 6 .. 9;
	ok(grep({ $_->{code} eq 'NOT_TESTED' && $_->{text} =~ /^PTR / }
	    @{$servers[9]{findings}}), 'So is that the PTR record was not.');
	is_deeply([map { $_->{commands} } $domain->mx(6)->connections],
	    [([$EHLO, 'STARTTLS']) x 3],
	    'No connection is made when the time is over.');
	cmp_ok($run->seconds, '<', $timeout + 1,
	    'It ends within the time-out and a second.')
	    unless $ENV{CHECK_MX_WRAPPER};
};

done_testing;

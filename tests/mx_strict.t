#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx and what strict senders go by, TLSA records and MTA-STS policies: the
# questions that it asks, whose answers it believes, and what counts. That real
# senders see it so is tested in real/dane.t and real/mtasts.t.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;
use MailDomain;

# With root's rights in a network of our own: with port 443, /etc/hosts, and an
# address for a resolver that is none of loopback.
my $own_network = $> == 0 && !Lab::Namespace::hindrance();
Lab::Namespace::enter() if $own_network;

my $MX1 = 'mx1.example.com';
my $DISTANT = '192.0.2.254';
my $POLICY_HOST = '127.0.0.60';
my $NO_DIGEST = '3 1 1 ' . 'ab' x 32;
my $SOA = ['a.example. b.example. 1 2 3 4 5'];
my @TRUST = ('--ca-file', Certs::ca_file());

# A zone with TLSA records of mx1, and more; one with any answer about them.
sub records (@records) {
	return sub ($port) { tlsa(1, $port, @records) };
}
sub answering ($answer, %more) {
	return sub ($port) {
		return { "_$port._tcp.$MX1" => { TLSA => $answer }, %more };
	};
}

# Without the AD bit that the other answers have.
sub unsigned ($answer) { return { answer => $answer, ad => 0 } }

# The object of a run of another plugin.
sub object_by ($plugin, $domain, @arguments) {
	my (undef, @command) = @{$domain->command(@arguments,
	    '--output-format=json')};
	my %name = %{pop @command};

	return object(check($plugin, @command, { name => "$name{name} "
	    . "($plugin)." }));
}

# Every code that was found, notes too.
sub codes ($object) {
	return { map { $_->{code} => 1 } map { @{$_->{findings}} } $object,
	    @{$object->{servers}} };
}

sub missed ($object) { $object->{tests}{planned} - $object->{tests}{made} }

# What a run asks of the DNS: "NAME TYPE", "_25" for the port that it was told.
sub questions ($domain, @arguments) {
	my ($dns, $port) = ($domain->{dns}, $domain->mx(1)->port);
	my @before = $dns->queries;

	$domain->run(@arguments);
	my @queries = $dns->queries;
	return map {
		my $name = $_->{name} =~ s/^_$port\b/_25/r;
		+{ %$_, text => ($name || '.') . " $_->{type}" };
	} @queries[@before .. $#queries];
}

subtest 'Each question is asked once, and none that is left out.' => sub {
	my $mx = 'example.com MX';
	my @host = ("$MX1 A", "$MX1 AAAA");
	my $tlsa = "_25._tcp.$MX1 TLSA";
	my @ptr = ('1.0.0.127.in-addr.arpa PTR', "$MX1 A");	# and back
	my @sts = ('_mta-sts.example.com TXT', '_smtp._tls.example.com TXT');
	my @parents = ('com SOA', '. SOA');
	my @cases = (
		# Whether the resolver validates, arguments, what is asked with
		# a wish for proof, and what without.
		[1, '', [$mx, @host, $tlsa], @ptr, @sts],
		[1, '-4', [$mx, $host[0], $tlsa], @ptr, @sts],
		[1, '--skip=mtasts', [$mx, @host, $tlsa], @ptr],
		[1, '--skip=dane', [], $mx, @host, @ptr, @sts],
		[1, '--skip=dane,mtasts', [], $mx, @host, @ptr],
		[1, '--skip=mtasts,ptr --skip=dane', [], $mx, @host],
		[1, "-H $MX1", [@host, $tlsa, 'example.com SOA', @parents],
		    @ptr],
		[1, "-H $MX1 -d example.com", [@host, $tlsa, @parents], @ptr,
		    @sts],
		[1, "-H $MX1 -d example.com --skip=dane,mtasts", [], @host,
		    @ptr],
		[1, '-H 127.0.0.1 --skip=ptr', []],
		# It may show at a parent that it does validate.
		[0, '', [$mx, @host, $tlsa, @parents], @ptr, @sts],
		[0, '--skip=dane,mtasts', [], $mx, @host, @ptr],
	);
	for my $case (@cases) {
		my ($ad, $arguments, $proven, @plain) = @$case;
		my $domain = MailDomain->new([{}], records('3 1 1'), ad => $ad);
		my @questions = questions($domain, split ' ', $arguments);
		my $name = $ad ? "With '$arguments'"
		    : "Of a resolver that does not validate, '$arguments'";

		is_deeply([sort map { $_->{text} } grep { $_->{do} }
		    @questions], [sort @$proven],
		    "$name: these are to be proven.");
		is_deeply([sort map { $_->{text} } grep { !$_->{do} }
		    @questions], [sort @plain], "$name: these are not.");
	}

	my $domain = MailDomain->new([{}], {
		'_mta-sts.example.com' => { TXT => ['"v=STSv1; id=1"'] },
		'mta-sts.example.com' => 'nodata' });
	is_deeply([sort grep { /mta-sts/ } map { $_->{text} }
	    questions($domain)], ['_mta-sts.example.com TXT',
	    map { "mta-sts.example.com $_" } qw(A AAAA)],
	    'The policy host is looked up where there is a record.');
};

subtest 'A resolver that does not validate is a note.' => sub {
	my @cases = (
		# What it says of TLSA, a zone.
		['a record that matches', records('3 1 1')],
		['a record that does not', records($NO_DIGEST)],
		['no record', {}],
		['a failure', answering('servfail')],
	);
	for my $case (@cases) {
		my ($name, $zone) = @$case;
		my $domain = MailDomain->new([{}], $zone, ad => 0);
		my $object = $domain->json;
		my $run = $domain->run;

		is(verdict($object), 'OK', "With $name it is OK.");
		is($run->return_code, 0, "With $name the exit code is 0.");
		is_deeply([grep { /^DANE/ } keys %{codes($object)}],
		    ['DANE_UNTRUSTED_RESOLVER'],
		    "With $name nothing is said of DANE but that.");
		like($run->output, qr/^note:\ DANE\ not\ tested:\ .*validate.*
		    \ \(DANE_UNTRUSTED_RESOLVER\)$/mx,
		    "With $name it is told without -v.");
		is($object->{score}, 100, "With $name it costs no points.");
		is(missed($object), 3, "With $name three tests are not made.");
		is($object->{delivers}{dane}, undef,
		    "With $name nobody knows about DANE senders.");
		is(verdict($domain->json('--trust-ad')), 'OK',
		    "With $name there is nothing that --trust-ad could trust.");
		is(object_by('check_mx_dane', $domain)->{state}, 'UNKNOWN',
		    "With $name check_mx_dane has no verdict.");
		is_deeply([grep { /^DANE/ } keys %{codes(
		    $domain->json('--skip=dane'))}], [],
		    "With $name --skip=dane says nothing.");
	}
	my $domain = MailDomain->new([{}], records($NO_DIGEST), ad => 0);
	my $severity = '--severity=DANE_UNTRUSTED_RESOLVER=warning';
	is(verdict($domain->json($severity)), 'WARNING DANE_UNTRUSTED_RESOLVER',
	    'Whoever wants it to count can say so.');
	is(verdict($domain->json('-H', $MX1, '--skip=relay')), 'OK',
	    'A host is treated so.');
	ok(codes($domain->json('-H', $MX1))->{DANE_UNTRUSTED_RESOLVER},
	    'With a host, too, it is told.');
	ok(!codes($domain->json('-H', '127.0.0.1'))->{DANE_UNTRUSTED_RESOLVER},
	    'With an address there is nothing to tell.');
	is(verdict(MailDomain->new([{ mode => 'refused' }], {}, ad => 0)->json),
	    'CRITICAL TCP_REFUSED', 'It hides nothing.');
};

subtest 'An unsigned zone is told from a blind resolver.' => sub {
	for my $parent ('com', '.') {
		for my $case (
			# TLSA records, verdicts of check_mx and check_mx_dane.
			[[], 'OK', 'WARNING DANE_INSECURE'],
			[['3 1 1'], ('WARNING DANE_INSECURE') x 2],
			[[$NO_DIGEST], ('WARNING DANE_INSECURE') x 2],
		) {
			my ($records, $expected, $by_dane) = @$case;
			my $domain = MailDomain->new([{}], sub ($port) {
				return { %{tlsa(1, $port, @$records)},
				    $parent => { SOA => { answer => $SOA,
				    ad => 1 } } };
			}, ad => 0);
			my $object = $domain->json;
			my $name = "'@$records', $parent is signed";

			is(verdict($object), $expected, "$name: $expected.");
			is(missed($object), 0, "$name: all was tested.");
			is($object->{delivers}{dane}, JSON::PP::true,
			    "$name: DANE senders are plain ones.");
			is(verdict(object_by('check_mx_dane', $domain)),
			    $by_dane, "$name: $by_dane by check_mx_dane.");
		}
	}
};

subtest 'A resolver on any loopback address is believed.' => sub {
	for my $listen ('127.0.0.9', '::1') {
		if ($listen eq '::1' && !CheckMX::_available('ipv6')) {
			die "ipv6 is missing\n" if $ENV{CHECK_MX_REQUIRE_ALL};
			next;
		}
		my $domain = MailDomain->new([{}], records($NO_DIGEST),
		    listen => $listen);
		is(verdict($domain->json), 'CRITICAL DANE_MISMATCH',
		    "The one at $listen is.");
	}
};

subtest 'A distant resolver is believed if the user says so.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my @cases = (
		# TLSA records, verdicts with --trust-ad and without.
		[['3 1 1'], 'OK', 'OK'],
		[[$NO_DIGEST], 'CRITICAL DANE_MISMATCH', 'OK'],
		[[], 'OK', 'OK'],
	);
	for my $case (@cases) {
		my ($records, $trusted, $else) = @$case;
		my $domain = MailDomain->new([{}], records(@$records),
		    listen => $DISTANT);
		my $object = $domain->json;

		is(verdict($object), $else, "'@$records': $else.");
		is(missed($object), 3, "'@$records': DANE is not tested.");
		like($domain->run->output, qr/^note:\ DANE\ not\ tested:\ .*
		    \ on\ this\ host\ \(DANE_UNTRUSTED_RESOLVER\)$/mx,
		    "'@$records': why is told.");
		$object = $domain->json('--trust-ad');
		is(verdict($object), $trusted, "'@$records': $trusted, if "
		    . 'trusted.');
		is(missed($object), 0, "'@$records': then all is tested.");
	}
	my $domain = MailDomain->new([{}], records($NO_DIGEST));
	is(verdict($domain->json('--nameserver', "$DISTANT:53")), 'OK',
	    'One of two that is distant is enough not to believe them.');
};

subtest 'TLSA records count in check_mx as they do in check_mx_dane.' => sub {
	my $expired = { tls => { certificate => Certs::certificate(
	    names => [$MX1], not_after => Certs::days(-2.5)) } };
	my $of_expired = '3 1 1 ' . Certs::tlsa('3 1 1',
	    $expired->{tls}{certificate}{cert});
	my $issuer = '2 1 1 ' . Certs::tlsa('2 1 1',
	    Certs::authority_file('intermediate'));
	my $other_issuer = '2 1 1 ' . Certs::tlsa('2 1 1',
	    Certs::authority_file('other-root'));
	my $alias = sub ($where, @records) {
		return sub ($port) {
			my ($set) = values %{tlsa(1, $port, @records)};
			return { 'example.com' => { MX =>
			    ['10 alias.example.com'] },
			    'alias.example.com' => { CNAME => [$MX1] },
			    "_$port._tcp.$where" => $set };
		};
	};
	my $cname = '--severity=DNS_MX_CNAME=ok';
	my @match = ('--match', $MX1);
	my $none = 'CRITICAL DANE_NONE';
	my $mismatch = 'CRITICAL DANE_MISMATCH';
	my $insecure = 'WARNING DANE_INSECURE';
	my $no_tls = 'CRITICAL STARTTLS_NOT_OFFERED';
	my @cases = (
		# Name, zone, verdicts of check_mx and check_mx_dane, a note if
		# there has to be one, the server, arguments of check_mx.
		['3 1 1', records('3 1 1'), 'OK', 'OK'],
		['3 0 1', records('3 0 1'), 'OK', 'OK'],
		['3 0 2', records('3 0 2'), 'OK', 'OK'],
		['3 1 0', records('3 1 0'), 'OK', 'OK'],
		['2 1 1 of the issuer', records($issuer), 'OK', 'OK'],
		['2 1 1 of another', records($other_issuer), $mismatch,
		    $mismatch],
		['2 1 1 of the leaf', records('2 1 1'), $mismatch, $mismatch],
		['3 1 1 of nobody', records($NO_DIGEST), $mismatch, $mismatch],
		['3 1 1 twice, once of nobody', records($NO_DIGEST, '3 1 1'),
		    'OK', 'OK'],
		['1 1 1 beside a good one', records('1 1 1', '3 1 1'), 'OK',
		    'OK'],
		['1 1 1 beside a bad one', records('1 1 1', $NO_DIGEST),
		    $mismatch, $mismatch],
		['1 1 1 alone', records('1 1 1'), ('WARNING DANE_UNUSABLE')
		    x 2],
		['3 1 1 of half a digest', records('3 1 1 ' . 'ab' x 16),
		    ('WARNING DANE_UNUSABLE') x 2],
		['none', {}, 'OK', $none, 'DANE_NONE'],
		['nodata', answering('nodata'), 'OK', $none, 'DANE_NONE'],
		['SERVFAIL', answering('servfail'), ('CRITICAL DANE_BOGUS')
		    x 2],
		['REFUSED', answering('refused'), 'OK', 'UNKNOWN DNS_RESOLVER',
		    'NOT_TESTED'],
		['unsigned records', answering(unsigned([$NO_DIGEST])),
		    $insecure, $insecure],
		['an unsigned address', answering([$NO_DIGEST], $MX1 =>
		    { A => unsigned(['127.0.0.1']) }), ($insecure) x 2],
		['an unsigned MX', sub ($port) {
			return { %{tlsa(1, $port, '3 1 1')}, 'example.com' =>
			    { MX => unsigned(["10 $MX1"]) } };
		    }, $insecure, $insecure],
		['an unsigned MX, a mismatch', answering([$NO_DIGEST],
		    'example.com' => { MX => unsigned(["10 $MX1"]) }),
		    "$mismatch DANE_INSECURE", "$mismatch DANE_INSECURE"],
		['no MX record', sub ($port) {
			return { "_$port._tcp.example.com" =>
			    { TLSA => [$NO_DIGEST] },
			    'example.com' => { A => ['127.0.0.1'] } };
		    }, "$mismatch DNS_IMPLICIT_MX", $mismatch, undef, {},
		    @match],
		['an alias, with records where it leads',
		    $alias->($MX1, '3 1 1'), 'OK', 'OK', undef, {}, @match,
		    $cname],
		['an alias with records', $alias->('alias.example.com',
		    '3 1 1'), 'OK', 'OK', undef, {}, @match, $cname],
		['an expired certificate', records($of_expired),
		    'CRITICAL CERT_EXPIRED', 'OK', undef, $expired],
		['no STARTTLS', records('3 1 1'), $no_tls, $no_tls, undef,
		    { tls => 0 }],
		['no handshake', records('3 1 1'), ('CRITICAL TLS_HANDSHAKE')
		    x 2, undef, { tls => { handshake => ALERT(40) } }],
		['TLS from the first byte', records('3 1 1'), 'OK', 'OK',
		    undef, { tls => { implicit => 1 } }, '--ssl'],
	);
	for my $case (@cases) {
		my ($name, $zone, $by_mx, $by_dane, $note, $script,
		    @arguments) = @$case;
		my $domain = MailDomain->new([$script // {}], $zone);
		my $object = $domain->json(@arguments);

		is(verdict($object), $by_mx, "$name: $by_mx.");
		ok(codes($object)->{$note}, "$name: $note is a note.")
		    if $note;
		is(verdict(object_by('check_mx_dane', $domain, grep {
		    /^--s/ } @arguments)), $by_dane,
		    "$name: $by_dane by check_mx_dane.");
		is(codes($object)->{DANE_STALE_RECORD}, undef,
		    "$name: check_mx, which sees one certificate, calls no "
		    . 'record stale.');
	}
	ok(codes(object_by('check_mx_dane', MailDomain->new([{}],
	    records($NO_DIGEST, '3 1 1'))))->{DANE_STALE_RECORD},
	    'check_mx_dane does.');
	is(MailDomain->new([{}], answering('refused'))->json->{score}, 100,
	    'A name server that refuses one question leaves us the score.');
	my $object = MailDomain->new([{ tls => { versions => ['1.2'] } }],
	    records('3 1 1'))->json('--min-tls=1.3');
	is($object->{delivers}{dane}, JSON::PP::true,
	    'That we want TLS 1.3 is no matter to DANE senders.');
	is($object->{score}, 70, 'So it costs what it costs elsewhere.');
	my @many = map { sprintf '3 1 1 %064x', $_ } 1 .. 70;
	is(object_by('check_mx_dane', MailDomain->new([{}],
	    records(@many)))->{state}, 'UNKNOWN',
	    'More records than are looked at, and no match: nobody knows.');
};

subtest 'Some servers with records, others without.' => sub {
	my $domain = MailDomain->new([{}, {}], records('3 1 1'));
	my $object = $domain->json;

	is(verdict($object), 'WARNING DANE_PARTIAL', 'That is a WARNING.');
	is_deeply([map { $_->{state} } @{$object->{servers}}], ['OK', 'OK'],
	    'It is one of the domain, not of the servers.');
	like($domain->run->text, qr/mx2\.example\.com.*\(DANE_PARTIAL\)/,
	    'The server without is named.');
	is_deeply([map { $_->{score} } $object, @{$object->{servers}}],
	    [(100 - penalty('DANE_PARTIAL')) x 3], 'It costs points.');
	is(verdict(object_by('check_mx_dane', $domain)),
	    'WARNING DANE_PARTIAL', 'So it is in check_mx_dane.');
};

subtest 'Silence about one thing does not hold up the others.' => sub {
	my ($true, $false) = (JSON::PP::true, JSON::PP::false);
	my $dane = qr/^CRITICAL (?:DANE_BOGUS|DNS_TIMEOUT)$/;
	my @cases = (
		# What it is silent about, its zone, the verdict, whether DANE
		# senders and MTA-STS senders deliver.
		['TLSA', answering('timeout'), $dane, $false, $true],
		['the MTA-STS record', { '_mta-sts.example.com' => 'timeout' },
		    qr/^OK$/, $true, undef],
		['the TLSRPT record', { '_smtp._tls.example.com' => 'timeout' },
		    qr/^OK$/, $true, $true],
		['the parents', { '.' => 'timeout', 'com' => 'timeout',
		    'example.com' => { MX => unsigned(["10 $MX1"]) } },
		    qr/^OK$/, $true, $true],
	);
	my @domains = map { MailDomain->new([{}], $_->[1]) } @cases;
	my @runs = check_all(map { $_->command('-t', 4,
	    '--output-format=json') } @domains);

	for my $case (@cases) {
		my ($name, undef, $expected, $by_dane, $by_mtasts) = @$case;
		my $object = object(shift @runs);

		like(verdict($object), $expected, "$name: the verdict.");
		is_deeply([@{$object->{delivers}}{qw(plain dane mta_sts)}],
		    [$true, $by_dane, $by_mtasts], "$name: who delivers.");
		ok($object->{servers}[0]{relay}, "$name: all steps are made.");
		cmp_ok($object->{seconds}, '<', 4.5, "$name: in time.")
		    unless $ENV{CHECK_MX_WRAPPER};
	}
};

subtest 'Would the records match after the next renewal?' => sub {
	my $next = Certs::certificate(names => [$MX1], key => 'ec:secp384r1');
	my $record = '3 1 1 ' . Certs::tlsa('3 1 1', $next->{cert});
	my @cases = (
		# Records, the verdict.
		[['3 1 1'], 'CRITICAL DANE_RENEWAL_BREAKS'],
		[['3 1 1', $record], 'OK'],
		[[$record], 'CRITICAL DANE_MISMATCH'],
	);
	for my $case (@cases) {
		my ($records, $expected) = @$case;
		my $domain = MailDomain->new([{}], records(@$records));
		is(verdict(object_by('check_mx_dane', $domain,
		    "--next-cert=$next->{chain}")), $expected,
		    "'@$records': $expected.");
	}
};

subtest 'A host by name, and /etc/hosts.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my $ours = $Lab::Namespace::HOST;	# 127.0.0.1 by /etc/hosts
	my $mx = FakeMX->new(hostname => $ours);
	my @command = ('check_mx', '-H', $ours, '-p', $mx->port, @TRUST,
	    '-F', $MailDomain::EHLO, '--output-format=json', '--trusted');
	my %ptr = ('127.0.0.1' => { PTR => [$ours] });
	my $match = '3 1 1 ' . Certs::tlsa('3 1 1', Certs::certificate(
	    names => [$ours])->{cert});
	my $tlsa = sub ($record) {
		return ('_' . $mx->port . "._tcp.$ours" =>
		    { TLSA => [$record] });
	};
	my %silent = map { ($_ => 'timeout') } '.', 'test', 'lab.test', $ours,
	    keys %{{$tlsa->('')}};
	my @cases = (
		# The DNS, its zone, the verdict, arguments.
		['knows nothing', {}, 'OK', '--no-ptr'],
		['knows the name only', { $ours => 'nodata' }, 'OK',
		    '--no-ptr'],
		['knows another address', { %ptr, $ours =>
		    { A => ['127.0.0.99'] } }, 'OK', '--no-ptr'],
		['knows a record', { %ptr, $ours => { A => ['127.0.0.1'] },
		    $tlsa->($match) }, 'OK'],
		['knows a wrong record', { %ptr, $ours =>
		    { A => ['127.0.0.1'] }, $tlsa->($NO_DIGEST) },
		    'CRITICAL DANE_MISMATCH'],
		['knows a wrong record', { %ptr, $ours =>
		    { A => ['127.0.0.1'] }, $tlsa->($NO_DIGEST) }, 'OK',
		    '--skip=dane'],
		['is silent', \%silent, 'OK', '--skip=dane,ptr'],
		['is silent', \%silent, 'OK', '--skip=ptr', '-t', 4],
	);
	for my $case (@cases) {
		my ($what, $zone, $expected, @arguments) = @$case;
		my $dns = FakeDNS->new(listen => $Lab::Namespace::RESOLVER,
		    port => 53, ad => 1, zone => $zone);
		my $object = object(check(@command, @arguments));
		my $name = "The DNS $what (@arguments)";

		is_deeply([map { $_->{address} } @{$object->{servers}}],
		    ['127.0.0.1'], "$name: /etc/hosts counts.");
		is(verdict($object), $expected, "$name: $expected.");
		is(scalar(grep { $_->{type} =~ /TLSA|SOA/ } $dns->queries), 0,
		    "$name: no TLSA record is asked for.")
		    if grep { /dane/ } @arguments;
		is(scalar(grep { $_->{name} eq $ours } $dns->queries), 0,
		    "$name: nobody asks what /etc/hosts has said.")
		    if grep { /dane,ptr/ } @arguments;
		ok(!grep({ $_->{text} =~ /does not validate/ }
		    @{$object->{findings}}),
		    "$name: what did not answer is not called names.")
		    if $zone == \%silent;
	}
};

subtest 'The records of MTA-STS and TLSRPT count by themselves.' => sub {
	my $record = ['"v=STSv1; id=1"'];
	my $reports = ['"v=TLSRPTv1; rua=mailto:tls@example.com"'];
	my ($with, $without) = map { MailDomain->new([{}])->json($_)
	    ->{tests}{planned} } '-4', '--skip=mtasts';
	my $all = $with - $without;
	is($all, 6, 'Each code that may be found is a test: RECORD_INVALID, '
	    . 'FETCH, POLICY_INVALID, SHORT_MAX_AGE, MX_NOT_LISTED, '
	    . 'TLSRPT_INVALID.');
	my @cases = (
		# TXT of _mta-sts and _smtp._tls, the policy host, the verdict,
		# notes, the tests not made.
		['nodata', 'nodata', {}, 'OK', 'MTASTS_NONE TLSRPT_NONE', 0],
		['nodata', $reports, {}, 'OK', 'MTASTS_NONE', 0],
		['nodata', ['"v=TLSRPTv1"'], {}, 'WARNING TLSRPT_INVALID',
		    'MTASTS_NONE', 0],
		[['"v=STSv1; id="'], $reports, {},
		    'CRITICAL MTASTS_RECORD_INVALID', '', 0],
		[$record, $reports, 'nodata', 'CRITICAL MTASTS_FETCH', '', 0],
		[$record, $reports, 'nxdomain', 'CRITICAL MTASTS_FETCH', '', 0],
		[$record, $reports, 'servfail', 'CRITICAL MTASTS_FETCH', '', 0],
		['servfail', $reports, {}, 'OK', 'NOT_TESTED', $all - 1],
		['refused', $reports, {}, 'OK', 'NOT_TESTED', $all - 1],
		['servfail', 'servfail', {}, 'OK', 'NOT_TESTED NOT_TESTED',
		    $all],
		['nodata', 'servfail', {}, 'OK', 'MTASTS_NONE NOT_TESTED', 1],
	);
	for my $case (@cases) {
		my ($txt, $rpt, $host, $expected, $notes, $missed) = @$case;
		my $domain = MailDomain->new([{}], {
			'_mta-sts.example.com' => { TXT => $txt },
			'_smtp._tls.example.com' => { TXT => $rpt },
			'mta-sts.example.com' => $host });
		my $object = $domain->json;
		my $name = join ', ', map { ref eq 'ARRAY' ? @$_
		    : ref ? 'no such host' : $_ } $txt, $rpt, $host;

		is(verdict($object), $expected, "$name: $expected.");
		is(join(' ', grep { !/^DNS_/ } map { $_->{code} }
		    grep { $_->{state} eq 'OK' } @{$object->{findings}}),
		    $notes, "$name: the notes.");
		is(missed($object), $missed, "$name: the tests not made.");
	}
	my $domain = MailDomain->new([{}], {
	    '_mta-sts.example.com' => { TXT => ['"v=STSv1;"'] } });
	my @arguments = ('-H', $MX1, '-d', 'example.com');
	my $whole = $domain->json(@arguments);
	is(verdict($whole), 'CRITICAL MTASTS_RECORD_INVALID',
	    'A domain named beside the host has its policy.');
	cmp_ok($whole->{tests}{planned}, '>', $domain->json(@arguments,
	    '--skip=mtasts')->{tests}{planned}, 'Which is tested, then.');
};

subtest 'A policy counts by its mode, and by what servers do.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my $policy = sub (%field) {
		%field = (mode => 'enforce', mx => $MX1, max_age => 604_800,
		    %field);
		return "version: STSv1\n" . join '', map {
		    "$_: $field{$_}\n" } sort keys %field;
	};
	my $enforce = $policy->();
	my $testing = $policy->(mode => 'testing');
	my $elsewhere = $policy->(mx => 'mx9.example.com');
	my $clear = { tls => 0 };
	my $expired = certified(not_after => Certs::days(-2.5));
	my $misnamed = certified(names => ['other.example.com']);
	my $old = { tls => { versions => [1.1], certificate =>
	    Certs::certificate(names => [$MX1], key => 'rsa:2048') } };
	my $would = 'MTASTS_WOULD_FAIL';
	my ($yes, $no) = (JSON::PP::true, JSON::PP::false);
	my @cases = (
		# Name, policy, the server, verdicts of check_mx and
		# check_mx_mtasts, whether such senders deliver (undef: some
		# will know an older policy), the score.
		['Enforced', $enforce, {}, 'OK', 'OK', $yes, 100],
		['Tested', $testing, {}, 'OK', 'OK', $yes, 100],
		['Mode none', $policy->(mode => 'none'), {}, 'OK',
		    'CRITICAL MTASTS_NONE', $yes, 100],
		['Not a policy', "mode: enforce\n", {},
		    ('CRITICAL MTASTS_POLICY_INVALID') x 2, undef, 85],
		['A day less a second', $policy->(max_age => 86_399), {},
		    ('WARNING MTASTS_SHORT_MAX_AGE') x 2, $yes, 95],
		['Another host, enforced', $elsewhere, {},
		    ('CRITICAL MTASTS_MX_NOT_LISTED') x 2, $no, 20],
		['Another host, tested', $policy->(mode => 'testing',
		    mx => 'mx9.example.com'), {},
		    ('WARNING MTASTS_MX_NOT_LISTED') x 2, $yes, 85],
		['A wildcard', $policy->(mx => '*.example.com'), {}, 'OK',
		    'OK', $yes, 100],
		['No STARTTLS, enforced', $enforce, $clear,
		    "CRITICAL STARTTLS_NOT_OFFERED $would",
		    "CRITICAL $would", $no, 0],
		['No STARTTLS, tested', $testing, $clear,
		    'CRITICAL STARTTLS_NOT_OFFERED', 'OK', $yes, 70],
		['Expired, enforced', $enforce, $expired,
		    "CRITICAL CERT_EXPIRED $would", "CRITICAL $would", $no,
		    0],
		['Expired, tested', $testing, $expired,
		    'CRITICAL CERT_EXPIRED', 'OK', $yes, 70],
		['Misnamed, enforced', $enforce, $misnamed,
		    "CRITICAL CERT_NAME_MISMATCH $would", "CRITICAL $would",
		    $no, 0],
		['TLS 1.1, enforced', $enforce, $old,
		    "CRITICAL TLS_VERSION_OBSOLETE $would",
		    "CRITICAL $would", $no, 0],
	);
	my %zone = ('_mta-sts.example.com' => { TXT => ['"v=STSv1; id=1"'] },
	    'mta-sts.example.com' => { A => [$POLICY_HOST] });
	for my $case (@cases) {
		my ($name, $text, $script, $by_mx, $by_mtasts, $delivers,
		    $score) = @$case;
		my $web = FakeMX->new(address => $POLICY_HOST,
		    policy_host($text));
		my $domain = MailDomain->new([$script], \%zone);
		my $object = $domain->json;

		is(verdict($object), $by_mx, "$name: $by_mx.");
		is(verdict(object_by('check_mx_mtasts', $domain)), $by_mtasts,
		    "$name: $by_mtasts by check_mx_mtasts.");
		is($object->{delivers}{mta_sts}, $delivers,
		    "$name: whether such senders deliver.");
		is($object->{score}, $score, "$name: the score.");
		is(missed($domain->json('--skip=mtasts')), missed($object),
		    "$name: all about MTA-STS was tested.");
	}

	my $web = FakeMX->new(address => $POLICY_HOST, policy_host($testing));
	my $domain = MailDomain->new([{}], \%zone);
	ok(codes($domain->json)->{MTASTS_TESTING}, 'That it tests is noted.');
	for my $plugin ('check_mx', 'check_mx_mtasts') {
		is(verdict(object_by($plugin, $domain,
		    '--require-mode=enforce')), 'WARNING MTASTS_MODE',
		    "$plugin tells whoever wants it to be enforced.");
		is(verdict(object_by($plugin, $domain,
		    '--min-max-age=604801')), 'WARNING MTASTS_SHORT_MAX_AGE',
		    "$plugin may be asked for a longer max_age.");
	}
	is($domain->json('--require-mode=enforce')->{tests}{planned},
	    $domain->json->{tests}{planned} + 1, 'That is a test more.');
	is($domain->json('--skip=starttls')->{delivers}{mta_sts},
	    JSON::PP::true, 'A policy in testing asks nothing of TLS.');
	$web->finish;
	$web = FakeMX->new(address => $POLICY_HOST, policy_host($enforce));
	is($domain->json('--skip=starttls')->{delivers}{mta_sts}, undef,
	    'Where TLS is not tested nobody knows about one in force.');
};

done_testing;

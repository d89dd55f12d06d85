#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# From a domain or a host name to the servers to test, and what is said of a
# DNS that errs; check_mx_banner is the vehicle.

use v5.36;
use utf8;
use Encode qw(encode_utf8);
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;

# With root's rights all of it happens in a network of our own, where this
# host has whatever addresses, resolver and names a case needs.
my $own_network = $> == 0 && !Lab::Namespace::hindrance();
Lab::Namespace::enter() if $own_network;

# One server is all the hosts: it listens on every loopback address.
my $mx = FakeMX->new(address => '0.0.0.0');
my @PORT = ('-p', $mx->port);

# A name server for one zone, and a run that asks it: ($run, $dns).
sub ask ($zone, @arguments) {
	my $dns = FakeDNS->new(zone => $zone);
	return (check('check_mx_banner', @PORT, '--nameserver', $dns->address,
	    @arguments), $dns);
}

# The verdict of line 1 with its code, if any: "CRITICAL DNS_NXDOMAIN".
sub verdict ($run) {
	my ($code) = $run->text =~ /\(([A-Z]+_[A-Z0-9_]+)\)(?:;|$)/;
	return join ' ', $run->state, $code // ();
}

# What was tested, in the order of the lines: "10 mx1.example.com 127.0.0.1".
sub servers ($run) {
	return map { /^\[[A-Z ]+\] ((?:\d+ )?\S+) \[(\S+)\]:/ ? "$1 $2" : () }
	    $run->lines;
}

sub connections () { scalar(my @all = $mx->connections) }

# How many connections a piece of code makes.
sub connections_of ($code) {
	my $before = connections();
	$code->();
	return connections() - $before;
}

# A zone with these MX records; each host has one address of its own.
sub zone_of (@records) {
	my $last = 1;
	my %host = map { (split ' ')[1], undef } @records;
	return {
		'example.com' => { MX => [@records] },
		map { ($_, { A => ['127.0.0.' . $last++] }) } sort keys %host,
	};
}

subtest 'Servers come by preference, then name, then address.' => sub {
	my ($run, $dns) = ask({
		'example.com' => { MX => ['20 mx-a.example.com',
		    '10 mx-c.example.com', '10 mx-b.example.com',
		    '0 mx-z.example.com', '100 mx-d.example.com'] },
		'mx-a.example.com' => { A => ['127.0.0.1'] },
		'mx-b.example.com' => { A => ['127.0.0.10', '127.0.0.9'],
		    AAAA => ['::1'] },
		'mx-c.example.com' => { A => ['127.0.0.4'] },
		'mx-d.example.com' => { A => ['127.0.0.6'] },
		'mx-z.example.com' => { A => ['127.0.0.5'] },
	}, '-d', 'example.com');
	is_deeply([servers($run)], [
		'0 mx-z.example.com 127.0.0.5',
		'10 mx-b.example.com 127.0.0.9',
		'10 mx-b.example.com 127.0.0.10',
		'10 mx-b.example.com ::1',
		'10 mx-c.example.com 127.0.0.4',
		'20 mx-a.example.com 127.0.0.1',
		'100 mx-d.example.com 127.0.0.6',
	], 'IPv4 comes before IPv6, and addresses are numbers.');
	is_deeply([$run->perf_output =~ /(\S+_time)=/g], [
		'mx-z.example.com_v4_time', 'mx-b.example.com_v4_time',
		'mx-b.example.com_v4_2_time', 'mx-b.example.com_v6_time',
		'mx-c.example.com_v4_time', 'mx-a.example.com_v4_time',
		'mx-d.example.com_v4_time',
	], 'Their labels tell family and number.');
	is(perfdata($run)->{servers}->value, 7, 'An address is a server.');
	is(verdict($run), 'CRITICAL TCP_REFUSED',
	    'A dead IPv6 is not masked by a healthy IPv4.');

	my @queries = $dns->queries;
	is_deeply([sort map { "$_->{name} $_->{type}" } @queries],
	    [sort 'example.com MX', map { my $host = "mx-$_.example.com";
	    map { "$host $_" } qw(A AAAA) } qw(a b c d z)],
	    'Each name is asked for once, and nothing else.');
	is($queries[0]{type}, 'MX', 'The MX records come first.');
	is_deeply([grep { !$_->{edns} || $_->{transport} ne 'udp' } @queries],
	    [], 'EDNS is spoken, over UDP.');
};

subtest 'Both families can be healthy.' => sub {
	need('ipv6');
	my ($six, $four) = FakeMX->group({ address => '::1' },
	    { address => '127.0.0.1' });
	my $dns = FakeDNS->new(listen => '::1', zone => {
		'example.com' => { MX => ['10 mx1.example.com'] },
		'mx1.example.com' => { A => ['127.0.0.1'], AAAA => ['::1'] },
	});
	my @arguments = ('-d', 'example.com', '-p', $six->port,
	    '--nameserver', $dns->address);
	my @four = '10 mx1.example.com 127.0.0.1';
	my @six = '10 mx1.example.com ::1';
	my %wanted = ('' => [@four, @six], '-4' => \@four, '-6' => \@six);

	for my $option (sort keys %wanted) {
		my $run = check('check_mx_banner', @arguments, $option);
		is($run->state, 'OK', "An IPv6 name server with '$option'.");
		is_deeply([servers($run)], $wanted{$option},
		    "'$option' tests the family that it names.");
	}
};

# Rows of: what the DNS is like, its zone, the verdict of the domain, the
# number of connections, and further arguments.
sub domain_cases (@rows) {
	for my $row (@rows) {
		my ($what, $zone, $verdict, $count, @arguments) = @$row;
		my $run;
		is(connections_of(sub {
			($run) = ask($zone, '-d', 'example.com', @arguments);
		}), $count, "With $what there are $count connections.");
		is(verdict($run), $verdict, "With $what it is $verdict.")
		    or diag($run->as_text);
	}
}

subtest 'What the DNS says of the domain is told apart.' => sub {
	my $mx_is = sub ($answer) { { 'example.com' => { MX => $answer } } };
	domain_cases(
		['an absent domain', {}, 'CRITICAL DNS_NXDOMAIN', 0],
		['SERVFAIL for the MX', $mx_is->('servfail'),
		    'CRITICAL DNS_SERVFAIL', 0],
		['silence for the MX', $mx_is->('timeout'),
		    'CRITICAL DNS_TIMEOUT', 0, '-t', 1],
		['REFUSED for the MX', $mx_is->('refused'),
		    'UNKNOWN DNS_RESOLVER', 0, '-t', 2],
		['FORMERR for the MX', $mx_is->('formerr'),
		    'UNKNOWN DNS_RESOLVER', 0, '-t', 2],
		['NOTIMP for the MX', $mx_is->('notimp'),
		    'UNKNOWN DNS_RESOLVER', 0, '-t', 2],
		['garbage for the MX', $mx_is->('garbage'),
		    'UNKNOWN DNS_RESOLVER', 0, '-t', 2],
		['neither MX nor address', { 'example.com' =>
		    { TXT => ['x'] } }, 'CRITICAL DNS_NO_MAIL_HOST', 0],
		['an address instead of MX', { 'example.com' =>
		    { A => ['127.0.0.1'] } }, 'OK', 1],
		['an empty non-terminal', { 'www.example.com' =>
		    { A => ['127.0.0.1'] } }, 'CRITICAL DNS_NO_MAIL_HOST', 0],
		['a SERVFAIL that an address stands beside', { 'example.com' =>
		    { MX => 'servfail', A => ['127.0.0.1'] } },
		    'CRITICAL DNS_SERVFAIL', 0],
		['a null MX', $mx_is->(['0 .']), 'CRITICAL DNS_NULL_MX', 0],
		['a null MX and an address', { 'example.com' =>
		    { MX => ['0 .'], A => ['127.0.0.1'] } },
		    'CRITICAL DNS_NULL_MX', 0],
		['a null MX of another preference', $mx_is->(['10 .']),
		    'CRITICAL DNS_NULL_MX', 0],
		['a null MX among others', { 'example.com' => { MX => ['0 .',
		    '10 mx1.example.com'] }, 'mx1.example.com' =>
		    { A => ['127.0.0.1'] } }, 'CRITICAL DNS_NULL_MX_MIXED', 1],
		['a domain that is an alias', { 'example.com' =>
		    { CNAME => ['example.net'] }, 'example.net' =>
		    { MX => ['10 mx.example.net'] }, 'mx.example.net' =>
		    { A => ['127.0.0.1'] } }, 'OK', 1],
		['an alias that leads nowhere', { 'example.com' =>
		    { CNAME => ['example.net'] } }, 'CRITICAL DNS_NXDOMAIN', 0],
		['an alias of itself', { 'example.com' =>
		    { CNAME => ['example.com'] } }, 'CRITICAL DNS_SERVFAIL', 0],
	);
};

subtest 'What the DNS says of a host is told apart.' => sub {
	my $host_is = sub (%host) {
		return { 'example.com' => { MX => ['10 mx1.example.com'],
		    A => ['127.0.0.9'] }, 'mx1.example.com' => {%host} };
	};
	domain_cases(
		['an MX without address', $host_is->(TXT => ['x']),
		    'CRITICAL DNS_MX_NO_ADDRESS', 0],
		['an MX that does not exist', { 'example.com' =>
		    { MX => ['10 mx1.example.com'], A => ['127.0.0.9'] } },
		    'CRITICAL DNS_MX_NO_ADDRESS', 0],
		['SERVFAIL for its addresses', $host_is->(A => 'servfail',
		    AAAA => 'servfail'), 'CRITICAL DNS_SERVFAIL', 0],
		['silence for its addresses', $host_is->(A => 'timeout',
		    AAAA => 'timeout'), 'CRITICAL DNS_TIMEOUT', 0, '-t', 1],
		['REFUSED for its addresses', $host_is->(A => 'refused',
		    AAAA => 'refused'), 'UNKNOWN DNS_RESOLVER', 0, '-t', 2],
		['one family that fails', $host_is->(A => ['127.0.0.1'],
		    AAAA => 'servfail'), 'OK', 1],
		['one family that is not answered', $host_is->(
		    A => ['127.0.0.1'], AAAA => 'timeout'), 'OK', 1, '-t', 3],
		['one family that fails and none of the other', $host_is->(
		    AAAA => 'servfail'), 'CRITICAL DNS_SERVFAIL', 0],
		['no address of the family asked for', $host_is->(
		    A => ['127.0.0.1']), 'CRITICAL DNS_MX_NO_ADDRESS', 0,
		    '-6'],
		['an address in place of the host', { 'example.com' =>
		    { MX => ['10 127.0.0.1'] } },
		    'CRITICAL DNS_MX_IS_ADDRESS', 0],
		['an IPv6 address in place of the host', { 'example.com' =>
		    { MX => ['10 2001:db8::1'] } },
		    'CRITICAL DNS_MX_IS_ADDRESS', 0],
		['an MX that is an alias', { 'example.com' =>
		    { MX => ['10 mx1.example.com'] }, 'mx1.example.com' =>
		    { CNAME => ['real.example.com'] }, 'real.example.com' =>
		    { A => ['127.0.0.1'] } }, 'OK', 1],
		['a host named twice', { 'example.com' => { MX =>
		    ['10 mx1.example.com', '20 MX1.Example.com'] },
		    'mx1.example.com' => { A => ['127.0.0.1'] } }, 'OK', 1],
		['an address given twice', $host_is->(
		    A => ['127.0.0.1', '127.0.0.1']), 'OK', 1],
	);
	my ($run) = ask($host_is->(A => ['127.0.0.1'], AAAA => 'servfail'),
	    '-d', 'example.com');
	like($run->output, qr/\(NOT_TESTED\)/,
	    'That a family was not tested is said without -v.');
	($run) = ask(zone_of('10 mx1.example.com', '10 mx2.example.com',
	    '20 .'), '-d', 'example.com');
	is_deeply([servers($run)], ['10 mx1.example.com 127.0.0.2',
	    '10 mx2.example.com 127.0.0.3'],
	    'The hosts beside a null MX are tested.');
};

subtest 'A host that is well is tested whatever becomes of the others.' =>
    sub {
	my $zone = {
		'example.com' => { MX => [map { "$_ mx$_.example.com" }
		    1 .. 5] },
		'mx1.example.com' => { A => 'timeout', AAAA => 'timeout' },
		'mx2.example.com' => { A => 'servfail', AAAA => 'servfail' },
		'mx3.example.com' => { A => { answer => ['127.0.0.3'],
		    delay => 0.5 } },
		'mx5.example.com' => { A => ['127.0.0.5'] },
	};
	my ($run) = ask($zone, '-d', 'example.com', '-t', 3);
	is(verdict($run), 'CRITICAL DNS_TIMEOUT', 'The first one is told.');
	my (undef, @lines) = $run->lines;
	for my $line (qr/^\[CRITICAL\] 1 mx1\.example\.com - .*\(DNS_TIMEOUT\)/,
	    qr/^\[CRITICAL\] 2 mx2\.example\.com - .*\(DNS_SERVFAIL\)/,
	    qr/^\[OK\] 3 mx3\.example\.com \[127\.0\.0\.3\]/,
	    qr/^\[CRITICAL\] 4 mx4\.example\.com - .*\(DNS_MX_NO_ADDRESS\)/,
	    qr/^\[OK\] 5 mx5\.example\.com \[127\.0\.0\.5\]/) {
		like(shift @lines, $line, 'Each has its line and verdict.');
	}
	is(perfdata($run)->{servers}->value, 2, 'Servers have addresses.');
};

subtest 'Look-ups are made side by side.' => sub {
	# One after the other they would take more than the time there is.
	my $zone = zone_of(map { "10 mx$_.example.com" } 1 .. 10);
	$zone->{"mx$_.example.com"} = { A => { answer => ["127.0.0.$_"],
	    delay => 0.5 }, AAAA => { answer => 'nodata', delay => 0.5 } }
	    for 1 .. 10;
	my ($run) = ask($zone, '-d', 'example.com', '-t', 4);
	is($run->state, 'OK', 'Ten slow hosts are found in time.')
	    or diag($run->as_text);
};

subtest 'A dead host does not take the time of the others.' => sub {
	my ($dead, @healthy) = FakeMX->group({ mode => 'full' },
	    map { +{ address => "127.0.0.$_" } } 2 .. 4);
	my $dns = FakeDNS->new(zone => zone_of(map { "$_ mx$_.example.com" }
	    1 .. 4));
	my $run = check('check_mx_banner', '-d', 'example.com', '-p',
	    $dead->port, '--nameserver', $dns->address, '-t', 2);
	is(verdict($run), 'CRITICAL TCP_TIMEOUT', 'The dead one is told.');
	is(perfdata($run)->{servers_ok}->value, 3, 'The others are OK.');
};

subtest 'The next name server is asked where one is of no use.' => sub {
	my $good = FakeDNS->new(zone => zone_of('10 mx1.example.com'));
	for my $answer (qw(refused formerr notimp servfail timeout garbage)) {
		my ($run, $dns) = ask({ map { $_ => $answer } 'example.com',
		    'mx1.example.com' }, '-d', 'example.com',
		    '--nameserver', $good->address, '-t', 12);
		is($run->state, 'OK', "After $answer the next one is asked.")
		    or diag($run->as_text);
		isnt(scalar(my @asked = $dns->queries), 0, 'It was asked.');
	}
	# The port stays ours while the first server is gone.
	my $gone = FakeDNS->new;
	my @gone = ('--nameserver', $gone->address);
	$gone->finish;
	my $run = check('check_mx_banner', @PORT, '-d', 'example.com', @gone,
	    '--nameserver', $good->address);
	is($run->state, 'OK', 'After one that is not there, the next one.');
	$run = check('check_mx_banner', @PORT, '-d', 'example.com', @gone,
	    '-t', 3);
	is(verdict($run), 'UNKNOWN DNS_RESOLVER',
	    'A name server that is not there says nothing of the domain.')
	    or diag($run->as_text);
};

subtest 'A long answer is fetched over TCP.' => sub {
	my @records = map { sprintf '%d mx%02d-%s.example.com', $_, $_,
	    'a-rather-long-name-for-a-mail-exchanger' } 1 .. 40;
	my ($run, $dns) = ask(zone_of(@records), '-d', 'example.com');
	is(perfdata($run)->{servers}->value, 40, 'All of 40 MX are tested.');
	is($run->state, 'OK', 'They are OK.');
	is_deeply([map { $_->{transport} } grep { $_->{type} eq 'MX' }
	    $dns->queries], [qw(udp tcp)], 'They came over TCP.');

	my $zone = zone_of('10 mx1.example.com');
	$zone->{'example.com'}{MX} = { answer => ['10 mx1.example.com'],
	    truncate => 1 };
	($run) = ask($zone, '-d', 'example.com');
	is($run->state, 'OK', 'Any truncated answer is.');
};

subtest 'Names are taken in any form.' => sub {
	my $zone = {
		'example.com' => { MX => ['10 MX1.EXAMPLE.com.'] },
		'mx1.example.com' => { A => ['127.0.0.1'] },
		'xn--mller-kva.example' => { MX => ['10 mx1.example.com'] },
		'xn--mx-fka.example' => { A => ['127.0.0.1'] },
	};
	my %asked = (
		'example.com' => 'example.com', 'example.com.' => 'example.com',
		'EXAMPLE.Com' => 'example.com', 'EXAMPLE.COM.' => 'example.com',
		'müller.example' => 'xn--mller-kva.example',
		'MÜLLER.example' => 'xn--mller-kva.example',
		'xn--mller-kva.example' => 'xn--mller-kva.example',
		'XN--MLLER-KVA.example.' => 'xn--mller-kva.example',
	);
	for my $domain (sort keys %asked) {
		my $bytes = encode_utf8($domain);
		my ($run, $dns) = ask($zone, '-d', $bytes);
		is($run->state, 'OK', "-d $bytes is understood.")
		    or diag($run->as_text);
		is((map { $_->{name} } $dns->queries)[0], $asked{$domain},
		    "-d $bytes asks for $asked{$domain}.");
		is_deeply([servers($run)], ['10 mx1.example.com 127.0.0.1'],
		    'The host is shown in lower case, without its dot.');
	}
	my ($run) = ask($zone, '-H', encode_utf8('mxß.example'));
	ok($run->state =~ /OK|CRITICAL/, 'A host can be international too.');
};

subtest 'Too many servers are not all tested, and that is said.' => sub {
	my $zone = zone_of(map { sprintf '%d mx%02d.example.com', $_, $_ }
	    1 .. 13);
	my $host = 0;
	$zone->{$_}{A} = [map { "127.1.$host.$_" } 1 .. 10], $host++
	    for sort grep { /^mx/ } keys %$zone;
	my $run;
	is(connections_of(sub { ($run) = ask($zone, '-d', 'example.com') }),
	    128, 'Of 130 servers 128 are tested.');
	is($run->state, 'OK', 'The rest is no failure.');
	like($run->output, qr/^[^|]*\b2\b[^|]*\(NOT_TESTED\)$/m,
	    'How many are left out is said without -v.');
};

# Rows of: what the DNS is like, its zone, the code of the note, or one that
# must not be there.
subtest 'Notes show with -v and change nothing.' => sub {
	my @many = map { "$_ mx$_.example.com" } 1 .. 31;
	my $alias = { 'example.com' => { MX => ['10 mx1.example.com'] },
	    'mx1.example.com' => { CNAME => ['real.example.com'] },
	    'real.example.com' => { A => ['127.0.0.1'] } };
	my @rows = (
		['one host', zone_of('10 mx1.example.com'), 'DNS_MX_SINGLE'],
		['two hosts', zone_of('10 mx1.example.com',
		    '20 mx2.example.com'), '!DNS_MX_SINGLE'],
		['a host with two addresses', { 'example.com' =>
		    { MX => ['10 mx1.example.com'] }, 'mx1.example.com' =>
		    { A => ['127.0.0.1', '127.0.0.2'] } }, '!DNS_MX_SINGLE'],
		['no MX but an address', { 'example.com' =>
		    { A => ['127.0.0.1'] } }, 'DNS_IMPLICIT_MX'],
		['an MX', zone_of('10 mx1.example.com'), '!DNS_IMPLICIT_MX'],
		['an alias', $alias, 'DNS_MX_CNAME'],
		['no alias', zone_of('10 mx1.example.com'), '!DNS_MX_CNAME'],
		['31 MX', zone_of(@many), 'DNS_MX_TOO_MANY'],
		['30 MX', zone_of(@many[0 .. 29]), '!DNS_MX_TOO_MANY'],
		['a loopback address', zone_of('10 mx1.example.com'),
		    'DNS_MX_PRIVATE'],
	);
	for my $row (@rows) {
		my ($what, $zone, $wanted) = @$row;
		my $code = $wanted =~ s/^!//r;
		my ($run) = ask($zone, '-d', 'example.com', '-v');
		is($run->state, 'OK', "With $what it is OK.")
		    or diag($run->as_text);
		is($run->output =~ /\($code\)/ ? $code : "!$code", $wanted,
		    "With $what there is $wanted.");
		($run) = ask($zone, '-d', 'example.com');
		unlike($run->output, qr/\($code\)/, "$code needs -v.");
	}
	my ($run) = ask($alias, '-d', 'example.com', '--severity',
	    'DNS_MX_CNAME=warning');
	is(verdict($run), 'WARNING DNS_MX_CNAME', '--severity makes it count.');
};

subtest 'Addresses that the Internet cannot reach are noted.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my %private = map { $_ => 1 } qw(10.1.2.3 172.16.0.1 172.31.255.254
	    192.168.1.1 169.254.1.1 100.64.0.1 127.0.0.1 fd00::1 fe80::1);
	my %public = map { $_ => 1 } qw(9.9.9.9 172.15.0.1 172.32.0.1 11.0.0.1
	    192.167.1.1 100.128.0.1 2620:fe::fe);
	my @addresses = sort keys %private, keys %public;
	my $zone = { 'example.com' => { MX =>
	    [map { "$_ mx$_.example.com" } keys @addresses] } };
	for my $i (keys @addresses) {
		system(qw(ip route add unreachable), $addresses[$i])
		    if $addresses[$i] !~ /^127/;
		$zone->{"mx$i.example.com"} = {
		    $addresses[$i] =~ /:/ ? 'AAAA' : 'A', [$addresses[$i]] };
	}
	my ($run) = ask($zone, '-d', 'example.com', '-v');
	my %noted = map { $_ => 1 }
	    $run->output =~ /^ +note: (\S+) .*\(DNS_MX_PRIVATE\)$/mg;
	is_deeply(\%noted, \%private, 'All of them, and no other.');
};

subtest '-H names servers in place of the MX records.' => sub {
	my $zone = zone_of('10 mx1.example.com', '10 mx2.example.com');
	my $example = ['example.com', $zone->{'example.com'}{MX}];

	my ($run, $dns) = ask($zone, '-H', 'MX2.example.com.', '-d',
	    'example.com');
	is_deeply([servers($run)], ['mx2.example.com 127.0.0.2'],
	    'With -d as well, only the host is tested.');
	is_deeply([sort map { "$_->{name} $_->{type}" } $dns->queries],
	    ['mx2.example.com A', 'mx2.example.com AAAA'],
	    'The MX records are not asked for.');

	($run) = ask($zone, '-H', 'mx2.example.com', '-H', 'mx1.example.com',
	    '-H', '127.0.0.7');
	is_deeply([servers($run)], ['127.0.0.7 127.0.0.7',
	    'mx1.example.com 127.0.0.1', 'mx2.example.com 127.0.0.2'],
	    'Several hosts come by name.');
	($run) = ask($zone, '-H', 'nowhere.example.com');
	is(verdict($run), 'CRITICAL DNS_NXDOMAIN', 'An unknown host.');
	($run) = ask({ 'mx1.example.com' => { TXT => ['x'] } }, '-H',
	    'mx1.example.com');
	is(verdict($run), 'CRITICAL DNS_MX_NO_ADDRESS',
	    'A host without address.');
	($run, $dns) = ask($zone, '-H', '127.0.0.3');
	is($run->state, 'OK', 'An address is a host.');
	is_deeply([$dns->queries], [], 'For an address the DNS is not asked.');
	($run) = ask($zone, '-4', '-H', '::1');
	is(verdict($run), 'CRITICAL DNS_MX_NO_ADDRESS',
	    'An address of the other family.');
	for my $code (qw(DNS_MX_SINGLE DNS_MX_PRIVATE DNS_IMPLICIT_MX)) {
		($run) = ask($zone, '-H', 'mx1.example.com', '-v');
		unlike($run->output, qr/$code/, "-H knows no $code.");
	}
};

subtest 'Without --nameserver the system finds a host.' => sub {
	my $run = check('check_mx_banner', @PORT, '-4', '-H', 'localhost');
	is_deeply([servers($run)], ['localhost 127.0.0.1'],
	    '/etc/hosts counts.') or diag($run->as_text);
	is($run->state, 'OK', 'The host is OK.');
};

subtest 'Without --nameserver the resolver of the system is asked.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my $ours = $Lab::Namespace::HOST;
	my $zone = zone_of('10 mx1.example.com');
	$zone->{$ours} = { A => ['127.0.0.99'] };
	my $dns = FakeDNS->new(listen => $Lab::Namespace::RESOLVER, port => 53,
	    zone => $zone);
	my %server = (
		"-H $ours" => "$ours 127.0.0.1",	# by /etc/hosts
		'-H mx1.example.com' => 'mx1.example.com 127.0.0.1',
		'-d example.com' => '10 mx1.example.com 127.0.0.1',
		"-H $ours --nameserver $Lab::Namespace::RESOLVER" =>
		    "$ours 127.0.0.99",
	);
	for my $arguments (sort keys %server) {
		my $run = check('check_mx_banner', @PORT, split ' ',
		    $arguments);
		is($run->state, 'OK', "$arguments is found.")
		    or diag($run->as_text);
		is_deeply([servers($run)], [$server{$arguments}],
		    "$arguments leads to its server.");
	}
	my $run = check('check_mx_banner', @PORT, '-H', 'nowhere.example');
	is(verdict($run), 'CRITICAL DNS_NXDOMAIN', 'An unknown host.');
	$dns->finish;

	for my $arguments ('-H mx1.example.com', '-d example.com') {
		$run = check('check_mx_banner', @PORT, '-t', 3,
		    split ' ', $arguments);
		is(verdict($run), 'UNKNOWN DNS_RESOLVER',
		    "$arguments and no resolver at all.")
		    or diag($run->as_text);
	}
	$dns = FakeDNS->new(listen => $Lab::Namespace::RESOLVER, port => 53,
	    zone => { map { ($_ => 'timeout') } 'mx1.example.com',
	    'example.com' });
	for my $arguments ('-H mx1.example.com', '-d example.com') {
		$run = check('check_mx_banner', @PORT, '-t', 2,
		    split ' ', $arguments);
		is(verdict($run), 'CRITICAL DNS_TIMEOUT',
		    "$arguments and a silent resolver.")
		    or diag($run->as_text);
		cmp_ok($run->seconds, '<', 3,
		    'The system\'s resolver is inside the deadline.')
		    unless $ENV{CHECK_MX_WRAPPER};
	}
};

subtest 'A name server in a black hole is a time-out.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my @void = ('--nameserver', $Lab::Namespace::VOID);
	my $run = check('check_mx_banner', @PORT, '-d', 'example.com', @void,
	    '-t', 2);
	is(verdict($run), 'CRITICAL DNS_TIMEOUT', 'Nobody answers.');
	$run = check('check_mx_banner', @PORT, '-d', 'example.com',
	    '--nameserver', '203.0.113.1', '-t', 2);
	is(verdict($run), 'UNKNOWN DNS_RESOLVER', 'There is no way to it.');
	my $good = FakeDNS->new(zone => zone_of('10 mx1.example.com'));
	$run = check('check_mx_banner', @PORT, '-d', 'example.com', @void,
	    '--nameserver', $good->address, '-t', 12);
	is($run->state, 'OK', 'The second one answers in time.')
	    or diag($run->as_text);
};

done_testing;

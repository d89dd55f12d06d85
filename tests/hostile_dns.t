#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Name servers that mean no good, and zones that nobody in his right mind would
# publish: every plugin ends in time with one true line, and servers that can
# be found are tested.

use v5.36;
use File::Temp;
use FindBin;
use List::Util qw(uniq);
use Net::DNS;
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;
# All addresses are ours, but of a network of our own.
BEGIN { Lab::Namespace::enter() if $> == 0 && !Lab::Namespace::hindrance() }
use Hostile qw(each_of endure patience);

my $SECONDS = patience(3);
my $SILENT = 'CRITICAL DNS_TIMEOUT';
my $UNUSABLE = 'UNKNOWN DNS_RESOLVER';
my @PLUGINS = qw(check_mx check_mx_banner check_mx_dns);
my %TYPE = (A => 1, PTR => 12, MX => 15, TXT => 16, AAAA => 28,
    TLSA => 52);
my $mx = FakeMX->new(address => '0.0.0.0');

# Each case: what it is about, a zone or a FakeDNS, { plugin => verdict },
# further arguments. Every plugin makes a run of its own.
sub resists (@cases) {
	my @calls;

	for my $case (@cases) {
		my ($what, $zone, $expected, @more) = @$case;
		for my $plugin (sort keys %$expected) {
			my $dns = ref $zone eq 'HASH'
			    ? FakeDNS->new(ad => 1, zone => $zone) : $zone;
			push @calls, { what => "$plugin, $what", dns => $dns,
			    expected => $expected->{$plugin},
			    command => [command($plugin, $dns, @more)] };
		}
	}
	my @runs = endure(@calls);
	$_->{dns}->settle for @calls;	# dies if the script did
	return @runs;
}

sub command ($plugin, $dns, @more) {
	return ($plugin, '-d', 'example.com', '--nameserver', $dns->address,
	    $plugin eq 'check_mx_dns' ? () : ('-p', $mx->port,
	    '-F', 'client.example.net'),
	    $plugin =~ /^check_mx(?:_mtasts|)$/
		? ('--ca-file', Certs::ca_file()) : (),
	    (grep { /^-t/ } @more) ? () : ('-t', $SECONDS), @more);
}

# One host that is well, beside what a case adds.
sub zone (%more) {
	return {
		'example.com' => { MX => ['10 mx1.example.com'] },
		'mx1.example.com' => { A => ['127.0.0.1'] },
		'127.0.0.1' => { PTR => ['mx1.example.com'] },
		%more,
	};
}

sub mx_is ($answer) { return zone('example.com' => { MX => $answer }) }

# A label, and a message by hand: the question, and answers as they are.
sub label ($bytes) { return pack 'C/a*', $bytes }

sub wire ($query, $count, @answers) {
	my ($question) = $query->question;
	my $name = join '', map { label($_) } split /\./, $question->qname;

	return \(pack('n6', $query->header->id, 0x81a0, 1, $count, 0, 0)
	    . "$name\0" . pack('n2', $TYPE{$question->qtype}, 1)
	    . join '', @answers);
}

# A record of the name that was asked for.
sub record ($type, $data) {
	return pack 'n3 N n/a*', 0xc00c, $type, 1, 300, $data;
}

sub mx_record ($host) { return record(15, pack('n', 10) . $host) }

# The messages of a healthy zone, cut, doubled or else; over both transports.
sub message ($make) {
	return sub ($query, $) { return $make->($query) };
}

subtest 'Answers that are none of ours are not believed.' => sub {
	my $other = message(sub ($query) {
		my $reply = Net::DNS::Packet->new('example.net', 'MX', 'IN');
		$reply->header->qr(1);
		$reply->push(answer => Net::DNS::RR->new(
		    'example.net. 300 IN MX 10 evil.example.net'));
		return $reply;
	});
	my $good = ['10 mx1.example.com'];
	resists(
		['the wrong id', mx_is({ answer => $good, wrong_id => 1 }),
		    each_of($SILENT, @PLUGINS)],
		['the wrong question', mx_is($other),
		    each_of($SILENT, @PLUGINS)],
		['no question', mx_is(message(sub ($query) {
		    return \pack 'n6', $query->header->id, 0x8180, 0, 0, 0,
			0 })), each_of($SILENT, @PLUGINS)],
		['another port', mx_is({ answer => $good, other_port => 1 }),
		    each_of($SILENT, @PLUGINS)],
		['an answer after the deadline', mx_is({ answer => $good,
		    delay => 5 }), each_of($SILENT, @PLUGINS)],
	);
};

# Where this name server is of no use, nothing is said of the domain.
subtest 'Answers that are broken prove nothing.' => sub {
	my $cut = sub ($query, $octets) {
		my $whole = wire($query, 1, mx_record(label('mx1')
		    . "\xc0\x0c"));
		substr $$whole, -$octets, $octets, '';
		return $whole;
	};
	resists(
		map({ my ($what, $make) = @$_;
		    [$what, mx_is(message($make)),
			each_of($UNUSABLE, @PLUGINS)] }
		['a name that points at itself', sub ($query) {
		    # Behind header, question and what is before the name.
		    my $at = length(${wire($query, 0)}) + 14;
		    return wire($query, 1,
			mx_record(pack 'n', 0xc000 | $at)) }],
		['names that point at each other', sub ($query) {
		    my $at = length(${wire($query, 0)}) + 14;
		    return wire($query, 2,
			mx_record(pack 'n', 0xc000 | ($at + 16)),
			mx_record(pack 'n', 0xc000 | $at)) }],
		['a pointer beyond the end', sub ($query) {
		    return wire($query, 1, mx_record("\xff\xff")) }],
		['a record cut in its name', sub ($query) {
		    return $cut->($query, 3) }],
		['a record cut in its head', sub ($query) {
		    return $cut->($query, 14) }],
		['a record shorter than its number', sub ($query) {
		    return wire($query, 1, record(15, "\0")) }],
		['a count without records', sub ($query) {
		    return wire($query, 65_535) }],
		['a label of 64 octets', sub ($query) {
		    return wire($query, 1, mx_record("\x40" . 'x' x 64
			. "\0")) }],
		['a name of 300 octets', sub ($query) {
		    return wire($query, 1, mx_record(label('x' x 59) x 5
			. "\0")) }]),
	);
	resists(
		['an address of 3 octets', zone('mx1.example.com' => { A =>
		    message(sub ($query) { wire($query, 1,
			record(1, "\x7f\0\0")) }) }),
		    each_of($UNUSABLE, @PLUGINS)],
		['a TXT string beyond its record', zone(
		    '_mta-sts.example.com' => { TXT => message(sub ($query) {
			wire($query, 1, record(16, "\xffv=STSv1;")) }) }),
		    each_of($UNUSABLE, 'check_mx_mtasts')],
	);
};

subtest 'Answers that are long, late or many.' => sub {
	my $names = sub ($count, $length = 3) {
		return [map { sprintf '%d %s%0*d.example.com', $_, 'm',
		    $length, $_ } 1 .. $count];
	};
	my $thousand = zone('example.com' => { MX => $names->(1000) },
	    map { my $n = $_; (sprintf('m%03d.example.com', $n) =>
		{ A => ['127.1.' . ($n >> 8) . '.' . ($n & 255 || 1)] }) }
		1 .. 1000);
	my ($run) = resists(['1000 MX records', $thousand,
	    { check_mx_dns => 'WARNING DNS_MX_TOO_MANY' }, '--no-ptr',
	    '-t', patience(10)]);
	like($run->output, qr/872 further servers not tested/,
	    'What was not looked at is told.');
	resists(
		['1000 MX records without addresses', zone('example.com' =>
		    { MX => $names->(1000) }), each_of(
		    'CRITICAL DNS_MX_NO_ADDRESS', @PLUGINS),
		    '-t', patience(10)],
		['1000 addresses of one host', zone('mx1.example.com' =>
		    { A => [map { '127.2.' . ($_ >> 8) . '.' . ($_ & 255) }
			1 .. 1000] }), { check_mx_banner => 'OK' },
		    '-t', patience(10)],
		['truncation and nothing over TCP', FakeDNS->new(ad => 1,
		    tcp => 0, zone => mx_is({ truncate => 1,
		    answer => ['10 mx1.example.com'] })),
		    each_of($UNUSABLE, @PLUGINS)],
		['truncation and silence over TCP', mx_is(sub ($, $transport) {
		    return $transport eq 'tcp' ? 'timeout'
			: { truncate => 1, answer => ['10 m.example.com'] } }),
		    each_of($SILENT, @PLUGINS)],
		['truncation and a close of TCP', mx_is(sub ($, $transport) {
		    return $transport eq 'tcp' ? 'close'
			: { truncate => 1, answer => ['10 m.example.com'] } }),
		    each_of($UNUSABLE, @PLUGINS)],
		['truncation and garbage over TCP', mx_is(sub ($, $transport) {
		    return $transport eq 'tcp' ? 'garbage'
			: { truncate => 1, answer => ['10 m.example.com'] } }),
		    each_of($UNUSABLE, @PLUGINS)],
	);
	resists(
		['an answer to the last try alone', mx_is({
		    first => ['timeout', 'timeout', 'timeout'],
		    answer => ['10 mx1.example.com'] }),
		    { check_mx_banner => 'OK', check_mx_dns => 'OK' },
		    '-t', 20],
		['a broken answer for each try but one', mx_is({
		    first => ['garbage', 'garbage'],
		    answer => ['10 mx1.example.com'] }),
		    { check_mx_dns => 'OK' }, '-t', 20],
	);
};

subtest 'Many servers, each of which tells as much as it can.' => sub {
	my $many_kib = 64 * 1024;
	my $folder = File::Temp->newdir;
	my $leaf = Certs::certificate(names => ['mx1.example.com']);
	my $other = Certs::certificate(issuer => 'self', names =>
	    [map { sprintf 'n%03d%s.example.com', $_, 'x' x 40 } 1 .. 64]);
	my @keywords = map { "X$_" . 'y' x 200 } 1 .. 150;
	open my $chain, '>', "$folder/chain" or die "chain: $!";
	for my $file ($leaf->{chain}, ($other->{cert}) x 14) {
		open my $in, '<', $file or die "$file: $!";
		print {$chain} readline $in;
	}
	close $chain;
	my $fat = FakeMX->new(address => '0.0.0.0',
	    extensions => ['STARTTLS', @keywords], extensions_tls => \@keywords,
	    tls => { certificate => { %$leaf, chain => "$folder/chain" } });
	my $dns = FakeDNS->new(ad => 1, zone => zone('mx1.example.com' =>
	    { A => [map { "127.3.0.$_" } 1 .. 128] }));
	my ($run) = check_all([command('check_mx', $dns, '-p', $fat->port,
	    '-t', patience(20), { measure => 1 })]);

	is(scalar(() = $run->output =~ /127\.3\.0\./g) > 10, 1,
	    'They are tested.') or diag($run->as_text);
	cmp_ok($run->peak_kib // 'inf', '<', $many_kib,
	    '128 of them take less than 64 MiB.') if patience(1) == 1;
};

subtest 'Aliases that lead nowhere, or on and on.' => sub {
	my $chain = sub ($length) {
		return sub ($query, $) {
			my ($question) = $query->question;
			my $reply = Net::DNS::Packet->new;
			$reply->push(question => $question);
			$reply->header->qr(1);
			$reply->push(answer => map({ Net::DNS::RR->new(
			    ($_ == 1 ? 'mx1' : "a$_") . ".example.com. 300 IN "
			    . 'CNAME a' . ($_ + 1) . '.example.com') }
			    1 .. $length), $question->qtype eq 'A'
			    ? Net::DNS::RR->new('a' . ($length + 1)
				. '.example.com. 300 IN A 127.0.0.1') : ());
			return $reply;
		};
	};
	my $host_is = sub (%host) { return zone('mx1.example.com' => {%host}) };
	my $failed = each_of('CRITICAL DNS_SERVFAIL', @PLUGINS);
	resists(
		['an alias of itself', $host_is->(CNAME =>
		    ['mx1.example.com']), $failed],
		['two aliases of each other', zone('mx1.example.com' =>
		    { CNAME => ['mx2.example.com'] }, 'mx2.example.com' =>
		    { CNAME => ['mx1.example.com'] }), $failed],
		['a chain of 8 aliases', $host_is->(map { $_ => $chain->(8) }
		    qw(A AAAA)), { check_mx_dns => 'WARNING DNS_MX_CNAME',
		    check_mx_banner => 'OK' }],
	);
	my ($run) = resists(['a chain of 20 aliases', $host_is->(
	    map { $_ => $chain->(20) } qw(A AAAA)), $failed]);
	like($run->output, qr/too many in a row/,
	    'What is long is not just said to go in circles.');
};

subtest 'Names of hosts that nobody should have.' => sub {
	my $none = 'CRITICAL DNS_MX_NO_ADDRESS';
	my $odd = "\0\e[31m|\n <b>\xff\xe2\x80\xae";
	# Whoever asks about another name than this, a part of it or what it
	# looks like, gets an answer.
	my $trap = sub ($named, $right = $named) {
		my ($name, $same) = map { join('', map { label($_) } @$_)
		    . "\0" } $named, $right;
		my $address = sub ($query, $) {
			my ($question) = $query->question;
			return 'nodata' if $question->qtype ne 'A';
			return Net::DNS::DomainName->new($question->qname)
			    ->encode eq $same ? 'nxdomain' : ['127.0.0.1'];
		};
		return FakeDNS->new(ad => 1, zone => {
			'example.com' => { A => ['127.0.0.1'],
			    MX => message(sub ($query) {
				wire($query, 1, mx_record($name)) }) },
			'127.0.0.1' => { PTR => ['mx1.example.com'] },
			'*' => { A => $address } });
	};
	resists(['a name that is taken for another', $trap->(
	    ['mx1', 'example', 'com'], ['mx1.example', 'com']),
	    { check_mx_banner => 'OK', check_mx_dns => 'OK' }]);
	my @cases = (
		['a name of 255 octets', $trap->([('x' x 63) x 3,
		    'x' x 61])],
		['a name of 255 odd octets', $trap->([("\1" x 63) x 3,
		    "\1" x 61])],
		['a single label of 63 odd octets', $trap->(["\1" x 63])],
		['a name of 127 labels', $trap->([('x') x 127])],
		['odd bytes', $trap->([$odd, 'example', 'com'])],
		['a dot in a label', $trap->(['mx1.example', 'com'])],
		['a backslash in a label', $trap->(['a\\', 'example', 'com'])],
		['a blank', $trap->(['a b', 'example', 'com'])],
	);
	resists(map { ([@$_, each_of($none, @PLUGINS)],
	    [@$_, each_of($none, 'check_mx_dns'), '-vvv']) } @cases);
	for my $format (qw(json report)) {
		check_all(map { ['check_mx', '-d', 'example.com',
		    '--nameserver', $_->[1]->address, '-t', $SECONDS,
		    "--output-format=$format", { name => "In $format, too: "
		    . "$_->[0]." }] } @cases);
	}
	resists(['odd bytes in a PTR record', zone('127.0.0.1' => { PTR =>
	    message(sub ($query) { wire($query, 1,
		record(12, label($odd) . "\0")) }) }),
	    { check_mx_dns => 'WARNING DNS_PTR_MISMATCH' }, '-vvv']);
};

subtest 'Texts of great length, and odd ones.' => sub {
	my $long = sub ($start) {
		return '"' . join('" "', $start, ('x' x 250) x 240) . '"';
	};
	my $text = sub (@records) { return zone('_mta-sts.example.com' =>
	    { TXT => [@records] }) };
	my $invalid = 'CRITICAL MTASTS_RECORD_INVALID';
	my $none = 'CRITICAL MTASTS_NONE';
	resists(map { my ($what, $zone, $verdict) = @$_;
	    [$what, $zone, { check_mx_mtasts => $verdict }],
	    ["$what, -vvv", $zone, { check_mx_mtasts => $verdict }, '-vvv'] }
		['a record of 60 KB', $text->($long->('v=STSv1; id=1')),
		    $invalid],
		['another text of 60 KB', $text->($long->('v=spf1')), $none],
		['300 other texts', $text->(map { '"' . "$_ " . 'x' x 190
		    . '"' } 1 .. 300), $none],
		['300 records', $text->(map { "\"v=STSv1; id=$_;\"" }
		    1 .. 300), $invalid],
		['odd bytes', zone('_mta-sts.example.com' => { TXT =>
		    message(sub ($query) { wire($query, 1, record(16, label(
		    "v=STSv1; id=\0\e[31m|\n\xff\xe2\x80\xae;"))) }) }),
		    $invalid],
	);
};

subtest 'A dead name server for one host leaves time for the others.' => sub {
	my ($run) = resists(['silence for one of three', zone('example.com' =>
	    { MX => [map { "$_ mx$_.example.com" } 1 .. 3] },
	    'mx1.example.com' => 'timeout',
	    map { ("mx$_.example.com" => { A => ["127.0.0.$_"] },
		"127.0.0.$_" => { PTR => ["mx$_.example.com"] }) } 2, 3),
	    each_of($SILENT, qw(check_mx_banner check_mx_dns)), '-t', 10]);
	like($run->output, qr/^\[OK\] $_ mx$_\.example\.com /m,
	    "Server $_ is tested.") for 2, 3;
};

subtest 'What a hostile name server cannot hide or feign.' => sub {
	my $tlsa = sub (@data) { return zone('_' . $mx->port
	    . '._tcp.mx1.example.com' => { TLSA => message(sub ($query) {
		return wire($query, scalar @data,
		    map { record(52, $_) } @data) }) }) };
	resists(
		['a TLSA record without data', $tlsa->(''),
		    { check_mx_dane => 'WARNING DANE_UNUSABLE' }],
		['a TLSA record of 60 000 octets', $tlsa->("\3\0\0"
		    . 'x' x 60_000), { check_mx_dane =>
		    'WARNING DANE_UNUSABLE' }],
		# The one that matches may be among those left out.
		['1000 TLSA records', $tlsa->(map { "\3\1\1"
		    . pack 'N8', ($_) x 8 } 1 .. 1000),
		    { check_mx_dane => 'UNKNOWN NOT_TESTED' }],
	);
};

done_testing;

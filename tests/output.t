#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a monitoring engine gets to read: line 1, perfdata, the lines below, all
# of it within bounds whatever servers say and however many they are.

use v5.36;
use utf8;
use Encode qw(decode_utf8 encode_utf8);
use FindBin;
use List::Util qw(max min);
use Monitoring::Plugin::Range;
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

my @DIALOGUES = qw(check_mx check_mx_banner check_mx_starttls
    check_mx_cert_expiry check_mx_openrelay check_mx_dane check_mx_mtasts
    check_mx_delivery);
my @PLUGINS = (@DIALOGUES, 'check_mx_dns');
my %TRUST = map { $_ => ['--ca-file', Certs::ca_file()] } qw(check_mx
    check_mx_starttls check_mx_cert_expiry check_mx_mtasts);
my $OUTPUT_MAX = 4096;
my @REFUSING = (banner => "554 no\r\n");
my $SECONDS = qr/\d+\.\d{3}s/;

# A domain with these servers, in the order of their preference, in a zone that
# is signed, and the arguments that check it; the port comes first.
sub domain_of (@scripts) {
	my $last = 0;
	my @mx = FakeMX->group(map { +{ address => '127.0.0.' . ++$last, %$_ } }
	    @scripts);
	my @number = 1 .. @scripts;
	my $dns = FakeDNS->new(ad => 1, zone => {
		'example.com' => { MX => [map { $_ * 10
		    . " mx$_.example.com" } @number] },
		map { ("mx$_.example.com", { A => ["127.0.0.$_"] }) } @number,
	});
	return ([$dns, @mx], '-p', $mx[0]->port, '-d', 'example.com',
	    '--nameserver', $dns->address);
}

# A run of check_mx_banner against servers of its own.
sub banner_run ($scripts, @arguments) {
	my ($servers, @domain) = domain_of(@$scripts);
	return check('check_mx_banner', @domain, @arguments);
}

# The codes in parentheses, in their order.
sub codes ($text) {
	return $text =~ /\(([A-Z]+_[A-Z0-9_]+)\)/g;
}

subtest 'The whole output has the form that people script against.' => sub {
	my ($servers, @domain) = domain_of({}, {@REFUSING});
	my $port = $servers->[1]->port;
	my $run = check('check_mx_banner', @domain, '-w', 10, '-c', '20:30');
	my @expected = (
		qr/^MX_BANNER\ CRITICAL\ -\ mx1\.example\.com\ \[127\.0\.0\.1\]:
		    \ [^|]+\ \(RESPONSE_SLOW\);\ 0\ of\ 2\ servers\ OK\ \|
		    \ time=$SECONDS;10;20:30;0\ servers=2;;;0
		    \ servers_ok=0;;;0;2
		    \ mx1\.example\.com_v4_time=$SECONDS;10;20:30;0
		    \ mx2\.example\.com_v4_time=$SECONDS;10;20:30;0$/x,
		qr/^\[CRITICAL\]\ 10\ mx1\.example\.com\ \[127\.0\.0\.1\]:$port
		    \ -\ [^|]+\ \(RESPONSE_SLOW\)$/x,
		qr/^\[CRITICAL\]\ 20\ mx2\.example\.com\ \[127\.0\.0\.2\]:$port
		    \ -\ [^|]+\ \(BANNER_REFUSED\)/x,
	);
	my @lines = $run->lines;
	is(scalar @lines, 3, 'There is a line per server below line 1.');
	like($lines[$_], $expected[$_], "Line $_, from 0, has its form.")
	    for keys @expected;
	is(substr($run->output, -1), "\n", 'The last line is ended.');
};

subtest 'Perfdata comes in one order and form, from every plugin.' => sub {
	my %metric = (
		check_mx => [qw(time tls days accepted probes score)],
		check_mx_banner => [qw(time)],
		check_mx_starttls => [qw(time tls)],
		check_mx_cert_expiry => [qw(time days)],
		check_mx_openrelay => [qw(time accepted probes)],
		check_mx_dane => [qw(time)],
		check_mx_delivery => [qw(time connect banner ehlo mail rcpt)],
		check_mx_mtasts => [qw(time)],
	);
	my %worst = (time => \&max, days => \&min, tls => \&min,
	    score => \&min, accepted => \&max);
	my @certificate = map { Certs::certificate(
	    names => ["mx$_.example.com"], not_after => Certs::days(40 * $_
	    + 0.5)) } 1, 2;
	my @scripts = (
		{ hostname => 'mx1.example.com', banner => [PAUSE(0.05),
		    DEFAULT], tls => { certificate => $certificate[0],
		    versions => [1.2] } },
		{ hostname => 'mx2.example.com',
		    tls => { certificate => $certificate[1] } },
	);

	for my $plugin (@DIALOGUES) {
		my ($servers, @domain) = domain_of(@scripts);
		my $run = check($plugin, @domain, '--severity',
		    'RELAY_OPEN=ok', @{$TRUST{$plugin} // []});
		my $perf = perfdata($run);
		my ($time, @own) = @{$metric{$plugin}};
		is_deeply([$run->perf_output =~ /(?:^| )([^= ]+)=/g], [
			$time, qw(servers servers_ok), @own,
			map { my $host = $_; map { "${host}_v4_$_" } $time,
			    @own } 'mx1.example.com', 'mx2.example.com',
		], "$plugin: aggregates come first, then server by server.")
		    or diag($run->as_text);
		is($perf->{servers_ok}->max, 2, 'servers_ok has its maximum.');
		is($perf->{time}->uom, 's', 'Time is in seconds.');
		for my $metric (grep { $worst{$_} } $time, @own) {
			is($perf->{$metric}->value, $worst{$metric}->(map {
			    $perf->{"mx$_.example.com_v4_$metric"}->value }
			    1, 2), "$metric is that of the worst server.");
		}
		unlike($run->perf_output, qr/ {2}|[,'"]|=U|\de[+-]?\d/,
		    'No quote, comma, exponent, U or double blank.');
	}
	my ($servers, undef, undef, @domain) = domain_of(@scripts);
	my $run = check('check_mx_dns', @domain);
	is_deeply([map { "$_->[0]=$_->[1]" } map { [/^([^=]+)=([^;]+)/] }
	    (split / /, $run->perf_output)[1 .. 3]],
	    [qw(servers=2 servers_ok=0 addresses=2)],
	    'check_mx_dns counts hosts and addresses.');
};

subtest 'Perfdata is there on failure, too.' => sub {
	my ($servers, @domain) = domain_of({ mode => 'refused' });
	for my $plugin (@DIALOGUES) {
		my $run = check($plugin, @domain);
		my $perf = perfdata($run);
		is($run->state, 'CRITICAL', "$plugin: nobody listens.");
		is_deeply([map { $perf->{$_}->value } qw(servers servers_ok)],
		    [1, 0], 'The servers are counted.');
		like($run->perf_output, qr/^time=$SECONDS;;;0 servers=1;;;0/,
		    'The time comes first.');
	}
	my $dns = FakeDNS->new;
	my %more = (check_mx => ' score=0;;;0;100',
	    check_mx_dns => ' addresses=0;;;0');
	for my $plugin (@PLUGINS) {
		my $run = check($plugin, '-d', 'example.com', '--nameserver',
		    $dns->address);
		my $more = $more{$plugin} // '';
		like($run->perf_output, qr/^time=$SECONDS;;;0\ servers=0;;;0
		    \ servers_ok=0;;;0;0\Q$more\E$/x,
		    "$plugin: without any server there are aggregates.");
	}
};

# Days left are whole numbers that --at chooses: the one metric that a test
# can set.
subtest 'Ranges alert as Monitoring::Plugin says.' => sub {
	my $days = 60;
	my $mx = FakeMX->new(tls => { certificate => Certs::certificate(
	    not_after => Certs::days($days + 0.5)) });
	my @ranges = ('10:', '~:10', '10:20', '@10:20', '0:10', ':10', '~:',
	    '@~:10', '@10:', '-5:5', '@0:0', '10:10', '@10:10', '~:-1',
	    '.5:10.5', '9.5:', '010:020', '+5:+20', '-20:-10');
	for my $i (keys @ranges) {
		my ($warning, $critical) = @ranges[$i, $i - 1];
		my @range = map { Monitoring::Plugin::Range
		    ->parse_range_string($_) } $warning, $critical;
		for my $left (0, 10, 11, 20, 60) {
			my $run = testCmd(plugin('check_mx_cert_expiry'),
			    '-H', $mx->address, '-p', $mx->port,
			    '-w', $warning, '-c', $critical,
			    '--at=+' . ($days - $left) . 'd');
			is($run->state, $range[1]->check_range($left)
			    ? 'CRITICAL' : $range[0]->check_range($left)
			    ? 'WARNING' : 'OK',
			    "-w $warning -c $critical with $left days.")
			    or diag($run->as_text);
			like($run->perf_output, qr/(?:^| )days=$left;
			    \Q$range[0];$range[1]\E(?:\ |$)/x,
			    "-w $warning -c $critical is shown as its canon.");
		}
	}
};

subtest 'Hostile text never comes out raw.' => sub {
	my @hostile = (
		"\e[31mred\e[0m", "bell\a", "tab\there", "nul\0nul", "cr\rcr",
		"vt\x0b ff\x0c", "del\x7f", "c1 \x9b31m", "c1 \xc2\x9b31m",
		"bar|time=0;;; 'a'=1", "||", "latin \xe4", "\xff\xfe",
		"overlong \xc0\xaf", "surrogate \xed\xa0\x80", "cut \xe2\x82",
		"beyond \xf4\x90\x80\x80", map({ encode_utf8($_) }
		"line\x{2028}para\x{2029}", "bidi \x{202e}gpj.exe\x{202c}",
		"isolate \x{2066}x\x{2069}", "marks \x{200e}\x{200f}\x{61c}",
		"nel \x{85}"),
	);
	# Each text comes in two runs, so in two connections of each server.
	my $said = sub ($format) {
		return EACH_CONNECTION(map { my $answer = $format =~ s/%/$_/gr;
		    ($answer, $answer) } @hostile);
	};
	my ($servers, @domain) = domain_of(
		{ banner => $said->("220-mx.example.com %\r\n220 %\r\n") },
		{ banner => $said->("554 %\r\n") },
		{ banner => $said->("%\r\n") },
		{ EHLO => $said->("250-%\r\n250-% x\r\n250 SIZE %\r\n") },
		{ EHLO => $said->("550 %\r\n"), HELO => $said->("%\r\n") },
		{ EHLO => $said->("550 %\r\n"), HELO => $said->("554 %\r\n") },
		{ EHLO => $said->("421 %\r\n") },
	);
	for my $text (@hostile) {
		my $name = $text =~ s/([^\x20-\x7e])/sprintf '\\x%02x',
		    ord $1/ger;
		check('check_mx_banner', @domain, $_, { name => "A run with $_ "
		    . "keeps the rules of every run with '$name' everywhere."
		    }) for '-4', '-vvv';
	}
	my $run = banner_run([{ banner => "554 a|b \e[1m Grüße €\r\n"
	    =~ s/([^\x00-\x7f])/encode_utf8($1)/ger }]);
	like(decode_utf8($run->text), qr/554 a[^|]b [^\e]\[1m Grüße €/,
	    'What is harmless stays as it is.');
};

subtest 'Hostile names in the DNS never come out raw.' => sub {
	my @names = ('a\009b', 'a\032b', 'a\124b', 'a\027[31mb', 'a\000b',
	    'a\255b', 'a\010b', "a'b", 'a\"b', 'a\;b', 'a=b', 'a\.b', 'a::b',
	    'a\226\128\168b', 'a\194\155b', '$(id)', 'a\\\\b');
	for my $name (@names) {
		my $dns = FakeDNS->new(zone => {
			'example.com' => sub ($query, $transport) {
				my ($question) = $query->question;
				return $question->qtype eq 'MX'
				    ? ["10 $name.example.com"] : ['127.0.0.1'];
			},
		});
		for my $option ('-4', '-vvv') {
			my $run = check('check_mx_banner', '-d', 'example.com',
			    '--nameserver', $dns->address, $option,
			    '-p', 1, { name =>
			    "A run with $option keeps the rules of every run "
			    . "with an MX host called $name." });
			isnt($run->state, 'OK', 'It is not OK.');
		}
	}
};

subtest 'A long text is cut, its end is kept.' => sub {
	my $run = banner_run([{ banner => '554 ' . 'no ' x 500 . "\r\n" }]);
	like($run->text, qr/554 no .*\.\.\. ?\(BANNER_REFUSED\); 0 of 1/,
	    'Code and count stand behind the dots.');
	$run = banner_run([{ banner => '220 ' . 'x' x 2000 . "\r\n" }]);
	like($run->text, qr/\.\.\. ?\(BANNER_NO_HOSTNAME\); 0 of 1 servers OK$/,
	    'That is so with a single word.');
	$run = banner_run([{ banner => '220 mx1.example.com '
	    . encode_utf8('ü' x 1000) . "\r\n" }]);
	like(decode_utf8($run->text), qr/ü\.\.\.; 1 of 1 servers OK$/,
	    'No character is cut in two.');
	$run = banner_run([{}], '-e', encode_utf8('x' . 'ü' x 1000));
	like(decode_utf8($run->text), qr/ü\.\.\..*\(BANNER_UNEXPECTED\)/,
	    'Long arguments are cut as well.');
};

subtest 'Findings come worst first, then in the order of the table.' => sub {
	my $run = banner_run([{ banner => "220 ESMTP\r\n",
	    extensions => ['DSN'] }], '-e', 'Postfix', '--require=SIZE',
	    '-w', '@0:60');
	is_deeply([codes(($run->lines)[1])], [qw(EHLO_MISSING_EXTENSION
	    BANNER_NO_HOSTNAME BANNER_UNEXPECTED RESPONSE_SLOW)],
	    'All of them are on the server\'s line.') or diag($run->as_text);
	is_deeply([codes($run->text)], ['EHLO_MISSING_EXTENSION'],
	    'The worst one is on line 1.');

	$run = banner_run([{}, { banner => "220 x\r\n" }, { @REFUSING },
	    { banner => "421 no\r\n" }, { mode => 'refused' }]);
	like($run->text, qr/^mx3\.example\.com /,
	    'Of equally bad servers the preferred one is told.');
	is_deeply([map { (codes($_))[0] // 'OK' } ($run->lines)[1 .. 5]],
	    [qw(OK BANNER_NO_HOSTNAME BANNER_REFUSED BANNER_BUSY
	    TCP_REFUSED)], 'Lines come by preference whatever the state.');

	my @unknown = ({ @REFUSING }, { banner => "421 no\r\n" });
	my @severity = ('--severity', 'BANNER_REFUSED=unknown');
	is(banner_run(\@unknown, @severity)->state, 'WARNING',
	    'WARNING is worse than UNKNOWN.');
	is(banner_run([{}, $unknown[0]], @severity)->state, 'UNKNOWN',
	    'UNKNOWN is worse than OK.');
};

subtest '--severity says what a diagnosis counts as.' => sub {
	my @refused = ({ mode => 'refused' });
	my @no_name = ({ banner => "220 x\r\n" });
	my @slow = ('-c', '@0:60');
	my @rows = (
		# Servers, --severity, the state, further arguments.
		[\@refused, 'TCP_REFUSED=warning', 'WARNING'],
		[\@refused, 'TCP_REFUSED=unknown', 'UNKNOWN'],
		[\@refused, 'TCP_REFUSED=ok', 'OK'],
		[\@refused, 'tcp_refused=Warning', 'WARNING'],
		[\@refused, 'BANNER_BUSY=ok,TCP_REFUSED=warning', 'WARNING'],
		[\@refused, 'TCP_REFUSED=ok,TCP_REFUSED=warning', 'WARNING'],
		[\@refused, 'BANNER_BUSY=ok', 'CRITICAL'],
		[\@no_name, 'BANNER_NO_HOSTNAME=critical', 'CRITICAL'],
		[\@no_name, 'BANNER_NO_HOSTNAME=ok', 'OK'],
		[[{}], 'DNS_MX_SINGLE=warning', 'WARNING'],
		[[{}], 'DNS_MX_PRIVATE=critical', 'CRITICAL'],
		[[{}], 'RESPONSE_SLOW=warning', 'WARNING', @slow],
		[[{}], 'RESPONSE_SLOW=ok', 'OK', @slow],
	);
	for my $row (@rows) {
		my ($servers, $severity, $state, @arguments) = @$row;
		is(banner_run($servers, '--severity', $severity, @arguments)
		    ->state, $state, "--severity=$severity makes it $state.");
	}
	my $run = banner_run(\@refused, '--severity=TCP_REFUSED=ok',
	    '--severity=BANNER_BUSY=critical');
	is($run->state, 'OK', '--severity can be repeated.');
	is(perfdata($run)->{servers_ok}->value, 1,
	    'A server whose failure is OK counts as OK.');
};

subtest '--quorum makes failures of the others a WARNING.' => sub {
	my ($good, $bad, $busy) = ({}, { @REFUSING },
	    { banner => "421 no\r\n" });
	my @rows = (
		# Servers, N, the state.
		[[$good, $good, $good], 3, 'OK'],
		[[$good, $bad, $good], 1, 'WARNING'],
		[[$good, $bad, $good], 2, 'WARNING'],
		[[$good, $bad, $good], 3, 'CRITICAL'],
		[[$bad, $bad, $good], 1, 'WARNING'],
		[[$bad, $bad, $good], 2, 'CRITICAL'],
		[[$bad, $busy], 1, 'WARNING'],
		[[$bad, $bad], 1, 'CRITICAL'],
	);
	for my $row (@rows) {
		my ($servers, $quorum, $state) = @$row;
		my $run = banner_run($servers, "--quorum=$quorum");
		my $count = @$servers;
		is($run->state, $state, "Of $count servers $quorum have to do:"
		    . " $state.") or diag($run->as_text);
		next if $state eq 'OK';
		like($run->text, qr/\(BANNER_REFUSED\)/,
		    'The worst failure is told all the same.');
	}
	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => ['10 mx1.example.com',
		    '20 mx2.example.com'] },
		'mx1.example.com' => { A => ['127.0.0.1'] },
	});
	my $mx = FakeMX->new;
	my @arguments = ('-p', $mx->port, '--nameserver', $dns->address,
	    '--quorum=1');
	is(check('check_mx_banner', '-d', 'example.com', @arguments)->state,
	    'WARNING', 'A host without address is such a failure.');
	is(check('check_mx_banner', '-d', 'example.net', @arguments)->state,
	    'CRITICAL', 'A domain that does not exist is not.');
};

subtest '-v tells more at every step.' => sub {
	my ($servers, @domain) = domain_of({ banner => "220-mx1.example.com "
	    . "one\r\n220 two\r\n" }, { banner => "220 ESMTP\r\n" });
	my %run = map { $_ => check('check_mx_banner', @domain, '-F',
	    'client.example.net', $_) } qw(-4 -v -vv -vvv);
	my %lines = map { my @lines = $run{$_}->lines; shift @lines;
	    $_ => [map { s/\d+\.\d{3} s/T s/r } @lines] } keys %run;
	my $transcript = qr/^ +> EHLO client\.example\.net$/m;

	is(scalar @{$lines{'-4'}}, 2, 'Without -v a server is a line.');
	for my $step (['-4', '-v'], ['-v', '-vv'], ['-vv', '-vvv']) {
		my ($less, $more) = @$step;
		my %there = map { $_ => 1 } @{$lines{$more}};
		is_deeply([grep { !$there{$_} } @{$lines{$less}}], [],
		    "$more tells all that $less does.");
		cmp_ok(@{$lines{$more}}, '>', @{$lines{$less}},
		    "$more tells more.");
		is($run{$less}->state, $run{$more}->state,
		    "$more does not change the state.");
	}
	like($run{-v}->output, qr/^ +banner: 220 mx1\.example\.com one/m,
	    '-v shows the banner.');
	like($run{-v}->output, qr/^ +ehlo: .*PIPELINING.*8BITMIME/m,
	    '-v shows the extensions.');
	unlike($run{-v}->output, qr/^ +remedy:/m, '-v shows no remedy.');
	like($run{-vv}->output, qr/^\ +BANNER_NO_HOSTNAME.*?^\ +cause:.*?
	    ^\ +remedy:/msx, '-vv shows cause and remedy.');
	is_deeply([grep { /$transcript/ } @{$lines{-vv}}], [],
	    '-vv shows no dialogue.');

	my ($second) = grep { $lines{-vvv}[$_] =~ /^\[\w+\] 20 / }
	    keys @{$lines{-vvv}};
	my @place = grep { $lines{-vvv}[$_] =~ $transcript }
	    keys @{$lines{-vvv}};
	ok(@place == 2 && $place[0] < $second && $second < $place[1],
	    '-vvv shows each dialogue after its server\'s line.');
	my $text = join "\n", @{$lines{-vvv}};
	like($text, qr/^\ +<\ 220-mx1\.example\.com\ one\n\ +<\ 220\ two\n
	    \ +>\ EHLO\ .*^\ +<\ 250-.*^\ +>\ QUIT\n\ +<\ 221\ /msx,
	    'It is whole, and in order.');
	like(check('check_mx_banner', @domain, '-F', 'client.example.net',
	    '-v', '-v', '-v')->output, $transcript, '-v -v -v is -vvv.');
};

subtest '-t N:STATE is the state of every time-out.' => sub {
	my ($full, $mute, $hangs) = FakeMX->group({ mode => 'full' },
	    { mode => 'mute', address => '127.0.0.2' },
	    { address => '127.0.0.3', EHLO => SILENCE });
	my $dns = FakeDNS->new(zone => { 'silent.example' => 'timeout' });
	my @arguments = ('-p', $full->port, '--nameserver', $dns->address,
	    map({ ('-H', $_->address) } $full, $mute, $hangs),
	    '-H', 'silent.example');
	my @codes = qw(TCP_TIMEOUT BANNER_TIMEOUT SMTP_TIMEOUT DNS_TIMEOUT);
	my @rows = (
		# Arguments, the state, that of every server.
		[['-t', '2:warning'], 'WARNING', ('WARNING') x 4],
		[['-t', '2:UNKNOWN', '--severity=SMTP_TIMEOUT=warning'],
		    'WARNING', 'UNKNOWN', 'UNKNOWN', 'WARNING', 'UNKNOWN'],
	);
	my @runs = check_all(map { ['check_mx_banner', @arguments, @{$_->[0]}] }
	    @rows);
	for my $row (@rows) {
		my ($more, $state, @states) = @$row;
		my $run = shift @runs;
		is($run->state, $state, "With '@$more' it is $state.");
		is_deeply([map { /^\[(\w+)\].*\((\w+)\)$/ ? "$1 $2" : $_ }
		    ($run->lines)[1 .. 4]],
		    [map { "$states[$_] $codes[$_]" } keys @codes],
		    "With '@$more' every kind of time-out counts so.")
		    or diag($run->as_text);
	}
};

subtest 'A silent world still gets its status line, in time.' => sub {
	my $timeout = 1;
	my ($full, @mute) = FakeMX->group({ mode => 'full' },
	    map { +{ mode => 'mute', address => "127.0.0.$_" } } 2 .. 4);
	my $dns = FakeDNS->new(zone => { 'silent.example' => 'timeout' });
	my @silent = ('-t', $timeout, '--nameserver', $dns->address);
	my @servers = ('-d', 'silent.example', '-p', $full->port,
	    map { ('-H', $_) } map({ $_->address } $full, @mute),
	    'silent.example');
	my @calls = map { my ($plugin, @arguments) = @$_;
	    [$plugin, @silent, @arguments] }
	    map({ [$_, '-d', 'silent.example'] } @PLUGINS),
	    map({ [$_, @servers] } @DIALOGUES);
	my @runs = check_all(@calls);
	for my $call (@calls) {
		my ($plugin, @arguments) = @$call;
		my $run = shift @runs;
		is($run->state, 'CRITICAL',
		    "$plugin: silence is CRITICAL.");
		like($run->perf_output, qr/^time=$SECONDS;;;0 servers=\d;;;0/,
		    'There is perfdata.');
		cmp_ok($run->seconds, '<', $timeout + 1,
		    'It ended within the time-out and a second.')
		    unless $ENV{CHECK_MX_WRAPPER};
	}
};

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The command line of every plugin: what is wrong is said in one status line,
# before a single packet leaves; what is asked for is explained.

use v5.36;
no warnings 'qw'; # commas are part of what is tried
use File::Temp;
use FindBin;
use POSIX qw(mkfifo);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;

my @DIALOGUES = qw(check_mx check_mx_banner check_mx_starttls
    check_mx_cert_expiry check_mx_openrelay check_mx_dane check_mx_mtasts
    check_mx_auth check_mx_delivery);
my @PLUGINS = (@DIALOGUES, 'check_mx_dns');

# Whoever gets past a wrong option is seen by one of these.
my $mx = FakeMX->new;
my $dns = FakeDNS->new(zone => {
	'example.com' => { MX => ['10 mx1.example.com'] },
	'mx1.example.com' => { A => [$mx->address] },
});
my @ask = ('--nameserver', $dns->address);
my @via = ('-p', $mx->port, @ask);
my @target = ('-H', $mx->address);

my $folder = File::Temp->newdir;
my $text_file = write_file('text', "This is no certificate.\n");
my $empty_file = write_file('empty', '');
my $broken_file = write_file('broken.pem', "-----BEGIN CERTIFICATE-----\n"
    . "AAAA\n-----END CERTIFICATE-----\n");

my $secret_file = write_file('secret', "geheim\n");
chmod 0600, $secret_file;

my $pipe = "$folder/pipe";	# nobody will ever write to it
mkfifo($pipe, 0600) or die "$pipe: $!";

my $NUMBER = qr/number/;
my $NAME = qr/label|name|octet|byte|character|long|empty|dot|address|blank
    |letter|UTF-8|hyphen/xi;
my $RANGE = qr/range|days|share/i;
my $DATE = qr/date|day|time|year/i;
my $FILE = qr/$folder|file|PEM|certificate|directory|open|read/i;
my $LABEL_64 = 'a' x 64;
my $NAME_254 = join '.', ('a' x 63) x 3, 'a' x 62;	# 254 octets

# What is no domain name, wherever one is expected.
my @NO_NAMES = ('a..example', '.', '..', '.example.com', 'example.com..',
    "$LABEL_64.example", $NAME_254, 'exam ple.com', ' example.com',
    'example.com ', "exam\tple.com", "example.com\r\nNOOP", "a\x1b[31m.example",
    "a\x7f.example", "\xff\xfe.example", "a\xe2\x80\xa8b.example",
    'a|b.example', '$(id).example', '`id`', 'a;id', "a'b.example",
    'a"b.example', 'a&b.example', 'a>b', 'a*b.example', 'a%b.example',
    'a/b.example', 'http://example.com', 'user@example.com',
    '-x.example', 'x-.example');
my @NO_RANGES = ('@', '~', '20:10', 'abc', '10abc', '1,5', '10:20:30', '0x10',
    'inf', 'nan', '1e3', '5:4', '@20:10', '10 ', ' 10', '10:~', '--5', "1\n2",
    ':');
my @NO_DATES = ('+14', '+d', 'd', 'tomorrow', '2030-13-01', '2030-02-30',
    '2030-00-10', '2030-01-32', '2030-1', '2030-01-31T25:00:00Z',
    '2030-01-31x', '+99999999999999999999d', '+1.5d', '+14d ', '20300131');
my @NO_MAILBOXES = ('nobody', '@example.net', 'a@', 'a@b..example',
    'a b@c.example', "a\@b.example>\r\nDATA", "a\@b.example\nRSET",
    'a@b.example>', "a\@$LABEL_64.example", "\xff\@b.example");

# Which plugins take turns, the option, what the reason has to hold, and the
# values.
my @wrong_values = (
	['all', 'domain', $NAME, @NO_NAMES, '192.0.2.1', '2001:db8::1'],
	['all', 'hostname', $NAME, @NO_NAMES, '256.1.1.1', '192.0.2',
	    '192.0.2.1.5', '2001:db8::1::2', '2001:db8:::',
	    'mx1.example.com:25'],
	['dialogues', 'port', $NUMBER, qw(0 65536 -1 abc 25x 0x19 1e3 2.5 smtp),
	    ' 25', '25 ', '9' x 30],
	['all', 'timeout', qr/second/i, qw(0 -5 abc 1.5 5: 5:foo 5:ok:ok 5:4
	    :ok 5s 0:ok), ' 5', '9' x 30],
	['all', 'quorum', $NUMBER, qw(0 -1 abc 1.5 2x), '9' x 30],
	['all', 'nameserver', qr/address/i, qw(localhost 127.0.0 127.0.0.1:
	    127.0.0.1:0 127.0.0.1:65536 127.0.0.1:x [::1 [::1]x [::1]: ::1]
	    [127.0.0.1]x 999.1.1.1), ' 127.0.0.1'],
	['dialogues', 'source', qr/address/i, qw(mx.example.com 127.0.0
	    127.0.0.1:25 256.0.0.1 ::g), '127.0.0.1 '],
	['dialogues', 'fqdn', $NAME, 'a..example', "$LABEL_64.example",
	    $NAME_254, 'two words', "x.example\r\nMAIL FROM:<a\@b.example>",
	    "x.example\nQUIT", "x\x01.example", "\xff.example",
	    '[192.0.2.256]', '[', '[]', '[IPv6:]', '[IPv6:192.0.2.1]',
	    '[2001:db8::1]', '[192.0.2.1', '192.0.2.1]', '$(id).example'],
	['dialogues', 'sni', $NAME, 'a..example', "$LABEL_64.example",
	    $NAME_254, 'two words', "x.example\r\n"],
	['all', 'output-format', qr/nagios, report, json/, qw(xml JSON json,
	    nagiosjson reports), ' json', "json\n"],
	['all', 'severity', qr/code|state|ok, warning/i, qw(NO_SUCH_CODE=ok
	    TCP_REFUSED TCP_REFUSED= TCP_REFUSED=bad TCP_REFUSED=4 =ok =
	    TCP_REFUSED=ok, ,TCP_REFUSED=ok TCP_REFUSED=ok,,BANNER_BUSY=ok
	    TCP_REFUSED=ok=ok TCP_REFUSED:ok), 'TCP_REFUSED =ok',
	    "TCP_REFUSED=\x1b[31m"],
	['all', 'explain', qr/code/i, qw(NO_SUCH_CODE TCP TCP_REFUSEDX 9.1.1
	    5.7 5.7. 5.7.1.1 5.7.01 5.7.1000 3.1.1 5.x.1 .7.1 550),
	    '550 5.7.1', '5.7.1 ', ' 5.7.1', "\x1b[31m", 'a|b'],

	[[qw(banner starttls openrelay dns dane mtasts auth delivery)],
	    'warning', $RANGE,
	    @NO_RANGES, '-10'],
	[[qw(banner starttls openrelay dns dane mtasts auth delivery)],
	    'critical', $RANGE,
	    @NO_RANGES, '-10'],
	['cert_expiry', 'warning', $RANGE, @NO_RANGES, qw(% 25%% abc% -5% 101%
	    25%x 25%:50% nan% 1e1%)],
	['cert_expiry', 'critical', $RANGE, @NO_RANGES, qw(% 25%% 101%)],
	['mx', 'warning', $RANGE, @NO_RANGES, qw(-10 80%)],
	['mx', 'critical', $RANGE, @NO_RANGES, qw(-10 80%)],
	['mx', 'skip', qr/dns, ptr, .*starttls, certificate, .*dane, mtasts/,
	    qw(tls DNS ptr,tls ptr, ,ptr ptr,,relay ptr;relay ptrs mta-sts
	    dane,tlsa), ' ptr', 'ptr ', "ptr\n", "\x1b[31m",
	    join(',', ('ptr') x 32, 'x')],
	['mx', 'egress-check', qr/$NAME|HOST|PORT/, qw(mx.example.net:
	    mx.example.net:0 mx.example.net:65536 mx.example.net:smtp
	    mx.example.net:25:25 127.0.0.1:x [::1 [::1]x [::1]: [::1]:0
	    [mx.example.net]:25 a..b), 'mx example', "mx\n", 'mx|x',
	    "$LABEL_64.example:25", $NAME_254],
	[[qw(mx starttls cert_expiry dane mtasts)], 'at', $DATE, @NO_DATES],
	[[qw(mx starttls cert_expiry auth)], 'ca-file', $FILE, "$folder/missing",
	    "$folder", $text_file, $empty_file, $broken_file,
	    $pipe, '/dev/zero'],
	[[qw(mx starttls cert_expiry auth)], 'ca-dir', $FILE, "$folder/missing",
	    $text_file, $pipe],
	['dane', 'next-cert', $FILE, "$folder/missing", "$folder", $text_file,
	    $empty_file, $broken_file, $pipe, '/dev/zero'],
	[[qw(mtasts mx)], 'min-max-age', $NUMBER, qw(-1 abc 1d 1.5 31557601
	    0x10), ' 1', '9' x 30],
	[[qw(mtasts mx)], 'require-mode', qr/enforce/, qw(none testing ENFORCE
	    enforced enforce,testing), 'enforce '],

	[[qw(banner mx)], 'require', qr/EXT|number|size/i, 'SIZE>=',
	    'SIZE>=abc', 'SIZE>=-1', 'SIZE>=1.5', 'SIZE>=' . '9' x 30,
	    'SIZE>=18446744073709551616', '>=5', 'TWO WORDS', "SIZE\r\n",
	    'SIZE>5', 'SIZE=5', 'SIZE>=5 '],

	[[qw(starttls mx auth)], 'min-tls', qr/1\.2/, qw(1.4 2 abc 1.2x TLS1.2 0.9
	    1.), ' 1.2'],
	[[qw(starttls mx auth)], 'match', $NAME, 'two words', 'a..example',
	    "$LABEL_64.example", "a\r\n", '$(id)'],
	[[qw(starttls mx auth)], 'fingerprint', qr/hex|SHA-?256|digits/i, 'abc',
	    'zz' x 32, 'a' x 63, 'a' x 65, 'a' x 40, 'aa:' x 32,
	    join(':', ('aa') x 31), ':' . join(':', ('aa') x 32),
	    join('::', ('aa') x 32), 'a' x 64 . ' ', 'sha256:' . 'a' x 64],

	['auth', 'authtype', qr/SCRAM-SHA-256, .*XOAUTH2/, qw(GSSAPI NTLM
	    DIGEST-MD5 SCRAM SCRAM-SHA-256-PLUS PLAIN,LOGIN PLAIN=), 'PLAIN ',
	    "LOGIN\r\n"],
	['auth', 'authuser', qr/longer/, 'x' x 1025],
	['auth', 'require-mech', qr/mechanism/, 'PLAIN,LOGIN', 'TWO WORDS',
	    "PLAIN\n", 'a|b', 'x' x 21, "\xff"],

	[[qw(openrelay mx)], 'from', qr/mailbox|address|\@/i, @NO_MAILBOXES],
	[[qw(openrelay mx)], 'recipient', qr/mailbox|address|\@/i,
	    @NO_MAILBOXES, '<>'],
	[[qw(openrelay mx)], 'local-domain', $NAME, @NO_NAMES],
	[[qw(openrelay mx)], 'probes', qr/probe|form|list/i, qw(no-such
	    basic,no-such basic, ,basic all,, BASIC@), ' basic', "all\x1b[31m"],
);

# What is wrong beyond one option's value: plugins, what has to be named, the
# reason, and the arguments.
my @wrong_lines = (
	['all', '--frobnicate', qr/unknown/i, @target, '--frobnicate'],
	['all', '--frobnicate', qr/unknown/i, @target, '--frobnicate=1'],
	['all', '-Z', qr/unknown/i, @target, '-Z'],
	['all', '-Z', qr/unknown/i, @target, '-vZ'],
	['all', '-', qr/unknown/i, @target, "-\xff"],
	['all', '--', qr/unknown/i, @target, "--fr\x1b[31m|x"],
	['dialogues', '--s', qr/unknown|ambiguous/i, @target, '--s'],
	['all', 'domain', qr/host/i],
	['all', 'domain', qr/host/i, ''],
	['all', 'domain', qr/host/i, '-v', '--', ''],
	['all', 'domain', qr/more than one|two/i, 'example.com', 'example.net'],
	['all', 'domain', qr/more than one|two/i, '-d', 'example.com',
	    'example.net'],
	['all', 'domain', qr/more than one|two/i, 'example.com', '',
	    'example.com'],
	['all', '--hostname', qr/more than 32 times/, ('-H', '127.0.0.1') x 33],
	['all', 'example..com', $NAME, 'example..com'],
	['all', '?[31m', $NAME, "\x1b[31m"],
	['all', '--ipv6', qr/ipv4/i, @target, '-4', '-6'],
	['dialogues', '--source', qr/family|IPv/i, @target, '-6', '--source',
	    '127.0.0.1'],
	['banner', '--ca-file', qr/unknown/i, @target, '--ca-file=/dev/null'],
	['banner', '--min-tls', qr/unknown/i, @target, '--min-tls=1.2'],
	['banner', '-S', qr/unknown/i, @target, '-S'],
	['starttls', '--expect', qr/unknown/i, @target, '--expect=x'],
	['starttls', '--probes', qr/unknown/i, @target, '--probes=all'],
	['cert_expiry', '--require', qr/unknown/i, @target, '--require=SIZE'],
	['openrelay', '--at', qr/unknown/i, @target, '--at=+14d'],
	[[qw(auth delivery)], '--at', qr/unknown/i, @target, '--at=+14d'],
	[[qw(openrelay mx)], '--recipient', qr/outside|local/i, '-d',
	    'example.com', '--recipient=someone@example.com'],
	[[qw(openrelay mx)], '--recipient', qr/more than 8 times/, @target,
	    ('--recipient=someone@example.net') x 9],
	[[qw(openrelay mx)], '--recipient', qr/mailbox/, @target,
	    "--recipient=j\xc3\xb6rg\@example.net"],
	['dns', '-p', qr/unknown/i, @target, '-p', '25'],
	['dns', '--fqdn', qr/unknown/i, @target, '--fqdn=client.example.net'],
	['dns', '--skip', qr/unknown/i, @target, '--skip=ptr'],
	[[qw(dns mx)], '--expect-mx', qr/domain/i, @target,
	    '--expect-mx=mx1.example.com'],
	[[qw(dns mx)], '--expect-null-mx', qr/exclude/i, 'example.com',
	    '--expect-null-mx', '--expect-mx=mx1.example.com'],
	['mx', '--chain', qr/unknown/i, @target, '--chain'],
	['mx', '--next-cert', qr/unknown/i, @target, '--next-cert=/dev/null'],
	['dane', '--require-mode', qr/unknown/i, @target,
	    '--require-mode=enforce'],
	['mtasts', '--trust-ad', qr/unknown/i, @target, '--trust-ad'],
	['mtasts', '--hostname', qr/domain/i, @target],
	[[qw(banner starttls openrelay cert_expiry dns)], '--trust-ad',
	    qr/unknown/i, @target, '--trust-ad'],
	[[qw(dane mtasts)], '--skip', qr/unknown/i, @target, '--skip=ptr'],
	['mx', '--starttls', qr/unknown/i, @target, '--starttls'],
	['auth', '--probe-versions', qr/unknown/i, @target,
	    '--probe-versions'],
	['mx', '--authuser', qr/unknown/i, @target, '--authuser=x'],
	['auth', '--authuser', qr/secret/, @target, '-U', 'kate'],
	['auth', '--authpass', qr/--authuser/, @target, '-P', 'geheim'],
	['auth', '--authpass-file', qr/--authuser/, @target, '--authpass-file',
	    $secret_file],
	(map { ['auth', '--authpass-file', qr/No such|neither|empty|others/,
	    @target, '-U', 'kate', "--authpass-file=$_"] } "$folder/missing",
	    "$folder", $empty_file, $text_file),
	['auth', '--authtype', qr/--authuser/, @target, '-A', 'PLAIN'],
	['auth', '--expect-reject', qr/--authuser/, @target,
	    '--expect-reject'],
	['auth', '--in-clear', qr/--ssl/, @target, '--in-clear', '--ssl'],
);

# What --help has to say of an option: its default, where it has one.
my %help = (
	domain => qr/DOMAIN/, hostname => qr/HOST.*repeatable/,
	ipv4 => qr/default: both/, ipv6 => qr/default: both/,
	nameserver => qr/repeatable.*default.*resolv/,
	timeout => qr/default: 30, CRITICAL/, quorum => qr/default: all/,
	severity => qr/CODE=STATE.*default/,
	explain => qr/\[=CODE\].*such as 5\.7\.1/,
	'extra-opts' => qr/\[=\[SECTION\]\[\@FILE\]\].*repeatable.*default.*NAGIOS/,
	'output-format' => qr/=nagios\|report\|json.*default: nagios/,
	verbose => qr/-vv/, version => qr/version/, help => qr/help/,
	warning => qr/default/, critical => qr/default/,
);
my %dialogue = (
	port => qr/default: 25\b.*465/, source => qr/default/,
	fqdn => qr/default.*literal/, ssl => qr/default: off/,
	proxy => qr/default: off/, sni => qr/default.*none for an address/,
);
my %trust = ('ca-file' => qr/default.*system/, 'ca-dir' => qr/default.*system/);
my %moment = (at => qr/default: now/);
my %expected_dns = ('expect-mx' => qr/HOST\[:PREF\].*repeatable/,
    'expect-null-mx' => qr/RFC 7505/, 'no-ptr' => qr/default/);
my %expected_greeting = (expect => qr/banner/,
    require => qr/SIZE>=.*repeatable/);
my %expected_tls = ('min-tls' => qr/default: 1\.2/, match => qr/repeatable/,
    fingerprint => qr/SHA256.*repeatable/, 'no-verify' => qr/\w/);
my %tls_probes = ('probe-versions' => qr/1\.0/,
    'probe-injection' => qr/STARTTLS/);
my %policy = ('min-max-age' => qr/SECONDS.*default: 86400/,
    'require-mode' => qr/enforce.*default: any/);
my %dnssec = ('trust-ad' => qr/AD bit.*default: only .*loopback/);
my %login = (authtype => qr/SCRAM-SHA-256.*XOAUTH2.*default/,
    authuser => qr/default: no login/, authpass => qr/Not advised/,
    'authpass-file' => qr/default:.*CHECK_MX_AUTHPASS/,
    'in-clear' => qr/default: never/);
my %relay = (from => qr/default.*check_mx@/,
    recipient => qr/your own.*default.*relay-test\@example\.com/,
    'local-domain' => qr/default.*domain checked/,
    probes => qr/default: basic/, 'list-probes' => qr/\w/, trusted => qr/\w/);
my %own_help = (
	check_mx => { %dialogue, %trust, %moment, %dnssec, %expected_dns,
	    %expected_greeting, %expected_tls, %tls_probes, %policy, %relay,
	    skip => qr/dns.*ptr.*banner.*relay.*dane.*mtasts/,
	    'egress-check' => qr/HOST\[:PORT\].*default: none/,
	    domains => qr/FILE\|-.*one per line.*default/,
	    parallel => qr/default: 32/, resume => qr/FILE.*default: none/,
	    warning => qr/score.*default: none/ },
	check_mx_auth => { %dialogue, %trust, %expected_tls, %login,
	    port => qr/default: 587\b.*465/, 'expect-reject' => qr/default/,
	    starttls => qr/default: so it does/,
	    'require-mech' => qr/repeatable/ },
	check_mx_delivery => { %dialogue, %trust, %expected_tls, %login,
	    starttls => qr/default: off/, lmtp => qr/port 24\b.*default: SMTP/,
	    port => qr/default: 25\b/, from => qr/<> for none.*check_mx@/,
	    to => qr/repeatable.*default: postmaster/,
	    dsn => qr/never\|success,failure,delay.*default/,
	    send => qr/default: stop after RCPT/, subject => qr/default/,
	    header => qr/NAME: VALUE.*repeatable/,
	    message => qr/FILE\|-.*standard input.*default/,
	    map({ ("arrival-$_" => qr/default/) } qw(imap maildir user
	    pass-file warning critical)) },
	check_mx_dns => \%expected_dns,
	check_mx_banner => { %dialogue, %expected_greeting },
	check_mx_starttls => { %dialogue, %trust, %moment, %expected_tls, %tls_probes },
	check_mx_cert_expiry => { %dialogue, %trust, %moment, chain => qr/default/,
	    warning => qr/default.*21 days.*25 ?%/,
	    critical => qr/default.*7 days.*10 ?%/ },
	check_mx_openrelay => { %dialogue, %relay, starttls => qr/default/ },
	check_mx_dane => { %dialogue, %trust, %moment, %dnssec,
	    'next-cert' => qr/PEM.*record to publish.*moment.*default/ },
	check_mx_mtasts => { %dialogue, %trust, %moment, %policy },
);

sub write_file ($name, $content) {
	open my $out, '>', "$folder/$name" or die "$name: $!";
	print $out $content;
	close $out or die "$name: $!";
	return "$folder/$name";
}

# An argument as a person may read it.
sub shown ($argument) {
	my $short = length $argument > 50 ? substr($argument, 0, 50) . '...'
	    : $argument;
	return $short =~ s/([^\x21-\x7e]|#)/sprintf '\\x%02x', ord $1/ger;
}

sub plugins_of ($which) {
	return @PLUGINS if $which eq 'all';
	return @DIALOGUES if $which eq 'dialogues';
	return map { $_ eq 'mx' ? 'check_mx' : "check_mx_$_" }
	    ref $which ? @$which : $which;
}

# The servers that would see whoever gets too far.
sub via ($plugin) {
	return $plugin eq 'check_mx_dns' ? @ask : @via;
}

sub service ($plugin) {
	return uc $plugin =~ s/^check_//r;
}

# One status line that names what is wrong, and why; no perfdata.
sub refuses ($plugin, $named, $reason, @arguments) {
	my $line = join ' ', map { shown($_) } @arguments;
	my $service = service($plugin);
	my $run = check($plugin, via($plugin), @arguments, { name =>
	    "$plugin keeps the rules of every run with a wrong $named." });

	like($run->output, qr/^$service\ UNKNOWN\ -\ (?=[^\n]*\Q$named\E)
	    [^|\n]*(?:$reason)[^|\n]*\n\z/x,
	    "$plugin refuses $line and says why.");
}

# The entries of --help: { option => its text on one line }.
sub help_entries ($text) {
	my (%entry, $name);
	for (split /\n/, $text) {
		if (/^ {2}(?:-\w, | {4})--([\w-]+)/) {
			$entry{$name = $1} = $_;
		} elsif (/^ {10,}\S/ && $name) {
			$entry{$name} .= s/^ */ /r;
		} else {
			undef $name;
		}
	}
	return \%entry;
}

sub help_of ($plugin) {
	return help_entries(testCmd(plugin($plugin), '--help')->output);
}

for my $row (@wrong_values) {
	my ($which, $option, $reason, @values) = @$row;
	subtest "A wrong --$option is a usage error." => sub {
		my @turn = plugins_of($which);
		for my $value (@values) {
			refuses($turn[0], "--$option", $reason,
			    $option eq 'domain' ? () : @target,
			    "--$option=$value");
			push @turn, shift @turn;
		}
	};
}

subtest 'A wrong command line is a usage error.' => sub {
	for my $row (@wrong_lines) {
		my ($which, $named, $reason, @arguments) = @$row;
		refuses($_, $named, $reason, @arguments)
		    for plugins_of($which);
	}
};

for my $plugin (@PLUGINS) {
	my $entries = help_of($plugin);

	subtest "$plugin needs the values of its options." => sub {
		for my $option (sort keys %$entries) {
			my $entry = $entries->{$option};
			if ($entry =~ /--\Q$option\E=/) {
				refuses($plugin, "--$option", qr/empty/i,
				    @target, "--$option=");
				refuses($plugin, "--$option", qr/value/i,
				    @target, "--$option");
			} elsif ($entry !~ /--\Q$option\E\[=/) {
				refuses($plugin, "--$option", qr/no value/i,
				    @target, "--$option=x");
			}
			my ($letter) = $entry =~ /^ +-(\w), --[\w-]+=/ or next;
			refuses($plugin, "--$option", qr/empty/i, @target,
			    "-$letter", '');
			refuses($plugin, "-$letter", qr/value/i, @target,
			    "-$letter");
		}
	};
}

is_deeply([$dns->queries], [], 'No wrong command line asked the DNS.');
is_deeply([$mx->connections], [], 'No wrong command line made a connection.');

for my $plugin (@PLUGINS) {
	subtest "$plugin explains itself." => sub {
		my $run = check($plugin, '--help', { name =>
		    "$plugin keeps the rules of every run with --help." });
		my $entries = help_entries($run->output);
		my %wanted = (%help, %{$own_help{$plugin}});

		is($run->return_code, 3, '--help exits with 3.');
		is(testCmd(plugin($plugin), '-h')->output, $run->output,
		    '-h is --help.');
		is_deeply([sort keys %$entries], [sort keys %wanted],
		    '--help names every option, and no other.');
		like($entries->{$_} // '', $wanted{$_},
		    "--help tells all of --$_.") for sort keys %wanted;
		is_deeply([grep { length > 80 } $run->lines], [],
		    '--help fits 80 columns.');
		unlike($run->output, qr/[^\x0a\x20-\x7e]/,
		    '--help is plain text.');
		like($run->output, qr/^Usage: \Q$plugin\E /m,
		    '--help tells how the plugin is called.');

		for my $option ('-V', '--version') {
			$run = check($plugin, $option, { name => "$plugin "
			    . "keeps the rules of every run with $option." });
			like($run->output, qr/^\Q$plugin\E \d+\.\d+\S*\n\z/,
			    "$option tells name and version.");
			is($run->return_code, 3, "$option exits with 3.");
		}
	};
}

subtest 'A code is explained, or all of them.' => sub {
	my @codes = do {
		my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
		open my $in, '<', "$top/common/diagnosis.def" or die $!;
		map { /^DIAGNOSIS\((\w+),/ ? $1 : () } <$in>;
	};
	my $all = check('check_mx_banner', '--explain', { name =>
	    'The explanation of all codes keeps the rules of every run.' });
	is($all->return_code, 3, 'Explanations exit with 3, as help does.');
	is_deeply([$all->output =~ /^([A-Z][A-Z0-9_]+)\b/mg], \@codes,
	    'Without a code all of them are explained, in the table\'s order.');
	is_deeply([grep { length > 80 && /\S \S/ } $all->lines], [],
	    'Explanations fit 80 columns but for words that are longer.');

	for my $arguments (['--explain=TCP_REFUSED'], ['--explain=tcp_refused'],
	    ['--explain', 'TCP_REFUSED'], ['TCP_REFUSED', '--explain']) {
		my $one = check('check_mx_banner', @$arguments, { name =>
		    'One explanation keeps the rules of every run.' });
		like($one->output, qr/^TCP_REFUSED\b[^\n]*connection\ refused
		    .*^\s*cause:.*^\s*remedy:/smx,
		    "@$arguments prints code, title, cause and remedy.");
		is($one->return_code, 3, "@$arguments exits with 3.");
	}
	for my $arguments (['--explain=5.7.1'], ['--explain', '5.7.1']) {
		my $one = check('check_mx_banner', @$arguments, { name =>
		    'An enhanced code keeps the rules of every run.' });
		like($one->output, qr/^5\.7\.1\ \(permanent\ failure\):\ delivery
		    \ not\ authorized.*^\s*cause:.*^\s*remedy:/smx,
		    "@$arguments prints an enhanced code's title, cause and "
		    . 'remedy.');
		is($one->return_code, 3, "@$arguments exits with 3.");
	}
	my %text = map { $_ => testCmd(plugin($_), '--explain')->output }
	    @PLUGINS;
	is_deeply([grep { $text{$_} ne $all->output } @PLUGINS], [],
	    'Every plugin gives the same explanations.');
	refuses($_, 'NO_SUCH_CODE', qr/code/i, '--explain', 'NO_SUCH_CODE')
	    for @PLUGINS;
};

subtest 'The order and the form of arguments are free.' => sub {
	my @fqdn = ('-F', 'client.example.net');
	my %line = (
		'the domain first' => ['example.com', @via, @fqdn],
		'the domain last' => [@via, @fqdn, 'example.com'],
		'the domain in between' => [@fqdn, 'example.com', @via],
		'-d' => [@via, '-d', 'example.com', @fqdn],
		'the value behind the letter' => ['-dexample.com', @via, @fqdn],
		'an abbreviation' => ['--dom=example.com', @via,
		    '--fqd', 'client.example.net'],
		'--' => [@via, @fqdn, '--', 'example.com'],
		'empty arguments, as Debian\'s commands pass them' =>
		    ['', '-d', 'example.com', '', @via, @fqdn, ''],
		'an upper-case code in --severity' => ['example.com', @via,
		    '--severity=TCP_REFUSED=WARNING,tcp_reset=ok', @fqdn],
		'an option given twice, of which the last one counts' =>
		    ['example.com', '-t', 1, @via, '-t', '20:unknown', @fqdn],
		'an address literal as EHLO name' => ['example.com', @via,
		    '-F', '[IPv6:2001:db8::1]'],
	);
	for my $name (sort keys %line) {
		my $run = check('check_mx_banner', @{$line{$name}}, { name =>
		    "A run with $name keeps the rules of every run." });
		is($run->return_code, 0, "A command line with $name works.")
		    or diag($run->as_text);
	}
};

done_testing;

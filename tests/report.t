#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --output-format=report: what a person at a terminal gets to read, of every
# plugin, whatever the terminal, the servers and their number.

use v5.36;
use utf8;
use Encode qw(decode_utf8);
use FindBin;
use List::Util qw(max);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use MailDomain qw(tlsa);

need('script');

my $REPORT = '--output-format=report';
my @TRUST = ('--ca-file', Certs::ca_file());
my %TRUST = map { $_ => \@TRUST } qw(check_mx check_mx_starttls
    check_mx_cert_expiry check_mx_mtasts);
my @PLUGINS = qw(check_mx check_mx_banner check_mx_starttls
    check_mx_cert_expiry check_mx_openrelay check_mx_dane check_mx_mtasts
    check_mx_delivery check_mx_dns);
# Of check_mx, where there are no TLSA records.
my @ALL_STAGES = ('DNS', 'PTR', 'TCP', 'banner', 'EHLO', 'TLS', 'certificate',
    'EHLO in TLS', 'relay');
my $SECONDS = qr/\d+\.\d{3} s/;
my $ESCAPE = qr/\e\[[0-9;]*m/;

# A domain with these servers, in the order of their preference, in a zone that
# is signed, and the arguments that check it with a plugin. What else is in the
# zone may depend on the port.
sub domain_of (@scripts) {
	my $more = ref $scripts[0] eq 'CODE' ? shift @scripts
	    : sub ($port) { {} };
	my $last = 0;
	my @mx = FakeMX->group(map { my $number = ++$last;
	    +{ address => "127.0.0.$number",
	    hostname => "mx$number.example.com", %$_ } } @scripts);
	my @number = 1 .. @scripts;
	my $dns = FakeDNS->new(ad => 1, zone => {
		'example.com' => { MX => [map { $_ * 10
		    . " mx$_.example.com" } @number] },
		map({ ("mx$_.example.com" => { A => ["127.0.0.$_"] },
		    "127.0.0.$_" => { PTR => ["mx$_.example.com"] }) } @number),
		%{$more->($mx[0]->port)},
	});
	my @where = ('-d', 'example.com', '--nameserver', $dns->address);
	return { keep => [$dns, @mx], arguments => sub ($plugin) {
		return (@where, @{$TRUST{$plugin} // []},
		    $plugin eq 'check_mx_dns' ? () : ('-p', $mx[0]->port));
	} };
}

sub report ($domain, $plugin, @more) {
	return check($plugin, $domain->{arguments}->($plugin), $REPORT, @more,
	    { name => "$plugin keeps the rules of every run with"
	    . " $REPORT @more." });
}

sub expired ($number) {
	return { tls => { certificate => Certs::certificate(
	    names => ["mx$number.example.com"],
	    not_before => Certs::days(-93.5),
	    not_after => Certs::days(-3.5)) } };
}

# The block of a server: its title, and { mark, seconds, text } by stage.
sub block ($run, $title) {
	my ($block) = grep { /^\[[A-Z]+\] \Q$title\E/ }
	    split /\n\n/, $run->output;
	my ($head, @lines) = split /\n/, $block // '';
	my (@names, %row);

	for (@lines) {
		if (/^\ \ (ok|WARN|CRIT|UNKN|--)\ +(EHLO\ in\ TLS|\S+)\ +
		    ($SECONDS)?\ *(\S.*)$/x) {
			push @names, $2;
			$row{$2} = { mark => $1, seconds => $3, text => $4 };
		} elsif (@names) {
			$row{$names[-1]}{text} .= ' ' . s/^ +//r;
		} else {
			$head .= ' ' . s/^ +//r;
		}
	}
	return ($head // '', \@names, \%row);
}

# The same on a terminal of so many columns.
sub on_terminal ($columns, $environment, $plugin, @arguments) {
	my $command = join ' ', map { "'$_'" }
	    split(' ', $ENV{CHECK_MX_WRAPPER} // ''), plugin($plugin),
	    @arguments;
	my $run = testCmd('script', '-qec', "stty cols $columns; $command",
	    '/dev/null', { env => { TERM => 'xterm', SHELL => '/bin/sh',
	    %$environment } });
	$run->{output} =~ s/\r\n/\n/g;
	return $run;
}

sub widest ($text) {
	return max(0, map { length } split /\n/, decode_utf8($text)
	    =~ s/$ESCAPE//gr);
}

sub without_times ($text) {
	return $text =~ s/\d+\.\d+ s/? s/gr;
}

subtest 'Every step that a plugin makes has its line.' => sub {
	my @dialogue = qw(DNS TCP banner EHLO);
	my %stages = (
		check_mx => [map { $_ eq 'certificate' ? ($_, 'DANE') : $_ }
		    @ALL_STAGES],
		check_mx_banner => \@dialogue,
		check_mx_starttls => [@dialogue, qw(TLS certificate)],
		check_mx_cert_expiry => [@dialogue, qw(TLS certificate)],
		check_mx_openrelay => [@dialogue, 'relay'],
		check_mx_dane => [@dialogue, qw(TLS certificate DANE)],
		check_mx_delivery => [@dialogue, 'delivery'],
		check_mx_dns => [qw(DNS PTR)],
	);
	my %fact = (
		DNS => qr/^MX 10, address 127\.0\.0\.1$/,
		PTR => qr/^mx1\.example\.com \(forward-confirmed\)$/,
		TCP => qr/^connected$/,
		banner => qr/^220 mx1\.example\.com ESMTP$/,
		EHLO => qr/^mx1\.example\.com\ offers\ PIPELINING,
		    \ SIZE\ 10485760,\ 8BITMIME,\ STARTTLS$/x,
		TLS => qr/^TLSv1\.3 TLS_\S+ \S+$/,
		certificate => qr/^for\ mx1\.example\.com,\ issued\ by\ CN=.*
		    \ valid\ for\ 60\ days,
		    \ until\ \d{4}-\d\d-\d\dT\S+Z$/x,
		delivery => qr/^MAIL\ FROM:<check_mx\@\S+>\ got\ 250\ .*
		    RCPT\ TO:<postmaster\@example\.com>\ got\ 250\ /x,
		DANE => qr/^TLSA 3 1 1 [0-9a-f]{16}\.\.\. matches$/,
		'EHLO in TLS' => qr/^as before$/,
		relay => qr/^RCPT\ TO:<relay-test\@example\.net>\ got\ 5\d\d
		    \ .*control:\ RCPT\ TO:<postmaster\@example\.com>
		    \ got\ 250\ /x,
	);
	my %untimed = map { $_ => 1 } qw(DNS PTR certificate DANE);
	my $domain = domain_of(sub ($port) { tlsa(1, $port, '3 1 1') }, {});

	for my $plugin (grep { $_ ne 'check_mx_mtasts' } @PLUGINS) {
		my $run = report($domain, $plugin);
		my ($head, $names, $row) = block($run, '10 mx1.example.com');
		like($head, qr/^\[OK\] 10 mx1\.example\.com \[127\.0\.0\.1\]/,
		    "$plugin: the block begins with state and server.");
		is("@$names", "@{$stages{$plugin}}",
		    "$plugin: a line for every step, and no other.");
		for my $stage (@{$stages{$plugin}}) {
			is($row->{$stage}{mark}, 'ok', "$stage is ok.");
			like($row->{$stage}{text}, $fact{$stage},
			    "$stage shows what was observed.");
			is(!defined $row->{$stage}{seconds},
			    !!$untimed{$stage}, "$stage has its time, if any.");
		}
	}
};

subtest 'TLS from the first byte comes before the greeting.' => sub {
	my $domain = domain_of({ tls => { implicit => 1 } });
	my $run = report($domain, 'check_mx_banner', '--ssl');
	my (undef, $names) = block($run, '10 mx1.example.com');
	is("@$names", 'DNS TCP TLS certificate banner EHLO',
	    'The lines are in the order of the dialogue.');
};

subtest 'What was not reached is not tested, and why.' => sub {
	my $no_connection = 'not tested: no connection';
	my $no_greeting = 'not tested: no 220 greeting';
	my $no_ehlo = 'not tested: no EHLO';
	my $no_tls = 'not tested: no TLS session';
	# A server, and mark and text of its last steps.
	my @cases = (
		['Nobody listens', { mode => 'refused' },
		    TCP => [CRIT => qr/^connection refused \(TCP_REFUSED\)$/],
		    banner => $no_connection, EHLO => $no_connection,
		    TLS => $no_connection, certificate => $no_connection],
		['A server refuses', { banner => "554 5.7.1 no\r\n" },
		    TCP => [ok => qr/^connected$/], banner => [CRIT =>
		    qr/^refuses mail: 554 5\.7\.1 no \(BANNER_REFUSED\)$/],
		    EHLO => $no_greeting, TLS => $no_greeting,
		    certificate => $no_greeting],
		['A server is busy', { banner => "421 later\r\n" },
		    banner => [WARN => qr/421 later \(BANNER_BUSY\)$/],
		    EHLO => $no_greeting],
		['A server hangs up', { banner => CLOSE },
		    TCP => [ok => qr/^connected$/],
		    banner => [CRIT => qr/\(BANNER_CLOSED\)$/],
		    EHLO => $no_greeting],
		['A server resets before its greeting', { banner => RESET },
		    TCP => [ok => qr/^connected$/],
		    banner => [CRIT => qr/\(TCP_RESET\)$/],
		    EHLO => $no_greeting],
		['A server knows neither EHLO nor HELO', {
		    EHLO => "502 What?\r\n", HELO => "502 What?\r\n" },
		    EHLO => [CRIT => qr/\(EHLO_REFUSED\)$/],
		    TLS => $no_ehlo, certificate => $no_ehlo],
		['A server is gone after EHLO', { EHLO => CLOSE },
		    EHLO => [CRIT => qr/\(SMTP_CLOSED\)$/], TLS => $no_ehlo],
		['A server offers no STARTTLS', { tls => 0 },
		    EHLO => [ok => qr/offers/],
		    TLS => [CRIT => qr/\(STARTTLS_NOT_OFFERED\)$/],
		    certificate => $no_tls],
		['A server refuses STARTTLS', { STARTTLS => "454 no\r\n" },
		    TLS => [CRIT => qr/454 no \(STARTTLS_REFUSED\)$/],
		    certificate => $no_tls],
		['A handshake fails', { tls => { handshake => ALERT(40) } },
		    TLS => [CRIT => qr/\(TLS_HANDSHAKE\)$/],
		    certificate => $no_tls],
	);
	my $domain = domain_of(map { $_->[1] } @cases);
	for my $plugin ('check_mx_starttls', 'check_mx') {
		my $run = report($domain, $plugin, '-t', 20);
		for my $number (1 .. @cases) {
			my ($sentence, undef, @expected) =
			    @{$cases[$number - 1]};
			my (undef, undef, $row) = block($run,
			    $number * 10 . " mx$number.example.com");
			while (my ($stage, $want) = splice @expected, 0, 2) {
				my ($mark, $text) = ref $want ? @$want
				    : ('--', qr/^\Q$want\E$/);
				is($row->{$stage}{mark}, $mark,
				    "$sentence: $stage is marked $mark.");
				like($row->{$stage}{text}, $text,
				    "$sentence: $stage says why.");
			}
		}
	}
};

subtest 'check_mx shows what came of every step, and the score.' => sub {
	my $open = { RCPT => "250 2.1.5 Ok\r\n" };
	my $later = { RCPT => sub ($line, $) {
		$line =~ /postmaster/ ? "250 Ok\r\n" : "450 Later\r\n" } };
	my $again = { EHLO => EACH(DEFAULT, "502 No\r\n"),
	    HELO => "502 No\r\n" };
	my @cases = (
		# A server, arguments, the score, marks that are not ok ('' of
		# steps that have no line), and what one of them says.
		['All is well', {}, [], 100, {}],
		['EHLO changes', { extensions_tls => ['DSN'] }, [], 100, {},
		    'EHLO in TLS' => qr/^changed: .*-SIZE.* \+DSN$/],
		['No STARTTLS', { tls => 0 }, [], 70, { TLS => 'CRIT',
		    certificate => '--', 'EHLO in TLS' => '' },
		    relay => qr/ got 550 /],
		['No handshake', { tls => { handshake => ALERT(40) } }, [], 50,
		    { TLS => 'CRIT', certificate => '--', 'EHLO in TLS' => '' },
		    relay => qr/ got 550 /],
		['An old certificate', expired(1), [], 70,
		    { certificate => 'CRIT' },
		    certificate => qr/^for .*\(CERT_EXPIRED\)$/],
		['No EHLO inside TLS', $again, [], 0,
		    { 'EHLO in TLS' => 'CRIT', relay => '--' },
		    'EHLO in TLS' => qr/\(EHLO_REFUSED\)$/],
		['An open relay', $open, [], 0, { relay => 'CRIT' },
		    relay => qr/\(RELAY_OPEN\)$/],
		['Greylisting', $later, [], 100, { relay => '--' },
		    relay => qr/\(RELAY_GREYLISTED\)$/],
		['A trusted client', $open, ['--trusted'], 100,
		    { relay => '--' }, relay => qr/\(RELAY_TRUSTED\)$/],
		['Some are skipped', $open, ['--skip=ptr,starttls,relay'],
		    100, { map { ($_ => '') } 'PTR', 'TLS', 'certificate',
		    'EHLO in TLS', 'relay' }],
	);
	for my $case (@cases) {
		my ($sentence, $script, $arguments, $score, $marks, $stage,
		    $text) = @$case;
		my $run = report(domain_of($script), 'check_mx', @$arguments);
		my ($head, undef, $row) = block($run, '10 mx1.example.com');
		my $points = qr/score $score, \d+ of \d+ tests made/;

		is_deeply({ map { ($_ => $row->{$_}{mark} // '') }
		    @ALL_STAGES }, { map({ ($_ => 'ok') } @ALL_STAGES),
		    %$marks }, "$sentence: the steps have their marks.");
		like($row->{$stage}{text}, $text, "$sentence: $stage says it.")
		    if $stage;
		like($head, qr/ - $points$/, "$sentence: the server's score.");
		like($run->output =~ s/\s+/ /gr, qr/servers OK; $points; /,
		    "$sentence: the score of all.");
	}
};

subtest 'What DANE came to stands behind the certificate.' => sub {
	my $none = '3 1 1 ' . 'ab' x 32;
	my $published = sub ($answer) {
		return sub ($port) {
			return { "_$port._tcp.mx1.example.com" =>
			    { TLSA => $answer } };
		};
	};
	my $records = sub (@records) {
		return sub ($port) { tlsa(1, $port, @records) };
	};
	my @cases = (
		# TLSA records, the mark, what is said, the server.
		['A record that matches', $records->('3 1 1'), 'ok',
		    qr/^TLSA 3 1 1 [0-9a-f]+\.\.\. matches$/],
		['One that does not', $records->($none), 'CRIT',
		    qr/^TLSA 3 1 1 abab.* not match .*\(DANE_MISMATCH\)$/],
		['A stale one', $records->($none, '3 1 1'), 'ok',
		    qr/^TLSA 3 1 1 .* TLSA 3 1 1 /],
		['One of no use', $records->('1 1 1'), 'WARN',
		    qr/^TLSA 1 1 1 .*\(DANE_UNUSABLE\)$/],
		['One that is not signed', $published->({ answer => [$none],
		    ad => 0 }), 'WARN', qr/^TLSA .*\(DANE_INSECURE\)$/],
		['A failure', $published->('servfail'), 'CRIT',
		    qr/\(DANE_BOGUS\)$/],
		['A record, and no handshake', $records->('3 1 1'), '--',
		    qr/^TLSA 3 1 1 /, { tls => { handshake => ALERT(40) } }],
		['A record, and no connection', $records->('3 1 1'), '--',
		    qr/^TLSA 3 1 1 /, { mode => 'refused' }],
	);
	for my $case (@cases) {
		my ($sentence, $zone, $mark, $text, $script) = @$case;
		my $domain = domain_of($zone, $script // {});
		for my $plugin ('check_mx', 'check_mx_dane') {
			my ($head, $names, $row) = block(report($domain,
			    $plugin), '10 mx1.example.com');
			is($row->{DANE}{mark}, $mark, "$sentence, $plugin: the "
			    . 'mark.');
			like($row->{DANE}{text}, $text,
			    "$sentence, $plugin: what is said.");
			unlike("@$names", qr/other/,
			    "$sentence, $plugin: nothing stands elsewhere.");
		}
	}

	my $mx = FakeMX->new;
	my $blind = FakeDNS->new(zone => {
		'example.com' => { MX => ['10 mx1.example.com'] },
		'mx1.example.com' => { A => [$mx->address] },
		%{tlsa(1, $mx->port, '3 1 1')},
	});
	for my $plugin ('check_mx', 'check_mx_dane') {
		my $run = check($plugin, '-d', 'example.com', '--nameserver',
		    $blind->address, '-p', $mx->port, @{$TRUST{$plugin} // []},
		    $REPORT);
		my (undef, $names, $row) = block($run, '10 mx1.example.com');
		is($row->{DANE}{mark}, $plugin eq 'check_mx' ? '--' : 'UNKN',
		    "$plugin: what nobody validated is not tested.");
		is($row->{TCP}{mark}, 'ok', "$plugin: the connection was.");
		unlike("@$names", qr/other/,
		    "$plugin: that it was not is told there.");
		like($run->output =~ s/\s+/ /gr,
		    qr/\]\ \Q$plugin\E\ example\.com
		    \ (?:--|UNKN)\ DANE\ not\ tested:\ .*?
		    \ \(DANE_UNTRUSTED_RESOLVER\)/x,
		    "$plugin: why is told of the whole.");
	}
};

subtest 'Without a policy there is nothing to test servers by.' => sub {
	my $run = report(domain_of({}), 'check_mx_mtasts');
	my ($head, $names, $row) = block($run, '10 mx1.example.com');

	is("@$names", 'DNS TCP banner EHLO TLS certificate MTA-STS',
	    'Every step has its line, and there is no other.');
	is($row->{'MTA-STS'}{mark}, '--', 'It is not tested.');
	like($row->{'MTA-STS'}{text}, qr/no policy/, 'Why is told.');
	like($run->output, qr/\A[^\n]+\n  CRIT .*\(MTASTS_NONE\)\n\n/,
	    'That there is none is told of the domain.');
};

subtest 'A host without address, and one that we may not test.' => sub {
	my $dns = FakeDNS->new(zone => { 'example.com' => {
	    MX => ['10 mx1.example.com'] } });
	my $run = check('check_mx_openrelay', '-d', 'example.com',
	    '--nameserver', $dns->address, $REPORT);
	my ($head, undef, $row) = block($run, '10 mx1.example.com');
	is($head, '[CRITICAL] 10 mx1.example.com', 'It has a block too.');
	like($row->{DNS}{text}, qr/no address .*\(DNS_MX_NO_ADDRESS\)$/,
	    'The DNS is what is wrong.');
	is($row->{$_}{text}, 'not tested: no address', "$_ was not tested.")
	    for qw(TCP banner EHLO relay);

	$run = check('check_mx_openrelay', '-H', '127.0.0.1', '--trusted',
	    $REPORT);
	($head, undef, $row) = block($run, '127.0.0.1');
	is($row->{TCP}{text}, 'not tested: we are allowed to relay here',
	    'Where we may relay nothing is tested.');
	is($row->{relay}{mark}, '--', 'Nor is relaying.');
	like($row->{relay}{text}, qr/\(RELAY_TRUSTED\)$/, 'And that is told.');
	ok(!$row->{DNS}, 'An address that was given was not looked up.');
};

subtest 'What was found stands beside its step.' => sub {
	my $domain = domain_of({ RCPT => "250 2.1.5 Ok\r\n" },
	    { tls => { versions => [1.2], certificate => Certs::certificate(
	    names => ['other.example.net']) } },
	    { banner => "220 hello there\r\n" });
	my $run = report($domain, 'check_mx_openrelay');
	my (undef, undef, $row) = block($run, '10 mx1.example.com');
	is($row->{relay}{mark}, 'CRIT', 'An open relay is.');
	like($row->{relay}{text}, qr/got 250 .* \(RELAY_OPEN\)$/,
	    'With what the server said.');

	$run = report($domain, 'check_mx_starttls');
	(undef, undef, $row) = block($run, '20 mx2.example.com');
	is($row->{TLS}{mark}, 'ok', 'The session is well.');
	is($row->{certificate}{mark}, 'CRIT', 'The certificate is not.');
	like($row->{certificate}{text}, qr/\(CERT_NAME_MISMATCH\)$/,
	    'The code is told.');

	$run = report($domain, 'check_mx_banner', '-c', '0:0');
	(undef, undef, $row) = block($run, '30 mx3.example.com');
	is($row->{banner}{mark}, 'WARN', 'A WARNING is marked as one.');
	is($row->{other}{mark}, 'CRIT', 'What belongs to no step comes last.');
	like($row->{other}{text}, qr/\(RESPONSE_SLOW\)$/, 'Such as slowness.');
};

subtest 'Cause and remedy are told once, however many are concerned.' => sub {
	my @ten = (map({ expired($_) } 1 .. 4), {}, { mode => 'refused' },
	    map { { mode => 'refused' } } 7 .. 10);
	my $domain = domain_of(@ten);
	my $run = report($domain, 'check_mx_starttls');
	my $text = $run->output;

	for my $code (qw(CERT_EXPIRED TCP_REFUSED)) {
		my @findings = $text =~ /^CRIT ($code: .*?)\n\n/msg;
		is(scalar @findings, 1, "$code is explained once.");
		like($findings[0], qr/\A[^\n]+\n\ \ where:\ \ \S.*
		    ^\ \ cause:\ \ \S.*^\ \ remedy:\ \S/xms,
		    "$code says where, why, and what to do.");
	}
	my ($where) = $text =~ /^CRIT CERT_EXPIRED: .*?where:\s+(.*?) +cause:/ms;
	is($where =~ s/\s+/ /gr, join(', ', map {
	    "mx$_.example.com [127.0.0.$_]" } 1 .. 4) . ' ',
	    'The servers are named.');
	is(() = $text =~ /\(CERT_EXPIRED\)/g, 4,
	    'Each server tells it beside its step.');
	ok(index($text, 'CRIT TCP_REFUSED:') < index($text,
	    'CRIT CERT_EXPIRED:'), 'They come in the order of the table.');

	$run = report(domain_of(map { { mode => 'refused' } } 1 .. 10),
	    'check_mx_banner');
	like($run->output, qr/^  where:  all 10 servers$/m,
	    'All servers are not named one by one.');
	$run = report(domain_of({ mode => 'refused' }), 'check_mx_banner');
	unlike($run->output, qr/where:/, 'Nor is the only one.');
};

subtest 'Notes come last and change nothing.' => sub {
	my $domain = domain_of(map { { banner => "220 mx.example.net\r\n" } }
	    1 .. 3);
	my $run = report($domain, 'check_mx_banner');
	is($run->return_code, 0, 'All is well.');
	unlike($run->output, qr/cause:|remedy:/, 'There is nothing to mend.');
	like($run->output, qr/\n\nNotes\ [^\n]*:\n\ \ (?:\S|\ \ )[^\n]*\n.*
	    \n\n\[OK\]\ 3\ of\ 3\ [^\n]*\n\z/xs,
	    'Only the outcome comes after the notes.');
	is(() = $run->output =~ /\((BANNER_HOST_MISMATCH)\)/g, 1,
	    'Notes of one code are told together.');
	like($run->output, qr/\(BANNER_HOST_MISMATCH\): all 3 servers$/m,
	    'With those who share it.');
};

subtest 'Heading and outcome frame the report.' => sub {
	my $domain = domain_of({}, expired(2), { mode => 'refused' });
	my @run = map { report($domain, 'check_mx_starttls', @$_) }
	    [], ['--quorum=1'];
	my @state = qw(CRITICAL WARNING);
	for my $run (@run) {
		my $state = shift @state;
		my @lines = $run->lines;
		is($lines[0], "[$state] check_mx_starttls example.com",
		    'The heading has state, plugin and domain.');
		like($lines[-1], qr/^\[$state\]\ 1\ of\ 3\ servers\ OK\b.*;
		    \ 2\ findings,\ 1\ note;\ $SECONDS$/x,
		    'The last line has state, counts and time.');
	}
	like(($run[1]->lines)[-1], qr/--quorum=1/, 'A quorum is named.');

	my $dns = FakeDNS->new(zone => { 'example.com' => {
	    MX => ['0 .', '10 mx1.example.com'] } });
	my $run = check('check_mx_banner', '-d', 'example.com', '--nameserver',
	    $dns->address, $REPORT);
	like($run->output, qr/\A[^\n]+\n\ \ CRIT\ example\.com:[^\n]+\n?[^\n]*
	    \(DNS_NULL_MX_MIXED\)\n\n/x,
	    'What is wrong with the domain follows the heading.');

	$run = check('check_mx_banner', '-H', '127.0.0.1', '-H', '127.0.0.2',
	    '-p', $domain->{keep}[1]->port, $REPORT);
	is($run->first_line, '[OK] check_mx_banner 127.0.0.1 127.0.0.2',
	    'Without a domain the hosts are named.');

	$dns = FakeDNS->new;
	$run = check('check_mx_banner', '-d', 'example.com', '--nameserver',
	    $dns->address, $REPORT);
	like(($run->lines)[-1], qr/^\[CRITICAL\] no server to test; 1 finding,/,
	    'Without any server there is an outcome too.');
};

subtest 'The exit code is that of the Nagios format.' => sub {
	my %world = (
		'a healthy server' => [{}],
		'an expired certificate' => [expired(1)],
		'nobody' => [{ mode => 'refused' }, {}],
		'a masked banner' => [{ banner => "220 *****\r\n" }],
		'a greylisting server' => [{ RCPT => "451 later\r\n" }],
	);
	for my $what (sort keys %world) {
		my $domain = domain_of(@{$world{$what}});
		for my $plugin (@PLUGINS) {
			my $nagios = check($plugin,
			    $domain->{arguments}->($plugin));
			my $run = report($domain, $plugin);
			is($run->return_code, $nagios->return_code,
			    "$plugin: $what has one exit code.");
			my $state = $nagios->state;
			like($run->first_line, qr/^\[$state\] /,
			    "$plugin: and one state.");
		}
	}
	is(check('check_mx_banner', '--output-format=paper', 'example.com')
	    ->return_code, 3, 'An unknown format is a usage error.');
};

# Names, greetings and answers that try to break out of their line.
my $LONG = join '.', 'a' x 63, 'b' x 63, 'c' x 63, 'd' x 40, 'example.com';
my $EVIL = "\e[31mred\e[0m \e]0;title\a a|b=1 \x08\x7f\x{9b}2J";
sub hostile_domain () {
	my $evil = Encode::encode_utf8($EVIL
	    . "\x{202e}back \x{4e2d}\x{6587} ") . "\xff\xfe";
	my ($one, $two) = FakeMX->group({ address => '127.0.0.1',
	    banner => "220 $evil " . 'w' x 300 . "\r\n",
	    EHLO => "250-$evil\r\n250-STARTTLS\r\n250 X" . "\xc3\xa4" x 90
	    . "\r\n", RCPT => "550 $evil\r\n" }, { address => '127.0.0.2',
	    banner => "554 $evil " . "\xe4\xb8\xad" x 100 . "\r\n" });
	my $dns = FakeDNS->new(zone => {
	    'example.com' => { MX => ["10 $LONG", '20 mx2.example.com'] },
	    $LONG => { A => ['127.0.0.1'] },
	    'mx2.example.com' => { A => ['127.0.0.2'] },
	});
	return { keep => [$dns, $one, $two], arguments => sub ($plugin) {
		return ('-d', 'example.com', '--nameserver', $dns->address,
		    '-p', $one->port, @{$TRUST{$plugin} // []});
	} };
}

subtest 'No line is too long, and nothing hostile gets out.' => sub {
	my $domain = hostile_domain();
	for my $plugin (grep { $_ ne 'check_mx_dns' } @PLUGINS) {
		for my $more ('-4', '-vvv') {
			my $run = report($domain, $plugin, $more);
			cmp_ok(widest($run->output), '<=', 80,
			    "$plugin $more fits 80 columns.");
			unlike($run->output, qr/[|\e]|\x{202e}/,
			    "$plugin $more says nothing raw.");
		}
	}
	my $run = report($domain, 'check_mx_banner');
	(my $squeezed = $run->output) =~ s/\s+//g;
	like($squeezed, qr/\[\w+\]10\Q$LONG\E\[127\.0\.0\.1\]/,
	    'A long name is folded, not lost.');
};

subtest 'The report is as wide as its terminal.' => sub {
	my $domain = domain_of({}, expired(2), map { { mode => 'refused' } }
	    3 .. 12);
	my @command = ('check_mx_starttls',
	    $domain->{arguments}->('check_mx_starttls'), $REPORT);
	my %widest;
	for my $columns (0, 40, 60, 80, 120, 200, 500) {
		my $run = on_terminal($columns, {}, @command);
		is($run->return_code, 2, 'The exit code does not change.');
		$widest{$columns} = widest($run->output);
	}
	is($widest{0}, $widest{80}, 'A terminal without width has 80 columns.');
	is($widest{40}, $widest{60}, 'Under 60 columns there is no folding.');
	cmp_ok($widest{$_}, '<=', $_, "$_ columns are kept.")
	    for 60, 80, 120, 200;
	cmp_ok($widest{120}, '>', 80, 'More than 80 columns are used.');
	is($widest{500}, $widest{200}, 'More than 200 are not.');
	my $wide = on_terminal(200, { NO_COLOR => 1 }, @command)->output;
	my ($prose) = $wide =~ /^(CRIT CERT_EXPIRED.*)^Notes/ms;
	cmp_ok(widest($prose // 'x' x 200), '<=', 100,
	    'Prose stays within 100 columns on the widest.');
};

subtest 'Colour is for terminals that want it.' => sub {
	my $domain = domain_of({}, expired(2));
	my @command = ('check_mx_starttls',
	    $domain->{arguments}->('check_mx_starttls'), $REPORT);
	my @cases = (
		['A terminal gets colour', {}, 1],
		['So it does with an empty NO_COLOR', { NO_COLOR => '' }, 1],
		['NO_COLOR forbids it', { NO_COLOR => 1 }, 0],
		['A dumb terminal gets none', { TERM => 'dumb' }, 0],
		['Nor does one without a name', { TERM => undef }, 0],
	);
	my $plain = check(@command)->output;
	unlike($plain, $ESCAPE, 'Nor does a pipe.');
	for my $case (@cases) {
		my ($sentence, $environment, $colour) = @$case;
		my $text = on_terminal(80, $environment, @command)->output;
		is($text =~ $ESCAPE ? 1 : 0, $colour, "$sentence.");
		is(without_times($text =~ s/$ESCAPE//gr), without_times($plain),
		    "$sentence: the words are the same.");
	}
	like(on_terminal(80, {}, @command)->output,
	    qr/^\[\e\[1;31mCRITICAL\e\[0m\] 20 mx2/m, 'CRITICAL is red.');
	like(on_terminal(80, {}, 'check_mx_starttls', '-h')->output,
	    qr/\A[^\e]+\z/, 'Help is never in colour.');
};

subtest '-v tells more of each server.' => sub {
	my $domain = domain_of(expired(1), {});
	my @run = map { report($domain, 'check_mx_starttls', $_) }
	    qw(-4 -v -vvv);
	my @sha = map { scalar(() = $_->output =~ /sha256: [0-9a-f]{64}/g) }
	    @run;
	is($sha[0], 0, 'Without -v there is no evidence.');
	is($sha[1], 4, '-v shows every certificate.');
	my @ehlo = map { scalar(() = $_->output =~ /^ +> EHLO /mg) } @run;
	is("@ehlo", '0 0 2', '-vvv shows the dialogues.');
	is(() = $run[2]->output =~ /^CRIT CERT_EXPIRED:/mg, 1,
	    'Cause and remedy are still told once.');
};

done_testing;

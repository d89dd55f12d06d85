#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_banner: what servers do when somebody connects and says EHLO, what
# that is called, and how politely we behave meanwhile.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;

# With root's rights all of it happens in a network of our own, where port 25
# is free, routes can be broken and this host can be renamed.
my $own_network = $> == 0 && !Lab::Namespace::hindrance();
Lab::Namespace::enter() if $own_network;

my $OUR_NAME = 'client.example.net';
my $HOST = 'mx1.example.com';
my @POLITE = ("EHLO $OUR_NAME", 'QUIT');
my @HELO_TOO = ("EHLO $OUR_NAME", "HELO $OUR_NAME", 'QUIT');
my @FAREWELL = 'QUIT';
my @NOTHING = ();

my $LINE_MAX = 8192;		# bytes of a line, 64 KiB and 200 lines a reply

sub banner_run (@arguments) {
	return check('check_mx_banner', @arguments);
}

# Whether line 1 tells this state and code, and no code with OK.
sub tells ($run, $expected, $sentence) {
	my ($state, $code) = split / /, $expected;
	my ($shown) = $run->text =~ /\(([A-Z]+_[A-Z0-9_]+)\)(?:;|$)/;

	is(join(' ', $run->state, $shown // ()), $expected, $sentence)
	    or diag($run->as_text);
}

# Rows of: what the server does, its script, the verdict, what it is to hear
# (undef: no matter), and further arguments.
sub judged (@rows) {
	for my $row (@rows) {
		my ($what, $script, $expected, $heard, @arguments) = @$row;
		my $mx = FakeMX->new(%$script);
		my $run = banner_run('-H', $mx->address, '-p', $mx->port,
		    '-F', $OUR_NAME, '-t', 20, @arguments);

		tells($run, $expected, "A server with $what is $expected.");
		is_deeply([$mx->commands], $heard,
		    "A server with $what hears what it should.") if $heard;
	}
}

sub reply_of ($lines, $code, $text) {
	return join '', "$code-$text\r\n" x ($lines - 1), "$code $text\r\n";
}

# Bytes as a person may read them.
sub shown ($bytes) {
	return "'" . $bytes =~ s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ger
	    . "'";
}

# hostname(1) refuses the names that matter.
sub rename_host ($name) {
	open my $out, '>', '/proc/sys/kernel/hostname' or die "hostname: $!";
	print $out $name;
	close $out or die "hostname: $!";
}

# The servers' lines by address: { '127.0.0.2' => '[OK] ... - text' }.
sub by_address ($run) {
	return { map { /^\[[A-Z ]+\].*? \[(\S+)\]:\d+ - / ? ($1, $_) : () }
	    $run->lines };
}

subtest 'A greeting is read as RFC 5321 has it.' => sub {
	judged(
		['a plain greeting', {}, 'OK', \@POLITE],
		['a greeting of two lines', { banner =>
		    "220-$HOST ESMTP\r\n220 Welcome\r\n" }, 'OK', \@POLITE],
		['a greeting of 200 lines', { banner =>
		    reply_of(200, 220, $HOST) }, 'OK', \@POLITE],
		['a greeting of one very long line', { banner => "220 $HOST "
		    . 'x' x ($LINE_MAX - 5 - length $HOST) . "\r\n" },
		    'OK', \@POLITE],
		['replies split into single bytes', {
		    banner => SPLIT("220-$HOST ESMTP\r\n220 ready\r\n"),
		    EHLO => SPLIT("250-$HOST\r\n250 SIZE 1000\r\n"),
		    QUIT => SPLIT("221 bye\r\n") }, 'OK', \@POLITE,
		    '--require=SIZE>=1000'],
		['bare LF at the end of lines', {
		    banner => "220-$HOST ESMTP\n220 ready\n",
		    EHLO => "250-$HOST\n250 STARTTLS\n", QUIT => "221 bye\n" },
		    'OK', \@POLITE, '--require=STARTTLS'],
		['an address literal as its name', { banner =>
		    "220 [192.0.2.1] ESMTP\r\n" }, 'OK', \@POLITE],
		['an IPv6 address literal as its name', { banner =>
		    "220 [IPv6:2001:db8::1] ESMTP\r\n" }, 'OK', \@POLITE],
		['a bare 220', { banner => "220\r\n" },
		    'WARNING BANNER_NO_HOSTNAME', \@POLITE],
		['a 220 and a blank', { banner => "220 \r\n" },
		    'WARNING BANNER_NO_HOSTNAME', \@POLITE],
		['a greeting without name', { banner => "220 ESMTP ready\r\n" },
		    'WARNING BANNER_NO_HOSTNAME', \@POLITE],
		['a short name', { banner => "220 mail ESMTP\r\n" },
		    'WARNING BANNER_NO_HOSTNAME', \@POLITE],
		['the name localhost', { banner => "220 localhost ESMTP\r\n" },
		    'WARNING BANNER_NO_HOSTNAME', \@POLITE],
		['a name with underscores', { banner =>
		    "220 my_mail.example.com ESMTP\r\n" },
		    'WARNING BANNER_NO_HOSTNAME', \@POLITE],
		['its name on the second line', { banner =>
		    "220-Welcome\r\n220 $HOST ESMTP\r\n" },
		    'WARNING BANNER_NO_HOSTNAME', \@POLITE],
		['a masked greeting', { banner => '220 ' . '*' x 40 . "\r\n" },
		    'WARNING BANNER_MASKED', \@POLITE],
		['a greeting masked as Cisco PIX does', { banner => '220 '
		    . '*' x 38 . '0' . '*' x 6 . '2' . '*' x 14 . "200**\r\n" },
		    'WARNING BANNER_MASKED', \@POLITE],
	);
};

subtest 'What is no greeting is named, and not spoken to.' => sub {
	my $not_smtp = 'CRITICAL BANNER_NOT_SMTP';
	judged(
		map({ ['the greeting ' . shown($_), { banner => $_ },
		    $not_smtp, \@NOTHING] }
		    "2200 $HOST ESMTP\r\n", "22 $HOST ESMTP\r\n",
		    "220_$HOST ESMTP\r\n", "220\t$HOST ESMTP\r\n",
		    "220ESMTP\r\n", " 220 $HOST\r\n", "\r\n", "\n220 $HOST\r\n",
		    "220-$HOST\r\n250 $HOST\r\n", "220-$HOST\r\nready\r\n",
		    "220-$HOST\r\n554 $HOST\r\n", "HTTP/1.1 220 OK\r\n\r\n",
		    "SSH-2.0-OpenSSH_9.2\r\n", "+OK POP3 220 ready\r\n",
		    "* OK IMAP4 220\r\n", "220\x{0}$HOST\r\n",
		    "\x15\x03\x01\x00\x02\x02\x0a\r\n"),
		['a greeting of a wild code', { banner => "999 $HOST\r\n" },
		    $not_smtp, undef],
		['a greeting of 200', { banner => "200 $HOST ESMTP\r\n" },
		    $not_smtp, undef],
		['a greeting of 250', { banner => "250 $HOST ESMTP\r\n" },
		    $not_smtp, undef],
		['a greeting of 354', { banner => "354 $HOST 220\r\n" },
		    $not_smtp, undef],
		['a close before the greeting', { banner => CLOSE },
		    'CRITICAL BANNER_CLOSED', \@NOTHING],
		['a half close before the greeting', { banner =>
		    [HALF_CLOSE, SILENCE] },
		    'CRITICAL BANNER_CLOSED', \@NOTHING],
		['a close amid the greeting', { banner =>
		    ["220-$HOST\r\n", CLOSE] },
		    'CRITICAL BANNER_CLOSED', \@NOTHING],
		['a close amid the line of greeting', { banner =>
		    ["220 $HOST", CLOSE] },
		    'CRITICAL BANNER_CLOSED', \@NOTHING],
		['a reset amid the greeting', { banner =>
		    ["220-$HOST\r\n", PAUSE(0.1), RESET] },
		    'CRITICAL BANNER_CLOSED', \@NOTHING],
		['a reset before the greeting', { banner => RESET },
		    'CRITICAL TCP_RESET', \@NOTHING],
		['nobody listening', { mode => 'refused' },
		    'CRITICAL TCP_REFUSED', \@NOTHING],
		['a greeting of 201 lines', { banner =>
		    reply_of(201, 220, $HOST) },
		    'CRITICAL SMTP_TOO_LONG', \@NOTHING],
		['a greeting of too many bytes', { banner =>
		    reply_of(150, 220, 'x' x 500) },
		    'CRITICAL SMTP_TOO_LONG', \@NOTHING],
		['a line of greeting that is too long', { banner => "220 $HOST "
		    . 'x' x ($LINE_MAX - 4 - length $HOST) . "\r\n" },
		    'CRITICAL SMTP_TOO_LONG', \@NOTHING],
		['a line of greeting without end', { banner =>
		    ['220 ' . 'x' x 100_000, SILENCE] },
		    'CRITICAL SMTP_TOO_LONG', \@NOTHING],
		['a greeting without end', { banner =>
		    ["220-$HOST\r\n" x 5000, SILENCE] },
		    'CRITICAL SMTP_TOO_LONG', \@NOTHING],
	);
};

subtest 'A server that refuses us hears nothing but QUIT.' => sub {
	my ($refused, $busy) = ('CRITICAL BANNER_REFUSED',
	    'WARNING BANNER_BUSY');
	judged(
		map({ ["the greeting $_", { banner => "$_ no 220 here\r\n" },
		    $refused, \@FAREWELL] } qw(500 521 530 550 554 571)),
		['a bare 554', { banner => "554\r\n" }, $refused, \@FAREWELL],
		['a 554 of two lines', { banner =>
		    "554-$HOST\r\n554 220 is not for you\r\n" },
		    $refused, \@FAREWELL],
		['a 554 and a close', { banner => ["554 no\r\n", CLOSE] },
		    $refused, undef],
		['the greeting 450', { banner => "450 later\r\n" }, $busy,
		    \@FAREWELL],
		['the greeting 421', { banner => "421 220 later\r\n" }, $busy,
		    undef],
		['a 421 and a close', { banner => ["421 busy\r\n", CLOSE] },
		    $busy, undef],
		['a slow response, which is less than a refusal',
		    { banner => "554 no\r\n" }, $refused, \@FAREWELL,
		    '-w', '@0:60'],
	);
};

subtest 'EHLO is judged by its codes, with HELO where it is refused.' => sub {
	my $name = 'WARNING EHLO_NAME_REFUSED';
	my $refused = 'CRITICAL EHLO_REFUSED';
	judged(
		map({ ["EHLO refused by $_", { EHLO => "$_ what\r\n" },
		    'WARNING EHLO_HELO_ONLY', \@HELO_TOO] }
		    qw(500 501 502 504 550 554)),
		map({ ["EHLO and HELO refused by $_", { EHLO => "$_ 250\r\n",
		    HELO => "$_ 250\r\n" }, $name, \@HELO_TOO] }
		    qw(501 504 550 553)),
		['EHLO refused by 550 and HELO by 501', { EHLO => "550 no\r\n",
		    HELO => "501 no\r\n" }, $name, \@HELO_TOO],
		map({ ["EHLO and HELO refused by $_", { EHLO => "$_ 250\r\n",
		    HELO => "$_ 250\r\n" }, $refused, \@HELO_TOO] }
		    qw(500 502 530 554)),
		['EHLO refused by 502 and HELO by 550', { EHLO => "502 no\r\n",
		    HELO => "550 no\r\n" }, $refused, \@HELO_TOO],
		['EHLO refused by 550 and HELO by 554', { EHLO => "550 no\r\n",
		    HELO => "554 no\r\n" }, $refused, \@HELO_TOO],
		['EHLO answered by 421', { EHLO => "421 later\r\n" },
		    'WARNING SMTP_BUSY', undef],
		['HELO answered by 421', { EHLO => "500 no\r\n",
		    HELO => "421-bye\r\n421 later\r\n" },
		    'WARNING SMTP_BUSY', undef],
		['an EHLO of one line', { EHLO => "250 $HOST\r\n" }, 'OK',
		    \@POLITE],
		['a bare 250 to EHLO', { EHLO => "250\r\n" }, 'OK', \@POLITE],
		['an EHLO of 200 lines', { EHLO => reply_of(200, 250, 'X-A') },
		    'OK', \@POLITE],
	);
};

subtest 'A broken dialogue is named, and ended politely.' => sub {
	my ($closed, $protocol) = ('CRITICAL SMTP_CLOSED',
	    'CRITICAL SMTP_PROTOCOL');
	my $too_long = 'CRITICAL SMTP_TOO_LONG';
	my @cut = $POLITE[0];
	judged(
		map({ ['the reply ' . shown($_) . ' to EHLO',
		    { EHLO => $_ }, $protocol, \@POLITE] }
		    "2500 $HOST\r\n", "25 $HOST\r\n", "250_$HOST\r\n", "\r\n",
		    "250-$HOST\r\n251 SIZE\r\n", "250-$HOST\r\nSIZE\r\n",
		    "$HOST 250\r\n", "250OK\r\n", "000 $HOST\r\n"),
		['a malformed reply to HELO', { EHLO => "500 no\r\n",
		    HELO => "welcome\r\n" }, $protocol, \@HELO_TOO],
		['a close after EHLO', { EHLO => CLOSE }, $closed, \@cut],
		['a reset after EHLO', { EHLO => RESET }, $closed, \@cut],
		['a close amid the reply to EHLO', { EHLO =>
		    ["250-$HOST\r\n", CLOSE] }, $closed, \@cut],
		['a close amid a line of the reply to EHLO', { EHLO =>
		    ["250 $HOST", CLOSE] }, $closed, \@cut],
		['a close after HELO', { EHLO => "500 no\r\n",
		    HELO => CLOSE }, $closed, [@HELO_TOO[0, 1]]],
		['a close right behind the greeting', { banner =>
		    ["220 $HOST\r\n", CLOSE] }, $closed, undef],
		['an EHLO of 201 lines', { EHLO => reply_of(201, 250, 'X-A') },
		    $too_long, \@POLITE],
		['an EHLO of too many bytes', { EHLO =>
		    reply_of(150, 250, 'x' x 500) }, $too_long, undef],
		['a line of EHLO that is too long', { EHLO =>
		    '250 ' . 'x' x $LINE_MAX . "\r\n" }, $too_long, undef],
		['an EHLO without end', { EHLO =>
		    ["250-X-A\r\n" x 20_000, SILENCE] }, $too_long, undef],
	);
};

subtest 'How a server takes QUIT changes nothing.' => sub {
	judged(
		['QUIT refused', { QUIT => "500 stay\r\n" }, 'OK', \@POLITE],
		['QUIT answered by 421', { QUIT => "421 gone\r\n" }, 'OK',
		    \@POLITE],
		['nonsense for QUIT', { QUIT => "farewell\r\n" }, 'OK',
		    \@POLITE],
		['a close at QUIT', { QUIT => CLOSE }, 'OK', \@POLITE],
		['a reset at QUIT', { QUIT => RESET }, 'OK', \@POLITE],
	);
	my $mx = FakeMX->new(QUIT => [PAUSE(0.3), "221 bye\r\n"]);
	banner_run('-H', $mx->address, '-p', $mx->port);
	is(($mx->connections)[0]{end}, 'server',
	    'The answer to QUIT is waited for, so that no line is lost.');
};

subtest 'Extensions can be required.' => sub {
	my $missing = 'CRITICAL EHLO_MISSING_EXTENSION';
	my @rows = (
		# What is offered, what is required, the verdict.
		[['STARTTLS'], ['STARTTLS'], 'OK'],
		[['starttls'], ['STARTTLS'], 'OK'],
		[['StartTLS'], ['starttls'], 'OK'],
		[['AUTH PLAIN LOGIN', 'DSN'], ['AUTH', 'DSN'], 'OK'],
		[['DSN'], ['AUTH', 'DSN'], $missing],
		[['X-STARTTLS'], ['STARTTLS'], $missing],
		[['STARTTLSX'], ['STARTTLS'], $missing],
		[['START'], ['STARTTLS'], $missing],
		[['AUTH STARTTLS'], ['STARTTLS'], $missing],
		[['SIZE 1000'], ['SIZE'], 'OK'],
		[['SIZE 1000'], ['SIZE>=1000'], 'OK'],
		[['size 1000'], ['SIZE>=1000'], 'OK'],
		[['SIZE 1000'], ['SIZE>=0'], 'OK'],
		[['SIZE 1000'], ['SIZE>=1001'], $missing],
		[['SIZE 999', 'DSN'], ['DSN', 'SIZE>=1000'], $missing],
		[['DSN'], ['SIZE>=1'], $missing],
		[['SIZE'], ['SIZE>=10485760'], 'OK'],
		[['SIZE '], ['SIZE>=10485760'], 'OK'],
		[['SIZE 0'], ['SIZE>=10485760'], 'OK'],
		[['SIZE 99999999999999999999'], ['SIZE>=10485760'], 'OK'],
		[['SIZE 000001000'], ['SIZE>=1000'], 'OK'],
	);
	judged(map {
		my ($offered, $required, $verdict) = @$_;
		["the extensions '@$offered' and @$required required",
		    { extensions => $offered }, $verdict, \@POLITE,
		    map { "--require=$_" } @$required]
	} @rows);
	judged(
		['HELO alone and STARTTLS required', { EHLO => "500 no\r\n" },
		    $missing, \@HELO_TOO, '--require=STARTTLS'],
		['the name of an extension as its own', { EHLO =>
		    "250 STARTTLS\r\n" }, $missing, \@POLITE,
		    '--require=STARTTLS'],
		['many extensions, the last one required', { EHLO => join('',
		    map({ "250-X-$_\r\n" } 1 .. 150), "250 DSN\r\n") },
		    'OK', \@POLITE, '--require=DSN'],
	);
};

subtest 'A text can be expected in the greeting.' => sub {
	my $wrong = 'WARNING BANNER_UNEXPECTED';
	my %script = (banner => "220-$HOST ESMTP Postfix (Debian/GNU)\r\n"
	    . "220 Authorised use only\r\n");
	judged(map { my ($text, $verdict) = @$_;
	    ["-e '$text'", \%script, $verdict, \@POLITE, '-e', $text] }
		['Postfix', 'OK'], ['220', 'OK'], [$HOST, 'OK'],
		["220 $HOST ESMTP", 'OK'], ['(Debian/GNU)', 'OK'],
		['Authorised use only', 'OK'],
		['Exim', $wrong], ['postfix', $wrong], ['.*', $wrong],
		['250', $wrong]);
	judged(['a greeting that refuses and lacks the text', { banner =>
	    "554 no\r\n" }, 'CRITICAL BANNER_REFUSED', \@FAREWELL,
	    '-e', 'Postfix']);
};

subtest 'The time to the banner is held against -w and -c.' => sub {
	my $mx = FakeMX->new(banner => [PAUSE(0.05), DEFAULT]);
	my ($ok, $warning, $critical) = ('OK', 'WARNING RESPONSE_SLOW',
	    'CRITICAL RESPONSE_SLOW');
	my @rows = (
		# Arguments, the verdict, the thresholds in the perfdata.
		[[], $ok, ''],
		[['-w', '60'], $ok, '60'], [['-w', '0.02'], $warning, '0.02'],
		[['-w', '.02'], $warning, '0.02'], [['-w', '0'], $warning, '0'],
		[['-w', ':60'], $ok, '60'], [['-w', '0:60'], $ok, '60'],
		[['-w', '060'], $ok, '60'], [['-w', '+60'], $ok, '60'],
		[['-w', '60:'], $warning, '60:'], [['-w', '0:'], $ok, '0:'],
		[['-w', '~:60'], $ok, '~:60'], [['-w', '~:'], $ok, '~:'],
		[['-w', '~:0.02'], $warning, '~:0.02'],
		[['-w', '60:70'], $warning, '60:70'],
		[['-w', '-5:60'], $ok, '-5:60'],
		[['-w', '-5:-1'], $warning, '-5:-1'],
		[['-w', '@60:70'], $ok, '@60:70'],
		[['-w', '@0:60'], $warning, '@60'],
		[['-w', '@60'], $warning, '@60'],
		[['-w', '@~:0'], $ok, '@~:0'],
		[['-w', '@0.02:'], $warning, '@0.02:'],
		[['-c', '0.02'], $critical, ';0.02'],
		[['-c', '60'], $ok, ';60'],
		[['-w', '0.01', '-c', '60'], $warning, '0.01;60'],
		[['-w', '0.01', '-c', '0.02'], $critical, '0.01;0.02'],
		[['-w', '60', '-c', '0.02'], $critical, '60;0.02'],
		[['-w', '60', '-c', '70'], $ok, '60;70'],
	);
	for my $row (@rows) {
		my ($thresholds, $verdict, $shown) = @$row;
		my $run = banner_run('-H', $mx->address, '-p', $mx->port,
		    @$thresholds);
		my $time = perfdata($run)->{time};
		my $printed = join ';', map { $_ // '' }
		    $run->perf_output =~ /^time=[^;]*;([^; ]*);([^; ]*)/;

		tells($run, $verdict, "'@$thresholds' makes 0.05 s $verdict.");
		is($printed =~ s/;\z//r, $shown,
		    "'@$thresholds' is shown in the perfdata.");
		cmp_ok($time->value, '>=', 0.05, 'The time is the banner\'s.');
		is($time->uom, 's', 'The time is in seconds.');
	}
	judged(
		['nobody listening, whatever -w says', { mode => 'refused' },
		    'CRITICAL TCP_REFUSED', \@NOTHING, '-w', '@0:60'],
		['a slow banner and a worse finding', { EHLO => "500 no\r\n",
		    HELO => "500 no\r\n" }, 'CRITICAL EHLO_REFUSED', undef,
		    '-w', '@0:60'],
	);
};

# One run for all that takes its time: servers are tested side by side.
subtest 'A slow server is named by the step that it did not make.' => sub {
	my $seconds = 7;
	my @servers = (
		# What it does, its script, its line.
		['drops packets', { mode => 'full' },
		    qr/^\[CRITICAL\].*\(TCP_TIMEOUT\)$/],
		['says nothing', { mode => 'mute' },
		    qr/^\[CRITICAL\].*\(BANNER_TIMEOUT\)$/],
		['drips its banner', { banner => DRIP("220 $HOST\r\n", 1) },
		    qr/^\[CRITICAL\].*\(BANNER_TIMEOUT\)$/],
		['never ends its banner', { banner =>
		    ["220-$HOST\r\n", SILENCE] },
		    qr/^\[CRITICAL\].*\(BANNER_TIMEOUT\)$/],
		['never ends its banner\'s line', { banner =>
		    ["220 $HOST", SILENCE] },
		    qr/^\[CRITICAL\].*\(BANNER_TIMEOUT\)$/],
		['waits for TLS', { tls => { implicit => 1 } },
		    qr/^\[CRITICAL\].*\(BANNER_TIMEOUT\)$/],
		['waits for a PROXY header', { proxy => 1 },
		    qr/^\[CRITICAL\].*\(BANNER_TIMEOUT\)$/],
		['greets late', { banner => [PAUSE(5.05), DEFAULT] },
		    qr/^\[OK\] /],
		['does not answer EHLO', { EHLO => SILENCE },
		    qr/^\[CRITICAL\].*\(SMTP_TIMEOUT\)$/],
		['drips its answer to EHLO', { EHLO => DRIP("250 $HOST\r\n",
		    1) }, qr/^\[CRITICAL\].*\(SMTP_TIMEOUT\)$/],
		['never ends its answer to EHLO', { EHLO =>
		    ["250-$HOST\r\n", SILENCE] },
		    qr/^\[CRITICAL\].*\(SMTP_TIMEOUT\)$/],
		['does not answer HELO', { EHLO => "500 no\r\n",
		    HELO => SILENCE }, qr/^\[CRITICAL\].*\(SMTP_TIMEOUT\)$/],
		['does not answer QUIT', { QUIT => SILENCE }, qr/^\[OK\] /],
		['is healthy', {}, qr/^\[OK\] /],
	);
	my @mx = FakeMX->group(map {
		+{ %{$servers[$_][1]}, address => '127.0.0.' . ($_ + 1) }
	} 0 .. $#servers);
	my $run = banner_run('-v', '-t', $seconds, '-p', $mx[0]->port,
	    '-F', $OUR_NAME, map { ('-H', $_->address) } @mx);
	my $lines = by_address($run);

	tells($run, 'CRITICAL TCP_TIMEOUT',
	    'The first of equally bad servers is on line 1.');
	for my $i (0 .. $#servers) {
		my ($what, undef, $line) = @{$servers[$i]};
		like($lines->{$mx[$i]->address} // '', $line,
		    "A server that $what is called by its name.");
	}
	like($run->output, qr/\(BANNER_GREET_DELAY\)/,
	    'A late greeting is a note.');
	is_deeply([map { $_->commands } @mx[1 .. 6]], [],
	    'Who has not greeted hears nothing, not even QUIT.');
	is_deeply([map { [$_->commands] } @mx[7, 12, 13]], [([@POLITE]) x 3],
	    'Slow but healthy servers are treated as any other.');
	# Not asked of the one that drips: what it still sends after our close
	# is answered by a reset, which may overtake QUIT.
	like(($_->connections)[0]{bytes}, qr/\r\nQUIT\r\n\z/,
	    'Who greeted hears QUIT even after a time-out.')
	    for @mx[8, 10, 11];
};

subtest 'We do not speak before the whole greeting.' => sub {
	my $mx = FakeMX->new(banner => ["220-$HOST\r\n", PAUSE(0.3), '220',
	    PAUSE(0.3), " ready\r", PAUSE(0.3), "\n"]);
	banner_run('-H', $mx->address, '-p', $mx->port, '-F', $OUR_NAME);
	my ($connection) = $mx->connections;
	ok(!$connection->{pregreet}, 'Nothing was sent before its last byte.');
	is_deeply($connection->{commands}, \@POLITE, 'EHLO and QUIT followed.');
	is($connection->{bytes}, join('', map { "$_\r\n" } @POLITE),
	    'Lines end in CRLF, and nothing else was sent.');
};

subtest 'Two names of one address are asked one after the other.' => sub {
	my $mx = FakeMX->new(banner => [PAUSE(0.2), DEFAULT]);
	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => ["10 $HOST", '10 mx2.example.com',
		    '20 mx3.example.com'] },
		map { ("mx$_.example.com", { A => [$mx->address] }) } 1 .. 3,
	});
	my $run = banner_run('-d', 'example.com', '-p', $mx->port,
	    '--nameserver', $dns->address);
	my @connections = $mx->connections;
	is(perfdata($run)->{servers}->value, 3, 'They are three servers.');
	is_deeply([map { $_->{together} } @connections], [1, 1, 1],
	    'There was never more than one connection.');
};

subtest 'The name in the greeting is compared with the host.' => sub {
	my $dns = FakeDNS->new(zone => { $HOST => { A => ['127.0.0.1'] } });
	my %greeting = ($HOST => 0, 'MX1.Example.COM' => 0,
	    'other.example.net' => 1);
	for my $name (sort keys %greeting) {
		my $mx = FakeMX->new(banner => "220 $name ESMTP\r\n");
		my @arguments = ('-p', $mx->port, '--nameserver',
		    $dns->address);
		my $run = banner_run('-H', $HOST, '-v', @arguments);
		is($run->return_code, 0, "The greeting of $name is OK.");
		is(($run->output =~ /BANNER_HOST_MISMATCH/) ? 1 : 0,
		    $greeting{$name},
		    "BANNER_HOST_MISMATCH is a note for another name: $name.");
		unlike(banner_run('-H', $HOST, @arguments)->output,
		    qr/BANNER_HOST_MISMATCH/, 'Notes need -v.');
		unlike(banner_run('-H', $mx->address, '-v', '-p', $mx->port)
		    ->output, qr/BANNER_HOST_MISMATCH/,
		    'An address is not compared.');
	}
};

subtest '--ssl speaks TLS from the first byte.' => sub {
	my $mx = FakeMX->new(tls => { implicit => 1 });
	my @arguments = ('-H', $mx->address, '-p', $mx->port, '-F', $OUR_NAME);
	tells(banner_run(@arguments, '--ssl'), 'OK', 'A greeting under TLS.');
	tells(banner_run(@arguments, '-s'), 'OK', '-s is --ssl.');
	tells(banner_run(@arguments, '-s', '--require=STARTTLS'),
	    'CRITICAL EHLO_MISSING_EXTENSION', 'Extensions under TLS.');
	my ($connection) = $mx->connections;
	is_deeply([map { "$_->{text} $_->{tls}" } @{$connection->{lines}}],
	    [map { "$_ 1" } @POLITE], 'Every word was said under TLS.');
	is($connection->{tls}{sni}, undef, 'An address is no server name.');

	my $expired = Certs::certificate(names => ['other.example'],
	    not_after => Certs::days(-3), issuer => 'self');
	judged(
		['a bad certificate, which is not ours to judge', { tls =>
		    { implicit => 1, certificate => $expired } }, 'OK',
		    \@POLITE, '--ssl'],
		['no TLS where it was asked for', {},
		    'CRITICAL TLS_HANDSHAKE', undef, '--ssl'],
		['a refusal under TLS', { tls => { implicit => 1 },
		    banner => "554 no\r\n" }, 'CRITICAL BANNER_REFUSED',
		    \@FAREWELL, '--ssl'],
		['a PROXY header and TLS', { tls => { implicit => 1 },
		    proxy => 1 }, 'OK', \@POLITE, '--ssl', '--proxy'],
	);
	$mx = FakeMX->new(tls => { implicit => 1 });
	banner_run('-H', $mx->address, '-p', $mx->port, '--ssl',
	    '--sni=other.example');
	is(($mx->connections)[0]{tls}{sni}, 'other.example', '--sni is sent.');
};

subtest '--proxy sends a PROXY protocol header first.' => sub {
	for my $address ('127.0.0.1', '::1') {
		my $six = $address =~ /:/;
		SKIP: {
			skip 'needs ipv6', 2
			    if $six && !CheckMX::_available('ipv6');
			my $mx = FakeMX->new(proxy => 1, address => $address);
			tells(banner_run('-H', $address, '-p', $mx->port,
			    '--proxy'), 'OK', "PROXY for $address.");
			my $family = $six ? 'TCP6' : 'TCP4';
			my ($connection) = $mx->connections;
			like($connection->{proxy}, qr/^PROXY\ $family\ $address
			    \ $address\ [1-9]\d*\ ${\$mx->port}\z/x,
			    'Version 1, with both addresses and ports.');
		}
	}
};

subtest '--source chooses our address.' => sub {
	my $mx = FakeMX->new;
	my @arguments = ('-H', $mx->address, '-p', $mx->port);
	tells(banner_run(@arguments, '--source', '127.0.0.9'), 'OK',
	    'An address of ours is used.');
	my ($connection) = $mx->connections;
	is($connection->{peer}, '127.0.0.9', 'The server saw that address.');
	my $run = banner_run(@arguments, '--source', '198.51.100.99');
	is($run->state, 'UNKNOWN', 'An address that we lack is no fault of'
	    . ' the server.') or diag($run->as_text);
};

subtest 'IPv6 is spoken as well.' => sub {
	need('ipv6');
	my $mx = FakeMX->new(address => '::1');
	my $run = banner_run('-H', '::1', '-p', $mx->port);
	tells($run, 'OK', 'A server on ::1.');
	like($run->output, qr/^\[OK\] ::1 \[::1\]:\d+ - 220 /m, 'Its line.');
	like(join(' ', $mx->commands), qr/^EHLO (?!localhost)\S+ QUIT$/,
	    'Its commands.');
};

# What is said in EHLO to the host mx1.example.com.
sub ehlo_name (@arguments) {
	my $mx = FakeMX->new;
	my $dns = FakeDNS->new(zone => { $HOST => { A => [$mx->address] } });

	banner_run('-H', $HOST, '-p', $mx->port, '--nameserver', $dns->address,
	    @arguments);
	return ($mx->commands)[0] =~ s/^EHLO //r;
}

subtest 'Our EHLO name is what -F says, or our own.' => sub {
	is(ehlo_name('-F', $_), $_, "-F $_ is obeyed.") for $OUR_NAME,
	    '[192.0.2.9]', '[IPv6:2001:db8::9]', $HOST;
	like(ehlo_name(), qr/^(?!localhost\b)(?:[a-z\d-]+(?:\.[a-z\d-]+)+
	    |\[127\.0\.0\.1\])\z/xi,
	    'By default it is a whole name or an address literal.');
};

subtest 'Our own name is used only where it is fit to be shown.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my $literal = '[127.0.0.1]';
	my %name = (
		'monitor.lab.test' => 'monitor.lab.test',
		'monitor' => 'monitor.lab.test',	# by /etc/hosts
		'nowhere' => $literal,
		'localhost' => $literal,
		'localhost.localdomain' => $literal,
		'under_score.example.net' => $literal,
		'-x.example.net' => $literal,
		$HOST => $literal,
		uc $HOST => $literal,
	);
	for my $hostname (sort keys %name) {
		rename_host($hostname);
		is(ehlo_name(), $name{$hostname},
		    "A host called $hostname says $name{$hostname}.");
	}
	rename_host($Lab::Namespace::HOST);
};

subtest 'The ports have their defaults.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my $plain = FakeMX->new(port => 25);
	my $smtps = FakeMX->new(port => 465, tls => { implicit => 1 });
	tells(banner_run('-H', '127.0.0.1'), 'OK', 'Port 25 is the default.');
	tells(banner_run('-H', '127.0.0.1', '--ssl'), 'OK',
	    'Port 465 is the default of --ssl.');
	is(scalar $_->connections, 1, 'Each was asked once.')
	    for $plain, $smtps;
};

subtest 'A missing way to the server is told from a missing server.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	system(qw(ip route add unreachable 198.51.100.0/25));
	system(qw(ip route add prohibit 198.51.100.128/25));
	my $mx = FakeMX->new(port => 25);
	my $no_way = 'CRITICAL TCP_UNREACHABLE';
	my %verdict = (
		'203.0.113.1' => $no_way,		# no route at all
		'198.51.100.1' => $no_way, '198.51.100.129' => $no_way,
		$Lab::Namespace::VOID => 'CRITICAL TCP_TIMEOUT',
		'2001:db8::1' => 'UNKNOWN TCP_NO_ROUTE_V6',
	);
	for my $address (sort keys %verdict) {
		my $run = banner_run('-H', $address, '-t', 2);
		like($run->first_line, do {
			my ($state, $code) = split / /, $verdict{$address};
			qr/^MX_BANNER $state - [^|]*\($code\)/
		}, "$address is $verdict{$address}.");
	}
	my $run = banner_run('-H', '127.0.0.1', '-H', '2001:db8::1');
	is($run->state, 'OK', 'A server that cannot be tested is no failure.');
	like($run->output, qr/^\[[^]]+\] 2001:db8::1 .*\(TCP_NO_ROUTE_V6\)$/m,
	    'That it was not tested is said without -v.');
	is(perfdata($run)->{servers_ok}->value, 1, 'It does not count as OK.');

	system(qw(ip -6 route add default dev void));
	system(qw(ip -6 route add unreachable 2001:db8::/32));
	tells(banner_run('-H', '2001:db8::1', '-t', 2), $no_way,
	    'With an IPv6 route it is a failure.');
};

done_testing;

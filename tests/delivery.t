#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_delivery's transaction against scripted servers: what each answer
# means, what is said together and what apart, and what is asked of a server
# only where it offers it.  The message itself is delivery_message.t's matter.

use v5.36;
use FindBin;
use JSON::PP;
use MIME::Base64;
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use Delivery;
use FakeDNS;
use FakeMX;

my $EHLO = $Delivery::EHLO;
my $FRIEND = $Delivery::FRIEND;
my @STEP_BY_STEP = (extensions => ['SIZE 10485760', '8BITMIME']);
my @SEND = ('--send');

# What recipients are answered, by the part before the @.
sub recipients (%answer) {
	return (RCPT => sub ($line, $connection) {
		my ($name) = $line =~ /<([^@>]+)/;
		return exists $answer{$name} ? "$answer{$name}\r\n" : DEFAULT;
	});
}

sub json ($run) { decode_json($run->output) }

# The labels in their order, those of the servers left out.
sub labels ($run) {
	return join ' ', grep { !/_v[46]_/ }
	    map { s/=.*//r } split / /, $run->perf_output;
}

# By the command: answer and verdict, the same with PIPELINING and without.
my %MEANING = (
	MAIL => [
		['250 2.1.0 Ok' => 'OK'],
		['250' => 'OK'],
		["250-2.1.0 Sender\r\n250 2.1.0 Ok" => 'OK'],
		['451 4.3.0 Later' => 'WARNING MAIL_DEFERRED'],
		['452 4.3.1 No space' => 'WARNING MAIL_DEFERRED'],
		['550 5.7.1 Not you' => 'CRITICAL MAIL_REFUSED'],
		['552 5.3.4 Too large' => 'CRITICAL MAIL_REFUSED'],
		['530 5.7.0 Log in first' => 'CRITICAL MAIL_REFUSED'],
		['354 Go on' => 'CRITICAL SMTP_PROTOCOL'],
	],
	RCPT => [
		['250 2.1.5 Ok' => 'OK'],
		['251 2.1.5 Forwarded' => 'OK'],
		['252 2.5.2 Perhaps' => 'OK'],
		['450 4.2.0 Greylisted' => 'WARNING RCPT_DEFERRED'],
		['452 4.2.2 Over quota' => 'WARNING RCPT_DEFERRED'],
		['550 5.1.1 Nobody' => 'CRITICAL RCPT_REFUSED'],
		['550' => 'CRITICAL RCPT_REFUSED'],
		['554 5.7.1 Relaying denied' => 'CRITICAL RCPT_REFUSED'],
		['354 Go on' => 'CRITICAL SMTP_PROTOCOL'],
	],
	DATA => [
		['354 Go on' => 'OK'],
		['451 4.3.0 Later' => 'WARNING MESSAGE_DEFERRED'],
		['452 4.3.1 No space' => 'WARNING MESSAGE_DEFERRED'],
		['554 5.7.1 No' => 'CRITICAL DATA_REFUSED'],
		['500 5.5.1 What?' => 'CRITICAL DATA_REFUSED'],
		['250 2.0.0 Ok' => 'CRITICAL SMTP_PROTOCOL'],
	],
	MESSAGE => [
		['250 2.0.0 Ok: queued as 4XyzAb' => 'OK'],
		['250' => 'OK'],
		['451 4.7.1 Greylisted' => 'WARNING MESSAGE_DEFERRED'],
		['452 4.2.2 Over quota' => 'WARNING MESSAGE_DEFERRED'],
		['550 5.7.1 Spam' => 'CRITICAL MESSAGE_REFUSED'],
		['552 5.3.4 Too large' => 'CRITICAL MESSAGE_REFUSED'],
		['554 5.6.0 Bad' => 'CRITICAL MESSAGE_REFUSED'],
		['354 Go on' => 'CRITICAL SMTP_PROTOCOL'],
	],
);
my @VERBS = qw(MAIL RCPT DATA MESSAGE);
my @END_OF_SESSION = (
	['421' => ["421 4.3.2 Shutting down\r\n", CLOSE],
	    'WARNING SMTP_BUSY'],
	['a cut' => CLOSE, 'CRITICAL SMTP_CLOSED'],
	['a reset' => RESET, 'CRITICAL SMTP_CLOSED'],
	['half a line' => ['250 2.1', CLOSE], 'CRITICAL SMTP_CLOSED'],
	['an SSH banner' => "SSH-2.0-OpenSSH_9.2\r\n",
	    'CRITICAL SMTP_PROTOCOL'],
	['mixed codes' => "250-Ok\r\n550 No\r\n", 'CRITICAL SMTP_PROTOCOL'],
	['a line beyond all measure' => '250 ' . 'x' x 70_000 . "\r\n",
	    'CRITICAL SMTP_TOO_LONG'],
);

for my $way ([PIPELINING => ()], ['step by step' => @STEP_BY_STEP]) {
	my ($how, %offer) = @$way;

	subtest "What the answers mean, $how" => sub {
		for my $verb (@VERBS) {
			for (@{$MEANING{$verb}}) {
				my ($answer, $expected) = @$_;
				my ($run) = deliver({ %offer,
				    %{replying($verb, $answer)} }, @SEND);
				is(verdict($run), $expected,
				    "$verb, $answer: $expected.");
				like($run->text, qr/\Q@{[$answer =~
				    s{.*\n}{}sr]}\E/, "$verb, $answer: line 1 "
				    . 'quotes it.') if $expected ne 'OK';
			}
		}
	};

	subtest "How a session may end, $how" => sub {
		for my $verb (@VERBS) {
			for (@END_OF_SESSION) {
				my ($what, $answer, $expected) = @$_;
				my ($run) = deliver({ %offer,
				    $verb => $answer }, @SEND);
				is(verdict($run), $expected,
				    "$verb, $what: $expected.");
			}
		}
	};
}

subtest 'Servers that fall silent' => sub {
	my @cases = map { my $verb = $_; map { [$verb, @$_] }
	    ['PIPELINING'], ['step by step', @STEP_BY_STEP] } @VERBS;
	my @seen = deliver_all([{ RCPT => SILENCE }, '-t', '2:OK'],
	    map { my ($verb, undef, %offer) = @$_;
	    [{ %offer, $verb => SILENCE }, @SEND, '-t', 2] } @cases);
	my ($fine) = @{shift @seen};

	for (@cases) {
		my ($verb, $how) = @$_;
		my ($run) = @{shift @seen};
		is(verdict($run), 'CRITICAL SMTP_TIMEOUT',
		    "Silence at $verb, $how: SMTP_TIMEOUT.");
		like($run->text, $verb eq 'MESSAGE' ? qr/message/i : qr/$verb/,
		    "Silence at $verb, $how: line 1 says where.");
	}
	is($fine->state, 'OK', 'Silence may be called OK by -t.');
	unlike($fine->text, qr/accepted/, 'It is not told as acceptance.');
};

# Exim's "drop": the reason comes first, the cut is no news.
subtest 'Servers that refuse and hang up' => sub {
	my %code = (MAIL => 'MAIL_REFUSED', RCPT => 'RCPT_REFUSED',
	    DATA => 'DATA_REFUSED', MESSAGE => 'MESSAGE_REFUSED');
	for my $way ([PIPELINING => ()], ['step by step' => @STEP_BY_STEP]) {
		my ($how, %offer) = @$way;
		for my $verb (@VERBS) {
			my ($run) = deliver({ %offer, $verb =>
			    ["550 5.7.1 Go away\r\n", CLOSE] }, @SEND);
			like(verdict($run), qr/\ACRITICAL $code{$verb}\b/,
			    "$verb, $how: why comes first.");
			like($run->text, qr/550 5\.7\.1 Go away/,
			    "$verb, $how: in the server's words.");
		}
	}
};

subtest 'Replies in small pieces, and messages that do not get through' => sub {
	my ($run) = deliver({ MAIL => SPLIT("250 2.1.0 Ok\r\n"),
	    RCPT => SPLIT("250-2.1.5 Yes\r\n250 2.1.5 Ok\r\n"),
	    DATA => SPLIT("354 Go\r\n"),
	    MESSAGE => DRIP("250 2.0.0 Ok: queued as 4XyzAb\r\n", 0.002) },
	    @SEND);
	is(verdict($run), 'OK', 'A reply may come byte by byte.');

	my $large = "Subject: large\n\n" . ('x' x 70 . "\n") x 200_000;
	my %stuck = (DATA => ["354 Go\r\n", PAUSE(3), CLOSE]);
	my ($stuck, $cut, $refused) = map { $_->[0] } deliver_all(
	    [\%stuck, @SEND, '--message=-', '-t', 2, { stdin => $large }],
	    [{ DATA => ["354 Go\r\n", CLOSE] }, @SEND, '--message=-',
		{ stdin => $large }],
	    [{ DATA => ["354 Go\r\n", "552 5.3.4 Too large\r\n", CLOSE] },
		@SEND, '--message=-', { stdin => $large }]);
	is(verdict($stuck), 'CRITICAL SMTP_TIMEOUT',
	    'A server that reads no further: SMTP_TIMEOUT.');
	is(verdict($cut), 'CRITICAL SMTP_CLOSED',
	    'A server that hangs up in the message: SMTP_CLOSED.');
	like(verdict($refused), qr/\ACRITICAL (?:MESSAGE_REFUSED|SMTP_CLOSED)/,
	    'One that says why before is heard, if that still gets through.');
};

subtest 'Recipients of one message, each with its answer' => sub {
	my @to = map { "--to=$_\@example.com" } qw(one two three four);
	my %script = (recipients(two => '450 4.2.0 Later',
	    three => '550 5.1.1 Nobody', four => '251 2.1.5 Forwarded'),
	    MESSAGE => "250 2.0.0 Ok: queued as 4XyzAb\r\n");

	for my $way ([PIPELINING => ()], ['step by step' => @STEP_BY_STEP]) {
		my ($how, %offer) = @$way;
		my ($run, $connection) = deliver({ %script, %offer }, @to,
		    @SEND);
		is(verdict($run), 'CRITICAL RCPT_REFUSED RCPT_DEFERRED',
		    "$how: the refused one, then the deferred one.");
		like($run->text, qr/three\@example\.com.*550 5\.1\.1 Nobody/,
		    "$how: line 1 names the refused one.");
		is(scalar @{$connection->{messages}}, 1,
		    "$how: the others get the message.");
		is(notes($run), 'MESSAGE_ACCEPTED', "$how: and that is noted.");
		like($run->output, qr/accepted for 2 of 4 recipients/,
		    "$how: with how many.");
		my ($verbose) = deliver({ %script, %offer }, @to, @SEND, '-v');
		like($verbose->output, qr/one\@.*250 .*two\@.*450
		    .*three\@.*550.*four\@.*251.*4XyzAb/sx,
		    "$how: -v shows each answer, and the queue id.");
	}
	my ($run, $connection) = deliver({ %script, DATA => "354 Go\r\n" },
	    @to[1, 2], @SEND);
	is(verdict($run), 'CRITICAL RCPT_REFUSED RCPT_DEFERRED',
	    'All of them refused or deferred.');
	is(notes($run), '', 'Then an empty message accepted is none.');
	($run) = deliver({ %script, DATA => "354 Go\r\n" }, @to[1, 2], @SEND,
	    '-v');
	unlike($run->output, qr/token|queue id/,
	    'It has no token, and the id of nothing is not told.');
	($run) = deliver({ MAIL => "550 5.7.1 No\r\n", RCPT => "250 Ok\r\n",
	    DATA => "354 Go\r\n" }, @to, @SEND, '-v');
	is(verdict($run), 'CRITICAL MAIL_REFUSED',
	    'A refused sender is refused, whatever else is accepted.');
	is(notes($run), '', 'Nothing was sent.');
	unlike($run->output, qr/token|queue id/, 'So there is no token.');
	($run) = deliver({ recipients(one => '450 4.2.0 Later') }, $to[0]);
	is(verdict($run), 'WARNING RCPT_DEFERRED', 'A deferral alone warns.');
	($run) = deliver({}, map { "--to=u$_\@example.com" } 1 .. 32);
	is(verdict($run), 'OK', '32 recipients are accepted.');
	like($run->text, qr/32 recipients accepted/, 'And counted.');
};

subtest 'What is said together, and what apart' => sub {
	my @to = map { "--to=$_\@example.com" } qw(one two);
	my @group = ("MAIL FROM:<a\@b.example>", 'RCPT TO:<one@example.com>',
	    'RCPT TO:<two@example.com>');
	my @hello = "EHLO $EHLO";
	my $plain = ['PIPELINING'];
	my @refused = recipients(one => '550 5.1.1 No', two => '550 5.1.1 No');
	my @cases = (
		['With PIPELINING, all up to DATA is one group.',
		    { extensions => $plain }, ['--send'],
		    "@group DATA", '(message)', 'QUIT'],
		['Without --send, all up to RSET is one group.',
		    { extensions => $plain }, [],
		    "@group RSET", 'QUIT'],
		['Without PIPELINING, each command waits.',
		    { extensions => [] }, ['--send'],
		    @group, 'DATA', '(message)', 'QUIT'],
		['Without both, each command waits, and RSET ends it.',
		    { extensions => [] }, [], @group, 'RSET', 'QUIT'],
		['354 though nobody wants it: a dot alone (RFC 2920 3.1).',
		    { extensions => $plain, @refused, DATA => "354 Go\r\n" },
		    ['--send'], "@group DATA", '.', 'QUIT'],
		['354 though MAIL was refused: a dot alone.',
		    { extensions => $plain, MAIL => "550 5.7.1 No\r\n",
		    RCPT => "250 Ok\r\n", DATA => "354 Go\r\n" },
		    ['--send'], "@group DATA", '.', 'QUIT'],
		['DATA is refused by rights where nobody wants it.',
		    { extensions => $plain, @refused }, ['--send'],
		    "@group DATA", 'QUIT'],
		['No DATA, but RSET, where nobody wants it.',
		    { extensions => [], @refused }, ['--send'],
		    @group, 'RSET', 'QUIT'],
		['No RCPT where MAIL is refused.',
		    { extensions => [], MAIL => "550 5.7.1 No\r\n" },
		    ['--send'], $group[0], 'QUIT'],
		['One recipient will do.',
		    { extensions => [], recipients(one => '550 5.1.1 No') },
		    ['--send'], @group, 'DATA', '(message)', 'QUIT'],
		['RSET though one recipient is refused.',
		    { extensions => [], recipients(two => '550 5.1.1 No') },
		    [], @group, 'RSET', 'QUIT'],
		['PIPELINING is known in small letters.',
		    { extensions => ['pipelining'] }, [],
		    "@group RSET", 'QUIT'],
		['A word that begins so is another one.',
		    { extensions => ['PIPELININGX'] }, [],
		    @group, 'RSET', 'QUIT'],
	);
	for (@cases) {
		my ($name, $script, $arguments, @expected) = @$_;
		my (undef, $connection) = deliver($script, '-f', 'a@b.example',
		    @to, @$arguments);
		is_deeply([said($connection)], [@hello, @expected], $name)
		    or diag(explain([said($connection)]));
	}

	my (undef, $old) = deliver({ EHLO => "500 5.5.1 What?\r\n",
	    HELO => "250 mx1.example.com\r\n" }, '-f', 'a@b.example', @to,
	    '--dsn=never');
	is_deeply([said($old)], [@hello, "HELO $EHLO", @group, 'RSET', 'QUIT'],
	    'After HELO nothing is offered: step by step, no parameters.');

	my (undef, $inside) = deliver({ tls => {}, extensions =>
	    ['STARTTLS', 'PIPELINING', 'SIZE 9999'], extensions_tls => [] },
	    '-f', 'a@b.example', @to, '-S', '--no-verify');
	is_deeply([(said($inside))[-5 .. -1]], [@group, 'RSET', 'QUIT'],
	    'What was offered before TLS does not count inside TLS.');
};

subtest 'Odd servers' => sub {
	my ($run) = deliver({ RCPT => '550-5.1.1 The email account that you '
	    . "tried to reach does not exist.\r\n550 5.1.1 https://support."
	    . "google.com/mail/?p=NoSuchUser d2e1a72fcca58 - gsmtp\r\n" });
	is(verdict($run), 'CRITICAL RCPT_REFUSED',
	    'A refusal may have several lines.');
	like($run->text, qr/550 5\.1\.1 The email account .* does not exist/,
	    'Line 1 quotes the reason, which comes first.');
	($run) = deliver({ MESSAGE => "250-2.0.0 Thank you\r\n"
	    . "250 2.0.0 Ok: queued as 4XyzAb\r\n" }, @SEND);
	like($run->text, qr/queue id 4XyzAb/,
	    'The queue id may stand on the last line.');

	($run) = deliver({ QUIT => SILENCE }, @SEND, { name =>
	    'A server that does not answer QUIT.' });
	is(verdict($run), 'OK', 'Nothing is lost with the answer to QUIT.');
	my ($odd, $connection) = deliver({
	    MAIL => "250 2.1.0 Ok\r\n250 2.1.0 Once more\r\n" }, @SEND);
	is(verdict($odd), 'CRITICAL SMTP_PROTOCOL',
	    'One answer too many is no SMTP.');
	is(scalar @{$connection->{messages}}, 0,
	    'And no message is sent on the strength of it.');
	($run) = deliver({ RCPT => '550 5.1.1 ' . 'x' x 300 . "\r\n" },
	    map { "--to=u$_\@example.com" } 1 .. 32);
	is(verdict($run), 'CRITICAL RCPT_REFUSED',
	    '32 refusals with long texts fit into what Nagios reads.');
};

# Within the rights of a server that offers PIPELINING.
subtest 'A server that answers only the whole group' => sub {
	my %held = map { my $verb = $_; $verb => sub ($, $connection) {
		$connection->{held} .= $verb eq 'MAIL' ? "250 2.1.0 Ok\r\n"
		    : "250 2.1.5 Ok\r\n";
		return undef;
	} } 'MAIL', 'RCPT';
	my $release = sub ($answer) { sub ($, $connection) {
		$connection->{rcpt} = [1];
		return (delete $connection->{held}) . "$answer\r\n";
	} };
	my ($run, $connection) = deliver({ %held,
	    DATA => $release->('354 Go') }, @SEND);
	is(verdict($run), 'OK', 'DATA releases the answers.');
	is(scalar @{$connection->{messages}}, 1, 'The message is sent.');
	($run) = deliver({ %held, RSET => $release->('250 2.0.0 Ok') });
	is(verdict($run), 'OK', 'RSET releases the answers.');
};

subtest 'Without --send nobody gets mail' => sub {
	my ($run, $connection) = deliver({});
	is(verdict($run), 'OK', 'An accepted recipient is OK.');
	like($run->text, qr/<\Q$FRIEND\E> accepted, no message sent/,
	    'Line 1 says that nothing was sent.');
	is(scalar @{$connection->{messages}}, 0, 'None was.');
	is(labels($run), 'time servers servers_ok connect banner ehlo mail '
	    . 'rcpt', 'The steps made have their times, in their order.');
	my ($sent) = deliver({}, @SEND);
	is(labels($sent), 'time servers servers_ok connect banner ehlo mail '
	    . 'rcpt data', 'So has DATA, once there is one.');
	my ($tls) = deliver({ tls => {} }, '-S', '--no-verify', @SEND);
	is(labels($tls), 'time servers servers_ok connect banner ehlo tls '
	    . 'mail rcpt data', 'So has TLS.');
	my ($refused) = deliver(replying(MAIL => '550 5.7.1 No'), @SEND);
	like(labels($refused), qr/ ehlo mail\b/,
	    'Times are told up to where it failed.');
	is(verdict((deliver({}, '-w', '0:0', '-c', '30'))[0]),
	    'WARNING RESPONSE_SLOW', '-w compares the whole time.');
	is(verdict((deliver({}, '-c', '0:0'))[0]), 'CRITICAL RESPONSE_SLOW',
	    'So does -c.');
	($run, $connection) = deliver(replying(RSET => '500 5.5.1 What?'));
	is(verdict($run), 'CRITICAL SMTP_PROTOCOL',
	    'RSET can only succeed: else the answers are off by one.');
};

subtest 'Whom it writes to, and from whom' => sub {
	my @cases = (
		[['-f', '<>'], 'MAIL FROM:<>', "RCPT TO:<$FRIEND>"],
		[['-f', 'me@mon.example'], 'MAIL FROM:<me@mon.example>',
		    "RCPT TO:<$FRIEND>"],
		[[], "MAIL FROM:<check_mx\@$EHLO>", "RCPT TO:<$FRIEND>"],
		[['--to=a+b@example.com'], "MAIL FROM:<check_mx\@$EHLO>",
		    'RCPT TO:<a+b@example.com>'],
		[['--to=a@b\xc3\xbccher.example'
		    =~ s/\\x(..)/chr hex $1/ger], "MAIL FROM:<check_mx\@$EHLO>",
		    'RCPT TO:<a@xn--bcher-kva.example>'],
	);
	for (@cases) {
		my ($arguments, @expected) = @$_;
		my (undef, $connection) = deliver({ extensions => [],
		    RCPT => "250 Ok\r\n" }, @$arguments);
		is_deeply([(said($connection))[1, 2]], \@expected,
		    "@expected.");
	}

	my $mx = FakeMX->new(tls => 0);
	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => ['10 mx1.example.com'] },
		'mx1.example.com' => { A => [$mx->address] } });
	my $run = check('check_mx_delivery', 'example.com', '-p', $mx->port,
	    '-F', $EHLO, '--nameserver=' . $dns->address);
	is(verdict($run), 'OK', 'A domain will do.');
	ok((grep { /^RCPT TO:<postmaster\@example\.com>/ } $mx->commands),
	    'Its postmaster is whom it asks for, unless told otherwise.');
};

# Extensions, arguments, what stands behind the address in MAIL and in RCPT.
subtest 'Parameters only where they are offered' => sub {
	my @dsn = ('--dsn=success,failure,delay');
	my $size = qr/ SIZE=\d+/;
	my $token = qr/[!-~]+/;
	my @cases = (
		['Nothing offered, nothing said.', [], [], qr//, qr//],
		['SIZE.', ['SIZE'], [], $size, qr//],
		['SIZE without limit.', ['SIZE 0'], [], $size, qr//],
		['SIZE in small letters.', ['size 1000000'], [], $size, qr//],
		['8BITMIME offered, not needed.', ['8BITMIME'], [], qr//, qr//],
		['SMTPUTF8 offered, not needed.', ['SMTPUTF8', '8BITMIME'], [],
		    qr//, qr//],
		['DSN offered, not asked for.', ['DSN'], [], qr//, qr//],
		['DSN, all of it.', ['DSN'], \@dsn, qr/ RET=HDRS ENVID=$token/,
		    qr/ NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;\Q$FRIEND\E/],
		['DSN, never.', ['DSN'], ['--dsn=never'],
		    qr/ RET=HDRS ENVID=$token/,
		    qr/ NOTIFY=NEVER ORCPT=rfc822;\Q$FRIEND\E/],
		['DSN in capitals, once each.', ['dsn'],
		    ['--dsn=DELAY,Failure,delay'], qr/ RET=HDRS ENVID=$token/,
		    qr/ NOTIFY=FAILURE,DELAY ORCPT=rfc822;\Q$FRIEND\E/],
		['DSN in xtext.', ['DSN'], ['--dsn=never',
		    '--to=a+b=c@example.com'], qr/ RET=HDRS ENVID=$token/,
		    qr/ NOTIFY=NEVER ORCPT=rfc822;a\+2Bb\+3Dc\@example\.com/],
		['All of them together.', ['SIZE 1000000', 'DSN', '8BITMIME',
		    'SMTPUTF8', 'PIPELINING'], ['--dsn=never'],
		    qr/$size RET=HDRS ENVID=$token/,
		    qr/ NOTIFY=NEVER ORCPT=rfc822;\Q$FRIEND\E/],
	);
	for (@cases) {
		my ($name, $extensions, $arguments, $mail, $rcpt) = @$_;
		my ($run, $connection) = deliver({ extensions => $extensions },
		    '-f', 'a@b.example', @$arguments);
		my @commands = @{$connection->{commands}};
		is(verdict($run), 'OK', $name);
		like((grep { /^MAIL/ } @commands)[0],
		    qr/\AMAIL FROM:<a\@b\.example>$mail\z/, "$name: MAIL.");
		like((grep { /^RCPT/ } @commands)[0],
		    qr/\ARCPT TO:<\S+?>$rcpt\z/, "$name: RCPT.");
	}

	my ($run, $connection) = deliver({ extensions => ['SIZE'] },
	    '--dsn=success');
	is(verdict($run), 'WARNING DSN_NOT_OFFERED',
	    'DSN asked for, but not offered: DSN_NOT_OFFERED.');
	unlike($connection->{bytes}, qr/NOTIFY|ORCPT|RET=|ENVID/,
	    'And none of it is said.');
	($run) = deliver({ extensions => [], recipients(friend =>
	    '550 5.1.1 No') }, '--dsn=success');
	is(verdict($run), 'CRITICAL RCPT_REFUSED DSN_NOT_OFFERED',
	    'It comes behind what is worse.');
};

subtest 'Addresses that are not ASCII' => sub {
	my $kaethe = "k\xc3\xa4the\@example.com";
	my @cases = (['--to', "--to=$kaethe"],
	    ['--from', "--from=$kaethe"]);
	for (@cases) {
		my ($name, @arguments) = @$_;
		my ($run, $connection) = deliver({ extensions => ['8BITMIME',
		    'PIPELINING'] }, @arguments, @SEND);
		is(verdict($run), 'CRITICAL EHLO_MISSING_EXTENSION',
		    "$name without SMTPUTF8: EHLO_MISSING_EXTENSION.");
		like($run->text, qr/SMTPUTF8/, "$name: line 1 says which.");
		is(notes($run), 'NOT_TESTED', "$name: what was not tested.");
		is_deeply([said($connection)], ["EHLO $EHLO", 'QUIT'],
		    "$name: nothing is asked.");

		($run, $connection) = deliver({ extensions => ['SMTPUTF8',
		    '8BITMIME'], RCPT => "250 Ok\r\n" }, @arguments, @SEND);
		is(verdict($run), 'OK', "$name with SMTPUTF8 is OK.");
		like($connection->{bytes}, qr/^MAIL FROM:\S+ .*\bSMTPUTF8\b/m,
		    "$name: it is asked for.");
		like($connection->{bytes}, qr/<\Q$kaethe\E>/,
		    "$name: the address is said as it is.");
	}
	my (undef, $connection) = deliver({ extensions => ['SMTPUTF8',
	    '8BITMIME', 'DSN'], RCPT => "250 Ok\r\n" }, "--to=$kaethe",
	    '--dsn=never');
	like($connection->{bytes}, qr/ ORCPT=utf-8;\Q$kaethe\E\r$/m,
	    'Its ORCPT is of another type (RFC 6533).');
	(undef, $connection) = deliver({ extensions => ['SMTPUTF8',
	    '8BITMIME', 'DSN'], RCPT => "250 Ok\r\n" },
	    "--to=k\xc3\xa4+b=c\@example.com", '--dsn=never');
	like($connection->{bytes},
	    qr/ ORCPT=utf-8;k\xc3\xa4\\x\{2B\}b\\x\{3D\}c\@example\.com\r$/m,
	    'Which has a way of its own for + and =.');
};

subtest 'LMTP' => sub {
	my @to = map { "--to=$_\@example.com" } qw(one two three);
	my %by_name = map { my %answer = %$_; my $name = delete $answer{name};
	    $name => { lmtp => 1, recipients(%{$answer{rcpt} // {}}),
	    MESSAGE => sub ($, $connection) {
		my ($to) = $connection->{recipient} =~ /<(\w+)/;
		return $answer{$to} ? ref $answer{$to} ? $answer{$to}
		    : "$answer{$to}\r\n"
		    : "250 2.0.0 <$to\@example.com> Kq7gHKu/$to Saved\r\n";
	    } } } { name => 'all' }, { name => 'one', two => '552 5.2.2 Full' },
	    { name => 'mixed', one => '452 4.2.2 Full',
		three => '554 5.6.0 No' },
	    { name => 'rcpt', rcpt => { one => '550 5.1.1 Nobody' },
		three => '452 4.2.2 Full' },
	    { name => 'none', rcpt => { map { $_ => '550 5.1.1 Nobody' }
		qw(one two three) } },
	    { name => 'cut', two => CLOSE };
	my @cases = (
		['all', 'OK'], ['one', 'CRITICAL MESSAGE_REFUSED'],
		['mixed', 'CRITICAL MESSAGE_REFUSED MESSAGE_DEFERRED'],
		['rcpt', 'CRITICAL RCPT_REFUSED MESSAGE_DEFERRED'],
		['none', 'CRITICAL RCPT_REFUSED'],
		['cut', 'CRITICAL SMTP_CLOSED'],
	);
	for my $way ([PIPELINING => ()], ['step by step' => @STEP_BY_STEP]) {
		my ($how, %offer) = @$way;
		for (@cases) {
			my ($name, $expected) = @$_;
			my ($run, $connection) = deliver({ %{$by_name{$name}},
			    %offer }, '--lmtp', @to, @SEND);
			is(verdict($run), $expected,
			    "LMTP, $name, $how: $expected.");
			is($connection->{commands}[0], "LHLO $EHLO",
			    "LMTP, $name, $how: it says LHLO.");
		}
	}
	my ($run) = deliver($by_name{one}, '--lmtp', @to, @SEND);
	like($run->text, qr/two\@example\.com.*552 5\.2\.2 Full/,
	    'Line 1 names the recipient that was refused.');
	like($run->output, qr/accepted for 2 of 3 recipients/,
	    'It is noted how many got it.');
	($run) = deliver($by_name{mixed}, '--lmtp', @to, @SEND, '-v');
	like($run->output, qr/one\@.*452.*two\@.*250.*three\@.*554/s,
	    '-v shows the answer for each.');
	($run) = deliver($by_name{all}, '--lmtp', @to, @SEND);
	like($run->text, qr{Kq7gHKu/one}, 'The queue id is told.');
	my (undef, $connection) = deliver({ lmtp => 1 }, '--lmtp', @to);
	ok(!@{$connection->{messages}}, 'Without --send it ends with RSET.');
	is(verdict((deliver({ lmtp => 1 }))[0]), 'CRITICAL EHLO_REFUSED',
	    'A server that speaks LMTP only refuses EHLO and HELO.');
	($run, $connection) = deliver({}, '--lmtp');
	is(verdict($run), 'CRITICAL EHLO_REFUSED',
	    'A server that does not speak it refuses LHLO.');
	ok(!(grep { /^HELO/ } @{$connection->{commands}}),
	    'HELO is no way out there (RFC 2033).');
};

subtest 'LMTP has a port of its own' => sub {
	need('root');
	my $mx = eval { FakeMX->new(address => '127.0.0.87', port => 24,
	    lmtp => 1) } or plan(skip_all => 'port 24 is taken');
	my $run = check('check_mx_delivery', '-H', '127.0.0.87', '-F', $EHLO,
	    '--lmtp', "--to=$FRIEND");
	is(verdict($run), 'OK', 'With --lmtp it goes to port 24.');
	like($run->output, qr/^\[OK\] \S+ \[127\.0\.0\.87\]:24 /m,
	    'And says so.');
};

subtest 'A PROXY header goes first' => sub {
	my ($run, $connection) = deliver({ proxy => 1 }, '-r', @SEND);
	is(verdict($run), 'OK', 'With -r it works behind a proxy.');
	like($connection->{proxy}, qr/\APROXY TCP4 127\.\S+ 127\.\S+ \d+ \d+\z/,
	    'The header tells who connects to whom.');
};

subtest 'TLS' => sub {
	my @trust = ('--ca-file', Certs::ca_file());
	my $named = Certs::certificate(names => ['127.0.0.1']);
	my $other = Certs::certificate(names => ['other.example']);
	my ($run, $connection) = deliver({ tls => { certificate => $named } },
	    '-S', @trust, @SEND);
	is(verdict($run), 'OK', 'With -S the message goes inside TLS.');
	unlike($connection->{bytes}, qr/^(?:MAIL|RCPT|DATA|Subject)/m,
	    'And nothing of it in the clear.');
	($run, $connection) = deliver({ tls => { certificate => $named,
	    implicit => 1 } }, '-s', @trust, @SEND);
	is(verdict($run), 'OK', 'With --ssl too.');
	my $large = "Subject: large\n\n" . ".\n" x 200_000;
	($run, $connection) = deliver({ tls => { certificate => $named } },
	    '-S', @trust, @SEND, '--message=-', { stdin => $large });
	is(verdict($run), 'OK', 'A large message goes inside TLS.');
	ok($connection->{messages}[0] eq $large =~ s/^\.$/../gmr
	    =~ s/\n/\r\n/gr, 'All of it.');
	($run, $connection) = deliver({}, '-S', @SEND);
	is(verdict($run), 'CRITICAL STARTTLS_NOT_OFFERED',
	    'With -S a server without STARTTLS fails.');
	is_deeply([said($connection)], ["EHLO $EHLO", 'QUIT'],
	    'Nothing is asked of it in the clear.');
	my %wrong = (tls => { certificate => $other });
	($run) = deliver(\%wrong, '-S', @trust);
	is(verdict($run), 'CRITICAL CERT_NAME_MISMATCH',
	    'The certificate counts where TLS is asked for.');
	($run) = deliver(\%wrong, '-S', @trust, '--match=other.example');
	is(verdict($run), 'OK', '--match accepts another name.');
	($run) = deliver(\%wrong, '-S', '--no-verify');
	is(verdict($run), 'OK', '--no-verify asks nothing of it.');
	($run) = deliver({ tls => {} });
	is(verdict($run), 'OK', 'Without -S TLS is not begun.');
	($run) = deliver({ tls => {}, MAIL =>
	    "530 5.7.0 Must issue a STARTTLS command first\r\n" });
	is(verdict($run), 'CRITICAL MAIL_REFUSED',
	    'A server that insists on it refuses the sender.');
};

subtest 'A login first' => sub {
	my $login = encode_base64("\0kate\@example.com\0secret word", '');
	my $named = Certs::certificate(names => ['127.0.0.1']);
	my $other = Certs::certificate(names => ['other.example']);
	my %server = (tls => { certificate => $named },
	    extensions => ['STARTTLS', 'PIPELINING', 'SIZE'],
	    extensions_tls => ['AUTH PLAIN', 'PIPELINING', 'SIZE'],
	    AUTH => sub ($line, $connection) {
		return $line eq "AUTH PLAIN $login"
		    ? "235 2.7.0 Welcome\r\n" : "535 5.7.8 Who?\r\n";
	    });
	my @trust = ('--ca-file', Certs::ca_file());
	my $user = '-Ukate@example.com';
	my @known = ($user, @trust, @SEND,
	    { env => { CHECK_MX_AUTHPASS => 'secret word' } });
	my @unknown = ($user, @trust, @SEND,
	    { env => { CHECK_MX_AUTHPASS => 'wrong word' } });

	my ($run, $connection) = deliver(\%server, @known);
	is(verdict($run), 'OK', 'With credentials it logs in.');
	is_deeply([map { $_->{text} =~ s/ .*//r } grep { $_->{tls} }
	    @{$connection->{lines}}], [qw(EHLO AUTH MAIL RCPT DATA QUIT)],
	    'Inside TLS, before MAIL.');
	like($connection->{tls_bytes}, qr/^MAIL FROM:<kate\@example\.com>/m,
	    'The user is the sender, being a mailbox.');
	like(labels($run), qr/ tls auth mail rcpt data\z/,
	    'The login has its time.');
	unlike($connection->{bytes}, qr/AUTH|MAIL/, 'Not in the clear.');

	my @cases = (
		['refused', \%server, 'CRITICAL AUTH_REJECTED', @unknown],
		['deferred', { %server, AUTH => "454 4.7.0 Later\r\n" },
		    'WARNING AUTH_DEFERRED', @known],
		['not offered', { %server, extensions_tls => ['SIZE'] },
		    'CRITICAL AUTH_NOT_OFFERED', @known],
		['no TLS', { %server, extensions => ['AUTH PLAIN'], tls => 0 },
		    'CRITICAL STARTTLS_NOT_OFFERED', @known],
		['wrong certificate', { %server,
		    tls => { certificate => $other } },
		    'CRITICAL CERT_NAME_MISMATCH', @known],
	);
	for (@cases) {
		my ($name, $script, $expected, @arguments) = @$_;
		($run, $connection) = deliver($script, @arguments);
		like(verdict($run), qr/\A$expected\b/, "$name: $expected.");
		ok(!(grep { /^(?:MAIL|RCPT|DATA)/ }
		    @{$connection->{commands}}), "$name: no mail is tried.");
		ok($name =~ /refused|deferred/
		    || !(grep { /^AUTH/ } @{$connection->{commands}}),
		    "$name: no secret is sent in vain.");
	}
};

subtest 'What the server calls the message' => sub {
	my %ids = (
		'Postfix' => ['4XvTxk6Nl1z9rxL',
		    '250 2.0.0 Ok: queued as 4XvTxk6Nl1z9rxL'],
		'Exim' => ['1tE5zK-0001Xy-2Z', '250 OK id=1tE5zK-0001Xy-2Z'],
		'OpenSMTPD' => ['4c8f3a1b',
		    '250 2.0.0 4c8f3a1b Message accepted for delivery'],
	);
	for my $server (sort keys %ids) {
		my ($id, $answer) = @{$ids{$server}};
		my $script = replying(MESSAGE => $answer);
		my ($run, $connection) = deliver($script, @SEND);
		like($run->text, qr/queue id \Q$id\E\b/,
		    "$server: line 1 tells it.");
		($run) = deliver($script, @SEND, '-v');
		like($run->output, qr/^\[OK\] .*queue id \Q$id\E\b/m,
		    "$server: the server's line tells it.");
		($run, $connection) = deliver($script, @SEND,
		    '--output-format=json');
		my $delivery = json($run)->{servers}[0]{delivery};
		is($delivery->{queue_id}, $id, "$server: the JSON tells it.");
		my ($token) = $connection->{messages}[0]
		    =~ /^X-Check-MX-Token: (\S+)\r$/m;
		is($delivery->{token}, $token, "$server: and our token.");
	}
	my ($run) = deliver({}, @SEND);
	like($run->text, qr/accepted: 250 2\.0\.0 Ok: queued/,
	    'A server that tells none is quoted.');
	($run) = deliver({}, @SEND, '--output-format=json');
	is(json($run)->{servers}[0]{delivery}{queue_id}, undef,
	    'Then the JSON has none.');
};

subtest 'Enhanced codes are explained' => sub {
	my @cases = (
		[MAIL => '550 5.1.7 Invalid address', "bad sender's mailbox"],
		[RCPT => '550 5.1.1 User unknown', 'bad destination mailbox'],
		[RCPT => '452 4.2.2 Full', 'mailbox full'],
		[DATA => '554 5.5.1 No valid recipients', 'invalid command'],
		[MESSAGE => '552 5.3.4 Too big', 'message too big'],
		[MESSAGE => '550 5.7.1 Blocked', 'delivery not authorized'],
	);
	for (@cases) {
		my ($verb, $answer, $title) = @$_;
		my ($run) = deliver(replying($verb, $answer), @SEND, '-v');
		like($run->output, qr/\Q$title\E/i,
		    "$verb, $answer: -v explains it.");
	}
	my $run = check('check_mx_delivery', '--explain=5.7.1');
	like($run->output, qr/5\.7\.1.*\n\s+cause: .*\n\s+remedy: /s,
	    '--explain takes an enhanced code.');
	is($run->return_code, 3, 'And exits with 3, as help does.');
	is(check('check_mx_delivery', "--explain=$_")->return_code, 3,
	    "--explain=$_ is a usage error.") for '3.7.1', '5.7', '5.7.1x';
};

subtest 'A fault that the user calls none is still told as it was' => sub {
	my $later = "450 4.2.0 Greylisted\r\n";
	my @cases = (
		[{ MAIL => $later }, 'MAIL_DEFERRED'],
		[{ RCPT => $later }, 'RCPT_DEFERRED'],
		[{ DATA => $later }, 'MESSAGE_DEFERRED', @SEND],
		[{ MESSAGE => $later }, 'MESSAGE_DEFERRED', @SEND],
	);
	for (@cases) {
		my ($script, $code, @arguments) = @$_;
		my ($verb) = keys %$script;
		my ($run) = deliver($script, "--severity=$code=ok", @arguments);
		is($run->state, 'OK', "$verb deferred, $code=ok: OK.");
		like($run->text, qr/deferred: 450 4\.2\.0 Greylisted/,
		    "$verb deferred: line 1 says so.");
		unlike($run->text, qr/accepted/, "$verb deferred: no more.");
	}
	my ($run) = deliver({ recipients(one => '450 4.2.0 Later') },
	    '--to=one@example.com', '--to=two@example.com',
	    '--severity=RCPT_DEFERRED=ok');
	like($run->text, qr/1 of 2 recipients accepted/,
	    'Of several recipients, those accepted are counted.');
	($run) = deliver({ extensions => [] }, "--to=k\xc3\xa4\@example.com",
	    '--severity=EHLO_MISSING_EXTENSION=ok');
	unlike($run->text, qr/accepted/, 'What was not asked is not accepted.');
	($run) = deliver({ MAIL => ["421 4.3.2 Busy\r\n", CLOSE] },
	    '--severity=SMTP_BUSY=ok');
	unlike($run->text, qr/accepted/, 'Nor is what was cut off.');
};

subtest 'Several servers' => sub {
	my @servers = FakeMX->group({ tls => 0, address => '127.0.0.1' },
	    { tls => 0, address => '127.0.0.2', RCPT => "550 5.1.1 No\r\n" });
	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => ['10 a.example.com',
		    '20 b.example.com'] },
		'a.example.com' => { A => ['127.0.0.1'] },
		'b.example.com' => { A => ['127.0.0.2'] } });
	my $run = check('check_mx_delivery', 'example.com', '-F', $EHLO,
	    '-p', $servers[0]->port, '--nameserver=' . $dns->address,
	    "--to=$FRIEND", @SEND);
	like($run->text, qr/^b\.example\.com .*\(RCPT_REFUSED\); 1 of 2/,
	    'Line 1 names the server that refuses.');
	my $perfdata = perfdata($run);
	ok($perfdata->{"a.example.com_v4_$_"}, "The first has its time: $_.")
	    for qw(time connect banner ehlo mail rcpt data);
	ok($perfdata->{$_}, "So has the aggregate: $_.")
	    for qw(connect banner ehlo mail rcpt data);
	is(scalar(map { @{$_->{messages}} } $servers[0]->connections), 1,
	    'The message goes once through the server that takes it.');

	my @pair = FakeMX->group({ tls => 0, address => '127.0.0.1' },
	    { tls => 0, address => '127.0.0.2' });
	check('check_mx_delivery', 'example.com', '-F', $EHLO, '-p',
	    $pair[0]->port, '--nameserver=' . $dns->address, "--to=$FRIEND",
	    @SEND);
	my @messages = map { $_->{messages}->@* } map { $_->connections } @pair;
	my %seen = map { /^X-Check-MX-Token: (\S+)\r$/m ? ($1 => 1) : () }
	    @messages;
	is(scalar @messages, 2, 'Each server gets it once.');
	is(scalar keys %seen, 2, 'Each with a token of its own.');

	@pair = FakeMX->group({ tls => 0, address => '127.0.0.1' },
	    { tls => 0, address => '127.0.0.2' });
	check('check_mx_delivery', 'example.com', '-F', $EHLO, '-p',
	    $pair[0]->port, '--nameserver=' . $dns->address, "--to=$FRIEND",
	    @SEND, '--message=-', { stdin => "Subject: x\n\nbody\n" });
	is_deeply([map { $_->{messages}->@* } map { $_->connections } @pair],
	    [("Subject: x\r\n\r\nbody\r\n") x 2],
	    'What comes by standard input goes through each, too.');
};

subtest '20 servers fit into what Nagios reads' => sub {
	my $long = 'No such user here ' . 'x' x 300;
	my @servers = FakeMX->group(map { { tls => 0,
	    address => "127.0.0.$_", recipients(map({ ("u$_" =>
		"550 5.1.1 $long") } 1 .. 4)) } } 1 .. 20);
	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => [map { "10 a-long-name-of-mx$_"
		    . '.example.com' } 1 .. 20] },
		map { ("a-long-name-of-mx$_.example.com" =>
		    { A => ["127.0.0.$_"] }) } 1 .. 20 });
	for my $users ('ok', 'u') {
		my $run = check('check_mx_delivery', 'example.com', '-F',
		    $EHLO, '-p', $servers[0]->port,
		    '--nameserver=' . $dns->address,
		    map({ "--to=$users$_\@example.com" } 1 .. 4), @SEND);
		is($run->state, $users eq 'ok' ? 'OK' : 'CRITICAL',
		    "$users: all of them are judged.");
		like($run->perf_output, qr/\bservers=20;.* data=/,
		    "$users: the aggregates are whole.");
	}
};

subtest 'Hostile texts' => sub {
	my $text = "\e[31mred\x00\xff | x=1 \xe2\x80\xae" . 'y' x 400;
	for my $verb (@VERBS) {
		my $code = $verb eq 'DATA' ? 554 : 550;
		for my $more (['-vvv'], ['--output-format=json'],
		    ['--output-format=report']) {
			my ($run) = deliver(replying($verb,
			    "$code 5.7.1 $text"), @SEND, @$more);
			like($run->output, qr/\?\[31mred/,
			    "$verb, @$more: made harmless.");
		}
	}
	my ($run) = deliver({ MESSAGE =>
	    "250 2.0.0 Ok: queued as \e[31m|x=1\r\n" }, @SEND);
	is($run->state, 'OK', 'A hostile queue id is made harmless.');
	($run) = deliver({ MESSAGE => '250 2.0.0 Ok: queued as '
	    . 'x' x 400 . "\r\n" }, @SEND);
	is($run->state, 'OK', 'A long queue id is cut.');
};

manners_were_kept();
done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_delivery against real servers: what it tells of a transaction is what
# they log, what it sends is what arrives, octet by octet, and without --send
# nothing does.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Encode qw(decode);
use Test::More;

use CheckMX qw(perfdata);
use Lab::Submission;

Lab::Submission->enter;
my $lab = Lab::Submission->new;
my ($user, $secret) = ($Lab::Submission::USER, $Lab::Submission::SECRET);
my $trust = '--ca-file=' . $lab->ca_file;
my @login = ('-U', $user, '--authpass-file=' . $lab->secret_file($secret));
my @wrong_login =
    ('-U', $user, '--authpass-file=' . $lab->secret_file("$secret?"));
my $send = '--send';

my @MAIL = qw(-H mx.mail.test);
my @EXIM = qw(-H mx.exim.test);
my @LMTP = qw(-H lmtp.mail.test --lmtp);
my $KATE = 'user@mail.test';
my $OUTSIDE = 'someone@elsewhere.test';
my @MAILBOXES = ($user, $KATE, qw(other@mail.test postmaster@mail.test
    user@exim.test user@lmtp.test other@lmtp.test));

# Words of servers that are no complaints, or about what we want to fail.
my $EXPECTED = qr/SASL[ ]\S+[ ]authentication[ ]failed
    |discarding[ ]EHLO[ ]keywords
    |exceeds[ ]fixed[ ]limit|size[ ]limit[ ]exceeded|mail_stream_cleanup
    |Permission[ ]denied/x;

# How servers tell that they were given a message.
my $GIVEN = qr/ data=[1-9]| message-id=| <= |saved mail/;

# A run, held to the rules of every run and every client; and the log.
sub deliver (@arguments) {
	my $run;
	my $log = $lab->logged(sub {
		$run = CheckMX::check('check_mx_delivery', $trust, @arguments);
		$lab->settle;
	});
	my @rude = grep { !/$EXPECTED/ } Lab::complaints($log);
	my @shown = grep { !ref } @arguments;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply(\@rude, [], "No server finds its client rude (@shown).");
	is_deeply([Lab::Submission::leaks($run->output, $secret)], [],
	    'Nothing tells the secret.');
	is_deeply([$lab->messages], [], 'No queue holds a message.');
	return ($run, $log);
}

# The same without a message: not a trace of one.
sub ask (@arguments) {
	my ($run, $log) = deliver(@arguments);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	unlike($log, $GIVEN, 'No server was given a message.');
	is_deeply([map { $lab->mail($_, 0) } @MAILBOXES], [],
	    'No mailbox holds one.');
	return ($run, $log);
}

sub facts (@arguments) {
	my ($run, $log) = deliver(@arguments, '--output-format=json');
	my $server = Lab::Submission::server($run);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($server->{delivery}, 'JSON has what became of it.')
	    or diag($run->as_text);
	return ($server->{delivery} // {}, $log, $server);
}

# The only message in a mailbox.
sub arrived ($mailbox) {
	my @texts = $lab->mail($mailbox);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(scalar @texts, 1, "One message has come to $mailbox.");
	return $texts[0] // '';
}

# As the output has it: a word, which may be base64.
sub queue_id ($run) {
	return ($run->output =~ /queue\s+id\s+([^\s;]+)/)[0];
}

sub disconnects ($log) { return $log =~ /disconnect from \S+ (.*)/g }

# --- without a message ---

# arguments, state, what line 1 says (or the code), and what that means
for (
	[[@MAIL], 'OK', qr/1 of 1/, 'Postfix takes mail for its users.'],
	[[qw(-d mail.test)], 'OK', qr/1 of 1/, 'So does that of a domain.'],
	[[@MAIL, '-S'], 'OK', qr/1 of 1/, 'It does inside TLS.'],
	[[@MAIL, qw(--ssl)], 'OK', qr/1 of 1/,
	    'It does on port 465, which --ssl means.'],
	[[@MAIL, '--ssl', @login], 'OK', qr/1 of 1/,
	    'It does after a login on port 465.'],
	[[@MAIL, qw(-p 587), @login], 'OK', qr/1 of 1/,
	    'It does after a login on port 587, for which TLS is started.'],
	[[@MAIL, qw(-S -p 587), @login], 'OK', qr/1 of 1/,
	    'It does so if STARTTLS is asked for, too.'],
	[[@MAIL, qw(-p 2525)], 'OK', qr/1 of 1/, 'It does in the clear.'],
	[[@MAIL, qw(-p 2525 -S), @login], 'OK', qr/1 of 1/,
	    'It does after a login inside TLS.'],
	[[@MAIL, qw(-p 2525 --in-clear -A PLAIN), @login], 'OK', qr/1 of 1/,
	    'It does after a login in the clear, which we wanted.'],
	[[@MAIL, qw(-r -p 2526)], 'OK', qr/1 of 1/, 'It does behind a proxy.'],
	[[@MAIL, qw(-p 2528)], 'OK', qr/1 of 1/,
	    'It does without PIPELINING and SIZE.'],
	[[@MAIL, '-f', '<>'], 'OK', qr/1 of 1/, 'It takes bounces.'],
	[[@EXIM, '--to=user@exim.test'], 'OK', qr/1 of 1/,
	    'Exim takes mail for its users.'],
	[[@EXIM, '-S', '--to=user@exim.test'], 'OK', qr/1 of 1/,
	    'Exim does inside TLS.'],
	[[@EXIM, '--ssl', "--to=$OUTSIDE", @login], 'OK', qr/1 of 1/,
	    'Exim relays after a login on port 465.'],
	[[@EXIM, qw(-p 587), "--to=$OUTSIDE", @login], 'OK', qr/1 of 1/,
	    'Exim relays after a login on port 587.'],
	[[@LMTP, '--to=user@lmtp.test'], 'OK', qr/1 of 1/,
	    'Dovecot takes mail by LMTP.'],
	[[@LMTP, qw(-p 24 --to=user@lmtp.test)], 'OK', qr/1 of 1/,
	    'That is on port 24.'],
	[[@LMTP, '-S', '--to=user@lmtp.test'], 'OK', qr/1 of 1/,
	    'It does inside TLS.'],

	[[@MAIL, '--to=nobody@mail.test'], 'CRITICAL', 'RCPT_REFUSED',
	    'Postfix does not know everybody.'],
	[[@EXIM, '--to=nobody@exim.test'], 'CRITICAL', 'RCPT_REFUSED',
	    'Neither does Exim.'],
	[[@LMTP, '--to=nobody@lmtp.test'], 'CRITICAL', 'RCPT_REFUSED',
	    'Neither does Dovecot.'],
	[[@MAIL, '--to=deferred@mail.test'], 'WARNING', 'RCPT_DEFERRED',
	    'Postfix puts a recipient off.'],
	[[@MAIL, "--to=$KATE", '--to=deferred@mail.test'], 'WARNING',
	    'RCPT_DEFERRED', 'Of two recipients one is put off.'],
	[[@MAIL, "--to=$KATE", '--to=deferred@mail.test',
	    '--to=nobody@mail.test'], 'CRITICAL', 'RCPT_REFUSED',
	    'Of three one is refused.'],
	[[@MAIL, qw(-f refused@mail.test)], 'CRITICAL', 'MAIL_REFUSED',
	    'A sender is refused.'],
	[[@MAIL, qw(-f late@mail.test)], 'WARNING', 'MAIL_DEFERRED',
	    'A sender is put off.'],
	[[@MAIL, qw(-f late@mail.test -p 2528)], 'WARNING', 'MAIL_DEFERRED',
	    'So it is without PIPELINING.'],

	[[@MAIL, "--to=$OUTSIDE"], 'CRITICAL', 'RCPT_REFUSED',
	    'Strangers may not relay.'],
	[[@MAIL, '-S', "--to=$OUTSIDE"], 'CRITICAL', 'RCPT_REFUSED',
	    'TLS makes them no friends.'],
	[[@MAIL, qw(-p 587 -S), "--to=$OUTSIDE"], 'CRITICAL', 'RCPT_REFUSED',
	    'Neither does the port.'],
	[[@MAIL, qw(-p 587), "--to=$OUTSIDE", @login], 'OK', qr/1 of 1/,
	    'A login does.'],
	[[@MAIL, qw(-p 587), "--to=$OUTSIDE", @wrong_login], 'CRITICAL',
	    'AUTH_REJECTED', 'Not with a wrong password.'],
	[[@MAIL, "--to=$OUTSIDE", @login], 'CRITICAL', 'AUTH_NOT_OFFERED',
	    'Nor where no login is offered.'],
) {
	my ($arguments, $state, $said, $sentence) = @$_;
	my @to = (grep { /^--to=|^-d$/ } @$arguments) ? () : "--to=$KATE";
	my ($run, $log) = ask(@$arguments, @to);
	$said = qr/[(]$said[)]/ unless ref $said;
	is($run->state, $state, $sentence) or diag($run->as_text);
	like($run->text, $said, 'The text says so.');
	ok(exists perfdata($run)->{$_}, "There is the metric $_.")
	    for qw(time servers servers_ok connect banner ehlo);
	is_deeply([grep { !/ quit=1 / } disconnects($log)], [],
	    'The server is taken leave of.');
}
{
	my ($run, $log) = ask(@MAIL, qw(-p 587 --to), $KATE, @login);
	is_deeply([disconnects($log)], ['ehlo=2 starttls=1 auth=1 mail=1 '
	    . 'rcpt=1 rset=1 quit=1 commands=8'],
	    'The server hears each command once, RSET at the end.');
	my $metrics = perfdata($run);
	is_deeply([grep { !$metrics->{$_} } qw(connect banner ehlo tls auth mail
	    rcpt time)], [], 'Each step has its metric.');
	ok(!$metrics->{data}, 'A step that was not made has none.');
}
for my $mechanism (qw(PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256)) {
	my ($run, $log) = ask('-vvv', @MAIL, qw(-p 587 -A), $mechanism, @login,
	    "--to=$OUTSIDE");
	is($run->state, 'OK', "A login by $mechanism opens the way.");
	like($log, qr/sasl_method=$mechanism, sasl_username=\Q$user\E/,
	    'The server knows us, and how we logged in.');
	like($run->output, qr/MAIL FROM:<\Q$user\E>/,
	    'The user is the sender, being a mailbox.');
}
{
	my ($run, $log) = deliver('--output-format=report', @MAIL,
	    qw(-p 587 -A PLAIN), @login, "--to=$KATE", $send);
	my $id = queue_id($run);
	is($run->return_code, 0, 'The report is of the same opinion.');
	ok($id && $log =~ /\b$id: to=.* status=sent/, 'It has the queue id.')
	    or diag($run->as_text);
	like($run->output, qr/RCPT TO:<\Q$KATE\E>/, 'It has the recipient.');
	arrived($KATE);
}
for my $host (map { "mx.$_.test" } qw(expired selfsigned wrongname)) {
	my ($run, $log) = ask('-H', $host, qw(-p 587 --to), $KATE, @login);
	is($run->state, 'CRITICAL', "$host has a bad certificate.");
	like($run->text, qr/[(]CERT_\w+[)]/, 'The text says so.');
	unlike($log, qr/ (?:auth|mail)=/,
	    'It hears neither the secret nor a sender.');
}
for (
	[[qw(-H mx.clear.test -p 587 -S)], 'There is no TLS.'],
	[[qw(-H mx.clear.test -p 587), @login], 'There is none for a login.'],
	[[@MAIL, qw(-p 587), @wrong_login], 'The login failed.'],
	[[@MAIL, @login], 'None is offered.'],
	[[qw(-H mx.expired.test -p 587), @login], 'None is to be made.'],
) {
	my ($arguments, $sentence) = @$_;
	my ($run, $log) = ask(@$arguments, "--to=$KATE", $send);
	is($run->state, 'CRITICAL', $sentence) or diag($run->as_text);
	like($run->output, qr/[(]NOT_TESTED[)]/,
	    'It is said that the transaction was not made.')
	    or diag($run->as_text);
	unlike($log, qr/ mail=/, 'It was not.');
}
{
	my ($run, $log) = ask(@MAIL, qw(-r -p 2526 --source=127.0.0.203 --to),
	    $KATE);
	like($log, qr/disconnect from \S+\[127.0.0.203\]/,
	    'The proxy header has our own address.');
}
{
	my ($run, $log) = ask(qw(-d mail.test));
	like($run->output, qr/<postmaster[@]mail.test>/,
	    'Of a domain the postmaster is asked for.');
	($run, $log) = ask(qw(-d mail.test --send));
	is($run->state, 'UNKNOWN', 'Nobody is sent mail who was not named.');
	is(scalar(() = $log =~ / connect from /g), 0, 'No server is bothered.');
}
{
	my ($delivery, $log) = facts(@MAIL, '-f', $user,
	    map { "--to=$_\@mail.test" } qw(nobody user deferred));
	is($delivery->{from}, $user, 'JSON has the sender.');
	is_deeply([map { $_->{to} } @{$delivery->{recipients}}],
	    [map { "$_\@mail.test" } qw(nobody user deferred)],
	    'JSON has all recipients, in their order.');
	is_deeply([map { "$_->{reply}{code} $_->{reply}{enhanced}" }
	    @{$delivery->{recipients}}],
	    ['550 5.1.1', '250 2.1.5', '450 4.2.0'],
	    'Each has its answer, and its enhanced code.');
	is($delivery->{recipients}[0]{reply}{meaning},
	    'bad destination mailbox address', 'That is explained.');
	ok(!grep({ exists $delivery->{$_} } qw(queue_id token data message)),
	    'There is no message.') or diag(explain($delivery));
}
{
	my ($run) = ask('-v', @MAIL, map { "--to=$_\@mail.test" }
	    qw(nobody user deferred));
	like($run->output, qr/[(]RCPT_REFUSED[)]/, 'The refused one is told.');
	like($run->output, qr/[(]RCPT_DEFERRED[)]/,
	    'So is the one that was put off.');
	like($run->output, qr/bad destination mailbox address/,
	    'What 5.1.1 means is said.');
}

# --- with one ---

# A message without what servers, and we, have put before it.
sub unmarked ($text) {
	return $text =~ s/\A(?:(?:Return-Path|X-Original-To|Delivered-To
	    |Received|X-Check-MX-Token):[^\n]*\n(?:[\ \t][^\n]*\n)*)*//xir;
}

# arguments, recipient, what it means
for (
	[[@MAIL], $KATE, 'A message goes to Postfix.'],
	[[@MAIL, '-S'], $KATE, 'It does inside TLS.'],
	[[@MAIL, '--ssl', @login], $KATE, 'It does after a login on port 465.'],
	[[@MAIL, qw(-p 587), @login], $KATE,
	    'It does after a login on port 587.'],
	[[@MAIL, qw(-p 2525 --in-clear -A CRAM-MD5), @login], $KATE,
	    'It does after a login in the clear.'],
	[[@MAIL, qw(-p 2528)], $KATE, 'It does without extensions.'],
	[[@MAIL, '-f', '<>'], $KATE, 'It does without a sender.'],
	[[@EXIM], 'user@exim.test', 'A message goes to Exim.'],
	[[@EXIM, '-S'], 'user@exim.test', 'It does inside TLS.'],
	[[@LMTP], 'user@lmtp.test', 'A message goes to Dovecot by LMTP.'],
) {
	my ($arguments, $to, $sentence) = @$_;
	my @command = (@$arguments, "--to=$to", $send);
	my ($run, $log) = deliver(@command);
	my $shown = queue_id($run);
	my $text = arrived($to);

	is($run->state, 'OK', $sentence) or diag($run->as_text);
	ok($shown && $log =~
	    /(?:^|[<\s])\Q$shown\E[>:\s].*(?:<\Q$to\E>|saved)/m,
	    'The queue id that is told is that in the log.') or diag($log);
	like($text, qr/^$_: \S/m, "The message has $_.")
	    for qw(Date Message-ID From To Subject X-Check-MX-Token);
	ok(perfdata($run)->{$_}, "There is the metric $_.")
	    for qw(mail rcpt data time);

	(my $delivery, $log) = facts(@command);
	$text = arrived($to);
	like($text, qr/^X-Check-MX-Token: $delivery->{token}$/m,
	    'JSON has the token.');
	like($log, qr/(?:^|[<\s])\Q$delivery->{queue_id}\E[>:\s]/m,
	    'JSON has the queue id.');
	is(($delivery->{message} // $delivery->{recipients}[0]{delivered})
	    ->{code}, 250, 'JSON has the reply.');
}
{
	my ($run, $log) = deliver(@MAIL, '-f', '<>', "--to=$KATE", $send);
	like($log, qr/ from=<>, /, 'The null sender is none to the server.');
	like(arrived($KATE), qr/^Return-Path: <>$/m, 'Nobody gets a bounce.');
}
{
	my ($run, $log) = deliver(@MAIL, qw(-p 587 -f other@mail.test), @login,
	    "--to=$KATE", $send, '--subject=Grüße, 世界', '--header',
	    'X-Reason: because', '--header=Reply-To: <noreply@mail.test>');
	my $text = arrived($KATE);
	my ($subject) = $text =~ /^Subject: (.*(?:\n[ \t].*)*)/m;
	is(decode('MIME-Header', $subject // ''),
	    decode('UTF-8', 'Grüße, 世界'), 'The subject is as it was given.');
	unlike($text, qr/[^\x00-\x7f]/, 'It is encoded.');
	like($text, qr/^X-Reason: because$/m, 'A header is added.');
	like($text, qr/^Reply-To: <noreply[@]mail.test>$/m, 'So is another.');
	like($text, qr/^From: .*<other[@]mail.test>$/m,
	    'The sender is the author.');
	like($text, qr/^Return-Path: <other[@]mail.test>$/m,
	    'The envelope has it, too.');
	like($log, qr/sasl_username=\Q$user\E/, 'The user logged in.');
	unlike($text, qr/^X-Check-MX.*^X-Check-MX/ms, 'It is marked once.');
}

{
	my ($run, $log) = deliver(qw(-H mx.expired.test -S -p 587), $send,
	    "--to=$KATE");
	my $id = queue_id($run);
	like($run->text, qr/[(]CERT_EXPIRED[)]/, 'A certificate has expired.');
	ok(!$id != !!$lab->mail($KATE, 0),
	    'Whether the message went nevertheless is told.')
	    or diag($run->as_text, $log);
}

# --- a message of one's own, octet by octet ---

my $HEADERS = "From: <monitor\@mail.test>\nTo: <user\@mail.test>\n"
    . "Subject: as it is\n folded\nMessage-ID: <1\@mail.test>\n"
    . "Date: Sat, 1 Feb 2020 12:00:00 +0000\n";
my %BODY = (
	'an empty body' => '',
	'one line' => "hello\n",
	'no final line end' => "hello\nworld",
	'a line of a dot' => "before\n.\nafter\n",
	'nothing but dots' => ".\n..\n...\n.\n",
	'dots that lead' => ".a\n..b\n...c\n. d\n",
	'a dot at the very end' => "end\n.",
	'a dot without line end after one' => ".\n.",
	'lines of 998 octets' => ('x' x 998 . "\n") x 3,
	'a dot before 997 octets' => '.' . 'y' x 997 . "\nz\n",
	'blanks at the ends of lines' => " a \n\t\n b\t\n \n",
	'empty lines at the end' => "a\n\n\n\n",
	'UTF-8' => "Grüße, 世界\n",
	'all octets but NUL, LF and CR' =>
	    join('', map { chr } grep { !/^(?:0|10|13)$/ } 0 .. 255) . "\n",
	'what looks like commands' => "QUIT\nRSET\nDATA\nFrom me\n",
	'much of it' => join('', map { ".$_ " . 'm' x 60 . "\n" } 1 .. 1000),
);

sub file ($text) {
	my $path = "$Lab::Namespace::FOLDER/message";

	open my $out, '>:raw', $path or die "$path: $!\n";
	print $out $text;
	close $out or die "$path: $!\n";
	return $path;
}

sub is_same ($got, $sent, $sentence) {
	$sent =~ s/\r\n/\n/g;
	$sent .= "\n" unless $sent =~ /\n\z/;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok(unmarked($got) eq $sent, $sentence) or diag(explain([$got, $sent]));
}

for my $name (sort keys %BODY) {
	my $message = "$HEADERS\n$BODY{$name}";
	my @run = deliver(@MAIL, "--to=$KATE", $send,
	    '--message=' . file($message));
	is($run[0]->state, 'OK', "Postfix takes $name.")
	    or diag($run[0]->as_text);
	is_same(arrived($KATE), $message, "It is the same: $name.");
}
{
	my $message = "$HEADERS\n" . join '', map { "$_\n" =~ s/\n+\z/\n/r }
	    map { $BODY{$_} } sort keys %BODY;
	my $crlf = $message =~ s/\n/\r\n/gr;

	for (
		[[@MAIL, '-S'], $KATE, 'inside TLS'],
		[[@MAIL, qw(-p 587), @login], $KATE, 'after a login'],
		[[@MAIL, '--ssl', @login], $KATE, 'on port 465'],
		[[@EXIM], 'user@exim.test', 'to Exim'],
		[[@EXIM, '-S'], 'user@exim.test', 'to Exim inside TLS'],
		[[@LMTP], 'user@lmtp.test', 'by LMTP'],
		[[@LMTP, '-S'], 'user@lmtp.test', 'by LMTP inside TLS'],
	) {
		my ($arguments, $to, $way) = @$_;
		my ($run) = deliver(@$arguments, "--to=$to", $send,
		    '--message=-', { stdin => $message });
		is($run->state, 'OK', "All of them go in one, $way.")
		    or diag($run->as_text);
		is_same(arrived($to), $message, "They are the same $way.");
	}
	my ($run) = deliver(@MAIL, "--to=$KATE", $send,
	    '--message=' . file($crlf));
	is_same(arrived($KATE), $message, 'CRLF is a line end like LF.');
}
{
	my $message = "From: Jürgen <monitor\@mail.test>\nSubject: Grüße\n\nü\n";
	my ($run) = deliver('-vvv', @MAIL, "--to=$KATE", $send,
	    '--message=' . file($message));
	is($run->state, 'OK', 'Postfix takes headers in UTF-8.')
	    or diag($run->as_text);
	is_same(arrived($KATE), $message, 'They stay as they are.');
	like($run->output, qr/MAIL FROM:.* SMTPUTF8/, 'That was announced.');

	($run) = ask(@MAIL, qw(-p 2527), "--to=$KATE", $send,
	    '--message=' . file($message));
	isnt($run->state, 'OK', 'A server without SMTPUTF8 does not get them.');
	like($run->output, qr/SMTPUTF8/, 'It is said why.')
	    or diag($run->as_text);
}
{
	my $message = "Subject: x\n\nGrüße\n";
	my ($run, $log) = ask(@MAIL, qw(-p 2528), "--to=$KATE", $send,
	    '--message=' . file($message));
	isnt($run->state, 'OK',
	    'A server without 8BITMIME does not get 8-bit mail.');
	like($run->output, qr/8BITMIME/, 'It is said why.')
	    or diag($run->as_text);
}
for (
	["Subject: x\n\na\0b\n", 'NUL'],
	["Subject: x\n\na\rb\n", 'a bare CR'],
	["no header\n\nbody\n", 'no header'],
	['', 'nothing'],
) {
	my ($message, $what) = @$_;
	my ($run, $log) = ask(@MAIL, "--to=$KATE", $send,
	    '--message=' . file($message));
	is($run->state, 'UNKNOWN', "A message with $what is refused by us.");
	is(scalar(() = $log =~ / connect from /g), 0, 'No server is bothered.');
}

# --- too large ---

{
	my $large = "$HEADERS\n" . ('l' x 70 . "\n") x 2000;
	my @command = (@MAIL, "--to=$KATE", '--message=-');
	my $input = { stdin => $large };

	for my $way ([], [$send], [qw(-p 587), @login, $send]) {
		my ($run, $log) = ask(@command, @$way, $input);
		is($run->state, 'CRITICAL', "It is too large (@$way).");
		like($run->text, qr/552 5[.]3[.]4 .*[(]MAIL_REFUSED[)]/,
		    'The server says so when it hears the size.');
	}
	my ($run) = deliver(@command, qw(-p 2528), $send, $input);
	is($run->state, 'CRITICAL', 'Without SIZE that takes the message.');
	like($run->text, qr/552 5[.]3[.]4 .*[(]MESSAGE_REFUSED[)]/,
	    'The server says so after it.') or diag($run->as_text);
	is_deeply([$lab->mail($KATE, 0)], [], 'It does not get through.');
}

# --- refused, or put off, by and by ---

for (
	['refused', 'CRITICAL', 'MAIL_REFUSED', 550],
	['late', 'WARNING', 'MAIL_DEFERRED', 451],
	['nodata', 'CRITICAL', 'DATA_REFUSED', 554],
	['latedata', 'WARNING', 'MESSAGE_DEFERRED', 451],
	['spam', 'CRITICAL', 'MESSAGE_REFUSED', 550],
	['full', 'WARNING', 'MESSAGE_DEFERRED', 452],
) {
	my ($sender, $state, $code, $reply) = @$_;

	for my $way ([], [qw(-p 2528)]) {
		my @command = (@MAIL, @$way, '-f', "$sender\@mail.test",
		    "--to=$KATE", $send);
		my ($run, $log) = deliver(@command);
		is($run->state, $state, "$reply for $sender is $state.")
		    or diag($run->as_text);
		like($run->text, qr/\b$reply .*[(]$code[)]/,
		    'The text has its reply and its code.');
		unlike($run->output, qr/queue id/, 'There is no queue id.');
		is_deeply([$lab->mail($KATE, 0)], [], 'No mail comes of it.');

		my (undef, undef, $server) = facts(@command);
		is_deeply([map { $_->{code} } grep { $_->{state} ne 'OK' }
		    @{$server->{findings}}], [$code], 'It is all there is.')
		    or diag(explain($server->{findings}));
	}
}

# --- some get it, some do not ---

for my $way ([], [qw(-p 2528)]) {
	my ($run, $log) = deliver(@MAIL, @$way, $send, map { "--to=$_" }
	    'nobody@mail.test', $KATE, 'deferred@mail.test',
	    'other@mail.test', $OUTSIDE);
	my $id = queue_id($run);
	is($run->state, 'CRITICAL', 'Not everybody gets it.');
	arrived($_) for $KATE, 'other@mail.test';
	ok($id && $log =~ /\b$id: to=.* status=sent/,
	    'The queue id of what others got is told nevertheless.')
	    or diag($run->as_text);

	my (undef, undef, $server) = facts(@MAIL, @$way, $send,
	    map { "--to=$_" } 'nobody@mail.test', 'deferred@mail.test');
	is_deeply([sort map { $_->{code} } grep { $_->{state} ne 'OK' }
	    @{$server->{findings}}], [qw(RCPT_DEFERRED RCPT_REFUSED)],
	    'Where nobody gets it, the answers to RCPT are all that counts.')
	    or diag(explain($server->{findings}));
}
{
	my ($delivery, $log) = facts(@LMTP, $send, map { "--to=$_\@lmtp.test" }
	    qw(user nobody other));
	my @recipients = @{$delivery->{recipients}};
	is_deeply([map { $_->{reply}{code} } @recipients], [250, 550, 250],
	    'LMTP: each recipient has its answer.');
	is_deeply([map { $_->{delivered}{code} } @recipients],
	    [250, undef, 250], 'Each that was accepted has one more.');
	arrived("$_\@lmtp.test") for qw(user other);
}
{
	# Dovecot hears of the message before it finds this out.
	my $closed = $lab->maildir('other@lmtp.test');
	chmod 0, $closed;
	my ($run, $log) = deliver(@LMTP, $send, '-v',
	    map { "--to=$_\@lmtp.test" } qw(user other));
	chmod 0755, $closed;
	is($run->state, 'WARNING', 'LMTP: one of two has to wait.')
	    or diag($run->as_text, $log);
	like($run->text, qr/<other[@]lmtp.test>.* 4\d\d /,
	    'The text says for whom.');
	arrived('user@lmtp.test');
}

# --- DSN ---

sub notice (@arguments) {
	my ($delivery, $log) = facts(@MAIL, qw(-p 587), @login, $send,
	    @arguments);
	my @notices = $lab->mail($user, 0);
	$lab->mail($KATE, 0);
	return ($delivery, @notices);
}

for (
	['--dsn=success', $KATE, 'delivered', '2'],
	['--dsn=success,failure,delay', $KATE, 'delivered', '2'],
	['--dsn=success,failure', 'bouncing@mail.test', 'failed', '5'],
	['--dsn=failure', 'bouncing@mail.test', 'failed', '5'],
) {
	my ($dsn, $to, $action, $class) = @$_;
	my ($delivery, @notices) = notice($dsn, "--to=$to");
	my $notice = $notices[0] // '';
	is(scalar @notices, 1, "There is one notice ($dsn, $to).");
	like($notice, qr/^Action: $action$/m, "It says: $action.");
	like($notice, qr/^Status: $class[.]/m, 'It has a status.');
	like($notice, qr/^Original-Recipient: rfc822; ?\Q$to\E$/mi,
	    'It names the recipient that we gave.');
	ok($delivery->{token}
	    && $notice =~ /^Original-Envelope-Id: \Q$delivery->{token}\E$/m,
	    'Its envelope id is our token.') or diag($notice);
	unlike($notice, qr/^It may be deleted/m,
	    'Only the headers come back.');
}
for (
	['--dsn=never', 'bouncing@mail.test', 'a failure'],
	['--dsn=success', 'bouncing@mail.test', 'a failure'],
	['--dsn=failure,delay', $KATE, 'success'],
	['--dsn=never', $KATE, 'success'],
) {
	my ($dsn, $to, $what) = @$_;
	my (undef, @notices) = notice($dsn, "--to=$to");
	is_deeply(\@notices, [], "There is no notice of $what ($dsn).");
}
{
	my (undef, @notices) = notice('--to=bouncing@mail.test');
	is(scalar @notices, 1, 'Without a word on it failures come back.');
}
{
	my ($run, $log) = deliver(@MAIL, qw(-p 2528 --dsn=success), $send,
	    "--to=$KATE");
	is($run->state, 'WARNING', 'A server does not offer DSN.');
	like($run->text, qr/[(]DSN_NOT_OFFERED[)]/, 'The text says so.');
	arrived($KATE);
}
{
	my ($run, $log) = deliver('-vvv', @MAIL, qw(--dsn=success), $send,
	    '--to=user+=x@mail.test');
	like($run->output, qr/ORCPT=rfc822;user\+2B\+3Dx\@mail[.]test/,
	    "An odd address is encoded (RFC 3461's xtext).");
}

# --- arrival ---

{
	my $maildir = $lab->maildir($KATE);
	my ($run) = deliver(@MAIL, "--to=$KATE", $send,
	    "--arrival-maildir=$maildir");
	is($run->state, 'OK', 'The message is seen in the mailbox.')
	    or diag($run->as_text);
	ok(perfdata($run)->{arrival}, 'How long it took is a metric.');
	is_deeply([$lab->mail($KATE, 0)], [], 'It is there no more.');

	($run) = deliver(@MAIL, "--to=$KATE", $send, '--message='
	    . file("$HEADERS\nmine\n"), "--arrival-maildir=$maildir");
	is($run->state, 'OK', 'So is a message of our own.')
	    or diag($run->as_text);
	is_deeply([$lab->mail($KATE, 0)], [], 'It is there no more, either.');

	($run) = deliver(@MAIL, '--to=nobody@mail.test', $send,
	    "--arrival-maildir=$maildir");
	like($run->text, qr/[(]RCPT_REFUSED[)]/, 'Nothing has gone there.');
	like($run->output, qr/arrival[^;\n]*[(]NOT_TESTED[)]/,
	    'It is said that nothing was looked for.');
}

done_testing;

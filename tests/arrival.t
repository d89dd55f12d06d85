#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_delivery's look into the mailbox, against scripted IMAP servers:
# what they may say of themselves and of the message, and what they can't make
# us do.  Nothing but the message with the token is ever deleted.

use v5.36;
use File::Path qw(make_path);
use File::Temp;
use FindBin;
use List::Util qw(min);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use Delivery;
use FakeMX;
use Hostile qw(patience);

my $USER = 'joe@example.com';
my $SECRET = 'xyzzy-"plugh\\42';
my $TOGETHER = 12;	# runs; more of them would get short of time
my $folder = File::Temp->newdir('check_mx_arrival_XXXXXX', TMPDIR => 1);
my $secret_file = private_file("$folder/secret", "$SECRET\n");
my @LOGIN = ("--arrival-user=$USER", "--arrival-pass-file=$secret_file");
my $CAPABLE = '* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN';

# What a server says to each command: bytes with TAG and TOKEN in them, or an
# action of FakeMX; an array of answers is one for each time.
my %POLITE = (
	CAPABILITY => "$CAPABLE UIDPLUS\r\nTAG OK\r\n",
	LOGOUT => ["* BYE\r\nTAG OK\r\n"],
	'UID SEARCH' => "* SEARCH 7\r\nTAG OK\r\n",
	'UID FETCH' => header('X-Check-MX-Token: TOKEN'),
);

sub header ($line) {
	my $length = 4 + length $line =~ s/TOKEN/'x' x 32/er;
	return "* 1 FETCH (UID 7 BODY[HEADER.FIELDS (X-CHECK-MX-TOKEN)] "
	    . "{$length}\r\n$line\r\n\r\n)\r\nTAG OK\r\n";
}

# FakeMX as an IMAP server: its lines begin with a tag, which is no verb.
sub imap (%answer) {
	my %script = map { $_ => delete $answer{$_} }
	    grep { exists $answer{$_} } qw(tls banner);
	%answer = (%POLITE, %answer);

	return FakeMX->new(tls => 0, banner => "* OK ready\r\n", %script,
	    UNKNOWN => sub ($line, $connection) {
		my ($tag, $command) = $line =~ /^(\w+) ((?:UID )?\w+)/
		    or return CLOSE;
		my $answer = $answer{$command} // "TAG OK\r\n";
		my $turn = $connection->{turns}{$command}++;

		$connection->{token} = $1 if $line =~ /Token "(\w+)"$/;
		$answer = $answer->[$turn] // $answer->[-1]
		    if ref $answer eq 'ARRAY';
		return $answer if ref $answer;
		return $answer =~ s/TAG/$tag/gr
		    =~ s/TOKEN/$connection->{token}/gr;
	    });
}

# Each row: [{ answers }, arguments ...]; for each the run, and the connections
# to its IMAP server. The scheme is imap, without TLS, unless a row has its own.
sub look_all (@rows) {
	my @later = splice @rows, min($TOGETHER, scalar @rows);
	my @servers = map { imap(%{$_->[0]}) } @rows;
	my @calls = map {
		my ($server, @arguments) = (shift @servers, @$_[1 .. $#$_]);
		my $scheme = @arguments && $arguments[0] =~ m{^(\w+)://$}
		    ? shift @arguments && $1 : undef;
		push @servers, $server;
		[{}, '--send', @LOGIN, defined $scheme ? () : '--in-clear',
		    "--arrival-imap=" . ($scheme // 'imap') . '://'
		    . $server->address . ':' . $server->port, @arguments];
	} @rows;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @runs = map { $_->[0] } deliver_all(@calls);
	return (map({ [$runs[$_], $servers[$_]->connections] } 0 .. $#runs),
	    @later ? look_all(@later) : ());
}

# The commands of a connection, the secret left out.
sub commands ($connection) {
	return map { s/^\w+ //r =~ s/^(AUTHENTICATE \w+|LOGIN).*/$1/r
	    =~ s/"\w{32}"/TOKEN/r } @{$connection->{commands}};
}

sub commands_like ($pattern, @connections) {
	return grep { /$pattern/ } map { commands($_) } @connections;
}

# --- one polite server ---

{
	my ($result) = look_all([{ SELECT => "* 9 EXISTS\r\n"
	    . "* OK [UIDVALIDITY 1] ok\r\nTAG OK [READ-WRITE]\r\n" }, '-v']);
	my ($run, @connections) = @$result;

	is(verdict($run), 'OK', 'A message that has come is well.')
	    or diag($run->as_text);
	like($run->output, qr/in the mailbox after \d+[.]\d+ s/,
	    'The time is told.');
	like($run->output, qr/arrival: .*, and deleted there/,
	    'So is that it was deleted.');
	ok(defined perfdata($run)->{arrival}, 'There is the metric arrival.');
	is(scalar @connections, 1, 'All is done on one connection.');
	is_deeply([commands($connections[0])], [
		'CAPABILITY', 'AUTHENTICATE PLAIN', 'CAPABILITY',
		'SELECT INBOX', 'NOOP', 'NOOP',
		'UID SEARCH HEADER X-Check-MX-Token TOKEN',
		'UID FETCH 7 BODY[HEADER.FIELDS (X-Check-MX-Token)]',
		'UID STORE 7 +FLAGS.SILENT (\Deleted)', 'UID EXPUNGE 7',
		'NOOP', 'LOGOUT',
	], 'It is looked for, marked, expunged by itself, and that is all.');
}

{
	my ($slow, $late) = map { $_->[0] } look_all(
	    [{}, '--arrival-warning=@0:'], [{}, '--arrival-critical=@0:']);

	is(verdict($slow), 'WARNING ARRIVAL_SLOW',
	    'Its time has thresholds of its own.');
	is(verdict($late), 'CRITICAL ARRIVAL_SLOW', 'Of both kinds.');
}

# --- what they say ---
#
# sentence => [{ answers }, verdict, what line 1 or the evidence says, whether
# the message is marked, and whether it is expunged], arguments

my $MISSING = 'CRITICAL ARRIVAL_MISSING';
my $UNKNOWN = 'UNKNOWN ARRIVAL_MAILBOX';
my $NONE = "* SEARCH\r\nTAG OK\r\n";
my $FOREIGN = header('Subject: an old one');
my @SHORT = ('-t', patience(6));

my @CASES = (
	['A server without UIDPLUS expunges nothing.',
	    { CAPABILITY => "$CAPABLE\r\nTAG OK\r\n" },
	    'OK', qr/and left there/, 1, 0],
	['A mailbox that is read-only keeps the message.',
	    { 'UID STORE' => "TAG NO [NOPERM] read-only\r\n" },
	    'OK', qr/and left there/, 1, 0],
	['An EXPUNGE that is refused leaves the message.',
	    { 'UID EXPUNGE' => "TAG NO no\r\n" },
	    'OK', qr/and left there/, 1, 1],
	['The newest of several messages is the one.',
	    { 'UID SEARCH' => "* SEARCH 3 7 5\r\nTAG OK\r\n" },
	    'OK', qr/deleted there/, 1, 1],
	['A message that comes later is waited for.',
	    { 'UID SEARCH' => [$NONE, $NONE, $POLITE{'UID SEARCH'}] },
	    'OK', qr/deleted there/, 1, 1],
	['A server may say nothing of an empty search.',
	    { 'UID SEARCH' => ["TAG OK\r\n", $POLITE{'UID SEARCH'}] },
	    'OK', qr/deleted there/, 1, 1],
	['A message that does not come is missing.',
	    { 'UID SEARCH' => $NONE }, $MISSING, qr/not in the mailbox/, 0, 0,
	    @SHORT],
	['A LOGOUT without answer keeps nobody waiting.',
	    { LOGOUT => SILENCE }, 'OK', qr/deleted there/, 1, 1, @SHORT],

	['A login that is refused is told, without the secret.',
	    { AUTHENTICATE => "TAG NO [AUTHENTICATIONFAILED] not $SECRET\r\n" },
	    $UNKNOWN, qr/login refused: NO \[AUTHENTICATIONFAILED\] not \*+ \(/,
	    0, 0],
	['A mailbox that is not there is told.',
	    { SELECT => "TAG NO [NONEXISTENT] Unknown mailbox\r\n" }, $UNKNOWN,
	    qr/mailbox can't be opened: NO \[NONEXISTENT\] Unknown mailbox/,
	    0, 0],
	['A search that is refused is told.',
	    { 'UID SEARCH' => "TAG BAD what?\r\n" }, $UNKNOWN,
	    qr/command refused: BAD what[?]/, 0, 0],
	['A server that takes no password is told.',
	    { CAPABILITY => "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n"
		. "TAG OK\r\n" },
	    $UNKNOWN, qr/no way to log in that both sides know/, 0, 0],
	['A server that is busy is told.', { banner => "* BYE busy\r\n" },
	    $UNKNOWN, qr/mailbox can't be looked at\b.*: 127/, 0, 0],
	['A server that is none is waited for until the deadline.',
	    { banner => "220 smtp\r\n" }, $UNKNOWN, qr/timed out/, 0, 0,
	    @SHORT],

	['A message without the token is never marked.',
	    { 'UID FETCH' => $FOREIGN }, $UNKNOWN,
	    qr/SEARCH gave a message without the token/, 0, 0, @SHORT],
	['A message that is gone is not marked.',
	    { 'UID FETCH' => "TAG OK\r\n" }, $UNKNOWN,
	    qr/mailbox can't be looked at/, 0, 0, @SHORT],
	(map { ["SEARCH can't say '$_'.",
	    { 'UID SEARCH' => "* SEARCH $_\r\nTAG OK\r\n" }, $UNKNOWN,
	    qr/SEARCH gave what is no list/, 0, 0, @SHORT] }
	    '1:*', '*', '0', '7 0', '4294967296', '99999999999999999999',
	    '-1', '7 x', '7,8', "7 \x{80}"),
	['A line that is too long is cut, and what it says checked as ever.',
	    { 'UID SEARCH' => '* SEARCH' . ' 7' x 20_000 . "\r\nTAG OK\r\n" },
	    'OK', qr/deleted there/, 1, 1],
	['An answer without end is cut.',
	    { 'UID SEARCH' => "* SEARCH 7\r\n" x 3000 . "TAG OK\r\n" },
	    $UNKNOWN, qr/mailbox can't be looked at/, 0, 0, @SHORT],
	['A line without end is cut.',
	    { NOOP => ['* ' . 'x' x 300_000, SILENCE] },
	    $UNKNOWN, qr/mailbox can't be looked at/, 0, 0, @SHORT],
	['A literal without end is cut.',
	    { 'UID FETCH' => "* 1 FETCH (UID 7 BODY[] {99999999999}\r\n"
		. 'x' x 100_000 },
	    $UNKNOWN, qr/mailbox can't be looked at/, 0, 0, @SHORT],
	['A literal that does not come is not waited for.',
	    { 'UID FETCH' => "* 1 FETCH (UID 7 BODY[] {20}\r\n" },
	    $UNKNOWN, qr/timed out/, 0, 0, @SHORT],
	map({ ["Silence at $_ does not last for ever.", { $_ => SILENCE },
	    $UNKNOWN, qr/timed out/, 0, 0, @SHORT] }
	    qw(banner CAPABILITY AUTHENTICATE SELECT NOOP), 'UID SEARCH',
	    'UID FETCH'),
	['Silence at STORE does not either.', { 'UID STORE' => SILENCE },
	    'OK', qr/and left there/, 1, 0, @SHORT],
);

my @results = look_all(map { [$_->[1], '-v', @$_[6 .. $#$_]] } @CASES);
for my $case (@CASES) {
	my ($sentence, undef, $verdict, $words, $marked, $expunged) = @$case;
	my ($run, @connections) = @{shift @results};
	my @deleting = commands_like(qr/STORE|EXPUNGE|CLOSE$/, @connections);

	is(verdict($run), $verdict, $sentence) or diag($run->as_text);
	like($run->output, $words, 'It is told so.');
	is_deeply(\@deleting, [
		('UID STORE 7 +FLAGS.SILENT (\Deleted)') x $marked,
		('UID EXPUNGE 7') x $expunged,
	], 'Nothing else is deleted.');
	unlike($run->output, qr/\Q$SECRET\E/, 'The secret is not shown.');
	is(scalar commands_like(qr/^AUTHENTICATE/, @connections), 1,
	    'A login that was refused is not tried again.')
	    if $sentence =~ /^A login/;
}

# --- a session that ends ---

{
	my @results = look_all(
		[{ 'UID SEARCH' => [$NONE, CLOSE],
		    banner => EACH_CONNECTION("* OK first\r\n", "* BYE\r\n") },
		    @SHORT],
		[{ 'UID FETCH' => $POLITE{'UID FETCH'},
		    'UID STORE' => CLOSE }, '-v'],
	);
	my ($run, @connections) = @{$results[0]};
	is(verdict($run), $UNKNOWN, 'A server that goes for good is told.')
	    or diag($run->as_text);
	ok(@connections > 1, 'It was asked again.');

	($run, @connections) = @{$results[1]};
	is(verdict($run), 'OK', 'A session that ends with STORE has found it.')
	    or diag($run->as_text);
	like($run->output, qr/and left there/, 'The message may be there.');
	is(scalar @connections, 1,
	    'A UID is of no use in another session: nothing more is sent.');
}

# --- TLS ---

{
	my %tls = (tls => { certificate =>
	    Certs::certificate(names => ['127.0.0.1']) });
	my %implicit = (tls => { %{$tls{tls}}, implicit => 1 });
	my %unknown = (tls => { implicit => 1, certificate =>
	    Certs::certificate(names => ['127.0.0.1'], issuer => 'self') });
	my %wrong = (tls => { implicit => 1, certificate =>
	    Certs::certificate(names => ['mail.example.com']) });
	my %offer = (CAPABILITY => ["$CAPABLE STARTTLS\r\nTAG OK\r\n",
	    $POLITE{CAPABILITY}]);
	my $trust = '--ca-file=' . Certs::ca_file();
	my %start = (%tls, %offer, STARTTLS => sub ($line, $) {
		[$line =~ s/ .*/ OK\r\n/r, START_TLS];
	});
	my @rows = (
		['imaps with a good certificate is well.', { %implicit },
		    'imaps://', $trust, 'OK', 1],
		['STARTTLS with a good certificate is well.', { %start },
		    'imap://', $trust, 'OK', 1],
		['A certificate of an unknown authority gets no secret.',
		    { %unknown }, 'imaps://', $trust, $UNKNOWN, 0],
		['A certificate of another name gets no secret.', { %wrong },
		    'imaps://', $trust, $UNKNOWN, 0],
		['With --no-verify it does.', { %wrong }, 'imaps://',
		    '--no-verify', 'OK', 1],
		['Without STARTTLS there is no secret.', { }, 'imap://', $trust,
		    $UNKNOWN, 0],
		['Where STARTTLS is refused there is none, either.',
		    { %offer, STARTTLS => "TAG NO later\r\n" }, 'imap://',
		    $trust, $UNKNOWN, 0],
		['Nor where more comes behind STARTTLS.', { %start,
		    STARTTLS => sub ($line, $) {
			[$line =~ s/ .*/ OK\r\n* CAPABILITY AUTH=PLAIN\r\n/r,
			    START_TLS];
		    } }, 'imap://', $trust, $UNKNOWN, 0],
		['Nor to a server that says we are in already.',
		    { banner => "* PREAUTH welcome\r\n" }, 'imap://', $trust,
		    $UNKNOWN, 0],
	);
	local $ENV{SSLKEYLOGFILE} = "$folder/keys";
	my @results = look_all(map { [@$_[1 .. 3], @SHORT] } @rows);
	ok(!-e "$folder/keys", 'Nobody writes the keys of TLS to a file.');
	for my $row (@rows) {
		my ($sentence, $verdict, $told) = @$row[0, 4, 5];
		my ($run, @connections) = @{shift @results};

		is(verdict($run), $verdict, $sentence) or diag($run->as_text);
		is(scalar commands_like(qr/^(?:AUTH|LOGIN)/, @connections),
		    $told, $told ? 'There was one login.' : 'There was no login.');
	}
}

# --- without the environment ---

{
	local @ENV{qw(ALL_PROXY all_proxy)} = ('http://127.0.0.1:9') x 2;
	my ($result) = look_all([{}]);
	is(verdict($result->[0]), 'OK', 'A proxy of the environment is no '
	    . 'matter.') or diag($result->[0]->as_text);
}

# --- addresses that are no mailbox ---

for (
	['' => qr/./],
	['mail.example.com' => qr{not imap:// or imaps://}],
	['https://mail.example.com/' => qr{not imap:// or imaps://}],
	['imaps://' => qr/./],
	["imaps://joe\@mail.example.com" => qr/does not belong into the URL/],
	["imaps://joe:$SECRET\@mail.example.com" =>
	    qr/does not belong into the URL/],
	['imaps://mail.example.com/INBOX/;UID=1' => qr/more than a mailbox/],
	['imaps://mail.example.com/INBOX?ALL' => qr/more than a mailbox/],
	['imaps://mail.example.com/INBOX#1' => qr/more than a mailbox/],
	['imaps://mail.example.com:99999/' => qr/./],
	['imaps://mail.example.com/' . 'x' x 2000 => qr/too long/],
) {
	my ($url, $words) = @$_;
	my ($run, @connections) = deliver({}, '--send', @LOGIN,
	    "--arrival-imap=$url");

	is($run->state, 'UNKNOWN', 'This is no mailbox: '
	    . substr($url, 0, 50) . '.') or diag($run->as_text);
	like($run->output, qr/--arrival-imap: .*$words/, 'It is told so.');
	is(scalar @connections, 0, 'Nobody is connected to.');
	unlike($run->output, qr/\Q$SECRET\E/, 'The secret is not shown.');
}

# --- a Maildir ---

{
	make_path("$folder/empty/new", "$folder/empty/cur");
	my @rows = (
		["$folder/empty", $MISSING, qr/not in the mailbox within/],
		["$folder/none", $UNKNOWN, qr{none/new: No such file}],
		[$secret_file, 'UNKNOWN', qr/not a folder/],
		['', 'UNKNOWN', qr/--arrival-maildir/],
	);
	my @results = deliver_all(map {
		[{}, '--send', "--arrival-maildir=$_->[0]", @SHORT]
	} @rows);
	for my $row (@rows) {
		my ($run) = @{shift @results};
		is(verdict($run), $row->[1], "A Maildir like '"
		    . ($row->[0] =~ s{.*/}{}r) . "' is judged.")
		    or diag($run->as_text);
		like($run->output, $row->[2], 'It is told so.');
	}
}

# --- mistakes ---

{
	my $imap = '--arrival-imap=imaps://mail.example.com';
	my $long = "$folder/long";
	open my $out, '>', $long or die "$long: $!";
	print $out 'x' x 5000, "\n";
	close $out;
	my @rows = (
		['two mailboxes', qr/--arrival-imap and --arrival-maildir /,
		    $imap, "--arrival-maildir=$folder/empty"],
		['no user', qr/--arrival-imap: wants --arrival-user/, $imap],
		['no password', qr/--arrival-imap: wants --arrival-pass-file/,
		    $imap, "--arrival-user=$USER"],
		['no password file', qr/--arrival-pass-file: .*No such file/,
		    $imap, "--arrival-user=$USER",
		    "--arrival-pass-file=$folder/none"],
		['a password beyond all measure', qr/--arrival-pass-file: \S/,
		    $imap, "--arrival-user=$USER",
		    "--arrival-pass-file=$long"],
		['a user and no mailbox',
		    qr/--arrival-user: wants --arrival-imap/, @LOGIN],
		['a password and no mailbox',
		    qr/--arrival-pass-file: wants --arrival-imap/, $LOGIN[1]],
		(map { ["a threshold ($_) and no mailbox",
		    qr/--arrival-$_: wants --arrival-imap or/,
		    "--arrival-$_=10"] } qw(warning critical)),
	);
	for my $row (@rows) {
		my ($what, $words, @arguments) = @$row;
		my ($run, @connections) = deliver({}, '--send', @arguments);
		is($run->state, 'UNKNOWN', "UNKNOWN for $what.");
		like($run->output, $words, 'It is told so.');
		is(scalar @connections, 0, 'Nobody is connected to.');
	}
}

manners_were_kept();
done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_delivery's look into mailboxes: those of Dovecot, by IMAP and as
# Maildirs, and those of Postfix.  The message is gone afterwards, and no other.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path qw(make_path);
use Test::More;

use CheckMX qw(perfdata);
use Lab::Dovecot;
use Lab::Submission;

my $ADDRESS = '127.0.3.26';	# of a Dovecot of our own
my $HOST = 'imap.mail.test';
my $JOE = 'joe@imap.test';
my $SECRET = 'Kn0ck & "enter", 100%\o/ [ok]';

Lab::Submission->enter;
my $lab = Lab::Submission->new(records => ["$HOST. A $ADDRESS"]);
my $dovecot = start_dovecot();
my $trust = '--ca-file=' . $lab->ca_file;
my @login = ("--arrival-user=$JOE",
    '--arrival-pass-file=' . $lab->secret_file($SECRET));

# One that can't expunge single messages has a folder, and an address, of its
# own.
sub start_dovecot (%its) {
	my $server = Lab::Dovecot->start(name => $HOST, address => $ADDRESS,
	    folder => join('/', $Lab::Namespace::FOLDER,
		$its{folder} // 'mailboxes'),
	    users => { $JOE => $SECRET, $Lab::Submission::USER
		=> $Lab::Submission::SECRET },
	    map { $_ => $its{$_} } grep { $_ ne 'folder' } keys %its);

	$server->await;
	return $server;
}

# A run with a message to Joe, by LMTP, and its look into a mailbox.
sub look (@arguments) {
	my $run = CheckMX::check('check_mx_delivery', '--lmtp', '-H', $ADDRESS,
	    "--to=$JOE", '--send', '-v', $trust, @arguments);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([Lab::Submission::leaks($run->output, $SECRET)], [],
	    'Nothing tells the secret.');
	return $run;
}

sub imap ($url, @arguments) { return look("--arrival-imap=$url", @arguments) }

# A message of somebody else's, with flags; its file.
sub put_message ($name, $flags) {
	my $file = $dovecot->maildir($JOE) . "/cur/$name:2,$flags";

	open my $out, '>', $file or die "$file: $!";
	print $out "Subject: keep me\n\nX-Check-MX-Token: none\n";
	close $out or die "$file: $!";
	chown +(stat $dovecot->maildir($JOE))[4, 5], $file;
	return $file;
}

sub is_found ($run, $sentence) {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($run->state, 'OK', $sentence) or diag($run->as_text);
	like($run->output, qr/arrival: .*deleted there/, 'It is deleted.');
	ok(perfdata($run)->{arrival}, 'There is the metric arrival.');
}

# --- by IMAP ---

my $marked = put_message('1.other', 'T');	# by another client, as deleted
my $kept = put_message('2.other', 'S');

for my $url ("imaps://$HOST", "imap://$HOST", "imaps://$HOST/INBOX",
    "imap://$HOST:143/INBOX/") {
	my $log = Lab::Server::slurp($dovecot->log_file);
	is_found(imap($url, @login), "A message is found in $url.");
	is(scalar(() = $dovecot->mail($JOE)), 2,
	    'Those of others are there still.');
	$log = $dovecot->log_since(length $log);
	is(scalar(() = $log =~ / imap-login: Info: Login: /g), 1,
	    'There was one login.');
	like($log, qr/ imap-login: Info: Login: .* TLS/, 'It had TLS.');
	like($log, qr/ Disconnected: Logged out .* deleted=1 expunged=1 /,
	    'It ended with LOGOUT, and with one message less.');
}
{
	my $log = Lab::Server::slurp($dovecot->log_file);
	is_found(imap("imap://$HOST", '--in-clear', @login),
	    'Without TLS it is a login that does not tell the password.');
	like($dovecot->log_since(length $log),
	    qr/Login: .* method=CRAM-MD5, (?!.* TLS)/, 'It had no TLS.');
}
ok(-e $marked, 'What others have marked as deleted is theirs to expunge.');
ok(-e $kept, 'So is what is read.');

for (
	["imaps://$HOST/None", \@login, qr/can't be opened: NO .*doesn't exist/,
	    'a mailbox that is not there'],
	["imaps://$HOST", [$login[0], '--arrival-pass-file='
	    . $lab->secret_file("$SECRET?")],
	    qr/login refused: NO \[AUTHENTICATIONFAILED\]/, 'a wrong password'],
	["imaps://$ADDRESS", \@login, qr/certificate not accepted: .*mismatch/,
	    'a certificate of another name'],
	["imaps://$HOST:143", \@login, qr/TLS handshake failed/,
	    'a port without TLS'],
	['imaps://none.mail.test', \@login, qr/Could not resolve host/,
	    'a host that is none'],
) {
	my ($url, $arguments, $words, $what) = @$_;
	my $run = imap($url, @$arguments, '-t', 10);

	is($run->state, 'UNKNOWN', "No verdict comes of $what.")
	    or diag($run->as_text);
	like($run->output,
	    qr/so nothing was sent: .*$words.*ARRIVAL_MAILBOX/,
	    'It is told so.');
}
is_found(imap("imaps://$HOST", @login), 'Those before are no matter.');
unlink grep { $_ ne $marked && $_ ne $kept } $dovecot->mail($JOE);

{
	make_path($dovecot->maildir($JOE) . '/.My mail/cur',
	    { owner => 'nobody' });
	my $run = imap("imaps://$HOST/My%20mail", @login, '-t', 3);

	is($run->state, 'CRITICAL', 'A message in another mailbox is missing.')
	    or diag($run->as_text);
	like($run->output, qr/not in the mailbox.*ARRIVAL_MISSING/,
	    'It is told so.');
	unlink grep { $_ ne $marked && $_ ne $kept } $dovecot->mail($JOE);
}

# --- with the access token of the login ---

for (
	['one that is good', 3600, 'CRITICAL', qr/ARRIVAL_MISSING/],
	['one that has expired', -3600, 'CRITICAL', qr/AUTH_REJECTED/],
) {
	my ($what, $seconds, $state, $words) = @$_;
	my $token = $lab->token($seconds);
	my $log = Lab::Server::slurp($dovecot->log_file);
	# Postfix has another mailbox for it.
	my $run = CheckMX::check('check_mx_delivery', $trust,
	    qw(-H mx.mail.test -p 587 --to=user@mail.test --send -t 4),
	    qw(-A XOAUTH2 -U), $Lab::Submission::USER,
	    '--authpass-file=' . $lab->secret_file($token),
	    "--arrival-imap=imaps://$HOST");
	my $entered = $dovecot->log_since(length $log)
	    =~ /Login: user=<\Q$Lab::Submission::USER\E>, method=XOAUTH2/;

	is($run->state, $state, "With $what the mailbox is looked at.")
	    or diag($run->as_text);
	like($run->output, $words, 'It is told so.');
	is(!!$entered, $seconds > 0, 'Dovecot has seen the token.');
	is_deeply([Lab::Submission::leaks($run->output, $token)], [],
	    'Nothing tells it.');
	$lab->mail('user@mail.test', $seconds > 0);
}

# --- as files ---

is_found(look('--arrival-maildir=' . $dovecot->maildir($JOE)),
    'A message is found in a Maildir of Dovecot.');
ok(-e $marked && -e $kept, 'Others are there still.');
{
	my $run = CheckMX::check('check_mx_delivery', $trust, '-v',
	    qw(-H mx.mail.test --to=other@mail.test --send),
	    '--arrival-maildir=' . $lab->maildir('other@mail.test'));

	is_found($run, 'A message that Postfix delivers is found.');
	is_deeply([$lab->mail('other@mail.test', 0)], [], 'It is gone.');
}

# --- where single messages can't be expunged ---

{
	kill TERM => $dovecot->{pid};
	waitpid $dovecot->{pid}, 0;
	$dovecot = start_dovecot(folder => 'simple',
	    settings => 'imap_capability = IMAP4rev1 SASL-IR LITERAL+');
	my $other = put_message('1.other', 'T');
	my $run = imap("imaps://$HOST", @login);
	my @files = grep { $_ ne $other } $dovecot->mail($JOE);

	is($run->state, 'OK', 'A message is found without UIDPLUS, too.')
	    or diag($run->as_text);
	like($run->output, qr/arrival: .*left there/, 'It is left there.');
	ok(-e $other, 'What others have marked is not touched.');
	is(scalar @files, 1, 'The message is there.');
	like("@files", qr/:2,\w*T/, 'It is marked as deleted.');
}

done_testing;

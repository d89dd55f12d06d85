# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_auth against real servers: Postfix, whose logins are Dovecot's, and
# Exim with its own. Both know one user.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX qw(perfdata);
use Lab::Submission;

Lab::Submission->enter;
my $lab = Lab::Submission->new;
my ($user, $secret) = ($Lab::Submission::USER, $Lab::Submission::SECRET);
my $trust = '--ca-file=' . $lab->ca_file;
my $token = $lab->token(3600);

my %SECRET_OF = (
	right => $secret,
	odd => $Lab::Submission::ODD_SECRET,
	wrong => "$secret?",
	token => $token,
	long => $lab->token(3600, groups => 'everybody ' x 200),
	old => $lab->token(-60),
	forged => $token =~ s/.\K.\z/A/r =~ s/[.]\K(?=[^.]*\z)/A/r,
);
my %file_of = map { $_ => $lab->secret_file($SECRET_OF{$_}) } keys %SECRET_OF;
my @right = ('-U', $user, "--authpass-file=$file_of{right}");
my @odd =
    ('-U', $Lab::Submission::ODD_USER, "--authpass-file=$file_of{odd}");
my @wrong = ('-U', $user, "--authpass-file=$file_of{wrong}");

my @PASSWORD_MECHANISMS =
    qw(PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256);
my @DOVECOT = (@PASSWORD_MECHANISMS, 'XOAUTH2');
my @EXIM = qw(PLAIN LOGIN CRAM-MD5);
my @MAIL = qw(-H mx.mail.test);

# That a login failed, as the servers tell; no other complaint is expected.
my $FAILED = qr/SASL \S+ authentication failed|authenticator failed/;

sub sorted ($list) { [sort @{$list // []}] }

# A run, held to the rules of every run and every client; and the log.
sub auth (@arguments) {
	my $run;
	my $log = $lab->logged(sub {
		$run = CheckMX::check('check_mx_auth', $trust, @arguments);
	});
	my @rude = grep { !/$FAILED/ } Lab::complaints($log);
	my $output = join '', map { $run->$_ } qw(output stderr);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply(\@rude, [], 'No server finds its client rude.');
	is_deeply([map { Lab::Submission::leaks($output, $_) }
	    values %SECRET_OF], [], 'Nothing tells a secret.');
	return wantarray ? ($run, $log) : $run;
}

# What the server has of it: a row as in "disconnect from ... ehlo=1 quit=1".
sub disconnects ($log) { return $log =~ /disconnect from \S+ (.*)/g }

sub facts (@arguments) {
	my $run = auth(@arguments, '--output-format=json');
	my $server = Lab::Submission::server($run);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($server->{auth}, 'JSON has what there is of the login.')
	    or diag($run->as_text);
	return $server->{auth} // {};
}

sub codes (@arguments) {
	my $run = auth(@arguments, '--output-format=json');
	my $server = Lab::Submission::server($run);
	return map { $_->{code} } grep { $_->{state} ne 'OK' }
	    @{$server->{findings} // []};
}

# arguments, state, what line 1 says (or the code), and what that means
sub judged (@rows) {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	for (@rows) {
		my ($arguments, $state, $said, $sentence) = @$_;
		my $run = auth(@$arguments);
		$said = qr/[(]$said[)]/ unless ref $said;
		is($run->state, $state, $sentence) or diag($run->as_text);
		like($run->text, $said, "The text says so (@$arguments).");
		ok(exists perfdata($run)->{$_}, "There is the metric $_.")
		    for qw(time servers servers_ok);
	}
}

# --- the offer, without a login ---

judged(
	[['-H', 'mx.mail.test'], 'OK', qr/1 of 1/,
	    'Postfix offers logins inside TLS, on port 587.'],
	[['-d', 'mail.test'], 'OK', qr/1 of 1/, 'So does that of a domain.'],
	[['--ssl', '-H', 'mx.mail.test'], 'OK', qr/1 of 1/,
	    'Postfix offers logins on port 465, which --ssl means.'],
	[['-H', 'mx.exim.test'], 'OK', qr/1 of 1/,
	    'Exim offers logins inside TLS.'],
	[['--ssl', '-H', 'mx.exim.test'], 'OK', qr/1 of 1/,
	    'Exim offers logins on port 465.'],
	[[@MAIL, '-p', 2525], 'CRITICAL', 'AUTH_IN_CLEAR',
	    'Postfix offers logins in the clear, too.'],
	[['-H', 'mx.exim.test', '-p', 2525], 'CRITICAL', 'AUTH_IN_CLEAR',
	    'Exim offers logins in the clear, too.'],
	[[@MAIL, '-p', 25], 'CRITICAL', 'AUTH_NOT_OFFERED',
	    'On port 25 there is no login.'],
	[['-H', 'mx.clear.test'], 'CRITICAL',
	    qr/[(](?:STARTTLS_NOT_OFFERED|AUTH_IN_CLEAR)[)]/,
	    'A server has no TLS, and logins.'],
	[[@MAIL, '--require-mech=SCRAM-SHA-256'], 'OK', qr/1 of 1/,
	    'A required mechanism is there.'],
	[[@MAIL, '--require-mech=scram-sha-256', '--require-mech=PLAIN'], 'OK',
	    qr/1 of 1/, 'So are two, in any letters.'],
	[['-H', 'mx.exim.test', '--require-mech=SCRAM-SHA-256'], 'CRITICAL',
	    'AUTH_MECHANISM_MISSING', 'Exim has not got that one.'],
	[[@MAIL, '--require-mech=GSSAPI'], 'CRITICAL',
	    'AUTH_MECHANISM_MISSING', 'Nobody has that one.'],
	[[@MAIL, '--require-mech=PLAIN', '--require-mech=SCRAM-SHA'],
	    'CRITICAL', 'AUTH_MECHANISM_MISSING',
	    'The beginning of a name is not the name.'],
);
is_deeply([sort(codes('-H', 'mx.clear.test'))],
    [qw(AUTH_IN_CLEAR STARTTLS_NOT_OFFERED)],
    'Both is told: no TLS, and logins nevertheless.');
for (
	[['-H', 'mx.mail.test'], [], \@DOVECOT],
	[['-s', '-H', 'mx.mail.test'], [], \@DOVECOT],
	[[@MAIL, '-p', 2525], \@DOVECOT, \@DOVECOT],
	[[@MAIL, '-p', 25], [], []],
	[['-H', 'mx.exim.test'], [], \@EXIM],
	[['-H', 'mx.exim.test', '-p', 2525], \@EXIM, \@EXIM],
) {
	my ($arguments, $before, $inside) = @$_;
	my $auth = facts(@$arguments);
	is_deeply(sorted($auth->{before_tls}), sorted($before),
	    "JSON has what is offered before TLS (@$arguments).");
	is_deeply(sorted($auth->{mechanisms}), sorted($inside),
	    "JSON has what is offered inside (@$arguments).");
	ok(!$auth->{accepted}, "There was no login (@$arguments).");
}

# --- the login, in all detail, which has no secret in it ---

for (
	['mx.mail.test', @PASSWORD_MECHANISMS],
	['mx.exim.test', @EXIM],
) {
	my ($host, @mechanisms) = @$_;

	for my $mechanism (@mechanisms) {
		my @arguments = ('-vvv', '-H', $host, '-A', $mechanism);
		judged(
			[[@arguments, @right], 'OK', qr/1 of 1/,
			    "$host knows the user by $mechanism."],
			[[@arguments, @odd], 'OK', qr/1 of 1/,
			    'It knows one with an odd name and password.'],
			[[@arguments, @wrong], 'CRITICAL', 'AUTH_REJECTED',
			    "$host rejects another password by $mechanism."],
			[[@arguments, @right, '--expect-reject'], 'CRITICAL',
			    'AUTH_ACCEPTED',
			    'It has to be rejected, and is accepted.'],
			[['--ssl', @arguments, @right], 'OK', qr/1 of 1/,
			    'TLS may come first.'],
		);
		my $run = auth(@arguments, @right);
		like($run->output, qr/AUTH $mechanism/,
		    'The transcript shows how we logged in.');
		like($run->output, qr/235/, 'It shows what came of it.');

		$run = auth('--output-format=report', @arguments, @wrong,
		    '--expect-reject');
		is($run->return_code, 0, 'It has to be rejected, and is.');
		like($run->output, qr/535/, 'The report has the reply.');

		my $auth = facts(@arguments, @right);
		is($auth->{mechanism}, $mechanism, "JSON has $mechanism.");
		ok($auth->{accepted}, 'JSON has that it was accepted.');
		is($auth->{reply}{code}, 235, 'JSON has the reply.')
		    or diag(explain($auth));
		$auth = facts(@arguments, @wrong);
		ok(!$auth->{accepted}, 'JSON has that it was not accepted.');
		is($auth->{reply}{code}, 535, 'JSON has the rejection.')
		    or diag(explain($auth));
	}
}
judged([[@MAIL, @wrong, '--expect-reject'], 'OK', qr/535/,
    'A login that has to be rejected is.']);
{
	my ($run, $log) = auth(@MAIL, @right);
	is($run->state, 'OK', 'The best mechanism is found.');
	is_deeply([disconnects($log)],
	    ['ehlo=2 starttls=1 auth=1 quit=1 commands=5'],
	    'The server hears EHLO, STARTTLS, EHLO, AUTH and QUIT.');
	is(facts(@MAIL, @right)->{mechanism}, 'SCRAM-SHA-256',
	    'That is the one which tells the server least.');
}
{
	my ($run, $log) = auth('--ssl', @MAIL, @right);
	is_deeply([disconnects($log)], ['ehlo=1 auth=1 quit=1 commands=3'],
	    'Inside TLS it hears EHLO, AUTH and QUIT.');
}
{
	my ($run, $log) = auth(@MAIL, @wrong);
	is_deeply([disconnects($log)],
	    ['ehlo=2 starttls=1 auth=0/1 quit=1 commands=4/5'],
	    'What was rejected is not tried again, in no other way.');
	is($log =~ /sasl_username=(\S+)/ && $1, $user,
	    'The server knows whose login failed.');
	like($run->text, qr/535/, 'Line 1 has its reply.');
}

# --- access tokens ---

judged(
	[[@MAIL, qw(-A XOAUTH2 -U), $user, "--authpass-file=$file_of{token}"],
	    'OK', qr/1 of 1/, 'A token lets its user in.'],
	[[@MAIL, qw(-A XOAUTH2 -U), $user, "--authpass-file=$file_of{long}"],
	    'OK', qr/1 of 1/,
	    'So does one that is longer than a line of SMTP may be.'],
	(map { [[@MAIL, qw(-A XOAUTH2 -U), $user,
	    "--authpass-file=$file_of{$_}"], 'CRITICAL', 'AUTH_REJECTED',
	    "A token does not ($_)."] } qw(old forged)),
	[[@MAIL, qw(-A XOAUTH2 --expect-reject -U), $user,
	    "--authpass-file=$file_of{old}"], 'OK', qr/535/,
	    'An old token has to be rejected.'],
	[[qw(-H mx.exim.test -A XOAUTH2 -U), $user,
	    "--authpass-file=$file_of{token}"], 'CRITICAL',
	    'AUTH_MECHANISM_MISSING', 'Exim takes no tokens.'],
);
{
	my ($run, $log) = auth(@MAIL, qw(-A XOAUTH2 -U), $user,
	    "--authpass-file=$file_of{old}");
	is_deeply([disconnects($log)],
	    ['ehlo=2 starttls=1 auth=0/1 quit=1 commands=4/5'],
	    "The server's reason is acknowledged, and its reply awaited.");
}

for my $which (qw(token old)) {
	my $run = auth(@MAIL, qw(-A XOAUTH2 -vvv -U), $user,
	    "--authpass-file=$file_of{$which}");
	like($run->output, qr/AUTH XOAUTH2/,
	    "The transcript shows the use of a token ($which).");
}

# --- what proves nothing ---

my @broken = ('-H', 'mx.exim.test', '-U', $Lab::Submission::BROKEN,
    "--authpass-file=$file_of{right}");
judged(
	[[@broken], 'WARNING', 'AUTH_DEFERRED',
	    'A server that cannot look up its users defers the login.'],
	[[@broken, '--expect-reject'], 'UNKNOWN', 'NOT_TESTED',
	    'To defer a login is not to reject it.'],
	[[@MAIL, @right, '-p', 25], 'CRITICAL', 'AUTH_NOT_OFFERED',
	    'Where no login is offered none is made.'],
	[[@MAIL, @wrong, '-p', 25, '--expect-reject'], 'CRITICAL',
	    'AUTH_NOT_OFFERED', 'There nothing is rejected, either.'],
);

# --- certificates: no secret for whom we can't trust ---

for (
	['mx.expired.test', 'CERT_EXPIRED', 'An expired certificate'],
	['mx.selfsigned.test', 'CERT_SELF_SIGNED',
	    'A certificate signed by itself'],
	['mx.wrongname.test', 'CERT_NAME_MISMATCH',
	    'A certificate for another name'],
) {
	my ($host, $code, $subject) = @$_;

	for my $ssl ([], ['--ssl']) {
		for my $mechanism ([], [qw(-A PLAIN)], [qw(-A CRAM-MD5)]) {
			my @arguments = (@$ssl, '-H', $host, @$mechanism);
			my ($run, $log) = auth(@arguments, @right);
			is($run->state, 'CRITICAL', "$subject is a failure "
			    . "(@arguments).") or diag($run->as_text);
			like($run->text, qr/[(]$code[)]/, 'Its code is told.');
			like($run->output, qr/log(?:in|ged)/i,
			    'It is told that there was no login.')
			    or diag($run->as_text);
			unlike($log, qr/ auth=/, 'The server saw none.');
			like($log, qr/ quit=1 /, 'It was taken leave of.');
		}
		my $auth = facts(@$ssl, '-H', $host, @right);
		ok(!$auth->{accepted} && !$auth->{reply}
		    && !$auth->{mechanism}, 'JSON has no login.')
		    or diag(explain($auth));
		is_deeply(sorted($auth->{mechanisms}), sorted(\@DOVECOT),
		    'JSON has what was offered all the same.');
	}
	my ($run, $log) = auth('-H', $host, @right, '--expect-reject');
	isnt($run->state, 'OK', 'No login is no rejection.');
	unlike($log, qr/ auth=/, 'Nor is there one for --expect-reject.');

	($run, $log) = auth('-H', $host, @right, '--no-verify');
	is($run->state, 'OK', "$subject will do when nobody asks for trust.")
	    or diag($run->as_text);
	like($log, qr/ auth=1 /, 'There is a login then.');

	# That it counts for nothing is no leave to tell it a secret.
	($run, $log) = auth('-H', $host, @right, "--severity=$code=ok");
	unlike($log, qr/ auth=/,
	    "$subject does not become better by --severity.");
	like($run->output, qr/[(]NOT_TESTED[)]/, 'It is said why.');
}
judged([['-H', 'mx.wrongname.test', '--match=mail.elsewhere.test', @right],
    'OK', qr/1 of 1/, 'The other name is accepted when it is given.']);
{
	my $run;
	my $log = $lab->logged(sub {
		$run = CheckMX::check('check_mx_auth', @MAIL, @right);
	});
	is($run->state, 'CRITICAL', 'Nobody vouches for the certificate.');
	like($run->text, qr/[(]CERT_UNTRUSTED[)]/, 'Its code is told.');
	unlike($log, qr/ auth=/, 'There is no login.');
}

# --- in the clear ---

{
	my ($run, $log) = auth(@MAIL, qw(-p 2525), @right);
	is($run->state, 'CRITICAL',
	    'A login that works does not excuse those in the clear.');
	like($run->text, qr/[(]AUTH_IN_CLEAR[)]/, 'The text says so.');
	is_deeply([disconnects($log)],
	    ['ehlo=2 starttls=1 auth=1 quit=1 commands=5'],
	    'Ours was inside TLS.');
}
for (
	[[qw(-H mx.mail.test -p 2525)], @PASSWORD_MECHANISMS],
	[[qw(-H mx.exim.test -p 2525)], @EXIM],
	[[qw(-H mx.clear.test)], 'PLAIN'],
	[[qw(-H mx.mail.test -p 2527)], 'CRAM-MD5', 'SCRAM-SHA-256'],
) {
	my ($arguments, @mechanisms) = @$_;

	for my $mechanism (@mechanisms) {
		my @command = (@$arguments, '--in-clear', '-A', $mechanism);
		my ($run, $log) = auth(@command, @right);
		is($run->state, 'OK', "$mechanism works in the clear "
		    . "(@$arguments).") or diag($run->as_text);
		unlike($log, qr/starttls|TLS/, 'There was no TLS.');
		$run = auth(@command, @wrong);
		like($run->text, qr/[(]AUTH_REJECTED[)]/,
		    'Another password is rejected.');
	}
}
for (
	[[qw(-H mx.clear.test)], 'There is no TLS.'],
	[[qw(-H mx.clear.test -A PLAIN)], 'A mechanism is no permission.'],
	[[qw(-H mx.mail.test -p 2527 -A PLAIN)], 'Nor is one not offered.'],
) {
	my ($arguments, $sentence) = @$_;
	my ($run, $log) = auth(@$arguments, @right);
	is($run->state, 'CRITICAL', $sentence) or diag($run->as_text);
	unlike($log, qr/ auth=/, "No secret was risked (@$arguments).");
}
{
	my ($run, $log) = auth(@MAIL, qw(-p 2527 --in-clear -A PLAIN), @right);
	like($run->text, qr/[(]AUTH_MECHANISM_MISSING[)]/,
	    'A mechanism that is not offered is not tried.');
	unlike($log, qr/ auth=/, 'The server heard nothing of it.');
}

# --- where the secret comes from ---

{
	my $environment = { env => { CHECK_MX_AUTHPASS => $secret } };
	is(auth(@MAIL, '-U', $user, $environment)->state, 'OK',
	    'The password may be in the environment.');
	is(auth(@MAIL, '-U', $user, '-P', $secret)->state, 'OK',
	    'It may be an argument, though it had better not.');

	my $ini = $lab->secret_file("[mx]\nauthuser=$user\nauthpass=$secret");
	is(auth(@MAIL, "--extra-opts=mx\@$ini")->state, 'OK',
	    'It may be in the file of --extra-opts.');
}
{
	my $open = $lab->secret_file($secret);
	chmod 0644, $open;
	my ($run, $log) = auth(@MAIL, '-U', $user, "--authpass-file=$open");
	is($run->state, 'UNKNOWN', 'A file that all may read is refused.');
	is($log =~ tr/\n// - (() = $log =~ /mark/g), 0,
	    'Then no server hears of us.') or diag($log);
}

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_openrelay against scripted servers: what each answer means, what is
# said on the wire, and what never is.  Every connection of every case is kept
# and held to the rules of _rudeness() at the end.

use v5.36;
use FindBin;
use List::Util qw(uniq);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;

my $EHLO = 'client.example.net';
my $OUTSIDE = 'friend@outside.example';
my $LINE_LIMIT = 512;		# of a command, RFC 5321 4.5.3.1.4

my ($connections, @rude) = 0;

# What a client of this kind may say on one connection.
sub _rudeness ($connection, %may) {
	my $wire = $connection->{bytes} . $connection->{tls_bytes};
	my @lines = $wire =~ /([^\n]*\n?)/g;
	my $verb = qr/\A(?:(?:EHLO|HELO)\ \S+|STARTTLS|RSET|QUIT
	    |MAIL\ FROM:<\S*>|RCPT\ TO:\S+)\r\n\z/x;
	pop @lines;

	return (
		map({ "said '$_'" } grep { !/$verb/ } @lines),
		map({ "a line too long: $_" }
		    grep { length > $LINE_LIMIT || /\Q.../ } @lines),
		map({ "$_ after QUIT" } $wire =~ /^QUIT\r\n(.+)/ms),
		('spoke before the greeting') x !!$connection->{pregreet},
		('two connections at a time') x ($connection->{together} > 1),
		('went without QUIT') x !($wire =~ /^QUIT\r\n\z/m
		    || $connection->{end} eq 'server' || $may{abandon}),
		('more than two transactions')
		    x (grep({ /^MAIL/ } @lines) > 2),
	);
}

# The connections so far, each of them judged.
sub seen ($mx, %may) {
	my @connections = $mx->connections;
	$connections += @connections;
	for my $connection (@connections) {
		push @rude, map { "$_ ($may{case})" }
		    _rudeness($connection, %may);
	}
	return @connections;
}

# Runs the check against one server: the run, and the connections it made.
sub ask ($case, $script, @arguments) {
	my $mx = FakeMX->new(tls => 0, local => ['served.example'], %$script);
	my %may = (case => $case, ref $arguments[0] ? %{shift @arguments} : ());
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $run = check('check_mx_openrelay', '-H', $mx->address,
	    '-p', $mx->port, '-F', $EHLO, "--recipient=$OUTSIDE", @arguments,
	    { name => "The rules of every run are kept: $case" });
	return ($run, seen($mx, %may));
}

# The state and every code that the output gives, in the order of appearance.
sub verdict ($run) {
	return join ' ', $run->state,
	    uniq $run->output =~ /\(([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\)/g;
}

sub counts ($run) {
	my $perfdata = perfdata($run);
	return join ' ', map { "$_=" . ($perfdata->{$_}
	    ? $perfdata->{$_}->value : 'absent') } qw(accepted probes);
}

sub said ($pattern, @connections) {
	return grep { /$pattern/ } map { @{$_->{commands}} } @connections;
}

# An answer given as text gets its CRLF; actions stay what they are.
sub reply ($answer) {
	return !defined $answer || ref $answer || $answer =~ /\n\z/ ? $answer
	    : "$answer\r\n";
}

# A script by what MAIL, the control and any other recipient are answered.
sub answers (%answer) {
	my $control = reply(delete $answer{control} // '250 2.1.5 Ok');
	my $outside = reply(delete $answer{outside} // '550 5.7.1 No relaying');
	my $mail = reply(delete $answer{mail} // '250 2.1.0 Ok');

	return { MAIL => $mail, RCPT => sub ($line, $connection) {
		return "503 5.5.1 Need MAIL\r\n" unless $connection->{mail};
		return $line =~ /<postmaster[@>]/ ? $control : $outside;
	}, %answer };
}

subtest 'What the answers mean' => sub {
	my @cases = (
		['CRITICAL RELAY_OPEN', { outside => '250 2.1.5 Ok' }],
		['CRITICAL RELAY_OPEN',
		    { outside => '251 User not local; will forward' }],
		['CRITICAL RELAY_OPEN',
		    { outside => '250 Ok', control => '550 5.1.1 Nobody' }],
		['CRITICAL RELAY_OPEN',
		    { outside => '250 Ok', control => '450 4.2.0 Later' }],
		['WARNING RELAY_SUSPECT',
		    { outside => '252 2.5.2 Cannot VRFY, will try' }],

		['OK', { outside => '550 5.7.1 Relaying denied' }],
		['OK', { outside => "550-5.7.1 We do\r\n550 5.7.1 not relay" }],
		['OK', { outside => '550 Relay not permitted' }],
		['OK', { outside => '551 5.7.1 Not here' }],
		['OK', { outside => '553 5.7.1 Not in rcpthosts' }],
		['OK', { outside => '501 5.1.3 Bad address' }],
		['OK', { outside => '555 5.5.4 Bad parameters' }],
		['OK', { outside => '530 5.7.0 Authentication required' }],
		['OK', { outside => '550' }],
		['OK RELAY_POLICY', { outside => '554 5.7.1 Relay denied' }],

		['OK RELAY_GREYLISTED', { outside => '450 4.2.0 Greylisted' }],
		['OK RELAY_GREYLISTED', { outside => '451 4.7.1 Try later' }],
		['OK RELAY_GREYLISTED', { outside => '452 4.3.1 Too many' }],
		['OK RELAY_GREYLISTED', { outside => '454 4.7.1 No relaying' }],

		['UNKNOWN RELAY_INCONCLUSIVE', { control => '550 5.1.1 Who?' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { control => '450 4.2.0 Wait' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { control => '252 2.5.2 Perhaps',
		    outside => '503 5.5.1 Need MAIL' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { control => '554 5.7.1 Blocked',
		    outside => '554 5.7.1 Client blocked by a list' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { control => '550 5.7.1 Blocked',
		    outside => '450 4.2.0 Later' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { control => '450 4.3.2 Later',
		    outside => '450 4.3.2 Later' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { outside => '503 Bad order' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { outside => '354 Go ahead' }],
		['UNKNOWN RELAY_INCONCLUSIVE',
		    { outside => '556 5.1.10 Domain does not accept mail' }],
		['UNKNOWN RELAY_INCONCLUSIVE',
		    { outside => '550 5.1.10 Recipient has a null MX' }],
		['UNKNOWN RELAY_INCONCLUSIVE',
		    { outside => '550 5.1.2 Bad destination system' }],
		['UNKNOWN RELAY_INCONCLUSIVE',
		    { outside => '550 5.4.4 Rejected: Domain not found' }],
		['UNKNOWN RELAY_INCONCLUSIVE',
		    { outside => '450 4.1.2 Rejected: Domain not found' }],

		['UNKNOWN RELAY_INCONCLUSIVE', { mail => '550 5.7.1 Go away' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { mail => '451 4.7.1 Not now' }],
		['UNKNOWN RELAY_INCONCLUSIVE',
		    { mail => '530 5.7.1 Client was not authenticated' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { mail => '354 Go ahead' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { mail => '421 4.3.2 Closing' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { outside => '421 Errors' }],
		['UNKNOWN RELAY_INCONCLUSIVE', { mail => CLOSE }],
		['UNKNOWN RELAY_INCONCLUSIVE', { control => CLOSE }],
		['UNKNOWN RELAY_INCONCLUSIVE', { outside => CLOSE }],
		['UNKNOWN RELAY_INCONCLUSIVE', { outside => RESET }],

		['CRITICAL SMTP_PROTOCOL', { outside => 'No code at all' }],
		['CRITICAL SMTP_PROTOCOL', { mail => "250-Ok\r\n251 Ok" }],
		['CRITICAL SMTP_TOO_LONG', { outside => '550 ' . 'x' x 9000 }],
	);
	for my $case (@cases) {
		my ($expected, $answers) = @$case;
		my $said = join ', ', map { my $a = $answers->{$_};
		    "$_ " . (ref $a ? $a->{do} : $a =~ s/\r\n/ | /r =~
		    s/^(.{40}).*/$1.../r) } reverse sort keys %$answers;
		for my $extensions ([], ['PIPELINING']) {
			my ($run) = ask($said, answers(%$answers,
			    extensions => $extensions), { abandon => 1 }, '-v');
			is(verdict($run), $expected, join ' ', 'It means',
			    "$expected:", $said, @$extensions);
		}
	}
};

subtest 'The basic check asks little and leaves politely' => sub {
	my ($run, @connections) = ask('basic', {});
	is_deeply([map { $_->{commands} } @connections],
	    [["EHLO $EHLO", "MAIL FROM:<check_mx\@$EHLO>",
		'RCPT TO:<postmaster>', "RCPT TO:<$OUTSIDE>", 'QUIT']],
	    'One connection, the control, one outside recipient, and QUIT.');
	is($connections[0]{end}, 'server', 'The answer to QUIT is awaited.');
	is($run->first_line =~ s/ \|.*//r, 'MX_OPENRELAY OK - 127.0.0.1 [127.0.0.1]: '
	    . 'relaying refused: 550 5.7.1 Relaying denied; 1 of 1 servers OK',
	    'Line 1 says that relaying is refused, in the words used.');
	is(counts($run), 'accepted=0 probes=1', 'One form was answered.');

	my ($open) = ask('open', answers(outside => '250 2.1.5 Ok'));
	like($open->text,
	    qr/open relay: .*<\Q$OUTSIDE\E>.* 250 2\.1\.5 Ok \(RELAY_OPEN\);/,
	    'An open relay is shown with the recipient and the answer.');
	is(counts($open), 'accepted=1 probes=1', 'One form was accepted.');

	my ($refused) = ask('MAIL refused', answers(mail => '550 No'));
	is(counts($refused), 'accepted=0 probes=0',
	    'A form whose MAIL is refused was not answered.');
};

subtest 'PIPELINING is used where it is offered, and only there' => sub {
	for my $offered (0, 1) {
		my ($run, $connection) = ask("PIPELINING $offered",
		    { extensions => [('PIPELINING') x $offered] });
		is(join('', map { $_->{pipelined} } @{$connection->{lines}}),
		    $offered ? '00110' : '00000', $offered
		    ? 'MAIL and both RCPTs come together, nothing else does.'
		    : 'Each command waits for the answer to the one before.');
	}
	my ($run) = ask('all at once', { MAIL => sub ($line, $connection) {
		$connection->read_line for 1, 2;
		return "250 Ok\r\n250 Ok\r\n550 5.7.1 No relaying\r\n";
	} }, '-t', 3);
	is(verdict($run), 'OK', 'The group can be answered as one.');

	my ($spoken, $one) = ask('no RCPT', answers(mail => '550 5.7.1 No',
	    extensions => []));
	is(said(qr/^RCPT/, $one), 0,
	    'Without PIPELINING no RCPT follows a MAIL that was refused.');
	my ($hello, $old) = ask('HELO', { EHLO => "502 What?\r\n" }, '-v');
	is($hello->state, 'OK', 'A server that only knows HELO is tested.');
	is((grep { $_->{pipelined} } @{$old->{lines}}), 0,
	    'To HELO nothing is offered, so each command waits.');
};

subtest 'Deferred as a stranger, the client comes back once' => sub {
	my $later = "450 4.3.2 Service currently unavailable\r\n";
	my @cases = (
		['OK', DEFAULT, 'Passed by postscreen, it learns the verdict.'],
		['CRITICAL RELAY_OPEN', "250 2.1.5 Ok\r\n",
		    'The second answer may be that of an open relay.'],
		['UNKNOWN RELAY_INCONCLUSIVE', $later,
		    'Deferred again, it gives up.'],
		['UNKNOWN RELAY_INCONCLUSIVE', CLOSE,
		    'Cut the second time, it gives up.'],
	);
	for my $case (@cases) {
		my ($expected, $second, $name) = @$case;
		my ($run, @connections) = ask($name,
		    { RCPT => EACH_CONNECTION($later, $second) }, '-v');
		is(verdict($run), $expected, $name);
		is(@connections, 2, "One more connection, no third: $name");
	}
	my @scripts = (
		['OK', 'insists on STARTTLS', { tls => {}, MAIL =>
		    EACH_CONNECTION(DEFAULT, sub ($, $connection) {
			return $connection->{tls} ? DEFAULT
			    : "530 5.7.0 Must issue STARTTLS first\r\n" }) }],
		['OK', 'refuses the sender', { MAIL => EACH_CONNECTION(DEFAULT,
		    EACH("550 5.1.8 Not you\r\n", DEFAULT)) }],
		['CRITICAL RELAY_OPEN', 'relays, then cuts', { RCPT =>
		    EACH_CONNECTION($later, EACH("250 Ok\r\n", "250 Ok\r\n",
			CLOSE), DEFAULT) }, '--probes=quoted'],
	);
	for my $case (@scripts) {
		my ($expected, $name, $script, @arguments) = @$case;
		my ($run) = ask($name, { RCPT => EACH_CONNECTION($later,
		    DEFAULT), %$script }, @arguments);
		like(verdict($run), qr/^$expected\b/,
		    "The server behind postscreen $name: $expected");
	}
	for my $answers ({ control => '450 4.2.0 Later' },
	    { outside => '450 4.2.0 Later' }) {
		my ($run, @connections) = ask('one deferred',
		    answers(%$answers));
		is(@connections, 1,
		    "One recipient deferred (@{[keys %$answers]}): no retry.");
	}
};

subtest 'A sender that is refused is followed by the null sender' => sub {
	for my $code ('550 5.7.1', '553 5.1.8', '501 5.1.7', '450 4.1.8') {
		for my $extensions ([], ['PIPELINING']) {
			my ($run, @connections) = ask("sender $code",
			    { MAIL => EACH("$code Not you\r\n", DEFAULT),
			    extensions => $extensions }, '-v');
			is(verdict($run), 'OK', "$code: <> gets a verdict.");
			is_deeply([said(qr/^MAIL/, @connections)],
			    ["MAIL FROM:<check_mx\@$EHLO>", 'MAIL FROM:<>'],
			    "$code: both senders, @$extensions.");
			is(@connections, 1, "$code: on one connection.");
		}
	}
	my ($run, @connections) = ask('no null sender twice',
	    answers(mail => '550 5.7.1 Nobody'), '--from=<>');
	is_deeply([said(qr/^MAIL/, @connections)], ['MAIL FROM:<>'],
	    'The null sender is not tried a second time.');

	# Postfix: smtpd_delay_reject tells only at RCPT what it has against
	# the sender.
	($run) = ask('delayed reject', { RCPT => sub ($line, $connection) {
		return $connection->{mail} =~ /<>/ ? DEFAULT : '450 4.1.8 '
		    . "Sender address rejected: Domain not found\r\n";
	} }, '-v');
	is(verdict($run), 'OK',
	    'A sender refused only at RCPT is followed by <> as well.');

	# Exim's own ACL accepts postmaster before it verifies the sender, and
	# looks for relaying only after that.
	for my $words ('Sender verify failed', 'Sender verification failed',
	    '5.1.8 Sender address rejected') {
		($run) = ask($words, { RCPT => sub ($line, $connection) {
			return $line =~ /<postmaster/
			    || $connection->{mail} =~ /<>/ ? "250 Ok\r\n"
			    : "550 $words\r\n";
		} });
		is(verdict($run), 'CRITICAL RELAY_OPEN', "An open relay does "
		    . "not hide behind '$words'.");
	}
};

subtest 'Silence and tarpits' => sub {
	my ($run, $connection) = ask('RCPT', answers(outside => SILENCE,
	    extensions => []), '-t', 2);
	is(verdict($run), 'CRITICAL SMTP_TIMEOUT',
	    'No answer to RCPT in time is SMTP_TIMEOUT.');
	like($connection->{bytes}, qr/^QUIT\r\n\z/m, 'QUIT is said even then.');
	($run) = ask('MAIL', answers(mail => SILENCE), '-t', '2:UNKNOWN');
	is(verdict($run), 'UNKNOWN SMTP_TIMEOUT',
	    'What a time-out counts as is the choice of the user.');
	($run) = ask('tarpit', answers(outside => [PAUSE(0.6), "550 No\r\n"]));
	is(verdict($run), 'OK', 'A slow refusal is a refusal.');
};

# The full table: sender and recipient, s the usual sender, r and d the parts
# of the outside mailbox, h the MX host, i its address literal, l the domain.
my @PLAIN = ('<{s}>', '<{r}@{d}>');
my @OUTSIDE_FORMS = (
	['<{s}>', '{r}@{d}'],
	map({ [$_, $PLAIN[1]] } '<check_mx>', '<>', '<check_mx@localhost>',
	    '<check_mx@{h}>', '<check_mx@{l}>', '<postmaster@{h}>',
	    '<check_mx@{i}>', '<{d}!check_mx>', '<{r}@{d}>',
	    '<check_mx@no-such-host.{d}>'),
	map { [$PLAIN[0], $_] } '<@{h}:{r}@{d}>', '<@{i}:{r}@{d}>',
	    '<@{h},@{d}:{r}@{d}>', '<{r}@{d}.>', '<{r}@[198.51.100.9]>');
my @ODD_FORMS = map { [$PLAIN[0], $_] } '<{r}%{d}@{h}>', '<{r}%{d}@{l}>',
    '<{r}%{d}@{i}>', '<{r}%{d}>', '<"{r}@{d}">', '<"{r}%{d}">',
    '<"{r}@{d}"@{h}>', '<"{r}@{d}"@{i}>', '<{r}@{d}@{h}>', '<{r}@{d}@{i}>',
    '<{d}!{r}>', '<{d}!{r}@{h}>', '<{d}!{r}@{i}>', '<{h}!{r}%{d}>',
    '<{r}@{d}@>';
my @FORMS = ([@PLAIN], @OUTSIDE_FORMS, @ODD_FORMS);

# Each form as "sender recipient", with the letters replaced.
sub forms ($meaning, @forms) {
	return sort map { "@$_" =~ s/\{(\w)\}/$meaning->{$1}/gr } @forms;
}

# What was asked in each transaction, the control and the catch-all left out.
sub asked (@connections) {
	my ($mail, @asked);
	for my $line (said(qr/^(?:MAIL|RCPT)/, @connections)) {
		my ($verb, $address) = $line =~ /^(\w+) \w+:(.*)/;
		$mail = $address if $verb eq 'MAIL';
		push @asked, "$mail $address" if $verb eq 'RCPT'
		    && $address !~ /^<(?:postmaster|no-such-user-\w+)\b/;
	}
	@asked = sort @asked;
	return @asked;
}

# Checks the MX of served.example by its domain.
sub ask_domain ($case, $script, @arguments) {
	my $address = $script->{address} // '127.0.0.1';
	my $type = $address =~ /:/ ? 'AAAA' : 'A';
	my $mx = FakeMX->new(tls => 0, hostname => 'mx.served.example',
	    local => ['served.example'], %$script);
	my $dns = FakeDNS->new(zone => {
	    'served.example' => { MX => ['10 mx.served.example'] },
	    'mx.served.example' => { $type => [$address] } });
	my $run = check('check_mx_openrelay', 'served.example',
	    '--nameserver=' . $dns->address, '-p', $mx->port, '-F', $EHLO,
	    "--recipient=$OUTSIDE", @arguments,
	    { name => "The rules of every run are kept: $case" });
	return ($run, seen($mx, case => $case));
}

# The letters as --list-probes prints them, and what it calls the forms.
my %LISTED = (s => 'SENDER', r => 'USER', d => 'OUTSIDE', h => 'HOST',
    i => '[ADDRESS]', l => 'LOCAL');
my %name_of;

subtest '--list-probes prints every form' => sub {
	my $run = check('check_mx_openrelay', '--list-probes');
	for my $line ($run->lines) {
		my ($name, $from, $to)
		    = $line =~ /^(\S+) +MAIL FROM:(\S+) +RCPT TO:(\S+)$/;
		$name_of{"$from $to"} = $name;
	}
	is($run->return_code, 3, 'It exits with 3, as --help does.');
	is_deeply([sort keys %name_of], [forms(\%LISTED, @FORMS)],
	    'It holds the full table.');
	is((uniq values %name_of), @FORMS, 'Each has its own name.');
};

subtest '--probes=all says every form' => sub {
	my %meaning = (s => "check_mx\@$EHLO", r => 'friend',
	    d => 'outside.example', h => 'mx.served.example',
	    i => '[127.0.0.1]', l => 'served.example');
	for my $extensions ([], ['PIPELINING']) {
		my ($run, @connections) = ask_domain('all', {
		    extensions => $extensions, RCPT => sub ($line, $) {
			return $line =~ /<postmaster\@/ ? "250 Ok\r\n"
			    : "550 5.7.1 No relaying\r\n";
		    } }, '--probes=all');
		is(verdict($run), 'OK', 'All refused is OK.');
		is_deeply([asked(@connections)], [forms(\%meaning, @FORMS)],
		    "Every form is on the wire as it stands: @$extensions");
		is(counts($run), 'accepted=0 probes=' . @FORMS,
		    'Every form is counted.');
		is_deeply([uniq map { scalar said(qr/^RCPT/, $_) }
		    @connections[1 .. $#connections - 1]], [2],
		    'Further connections carry two forms each.');
		cmp_ok(said(qr/^RCPT/, $connections[0]), '<=', 3,
		    'The first carries the control, the plain form and the '
		    . 'random local name.');
	}

	SKIP: {
		skip 'no IPv6', 2 unless CheckMX::_available('ipv6');
		my ($run, @connections) = ask_domain('IPv6',
		    { address => '::1' }, '--probes=all');
		is(verdict($run), 'OK', 'All refused over IPv6 is OK.');
		is_deeply([asked(@connections)], [forms(
		    { %meaning, i => '[IPv6:::1]' }, @FORMS)],
		    'An IPv6 address is said as the literal [IPv6:...].');
	}
};

subtest 'Forms that are accepted' => sub {
	my %meaning = (s => "check_mx\@$EHLO", r => 'friend',
	    d => 'outside.example', h => '[127.0.0.1]', i => '[127.0.0.1]',
	    l => 'served.example');
	my @all = ('--probes=all', '--local-domain=served.example');
	# Accepts postmaster and what is given, as "sender recipient".
	my $taking = sub (@forms) {
		my %taken = map { $_ => 1 } @forms;
		return { RCPT => sub ($line, $connection) {
			my ($to) = $line =~ /^RCPT TO:(.*)/;
			my ($from) = $connection->{mail} =~ /:(.*)/;
			return $to =~ /^<postmaster\@/ || $taken{"$from $to"}
			    ? "250 2.1.5 Ok\r\n" : "550 5.7.1 No\r\n";
		} };
	};
	for my $case ((map { ['CRITICAL RELAY_OPEN', $_] } @OUTSIDE_FORMS),
	    (map { ['WARNING RELAY_SUSPECT', $_] } @ODD_FORMS)) {
		my ($expected, $form) = @$case;
		my ($said) = forms(\%meaning, $form);
		my $name = $name_of{(forms(\%LISTED, $form))[0]};
		my ($run) = ask($said, $taking->($said), "--probes=$name",
		    '--local-domain=served.example');
		is(verdict($run), $expected, "$name accepted: $expected");
	}
	my @odd = uniq forms(\%meaning, @ODD_FORMS);
	my ($run) = ask('all odd', $taking->(@odd), @all);
	is(counts($run), 'accepted=' . @ODD_FORMS . ' probes=' . @FORMS,
	    'Accepted forms are counted.');

	# A catch-all takes any local name, however odd.
	my $catch_all = { RCPT => sub ($line, $) {
		return $line =~ /(?:\@served\.example|\@\[127\.0\.0\.1\])>$/
		    ? "250 2.1.5 Ok\r\n" : "550 5.7.1 No relaying\r\n";
	} };
	($run) = ask('catch-all', $catch_all, @all);
	is(verdict($run), 'OK NOT_TESTED',
	    'Where any local name is accepted, local-looking forms prove '
	    . 'nothing, and that is said.');
	($run) = ask('catch-all and route', { RCPT => sub ($line, $) {
		return $line =~ /\@served\.example>|<\@/ ? "250 2.1.5 Ok\r\n"
		    : "550 5.7.1 No relaying\r\n";
	} }, @all, '-v');
	is(verdict($run), 'CRITICAL RELAY_OPEN NOT_TESTED',
	    'A source route accepted beside a catch-all is an open relay.');
};

subtest 'Forms by name' => sub {
	my @cases = (['basic', 1], ['plain', 1], ['quoted', 2],
	    ['quoted,bang', 3], ['plain,quoted,bang,sender-null', 4]);
	for my $case (@cases) {
		my ($names, $count) = @$case;
		my ($run, @connections) = ask($names, {}, "--probes=$names");
		is(asked(@connections), $count, "$names: $count forms.");
		is(counts($run), "accepted=0 probes=$count",
		    "$names: all of them are counted.");
		is(@connections, 1 + int($count / 2),
		    "$names: two further forms a connection.");
	}
	my ($run, @connections) = ask('only one', {}, '--probes=bang-host');
	is(said(qr/^RCPT TO:<outside\.example!friend\@/, @connections), 1,
	    'The form that was named is the one that is asked.');
};

subtest 'A server that cuts off leaves a count' => sub {
	my $few = '--probes=quoted,bang,sender-null,percent-bare';
	my @cases = (
		['421 at the second form', 'accepted=0 probes=2',
		    { RCPT => EACH_CONNECTION(DEFAULT,
			EACH(DEFAULT, "421 4.7.0 Too many errors\r\n")) }, 2],
		['a cut at the third form', 'accepted=0 probes=3',
		    { RCPT => EACH_CONNECTION(DEFAULT, DEFAULT, CLOSE) }, 3],
		['a greeting of 421', 'accepted=0 probes=3', { banner =>
		    EACH_CONNECTION(DEFAULT, DEFAULT, "421 Often\r\n") }, 3],
		['a greeting of 554', 'accepted=0 probes=1', { banner =>
		    EACH_CONNECTION(DEFAULT, "554 5.7.1 Banned\r\n") }, 2],
		['silence', 'accepted=0 probes=2', { RCPT => EACH_CONNECTION(
		    DEFAULT, EACH(DEFAULT, SILENCE)) }, 2],
	);
	for my $case (@cases) {
		my ($name, $counts, $script, $connections) = @$case;
		my ($run, @connections) = ask($name, $script,
		    { abandon => !!($name =~ /421/) }, $few, '-t', 2);
		isnt($run->state, 'OK', "Cut short by $name is not OK.");
		like($run->output, qr/RELAY_INCONCLUSIVE|SMTP_TIMEOUT/,
		    "Cut short by $name is told.");
		is(counts($run), $counts, "After $name: what was answered.");
		like($run->output, qr/\b\Q$1\E of 5\b/,
		    "After $name: so many of so many.")
		    if $counts =~ /probes=(\d)/;
		is(@connections, $connections, "After $name: no more tries.");
	}
	my ($run) = ask('open, then cut', { MAIL => EACH_CONNECTION(DEFAULT,
	    CLOSE), RCPT => "250 Ok\r\n" }, $few);
	is($run->state, 'CRITICAL', 'An open relay stays one after a cut.');

	my @refusals = (
		['MAIL is refused', answers(mail => '554 5.7.1 Blocked')],
		['the control is refused', answers(
		    control => '554 5.7.1 Blocked')],
		['all is deferred', answers(control => '450 4.7.1 Later',
		    outside => '450 4.7.1 Later'), 2],
	);
	for my $case (@refusals) {
		my ($name, $script, $expected) = @$case;
		my ($run, @connections) = ask($name, $script, $few);
		is(@connections, $expected // 1, "Where $name, no further "
		    . 'form is tried: it would prove nothing.');
	}
};

subtest 'Thresholds count what was accepted' => sub {
	my $suspect = answers(outside => '252 2.5.2 Perhaps');
	my @cases = (
		['CRITICAL', $suspect, '-c', '0'],
		['WARNING', $suspect, '-w', '0', '-c', '1'],
		['CRITICAL', answers(outside => '250 Ok'), '-c', '5'],
		['OK', {}, '-w', '0', '-c', '0'],
		['OK', $suspect, '--severity=RELAY_SUSPECT=ok'],
		['WARNING', answers(outside => '250 Ok'),
		    '--severity=RELAY_OPEN=warning'],
		['OK', answers(control => '550 No'),
		    '--severity=RELAY_INCONCLUSIVE=ok'],
	);
	for my $case (@cases) {
		my ($state, $script, @arguments) = @$case;
		my ($run) = ask("@arguments", $script, @arguments);
		is($run->state, $state, "@arguments: $state");
	}
	my ($run) = ask('perfdata', $suspect, '-w', '0', '-c', '1');
	like($run->perf_output, qr/(?:^|\ )accepted=1;0;1;0(?:\ |$)/,
	    'Thresholds stand in the perfdata of accepted.');
};

subtest 'Notes are shown where they matter' => sub {
	my ($run) = ask('greylisted', answers(outside => '450 Later'));
	like($run->output, qr/\(RELAY_GREYLISTED\)/,
	    'RELAY_GREYLISTED is shown always.');
	($run) = ask('policy', answers(outside => '554 5.7.1 No'));
	unlike($run->output, qr/\(RELAY_POLICY\)/,
	    'RELAY_POLICY is not shown without -v.');
	my ($trusted, @connections) = ask('trusted', {}, '--trusted');
	is(verdict($trusted), 'OK RELAY_TRUSTED',
	    '--trusted is OK, and RELAY_TRUSTED is shown always.');
	is(@connections, 0, '--trusted connects to nobody.');
};

subtest 'Who asks, and for whom' => sub {
	my @cases = (
		[['-H'], qr/^RCPT TO:<postmaster>$/,
		    'With -H alone the control is <postmaster>.'],
		[['--local-domain=Served.Example'],
		    qr/^RCPT TO:<postmaster\@served\.example>$/,
		    'With --local-domain it is the postmaster of that.'],
		[['-d', 'served.example'],
		    qr/^RCPT TO:<postmaster\@served\.example>$/,
		    'With -d beside -H it is the postmaster of the domain.'],
		[['--from=monitor@noc.example'],
		    qr/^MAIL FROM:<monitor\@noc\.example>$/,
		    '--from is the sender.'],
		[['--from=<>'], qr/^MAIL FROM:<>$/, '--from=<> is no sender.'],
		[['-f', 'a@b.example', '-f', '<>'], qr/^MAIL FROM:<>$/,
		    'The last --from counts.'],
		[['-F', '[192.0.2.7]'],
		    qr/^MAIL FROM:<check_mx\@\[192\.0\.2\.7\]>$/,
		    'An EHLO name that is a literal makes the sender.'],
		[['--recipient=me@elsewhere.example'],
		    qr/^RCPT TO:<me\@elsewhere\.example>$/,
		    'A second --recipient is asked for as well.'],
	);
	for my $case (@cases) {
		my ($arguments, $line, $name) = @$case;
		shift @$arguments if $arguments->[0] eq '-H';
		my ($run, @connections) = ask($name, {}, @$arguments);
		is(said($line, @connections), 1, $name);
		is($run->state, 'OK', "A verdict is found: $name");
	}
	my ($run, @connections) = ask_domain('domain', {});
	is(said(qr/^RCPT TO:<postmaster\@served\.example>$/, @connections), 1,
	    'With a domain the control is its postmaster.');

	my $mx = FakeMX->new(tls => 0);
	check('check_mx_openrelay', '-H', $mx->address, '-p', $mx->port);
	my ($default) = seen($mx, case => 'default names');
	my ($name) = $default->{commands}[0] =~ /^EHLO (.*)/;
	is($default->{commands}[1], "MAIL FROM:<check_mx\@$name>",
	    'Without --fqdn the sender is check_mx@ what EHLO said.');
	is($default->{commands}[3], 'RCPT TO:<relay-test@example.com>',
	    'Without --recipient it is relay-test@example.com.');

	for my $arguments (['-d', 'example.com'],
	    ['--local-domain=example.com'],
	    ['-d', 'example.com', '--local-domain=example.net']) {
		my $mx = FakeMX->new(tls => 0,
		    local => ["@$arguments" =~ /(example\.\w+)/g]);
		$run = check('check_mx_openrelay', '-H', $mx->address,
		    '-p', $mx->port, '-F', $EHLO, @$arguments);
		seen($mx, case => "@$arguments");
		is(verdict($run), 'OK', "@$arguments: then it is another one.");
	}

	($run) = ask('two accepted', answers(outside => '250 2.1.5 Ok'),
	    '--recipient=me@elsewhere.example');
	is(verdict($run), 'CRITICAL RELAY_OPEN', 'Two accepted: open.');
	like($run->output, qr/\Q$OUTSIDE\E.*elsewhere/,
	    'Two recipients accepted are told apart.');
	is(counts($run), 'accepted=2 probes=2', 'Both are counted.');
	($run) = ask('second accepted', { RCPT => EACH(DEFAULT, DEFAULT,
	    "250 2.1.5 Ok\r\n") }, '--recipient=me@elsewhere.example');
	is(verdict($run), 'CRITICAL RELAY_OPEN',
	    'One of two recipients accepted is an open relay.');
};

subtest 'What cannot be meant is a usage error' => sub {
	my $mx = FakeMX->new(tls => 0);
	my @server = ('-H', $mx->address, '-p', $mx->port);
	my @cases = (
		['--probes=nonsense'], ['--probes='], ['--probes=plain,'],
		['--probes=all,nonsense'], ['--recipient=nobody'],
		['--recipient=@outside.example'], ['--recipient=a@'],
		['--recipient='], ['--recipient=a b@outside.example'],
		['--recipient=<a@outside.example>'], ['--from='],
		["--recipient=a\@outside.example>\r\nDATA\r\n"],
		["--recipient=a\r\nDATA\r\n\@outside.example"],
		["--from=a\@b.example>\r\nDATA"], ['--from=a>@b.example'],
		["--local-domain=a.example>\r\nDATA"], ['--local-domain='],
		['--local-domain=a.example', '--recipient=a@a.example'],
		['--local-domain=a.example', '--recipient=a@A.Example'],
		['-d', 'served.example', '--recipient=a@served.example.'],
		['-d', 'served.example', '--local-domain=other.example',
		    '--recipient=a@served.example'],
		['--recipient=' . 'a' x 65 . '@outside.example'],
		['--recipient=' . 'a' x 60 . '@' . join('.', ('b' x 60) x 4)],
		['-w', 'x'], ['-c', '5:1'],
	);
	for my $case (@cases) {
		my $shown = join(' ', @$case) =~ s/[\r\n]+/ /gr;
		my $run = check('check_mx_openrelay', @server, @$case,
		    { name => "The rules are kept: $shown" });
		is($run->return_code . $run->perf_output, 3,
		    "A usage error: $shown");
	}
	is(scalar $mx->connections, 0, 'None of them connects to anybody.');
};

subtest 'Names of the greatest length fit into a command' => sub {
	my $host = join '.', 'mx', ('h' x 60) x 3, 'served.example';
	my $outside = 'f' x 60 . '@' . join '.', ('o' x 60) x 3, 'example';
	my $mx = FakeMX->new(tls => 0, local => ['served.example']);
	my $dns = FakeDNS->new(zone => {
	    'served.example' => { MX => ["10 $host"] },
	    $host => { A => ['127.0.0.1'] } });
	my $run = check('check_mx_openrelay', 'served.example', '--probes=all',
	    '--nameserver=' . $dns->address, '-p', $mx->port, '-F', $EHLO,
	    "--recipient=$outside");
	my @connections = seen($mx, case => 'long names');
	is(perfdata($run)->{probes}->value, asked(@connections),
	    'What was asked is what is counted.');
	is((grep { !/>$/ } said(qr/^RCPT TO:</, @connections)), 0,
	    'No address is cut short.');
};

subtest 'Inside TLS' => sub {
	my %tls = (tls => {}, extensions_tls => ['SIZE 5', 'AUTH PLAIN']);
	my ($run, $connection) = ask('-S', { %tls }, '-S', '-v');
	is(verdict($run), 'OK EHLO_CHANGED_BY_TLS',
	    'With -S and -v a change of EHLO is noted: EHLO_CHANGED_BY_TLS.');
	is_deeply([uniq map { $_->{text} =~ /^(?:MAIL|RCPT|QUIT)/
	    ? $_->{tls} : () } @{$connection->{lines}}], [1],
	    'With -S, MAIL, RCPT and QUIT are said inside TLS.');
	is(said(qr/^EHLO/, $connection), 2, 'EHLO is said again inside TLS.');
	($run) = ask('-S without -v', { %tls }, '-S');
	is(verdict($run), 'OK', 'Without -v a change of EHLO is not shown.');
	($run) = ask('-S, the same', { tls => {} }, '-S', '-v');
	is(verdict($run), 'OK', 'STARTTLS itself is no change.');

	my @connections;
	($run, @connections) = ask('-S all', { tls => {} }, '-S',
	    '--probes=quoted');
	is_deeply([map { $_->{tls}{version} } @connections], [('TLSv1.3') x 2],
	    'Further connections are upgraded too.');
	($run, $connection) = ask('not offered', {}, '-S');
	is(verdict($run), 'CRITICAL STARTTLS_NOT_OFFERED',
	    'With -S a server without STARTTLS fails.');
	is(said(qr/^(?:STARTTLS|MAIL)/, $connection), 0,
	    'And is not asked in the clear.');
	($run, $connection) = ask('--ssl', { tls => { implicit => 1 } }, '-s');
	is(verdict($run), 'OK', 'With --ssl the relay test is made as well.');
	is($connection->{bytes}, '', 'And nothing is said in the clear.');
};

subtest 'A server that insists on STARTTLS' => sub {
	my $must = "530 5.7.0 Must issue a STARTTLS command first\r\n";
	my %by_verb = map { my $verb = $_; $verb => { tls => {},
	    $verb => sub ($, $connection) {
		return $connection->{tls} ? DEFAULT : $must;
	    } } } qw(MAIL RCPT);
	for my $verb (sort keys %by_verb) {
		my ($run, @connections) = ask("530 at $verb", $by_verb{$verb},
		    '--probes=quoted');
		is($run->state, 'OK', "530 at $verb: the test goes on in TLS.");
		is(counts($run), 'accepted=0 probes=2',
		    "530 at $verb: both forms are answered inside TLS.");
		is(said(qr/^STARTTLS$/, @connections), 2,
		    "530 at $verb: STARTTLS at once on the next connection.");
	}
	for my $words ("530 5.7.10 Encryption required\r\n",
	    "530 TLS needed\r\n",
	    "530-5.7.0 Must issue a STARTTLS\r\n530 5.7.0 command first\r\n") {
		my $shown = join ' | ', split /\r\n/, $words;
		my ($run) = ask($shown, { tls => {},
		    RCPT => sub ($, $connection) {
			return $connection->{tls} ? "250 Ok\r\n" : $words;
		    } });
		is(verdict($run), 'CRITICAL RELAY_OPEN',
		    "An open relay does not hide behind $shown.");
	}
	my ($injected) = ask('plaintext behind the 220', { tls => {},
	    MAIL => $must, STARTTLS => "220 Go\r\n250 Injected\r\n" },
	    { abandon => 1 });
	like(verdict($injected), qr/^CRITICAL STARTTLS_INJECTION/,
	    'Plaintext behind the 220 is told here too.');
	my ($run) = ask('530 without offer', { MAIL => $must });
	is(verdict($run), 'UNKNOWN RELAY_INCONCLUSIVE',
	    'Insisting on what is not offered leaves no verdict.');
	($run) = ask('still 530', { tls => {}, MAIL => $must });
	is(verdict($run), 'UNKNOWN RELAY_INCONCLUSIVE',
	    'Insisting still inside TLS leaves no verdict.');
};

# RFC 3207 forbids it to a public MX, which means port 25.
subtest 'On port 25 that is a finding' => sub {
	need('root');
	my $mx = eval { FakeMX->new(address => '127.0.0.86', port => 25,
	    local => ['served.example'], MAIL => sub ($, $connection) {
		return $connection->{tls} ? DEFAULT
		    : "530 5.7.0 Must issue a STARTTLS command first\r\n";
	    }) } or plan(skip_all => 'port 25 is taken');
	my $run = check('check_mx_openrelay', '-H', '127.0.0.86', '-F', $EHLO);
	seen($mx, case => 'port 25');
	is(verdict($run), 'WARNING STARTTLS_REQUIRED',
	    'A server that insists on STARTTLS on port 25: STARTTLS_REQUIRED.');
	is(counts($run), 'accepted=0 probes=1', 'The test goes on.');
};

subtest 'Several servers' => sub {
	my ($closed, $open) = FakeMX->group(
	    { address => '127.0.0.1', tls => 0, local => ['served.example'] },
	    { address => '127.0.0.2', tls => 0, RCPT => "250 2.1.5 Ok\r\n" });
	my $dns = FakeDNS->new(zone => { 'served.example' =>
	    { MX => ['10 a.served.example', '20 b.served.example'] },
	    'a.served.example' => { A => ['127.0.0.1'] },
	    'b.served.example' => { A => ['127.0.0.2'] } });
	my $run = check('check_mx_openrelay', 'served.example', '-F', $EHLO,
	    '--nameserver=' . $dns->address, '-p', $closed->port);
	my $perfdata = perfdata($run);

	seen($_, case => 'group') for $closed, $open;
	like($run->text, qr/^b\.served\.example .*\(RELAY_OPEN\); 1 of 2/,
	    'Line 1 names the server that relays.');
	is_deeply({ map { $_ => $perfdata->{$_}->value }
	    grep { /accepted|probes/ } keys %$perfdata }, {
	    accepted => 1, probes => 1,
	    'a.served.example_v4_accepted' => 0,
	    'a.served.example_v4_probes' => 1,
	    'b.served.example_v4_accepted' => 1,
	    'b.served.example_v4_probes' => 1 },
	    'Each server has its counts, the aggregate is the worst.');
};

subtest 'Hostile texts' => sub {
	my $text = "\e[31mred\x00\xff | x=1 \xe2\x80\xae" . 'y' x 400;
	for my $code (250, 450, 550, 554) {
		my ($run) = ask("hostile $code",
		    answers(outside => "$code $text\r\n"), '-vvv');
		like($run->output, qr/\?\[31mred/, "$code: made harmless.");
	}
};

ok($connections > 100, "$connections connections were recorded.");
is_deeply([uniq @rude], [], 'On none of them was anything said but EHLO, HELO, '
    . 'STARTTLS, MAIL, RCPT, RSET and QUIT - never DATA or BDAT -, nor a line '
    . 'too long, nor two at a time, and each ended with QUIT.');

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The message that check_mx_delivery sends: its headers, its bytes on the wire,
# one of the user's own, and which values of its options are none.

use v5.36;
use utf8;
use Encode qw(decode encode);
use File::Temp;
use FindBin;
use POSIX ();
use Test::More;
use Time::Local qw(timegm_modern);

use lib "$FindBin::Bin/lib";
use CheckMX;
use Delivery;
use FakeMX;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $EHLO = $Delivery::EHLO;
my $FRIEND = $Delivery::FRIEND;
my @ALL = (extensions => ['PIPELINING', 'SIZE', '8BITMIME', 'SMTPUTF8']);
my $folder = File::Temp->newdir;

sub write_file ($name, $bytes) {
	open my $out, '>:raw', "$folder/$name" or die "$folder/$name: $!";
	print $out $bytes;
	close $out;
	return "$folder/$name";
}

# What one server got, as it was meant: [name, value ...], body, whole message.
sub received ($connection) {
	my $message = ($connection->{messages}[0] // '') =~ s/^\.//gmr;
	my ($head, $body) = split /(?<=\r\n)\r\n/, $message, 2 or return;
	my @headers = map { s/\r\n(?=[ \t])//gr =~ s/\r\n\z//r }
	    split /(?<=\r\n)(?![ \t])/, $head;
	return ([map { /\A([^:]+):\s*(.*)\z/s } @headers], $body, $message);
}

# The values of all headers of a name.
sub header ($headers, $name) {
	my @pairs = @$headers;
	my @values;
	while (my ($key, $value) = splice @pairs, 0, 2) {
		push @values, $value if lc $key eq lc $name;
	}
	return join ' AND ', @values;
}

sub mail_line ($connection) {
	return (grep { /^MAIL/ } @{$connection->{commands}})[0] // '';
}

# The message that these arguments make: what received() gives.
sub made (@arguments) {
	my ($run, $connection) = deliver({ @ALL, RCPT => "250 Ok\r\n" },
	    '--send', map { encode('UTF-8', $_) } @arguments);
	is($run->state, 'OK', "It is sent: @arguments.");
	return received($connection);
}

my %MONTH = map { (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$_]
    => $_ } 0 .. 11;

# RFC 5322 3.3, as seconds since 1970.
sub moment ($date) {
	my ($day, $month, $year, $hour, $min, $sec, $sign, $h, $m) = $date =~
	    /\A(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),\s(\d\d?)\s(\w{3})\s(\d{4})
	    \s(\d\d):(\d\d):(\d\d)\s([+-])(\d\d)(\d\d)\z/x or return 0;
	return timegm_modern($sec, $min, $hour, $day, $MONTH{$month}, $year)
	    - ($sign eq '-' ? -60 : 60) * (60 * $h + $m);
}

subtest 'Its headers' => sub {
	my $begin = time;
	my ($headers, $body) = made();
	my $end = time;
	my $moment = moment(header($headers, 'Date'));
	my %names;

	$names{lc $_}++ for map { $headers->[2 * $_] } 0 .. $#$headers / 2;
	is_deeply([grep { $names{$_} > 1 } sort keys %names], [],
	    'No header is there twice.');
	ok($moment >= $begin && $moment <= $end, 'Date is now.')
	    or diag(header($headers, 'Date'));
	like(header($headers, 'From'), qr/\A<?check_mx\@\Q$EHLO\E>?\z/,
	    'From is the sender.');
	like(header($headers, 'To'), qr/\A<?\Q$FRIEND\E>?\z/,
	    'To is the recipient.');
	like(header($headers, 'Message-ID'), qr/\A<[^<>\s\@]+\@\Q$EHLO\E>\z/,
	    'Message-ID is of the name that we say in EHLO.');
	like(header($headers, 'Subject'), qr/\S/, 'There is a subject.');
	is(header($headers, 'Auto-Submitted'), 'auto-generated',
	    'It is marked as automatic (RFC 3834).');
	like(header($headers, 'X-Check-MX-Token'), qr/\A[0-9a-f]{32}\z/,
	    'It has a token.');
	like($body, qr/\S/, 'There is a body.');
	my ($again) = made();
	isnt(header($again, $_), header($headers, $_),
	    "Another message has another $_.")
	    for 'X-Check-MX-Token', 'Message-ID';

	($headers) = made('-f', '<>');
	like(header($headers, 'From'), qr/\A<?[^\s\@]+\@[^\s\@]+\z/,
	    'From the null sender there is an author all the same.');
	($headers) = made('-F', '[127.0.0.1]');
	like(header($headers, 'Message-ID'),
	    qr/\A<[^<>\s\@]+\@\[127\.0\.0\.1\]>\z/,
	    'An address literal makes a Message-ID too.');
	($headers) = made('--to=postmaster');
	like(header($headers, 'To'), qr/\A<?postmaster\@[^\s>]+>?\z/,
	    'A postmaster without domain has one in To.');
	my @to = map { "user$_\@example.com" } 1 .. 32;
	($headers) = made(map { "--to=$_" } @to);
	is_deeply([header($headers, 'To') =~ /([^\s<>,]+\@[^\s<>,]+)/g], \@to,
	    'To names all recipients.');
};

subtest 'Its subject' => sub {
	for my $subject ('a test', 'Grüße aus Köln', '監視テスト', '📬', 'é',
	    'naïve: "quotes", (parens) & <angles> =_?', 'ä' x 100,
	    'x' x 60 . ' ü', 'word ' x 40 . 'ö', 'Ünï  twö   blanks') {
		my ($headers, undef, $message) = made("--subject=$subject");
		is(decode('MIME-Header', header($headers, 'Subject')),
		    $subject, "A subject arrives: $subject.");
		unlike($message, qr/[^\x00-\x7f]/, 'Nothing is not ASCII.');
		my @lines = $message =~ /^([^\r\n]*=\?UTF-8\?[^\r\n]*)/mg;
		is((grep { length > 76 } @lines), 0,
		    'No line with an encoded word is too long (RFC 2047 2).');
		is((grep { length > 75 } map { split } @lines), 0,
		    'Nor is a word.');
	}
};

subtest 'Headers of the user' => sub {
	my %replace = (
		'Subject' => 'mine', 'SUBJECT' => 'loud',
		'From' => 'Monitor <mon@x.example>',
		'To' => 'undisclosed-recipients:;',
		'Date' => 'Thu, 1 Jan 2026 00:00:00 +0000',
		'Message-ID' => '<1@x.example>',
		'Auto-Submitted' => 'no',
		'X-Probe' => 'seven: eight',
	);
	for my $name (sort keys %replace) {
		my ($headers) = made("--header=$name: $replace{$name}");
		is(header($headers, $name), $replace{$name},
		    "--header=$name: it is the one that counts.");
	}
	my ($headers) = made('--header=X-A: 1', '--header=X-B: 2',
	    '--header=X-A: 3');
	is(header($headers, 'X-A') . header($headers, 'X-B'), '1 AND 32',
	    'Several headers are all there, in their order.');
	($headers) = made('--header=X-Check-MX-Token: 1');
	like(header($headers, 'X-Check-MX-Token'), qr/[0-9a-f]{32}/,
	    'Ours is never replaced: the mailbox is searched for it.');

	for my $offer (['8BITMIME', 'SMTPUTF8'], ['8BITMIME'], []) {
		my (undef, $connection) = deliver({ extensions => $offer },
		    encode('UTF-8', '--header=X-Name: Käthe'), '--send');
		my (undef, undef, $message) = received($connection);
		ok(($message // '') !~ /[^\x00-\x7f]/
		    || mail_line($connection) =~ /SMTPUTF8/,
		    'What is not ASCII is encoded, or not said without '
		    . "SMTPUTF8: @$offer.");
	}
};

subtest 'Whole messages' => sub {
	my $head = "From: a\@b.example\nSubject: own\n\n";
	my @cases = (
		['LF becomes CRLF.', "${head}one\ntwo\n",
		    "${head}one\ntwo\n" =~ s/\n/\r\n/gr],
		['CRLF stays.', "${head}one\ntwo\n" =~ s/\n/\r\n/gr,
		    "${head}one\ntwo\n" =~ s/\n/\r\n/gr],
		['Dots are stuffed.', "$head.\n..\n.a\nb.\n.\n\n.",
		    "$head.\n..\n.a\nb.\n.\n\n.\n" =~ s/\n/\r\n/gr],
		['A last line without an end is completed.', "${head}one",
		    "${head}one\n" =~ s/\n/\r\n/gr],
		['A body may be empty.', $head, $head =~ s/\n/\r\n/gr],
		['Blanks and tabs stay.', "$head \t\n \n\t \n",
		    "$head \t\n \n\t \n" =~ s/\n/\r\n/gr],
		['A megabyte of dots arrives.', $head . ".\n" x 500_000,
		    $head =~ s/\n/\r\n/gr . ".\r\n" x 500_000],
		['What looks like SMTP stays.',
		    "${head}QUIT\nRSET\nMAIL FROM:<>\n.\nDATA\n",
		    "${head}QUIT\nRSET\nMAIL FROM:<>\n.\nDATA\n"
			=~ s/\n/\r\n/gr],
	);
	for (@cases) {
		my ($name, $bytes, $expected) = @$_;
		my $file = write_file('message', $bytes);
		for my $way (["--message=$file"],
		    ['--message=-', { stdin => $bytes }]) {
			my ($run, $connection) = deliver({ @ALL }, '--send',
			    @$way);
			my $message = (received($connection))[2];
			my $how = $way->[1] ? 'standard input' : 'file';
			is($run->state, 'OK', "$name, $how: it is sent.");
			ok($message eq $expected, "$name, $how: as it is.")
			    or diag(substr $message, 0, 200);
			my ($size) = mail_line($connection) =~ /SIZE=(\d+)/;
			is($size, length $expected,
			    "$name, $how: SIZE counts its octets (RFC 1870).");
		}
	}
};

subtest 'SIZE of our own message' => sub {
	for my $arguments ([], ['--subject=Grüße'], ['--header=X-A: 1'],
	    ['--to=a@example.com', '--to=b@example.com']) {
		my ($run, $connection) = deliver({ @ALL }, '--send',
		    map { encode('UTF-8', $_) } @$arguments);
		my ($size) = mail_line($connection) =~ /SIZE=(\d+)/;
		is($size, length((received($connection))[2]),
		    'SIZE is what is sent: '
		    . join(' ', map { s/.*?=//r } @$arguments) . '.');
	}
};

# What a message needs, what MAIL then says; undef: EHLO_MISSING_EXTENSION.
subtest 'Messages that are not ASCII' => sub {
	my $body = encode('UTF-8', "Subject: x\n\nGrüße\n");
	my $head = encode('UTF-8', "Subject: Grüße\n\nx\n");
	my $plain = "Subject: x\n\nx\n";
	my @cases = (
		[$plain, ['8BITMIME', 'SMTPUTF8'], ''],
		[$plain, [], ''],
		[$body, ['8BITMIME'], ' BODY=8BITMIME'],
		[$body, ['8bitmime'], ' BODY=8BITMIME'],
		[$body, ['8BITMIME', 'SMTPUTF8'], ' BODY=8BITMIME'],
		[$body, [], undef],
		[$head, ['8BITMIME', 'SMTPUTF8'], ' BODY=8BITMIME SMTPUTF8'],
		[$head, ['8BITMIME'], undef],
		[$head, [], undef],
	);
	for (@cases) {
		my ($bytes, $extensions, $expected) = @$_;
		my $file = write_file('message', $bytes);
		my $name = ($bytes eq $plain ? 'ASCII'
		    : $bytes eq $body ? '8-bit body' : '8-bit header')
		    . ", offered: @$extensions";
		my ($run, $connection) = deliver({
		    extensions => $extensions }, '-f', 'a@b.example',
		    "--message=$file", '--send');
		is(verdict($run), defined $expected ? 'OK'
		    : 'CRITICAL EHLO_MISSING_EXTENSION', "$name: the verdict.");
		is(mail_line($connection), defined $expected
		    ? "MAIL FROM:<a\@b.example>$expected" : '',
		    "$name: what MAIL says.");
		is(scalar @{$connection->{messages}}, defined $expected
		    ? 1 : 0, "$name: whether it is sent.");
	}
};

# Each is refused before a packet leaves, by a status line with the option.
subtest 'Values that are none' => sub {
	my $mx = FakeMX->new(tls => 0);
	my $nul = write_file('nul', "A: b\n\nc\0d\n");
	my $cr = write_file('cr', "A: b\n\nc\rd\n");
	my $bare = write_file('bare', "hello\nworld\n");
	my $empty = write_file('empty', '');
	my $large = write_file('large', "A: b\n\n" . 'x' x (33 << 20));
	my $good = write_file('good', "A: b\n\nc\n");
	my @no_mailbox = ('', 'friend', 'friend@', '@example.com',
	    'a b@c.example', 'a@b@c.example', '<a@b.example', 'a@b..example',
	    'a@exam ple.com', "a\r\nDATA\@b.example",
	    "a\@b.example\r\nDATA", "a\n\@b.example",
	    'a@-b.example', "a\xff\@b.example", "a\x00b", 'a>b@c.example',
	    'a@b.example> NOTIFY=NEVER', 'a,b@c.example', '.a@b.example',
	    'x' x 65 . '@b.example');
	my @cases = (
		map({ ['--to', $_] } @no_mailbox, '<>'),
		map({ ['--from', $_] } @no_mailbox),
		map({ ['--dsn', $_] } '', 'always', 'never,success', 'success,',
		    ',', 'success;failure', 'success failure', "never\r\nDATA"),
		map({ ['--header', $_] } '', 'X-A', ': b', 'X A: b',
		    "X-A: b\r\nBcc: c\@d.example", "X-A: b\nBcc: x",
		    "X-A: b\rBcc: x", "X-A: b\r\n\r\nbody", "X-\x01: b",
		    "X-A: \x1b[31m", 'X-A: ' . 'x' x 1000),
		map({ ['--subject', $_] } '', "a\r\nBcc: b\@c.example",
		    "a\nb", "a\rb", "\xff\xfe", 'x' x 1000),
		map({ ['--message', $_, '--send'] } '', $nul, $cr, $bare,
		    $empty, $large, "$folder/missing", "$folder", '/dev/null'),
	);
	for (@cases) {
		my ($option, $value, @more) = @$_;
		next if $value =~ /\0/;
		my $shown = $value =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
		$shown = substr($shown, 0, 40) . '...' if length $shown > 40;
		$shown =~ s{^\Q$folder\E/?}{};
		my $run = check('check_mx_delivery', '-H', $mx->address, '-p',
		    $mx->port, $option eq '--to' ? () : "--to=$FRIEND",
		    "$option=$value", @more);
		is($run->return_code, 3, "$option=$shown is no value.");
		like($run->text, qr/$option\b/, "$option=$shown: it is named.");
	}
	my @together = (
		['--send', { }, '--send'],
		['--arrival-maildir', { }, "--arrival-maildir=$folder",
		    "--to=$FRIEND"],
		['--header', { }, "--message=$good", '--header=X-A: 1',
		    "--to=$FRIEND", '--send'],
		['--subject', { }, "--message=$good", '--subject=other',
		    "--to=$FRIEND", '--send'],
		['--to', { }, map { "--to=u$_\@example.com" } 1 .. 33],
		['--message', { stdin => "no header\n" }, '--message=-',
		    '--send', "--to=$FRIEND"],
		['--message', { stdin => "A: b\n\nc\0" }, '--message=-',
		    '--send', "--to=$FRIEND"],
		['--message', { stdin => "" }, '--message=-', '--send',
		    "--to=$FRIEND"],
	);
	for (@together) {
		my ($option, $how, @arguments) = @$_;
		my $run = check('check_mx_delivery', '-H', $mx->address, '-p',
		    $mx->port, @arguments, $how);
		is($run->return_code, 3, substr("No sense: @arguments", 0, 60)
		    =~ s{\Q$folder\E/?}{}gr);
		like($run->text, qr/$option\b/, "It names $option.");
	}
	is(scalar $mx->connections, 0, 'No server was asked for any of it.');
};

# A pipe that nobody writes to: read-write, it is open and says nothing.
subtest 'A message that does not come' => sub {
	my $pipe = "$folder/pipe";
	my $mx = FakeMX->new(tls => 0);
	my @arguments = ('-H', $mx->address, '-p', $mx->port, '-t', 2,
	    "--to=$FRIEND", '--send');
	my $program = plugin('check_mx_delivery');

	POSIX::mkfifo($pipe, 0600) or die "mkfifo: $!";
	for my $case (["--message=$pipe"], ['--message=-', "<>$pipe"]) {
		my $run = testCmd(join(' ', 'exec', $program, @arguments,
		    @$case), { timeout => 10 });
		my $how = $case->[1] ? 'standard input' : 'a named pipe';
		ok(!$run->timed_out, "$how: it ends in time.");
		is($run->state, 'UNKNOWN', "$how: by a status line.");
		like($run->text, qr/--message/, "$how: that says of what.");
	}
	is(scalar $mx->connections, 0, 'No server was asked.');
};

manners_were_kept();
done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# The lab itself: the servers that the other tests in this folder rely on are
# what they claim to be, as seen by other clients than ours.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::IP;
use Net::DNS;
use Test::More;

use Certs;
use CheckMX;
use Lab;

Lab->enter;
my $lab = Lab->new(
	sites => [
		{ name => 'mta-sts.lab.test', policy => "mode: none\n" },
		{ name => 'mta-sts.six.test', addresses => ['::1'] },
		{ name => 'mta-sts.expired.test',
		    certificate => { not_after => Certs::days(-1) } },
		{ name => 'mta-sts.moved.test',
		    settings => 'return 301 https://mta-sts.lab.test/;' },
		{ name => 'mta-sts.plain.test', addresses => ['127.0.0.61'],
		    certificate => undef },
	],
	records => [
		(map { "mta-sts.$_.test. A 127.0.0.60" }
		    qw(lab expired moved stranger)),
		'mta-sts.six.test. AAAA ::1',
		'mta-sts.plain.test. A 127.0.0.61',
		'_mta-sts.lab.test. TXT "v=STSv1; " "id=1"',
	],
);
my $dns = Net::DNS::Resolver->new(udp_timeout => 2, tcp_timeout => 2,
    retry => 1);

# --- DNS ---

sub records ($name, $type) {
	my $reply = $dns->send($name, $type) // return 'no answer';
	return $reply->header->rcode if $reply->header->rcode ne 'NOERROR';
	return join ', ', sort map { $_->rdstring } $reply->answer;
}

for (
	['healthy.test', 'MX', '10 mx1.healthy.test., 20 mx2.healthy.test.',
	    'A domain has its mail exchangers.'],
	['mx1.healthy.test', 'A', '127.0.0.10', 'A host has an IPv4 address.'],
	['mx1.healthy.test', 'AAAA', '::1', 'A host has an IPv6 address.'],
	['mx2.healthy.test', 'AAAA', '', 'No data is an empty answer.'],
	['127.0.0.10', 'PTR', 'mx1.healthy.test.', 'An address has its name.'],
	['::1', 'PTR', 'mx1.healthy.test.', 'So has an IPv6 address.'],
	['127.0.0.97', 'PTR', 'NXDOMAIN', 'An address without host has none.'],
	['nullmx.test', 'MX', '0 .', 'A null MX is served.'],
	['implicit.test', 'MX', '', 'A domain has an address and no MX.'],
	['mx.cname.test', 'A', '127.0.0.10, mx1.healthy.test.',
	    'An alias is followed.'],
	['no-such-name.test', 'A', 'NXDOMAIN', 'An unknown name is NXDOMAIN.'],
	['www.debian.org', 'A', 'NXDOMAIN', 'The outside does not exist.'],
	['mx.servfail.test', 'A', 'SERVFAIL', 'A broken zone is SERVFAIL.'],
	['_mta-sts.lab.test', 'TXT', '"v=STSv1; " id=1',
	    'A test can add records of its own.'],
	['mx.silent.test', 'A', 'no answer',
	    'A mute zone leaves us without an answer.'],
) {
	my ($name, $type, $expected, $sentence) = @$_;
	is(records($name, $type), $expected, $sentence);
}

{
	my @question = ('many.test', 'MX');
	my $udp = Net::DNS::Resolver->new(igntc => 1)->send(@question);
	my $tcp = Net::DNS::Resolver->new(usevc => 1)->send(@question);
	ok($udp->header->tc, 'Forty exchangers do not fit in a datagram.');
	is(scalar $tcp->answer, 40, 'Forty exchangers come over TCP.');
}

# --- SMTP in clear ---

# The replies (last lines) to connecting and to each command.
sub talk ($address, @commands) {
	my $server = IO::Socket::IP->new(PeerHost => $address, PeerPort => 25)
	    or return "connect: $@";
	my @replies;

	for my $command (undef, @commands) {
		print $server "$command\r\n" if defined $command;
		my $line = '';
		until ($line =~ /^\d{3} /) {
			$line = <$server> // return (@replies, 'closed');
			push @replies, $line =~ s/\r\n//r if $line =~ /^\d{3} /;
		}
	}
	return @replies;
}

for (
	['healthy.test', '127.0.0.10', qr/^220 mx1[.]healthy[.]test .*Postfix/,
	    qr/^554 5.7.1 .*Relay access denied/],
	['healthy.test', '::1', qr/^220 mx1[.]healthy[.]test /, qr/^554 /],
	['plain.test', '127.0.0.12', qr/^220 mx[.]plain[.]test /, qr/^554 /],
	['relay.test', '127.0.0.13', qr/^220 mx[.]relay[.]test /, qr/^250 /],
	['deferring.test', '127.0.0.14', qr/^220 /, qr/^454 4.7.1 /],
	['exim.test', '127.0.0.30', qr/^220 mx[.]exim[.]test ESMTP Exim/,
	    qr/^550 relay not permitted/],
	['opensmtpd.test', '127.0.0.40', qr/^220 mx[.]opensmtpd[.]test ESMTP /,
	    qr/^550 Invalid recipient/],
) {
	my ($domain, $address, $banner, $outside) = @$_;
	my @replies = talk($address, 'EHLO monitor.lab.test',
	    'MAIL FROM:<check_mx@monitor.lab.test>',
	    'RCPT TO:<relay-test@example.com>', "RCPT TO:<postmaster\@$domain>",
	    'RCPT TO:<postmaster>', "RCPT TO:<nobody\@$domain>", 'QUIT');
	like($replies[0], $banner, "[$address] greets with its own name.");
	like($replies[3], $outside, "[$address] answers an outside recipient.");
	like($replies[4], qr/^250 /, "[$address] has a postmaster for $domain.");
	like($replies[5], qr/^250 /, "[$address] knows a bare postmaster.");
	like($replies[6], qr/^5/, "[$address] knows nobody at $domain.");
	like($replies[7], qr/^221 /, "[$address] says goodbye.");
}

like((talk('127.0.0.20', 'QUIT'))[0], qr/^554 /, 'One server greets with 554.');
is_deeply([talk('127.0.0.97')], ['connect: Connection refused'],
    'One host has no server.');
{
	my $void = IO::Socket::IP->new(PeerHost => '192.0.2.1', PeerPort => 25,
	    Timeout => 0.5);
	ok(!$void, "One host swallows what is sent to it.") or diag($@);
}

# --- postscreen ---

{
	my @mail = ('EHLO monitor.lab.test',
	    'MAIL FROM:<check_mx@monitor.lab.test>',
	    'RCPT TO:<postmaster@postscreen.test>', 'QUIT');
	my $log = $lab->logged(sub {
		like((talk('127.0.0.22', @mail))[3], qr/^450 4.3.2 /,
		    'postscreen puts a new client off.');
		like((talk('127.0.0.22', @mail))[3], qr/^250 /,
		    'postscreen lets the client through when it is back.');
	});
	like($log, qr/PASS NEW .* PASS OLD /s, 'postscreen made its tests.');
	is_deeply([Lab::complaints($log)], [],
	    'Nothing in a polite conversation counts as a complaint.');
}

# --- TLS ---

# What `openssl s_client` thinks of it, and all that it prints.
sub handshake ($host, $address, @options) {
	my $run = testCmd('openssl', 's_client', '-starttls', 'smtp', '-connect',
	    $address =~ /:/ ? "[$address]:25" : "$address:25", '-CAfile',
	    $lab->ca_file, '-no-CApath', '-servername', $host,
	    '-verify_hostname', $host, '-ign_eof', '-crlf', @options,
	    { stdin => "quit\n", timeout => 10 });
	my ($verdict) = $run->output =~ /Verify return code: \d+ \((.*)\)/;

	$verdict = 'no TLS' if $run->output =~ /Cipher is \(NONE\)/;
	return ($verdict, $run->output);
}

for (
	['mx1.healthy.test', '127.0.0.10', 'ok'],
	['mx1.healthy.test', '::1', 'ok'],
	['mx2.healthy.test', '127.0.0.11', 'ok'],
	['mx.plain.test', '127.0.0.12', 'no TLS'],
	['mx.selfsigned.test', '127.0.0.15', 'self-signed certificate'],
	['mx.wrongname.test', '127.0.0.16', 'hostname mismatch'],
	['mx.notyet.test', '127.0.0.17', 'certificate is not yet valid'],
	['mx.incomplete.test', '127.0.0.18',
	    'unable to verify the first certificate'],
	['mx.postscreen.test', '127.0.0.22', 'ok'],
	['mx.exim.test', '127.0.0.30', 'ok'],
	['mx.expired.test', '127.0.0.31', 'certificate has expired'],
	Lab::if_opensmtpd_tls(['mx.opensmtpd.test', '127.0.0.40', 'ok']),
	['mail-exchanger-number-40.many.test', '127.0.1.40', 'ok'],
) {
	my ($host, $address, $expected) = @$_;
	my ($verdict, $output) = handshake($host, $address);
	is($verdict, $expected, "$host [$address]: $expected.") or diag($output);
}

{
	my ($host, $address) = ('mx.tls10.test', '127.0.0.19');
	is((handshake($host, $address))[0], 'no TLS',
	    'A modern client cannot shake hands with the TLS 1.0 server.');
	my ($verdict, $output) = handshake($host, $address, '-cipher',
	    'ALL:@SECLEVEL=0');
	is($verdict, 'ok', 'A client that lowers itself can.');
	like($output, qr/Protocol *: TLSv1$/m,
	    'The old server speaks TLS 1.0 with it.');
}
for (
	['mx1.healthy.test', '127.0.0.10', 'no TLS'],
	['mx.old.test', '127.0.0.23', 'ok'],
	['mx.exim.test', '127.0.0.30', 'ok'],
	['mx.opensmtpd.test', '127.0.0.40', 'no TLS'],
) {
	my ($host, $address, $expected) = @$_;
	my ($verdict) = handshake($host, $address, '-tls1_1', '-cipher',
	    'ALL:@SECLEVEL=0');
	is($verdict, $expected, "$host with TLS 1.1: $expected.");
}
for (
	['mx.tls12.test', '127.0.0.24', 'no TLS'],
	['mx.old.test', '127.0.0.23', 'ok'],
) {
	my ($host, $address, $expected) = @$_;
	is((handshake($host, $address, '-tls1_3'))[0], $expected,
	    "$host with TLS 1.3: $expected.");
}

# --- HTTPS ---

for (
	['lab', "mode: none\n200", 'A policy host serves its policy.'],
	['six', '200', 'A policy host may be at another address.'],
	['expired', qr/certificate has expired/, 'A certificate may be bad.'],
	['moved', qr/301$/, 'An answer may be another.'],
	['plain', qr/wrong version number/, 'TLS may be missing.'],
	['stranger', qr/unrecognized name/,
	    'Nobody gets in who does not name a policy host.'],
) {
	my ($name, $expected, $sentence) = @$_;
	my $run = testCmd('curl', '-sS', '--noproxy', '*', '--cacert',
	    $lab->ca_file, '-w', '%{http_code}',
	    "https://mta-sts.$name.test/.well-known/mta-sts.txt");
	ref $expected ? like($run->output . $run->stderr, $expected, $sentence)
	    : is($run->output . $run->stderr, $expected, $sentence);
}
is_deeply([map { "$_->{method} $_->{host} $_->{status}" }
    grep { $_->{method} ne '-' } $lab->requests],
    ['GET mta-sts.lab.test 200', 'GET mta-sts.six.test 200',
    'GET mta-sts.moved.test 301'],
    'The requests are kept in their order.');

# --- what the other tests conclude from the logs ---

{
	my $log = $lab->logged(sub {
		for my $address (qw(127.0.0.10 127.0.0.30 127.0.0.40)) {
			talk($address, 'EHLO monitor.lab.test');
		}
	});
	is(scalar Lab::complaints($log), 3,
	    'Every server complains about a client that leaves without QUIT.')
	    or diag($log);
}
{
	my $log = $lab->logged(sub {
		my $rude = IO::Socket::IP->new(PeerHost => '127.0.0.22',
		    PeerPort => 25, LocalHost => '127.0.0.201');
		print $rude "QUIT\r\n";
		1 while <$rude>;
	});
	like($log, qr/PREGREET/,
	    'postscreen catches a client that speaks first.');
}
is_deeply([$lab->messages], [], 'No queue holds a message.');
{
	for my $address (qw(127.0.0.13 127.0.0.30 127.0.0.40)) {
		talk($address, 'EHLO monitor.lab.test', 'MAIL FROM:<>',
		    'RCPT TO:<postmaster>', 'DATA', '.', 'QUIT');
	}
	my @messages = $lab->messages;
	for my $queue (qw(Postfix Exim smtpd)) {
		ok(scalar(grep { /$queue/ } @messages),
		    "A message that got into $queue would be found.");
	}
}

done_testing;

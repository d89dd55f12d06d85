#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What people are told to look for when they test by hand: each row of three
# guides that says how to read a result has a code of ours, and --explain
# tells what the guide tells to do about it.
#
#   MX guide        How to test the SMTP connectivity of your MX servers
#                   (CaptainDNS): dig, telnet, openssl s_client
#   Exchange guide  Use Telnet to test SMTP communication on Exchange servers
#                   (Microsoft, in Spanish)
#   telnet guide    How to check an SMTP connection with a manual telnet
#                   session (Bird, in Spanish)

use v5.36;
use File::Temp;
use FindBin;
use List::Util qw(all);
use MIME::Base64;
use POSIX ();
use Storable qw(freeze thaw);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

my $HOST = 'mx1.example.com';
my $TIME_TO_WAIT_OUT = 2;	# seconds

# check_mx makes every step, so it comes to the verdict of the small plugins.
my @WHOLE = eval { plugin('check_mx') } ? 'check_mx' : ();

sub showing (%certificate) {
	return (server => { tls => { certificate =>
	    Certs::certificate(%certificate) } });
}

# Old versions of TLS want an RSA key.
sub speaking (@versions) {
	return (server => { tls => { versions => \@versions,
	    certificate => Certs::certificate(key => 'rsa:2048') } });
}

sub greeting ($banner) { (server => { banner => "$banner\r\n" }) }

# What EHLO is answered, in the clear and under TLS.
sub offering ($first, @extensions) {
	return (server => { EHLO => sub ($line, $connection) {
		my @lines = ($first, grep { $_ ne 'STARTTLS'
		    || !$connection->{tls} } @extensions);
		my $last = pop @lines;
		return join '', map({ "250-$_\r\n" } @lines), "250 $last\r\n";
	} });
}

sub answering ($reply, @verbs) {
	return (server => { map { $_ => "$reply\r\n" } @verbs });
}

# What the outside recipient is answered.
sub relaying ($reply) {
	return (server => { RCPT => sub ($line, $connection) {
		return $line =~ /postmaster/ ? DEFAULT : "$reply\r\n";
	} });
}

# A server that keeps its answers back until the whole group has come, as it
# may where it offers PIPELINING.
sub holding_back () {
	return (server => { MAIL => undef, RCPT => sub ($line, $connection) {
		push @{$connection->{held}}, $line =~ /postmaster/
		    ? "250 2.1.5 ok\r\n" : "550 5.7.1 Relaying denied\r\n";
		return @{$connection->{held}} < 2 ? undef
		    : join '', "250 2.1.0 ok\r\n", @{$connection->{held}};
	} });
}

# The same up to DATA.
sub waiting_for_data () {
	my %held = map { my $answer = $_->[1]; $_->[0] => sub ($, $connection) {
		$connection->{held} .= "$answer\r\n";
		return undef;
	} } [MAIL => '250 2.1.0 ok'], [RCPT => '250 2.1.5 ok'];
	return (alone => 1, server => { %held, DATA => sub ($, $connection) {
		return $connection->{held} . "354 send message\r\n";
	} });
}

my @WRITE = ('-f', 'chris@contoso.example', '--to=kate@example.com');
my @SEND = (@WRITE, '--send');

# A message written by hand, with a dot on a line of its own.
my $dotted = File::Temp->new;
print $dotted "Subject: test\n\n.\nThis is a test message.\n";
close $dotted;

# A delivery that goes well, in a server's own words.
sub accepting ($mail, $rcpt, $data, $message, $quit, @extensions) {
	return (server => { extensions => \@extensions, tls => 0,
	    MAIL => "$mail\r\n", RCPT => "$rcpt\r\n", DATA => "$data\r\n",
	    MESSAGE => ref $message ? $message : "$message\r\n",
	    QUIT => "$quit\r\n" }, alone => 1);
}

sub exchange () {
	return accepting('250 2.1.0 Sender OK', '250 2.1.5 Recipient OK',
	    '354 Start mail input; end with <CRLF>.<CRLF>',
	    '250 2.6.0 <c89b4fcc-3ad1-4758-a1ab-1e820065d622@mx1.example.com> '
	    . '[InternalId=5111011082268, Hostname=mx1.example.com] Queued mail '
	    . 'for delivery', '221 2.0.0 Service closing transmission channel',
	    'SIZE 37748736', 'PIPELINING', 'DSN', 'ENHANCEDSTATUSCODES',
	    '8BITMIME', 'BINARYMIME', 'CHUNKING', 'XRDST');
}

# What is wrong with the message is told after it, as a server would.
sub powermta (@wanted) {
	return accepting('250 2.1.0 MAIL ok', '250 2.1.5 <kate@example.com> ok',
	    '354 send message', sub ($message, $) {
		return (all { $message =~ $_ } @wanted)
		    ? "250 2.6.0 message received\r\n"
		    : "554 5.6.0 message is not in order\r\n";
	    }, '221 2.0.0 mail.port25.com says goodbye',
	    'ENHANCEDSTATUSCODES', 'PIPELINING', 'CHUNKING', '8BITMIME', 'XACK',
	    'SIZE 54525952', 'VERP', 'DSN');
}

# A server that takes nobody's mail without AUTH LOGIN.
sub insisting_on_login () {
	my $ask = sub ($connection, $prompt) {
		$connection->send_bytes('334 ' . encode_base64($prompt, '')
		    . "\r\n");
		return decode_base64($connection->read_line);
	};
	return (alone => 1, server => { tls => 0,
	    extensions => ['AUTH LOGIN', 'PIPELINING'],
	    AUTH => sub ($line, $connection) {
		my ($user, $password) = map { $ask->($connection, $_) }
		    'Username:', 'Password:';
		return "535 5.7.8 wrong\r\n"
		    if "$line $user $password" ne 'AUTH LOGIN kate secret word';
		$connection->{known} = 1;
		return "235 2.7.0 Authentication successful\r\n";
	    },
	    MAIL => sub ($, $connection) {
		return $connection->{known} ? DEFAULT
		    : "530 5.7.0 Authentication required\r\n";
	    } });
}

# Situations: whose matter it is (check_mx_...), the verdict (state, and code:
# on line 1, or a note where the state is OK), how it is provoked, and the rows
# of the guides, each with key words of what it tells: about the code, or where
# there is none in the output itself. To provoke it:
#
#   server   the server's script, or servers: those of mx1, mx2 ...
#   zone     what the DNS says otherwise
#   with     further options
#   slow     1: the program waits until its time is up
#   alone    1: not one for check_mx, which finds something worse or reads
#            the option otherwise
#   shows    what else is in the output
my @situations = (
	['banner', 'OK', {},
	    ["MX guide, 'Connected + 220': server reachable, banner OK"],
	    ["telnet guide, 'is the server active?'"]],
	['dns', 'CRITICAL DNS_NO_MAIL_HOST', { zone => { 'example.com' => {} } },
	    ["MX guide, 'dig returns no results': the domain has no MX record",
		'Publish an MX record'],
	    ["telnet guide, 'nslookup -type=mx' finds nothing", 'dig DOMAIN MX']],
	['dns', 'CRITICAL DNS_TIMEOUT', { zone => { 'example.com' => 'timeout' }, slow => 1 },
	    ["MX guide, 'dig returns no results': the DNS isn't responding",
		'name servers are down', 'port 53', 'resolver']],
	['dns', 'CRITICAL DNS_SERVFAIL', { zone => { 'example.com' => 'servfail' } },
	    ["telnet guide, 'the test can reveal DNS errors'", 'dig +cd', 'name servers']],
	['banner', 'CRITICAL DNS_NXDOMAIN', { zone => { 'example.com' => 'nxdomain' } },
	    ["Exchange guide, 'Connect failed': wrong FQDN", 'mistyped', 'correct the MX record']],
	['dns', 'OK DNS_MX_SINGLE', {},
	    ["Exchange guide, several MX records 'for load balancing and fault tolerance'",
		'add a second MX']],
	['dns', 'OK', { servers => [{}, {}],
	    shows => qr/^\[OK\] 10 mx1\b.*^\[OK\] 20 mx2\b/ms },
	    ["MX guide, 'sending servers contact the MX with the lowest value first'"],
	    ["Exchange guide, 'a lower preference indicates a preferred SMTP server'"]],
	['dns', 'WARNING DNS_PTR_MISSING', { zone => { '127.0.0.1' => {} } },
	    ["telnet guide, 'nslookup -type=ptr' finds no name", 'PTR record', 'EHLO']],

	['banner', 'CRITICAL TCP_REFUSED', { server => { mode => 'refused' } },
	    ["MX guide, 'Connection refused': port 25 closed or service stopped",
		'firewall', 'service is stopped', 'start the service'],
	    ["MX guide, 'Why is my MX server unreachable on port 25?'",
		'cloud provider', 'MX points to the wrong address', 'another network'],
	    ["Exchange guide, 'Connect failed': SMTP service not available",
		'service is stopped', 'start the service'],
	    ["Exchange guide, 'Connect failed': wrong IP address", 'wrong address', 'dig HOST A'],
	    ["Exchange guide, 'Connect failed': wrong port number", 'another port', 'with -p'],
	    ["telnet guide, 'Connection refused': your ISP or host is blocking the port",
		'ISP', 'another network'],
	    ["telnet guide, 'can't connect': wrong port, or the server has problems",
		'another port', 'read its log']],
	['banner', 'CRITICAL TCP_TIMEOUT', { server => { mode => 'full' }, slow => 1 },
	    ["MX guide, 'Connection timed out': port 25 blocked",
		'ISP', 'firewall', 'another network'],
	    ["MX guide, 'Port 25 blocked': local or network firewall",
		'allow outbound TCP 25 in the firewall'],
	    ["MX guide, 'Port 25 blocked': cloud provider",
		'AWS, Google Cloud, Azure', 'by default', 'ask the cloud provider'],
	    ["MX guide, 'Port 25 blocked': ISP", 'ISPs block outbound port 25'],
	    ["MX guide, 'Port 25 blocked': the test passes from the outside",
		'the block is on our side'],
	    ["MX guide, 'Why is my MX server unreachable on port 25?': wrong IP", 'wrong address'],
	    ["Exchange guide, 'Connect failed': the destination's firewall", 'open inbound TCP 25'],
	    ["Exchange guide, 'Connect failed': the source's firewall", 'outbound TCP 25'],
	    ["telnet guide, 'is a firewall blocking the communication?'", 'firewall']],
	['banner', 'CRITICAL BANNER_NOT_SMTP', { greeting('SSH-2.0-OpenSSH_9.2') },
	    ["Exchange guide, 'Connect failed': wrong port number, another service's",
		'another service', 'or -p']],
	['banner', 'CRITICAL BANNER_TIMEOUT',
	    { server => { tls => { implicit => 1 } }, slow => 1 },
	    ["telnet guide, 'SMTP uses one of three ports, 25, 465 or 587': 465", '465', '--ssl']],
	['banner', 'CRITICAL BANNER_TIMEOUT', { server => { banner => SILENCE }, slow => 1 },
	    ["MX guide, 'Connection timeout (slow server)'",
		'section 4.5.3.2', 'load', 'greylisting', 'slow reverse (PTR)']],
	['banner', 'WARNING RESPONSE_SLOW', { alone => 1, with => ['-w', '0.1'],
	    server => { banner => [PAUSE(0.2), DEFAULT] } },
	    ["MX guide, 'A slow MX causes delivery delays and unnecessary retries'",
		'delay mail', 'load', 'greylisting', 'slow PTR']],
	['banner', 'WARNING BANNER_NO_HOSTNAME', { greeting('220 ESMTP') },
	    ["MX guide, '220 without hostname': misconfigured banner, fix the MTA config",
		'myhostname', 'smtpd_banner', 'primary_hostname', 'Set-ReceiveConnector']],
	['banner', 'OK BANNER_HOST_MISMATCH', { greeting('220 other.example ESMTP') },
	    ["telnet guide, 'does the server answer with the right host name?'",
		'MX points to the wrong address']],
	['banner', 'OK', { greeting("220 $HOST Microsoft ESMTP MAIL Service ready at "
	    . 'Fri, 5 Aug 2016 16:24:41 -0700') },
	    ["Exchange guide, '220 Microsoft ESMTP MAIL Service ready at'"]],
	['banner', 'OK', { greeting("220 $HOST (PowerMTA(TM) v4.0) ESMTP service ready") },
	    ["telnet guide, '220 (PowerMTA(TM) v4.0) ESMTP service ready'"]],
	['banner', 'WARNING BANNER_BUSY', { greeting('452 4.3.1 Insufficient system resources') },
	    ["Exchange guide, '4.y.z': not accepted for now, as where storage is low",
		'temporary', 'try again', 'free disk']],
	['banner', 'CRITICAL BANNER_REFUSED', { greeting('554 5.7.1 Go away') },
	    ["Exchange guide, '5.y.z': not accepted for good, the sender won't try again",
		'permanent', 'bounce at once']],

	['banner', 'OK', { offering("$HOST Hello [172.16.0.5]", 'SIZE 37748736', 'PIPELINING',
	    'DSN', 'ENHANCEDSTATUSCODES', 'STARTTLS', 'X-ANONYMOUSTLS', 'AUTH NTLM',
	    'X-EXPS GSSAPI NTLM', '8BITMIME', 'BINARYMIME', 'CHUNKING', 'XRDST'),
	    with => [map { "--require=$_" } qw(DSN XRDST SIZE>=37748736)] },
	    ["Exchange guide, '250 Hello' and what Exchange offers"],
	    ["Exchange guide, '2.y.z': the command was completed"]],
	['banner', 'OK', { offering("$HOST says hello", 'STARTTLS', 'ENHANCEDSTATUSCODES',
	    'PIPELINING', 'CHUNKING', '8BITMIME', 'XACK', 'XMRG', 'SIZE 54525952', 'VERP', 'DSN'),
	    with => ['--require=VERP'] },
	    ["telnet guide, '250 says hello': the commands that the server accepts"]],
	['banner', 'CRITICAL EHLO_MISSING_EXTENSION', { with => ['--require=DSN'] },
	    ["telnet guide, 'not all SMTP servers support the same sets of commands'",
		'not in the EHLO answer']],
	['banner', 'WARNING EHLO_HELO_ONLY',
	    { answering('500 5.3.3 Unrecognized command', 'EHLO'), alone => 1 },
	    ["Exchange guide, '500 5.3.3 Unrecognized command': HELO works instead of EHLO",
		'refuses EHLO', 'no extensions']],
	['banner', 'WARNING EHLO_NAME_REFUSED',
	    { answering('501 5.5.4 Invalid domain name', qw(EHLO HELO)) },
	    ["Exchange guide, '501 5.5.4 Invalid domain name': characters that are not valid",
		'501 5.5.4 Invalid domain name', 'character that is not allowed'],
	    ["Exchange guide, '501 5.5.4 Invalid domain name': restrictions of the server",
		'stricter', 'RequireEHLODomain'],
	    ["telnet guide, EHLO has to give 'the PTR of the address we connect from'",
		'our PTR record', 'resolves to our address and back', '-F']],
	['banner', 'WARNING SMTP_BUSY', { answering('421 4.3.2 Service not active', 'EHLO') },
	    ["Exchange guide, '4.y.z' after the greeting: connect again later", 'come back later']],

	['starttls', 'CRITICAL STARTTLS_NOT_OFFERED', { server => { tls => 0 } },
	    ["MX guide, '250-STARTTLS' is missing: the server only accepts plaintext connections",
		'readable by anyone', 'MTA-STS or DANE', 'smtpd_tls_security_level']],
	['starttls', 'CRITICAL STARTTLS_NOT_OFFERED',
	    { server => { extensions => ['8BITMIME', 'SIZE 41943040', 'PIPELINING'] } },
	    ["telnet guide, 'yahoo shows only' 8BITMIME, SIZE and PIPELINING",
		'EHLO answer has no STARTTLS']],
	['starttls', 'CRITICAL STARTTLS_NOT_OFFERED',
	    { servers => [{}, { tls => 0 }], shows => qr/\A[^|]*mx2\.example\.com/ },
	    ["MX guide, 'Test all your MX servers': a secondary may accept mail without TLS",
		'readable by anyone']],
	['starttls', 'CRITICAL STARTTLS_REFUSED',
	    { answering('454 4.7.0 TLS not available due to local problem', 'STARTTLS') },
	    ["MX guide, 'STARTTLS advertised but fails': certificate file missing or unreadable",
		'file is missing, unreadable', 'smtpd_tls_chain_files'],
	    ["MX guide, 'STARTTLS advertised but fails': permissions of the key file",
		'permissions are wrong', 'chmod']],
	['starttls', 'CRITICAL TLS_HANDSHAKE', { server => { tls => { handshake => ALERT(40) } } },
	    ["MX guide, 'STARTTLS advertised but fails' with a handshake error",
		'key does not load', 'permissions', 'openssl s_client -starttls smtp'],
	    ["telnet guide, 'the test can reveal problems of TLS compatibility'",
		'no TLS version or cipher']],
	(map { ['starttls', 'CRITICAL TLS_VERSION_OBSOLETE', { speaking($_) },
	    ["MX guide, 'TLS 1.0 and 1.1 are deprecated and vulnerable': $_",
		'deprecated', 'RFC 8996'],
	    ["MX guide, 'STARTTLS advertised but fails': TLS version too old, $_", 'allow TLS 1.2'],
	    ["telnet guide, 'make sure to use TLS 1.2 or higher': $_", 'TLS 1.2']] } '1.0', '1.1'),
	['starttls', 'WARNING TLS_VERSION_OLD_ACCEPTED',
	    { speaking('1.0', 1.2), with => ['--probe-versions'], alone => 1 },
	    ["MX guide, 'TLS 1.0 and 1.1 should no longer be enabled'", 'RFC 8996', 'Disable them']],
	['starttls', 'OK TLS_NOT_1_3', { speaking(1.2) },
	    ["MX guide, 'TLS 1.2 is acceptable'", 'safe', 'TLS 1.3 is faster']],
	['starttls', 'OK', { speaking(1.3), shows => qr/TLSv1\.3/ },
	    ["MX guide, 'TLS 1.3 is optimal'"],
	    ["MX guide, 'verify return:1' at each level: the chain is valid"]],

	['starttls cert_expiry', 'CRITICAL CERT_EXPIRED', { showing(not_after => Certs::days(-3)) },
	    ["MX guide, 'verify return:0': expired certificate", 'openssl x509 -noout -enddate'],
	    ["MX guide, 'notAfter is in the past'", 'MTA-STS', 'refuse to deliver'],
	    ["MX guide, 'Expired TLS certificate': renew, then reload the SMTP service",
		'certbot renew', 'reload', 'nothing proves to whom they speak']],
	['starttls', 'CRITICAL CERT_UNTRUSTED', { showing(issuer => 'other-root', send => 'root') },
	    ["MX guide, 'verify return:0': unknown issuer",
		'does not trust', 'certificate from a public CA']],
	['starttls', 'CRITICAL CERT_CHAIN_INCOMPLETE', { showing(send => 'leaf') },
	    ["MX guide, 'verify return:0': unknown issuer, not sent along", 'fullchain.pem']],
	['starttls', 'WARNING CERT_NO_SAN',
	    { showing(names => [], subject => { commonName => $HOST }) },
	    ["MX guide, 'verify return:0': missing SAN", 'issued again', 'SAN']],
	['starttls', 'CRITICAL CERT_NAME_MISMATCH', { showing(names => ['mail.example.com']) },
	    ["MX guide, 'a certificate issued for mail won't be valid for mx1'",
		'one issued for mail.example.com', 'List every MX name']],

	['openrelay', 'OK', { shows => qr/Relaying denied/ },
	    ["MX guide, '550 Relaying denied': not an open relay"]],
	['openrelay', 'CRITICAL RELAY_OPEN', { relaying('250 OK') },
	    ["MX guide, '250 OK': open relay detected, urgent fix required", 'within hours',
		'block lists', 'smtpd_relay_restrictions', 'Get-ReceiveConnector'],
	    ["telnet guide, 'does the server relay for a given domain or address?'", 'relay rules']],
	(map { ['openrelay', 'OK RELAY_GREYLISTED', { relaying("$_ 4.2.0 Greylisted") },
	    ["MX guide, '$_': active greylisting, normal", 'no open relay', 'temporary']] } 450, 451),
	['openrelay', 'OK RELAY_POLICY', { relaying('554 5.7.1 Blocked') },
	    ["MX guide, '554': rejected for another reason", 'block list', 'policy']],
	['openrelay', 'OK', { holding_back() },
	    ["telnet guide, 'a server that supports PIPELINING may wait' before it answers"]],
	['openrelay', 'UNKNOWN RELAY_INCONCLUSIVE',
	    { answering('550 5.1.7 Invalid address', 'MAIL') },
	    ["Exchange guide, '550 5.1.7 Invalid address' to MAIL", 'sender was refused', '-f'],
	    ["telnet guide, 'variations in the domain names can cause an error' to MAIL",
		'Give a sender the server accepts']],
	['openrelay', 'UNKNOWN RELAY_INCONCLUSIVE',
	    { answering('530 5.7.1 Client was not authenticated', 'MAIL') },
	    ["Exchange guide, '530 5.7.1 Client was not authenticated': no anonymous mail",
		'takes no anonymous mail', 'a mailbox server', 'AnonymousUsers']],
	['openrelay', 'UNKNOWN RELAY_INCONCLUSIVE', { answering('550 5.1.1 User unknown', 'RCPT') },
	    ["Exchange guide, '550 5.1.1 User unknown', to postmaster too",
		'postmaster must be accepted']],

	['delivery', 'OK', { exchange(), with => [@SEND, '--dsn=success,failure', '-vvv'] },
	    ["Exchange guide, 'MAIL FROM: <chris>'", 'MAIL FROM:<chris@contoso.example>'],
	    ["Exchange guide, '250 2.1.0 Sender OK'", '250 2.1.0 Sender OK'],
	    ["Exchange guide, 'RCPT TO: <kate> NOTIFY=success,failure'",
		'RCPT TO:<kate@example.com> NOTIFY=SUCCESS,FAILURE'],
	    ["Exchange guide, '250 2.1.5 Recipient OK'", '250 2.1.5 Recipient OK'],
	    ["Exchange guide, '354 Start mail input'", '> DATA', '354 Start mail input'],
	    ["Exchange guide, '3.y.z': the server needs more before it is done",
		'354', '(message,'],
	    ["Exchange guide, '250 2.6.0 Queued mail for delivery'", '5111011082268'],
	    ["Exchange guide, 'QUIT': '221 2.0.0 Service closing transmission channel'",
		'> QUIT', '221 2.0.0 Service closing']],
	['delivery', 'OK', { exchange(), with => [@WRITE, '-vvv'] },
	    ["Exchange guide, a session up to RCPT", '250 2.1.5 Recipient OK', '> RSET',
		'no message sent']],
	['delivery', 'WARNING EHLO_NAME_REFUSED',
	    { answering('501 5.5.4 Invalid domain name', qw(EHLO HELO)), alone => 1,
	    with => [@SEND] },
	    ["Exchange guide, '501 5.5.4 Invalid domain name' before any mail",
		'character that is not allowed', 'stricter']],
	['delivery', 'CRITICAL MAIL_REFUSED',
	    { answering('550 5.1.7 Invalid address', 'MAIL'), alone => 1, with => [@SEND] },
	    ["Exchange guide, '550 5.1.7 Invalid address': a syntax error in the sender's address",
		'syntax error in the address', '--from']],
	['delivery', 'CRITICAL MAIL_REFUSED',
	    { answering('530 5.7.1 Client was not authenticated', 'MAIL'), alone => 1,
	    with => [@SEND] },
	    ["Exchange guide, '530 5.7.1 Client was not authenticated': no anonymous messages",
		'takes no anonymous mail', 'Receive connector', 'AnonymousUsers']],
	['delivery', 'CRITICAL RCPT_REFUSED',
	    { answering('550 5.1.1 User unknown', 'RCPT'), alone => 1, with => [@SEND] },
	    ["Exchange guide, '550 5.1.1 User unknown': the recipient does not exist",
		'no such mailbox'],
	    ["Exchange guide, '5.y.z': as a message to an address that does not exist",
		'bounces at once']],
	['delivery', 'CRITICAL DATA_REFUSED',
	    { answering('500 5.3.3 Unrecognized command', 'DATA'), alone => 1,
	    with => [@SEND] },
	    ["Exchange guide, '500 5.3.3 Unrecognized command': a mistake in typing",
		'500 5.3.3 Unrecognized command', 'mistyped command', 'backspace']],
	['delivery', 'WARNING MAIL_DEFERRED',
	    { answering('452 4.3.1 Insufficient system resources', 'MAIL'), alone => 1,
	    with => [@SEND] },
	    ["Exchange guide, '4.y.z' to MAIL: as where storage is low, try again later",
		'try again', 'disk']],
	['delivery', 'WARNING RCPT_DEFERRED',
	    { answering('452 4.2.2 Mailbox full', 'RCPT'), alone => 1, with => [@SEND] },
	    ["Exchange guide, '4.y.z' to RCPT: try again later", 'try again', 'full']],
	['delivery', 'WARNING MESSAGE_DEFERRED',
	    { answering('451 4.3.0 Later', 'DATA'), alone => 1, with => [@SEND] },
	    ["Exchange guide, '4.y.z' to DATA: try again later", 'try again']],

	['delivery', 'OK', { powermta(qr/^From:/m, qr/^To:/m, qr/^Subject:/m, qr/^Date:/m),
	    with => [@SEND, '-vvv'] },
	    ["telnet guide, 'MAIL FROM': '250 2.1.0 MAIL ok'", '250 2.1.0 MAIL ok'],
	    ["telnet guide, 'RCPT TO': '250 2.1.5 ok'", '250 2.1.5 <kate@example.com> ok'],
	    ["telnet guide, 'DATA': '354 send message'", '> DATA', '354 send message'],
	    ["telnet guide, 'at the least a message has To, From, Subject and Date'"],
	    ["telnet guide, '.': '250 2.6.0 message received'", '250 2.6.0 message received'],
	    ["telnet guide, 'QUIT': '221 2.0.0 says goodbye'", '> QUIT',
		'221 2.0.0 mail.port25.com says goodbye']],
	['delivery', 'OK', { powermta(qr/^\.\.\r$/m), with => [@SEND, "--message=$dotted"] },
	    ["telnet guide, 'a dot on a line by itself has to be written as two'"]],
	['delivery', 'OK', { waiting_for_data(), with => [@SEND] },
	    ["telnet guide, 'a server that supports PIPELINING may wait until DATA'",
		'message accepted']],
	['delivery', 'CRITICAL MAIL_REFUSED',
	    { answering('553 5.1.8 Domain of sender does not exist', 'MAIL'), alone => 1,
	    with => [@SEND] },
	    ["telnet guide, 'use the name that fits the domain of your server' in MAIL",
		'whose domain fits the mail server', 'free mail provider'],
	    ["telnet guide, 'MAIL FROM' is where bounces go", "--from='<>'"]],
	['delivery', 'CRITICAL RCPT_REFUSED',
	    { answering('550 5.7.1 Recipient blocked', 'RCPT'), alone => 1, with => [@SEND] },
	    ["telnet guide, 'check the recipient twice': it may be mistyped or blocked",
		'Check the address twice', 'mistyped', 'blocked']],
	['delivery', 'CRITICAL MESSAGE_REFUSED',
	    { answering('554 5.7.1 Spam', 'MESSAGE'), alone => 1, with => [@SEND] },
	    ["telnet guide, 'an error instead of received': note details, contact the provider",
		'Write down the details', 'contact the provider']],
	['delivery', 'CRITICAL MAIL_REFUSED', { insisting_on_login(), with => [@SEND] },
	    ["telnet guide, 'AUTH LOGIN is needed where the server asks for a login'",
		'Log in (-U)']],
	['delivery', 'OK', { insisting_on_login(), with => [@SEND, '-vvv', '--in-clear',
	    '-U', 'kate', '-P', 'secret word'] },
	    ["telnet guide, 'AUTH LOGIN', user name and password in base64", '> AUTH LOGIN'],
	    ["telnet guide, 'authentication successful'", '235 2.7.0 Authentication successful'],
	    ["telnet guide, 'go on with MAIL FROM, RCPT TO, DATA and QUIT' after the login",
		'> MAIL FROM:', '> RCPT TO:', '> DATA', '> QUIT', 'message accepted']],
);

# The situation as a server and a name server that live as long as it.
sub arrange ($how) {
	my @servers = @{$how->{servers} // [$how->{server} // {}]};
	my @numbers = 1 .. @servers;

	$how->{mx} = [FakeMX->group(map { { address => "127.0.0.$_",
	    hostname => "mx$_.example.com", %{$servers[$_ - 1]} } } @numbers)];
	$how->{dns} = FakeDNS->new(zone => {
		'example.com' => { MX => [map { "${_}0 mx$_.example.com" } @numbers] },
		map({ ("mx$_.example.com" => { A => ["127.0.0.$_"] },
		    "127.0.0.$_" => { PTR => ["mx$_.example.com"] }) } @numbers),
		%{$how->{zone} // {}},
	});
}

sub programs ($plugins, $how) {
	return (map({ "check_mx_$_" } split / /, $plugins), $how->{alone} ? () : @WHOLE);
}

sub arguments ($program, $how) {
	return ('example.com', '-v', '--nameserver=' . $how->{dns}->address,
	    '-t', $how->{slow} ? $TIME_TO_WAIT_OUT : 20,
	    $program eq 'check_mx_dns' ? ()
		: ('-p', $how->{mx}[0]->port, '-F', 'client.example.net'),
	    $program =~ /^check_mx(?:_starttls|_cert_expiry)?\z/
		? ('--ca-file', Certs::ca_file()) : (),
	    @{$how->{with} // []});
}

# Runs a program beside us, in a process that hands over what came of it.
sub start ($program, $how) {
	my @command = (plugin($program), arguments($program, $how));
	my $pid = open(my $outcome, '-|') // die "fork: $!";
	return $outcome if $pid;
	print freeze(testCmd(@command));
	STDOUT->flush;
	POSIX::_exit(0);
}

sub outcome ($program, $how) {
	my $started = $how->{started}{$program}
	    // return check($program, arguments($program, $how));
	local $/;
	return thaw(<$started>);
}

# As the table has it.
sub verdict ($run, $note) {
	my ($code) = $note ? $run->output =~ /\(($note)\)/
	    : $run->text =~ /\(([A-Z]+_[A-Z0-9_]+)\)/;
	return join ' ', $run->state, $code // ();
}

# Cause and remedy, unfolded.
sub explanation ($code) {
	state %told;
	return $told{$code} //= testCmd(plugin('check_mx_banner'), "--explain=$code")->output
	    =~ s/\A.*?(?=cause:)//sr =~ s/\s+/ /gr;
}

# Those that wait out their time do so side by side, while the others run.
my (@slow, @quick);
push @{$_->[2]{slow} ? \@slow : \@quick}, $_ for @situations;
for (@slow) {
	my ($plugins, undef, $how) = @$_;
	arrange($how);
	$how->{started}{$_} = start($_, $how) for programs($plugins, $how);
}

for (@quick, @slow) {
	my ($plugins, $expected, $how, @rows) = @$_;
	my ($state, $code) = split / /, $expected;
	my $output = '';
	arrange($how) unless $how->{started};

	for my $program (programs($plugins, $how)) {
		my $run = outcome($program, $how);
		my $verdict = verdict($run, $state eq 'OK' && $code);
		$output .= $run->output;
		my $says = join ', ', $code // (), $state;
		is($verdict, $expected, "$_->[0]: $program says $says.")
		    or diag($run->as_text) for @rows;
		like($run->output, $how->{shows}, "$rows[0][0]: $program shows it.")
		    if $how->{shows};
	}
	for (@rows) {
		my ($row, @words) = @$_;
		my $told = $code ? explanation($code) : $output;
		my $where = $code ? "--explain=$code" : 'the output';
		is(join(', ', grep { $told !~ /\Q$_\E/i } @words), '',
		    "$row: $where tells what the guide tells.") if @words;
	}
	delete @$how{qw(mx dns)};
}

done_testing;

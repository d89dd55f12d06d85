# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_banner against real servers and a real resolver.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX qw(perfdata);
use Lab;

Lab->enter;
my $lab = Lab->new;

# arguments, state, what line 1 says (or the code), and what that means
for (
	['healthy.test', 'OK', qr/3 of 3/,
	    'Postfix is fine on both families.'],
	['exim.test', 'OK', qr/220 mx.exim.test ESMTP Exim/, 'Exim is fine.'],
	['opensmtpd.test', 'OK', qr/220 mx.opensmtpd.test ESMTP OpenSMTPD/,
	    'OpenSMTPD is fine.'],
	['plain.test', 'OK', qr/220 mx.plain.test/,
	    'A server without TLS greets like any other.'],
	['mixed.test', 'OK', qr/4 of 4/,
	    'A bad certificate and an open relay are no matter of the banner.'],
	['postscreen.test', 'OK', qr/220 mx.postscreen.test/,
	    'The second half of a postscreen banner is waited for.'],
	['postscreen.test --source=127.0.0.202 --require=PIPELINING',
	    'CRITICAL',
	    'EHLO_MISSING_EXTENSION',
	    'postscreen does not offer PIPELINING to a new client.'],
	['plain.test --require=STARTTLS', 'CRITICAL', 'EHLO_MISSING_EXTENSION',
	    'A missing STARTTLS is noticed where it is required.'],
	['healthy.test --require=STARTTLS --require=SIZE>=10000000', 'OK',
	    qr/3 of 3/, 'What Postfix offers satisfies the requirements.'],
	['healthy.test --expect=Postfix', 'OK', qr/3 of 3/,
	    'The expected text is in the banner.'],
	['healthy.test --expect=Sendmail', 'WARNING', 'BANNER_UNEXPECTED',
	    'Another server than expected is noticed.'],
	['refusing.test', 'CRITICAL', 'BANNER_REFUSED',
	    'A greeting of 554 is a refusal.'],
	['closed.test', 'CRITICAL', 'TCP_REFUSED',
	    'A port where nobody listens is noticed.'],
	['blackhole.test -t 2', 'CRITICAL', 'TCP_TIMEOUT',
	    'A firewall that drops packets is a time-out.'],
	['nullmx.test', 'CRITICAL', 'DNS_NULL_MX', 'A null MX takes no mail.'],
	['implicit.test', 'OK', qr/1 of 1/,
	    'A domain without MX is its own mail host.'],
	['cname.test', 'OK', qr/2 of 2/, 'An alias is followed.'],
	['no-such-name.test', 'CRITICAL', 'DNS_NXDOMAIN',
	    'A domain does not exist.'],
	['noaddress.test', 'CRITICAL', 'DNS_MX_NO_ADDRESS',
	    'A mail exchanger without an address is no use.'],
	['servfail.test', 'CRITICAL', 'DNS_SERVFAIL',
	    'A broken zone is noticed.'],
	['lame.test', 'CRITICAL', 'DNS_SERVFAIL',
	    'The address of one exchanger cannot be found.'],
	['silent.test -t 4', 'CRITICAL', 'DNS_TIMEOUT',
	    'A name server that does not answer is noticed.'],
	['stuck.test -t 4', 'CRITICAL', 'DNS_TIMEOUT',
	    'One address is not answered for; the other server is still tested.'],
	['-H mx1.healthy.test', 'OK', qr/2 of 2/,
	    'A host is tested on both of its addresses.'],
	['-4 -H mx1.healthy.test', 'OK', qr/1 of 1/,
	    'Only the IPv4 address is tested when asked so.'],
	['-H 127.0.0.10', 'OK', qr/220 mx1.healthy.test/,
	    'An address is tested by itself.'],
	['-H ::1', 'OK', qr/220 mx1.healthy.test/,
	    'An IPv6 address is tested by itself.'],
	['dual.test', 'OK', qr/220 mx1.healthy.test/,
	    'An IPv6 address without a route to it is left out.'],
) {
	my ($arguments, $state, $said, $sentence) = @$_;
	my $run = $lab->check('check_mx_banner', split ' ', $arguments);
	$said = qr/[(]$said[)]/ unless ref $said;
	is($run->state, $state, $sentence) or diag($run->as_text);
	like($run->text, $said, "The text says so ($arguments).");
}

{
	my $run;
	my $log = $lab->logged(sub {
		$run = CheckMX::check('check_mx_banner', 'healthy.test');
	});
	is_deeply([sort keys %{perfdata($run)}], [sort qw(time servers
	    servers_ok mx1.healthy.test_v4_time mx1.healthy.test_v6_time
	    mx2.healthy.test_v4_time)], 'There is a time for every server.');
	is_deeply([$run->output =~ /^\[OK\] (\d+ \S+ \S+) - 220 /mg],
	    ['10 mx1.healthy.test [127.0.0.10]:25',
	    '10 mx1.healthy.test [::1]:25',
	    '20 mx2.healthy.test [127.0.0.11]:25'],
	    'Servers are listed by preference, IPv4 first.');
	is_deeply([$log =~ /disconnect from \S+ (.*)/g],
	    [('ehlo=1 quit=1 commands=2') x 3],
	    'Each server hears EHLO and QUIT, once.');
}
{
	my $log = $lab->logged(sub {
		CheckMX::check('check_mx_banner', 'exim.test');
	});
	like($log, qr/[(]monitor.lab.test[)] .* closed by QUIT/,
	    'EHLO gives the name of this host.');
}
{
	my $log = $lab->logged(sub {
		CheckMX::check('check_mx_banner', '--source=127.0.0.203',
		    '-H', '127.0.0.10');
	});
	like($log, qr/disconnect from \S+\[127.0.0.203\]/,
	    'The connection comes from the source address asked for.');
}
{
	my $run = $lab->check('check_mx_banner', '-v', '-w', 3, 'slow.test');
	like($run->text, qr/[(]RESPONSE_SLOW[)]/,
	    'A slow greeting is waited for, and beyond the threshold.');
	like($run->output, qr/[(]BANNER_GREET_DELAY[)]/, 'A note says why.');
	cmp_ok(perfdata($run)->{time}->value, '>=', $Lab::SLOW_BANNER,
	    'The time is that of the greeting.');
}
{
	my $run;
	$lab->logged(sub {
		$run = CheckMX::check('check_mx_banner', '-t', 2, 'slow.test');
	});
	is($run->state, 'CRITICAL', 'A greeting after the deadline is none.');
	like($run->text, qr/[(]BANNER_TIMEOUT[)]/, 'The step is named.');
}
{
	my $run = $lab->check('check_mx_banner', 'dual.test');
	like($run->output, qr/[(]TCP_NO_ROUTE_V6[)]/,
	    'An IPv6 address without a route to it is left out, which is said.');
}
{
	my $run = $lab->check('check_mx_banner', 'many.test');
	is(perfdata($run)->{servers_ok}->value, 40,
	    'Forty servers, known over TCP only, are all asked.');
	like($run->output, qr/^[.]{3} and \d+ more OK$/m,
	    'Lines that do not fit in 4096 bytes are counted.');
}

done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_openrelay against real servers: no relay is missed, no good server
# accused, and no message ever sent.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX qw(perfdata);
use Lab;

Lab->enter;
my $lab = Lab->new;

# How each server tells of a message that it was given.
my $DATA = qr/ data=| message-id=| <= | smtp message msgid=/;

# Like $lab->check, for runs whose odd address forms are not all welcome.
sub walk (@arguments) {
	my $run;
	my $log = $lab->logged(sub {
		$run = CheckMX::check('check_mx_openrelay', @arguments);
	});
	my @serious = grep { !/syntax error/ } Lab::complaints($log);
	is_deeply(\@serious, [], "No server cut a connection (@arguments).");
	unlike($log, $DATA, "No server was given a message (@arguments).");
	is_deeply([$lab->messages], [], "No queue holds one (@arguments).");
	return ($run, $log);
}

# arguments, state, what line 1 says (or the code), accepted, the meaning
for (
	['healthy.test', 'OK', qr/554 .*3 of 3/, 0,
	    'Postfix refuses on both families.'],
	['exim.test', 'OK', qr/550 relay not permitted/, 0, 'Exim refuses.'],
	['opensmtpd.test', 'OK', qr/550 Invalid recipient/, 0,
	    'OpenSMTPD refuses.'],
	['plain.test', 'OK', qr/554/, 0, 'A server without TLS refuses.'],
	['-S healthy.test', 'OK', qr/3 of 3/, 0, 'Postfix refuses inside TLS.'],
	['-S exim.test', 'OK', qr/1 of 1/, 0, 'Exim refuses inside TLS.'],
	['-S plain.test', 'CRITICAL', 'STARTTLS_NOT_OFFERED', 0,
	    'TLS cannot be had where there is none.'],
	['postscreen.test', 'OK', qr/554/, 0,
	    'A server behind postscreen refuses when we are back.'],
	['many.test', 'OK', qr/40 of 40/, 0, 'Forty servers refuse.'],
	['relay.test', 'CRITICAL', 'RELAY_OPEN', 1, 'An open relay is found.'],
	['mixed.test', 'CRITICAL', 'RELAY_OPEN', 1,
	    'An open relay among good servers is found.'],
	['-H mx.relay.test', 'CRITICAL', 'RELAY_OPEN', 1,
	    'An open relay is found by its own name.'],
	['deferring.test', 'OK', qr/454/, 0,
	    'A server that defers does not accept.'],
	['refusing.test', 'CRITICAL', 'BANNER_REFUSED', 0,
	    'A server that refuses us cannot be judged.'],
	['-H 127.0.0.10', 'OK', qr/554/, 0, 'Postfix has a bare postmaster.'],
	['-H mx.exim.test', 'OK', qr/550/, 0, 'Exim has a bare postmaster.'],
	['-H mx.opensmtpd.test', 'OK', qr/550/, 0,
	    'OpenSMTPD has a bare postmaster.'],
	['-H mx1.healthy.test -d healthy.test', 'OK', qr/2 of 2/, 0,
	    'A host is tested for a domain.'],
	['-H 127.0.0.10 -d elsewhere.test', 'UNKNOWN', 'RELAY_INCONCLUSIVE', 0,
	    'A server that refuses everything proves nothing.'],
	['--trusted relay.test', 'OK', qr/allowed to relay/, 0,
	    'Where we may relay there is nothing to test.'],
) {
	my ($arguments, $state, $said, $accepted, $sentence) = @$_;
	my ($run, $log) = walk(split ' ', $arguments);
	my $metric = perfdata($run)->{accepted};
	$said = qr/[(]$said[)]/ unless ref $said;
	is($run->state, $state, $sentence) or diag($run->as_text);
	like($run->text, $said, "The text says so ($arguments).");
	is($metric && $metric->value, $accepted,
	    "Accepted forms are counted ($arguments).");
}

{
	my ($run, $log) = walk('healthy.test');
	is_deeply([$log =~ /disconnect from \S+ (.*)/g],
	    [('ehlo=1 mail=1 rcpt=1/2 quit=1 commands=4/5') x 3],
	    'A basic test is one MAIL and two RCPTs in one connection.');
	like($log, qr/from=<check_mx[@]monitor.lab.test>/,
	    'The sender is at the name of this host.');
}
{
	my ($run) = walk('deferring.test');
	like($run->output, qr/[(]RELAY_GREYLISTED[)]/,
	    'It is said that the answer was put off.');
}
{
	my ($run) = walk('--trusted', 'relay.test');
	like($run->output, qr/[(]RELAY_TRUSTED[)]/,
	    'It is said that nothing was tested.');
}

# --- the full set ---

for (
	['healthy.test', 'OK', 32, 0, 'Postfix refuses every form.'],
	['exim.test', 'OK', 29, 0,
	    'Exim refuses all recipients, and three senders before that.'],
	['opensmtpd.test', 'OK', 32, 0, 'OpenSMTPD refuses every form.'],
	['relay.test', 'CRITICAL', 32, 32, 'An open relay takes every form.'],
) {
	my ($domain, $state, $probes, $accepted, $sentence) = @$_;
	my ($run, $log) = walk('--probes=all', $domain);
	my %perf = %{perfdata($run)};
	is($run->state, $state, $sentence) or diag($run->as_text);
	is($perf{probes}->value, $probes, "Forms answered by $domain.");
	is($perf{accepted}->value, $accepted, "Forms accepted by $domain.");
}

done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_starttls against OpenSSL (Postfix, OpenSMTPD) and GnuTLS (Exim).

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX qw(perfdata plugin testCmd);
use Lab;

Lab->enter;
my $lab = Lab->new;
my $trust = '--ca-file=' . $lab->ca_file;

sub starttls (@arguments) {
	return ('check_mx_starttls', $trust, map { split } @arguments);
}

# arguments, state, what line 1 says (or the code), and what that means
for (
	['healthy.test', 'OK', qr/TLSv1[.]3 .*3 of 3/,
	    'Postfix is fine on both families.'],
	['exim.test', 'OK', qr/TLSv1[.]3/, 'Exim with GnuTLS is fine.'],
	Lab::if_opensmtpd_tls(
	    ['opensmtpd.test', 'OK', qr/TLSv1[.]3/, 'OpenSMTPD is fine.']),
	['postscreen.test', 'OK', qr/TLSv1[.]3/,
	    'postscreen itself lends its TLS to a new client.'],
	['relay.test', 'OK', qr/1 of 1/,
	    'An open relay has a good certificate.'],
	['many.test', 'OK', qr/40 of 40/, 'A wildcard covers forty servers.'],
	['old.test', 'OK', qr/TLSv1[.]3/,
	    'A server that also takes old versions speaks the newest with us.'],
	['expired.test', 'CRITICAL', 'CERT_EXPIRED', 'A certificate expired.'],
	['notyet.test', 'CRITICAL', 'CERT_NOT_YET_VALID',
	    'A certificate is from the future.'],
	['selfsigned.test', 'CRITICAL', 'CERT_SELF_SIGNED',
	    'A certificate is signed by itself.'],
	['selfsigned.test --no-verify', 'OK', qr/1 of 1/,
	    'A self-signed certificate will do when nobody asks for trust.'],
	['incomplete.test', 'CRITICAL', 'CERT_CHAIN_INCOMPLETE',
	    'The intermediate is not sent.'],
	['wrongname.test', 'CRITICAL', 'CERT_NAME_MISMATCH',
	    'A certificate is for another name.'],
	['wrongname.test --match=mail.elsewhere.test', 'OK', qr/1 of 1/,
	    'The other name is accepted when it is given.'],
	['-H 127.0.0.10', 'CRITICAL', 'CERT_NAME_MISMATCH',
	    'A certificate has no address in it.'],
	['-H mx1.healthy.test', 'OK', qr/2 of 2/, 'A host is tested by name.'],
	['plain.test', 'CRITICAL', 'STARTTLS_NOT_OFFERED',
	    'A server offers no TLS.'],
	['refusing.test', 'CRITICAL', 'BANNER_REFUSED',
	    'A server that refuses us shows no certificate.'],
	['tls10.test', 'CRITICAL', 'TLS_VERSION_OBSOLETE',
	    'A server with TLS 1.0 only is named as that.'],
	['tls10.test --min-tls=1.0', 'OK', qr/TLSv1 /,
	    'TLS 1.0 will do for those who ask for no more.'],
	['healthy.test --min-tls=1.3', 'OK', qr/3 of 3/,
	    'A modern server meets the highest demand.'],
	['healthy.test --at=+90d', 'CRITICAL', 'CERT_EXPIRED',
	    'A certificate will have expired by then.'],
	['mixed.test', 'CRITICAL', 'CERT_EXPIRED',
	    'One bad certificate among good ones is a failure.'],
	['mixed.test --quorum=3', 'WARNING', 'CERT_EXPIRED',
	    'One bad certificate is a warning while enough are good.'],
) {
	my ($arguments, $state, $said, $sentence) = @$_;
	my $run = $lab->check(starttls($arguments));
	$said = qr/[(]$said[)]/ unless ref $said;
	is($run->state, $state, $sentence) or diag($run->as_text);
	like($run->text, $said, "The text says so ($arguments).");
}

{
	my $run = $lab->check('check_mx_starttls', 'healthy.test');
	like($run->text, qr/[(]CERT_UNTRUSTED[)]/,
	    'Without our trust anchor the chain ends nowhere.');
}
{
	my $run;
	my $log = $lab->logged(sub {
		$run = CheckMX::check(starttls('healthy.test'));
	});
	is_deeply([$log =~ /disconnect from \S+ (.*)/g],
	    [('ehlo=1 starttls=1 quit=1 commands=3') x 3],
	    'Each server hears EHLO, STARTTLS and QUIT, once.');
	is(perfdata($run)->{tls}->value, 1.3, 'The version is a metric.');
}
{
	my $run = $lab->check(starttls('mixed.test'));
	is_deeply([$run->output =~ /^\[(\w+)\]/mg],
	    [qw(OK OK CRITICAL OK)], 'Every server has its own state.');
	is(perfdata($run)->{servers_ok}->value, 3, 'The good ones are counted.');
}

# --- pins ---

{
	my $pem = $lab->chain_file('mx.exim.test');
	my ($digest) = testCmd('openssl', 'x509', '-in', $pem, '-noout',
	    '-fingerprint', '-sha256')->output =~ /=(\S+)/;
	is($lab->check(starttls('exim.test', "--fingerprint=$digest"))->state,
	    'OK', "The pin is the fingerprint that openssl prints.");
	$digest =~ tr/0-9A-F/1-9A-F0/;
	like($lab->check(starttls('exim.test', "--fingerprint=$digest"))->text,
	    qr/[(]CERT_PIN_MISMATCH[)]/, 'Another pin does not match.');
}

# --- probes: each breaks a rule on purpose, so complaints are expected ---

for (
	['healthy.test', 'OK', qr/3 of 3/,
	    'A server takes TLS 1.2 and up only.'],
	['old.test', 'WARNING', qr/[(]TLS_VERSION_OLD_ACCEPTED[)]/,
	    'Postfix as it comes still takes the old versions.'],
	['exim.test', 'WARNING', qr/[(]TLS_VERSION_OLD_ACCEPTED[)]/,
	    'Exim as it comes still takes them, too.'],
	['tls10.test', 'CRITICAL', qr/[(]TLS_VERSION_OBSOLETE[)]/,
	    'Having nothing but TLS 1.0 is worse than having it too.'],
) {
	my ($domain, $state, $said, $sentence) = @$_;
	my $run;
	$lab->logged(sub {
		$run = CheckMX::check(starttls($domain, '--probe-versions'));
	});
	is($run->state, $state, $sentence) or diag($run->as_text);
	like($run->text, $said, "The text says so ($domain, versions).");
}
for my $domain (qw(healthy.test exim.test),
    Lab::if_opensmtpd_tls('opensmtpd.test')) {
	my $run;
	my $log = $lab->logged(sub {
		$run = CheckMX::check(starttls($domain, '--probe-injection'));
	});
	is($run->state, 'OK', "No command can be injected at $domain.")
	    or diag($run->as_text, $log);
}

# --- nobody to trust: that is this host's fault, not the server's ---

{
	my @bare = ('unshare', '--mount', 'sh', '-c',
	    'mount -t tmpfs none /etc/ssl/certs && exec "$@"', 'sh');
	my $run = testCmd(@bare, plugin('check_mx_starttls'), 'healthy.test');
	is($run->return_code, 3, 'Without trust anchors nothing is judged.');
	like($run->first_line, qr/^MX_STARTTLS UNKNOWN - no trust anchors/,
	    'Line 1 says what is missing.');
	$run = testCmd(@bare, plugin('check_mx_cert_expiry'), 'healthy.test');
	is($run->return_code, 0, 'Days can be counted without trust anchors.');
}

done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_cert_expiry against real servers. A good certificate of the lab is
# 29 and a half of its 90 days old: 60 whole days are left.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX qw(perfdata);
use Lab;

Lab->enter;
my $lab = Lab->new;
my $trust = '--ca-file=' . $lab->ca_file;

# arguments, state, days (or none), the code where there is one, the meaning
for (
	['healthy.test', 'OK', 60, '', 'Postfix is fine on both families.'],
	['exim.test', 'OK', 60, '', 'Exim with GnuTLS is fine.'],
	Lab::if_opensmtpd_tls(
	    ['opensmtpd.test', 'OK', 60, '', 'OpenSMTPD is fine.']),
	['postscreen.test', 'OK', 60, '',
	    'A server behind postscreen is fine.'],
	['many.test', 'OK', 60, '', 'Forty servers are fine.'],
	['expired.test', 'CRITICAL', -4, 'CERT_EXPIRED',
	    'Three days and a half ago is, rounded down, minus four days.'],
	['notyet.test', 'CRITICAL', 60, 'CERT_NOT_YET_VALID',
	    'A certificate is from the future.'],
	['mixed.test', 'CRITICAL', -4, 'CERT_EXPIRED',
	    'The worst of several servers decides.'],
	['selfsigned.test', 'OK', 60, '', 'Trust is not the question.'],
	['wrongname.test', 'OK', 60, '', 'The name is not the question.'],
	['incomplete.test', 'OK', 60, '', 'The chain is not the question.'],
	['tls10.test', 'OK', 60, '', 'The TLS version is not the question.'],
	['relay.test', 'OK', 60, '', 'Relaying is not the question.'],
	['plain.test', 'CRITICAL', undef, 'STARTTLS_NOT_OFFERED',
	    'Without TLS there is no certificate.'],
	['refusing.test', 'CRITICAL', undef, 'BANNER_REFUSED',
	    'A server that refuses us shows no certificate.'],
	['closed.test', 'CRITICAL', undef, 'TCP_REFUSED',
	    'A port where nobody listens is noticed.'],
	['-w 61 healthy.test', 'WARNING', 60, 'CERT_EXPIRES_SOON',
	    'Fewer than 61 days are left.'],
	['-w 60 healthy.test', 'OK', 60, '', 'Not fewer than 60 are left.'],
	['-c 61 healthy.test', 'CRITICAL', 60, 'CERT_EXPIRES_SOON',
	    'The critical threshold counts as well.'],
	['-w 75% healthy.test', 'WARNING', 60, 'CERT_EXPIRES_SOON',
	    'Less than three quarters of the lifetime are left.'],
	['-w 50% healthy.test', 'OK', 60, '',
	    'More than half of the lifetime is left.'],
	['--at=+39d healthy.test', 'OK', 21, '',
	    'In 39 days enough will be left.'],
	['--at=+40d healthy.test', 'WARNING', 20, 'CERT_EXPIRES_SOON',
	    'Under 21 days is a warning by default.'],
	['--at=+54d healthy.test', 'CRITICAL', 6, 'CERT_EXPIRES_SOON',
	    'Under 7 days is critical by default.'],
	['--at=+61d healthy.test', 'CRITICAL', -1, 'CERT_EXPIRED',
	    'It will have expired in 61 days.'],
	['--chain healthy.test', 'OK', 60, '',
	    'The intermediate lasts longer than the leaf.'],
) {
	my ($arguments, $state, $days, $code, $sentence) = @$_;
	my $run = $lab->check('check_mx_cert_expiry', $trust,
	    split ' ', $arguments);
	my $metric = perfdata($run)->{days};
	is($run->state, $state, $sentence) or diag($run->as_text);
	is($metric && $metric->value, $days,
	    "The days are counted ($arguments).");
	is(($run->text =~ /[(]([A-Z_]{4,})[)]/)[0] // '', $code,
	    "The code is the one to expect ($arguments).");
}

{
	my $log = $lab->logged(sub {
		my $run = CheckMX::check('check_mx_cert_expiry', 'healthy.test');
		is($run->state, 'OK', 'No trust anchor is needed.');
		like($run->perf_output, qr/ days=60;21:;7: /,
		    'The thresholds in use are shown.');
	});
	is_deeply([$log =~ /disconnect from \S+ (.*)/g],
	    [('ehlo=1 starttls=1 quit=1 commands=3') x 3],
	    'Each server hears EHLO, STARTTLS and QUIT, once.');
}
{
	my $run = $lab->check('check_mx_cert_expiry', '-v', $trust,
	    'wrongname.test');
	like($run->output, qr/note: .*[(]CERT_NAME_MISMATCH[)]/,
	    'With -v a wrong name is noted.');
}

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Certificates that nobody in his right mind would issue: keys, chains, dates
# and names at the end of what can be written, and beyond.

use v5.36;
use File::Temp;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeMX;
use Hostile;

my $HOST = 'mx1.example.com';
my $YEAR_1 = -62_135_596_800;		# 0001-01-01T00:00:00Z
my $YEAR_9999 = 253_402_300_799;	# 9999-12-31T23:59:59Z
my @STATES = qw(OK WARNING CRITICAL UNKNOWN);
my $folder = File::Temp->newdir;

sub showing ($arguments, %tls) {
	return { tls => { certificate => Certs::certificate(@$arguments),
	    %tls } };
}

# Verdicts of check_mx and _starttls, which judge trust, and of the dates.
sub judged ($trust, $dates = 'OK') {
	return { check_mx => $trust, check_mx_starttls => $trust,
	    check_mx_cert_expiry => $dates };
}

subtest 'Keys too small, too great and too odd.' => sub {
	my $old = 'DHE-DSS-AES256-GCM-SHA384:DHE-DSS-AES128-SHA256';
	withstands(
		['RSA of 512 bits', showing([key => 'rsa:512'],
		    versions => [1.2]), judged('WARNING TLS_KEY_WEAK')],
		['RSA of 16384 bits', showing([key => $Certs::RSA_16384]),
		    judged('OK'), '-t', patience(10)],
		['Ed25519', showing([key => 'ed25519']), judged('OK')],
		['DSA', showing([key => 'dsa:1024'], versions => [1.2],
		    ciphers => $old), judged('WARNING TLS_KEY_WEAK')],
		['anonymous suites alone', showing([], versions => [1.2],
		    ciphers => 'aNULL'), judged(('CRITICAL TLS_HANDSHAKE')
		    x 2)],
	);
};

# The host is the last of 10 000 names; beyond 100 KiB no client reads on.
sub many_names ($filler) {
	return [names => [map({ sprintf $filler, $_ } 1 .. 9999), $HOST]];
}

# One that is not trusted: its chain holds what does not belong there.
sub chain_with ($leaf, $further, $count) {
	my $file = "$folder/$count.pem";
	open my $out, '>', $file or die "$file: $!\n";
	for my $from ($leaf->{chain}, ($further) x $count) {
		open my $in, '<', $from or die "$from: $!\n";
		print {$out} <$in>;
	}
	close $out or die "$file: $!\n";
	return { %$leaf, chain => $file };
}

subtest 'Certificates of great length.' => sub {
	my $leaf = Certs::certificate();
	my $stranger = Certs::certificate(issuer => 'self',
	    names => ['stranger.example'])->{cert};
	withstands(
		['10 000 names', showing(many_names('a%04d')), judged('OK')],
		['10 000 long names', showing(many_names('%04d' . 'x' x 40)),
		    judged(('CRITICAL TLS_HANDSHAKE') x 2)],
		['a chain of 100 certificates', showing([issuer => 'deep-99']),
		    judged('OK')],
		['a chain of 110 certificates', showing([issuer => 'deep-109']),
		    judged('CRITICAL CERT_UNTRUSTED')],
		['100 certificates of strangers behind the chain', { tls => {
		    certificate => chain_with($leaf, $stranger, 100) } },
		    judged('OK')],
	);
	my $mx = server(%{showing([issuer => 'deep-99'])});
	my ($run) = withstands(['the whole of a chain of 100', $mx,
	    { check_mx_cert_expiry => 'OK' }, '--chain']);
	like($run->output, qr/84 further certificates .* not tested/,
	    'What was not looked at is told.');
};

subtest 'Dates and numbers at the end of what can be written.' => sub {
	withstands(
		['an end in year 1', showing([not_before => $YEAR_1,
		    not_after => $YEAR_1 + 86_400]),
		    judged(('CRITICAL CERT_EXPIRED') x 2)],
		['from year 1 to 9999', showing([not_before => $YEAR_1,
		    not_after => $YEAR_9999]), judged('OK'),
		    '--severity=CERT_EXPIRES_SOON=ok'],
		['a begin in year 9999', showing([not_before =>
		    $YEAR_9999 - 86_400, not_after => $YEAR_9999]),
		    judged(('CRITICAL CERT_NOT_YET_VALID') x 2)],
		['an end before the begin', showing([not_before =>
		    Certs::days(-3), not_after => Certs::days(-5)]),
		    judged(('CRITICAL CERT_EXPIRED') x 2)],
		['a date that is none', showing([not_after => $YEAR_9999,
		    replace => { '99991231235959Z' => '99991331235959Z' }]),
		    judged(('CRITICAL CERT_INVALID') x 2)],
		['a negative serial number', showing([serial => -5]),
		    judged('OK')],
	);
	for my $format (qw(json report)) {
		my $mx = server(%{showing([not_before => $YEAR_1,
		    not_after => $YEAR_9999])});
		my ($run) = check_all([command('check_mx', $mx,
		    "--output-format=$format")]);
		is($run->return_code, 0, "In $format, too.");
	}
};

subtest 'Odd bytes in a certificate are not shown as they are.' => sub {
	my $odd = "\0\e[31m|\n\r<b>\xff\xe2\x80\xae\xc2\x9b31mxxx";
	my $plain = 'abcdefghijklmnopqrstuvwx';
	my $forged = { replace => { $plain => $odd } };
	die 'lengths differ' if length $odd != length $plain;
	my $broken = 'CRITICAL CERT_INVALID';
	my $other = 'CRITICAL CERT_NAME_MISMATCH';
	my @cases = (
		['a name of odd bytes', showing([%$forged,
		    subject => { commonName => 'x' },
		    names => ["$plain.example.com", $HOST]]), judged($broken)],
		['such a name alone', showing([%$forged,
		    subject => { commonName => 'x' },
		    names => ["$plain.example.com"]]), judged($other)],
		['a subject of odd bytes', showing([subject => { commonName =>
		    substr $odd, 0, 20 }]), judged('OK')],
		['a common name of odd bytes alone', showing([names => [],
		    subject => { commonName => "\e[31m|x=1\n$HOST" }]),
		    judged($other)],
		['a NUL behind our name', showing([subject =>
		    { commonName => 'x' }, names => ["${HOST}Zevil.example"],
		    replace => { "${HOST}Z" => "$HOST\0" }]),
		    judged($other)],
	);
	withstands(map { ($_, [@$_, '-vvv']) } @cases);
	for my $case (@cases) {
		for my $format (qw(json report)) {
			my $mx = server(%{$case->[1]});
			my ($run) = check_all([command('check_mx', $mx,
			    "--output-format=$format", { name =>
			    "In $format, too: $case->[0]." })]);
			my $state = $STATES[$run->return_code];
			like($case->[2]{check_mx}, qr/^$state\b/,
			    'It comes to the same.');
		}
	}
};

done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# AllTheWay - every plugin upon a domain where nothing is wrong, with all that
# it takes: trust anchors, a login, TLSA records, a message, an ini file.
#
#   check(all_the_way($_, '--output-format=json')) for plugins();
#
# plugins()         their names, in order
# all_the_way($plugin, @more)   what such a run is, for check
# outcome($plugin)  the state that it comes to: the MTA-STS policy is served
#                   in a network of our own alone (see Lab::Namespace), and
#                   missed elsewhere
package AllTheWay;

use v5.36;
use Exporter qw(import);
use File::Temp;

use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;
use MailDomain qw(policy_host tlsa);

our @EXPORT = qw(all_the_way outcome plugins);

my $HOST = 'mx1.example.com';
my $WEB = '127.0.0.60';

# Not my: these have to outlive the reading of this file.
our $folder = File::Temp->newdir;
our $mx = FakeMX->new(AUTH => "235 2.7.0 Welcome\r\n", local => ['example.com'],
    extensions_tls => ['PIPELINING', 'AUTH PLAIN']);
our $web = Lab::Namespace::inside() ? FakeMX->new(address => $WEB,
    policy_host("version: STSv1\nmode: enforce\nmax_age: 604800\nmx: $HOST\n"))
    : undef;
my $dns = FakeDNS->new(ad => 1, zone => {
	'example.com' => { MX => ["10 $HOST"] },
	$HOST => { A => ['127.0.0.1'] },
	'127.0.0.1' => { PTR => [$HOST] },
	%{tlsa(1, $mx->port, '3 1 1')},
	'_mta-sts.example.com' => { TXT => ['"v=STSv1; id=1"'] },
	'_smtp._tls.example.com' =>
	    { TXT => ['"v=TLSRPTv1; rua=mailto:tls@example.com"'] },
	'mta-sts.example.com' => { A => [$WEB] },
});
my @VIA = ('-p', $mx->port, '-F', 'client.example.net');
my @TRUST = (@VIA, '--ca-file', Certs::ca_file());

my %ARGUMENTS = (
	check_mx => [@TRUST],
	check_mx_auth => [@TRUST, '-U', 'kate', '--authpass-file',
	    _file('secret', "geheim\n")],
	check_mx_banner => [@VIA],
	check_mx_cert_expiry => [@TRUST],
	check_mx_dane => [@VIA],
	check_mx_delivery => [@TRUST, '-S', '--send',
	    '--to=friend@example.com', '--message',
	    _file('message', "Subject: hello\n\nHello\n")],
	check_mx_dns => [],
	check_mx_mtasts => [@TRUST, '--extra-opts=mtasts@'
	    . _file('plugins.ini', "[mtasts]\nverbose\n")],
	check_mx_openrelay => [@VIA],
	check_mx_starttls => [@TRUST],
);
my %MISSES_POLICY = map { $_ => !$web } qw(check_mx check_mx_mtasts);

sub _file ($name, $content) {
	return private_file("$folder/$name", $content);
}

sub plugins () { return sort keys %ARGUMENTS }

sub all_the_way ($plugin, @more) {
	return ($plugin, '-d', 'example.com', '--nameserver', $dns->address,
	    @{$ARGUMENTS{$plugin}}, @more);
}

sub outcome ($plugin) { return $MISSES_POLICY{$plugin} ? 'CRITICAL' : 'OK' }

1;

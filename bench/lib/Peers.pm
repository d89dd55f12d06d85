# SPDX-License-Identifier: GPL-3.0-or-later
#
# Peers - other programs that look at a mail server, and how each is asked to
#
#   my %commands = Peers::plain($address);	# greeting and EHLO
#   my %commands = Peers::tls($name, $address);	# STARTTLS, certificate
#   my @commands = Peers::for_xargs();	# [name, command...], wants an address
#   my @missing = Peers::missing();
#
# Each is asked for as little as it knows to do, and to verify chain and name
# where it can (check_smtp, nmap and testssl -S can't, or not alone). What is
# not installed is left out; contrib/bench-install installs all of them.
package Peers;

use v5.36;
use File::Spec;
use List::Util qw(first);

use Lab::Namespace;

our $PLAIN = 'check_smtp';		# what our plugins have to beat
our $TLS = 'check_smtp -S -D';

my $DAYS = 14;
my $ANCHORS = '/etc/ssl/certs';

my %PROGRAM = (
	check_smtp => Lab::Namespace::unpacked('monitoring-plugins-basic',
	    'usr/lib/nagios/plugins/check_smtp'),
	map { $_ => _path($_) } qw(nmap openssl posttls-finger swaks testssl),
);

sub _path ($name) {
	return (first { -x } map { "$_/$name" } File::Spec->path, '/usr/sbin')
	    // '';
}

sub missing () { sort grep { !-x $PROGRAM{$_} } keys %PROGRAM }

# The rows whose program is there, which stands first.
sub _present (%rows) {
	return map { my ($program, @command) = @{$rows{$_}};
	    -x $PROGRAM{$program} ? ($_ => \@command) : () } keys %rows;
}

sub _row ($program, @arguments) {
	return [$program, $PROGRAM{$program}, @arguments];
}

sub plain ($address) {
	return _present(
		$PLAIN => _row('check_smtp', '-H', $address),
		'swaks' => _row('swaks', '--server', $address, '--helo',
		    'a.test', '--quit-after', 'helo'),
		'nmap smtp-commands' => _nmap('smtp-commands', $address),
	);
}

sub tls ($name, $address) {
	return _present(
		$TLS => _row('check_smtp', '-S', '-D', $DAYS, '-H', $address),
		'posttls-finger secure' => _row('posttls-finger', '-c', '-o',
		    'inet_protocols=ipv4', '-l', 'secure', '-P', $ANCHORS,
		    "[$address]", $name),
		'openssl s_client | x509' => ['openssl', 'sh', '-c',
		    _pipe($name, $address)],
		'swaks --tls-verify' => _row('swaks', '--server', $address,
		    '--helo', 'a.test', '--tls', '--tls-verify',
		    '--tls-ca-path', $ANCHORS, '--quit-after', 'tls'),
		'nmap ssl-cert' => _nmap('ssl-cert', $address),
		# Its exit status is its opinion of the server.
		'testssl -S' => ['testssl', 'sh', '-c', "$PROGRAM{testssl}"
		    . " --quiet --warnings=off -t smtp -S $address:25; :"],
	);
}

sub for_xargs () {
	my %rows = _present($TLS => _row('check_smtp', '-S', '-D', $DAYS, '-H'));

	return map { [$_, @{$rows{$_}}] } keys %rows;
}

sub _nmap ($script, $address) {
	return _row('nmap', '-Pn', '-n', '-p', 25, '--script', $script, $address);
}

# As guides have it, and as nothing but its end tells how it went.
sub _pipe ($name, $address) {
	my $seconds = $DAYS * 86_400;

	return "echo QUIT | $PROGRAM{openssl} s_client -starttls smtp"
	    . " -verify_return_error -verify_hostname $name"
	    . " -connect $address:25"
	    . " | $PROGRAM{openssl} x509 -noout -checkend $seconds";
}

1;

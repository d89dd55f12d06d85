# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::OpenSMTPD - one OpenSMTPD with a listener for every address.
#
# Its socket and its queue are compiled in; the namespace gives it its own.
package Lab::OpenSMTPD;

use v5.36;
use parent 'Lab::Server';

use Lab::Namespace;

my $PROGRAM = Lab::Namespace::unpacked('opensmtpd', 'usr/sbin/smtpd');

sub absent ($class) { return -x $PROGRAM ? () : 'OpenSMTPD is not unpacked' }

# The 6.8 of Debian 12 offers STARTTLS and then fails with its OpenSSL 3.
sub speaks_tls ($class) { `$PROGRAM -h 2>&1` !~ /OpenSMTPD 6[.]/ }

sub log_file ($self) { $self->path('output') }
sub queue ($self) { map { "/var/spool/smtpd/$_" } qw(incoming queue) }
sub opened ($self) { qr/ smtp connected / }
sub closed ($self) { qr/ smtp disconnected / }
sub command ($self) { ($PROGRAM, '-d', '-f', $self->path('smtpd.conf')) }

sub configure ($self) {
	# A bare postmaster is one at the name of the host.
	my $domains = join ', ', map { qq("$_") } $self->domains,
	    map { $_->{name} } $self->hosts;

	$self->write_file('smtpd.conf', join "\n",
	    (map { $self->_listeners($_) } $self->hosts), <<"END");
table recipients { postmaster = root }
action keep mbox virtual <recipients>
match from any for domain { $domains } action keep
END
}

sub _listeners ($self, $host) {
	my ($name, $chain, $key) = ($host->{name}, $self->chain_file($host),
	    $self->key_file($host));
	my $tls = $host->{certificate} ? "tls pki $name" : '';

	return ($tls ? <<"END" : '',
pki $name cert "$chain"
pki $name key "$key"
END
	    map { "listen on $_ hostname $name $tls" } @{$host->{addresses}});
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Postfix - one Postfix whose master.cf has a listener for every address.
#
# A host's options are parameters of its own smtpd, those of a port are added;
# screened puts postscreen in front; second_by_sni keeps its second certificate
# for clients that name it. Loopback is not in mynetworks: a client in the lab
# is a stranger. settings are parameters, services lines of master.cf for all.
package Lab::Postfix;

use v5.36;
use parent 'Lab::Server';
use File::Path qw(make_path);

my $DAEMONS = '/usr/lib/postfix/sbin';

sub absent ($class) {
	return -x "$DAEMONS/master" ? () : 'Postfix is not installed';
}

sub queue ($self) {
	return map { $self->path('queue', $_) }
	    qw(maildrop incoming active deferred hold corrupt);
}

sub opened ($self) {
	return qr/smtpd\[\d+\]: connect from|screen\[\d+\]: CONNECT from/;
}

# Whom postscreen knows it hands over at once; smtpd logs the rest.
sub closed ($self) {
	return qr/smtpd\[\d+\]:[ ]disconnect[ ]from
	    | screen\[\d+\]:[ ](?:DISCONNECT|PASS[ ]OLD)[ ]/x;
}

# Logging is a queue: when our own line is through, so is all that was said
# before, as that a conversation began.
sub log_since ($self, $offset) {
	my $mark = 'mark ' . ++$self->{marks};

	system 'postlog', '-c', $self->path('etc'), '-t', 'lab', $mark;
	$self->await_line(qr/lab\[\d+\]: $mark$/m);
	return $self->SUPER::log_since($offset);
}

sub configure ($self) {
	my ($folder, $log) = ($self->path, $self->log_file);
	my @domains = $self->domains;
	my %settings = (
		# A message that got in stays in the queue, where it is found.
		defer_transports => 'local, smtp, relay, virtual',
		local_recipient_maps => 'inline:{postmaster=x}',
		%{$self->{settings} // {}},
	);

	make_path map { "$folder/$_" } qw(etc data queue);
	chown scalar getpwnam 'postfix', -1, "$folder/data";
	$self->write_file('etc/main.cf', <<"END");
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
maillog_file = $log
maillog_file_prefixes = $folder
inet_protocols = all
myhostname = mail.lab.test
myorigin = $domains[0]
mydestination = @domains
mynetworks = 192.0.2.255/32
alias_maps =
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_peername_lookup = no
smtpd_client_event_limit_exceptions = static:all
smtpd_tls_security_level = may
smtpd_tls_protocols = >=TLSv1.2
smtpd_tls_loglevel = 1
default_process_limit = 200
${\ join "\n", map { "$_ = $settings{$_}" } sort keys %settings}
END
	# Postfix does not trust a file that may still be written to, and waits.
	utime 0, 0, $self->path('etc/main.cf');
	$self->write_file('etc/master.cf', join "\n",
	    (map { $self->_services($_) } $self->hosts), <<'END'
tlsmgr    unix - - n 1000? 1 tlsmgr
cleanup   unix n - n -     0 cleanup
pickup    unix n - n 60    1 pickup
qmgr      unix n - n 300   1 qmgr
rewrite   unix - - n -     - trivial-rewrite
bounce    unix - - n -     0 bounce
defer     unix - - n -     0 bounce
trace     unix - - n -     0 bounce
error     unix - - n -     - error
retry     unix - - n -     - error
showq     unix n - n -     - showq
anvil     unix - - n -     1 anvil
postlog   unix-dgram n - n - 1 postlogd
END
	    . ($self->{services} // ''));
}

# A host's master.cf entries: each is the columns of one service.
sub _services ($self, $host) {
	return map { $self->_services_at($host, $_) } $self->ports($host);
}

sub _services_at ($self, $host, $port) {
	my @listeners = $self->sockets_of($host, $port);
	my @services = $host->{screened}
	    ? ((map { "$_ inet n - n - 1 postscreen" } @listeners),
		'smtpd pass - - n - - smtpd',
		'tlsproxy unix - - n - 0 tlsproxy')
	    : map { "$_ inet n - n - - smtpd" } @listeners;
	my %option = (
		myhostname => $host->{name},
		$self->_tls_options($host),
		%{$host->{options} // {}},
		%{$host->{ports}{$port}},
	);
	my $options = join '',
	    map { "  -o { $_ = $option{$_} }\n" } sort keys %option;

	return map { "$_\n$options" } @services;
}

sub _tls_options ($self, $host) {
	my @pairs = map { join ', ', @$_ } $self->pairs($host)
	    or return (smtpd_tls_security_level => 'none');
	my @by_sni = splice @pairs, $host->{second_by_sni} ? 1 : @pairs;

	return (smtpd_tls_chain_files => join(', ', @pairs),
	    map { (tls_server_sni_maps => "inline:{ { $host->{name} = $_ } }") }
		@by_sni);
}

sub command ($self) {
	# It makes the folders of the queue.
	system 'postfix', '-c', $self->path('etc'), 'check'
	    and die "postfix check failed\n";
	return ("$DAEMONS/master", '-s', '-c', $self->path('etc'));
}

1;

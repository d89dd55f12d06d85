# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Exim - one Exim (GnuTLS) that serves all its addresses, each under its
# own name, with the relay rules that Debian ships.
package Lab::Exim;

use v5.36;
use parent 'Lab::Server';
use File::Path qw(make_path);

use Lab::Namespace;

my $PROGRAM = Lab::Namespace::unpacked('exim4-daemon-light', 'usr/sbin/exim4');

sub absent ($class) { return -x $PROGRAM ? () : 'Exim is not unpacked' }
sub owner ($self) { 'Debian-exim' }
sub log_file ($self) { $self->path('log', 'main') }
sub queue ($self) { map { $self->path('spool', $_) } qw(input msglog) }
sub opened ($self) { qr/ SMTP connection from \[[^\n]*TCP\/IP connection/ }
sub command ($self) { ($PROGRAM, '-bdf', '-C', $self->path('exim.conf')) }

sub closed ($self) {
	return qr/[ ]SMTP[ ](?:connection|command[ ]timeout|data[ ]timeout)[ ]
	    [^\n]*(?:closed[ ]by|lost|D=|dropped|timed[ ]out)/x;
}

sub configure ($self) {
	my $folder = $self->path;
	my $addresses = join ' ; ', map { @{$_->{addresses}} } $self->hosts;
	my @domains = $self->domains;
	my $names = join ' ', map {
		my $name = $_->{name};
		map { "$_=$name" } @{$_->{addresses}};
	} $self->hosts;

	make_path map({ "$folder/$_" } qw(log spool)),
	    { owner => $self->owner, group => $self->owner };
	$self->write_file('exim.conf', <<"END");
exim_path = $PROGRAM
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = $folder/spool
log_file_path = $folder/log/%s
pid_file_path = $folder/spool/exim.pid
log_selector = +smtp_connection +smtp_protocol_error +smtp_syntax_error
local_interfaces = <; $addresses
primary_hostname = mail.lab.test
qualify_domain = $domains[0]
smtp_active_hostname = \${extract{\$received_ip_address}{$names}}
domainlist local_domains = ${\ join ' : ', @domains }
tls_advertise_hosts = *
tls_certificate = $folder/\$smtp_active_hostname.pem
tls_privatekey = $folder/\$smtp_active_hostname.key
keep_environment =
# A message that got in stays in the queue, where it is found.
queue_only = true
acl_smtp_rcpt = check_rcpt

begin acl
check_rcpt:
  deny    message = Restricted characters in address
          domains = +local_domains
          local_parts = ^[.] : ^.*[@%!/|]
  deny    message = Restricted characters in address
          domains = !+local_domains
          local_parts = ^[./|] : ^.*[@%!] : ^.*/\\\\.\\\\./
  accept  local_parts = postmaster
          domains = +local_domains
  require verify = sender
  require message = relay not permitted
          domains = +local_domains
  require verify = recipient
  accept

begin routers
elsewhere:
  driver = dnslookup
  domains = ! +local_domains
  self = send
  transport = smtp
  no_more
here:
  driver = accept
  local_parts = postmaster
  transport = smtp

begin transports
smtp:
  driver = smtp
END
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Exim - one Exim (GnuTLS) that serves all its addresses, each under its
# own name, with the relay rules that Debian ships.
#
# users (name and password) may log in: inside TLS, on port 2525 in the clear
# too; of the one called broken Exim can't tell. With mailboxes, local parts, it
# delivers into Maildirs.
package Lab::Exim;

use v5.36;
use parent 'Lab::Server';
use File::Path qw(make_path);

use Lab::Namespace;

# Those where TLS comes first, or where there need not be any for a login.
my $TLS_PORT = 465;
my $CLEAR_PORT = 2525;

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
	my $sockets = join ' ; ',
	    map { s/^([^\[]+):/[$1]:/r } $self->sockets;
	my @mailboxes = @{$self->{mailboxes} // []};
	my $queue_only = @mailboxes ? 'false' : 'true';
	my $transport = @mailboxes ? 'maildir' : 'smtp';
	my @domains = $self->domains;
	my $names = join ' ', map {
		my $name = $_->{name};
		map { "$_=$name" } @{$_->{addresses}};
	} $self->hosts;

	make_path map({ "$folder/$_" } qw(log mail spool)),
	    { owner => $self->owner, group => $self->owner };
	$self->write_file('exim.conf', <<"END");
exim_path = $PROGRAM
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = $folder/spool
log_file_path = $folder/log/%s
pid_file_path = $folder/spool/exim.pid
log_selector = +smtp_connection +smtp_protocol_error +smtp_syntax_error
local_interfaces = <; $sockets
tls_on_connect_ports = $TLS_PORT
primary_hostname = mail.lab.test
qualify_domain = $domains[0]
smtp_active_hostname = \${extract{\${if def:received_ip_address \\
    {\$received_ip_address}{none}}}{$names}{\$value}{mail.lab.test}}
domainlist local_domains = ${\ join ' : ', @domains }
tls_advertise_hosts = *
tls_certificate = $folder/\$smtp_active_hostname.pem
tls_privatekey = $folder/\$smtp_active_hostname.key
keep_environment =
# A message that got in stays in the queue, where it is found.
queue_only = $queue_only
# Whoever starts it with this configuration is not trusted with root's rights.
deliver_drop_privilege = true
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
  accept  authenticated = *
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
  domains = +local_domains
  local_parts = ${\ join ' : ', 'postmaster', @mailboxes}
  transport = $transport

begin transports
smtp:
  driver = smtp
maildir:
  driver = appendfile
  directory = $folder/mail/\$local_part_data@\$domain_data
  maildir_format
${\ $self->_authenticators}
END
}

sub _authenticators ($self) {
	my %users = %{$self->{users} // return ''};
	my $file = $self->write_file('users',
	    join '', map { "$_: $users{$_}\n" } sort keys %users);
	my $offered = 'server_advertise_condition = ${if or{{def:tls_in_cipher}'
	    . "{eq{\$received_port}{$CLEAR_PORT}}}}";
	my $known = sub ($name) {
		"\${lookup{$name}lsearch{\${if eq{$name}{$self->{broken}}"
		    . "{$file.missing}{$file}}}{\$value}fail}";
	};

	return <<"END";
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{\$auth3}{${\ $known->('$auth2')}}}
  server_set_id = \$auth2
  $offered
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = \${if eq{\$auth2}{${\ $known->('$auth1')}}}
  server_set_id = \$auth1
  $offered
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = ${\ $known->('$auth1')}
  server_set_id = \$auth1
  $offered
END
}

1;

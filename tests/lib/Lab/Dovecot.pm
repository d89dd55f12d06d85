# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Dovecot - mailboxes: IMAP, LMTP, and logins for a Postfix.
#
#   my $mailboxes = Lab::Dovecot->start(
#       users => { 'joe@healthy.test' => 'a password' },
#   );
#   $mailboxes->await;
#
# What else start() takes:
#
#   name         of the host, mail.lab.test by default
#   address      127.0.0.80 by default
#   certificate  what differs from a good one for the name (see Certs)
#   mechanisms   'plain login' ...; all that it knows by default
#   in_clear     passwords are taken without TLS too
#   settings     lines of dovecot.conf, after all others
#
# It listens for IMAP (143 with STARTTLS, 993) and LMTP (24). The user is a whole
# address; every user has a Maildir, and instead of the password an access token
# will do: token($user). A Postfix has smtpd_sasl_type = dovecot and
# smtpd_sasl_path = auth_socket().
package Lab::Dovecot;

use v5.36;
use parent 'Lab::Server';
use Digest::SHA qw(hmac_sha256);
use File::Path qw(make_path);
use JSON::PP qw(encode_json);
use MIME::Base64 qw(encode_base64 encode_base64url);

use Lab::Namespace;

# Its programs look for their libraries here only.
my $LIBRARIES = '/usr/lib/dovecot';
my $ADDRESS = '127.0.0.80';
my $TOKEN_KEY = 'the lab signs its access tokens with this';
my $OWNER = 'nobody';	# of all mailboxes

sub _unpacked ($file) {
	return Lab::Namespace::unpacked('dovecot-core', $file);
}

sub absent ($class) {
	return if -d $LIBRARIES && !grep { !-x _unpacked($_) }
	    map({ "usr/lib/dovecot/$_" } qw(imap lmtp)), 'usr/sbin/dovecot';
	return 'Dovecot is not unpacked';
}

sub start ($class, %its) {
	my %host = (name => $its{name} // 'mail.lab.test',
	    addresses => [$its{address} // $ADDRESS], domains => []);

	$host{certificate} = { names => [$host{name}],
	    %{$its{certificate} // {}} };
	return $class->SUPER::start(%its, hosts => [\%host]);
}

sub host ($self) { ($self->hosts)[0] }
sub name ($self) { $self->host->{name} }
sub address ($self) { $self->host->{addresses}[0] }
sub auth_socket ($self) { $self->path('postfix-auth') }
sub maildir ($self, $user) { $self->path('mail', $user, 'Maildir') }

sub sockets ($self) {
	return map { $self->address . ":$_" } 24, 143, 993;
}

# The files of a user's messages.
sub mail ($self, $user) {
	my $folder = $self->maildir($user);
	return sort glob "$folder/new/* $folder/cur/*";
}

# An access token (RFC 7519) for the user; exp => 1 has expired long ago.
sub token ($self, $user, %claims) {
	my %payload = (sub => $user, exp => time + 3600, %claims);
	my $signed = join '.', map { encode_base64url(encode_json($_)) }
	    { alg => 'HS256', typ => 'JWT' }, \%payload;

	return "$signed." . encode_base64url(hmac_sha256($signed, $TOKEN_KEY));
}

# A session of IMAP, from the login on, and one of LMTP.
sub opened ($self) { qr/ imap-login: Info: Login: |: Info: Connect from / }

sub closed ($self) {
	return qr/[ ]imap(?:[(][^\n]*)?:[ ]Info:[ ]
		(?:Logged|Disconnected|Connection)
	    |:[ ]Info:[ ]Disconnect[ ]from[ ]/x;
}

sub command ($self) {
	my @conf = ('-c', $self->path('conf'));

	Lab::Namespace::run(qw(mount --bind),
	    _unpacked($LIBRARIES =~ s{^/}{}r), $LIBRARIES);

	# As dovecot itself would call it, which knows only /usr/bin/doveconf.
	return (_unpacked('usr/bin/doveconf'), @conf, qw(-m master -p -e),
	    _unpacked('usr/sbin/dovecot'), '-F', @conf);
}

sub configure ($self) {
	my $users = $self->{users};

	for my $user (sort keys %$users) {
		make_path(map({ $self->maildir($user) . "/$_" }
		    qw(new cur tmp)), { owner => $OWNER });
		chown +(getpwnam $OWNER)[2, 3], $self->path('mail', $user);
	}
	$self->write_file('users', join '',
	    map { "$_:{PLAIN}$users->{$_}::::::nodelay=yes\n" } sort keys %$users);
	make_path($self->path(qw(keys default HS256)));
	$self->write_file('keys/default/HS256/default',
	    encode_base64($TOKEN_KEY, ''));
	$self->write_file('oauth2', <<"END");
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=${\ $self->path('keys/') }
username_attribute = sub
END
	$self->write_file('conf', join "\n", $self->_main, $self->_services,
	    $self->{settings} // '', '');
}

sub _main ($self) {
	my $folder = $self->path;
	my $host = $self->host;
	my $mechanisms = $self->{mechanisms}
	    // 'plain login cram-md5 scram-sha-1 scram-sha-256 xoauth2';

	return <<"END";
base_dir = $folder/base
state_dir = $folder/state
log_path = ${\ $self->log_file }
listen = ${\ $self->address }
protocols = imap lmtp
ssl = yes
ssl_cert = <${\ $self->chain_file($host) }
ssl_key = <${\ $self->key_file($host) }
disable_plaintext_auth = ${\ ($self->{in_clear} ? 'no' : 'yes') }
auth_mechanisms = $mechanisms
auth_failure_delay = 0
auth_verbose = yes
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
postmaster_address = postmaster\@${\ $self->name }
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = $folder/oauth2
}
passdb {
  driver = passwd-file
  args = username_format=%u $folder/users
}
userdb {
  driver = passwd-file
  args = username_format=%u $folder/users
  default_fields = uid=$OWNER gid=nogroup home=$folder/mail/%u
}
END
}

sub _services ($self) {
	return <<"END";
service imap-login {
  inet_listener imap {
    port = 143
  }
  inet_listener imaps {
    port = 993
    ssl = yes
  }
}
service lmtp {
  inet_listener lmtp {
    port = 24
  }
}
# Nobody has to wait after logins that failed.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service auth {
  unix_listener ${\ $self->auth_socket } {
    mode = 0666
  }
}
END
}

1;

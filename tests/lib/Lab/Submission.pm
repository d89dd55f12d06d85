# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Submission - the lab with logins and mailboxes: another world, used like
# Lab.
#
#   Lab::Submission->enter;
#   my $lab = Lab::Submission->new;
#   my $run = $lab->check('check_mx_auth', '-H', 'mx.mail.test', ...);
#   $lab->settle;
#   my @texts = $lab->mail('user@mail.test');
#
# Postfix lets in whom Dovecot knows, and delivers into Maildirs of its own;
# so does Exim, by itself; Dovecot does by LMTP.
#
#   25    mail for its own domain, no login; STARTTLS
#   465   login; TLS from the first byte
#   587   login inside TLS only
#   2525  login, in the clear too
#   2526  as 25, behind a proxy (PROXY protocol)
#   2527  login without TLS, not by a mechanism that tells the password; no
#         SMTPUTF8
#   2528  as 25, with hardly any extension
#
# Dovecot takes mail by LMTP at its own host.
package Lab::Submission;

use v5.36;
use parent -norequire, 'Lab';
use Carp qw(croak);
use Fcntl qw(O_CREAT O_EXCL O_WRONLY);
use File::Path qw(make_path);
use JSON::PP ();
use MIME::Base64 qw(encode_base64);
use Time::HiRes qw(sleep time);

use Certs;
use Lab;
use Lab::Dovecot;
use Lab::Namespace;

our $USER = 'monitor@mail.test';
our $SECRET = 'Kn0ck & "enter", 100%\o/ [ok]';
# With what SCRAM has to escape, and letters beyond ASCII.
our $ODD_USER = 'o=r,l+1@mail.test';
our $ODD_SECRET = 'Grüße, 世界=1,2';
our $BROKEN = 'broken@mail.test';	# Exim can't tell whether it exists

my %SECRET_OF = ($USER => $SECRET, $ODD_USER => $ODD_SECRET);
my @LMTP_USERS = ('user@lmtp.test', 'other@lmtp.test');
my $MAIL = "$Lab::Namespace::FOLDER/mail";
my $EXIM_MAIL = "$Lab::Namespace::FOLDER/Exim/mail";
my $OWNER = 'mail';
my $SIZE_LIMIT = 100_000;
my $PATIENCE = 10;	# seconds that a message takes at most

# Who gets mail at mail.test; whose delivery fails, and who is put off. What
# becomes of mail depends on its sender, too: see _postfix().
my @MAILBOXES = qw(monitor user other postmaster);
my $BOUNCING = 'bouncing@mail.test';
my $DEFERRED = 'deferred@mail.test';

my %LOGIN = (
	smtpd_sasl_auth_enable => 'yes',
	smtpd_relay_restrictions =>
	    'permit_sasl_authenticated, reject_unauth_destination',
);
my %LOGIN_PORTS = (
	465 => { %LOGIN, smtpd_tls_wrappermode => 'yes' },
	587 => { %LOGIN, smtpd_tls_security_level => 'encrypt' },
);
my %BAD = (ports => \%LOGIN_PORTS);

my @HOSTS = (
	['mx.mail.test', Postfix => ['127.0.3.1'], ports => {
		25 => {},
		%LOGIN_PORTS,
		2525 => { %LOGIN },
		2526 => { smtpd_upstream_proxy_protocol => 'haproxy' },
		2527 => { %LOGIN, smtpd_tls_security_level => 'none',
		    smtpd_sasl_security_options => 'noanonymous, noplaintext',
		    smtpd_discard_ehlo_keywords => 'smtputf8' },
		2528 => { smtpd_discard_ehlo_keywords =>
		    '8bitmime, smtputf8, dsn, pipelining, size, chunking' },
	}],
	['mx.expired.test', Postfix => ['127.0.3.2'], %BAD, certificate => {
		not_before => Certs::days(-33.5),
		not_after => Certs::days(-3.5),
	}],
	['mx.selfsigned.test', Postfix => ['127.0.3.3'], %BAD,
	    certificate => { issuer => 'self' }],
	['mx.wrongname.test', Postfix => ['127.0.3.4'], %BAD,
	    certificate => { names => ['mail.elsewhere.test'] }],
	['mx.clear.test', Postfix => ['127.0.3.5'], clear => 1,
	    ports => { 587 => { %LOGIN } }],
	['mx.exim.test', Exim => ['127.0.3.30'],
	    ports => { map { $_ => {} } 25, 465, 587, 2525 }],
	['lmtp.mail.test', Dovecot => ['127.0.3.24']],
);

my $dovecot;

sub hosts ($class) { return Lab::hosts_of_rows({}, @HOSTS) }

sub records ($class, @hosts) {
	return ("$Lab::Namespace::HOST. A 127.0.0.1",
	    Lab::records_of_hosts({}, @hosts));
}

# Dovecot is the first one; Postfix has to know where to find it.
sub start_server ($class, $kind, @hosts) {
	return $dovecot = $kind->start(_dovecot(@hosts))
	    if $kind eq 'Lab::Dovecot';
	return $kind->start(hosts => \@hosts,
	    $kind eq 'Lab::Exim' ? _exim() : _postfix());
}

sub _dovecot ($host) {
	return (%$host{qw(name certificate)}, address => $host->{addresses}[0],
	    settings => 'auth_username_chars =',
	    users => { %SECRET_OF,
		map { $_ => "the password of $_" } @LMTP_USERS });
}

sub _postfix () {
	my ($uid, $gid) = (getpwnam $OWNER)[2, 3];
	my @users = map { "$_\@mail.test" } @MAILBOXES;

	make_path $MAIL, { owner => $OWNER, group => $OWNER };
	return (settings => {
		defer_transports => 'smtp',
		local_transport => 'virtual',
		local_recipient_maps => _inline(map { $_ => 'x' } @users,
		    $BOUNCING, $DEFERRED),
		# Nothing is completed for clients on this machine.
		local_header_rewrite_clients => '',
		message_size_limit => $SIZE_LIMIT,
		smtpd_forbid_bare_newline => 'reject',
		smtpd_delay_reject => 'no',
		smtpd_sender_restrictions => _access('sender',
		    'refused@mail.test' => '550 5.7.1 Not you',
		    'late@mail.test' => '451 4.7.1 You again, but later'),
		smtpd_recipient_restrictions => _access('recipient',
		    $DEFERRED => '450 4.2.0 Come back later'),
		smtpd_data_restrictions => _access('sender',
		    'nodata@mail.test' => '554 5.7.0 Keep it',
		    'latedata@mail.test' => '451 4.3.0 Keep it for now'),
		smtpd_end_of_data_restrictions => _access('sender',
		    'spam@mail.test' => '550 5.7.1 Looks like spam',
		    'full@mail.test' => '452 4.3.1 Disk full'),
		smtpd_sasl_type => 'dovecot',
		smtpd_sasl_path => $dovecot->auth_socket,
		smtpd_tls_auth_only => 'no',
		transport_maps => _inline($BOUNCING => 'failing:'),
		virtual_mailbox_base => $MAIL,
		virtual_mailbox_maps => _inline(map { $_ => "$_/" } @users),
		virtual_minimum_uid => 1,
		virtual_uid_maps => "static:$uid",
		virtual_gid_maps => "static:$gid",
	}, services => <<"END");
virtual unix - n n - - virtual
failing unix - n n - - pipe
  flags=q user=$OWNER argv=/bin/false
END
}

sub _inline (%table) {
	return 'inline:{ ' . join(', ', map { "{ $_ = $table{$_} }" }
	    sort keys %table) . ' }';
}

sub _access ($whose, %answers) {
	return "check_${whose}_access " . _inline(%answers);
}

sub _exim () {
	return (users => \%SECRET_OF, broken => $BROKEN,
	    mailboxes => ['user']);
}

# Returns when all that was accepted has been delivered, and notices of it too.
sub settle ($self) {
	my $give_up = time + $PATIENCE;

	while (time < $give_up) {
		map { $_->messages } @{$self->{servers}} or last;
		sleep 0.02;
	}
}

# An access token for the user, good for so many seconds.
sub token ($self, $seconds, %claims) {
	return $dovecot->token($USER, exp => int(time) + $seconds, %claims);
}

# Where a user's mail comes to.
sub maildir ($self, $user) {
	return $dovecot->maildir($user) if $user =~ /[@]lmtp/;
	return "$EXIM_MAIL/$user" if $user =~ /[@]exim/;
	return "$MAIL/$user";
}

# The files of the messages that a user has got, the oldest first.
sub _files ($self, $user) {
	my $new = $self->maildir($user) . '/new';

	opendir my $folder, $new or return;
	return map { "$new/$_" } sort grep { !/^[.]/ } readdir $folder;
}

# Takes so many messages out of a user's mailbox, once they are there; their
# texts. Fewer, if no more come.
sub mail ($self, $user, $count = 1) {
	my $give_up = time + $PATIENCE;
	my @files;

	while ((@files = $self->_files($user)) < $count && time < $give_up) {
		sleep 0.02;
	}
	my @texts = map { Lab::Server::slurp($_) } @files;
	unlink @files;
	return @texts;
}

# A new file with a secret in it, for nobody else to read.
sub secret_file ($self, $secret) {
	my $file = "$Lab::Namespace::FOLDER/secret." . ++$self->{secrets};

	sysopen my $out, $file, O_CREAT | O_EXCL | O_WRONLY, 0600
	    or croak "$file: $!";
	print $out "$secret\n";
	close $out or croak "$file: $!";
	return $file;
}

# What of a secret is in a text: itself, or the part of its base64 that is the
# same whatever stands before and behind it.
sub leaks ($text, $secret) {
	return grep { index($text, $_) >= 0 } $secret, map {
		my $base64 = encode_base64(('x' x $_) . $secret, '');
		substr $base64, $_ && $_ + 1, -4;
	} 0 .. 2;
}

# The one server of a run with --output-format=json.
sub server ($run) {
	my $object = eval { JSON::PP->new->utf8->decode($run->output) } // {};
	return ($object->{servers} // [])->[0] // {};
}

1;

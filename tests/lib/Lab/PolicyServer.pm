# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::PolicyServer - nginx on port 443: a site for each MTA-STS policy host.
#
# A site is a hash:
#
#   name         mta-sts.DOMAIN. Only a client that names it by SNI gets in
#   policy       the bytes of /.well-known/mta-sts.txt, and of /moved.txt
#   addresses    ['127.0.0.60'] by default
#   certificate  what differs from a good one for the name (see Certs); undef:
#                no TLS, for which the site needs an address of its own
#   settings     directives of nginx for the policy: 'return 404;'
#
# requests() are those made so far: { host, method, path, status, agent }.
package Lab::PolicyServer;

use v5.36;
use parent 'Lab::Server';
use Carp qw(croak);
use IO::Socket::IP;
use List::Util qw(uniq);

use Lab::Namespace;

my $PROGRAM = Lab::Namespace::unpacked('nginx', 'usr/sbin/nginx');
my $ADDRESS = '127.0.0.60';
my $MARKS = '127.0.0.60:80';

sub absent ($class) { return -x $PROGRAM ? () : 'nginx is not unpacked' }

sub start ($class, %its) {
	my @sites = map { { addresses => [$ADDRESS], certificate => {}, %$_ } }
	    @{$its{hosts}};

	for my $site (grep { $_->{certificate} } @sites) {
		$site->{certificate} = { names => [$site->{name}],
		    %{$site->{certificate}} };
	}
	return $class->SUPER::start(hosts => \@sites);
}

sub command ($self) { ($PROGRAM, '-e', 'stderr', '-c', $self->path('conf')) }
sub sockets ($self) { (_sockets($self->hosts), $MARKS) }

sub _sockets (@sites) {
	return uniq map { /:/ ? "[$_]:443" : "$_:443" }
	    map { @{$_->{addresses}} } @sites;
}

sub configure ($self) {
	my ($folder, $log) = ($self->path, $self->log_file);
	my @sites = map { $self->_site($_) } $self->hosts;
	my $strangers = join '', map { "listen $_ ssl http2 default_server;\n" }
	    _sockets(grep { $_->{certificate} } $self->hosts);

	$self->write_file('conf', join "\n", <<"END", @sites, "}\n");
daemon off;
master_process off;
user root;
pid $folder/pid;
events {}
http {
log_format fields '\$host\\t\$request_method\\t\$request_uri\\t'
    '\$status\\t\$http_user_agent';
access_log $log fields;
client_body_temp_path $folder/body;
proxy_temp_path $folder/proxy;
fastcgi_temp_path $folder/fastcgi;
uwsgi_temp_path $folder/uwsgi;
scgi_temp_path $folder/scgi;
default_type text/plain;
server_names_hash_bucket_size 128;
server_names_hash_max_size 4096;
server { listen $MARKS; return 204; }
server {
${strangers}ssl_reject_handshake on;
}
END
}

sub _site ($self, $site) {
	my ($name, $tls) = @$site{qw(name certificate)};
	my $file = $self->write_file("$name.txt", $site->{policy} // '');
	my $options = $tls ? 'ssl http2' : '';
	my $settings = $site->{settings} // '';
	my $listen = join '', map { "listen $_ $options;\n" } _sockets($site);
	my $certificate = $tls ? <<"END" : '';
ssl_certificate ${\ $self->chain_file($site)};
ssl_certificate_key ${\ $self->key_file($site)};
END

	return <<"END";
server {
server_name $name;
$listen$certificate
location = /.well-known/mta-sts.txt { alias $file; $settings }
location = /moved.txt { alias $file; }
}
END
}

# nginx is one process that does one thing after the other: when it has logged
# our own request, it has logged those before.
sub requests ($self) {
	my $mark = '/mark-' . ++$self->{marks};
	my $web = IO::Socket::IP->new(PeerAddr => $MARKS)
	    or croak "$MARKS: $@";

	print $web "GET $mark HTTP/1.0\r\n\r\n";
	$self->await_line(qr/\t$mark\t/);
	return grep { $_->{path} !~ m{^/mark-} } map {
		my %request;
		@request{qw(host method path status agent)} = split /\t/;
		\%request;
	} split /\n/, Lab::Server::slurp($self->log_file);
}

1;

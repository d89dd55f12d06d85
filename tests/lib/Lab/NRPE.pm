# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::NRPE - an NRPE server with the commands of contrib/nrpe.
#
#   my $nrpe = Lab::NRPE->start(ca_file => $file,
#       commands => { long => '/usr/lib/nagios/plugins/check_mx -vvv ...' });
#   $nrpe->await;
#   my $run = $nrpe->ask('check_mx_banner', '-2');      # a result of CheckMX
#
# TLS is what both sides agree on when nobody has configured anything. ca_file
# is whom the plugins trust, who run as nobody; ask() takes further options for
# check_nrpe.
package Lab::NRPE;

use v5.36;
use parent 'Lab::Server';
use Cwd qw(abs_path);
use File::Basename qw(dirname);

use CheckMX qw(testCmd);
use Lab::Nagios;
use Lab::Namespace;

my $COMMANDS =
    abs_path(dirname(__FILE__) . '/../../../contrib/nrpe/check_mx.cfg');
my $SERVER = _unpacked('usr/sbin/nrpe');
my $CLIENT = _unpacked('usr/lib/nagios/plugins/check_nrpe');
my $ADDRESS = '127.0.0.90';
my $PORT = 5666;
my $SECONDS = 40;	# for a check, as contrib/nrpe advises

sub _unpacked ($file) {
	return Lab::Namespace::unpacked('nagios-nrpe-server', $file);
}

sub absent ($class) {
	return if -x $SERVER && -x $CLIENT && -d $Lab::Nagios::PLUGINS;
	return 'NRPE is not unpacked';
}

sub sockets ($self) { "$ADDRESS:$PORT" }

sub command ($self) {
	return ('env', 'SSL_CERT_FILE=' . $self->path('ca.pem'), $SERVER, '-f',
	    '-c', $self->path('nrpe.cfg'));
}

sub configure ($self) {
	my %more = %{$self->{commands} // {}};

	Lab::Nagios::mount_plugins();
	$self->write_file('ca.pem', Lab::Server::slurp($self->{ca_file}));
	$self->write_file('nrpe.cfg', join "\n", <<"END",
pid_file=${\ $self->path('pid') }
log_file=${\ $self->log_file }
server_address=$ADDRESS
server_port=$PORT
nrpe_user=nobody
nrpe_group=nogroup
allowed_hosts=127.0.0.0/8
dont_blame_nrpe=0
command_timeout=60
keep_env_vars=SSL_CERT_FILE
include=$COMMANDS
END
	    map({ "command[$_]=$more{$_}" } sort keys %more), '');
}

sub ask ($self, $command, @options) {
	return testCmd($CLIENT, '-H', $ADDRESS, '-p', $PORT, '-t', $SECONDS,
	    '-D', @options, '-c', $command);
}

1;

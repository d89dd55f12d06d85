# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Nagios - a Nagios 4 core with the definitions of contrib/nagios, beside
# the objects that Debian brings.
#
#   my $nagios = Lab::Nagios->start(objects => $text, ca_file => $file);
#   my %service = %{($nagios->status)[0]};      # as status.dat has it
#
# Everything that objects defines is checked at once, then by its intervals.
# status() waits until each has been checked, and returns the hosts and services:
# hashes with kind ('host', 'service') and the keys of status.dat, line ends in
# long_plugin_output as they were. ca_file is whom the plugins trust, as all that
# they are given in the environment.
# verify(@files) returns what nagios4 -v says of definitions, and whether it is
# content.
package Lab::Nagios;

use v5.36;
use parent 'Lab::Server';
use Carp qw(croak);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use Time::HiRes qw(sleep time);

use CheckMX ();
use Lab::Namespace;

my $CONTRIB = abs_path(dirname(__FILE__) . '/../../../contrib/nagios');
my $PROGRAM = _unpacked('usr/sbin/nagios4');
my $PATIENCE = 90;	# seconds until every check has been made
my $TIMEOUT = 60;	# seconds that Nagios gives a plugin, as it comes
our $PLUGINS = '/usr/lib/nagios/plugins';	# as contrib/nagios has it

sub _unpacked ($file) { Lab::Namespace::unpacked('nagios4-core', $file) }

sub absent ($class) {
	return if -x $PROGRAM && -d $PLUGINS;
	return 'Nagios is not unpacked';
}

# Puts the built plugins where a distribution has them.
sub mount_plugins () {
	Lab::Namespace::run(qw(mount --bind),
	    dirname(CheckMX::plugin('check_mx')), $PLUGINS);
}

sub command ($self) {
	return ('env', "SSL_CERT_FILE=$self->{ca_file}", $PROGRAM,
	    $self->path('nagios.cfg'));
}

sub configure ($self) {
	mount_plugins();
	make_path($self->path($_)) for qw(tmp results rw);
	$self->write_file('objects.cfg', $self->{objects});
	$self->write_file('nagios.cfg', $self->_settings(
	    map({ "$CONTRIB/$_.cfg" } qw(check_mx templates)),
	    $self->path('objects.cfg')));
}

sub _settings ($self, @files) {
	my $folder = $self->path;
	my $objects = join "\n", map { "cfg_file=$_" }
	    map({ _unpacked("etc/nagios4/objects/$_.cfg") }
		qw(commands contacts templates timeperiods)), @files;

	return <<"END";
$objects
nagios_user=root
nagios_group=root
log_file=$folder/log
lock_file=$folder/pid
object_cache_file=$folder/objects.cache
precached_object_file=$folder/objects.precache
status_file=$folder/status.dat
status_update_interval=1
state_retention_file=$folder/retention.dat
temp_file=$folder/tmp/file
temp_path=$folder/tmp
check_result_path=$folder/results
check_external_commands=0
command_file=$folder/rw/nagios.cmd
query_socket=$folder/rw/nagios.qh
use_syslog=0
check_for_updates=0
enable_notifications=0
host_inter_check_delay_method=n
service_inter_check_delay_method=n
check_result_reaper_frequency=1
service_check_timeout=$TIMEOUT
host_check_timeout=$TIMEOUT
illegal_object_name_chars=`~!\$%^&*|'"<>?,()=
illegal_macro_output_chars=`~\$&|'"<>
END
}

sub verify ($self, @files) {
	my $file = $self->write_file('verify.cfg', $self->_settings(@files));
	my $words = `$PROGRAM -v $file 2>&1`;

	return ($words, $? == 0);
}

sub await ($self) { $self->status }

sub status ($self) {
	my $give_up = time + $PATIENCE;

	while (1) {
		my @objects = _objects(Lab::Server::slurp(
		    $self->path('status.dat')));
		my @waiting = grep { !$_->{has_been_checked} } @objects;
		return @objects if @objects && !@waiting;
		croak 'not checked: ', join(', ', map { $_->{host_name}
		    . ' ' . ($_->{service_description} // '') } @waiting),
		    $self->words if time > $give_up;
		sleep 0.2;
	}
}

sub _objects ($text) {
	my @objects;

	while ($text =~ /^(host|service)status \{\n(.*?)^\t\}/msg) {
		my ($kind, $body) = ($1, $2);
		my %object = (kind => $kind, $body =~ /^\t(\w+)=(.*)$/mg);
		$object{long_plugin_output} =~
		    s/\\(.)/$1 eq 'n' ? "\n" : $1/ge;
		push @objects, \%object;
	}
	return @objects;
}

1;

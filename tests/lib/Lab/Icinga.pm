# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Icinga - a node of Icinga 2, and its API.
#
#   my $icinga = Lab::Icinga->start(config => <<'END');
#       object Host "host" { check_command = "dummy" }
#   END
#   $icinga->await;
#   my %result = $icinga->check_all;
#   is($result{'host!service'}{state}, 0, '...');
#
# What else start() takes:
#
#   node       its name, monitor.lab.test by default; found by the resolver
#   address    127.0.0.1 by default
#   zone       its zone; by default it is alone, and master of itself
#   authority  the node whose CA signs its certificate; itself by default
#   plugins    their folder; that of the built ones by default
#   folder     of its own, for the second one
#   files      { 'zones.d/satellite/mail.conf' => text, ... } in its ConfigDir
package Lab::Icinga;

use v5.36;
use parent 'Lab::Server';
use Carp qw(croak);
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use HTTP::Tiny;
use JSON::PP qw(decode_json encode_json);
use Time::HiRes qw(sleep time);

use CheckMX qw(plugin);
use Lab::Namespace;

my $PACKAGE = 'icinga2-bin';	# and icinga2-common in it
my ($PROGRAM) = glob Lab::Namespace::unpacked($PACKAGE,
    'usr/lib/*/icinga2/sbin/icinga2');
my $LIBRARY = Lab::Namespace::unpacked($PACKAGE, 'usr/share/icinga2/include');
my $EXAMPLE = Lab::Namespace::unpacked($PACKAGE, 'etc/icinga2');
my $PORT = 5665;
my $PASSWORD = 'may-ask';
my $PATIENCE = 120;	# seconds that checks take at most, all together
my @FOLDERS = qw(Config Data Log Cache Spool);

sub absent ($class) {
	return -x ($PROGRAM // '') && -d $LIBRARY ? ()
	    : 'Icinga 2 is not unpacked';
}

sub start ($class, %its) {
	return $class->SUPER::start(node => $Lab::Namespace::HOST,
	    address => '127.0.0.1', config => '', files => {},
	    plugins => dirname(plugin('check_mx')), %its);
}

sub log_file ($self) { $self->path('output') }
sub sockets ($self) { "$self->{address}:$PORT" }

# Without our own requests.
sub words ($self) {
	return join '', grep { !/HttpServerConnection|no client certificate/ }
	    $self->SUPER::words =~ /^.*\n/mg;
}

sub command ($self) {
	return ($PROGRAM, 'daemon', $self->_settings, '-I', $LIBRARY, '-c',
	    $self->path('icinga2.conf'));
}

# All that it reads and writes is in its folder.
sub _settings ($self) {
	my %setting = (NodeName => $self->{node}, RunAsUser => 'root',
	    RunAsGroup => 'root', InitRunDir => $self->path('run'),
	    ZonesDir => $self->path('config/zones.d'),
	    map { $_ . 'Dir' => $self->path(lc) } @FOLDERS);

	return map { ('-D', "$_=$setting{$_}") } sort keys %setting;
}

sub configure ($self) {
	my $zones = $self->{zone} ? qq(include "config/zones.conf"\n)
	    : qq(object Endpoint NodeName {}\n)
		. qq(object Zone ZoneName { endpoints = [ NodeName ] }\n);

	make_path(map { $self->path($_) } map({ lc } @FOLDERS),
	    qw(run data/certs));
	for my $name (sort keys %{$self->{files}}) {
		make_path(dirname($self->path('config', $name)));
		$self->write_file("config/$name", $self->{files}{$name});
	}
	$self->_certify;
	$self->write_file('icinga2.conf', <<"END" . $zones . $self->{config});
const PluginDir = "$self->{plugins}"
const PluginContribDir = "$self->{plugins}"
const MaxConcurrentChecks = 8
const ZoneName = "${\ ($self->{zone} // $self->{node}) }"
include <itl>
object CheckerComponent "checker" {}
object ApiListener "api" {
	bind_host = "$self->{address}"
	accept_config = true
}
object ApiUser "lab" {
	password = "$PASSWORD"
	permissions = [ "*" ]
}
END
}

# A certificate of its own, as `icinga2 node setup` would make it.
sub _certify ($self) {
	my $authority = $self->{authority} // $self;
	my @file = map { $self->path("data/certs/$self->{node}.$_") }
	    qw(key csr crt);

	$authority->_pki('new-ca') if $authority == $self;
	$self->_pki('new-cert', '--cn', $self->{node}, '--key', $file[0],
	    '--csr', $file[1]);
	$authority->_pki('sign-csr', '--csr', $file[1], '--cert', $file[2]);
	copy($authority->path('data/ca/ca.crt'), $self->_ca_file)
	    or croak "ca.crt: $!";
}

sub _ca_file ($self) { $self->path('data/certs/ca.crt') }

sub _pki ($self, @command) {
	Lab::Namespace::run($PROGRAM, 'pki', @command, $self->_settings,
	    '--log-level', 'warning');
}

# What Icinga has to complain about when these files, by name, are added to
# the configuration that Debian ships.
sub validate ($self, $files) {
	my $folder = $self->path('debian');

	Lab::Namespace::run('cp', '-r', $EXAMPLE, $folder);
	$self->write_file("debian/$_", $files->{$_}) for sort keys %$files;
	open my $log, '-|', $PROGRAM, 'daemon', '-C', $self->_settings,
	    '-D', "ConfigDir=$folder", '-D', "ZonesDir=$folder/zones.d",
	    '-I', $LIBRARY, '-c', "$folder/icinga2.conf", '-x', 'warning'
	    or croak "$PROGRAM: $!";
	chomp(my @complaints = <$log>);
	close $log;
	push @complaints, "it exits with $?" if $?;
	return @complaints;
}

# --- its API ---

# What a request results in: the rows of its answer.
sub ask ($self, $method, $path, $content = undef) {
	my $http = HTTP::Tiny->new(verify_SSL => 1, timeout => $PATIENCE,
	    SSL_options => { SSL_ca_file => $self->_ca_file });
	my $url = "https://lab:$PASSWORD\@$self->{node}:$PORT/v1/$path";
	my $answer = $http->request($method, $url, {
		headers => { Accept => 'application/json' },
		$content ? (content => encode_json($content)) : (),
	});

	croak "$method $path: $answer->{status} $answer->{content}"
	    unless $answer->{success};
	return @{decode_json($answer->{content})->{results}};
}

# The attributes of all objects of a kind, by name.
sub objects ($self, $kind) {
	return map { $_->{name} => $_->{attrs} }
	    $self->ask(GET => "objects/$kind");
}

# The same, once they are as the code wants to see them. A node that starts anew
# with what its master gave it leaves requests without an answer.
sub objects_when ($self, $kind, $enough) {
	my $give_up = time + $PATIENCE;

	while (1) {
		my ($answered, %objects) = eval { (1, $self->objects($kind)) };
		return %objects if $answered && $enough->(%objects);
		croak "the $kind do not become as they should: $@",
		    $self->words if time > $give_up;
		sleep 0.1;
	}
}

# What an expression of its language results in.
sub evaluate ($self, $expression) {
	my ($row) = $self->ask(POST => 'console/execute-script',
	    { command => $expression });

	croak "$expression: $row->{status}" if $row->{code} != 200;
	return $row->{result};
}

# Runs every service now. A satellite does not heed its master in that, in the
# first minute of its life: ask it itself.
sub run_all ($self) {
	$self->ask(POST => 'actions/reschedule-check',
	    { type => 'Service', force => JSON::PP::true });
}

# The result of every service by name, HOST!SERVICE, once none is older.
sub results_since ($self, $time) {
	my %service = $self->objects_when('services', sub (%service) {
		return !grep { !$_ || $_->{execution_start} < $time }
		    map { $_->{last_check_result} } values %service;
	});
	return map { $_ => $service{$_}{last_check_result} } keys %service;
}

sub check_all ($self) {
	my $now = time;

	$self->run_all;
	return $self->results_since($now);
}

1;

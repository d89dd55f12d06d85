# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Server - a real server: a foreground child with a folder of its own.
#
# A subclass says how it is set up and started (configure, command), where its
# messages would lie (queue), and which lines of its log begin and end a
# conversation (opened, closed). Nothing needs to be stopped or removed:
# processes and folders end with the namespaces (see Lab::Namespace).
package Lab::Server;

use v5.36;
use Carp qw(croak);
use File::Copy qw(copy);
use File::Find ();
use File::Path qw(make_path);
use List::Util qw(uniq);
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

use Certs;
use Lab::Namespace;

my $PATIENCE = 20;	# seconds until a start or a conversation is given up
my $PAUSE = 0.02;

# hosts: the rows of Lab's table that it serves. folder: for the second server
# of a kind.
sub start ($class, %its) {
	my $name = $class =~ s/.*:://r;
	my $self = bless { folder => "$Lab::Namespace::FOLDER/$name", %its },
	    $class;

	make_path $self->{folder};
	$self->_write_certificates($_) for $self->hosts;
	$self->configure;
	$self->run($self->command);
	return $self;
}

sub hosts ($self) { @{$self->{hosts} // []} }
sub path ($self, @names) { join '/', $self->{folder}, @names }
sub chain_file ($self, $host) { $self->path("$host->{name}.pem") }
sub key_file ($self, $host) { $self->path("$host->{name}.key") }
sub log_file ($self) { $self->path('log') }

# The files of all its certificates, each [key, chain].
sub pairs ($self, $host) {
	return (
		$host->{certificate}
		    ? [$self->key_file($host), $self->chain_file($host)] : (),
		$host->{second}
		    ? [map { $self->path("$host->{name}.2.$_") } qw(key pem)]
		    : (),
	);
}

# The domains that it accepts mail for.
sub domains ($self) {
	return uniq map { @{$_->{domains}} } $self->hosts;
}

# Who has to read the keys.
sub owner ($self) { 'root' }

sub write_file ($self, $name, $text) {
	my $path = $self->path($name);

	open my $out, '>', $path or croak "$path: $!";
	print $out $text;
	close $out or croak "$path: $!";
	return $path;
}

sub _write_certificates ($self, $host) {
	my @made = map { Certs::certificate(%$_) }
	    grep { $_ } @$host{qw(certificate second)};

	for my $pair ($self->pairs($host)) {
		my $certificate = shift @made;
		$self->_install($certificate->{key}, $pair->[0]);
		$self->_install($certificate->{chain}, $pair->[1]);
	}
}

sub _install ($self, $original, $copy) {
	copy($original, $copy) or croak "$copy: $!";
	chmod 0600, $copy;
	chown +(getpwnam $self->owner)[2, 3], $copy;
}

# What the command prints goes to the file "output".
sub run ($self, @command) {
	$self->{pid} = fork // croak "fork: $!";
	return if $self->{pid};
	open STDIN, '<', '/dev/null';
	open STDOUT, '>>', $self->path('output');
	open STDERR, '>&', \*STDOUT;
	exec {$command[0]} @command or POSIX::_exit(127);
}

# The ports of a host, and what is special about the service at one.
sub ports ($self, $host) { sort { $a <=> $b } keys %{$host->{ports}} }

# Where it is going to listen: "address:port", "[IPv6]:port".
sub sockets ($self) {
	return map {
		my $host = $_;
		map { $self->sockets_of($host, $_) } $self->ports($host);
	} $self->hosts;
}

sub sockets_of ($self, $host, $port) {
	return map { /:/ ? "[$_]:$port" : "$_:$port" } @{$host->{addresses}};
}

# Returns when it listens everywhere. The kernel is asked: a connection would
# leave a line in the log.
sub await ($self) {
	my $give_up = time + $PATIENCE;
	my @missing = $self->sockets;

	while (@missing) {
		my $found = `ss --no-header --listening --tcp --numeric`;
		@missing = grep { $found !~ /\s\Q$_\E\s/ } @missing or last;
		croak "nothing listens on @missing: ", $self->words
		    if time > $give_up || waitpid $self->{pid}, WNOHANG;
		sleep $PAUSE;
	}
}

# All that it ever said, for whoever looks into a failure.
sub words ($self) {
	return join '', map { slurp($_) }
	    uniq $self->path('output'), $self->log_file;
}

# The log from an offset on, once no conversation is under way.
sub log_since ($self, $offset) {
	my ($opened, $closed) = ($self->opened, $self->closed);

	return substr $self->_await_log(sub ($log) {
		my $begun = () = $log =~ /$opened/g;
		my $ended = () = $log =~ /$closed/g;
		return $begun == $ended;
	}), $offset;
}

sub await_line ($self, $line) {
	$self->_await_log(sub ($log) { $log =~ $line });
}

sub _await_log ($self, $enough) {
	my $give_up = time + $PATIENCE;

	while (1) {
		my $log = slurp($self->log_file);
		return $log if $enough->($log);
		croak "the log does not become complete:\n$log"
		    if time > $give_up;
		sleep $PAUSE;
	}
}

# The folders of its queue; not every server has one.
sub queue ($self) { () }

# The files of its queue.
sub messages ($self) {
	my @folders = grep { -d } $self->queue or return;
	my @found;

	File::Find::find(sub { push @found, $File::Find::name if -f }, @folders);
	return @found;
}

sub slurp ($path) {
	open my $in, '<', $path or return '';
	local $/;
	return readline($in) // '';
}

1;

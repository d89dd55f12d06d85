# SPDX-License-Identifier: GPL-3.0-or-later
#
# ForkedServer - what FakeMX and FakeDNS share: a server in a child process
# that reports what it saw and never outlives the test.
#
#   $self->launch(sub ($control) { ... })   fork; the sub is the server's life
#   $self->record(\%event)                  in any child: append one event
#   $self->events                           in the test: every event so far
#   $self->settle                           in the test: wait until it is idle
#   $self->finish                           in the test: settle, then stop
#
# The server watches $control: a byte asks it to settle and answer with a byte,
# end of file tells it that the test is gone.  The subclass binds its sockets
# before launch, so a test never waits for a port.
package ForkedServer;

use v5.36;
use Carp qw(croak);
use Fcntl qw(O_APPEND O_CREAT O_RDONLY O_WRONLY);
use File::Path qw(remove_tree);
use File::Temp ();
use IO::Select;
use POSIX ();
use Scalar::Util qw(weaken);
use Socket;
use Storable qw(freeze thaw);

my $SETTLE_SECONDS = 15;
my %running;			# servers of this process, by child's pid

sub launch ($self, $serve) {
	$self->{owner} = $$;
	$self->{folder} = File::Temp->newdir('check_mx_server_XXXXXX',
	    TMPDIR => 1);
	socketpair $self->{control}, my $control, AF_UNIX, SOCK_STREAM, 0
	    or croak "socketpair: $!";

	my $pid = fork // croak "fork: $!";
	if ($pid == 0) {
		# A server returns only when the test has died.
		eval {
			$self->_detach;
			$serve->($control);
			remove_tree("$self->{folder}");
		};
		print STDERR $@;
		kill KILL => -$$;
		POSIX::_exit(0);
	}
	close $control;
	# Both sides name the group, as either may run first.
	POSIX::setpgid($pid, $pid);
	$self->{pid} = $pid;
	weaken($running{$pid} = $self);
	return $self;
}

# A child shares nothing with the test: not its output, which is TAP, not its
# signal handlers, and not the control ends of its siblings, which would keep
# those alive after the test's death.
sub _detach ($self) {
	POSIX::setpgid(0, 0);
	$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP ALRM CHLD __DIE__ __WARN__);
	$SIG{PIPE} = 'IGNORE';
	open STDIN, '<', '/dev/null' or die "/dev/null: $!";
	open STDOUT, '>', '/dev/null' or die "/dev/null: $!";
	open STDERR, '>>', "$self->{folder}/errors" or die "errors: $!";
	STDERR->autoflush(1);
	close $_->{control} for $self, grep { $_ } values %running;
}

sub record ($self, $event) {
	sysopen my $log, "$self->{folder}/events",
	    O_WRONLY | O_APPEND | O_CREAT or die "events: $!";
	# One write, so that the records of two children never mix.
	syswrite $log, pack 'N/a*', freeze($event);
}

sub events ($self) {
	return unless $self->{folder};
	sysopen my $log, "$self->{folder}/events", O_RDONLY or return;
	local $/;
	return map { thaw($_) } unpack '(N/a*)*', <$log> // '';
}

sub settle ($self) {
	return unless $self->{pid};
	local $SIG{PIPE} = 'IGNORE';
	syswrite $self->{control}, '?';
	croak ref($self) . ' did not come to rest: ' . $self->errors
	    unless IO::Select->new($self->{control})->can_read($SETTLE_SECONDS)
	    && sysread $self->{control}, my $answer, 1;
	my $errors = $self->errors;
	croak ref($self) . " failed: $errors" if length $errors;
}

sub errors ($self) {
	open my $in, '<', "$self->{folder}/errors" or return '';
	local $/;
	return <$in> // '';
}

sub finish ($self) {
	$self->settle;
	$self->_stop;
	return $self;
}

sub _stop ($self) {
	return unless ($self->{owner} // 0) == $$;
	my $pid = delete $self->{pid} // return;
	delete $running{$pid};
	kill KILL => -$pid;
	local ($?, $!);
	waitpid $pid, 0;
	close $self->{control};
}

sub DESTROY ($self) {
	$self->_stop;
}

END {
	$_ && $_->_stop for values %running;
}

1;

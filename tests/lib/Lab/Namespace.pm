# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Namespace - a machine of its own for one test.
#
# The test runs again as process 1 of its own network, mount, process and UTS
# namespaces: port 25 and /etc/resolv.conf are free to use, nothing reaches the
# outside, and whatever is started or written ends with the test.
package Lab::Namespace;

use v5.36;
use Carp qw(croak);
use Cwd qw(realpath);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Spec;

our $FOLDER = '/run/lab';		# on a tmpfs of the namespace
our $RESOLVER = '127.0.0.53';
our $HOST = 'monitor.lab.test';		# this machine, as it greets servers
our $VOID = '192.0.2.1';		# packets to it vanish

use constant PROGRAMS => qw(unshare mount hostname ip ss);

my @UNSHARE = qw(unshare --net --mount --pid --uts --fork --kill-child
    --mount-proc);

my @CABLE = qw(ip link add void type veth peer name nowhere);

# Users that packages we only unpacked would have made.
my %USERS = ('Debian-exim' => 65001, opensmtpd => 65002, opensmtpq => 65003,
    dovecot => 65004, dovenull => 65005);

# unpacked(PACKAGE, FILE): where contrib/lab-install has put it.
sub unpacked ($package, $file) {
	my $folder = $ENV{CHECK_MX_LAB} // '/var/cache/check_mx-lab';
	return File::Spec->rel2abs("$folder/$package/$file");
}

# Why this cannot be, or nothing.
sub hindrance () {
	return if inside() || system(@UNSHARE, @CABLE) == 0;
	return 'namespaces with a network of their own are not allowed here';
}

# Process 1 alone proves little in a container, the variable alone nothing.
sub inside () { $$ == 1 && $ENV{CHECK_MX_IN_LAB} }

# Does not return in the first process; in the second, furnishes the namespace.
sub enter () {
	if (!inside()) {
		$ENV{CHECK_MX_IN_LAB} = 1;
		exec @UNSHARE, $^X, map({ "-I$_" } @INC), $0, @ARGV;
		die "unshare: $!\n";
	}
	# Process 1 gets only the signals that it handles.
	$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);
	_network();
	_files();
}

# Runs a command that has to work.
sub run (@command) {
	system(@command) == 0 or croak "failed: @command";
}

sub _network () {
	run('hostname', $HOST);
	run(qw(ip link set lo up));
	# The other end of this cable is never plugged in.
	run(@CABLE);
	run(qw(ip address add 192.0.2.254/24 dev void));
	run(qw(ip link set), $_, 'up') for qw(void nowhere);
	run(qw(ip neighbour add), $VOID, qw(lladdr 02:00:00:00:00:01 dev void));
}

sub _files () {
	my $resolv_conf = realpath('/etc/resolv.conf');
	my ($passwd, $group) = map { _slurp($_) } qw(/etc/passwd /etc/group);

	for my $user (sort grep { !getpwnam $_ } keys %USERS) {
		$passwd .= "$user:x:$USERS{$user}:$USERS{$user}::/:/bin/false\n";
		$group .= "$user:x:$USERS{$user}:\n";
	}
	run(qw(mount -t tmpfs -o mode=711 lab), $_)
	    for '/run', grep({ -d } '/var/spool/smtpd');
	make_path $FOLDER;
	_replace($resolv_conf, "nameserver $RESOLVER\n");
	_replace('/etc/nsswitch.conf',
	    "passwd: files\ngroup: files\nhosts: files dns\n");
	_replace('/etc/hosts', <<"END");
127.0.0.1 localhost
::1       localhost
127.0.0.1 $HOST monitor
END
	_replace('/etc/passwd', $passwd);
	_replace('/etc/group', $group);
}

sub _replace ($path, $text) {
	my $ours = "$FOLDER/etc$path";

	make_path dirname($ours), dirname($path);
	open my $out, '>', $ours or croak "$ours: $!";
	print $out $text;
	close $out or croak "$ours: $!";
	# A resolv.conf that was a link into /run has to be there again.
	-e $path or open my $touch, '>', $path or croak "$path: $!";
	run(qw(mount --bind), $ours, $path);
}

sub _slurp ($path) {
	open my $in, '<', $path or croak "$path: $!";
	local $/;
	return readline $in;
}

1;

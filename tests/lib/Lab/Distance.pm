# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Distance - the lab seen from afar: every packet takes its time.
#
#   my @afar = Lab::Distance::command(0.1);	# seconds each way
#   system @afar, 'check_mx', 'healthy.test';
#
# What these words go before runs in a network of its own, from where the IPv4
# addresses of the lab, its resolver's too, are at the end of a slow line. Not
# every kernel can slow one down (netem), so a process here carries the packets.
# It leaves them as they are: TCP with all its timers is the kernel's own.
package Lab::Distance;

use v5.36;
use Carp qw(croak);
use Fcntl qw(O_RDWR O_NONBLOCK);
use List::Util qw(max);
use Time::HiRes qw(time);

use Lab::Namespace;

my $DEVICE = '/dev/net/tun';
# From linux/if_tun.h: an interface whose packets a process reads and writes.
use constant { TUNSETIFF => 0x400454ca, IFF_TUN => 0x1, IFF_NO_PI => 0x1000 };

my %ADDRESS = (near => '198.51.100.1', far => '198.51.100.2');
my $LARGEST = 65_535;	# bytes of a packet
my @AFAR = qw(ip netns exec afar);

# Why this cannot be, or nothing.
sub hindrance () { return -c $DEVICE ? () : "there is no $DEVICE" }

# To be called once.
sub command ($delay) {
	my @ends = map { _interface($_) } qw(near far);

	Lab::Namespace::run(qw(ip netns add afar));
	Lab::Namespace::run(qw(ip link set far netns afar));
	_connect('near', 'far');
	_connect('far', 'near', @AFAR);
	# Loopback is down there, so that its addresses are the lab's.
	Lab::Namespace::run(@AFAR, qw(ip route add 127.0.0.0/8 dev far));

	my $pid = fork // croak "fork: $!";
	_carry($delay, @ends) if $pid == 0;
	return @AFAR;
}

sub _interface ($name) {
	sysopen my $end, $DEVICE, O_RDWR | O_NONBLOCK or croak "$DEVICE: $!";
	ioctl $end, TUNSETIFF, pack 'a16 S x22', $name, IFF_TUN | IFF_NO_PI
	    or croak "$DEVICE, $name: $!";
	return $end;
}

sub _connect ($here, $there, @where) {
	Lab::Namespace::run(@where, qw(ip address add), $ADDRESS{$here}, 'peer',
	    $ADDRESS{$there}, 'dev', $here);
	Lab::Namespace::run(@where, qw(ip link set), $here, 'up');
	Lab::Namespace::run(@where, 'sh', '-c', 'echo 1 >"$0"',
	    "/proc/sys/net/ipv4/conf/$here/route_localnet");
}

# Never returns: ends with the namespace.
sub _carry ($delay, $near, $far) {
	my @under_way;	# [when due, to which end, packet], the oldest first

	while (1) {
		my $ready = '';
		vec($ready, fileno $_, 1) = 1 for $near, $far;
		select $ready, undef, undef,
		    @under_way ? max(0, $under_way[0][0] - time) : undef;
		for ([$near, $far], [$far, $near]) {
			my ($from, $to) = @$_;
			while (sysread $from, my $packet, $LARGEST) {
				push @under_way, [time + $delay, $to, $packet];
			}
		}
		while (@under_way && $under_way[0][0] <= time) {
			my (undef, $to, $packet) = @{shift @under_way};
			syswrite $to, $packet;
		}
	}
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# World - the lab that is measured in: a real Postfix with thirty servers
#
#   World->enter;			# first of all, see Lab
#   my $world = World->new;
#   my $domain = World::domain(10);	# its mail exchangers are the first ten
#   my @servers = World::servers(10);	# "NAME=ADDRESS" of the same
#   system $world->clients, @command;	# where clients run
#
# Servers have one half of the processors, clients the other: a server that works
# for one thread of a client would push the next one's data out of the cache, as
# none does that is a machine of its own.
#
# Certificates bear name and address of their server; like most of the world's,
# they are of a P-256 key below an RSA intermediate and an RSA root. The root is
# among the trust anchors of the system, in whose hashed directory every program
# here finds it by itself.
package World;

use v5.36;
use parent -norequire, 'Lab';
use Cwd qw(realpath);

use Certs;
use Lab;
use Lab::Namespace;

our @SIZES = (1, 3, 10, 30);	# of domains, in servers

my $SERVERS = $SIZES[-1];
my $ISSUER = 'rsa-intermediate';

sub domain ($size) { "servers-$size.test" }
sub name ($number) { sprintf 'mx%02d.bench.test', $number }
sub address ($number) { "127.0.4.$number" }

sub servers ($size) {
	return map { name($_) . '=' . address($_) } 1 .. $size;
}

sub new ($class) {
	my ($clients, $servers) = _halves(_processors());

	_trust(Certs::authority_file('rsa-root'));
	# Without a main.cf posttls-finger will not run.
	$ENV{MAIL_CONFIG} = "$Lab::Namespace::FOLDER/Postfix/etc";
	_stay_on($servers) if $servers;
	my $self = $class->SUPER::new;
	$self->{clients} = $servers ? ['taskset', '-c', $clients] : [];
	return $self;
}

sub clients ($self) { @{$self->{clients}} }

# With all that is started from now on.
sub _stay_on ($processors) {
	Lab::Namespace::run('sh', '-c', 'taskset -cp "$0" "$1" >/dev/null',
	    $processors, $$);
}

# Those that this process may use.
sub _processors () {
	my ($list) = `taskset -cp $$` =~ /: ([\d,-]+)$/m;
	return map { /(\d+)-(\d+)/ ? $1 .. $2 : $_ } split /,/, $list // '';
}

sub _halves (@all) {
	my @clients = splice @all, 0, (@all + 1) / 2;
	return map { join ',', @$_ } \@clients, \@all;
}

sub hosts ($class) {
	my %exchangers = map { domain($_) => [map { name($_) } 1 .. $_] }
	    @SIZES;

	return Lab::hosts_of_rows(\%exchangers, map {
		my @names = (name($_), address($_));
		[$names[0], Postfix => [$names[1]],
		    certificate => { names => \@names, issuer => $ISSUER }];
	} 1 .. $SERVERS);
}

sub records ($class, @hosts) {
	my %exchangers = map { domain($_) => [map { name($_) } 1 .. $_] }
	    @SIZES;

	return ("$Lab::Namespace::HOST. A 127.0.0.1",
	    Lab::records_of_hosts(\%exchangers, @hosts));
}

# A process of Postfix that ends and is replaced would be noise. And a message
# that is begun and not sent, as in a relay test, takes a token that only
# deliveries give back: without any left, MAIL takes a second.
sub start_server ($class, $kind, @hosts) {
	return $kind->start(hosts => \@hosts, settings => {
		max_use => 1_000_000, max_idle => '1d', in_flow_delay => 0,
	});
}

# In this namespace, beside the anchors that are there.
sub _trust ($root) {
	my ($default) = `openssl version -d` =~ /"(.*)"/;
	my $anchors = realpath("$default/certs");
	my $ours = "$Lab::Namespace::FOLDER/anchors";
	my ($hash) = `openssl x509 -hash -noout -in \Q$root\E` =~ /^(\w+)/;

	Lab::Namespace::run(qw(cp -a), $anchors, $ours);
	Lab::Namespace::run('cp', $root, "$ours/$hash.0");
	Lab::Namespace::run(qw(mount --bind), $ours, $anchors);
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Resolver - Unbound, which knows the whole world: one root zone.
#
# Nothing is asked of anybody else. servfail.test is a zone that never loads,
# and queries for silent.test are dropped.
package Lab::Resolver;

use v5.36;
use parent 'Lab::Server';

use Lab::Namespace;

my $LOOPBACK_V6 = '1' . '.0' x 31 . '.ip6.arpa';

sub absent ($class) {
	return -x '/usr/sbin/unbound' ? () : 'Unbound is not installed';
}

sub command ($self) { ('/usr/sbin/unbound', '-d', '-c', $self->path('conf')) }

sub sockets ($self) { "$Lab::Namespace::RESOLVER:53" }

sub configure ($self) {
	my ($folder, $address) = ($self->path, $Lab::Namespace::RESOLVER);

	$self->write_file('conf', <<"END");
server:
  interface: $address
  access-control: 0.0.0.0/0 allow
  directory: $folder
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-ip6: no
  module-config: "iterator"
  local-zone: "test." nodefault
  local-zone: "127.in-addr.arpa." nodefault
  local-zone: "$LOOPBACK_V6." nodefault
  local-zone: "silent.test." always_deny
remote-control:
  control-enable: no
auth-zone:
  name: "."
  zonefile: $folder/zone
  for-downstream: no
  fallback-enabled: no
auth-zone:
  name: "servfail.test."
  primary: 127.0.0.97
  for-upstream: no
  fallback-enabled: no
END
	$self->write_file('zone', join "\n", <<"END", @{$self->{records}}, '');
. 3600 SOA ns.lab.test. postmaster.lab.test. 1 3600 600 86400 60
. 3600 NS ns.lab.test.
ns.lab.test. 3600 A $address
END
}

1;

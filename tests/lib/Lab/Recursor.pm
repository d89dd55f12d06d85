# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Recursor - Unbound, which asks the name servers of Lab::NSD.
#
#   Lab::Recursor->start(addresses => [...], anchor_file => ...);
#
# It validates if it has an anchor_file, else it believes everything. The TTL
# that it tells is less than the zone's, as if it had known the record for long.
# Nothing is asked of anybody outside.
package Lab::Recursor;

use v5.36;
use parent 'Lab::Resolver';

use Lab::NSD;

sub sockets ($self) { map { "$_:53" } @{$self->{addresses}} }

sub configure ($self) {
	my $folder = $self->path;
	my $interfaces = join '', map { "  interface: $_\n" }
	    @{$self->{addresses}};
	my $modules = $self->{anchor_file} ? 'validator iterator' : 'iterator';
	my $anchor = $self->{anchor_file}
	    ? "  trust-anchor-file: $self->{anchor_file}\n" : '';

	$self->write_file('conf', <<"END");
server:
$interfaces$anchor  access-control: 0.0.0.0/0 allow
  directory: $folder
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  val-log-level: 2
  do-ip6: no
  do-not-query-localhost: no
  module-config: "$modules"
  root-hints: $folder/hints
  cache-max-ttl: 600
  local-zone: "test." nodefault
  local-zone: "127.in-addr.arpa." nodefault
remote-control:
  control-enable: no
END
	$self->write_file('hints', <<"END");
. 3600 NS ns.lab.test.
ns.lab.test. 3600 A $Lab::NSD::ADDRESS
END
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::NSD - the authority for all there is, from a signed root down.
#
#   Lab::NSD->start(
#       zones => { '.' => 'signed', 'test.' => 'signed',
#           'unsigned.test.' => 'unsigned', 'broken.test' => 'lame' },
#       records => ['mx.spki.test. A 127.0.2.1', ...],
#       damaged => ['mx.bogus.test. A', ...]);
#
# A record goes into the zone with the longest name that it fits. Delegations
# are made here, with a DS record for what is signed. Questions about a lame
# zone get SERVFAIL. In a damaged RRset the signature does not match.
package Lab::NSD;

use v5.36;
use parent 'Lab::Server';
use Carp qw(croak);

use Lab::Namespace;

my $DAY = 86_400;
my $NAME = 'ns.lab.test.';

my $PROGRAM = Lab::Namespace::unpacked('nsd', 'usr/sbin/nsd');
my $SIGNER = '/usr/bin/ldns-signzone';

our $ADDRESS = '127.0.0.54';

sub absent ($class) {
	return ((-x $PROGRAM ? () : 'NSD is not unpacked'),
	    (-x $SIGNER ? () : 'ldnsutils is not installed'));
}

sub command ($self) { ($PROGRAM, '-d', '-c', $self->path('conf')) }
sub sockets ($self) { "$ADDRESS:53" }

# What a validating resolver has to trust: the key of the root.
sub anchor_file ($self) { $self->path('root.key') }

sub configure ($self) {
	my ($zones, $folder) = ($self->{zones}, $self->path);

	$self->_make_key($_) for $self->_zones('signed');
	my $records = $self->_records_by_zone;
	$self->_write_zone($_, $records->{$_})
	    for $self->_zones('signed'), $self->_zones('unsigned');
	$self->_sign($_) for $self->_zones('signed');
	$self->write_file('conf', join "\n", <<"END", map { <<"ZONE" } keys %$zones);
server:
  ip-address: $ADDRESS
  username: ""
  chroot: ""
  database: ""
  zonesdir: $folder
  pidfile: $folder/pid
  zonelistfile: $folder/zone.list
  xfrdfile: $folder/xfrd.state
  xfrdir: $folder
remote-control:
  control-enable: no
END
zone:
  name: $_
  zonefile: ${\ _file($_)}
ZONE
}

sub _zones ($self, $kind) {
	my $zones = $self->{zones};
	return grep { $zones->{$_} eq $kind } sort keys %$zones;
}

sub _write_zone ($self, $zone, $records) {
	$self->write_file(_file($zone), join "\n", <<"END", @$records, '');
\$TTL 3600
$zone SOA $NAME postmaster.lab.test. 1 3600 600 86400 60
$zone NS $NAME
END
}

sub _file ($zone) { return $zone eq '.' ? 'root' : $zone =~ s/[.]\z//r }

# One key per zone; NAME.key, NAME.private and NAME.ds.
sub _make_key ($self, $zone) {
	my $file = _file($zone);

	$self->_run(qw(ldns-keygen -r /dev/urandom -k -a ECDSAP256SHA256),
	    $zone);
	for my $made (glob $self->path("K*")) {
		my ($ending) = $made =~ /[.](key|private|ds)\z/ or next;
		rename $made, $self->path("$file.$ending")
		    or croak "$made: $!";
	}
}

sub _records_by_zone ($self) {
	my @zones = sort { length $b <=> length $a } keys %{$self->{zones}};
	my %records = map { $_ => [] } @zones;
	my @delegations = map { ("$_ NS $NAME", $self->_ds($_)) }
	    grep { $_ ne '.' } @zones;

	for my $record (@{$self->{records}}, "$NAME A $ADDRESS") {
		my $zone = _zone_of($record, @zones);
		push @{$records{$zone}}, $record;
	}
	# A delegation belongs to the zone above.
	for my $record (@delegations) {
		my ($owner) = split ' ', $record;
		my $zone = _zone_of($record, grep { $_ ne $owner } @zones);
		push @{$records{$zone}}, $record;
	}
	push @{$records{'.'}}, "$NAME A $ADDRESS";	# glue
	return \%records;
}

# Of zones with the longest name first.
sub _zone_of ($record, @zones) {
	my ($owner) = split ' ', $record;
	for my $zone (@zones) {
		return $zone if $zone eq '.' || ".$owner" =~ /[.]\Q$zone\E\z/;
	}
	croak "no zone for $record";
}

sub _ds ($self, $zone) {
	my $file = $self->path(_file($zone) . '.ds');
	return -e $file ? Lab::Server::slurp($file) =~ s/\n//r : ();
}

# For some days around now: the tests are not about dates.
sub _sign ($self, $zone) {
	my $file = $self->path(_file($zone));

	$self->_run($SIGNER, '-i', time - $DAY, '-e', time + 30 * $DAY,
	    '-o', $zone, '-f', "$file.signed", $file, $file);
	my $text = Lab::Server::slurp("$file.signed");
	for my $set (@{$self->{damaged} // []}) {
		my ($owner, $type) = split ' ', $set;
		$text =~ s{^(\Q$owner\E\t.*\tRRSIG\t$type .* )(\S+)$}
		    {$1 . _broken($2)}em;
	}
	$self->write_file(_file($zone), $text);
}

# Another signature, still of the right form.
sub _broken ($signature) {
	return $signature =~ s{^(.{8})(.{8})}{$2$1}r;
}

sub _run ($self, @command) {
	my $folder = $self->path;
	open my $in, '-|', 'sh', '-c', 'cd "$1" && shift && exec "$@" 2>&1',
	    'sh', $folder, @command or croak "$command[0]: $!";
	my $said = do { local $/; readline $in };
	close $in or croak "@command: $said";
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::NSD - the authority for all there is, from a signed root down.
#
#   Lab::NSD->start(
#       zones => { '.' => 'signed', 'test.' => 'signed',
#           'unsigned.test.' => 'unsigned', 'broken.test.' => 'lame' },
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
use List::Util qw(first);

use Lab::Namespace;

my $DAY = 86_400;
my $NAME = 'ns.lab.test.';
my $PROGRAM = Lab::Namespace::unpacked('nsd', 'usr/sbin/nsd');

our $ADDRESS = '127.0.0.54';

sub absent ($class) {
	return ((-x $PROGRAM ? () : 'NSD is not unpacked'),
	    (-x '/usr/bin/ldns-signzone' ? () : 'ldnsutils is not installed'));
}

sub command ($self) { ($PROGRAM, '-d', '-c', $self->path('conf')) }
sub sockets ($self) { "$ADDRESS:53" }

# What a validating resolver has to trust: the key of the root.
sub anchor_file ($self) { $self->path('root.key') }

sub configure ($self) {
	my @signed = $self->_zones('signed');

	$self->_make_key($_) for @signed;
	my $records = $self->_records_by_zone;
	$self->_write_zone($_, $records->{$_})
	    for @signed, $self->_zones('unsigned');
	$self->_sign($_) for @signed;
	$self->_write_conf;
}

sub _write_conf ($self) {
	my $folder = $self->path;
	my @zones = map { <<"END" } $self->_zones;
zone:
  name: $_
  zonefile: ${\ _file($_)}
END

	$self->write_file('conf', join '', <<"END", @zones);
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
  rrl-ratelimit: 0
remote-control:
  control-enable: no
END
}

# The longest names first; of one kind or all.
sub _zones ($self, $kind = undef) {
	my $zones = $self->{zones};

	return grep { !$kind || $zones->{$_} eq $kind }
	    sort { length $b <=> length $a || $a cmp $b } keys %$zones;
}

sub _write_zone ($self, $zone, $records) {
	$self->write_file(_file($zone), join "\n", <<"END", @$records, '');
\$TTL 3600
$zone SOA $NAME postmaster.lab.test. 1 3600 600 86400 60
$zone NS $NAME
END
}

sub _file ($zone) { return $zone eq '.' ? 'root' : $zone =~ s/[.]\z//r }

# One key per zone: FILE.key, FILE.private, and FILE.ds for the zone above.
sub _make_key ($self, $zone) {
	my $file = $self->path(_file($zone));
	my $made = $self->path($self->_run(
		"ldns-keygen -r /dev/urandom -k -a ECDSAP256SHA256 $zone"));

	rename "$made.$_", "$file.$_" or croak "$made.$_: $!"
	    for qw(key private ds);
}

sub _records_by_zone ($self) {
	my @zones = $self->_zones;
	my %records = map { $_ => [] } @zones;

	for my $record (@{$self->{records}}, "$NAME A $ADDRESS") {
		push @{$records{_zone_of($record, @zones)}}, $record;
	}
	for my $zone (grep { $_ ne '.' } @zones) {
		my $above = _zone_of($zone, grep { $_ ne $zone } @zones);
		push @{$records{$above}}, "$zone NS $NAME", $self->_ds($zone);
	}
	push @{$records{'.'}}, "$NAME A $ADDRESS";	# glue
	return \%records;
}

sub _zone_of ($record, @zones) {
	my ($owner) = split ' ', $record;

	return first { $_ eq '.' || ".$owner" =~ /[.]\Q$_\E\z/ } @zones;
}

sub _ds ($self, $zone) {
	return $self->{zones}{$zone} eq 'signed'
	    ? Lab::Server::slurp($self->path(_file($zone) . '.ds')) : ();
}

# For some days around now: the tests are not about dates.
sub _sign ($self, $zone) {
	my $file = _file($zone);
	my ($begin, $end) = (time - $DAY, time + 30 * $DAY);

	$self->_run("ldns-signzone -i $begin -e $end -o $zone -f $file.signed"
	    . " $file $file");
	my $text = Lab::Server::slurp($self->path("$file.signed"));
	for my $set (@{$self->{damaged} // []}) {
		next if _zone_of($set, $self->_zones) ne $zone;
		my ($owner, $type) = split ' ', $set;
		my $signed = qr/^\Q$owner\E\t.*\tRRSIG\t$type .* /m;
		# Another signature, still of the right form.
		$text =~ s/($signed)(.{8})(.{8})/$1$3$2/
		    or croak "no signature of $set";
	}
	$self->write_file($file, $text);
}

sub _run ($self, $command) {
	my $said = qx(cd ${\ $self->path} && $command 2>&1);

	croak "$command: $said" if $?;
	return $said =~ s/\n\z//r;
}

1;

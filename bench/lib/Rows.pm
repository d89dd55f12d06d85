# SPDX-License-Identifier: GPL-3.0-or-later
#
# Rows - the commands that are measured, by the words that tables have for them
#
#   my %commands = Rows::tls();		# STARTTLS or the certificate, one server
#   my %commands = Rows::banner();	# without TLS, one server
#   my %commands = Rows::many(1, 10);	# "check_mx 10": a domain of ten
#					# servers; "check_mx -H 10": no DNS
#   my %commands = Rows::crowds();	# Rows::CHECKS checks by xargs
#
# The plugins are those of top_builddir, as `make` sets it, and so is the floor
# (bench/floor.c); the peers are what Peers finds.
package Rows;

use v5.36;
use Carp qw(croak);
use File::Spec;

use CheckMX qw(plugin);
use Lab::Namespace;
use Peers;
use World;

use constant { CHECKS => 200, AT_ONCE => 8 };

# Those that others are compared with; what is asked of many servers.
our $FLOOR = 'floor';
our $FLOOR_BANNER = 'floor -b';
our @OF_DOMAINS = qw(check_mx_banner check_mx_starttls check_mx);
our @OF_MANY = ($FLOOR_BANNER, 'check_mx_banner -H', $FLOOR,
    'check_mx_starttls -H', @OF_DOMAINS);

my $FOLDER = File::Spec->rel2abs(($ENV{top_builddir} // '.') . '/bench');
my $NAME = World::name(1);
my $ADDRESS = World::address(1);

# A program that is built for the bench.
sub built ($name) { "$FOLDER/$name" }

sub _plugins (@names) {
	return map { $_ => [plugin($_), '-H', $ADDRESS] } @names;
}

# Its static variant is not built where the libraries are not there for it.
sub _floors () {
	my ($server) = World::servers(1);

	return ($FLOOR => [built('floor'), $server],
	    map({ ("floor $_" => [built('floor'), $_, $server]) } qw(-c -q)),
	    -x built('floor-static')
		? ('floor -c, static' => [built('floor-static'), '-c', $server])
		: ());
}

sub tls () {
	return (_floors(), Peers::tls($NAME, $ADDRESS),
	    _plugins(qw(check_mx_starttls check_mx_cert_expiry check_mx)));
}

sub banner () {
	return ($FLOOR_BANNER => [built('floor'), '-b', World::servers(1)],
	    Peers::plain($ADDRESS),
	    _plugins(qw(check_mx_banner check_mx_openrelay)));
}

# The floor takes the servers one after the other.
sub many (@sizes) {
	return map { my $size = $_;
		my @servers = World::servers($size);
		my @addresses = map { ('-H', s/.*=//r) } @servers;
		("$FLOOR $size" => [built('floor'), @servers],
		"$FLOOR_BANNER $size" => [built('floor'), '-b', @servers],
		map({ ("$_ $size" => [plugin(s/ -H//r), @addresses]) }
		    grep { / -H$/ } @OF_MANY),
		map({ ("$_ $size" => [plugin($_), World::domain($size)]) }
		    @OF_DOMAINS));
	} @sizes;
}

# As a scheduler starts them, a process each, over all the servers.
sub crowds () {
	my @servers = World::servers($World::SIZES[-1]);
	my @turns = map { $servers[$_ % @servers] } 1 .. CHECKS;
	my $named = _file('servers', @turns);
	my $bare = _file('addresses', map { s/.*=//r } @turns);
	my @xargs = ('xargs', '-n', 1, '-P', AT_ONCE, '-a');

	return ($FLOOR => [@xargs, $named, built('floor')],
	    map({ my ($name, @command) = @$_; $name => [@xargs, $bare, @command] }
		map({ [$_, plugin($_), '-H'] }
		    qw(check_mx_banner check_mx_cert_expiry check_mx_starttls)),
		Peers::for_xargs()));
}

sub _file ($name, @lines) {
	my $path = "$Lab::Namespace::FOLDER/$name";

	open my $out, '>', $path or croak "$path: $!";
	print $out map { "$_\n" } @lines;
	close $out or croak "$path: $!";
	return $path;
}

1;

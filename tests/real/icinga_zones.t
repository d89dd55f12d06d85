# SPDX-License-Identifier: GPL-3.0-or-later
#
# contrib/icinga2/zones.conf as it is, on two nodes of Icinga 2: what is the
# satellite's is run there, and its result comes to the master.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path qw(make_path);
use List::Util qw(uniq);
use Test::More;

use Certs;
use FakeDNS;
use FakeMX;
use Lab;
use Lab::Icinga;
use Lab::Server;

Lab->enter;
Lab::need_not(Lab::Icinga->absent);

my $contrib = ($ENV{top_srcdir} // "$FindBin::Bin/../..")
    . '/contrib/icinga2';
my $MASTER = 'master.example.com';
my $SATELLITE = 'satellite.example.com';
my %ADDRESS = ($MASTER => '127.0.0.71', $SATELLITE => '127.0.0.72');
my $DOMAIN = 'example.com';

# --- the world ---

my $mx = FakeMX->new(address => '127.0.0.11', port => 25);
my $dns = FakeDNS->new(listen => '127.0.0.53', port => 53, ad => 1, zone => {
	$DOMAIN => { MX => ["10 mx1.$DOMAIN"] },
	"mx1.$DOMAIN" => { A => [$mx->address] },
	$mx->address => { PTR => ["mx1.$DOMAIN"] },
	map({ $_ => { A => [$ADDRESS{$_}] } } keys %ADDRESS),
});

# The master has no plugins: it could not run the checks if it wanted to.
my $no_plugins = "$Lab::Namespace::FOLDER/no-plugins";
make_path($no_plugins);
my $hosts = text('zones.d/satellite/mail.conf');
my $ca_file = Certs::ca_file();
my $ours = join '', map { "\tvars.mx${_}_ca_file = \"$ca_file\"\n" } '',
    qw(_cert_expiry _starttls);
my $master = node($MASTER, zone => 'master', plugins => $no_plugins, files => {
	'zones.conf' => text('zones.conf'),
	'zones.d/global-templates/mx-commands.conf' => text('mx-commands.conf'),
	'zones.d/global-templates/mx-services.conf' => text('mx-services.conf'),
	'zones.d/satellite/mail.conf' => $hosts =~ s/(?=^\})/$ours/mr,
	'zones.d/master/hosts.conf' => <<"END",
object Host "here" {
	check_command = "dummy"
	vars.mail_domains = [ "$DOMAIN" ]
}
END
});
my $satellite = node($SATELLITE, zone => 'satellite', authority => $master,
    files => { 'zones.conf' => text('zones.conf') });

sub text ($name) { return Lab::Server::slurp("$contrib/$name") }

sub node ($name, %its) {
	my $node = Lab::Icinga->start(node => $name, address => $ADDRESS{$name},
	    folder => "$Lab::Namespace::FOLDER/$name", %its);
	$node->await;
	return $node;
}

# --- what the two know ---

my $HOST = 'mail.example.com';
my @THERE = sort map { "$HOST!mx$_ $DOMAIN" } '', qw(_banner _cert_expiry _dns
    _openrelay _starttls);
my @HERE = map { s/^$HOST/here/r } @THERE;

my %zone = map { $_->{__name} => $_->{zone} }
    values %{{ $master->objects('services') }};
is_deeply(\%zone, { map({ $_ => 'satellite' } @THERE),
    map { $_ => 'master' } @HERE }, 'A service is of the zone of its host.');
my %there = $satellite->objects_when('services',
    sub (%service) { %service });
is_deeply([sort keys %there], \@THERE,
    'The satellite gets its own from the master, and no others.');

# --- what the master sees ---

# Having got them, the satellite has started anew; the master looks for it every
# ten seconds.
for ([$satellite, $MASTER], [$master, $SATELLITE]) {
	my ($node, $peer) = @$_;
	$node->objects_when('endpoints', sub (%endpoint) {
		return $endpoint{$peer}{connected} && !$endpoint{$peer}{syncing};
	});
}
my $now = time;
$_->run_all for $satellite, $master;
my %result = $master->results_since($now);
for my $name (@THERE) {
	my $result = $result{$name};
	is($result->{state}, 0, "The master sees $name to be OK.")
	    or diag(explain($result));
	is($result->{check_source}, $SATELLITE, 'The satellite has run it.');
}
is_deeply([uniq map { @{$result{$_}}{qw(check_source state)} } @HERE],
    [$MASTER, 3], 'The master itself has run its own, as far as it could.');
is_deeply([grep { !@{$result{$_}{performance_data}} } @THERE], [],
    'Performance data has come along.');
diag(map { $_->words } $master, $satellite)
    unless Test::More->builder->is_passing;
done_testing();

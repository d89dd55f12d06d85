#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Servers by the dozen: what is all that an engine is certain to read still
# tells what matters, whichever plugin, however many of them fail, and however
# long their names are.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;
use MailDomain qw(policy_host);

# With root's rights in a network of our own, where there is a policy host.
my $own_network = $> == 0 && !Lab::Namespace::hindrance();
Lab::Namespace::enter() if $own_network;

my $OUTPUT_MAX = 4096;
my @PLUGINS = (qw(check_mx check_mx_banner check_mx_starttls
    check_mx_cert_expiry check_mx_openrelay check_mx_dane check_mx_delivery
    check_mx_dns),
    $own_network ? 'check_mx_mtasts' : ());
my %TRUST = map { $_ => ['--ca-file', Certs::ca_file()] } qw(check_mx
    check_mx_starttls check_mx_cert_expiry check_mx_mtasts);
# Servers, how many of them fail, the length of the labels in their names.
my @FORTY = ([40, 0, 1], [40, 20, 1], [40, 40, 20]);
my @MORE = ([40, 40, 60], [128, 5, 60], [128, 128, 60]);

# One server that listens everywhere is all of them, and refuses where its
# address is of the second kind, which has no PTR record. All have TLSA records
# in a signed zone, and are listed by the MTA-STS policy.
sub crowd ($plugin, $count, $failing, $label_length) {
	my $parent = join '.', ('x' x $label_length) x 3, 'example.com';
	my $certificate = Certs::certificate(names => ["*.$parent"]);
	my $mx = FakeMX->new(address => '0.0.0.0', hostname => "mx.$parent",
	    tls => { certificate => $certificate },
	    banner => sub ($line, $connection) {
		return $connection->address =~ /^127\.2\./
		    ? "554 no\r\n" : DEFAULT;
	    });
	my %address = map { ("mx$_.$parent" => '127.'
	    . ($_ > $count - $failing ? 2 : 1) . ".0.$_") } 1 .. $count;
	my $web = $own_network ? FakeMX->new(policy_host("version: STSv1\n"
	    . "mode: enforce\nmax_age: 604800\nmx: *.$parent\n")) : undef;
	my $tlsa = '3 1 1 ' . Certs::tlsa('3 1 1', $certificate->{cert});
	my $dns = FakeDNS->new(ad => 1, zone => {
		'example.com' => { MX => [map { "$_ mx$_.$parent" }
		    1 .. $count] },
		map({ ("_${\ $mx->port}._tcp.$_" => { TLSA => [$tlsa] }) }
		    keys %address),
		$web ? ('_mta-sts.example.com' =>
		    { TXT => ['"v=STSv1; id=1"'] },
		    'mta-sts.example.com' => { A => [$web->address] }) : (),
		map({ ($_ => { A => [$address{$_}] }) } keys %address),
		map({ ($address{$_} => { PTR => [$_] }) }
		    grep { $address{$_} =~ /^127\.1\./ } keys %address),
	});
	return check($plugin, '-d', 'example.com', @{$TRUST{$plugin} // []},
	    '--severity=DNS_MX_TOO_MANY=ok',
	    '--nameserver', $dns->address,
	    $plugin eq 'check_mx_dns' ? () : ('-p', $mx->port), { name =>
	    "$plugin keeps the rules of every run: $count servers, $failing "
	    . "failing, labels of $label_length." });
}

# The lines of servers, and what is said of those that have none; the senders
# that lose mail; how long the perfdata of each server is.
sub parts ($run) {
	my (undef, @lines) = $run->lines;
	my %perfdata;

	for (split / /, $run->perf_output) {
		$perfdata{$1} += 1 + length if /^mx(\d+)\./;
	}
	return {
		good => [grep { /^\[OK\] / } @lines],
		bad => [grep { /^\[(?:CRITICAL|WARNING)\] / } @lines],
		rest => { map { /^\.\.\. and (\d+) more (.*)/ ? ($2, $1) : () }
		    @lines },
		senders => [map { /^Who loses mail\? (\S+) sender\b.*?: ./ }
		    @lines],
		perfdata => \%perfdata,
	};
}

sub holds_its_bounds ($plugin, $count, $failing, $length) {
	my $what = "$plugin, $count servers, $failing failing, labels of "
	    . $length;
	my $run = crowd($plugin, $count, $failing, $length);
	my $perfdata = perfdata($run);
	my $part = parts($run);
	my $well = $count - $failing;
	my ($good, $bad) = map { scalar @{$part->{$_}} } qw(good bad);
	my $good_perfdata = grep { $_ <= $well } keys %{$part->{perfdata}};
	my $bad_perfdata = keys(%{$part->{perfdata}}) - $good_perfdata;

	is($run->state, !$failing ? 'OK' : $plugin eq 'check_mx_dns'
	    ? 'WARNING' : 'CRITICAL', "$what: the state is right.");
	cmp_ok(length $run->output, '<=', $OUTPUT_MAX,
	    "$what: all of it can be read.");
	is_deeply([map { $perfdata->{$_} ? $perfdata->{$_}->value : undef }
	    qw(servers servers_ok)], [$count, $well],
	    "$what: the aggregates are there.");
	like($run->text, qr/; $well of $count servers OK\b/,
	    "$what: line 1 counts them.");
	is($good + ($part->{rest}{OK} // 0), $well,
	    "$what: every healthy server is a line or counted.");
	is($bad + ($part->{rest}{'with findings'} // 0), $failing,
	    "$what: so is every failing one.");
	ok($bad == $failing || !$good,
	    "$what: lines of healthy servers go first.");
	# But for what is too little for the perfdata of one more.
	ok($good_perfdata == $well || !$part->{perfdata}{1}
	    || length("@{$part->{good}}") < $part->{perfdata}{1},
	    "$what: perfdata goes after those lines.");
	ok($bad_perfdata == $failing || !$good_perfdata,
	    "$what: perfdata of healthy servers goes first.");
	is_deeply($part->{senders}, [$failing < $count ? () : ('plain',
	    'TLS-requiring', 'MTA-STS', 'DANE', 'IPv4-only'), 'IPv6-only'],
	    "$what: who loses mail is told.")
	    if $plugin eq 'check_mx';
}

for my $plugin (@PLUGINS) {
	subtest "$plugin tells what matters, whatever the crowd" => sub {
		holds_its_bounds($plugin, @$_) for @FORTY;
	};
}
for my $plugin (qw(check_mx check_mx_banner check_mx_dane)) {
	subtest "$plugin does with long names, and with all that fit" => sub {
		holds_its_bounds($plugin, @$_) for @MORE;
	};
}

done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx --domains over all that the lab has: what a run of its own says of a
# domain, the survey says too, and a server hears from it once.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use List::Util qw(uniq);
use Test::More;

use CheckMX;
use Lab;

my @DOMAINS = qw(healthy.test trio.test mixed.test many.test relay.test
    plain.test selfsigned.test expired.test tls12.test refusing.test exim.test
    opensmtpd.test nullmx.test implicit.test noaddress.test cname.test dual.test
    closed.test blackhole.test lame.test nowhere.test example.com);
my @OPTIONS = ('-t', 8, '--no-ptr');
my $json = JSON::PP->new->utf8;

Lab->enter;
my $lab = Lab->new;
my $trust = '--ca-file=' . $lab->ca_file;

# What was found at whom; where a server was asked to relay in the name of a
# domain that shares it, that is said, and nothing more of it is alike.
sub found ($object) {
	return map {
		my ($what, $findings) = @$_;
		($what => [sort map { "$_->{state} $_->{code}" } @$findings]);
	} ['domain', $object->{findings}],
	    map { ["$_->{host} " . ($_->{address} // '-'), $_->{findings}] }
	    @{$object->{servers}};
}

sub shares ($codes) {
	return grep { /^OK NOT_TESTED$/ } @$codes;
}

sub but_relaying ($codes) {
	return [grep { !/ (?:RELAY|NOT_TESTED)/ } @$codes];
}

my $run = testCmd(plugin('check_mx'), '--domains=-', '--parallel=6', $trust,
    @OPTIONS, { stdin => join('', map { "$_\n" } @DOMAINS, 'no domain'),
    timeout => 120 });
my @objects = map { $json->decode($_) } split /\n/, $run->output;
my %object = map { $_->{domain} // '' => $_ } @objects;

is_deeply([sort keys %object], [sort '', @DOMAINS], 'Each line has its object.');
is($object{''}{line}, @DOMAINS + 1, 'What is no domain is named by its line.');
is($run->return_code, 2, 'The worst state is the exit code.');
my @servers = uniq map { my $domain = $_; map { "$_->{host} $_->{address}" }
    grep { $_->{address} } @{$domain->{servers}} } @objects;
like($run->stderr, qr/ (\d+) servers tested, \d+ tests spared$/,
    'The summary counts the servers.');
my ($tested) = $run->stderr =~ / (\d+) servers tested/;
cmp_ok($tested, '>=', @servers, 'Each was tested.');

my @alone = check_all(map { ['check_mx', $_, $trust, @OPTIONS,
    '--output-format=json'] } @DOMAINS);
for my $domain (@DOMAINS) {
	my $single = $json->decode((shift @alone)->output);
	my %among = found($object{$domain});
	my %single = found($single);
	for my $place (keys %among) {
		next if !shares($among{$place}) || shares($single{$place} // []);
		$_ = but_relaying($_) for $among{$place}, $single{$place};
	}
	is_deeply(\%among, \%single,
	    "$domain: the findings are those of a run of its own.");
}

done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Signed - the lab with DNSSEC and DANE: another world, used like Lab.
#
#   Lab::Signed->enter;
#   my $lab = Lab::Signed->new;
#   my $run = $lab->check('check_mx_dane', 'spki.test');
#
# NSD (see Lab::NSD) is the authority for a signed root, for test below it, and
# for unsigned.test. Unbound validates, from the key of that root: resolv.conf
# names it, and it listens on an address that is not loopback as well. Another
# Unbound believes everything. All mail servers are Postfix.
package Lab::Signed;

use v5.36;
use parent -norequire, 'Lab';

use Certs;
use Lab;
use Lab::NSD;
use Lab::Namespace;
use Lab::Recursor;

our $PLAIN_RESOLVER = '127.0.0.55';	# does not validate
our $DISTANT_RESOLVER = '192.0.2.254';	# validates; see Lab::Namespace

my %OTHER_NAME = (names => ['mail.elsewhere.test']);
my %EXPIRED = (not_before => Certs::days(-33.5),
    not_after => Certs::days(-3.5));
my $RSA = { key => 'rsa:2048' };

# The domain NAME.test and its host mx.NAME.test; its TLSA records; what else is
# special about it, as in Lab and in Lab::Postfix.
#
# A record is "USAGE SELECTOR MATCHING-TYPE OF-WHAT": leaf, second (its other
# certificate), intermediate, root, other (a certificate that it has not got) or
# =DATA. Left out, it is the leaf for usages 1 and 3, else the intermediate. The
# records are at _25._tcp.HOST, or "at" another name that this is an alias of.
my @DOMAINS = (
	# One record that matches.
	['spki', ['3 1 1']],
	['cert', ['3 0 1'], addresses => ['::1']],
	['sha512', ['3 1 2']],
	['whole', ['3 0 0']],
	['wholekey', ['3 1 0']],
	['issuerkey', ['2 1 1']],
	['issuer', ['2 0 1 root'], certificate => { send => 'root' }],
	['carried', ['2 0 0 root']],
	['careless', ['3 1 1'], certificate => { %OTHER_NAME, %EXPIRED }],
	['selfsigned', ['3 1 1'], certificate => { issuer => 'self' }],
	['nexthop', ['2 1 1'], certificate => { names => ['nexthop.test'] }],
	['shared', ['3 1 1'], at => 'tlsa.shared.test.'],

	# None that matches.
	['mismatch', ['3 1 1 other']],
	['mismatches', ['3 1 1 other', '2 1 1 root']],
	['unsent', ['2 1 1 root']],
	['issuername', ['2 1 1'], certificate => \%OTHER_NAME],
	['issuerdate', ['2 1 1'], certificate => \%EXPIRED],
	['wrongdepth', ['3 1 1 intermediate']],
	['leafdepth', ['2 1 1 leaf']],
	['misnamed', ['2 1 1'],
	    certificate => { names => ['mx.aliasname.test'] }],
	['plain', ['3 1 1 other'], clear => 1],

	# Several, or none of use.
	['rollover', ['3 1 1 other', '3 1 1']],
	['reissue', ['2 1 1 other', '3 1 1']],
	['unusable', ['0 1 1', '1 1 1']],
	['malformed', ['3 1 1 =8cb0fc6c527506a053f4f14c8464bebb']],
	['unknown', ['3 1 3', '3 2 1', '4 1 1']],
	['usable', ['1 1 1', '3 1 1']],
	['useless', ['1 1 1', '3 1 1 other']],
	['none', []],

	# Two certificates.
	['two', ['3 1 1', '3 1 1 second'], second => $RSA],
	['ecdsa', ['3 1 1'], second => $RSA],
	['rsa', ['3 1 1 second'], second => $RSA],
	['sni', ['3 1 1 second'], certificate => \%OTHER_NAME, second => {},
	    second_by_sni => 1],

	# Signatures that do not match, or are not there.
	['bogus', ['3 1 1']],
	['bogusmx', ['3 1 1']],
	['bogusaddress', ['3 1 1']],
	['lame', []],
	['unsigned', ['3 1 1']],
	['bare.unsigned', []],
	['sharedout', ['3 1 1'], at => 'tlsa.unsigned.test.'],
);

# The domain NAME.test, whose mx.NAME.test is an alias of a host above; records
# of its own, which are of that host's certificate.
my @ALIASES = (
	['alias', 'spki', []],
	['aliasold', 'none', ['3 1 1']],
	['aliasboth', 'mismatch', ['3 1 1']],
	['aliasout', 'unsigned', ['3 1 1']],
	['aliassni', 'sni', []],
	['aliasta', 'issuerkey', []],
	['aliasname', 'misnamed', []],
);

# The mail exchangers of other domains.
my %EXCHANGERS = (
	'partial.test' => ['mx.spki.test', 'mx.none.test'],
	'halfsigned.test' => ['mx.spki.test', 'mx.unsigned.test'],
	'halfright.test' => ['mx.spki.test', 'mx.mismatch.test'],
	'halfbogus.test' => ['mx.spki.test', 'mx.bogus.test'],
	'outside.test' => ['mx.unsigned.test'],
	'elsewhere.unsigned.test' => ['mx.spki.test'],
	'crooked.unsigned.test' => ['mx.mismatch.test'],
);

my %ZONES = (
	'.' => 'signed',
	'test.' => 'signed',
	'unsigned.test.' => 'unsigned',
	'_tcp.mx.lame.test.' => 'lame',
);

my @DAMAGED = (
	'_25._tcp.mx.bogus.test. TLSA',
	'bogusmx.test. MX',
	'mx.bogusaddress.test. A',
);

sub dns_kinds ($class) { ('Lab::NSD', 'Lab::Recursor') }

sub start_dns ($class, @records) {
	my $nsd = Lab::NSD->start(zones => \%ZONES, records => \@records,
	    damaged => \@DAMAGED);

	return ($nsd,
	    Lab::Recursor->start(anchor_file => $nsd->anchor_file, addresses =>
		[$Lab::Namespace::RESOLVER, $DISTANT_RESOLVER]),
	    Lab::Recursor->start(folder => $nsd->path('plain'),
		addresses => [$PLAIN_RESOLVER]));
}

sub hosts ($class) {
	my $number = 0;

	return Lab::hosts_of_rows(\%EXCHANGERS, map {
		my ($name, $tlsa, %more) = @$_;
		my $addresses = ['127.0.2.' . ++$number,
		    @{delete $more{addresses} // []}];
		["mx.$name.test", Postfix => $addresses, tlsa => $tlsa, %more];
	} @DOMAINS);
}

sub records ($class, @hosts) {
	my %host = map { $_->{name} => $_ } @hosts;

	return ("$Lab::Namespace::HOST. A 127.0.0.1",
	    Lab::records_of_hosts(\%EXCHANGERS, @hosts),
	    map({ _tlsa_records($_) } @hosts),
	    map({ _reverse_records($_) } @hosts),
	    map({ my ($name, $of, $tlsa) = @$_;
		_alias_records($name, $host{"mx.$of.test"}, $tlsa) } @ALIASES));
}

sub _tlsa_records ($host) {
	my $name = "_25._tcp.$host->{name}.";
	my $at = $host->{at} // $name;

	return (($at eq $name ? () : "$name CNAME $at"),
	    map { "$at TLSA " . _tlsa($host, $_) } @{$host->{tlsa}});
}

sub _alias_records ($name, $host, $tlsa) {
	return ("$name.test. MX 10 mx.$name.test.",
	    "mx.$name.test. CNAME $host->{name}.",
	    map { "_25._tcp.mx.$name.test. TLSA " . _tlsa($host, $_) } @$tlsa);
}

sub _tlsa ($host, $record) {
	my ($usage, $selector, $matching, $what) = split ' ', $record;
	my $parameters = "$usage $selector $matching";
	$what //= $usage =~ /[02]/ ? 'intermediate' : 'leaf';

	return "$parameters $1" if $what =~ /^=(.*)/;
	my $own = { leaf => 'certificate', second => 'second' }->{$what};
	my $file = $own ? Certs::certificate(%{$host->{$own}})->{cert}
	    : Certs::authority_file($what eq 'other' ? 'other-root' : $what);
	return "$parameters " . Certs::tlsa($parameters, $file);
}

sub _reverse_records ($host) {
	return map { join('.', reverse split /[.]/)
	    . ".in-addr.arpa. PTR $host->{name}." }
	    grep { !/:/ } @{$host->{addresses}};
}

1;

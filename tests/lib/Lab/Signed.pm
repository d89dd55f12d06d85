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
use Carp qw(croak);

use Certs;
use Lab;
use Lab::NSD;
use Lab::Namespace;
use Lab::Recursor;

our $PLAIN_RESOLVER = '127.0.0.55';	# does not validate
our $DISTANT_RESOLVER = '192.0.2.254';	# validates; see Lab::Namespace

my %OTHER_NAME = (names => ['mail.elsewhere.test']);
my %EXPIRED = (not_before => Certs::days(-33.5), not_after => Certs::days(-3.5));
my $RSA = { key => 'rsa:2048' };

# The domain NAME.test and its host mx.NAME.test; its TLSA records; what else is
# special about it, as in Lab.
#
# A record is "USAGE SELECTOR MATCHING-TYPE OF-WHAT": leaf, second (its other
# certificate), intermediate, root, other (a certificate that it has not got) or
# =DATA. Left out, it is the leaf for usages 1 and 3, else the intermediate.
#
#   at     where its records are, unless at _25._tcp.HOST
#   alias  a host that is a CNAME of this one, with a matching 3 1 1 of its own
my @DOMAINS = (
	# One record that matches.
	['spki', ['3 1 1']],
	['cert', ['3 0 1'], addresses => ['::1']],
	['sha512', ['3 1 2']],
	['whole', ['3 0 0']],
	['wholekey', ['3 1 0']],
	['issuerkey', ['2 1 1']],
	['issuer', ['2 0 1 root'], certificate => { send => 'root' }],
	['careless', ['3 1 1'], certificate => { %OTHER_NAME, %EXPIRED }],
	['selfsigned', ['3 1 1'], certificate => { issuer => 'self' }],
	['shared', ['3 1 1'], at => 'tlsa.shared.test'],

	# None that matches.
	['mismatch', ['3 1 1 other']],
	['mismatches', ['3 1 1 other', '2 1 1 root']],
	['unsent', ['2 1 1 root']],
	['carried', ['2 0 0 root']],
	['issuername', ['2 1 1'], certificate => \%OTHER_NAME],
	['issuerdate', ['2 1 1'], certificate => \%EXPIRED],
	['plain', ['3 1 1 other'], clear => 1],

	# Several, or none of use.
	['rollover', ['3 1 1 other', '3 1 1']],
	['reissue', ['2 1 1 other', '3 1 1']],
	['unusable', ['0 1 1', '1 1 1']],
	['malformed', ['3 1 1 =8cb0fc6c527506a053f4f14c8464bebb']],
	['unknown', ['3 1 3', '3 2 1', '4 1 1']],
	['usable', ['1 1 1', '3 1 1']],
	['useless', ['1 1 1', '3 1 1 other']],
	['none', [], alias => 'mx.aliasold.test'],

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
	['unsigned', ['3 1 1'], alias => 'mx.aliasout.test'],
	['sharedout', ['3 1 1'], at => 'tlsa.unsigned.test'],

	['canonical', ['3 1 1 other'], alias => 'mx.aliasboth.test'],
);

# The mail exchangers of other domains.
my %EXCHANGERS = (
	'partial.test' => ['mx.spki.test', 'mx.none.test'],
	'halfsigned.test' => ['mx.spki.test', 'mx.unsigned.test'],
	'halfright.test' => ['mx.spki.test', 'mx.mismatch.test'],
	'halfbogus.test' => ['mx.spki.test', 'mx.bogus.test'],
	'outside.test' => ['mx.unsigned.test'],
	'elsewhere.unsigned.test' => ['mx.spki.test'],
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

my @RECORDS = (
	"$Lab::Namespace::HOST. A 127.0.0.1",
	map({ ("$_.test. MX 10 mx.$_.test.") }
	    qw(alias aliasold aliasboth aliasout aliassni)),
	'mx.alias.test. CNAME mx.spki.test.',
	'mx.aliassni.test. CNAME mx.sni.test.',
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
	return (@RECORDS, Lab::records_of_hosts(\%EXCHANGERS, @hosts),
	    map({ _tlsa_records($_) } @hosts),
	    map({ _reverse_records($_) } @hosts));
}

sub _tlsa_records ($host) {
	my $at = $host->{at};
	my ($alias, $name) = @$host{qw(alias name)};

	return (
		map({ ($at // "_25._tcp.$name") . ". TLSA "
		    . _tlsa($host, $_) } @{$host->{tlsa}}),
		$at ? "_25._tcp.$name. CNAME $at." : (),
		$alias ? ("$alias. CNAME $name.",
		    "_25._tcp.$alias. TLSA " . _tlsa($host, '3 1 1')) : (),
	);
}

sub _tlsa ($host, $record) {
	my ($usage, $selector, $matching, $what) = split ' ', $record;
	my $parameters = "$usage $selector $matching";
	$what //= $usage =~ /[02]/ ? 'intermediate' : 'leaf';

	return "$parameters $1" if $what =~ /^=(.*)/;
	my %arguments = (leaf => $host->{certificate}, second => $host->{second});
	my $file = exists $arguments{$what}
	    ? Certs::certificate(%{$arguments{$what}})->{cert}
	    : Certs::authority_file($what eq 'other' ? 'other-root' : $what);
	return "$parameters " . Certs::tlsa($parameters, $file);
}

sub _reverse_records ($host) {
	return map { join('.', reverse split /[.]/)
	    . ".in-addr.arpa. PTR $host->{name}." }
	    grep { !/:/ } @{$host->{addresses}};
}

1;

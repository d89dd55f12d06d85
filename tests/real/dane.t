#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_dane in signed zones, behind a resolver that validates, beside the
# DANE of Postfix: posttls-finger is asked about the same servers, and both have
# to agree.

use v5.36;
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP qw(decode_json);
use List::Util qw(any max uniq);
use Net::DNS;
use Test::More;
use Time::Piece ();

use Certs;
use CheckMX qw(need plugin testCmd);
use Lab::Namespace;
use Lab::Signed;

need('posttls-finger');
Lab::Signed->enter;
my $lab = Lab::Signed->new;
my $TTL = 3600;		# of the zones; the resolvers say less
my $POSTFIX = "$Lab::Namespace::FOLDER/Postfix/etc";
my $plain = "--nameserver=$Lab::Signed::PLAIN_RESOLVER";
my $distant = "--nameserver=$Lab::Signed::DISTANT_RESOLVER";

# --- the lab itself ---

sub ask ($address, $name, $type) {
	my $answer = Net::DNS::Resolver->new(nameservers => [$address],
	    dnssec => 1, recurse => 1)->send($name, $type);
	my $header = $answer->header;
	return join ' ', $header->rcode, $header->ad ? 'secure' : ();
}

for (
	['spki.test', 'MX', 'NOERROR secure', 'NOERROR'],
	['mx.spki.test', 'A', 'NOERROR secure', 'NOERROR'],
	['_25._tcp.mx.spki.test', 'TLSA', 'NOERROR secure', 'NOERROR'],
	['_25._tcp.mx.none.test', 'TLSA', 'NXDOMAIN secure', 'NXDOMAIN'],
	['_25._tcp.mx.unsigned.test', 'TLSA', 'NOERROR', 'NOERROR'],
	['_25._tcp.mx.bogus.test', 'TLSA', 'SERVFAIL', 'NOERROR'],
	['_25._tcp.mx.lame.test', 'TLSA', 'SERVFAIL', 'SERVFAIL'],
	['bogusmx.test', 'MX', 'SERVFAIL', 'NOERROR'],
	['mx.bogusaddress.test', 'A', 'SERVFAIL', 'NOERROR'],
	['.', 'SOA', 'NOERROR secure', 'NOERROR'],
) {
	my ($name, $type, $validated, $believed) = @$_;
	is(ask($Lab::Namespace::RESOLVER, $name, $type), $validated,
	    "$name $type, validated: $validated.");
	is(ask($Lab::Signed::DISTANT_RESOLVER, $name, $type), $validated,
	    "$name $type, validated elsewhere: $validated.");
	is(ask($Lab::Signed::PLAIN_RESOLVER, $name, $type), $believed,
	    "$name $type, just believed: $believed.");
}

# --- what the plugin says, and what Postfix would do ---

# The verdict of posttls-finger on the first server of a domain.
sub finger ($domain, @options) {
	my $run = testCmd('posttls-finger', '-v', '-c', '-l', 'dane', @options,
	    $domain, { env => { MAIL_CONFIG => $POSTFIX } });
	my $said = $run->output . $run->stderr;

	return $said =~ /^posttls-finger: Verified TLS/m ? 'verified'
	    : $said =~ /^posttls-finger: Trusted TLS/m ? 'trusted'
	    : $said =~ /no usable TLSA|all TLSA .* unusable/ ? 'unusable'
	    : $said =~ /no TLSA records found/ ? 'none'
	    : $said =~ /^posttls-finger: Untrusted TLS/m ? 'mismatch'
	    : $said =~ /lookup (?:error|failed)/ ? 'deferred'
	    : 'no TLS';
}

# The plugin's, in the same words, by its codes and whether a record matched.
sub verdict ($matched, @codes) {
	my %has = map { $_ => 1 } @codes;

	return $has{DANE_BOGUS} || $has{DNS_SERVFAIL} ? 'deferred'
	    : $has{STARTTLS_NOT_OFFERED} ? 'no TLS'
	    : $has{DANE_MISMATCH} ? 'mismatch'
	    : $has{DANE_UNUSABLE} ? 'unusable'
	    : $has{DANE_INSECURE} && $matched ? 'trusted'
	    : $has{DANE_NONE} || $has{DANE_INSECURE} ? 'none'
	    : $matched ? 'verified' : 'nothing';
}

sub codes ($node) { map { $_->{code} } @{$node->{findings}} }

sub dane_codes (@codes) { return uniq sort grep { /^DANE_/ } @codes }

# "+-": one record that matches, one that does not.
sub matches ($server) {
	return join '', sort map { $_->{matched} ? '+' : '-' }
	    @{$server->{dane}{records} // []};
}

# The domain in test; the first server as posttls-finger sees it; the state;
# the DANE codes, of which line 1 has one if it is not OK; which records of each
# server match ("?" where nobody looks); what that means.
for (
	['spki', 'verified', 'OK', '', '+',
	    '3 1 1 matches the key.'],
	['cert', 'verified', 'OK', '', '+ +',
	    '3 0 1 matches the certificate, on both families.'],
	['sha512', 'verified', 'OK', '', '+',
	    'A SHA-512 digest matches.'],
	['whole', 'verified', 'OK', '', '+',
	    'A whole certificate in the record matches.'],
	['wholekey', 'verified', 'OK', '', '+',
	    'A whole key in the record matches.'],
	['issuerkey', 'verified', 'OK', '', '+',
	    '2 1 1 matches the intermediate that is sent.'],
	['issuer', 'verified', 'OK', '', '+',
	    '2 0 1 matches the root that is sent.'],
	['careless', 'verified', 'OK', '', '+',
	    'Under usage 3 neither the date nor the name counts.'],
	['selfsigned', 'verified', 'OK', '', '+',
	    'Under usage 3 nobody has to have signed.'],
	['nexthop', 'verified', 'OK', '', '+',
	    'Under usage 2 the name of the domain will do.'],
	['shared', 'verified', 'OK', '', '+',
	    'The TLSA name may be an alias.'],
	['carried', 'verified', 'OK', '', '+',
	    'A trust anchor that stands whole in the record need not be sent.'],

	['mismatch', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '-',
	    'The only record matches nothing.'],
	['mismatches', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '--',
	    'Neither of two records matches.'],
	['unsent', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '-',
	    'A trust anchor that is not sent does not count.'],
	['issuername', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '-',
	    'Under usage 2 the name counts.'],
	['issuerdate', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '-',
	    'Under usage 2 the date counts.'],
	['wrongdepth', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '-',
	    'Under usage 3 the issuer does not count.'],
	['leafdepth', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '-',
	    'Under usage 2 the key of the leaf does not count.'],
	['plain', 'no TLS', 'CRITICAL', 'STARTTLS_NOT_OFFERED', '-',
	    'A server with records does not offer TLS.'],

	['rollover', 'verified', 'OK', 'DANE_STALE_RECORD', '+-',
	    'One record of a roll-over matches, the other is stale.'],
	['reissue', 'verified', 'OK', 'DANE_STALE_RECORD', '+-',
	    'A record of usage 3 makes up for one of usage 2.'],
	['unusable', 'unusable', 'WARNING', 'DANE_UNUSABLE', '--',
	    'Usages 0 and 1 are not for SMTP.'],
	['malformed', 'unusable', 'WARNING', 'DANE_UNUSABLE', '-',
	    'A digest of the wrong length is of no use.'],
	['unknown', 'unusable', 'WARNING', 'DANE_UNUSABLE', '---',
	    'Nobody knows these parameters.'],
	['usable', 'verified', 'OK', '', '+-',
	    'A record of usage 1 does no harm beside a good one.'],
	['useless', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '--',
	    'A record of usage 1 does not help a bad one.'],
	['none', 'none', 'CRITICAL', 'DANE_NONE', '',
	    'A signed domain has no records.'],

	['two', 'verified', 'OK', '', '++',
	    'Two certificates, a record for each.'],
	['ecdsa', undef, 'CRITICAL', 'DANE_MISMATCH', '+',
	    'Two certificates, a record for ECDSA only.'],
	['rsa', undef, 'CRITICAL', 'DANE_MISMATCH', '+',
	    'Two certificates, a record for RSA only.'],
	['sni', 'verified', 'OK', '', '+',
	    'The right certificate is shown to whom asks by name.'],

	['bogus', 'deferred', 'CRITICAL', 'DANE_BOGUS', '?',
	    'The signature of the TLSA record does not match.'],
	['lame', 'deferred', 'CRITICAL', 'DANE_BOGUS', '?',
	    'The name server fails at TLSA.'],
	['bogusmx', 'deferred', 'CRITICAL', 'DNS_SERVFAIL', '?',
	    'The signature of the MX record does not match.'],
	['bogusaddress', 'deferred', 'CRITICAL', 'DNS_SERVFAIL', '?',
	    'The signature of the address does not match.'],
	['unsigned', 'none', 'WARNING', 'DANE_INSECURE', '?',
	    'The delegation is insecure.'],
	['bare.unsigned', 'none', 'WARNING', 'DANE_INSECURE', '?',
	    'An unsigned domain has no records.'],
	['outside', 'none', 'WARNING', 'DANE_INSECURE', '?',
	    'The domain is signed, its mail host is not.'],
	['sharedout', 'none', 'WARNING', 'DANE_INSECURE', '?',
	    'The TLSA name is an alias into an unsigned zone.'],
	['elsewhere.unsigned', 'trusted', 'WARNING', 'DANE_INSECURE', '+',
	    'The mail host is signed, the domain is not.'],
	['crooked.unsigned', 'mismatch', 'CRITICAL',
	    'DANE_MISMATCH DANE_INSECURE', '-',
	    'Records count for Postfix even below an unsigned MX.'],

	['alias', 'verified', 'OK', '', '+',
	    'The records are where the alias leads.'],
	['aliasold', 'verified', 'OK', '', '+',
	    'The records are at the alias itself.'],
	['aliasboth', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '-',
	    'The records where the alias leads come first.'],
	['aliasout', 'verified', 'OK', '', '+',
	    'A signed alias has records, though it leads out of signed zones.'],
	['aliasta', 'verified', 'OK', '', '+',
	    'Under usage 2 the name where the alias leads counts.'],
	['aliasname', 'mismatch', 'CRITICAL', 'DANE_MISMATCH', '-',
	    'Under usage 2 the alias itself does not count.'],
	['aliassni', 'verified', 'OK', '', '+',
	    'The server is asked for the name that has the records.'],

	['partial', 'verified', 'WARNING', 'DANE_PARTIAL DANE_NONE', '+ ?',
	    'The second server has no records.'],
	['halfsigned', 'verified', 'WARNING', 'DANE_PARTIAL DANE_INSECURE',
	    '+ ?', 'The second server is not signed.'],
	['halfright', 'verified', 'CRITICAL', 'DANE_MISMATCH', '+ -',
	    'The record of the second server does not match.'],
	['halfbogus', 'verified', 'CRITICAL', 'DANE_BOGUS', '+ ?',
	    'The record of the second server is bogus.'],
) {
	my ($name, $verdict, $state, $codes, $matches, $sentence) = @$_;
	my $domain = "$name.test";
	my @codes = split ' ', $codes;
	my $run = $lab->check('check_mx_dane', $domain);
	my $json = $lab->check('check_mx_dane', $domain,
	    '--output-format=json');
	my $world = eval { decode_json($json->output) } // {};
	my @servers = @{$world->{servers} // []};
	my @found = map { codes($_) } $world, @servers;

	is($run->state, $state, "$sentence ($domain)") or diag($run->as_text);
	is($world->{state}, $state, "JSON has the same state ($domain).");
	if ($state ne 'OK') {
		my ($code) = $run->text =~ /[(]([A-Z]+_[A-Z_]+)[)]/;
		ok((any { $_ eq ($code // '') } @codes),
		    "Line 1 has one of the codes ($domain).")
		    or diag($run->as_text);
	}
	is_deeply([dane_codes(@found)], [dane_codes(@codes)],
	    "These are the codes of DANE ($domain).") or diag($run->as_text);
	my @wanted = split ' ', $matches;
	my @matches = map { ($wanted[$_] // '') eq '?' ? '?'
	    : matches($servers[$_] // {}) } 0 .. max($#wanted, $#servers);
	is("@matches", $matches, "These records match ($domain).")
	    or diag($json->output);
	if ($verdict) {
		is(finger($domain), $verdict, "Postfix: $verdict ($domain).");
		is(verdict(scalar($matches[0] =~ /[+]/), codes($world),
			codes($servers[0] // {})),
		    $verdict, "The plugin agrees ($domain).");
	}
}

for (
	['two', 'RSA', 'verified'],
	['two', 'ECDSA', 'verified'],
	['ecdsa', 'ECDSA', 'verified'],
	['ecdsa', 'RSA', 'mismatch'],
	['rsa', 'ECDSA', 'mismatch'],
	['rsa', 'RSA', 'verified'],
) {
	my ($name, $key, $verdict) = @$_;
	is(finger("$name.test", '-p', '<=TLSv1.2', '-g', 'high', '-o',
		"tls_high_cipherlist=a$key"),
	    $verdict, "Postfix that wants $key: $verdict ($name.test).");
	next if $verdict eq 'verified';
	my $kind = $key =~ s/DSA//r;
	like($lab->check('check_mx_dane', "$name.test")->text,
	    qr/\b$kind(?:DSA)? certificate/,
	    "The plugin says that $key is without a record ($name.test).");
}

{
	my $run = $lab->check('check_mx_dane', 'rollover.test', '-v');
	my ($stale) = grep { $_ ne Certs::tlsa('3 1 1',
	    $lab->chain_file('mx.rollover.test')) } published('rollover.test');
	like($run->output, qr/3 1 1 \Q${\ substr $stale, 0, 8}\E.*STALE/,
	    'The stale record is named.') or diag($run->as_text);
	my @orders = uniq map { records('check_mx_dane', 'rollover.test') }
	    1 .. 5;
	is(scalar @orders, 1, 'The records always come in the same order.');
}

# As they are in the DNS.
sub published ($domain) {
	my $resolver = Net::DNS::Resolver->new(
	    nameservers => [$Lab::Namespace::RESOLVER]);
	return map { lc $_->cert }
	    $resolver->send("_25._tcp.mx.$domain", 'TLSA')->answer;
}

# As the only server's are in JSON, each on one line.
sub records ($plugin, @arguments) {
	my $run = $lab->check($plugin, @arguments, '--output-format=json');
	my $server = decode_json($run->output)->{servers}[0];
	return join "\n", map {
		join ' ', @$_{qw(usage selector matching data)},
		    $_->{matched} ? 'matched' : ();
	} @{$server->{dane}{records}};
}

# --- whom to believe, one host, another day ---

for (
	["spki.test $plain", 'UNKNOWN', 'DANE_UNTRUSTED_RESOLVER',
	    'A resolver that does not validate proves nothing.'],
	["spki.test $plain --trust-ad", 'UNKNOWN', 'DANE_UNTRUSTED_RESOLVER',
	    'Trust in it does not help.'],
	["none.test $plain", 'UNKNOWN', 'DANE_UNTRUSTED_RESOLVER',
	    'It cannot prove that there are no records, either.'],
	["mismatch.test $plain", 'UNKNOWN', 'DANE_UNTRUSTED_RESOLVER',
	    'Nor are its records worth a comparison.'],
	["spki.test $distant", 'UNKNOWN', 'DANE_UNTRUSTED_RESOLVER',
	    'A resolver that is not on this host may not be believed.'],
	["spki.test $distant --trust-ad", 'OK', undef,
	    'It is believed when the user says so.'],
	["unsigned.test $distant --trust-ad", 'WARNING', 'DANE_INSECURE',
	    'One look at the root tells a resolver that validates.'],
	["mismatch.test $distant --trust-ad", 'CRITICAL', 'DANE_MISMATCH',
	    'Believed, it also brings bad news.'],

	['-H mx.spki.test', 'OK', undef, 'A host is tested by name.'],
	['-H mx.none.test', 'CRITICAL', 'DANE_NONE',
	    'A host by name has no records.'],
	['-H mx.mismatch.test', 'CRITICAL', 'DANE_MISMATCH',
	    'The record of a host by name does not match.'],
	['-H mx.nexthop.test', 'CRITICAL', 'DANE_MISMATCH',
	    'Its certificate is for a domain that nobody named.'],
	['-H mx.nexthop.test -d nexthop.test', 'OK', undef,
	    'With -d somebody did.'],
	['-H mx.bogus.test', 'CRITICAL', 'DANE_BOGUS',
	    'The record of a host by name is bogus.'],
	['spki.test --at=+90d', 'OK', undef,
	    'Under usage 3 a certificate may expire.'],
	['issuerkey.test --at=+90d', 'CRITICAL', 'DANE_MISMATCH',
	    'Under usage 2 it will have expired by then.'],
) {
	my ($arguments, $state, $code, $sentence) = @$_;
	my $run = $lab->check('check_mx_dane', split ' ', $arguments);
	is($run->state, $state, "$sentence ($arguments)")
	    or diag($run->as_text);
	like($run->text, qr/[(]$code[)]/, "Line 1 says so ($arguments).")
	    if $code;
}

# --- the next certificate ---

sub renewed ($host, %more) {
	my @key = $more{key} ? () : (key => $lab->chain_file($host)
	    =~ s/pem$/key/r);
	return Certs::certificate(names => [$host],
	    not_after => Certs::days(89.5), @key, %more)->{chain};
}

for (
	['spki', {}, 'OK', 'A renewal that keeps the key keeps 3 1 1.'],
	['spki', { key => 'ec:secp384r1' }, 'CRITICAL',
	    'A renewal with a new key breaks 3 1 1.'],
	['cert', {}, 'CRITICAL', 'Any renewal breaks 3 0 1.'],
	['issuerkey', { key => 'ec:secp384r1' }, 'OK',
	    'A renewal by the same issuer keeps 2 1 1.'],
	['issuerkey', { issuer => 'other-root' }, 'CRITICAL',
	    'A renewal by another issuer breaks 2 1 1.'],
	['issuerkey', { names => ['mail.elsewhere.test'] }, 'CRITICAL',
	    'A renewal without the name breaks 2 1 1.'],
) {
	my ($name, $more, $state, $sentence) = @$_;
	my $host = "mx.$name.test";
	my $next = renewed($host, %$more);
	my $before = time;
	my $run = $lab->check('check_mx_dane', "$name.test",
	    "--next-cert=$next");

	is($run->state, $state, $sentence) or diag($run->as_text);
	next if $state eq 'OK';
	like($run->text, qr/[(]DANE_RENEWAL_BREAKS[)]/,
	    "Line 1 says so ($sentence)");
	my $record = Certs::tlsa('3 1 1', $next);
	like($run->output, qr/_25[.]_tcp[.]\Q$host\E[.]\s.*TLSA 3 1 1 $record/,
	    "The record to publish is there ($sentence)")
	    or diag($run->as_text);
	cmp_ok(moment($run->output), '>=', $before + 2 * $TTL,
	    "So is the earliest moment, two TTLs of the zone ahead ($sentence)")
	    or diag($run->as_text);
}

# The RFC 3339 moment in a text, as seconds since the epoch.
sub moment ($text) {
	my ($moment) = $text =~ /(\d{4}-\d\d-\d\dT[\d:]{8})Z/ or return 0;
	return Time::Piece->strptime($moment, '%Y-%m-%dT%H:%M:%S')->epoch;
}

{
	my $run = $lab->check('check_mx_dane', 'rollover.test', '-v',
	    '--next-cert=' . Certs::authority_file('other-root'));
	is($run->state, 'OK', 'The second record is for the next certificate.')
	    or diag($run->as_text);
	unlike($run->output, qr/STALE/, 'Then it is not stale.');
}

# --- the deploy hook of certbot ---

my $HOOK = "$FindBin::Bin/../../contrib/certbot/deploy-if-dane-matches";
my %NEW_KEY = (key => 'ec:secp384r1');

# What the hook said and did, and its exit code.
sub deployed ($host, $certificate, @options) {
	my $lineage = tempdir(CLEANUP => 1);
	local $ENV{RENEWED_LINEAGE} = $lineage;
	local $ENV{CHECK_MX_DANE} = plugin('check_mx_dane');
	local $ENV{CHECK_MX_DANE_OPTIONS} = "@options";

	copy($certificate, "$lineage/fullchain.pem") if $certificate;
	my $said = qx('$HOOK' $host echo reloaded 2>&1);
	return ($? >> 8, $said);
}

for (
	['mx.spki.test', sub { renewed('mx.spki.test') }, [], 0,
	    qr/^reloaded$/m, 'A renewal that matches is put into use.'],
	['mx.spki.test', sub { renewed('mx.spki.test', %NEW_KEY) }, [], 1,
	    qr/\A(?!.*reloaded).*_25[.]_tcp[.]mx[.]spki[.]test[.] IN TLSA 3 1 1 /s,
	    'One that breaks 3 1 1 is not, and the record is told.'],
	['mx.unsigned.test', sub { renewed('mx.unsigned.test') }, [], 0,
	    qr/^reloaded$/m, 'Without DANE there is no obstacle.'],
	['mx.spki.test', sub { renewed('mx.spki.test') },
	    ["--nameserver=$Lab::Signed::PLAIN_RESOLVER"], 1,
	    qr/\A(?!.*reloaded).*could not be looked up/s,
	    'What could not be looked up is not taken for a match.'],
	['mx.spki.test', sub { undef }, [], 1,
	    qr/\A(?!.*reloaded).*could not be made/s,
	    'Nor is a certificate that is not there.'],
) {
	my ($host, $certificate, $options, $code, $text, $sentence) = @$_;
	my ($exit, $said) = deployed($host, $certificate->(), @$options);

	is($exit, $code, $sentence);
	like($said, $text, "It says so ($sentence)");
}

# --- check_mx ---

my @trust = ('--ca-file=' . $lab->ca_file);
my $loser = 'DANE sender (Postfix, Exim, Exchange Online)';

for (
	['spki.test', 'OK', undef, 0, 'DANE is in order.'],
	['none.test', 'OK', undef, 0, 'DANE is optional.'],
	['bare.unsigned.test', 'OK', undef, 0, 'So is DNSSEC.'],
	['unsigned.test', 'WARNING', 'DANE_INSECURE', 0,
	    'Records without signatures are in vain.'],
	['sharedout.test', 'WARNING', 'DANE_INSECURE', 0,
	    'Records where an unsigned alias leads are, too.'],
	['partial.test', 'WARNING', 'DANE_PARTIAL', 0,
	    'One server without records weakens the others.'],
	['mismatch.test', 'CRITICAL', 'DANE_MISMATCH', 1,
	    'Senders that verify by DANE do not deliver.'],
	['lame.test', 'CRITICAL', 'DANE_BOGUS', 1,
	    'They do not deliver without an answer, either.'],
	["mismatch.test $plain", 'OK', undef, 0,
	    'Without a resolver that validates it is not tested.'],
	['mismatch.test --skip=dane', 'OK', undef, 0, 'It can be left out.'],
) {
	my ($arguments, $state, $code, $loses, $sentence) = @$_;
	my $run = $lab->check('check_mx', @trust, split ' ', $arguments);
	my ($lost) = $run->output =~ /^(Who loses mail[?].*)/ms;

	is($run->state, $state, "$sentence ($arguments)")
	    or diag($run->as_text);
	like($run->text, qr/[(]$code[)]/, "Line 1 says so ($arguments).")
	    if $code;
	is(scalar(($lost // '') =~ /\Q$loser\E/) || 0, $loses,
	    ($loses ? 'A' : 'No') . " DANE sender loses mail ($arguments).")
	    or diag($run->as_text);
	cmp_ok(CheckMX::perfdata($run)->{score}->value, '<=', 20,
	    'A mismatch is a killer.') if ($code // '') eq 'DANE_MISMATCH';
}
is(records('check_mx', @trust, $_), records('check_mx_dane', $_),
    "The records in JSON are those of check_mx_dane ($_).")
    for qw(rollover.test issuerkey.test unusable.test mismatch.test);
unlike($lab->check('check_mx', @trust, 'two.test', '-v')->output, qr/STALE/,
    'A record for a certificate that check_mx did not see is not stale.');
{
	my $run = $lab->check('check_mx', @trust, 'spki.test', $plain);
	like($run->output, qr/DANE not tested.*DANE_UNTRUSTED_RESOLVER/,
	    'That DANE was not tested is said without being asked.')
	    or diag($run->as_text);
}

done_testing;

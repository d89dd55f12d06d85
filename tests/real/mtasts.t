# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_mtasts against nginx (policies), Unbound (records), Postfix and Exim
# (what a sender that holds to the policy would meet). RFC 8461, RFC 8460.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::IP;
use JSON::PP qw(decode_json);
use Test::More;

use Certs;
use CheckMX qw(perfdata plugin);
use FakeDNS;
use Lab;

my $WEB = '127.0.0.60';		# Lab::PolicyServer
my $PLAIN_WEB = '127.0.0.61';	# the same without TLS
my $MUTE_WEB = '127.0.0.62';	# takes connections, says nothing
my $CLOSED = '127.0.0.97';	# nobody listens
my $LIMIT = 65_536;		# bytes of a policy

# --- policies ---

# A good policy with changes: a string, several of them, or undef for none.
sub policy (%change) {
	my %field = (version => 'STSv1', mode => 'enforce',
	    mx => 'mx2.healthy.test', max_age => 604_800, %change);
	my @names = qw(version mode mx max_age);

	delete @change{@names};
	return join '', map {
		my $name = $_;
		map { "$name: $_\n" } grep { defined } ref $field{$name}
		    ? @{$field{$name}} : $field{$name};
	} @names, sort keys %change;
}

sub crlf ($text) { $text =~ s/\n/\r\n/gr }

# A good policy of so many bytes.
sub policy_of_size ($bytes) {
	my $policy = policy() . "filler: x\n" x ($bytes / 10 - 20);
	return $policy . 'last: ' . 'x' x ($bytes - length("last: \n")
	    - length $policy) . "\n";
}

# --- the table ---
#
# A row is a name, what sets its domain apart, what is found, and what that
# means. The domain is NAME.sts.test; by default one mail exchanger, a record, a
# policy host and a policy, all good. What sets it apart:
#
#   policy      the bytes of the policy
#   site        more of the policy host (see Lab::PolicyServer); undef: none
#   host        its records: ['A 192.0.2.1']
#   txt, rpt    the TXT records of _mta-sts and _smtp._tls: a string, or several
#               strings of one record in an array
#   record      instead of txt, any record: 'CNAME elsewhere.test.'
#   mx          names of mail exchangers
#   arguments   of the plugin
#
# What is found is the state and the MTA-STS and TLSRPT codes, notes too; or a
# regular expression for that text.

my @POLICY_HOSTS = (
	['good', {}, 'OK', 'A good policy in enforce mode is all that it takes.'],
	['testing', { policy => policy(mode => 'testing') },
	    'OK MTASTS_TESTING', 'The mode testing is worth a note.'],
	['none', { policy => policy(mode => 'none') },
	    'CRITICAL MTASTS_NONE', 'The mode none is as good as no policy.'],
	['none-without-mx', { policy => policy(mode => 'none', mx => undef) },
	    'CRITICAL MTASTS_NONE', 'The mode none needs no mx.'],

	(map { [$_->[0], { site => { certificate => $_->[1] } },
	    'CRITICAL MTASTS_FETCH', $_->[2]] }
	    ['expired', { not_before => Certs::days(-90.5),
		not_after => Certs::days(-0.5) },
		'A policy host must not have an expired certificate.'],
	    ['notyet', { not_before => Certs::days(0.5) },
		'Nor one that is not yet valid.'],
	    ['wrongname', { names => ['www.wrongname.sts.test'] },
		'Nor one for another name.'],
	    ['domain-only', { names => ['domain-only.sts.test'] },
		'Nor one for the domain only.'],
	    ['commonname', { names => [],
		subject => { commonName => 'mta-sts.commonname.sts.test' } },
		'Nor one that has the name as its common name only.'],
	    ['selfsigned', { issuer => 'self' }, 'Nor one signed by itself.'],
	    ['untrusted', { issuer => 'other-root' },
		'Nor one by an authority that we do not trust.'],
	    ['incomplete', { send => 'leaf' },
		'Nor one without the intermediate.']),
	['wildcard-certificate', { site => { certificate => {
	    names => ['*.wildcard-certificate.sts.test'] } } }, 'OK',
	    'A wildcard certificate will do.'],
	['far-wildcard', { site => { certificate => {
	    names => ['*.sts.test'] } } }, 'CRITICAL MTASTS_FETCH',
	    'Its wildcard stands for one label, not for two.'],
	['part-wildcard', { site => { certificate => {
	    names => ['mta*.part-wildcard.sts.test'] } } },
	    'CRITICAL MTASTS_FETCH', 'Nor does it stand for part of one.'],

	(map { ["status-$_", { site => { settings =>
	    "return $_ https://mta-sts.good.sts.test/.well-known/mta-sts.txt;"
	    } }, 'CRITICAL MTASTS_FETCH',
	    "A redirect ($_) to a good policy is not followed."] }
	    301, 302, 303, 307, 308),
	['moved', { site => { settings => 'return 301 /moved.txt;' } },
	    'CRITICAL MTASTS_FETCH',
	    'Nor is one to another path of the same host.'],
	(map { ["status-$_", { site => { settings => "return $_;" } },
	    'CRITICAL MTASTS_FETCH', "The status $_ is not a policy."] }
	    204, 403, 404, 410, 500, 503),
	['status-206', { site => { settings =>
	    qq(return 206 "${\ policy() }";) } }, 'CRITICAL MTASTS_FETCH',
	    'Only 200 is a policy, whatever the body.'],

	['charset', { site => {
	    settings => "default_type 'text/plain; charset=utf-8';" } }, 'OK',
	    'A charset may follow the media type.'],
	['compressed', { site => { settings =>
	    'gzip on; gzip_min_length 1; gzip_types text/plain;' } }, 'OK',
	    'A web server may compress what it sends to those who ask so.'],
	# RFC 8461 3.2: senders SHOULD insist on text/plain. Some do (that for
	# Postfix), others take what they get, so it has to be said at least.
	['html', { site => { settings => 'default_type text/html;' } },
	    qr/^(?:OK|WARNING|CRITICAL)/,
	    'Another media type is no reason for UNKNOWN.'],

	['full', { policy => policy_of_size($LIMIT) }, 'OK',
	    'A policy may have 64 KB.'],
	['too-long', { policy => policy_of_size($LIMIT + 1) },
	    'CRITICAL MTASTS_FETCH', 'A byte more is too much.'],
	['huge', { policy => policy_of_size(100_000) },
	    'CRITICAL MTASTS_FETCH', '100 KB are too much.'],
	# nginx does not know how long it will be, and does not announce it.
	['huge-chunked', { policy => policy_of_size(100_000),
	    site => { settings => 'ssi on; ssi_types text/plain;' } },
	    'CRITICAL MTASTS_FETCH',
	    'They are too much when nobody announces them, too.'],

	['refused', { site => undef, host => ["A $CLOSED"] },
	    'CRITICAL MTASTS_FETCH', 'A policy host refuses connections.'],
	['plain-http', { host => ["A $PLAIN_WEB"],
	    site => { addresses => [$PLAIN_WEB], certificate => undef } },
	    'CRITICAL MTASTS_FETCH', 'A policy host speaks HTTP without TLS.'],
	['unknown-host', { site => undef, host => [] },
	    'CRITICAL MTASTS_FETCH', 'A policy host does not exist.'],
	['no-address', { site => undef, host => ['TXT "empty"'] },
	    'CRITICAL MTASTS_FETCH', 'A policy host has no address.'],
	['foreign', { site => undef, host => ["A $WEB"] },
	    'CRITICAL MTASTS_FETCH',
	    'A web server does not know the policy host.'],
	['six', { site => { addresses => ['::1'] }, host => ['AAAA ::1'] },
	    'OK', 'A policy host may have IPv6 only.'],
	['half-dead', { host => ["A $CLOSED", "A $WEB"] }, 'OK',
	    'Another address is tried when one is dead.'],
	['six-or-dead', { site => { addresses => ['::1'] },
	    host => ["A $CLOSED", 'AAAA ::1'] }, 'OK',
	    'That goes for the other family, too.'],
	['half-void', { site => { addresses => ['::1'] },
	    host => ['A 192.0.2.1', 'AAAA ::1'] }, 'OK',
	    'One that swallows what is sent to it is not waited for.'],
	['alias', { host => ['CNAME policies.provider.test.'] }, 'OK',
	    'A policy host may be the alias of one elsewhere.'],
	['alias-certificate', { host => ['CNAME policies.provider.test.'],
	    site => { certificate => { names => ['policies.provider.test'] } } },
	    'CRITICAL MTASTS_FETCH',
	    'Its certificate has to name the policy host, though.'],
);

my @SYNTAX = (
	(map { [$_->[0], { policy => $_->[1] }, 'OK', $_->[2]] }
	    ['crlf', crlf(policy()), 'Lines may end in CRLF.'],
	    ['mixed', "version: STSv1\r\nmode: enforce\n"
		. "mx: mx2.healthy.test\r\nmax_age: 604800",
		'Lines may end in both, the last one in nothing.'],
	    ['trailing', policy() =~ s/\n/ \t\n/gr,
		'Blanks may end a line.'],
	    ['trailing-crlf', crlf(policy() =~ s/\n/  \n/gr),
		'Blanks may come before CRLF.'],
	    ['tight', policy() =~ s/: /:/gr, 'No blank has to follow a colon.'],
	    ['wide', policy() =~ s/: /:\t  /gr, 'Many may.'],
	    ['order', join('', reverse policy() =~ /(.*\n)/g),
		'The order of the fields does not matter.'],
	    ['extension', policy(x_new => 'what it is', 'a.b-c' => 'd:e'),
		'Unknown fields do not matter.'],
	    ['twice', policy(version => ['STSv1', 'STSv2'],
		mode => ['enforce', 'none'], max_age => [604_800, 'x']),
		'Of a field given twice the first one counts.'],
	    ['longest', policy(max_age => 31_557_600),
		'The longest max_age is a year.']),
	(map { [$_->[0], { policy => $_->[1] },
	    'CRITICAL MTASTS_POLICY_INVALID', $_->[2]] }
	    ['empty', '', 'An empty policy is invalid.'],
	    ['no-version', policy(version => undef), 'The version is missing.'],
	    ['version-2', policy(version => 'STSv2'),
		'The version is not known.'],
	    ['no-mode', policy(mode => undef), 'The mode is missing.'],
	    ['strange-mode', policy(mode => 'report'), 'The mode is not known.'],
	    ['capital-mode', policy(mode => 'Enforce'),
		'Letter case matters in a mode.'],
	    ['capital-field', policy() =~ s/version/Version/r,
		"Letter case matters in a field's name."],
	    ['no-max-age', policy(max_age => undef), 'max_age is missing.'],
	    ['empty-max-age', policy(max_age => ''), 'max_age is empty.'],
	    ['eternal', policy(max_age => 31_557_601),
		'max_age is longer than a year.'],
	    ['overflow', policy(max_age => '18446744073709551617'),
		'max_age is beyond all numbers.'],
	    ['negative', policy(max_age => -1), 'max_age is negative.'],
	    ['unit', policy(max_age => '7d'), 'max_age has a unit.'],
	    ['words', policy(max_age => 'a week'), 'max_age is no number.'],
	    ['no-mx', policy(mx => undef), 'enforce without mx.'],
	    ['testing-no-mx', policy(mode => 'testing', mx => undef),
		'testing without mx.'],
	    ['empty-mx', policy(mx => ''), 'An mx is empty.'],
	    ['star', policy(mx => '*'), 'An mx is a bare asterisk.'],
	    ['stars', policy(mx => '*.*.test'), 'An mx has two asterisks.'],
	    ['part-star', policy(mx => 'mx*.healthy.test'),
		'An asterisk is part of a label.'],
	    ['nul', policy() =~ s/mode/\0mode/r, 'A NUL stands in it.'],
	    ['nul-value', policy() =~ s/enforce/enforce\0none/r,
		'A NUL stands in a value.'],
	    ['bom', "\xef\xbb\xbf" . policy(),
		'A byte order mark hides the version.'],
	    ['utf-16', join("\0", split //, policy()), 'It is UTF-16.'],
	    ['cr', policy() =~ s/\n/\r/gr, 'Lines end in CR alone.'],
	    ['page', "<!DOCTYPE html>\n<html><body>Hello</body></html>\n",
		'It is a web page.'],
	    ['one-line', policy() =~ s/\n/ /gr, 'All is on one line.']),
);

my @EXCHANGERS = (
	(map { my ($name, $pattern, $sentence) = @$_;
	    [$name, { policy => policy(mx => $pattern) }, 'OK', $sentence] }
	    ['wildcard', '*.healthy.test', 'A wildcard stands for one label.'],
	    ['wildcard-case', '*.HEALTHY.Test',
		'Letter case does not matter in a wildcard.'],
	    ['case', 'MX2.Healthy.TEST', 'Nor does it in a name.'],
	    ['more', ['mx1.healthy.test', 'mx2.healthy.test', '*.future.test'],
		'More may be listed than there is.'],
	    ['many', [map({ "mx$_.elsewhere.test" } 1 .. 1000),
		'mx2.healthy.test'], 'A thousand may.']),
	['capital-mx', { mx => ['MX2.HEALTHY.TEST'] }, 'OK',
	    'Nor does it matter in an MX record.'],
	(map { my ($name, $pattern, $sentence) = @$_;
	    [$name, { policy => policy(mx => $pattern) },
		'CRITICAL MTASTS_MX_NOT_LISTED', $sentence] }
	    ['unlisted', 'mx1.healthy.test',
		'A mail exchanger that enforce does not list gets no mail.'],
	    ['short-wildcard', '*.test',
		'A wildcard does not stand for two labels.'],
	    ['deep-wildcard', '*.mx2.healthy.test', 'Nor for none.'],
	    ['suffix', 'healthy.test', 'A domain does not stand for its hosts.'],
	    ['glued', ['x2.healthy.test', 'mx2.healthy.test.x'],
		'Part of a name is not the name.']),
	['unlisted-testing', { policy => policy(mode => 'testing',
	    mx => 'mx1.healthy.test') },
	    'WARNING MTASTS_MX_NOT_LISTED MTASTS_TESTING',
	    'In testing the same is a warning.'],
	['half-listed', { mx => ['mx2.healthy.test', 'mx.exim.test'] },
	    'CRITICAL MTASTS_MX_NOT_LISTED',
	    'Every mail exchanger has to be listed.'],
);

# mail exchanger, RFC 8460 result type, and what that means
my @WOULD_FAIL = (
	['mx.plain.test', 'starttls-not-supported', 'A server offers no TLS.'],
	['mx.expired.test', 'certificate-expired',
	    "A server's certificate has expired."],
	['mx.selfsigned.test', 'certificate-not-trusted',
	    "A server's certificate is signed by itself."],
	['mx.incomplete.test', 'certificate-not-trusted',
	    'A server does not send the intermediate.'],
	['mx.wrongname.test', 'certificate-host-mismatch',
	    "A server's certificate is for another name."],
	['mx.nosan.test', 'certificate-host-mismatch',
	    'A server has its name as common name only.'],
	['mx.cname.test', 'certificate-host-mismatch',
	    'A server has a certificate for what its name is an alias of.'],
);

my @RECORDS = (
	(map { [$_->[0], { txt => $_->[1] }, 'OK', $_->[2]] }
	    ['semicolon', ['v=STSv1; id=20260101T000000;'],
		'A semicolon may end the record.'],
	    ['tight-record', ['v=STSv1;id=1'], 'It needs no blanks.'],
	    ['id-32', ['v=STSv1; id=' . 'a1' x 16],
		'An id may have 32 characters.'],
	    ['more-fields', ['v=STSv1; new=1; id=1; x-y.z_1=what'],
		'It may have more fields.'],
	    ['id-twice', ['v=STSv1; id=1; id=2'],
		'Of two ids the first one counts.'],
	    ['others', ['v=spf1 -all', 'v=STSv1; id=1', 'token=4711', ''],
		'Other records may stand beside it.'],
	    ['split', [['v=ST', 'Sv1; i', 'd=1']],
		'It may consist of several strings.']),
	['delegated', { record => 'CNAME _mta-sts.good.sts.test.' }, 'OK',
	    'It may be an alias.'],
	(map { [$_->[0], { txt => $_->[1] }, 'CRITICAL MTASTS_NONE', $_->[2]] }
	    ['recordless', [], 'There is no record.'],
	    ['only-others', ['v=spf1 -all', 'token=4711'],
		'There are only other records.'],
	    ['other-version', ['v=STSv2; id=1'],
		'A record of another version is not ours.'],
	    ['longer-version', ['v=STSv10; id=1'],
		'Nor is one whose version only begins like ours.']),
	(map { [$_->[0], { txt => $_->[1] },
	    'CRITICAL MTASTS_RECORD_INVALID', $_->[2]] }
	    ['two', ['v=STSv1; id=1', 'v=STSv1; id=2'],
		'There are two records.'],
	    ['no-id', ['v=STSv1;'], 'The id is missing.'],
	    ['only-more', ['v=STSv1; new=1'],
		'The id is missing beside another field.'],
	    ['empty-id', ['v=STSv1; id=;'], 'The id is empty.'],
	    ['id-33', ['v=STSv1; id=' . 'a' x 33], 'The id is too long.'],
	    ['dashed-id', ['v=STSv1; id=2026-01-01'],
		'The id has a character that it must not have.'],
	    ['utf-8-id', ["v=STSv1; id=\\195\\164"],
		'The id has a letter beyond ASCII.'],
	    ['bare-word', ['v=STSv1; id=1; enforce'],
		'A field has no value.']),
	['swapped', { txt => ['id=1; v=STSv1'] },
	    qr/^CRITICAL MTASTS_(?:NONE|RECORD_INVALID)$/,
	    'The version has to come first.'],
);

my $REPORTS = 'v=TLSRPTv1; rua=mailto:tls@sts.test';
my @REPORTS = (
	(map { [$_->[0], { rpt => $_->[1] }, 'OK', $_->[2]] }
	    ['rpt-https', ['v=TLSRPTv1;rua=https://sts.test/reports?a=b'],
		'Reports may go to a web server.'],
	    ['rpt-both', ["$REPORTS , https://sts.test/r;"],
		'Reports may go to several places.'],
	    ['rpt-more', ["$REPORTS; new=1"], 'There may be more fields.'],
	    ['rpt-others', ['token=4711', $REPORTS],
		'There may be other records.'],
	    ['rpt-split', [['v=TLSRPTv1; rua=mail', 'to:tls@sts.test']],
		'It may consist of several strings.']),
	(map { [$_->[0], { rpt => $_->[1] }, 'OK TLSRPT_NONE', $_->[2]] }
	    ['rpt-none', [], 'Without a record nobody reports: a note.'],
	    ['rpt-only-others', ['v=spf1 -all'],
		'Other records are none, either.']),
	(map { [$_->[0], { rpt => $_->[1] }, 'WARNING TLSRPT_INVALID', $_->[2]] }
	    ['rpt-two', [$REPORTS, $REPORTS . '2'],
		'Two records are as bad as none.'],
	    ['rpt-no-rua', ['v=TLSRPTv1;'], 'A record says nowhere to report.'],
	    ['rpt-new', ['v=TLSRPTv1; new=1'],
		'It does not in another field, either.'],
	    ['rpt-empty', ['v=TLSRPTv1; rua='], 'The place is empty.'],
	    ['rpt-ftp', ['v=TLSRPTv1; rua=ftp://sts.test/r'],
		'The scheme is not known.'],
	    ['rpt-http', ['v=TLSRPTv1; rua=http://sts.test/r'],
		'Reports must not go over HTTP without TLS.'],
	    ['rpt-address', ['v=TLSRPTv1; rua=tls@sts.test'],
		'The scheme is missing.']),
);

my @OPTIONS = (
	['short', { policy => policy(max_age => 86_399) },
	    'WARNING MTASTS_SHORT_MAX_AGE',
	    'A max_age under a day hardly protects.'],
	['day', { policy => policy(max_age => 86_400) }, 'OK',
	    'A day is enough.'],
	['zero', { policy => policy(max_age => 0) },
	    'WARNING MTASTS_SHORT_MAX_AGE', 'None is valid, and short.'],
	['more-age', { arguments => ['--min-max-age=604801'] },
	    'WARNING MTASTS_SHORT_MAX_AGE', 'More can be asked for.'],
	['less-age', { policy => policy(max_age => 60),
	    arguments => ['--min-max-age=60'] }, 'OK', 'Less will do, too.'],
	['required', { arguments => ['--require-mode=enforce'] }, 'OK',
	    'enforce can be asked for, and is there.'],
	['only-testing', { policy => policy(mode => 'testing'),
	    arguments => ['--require-mode=enforce'] },
	    qr/^WARNING MTASTS_MODE\b/, 'testing is less than asked for.'],
	['only-none', { policy => policy(mode => 'none'),
	    arguments => ['--require-mode=enforce'] },
	    qr/^CRITICAL .*MTASTS_NONE/, 'none is worse than that.'],
	['host', { arguments => ['-H', 'mx2.healthy.test'] }, 'OK',
	    'A server can be named beside the domain.'],
	['other-host', { arguments => ['-H', 'mx1.healthy.test'] },
	    'CRITICAL MTASTS_MX_NOT_LISTED', 'It has to be listed, too.'],
	['only-four', { arguments => ['-4'] }, 'OK',
	    'One family is enough where all have it.'],
);

my @SLOW = (
	['drip', { policy => policy_of_size(20_000),
	    site => { settings => 'limit_rate 1000;' } },
	    'A policy that drips is given up in time.'],
	['blackhole', { site => undef, host => ['A 192.0.2.1'] },
	    'So is a policy host that swallows what is sent to it.'],
	['mute', { site => undef, host => ["A $MUTE_WEB"] },
	    'So is one that takes the connection and says nothing.'],
);

my @FURTHER = (
	(map { ['tls-' . $_->[0] =~ s/[.]/-/gr,
	    { mx => [$_->[0]], policy => policy(mx => $_->[0]) }] }
	    @WOULD_FAIL),
	['testing-expired', { mx => ['mx.expired.test'],
	    policy => policy(mode => 'testing', mx => 'mx.expired.test') }],
	['one-expired', { mx => ['mx2.healthy.test', 'mx.expired.test'],
	    policy => policy(mx => ['*.healthy.test', '*.expired.test']) }],
	['down', { mx => ['mx.closed.test'],
	    policy => policy(mx => 'mx.closed.test') }],
	['unannounced', { txt => [] }],
);

# --- the world ---

my @CASES = (@POLICY_HOSTS, @SYNTAX, @EXCHANGERS, @RECORDS, @REPORTS, @OPTIONS);

sub txt_records ($name, @records) {
	return map { "$name TXT " . join ' ', map { qq("$_") }
	    ref ? @$_ : $_ } @records;
}

sub records ($name, $its) {
	my $domain = "$name.sts.test.";
	my @mx = @{$its->{mx} // ['mx2.healthy.test']};

	return (
		(map { "$domain MX 10 $_." } @mx),
		(map { "mta-sts.$domain $_" } @{$its->{host} // ["A $WEB"]}),
		($its->{record} ? "_mta-sts.$domain $its->{record}"
		    : txt_records("_mta-sts.$domain",
			@{$its->{txt} // ['v=STSv1; id=20260101']})),
		txt_records("_smtp._tls.$domain", @{$its->{rpt} // [$REPORTS]}),
	);
}

sub site ($name, $its) {
	return if exists $its->{site} && !$its->{site};
	return { name => "mta-sts.$name.sts.test",
	    policy => $its->{policy} // policy(), %{$its->{site} // {}} };
}

Lab->enter;
my @domains = (@CASES, @SLOW, @FURTHER);
my $lab = Lab->new(
	sites => [map { site(@$_[0, 1]) } @domains],
	records => ["policies.provider.test. A $WEB",
	    map { records(@$_[0, 1]) } @domains],
);
my $mute = IO::Socket::IP->new(Listen => 5, LocalAddr => $MUTE_WEB,
    LocalPort => 443) or die "$MUTE_WEB: $@\n";

# --- runs ---

sub command ($name, @arguments) {
	return ('check_mx_mtasts', '--ca-file=' . $lab->ca_file,
	    "--domain=$name.sts.test", @arguments);
}

sub findings ($facts) {
	return @{$facts->{findings}}, map { @{$_->{findings}} }
	    @{$facts->{servers}};
}

# The state and our codes: "WARNING MTASTS_SHORT_MAX_AGE".
sub verdict ($facts) {
	my %codes = map { $_->{code} => 1 } findings($facts);
	return join ' ', $facts->{state},
	    sort grep { /^(?:MTASTS|TLSRPT)_/ } keys %codes;
}

sub facts ($name, @arguments) {
	my $run = $lab->check(command($name, '--output-format=json',
	    @arguments));
	return eval { decode_json($run->output) }
	    // { state => 'no JSON: ' . $run->output };
}

for (@CASES) {
	my ($name, $its, $expected, $sentence) = @$_;
	my $facts = facts($name, @{$its->{arguments} // []});
	my $ok = ref $expected ? like(verdict($facts), $expected, $sentence)
	    : is(verdict($facts), $expected, $sentence);
	$ok or diag("$name: $facts->{summary}");
}

for (@WOULD_FAIL) {
	my ($host, $type, $sentence) = @$_;
	my $name = 'tls-' . $host =~ s/[.]/-/gr;
	my $run = $lab->check(command($name));
	is($run->state, 'CRITICAL', $sentence) or diag($run->as_text);
	like($run->output, qr/[(]MTASTS_WOULD_FAIL[)]/,
	    "Senders that enforce would not deliver to $host.")
	    or diag($run->as_text);
	like($lab->check(command($name, '-v'))->output, qr/\b\Q$type\E\b/,
	    "They would report $type.");
}

# --- what is slow, side by side ---

{
	my @runs = map {
		my ($program, @arguments) = command($_->[0],
		    '--output-format=json', '-t', 2);
		open my $out, '-|', 'timeout', 8, plugin($program), @arguments
		    or die "timeout: $!\n";
		[$_->[2], $out];
	} @SLOW;

	for (@runs) {
		my ($sentence, $out) = @$_;
		my $facts = eval { local $/; decode_json(<$out>) }
		    // { state => 'nothing' };
		is(verdict($facts), 'CRITICAL MTASTS_FETCH', $sentence);
		close $out;
		is($? >> 8, 2, 'And it exits as it says.');
	}
}

# --- line 1, and what -v adds ---

{
	my $run = $lab->check(command('good'));
	is($run->return_code, 0, 'A good domain exits with 0.');
	like($run->first_line, qr/^MX_MTASTS OK - /, 'Line 1 has our name.');
	like($run->text, qr/enforce/, 'It tells the mode.');
	ok(perfdata($run)->{time}, 'It tells the time.');
	$run = $lab->check(command('good', '-v'));
	like($run->output, qr/20260101/, 'The evidence has the id.');
	like($run->output, qr/604800/, 'The evidence has max_age.');
}
# name, code, the RFC 8460 result type, what else line 1 says, and a sentence
for (
	['unlisted', 'MTASTS_MX_NOT_LISTED', '', qr/mx2[.]healthy[.]test/,
	    'Line 1 names the mail exchanger that is not listed.'],
	['status-404', 'MTASTS_FETCH', 'sts-policy-fetch-error', qr/404/,
	    'Line 1 has the HTTP status.'],
	['status-301', 'MTASTS_FETCH', 'sts-policy-fetch-error',
	    qr/301|redirect/, 'Line 1 says that there is a redirect.'],
	['refused', 'MTASTS_FETCH', 'sts-policy-fetch-error',
	    qr/connection refused/, 'Line 1 says that nobody listens.'],
	['plain-http', 'MTASTS_FETCH', 'sts-policy-fetch-error',
	    qr{TLS(?!.*OpenSSL/)}, 'Line 1 says that TLS fails, in our words.'],
	['unknown-host', 'MTASTS_FETCH', 'sts-policy-fetch-error',
	    qr/mta-sts[.]unknown-host[.]sts[.]test/,
	    'Line 1 names the policy host that does not exist.'],
	['expired', 'MTASTS_FETCH', 'sts-webpki-invalid', qr/expired/,
	    'Line 1 says that a certificate has expired.'],
	['wrongname', 'MTASTS_FETCH', 'sts-webpki-invalid', qr/name|match/,
	    'Line 1 says that the name is wrong.'],
	['huge', 'MTASTS_FETCH', 'sts-policy-fetch-error', qr/64 KB/,
	    'Line 1 says that a policy is too long.'],
	['strange-mode', 'MTASTS_POLICY_INVALID', 'sts-policy-invalid',
	    qr/mode.*report/, 'Line 1 quotes an unknown mode.'],
	['no-max-age', 'MTASTS_POLICY_INVALID', 'sts-policy-invalid',
	    qr/max_age/, 'Line 1 names the field that is missing.'],
	['two', 'MTASTS_RECORD_INVALID', '', qr/\b(?:2|two)\b/,
	    'Line 1 counts the records.'],
	['swapped', 'MTASTS_NONE', '', qr/v=STSv1/,
	    'Line 1 tells what no record there begins with.'],
	['no-id', 'MTASTS_RECORD_INVALID', '', qr/\bid\b/,
	    'Line 1 says that the id is missing.'],
	['one-expired', 'MTASTS_WOULD_FAIL', 'certificate-expired',
	    qr/mx[.]expired[.]test/,
	    'Line 1 names the server whose TLS fails.'],
	['tls-mx-incomplete-test', 'MTASTS_WOULD_FAIL',
	    'certificate-not-trusted', qr/chain/,
	    'Line 1 has room for all of it.'],
) {
	my ($name, $code, $type, $said, $sentence) = @$_;
	my $run = $lab->check(command($name));
	like($run->text, $said, $sentence);
	like($run->text, qr/[(]$code[)]/, "It has the code ($name).");
	unlike($run->text, qr/  /, "It has no gaps ($name).");
	like($run->text, qr/\Q$type\E/, "Senders would report that ($name).")
	    or diag($run->as_text);
}

like($lab->check(command('html', '-v'))->output, qr{text/html},
    'A media type that some senders refuse is told.');
{
	my $run = $lab->check(command('testing-expired'));
	is($run->return_code, 0, 'In testing no certificate is a failure.');
	$run = $lab->check(command('testing-expired', '-v'));
	is($run->return_code, 0, 'Nor is it for those who want to know more.')
	    or diag($run->as_text);
	like($run->output, qr/certificate-expired/,
	    'They learn what enforce would break.');
}
{
	my $run = $lab->check(command('down'));
	is($run->state, 'CRITICAL', 'A server that is down is a failure.');
	like($run->text, qr/[(]TCP_REFUSED[)]/, 'It is named as that.');
	unlike($run->output, qr/MTASTS_WOULD_FAIL/,
	    'Nothing is said of TLS that nobody saw.');
}

# --- JSON ---

{
	my $facts = facts('more');
	is_deeply($facts->{mtasts}, { id => '20260101', mode => 'enforce',
	    max_age => 604_800, mx => [qw(mx1.healthy.test mx2.healthy.test
	    *.future.test)] }, 'JSON has the record and the policy.');
	is_deeply([map { "$_->{host} $_->{state}" } @{$facts->{servers}}],
	    ['mx2.healthy.test OK'], 'JSON has the servers.');
}

# --- what the policy hosts see ---

sub requests_of ($code) {
	my $before = () = $lab->requests;
	$code->();
	my @requests = $lab->requests;
	return map { "$_->{method} https://$_->{host}$_->{path}" }
	    @requests[$before .. $#requests];
}

for (
	['good', ['GET https://mta-sts.good.sts.test/.well-known/mta-sts.txt'],
	    'A policy is asked for once.'],
	['GOOD', ['GET https://mta-sts.good.sts.test/.well-known/mta-sts.txt'],
	    'A domain in capitals is the same domain.'],
	['one-expired',
	    ['GET https://mta-sts.one-expired.sts.test/.well-known/mta-sts.txt'],
	    'Two servers have one policy.'],
	['moved', ['GET https://mta-sts.moved.sts.test/.well-known/mta-sts.txt'],
	    'Where a redirect leads to is not asked for.'],
	['expired', [], 'Nothing is asked of a host that we do not trust.'],
	['unannounced', [], 'A policy that no record announces is not fetched.'],
	['two', [], 'Nor is one that an invalid record announces.'],
) {
	my ($name, $expected, $sentence) = @$_;
	is_deeply([requests_of(sub { $lab->check(command($name)) })],
	    $expected, $sentence);
}

# --- check_mx ---

sub check_mx ($name, @arguments) {
	return $lab->check('check_mx', '--ca-file=' . $lab->ca_file,
	    "--domain=$name.sts.test", '--skip=ptr,relay', @arguments);
}

sub check_mx_facts ($name) {
	return eval { decode_json(
	    check_mx($name, '--output-format=json')->output) } // {};
}

# name, state, whether MTA-STS senders lose mail, and a sentence
for (
	['good', 'OK', 0, 'Nobody loses mail by a good policy.'],
	['recordless', 'OK', 0, 'No policy is a note.'],
	['none', 'OK', 0, 'So is the mode none.'],
	['unlisted', 'CRITICAL', 1, 'A policy without a server loses mail.'],
	['one-expired', 'CRITICAL', 1, 'A server that fails it does, too.'],
	['tls-mx-plain-test', 'CRITICAL', 1, 'So does one without TLS.'],
	['unlisted-testing', 'WARNING', 0, 'testing loses no mail.'],
	['testing-expired', 'CRITICAL', 0, 'It does not by certificates.'],
	['status-404', 'CRITICAL', 0,
	    'Without a policy new senders go on without.'],
	['two', 'CRITICAL', 0, 'Without a record they do, too.'],
	['rpt-no-rua', 'WARNING', 0, 'Reports are not mail.'],
) {
	my ($name, $state, $loses, $sentence) = @$_;
	my $run = check_mx($name);
	my $lines = () = $run->output =~ /^Who loses mail[?] MTA-STS sender/mg;
	is("$lines " . $run->state, "$loses $state", $sentence)
	    or diag($run->as_text);
}
{
	my $facts = check_mx_facts('good');
	is($facts->{mtasts}{mode}, 'enforce', 'JSON of check_mx has facts.');
	ok($facts->{delivers}{mta_sts}, 'It says that such senders deliver.');
	$facts = check_mx_facts('unlisted');
	ok(!$facts->{delivers}{mta_sts}, 'It says that they do not.');
	cmp_ok($facts->{score}, '<=', 20, 'That costs nearly all points.');
	cmp_ok(check_mx_facts('unlisted-testing')->{score}, '>', 50,
	    'In testing it costs fewer.');
	is_deeply([requests_of(sub { check_mx('good', '--skip=mtasts') })], [],
	    'A step that is skipped asks for nothing.');
}

# --- whom we ask ---

is($lab->check(command('good'), { env => {
    https_proxy => "http://$CLOSED:3128", ALL_PROXY => "http://$CLOSED:3128",
} })->state, 'OK', 'No sender uses a proxy, so we do not.');

{
	my $dns = FakeDNS->new(zone => {
		'hidden.test' => { MX => ['10 mx2.healthy.test'] },
		'mx2.healthy.test' => { A => ['127.0.0.11'] },
		'_mta-sts.hidden.test' => { TXT => ['"v=STSv1; id=1"'] },
		'mta-sts.hidden.test' => { CNAME => ['mta-sts.good.sts.test'] },
		'mta-sts.good.sts.test' => { A => [$CLOSED] },
	});
	my $run = $lab->check('check_mx_mtasts', '-d', 'hidden.test',
	    '--nameserver', $dns->address, '--ca-file', $lab->ca_file);
	like($run->text, qr/refused.*[(]MTASTS_FETCH[)]/i,
	    'The policy host has the address that --nameserver knows.')
	    or diag($run->as_text);
}
{
	my $run = $lab->check('check_mx_mtasts', 'good.sts.test');
	like($run->text, qr/[(]MTASTS_FETCH[)]/,
	    'Without our trust anchor no policy host is trusted.')
	    or diag($run->as_text);
}

done_testing;

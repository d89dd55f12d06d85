#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_mtasts as far as it gets without a policy host: the records of
# MTA-STS (RFC 8461) and TLSRPT (RFC 8460), what the DNS may answer, the command
# line. Policies are tested in real/mtasts.t, on port 443 of a real web server.
#
# A record that is valid leads to the policy host, which refuses connections:
# MTASTS_FETCH is how we know.

use v5.36;
use utf8;
use Encode qw(encode_utf8);
use FindBin;
use IO::Socket::IP;
use JSON::PP qw(decode_json);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;

# With root's rights port 443 is certainly free: it is that of our own network.
Lab::Namespace::enter() if $> == 0 && !Lab::Namespace::hindrance();

my $WEB = '127.0.0.60';
plan(skip_all => "a web server listens on $WEB")
    if IO::Socket::IP->new(PeerHost => $WEB, PeerPort => 443, Timeout => 1);

my $GOOD = 'v=STSv1; id=20260101';
my $REPORTS = 'v=TLSRPTv1; rua=mailto:tls@example.com';

# --- the table ---
#
# A row: what the DNS answers for _mta-sts and _smtp._tls (what FakeDNS takes,
# but TXT records without their quotes), the verdict, and what that means. The
# verdict is the state and the MTA-STS, TLSRPT and DNS_ codes but those of MX.

my @CASES = (
	# The record: one that does not begin with "v=STSv1;" is none.
	(map { [[$_->[0]], undef, 'CRITICAL MTASTS_FETCH', $_->[1]] }
	    [$GOOD, 'A record leads to the policy.'],
	    ["$GOOD;", 'It may end in a semicolon.'],
	    ["$GOOD ; ", 'It may end in a semicolon and blanks.'],
	    ['v=STSv1;id=1', 'It needs no blanks.'],
	    ["v=STSv1;\t id=1 \t; x=y", 'It may have many.'],
	    ['v=STSv1; id=' . 'Z9' x 16, 'An id may have 32 characters.'],
	    ['v=STSv1; a=b; id=1; z-z.z_9=!"#:<>~',
		'Unknown fields may come before and after the id.'],
	    ['v=STSv1; id=1; id=?', 'Of two ids the first one counts.']),
	(map { [[$_->[0]], undef, 'CRITICAL MTASTS_RECORD_INVALID', $_->[1]] }
	    ['v=STSv1;', 'The id is missing.'],
	    ['v=STSv1; a=b', 'The id is missing beside another field.'],
	    ['v=STSv1; ID=1', 'The id is in capitals.'],
	    ['v=STSv1; id', 'The id has no value.'],
	    ['v=STSv1; id=', 'The id is empty.'],
	    ['v=STSv1; id= 1', 'A blank comes before the id.'],
	    ['v=STSv1; id=1 2', 'A blank stands in the id.'],
	    ['v=STSv1; id=2026-01-01', 'A hyphen stands in the id.'],
	    ['v=STSv1; id=' . 'a' x 33, 'The id is too long.'],
	    ['v=STSv1; id=' . 'a' x 5000, 'The id is much too long.'],
	    ['v=STSv1; id=\027[31m|\010', 'Control bytes stand in the id.'],
	    ['v=STSv1; id=\000', 'A NUL stands in the id.'],
	    ['v=STSv1; id=1, mode=enforce', 'A comma separates the fields.'],
	    ['v=STSv1; id=1; mode', 'A field has no value.'],
	    ['v=STSv1; id=1; =1', 'A field has no name.'],
	    ['v=STSv1; id=1; a=b=c', 'A value has an equals sign.']),
	(map { [[$_->[0]], undef, 'CRITICAL MTASTS_NONE', $_->[1]] }
	    ['v=STSv2; id=1', 'Another version is not ours.'],
	    ['v=STSv10; id=1', 'A version that begins like ours is not ours.'],
	    ['v=stsv1; id=1', 'Letter case matters in the version.'],
	    ['', 'An empty record is none.'],
	    ['v=spf1 -all', 'Another record is none.']),
	(map { [[$_->[0]], undef,
	    qr/^CRITICAL MTASTS_(?:NONE|RECORD_INVALID)\b/, $_->[1]] }
	    ['v=STSv1', 'The version alone is no record.'],
	    ['id=1; v=STSv1', 'The version has to come first.'],
	    ['"' . $GOOD . '"', 'Quotes that were typed are part of it.']),
	[[$GOOD, $GOOD], undef, 'CRITICAL MTASTS_RECORD_INVALID',
	    'Two records are invalid, though they say the same.'],
	[[$GOOD, 'v=STSv1; garbage'], undef, 'CRITICAL MTASTS_RECORD_INVALID',
	    'A second one counts that is invalid itself.'],
	[[map({ "other record $_" } 1 .. 60), $GOOD], undef,
	    'CRITICAL MTASTS_FETCH',
	    'A record is found among so many that they need TCP.'],
	[[['v=STSv1; ', 'x=' . 'a' x 250, 'b; id', '=1']], undef,
	    'CRITICAL MTASTS_FETCH', 'The strings of a record are one.'],
	[[['v=STSv1; id=1', 'v=STSv1; id=2']], undef,
	    'CRITICAL MTASTS_RECORD_INVALID', 'They are not two records.'],

	# The DNS
	['nxdomain', undef, 'CRITICAL MTASTS_NONE', 'The name does not exist.'],
	['nodata', undef, 'CRITICAL MTASTS_NONE', 'The name has no record.'],
	['servfail', undef, 'CRITICAL DNS_SERVFAIL',
	    'A zone that is broken is not one without a record.'],
	['timeout', undef, 'CRITICAL DNS_TIMEOUT',
	    'No answer is not one that there is no record.'],
	['refused', undef, 'UNKNOWN DNS_RESOLVER',
	    'A name server that refuses us tells nothing.'],

	# Reports
	(map { ['nodata', [$_->[0]], 'CRITICAL MTASTS_NONE', $_->[1]] }
	    [$REPORTS, 'Reports go to a mailbox.'],
	    ['v=TLSRPTv1;rua=https://example.com/r?a=b',
		'Reports go to a web server.'],
	    ["$REPORTS,https://example.com/r", 'Reports go to both.'],
	    ["$REPORTS ,\tmailto:b\@example.com;", 'Blanks do not matter.'],
	    ["$REPORTS; new=1", 'A field is not known.'],
	    ['v=TLSRPTv1; rua=MAILTO:tls@example.com',
		'Letter case does not matter in a scheme (RFC 3986 3.1).'],
	    [['v=TLSRPTv1; rua=mail', 'to:tls@example.com'],
		'Strings of a record are one.']),
	(map { ['nodata', [$_->[0]], 'CRITICAL MTASTS_NONE TLSRPT_INVALID',
	    $_->[1]] }
	    ['v=TLSRPTv1;', 'There is no place for reports.'],
	    ['v=TLSRPTv1; new=1', 'There is none in another field, either.'],
	    ['v=TLSRPTv1; rua=', 'The place is empty.'],
	    ['v=TLSRPTv1; rua=mailto:', 'The mailbox is empty.'],
	    ['v=TLSRPTv1; rua=https://', 'The web server is empty.'],
	    ['v=TLSRPTv1; rua=tls@example.com', 'The scheme is missing.'],
	    ['v=TLSRPTv1; rua=ftp://example.com/r', 'The scheme is not known.'],
	    ['v=TLSRPTv1; rua=http://example.com/r', 'HTTP lacks TLS.'],
	    ["$REPORTS mailto:b\@example.com", 'The comma is missing.'],
	    ["$REPORTS,", 'A place is missing after the comma.'],
	    ['v=TLSRPTv1; rua=mailto:\027[31m|@example.com',
		'Control bytes stand in the mailbox.']),
	['nodata', [$REPORTS, $REPORTS], 'CRITICAL MTASTS_NONE TLSRPT_INVALID',
	    'Two records for reports are invalid.'],
	['nodata', ['v=spf1 -all', $REPORTS], 'CRITICAL MTASTS_NONE',
	    'Another record may stand beside it.'],
	(map { ['nodata', [$_->[0]], 'CRITICAL MTASTS_NONE TLSRPT_NONE',
	    $_->[1]] }
	    ['v=spf1 -all', 'Another record says nothing of reports.'],
	    ['v=TLSRPTv2; rua=mailto:tls@example.com',
		'Nor does one of another version.']),
	['nodata', 'nxdomain', 'CRITICAL MTASTS_NONE TLSRPT_NONE',
	    'Nobody is asked for reports.'],
	(map { ['nodata', $_, 'CRITICAL MTASTS_NONE',
	    "With $_ nobody knows whether there is such a record."] }
	    'servfail', 'timeout'),
);

# --- the world ---

my $mx = FakeMX->new;

# A record as a zone file has it: strings of at most 255 bytes, in quotes.
sub rdata ($record) {
	my @strings = ref $record ? @$record
	    : length $record ? $record =~ /((?:\\\d{3}|.){1,250})/gs : '';
	return join ' ', map { '"' . s/"/\\"/gr . '"' } @strings;
}

sub answer ($what) { ref $what ? [map { rdata($_) } @$what] : $what }

sub domain ($name, $record, $reports) {
	return (
		$name => { MX => ['10 mx1.example.com'] },
		"_mta-sts.$name" => { TXT => answer($record) },
		"_smtp._tls.$name" => { TXT => answer($reports // [$REPORTS]) },
		"mta-sts.$name" => { A => [$WEB] },
	);
}

my $LONG = join '.', ('a' x 63) x 3, 'b' x 53, 'example'; # 253 octets
my $number = 0;
my $dns = FakeDNS->new(zone => {
	'mx1.example.com' => { A => [$mx->address] },
	domain('example.com', [$GOOD], [$REPORTS]),
	domain('xn--mnchen-3ya.example', [$GOOD], [$REPORTS]),
	domain('none.example.com', 'nxdomain', 'nxdomain'),
	domain('null.example', [$GOOD], [$REPORTS]),
	'null.example' => { MX => ['0 .'] },
	$LONG => { MX => ['10 mx1.example.com'] },
	domain('alias.example', [$GOOD], [$REPORTS]),
	(map { domain("$_.example", [$GOOD], [$REPORTS]) }
	    qw(servfail timeout)),
	(map { ("mta-sts.$_.example" => $_) } qw(servfail timeout)),
	'_mta-sts.alias.example' => { CNAME => ['_mta-sts.example.com'] },
	'_smtp._tls.alias.example' => { CNAME => ['_smtp._tls.example.com'] },
	map { domain('case' . ++$number . '.example', @$_[0, 1]) } @CASES,
});
my @via = ('--nameserver', $dns->address, '-p', $mx->port);

sub mtasts ($domain, @arguments) {
	return check('check_mx_mtasts', @via, '-d', $domain, @arguments);
}

# --- records ---

# "CRITICAL MTASTS_NONE": see above.
sub verdict ($run) {
	my $facts = eval { decode_json($run->output) }
	    or return 'no JSON: ' . $run->output;
	my %codes = map { $_->{code} => 1 } @{$facts->{findings}},
	    map { @{$_->{findings}} } @{$facts->{servers}};
	return join ' ', $facts->{state}, sort
	    grep { /^(?:MTASTS|TLSRPT|DNS(?!_MX|_PTR))_/ } keys %codes;
}

$number = 0;
for (@CASES) {
	my (undef, undef, $expected, $sentence) = @$_;
	my $run = mtasts('case' . ++$number . '.example',
	    '--output-format=json', '-t', 2);
	ref $expected ? like(verdict($run), $expected, $sentence)
	    : is(verdict($run), $expected, $sentence);
}

# --- what is said, and how it ends ---

{
	my $run = mtasts('none.example.com');
	is($run->return_code, 2, 'Without a record the check fails.');
	like($run->first_line,
	    qr/^MX_MTASTS CRITICAL - .*[(]MTASTS_NONE[)]/,
	    'Line 1 has the service, the state and the code.');
	like(mtasts('none.example.com', '-v')->output, qr/[(]TLSRPT_NONE[)]/,
	    'The note on reports is shown with -v.');
	is(mtasts('none.example.com', '--severity=MTASTS_NONE=ok')->return_code,
	    0, 'Whoever does not want MTA-STS can say so.');
}
{
	my $run = mtasts('example.com');
	like($run->text, qr/connection refused.*[(]MTASTS_FETCH[)]/,
	    'A policy host that refuses connections is named as that.');
	like($run->text, qr/mta-sts[.]example[.]com/, 'It is named.');
	is(mtasts('alias.example', '--output-format=json')->return_code, 2,
	    'Records may be aliases.');
	is(verdict(mtasts('alias.example', '--output-format=json')),
	    'CRITICAL MTASTS_FETCH', 'Aliases lead to the records.');
	is(verdict(mtasts('example.com', '--output-format=json',
	    '-H', 'mx1.example.com')), 'CRITICAL MTASTS_FETCH',
	    'A host can be named beside its domain.');
	is(verdict(mtasts($LONG, '--output-format=json')),
	    'CRITICAL MTASTS_NONE TLSRPT_NONE',
	    'A domain too long for _mta-sts before it has no record.');
}
for (
	['servfail.example', qr/SERVFAIL.*[(]MTASTS_FETCH[)]/,
	    'A policy host whose zone is broken is named as that.'],
	['timeout.example', qr/[(]MTASTS_FETCH[)]/,
	    'A policy host that nobody knows of in time is a failure.'],
	['no-such-domain.example', qr/[(]DNS_NXDOMAIN[)]/,
	    'A domain that does not exist is named as that.'],
	['null.example', qr/[(]DNS_NULL_MX[)]/,
	    'A domain that takes no mail is named as that.'],
) {
	my ($domain, $said, $sentence) = @$_;
	my $run = mtasts($domain, '-t', 2);
	like($run->text, $said, $sentence) or diag($run->as_text);
	is($run->return_code, 2, "It is a failure ($domain).");
}

# --- what is asked ---

sub queries_of ($code) {
	my $before = () = $dns->queries;
	$code->();
	my @queries = $dns->queries;
	my %asked = map { ("$_->{name} $_->{type}" => 1) }
	    @queries[$before .. $#queries];
	return grep { /mta-sts|_tls/ } sort keys %asked;
}

is_deeply([queries_of(sub { mtasts('EXAMPLE.com.') })],
    ['_mta-sts.example.com TXT', '_smtp._tls.example.com TXT',
    'mta-sts.example.com A', 'mta-sts.example.com AAAA'],
    'The name server that is given is asked for everything.');
is_deeply([queries_of(sub { mtasts('none.example.com') })],
    ['_mta-sts.none.example.com TXT', '_smtp._tls.none.example.com TXT'],
    'Without a record nobody looks for the policy host, nor in the parent.');
is_deeply([grep { /^_/ } queries_of(sub {
	mtasts(encode_utf8('münchen.example')) })],
    ['_mta-sts.xn--mnchen-3ya.example TXT',
    '_smtp._tls.xn--mnchen-3ya.example TXT'],
    'An internationalised domain is asked for by its A-labels.');

# --- the command line ---

for (
	[['-H', 'mx1.example.com'], qr/domain/i,
	    'A host alone has no policy: the domain is missing.'],
	[['-H', '127.0.0.1'], qr/domain/i, 'An address has none, either.'],
	[[], qr/domain/i, 'Nothing at all is not enough.'],
	(map { [['-d', 'example.com', "--min-max-age=$_"], qr/min-max-age/,
	    "--min-max-age=$_ is refused."] }
	    '', 'abc', '-1', '1.5', '1d', '0x10', ' 1', '9' x 30),
	(map { [['-d', 'example.com', "--require-mode=$_"], qr/require-mode/,
	    "--require-mode=$_ is refused."] }
	    '', 'strict', 'enforced', 'enforce,testing', 'enforce '),
) {
	my ($arguments, $reason, $sentence) = @$_;
	my $before = () = $dns->queries;
	my $run = check('check_mx_mtasts', @via, @$arguments);
	is($run->return_code, 3, $sentence);
	like($run->output, qr/\AMX_MTASTS UNKNOWN - [^|\n]*$reason/,
	    'One line says why.') or diag($run->as_text);
	is(scalar(my @queries = $dns->queries), $before, 'Nothing was asked.');
}

done_testing;

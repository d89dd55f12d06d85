# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx against real servers: what it finds is what there is, in all formats;
# the facts that it tells are those that others see; and servers hear from it
# once, politely. All names and addresses come from Unbound.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
use Test::More;

use CheckMX qw(perfdata);
use Lab;
use Lab::Witness;

# How a server logs that a conversation began, and that it ended as it should.
# postscreen hands over whom it knows; the others it sees to the door itself.
my $CONNECTED = qr/smtpd\[\d+\]:[ ]connect[ ]from[ ]
    |screen\[\d+\]:[ ]DISCONNECT[ ]|[ ]smtp[ ]connected[ ]
    |[ ]SMTP[ ]connection[ ]from[ ]\[[^\n]*TCP\/IP[ ]connection/x;
my $QUIT = qr/[ ]quit=1[ ]|screen\[\d+\]:[ ]DISCONNECT[ ]
    |[ ]closed[ ]by[ ]QUIT|[ ]reason=quit/x;

my $CODE = qr/[(]([A-Z]+(?:_[A-Z0-9]+)+)[)]/;
# Notes that are always told, for they say why something was not tested.
my %ALWAYS_TOLD = map { $_ => 1 } qw(NOT_TESTED RELAY_GREYLISTED RELAY_TRUSTED
    TCP_NO_ROUTE_V6);

Lab->enter;
my $lab = Lab->new;
my $trust = '--ca-file=' . $lab->ca_file;

sub count ($pattern, $log) { return scalar(() = $log =~ /$pattern/g) }

sub object ($run) {
	return eval { JSON::PP->new->utf8->decode($run->output) }
	    // { servers => [], findings => [] };
}

sub server_name ($server) {
	return $server->{host}
	    . ($server->{address} ? " [$server->{address}]" : '');
}

# --- what counts, as "server CODE", the way that each format tells it ---

sub pairs ($subject, $text) {
	return map { "$subject $_" } grep { !$ALWAYS_TOLD{$_} }
	    $text =~ /$CODE/g;
}

# The worst on line 1, then what each server has.
sub counted_by_nagios ($run) {
	my ($first, @lines) = $run->lines;
	my ($worst, $text) = $run->text =~ /^(\S+(?: \[\S+\])?): (.*)/;
	my @pairs = pairs($worst, $text);

	for (grep { !/note: / } @lines) {
		push @pairs, pairs($1, $2)
		    if /^\[\w+\] (?:\d+ )?(\S+(?: \[\S+\])?)(?::\d+)? - (.*)/;
	}
	return \@pairs;
}

# A paragraph for the domain, then one for each server; what is marked as not
# tested counts for nothing.
sub counted_by_report ($run) {
	my $output = $run->output =~ s/^  -- .*\n(?:   .*\n)*//mgr;

	return [map {
		/^\[\w+\] (?:check_mx |\d+ )?(\S+(?: \[\S+\])?)/
		    ? pairs($1, $_) : ();
	} split /\n\n/, $output];
}

sub counted_by_json ($run) {
	my $object = object($run);

	return [map {
		my ($subject, $findings) = @$_;
		map { "$subject $_->{code}" } grep { $_->{state} ne 'OK' }
		    @$findings;
	} [$object->{domain}, $object->{findings}],
	    map { [server_name($_), $_->{findings}] } @{$object->{servers}}];
}

sub as_set ($list) {
	my %set = map { $_ => 1 } @$list;
	return [sort keys %set];
}

# domain, state, score, all that counts, connections, the meaning
for (
	['trio.test', 'OK', 100, [], 4,
	    'Postfix, Exim and OpenSMTPD are fine.'],
	['mixed.test', 'CRITICAL', 0,
	    ['mx.expired.test [127.0.0.31] CERT_EXPIRED',
	    'mx.relay.test [127.0.0.13] RELAY_OPEN'], 4,
	    'Among good servers one has an old certificate, one is a relay.'],
	['plain.test', 'CRITICAL', 70,
	    ['mx.plain.test [127.0.0.12] STARTTLS_NOT_OFFERED'], 1,
	    'A server without TLS still says whether it relays.'],
	['selfsigned.test', 'CRITICAL', 70,
	    ['mx.selfsigned.test [127.0.0.15] CERT_SELF_SIGNED'], 1,
	    'A certificate is signed by itself.'],
	['incomplete.test', 'CRITICAL', 70,
	    ['mx.incomplete.test [127.0.0.18] CERT_CHAIN_INCOMPLETE'], 1,
	    'The intermediate is not sent.'],
	['tls10.test', 'CRITICAL', 70,
	    ['mx.tls10.test [127.0.0.19] TLS_VERSION_OBSOLETE'], 1,
	    'A server knows TLS 1.0 only.'],
	['tls12.test', 'OK', 100, [], 1, 'TLS 1.2 is good enough.'],
	['refusing.test', 'CRITICAL', 0,
	    ['mx.refusing.test [127.0.0.20] BANNER_REFUSED'], 1,
	    'A server refuses us.'],
	['deferring.test', 'OK', 100, [], 1,
	    'A server defers what it does not relay.'],
	['postscreen.test', 'OK', 100, [], 2,
	    'postscreen puts us off, and is asked again.'],
	['many.test', 'WARNING', 95, ['many.test DNS_MX_TOO_MANY'], 40,
	    'Forty servers are good, and too many.'],
	['closed.test', 'CRITICAL', 0,
	    ['mx.closed.test [127.0.0.97] DNS_PTR_MISSING',
	    'mx.closed.test [127.0.0.97] TCP_REFUSED'], 0,
	    'Nobody listens at an address without a name.'],
	['nullmx.test', 'CRITICAL', 0, ['nullmx.test DNS_NULL_MX'], 0,
	    'A domain takes no mail.'],
) {
	my ($domain, $state, $score, $counting, $connections, $sentence) = @$_;
	my $run;
	my $log = $lab->logged(sub {
		$run = CheckMX::check('check_mx', $trust, $domain);
	});
	my %format = map {
		$_ => $lab->check('check_mx', $trust, $domain,
		    "--output-format=$_");
	} qw(report json);

	is($run->state, $state, $sentence) or diag($run->as_text);
	is(perfdata($run)->{score}->value, $score,
	    "The score is that of the worst ($domain).");
	is_deeply(as_set(counted_by_nagios($run)), $counting,
	    "Nothing else counts ($domain, nagios).") or diag($run->as_text);
	is_deeply(as_set(counted_by_report($format{report})), $counting,
	    "Nothing else counts ($domain, report).")
	    or diag($format{report}->as_text);
	is_deeply(as_set(counted_by_json($format{json})), $counting,
	    "Nothing else counts ($domain, json).");
	is($format{$_}->return_code, $run->return_code,
	    "The format changes no state ($domain, $_).")
	    for sort keys %format;
	is_deeply([Lab::complaints($log)], [],
	    "No server finds its client rude ($domain).");
	is(count($CONNECTED, $log), $connections,
	    "There is one connection for an address ($domain).")
	    or diag($log);
	is(count($QUIT, $log), $connections,
	    "Every conversation ends with QUIT ($domain).") or diag($log);
}

{
	my $run = $lab->check('check_mx', $trust, 'mixed.test');
	like($run->text, qr/^mx[.]expired[.]test .*[(]CERT_EXPIRED[)]; 2 of 4 /,
	    'Of two equally bad findings line 1 has the preferred server\'s.');
}

# --- how much was tested ---

for (
	# The lab's resolver does not validate: three tests a server are DANE's.
	['trio.test', 4 * 3, 'Where all is well all tests are made but those of DANE.'],
	['mixed.test', 4 * 3, 'A failed test was made, too.'],
) {
	my ($domain, $missing, $sentence) = @$_;
	my $run = $lab->check('check_mx', $trust, $domain);
	my ($made, $planned) = $run->text =~ /(\d+) of (\d+) tests made/;
	is($planned - $made, $missing, $sentence) or diag($run->as_text);
}
{
	my $run = $lab->check('check_mx', $trust, '--skip=dane', 'plain.test');
	my ($made, $planned) = $run->text =~ /(\d+) of (\d+) tests made/;
	cmp_ok($made, '<', $planned, 'Without TLS some tests cannot be made.');
}

# --- what one conversation is ---

{
	my $log = $lab->logged(sub {
		CheckMX::check('check_mx', $trust, 'healthy.test');
	});
	is_deeply([$log =~ /disconnect from \S+ (.*)/g], [('ehlo=2 starttls=1 '
	    . 'mail=1 rcpt=1/2 quit=1 commands=6/7') x 3],
	    'Each server hears EHLO, STARTTLS, EHLO, MAIL, RCPT twice, QUIT.');
}

# --- facts, as others see them ---

# A greeting may tell the time.
sub undated ($banner) {
	return { code => $banner->{code}, text => $banner->{text}
	    =~ s/\w{3}, \d+ \w{3} \d{4} [\d:]{8} [+-]\d{4}/DATE/r };
}

# Version, cipher and group, apart from our opinion of the chain.
sub session ($tls) {
	my %tls = %{$tls // return};
	my ($verified, $errors) = delete @tls{qw(verified errors)};
	return (\%tls, $verified, $errors);
}

for my $domain (qw(trio.test mixed.test incomplete.test selfsigned.test
    wrongname.test tls12.test tls10.test plain.test)) {
	my $object = object($lab->check('check_mx', $trust, $domain,
	    '--output-format=json'));
	ok(scalar @{$object->{servers}}, "$domain has servers.");

	for my $server (@{$object->{servers}}) {
		my $name = server_name($server);
		my $seen = Lab::Witness::testimony($server->{address},
		    $server->{host}, $lab->ca_file);
		my ($tls, $verified, $errors) = session($server->{tls});

		is_deeply(undated($server->{banner}), undated($seen->{banner}),
		    "$name: the banner is that which a plain socket sees.");
		is_deeply($server->{$_}, $seen->{$_},
		    "$name: the lines of $_ are those that a socket sees.")
		    for qw(ehlo ehlo_tls);
		is_deeply($tls, $seen->{tls},
		    "$name: version, cipher and group are openssl's.");
		is_deeply($server->{certificates}, $seen->{certificates},
		    "$name: the certificates are those that openssl is sent.");
		next unless $tls;
		is(!!$verified, $seen->{verdict} eq 'ok',
		    "$name: openssl trusts it as we do.");
		ok($verified || grep({ /^\Q$seen->{verdict}\E(?:,|$)/ }
		    @$errors), "$name: we have openssl's error among ours.")
		    or diag($seen->{verdict}, explain($errors));
	}
}

done_testing;

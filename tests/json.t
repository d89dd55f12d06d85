#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --output-format=json: valid by its schema in every state there is, the same
# verdict as the Nagios format's, and facts as the scripted servers and openssl
# know them.

use v5.36;
use utf8;
use Encode qw(decode_utf8 encode_utf8);
use File::Temp;
use FindBin;
use JSON::PP;
use List::Util qw(first pairs);
use POSIX qw(strftime);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;
use MailDomain qw(policy_host tlsa);

need('jsonschema');

# With root's rights in a network of our own, which knows no way to IPv6.
my $own_network = $> == 0 && !Lab::Namespace::hindrance();
Lab::Namespace::enter() if $own_network;

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my $SCHEMA = "$top/contrib/check_mx.schema.json";
my $HOST = 'mx1.example.com';
my $MAX_SECONDS = 60;
my @TRUST = ('--ca-file', Certs::ca_file());
my @POLITE = ('STARTTLS', 'SIZE 10485760');
my %PLUGINS = (check_mx => [@TRUST, '--no-ptr'], check_mx_banner => [],
    check_mx_starttls => \@TRUST, check_mx_cert_expiry => \@TRUST,
    check_mx_openrelay => [], check_mx_dane => [],
    check_mx_mtasts => \@TRUST, check_mx_auth => \@TRUST,
    check_mx_delivery => ['--to=friend@example.com']);

my $folder = File::Temp->newdir;
my @printed;	# [case, bytes]: validated all at once, at the end
my $json = JSON::PP->new->utf8->canonical;

sub read_file ($path) {
	open my $in, '<', $path or die "$path: $!";
	local $/;
	return scalar <$in>;
}

# Times differ from run to run, and nothing else may.
sub timeless ($text) {
	return $text =~ s/\d+\.\d+ s\b/N s/gr;
}

# The items of line 1 as JSON tells them, but for the values of times.
sub items_of ($line) {
	my @items;
	for (split / /, $line) {
		my ($label, $value, $unit, $limits) =
		    /^([^=]+)=(-?[\d.]+)([a-z]*)(.*)$/;
		my (undef, @limits) = split /;/, $limits;
		my ($warning, $critical, $min, $max) =
		    map { length $_ ? $_ : undef } map { $_ // '' } @limits[0 .. 3];
		push @items, { label => $label, unit => $unit,
		    value => $unit eq 's' ? 'time' : $value + 0,
		    warning => $warning, critical => $critical,
		    min => defined $min ? $min + 0 : undef,
		    max => defined $max ? $max + 0 : undef };
	}
	return \@items;
}

sub without_times ($perfdata) {
	return [map { +{ %$_, value => $_->{unit} eq 's' ? 'time' : $_->{value} } }
	    @$perfdata];
}

# Runs a plugin in both formats, which have to agree: the object.
sub object ($case, $plugin, @arguments) {
	my $nagios = check($plugin, @arguments);
	my $run = check($plugin, @arguments, '--output-format=json');
	my $object = eval { $json->decode($run->output) };
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	ok($object, "$case: it is JSON.") or diag($@, $run->as_text), return {};
	push @printed, [$case, $run->output];
	is($run->return_code, $nagios->return_code, "$case: the exit code stays.");
	is($object->{exit_code}, $run->return_code, "$case: it is told.");
	is($object->{state}, $nagios->state, "$case: the state is line 1's.");
	is($object->{plugin}, $plugin, "$case: the plugin is told.");
	is(timeless($object->{summary}), timeless(decode_utf8($nagios->text)),
	    "$case: the summary is line 1's text.");
	is_deeply(without_times($object->{perfdata}), items_of($nagios->perf_output),
	    "$case: the perfdata are line 1's.");
	like($run->output, qr/\A\{\n  "plugin".*\n\}\n\z/s,
	    "$case: one object is all, and its line is ended.");
	unlike($run->output, qr/[\x00-\x09\x0b-\x1f\x7f|]/,
	    "$case: nothing in it needs care.");
	return $object;
}

# The same against one server at $HOST of example.com, in a zone that is signed;
# what else is in it may depend on the port.
sub object_at ($case, $plugin, $script, @arguments) {
	my $more = ref $arguments[0] ? shift @arguments : sub ($port) { {} };
	my $mx = FakeMX->new(hostname => $HOST, %$script);
	my $dns = FakeDNS->new(ad => 1, zone => {
	    'example.com' => { MX => ["10 $HOST"] },
	    $HOST => { A => [$mx->address] }, %{$more->($mx->port)},
	});
	my $object = object($case, $plugin, 'example.com', '-p', $mx->port,
	    '-F', 'client.example.net', '--nameserver', $dns->address,
	    @{$PLUGINS{$plugin}}, @arguments);
	my $server = $object->{servers}[0] // {};

	is($server->{port}, $mx->port, "$case: the server's port.");
	return ($object, $server, $mx);
}

# "STATE CODE CODE ..." of findings that are no notes.
sub verdict ($object) {
	return join ' ', $object->{state}, map { $_->{code} }
	    grep { $_->{state} ne 'OK' } @{$object->{findings}};
}

sub openssl ($file, @arguments) {
	return testCmd('openssl', 'x509', '-in', $file, '-noout', @arguments)
	    ->output;
}

# What openssl says of a certificate, in the words of the JSON.
sub openssl_facts ($file) {
	my %line = openssl($file, qw(-subject -issuer -dates -fingerprint
	    -sha256 -nameopt RFC2253 -dateopt iso_8601))
	    =~ /^(\w+)(?: Fingerprint)?=(.*)$/mg;
	my $text = openssl($file, '-text');
	my ($type) = $text =~ /Public Key Algorithm: (\S+)/;
	my ($bits) = $text =~ /Public-Key: \((\d+) bit\)/;
	my ($signature) = $text =~ /Signature Algorithm: (\S+)/;
	my %type = (rsaEncryption => 'RSA', 'id-ecPublicKey' => 'EC',
	    ED25519 => 'ED25519');

	return {
		subject => $line{subject}, issuer => $line{issuer},
		not_before => $line{notBefore} =~ s/ /T/r,
		not_after => $line{notAfter} =~ s/ /T/r,
		sha256 => lc $line{sha256} =~ s/://gr,
		names => [$text =~ /(?:DNS|IP Address):([^,\s]+)/g],
		key => { type => $type{$type}, bits => ($bits // 256) + 0 },
		signature => $signature,
	};
}

# The files of a chain, a certificate each.
sub split_chain ($chain) {
	my @pem = read_file($chain) =~ /(-----BEGIN.*?-----END[^\n]*\n)/sg;
	return map {
		my $file = "$folder/chain$_.pem";
		open my $out, '>', $file or die "$file: $!";
		print $out $pem[$_];
		close $out;
		$file;
	} keys @pem;
}

# What the validator says against each of these texts, "" if nothing.
sub complaints (@texts) {
	my @files = map { "$folder/$_.json" } keys @texts;
	for my $i (keys @texts) {
		open my $out, '>', $files[$i] or die "$files[$i]: $!";
		print $out $texts[$i];
		close $out;
	}
	my $run = testCmd('jsonschema', '--error-format',
	    "{file_name} {error.json_path}: {error.message}\n",
	    map({ ('-i', $_) } @files), $SCHEMA, { timeout => 120 });
	diag($run->as_text) if $run->return_code > 1;
	return map {
		my $file = $_;
		$run->return_code > 1 ? 'the validator failed'
		    : join '; ', map { s/^\Q$file\E //r }
		    grep { /^\Q$file\E / } split /\n/, $run->output . $run->stderr;
	} @files;
}

subtest 'A greeting and what EHLO offers are told as they came.' => sub {
	my ($object, $server, $mx) = object_at('polite', 'check_mx_banner', {
		extensions => \@POLITE, tls => 0,
		banner => "220-$HOST ESMTP Postfix (Debian)\r\n220 welcome\r\n" },
		'-w', '10', '-c', '20:30', '--severity=RESPONSE_SLOW=ok');

	is(verdict($object), 'OK', 'The verdict.');
	is($object->{domain}, 'example.com', 'The domain.');
	is_deeply([@$server{qw(host preference address state score)}],
	    [$HOST, 10, $mx->address, 'OK', undef], 'The server.');
	is_deeply([@{$server->{banner}}{qw(code text host software)}],
	    [220, "$HOST ESMTP Postfix (Debian)", $HOST, 'Postfix'],
	    'The banner, and the software that it names.');
	is_deeply($server->{ehlo}, { name => $HOST, extensions => \@POLITE },
	    'The answer to EHLO.');
	is_deeply([sort keys %{$server->{seconds}}],
	    [qw(banner connect ehlo total)], 'Durations of the steps made.');
	is($server->{banner}{seconds}, $server->{seconds}{banner},
	    'The banner took as long as its step.');
	for ($object->{seconds}, values %{$server->{seconds}},
	    map { $_->{value} } grep { $_->{unit} eq 's' }
	    @{$object->{perfdata}}) {
		ok($_ >= 0 && $_ < $MAX_SECONDS, "$_ is a time.");
		like($_, qr/^\d+(?:\.\d{1,3})?$/, "$_ is in milliseconds.");
	}
	is(first(sub { $_->{code} eq 'RESPONSE_SLOW' },
	    @{$server->{findings}})->{state}, 'OK', 'Notes are among the findings.');
	ok(!exists $server->{$_}, "No $_ was observed.")
	    for qw(ehlo_tls tls certificates relay);
};

subtest 'What TLS agreed on is what the server says, and openssl.' => sub {
	for my $case (
	    ['TLS 1.3', {}, {}, 'TLSv1.3'],
	    ['TLS 1.2 and RSA', { key => 'rsa:2048' }, { versions => [1.2],
		ciphers => 'ECDHE-RSA-AES256-GCM-SHA384' }, 'TLSv1.2'],
	    ['Ed25519 and a whole chain', { key => 'ed25519', send => 'root',
		names => [$HOST, '*.example.org', '192.0.2.4'] }, {}, 'TLSv1.3'],
	) {
		my ($name, $made, $tls, $version) = @$case;
		my $certificate = Certs::certificate(names => [$HOST],
		    not_after => Certs::days(59.5), %$made);
		my ($object, $server, $mx) = object_at($name,
		    'check_mx_starttls',
		    { tls => { certificate => $certificate, %$tls } });
		my $seen = ($mx->connections)[-1]{tls};
		my @files = split_chain($certificate->{chain});

		is(verdict($object), 'OK', "$name: the verdict.");
		is($server->{tls}{version}, $version, "$name: the version.");
		is_deeply([@{$server->{tls}}{qw(version cipher)}],
		    [@$seen{qw(version cipher)}], "$name: as the server says.");
		ok($server->{tls}{group}, "$name: the group is told.");
		is($server->{tls}{verified}, JSON::PP::true, "$name: verified.");
		is_deeply($server->{tls}{errors}, [], "$name: no errors.");
		is(@{$server->{certificates}}, @files, "$name: all of the chain.");
		for my $i (keys @files) {
			my %told = %{$server->{certificates}[$i]};
			like(delete $told{days_left}, qr/^\d+$/, "$name: days.");
			my $facts = openssl_facts($files[$i]);
			# For want of any, the common name is the name.
			($facts->{names}[0]) = $facts->{subject} =~ /CN=(.*)/
			    if !@{$facts->{names}};
			is_deeply(\%told, $facts,
			    "$name: certificate $i is openssl's.");
		}
		is($server->{certificates}[0]{days_left}, 59,
		    "$name: whole days left are rounded down.");
	}
};

subtest 'What is wrong with a certificate is told in facts too.' => sub {
	my %days = (not_after => Certs::days(-2.5));
	for my $case (
	    # name, certificate, verdict of check_mx_starttls, error, days left
	    ['expired', \%days, 'CRITICAL CERT_EXPIRED',
		qr/^certificate has expired$/, -3],
	    ['self-signed', { issuer => 'self' }, 'CRITICAL CERT_SELF_SIGNED',
		qr/^self[- ]signed certificate$/, 59],
	    ['incomplete', { send => 'leaf' }, 'CRITICAL CERT_CHAIN_INCOMPLETE',
		qr/^unable to get local issuer certificate$/, 59],
	    ['expired above', { issuer => 'expired-intermediate' },
		'CRITICAL CERT_EXPIRED',
		qr/^certificate has expired, at depth 1$/, 59],
	    ['misnamed', { names => ['mx9.example.com'] },
		'CRITICAL CERT_NAME_MISMATCH', qr/^hostname mismatch$/, 59],
	) {
		my ($name, $made, $expected, $error, $days) = @$case;
		my %script = (tls => { certificate =>
		    Certs::certificate(names => [$HOST],
		    not_after => Certs::days(59.5), %$made) });
		my (undef, $server) =
		    object_at($name, 'check_mx_starttls', \%script);
		my ($finding) = @{$server->{findings}};

		is(verdict($server), $expected, "$name: the verdict.");
		like($finding->{$_}, qr/\w/, "$name: its $_ is told.")
		    for qw(text cause remedy);
		is($server->{tls}{verified}, JSON::PP::false,
		    "$name: it is not verified.");
		ok(grep({ /$error/ } @{$server->{tls}{errors}}),
		    "$name: the error is told.")
		    or diag(explain($server->{tls}{errors}));
		is($server->{certificates}[0]{days_left}, $days,
		    "$name: the days left.");

		my ($object) =
		    object_at("$name, by days", 'check_mx_cert_expiry', \%script);
		is($object->{state}, $name eq 'expired' ? 'CRITICAL' : 'OK',
		    "$name: only the days count where they are the question.");
	}
};

subtest 'Options change the verdict, and facts only where they must.' => sub {
	my $self_signed = Certs::certificate(issuer => 'self');
	my ($object, $server) = object_at('tolerated', 'check_mx_starttls',
	    { tls => { certificate => $self_signed } }, '--no-verify');
	is(verdict($object), 'OK', '--no-verify tolerates it.');
	is($server->{tls}{verified}, JSON::PP::false, 'The facts stay.');

	($object, $server) = object_at('not looked at', 'check_mx_banner',
	    { tls => { certificate => $self_signed, implicit => 1 } }, '--ssl');
	is(verdict($object), 'OK', 'check_mx_banner does not verify.');
	ok(!exists $server->{tls}{$_}, "So $_ is left out.")
	    for qw(verified errors);
	ok($server->{certificates}, 'The certificate is told.');

	# A moment, not a distance: line 1 tells it, and both formats have to agree.
	my $then = strftime('%FT%TZ', gmtime Certs::days(58));
	($object, $server) = object_at('later', 'check_mx_cert_expiry', {
	    tls => { certificate => Certs::certificate(
	    not_after => Certs::days(59.5)) } }, "--at=$then");
	is($object->{state}, 'CRITICAL', 'The verdict is for then.');
	is($object->{at}, $then, 'It is told when that is.');
	is($server->{certificates}[0]{days_left}, 1, 'So are the days left.');
};

subtest 'Relaying is told probe by probe.' => sub {
	my $sender = '<check_mx@client.example.net>';
	my $outside = '<friend@outside.example>';
	my %local = (local => ['served.example'], tls => 0);
	my @local = ('--local-domain=served.example',
	    '--recipient=friend@outside.example');
	for my $case (
	    # name, answer to the outside recipient, state, verdict
	    ['closed', '550 5.7.1 Relaying denied', 'OK', 'refused'],
	    ['closed by policy', '554 5.7.1 Relay access denied', 'OK', 'policy'],
	    ['closed to strangers', '530 5.7.0 Authenticate first', 'OK',
		'authentication'],
	    ['open', '250 2.1.5 Ok', 'CRITICAL', 'open'],
	    ['perhaps open', '252 2.0.0 Cannot tell', 'WARNING', 'suspect'],
	    ['greylisted', '450 4.2.0 Later', 'OK', 'deferred'],
	    ['no such domain', '550 5.1.2 No such domain', 'UNKNOWN', 'domain'],
	) {
		my ($name, $answer, $state, $verdict) = @$case;
		my ($object, $server) = object_at($name, 'check_mx_openrelay', {
			%local, RCPT => sub ($line, $) {
				$line =~ /postmaster\@served/
				    ? "250 2.1.5 Ok\r\n" : "$answer\r\n" } },
			@local);
		is($object->{state}, $state, "$name: the state.");
		is_deeply($server->{relay}, [
			{ probe => 'control', from => $sender, verdict => 'local',
			    to => '<postmaster@served.example>',
			    reply => '250 2.1.5 Ok' },
			{ probe => 'plain', from => $sender, to => $outside,
			    reply => $answer, verdict => $verdict },
		    ], "$name: both recipients.") or diag(explain($server->{relay}));
	}

	my ($object, $server) = object_at('all forms', 'check_mx_openrelay',
	    { %local, RCPT => "250 2.1.5 Ok\r\n" }, @local, '--probes=all');
	my %probe = map { $_->{probe} => $_ } @{$server->{relay}};
	is($probe{'catch-all'}{verdict}, 'local', 'The catch-all is told.');
	is($probe{plain}{verdict}, 'open', 'What is open is told.');
	ok(grep({ $_->{verdict} eq 'meaningless' } values %probe),
	    'What proves nothing is told.');
	is_deeply([map { $_->{value} } grep { $_->{label} eq 'probes' }
	    @{$object->{perfdata}}], [@{$server->{relay}} - 2],
	    'They are as many as perfdata says.');

	($object, $server) = object_at('no sender', 'check_mx_openrelay',
	    { %local, MAIL => "550 5.7.1 Go away\r\n" }, @local);
	is($object->{state}, 'UNKNOWN', 'MAIL refused proves nothing.');
	is_deeply([map { "$_->{reply}: $_->{verdict}" } @{$server->{relay}}],
	    [('550 5.7.1 Go away: unanswered') x 2], 'The reply to MAIL is told.');

	($object, $server) = object_at('trusted', 'check_mx_openrelay', \%local,
	    '--trusted');
	ok(grep({ $_->{code} eq 'RELAY_TRUSTED' } @{$server->{findings}}),
	    'Trust is told.');
	ok(!exists $server->{relay}, 'Nothing was asked.');
};

subtest 'A step that failed leaves out what it would have shown.' => sub {
	for my $case (
	    # name, plugin, server, verdict, the facts there are, arguments
	    ['refused', 'check_mx_banner', { mode => 'refused' },
		'CRITICAL TCP_REFUSED', ''],
	    ['dropped', 'check_mx_banner', { mode => 'full' },
		'UNKNOWN TCP_TIMEOUT', '', '-t', '1:UNKNOWN'],
	    ['reset', 'check_mx_starttls', { banner => RESET },
		'CRITICAL TCP_RESET', ''],
	    ['no SMTP', 'check_mx_banner', { banner => "HTTP/1.1 400\r\n" },
		'CRITICAL BANNER_NOT_SMTP', ''],
	    ['turned away', 'check_mx_openrelay', { banner => "554 no\r\n" },
		'CRITICAL BANNER_REFUSED', 'banner'],
	    ['busy', 'check_mx_cert_expiry', { banner => "421 later\r\n" },
		'WARNING BANNER_BUSY', 'banner'],
	    ['HELO only', 'check_mx_banner', { EHLO => "502 5.5.2 what?\r\n" },
		'WARNING EHLO_HELO_ONLY', 'banner'],
	    ['EHLO cut', 'check_mx_banner', { EHLO => ["250-$HOST\r\n", CLOSE] },
		'CRITICAL SMTP_CLOSED', 'banner'],
	    ['no STARTTLS', 'check_mx_starttls', { tls => 0 },
		'CRITICAL STARTTLS_NOT_OFFERED', 'banner ehlo'],
	    ['no handshake', 'check_mx_starttls',
		{ tls => { handshake => ALERT(40) } },
		'CRITICAL TLS_HANDSHAKE', 'banner ehlo'],
	    ['wrapped', 'check_mx_banner', { tls => { implicit => 1 } },
		'OK', 'banner certificates ehlo tls', '--ssl'],
	    ['all steps', 'check_mx', {}, 'OK',
		'banner certificates ehlo ehlo_tls relay tls'],
	    ['all steps without STARTTLS', 'check_mx', { tls => 0 },
		'CRITICAL STARTTLS_NOT_OFFERED', 'banner ehlo relay'],
	    ['all steps without a handshake', 'check_mx',
		{ tls => { handshake => ALERT(40) } },
		'CRITICAL TLS_HANDSHAKE', 'banner ehlo relay'],
	    ['all steps but two', 'check_mx', {}, 'OK', 'banner ehlo',
		'--skip=starttls,relay'],
	    ['no step', 'check_mx', { mode => 'refused' },
		'CRITICAL TCP_REFUSED', ''],
	) {
		my ($name, $plugin, $script, $expected, $facts, @arguments) = @$case;
		my (undef, $server) =
		    object_at($name, $plugin, $script, @arguments);
		is(verdict($server), $expected, "$name: the verdict.");
		is(join(' ', grep { /^(?:banner|certificates|ehlo|tls|relay)/ }
		    sort keys %$server), $facts, "$name: the facts.");
	}
};

subtest 'Without a server the domain has the findings.' => sub {
	my $dns = FakeDNS->new(zone => {
		'servfail.example' => 'servfail',
		'null.example' => { MX => ['0 .'] },
		'hostless.example' => { MX => ['10 mx.hostless.example'] },
		'mx.hostless.example' => { TXT => ['nothing'] },
		'empty.example' => { TXT => ['nothing'] },
	});
	for my $case (
	    ['nowhere.example', 'CRITICAL DNS_NXDOMAIN', 'CRITICAL'],
	    ['servfail.example', 'CRITICAL DNS_SERVFAIL', 'CRITICAL'],
	    ['null.example', 'CRITICAL DNS_NULL_MX', 'CRITICAL'],
	) {
		my ($domain, $expected) = @$case;
		my $object = object($domain, 'check_mx_starttls', $domain,
		    '--nameserver', $dns->address, @TRUST);
		is(verdict($object), $expected, "$domain: the verdict.");
		is_deeply($object->{servers}, [], "$domain: no servers.");
	}
	my $object = object('score of nothing', 'check_mx', 'nowhere.example',
	    '--nameserver', $dns->address, @TRUST);
	is($object->{score}, 0, 'A domain without servers has a score.');
	for my $case (
	    ['hostless.example', 'hostless.example', 10, 'DNS_MX_NO_ADDRESS'],
	    ['an unknown host', undef, undef, 'DNS_NXDOMAIN',
		'-H', 'mx.nowhere.example'],
	) {
		my ($name, $domain, $preference, $code, @arguments) = @$case;
		my $object = object($name, 'check_mx_banner',
		    @arguments ? @arguments : $domain,
		    '--nameserver', $dns->address);
		my ($server) = @{$object->{servers}};
		is(verdict($server), "CRITICAL $code", "$name: the verdict.");
		is($object->{domain}, $domain, "$name: the domain.");
		is_deeply([@$server{qw(preference address port)}],
		    [$preference, undef, undef], "$name: no address.");
		ok(!exists $server->{seconds}, "$name: nothing was observed.");
	}
};

subtest 'A host or an address is a server without preference.' => sub {
	for my $address ('127.0.0.1', '::1') {
		if ($address eq '::1' && !CheckMX::_available('ipv6')) {
			die "ipv6 is missing\n" if $ENV{CHECK_MX_REQUIRE_ALL};
			next;
		}
		my $mx = FakeMX->new(address => $address);
		my $object = object($address, 'check_mx_banner', '-H', $address,
		    '-p', $mx->port, '-F', 'client.example.net');
		my ($server) = @{$object->{servers}};
		is($object->{domain}, undef, "$address: no domain.");
		is_deeply([@$server{qw(host preference address port)}],
		    [$address, undef, $address, $mx->port], "$address: the server.");
	}
};

subtest 'A server that could not be tested is none that is OK.' => sub {
	plan(skip_all => 'needs a network of its own') unless $own_network;
	my $object = object('no IPv6', 'check_mx_banner', '-H', '2001:db8::1');
	is("$object->{state} $object->{servers}[0]{state}",
	    'UNKNOWN UNKNOWN', 'The states.');
	is($object->{servers}[0]{findings}[0]{code}, 'TCP_NO_ROUTE_V6',
	    'The reason.');

	my $mx = FakeMX->new;
	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => ["10 $HOST"] },
		$HOST => { A => [$mx->address], AAAA => ['2001:db8::1'] },
	});
	$object = object('IPv4 only', 'check_mx', 'example.com', '-p',
	    $mx->port, '--nameserver', $dns->address, @{$PLUGINS{check_mx}});
	is($object->{state}, 'OK', 'With another that is OK, so is all.');
	is_deeply([map { $_->{score} } $object, @{$object->{servers}}],
	    [100, 100, undef], 'What was not tested has no score.');
	is($object->{delivers}{ipv6_only}, undef,
	    'Whether it takes mail is not known.');
};

subtest 'check_mx tells score, coverage and who delivers.' => sub {
	my ($object, $server) = object_at('good', 'check_mx', {});
	my $tests = $server->{tests};
	my ($true, $false) = (JSON::PP::true, JSON::PP::false);
	my %delivers = (plain => $true, tls_requiring => $true,
	    mta_sts => $true, dane => $true, ipv4_only => $true,
	    ipv6_only => $false);

	is_deeply([@$server{qw(score delivers)}], [100, \%delivers],
	    'Of a server.');
	is($tests->{made}, $tests->{planned}, 'Every test was made.');
	is_deeply([@$object{qw(score tests delivers)}],
	    [100, $tests, \%delivers], 'Of all of them.');

	($object, $server) = object_at('clear', 'check_mx', { tls => 0 },
	    '--severity=STARTTLS_NOT_OFFERED=warning');
	is($object->{score}, 70, 'Points are lost.');
	is_deeply($object->{delivers}, { %delivers, tls_requiring => $false },
	    'Some senders do not deliver.');
	($object) = object_at('busy', 'check_mx', { banner => "421 no\r\n" });
	is($object->{delivers}{plain}, undef, 'Of some it is not known.');

	for my $plugin (grep { $_ ne 'check_mx' } sort keys %PLUGINS) {
		($object, $server) = object_at("by $plugin", $plugin, {});
		is_deeply([grep { exists $_->{tests} || exists $_->{delivers}
		    || defined $_->{score} } $object, $server], [],
		    "$plugin tells none of it.");
	}
};

subtest 'A transaction is told answer by answer.' => sub {
	my %polite = (tls => 0, extensions => ['PIPELINING', 'SIZE']);
	my $told = sub ($code, $text, $enhanced = undef) {
		return { code => $code, text => $text,
		    $enhanced ? (enhanced => $enhanced) : () };
	};
	my $ok = $told->(250, '2.1.0 Ok', '2.1.0');
	my $friend = { to => 'friend@example.com',
	    reply => $told->(250, '2.1.5 Ok', '2.1.5') };
	my @send = ('--send');
	my $go = $told->(354, 'End data with a dot');
	my @cases = (
		# name, state, script, arguments, what is told but the sender
		['not sent', 'OK', {}, [],
		    { mail => $ok, recipients => [$friend] }],
		['sent', 'OK', { MESSAGE =>
		    "250 2.0.0 Ok: queued as 9B5DE2405D\r\n" }, \@send,
		    { mail => $ok, recipients => [$friend], data => $go,
		    message => $told->(250, '2.0.0 Ok: queued as 9B5DE2405D',
			'2.0.0'), queue_id => '9B5DE2405D', token => 'a token' }],
		['no sender', 'CRITICAL', { extensions => [],
		    MAIL => "530 Log in\r\n" }, \@send,
		    { mail => $told->(530, 'Log in'),
		    recipients => [{ to => 'friend@example.com' }] }],
		['no recipient', 'CRITICAL', { extensions => [] },
		    ['--to=you@example.net', @send],
		    { mail => $ok, recipients => [$friend,
		    { to => 'you@example.net', reply => $told->(550,
			'5.7.1 Relaying denied', '5.7.1') }], data => $go,
		    message => $told->(250, '2.0.0 Ok: queued', '2.0.0'),
		    token => 'a token' }],
		['no message', 'WARNING', { DATA => "451 4.3.0 Later\r\n" },
		    \@send, { mail => $ok, recipients => [$friend],
		    data => $told->(451, '4.3.0 Later', '4.3.0') }],
		['LMTP', 'CRITICAL', { lmtp => 1,
		    MESSAGE => "552 5.2.2 Full\r\n" }, ['--lmtp', @send],
		    { mail => $ok, recipients => [{ %$friend,
		    delivered => $told->(552, '5.2.2 Full', '5.2.2') }],
		    data => $go }],
	);
	for (@cases) {
		my ($name, $state, $script, $arguments, $expected) = @$_;
		my ($object, $server) = object_at($name, 'check_mx_delivery',
		    { %polite, %$script }, '-f', '<>', @$arguments);
		my $delivery = $server->{delivery};
		is($object->{state}, $state, "$name: the state.");
		$delivery->{token} = 'a token'
		    if ($delivery->{token} // '') =~ /^[0-9a-f]{32}$/;
		for (grep { $_ && $_->{enhanced} && $_->{code} >= 400 }
		    $delivery->{data} // (), map { @$_{qw(reply delivered)} }
		    @{$delivery->{recipients}}) {
			like(delete $_->{meaning}, qr/\w/, "$name: what "
			    . "$_->{enhanced} means.");
		}
		# Of LMTP's replies each recipient has its own.
		delete $delivery->{message} if $name eq 'LMTP';
		is_deeply($delivery, { from => '', %$expected },
		    "$name: each answer.") or diag(explain($delivery));
	}
	my (undef, $server) = object_at('not asked', 'check_mx_delivery',
	    { %polite, banner => "554 no\r\n" });
	ok(!exists $server->{delivery}, 'What was not begun is left out.');
};

subtest 'A login is told with what is offered.' => sub {
	my ($true, $false) = (JSON::PP::true, JSON::PP::false);
	my @credentials = ('-U', 'kate', '-P', 'correct horse');
	my @both = ('PLAIN', 'X-"ODD"');
	my %inside = (extensions => [@POLITE],
	    extensions_tls => ["AUTH @both"], AUTH => "235 Welcome\r\n");
	my $offer = { before_tls => [], mechanisms => \@both };
	my @cases = (
		['an offer', 'OK', \%inside, [], $offer],
		['a login', 'OK', \%inside, \@credentials, { %$offer,
		    mechanism => 'PLAIN', accepted => $true,
		    reply => { code => 235, text => 'Welcome' } }],
		['a refusal', 'CRITICAL', { %inside,
		    AUTH => "535 5.7.8 No\r\n" }, \@credentials, { %$offer,
		    mechanism => 'PLAIN', accepted => $false,
		    reply => { code => 535, text => '5.7.8 No',
			enhanced => '5.7.8',
			meaning => 'authentication credentials invalid' } }],
		['silence', 'CRITICAL', { %inside, AUTH => SILENCE },
		    ['-t', 3, @credentials], { %$offer,
		    mechanism => 'PLAIN' }],
		['TLS first', 'OK', { tls => { implicit => 1 },
		    extensions => ['AUTH PLAIN'] }, ['--ssl'],
		    { mechanisms => ['PLAIN'] }],
		['no TLS', 'CRITICAL', { tls => 0,
		    extensions => ['AUTH PLAIN'] }, \@credentials,
		    { before_tls => ['PLAIN'] }],
		['in the clear', 'OK', { %inside, tls => 0,
		    extensions => ['AUTH PLAIN'] },
		    ['--in-clear', @credentials],
		    { before_tls => ['PLAIN'], mechanism => 'PLAIN',
		    accepted => $true,
		    reply => { code => 235, text => 'Welcome' } }],
	);
	for (@cases) {
		my ($name, $state, $script, $arguments, $expected) = @$_;
		my ($object, $server) = object_at($name, 'check_mx_auth',
		    $script, @$arguments);
		is($object->{state}, $state, "$name: the state.");
		is_deeply($server->{auth}, $expected,
		    "$name: offer, mechanism and reply.")
		    or diag(explain($server->{auth}));
	}
	my (undef, $server) = object_at('not asked', 'check_mx_auth',
	    { banner => "554 no\r\n" }, @credentials);
	ok(!exists $server->{auth}, 'What was not reached is left out.');
};

subtest 'TLSA records are told, and which of them match.' => sub {
	my ($true, $false) = (JSON::PP::true, JSON::PP::false);
	my $none = '3 1 1 ' . 'ab' x 32;
	my @match = ([3, 1, 1], $true);
	my @cases = (
		# Name, what the zone has, verdicts of check_mx_dane and of
		# check_mx, secure, records without data, and whether they match.
		['a match', ['3 1 1'], 'OK', 'OK', $true, \@match],
		['none', [], 'CRITICAL DANE_NONE', 'OK', $true],
		['a mismatch', [$none], 'CRITICAL DANE_MISMATCH',
		    'CRITICAL DANE_MISMATCH', $true, [[3, 1, 1], $false]],
		# Those of no use come last.
		['several', ['3 0 2', $none, '2 1 1', '1 1 1'], 'OK', 'OK',
		    $true, [[2, 1, 1], $false], [[3, 0, 2], $true],
		    [[3, 1, 1], $false], [[1, 1, 1], $false]],
		['none that is signed', { answer => [$none], ad => 0 },
		    'WARNING DANE_INSECURE', 'WARNING DANE_INSECURE', $false,
		    [[3, 1, 1], undef]],
		['a failure', 'servfail', 'CRITICAL DANE_BOGUS',
		    'CRITICAL DANE_BOGUS', $false],
	);
	for my $case (@cases) {
		my ($name, $published, $by_dane, $by_mx, $secure, @records) =
		    @$case;
		my %verdict = (check_mx_dane => $by_dane, check_mx => $by_mx);
		my %zone;
		my $zone = sub ($port) {
			%zone = ref $published eq 'ARRAY'
			    ? %{tlsa(1, $port, @$published)}
			    : ("_$port._tcp.$HOST" => { TLSA => $published });
			return \%zone;
		};
		for my $plugin (sort keys %verdict) {
			my (undef, $server) = object_at("$name, $plugin",
			    $plugin, {}, $zone);
			my $dane = $server->{dane};
			my ($content) = map { $_->{TLSA} } values %zone;
			my %published = map { s/ //gr => 1 }
			    ref $content eq 'ARRAY' ? @$content : $none;

			is(verdict($server), $verdict{$plugin},
			    "$name, $plugin: the verdict.");
			is($dane->{secure}, $secure, "$name: secure, or not.");
			is($dane->{base}, $HOST, "$name: where they are.");
			is_deeply([map { [[@$_{qw(usage selector matching)}],
			    $_->{matched}] } @{$dane->{records}}], \@records,
			    "$name: the records, in their order.")
			    or diag(explain($dane));
			is_deeply([grep { !$published{join '', @$_{qw(usage
			    selector matching data)}} } @{$dane->{records}}],
			    [], "$name: their data are what was published.");
		}
	}
	for my $case (['check_mx', '--skip=dane'], ['check_mx_mtasts'],
	    ['check_mx_starttls']) {
		my ($plugin, @arguments) = @$case;
		my (undef, $server) = object_at("no DANE by $plugin", $plugin,
		    {}, @arguments);
		ok(!exists $server->{dane}, "@$case was not asked for it.");
	}
};

subtest 'The MTA-STS policy is told.' => sub {
	my $record = sub ($port) {
		return { '_mta-sts.example.com' =>
		    { TXT => ['"v=STSv1; id=2026a"'] },
		    'mta-sts.example.com' => { A => ['127.0.0.60'] } };
	};
	for my $case (['check_mx', '--skip=mtasts'], ['check_mx_dane'],
	    ['check_mx'], ['check_mx_mtasts']) {
		my ($plugin, @arguments) = @$case;
		my ($object) = object_at("no MTA-STS by @$case", $plugin, {},
		    @arguments);
		ok(!exists $object->{mtasts}, "@$case: none is none.");
	}

	plan(skip_all => 'needs a network of its own') unless $own_network;
	my ($object) = object_at('a policy out of reach', 'check_mx', {},
	    $record);
	is(verdict($object), 'CRITICAL MTASTS_FETCH', 'A policy out of reach.');
	is_deeply($object->{mtasts}, { id => '2026a' }, 'Its id is known.');

	my $web = FakeMX->new(address => '127.0.0.60', policy_host(
	    "version: STSv1\r\nmode: enforce\r\nmx: *.example.com\r\n"
	    . "mx: $HOST\r\nmax_age: 604800\r\n"));
	for my $plugin ('check_mx', 'check_mx_mtasts') {
		my ($object, $server) = object_at("policy, $plugin", $plugin,
		    {}, $record);
		is(verdict($object), 'OK', "$plugin: the verdict.");
		is_deeply($object->{mtasts}, { id => '2026a',
		    mode => 'enforce', max_age => 604_800,
		    mx => ['*.example.com', $HOST] }, "$plugin: all of it.");
	}
	my ($object2, $server) = object_at('policy without TLS', 'check_mx',
	    { tls => 0 }, $record);
	ok(grep({ $_->{code} eq 'MTASTS_WOULD_FAIL' } @{$server->{findings}}),
	    'A server without TLS fails it.');
	is($object2->{delivers}{mta_sts}, JSON::PP::false,
	    'So such senders do not deliver.');
};

subtest 'Many servers are all told, whatever their number.' => sub {
	my @number = 1 .. 20;
	my @mx = FakeMX->group(map { +{ address => "127.0.0.$_",
	    hostname => "mx$_.example.com", tls => 0,
	    $_ == 2 ? (banner => "554 no\r\n") : () } } @number);
	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => [map { "$_ mx$_.example.com" } @number] },
		map { ("mx$_.example.com" => { A => ["127.0.0.$_"] }) } @number,
	});
	my $object = object('twenty', 'check_mx_banner', 'example.com',
	    '-p', $mx[0]->port, '--nameserver', $dns->address, '--quorum=19');
	my @servers = @{$object->{servers}};

	is_deeply([map { $_->{host} } @servers],
	    [map { "mx$_.example.com" } @number], 'They stand in their order.');
	is("$object->{state} $servers[0]{state} $servers[1]{state}",
	    'WARNING OK CRITICAL',
	    'With a quorum the whole is better than its worst server.');
};

subtest 'Texts of hostile servers are valid JSON.' => sub {
	my $text = qq(a"b\\c/</script>|'\$(id)\\u0000);
	my $bytes = "$text\x00\x01\x1b[31m\t\x7f\xc2\x85\xe2\x80\xae\xff\xc3";
	my ($object, $server) = object_at('hostile', 'check_mx_banner', {
		tls => 0, banner => "220 $HOST $bytes\r\n",
		EHLO => "250-$HOST $bytes\r\n250-X $bytes\r\n250 \xc3\xbc\r\n" });
	is($server->{banner}{text}, "$HOST $text??" . '?[31m' . '???' x 2,
	    'The banner is as it was but for what is not printable.');
	is_deeply($server->{ehlo}{extensions},
	    ["X $text??" . '?[31m' . '???' x 2, 'ü'], 'So is EHLO.');

	($object, $server) = object_at('hostile refusal', 'check_mx_banner',
	    { tls => 0, banner => "554 $bytes | x=1\r\n" });
	like($server->{findings}[0]{text}, qr/\Q$text\E/, 'So is a finding.');

	for my $size (510, 511, 512, 513, 8000) {
		my ($object) = object_at("$size bytes", 'check_mx_banner', {
			tls => 0, banner => encode_utf8("220 $HOST "
			. 'ü' x (($size - length $HOST) / 2)) . "\r\n" });
		is($object->{state}, 'OK', "$size bytes are cut as they should.");
	}

	my $certificate = Certs::certificate(names => [], subject =>
	    { commonName => qq(a"b\\|\n\x1b[31m\xff) });
	($object, $server) = object_at('hostile certificate',
	    'check_mx_starttls', { tls => { certificate => $certificate } });
	is($object->{state}, 'CRITICAL', 'Such a certificate bears no name.');
	like($server->{certificates}[0]{subject}, qr/^CN=a/, 'It is told.');
};

subtest 'check_mx_dns has hosts and addresses, and no dialogue.' => sub {
	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => ['10 mx1.example.com',
		    '20 mx2.example.com'] },
		'mx1.example.com' => { A => ['127.0.0.2'] },
		'127.0.0.2' => { PTR => ['mx1.example.com'] },
	});
	my $object = object('DNS', 'check_mx_dns', 'example.com',
	    '--nameserver=' . $dns->address, '--expect-mx=mx1.example.com');
	is($object->{state}, 'CRITICAL', 'A host without address is CRITICAL.');
	is_deeply([map { $_->{code} } @{$object->{findings}}],
	    ['DNS_MX_UNEXPECTED'], 'What is wrong with the domain as a whole.');
	is_deeply([map { [@$_{qw(host preference address port state)}] }
	    @{$object->{servers}}],
	    [['mx1.example.com', 10, '127.0.0.2', undef, 'OK'],
		['mx2.example.com', 20, undef, undef, 'CRITICAL']],
	    'The servers.');
	is_deeply([map { $_->{ptr} } @{$object->{servers}}],
	    [{ names => ['mx1.example.com'], confirmed => JSON::PP::true },
		undef], 'The names of addresses.');
	is_deeply([map { $_->{label} } @{$object->{perfdata}}],
	    [qw(time servers servers_ok addresses)], 'The metrics.');
};

subtest 'Other options go with it.' => sub {
	my $mx = FakeMX->new;
	my @target = ('-H', $mx->address, '-p', $mx->port);
	my $run = check('check_mx_banner', @target, '--output-format=json',
	    '-vvv');
	ok(eval { $json->decode($run->output) }, '-vvv adds nothing to it.');

	$run = check('check_mx_banner', @target, '--output-format=json',
	    '--output-format=nagios');
	is($run->state, 'OK', 'The last format counts.');

	for my $plugin (sort keys %PLUGINS) {
		$run = check($plugin, '--output-format=json', '-t', 0, @target);
		is($run->return_code, 3, "$plugin: bad usage exits with 3.");
		like($run->output, qr/^MX\w* UNKNOWN - --timeout.*\n\z/,
		    "$plugin: bad usage is a status line in any format.");
		$run = check($plugin, '--output-format=json', '--explain=TIMEOUT');
		like($run->output, qr/^TIMEOUT \(/, "$plugin: so is --explain.");
	}
};

subtest 'The schema knows the codes, and takes what was printed.' => sub {
	my $schema = $json->decode(read_file($SCHEMA));
	is_deeply($schema->{definitions}{code}{enum},
	    [read_file("$top/common/diagnosis.def") =~ /^DIAGNOSIS\((\w+),/mg],
	    'Its codes are those of the table, in their order.');

	my @complaints = complaints(map { $_->[1] } @printed);
	is($complaints[$_], '', "It takes the output: $printed[$_][0].")
	    for keys @printed;
};

subtest 'The schema refuses what no plugin may print.' => sub {
	my $good = first { $_->[0] eq 'TLS 1.3' } @printed;
	my @wrong = (
		'a missing key' => sub ($o) { delete $o->{summary} },
		'an unknown key' => sub ($o) { $o->{more} = 1 },
		'an unknown state' => sub ($o) { $o->{state} = 'FINE' },
		'an unknown exit code' => sub ($o) { $o->{exit_code} = 4 },
		'a domain that is no text' => sub ($o) { $o->{domain} = 1 },
		'an unknown code' => sub ($o) {
			$o->{findings}[0] = { code => 'NOPE', state => 'OK',
			    text => 'x', cause => 'x', remedy => 'x' } },
		'an unknown fact' => sub ($o) { $o->{servers}[0]{more} = {} },
		'a date that is none' => sub ($o) {
			$o->{servers}[0]{certificates}[0]{not_after} = 'soon' },
		'half a fingerprint' => sub ($o) {
			$o->{servers}[0]{certificates}[0]{sha256} = 'abc' },
		'an unknown verdict' => sub ($o) {
			$o->{servers}[0]{relay} = [{ probe => 'x', from => '',
			    to => '', verdict => 'maybe' }] },
		'days as text' => sub ($o) {
			$o->{servers}[0]{certificates}[0]{days_left} = '1' },
		'a label that engines mangle' => sub ($o) {
			$o->{perfdata}[0]{label} = 'a::b' },
		'a sender that perhaps delivers' => sub ($o) {
			$o->{delivers} = { plain => 'perhaps',
			    map({ ($_ => undef) } qw(tls_requiring mta_sts dane
			    ipv4_only ipv6_only)) } },
		'an unknown class of senders' => sub ($o) {
			$o->{delivers} = { map { ($_ => undef) } qw(plain
			    tls_requiring mta_sts dane ipv4_only ipv6_only
			    ipv5_only) } },
		'an unknown mode of MTA-STS' => sub ($o) {
			$o->{mtasts} = { id => '1', mode => 'report' } },
		'an id of MTA-STS that is none' => sub ($o) {
			$o->{mtasts} = { id => '1 2' } },
		'a TLSA record without its verdict' => sub ($o) {
			$o->{servers}[0]{dane} = { secure => JSON::PP::true,
			    records => [{ usage => 3, selector => 1,
			    matching => 1, data => 'ab' }] } },
		'TLSA data that are half a byte' => sub ($o) {
			$o->{servers}[0]{dane} = { secure => JSON::PP::true,
			    records => [{ usage => 3, selector => 1,
			    matching => 1, data => 'a', matched => undef }] } },
		'a score above 100' => sub ($o) { $o->{score} = 101 },
		'a threshold that is no text' => sub ($o) {
			$o->{perfdata}[0]{warning} = 5 },
	);
	my @texts = map {
		my $object = $json->decode($good->[1]);
		$_->[1]->($object);
		$json->encode($object);
	} pairs @wrong;
	my @names = map { $_->[0] } pairs @wrong;
	my @complaints = complaints(@texts);

	isnt($complaints[$_], '', "It refuses $names[$_].") for keys @names;
	is((complaints($json->encode($json->decode($good->[1]))))[0], '',
	    'It takes the same object without such a change.');
};

done_testing;

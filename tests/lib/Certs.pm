# SPDX-License-Identifier: GPL-3.0-or-later
#
# Certs - certificates made on the spot, in a folder that goes with the test.
#
#   my $good = Certs::certificate(names => ['mx1.example.com']);
#   my $old  = Certs::certificate(names => [...], not_after => Certs::days(-3));
#   ... --ca-file => Certs::ca_file() ...
#
# days(n) is n days from the start of the test; ask for days(20.5) where whole
# days left are counted, as some seconds of the 20th are gone by then.
#
# certificate(...) returns { cert, key, chain, ca_file }: file paths; chain is
# what a server sends, the leaf first.  The same call returns the same files.
#
#   names       subject alternative names (addresses become IP entries); the
#               first one is the common name.  [] with subject: no SAN at all
#   subject     { commonName => ... }, bytes taken as they are, however hostile
#   not_before  epoch; by default 30 days ago, or 30 days before its end
#   not_after   epoch; in 60.5 days by default
#   lifetime, elapsed   instead of both: seconds of life, and the share of it
#               (0 to 1) that is over, as for a 6-day certificate
#   issuer      'root', 'intermediate' (default), 'expired-intermediate',
#               'self', 'other-root' (one that ca_file does not hold),
#               'rsa-intermediate' (below an 'rsa-root', as most of the world's
#               are; not in ca_file either), or 'deep-N': the last of N
#               intermediates
#   send        which certificates the chain file holds: 'full' (default),
#               'leaf' (the intermediate is missing), 'root' (the root as well)
#   key         ec:prime256v1 (default), ec:CURVE, rsa:BITS, dsa:BITS, ed25519,
#               or the path of one, as for a renewal that keeps it
#   digest      sha256 (default), sha1 ...
#   purpose     server (default), client ...: the extended key usage
#   serial      a number of one's own
#   replace     { bytes => others of the same length } in the finished
#               certificate, whose signature is wrong then
#
# $Certs::RSA_16384 is the path of a key that would take minutes to make.
#
# tlsa('3 1 1', FILE) is the data of a TLSA record for the first certificate in
# the file, after these three numbers.
package Certs;

use v5.36;
use Carp qw(croak);
use Cwd qw(abs_path);
use Digest::SHA qw(sha256_hex sha512_hex);
use File::Temp ();
use List::Util qw(min);
use IO::Socket::SSL::Utils qw(CERT_create KEY_create_ec KEY_create_rsa
    PEM_cert2string PEM_string2cert PEM_file2cert PEM_key2file PEM_file2key);
use MIME::Base64 qw(decode_base64 encode_base64);
use Net::SSLeay ();

my $folder = File::Temp->newdir('check_mx_certs_XXXXXX', TMPDIR => 1);
my (%made, %authority, $serial, $leaves);

# Not secret: its primes are group 18 of RFC 3526 and ffdhe8192 of RFC 7919.
our $RSA_16384 = abs_path(__FILE__) =~ s/\.pm\z/\/rsa16384.key/r;
my $now = time;

sub days ($days) { return $now + $days * 86_400 }

sub ca_file { return _authority('root')->{file} }

# Of one of the issuers, for tests that want it as trust anchor or by itself.
sub authority_file ($name) { return _authority($name)->{file} }

sub certificate (%args) {
	my $id = join "\0", map { "$_=" . _flat($args{$_}) } sort keys %args;
	return $made{$id} //= _make(%args);
}

sub tlsa ($parameters, $file) {
	my (undef, $selector, $matching) = split ' ', $parameters;
	my $certificate = PEM_file2cert($file);
	my $data = $selector ? Net::SSLeay::X509_get_X509_PUBKEY($certificate)
	    : decode_base64(PEM_cert2string($certificate) =~ s/^-.*//mgr);

	return unpack 'H*', $data if $matching == 0;
	return $matching == 1 ? sha256_hex($data) : sha512_hex($data);
}

sub _make (%args) {
	my $names = $args{names} // ['mx1.example.com'];
	my $subject = $args{subject} // { commonName => $names->[0] };
	my $issuer = $args{issuer} // 'intermediate';
	my ($not_before, $not_after) = _dates(%args);
	my $signer = $issuer eq 'self' ? undef : _authority($issuer);
	my $key = _key($args{key} // 'ec:prime256v1');

	my ($cert) = CERT_create(
		subject => $subject, key => $key,
		serial => $args{serial} // ++$serial,
		not_before => $not_before, not_after => $not_after,
		digest => $args{digest} // 'sha256',
		purpose => $args{purpose} // 'server',
		$signer ? (issuer => [@$signer{qw(cert key)}]) : (),
		@$names ? (subjectAltNames => [map { _alt_name($_) } @$names])
		    : (),
	);
	$cert = _replace($cert, $args{replace}) if $args{replace};
	return _write('leaf' . ++$leaves, $cert, $key, $signer,
	    $args{send} // 'full');
}

sub _replace ($cert, $bytes) {
	my $der = decode_base64(PEM_cert2string($cert) =~ s/^-.*//mgr);

	while (my ($old, $new) = each %$bytes) {
		croak "Certs: '$old' and '$new' differ in length"
		    if length $old != length $new;
		$der =~ s/\Q$old\E/$new/g or croak "Certs: no '$old' in it";
	}
	return PEM_string2cert("-----BEGIN CERTIFICATE-----\n"
	    . encode_base64($der) . "-----END CERTIFICATE-----\n");
}

sub _dates (%args) {
	if (defined $args{lifetime}) {
		my $start = int($now - $args{lifetime} * ($args{elapsed} // 0));
		return ($start, $start + $args{lifetime});
	}
	my $not_after = $args{not_after} // days(60.5);
	return ($args{not_before} // min($now, $not_after) - 30 * 86_400,
	    $not_after);
}

sub _alt_name ($name) {
	return [($name =~ /:/ || $name =~ /^[\d.]+$/ ? 'IP' : 'DNS'), $name];
}

sub _key ($kind) {
	return KEY_create_ec($1) if $kind =~ /^ec:(.+)/;
	return KEY_create_rsa($1) if $kind =~ /^rsa:(\d+)/;
	return PEM_file2key($kind) if -e $kind;
	my $file = "$folder/" . $kind =~ tr/:/-/r;
	if ($kind =~ /^dsa:(\d+)$/) {
		_genpkey($file, '-genparam', '-algorithm', 'DSA', '-pkeyopt',
		    "dsa_paramgen_bits:$1");
		_genpkey("$file.key", '-paramfile', $file);
	} elsif ($kind eq 'ed25519') {
		_genpkey("$file.key", '-algorithm', 'ed25519');
	} else {
		croak "Certs: no such key: $kind";
	}
	return PEM_file2key("$file.key");
}

sub _genpkey ($file, @how) {
	system('openssl', 'genpkey', '-quiet', '-out', $file, @how) == 0
	    or croak 'openssl genpkey failed';
}

# An issuer { cert, key, file, above }, made when first wanted.
sub _authority ($name) {
	no warnings 'recursion';
	return $authority{$name} if $authority{$name};
	my %valid = (not_before => days(-999.5), not_after => days(1000.5));
	my ($above, %more) = $name =~ /^deep-(\d+)$/
	    ? ($1 == 1 ? 'root' : 'deep-' . ($1 - 1)) : @{{
		'root' => [undef],
		'other-root' => [undef],
		'intermediate' => ['root'],
		'expired-intermediate' => ['root', not_after => days(-2)],
		'rsa-root' => [undef, key => 'rsa:4096'],
		'rsa-intermediate' => ['rsa-root', key => 'rsa:2048'],
	}->{$name} // croak "Certs: no such issuer: $name"};

	return $authority{$name} = do {
		my $signer = $above ? _authority($above) : undef;
		my $kind = delete $more{key} // 'ec:prime256v1';
		my ($cert, $key) = CERT_create(%valid, %more, CA => 1,
			subject => { commonName => "check_mx test $name" },
			key => _key($kind), serial => ++$serial,
			$signer ? (issuer => [@$signer{qw(cert key)}]) : ());
		my $file = _save("$name.pem", PEM_cert2string($cert));
		{ cert => $cert, key => $key, file => $file, above => $signer };
	};
}

sub _write ($stem, $cert, $key, $signer, $send) {
	my @pem = PEM_cert2string($cert);
	my $file = _save("$stem.pem", @pem);

	for (my $a = $signer; $a && $send ne 'leaf'; $a = $a->{above}) {
		push @pem, PEM_cert2string($a->{cert})
		    if $a->{above} || $send eq 'root';
	}
	PEM_key2file($key, "$folder/$stem.key");
	return { cert => $file, key => "$folder/$stem.key",
	    chain => _save("$stem-chain.pem", @pem), ca_file => ca_file() };
}

sub _save ($name, @pem) {
	open my $out, '>', "$folder/$name" or croak "$name: $!";
	print $out @pem;
	close $out or croak "$name: $!";
	return "$folder/$name";
}

sub _flat ($value) {
	return join ',', map { _flat($_) } @$value if ref $value eq 'ARRAY';
	return join ',', map { "$_=$value->{$_}" } sort keys %$value
	    if ref $value eq 'HASH';
	return $value // '';
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# FakeMX::Records - TLS records made by hand, for what OpenSSL would never send:
# under the keys of a session that it has begun, so that the client can't tell
# them from its own. ChaCha20-Poly1305 (RFC 8439) alone, in TLS 1.2 (RFC 7905)
# and 1.3 (RFC 8446).
#
#   my $records = FakeMX::Records->new(keylog => \@lines, sent => 3,
#       server_random => $bytes);
#   syswrite $socket, $records->seal(23, "220 hello\r\n");
#   syswrite $socket, $records->key_update;
#
# keylog holds OpenSSL's lines for SSLKEYLOGFILE, sent is how many records the
# server has sent under the keys of the session's data so far.
package FakeMX::Records;

use v5.36;
use Digest::SHA qw(hmac_sha256);
use Math::BigInt;

my $WORD = 0xffff_ffff;
my @QUARTERS = ([0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
    [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]);
my $PRIME = Math::BigInt->from_hex('3' . 'f' x 31 . 'b');
my $CLAMP = Math::BigInt->from_hex('0ffffffc0ffffffc0ffffffc0fffffff');
my $TAG = Math::BigInt->from_hex('f' x 32);
my $DATA = 23;			# what all of TLS 1.3 looks like
my $HANDSHAKE = 22;

sub new ($class, %args) {
	my %known = map { my ($label, $random, $secret) = split;
	    ($label => { random => $random, secret => pack 'H*', $secret }) }
	    @{$args{keylog}};
	my $self = bless { sequence => $args{sent} }, $class;

	if (my $traffic = $known{SERVER_TRAFFIC_SECRET_0}) {
		$self->{secret} = $traffic->{secret};
		$self->_derive;
		return $self;
	}
	my ($random, $master) = @{$known{CLIENT_RANDOM}}{qw(random secret)};
	my $block = _stretch($master, 'key expansion'
	    . $args{server_random} . pack('H*', $random), 88);
	# The client's key, ours, its IV, ours.
	@$self{qw(key iv)} = (unpack 'a32 a32 a12 a12', $block)[1, 3];
	return $self;
}

# A record of that type.
sub seal ($self, $type, $bytes) {
	my $number = pack 'Q>', $self->{sequence}++;
	my $nonce = $self->{iv} ^. ("\0" x 4 . $number);

	if ($self->{secret}) {
		my $header = pack 'C n n', $DATA, 0x0303, length($bytes) + 17;
		return $header . $self->_encrypt($nonce, $header,
		    $bytes . chr $type);
	}
	return pack 'C n n/a*', $type, 0x0303, $self->_encrypt($nonce,
	    $number . pack('C n n', $type, 0x0303, length $bytes), $bytes);
}

# TLS 1.3: a KeyUpdate that wants one in return; the next record is under the
# next keys.
sub key_update ($self) {
	my $record = $self->seal($HANDSHAKE, pack 'C x n C', 24, 1, 1);

	$self->{secret} = _expand($self->{secret}, 'traffic upd', 32);
	$self->{sequence} = 0;
	$self->_derive;
	return $record;
}

sub _derive ($self) {
	$self->{key} = _expand($self->{secret}, 'key', 32);
	$self->{iv} = _expand($self->{secret}, 'iv', 12);
}

# RFC 8446 7.1, HKDF-Expand-Label for what one digest is enough for.
sub _expand ($secret, $label, $length) {
	return substr hmac_sha256(pack('n C/a* C C', $length, "tls13 $label",
	    0, 1), $secret), 0, $length;
}

# RFC 5246 5, P_SHA256.
sub _stretch ($secret, $seed, $length) {
	my ($out, $link) = ('', $seed);

	while (length $out < $length) {
		$link = hmac_sha256($link, $secret);
		$out .= hmac_sha256($link . $seed, $secret);
	}
	return $out;
}

# RFC 8439 2.8, the tag behind the text.
sub _encrypt ($self, $nonce, $about, $text) {
	my $key = $self->{key};
	my $blocks = int((length($text) + 63) / 64);
	my $stream = join '', map { _block($key, $_, $nonce) } 1 .. $blocks;
	my $sealed = $text ^. substr $stream, 0, length $text;

	return $sealed . _tag(_block($key, 0, $nonce), join '',
	    (map { $_ . "\0" x (-length($_) % 16) } $about, $sealed),
	    pack 'Q< Q<', length $about, length $sealed);
}

# RFC 8439 2.3, the ChaCha20 block.
sub _block ($key, $counter, $nonce) {
	my @start = unpack 'V16', 'expand 32-byte k' . $key
	    . pack('V', $counter) . $nonce;
	my @now = @start;

	for my $quarter ((@QUARTERS) x 10) {
		my ($w, $x, $y, $z) = @now[@$quarter];
		for my $turn ([16, 12], [8, 7]) {
			$w = ($w + $x) & $WORD;
			$z = _rotate($z ^ $w, $turn->[0]);
			$y = ($y + $z) & $WORD;
			$x = _rotate($x ^ $y, $turn->[1]);
		}
		@now[@$quarter] = ($w, $x, $y, $z);
	}
	return pack 'V16', map { ($now[$_] + $start[$_]) & $WORD } 0 .. 15;
}

sub _rotate ($word, $bits) {
	return ($word << $bits & $WORD) | $word >> 32 - $bits;
}

# RFC 8439 2.5, Poly1305.
sub _tag ($key, $message) {
	my ($r, $s) = map { _number($_) } unpack 'a16 a16', $key;
	my $sum = Math::BigInt->bzero;

	$r->band($CLAMP);
	$sum->badd(_number("$_\1"))->bmul($r)->bmod($PRIME)
	    for unpack '(a16)*', $message;
	my $tag = $sum->badd($s)->band($TAG)->to_hex;
	return scalar reverse pack 'H*', substr '0' x 32 . $tag, -32;
}

sub _number ($bytes) {
	return Math::BigInt->from_hex(unpack 'H*', scalar reverse $bytes);
}

1;

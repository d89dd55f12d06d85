# SPDX-License-Identifier: GPL-3.0-or-later
#
# FakeMX::Connection - one connection of a FakeMX, spoken from top to bottom in
# its own process.  FakeMX.pm explains the script; a coderef in it is given the
# command line and this object, and may use: number, count, tls, helo, mail,
# rcpt, recipient (hash fields; the last is the RCPT line that LMTP's answer to
# the message is for), address, read_line, send_bytes and perform (methods).
package FakeMX::Connection;

use v5.36;
use Errno ();
use List::Util qw(min);
use Net::SSLeay;
use Socket qw(IPPROTO_TCP TCP_INFO TCP_NODELAY MSG_PEEK SO_LINGER SOL_SOCKET);
use Time::HiRes qw(sleep time);

use FakeMX::Records;

my ($ALERT, $DATA) = (21, 23);	# types of TLS records
my $FAREWELL_SECONDS = 1;	# for what a client still says
my %TCP_GONE = map { $_ => 1 } 6, 7, 8, 9, 11;	# TIME_WAIT CLOSE CLOSE_WAIT ...

sub new ($class, %args) {
	my $self = bless { %args, buffer => '', clear_left => 0, sent => '' },
	    $class;
	$self->{count} = {};
	$self->{seen} = {
		number => $args{number}, together => $args{together},
		peer => $args{socket}->peerhost,
		address => $args{socket}->sockhost,
		bytes => '', tls_bytes => '', discarded => '',
		reads => [], lines => [], commands => [], recipients => [],
		messages => [],
		pregreet => 0, greeted => 0, quit => 0,
	};
	$self->{socket}->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
	return $self;
}

# Of the server, as the client dialled it.
sub address ($self) { $self->{seen}{address} }

# The whole conversation; returns what was seen of it.
sub converse ($self) {
	my $end = eval { $self->_dialogue; 'server' };
	if (!defined $end) {
		die $@ unless ref $@ eq 'FakeMX::End';
		$end = $@->{how};
	}
	$self->{seen}{end} = $end;
	$self->_close_quietly;
	return $self->{seen};
}

sub _dialogue ($self) {
	my ($script, $seen) = @$self{qw(script seen)};

	$seen->{proxy} = $self->_read_proxy_header if $script->{proxy};
	$self->_start_tls if $script->{tls} && $script->{tls}{implicit};
	$self->perform($script->{banner});
	$seen->{greeted} = 1;
	while (!$seen->{quit}) {
		my ($line, $injected) = $self->_next_line;
		push @{$seen->{lines}}, { text => $line,
		    tls => $self->{tls} ? 1 : 0, injected => $injected,
		    pipelined => delete $self->{early} // 0 };
		push @{$seen->{commands}}, $line;
		$self->_answer($line);
	}
}

sub _answer ($self, $line) {
	my ($verb) = $line =~ /^([A-Za-z]+)/;
	$verb = uc($verb // '');
	my $script = $self->{script};
	my $key = exists $script->{$verb} ? $verb : 'UNKNOWN';

	$self->{count}{$verb}++;
	@$self{qw(verb sent)} = ($verb, '');
	$self->{seen}{quit} = 1 if $verb eq 'QUIT';
	$self->perform($script->{$key}, $key, $line);

	my ($code) = $self->{sent} =~ /^(\d)\d\d(?: [^\n]*|)\r?\n\z/m;
	$self->_advance($verb, $line, $code // 0);
}

# The state of the transaction follows what was really answered, scripted or
# not.
sub _advance ($self, $verb, $line, $class) {
	if ($class == 2) {
		$self->{helo} = $line if $verb =~ /^(?:EHLO|HELO|LHLO)$/;
		@$self{qw(mail rcpt)} = (undef, [])
		    if $verb =~ /^(?:EHLO|HELO|LHLO|RSET)$/;
		@$self{qw(mail rcpt)} = ($line, []) if $verb eq 'MAIL';
		if ($verb eq 'RCPT') {
			push @{$self->{rcpt}}, $line;
			push @{$self->{seen}{recipients}}, $line;
		}
	} elsif ($class == 3 && $verb eq 'DATA') {
		$self->_read_message;
	}
}

# RFC 5321 4.1.1.4: it ends with CRLF . CRLF, and nothing like it will do.
sub _read_message ($self) {
	my @recipients = @{$self->{rcpt} // []};
	my ($message, $line) = ('', '');
	while (1) {
		my $after_crlf = $message eq '' || $line =~ /\r\n\z/;
		$line = ($self->_next_line)[2];
		last if $after_crlf && $line eq ".\r\n";
		$message .= $line;
	}
	push @{$self->{seen}{messages}}, $message;
	@$self{qw(mail rcpt)} = (undef, []);
	for my $recipient ($self->{script}{lmtp} ? @recipients : undef) {
		@$self{qw(verb recipient)} = ('MESSAGE', $recipient);
		$self->{count}{MESSAGE}++;
		$self->perform($self->{script}{MESSAGE}, 'MESSAGE', $message);
	}
}

# Carries out an answer: bytes, an action, a list of these, or code that
# returns one.
sub perform ($self, $answer, $key = 'banner', $line = '') {
	my $kind = ref $answer;

	return unless defined $answer;
	return $self->send_bytes($answer) if !$kind;
	return $self->perform($answer->($line, $self), $key, $line)
	    if $kind eq 'CODE';
	if ($kind eq 'ARRAY') {
		$self->perform($_, $key, $line) for @$answer;
		return;
	}
	my $action = $answer->{do};
	return $self->perform($self->{defaults}{$key}
	    // $self->{defaults}{UNKNOWN}, $key, $line) if $action eq 'default';
	if ($action eq 'each') {
		my $turn = $answer->{by} eq 'connection' ? $self->{number}
		    : $self->{count}{$self->{verb} // ''} // 1;
		my $list = $answer->{answers};
		return $self->perform($list->[min($turn, scalar @$list) - 1],
		    $key, $line);
	}
	my $method = "_do_$action";
	return $self->$method($answer);
}

sub _do_close ($self, $) { _end('server') }

sub _do_reset ($self, $) {
	$self->{socket}->setsockopt(SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0);
	$self->{abrupt} = 1;
	_end('server');
}

sub _do_silence ($self, $) {
	$self->_fill while 1;
}

sub _do_half_close ($self, $) {
	shutdown $self->{socket}, 1;
}

sub _do_pause ($self, $action) {
	my $until = time + $action->{seconds};

	while ((my $left = $until - time) > 0) {
		_end('client') if $self->_peer_gone;
		sleep($left < 0.02 ? $left : 0.02);
	}
}

sub _do_drip ($self, $action) {
	for my $byte (split //, $action->{bytes}) {
		$self->send_bytes($byte);
		$self->_do_pause($action);
	}
}

sub _do_flood ($self, $action) {
	my $answer = $action->{answer};

	while (1) {
		# Bytes are not kept: they may be many.
		ref $answer ? $self->perform($answer) : $self->_write($answer);
		$self->_do_pause($action) if $action->{seconds};
	}
}

# The client's part of it comes with what it says next.
sub _do_renegotiate ($self, $) {
	Net::SSLeay::renegotiate($self->{tls});
	Net::SSLeay::do_handshake($self->{tls});
}

sub _do_record ($self, $action) {
	$self->_write_wire($self->_forger->seal(@$action{qw(type bytes)}));
}

sub _do_key_update ($self, $) {
	$self->_write_wire($self->_forger->key_update);
}

# OpenSSL can't write on: it does not know of our records. Read it can.
sub _forger ($self) {
	my $tls = $self->{tls};
	my $is_13 = Net::SSLeay::get_version($tls) eq 'TLSv1.3';

	return $self->{forger} //= FakeMX::Records->new(
	    keylog => $self->{script}{tls}{keylog},
	    server_random => Net::SSLeay::get_server_random($tls),
	    sent => $self->{data_records} + ($is_13 ? 0 : 1));
}

sub _do_start_tls ($self, $) {
	$self->_start_tls;
}

sub _start_tls ($self) {
	my ($tls, $seen) = ($self->{script}{tls}, $self->{seen});

	if ($self->{script}{vulnerable}) {
		$self->{clear_left} = length $self->{buffer};
	} else {
		$seen->{discarded} .= $self->{buffer};
		$self->{buffer} = '';
	}
	if (defined $tls->{handshake}) {
		# Only once the client has begun: it must see a broken
		# handshake, not a closed port.
		$self->_fill unless length $self->{buffer};
		$self->{buffer} = '';
		return $self->perform($tls->{handshake});
	}
	my $ssl = Net::SSLeay::new($tls->{context});
	Net::SSLeay::set_fd($ssl, fileno $self->{socket});
	if (Net::SSLeay::accept($ssl) != 1) {
		$seen->{tls_error} = Net::SSLeay::ERR_error_string(
		    Net::SSLeay::ERR_get_error()) || 'cut';
		_end('tls');
	}
	$seen->{tls} = { version => Net::SSLeay::get_version($ssl),
	    cipher => Net::SSLeay::get_cipher($ssl),
	    sni => Net::SSLeay::get_servername($ssl) };
	@$self{qw(tls helo mail rcpt)} = ($ssl, undef, undef, []);
	$self->{data_records} = 0;
}

sub send_bytes ($self, $bytes) {
	$self->{sent} .= $bytes;
	my $spoke = length $self->{buffer} || $self->_client_spoke;
	$self->{seen}{pregreet} = 1 if !$self->{seen}{greeted} && $spoke;
	$self->{early} = 1 if $self->{seen}{greeted} && $spoke;
	$self->_write($bytes);
}

sub _write ($self, $bytes) {
	return $self->_write_wire($self->{forger}->seal($DATA, $bytes))
	    if $self->{forger};
	return $self->_write_wire($bytes) unless $self->{tls};
	while (length $bytes) {
		my $written = Net::SSLeay::write($self->{tls}, $bytes);
		$self->_forget(\$bytes, $written);
		$self->{data_records}++;
	}
}

# TCP's own bytes.
sub _write_wire ($self, $bytes) {
	$self->_forget(\$bytes, syswrite $self->{socket}, $bytes)
	    while length $bytes;
}

sub _forget ($self, $bytes, $written) {
	_end($!{ECONNRESET} ? 'reset' : 'client')
	    unless defined $written && $written > 0;
	substr($$bytes, 0, $written) = '';
}

# One line without its end, whether CRLF or LF.
sub read_line ($self) {
	return ($self->_next_line)[0];
}

# The line without its end, whether it came in the clear before TLS began, and
# the line as it came.
sub _next_line ($self) {
	$self->_fill while $self->{buffer} !~ /\n/;
	$self->{buffer} =~ s/^([^\n]*)\n//;
	my $line = $1;
	my $injected = $self->{clear_left} > 0 ? 1 : 0;
	$self->{clear_left} -= length($line) + 1 if $injected;
	return ($line =~ s/\r\z//r, $injected, "$line\n");
}

# Byte by byte: what follows the header may be a TLS handshake.
sub _read_proxy_header ($self) {
	my $header = '';
	while ($header !~ /\n\z/) {
		sysread $self->{socket}, $header, 1, length $header
		    or _end('client');
	}
	return $header =~ s/\r?\n\z//r;
}

sub _fill ($self) {
	my ($seen, $chunk) = $self->{seen};

	if ($self->{tls}) {
		$chunk = Net::SSLeay::read($self->{tls}, 16384);
		_end('client') unless defined $chunk && length $chunk;
		$seen->{tls_bytes} .= $chunk;
	} else {
		my $got = sysread $self->{socket}, $chunk, 16384;
		_end($!{ECONNRESET} ? 'reset' : 'client') unless $got;
		$seen->{bytes} .= $chunk;
	}
	push @{$seen->{reads}}, $chunk;
	$self->{buffer} .= $chunk;
}

# In so many seconds, its end included.
sub _is_readable ($self, $seconds) {
	vec(my $ready = '', fileno $self->{socket}, 1) = 1;
	return select($ready, undef, undef, $seconds) > 0;
}

sub _client_spoke ($self) {
	return 0 if $self->{tls} || !$self->_is_readable(0);
	recv $self->{socket}, my $peek, 1, MSG_PEEK;
	return length($peek // '') > 0;
}

sub _peer_gone ($self) {
	return $TCP_GONE{unpack 'C',
	    $self->{socket}->getsockopt(IPPROTO_TCP, TCP_INFO)};
}

sub _close_quietly ($self) {
	my $silent = $self->{abrupt} || $self->{script}{tls}{no_close_notify};

	if ($self->{forger}) {
		syswrite $self->{socket}, $self->{forger}->seal($ALERT, "\1\0")
		    unless $silent;
		$self->_hear_out unless $self->{abrupt};
	} elsif ($self->{tls}) {
		Net::SSLeay::shutdown($self->{tls}) unless $silent;
	}
	close $self->{socket};
}

# A close with something unread, such as answers to KEY_UPDATE, is a reset: the
# client would lose what was said last.
sub _hear_out ($self) {
	my $until = time + $FAREWELL_SECONDS;

	shutdown $self->{socket}, 1;
	while ((my $left = $until - time) > 0) {
		last unless $self->_is_readable($left)
		    && sysread $self->{socket}, my $bytes, 1 << 16;
	}
}

sub _end ($how) {
	die bless { how => $how }, 'FakeMX::End';
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# FakeMX - a scripted SMTP server on a loopback address, for one test case.
#
#   my $mx = FakeMX->new;                       # a polite modern MX
#   my $mx = FakeMX->new(address => '::1', banner => "554 no\r\n");
#   my ($a, $b) = FakeMX->group(                # one port, several addresses
#       { address => '127.0.0.1' }, { address => '127.0.0.2', tls => 0 });
#   ... run the plugin against $mx->address and $mx->port ...
#   my ($connection) = $mx->connections;        # waits until the server is idle
#   is_deeply($connection->{commands}, ['EHLO me.example', 'QUIT'], '...');
#
# What a server is (every key is optional):
#
#   address     127.0.0.1 by default; any 127.0.0.x, or ::1; 0.0.0.0 is all of
#               127.0.0.0/8 at once, but then "together" is not counted
#   port        0 (any free one) by default
#   mode        'serve'; 'mute' (the kernel connects, nobody ever speaks);
#               'refused' (nobody listens, yet the port stays ours);
#               'full' (the backlog is full: a connect times out)
#   hostname    mx1.example.com, in the banner, EHLO and the certificate
#   local       list of domains whose mail is accepted: example.com
#   extensions  EHLO lines: PIPELINING, SIZE 10485760, 8BITMIME, STARTTLS
#   extensions_tls  the same after TLS; without STARTTLS by default
#   proxy       1: a PROXY protocol line comes before anything else
#   lmtp        1: LHLO instead of EHLO and HELO, and after the final dot an
#               answer for each accepted recipient (RFC 2033)
#   vulnerable  1: plaintext pipelined behind STARTTLS is kept and obeyed
#               under TLS (CVE-2011-0411); otherwise it is discarded
#   tls         0: none; or a hash:
#     certificate   of Certs; a good one for the hostname by default
#     sni           { name => certificate, ... } for clients that ask so
#     versions      [1.2, 1.3]: from the least to the greatest of the list
#     ciphers, ciphersuites   OpenSSL lists (TLS 1.2 and below; TLS 1.3)
#     implicit      1: TLS from the first byte
#     handshake     an answer (below) given to the ClientHello instead of TLS
#     no_close_notify  1: close TCP without TLS's own farewell
#     ask           'asked', 'demanded': for the client's own certificate
#     tickets       how many session tickets follow a handshake of TLS 1.3
#     forge         1: RECORD and KEY_UPDATE may be used; no tickets, and no
#                   cipher but ChaCha20-Poly1305
#
# And what it says: banner, any verb (EHLO HELO LHLO STARTTLS MAIL RCPT DATA
# RSET NOOP VRFY QUIT ...), MESSAGE (after the final dot; with lmtp once for
# each accepted recipient), UNKNOWN (any other verb).
# An answer is
#
#   "250 ok\r\n"          these very bytes, in one write
#   CLOSE RESET SILENCE HALF_CLOSE START_TLS    an action; SILENCE lasts until
#                         the client goes; RESET is a TCP RST
#   PAUSE(0.2)            wait; ends early when the client goes
#   DRIP($bytes, 0.05)    one byte every so many seconds
#   SPLIT($bytes)         one byte a packet, without more delay
#   FLOOD($answer, 0.05)  bytes, or any answer, again and again until the client
#                         goes; the pause between is 0 by default
#   RENEGOTIATE           asks for a new handshake within TLS 1.2
#   RECORD(21, $bytes)    a record of the session that OpenSSL would not send:
#                         of this type (21 alert, 22 handshake, 23 data), with
#                         this for its content. What is said later follows it.
#   KEY_UPDATE            one that changes the keys of TLS 1.3, both ways
#   ALERT(40)             a fatal TLS alert, for tls => { handshake => ... }
#   DEFAULT               what a polite server says to this
#   [answer, answer ...]  one after the other
#   sub ($line, $connection) { answer }         see FakeMX::Connection
#   EACH(a, b ...)        a to the first such command of a connection, b to the
#                         second ...; the last one stays
#   EACH_CONNECTION(a, b ...)   the same by connection
#   undef                 nothing at all
#
# What a connection was, in the order of arrival (a hash):
#
#   number      1 for the first
#   together    how many clients were connected when this one was accepted: 1
#               if it came alone
#   peer, address           of the client; of the server
#   bytes, tls_bytes        all that was read, in the clear and under TLS
#   reads       the same in pieces, as each read gave them: what a client sent
#               at once is one of them, up to 16 KiB
#   lines       [{ text, tls, injected, pipelined }]; pipelined: it came before
#               the answer to the line before it
#   commands    the texts of those
#   recipients  the RCPT lines that were accepted
#   messages    what came between DATA and the final dot, as it was on the
#               wire: dots stuffed, line ends as they were
#   pregreet    the client spoke before the whole banner was sent; give the
#               banner a PAUSE to be sure to see it
#   greeted, quit           the whole banner was sent; QUIT was seen
#   discarded   plaintext that was thrown away at STARTTLS
#   proxy       the PROXY line
#   tls         { version, cipher, sni }
#   tls_error   why the handshake failed
#   end         'server' (we closed, as after QUIT), 'client', 'reset', 'tls'
package FakeMX;

use v5.36;
use parent 'ForkedServer';
use Carp qw(croak);
use Exporter qw(import);
use IO::Select;
use IO::Socket::IP;
use List::Util qw(uniq);
use Net::SSLeay;
use POSIX qw(WNOHANG);
use Socket qw(AF_INET6 inet_pton);
use Time::HiRes qw(sleep time);

use Certs;
use FakeMX::Connection;

use constant {
	CLOSE => { do => 'close' },
	RESET => { do => 'reset' },
	SILENCE => { do => 'silence' },
	HALF_CLOSE => { do => 'half_close' },
	START_TLS => { do => 'start_tls' },
	DEFAULT => { do => 'default' },
	RENEGOTIATE => { do => 'renegotiate' },
	KEY_UPDATE => { do => 'key_update' },
};

sub PAUSE ($seconds) { +{ do => 'pause', seconds => $seconds } }
sub DRIP ($bytes, $seconds) {
	return { do => 'drip', bytes => $bytes, seconds => $seconds };
}
sub SPLIT ($bytes) { DRIP($bytes, 0.001) }
sub FLOOD ($answer, $seconds = 0) {
	return { do => 'flood', answer => $answer, seconds => $seconds };
}
sub RECORD ($type, $bytes) {
	return { do => 'record', type => $type, bytes => $bytes };
}
sub ALERT ($number) { pack 'C*', 21, 3, 3, 0, 2, 2, $number }
sub EACH (@answers) {
	return { do => 'each', by => 'command', answers => \@answers };
}
sub EACH_CONNECTION (@answers) {
	return { do => 'each', by => 'connection', answers => \@answers };
}

our @EXPORT = qw(CLOSE RESET SILENCE HALF_CLOSE START_TLS DEFAULT RENEGOTIATE
    KEY_UPDATE PAUSE DRIP SPLIT FLOOD RECORD ALERT EACH EACH_CONNECTION);

my $PORT_TRIES = 50;
my $CONNECTION_SECONDS = 10;	# that settling waits for a client to go
my %TLS_VERSION = ('1.0' => 0x0301, 1.1 => 0x0302, 1.2 => 0x0303,
    1.3 => 0x0304, 1 => 0x0301);
my $SET_DH_AUTO = 118;		# SSL_CTRL_SET_DH_AUTO
my %FORGEABLE = (tickets => 0, ciphers => 'CHACHA20',
    ciphersuites => 'TLS_CHACHA20_POLY1305_SHA256');
my %ASK = (asked => Net::SSLeay::VERIFY_PEER(),
    demanded => Net::SSLeay::VERIFY_PEER()
	| Net::SSLeay::VERIFY_FAIL_IF_NO_PEER_CERT());
my %SETTING = map { $_ => 1 } qw(address port mode hostname local extensions
    extensions_tls proxy lmtp vulnerable tls banner);

sub new ($class, %args) {
	return ($class->group(\%args))[0];
}

sub group ($class, @servers) {
	my @sockets = _bind_together(@servers);
	return map { $class->_open($_, shift @sockets) } @servers;
}

sub address ($self) { $self->{address} }
sub port ($self) { $self->{port} }

# Every connection so far, once all of them have ended.
sub connections ($self) {
	$self->settle;
	my @connections = sort { $a->{number} <=> $b->{number} } $self->events;
	return @connections;
}

# Every command of every connection, for tests that ask only what was said.
sub commands ($self) {
	return map { @{$_->{commands}} } $self->connections;
}

sub _open ($class, $args, $socket) {
	my @unknown = grep { !$SETTING{$_} && !/^[A-Z]+$/ } keys %$args;
	croak "FakeMX: unknown setting @unknown" if @unknown;

	my $self = bless { socket => $socket, address => $socket->sockhost,
	    port => $socket->sockport, mode => $args->{mode} // 'serve' },
	    $class;
	return $self if $self->{mode} eq 'refused';

	listen $socket, $self->{mode} eq 'full' ? 0 : 128 or croak "listen: $!";
	$self->_fill_backlog if $self->{mode} eq 'full';
	return $self if $self->{mode} ne 'serve';

	$self->{defaults} = _polite($args);
	$self->{script} = { %{$self->{defaults}}, %$args };
	$self->{script}{tls} = _tls($self->{script});
	$self->launch(sub ($control) { $self->_serve($control) });
	close delete $self->{socket};
	return $self;
}

# One port that is free on all the addresses.
sub _bind_together (@servers) {
	for (1 .. $PORT_TRIES) {
		my ($port, @sockets) = 0;
		for my $server (@servers) {
			my $socket = IO::Socket::IP->new(Proto => 'tcp',
			    LocalHost => $server->{address} // '127.0.0.1',
			    LocalPort => $server->{port} || $port,
			    ReuseAddr => $server->{port} ? 1 : 0) or last;
			$port ||= $socket->sockport;
			push @sockets, $socket;
		}
		return @sockets if @sockets == @servers;
		croak "FakeMX: cannot bind: $@"
		    if grep { $_->{port} } @servers or !@sockets;
	}
	croak 'FakeMX: no port is free on all addresses';
}

# Linux drops further SYNs as soon as the accept queue is full.
sub _fill_backlog ($self) {
	for (1 .. 3) {
		my $client = IO::Socket::IP->new(Blocking => 0,
		    PeerHost => $self->{address}, PeerPort => $self->{port})
		    or croak "connect: $@";
		push @{$self->{fillers}}, $client;
		IO::Select->new($client)->can_write(0.2) or return;
	}
	croak 'FakeMX: the backlog does not fill';
}

# What a polite modern MX says.
sub _polite ($args) {
	my $name = $args->{hostname} // 'mx1.example.com';
	my $tls = $args->{tls} // 1;
	my $clear = $args->{extensions} // ['PIPELINING', 'SIZE 10485760',
	    '8BITMIME', $tls && !(ref $tls && $tls->{implicit})
	    ? 'STARTTLS' : ()];
	my $under_tls = $args->{extensions_tls}
	    // [grep { uc ne 'STARTTLS' } @$clear];
	my $local = join '|', map { quotemeta }
	    @{$args->{local} // ['example.com']};
	my $ours = qr/<(?:postmaster|[^<>%!"\@]+\@(?:$local))>/i;
	my $unknown = "500 5.5.1 Unknown command\r\n";
	my $order = "503 5.5.1 Bad sequence of commands\r\n";
	my $hello = sub ($line, $connection) {
		my @lines = ($name,
		    @{$connection->{tls} ? $under_tls : $clear});
		my $last = pop @lines;
		return join '', (map { "250-$_\r\n" } @lines),
		    "250 $last\r\n";
	};

	return {
		hostname => $name,
		banner => "220 $name " . ($args->{lmtp} ? 'L' : 'ES')
		    . "MTP\r\n",
		$args->{lmtp} ? (LHLO => $hello)
		    : (EHLO => $hello, HELO => "250 $name\r\n"),
		STARTTLS => sub ($line, $connection) {
			return $unknown if !$tls;
			return $order if $connection->{tls};
			return ["220 2.0.0 Ready to start TLS\r\n", START_TLS];
		},
		MAIL => "250 2.1.0 Ok\r\n",
		RCPT => sub ($line, $connection) {
			return $order unless $connection->{mail};
			return $line =~ $ours ? "250 2.1.5 Ok\r\n"
			    : "550 5.7.1 Relaying denied\r\n";
		},
		DATA => sub ($line, $connection) {
			return @{$connection->{rcpt} // []}
			    ? "354 End data with a dot\r\n" : $order;
		},
		MESSAGE => "250 2.0.0 Ok: queued\r\n",
		RSET => "250 2.0.0 Ok\r\n",
		NOOP => "250 2.0.0 Ok\r\n",
		VRFY => "252 2.0.0 Cannot VRFY user\r\n",
		QUIT => "221 2.0.0 Bye\r\n",
		UNKNOWN => $unknown,
	};
}

# The settings with an OpenSSL context, made before the fork so that a wrong
# certificate fails the test and not a silent child.
sub _tls ($script) {
	my $tls = $script->{tls} // {};
	return unless $tls;
	my %tls = ref $tls ? %$tls : ();
	return \%tls if defined $tls{handshake};
	%tls = (%FORGEABLE, keylog => [], %tls) if $tls{forge};

	my $default = $tls{certificate}
	    // Certs::certificate(names => [$script->{hostname}]);
	$tls{context} = _context(\%tls, $default);
	my %named = map { lc, _context(\%tls, $tls{sni}{$_}) }
	    keys %{$tls{sni} // {}};
	Net::SSLeay::CTX_set_tlsext_servername_callback($tls{context},
	    sub ($ssl, $) {
		my $name = Net::SSLeay::get_servername($ssl) // return;
		my $context = $named{lc $name} // return;
		Net::SSLeay::set_SSL_CTX($ssl, $context);
	}) if %named;
	return \%tls;
}

# Security level 0: an old or weak server is what many tests are about.
sub _context ($tls, $certificate) {
	my $context = Net::SSLeay::CTX_new() or _tls_failed('context');
	my @versions = sort map { $TLS_VERSION{$_} // croak "TLS version $_" }
	    @{$tls->{versions} // [1.2, 1.3]};

	Net::SSLeay::CTX_set_min_proto_version($context, $versions[0]);
	Net::SSLeay::CTX_set_max_proto_version($context, $versions[-1]);
	Net::SSLeay::CTX_set_cipher_list($context,
	    ($tls->{ciphers} // 'DEFAULT') . ':@SECLEVEL=0')
	    or _tls_failed('ciphers');
	Net::SSLeay::CTX_set_ciphersuites($context, $tls->{ciphersuites})
	    or _tls_failed('ciphersuites') if $tls->{ciphersuites};
	Net::SSLeay::CTX_ctrl($context, $SET_DH_AUTO, 1, 0);
	Net::SSLeay::CTX_set_num_tickets($context, $tls->{tickets})
	    if defined $tls->{tickets};
	my $keylog = $tls->{keylog};
	Net::SSLeay::CTX_set_keylog_callback($context,
	    sub ($, $line) { push @$keylog, $line }) if $keylog;
	Net::SSLeay::CTX_set_verify($context, $ASK{$tls->{ask}}, undef)
	    if $tls->{ask};
	Net::SSLeay::CTX_use_certificate_chain_file($context,
	    $certificate->{chain}) or _tls_failed('chain');
	Net::SSLeay::CTX_use_PrivateKey_file($context, $certificate->{key}, 1)
	    or _tls_failed('key');
	return $context;
}

sub _tls_failed ($what) {
	croak "FakeMX: $what: ",
	    Net::SSLeay::ERR_error_string(Net::SSLeay::ERR_get_error());
}

# The server's life: accept, fork, settle when asked, end with the test.
sub _serve ($self, $control) {
	my $listener = $self->{socket};
	my $select = IO::Select->new($listener, $control);

	$listener->blocking(0);
	$self->{accepted} = 0;
	while (1) {
		$self->_reap;
		for my $ready ($select->can_read(1)) {
			if ($ready == $listener) {
				$self->_accept_all;
				next;
			}
			sysread $control, my $byte, 1 or return;
			$self->_rest;
			syswrite $control, '.';
		}
	}
}

sub _accept_all ($self) {
	while (my $client = $self->{socket}->accept) {
		my $number = ++$self->{accepted};
		my $together = $self->_together;
		my $pid = fork // die "fork: $!";
		if ($pid) {
			$self->{children}{$pid} = 1;
			next;
		}
		close $self->{socket};
		$client->blocking(1);
		my $connection = FakeMX::Connection->new(number => $number,
		    together => $together, socket => $client,
		    script => $self->{script}, defaults => $self->{defaults});
		eval { $self->record($connection->converse); 1 }
		    or print STDERR $@;
		POSIX::_exit(0);
	}
}

# How many clients are connected to us, by the kernel's account of their ends:
# one that has closed is not counted, even if its FIN has yet to arrive here.
sub _together ($self) {
	my $socket = $self->{socket};
	my $six = $socket->sockdomain == AF_INET6;
	my $here = join '', map { sprintf '%08X', $_ }
	    unpack 'L*', inet_pton($socket->sockdomain, $self->{address});

	open my $table, '<', $six ? '/proc/net/tcp6' : '/proc/net/tcp'
	    or return 1;
	return _clients(sprintf('%s:%04X', $here, $self->{port}), <$table>);
}

# Those of a table of the kernel that are established towards $remote. On a busy
# host the kernel lists one and the same socket more than once.
sub _clients ($remote, @table) {
	return scalar uniq map { /^\s*\d+: (\S+) $remote 01 / } @table;
}

sub _rest ($self) {
	my $until = time + $CONNECTION_SECONDS;

	$self->_accept_all;
	while (keys %{$self->{children}}) {
		die "a connection is still open\n" if time > $until;
		$self->_reap;
		sleep 0.002;
	}
}

sub _reap ($self) {
	while ((my $pid = waitpid -1, WNOHANG) > 0) {
		delete $self->{children}{$pid};
	}
}

1;

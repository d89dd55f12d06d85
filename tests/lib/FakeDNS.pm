# SPDX-License-Identifier: GPL-3.0-or-later
#
# FakeDNS - a scripted name server, UDP and TCP on one port of a loopback
# address, that knows one zone and nothing else.
#
#   my $dns = FakeDNS->new(zone => {
#       'example.com' => { MX => ['10 mx1.example.com', '20 mx2.example.com'] },
#       'mx1.example.com' => { A => ['127.0.0.1'], AAAA => 'servfail' },
#       'alias.example.com' => { CNAME => ['mx1.example.com'] },
#       'broken.example' => 'servfail',          # whatever the type
#       '127.0.0.1' => { PTR => ['mx1.example.com'] },
#   });
#   ... --nameserver => $dns->address ...       # 127.0.0.1:PORT, [::1]:PORT
#   is_deeply([map { "$_->{name} $_->{type}" } $dns->queries], [...], '...');
#
# new takes zone, listen ('127.0.0.1' or '::1'), port (0: any free one), ad => 1
# (set the AD bit as a resolver does that has validated every answer, also that
# there is none; a failure never has it), ttl (300) and tcp (1; 0: refused).
# What a zone holds for a name and type is one of
#
#   ['rdata', ...]  records as a zone file has them, the strings of a TXT in
#                   quotes.  A name that is an alias is followed in the zone.
#                   A name exists if it or one below it has an entry: then an
#                   absent type is an empty answer, otherwise NXDOMAIN.
#                   What '*' has is every other name's.
#   'servfail' 'refused' 'formerr' 'notimp' 'nxdomain' 'nodata'    that status
#   'timeout'       no answer (over TCP: the connection stays open, mute)
#   'garbage'       bytes that are no DNS message
#   'close'         TCP is closed without an answer; UDP says nothing
#   { answer => one of these, delay => seconds, truncate => 1 (TC and no records
#     over UDP, all over TCP), wrong_id => 1, other_port => 1 (it comes from
#     one that nobody asked), ad => 0|1, ttl => seconds,
#     first => [one of these for the first query, the second ...] }
#   sub ($query, $transport) { ... }    returns one of these, or a
#                   Net::DNS::Packet, which gets the query's ID, or \$bytes
#                   sent as they are
#
# An answer too long for the client's UDP size is truncated of itself.  A query
# is { name, type, transport ('udp', 'tcp'), edns (UDP size or 0), do, ad, cd }.
package FakeDNS;

use v5.36;
use parent 'ForkedServer';
use Carp qw(croak);
use IO::Select;
use IO::Socket::IP;
use List::Util qw(min);
use Net::DNS;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(time);

my $PORT_TRIES = 50;
my $ALIAS_LIMIT = 10;
my $UDP_SIZE = 512;		# without EDNS
my $RECEIVE_BUFFER = 1 << 20;
my %STATUS = map { lc, $_ } qw(SERVFAIL REFUSED FORMERR NOTIMP NXDOMAIN);

sub new ($class, %args) {
	my $self = bless { listen => '127.0.0.1', port => 0, ttl => 300,
	    ad => 0, %args, zone => {}, asked => {}, later => [] }, $class;

	while (my ($name, $content) = each %{$args{zone} // {}}) {
		$self->{zone}{_key($name)} = $content;
	}
	$self->{tcp_listens} = $args{tcp} // 1;
	@$self{qw(udp tcp)} = _bind(@$self{qw(listen port tcp_listens)});
	$self->{port} = $self->{udp}->sockport;
	$self->launch(sub ($control) { $self->_serve($control) });
	close delete $self->{$_} for qw(udp tcp);
	return $self;
}

sub port ($self) { $self->{port} }

sub address ($self) {
	return $self->{listen} =~ /:/ ? "[$self->{listen}]:$self->{port}"
	    : "$self->{listen}:$self->{port}";
}

# What was asked so far, in the order of arrival.
sub queries ($self) {
	$self->settle;
	return $self->events;
}

# Names without final dot in lower case; an address stands for its reverse name.
sub _key ($name) {
	$name = Net::DNS::Question->new($name, 'PTR')->qname
	    if $name =~ /^[\d.]+$|:/;
	return lc($name =~ s/\.\z//r);
}

sub _bind ($address, $port, $listens) {
	for (1 .. $PORT_TRIES) {
		my $udp = IO::Socket::IP->new(Proto => 'udp',
		    LocalHost => $address, LocalPort => $port)
		    or croak "FakeDNS: $@";
		my $tcp = IO::Socket::IP->new(Proto => 'tcp',
		    $listens ? (Listen => 16) : (),
		    LocalHost => $address, LocalPort => $udp->sockport);
		# Hundreds of queries may come at once.
		$udp->setsockopt(SOL_SOCKET, SO_RCVBUF, $RECEIVE_BUFFER);
		return ($udp, $tcp) if $tcp;
	}
	croak 'FakeDNS: no port is free for both UDP and TCP';
}

# The server's life: one loop over every socket and the answers due later.
sub _serve ($self, $control) {
	my ($udp, $tcp) = @$self{qw(udp tcp)};
	my $select = $self->{select} = IO::Select->new($udp,
	    $self->{tcp_listens} ? $tcp : (), $control);
	my $settling = 0;

	while (1) {
		my $due = min(map { $_->[0] } @{$self->{later}});
		my $wait = $settling ? 0 : defined $due ? $due - time : 1;
		my @ready = $select->can_read($wait > 0 ? $wait : 0);

		for my $socket (@ready) {
			if ($socket == $control) {
				sysread $control, my $byte, 1 or return;
				$settling = 1;
			} elsif ($socket == $udp) {
				$self->_read_udp;
			} elsif ($socket == $tcp) {
				$select->add($tcp->accept // next);
			} else {
				$self->_read_tcp($socket);
			}
		}
		$self->_send_due;
		# Nothing left to read: every query sent so far is recorded.
		if ($settling && !@ready) {
			syswrite $control, '.';
			$settling = 0;
		}
	}
}

sub _read_udp ($self) {
	my $peer = recv $self->{udp}, my $bytes, 65_535, 0;
	return unless defined $peer;
	$self->_answer($bytes, 'udp', sub ($reply, $other_port) {
		my $socket = $other_port ? IO::Socket::IP->new(Proto => 'udp',
		    LocalHost => $self->{listen}) : $self->{udp};
		send $socket, $reply, 0, $peer;
	});
}

# Messages of a TCP stream have their length before them.
sub _read_tcp ($self, $socket) {
	my $stream = \$self->{stream}{$socket};

	if (!sysread $socket, $$stream, 65_537, length($$stream //= '')) {
		$self->_hang_up($socket);
		return;
	}
	while ($socket->opened && $$stream =~ /^(..)/s
	    && length $$stream >= 2 + unpack 'n', $1) {
		my $bytes = unpack 'n/a*', $$stream;
		substr $$stream, 0, 2 + length $bytes, '';
		$self->_answer($bytes, 'tcp', sub ($reply, $) {
			return unless $socket->opened;
			return $self->_hang_up($socket) if !defined $reply;
			syswrite $socket, pack 'n/a*', $reply;
		});
	}
}

sub _hang_up ($self, $socket) {
	$self->{select}->remove($socket);
	delete $self->{stream}{$socket};
	close $socket;
}

sub _send_due ($self) {
	my $now = time;
	my @due = grep { $_->[0] <= $now } @{$self->{later}};

	$self->{later} = [grep { $_->[0] > $now } @{$self->{later}}];
	$_->[1]->() for @due;
}

sub _answer ($self, $bytes, $transport, $send) {
	my $query = Net::DNS::Packet->decode(\$bytes) or return;
	my ($question) = $query->question or return;
	my $opt = $query->edns;
	my ($name, $type) = (_key($question->qname), $question->qtype);

	$self->record({ name => $name, type => $type, transport => $transport,
	    edns => $opt->size // 0, do => $query->header->do ? 1 : 0,
	    ad => $query->header->ad ? 1 : 0,
	    cd => $query->header->cd ? 1 : 0 });

	my ($what, %how) = $self->_resolve($name, $type, $query, $transport);
	$how{id} = unpack('n', $bytes) + ($how{wrong_id} ? 1 : 0);
	my $reply = $self->_reply($what, \%how, $query, $transport);
	return if !defined $reply && ($transport eq 'udp' || $what ne 'close');
	if ($how{delay}) {
		push @{$self->{later}},
		    [time + $how{delay},
		    sub { $send->($reply, $how{other_port}) }];
	} else {
		$send->($reply, $how{other_port});
	}
}

# What the zone says, without the wrapping: the answer proper, and how to
# give it.
sub _resolve ($self, $name, $type, $query, $transport) {
	my $what = $self->_lookup($name, $type);
	my %how;

	while (ref $what eq 'CODE' || ref $what eq 'HASH') {
		if (ref $what eq 'CODE') {
			$what = $what->($query, $transport);
			next;
		}
		%how = (%how, %$what);
		my $turn = $self->{asked}{"$name $type"}++;
		$what = ($what->{first} // [])->[$turn] // $what->{answer};
	}
	return ($what, %how);
}

sub _lookup ($self, $name, $type) {
	my $zone = $self->{zone};
	my $content = $zone->{$name} // $zone->{'*'};

	if (!defined $content) {
		my $below = grep { /\.\Q$name\E\z/ } keys %$zone;
		return $below ? 'nodata' : 'nxdomain';
	}
	return $content if ref $content ne 'HASH';
	return $content->{$type} // $content->{CNAME} // 'nodata';
}

# The bytes of the reply, or undef for silence.
sub _reply ($self, $what, $how, $query, $transport) {
	return $$what if ref $what eq 'SCALAR';
	return if $what eq 'timeout' || $what eq 'close';
	return "\xff" x 7 if $what eq 'garbage';

	my $reply = ref $what eq 'ARRAY' || !ref $what
	    ? $self->_packet($what, $how, $query) : $what;
	my $bytes = $reply->encode;
	my $room = $query->edns->size || $UDP_SIZE;
	if ($transport eq 'udp'
	    && ($how->{truncate} || length $bytes > $room)) {
		$reply->pop('answer') while $reply->answer;
		$reply->header->tc(1);
		$bytes = $reply->encode;
	}
	# Net::DNS knows no ID 0: it would make up another one.
	substr $bytes, 0, 2, pack 'n', $how->{id} & 0xffff;
	return $bytes;
}

sub _packet ($self, $what, $how, $query) {
	my ($question) = $query->question;
	my $reply = Net::DNS::Packet->new;
	my $header = $reply->header;

	# As it was asked: made anew, an address would become its reverse name.
	$reply->push(question => $question);
	$header->qr(1);
	$header->aa(1);
	$header->ra(1);
	$header->rd($query->header->rd);
	$reply->edns->size(1232) if $query->edns->size;
	$header->do(1) if $query->header->do;

	if (ref $what) {
		$header->rcode($self->_add_records($reply, $question, $what,
		    $how));
	} elsif ($what ne 'nodata') {
		$header->rcode($STATUS{$what}
		    // die "FakeDNS: no such answer: $what\n");
	}
	$header->ad($how->{ad} // $self->{ad})
	    if $header->rcode =~ /^(?:NOERROR|NXDOMAIN)$/;
	return $reply;
}

# The records of the name, and of those its alias leads to.
sub _add_records ($self, $reply, $question, $records, $how) {
	my ($name, $type) = (_key($question->qname), $question->qtype);
	my $ttl = $how->{ttl} // $self->{ttl};

	for (1 .. $ALIAS_LIMIT) {
		my $content = $self->{zone}{$name};
		my $alias = ref $content eq 'HASH' && !$content->{$type}
		    && $content->{CNAME} && $type ne 'CNAME';
		my $kind = $alias ? 'CNAME' : $type;
		$reply->push(answer => map {
			Net::DNS::RR->new("$name. $ttl IN $kind $_")
		} @$records);
		return 'NOERROR' if !$alias;

		$name = _key($records->[0]);
		($records) = $self->_resolve($name, $type, undef, 'udp');
		return $STATUS{$records} // 'NOERROR' if !ref $records;
	}
	return 'NOERROR';
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Delivery - check_mx_delivery against scripted servers, and its manners.
#
#   my ($run, $connection) = deliver({ MAIL => "550 No\r\n" }, '--send');
#   is(verdict($run), 'CRITICAL MAIL_REFUSED', '...');
#   ... said($connection) ...
#   manners_were_kept();                # the last test but done_testing
#
# deliver(\%script, @arguments [, \%options])   the run, as check gives it, and
#   its connections. The script is FakeMX's, without TLS unless it asks for
#   it; friend@example.com is the recipient unless --to is given.
# deliver_all([\%script, @arguments], ...)   the same of runs side by side: an
#   array of run and connections for each.
# verdict($run)       "STATE CODE CODE", the codes in the order of appearance,
#   but for notes of how far it went, which notes($run) gives.
# said($connection)   what it said at once, each read a text; a message is
#   "(message)".
# replying($verb, $answer)   a script with that answer; text gets its CRLF.
# manners_were_kept() one test: no connection so far broke a rule of
#   _rudeness().
package Delivery;

use v5.36;
use Exporter qw(import);
use List::Util qw(any uniq);
use Test::More;

use CheckMX;
use FakeMX;

our @EXPORT = qw(deliver deliver_all manners_were_kept notes replying said
    verdict);
our $EHLO = 'client.example.net';
our $FRIEND = 'friend@example.com';

my %NOTE = map { $_ => 1 } qw(MESSAGE_ACCEPTED NOT_TESTED);
my $LINE_LIMIT = 998;		# of a message, RFC 5322 2.1.1
my ($connections, @rude) = 0;

sub deliver ($script, @arguments) {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return @{(deliver_all([$script, @arguments]))[0]};
}

sub deliver_all (@calls) {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @mx = map { FakeMX->new(tls => 0, %{$_->[0]}) } @calls;
	my @runs = check_all(map { [_call($mx[$_], @{$calls[$_]})] }
	    0 .. $#calls);
	my @seen;

	for my $call (@calls) {
		my @connections = (shift @mx)->connections;
		my $run = shift @runs;
		_watch($_, $run, $call->[0]) for @connections;
		push @rude, "more than one connection: " . $run->command
		    if @connections > 1;
		push @seen, [$run, @connections];
	}
	return @seen;
}

sub _call ($mx, $, @arguments) {
	return ('check_mx_delivery', '-H', $mx->address, '-p', $mx->port,
	    '-F', $EHLO, (any { /^--to\b/ } @arguments) ? () : "--to=$FRIEND",
	    @arguments);
}

sub _watch ($connection, $run, $script) {
	$connections++;
	push @rude, map { "$_: " . $run->command }
	    _rudeness($connection, $run, $script);
}

# What no client may do, whatever the server says (RFC 5321, 2920, 5322).
sub _rudeness ($connection, $run, $script) {
	my $command = $run->command;
	my @reads = @{$connection->{reads}};
	my @messages = @{$connection->{messages}};
	my $wire = join '', @reads;
	my $offer = $script->{extensions} // ['PIPELINING'];
	# Whether DATA is open is not known: QUIT could become message.
	my $open = $wire =~ /^DATA\r$/m && !@messages
	    && $run->text =~ /\(SMTP_(?:PROTOCOL|TOO_LONG)\)/;

	return (
		('spoke before the greeting') x !!$connection->{pregreet},
		('a bare LF or CR') x ($wire =~ /(?<!\r)\n|\r(?!\n)/),
		map({ "said '$_'" } grep { !/\A(?:(?:EHLO|HELO|LHLO)\ \S+
		    |STARTTLS|AUTH\ .*|DATA|RSET|QUIT|MAIL\ FROM:<\S*>(?:\ .*)?
		    |RCPT\ TO:<\S+>(?:\ .*)?)\z/x
		    && !($_ eq '.' || $script->{AUTH}) }
		    @{$connection->{commands}}),
		('DATA without --send')
		    x ($command !~ / --send\b/ && $wire =~ /^DATA\r$/m),
		('something behind DATA in the same group')
		    x (any { /^DATA\r\n./ms && !/^Subject:/m } @reads),
		('pipelined without PIPELINING')
		    x ((any { $_->{pipelined} } @{$connection->{lines}})
			&& !(any { uc eq 'PIPELINING' } @$offer)),
		('more than one message') x (@messages > 1),
		('a line without its dot stuffed')
		    x (any { /^\.(?!\.)/m } @messages),
		('a line too long')
		    x (any { /^[^\n]{$LINE_LIMIT}[^\r]/m } @messages),
		('QUIT within a group')
		    x ($connection->{quit} && $reads[-1] ne "QUIT\r\n"),
		("went without QUIT after '$connection->{commands}[-1]'")
		    x !($connection->{quit} || $open
		    || $connection->{end} =~ /^(?:server|tls)$/
		    || $command =~ / -t 2\b/),
	);
}

sub verdict ($run) {
	return join ' ', $run->state, grep { !$NOTE{$_} } _codes($run);
}

sub notes ($run) {
	return join ' ', grep { $NOTE{$_} } _codes($run);
}

sub _codes ($run) {
	return uniq $run->output =~ /\(([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\)/g;
}

sub said ($connection) {
	my @messages = map { "$_.\r\n" } @{$connection->{messages}};

	return map { my $read = $_;
	    (any { length > 3 && $_ eq $read } @messages) ? '(message)'
		: $read =~ s/\r\n/ /gr =~ s/ \z//r }
	    @{$connection->{reads}};
}

sub replying ($verb, $answer) {
	return { $verb => ref $answer ? $answer : "$answer\r\n" };
}

sub manners_were_kept () {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	ok($connections > 0, "$connections connections were watched.");
	is(join("\n", uniq @rude), '', 'None of them was rude: nothing before '
	    . 'the greeting, no unknown command, no group where none is allowed, '
	    . 'no DATA without --send, one message at most, dots stuffed, and '
	    . 'QUIT alone at the end.');
}

1;

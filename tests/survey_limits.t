#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx --domains where something gives out: an output that breaks, is full or
# slow, few descriptors, little memory. A line is whole or not there, and what
# was not told is not counted.

use v5.36;
use Fcntl qw(F_GETFL F_SETFL O_NONBLOCK);
use FindBin;
use IO::Poll qw(POLLIN POLLHUP);
use JSON::PP;
use List::Util qw(uniq);
use Test::More;
use Time::HiRes qw(sleep);

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeMX;
use Survey;

my $FIONREAD = 0x541b;	# of Linux, as is the next
my $F_SETPIPE_SZ = 1031;
my $json = JSON::PP->new->utf8;
my @NAMES = map { "d$_.example" } 1 .. 40;
my $list = file(map { "$_\n" } @NAMES);
my %one_server = (domains => { map { $_ => [1] } @NAMES }, scripts => [{}]);

# What a shell makes of a command, with a survey in it as "$@".
sub in_shell ($world, $command, @arguments) {
	return testCmd('/bin/sh', '-c', $command, 'sh',
	    split(' ', $ENV{CHECK_MX_WRAPPER} // ''), plugin('check_mx'),
	    "--domains=$list", @{$world->{arguments}}, @arguments);
}

subtest 'An output that nobody reads any more' => sub {
	my $gate = file() . '.open';
	my $number = 0;
	my $world = world(domains => { map { $_ => [++$number] } @NAMES[0 .. 2] },
	    scripts => [{}, { banner => sub ($line, $connection) {
		sleep 0.01 until -e $gate;
		return "220 mx2.example.net ESMTP\r\n" } }, {}]);
	pipe my $read, my $write or die "pipe: $!";
	my $errors = file();
	my $pid = begin($world, file(map { "$_\n" } @NAMES[0 .. 2]),
	    out => $write, err => $errors, arguments => ['--parallel=1']);
	close $write;
	my $line = <$read>;
	close $read;
	open my $out, '>', $gate or die "$gate: $!";
	my ($code, $signal) = end_of($pid);

	is($json->decode($line)->{domain}, 'd1.example', 'A line was read.');
	is($signal, 0, 'It does not die of the next one.');
	is($code, 3, 'It is UNKNOWN.');
	like(slurp($errors), qr/^check_mx:\ 1\ domains\ in\ \d+\ s:\ 1\ OK;.*
	    ;\ the\ output\ can't\ be\ written:\ Broken\ pipe$/x,
	    'What was not written does not count.');
	is(scalar $world->{mx}[2]->connections, 0, 'No further domain is begun.');
};

SKIP: {
	skip '/dev/full is not there', 2 unless -c '/dev/full';
	my $run = in_shell(world(%one_server), '"$@" >/dev/full');
	is($run->return_code, 3, 'An output that is full is no OK.');
	like($run->stderr, qr/check_mx:\ 0\ domains\ in\ \d+\ s;.*
	    ;\ the\ output\ can't\ be\ written:\ No\ space\ left/x,
	    'It is said.');
}

# Somebody else has set O_NONBLOCK on what is shared, and reads when it is full.
subtest 'An output that does not wait' => sub {
	my $world = world(%one_server);	# before what it would inherit
	pipe my $read, my $write or die "pipe: $!";
	fcntl $write, F_SETFL, fcntl($write, F_GETFL, 0) | O_NONBLOCK
	    or die "O_NONBLOCK: $!";
	# A page: less than a line.
	my $size = fcntl($write, $F_SETPIPE_SZ, 4096) or die "pipe: $!";
	my $errors = file();
	my $pid = begin($world, $list, out => $write, err => $errors);
	close $write;
	my $output = '';
	do {
		await('byte', sub { holds($read) || gone($read) });
	} while sysread $read, $output, $size, length $output;
	my ($code) = end_of($pid);
	my @domains = map { $json->decode($_)->{domain} } split /\n/, $output;

	cmp_ok(length $output, '>', @NAMES * $size, 'A line does not fit at once.');
	is_deeply([sort @domains], [sort @NAMES], 'Every line is whole.');
	is($code, 0, 'All is well.');
	unlike(slurp($errors), qr/written/, 'There is nothing to complain of.');
};

# A wrapper may take some of them for itself.
subtest 'Few descriptors' => sub {
	my $world = world(%one_server);
	my $run = in_shell($world, 'ulimit -n 100; exec "$@"', '--parallel=40');
	my @objects = map { $json->decode($_) } split /\n/, $run->output;

	is_deeply([uniq map { $_->{state} } @objects], ['OK'], 'All are well.');
	is(@objects, @NAMES, 'And there.');
	like($run->stderr, qr/\Acheck_mx:\ 2\ domains\ at\ once,\ not\ 40:\ no
	    \ more\ than\ \d+\ files\ may\ be\ open\ \(ulimit\ -n\),\ and\ one
	    \ may\ need\ 30\n/x, 'What is at once was lowered, and that said.');
	return if $ENV{CHECK_MX_WRAPPER};	# valgrind keeps to it
	$run = in_shell($world, 'ulimit -Sn 100; exec "$@"', '--parallel=40');
	unlike($run->stderr, qr/at once/, 'A soft limit is raised instead.');
};

SKIP: {
	skip 'memory is not ours alone here', 1 if $ENV{CHECK_MX_WRAPPER}
	    || grep { /^(?:A|T|UB|M)SAN_OPTIONS$/ } keys %ENV;
	subtest 'Little memory' => sub {
		my $world = world(%one_server);
		my @short;

		for my $kib (map { 20_000 + 15_000 * $_ } 0 .. 8) {
			my $run = in_shell($world, "ulimit -v $kib; exec \"\$@\"");
			my @lines = $run->output =~ /^([^\n]*)\n/mg;
			my ($counted) =
			    $run->stderr =~ /check_mx: (\d+) domains in/;

			ok(!$run->timed_out, "$kib KiB: it ends.");
			# Not even begun.
			next unless defined $counted;
			push @short, $kib if grep { /out of memory/ } @lines;
			is(scalar(grep { eval { $json->decode($_) } } @lines),
			    $counted, "$kib KiB: what counts is a whole line.");
			is(length $run->output, length join('', map { "$_\n" }
			    @lines), "$kib KiB: nothing else is there.");
			is($run->return_code == 0, $counted == @NAMES && !grep({
			    !/"state":"OK","exit_code":0/ } @lines),
			    "$kib KiB: OK is what all lines say, and no less.");
		}
		note("short of memory with @short KiB");
	};
}

done_testing;

# --- what is waited for ---

sub holds ($read) {
	my $there = pack 'i', 0;

	ioctl $read, $FIONREAD, $there or die "FIONREAD: $!";
	return unpack('i', $there) > 0;
}

# Nobody writes any more.
sub gone ($read) {
	my $poll = IO::Poll->new;

	$poll->mask($read => POLLIN);
	$poll->poll(0);
	return $poll->events($read) & POLLHUP;
}

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx --domains at a terminal and under signals: how far it is can be seen,
# it ends when told to, and what was not done is not told as well.

use v5.36;
use FindBin;
use JSON::PP;
use List::Util qw(max);
use Test::More;
use Time::HiRes qw(sleep);

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeMX;
use Survey;

need('IO::Pty');

my $ENDING = "\r\e[Kcheck_mx: ending; what is begun is finished, "
    . "once more to stop now\r\n";
my $json = JSON::PP->new->utf8;
my @NAMES = map { "d$_.example" } 1 .. 4;
my $list = file("# four of them\n", map { "$_\n" } @NAMES);

# Greets once a file is there.
sub gate () {
	my $path = file() . '.open';
	return ($path, banner => sub ($line, $connection) {
		sleep 0.01 until -e $path;
		return "220 mx.example.net ESMTP\r\n";
	});
}

# Each domain has a server; what those are like.
sub four (@scripts) {
	my $number = 0;

	return world(domains => { map { $_ => [++$number] } @NAMES },
	    scripts => [map { $scripts[$_] // {} } 0 .. 3]);
}

# A terminal of so many columns, and what is read from it.  Servers come first:
# what they inherit stays open.
sub terminal ($columns = 80) {
	my $pty = IO::Pty->new;

	$pty->slave->set_winsize(24, $columns);
	return { pty => $pty, shown => '' };
}

# Reads on until that is shown, or to the end.
sub watch ($terminal, $pattern = undef) {
	$terminal->{pty}->close_slave;
	while (!defined $pattern || $terminal->{shown} !~ $pattern) {
		sysread $terminal->{pty}, $terminal->{shown}, 4096,
		    length $terminal->{shown} or last;
	}
	return $terminal->{shown};
}

sub names ($path) {
	return map { $json->decode($_)->{domain} } split /\n/, slurp($path);
}

for my $case (['INT', 3, 'what it knows is well, but not all'],
    ['TERM', 2, 'something worse than not knowing is known',
	'--severity=STARTTLS_NOT_OFFERED=critical'],
    ['HUP', 3, 'what it knows is well, but not all']) {
	my ($signal, $expected, $why, @more) = @$case;

	subtest "SIG$signal: what was begun is finished, and no more begun." =>
	    sub {
		my ($gate, @closed) = gate();
		my $world = four({ @closed, $signal eq 'TERM' ? (tls => 0) : () });
		my $terminal = terminal();
		my $output = file();
		my $pid = begin($world, $list, out => $output,
		    err => $terminal->{pty}->slave,
		    arguments => ['--parallel=1', @more]);

		watch($terminal, qr/0 of 4 domains/);
		await('connection', sub { connected($world->{mx}[0]) });
		kill $signal => $pid;
		like(watch($terminal, qr/\Q$ENDING/), qr/\Q$ENDING/,
		    'That is said at once.');
		file_at($gate);
		my $shown = watch($terminal);
		my ($code, $died) = end_of($pid);
		is($died, 0, 'It does not die by the signal.');
		is($code, $expected, "The exit code: $why.");
		is_deeply([names($output)], [$NAMES[0]], 'One domain was done.');
		like($shown, qr/\r\e\[Kcheck_mx:\ 1\ domains\ in\ [^\n]*
		    ;\ interrupted,\ --resume\ goes\ on\r\n\z/x,
		    'The summary says that it was interrupted.');
	};
}

subtest 'A second signal ends it now.' => sub {
	my $world = four({}, { mode => 'mute' });
	my $terminal = terminal();
	my $output = file();
	my $pid = begin($world, $list, out => $output,
	    err => $terminal->{pty}->slave,
	    arguments => ['--parallel=1', '-t', 600]);

	await('connection', sub { connected($world->{mx}[1]) });
	kill INT => $pid;
	like(watch($terminal, qr/\Q$ENDING/), qr/\Q$ENDING/,
		    'The first one is answered.');
	kill INT => $pid;
	my $shown = watch($terminal);
	my ($code, $died) = end_of($pid);
	is($died, 0, 'It does not die by it.');
	is($code, 3, 'What was not tested is not OK.');
	is_deeply([names($output)], [$NAMES[0]], 'What was done is there.');
	like($shown, qr/check_mx:\ 1\ domains\ in\ [^\n]*:\ 1\ OK;[^\n]*
	    ;\ interrupted,\ --resume\ goes\ on\r\n\z/x,
	    'The summary tells what was written.');
};

subtest 'What the parent ignores stays ignored.' => sub {
	my ($gate, @closed) = gate();
	my $world = four({ @closed });
	my $output = file();
	my $errors = file();
	my $pid = begin($world, $list, out => $output, err => $errors,
	    before => sub { $SIG{$_} = 'IGNORE' for qw(HUP INT) });

	await('connection', sub { connected($world->{mx}[0]) });
	kill $_ => $pid for qw(HUP INT);
	file_at($gate);
	my ($code) = end_of($pid);
	is($code, 0, 'All is done, and well.');
	is_deeply([sort(names($output))], \@NAMES, 'Nothing is missing.');
	unlike(slurp($errors), qr/interrupted/, 'It was not interrupted.');
};

# A line may change twice a second; each domain takes its time.
sub slowly () { return map { { banner => [PAUSE(0.6), DEFAULT] } } 1 .. 3 }

subtest 'On a terminal it shows how far it is.' => sub {
	my ($gate, @closed) = gate();
	my $world = four({ @closed }, { tls => 0 }, slowly());
	my $terminal = terminal();
	my $pid = begin($world, $list, out => '/dev/null',
	    err => $terminal->{pty}->slave, arguments => ['--parallel=1',
	    '--severity=STARTTLS_NOT_OFFERED=critical']);

	my $nothing = qr/\r0 of 4 domains\e\[K/;
	like(watch($terminal, qr/$nothing$nothing/), qr/\A$nothing$nothing/,
	    'From the beginning, and while nothing is done.');
	file_at($gate);
	my $shown = watch($terminal);
	end_of($pid);
	my @states = map { s/\e\[K.*//sr } split /\r/, $shown;
	ok(grep({ /^[1-3]\ of\ 4\ domains,\ \d+\ a\ second,\ [01]\ failing,\ \d
	    +\ s\ left$/x } @states),
	    'What is done, how fast, how many fail, how long it will take.')
	    or diag($shown);
	like($shown, qr/\r\e\[Kcheck_mx: 4 domains in \d+ s: 3 OK, 1 CRITICAL;/,
	    'The summary takes its place.');

	$world = four(slowly());
	$terminal = terminal(20);
	$pid = begin($world, '-', out => '/dev/null',
	    err => $terminal->{pty}->slave, arguments => ['--parallel=1'],
	    before => sub { open STDIN, '<', $list or die "$list: $!" });
	$shown = watch($terminal);
	end_of($pid);
	@states = $shown =~ /\r([^\r]*?)\e\[K/g;
	is(max(map { length } @states), 19, 'It is cut to a narrow terminal.')
	    or diag($shown);
	like($states[0], qr/^0 of 4 domains/,
	    'How many there are is known of the standard input, too.');
};

subtest 'Lines and progress share a terminal.' => sub {
	my $world = four(slowly());
	my $terminal = terminal();
	my $slave = $terminal->{pty}->slave;
	my $pid = begin($world, $list, out => $slave, err => $slave,
	    arguments => ['--parallel=1']);
	undef $slave;
	my $shown = watch($terminal);

	end_of($pid);
	my $all = () = $shown =~ /\{"plugin":/g;
	my $clean = () = $shown =~ /\r\e\[K\{"plugin":/g;
	is($all, 4, 'All lines are there.');
	is($clean, $all, 'None stands behind the progress.') or diag($shown);
};

done_testing;

# --- what is waited for ---

# Somebody has come to a server, and is still there.
sub connected ($mx) {
	my $there = sprintf '%s:%04X', join('', map { sprintf '%02X', $_ }
	    reverse split /\./, $mx->address), $mx->port;

	return grep { my @field = split; $field[2] eq $there && $field[3] eq '01' }
	    split /\n/, slurp('/proc/net/tcp');
}

sub file_at ($path) {
	open my $out, '>', $path or die "$path: $!";
	close $out;
}

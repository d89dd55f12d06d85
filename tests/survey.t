#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx --domains: a line of JSON for each domain, the verdict of a run of its
# own, each server tested once; what input, output and signals do to it.

use v5.36;
use Encode qw(encode_utf8);
use File::Temp;
use FindBin;
use IO::Handle;
use JSON::PP;
use List::Util qw(max sum0 uniq);
use Test::More;
use Time::HiRes qw(sleep time);

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

need('jsonschema', 'IO::Pty');

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my $SCHEMA = "$top/contrib/check_mx.schema.json";
my $PATIENCE = 20;	# seconds, for a line to appear
my $NETWORK_MAX = 8;	# connections to a /24 at a time
my $folder = File::Temp->newdir;
my $json = JSON::PP->new->utf8->canonical;
my @TRUST = ('--ca-file', Certs::ca_file());
my $files = 0;

# The path of a file with these lines, as they are.
sub file (@lines) {
	my $path = "$folder/" . ++$files;
	open my $out, '>:raw', $path or die "$path: $!";
	print $out @lines;
	close $out or die "$path: $!";
	return $path;
}

sub slurp ($path) {
	open my $in, '<:raw', $path or die "$path: $!";
	local $/;
	return scalar <$in>;
}

# Servers for which every domain of theirs is local, and the DNS that leads to
# them: { domains => { NAME => [host numbers] }, scripts => [{...}, ...] }.
sub world (%its) {
	my @scripts = @{$its{scripts}};
	my @hosts = map { "mx$_.example.net" } 1 .. @scripts;
	my @mx = FakeMX->group(map {
		+{ address => "127.0.0.$_", hostname => $hosts[$_ - 1],
		    local => [keys %{$its{domains}}], %{$scripts[$_ - 1]} };
	} 1 .. @scripts);
	my $dns = FakeDNS->new(zone => {
		map({ my $name = $_; ($name => { MX => [map {
		    10 * $_ . ' ' . $hosts[$_ - 1] } @{$its{domains}{$name}}] }) }
		    keys %{$its{domains}}),
		map({ ($hosts[$_ - 1] => { A => ["127.0.0.$_"] }) } 1 .. @hosts),
	});
	return { mx => \@mx, dns => $dns, arguments => ['--nameserver',
	    $dns->address, '-p', $mx[0]->port, '-F', 'client.example.com',
	    '--no-ptr', @TRUST] };
}

# A run and its objects.
sub survey ($world, $input, @arguments) {
	my %more = ref $arguments[-1] ? %{pop @arguments} : ();
	my $run = testCmd(plugin('check_mx'), "--domains=$input",
	    @{$world->{arguments}}, @arguments, \%more);
	return ($run, map { $json->decode($_) } split /\n/, $run->output);
}

# Without what differs from run to run: times.
sub timeless ($object) {
	my %object = %$object;
	delete $object{seconds};
	$object{perfdata} = [grep { $_->{label} !~ /time$/ } @{$object{perfdata}}];
	$object{servers} = [map { my %server = %$_; delete $server{seconds};
	    $server{banner} &&= { %{$server{banner}}, seconds => 0 }; \%server }
	    @{$object{servers}}];
	return $json->encode(\%object) =~ s/\d+[.]\d+ s\b/N s/gr;
}

my %DOMAINS = ('a.example' => [1], 'b.example' => [1, 2], 'c.example' => [2],
    'd.example' => [2, 1, 3], 'e.example' => [1], 'f.example' => [3]);
my @SCRIPTS = ({}, { tls => { certificate => Certs::certificate(
    names => ['mx2.example.net'], not_after => Certs::days(-3.5)) } },
    { tls => 0 });
my @validated;

subtest 'Each domain has its line, with the verdict of a run of its own.' => sub {
	my $world = world(domains => \%DOMAINS, scripts => \@SCRIPTS);
	my @names = (sort(keys %DOMAINS), 'nowhere.example');
	my ($run, @objects) = survey($world, file(map { "$_\n" } @names));
	my %object = map { $_->{domain} => $_ } @objects;

	is_deeply([sort keys %object], \@names, 'All domains are there.');
	is(@objects, @names, 'Once each.');
	is($run->return_code, 2, 'The exit code is that of the worst.');
	like($run->stderr, qr/\Acheck_mx:\ 7\ domains\ in\ \d+\ s:\ 2\ OK,\ 5
	    \ CRITICAL;\ 3\ servers\ tested,\ 6\ tests\ spared\n\z/x,
	    'A line sums it up.');
	for my $mx (@{$world->{mx}}) {
		is(scalar $mx->connections, 1, 'A server had one connection.');
	}
	push @validated, split /\n/, $run->output;

	my @alone = check_all(map { ['check_mx', $_, @{$world->{arguments}},
	    '--output-format=json', '--local-domain=a.example'] } @names);
	my ($again) = survey($world, file(map { "$_\n" } @names),
	    '--local-domain=a.example');
	%object = map { $_->{domain} => $_ } map { $json->decode($_) }
	    split /\n/, $again->output;
	for my $name (@names) {
		is(timeless($object{$name}),
		    timeless($json->decode((shift @alone)->output)),
		    "$name: as if it had been checked alone.");
	}
};

subtest 'What is in the input' => sub {
	my $world = world(domains => \%DOMAINS, scripts => [{}, {}, {}]);
	my $long = 'x' x 5000;
	my $input = file("# ours\n", "\n", "  a.example \r\n", "foo bar\n",
	    "B.EXAMPLE.\n", "$long\n", "a\0b.example\n", "\xff\xfe\e[31m|\n",
	    "b\xc3\xbccher.example\n", "-x.example\n", "..\n", "c.example");
	my ($run, @objects) = survey($world, $input, '--parallel=1');
	my @domains = map { $_->{domain} } grep { defined $_->{domain} } @objects;
	my %refused = map { $_->{line} => $_ } grep { !defined $_->{domain} }
	    @objects;

	is_deeply(\@domains, [qw(a.example b.example xn--bcher-kva.example
	    c.example)], 'Domains are read however they are written, the last'
	    . ' line without its end too.');
	is_deeply([sort { $a <=> $b } keys %refused], [4, 6, 7, 8, 10, 11],
	    'Each other line is told by its number.');
	is_deeply([uniq map { "$_->{state} $_->{exit_code}" } values %refused],
	    ['UNKNOWN 3'], 'It is UNKNOWN.');
	like($refused{4}{summary}, qr/^line 4, 'foo bar': not a domain name$/,
	    'What was wrong is said.');
	unlike($run->output, qr/[\x00-\x09\x0b-\x1f\x7f]|[|]/,
	    'What is in it does not get out as it is.');
	push @validated, split /\n/, $run->output;

	my ($piped) = survey($world, '-', { stdin => slurp($input) });
	is(scalar(() = $piped->output =~ /\n/g), @objects,
	    'The standard input is read, too.');
	my ($nothing) = survey($world, file("# nothing\n"));
	is($nothing->output, '', 'No domain, no line.');
	is($nothing->return_code, 0, 'And no fault.');
};

subtest 'Servers are not pressed.' => sub {
	my %names = map { ("d$_.example" => [$_]) } 1 .. 2 * $NETWORK_MAX;
	my $world = world(domains => \%names, scripts => [map { {
	    banner => [PAUSE(0.3), "220 mx$_.example.net ESMTP\r\n"] } }
	    1 .. 2 * $NETWORK_MAX]);
	my $begun = time;
	my ($run, @objects) = survey($world, file(map { "$_\n" } keys %names));

	is_deeply([uniq map { $_->{state} } @objects], ['OK'], 'All are well.');
	cmp_ok(time - $begun, '>=', 0.6,
	    "A network has no more than $NETWORK_MAX connections at a time.");

	my $mx = FakeMX->new(hostname => 'one.example.net',
	    banner => [PAUSE(0.1), "220 one.example.net ESMTP\r\n"],
	    local => [map { "$_.example" } 'a' .. 'f']);
	my $dns = FakeDNS->new(zone => { map({ ("$_.example" => { MX =>
	    ["10 $_.example.net"] }, "$_.example.net" => { A => ['127.0.0.1'] }) }
	    'a' .. 'f') });
	testCmd(plugin('check_mx'), '--domains=-', '--nameserver', $dns->address,
	    '-p', $mx->port, '--no-ptr', { stdin => join '', map { "$_.example\n" }
	    'a' .. 'f' });
	my @connections = $mx->connections;
	is(@connections, 6, 'Six names of one address are six servers.');
	is(max(map { $_->{together} } @connections), 1,
	    'They have one connection at a time.');
};

subtest 'A dead server costs its own domains only.' => sub {
	my %names = ('dead.example' => [1], map { ("d$_.example" => [2]) } 1 .. 20);
	my $world = world(domains => \%names, scripts => [{ mode => 'mute' }, {}]);
	my ($run, @objects) = survey($world, file(map { "$_\n" } 'dead.example',
	    grep { /^d\d/ } keys %names), '-t', 2, '--parallel=4');
	my ($dead) = grep { $_->{domain} eq 'dead.example' } @objects;

	is($dead->{servers}[0]{findings}[0]{code}, 'BANNER_TIMEOUT',
	    'What it is is told.');
	is_deeply([uniq map { $_->{state} } grep { $_ != $dead } @objects],
	    ['OK'], 'The others are well.');
	is($objects[-1]{domain}, 'dead.example', 'They did not wait for it.');
};

subtest 'SIGINT finishes what was begun; --resume goes on.' => sub {
	my @names = map { "d$_.example" } 1 .. 12;
	my $world = world(domains => { map { $_ => [1] } @names }, scripts => [{
	    banner => [PAUSE(0.5), "220 mx1.example.net ESMTP\r\n"] }]);
	my $input = file(map { "$_\n" } @names);
	my $output = file();
	my $errors = file();
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDOUT, '>>', $output or die $!;
		open STDERR, '>', $errors or die $!;
		exec split(' ', $ENV{CHECK_MX_WRAPPER} // ''), plugin('check_mx'),
		    "--domains=$input", '--parallel=2', @{$world->{arguments}};
	}
	# It waits for the greeting now.
	my $until = time + $PATIENCE;
	sleep 0.01 until time > $until
	    || grep { /:[0-9A-F]{4} 0100007F:\S+ 01 / && /@{[sprintf '%04X',
	    $world->{mx}[0]->port]}/ } split /\n/, slurp('/proc/net/tcp');
	kill INT => $pid;
	waitpid $pid, 0;
	is($? & 127, 0, 'It does not die by the signal.');
	is($? >> 8, 0, 'What it knows is well.');
	my @done = map { $json->decode($_)->{domain} } split /\n/, slurp($output);
	is_deeply([sort @done], [sort @names[0, 1]],
	    'The domains under way were finished, no other was begun.');
	like(slurp($errors), qr/interrupted, --resume goes on$/,
	    'And that is said.');

	# As if the disk had been full in the middle of a line.
	open my $torn, '>>', $output or die $!;
	print $torn '{"plugin":"check_mx","domain":"d3.exa';
	close $torn;
	my $command = join ' ', $ENV{CHECK_MX_WRAPPER} // '', plugin('check_mx'),
	    "--domains=$input", "--resume=$output", @{$world->{arguments}},
	    ">>$output";
	my $run = testCmd($command);
	@done = map { $json->decode($_)->{domain} } split /\n/, slurp($output);
	is_deeply([sort @done], [sort @names], 'Each domain is there once.');
	like($run->stderr, qr/ 10 domains in .*; 2 domains done before$/,
	    'Only the rest was done.');
};

# Domains take turns at one server: each line comes half a second after the last.
subtest 'On a terminal it shows how far it is.' => sub {
	my @names = map { "d$_.example" } 1 .. 4;
	my $number = 0;
	my $world = world(domains => { map { $_ => [++$number] } @names },
	    scripts => [map { { banner => [PAUSE(0.6),
		"220 mx$_.example.net ESMTP\r\n"], tls => $_ == 2 ? 0 : 1 } }
		1 .. 4]);
	my $input = file("# four of them\n", map { "$_\n" } @names);
	my $pty = IO::Pty->new;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open STDOUT, '>', '/dev/null' or die $!;
		open STDERR, '>&', $pty->slave or die $!;
		exec split(' ', $ENV{CHECK_MX_WRAPPER} // ''), plugin('check_mx'),
		    "--domains=$input", '--parallel=1', @{$world->{arguments}},
		    '--severity=STARTTLS_NOT_OFFERED=critical';
	}
	$pty->close_slave;
	my $shown = '';
	1 while sysread $pty, $shown, 4096, length $shown;
	waitpid $pid, 0;
	my @states = map { s/\e\[K.*//sr } split /\r/, $shown;

	like($states[1], qr/^1 of 4 domains, \d+ a second, 0 failing, \d+ s left$/,
	    'What is done, how fast, how many fail, how long it will take.');
	like($states[-3], qr/^[34] of 4 domains, \d+ a second, 1 failing/,
	    'It goes on.') or diag($shown);
	like($shown, qr/\r\e\[Kcheck_mx: 4 domains in \d+ s: 3 OK, 1 CRITICAL;/,
	    'The summary takes its place.');
	is(max(map { length } @states) < 80, 1, 'It fits into a terminal.')
	    or diag($shown);
};

subtest 'What cannot be meant, or done' => sub {
	my $world = world(domains => \%DOMAINS, scripts => \@SCRIPTS);
	my $input = file("a.example\n");
	for my $case (
		[qr/--domains: excludes/, "--domains=$input", 'a.example'],
		[qr/--domains: excludes/, "--domains=$input", '-H', 'mx.example'],
		[qr/--domains='\S+none': No such file/, "--domains=$folder/none"],
		[qr/--domains='$folder': neither a file/, "--domains=$folder"],
		[qr/--domains: empty value/, '--domains='],
		[qr/--parallel=?.*0/, "--domains=$input", '--parallel=0'],
		[qr/--parallel/, "--domains=$input", '--parallel=5000'],
		[qr/--resume: wants --domains/, "--resume=$input", 'a.example'],
		[qr/--resume='\/none': no such file/, "--domains=$input", '--resume=/none'],
		[qr/JSON alone/, "--domains=$input", '--output-format=report'],
		[qr/wants a domain/, "--domains=$input", '--expect-mx=mx.example'],
	) {
		my ($reason, @arguments) = @$case;
		my $run = check('check_mx', @arguments);
		like($run->output, qr/\AMX UNKNOWN - [^\n]*$reason/,
		    "@arguments: said in one line.");
		is($run->return_code, 3, "@arguments: UNKNOWN.");
	}
	SKIP: {
		skip '/dev/full is not there', 2 unless -c '/dev/full';
		my $run = testCmd(join ' ', $ENV{CHECK_MX_WRAPPER} // '',
		    plugin('check_mx'), "--domains=$input",
		    @{$world->{arguments}}, '>/dev/full');
		is($run->return_code, 3, 'An output that is full is no OK.');
		like($run->stderr, qr/output can't be written: No space left/,
		    'It is said.');
	}
};

{
	my @paths = map { file($_) } @validated;
	my $run = testCmd('jsonschema', map({ ('-i', $_) } @paths), $SCHEMA);
	is($run->return_code, 0, 'The schema takes every line.')
	    or diag($run->as_text);
}

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Random bytes as the value of every option: no plugin dies, and what it says of
# them is one harmless line.
#
# CHECK_MX_RUNS is how many runs there are for all plugins together, 300 unless
# it is set; CHECK_MX_SEED repeats those of another time.

use v5.36;
use File::Temp;
use FindBin;
use POSIX qw(mkfifo);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;

# Whatever host may be hit on by chance: with root's rights there is none.
Lab::Namespace::enter() if $> == 0 && !Lab::Namespace::hindrance();

my $RUNS = $ENV{CHECK_MX_RUNS} // 300;
my $SEED = $ENV{CHECK_MX_SEED} // 20_240_229;
my $LENGTH_MAX = 60_000;	# rarely; the kernel takes 128 KiB
my $TOGETHER = 6;
my @PLUGINS = qw(check_mx check_mx_auth check_mx_banner check_mx_cert_expiry
    check_mx_dane check_mx_delivery check_mx_dns check_mx_mtasts
    check_mx_openrelay check_mx_starttls);
# What ends the run at once, or does not take a value alone.
my %NOT_HERE = map { $_ => 1 } qw(help version verbose);
# Bytes that mean something to whoever reads options, names, or DNS.
my @PIECES = ("\xff", "\xc3\x28", "\xe2\x80\xae", "\e[31m", "\n", "\r\n", '|',
    '%s%n', '%', '@', ':', ',', '=', '<', '>', '"', "'", '\\', '..', '.', '-',
    '[', ']', '[::1]', '127.0.0.1', '0', '-1', '9' x 30, '1e9', 'ok', 'a' x 64,
    'x.' x 127, 'xn--', "\xc3\xbc", '$(id)', '${HOME}', '/', '/dev/null', '~',
    ' ', "\t", 'TIMEOUT', '+1d', '2030-01-01', '%d', 'SIZE>=');

my $folder = File::Temp->newdir;	# nothing is in it, nothing gets out
my @WAITS = map { "$folder/$_" } 'pipe', 'no-such-file';
mkfifo($WAITS[0], 0600) or die "$WAITS[0]: $!";
my $mx = FakeMX->new(tls => 0);
my $dns = FakeDNS->new(zone => {
	'example.com' => { MX => ['10 mx1.example.com'] },
	'mx1.example.com' => { A => [$mx->address] },
});

# { long => takes a value }, by what --help says.
sub options ($plugin) {
	my $help = testCmd(plugin($plugin), '--help')->output;
	my %takes = $help =~ /^\s+(?:-\w,\s+)?--([a-z0-9-]+)(\[?=?)/mg;
	return { map { $_ => $takes{$_} ne '' } grep { !$NOT_HERE{$_} }
	    keys %takes };
}

sub any (@list) { return $list[rand @list] }

# Anything but NUL, which no argument can hold.
sub bytes ($length) { return join '', map { chr 1 + rand 255 } 1 .. $length }

sub value () {
	my $kind = rand;

	return any(@WAITS) if $kind < 0.05;
	return bytes(rand 12) if $kind < 0.3;
	return join '', map { any(@PIECES) } 0 .. rand 4 if $kind < 0.7;
	return join '', map { rand() < 0.5 ? any(@PIECES) : bytes(rand 6) }
	    0 .. rand 6 if $kind < 0.95;
	return bytes(rand $LENGTH_MAX);
}

# A command that would be well, but for one to three options.
sub arguments ($plugin, $options) {
	my @names = sort keys %$options;
	my @odd = map { my $name = any(@names);
	    $options->{$name} ? "--$name=" . value() : "--$name" } 0 .. rand 3;

	push @odd, value() if rand() < 0.1;	# a domain
	unshift @odd, '-' . bytes(1 + rand 3) if rand() < 0.1;
	return ('-d', 'example.com', '--nameserver=' . $dns->address,
	    $plugin eq 'check_mx_dns' ? () : ('-p', $mx->port,
	    '-F', 'client.example.net'), '-t', 1, @odd);
}

sub shown (@arguments) {
	return join ' ', map { my $text = length > 200
	    ? substr($_, 0, 200) . '...' : $_;
	    $text =~ s/([^\x21-\x7e])/sprintf '\\x%02x', ord $1/ger }
	    @arguments;
}

# What a run may not do, whatever its arguments are: what none may do, and a
# usage error is one line. Odd short options may ask for help or the version.
sub trouble ($run, $plugin, @arguments) {
	my $service = uc $plugin =~ s/^check_//r;
	my @lines = $run->lines;

	return if $run->return_code == 3
	    && $run->output =~ /\A$plugin (?:- |\d)/;
	return (CheckMX::broken_rules($run, @arguments),
	    $run->return_code == 3 && @lines > 1
		&& $lines[0] =~ /^$service UNKNOWN - [^|]*\z/
		? 'a usage error is one line' : ());
}

srand $SEED;
my %options = map { $_ => options($_) } @PLUGINS;
for my $plugin (@PLUGINS) {
	cmp_ok(scalar(keys %{$options{$plugin}}), '>', 10,
	    "The options of $plugin are known.");
}

my (@troubled, %ended);
for my $turn (1 .. $RUNS / $TOGETHER) {
	my @calls = map { my $plugin = $PLUGINS[rand @PLUGINS];
	    [$plugin, arguments($plugin, $options{$plugin})] } 1 .. $TOGETHER;
	my @started = map { CheckMX::start(plugin($_->[0]), @$_[1 .. $#$_],
	    { env => { HOME => "$folder" } }) } @calls;
	for my $call (@calls) {
		my ($plugin, @arguments) = @$call;
		my $run = CheckMX::finish(shift @started);
		$ended{$run->return_code}++;
		push @troubled, map { "$_: $plugin " . shown(@arguments)
		    . "\n    " . shown($run->output) }
		    trouble($run, $plugin, @arguments);
	}
}
is(join("\n", @troubled), '', "$RUNS runs, seed $SEED: each ends with 0 to 3, "
    . 'in a line that begins with its service, and without control bytes.');
cmp_ok($ended{3} // 0, '>', 0, 'Some values were usage errors.');
diag(join ', ', map { "exit $_: $ended{$_}" } sort keys %ended)
    if $ENV{CHECK_MX_RUNS};

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every plugin in every format, and every way to end early. Quick by itself; it
# is what valgrind looks at (contrib/test valgrind), under which a deadline may
# pass earlier than is meant here: so how it ends is told for the first alone.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Namespace;

# In a network of our own there is an MTA-STS policy too.
Lab::Namespace::enter() if $> == 0 && !Lab::Namespace::hindrance();
require AllTheWay;
AllTheWay->import;

my $TOGETHER = 4;	# runs
my @FORMATS = ([], ['-vvv'], ['--output-format=json'],
    ['--output-format=report']);

# Who accepts and never speaks, and who never answers.
my $mute = FakeMX->new(banner => SILENCE);
my $deaf = FakeDNS->new(zone => { map { $_ => 'timeout' } '', 'example.com' });
my $torn = FakeMX->new(tls => { handshake => ALERT(40) });
my $shut = FakeMX->new(mode => 'refused');
my @EARLY = (
	['--help'], ['--version'], ['--explain=TIMEOUT'], ['--no-such-option'],
	['--extra-opts=@/nowhere'],
	['-d', 'nowhere.example'],
	['--nameserver', $deaf->address, '-t', 1],
);
my @EARLY_BY_SERVER = (['-p', $mute->port, '-t', 1], ['-p', $torn->port],
    ['-p', $shut->port]);

sub run_all (@calls) {
	my @runs;

	while (my @now = splice @calls, 0, $TOGETHER) {
		push @runs, check_all(@now);
	}
	return @runs;
}

for my $plugin (AllTheWay::plugins()) {
	my @calls = map { [AllTheWay::all_the_way($plugin, '-t', 60, @$_)] }
	    @FORMATS;
	my $state = AllTheWay::outcome($plugin);
	my ($first) = run_all(@calls);
	is($first->state, $state, "$plugin goes all its way.")
	    or diag($first->as_text);
	run_all(map { [AllTheWay::all_the_way($plugin, @$_)] } @EARLY,
	    $plugin eq 'check_mx_dns' ? () : @EARLY_BY_SERVER);
}

done_testing;

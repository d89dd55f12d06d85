#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx --domains needs no more memory for many domains than for few, though
# every look-up of theirs is left behind unanswered.

use v5.36;
use File::Temp;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;

# What these need themselves grows with what they have seen.
plan(skip_all => 'memory is that of the wrapper')
    if $ENV{CHECK_MX_WRAPPER} || grep { /^(?:A|T|UB|M)SAN_OPTIONS$/ } keys %ENV;

my $FEW = 100;
my $MANY = 4 * $FEW;
my $GROWTH_KIB = 10 << 10;	# fewer domains have fewer threads at once
my $folder = File::Temp->newdir;
my $mx = FakeMX->new(mode => 'refused');

my @worlds = (
	['no question is answered', { '*' => 'timeout' }],
	['only the servers are known', { '*' => { MX => ['10 mx.example.net'],
	    A => ['127.0.0.1'], TXT => 'nxdomain', AAAA => 'timeout',
	    TLSA => 'timeout', SOA => 'timeout' } }],
);

sub domains ($count) {
	my $path = "$folder/$count";
	open my $out, '>', $path or die "$path: $!";
	print $out map { "d$_.example\n" } 1 .. $count;
	close $out or die "$path: $!";
	return $path;
}

sub begin ($dns, $count) {
	return CheckMX::start(plugin('check_mx'), '--domains=' . domains($count),
	    '--nameserver', $dns->address, '-p', $mx->port, '-t', 1,
	    '-F', 'client.example.com', '--no-ptr', '--parallel=32',
	    { measure => 1 });
}

# All at the same time, for they mostly wait.
my @begun = map {
	my ($name, $zone) = @$_;
	my $dns = FakeDNS->new(zone => $zone);
	[$name, $dns, begin($dns, $FEW), begin($dns, $MANY)];
} @worlds;

for (@begun) {
	my ($name, undef, @runs) = @$_;
	my ($few, $many) = map { CheckMX::finish($_) } @runs;
	is(scalar $few->lines, $FEW, "Few domains are told of, where $name.");
	is(scalar $many->lines, $MANY, "Many are, where $name.");
	note($few->peak_kib, ' and ', $many->peak_kib, ' KiB');
	cmp_ok($many->peak_kib, '<', $few->peak_kib + $GROWTH_KIB,
	    "Many need no more memory than few, where $name.");
}

done_testing;

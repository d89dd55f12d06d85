#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Where no thread can be had, as in a container with a limit on them: all is
# done one after the other, and what could not be done is not told as a fault of
# the domain.

use v5.36;
use File::Copy qw(copy);
use File::Temp;
use FindBin;
use JSON::PP;
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

need('prlimit', 'setpriv');
plan(skip_all => 'a wrapper has threads and files of its own')
    if $ENV{CHECK_MX_WRAPPER} || grep { /^(?:A|T|UB|M)SAN_OPTIONS$/ } keys %ENV;

# Root has no limit: then a user does it who has nothing else running, and who
# may not be able to read what stands below a home directory.
my $USER = 64_321;
my $folder = File::Temp->newdir;
my ($program, $anchors) = ("$folder/check_mx", "$folder/ca.pem");
copy(plugin('check_mx'), $program) or die "copy: $!";
copy(Certs::ca_file(), $anchors) or die "copy: $!";
chmod 0755, $folder, $program;
chmod 0644, $anchors;
my @ALONE = ($> == 0 ? ('setpriv', "--reuid=$USER", "--regid=$USER",
    '--clear-groups') : (), 'prlimit', '--nproc=1');

my @domains = map { "d$_.example" } 1 .. 4;
my @mx = FakeMX->group(map {
	+{ address => "127.0.0.$_", hostname => "mx$_.example.net",
	    local => \@domains } } 1 .. 2);
# A dead zone below each domain is where the time went.
my $dns = FakeDNS->new(zone => {
	map({ ($_ => { MX => ['10 mx1.example.net', '20 mx2.example.net'] },
	    "_mta-sts.$_" => 'timeout', "_smtp._tls.$_" => 'timeout') }
	    @domains),
	map({ ("mx$_.example.net" => { A => ["127.0.0.$_"] }) } 1 .. 2),
});
my @arguments = ('--nameserver', $dns->address, '-p', $mx[0]->port,
    '-F', 'client.example.com', '--no-ptr', '--ca-file', $anchors, '-t', 4);

sub check_alone (@more) {
	return testCmd(@ALONE, $program, @arguments, @more);
}

# The codes of what is wrong, be it with domain or server.
sub told ($object) {
	return [sort map { $_->{code} } grep { $_->{state} ne 'OK' }
	    @{$object->{findings}}, map { @{$_->{findings}} }
	    @{$object->{servers}}];
}

my $run = testCmd(@ALONE, $^X, '-e', 'exit(defined fork ? 0 : 7)');
is($run->return_code, 7, 'There is no further thread to be had.');

my $json = JSON::PP->new->utf8;
my $usual = $json->decode(testCmd(plugin('check_mx'), @arguments,
    $domains[0], '--output-format=json')->output);
$run = check_alone($domains[0], '--output-format=json');
my $alone = $json->decode($run->output);
is($alone->{state}, $usual->{state},
    'The verdict is the same as with a thread for each look-up.')
    or diag($alone->{summary});
is_deeply(told($alone), told($usual), 'So are its reasons.');

open my $list, '>', "$folder/list" or die "$folder/list: $!";
print $list map { "$_\n" } @domains;
close $list or die "$folder/list: $!";
chmod 0644, "$folder/list";
$run = check_alone("--domains=$folder/list");
my @lines = map { $json->decode($_) } $run->lines;
is_deeply([sort map { $_->{domain} } @lines], \@domains,
    'A survey is made all the same.') or diag($run->as_text);
is_deeply([map { told($_) } @lines], [map { told($usual) } @lines],
    'Each of its domains has the verdict of a run of its own.')
    or diag($run->as_text);

done_testing;

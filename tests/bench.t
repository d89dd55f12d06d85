#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The programs of bench/ do what they say; what they measure is not tested here.

use v5.36;
use File::Copy qw(copy);
use File::Temp;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib", "$FindBin::Bin/../bench/lib";
use Bounds;
use Certs;
use CheckMX;
use FakeMX;
use Peers;
use Rows;

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my $build = $ENV{top_builddir} // '.';
my $NAME = 'mx1.example.com';

plan(skip_all => 'this is no build folder') unless -e "$build/Makefile";
need(qw(cc make openssl));
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};

# The hashed folder in which the floor looks for trust anchors.
my $anchors = File::Temp->newdir;
my ($hash) = testCmd(qw(openssl x509 -hash -noout -in), Certs::ca_file())
    ->output =~ /^(\w+)$/m;
copy(Certs::ca_file(), "$anchors/$hash.0") or die "$anchors: $!\n";

sub run_floor ($mx, @options) {
	return testCmd("$build/bench/floor", @options, '-p', $mx->port,
	    "$NAME=" . $mx->address, { env => { SSL_CERT_DIR => "$anchors" } });
}

sub dialogue ($mx) { join ', ', @{($mx->connections)[0]{commands}} }

{
	my $made = testCmd('make', '--silent', '-C', $build, 'bench/floor',
	    'bench/measure');
	is($made->return_code, 0, 'The floor and the meter build.')
	    or diag($made->as_text);
}
for my $script (glob "$top/bench/{bench,scale,lib/*.pm}") {
	my $checked = testCmd($^X, '-I', "$top/bench/lib", '-I',
	    "$top/tests/lib", '-c', $script);
	is($checked->return_code, 0, "$script is Perl.")
	    or diag($checked->as_text);
}

{
	my $mx = FakeMX->new(tls => { certificate => Certs::certificate(
	    names => [$NAME], not_after => Certs::days(60.5)) });
	my $run = run_floor($mx);
	is($run->output, "$NAME: 60 days left\n",
	    'The floor tells the days left.');
	is(dialogue($mx), 'EHLO floor.test, STARTTLS, QUIT',
	    'It says no more than it must.');
	ok(($mx->connections)[0]{tls}, 'The handshake was made.');
}
{
	my $mx = FakeMX->new;
	is(run_floor($mx, '-b')->return_code, 0, 'It can do without TLS.');
	is(dialogue($mx), 'EHLO floor.test, QUIT', 'It says EHLO and QUIT then.');
}
for (
	['another name', names => ['mx2.example.com']],
	['an unknown issuer', issuer => 'other-root'],
) {
	my ($what, %certificate) = @$_;
	my $mx = FakeMX->new(tls => { certificate =>
	    Certs::certificate(names => [$NAME], %certificate) });
	is(run_floor($mx)->return_code, 1, "It verifies: $what is refused.");
}
{
	my $run = testCmd("$build/bench/measure", 'sh', '-c', 'exit 3');
	my ($status, $cpu, $rss, $wall) = split ' ', $run->output;
	is($status, 3, 'The meter tells how a command ended.');
	ok($cpu > 0 && $rss > 0 && $wall > 0,
	    'It tells its CPU time, its memory, and how long it took.')
	    or diag($run->as_text);
	is((split ' ', testCmd("$build/bench/measure", 'sh', '-c',
	    'kill -TERM $$')->output)[0], 128 + 15, 'A signal is told, too.');
}
{
	my %one = map { $_ => figures(1) } $Rows::FLOOR, $Rows::FLOOR_BANNER,
	    $Peers::TLS, $Peers::PLAIN, map { "check_mx$_" }
	    '', qw(_banner _cert_expiry _openrelay _starttls);
	my %many = map { my $size = $_; map { ("$_ $size" => figures($size)) }
	    @Rows::OF_MANY } 1, 10, 30;
	my @kept = Bounds::all(\%one, \%many);
	is_deeply([broken(@kept)], [], 'What takes as much as the floor is fine.');

	$one{check_mx_starttls}{cpu}{median} = 1.11;
	$many{'check_mx_banner -H 30'}{cpu}{median} = 1 + 29 * 1.16;
	delete $one{$Peers::TLS};
	my @bounds = Bounds::all(\%one, \%many);
	is_deeply([broken(@bounds)], ['check_mx_starttls: CPU / floor',
	    'check_mx_banner -H: CPU of a further server / floor -b'],
	    'What takes more is named.');
	is(@bounds, @kept - 2, 'With a peer that is missing nothing is compared.');
}

sub figures ($size) {
	return { cpu => { median => $size }, rss => { median => 1 }, trips => 3 };
}

sub broken (@bounds) { map { $_->[0] } grep { $_->[1] > $_->[2] } @bounds }

done_testing;

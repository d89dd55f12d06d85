#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A thread that does not come back, whatever holds it, does not hold the
# plugin. Here it waits for a trust anchor that is a FIFO nobody writes to, as
# it would on a network file system that hangs.

use strict;
use warnings;
use v5.36;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp;
use POSIX qw(mkfifo);
use Test::More;

use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

# The name under which OpenSSL looks for a certificate in a directory.
my $hash = testCmd('openssl', 'x509', '-noout', '-subject_hash', '-in',
    Certs::ca_file())->output;
chomp $hash;
my $stuck = File::Temp->newdir;
mkfifo("$stuck/$hash.0", 0600) or die "mkfifo: $!\n";

# The second server is looked up by an address of its own and never asked for
# its issuer: what it sends ends at its own self-signed certificate.
my @servers = FakeMX->group(
    { address => '127.0.0.2', hostname => 'mx1.example.com' },
    { address => '127.0.0.3', hostname => 'mx2.example.com', tls => 0 },
);
my $dns = FakeDNS->new(zone => {
    'example.com' => { MX => ['10 mx1.example.com', '20 mx2.example.com'] },
    'mx1.example.com' => { A => ['127.0.0.2'] },
    'mx2.example.com' => { A => ['127.0.0.3'] },
});
my @arguments = (
    'example.com', '--port=' . $servers[0]->port,
    '--nameserver=' . $dns->address, "--ca-dir=$stuck",
);

# Under valgrind much of the time goes by before the handshake.
my ($time, $grace) = $ENV{CHECK_MX_WRAPPER} ? (10, 7) : (2, 2);

my $run = check('check_mx_starttls', @arguments, '-t', $time);
is($run->return_code, 2, 'A server that is not done in time is CRITICAL.');
like($run->text, qr/^mx1\.example\.com .*\(TIMEOUT\)/,
    'TIMEOUT is what line 1 tells of it.');
like($run->output, qr/^\[CRITICAL\] 20 mx2\.example\.com .*\(STARTTLS_NOT_OFFERED\)$/m,
    'What the others found in time is not lost.');
cmp_ok($run->seconds, '<', $time + $grace,
    'The plugin ends in its time, give or take what starting it costs.');

$run = check('check_mx_starttls', @arguments, '-t', '1:UNKNOWN',
    '--severity=STARTTLS_NOT_OFFERED=ok');
is($run->state, 'UNKNOWN', '-t 1:UNKNOWN says what TIMEOUT counts as.');

done_testing;

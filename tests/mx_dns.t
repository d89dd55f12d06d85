#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx_dns: MX hosts as expected, names of addresses that lead back, and
# what is counted. How each DNS answer is told apart is in dns.t.

use v5.36;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use CheckMX;
use FakeDNS;

my %hosts = (
    'mx1.example.com' => { A => ['127.0.0.2'], AAAA => ['::1'] },
    'mx2.example.com' => { A => ['127.0.0.3'] },
    '127.0.0.2' => { PTR => ['mail.example.net', 'mx1.example.com'] },
    '::1'       => { PTR => ['mx1.example.com'] },
    '127.0.0.3' => { PTR => ['mx2.example.com'] },
);
my %two = (
    'example.com' => { MX => ['10 mx1.example.com', '20 mx2.example.com'] }, %hosts,
);
my $hostless = { 'parked.example' => { MX => ['0 .'] } };

# What is asked, of which zone, what line 1 is, what else is in the output.
my @cases = (
    ['A domain whose addresses have names that lead back is OK',
        \%two, ['example.com'], 'OK', qr/PTR mx1\.example\.com; 2 of 2 servers OK/],
    ['Of several names one that leads back is enough',
        \%two, ['example.com'], 'OK', qr/^\[OK\] 10 mx1\S+ \[127\.0\.0\.2\] - PTR mx1\.example\.com$/m],
    ['An address without a name is DNS_PTR_MISSING',
        { %two, '127.0.0.3' => {} }, ['example.com'], 'WARNING',
        qr/^MX_DNS WARNING - mx2\.example\.com \[127\.0\.0\.3\]: .*\(DNS_PTR_MISSING\); 1 of 2 servers OK/],
    ['A name that leads elsewhere is DNS_PTR_MISMATCH',
        { %two, '127.0.0.3' => { PTR => ['elsewhere.example.net'] },
            'elsewhere.example.net' => { A => ['192.0.2.1'] } },
        ['example.com'], 'WARNING', qr/elsewhere\.example\.net.*\(DNS_PTR_MISMATCH\)/],
    ['A host is OK only with all its addresses',
        { %two, '::1' => {} }, ['example.com'], 'WARNING', qr/; 1 of 2 servers OK/],
    ['A name server that fails on PTR leaves a note, not a warning',
        { %two, '127.0.0.3' => { PTR => 'servfail' } }, ['example.com'], 'OK',
        qr/PTR not tested, look-up failed: SERVFAIL \(NOT_TESTED\)/],
    ['A name server that fails on the way back leaves a note, not a warning',
        { %two, 'mx2.example.com' => { A => { first => [['127.0.0.3']], answer => 'servfail' } } },
        ['example.com'], 'OK', qr/not confirmed.*\(NOT_TESTED\)/],
    ['With --no-ptr nobody asks for names',
        { %two, '127.0.0.3' => {} }, ['example.com', '--no-ptr'], 'OK', qr/2 of 2/],
    ['Expected MX hosts are OK, with and without preference',
        \%two, ['example.com', '--expect-mx=MX1.example.com.:10', '--expect-mx=mx2.example.com'],
        'OK', qr/2 of 2/],
    ['An MX host that is not expected is DNS_MX_UNEXPECTED',
        \%two, ['example.com', '--expect-mx=mx1.example.com'], 'CRITICAL',
        qr/example\.com: unexpected MX mx2\.example\.com, preference 20 \(DNS_MX_UNEXPECTED\)/],
    ['An MX host with another preference is not the expected one',
        \%two, ['example.com', '--expect-mx=mx1.example.com:10', '--expect-mx=mx2.example.com:30'],
        'CRITICAL', qr/\(DNS_MX_MISSING\)/],
    ['An expected MX host that is missing is DNS_MX_MISSING',
        \%two, ['example.com', map { "--expect-mx=mx$_.example.com" } 1 .. 3], 'CRITICAL',
        qr/expected MX mx3\.example\.com is missing \(DNS_MX_MISSING\)/],
    ['MX hosts are missing where only an address is there',
        { 'example.com' => { A => ['127.0.0.2'] }, %hosts },
        ['example.com', '--expect-mx=mx1.example.com', '--no-ptr'], 'CRITICAL', qr/DNS_MX_MISSING/],
    ['A null MX is CRITICAL where mail is wanted',
        $hostless, ['parked.example'], 'CRITICAL', qr/\(DNS_NULL_MX\)/],
    ['A null MX is OK where it is expected',
        $hostless, ['parked.example', '--expect-null-mx'], 'OK', qr/accepts no mail, as expected/],
    ['A null MX that is expected and not there is DNS_MX_MISSING',
        \%two, ['example.com', '--expect-null-mx', '--no-ptr'], 'CRITICAL',
        qr/expected null MX is missing \(DNS_MX_MISSING\)/],
    ['An implicit MX is a WARNING here',
        { 'example.com' => { A => ['127.0.0.2'] }, %hosts }, ['example.com', '--no-ptr'],
        'WARNING', qr/\(DNS_IMPLICIT_MX\)/],
    ['An MX that is an alias is a WARNING here',
        { 'example.com' => { MX => ['10 alias.example.com'] },
            'alias.example.com' => { CNAME => ['mx2.example.com'] }, %hosts },
        ['example.com', '--no-ptr'], 'WARNING', qr/\(DNS_MX_CNAME\)/],
    ['Too many MX hosts are a WARNING here',
        { 'example.com' => { MX => [map { "10 mx$_.example.com" } 1 .. 31] },
            map { ("mx$_.example.com" => { A => ["127.0.1.$_"] }) } 1 .. 31 },
        ['example.com', '--no-ptr'], 'WARNING', qr/31 MX hosts \(DNS_MX_TOO_MANY\)/],
    ['A host can be checked by its name', \%two, ['-H', 'mx2.example.com'], 'OK',
        qr/PTR mx2\.example\.com; 1 of 1 servers OK/],
    ['The time of all look-ups is held against -c',
        \%two, ['example.com', '-c', '@0:60'], 'CRITICAL', qr/\(RESPONSE_SLOW\)/],
);
for my $case (@cases) {
    my ($name, $zone, $arguments, $state, $output) = @$case;
    my $dns = FakeDNS->new(zone => $zone);
    my $run = check('check_mx_dns', @$arguments, '--nameserver=' . $dns->address);

    is($run->state, $state, "$name.");
    like($run->output, $output, "$name: the output says so.");
    is((grep { $_->{type} eq 'PTR' } $dns->queries), 0, "$name: no PTR was asked for.")
        if grep { $_ eq '--no-ptr' } @$arguments;
}

{
    my $dns = FakeDNS->new(zone => \%two);
    my $run = check('check_mx_dns', 'example.com', '-w', '20', '--nameserver=' . $dns->address);
    like($run->perf_output,
        qr/^time=\d+\.\d{3}s;20;;0 servers=2;;;0 servers_ok=2;;;0;2 addresses=3;;;0$/,
        'Servers are hosts, addresses are counted beside them.');
}

for (
    ['--port has no meaning here', qr/unknown option '-p'/, 'example.com', '-p', '25'],
    ['A host that is no name', qr/--expect-mx='a\.\.b': empty label/, 'example.com', '--expect-mx=a..b'],
    ['A preference that is no number', qr/--expect-mx='a\.example:x'/, 'example.com', '--expect-mx=a.example:x'],
    ['Both expectations at once', qr/exclude/, 'example.com', '--expect-null-mx', '--expect-mx=a.example'],
    ['An expectation without a domain', qr/--expect-mx: wants a domain/, '-H', 'a.example', '--expect-mx=a.example'],
) {
    my ($name, $text, @arguments) = @$_;
    my $run = check('check_mx_dns', @arguments, '--nameserver=127.0.0.1:1');
    is($run->return_code, 3, "$name is a usage error.");
    like($run->first_line, $text, "$name: line 1 says so.");
}

done_testing;

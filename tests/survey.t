#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx --domains: a line of JSON for each domain, the verdict of a run of its
# own, each server tested once.  survey_resume.t has what becomes of outputs,
# survey_stop.t signals and terminals.

use v5.36;
use FindBin;
use JSON::PP;
use List::Util qw(max uniq);
use Test::More;
use Time::HiRes qw(time);

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use Survey;

need('jsonschema');

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my $SCHEMA = "$top/contrib/check_mx.schema.json";
my $NETWORK_MAX = 8;	# connections to a /24 at a time
my $json = JSON::PP->new->utf8->canonical;

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
	my $input = file("\xef\xbb\xbf# ours\n", "\n", "  a.example \r\n", "foo bar\n",
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
	is($nothing->return_code, 3, 'Nothing was tested: that is not OK.');
	like($nothing->stderr, qr/; no domain in the input$/, 'It is said.');
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

subtest 'What cannot be meant' => sub {
	my $input = file("a.example\n");
	for my $case (
		[qr/--domains: excludes/, "--domains=$input", 'a.example'],
		[qr/--domains: excludes/, "--domains=$input", '-H', 'mx.example'],
		[qr/--domains='\/none': No such file/, '--domains=/none'],
		[qr/--domains='\/': neither a file/, '--domains=/'],
		[qr/--domains: empty value/, '--domains='],
		[qr/--parallel=?.*0/, "--domains=$input", '--parallel=0'],
		[qr/--parallel/, "--domains=$input", '--parallel=5000'],
		[qr/--resume: wants --domains/, "--resume=$input", 'a.example'],
		[qr/JSON alone/, "--domains=$input", '--output-format=report'],
		[qr/--expect-mx.* not for --domains/, "--domains=$input",
		    '--expect-mx=mx.example'],
		[qr/--expect-null-mx.* not for --domains/, "--domains=$input",
		    '--expect-null-mx'],
	) {
		my ($reason, @arguments) = @$case;
		my $run = check('check_mx', @arguments);
		like($run->output, qr/\AMX UNKNOWN - [^\n]*$reason/,
		    "@arguments: said in one line.");
		is($run->return_code, 3, "@arguments: UNKNOWN.");
	}
};

{
	my @paths = map { file($_) } @validated;
	my $run = testCmd('jsonschema', map({ ('-i', $_) } @paths), $SCHEMA);
	is($run->return_code, 0, 'The schema takes every line.')
	    or diag($run->as_text);
}

done_testing;

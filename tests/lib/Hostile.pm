# SPDX-License-Identifier: GPL-3.0-or-later
#
# Hostile - runs of the plugins against servers and resolvers that mean no
# good, side by side, and what holds for all of them.
#
#   withstands(
#       ['a greeting without end', { banner => FLOOD('x') },
#           dialogues('CRITICAL SMTP_TOO_LONG')],
#       ['a certificate request', {...}, { check_mx_starttls => 'OK' }, '-v'],
#   );
#
# withstands(@cases)  a case is what it is about; a script for FakeMX, or a
#   server; { plugin => "STATE CODE" }, by line 1; and further arguments. Each
#   plugin makes a run of its own. Returns the runs in that order, plugins in
#   that of their names. What is held against each: the rules of every run, the
#   verdict, an end within its time (unless there is a -t patience(5) where a
#   time-out is expected, else patience(10)) and a second, and memory below
#   32 MiB.
# endure(@calls)      the half of it that runs and holds: { what, expected,
#   command } each, the command with its -t
# each_of($verdict, @plugins)   { plugin => $verdict } for each of them
# dialogues($verdict) the same for all that speak SMTP
# starters($verdict)  the same for those of them which start TLS
# inside($answer)     a script with that answer to the second hello, inside TLS
# server(%script)     a server that every plugin is content with, but for that
# command($plugin, $mx, @arguments)  what such a run is, for check_all
# held($run, $what, $seconds)  the tests of time and memory alone
# told($run)          "STATE CODE" of line 1
# patience($seconds)  for a -t: more of them for a build that a sanitizer or a
#   wrapper slows down, lest it have no time left for what is about
package Hostile;

use v5.36;
use Exporter qw(import);
use File::Temp;
use Test::More;

use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

our @EXPORT = qw(command dialogues each_of endure held inside patience server
    starters told withstands);

my $HOST = 'mx1.example.com';
my $PEAK_KIB = 32 * 1024;
our $TOGETHER = 12;		# runs at a time
# A plugin has one more; the rest is for a machine that does other things.
my $GRACE = 1 + ($ENV{CHECK_MX_GRACE} // 2);
my $SLOWED = $ENV{CHECK_MX_WRAPPER}
    || grep { /^(?:A|T|UB|M)SAN_OPTIONS$/ } keys %ENV;
# -t, unless a case has its own: of who is waited for, and of who is not.
my $SECONDS = patience(5);
my $AT_MOST = patience(10);
my @STARTERS = qw(check_mx check_mx_auth check_mx_cert_expiry
    check_mx_delivery check_mx_starttls);
my @DIALOGUES = (@STARTERS, qw(check_mx_banner check_mx_openrelay));

# Not my: it has to outlive the reading of this file.
our $secret = File::Temp->new;
private_file("$secret", "geheim\n");
my @TRUST = ('--ca-file', Certs::ca_file());
my %ARGUMENTS = (
	check_mx => [@TRUST],
	check_mx_auth => [@TRUST, '-U', 'kate', '--authpass-file', "$secret"],
	check_mx_cert_expiry => [@TRUST],
	check_mx_delivery => [@TRUST, '-S', '--send',
	    "--to=friend\@$HOST"],
	check_mx_starttls => [@TRUST],
);
my $dns = FakeDNS->new(ad => 1, zone => {
	$HOST => { A => ['127.0.0.1'] },
	'127.0.0.1' => { PTR => [$HOST] },
});

sub each_of ($verdict, @plugins) { return { map { $_ => $verdict } @plugins } }
sub dialogues ($verdict) { return each_of($verdict, @DIALOGUES) }
sub starters ($verdict) { return each_of($verdict, @STARTERS) }
sub inside ($answer) { return (EHLO => EACH(DEFAULT, $answer)) }

sub command ($plugin, $mx, @arguments) {
	return ($plugin, '-H', $HOST, '--nameserver', $dns->address,
	    '-p', $mx->port, '-F', 'client.example.net',
	    @{$ARGUMENTS{$plugin} // []}, @arguments);
}

sub _time ($verdict, @arguments) {
	return () if grep { /^-t/ } @arguments;
	return ('-t', $verdict =~ /TIMEOUT/ ? $SECONDS : $AT_MOST);
}

sub withstands (@cases) {
	my @calls;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	for my $case (@cases) {
		my ($what, $script, $expected, @arguments) = @$case;
		my $mx = ref $script eq 'HASH' ? server(%$script) : $script;
		push @calls, map { {
			what => "$_, $what", expected => $expected->{$_},
			command => [command($_, $mx, @arguments,
			    _time($expected->{$_}, @arguments))], mx => $mx,
		} } sort keys %$expected;
	}
	return endure(@calls);
}

sub endure (@calls) {
	my @runs;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	while (my @now = splice @calls, 0, $TOGETHER) {
		my @ended = check_all(map { [@{$_->{command}}, { measure => 1,
		    name => "$_->{what}: the rules of every run are kept." }] }
		    @now);
		_judge($now[$_], $ended[$_]) for keys @now;
		push @runs, @ended;
	}
	return @runs;
}

# It takes logins, and mail for its own name alone.
sub server (%script) {
	return FakeMX->new(AUTH => "235 2.7.0 Welcome\r\n",
	    extensions_tls => ['PIPELINING', 'AUTH PLAIN'],
	    local => [$HOST], %script);
}

sub _judge ($call, $run) {
	my ($seconds) = "@{$call->{command}}" =~ /-t (\d+)/;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(told($run), $call->{expected}, "$call->{what}: "
	    . "$call->{expected}.") or diag($run->as_text);
	held($run, $call->{what}, $seconds);
}

sub held ($run, $what, $seconds) {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return if $SLOWED;
	cmp_ok($run->seconds, '<', $seconds + $GRACE,
	    "$what: it ends within its time and a second.");
	cmp_ok($run->peak_kib // 'inf', '<', $PEAK_KIB,
	    "$what: it takes less than 32 MiB.");
}

sub patience ($seconds) { return $SLOWED ? 3 * $seconds : $seconds }

sub told ($run) {
	return join ' ', $run->state,
	    $run->text =~ /\(([A-Z]+_[A-Z0-9_]+)\)(?:;|$)/ ? $1 : ();
}

1;

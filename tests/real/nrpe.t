# SPDX-License-Identifier: GPL-3.0-or-later
#
# A real NRPE server with contrib/nrpe: what check_nrpe prints is what the
# plugin says by hand, as far as the packet goes.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX;
use Lab::NRPE;
use Lab::Submission;

# check_nrpe's options, what they are, and the bytes that get through: from, to.
# A server that knows version 4 does not take 3 (NRPE 4.1), and the client falls
# back to 2. Of 64 KB the server's own pipe takes some.
my @PACKETS = (
	[[], 'version 4', 60 * 1024, 64 * 1024 - 1],
	[['-3'], 'version 3', 1023, 1023],
	[['-2'], 'version 2', 1023, 1023],
);
my $LONG = '-d mail.test -H mx.mail.test -H mx.exim.test -vvv';
my $TOO_LONG = '--explain';

Lab::Submission->enter;
Lab::need_not(Lab::NRPE->absent);
# The names that contrib/nrpe has for an example.
my $lab = Lab::Submission->new(records => ['example.com. MX 10 mx.mail.test.',
    'mail.example.com. A 127.0.3.1']);
my $nrpe = Lab::NRPE->start(ca_file => $lab->ca_file, commands => {
	long => "$Lab::Nagios::PLUGINS/check_mx $LONG",
	explain => "$Lab::Nagios::PLUGINS/check_mx $TOO_LONG",
});
$nrpe->await;

# Without what differs from run to run, durations and the moment in Exim's
# greeting, and as long as it was: a cut may come anywhere.
sub timeless ($text) {
	return $text =~ s/\d/0/gr =~ s/\b[A-Z][a-z]{2}\b/Xxx/gr;
}

sub by_hand ($plugin, $arguments) {
	return testCmd(CheckMX::plugin($plugin) . " $arguments",
	    { env => { SSL_CERT_FILE => $lab->ca_file } });
}

my %command = Lab::Server::slurp("$FindBin::Bin/../../contrib/nrpe/check_mx.cfg")
    =~ m{^command\[(\w+)\]=$Lab::Nagios::PLUGINS/(.*)$}mg;
is_deeply([map { "$_ " . $command{$_} =~ s/ .*//r } sort keys %command],
    [map { "$_ $_" } CheckMX::all_plugins()],
    'Every plugin has its command, of the same name.');

for my $name (sort keys %command) {
	my $run = $nrpe->ask($name);
	my $expected = by_hand(split ' ', $command{$name}, 2);

	is($run->return_code, $expected->return_code, "$name: the state.");
	is(timeless($run->output), timeless($expected->output),
	    "$name: all of its words.");
}

for my $packet (@PACKETS) {
	my ($options, $what, $from, $to) = @$packet;
	for my $case (
		['check_mx_banner', by_hand(
		    split ' ', $command{check_mx_banner}, 2)],
		['long', by_hand('check_mx', $LONG)],
		['explain', by_hand('check_mx', $TOO_LONG)],
	) {
		my ($name, $expected) = @$case;
		my $run = $nrpe->ask($name, @$options);
		my ($words, $got) =
		    map { timeless($_->output) } $expected, $run;

		# check_nrpe ends the last line.
		chomp $got;
		chomp $words;
		is($run->return_code, $expected->return_code,
		    "$what, $name: the state.");
		is($got, substr($words, 0, length $got),
		    "$what, $name: the words.");
		if (length $words <= $to) {
			is(length $got, length $words, "$what, $name: all.");
			next;
		}
		cmp_ok(length $got, '>=', $from, "$what, $name: up to the"
		    . ' limit.');
		cmp_ok(length $got, '<=', $to, "$what, $name: cut there.");
	}
}

is_deeply([$lab->messages], [], 'No queue holds a message.');

done_testing;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# A real Nagios with contrib/nagios: it takes the definitions as they are, runs
# all plugins against real servers, and keeps of each what it says by hand.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX;
use Lab::Nagios;
use Lab::Submission;

my @STATES = qw(OK WARNING CRITICAL UNKNOWN);
my $CONTRIB = "$FindBin::Bin/../../contrib/nagios";
my $HOST = 'mail.test';

Lab::Submission->enter;
Lab::need_not(Lab::Nagios->absent);
my $lab = Lab::Submission->new(
	sites => [{ name => "mta-sts.$HOST",
	    policy => join "\r\n", 'version: STSv1', 'mode: enforce',
	    "mx: mx.$HOST", 'max_age: 604800', '' }],
	records => ["mta-sts.$HOST. A 127.0.0.60",
	    "_mta-sts.$HOST. TXT \"v=STSv1; id=1;\"",
	    'many.test. MX 10 mx.mail.test.', 'many.test. MX 20 mx.exim.test.',
	    'many.test. MX 30 mx.many.test.', 'mx.many.test. A 127.0.3.99'],
);
my $login = "-U $Lab::Submission::USER --authpass-file="
    . $lab->secret_file($Lab::Submission::SECRET);
my $wrong_login = "-U $Lab::Submission::USER --authpass-file="
    . $lab->secret_file('wrong');

# Each service: host, template, what is special about it: arguments after the
# domain; then plugin, arguments by hand, state, code.
my @SERVICES = (
	[$HOST, 'mx', undef, 'check_mx', "$HOST --skip=relay", 'OK'],
	[$HOST, 'mx-banner', undef, 'check_mx_banner', $HOST, 'OK'],
	[$HOST, 'mx-dns', undef, 'check_mx_dns', $HOST, 'OK'],
	[$HOST, 'mx-starttls', undef, 'check_mx_starttls', $HOST, 'OK'],
	[$HOST, 'mx-cert-expiry', undef, 'check_mx_cert_expiry', $HOST, 'OK'],
	[$HOST, 'mx-openrelay', undef, 'check_mx_openrelay', $HOST, 'OK'],
	[$HOST, 'mx-mtasts', undef, 'check_mx_mtasts', $HOST, 'OK'],
	[$HOST, 'mx-delivery', undef, 'check_mx_delivery', $HOST, 'OK'],
	[$HOST, 'mx-auth', undef, 'check_mx_auth', "-H mx.$HOST", 'OK'],
	# The resolver of this lab does not validate.
	[$HOST, 'mx-dane', undef, 'check_mx_dane', $HOST,
	    'UNKNOWN DANE_UNTRUSTED_RESOLVER'],
	# With arguments; and what goes wrong.
	['exim.test', 'mx-auth', "check_mx_auth!!-H mx.exim.test $login",
	    'check_mx_auth', "-H mx.exim.test $login", 'OK'],
	['exim.test', 'mx-banner', 'check_mx_banner!exim.test!'
	    . "--expect='Exim 9' -c 10", 'check_mx_banner',
	    "exim.test --expect='Exim 9' -c 10", 'WARNING BANNER_UNEXPECTED'],
	['exim.test', 'mx-starttls', 'check_mx_starttls!exim.test!-vvv',
	    'check_mx_starttls', 'exim.test -vvv', 'OK'],
	['expired.test', 'mx-cert-expiry',
	    'check_mx_cert_expiry!$_HOSTMAIL_DOMAIN$!-p 587',
	    'check_mx_cert_expiry', 'expired.test -p 587',
	    'CRITICAL CERT_EXPIRED'],
	['expired.test', 'mx-auth',
	    "check_mx_auth!!-H mx.mail.test $wrong_login", 'check_mx_auth',
	    "-H mx.mail.test $wrong_login", 'CRITICAL AUTH_REJECTED'],
	['expired.test', 'mx-banner', 'check_mx_banner!expired.test!--bogus',
	    'check_mx_banner', 'expired.test --bogus', 'UNKNOWN'],
	['many.test', 'mx', undef, 'check_mx', 'many.test --skip=relay',
	    'CRITICAL TCP_REFUSED'],
	['nowhere.test', 'mx', undef, 'check_mx', 'nowhere.test --skip=relay',
	    'CRITICAL DNS_NXDOMAIN'],
);
my %HOSTS = ('mail.test' => 'UP', 'exim.test' => 'UP', 'expired.test' => 'UP',
    'many.test' => 'UP', 'nowhere.test' => 'DOWN');

# Minutes between checks, and after one that was not OK; checks until it counts.
my %RHYTHM = (mx => [15, 2, 3], 'mx-auth' => [15, 2, 3],
    'mx-banner' => [5, 1, 3], 'mx-cert-expiry' => [720, 60, 2],
    'mx-dane' => [60, 10, 3], 'mx-delivery' => [60, 10, 3],
    'mx-dns' => [15, 2, 3], 'mx-mtasts' => [60, 10, 3],
    'mx-openrelay' => [60, 15, 2], 'mx-starttls' => [15, 2, 3]);

sub host_text ($name) {
	return <<"END";
define host {
	use		mail-domain
	host_name	$name
	_mail_domain	$name
	_submission_host	mx.$name
}
END
}

sub service_text ($host, $template, $command, @) {
	my $check = defined $command ? "\tcheck_command\t$command\n" : '';
	return "define service {\n\tuse\t\t$template\n"
	    . "\thost_name\t$host\n$check}\n";
}

my $nagios = Lab::Nagios->start(ca_file => $lab->ca_file,
    objects => join "\n", map({ host_text($_) } sort keys %HOSTS),
    map { service_text(@$_) } @SERVICES);
my @status = $nagios->status;
my %service_of = map { ("$_->{host_name} " . $_->{check_command} =~ s/!.*//r,
    $_) } grep { $_->{kind} eq 'service' } @status;

# --- what is shipped ---

{
	my ($words, $content) = $nagios->verify(
	    map { "$CONTRIB/$_.cfg" } qw(check_mx templates example));
	ok($content, 'nagios4 -v takes commands, templates and the example.')
	    or diag($words);
	like($words, qr/Total Warnings: 0\nTotal Errors: +0/,
	    'It has nothing against them.') or diag($words);
	my $commands = Lab::Server::slurp("$CONTRIB/check_mx.cfg");
	is_deeply([sort $commands =~ m{^\s+command_line\s+\S+/(\S+) }mg],
	    [CheckMX::all_plugins()], 'Every plugin has its command.');
	is_deeply([$commands =~ /^\s+command_name\s+(\S+)$/mg],
	    [$commands =~ m{^\s+command_line\s+\S+/(\S+) '\$ARG1\$' \$ARG2\$$}mg],
	    'A command is named for its plugin, and takes two arguments.');
}

# --- what Nagios keeps of a check ---

# What differs from run to run: durations, and the moment in Exim's greeting.
sub timeless ($text) {
	return $text =~ s/\d+[.]\d+(?= s\b|s;|s |s$)/N/gr
	    =~ s/\w{3}, \d+ \w{3} \d{4} [\d:]{8} [+-]\d{4}/DATE/gr;
}

sub by_hand ($plugin, $arguments) {
	return testCmd(CheckMX::plugin($plugin) . " $arguments",
	    { env => { SSL_CERT_FILE => $lab->ca_file } });
}

for my $row (@SERVICES) {
	my ($host, $template, undef, $plugin, $arguments, $verdict) = @$row;
	my ($state, $code) = split ' ', $verdict;
	my %kept = %{$service_of{"$host $plugin"} // {}};

	subtest "$plugin of $host is $verdict." => sub {
		my $run = by_hand($plugin, $arguments);
		my ($first, @lines) = $run->lines;
		my ($text, $perfdata) = split / \| /, $first;

		# What is told before the perfdata loses its semicolons.
		$text =~ tr/;/:/;
		is($STATES[$kept{current_state}], $state, 'The state.');
		is($kept{current_state}, $run->return_code,
		    'It is that of the run by hand.');
		like($kept{plugin_output}, qr/[(]$code[)]/, 'The code is told.')
		    if defined $code;
		is(timeless($kept{plugin_output}), timeless($text),
		    'Line 1 is the output.');
		is(timeless($kept{long_plugin_output}),
		    timeless(join "\n", @lines),
		    'The other lines are the long output.');
		is(timeless($kept{performance_data}),
		    timeless($perfdata // ''), 'The perfdata are whole.');
		is_deeply([map { $_ + 0 }
		    @kept{qw(check_interval retry_interval max_attempts)}],
		    $RHYTHM{$template}, 'Its rhythm is that of its template.');
		cmp_ok($kept{next_check} - $kept{last_check}, '>=', 60
		    * ($state eq 'OK' ? $RHYTHM{$template}[0]
			: $RHYTHM{$template}[1]) - 1,
		    'The next check is planned by it.');
	};
}

for my $host (grep { $_->{kind} eq 'host' } @status) {
	my $name = $host->{host_name};
	is($host->{current_state} == 0 ? 'UP' : 'DOWN', $HOSTS{$name},
	    "The host $name is $HOSTS{$name}.");
	like($host->{plugin_output}, qr/^MX_DNS [A-Z]+ - /,
	    "check_mx_dns says so of $name.");
}

# --- the servers' side ---

is_deeply([$lab->messages], [], 'No queue holds a message.');

done_testing;

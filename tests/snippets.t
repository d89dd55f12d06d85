#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The lines for Nagios, NRPE and Checkmk: one for each plugin, with arguments
# that it takes, and one rhythm in all of them.

use v5.36;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;

my $contrib = ($ENV{top_srcdir} // "$FindBin::Bin/..") . '/contrib';
my $FOLDER = '/usr/lib/nagios/plugins';
my @PLUGINS = all_plugins();
my $dns = FakeDNS->new(zone => {
	'example.com' => { MX => ['10 mx.example.com'] },
	'mx.example.com' => { A => ['127.0.0.1'] },
	'mail.example.com' => { A => ['127.0.0.1'] },
});

sub slurp ($path) {
	open my $in, '<', $path or die "$path: $!";
	local $/;
	return readline $in;
}

# Those that are no comments.
sub lines ($path) { grep { /^[^#]/ } split /\n/, slurp($path) }

# The shell takes the line apart, as the agents do; nobody listens at port 1.
sub runs ($plugin, $arguments) {
	my $run = testCmd(join ' ', $ENV{CHECK_MX_WRAPPER} // (), plugin($plugin),
	    $arguments, '--nameserver', $dns->address,
	    $plugin eq 'check_mx_dns' ? () : '-p 1');

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	like($run->first_line, qr/^MX\w* (?!UNKNOWN)[A-Z]+ - /,
	    "$plugin takes: $arguments.") or diag($run->as_text);
}

my %minutes = slurp("$contrib/nagios/templates.cfg") =~ m{
    ^\tcheck_command\t(check_mx\w*)![^\}]*?^\tcheck_interval\t(\d+)$}xmg;
$minutes{$_} //= 15 for @PLUGINS;

subtest 'NRPE' => sub {
	my @lines = lines("$contrib/nrpe/check_mx.cfg");
	my @parts = map { [m{^command\[(\w+)\]=$FOLDER/(\w+) (.*)$}] } @lines;

	is_deeply([map { $_->[0] } @parts], \@PLUGINS, 'All have a command.');
	is_deeply([map { $_->[1] } @parts], \@PLUGINS, 'It is named for them.');
	like($lines[0], qr/--skip=relay$/, 'However often, only check_mx_openrelay'
	    . ' asks to relay.');
	runs(@$_[1, 2]) for @parts;
};

subtest 'Checkmk' => sub {
	my @lines = lines("$contrib/checkmk/mrpe.cfg");
	my @parts = map { [m{^(\w+) \(interval=(\d+)\) $FOLDER/(\w+) (.*)$}] }
	    @lines;

	is_deeply([map { $_->[2] } @parts], \@PLUGINS, 'All have a line.');
	is_deeply([map { lc "check_$_->[0]" } @parts], \@PLUGINS,
	    'The service is named for the plugin.');
	is_deeply({ map { $_->[2] => $_->[1] / 60 } @parts }, \%minutes,
	    'It is run as often as by Nagios.');
	like($lines[0], qr/--skip=relay$/,
	    'Relaying is asked for once an hour, by MX_OPENRELAY.');
	runs(@$_[2, 3]) for @parts;
};

subtest 'Icinga' => sub {
	my $services = slurp("$contrib/icinga2/mx-services.conf");
	my ($usual) = $services =~ /^\tcheck_interval = (\d+)m$/m;
	my %rhythm;

	for my $rule ($services =~ /^apply Service (.*?)^\}/msg) {
		my ($plugin) = $rule =~ /^\tcheck_command = "(\w+)"$/m;
		my ($number, $unit) = $rule =~ /^\tcheck_interval = (\d+)([mh])$/m;
		$rhythm{"check_$plugin"} =
		    ($number // $usual) * (($unit // 'm') eq 'h' ? 60 : 1);
	}
	is_deeply(\%rhythm, \%minutes, 'All are run as often as by Nagios.');
};

subtest 'README' => sub {
	my $readme = slurp("$contrib/../README.md");
	my %rhythm;

	while ($readme =~ /^\| (`check_mx[^|]*) \| (\d+) (min|h) \|/mg) {
		my ($services, $minutes) = ($1, $2 * ($3 eq 'h' ? 60 : 1));
		$rhythm{$_} = $minutes for $services =~ /`(check_mx\w*)/g;
	}
	is_deeply(\%rhythm, \%minutes, 'It recommends what is shipped.');
};

subtest 'Nagios' => sub {
	my @lines = slurp("$contrib/nagios/check_mx.cfg")
	    =~ /^\tcommand_line\t(.*)$/mg;
	is_deeply(\@lines, [map { "$FOLDER/$_ '\$ARG1\$' \$ARG2\$" } @PLUGINS],
	    'All have a command, which takes a domain and arguments.');

	my %macro = (MAIL_DOMAIN => 'example.com',
	    SUBMISSION_HOST => 'mail.example.com');
	my $commands = 0;
	for my $file (qw(templates example)) {
		for my $command (slurp("$contrib/nagios/$file.cfg")
		    =~ /^\tcheck_command\t(.*)$/mg) {
			like($command, qr/--skip=relay$/, 'Relaying is asked '
			    . 'for once an hour, by mx-openrelay.')
			    if $command =~ /^check_mx!/;
			$commands++;
			my ($plugin, $domain, $arguments) =
			    split /!/, $command =~ s/\$_HOST(\w+)\$/$macro{$1}/gr;
			runs($plugin, "'$domain' " . ($arguments // ''));
		}
	}
	cmp_ok($commands, '>=', @PLUGINS, 'No plugin was left out.');
};

done_testing;

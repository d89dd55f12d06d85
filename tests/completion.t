#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion in the shells themselves: what a person types at a terminal, TABs
# included, and the arguments that the plugin then gets.

use v5.36;
no warnings 'qw'; # commas are part of what is typed
use File::Path qw(make_path);
use File::Temp;
use FindBin;
use IO::Select;
use Test::More;
use Time::HiRes qw(time);

use lib "$FindBin::Bin/lib";
use CheckMX;

need(qw(IO::Pty bash zsh fish));

my $PATIENCE = 60;	# seconds
my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my $scripts = "$top/contrib/completion";
my $home = File::Temp->newdir;

# "Plugins" that tell what they were given, on one line.
make_path("$home/bin", "$home/files/folder");
for my $plugin (qw(check_mx check_mx_banner check_mx_delivery
    check_mx_openrelay check_mx_starttls)) {
	write_file("bin/$plugin", <<'END');
#!/bin/sh
printf '{'
for word; do printf '[%s]' "$word"; done
printf '}\n'
END
	chmod 0755, "$home/bin/$plugin";
}
write_file('files/folder/chain.pem', '');
write_file('files/other.txt', '');

sub write_file ($name, $content) {
	open my $out, '>', "$home/$name" or die "$name: $!";
	print $out $content;
	close $out or die "$name: $!";
}

my %SHELLS = (
	bash => {
		command => [qw(bash --norc --noprofile -i)],
		prepare => "bind 'set enable-bracketed-paste off'; PS1=; "
		    . "source '$scripts/check_mx.bash'",
	},
	zsh => {
		command => [qw(zsh -f -i)],
		prepare => "PS1= RPS1= PROMPT_EOL_MARK=; fpath=('$scripts' \$fpath); "
		    . 'autoload -U compinit; compinit -u -D',
	},
	fish => {
		command => [qw(fish --no-config --private -i)],
		prepare => "function fish_prompt; end; function fish_greeting; end; "
		    . "source '$scripts/check_mx.fish'",
	},
);

# What is typed, and what the plugin gets; fish puts a blank where the others
# put a =, and zsh takes the / of a folder away again.
my @CASES = (
	['a long option', "check_mx_banner --vers\t", '--version'],
	['the values of an option', "check_mx --output-f\tj\t",
	    '--output-format=json'],
	['a value behind a blank', "check_mx --output-format js\t",
	    '--output-format', 'json'],
	['one value only there is', "check_mx --require-m\tenf\t",
	    '--require-mode=enforce'],
	['a code', "check_mx_starttls --explain=CERT_EXPIRED\t",
	    '--explain=CERT_EXPIRED'],
	['a code begun', "check_mx_starttls --explain=CERT_CH\t",
	    '--explain=CERT_CHAIN_INCOMPLETE'],
	['a code and its state', "check_mx --severity=DNS_PTR_MISM\twarn\t",
	    '--severity=DNS_PTR_MISMATCH=warning'],
	['a second code and its state',
	    "check_mx --severity=DNS_RESOLVER=ok,TLS_NOT_1_3=cr\t",
	    '--severity=DNS_RESOLVER=ok,TLS_NOT_1_3=critical'],
	['a list', "check_mx --skip=relay,cert\t", '--skip=relay,certificate'],
	['an address form', "check_mx_openrelay --probes=route-t\t",
	    '--probes=route-two-hops'],
	['a login mechanism', "check_mx_delivery --authtype=SCRAM-SHA-2\t",
	    '--authtype=SCRAM-SHA-256'],
	['a file', "check_mx_starttls --ca-f\tfolder/ch\t",
	    '--ca-file=folder/chain.pem'],
	['a file behind another option', "check_mx --domains=- --res\tother\t",
	    '--domains=-', '--resume=other.txt'],
	['a folder, and no file', "check_mx_delivery --arrival-m\tfo\t",
	    '--arrival-maildir=folder/'],
	['an option after another', "check_mx_banner -4 --port=25 --ss\t",
	    '-4', '--port=25', '--ssl'],
	['no option of another plugin', "check_mx_banner --chai\t", '--chai'],
);

# A shell at a terminal of its own; nobody reads the home of who runs the test.
sub start ($shell) {
	my $pty = IO::Pty->new;
	my $pid = fork // die "fork: $!";

	if ($pid == 0) {
		$pty->make_slave_controlling_terminal;
		my $slave = $pty->slave;
		$slave->set_winsize(50, 200);
		open STDIN, '<&', $slave;
		open STDOUT, '>&', $slave;
		open STDERR, '>&', $slave;
		chdir "$home/files";
		%ENV = (PATH => "$home/bin:$ENV{PATH}", HOME => "$home",
		    TERM => 'dumb', LC_ALL => 'C.UTF-8',
		    XDG_CONFIG_HOME => "$home", XDG_DATA_HOME => "$home");
		exec @{$shell->{command}};
		exit 127;
	}
	$pty->close_slave;
	return { pty => $pty, pid => $pid, said => '' };
}

# Waits for a pattern; what it matched, or undef where it does not come.
sub wait_for ($session, $pattern) {
	my $until = time + $PATIENCE;
	my $ready = IO::Select->new($session->{pty});

	while (1) {
		return $1 if $session->{said} =~ s/\A.*?($pattern)//s;
		return if !$ready->can_read($until - time)
		    || !sysread $session->{pty}, $session->{said}, 4096,
			length $session->{said};
	}
}

sub comparable ($answer) {
	return $answer =~ s/\[(--[\w-]+)=/[$1][/gr =~ s{/\]}{]}gr;
}

sub type ($session, $text) { syswrite $session->{pty}, $text }

for my $name (sort keys %SHELLS) {
	my $session = start($SHELLS{$name});

	# The answer can't be mistaken for the echo of the question.
	type($session, "$SHELLS{$name}{prepare}\r");
	type($session, "check_mx ready\r");
	if (!wait_for($session, qr/\{\[ready\]\}/)) {
		fail("$name starts.");
		diag($session->{said});
	}
	for my $case (@CASES) {
		my ($what, $typed, @expected) = @$case;
		$session->{said} = '';
		type($session, "$typed\r");
		my $got = wait_for($session, qr/\{\[.*?\]\}/) // '';
		is(comparable($got), comparable(join '', '{',
		    (map { "[$_]" } @expected), '}'),
		    "$name completes $what.") or diag($session->{said});
	}
	type($session, "exit\r");
	close $session->{pty};
	waitpid $session->{pid}, 0;
}

done_testing;

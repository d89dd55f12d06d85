#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a newcomer reads first is true: the output shown is that of the demo, the
# options are there, and so are the files.

use v5.36;
use FindBin;
use File::Basename qw(dirname);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my $plugins = dirname(plugin('check_mx'));
my @PLUGINS = all_plugins();
my $readme = content('README.md');

sub content ($file) {
	open my $in, '<', "$top/$file" or die "$file: $!";
	local $/;
	return <$in>;
}

# Times, ports and the first moment of a new day are those of each run.
sub steady ($line) {
	return $line =~ s/\d+\.\d+s/TIME/gr =~ s/\]:\d+/]:PORT/gr
	    =~ s/valid for \d+ days/valid for DAYS/gr =~ s/ \.\.\.\z//r;
}

# An indented block of README.md, from its first line on.
sub block ($first) {
	my ($block) = $readme =~ /^(    \Q$first\E\n(?:    .*\n)*)/m;
	return $block ? [split /\n/, $block =~ s/^    //mgr] : [];
}

subtest 'README.md shows what the demo prints.' => sub {
	my $demo = testCmd($^X, "$top/contrib/demo-world", $plugins);
	my $shown = block('$ check_mx example.org --no-ptr');
	my ($printed) = $demo->output =~ /^(\Q$shown->[0]\E\n.*?)\n\n/ms;
	my @printed = map { steady($_) } split /\n/, $printed // '';

	is(@$shown, @printed, 'It is as many lines.') or diag($demo->as_text);
	for my $line (map { steady($_) } @$shown) {
		is(substr(shift @printed // '', 0, length $line), $line,
		    'A line of it is a line of the demo.');
	}
	my $explained = block('$ check_mx --explain=CERT_EXPIRED');
	my (undef, @lines) = @$explained;
	is(join("\n", @lines, ''), check('check_mx', '--explain=CERT_EXPIRED')
	    ->output, 'The explanation is that of --explain.');
};

subtest 'Every plugin is in the table, with a command that it takes.' => sub {
	for my $plugin (@PLUGINS) {
		my ($question, $command) = $readme
		    =~ /^\| `$plugin` \| (.+?) \| `($plugin .+?)` \|$/m;
		my $help = testCmd(plugin($plugin), '--help')->output;
		my ($purpose) = $help =~ /^\S+ - (.+)$/m;
		like(lc($question // ''), qr/\Q@{[lc $purpose]}\E$/,
		    "$plugin has its question.");
		my @unknown = grep { $help !~ /(?:^| |, )\Q$_\E\b/m }
		    ($command // '') =~ /(?<= )(--?[a-zA-Z][\w-]*)/g;
		is("@unknown", '', "$plugin knows the options there.");
	}
};

for my $file (qw(README.md HACKING.md)) {
	my $text = content($file);
	my $help = join '', map { testCmd(plugin($_), '--help')->output }
	    @PLUGINS;
	# Those of others: certbot, testssl.sh, systemctl, configure.
	my @options = grep { !/^--(?:dry-run|deploy-hook|mx|now|prefix|libexecdir|enable|disable|without)/ }
	    $text =~ /[` ](--[a-z][a-z-]*[a-z])/g;
	is(join(' ', grep { $help !~ / \Q$_\E\b/ } @options), '',
	    "Every option that $file names is there.");
	my @paths = ($text =~ m{[`( ]((?:contrib|tests|man|common|plugins|fuzz)
	    /[\w./-]*\w)}xg, $text =~ /\]\((\w+\.md)\)/g);
	is(join(' ', grep { !-e "$top/$_" && !/NAME|^fuzz\/found/ } @paths), '',
	    "Every file that $file names is there.");
}

done_testing;

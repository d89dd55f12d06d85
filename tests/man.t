#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The manual is made from what the plugins say, so it says the same: every
# option, every example, every code that a plugin can report; mandoc finds
# nothing wrong with it.

use v5.36;
use File::Basename qw(basename dirname);
use File::Temp;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib", "$FindBin::Bin/../man";
use CheckMX;
use Diagnostics;

need(qw(help2man mandoc));

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my $folder = File::Temp->newdir;
my $plugins = dirname(plugin('check_mx'));
my @PLUGINS = all_plugins();
my @SECTIONS = ('NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'VERDICT',
    'EXAMPLES', 'EXIT STATUS', 'DIAGNOSTICS', 'ENVIRONMENT', 'SECURITY NOTES',
    'SEE ALSO');
# States that are not those of the table, as runs have shown them.
my %STATE_THERE = (
	check_mx => { DANE_UNTRUSTED_RESOLVER => 'note', DANE_NONE => 'note' },
	check_mx_cert_expiry => { CERT_UNTRUSTED => 'note',
	    CERT_NAME_MISMATCH => 'note', TLS_VERSION_OBSOLETE => 'note',
	    CERT_EXPIRED => 'CRITICAL', CERT_INVALID => 'CRITICAL',
	    TLS_HANDSHAKE => 'CRITICAL' },
	check_mx_dane => { DANE_NONE => 'CRITICAL',
	    DANE_UNTRUSTED_RESOLVER => 'UNKNOWN' },
	check_mx_mtasts => { MTASTS_NONE => 'CRITICAL' },
	check_mx_starttls => { BANNER_NO_HOSTNAME => 'note',
	    CERT_UNTRUSTED => 'CRITICAL' },
	check_mx_dns => { DNS_MX_CNAME => 'WARNING' },
);
my $MOMENT = 1234567890;
my $DATE = '2009-02-13';

my $table = content("$top/common/diagnosis.def");
my @codes = $table =~ /^DIAGNOSIS\((\w+)/mg;

sub content ($file) {
	open my $in, '<', $file or die "$file: $!";
	local $/;
	return <$in>;
}

# Makes a page; the path of it.
sub page ($name, $epoch = $MOMENT) {
	my $run = testCmd('perl', "$top/man/page", $plugins, $name,
	    { env => { SOURCE_DATE_EPOCH => $epoch } });

	is($run->return_code, 0, "$name is made.") or diag($run->as_text);
	is($run->stderr, '', "Making $name needs no remark.");
	open my $out, '>', "$folder/$name" or die "$name: $!";
	print $out $run->output;
	close $out or die "$name: $!";
	return "$folder/$name";
}

# As a reader sees it, each run of blanks as one.
sub shown ($path) {
	my $run = testCmd('mandoc', '-Tascii', '-Owidth=200', $path);

	return $run->output =~ s/.\x08//gr =~ s/[ \n]+/ /gr;
}

sub check_page ($path) {
	my $name = basename($path);
	my $lint = testCmd('mandoc', '-Tlint', '-Wall', $path);
	my $roff = content($path);

	is($lint->output, '', "mandoc finds nothing wrong with $name.");
	like($roff, qr/^\.TH \S+ "?\d"? "$DATE" "check_mx [\d.]+"/m,
	    "$name has the date of SOURCE_DATE_EPOCH, and our version.");
	unlike($roff, qr/\@[A-Z]+\@/, "Nothing in $name is left to fill in.");
	my @others = $roff =~ /^\.BR (check_mx\w*) \(1\)/mg;
	is_deeply([grep { my $other = $_; !grep { $_ eq $other } @PLUGINS }
	    @others], [], "All plugins that $name refers to are there.");
	return $roff;
}

subtest "$_(1) says what the plugin says." => sub {
	my $plugin = $_;
	my $path = page("$plugin.1");
	my $roff = check_page($path);
	my $shown = shown($path);
	my $help = testCmd(plugin($plugin), '--help')->output;

	is_deeply([map { s/"//gr } $roff =~ /^\.SH (.+)$/mg], \@SECTIONS,
	    'It has its sections.');
	my ($purpose) = $help =~ /^\S+ - (.+)$/m;
	like($shown, qr/NAME \Q$plugin - $purpose\E SYNOPSIS/,
	    'Its name says what it answers.');
	my @options = $help =~ /^ {2,6}((?:-\w, )?--[\w-]+\S*)/mg;
	my @missing = grep { $shown !~ / \Q$_\E / } @options;
	ok(@options > 10, 'The plugin has options.');
	is("@missing", '', 'It has every option, with its argument.');
	my ($examples) = $help =~ /^Examples:\n(.*?)\n\n/ms;
	my @examples = split /\n(?=  \S)/, $examples =~ s/^  (?=  )//mgr;
	ok(@examples, 'Its --help has examples.');
	is_deeply([grep { $shown !~ /\Q@{[s{\s+}{ }gr]}\E/ } @examples], [],
	    'It has every example of --help.');
	my @wrong = grep {
		my $own = Diagnostics::reports($plugin, $_) ? 1 : 0;
		$own != ($roff =~ /^$_\t/m ? 1 : 0);
	} @codes;
	is("@wrong", '', 'It has the codes that the plugin can report.');
	is($roff =~ /^$_\t(\w+)/m ? $1 : 'none', $STATE_THERE{$plugin}{$_},
	    "$_ has the state that it has there.")
	    for sort keys %{$STATE_THERE{$plugin} // {}};
	my @torn;
	for my $example ($roff =~ /^\.EX\n(.*?)^\.EE$/msg) {
		my $before = '';
		for (split /\n/, $example) {
			push @torn, $_ unless /^(?:check_mx\w*|jq|touch) / || $before =~ /\\e$/;
			$before = $_;
		}
	}
	is("@torn", '', 'An example that is pasted is one command.');
} for @PLUGINS;

subtest 'check_mx(7) has the whole suite.' => sub {
	my $path = page('check_mx.7');
	my $roff = check_page($path);
	my $shown = shown($path);

	my @rows = $table
	    =~ /^DIAGNOSIS\((\w+), (\w+), (\d+), [^,]+,\n\t"([^"]+)"/mg;
	is(@rows, 4 * @codes, 'The table of codes is understood.');
	while (my ($code, $state, $weight, $title) = splice @rows, 0, 4) {
		$state = 'note' if $state eq 'OK';
		$weight = '' if $weight == 0;
		like($roff, qr/^$code\t$state\t$weight\tT\{\n\Q$title\E\nT\}$/m,
		    "$code has its state, its weight and its title.");
	}
	for my $plugin (@PLUGINS) {
		my ($purpose) = testCmd(plugin($plugin), '--help')->first_line
		    =~ / - (.+)/;
		like($shown, qr/ $plugin\(1\) (?:all of it: )?\Q$purpose\E /,
		    "It says what $plugin answers.");
	}
	my @places = content("$top/common/extra_opts.c")
	    =~ /^\t    \{"(\S+)", "\S+"\},$/mg;
	ok(@places && !grep({ $shown !~ m{ \Q$_\E/} } @places),
	    'It tells where --extra-opts looks.');
};

subtest 'A page is made from its sources alone.' => sub {
	my $first = content(page('check_mx_dns.1'));
	is(content(page('check_mx_dns.1')), $first,
	    'A page that is made again is the same.');
	like(content(page('check_mx.7', undef)), qr/^\.TH \S+ 7 "\d{4}-\d\d-\d\d"/m,
	    'Without SOURCE_DATE_EPOCH it has a date, too.');
	isnt(testCmd('perl', "$top/man/page", $plugins, 'check_mx_no.1')
	    ->return_code, 0, 'A plugin that is not there has no page.');
};

my @orphans = grep { my $code = $_;
    !grep { Diagnostics::reports($_, $code) } @PLUGINS } @codes;
is("@orphans", '', 'Every code stands in the manual of some plugin.');

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The layers of the library: a file includes only what lies below it.  A new
# file needs a line in @LAYERS; one that fits nowhere has the wrong name or
# does too much.

use v5.36;
use File::Find qw(find);
use File::Spec;
use FindBin;
use Test::More;

# From the ground up; a part is its .c, .h and .def, judge is judge_*.c too,
# and so are evidence and report.
my @LAYERS = (
	[qw(deadline descriptors dns_message domain failure look output terminal
	    text tree)],
	[qw(certificate crew diagnosis dns imap_answer imap_url inifile input
	    mailbox maildir message range reply software stop tls_words when)],
	[qw(explain lines lookup mtasts option places progress result reverse
	    secret tls tlsa)],
	[qw(dane enhanced extra_opts target_host transfer)],
	[qw(fetch imap target)],
	[qw(conn facts)],
	[qw(evidence form judge packed perfdata score sender settings smtp)],
	[qw(arrival auth probe relay report shared transaction)],
	[qw(earlier egress plugin step_banner step_dane step_dns step_message
	    step_relay step_tls)],
	[qw(step_auth step_egress step_mtasts)],
	[qw(run step_arrival)],
	[qw(survey)],
	[qw(program)],
	[qw(plugins/*)],
);
# What only some files may touch: everybody else goes through them.
my @PRIVATE = (
	['OpenSSL', qr/^#\s*include\s*<openssl/m,
	    qw(certificate.c conn.c dane.c tls.c tls_words.c)],
	['JSON', qr/^#\s*include\s*<jansson/m, 'report_json.h'],
	['inih', qr/^#\s*include\s*<ini\.h/m, 'inifile.c'],
	['libcurl', qr/^#\s*include\s*<curl/m,
	    qw(fetch.c imap.c imap_url.c transfer.c)],
	['GNU SASL', qr/^#\s*include\s*<gsasl/m, 'auth.c'],
	['waiting for bytes', qr/\b(?:p?poll|p?select|epoll_wait)\s*\(/,
	    qw(conn.c input.c output.c)],
	['threads', qr/\bpthread_create/, 'crew.c'],
	['locks', qr/\bpthread_(?:mutex|cond|rwlock)/,
	    qw(crew.c places.c places.h shared.c survey.c)],
);
my @SOURCE_FOLDERS = qw(.ci bench common contrib fuzz man plugins tests);

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my %layer_of;
for my $layer (0 .. $#LAYERS) {
	$layer_of{$_} = $layer for @{$LAYERS[$layer]};
}

sub content ($file) {
	open my $in, '<', $file or die "$file: $!";
	local $/;
	return <$in>;
}

sub without_comments ($code) {
	return $code =~ s{/\*.*?\*/|//[^\n]*}{}gsr;
}

# The part of the library that a file belongs to.
sub part ($file) {
	return 'plugins/*' if $file =~ m{plugins/[^/]+$};
	my ($name) = $file =~ m{([^/]+)\.\w+$};
	return $name =~ s/^(evidence|judge|report)_.*/$1/r;
}

my @sources = sort glob "$top/common/*.[ch] $top/common/*.def $top/plugins/*.c";
ok(@sources > 0, 'There are sources to look at.');

my %has_file;
for my $file (@sources) {
	my $part = part($file);
	my $name = File::Spec->abs2rel($file, $top);
	my $layer = $layer_of{$part};

	$has_file{$part} = 1;
	ok(defined $layer, "$name is in a layer.") or next;
	my @wrong = grep {
		my $other = part($_);
		$other ne $part && ($layer_of{$other} // $layer) >= $layer;
	} content($file) =~ /^#\s*include\s*"([^"]+)"/mg;
	is("@wrong", '', "$name includes only what lies below it.");
}
is(join(' ', grep { !$has_file{$_} } sort keys %layer_of), '',
    'No layer names what is gone.');

for my $private (@PRIVATE) {
	my ($what, $pattern, @owners) = @$private;
	my @users = map { s{.*/}{}r }
	    grep { without_comments(content($_)) =~ $pattern } @sources;
	is("@users", "@owners", "Only @owners: $what.");
}

# C, Perl and shell by their names or their #! line, and the build's sources.
sub is_source ($file) {
	return 1 if $file =~ m{(?:\.(?:c|h|def|pl|pm|t|sh|am|ac|py))$};
	return -T $file && content($file) =~ /\A#!/;
}

my @files = map { "$top/$_" } qw(Makefile.am configure.ac);
find({ no_chdir => 1,
    wanted => sub { push @files, $_ if -f && is_source($_) } },
    grep { -d } map { "$top/$_" } @SOURCE_FOLDERS);
my @bare = grep {
	content($_) !~ m{\A(?:\#![^\n]*\n)?[^\n]*
	    SPDX-License-Identifier:\ GPL-3\.0-or-later\b}x
} @files;
is(join(' ', map { File::Spec->abs2rel($_, $top) } sort @bare), '',
    'Every source file begins with its licence.');

done_testing;

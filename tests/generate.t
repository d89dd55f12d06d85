#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What contrib/generate makes of --help is what is committed, and leaves no
# option out; what stands beside it by hand fits.

use v5.36;
use File::Basename qw(dirname);
use File::Temp;
use FindBin;
use JSON::PP qw(decode_json);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;

# Options that print something and end, and no check.
my $NO_CHECK = qr/^(?:help|version|explain|list-probes|domains|parallel|resume)$/;

my $contrib = ($ENV{top_srcdir} // "$FindBin::Bin/..") . '/contrib';
my @programs = all_plugins();
my %options = map { $_ => [plugin_options($_)] } @programs;
my %made = map { $_ => slurp("$contrib/$_") } qw(completion/_check_mx
    completion/check_mx.bash completion/check_mx.fish icinga2/mx-commands.conf
    icinga2/director-basket.json);

# As --help names them.
sub plugin_options ($program) {
	return testCmd(plugin($program), '--help')->output
	    =~ /^  (?:-\w, |    )--([\w-]+)/mg;
}

sub slurp ($path) {
	open my $in, '<', $path or die "$path: $!\n";
	local $/;
	return readline $in;
}

# --- drift ---

my $folder = File::Temp->newdir;
my $run = testCmd(split(' ', $ENV{CHECK_MX_WRAPPER} // ''), $^X,
    "$contrib/generate", dirname(plugin('check_mx')), "$folder");
is($run->return_code, 0, 'contrib/generate makes its files.')
    or diag($run->as_text);
for my $name (sort keys %made) {
	ok(slurp("$folder/$name") eq $made{$name},
	    "contrib/$name is what contrib/generate makes of --help.")
	    or diag('run: contrib/generate BUILD-FOLDER/plugins');
}

# --- nothing left out ---

sub without ($text, @wanted) { return grep { $text !~ $_ } @wanted }

my $basket = decode_json($made{'icinga2/director-basket.json'});
for my $program (@programs) {
	my @options = @{$options{$program}};
	my @checking = grep { !/$NO_CHECK/ } @options;
	my $command = $program =~ s/^check_//r;
	my @variables = map { "${command}_" . tr/-/_/r } @checking;

	cmp_ok(scalar @options, '>', 15, "$program --help names its options.");

	my ($icinga) = $made{'icinga2/mx-commands.conf'}
	    =~ /^(object CheckCommand "\Q$command\E" \{\n.*?^\})/ms;
	is_deeply([without($icinga, map { qr/\$$_\$/ } @variables)], [],
	    "The CheckCommand $command takes every option.");
	is_deeply([grep { $icinga =~ /"--$_"/ } qw(help version explain
	    list-probes)], [], "$command does nothing but check.");

	my %field = %{$basket->{Datafield}};
	is_deeply([sort map { $field{$_->{datafield_id}}{varname} }
	    @{$basket->{ExternalCommand}{$command}{fields}}],
	    [sort @variables], "The basket has a field for each of them.");

	my ($bash) = $made{'completion/check_mx.bash'}
	    =~ /^_$program\(\) \{\n(.*?)^\}/ms;
	is_deeply([without($bash, map { qr/(?<!\S)--$_\b(?!-)/ } @options)], [],
	    "bash completes every option of $program.");
	my ($zsh) = $made{'completion/_check_mx'} =~ /^$program\)\n(.*?);;/ms;
	is_deeply([without($zsh, map { qr/--$_\b(?!-)/ } @options)], [],
	    "zsh completes every option of $program.");
	my $fish = join "\n", grep { /^complete -c $program / }
	    split /\n/, $made{'completion/check_mx.fish'};
	is_deeply([without($fish, map { qr/ -l $_ / } @options)], [],
	    "fish completes every option of $program.");
}

# --- what the Director wants of a basket ---

is_deeply([sort keys %$basket], [qw(Datafield ExternalCommand ServiceTemplate)],
    'A basket holds what the Director can restore.');
my @fields = map { @{$_->{fields}} } values %{$basket->{ExternalCommand}};
is_deeply([sort { $a <=> $b } map { $_->{datafield_id} } @fields],
    [sort { $a <=> $b } keys %{$basket->{Datafield}}],
    'Each of its fields belongs to one command.');
for my $kind (qw(ExternalCommand ServiceTemplate)) {
	my $objects = $basket->{$kind};
	is_deeply([grep { $objects->{$_}{object_name} ne $_ } keys %$objects],
	    [], "Each $kind is found by its name.");
}
is_deeply([grep { !$basket->{ExternalCommand}{$_->{check_command}} }
    values %{$basket->{ServiceTemplate}}], [],
    'Each service template has a command of the basket.');

# --- what is written by hand ---

my %known = map { $_->{varname} => 1 } values %{$basket->{Datafield}};
for my $name (qw(mx-services.conf README.md)) {
	my @used = slurp("$contrib/icinga2/$name") =~ /\bvars\.(mx_\w+)/g;
	ok(@used && !(grep { !$known{$_} } @used),
	    "Every variable that contrib/icinga2/$name names is known.")
	    or diag("@used");
}

done_testing();

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The Debian package: built as make deb does it, held to lintian, then
# installed, used, removed and purged in a root of its own, which knows of this
# machine's packages that ours depends on, and of nothing else.

use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(basename);
use File::Path qw(make_path);
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;

use CheckMX;
use Packaging;

need(qw(root dpkg-buildpackage dh lintian hardening-check));

my $PACKAGE = 'monitoring-plugins-check-mx';
my $PLUGINS = '/usr/lib/nagios/plugins';
my $EXAMPLES = "/usr/share/doc/$PACKAGE/examples";
my $COMMANDS = '/etc/nagios-plugins/config';
my $IS_COMMANDS = qr{^nagios/check_mx[^/]*[.]cfg$};
my @PROGRAMS = map { basename($_, '.c') } glob "$TOP/plugins/*.c";

my $build = succeeds('The package builds.', 'make', '--silent', '-C', $BUILD,
    'deb');
my ($deb) = glob "$BUILD/deb/${PACKAGE}_*.deb" or die "no package\n";
my ($changes) = glob "$BUILD/deb/*.changes";

sub field ($name) {
	chomp(my $value = testCmd('dpkg-deb', '-f', $deb, $name)->output);
	return $value;
}

is(field('Version'), version(), 'The package is of the version it packages.');
{
	my $lintian = succeeds('lintian finds no error and no warning.',
	    'lintian', '--fail-on', 'error,warning', $changes);
	is($lintian->output, '', 'lintian says nothing at all.');
}

# --- A root of its own ---

my $root = File::Temp->newdir(CLEANUP => 1);
my @dpkg = ('dpkg', '--root', $root, '--log', '/dev/null', '--no-triggers');

# The state of what ours depends on, without its files.
sub make_root () {
	my @needed = field('Depends') =~ /(?:^|[,|])\s*([a-z0-9.+-]+)/g;
	my $status = testCmd('dpkg-query', '--status', @needed)->output;

	make_path(map { "$root/var/lib/dpkg/$_" } qw(info triggers updates));
	append('/var/lib/dpkg/status', $status);
	for (split /\n\n/, $status) {
		my ($package) = /^Package: (\S+)$/m or next;
		$package .= ":$1"
		    if /^Multi-Arch: same$/m && /^Architecture: (\S+)$/m;
		append("/var/lib/dpkg/info/$package.list", "/.\n");
	}
}

sub append ($path, $content) {
	open my $out, '>>', "$root$path" or die "$root$path: $!\n";
	print $out $content;
	close $out;
}

sub files () { return grep { !m{^/var/(?:lib|log)/} } installed($root) }

make_root();
my $install = succeeds('The package installs where what it depends on is.',
    @dpkg, '--install', $deb);
unlike($install->stderr, qr/warning/, 'dpkg warns of nothing.');

# --- What is in it ---

my @files = files();
my @conffiles = grep { m{^/etc/} } @files;

is_deeply([grep { m{^$PLUGINS/} } @files],
    [sort map { "$PLUGINS/$_" } @PROGRAMS],
    'All plugins, and nothing else, are among the plugins.');
is_deeply(\@conffiles, [map { "$COMMANDS/" . basename($_) }
    glob "$TOP/contrib/nagios/check_mx*.cfg"],
    "Commands for Nagios are where Debian's packages have theirs.");
for my $name (administrators_folders()) {
	no_more_no_less([grep { m{^\Q$EXAMPLES/$name/} } @files],
	    [map { "$EXAMPLES/$name$_" } grep { "$name$_" !~ $IS_COMMANDS }
		installed("$TOP/contrib/$name")],
	    "The examples have all of contrib/$name.");
}
for my $shell (
	['bash', '/usr/share/bash-completion/completions/', ''],
	['fish', '/usr/share/fish/vendor_completions.d/', '.fish'],
) {
	my ($name, $folder, $suffix) = @$shell;
	is_deeply([grep { !-s "$root$folder$_$suffix" } @PROGRAMS], [],
	    "$name finds the completion of each plugin.");
}
ok(-s "$root/usr/share/zsh/vendor-completions/_check_mx",
    'zsh finds the completion.');
is(testCmd('cmp', "$root/usr/share/icinga2/include/check_mx",
    "$TOP/contrib/icinga2/mx-commands.conf")->return_code, 0,
    'include <check_mx> makes the commands known to Icinga.');
no_more_no_less(
    [grep { m{^/usr/share/man/} } @files],
    [map { m{([^/]+[.](\d))$} ? "/usr/share/man/man$2/$1.gz" : () }
	glob "{$BUILD,$TOP}/man/*.[1-8]"],
    'Every manual that is made is there.');
is_deeply([grep { -l "$root$_" && !-e "$root$_" } @files], [],
    'No link leads nowhere.');
is_deeply([grep { !-l "$root$_" && (stat "$root$_")[2] & 022 } @files], [],
    'Nobody but root can write to any of it.');

# --- It works ---

for my $name (@PROGRAMS) {
	my $path = "$root$PLUGINS/$name";
	my $run = testCmd($path, '--version');
	like($run->output, qr/\Q$name\E\b.*\b\Q@{[version()]}\E\b/,
	    "$name starts.");
	succeeds("$name is hardened.", 'hardening-check', $path);
}

# Those of debian/tests, as autopkgtest runs them, on these plugins.
my $source = abs_path("$BUILD/deb/$PACKAGE-" . version());
open my $control, '<', "$source/debian/tests/control" or die "$!\n";
for my $test (map { /^Tests: (.*)/ ? split ' ', $1 : () } <$control>) {
	succeeds("debian/tests/$test passes.", "$source/debian/tests/$test",
	    { env => { CHECK_MX_BUILDDIR => "$root/usr/lib/nagios" } });
}

# --- It goes ---

append($_, "# Changed by the administrator.\n") for @conffiles;
succeeds('The package can be removed.', @dpkg, '--remove', $PACKAGE);
is_deeply([files()], \@conffiles,
    'The configuration, which was changed, is all that stays.');
succeeds('The package can be purged.', @dpkg, '--purge', $PACKAGE);
is_deeply([grep { -e } map { "$root/$_" } qw(etc usr)], [],
    'Nothing stays, not even a folder.');

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a plugin is to who has found a hole in it: compiled and linked so that
# little can be made of it, no more than its user, and without a file of its
# own. That no core holds a secret is in auth.t and in the unit test of secret.

use v5.36;
use Config;
use File::Basename qw(basename);
use File::Temp;
use FindBin;
use Test::More;

use lib "$FindBin::Bin/lib";
use AllTheWay;
use CheckMX;

need(qw(hardening-check make objdump strace));

my $builddir = $ENV{CHECK_MX_BUILDDIR} // $ENV{top_builddir} // '.';
my $configured = testCmd("$builddir/config.status", '--config')->output;
# Why the build is not a hardened one, as its user wished; or nothing.
sub soft_by_design () {
	return $configured =~ /(--disable-hardening|--enable-hardening=no
	    |--enable-coverage|-O0)/x ? "configured with $1" : undef;
}

# The stack is moved a page at a time and each page touched: what is behind
# can't be reached without a fault. hardening-check looks for this in arrays of
# variable length alone, of which we have none.
sub stack_is_probed ($code) {
	my $page = 0x1000;
	my $probe = qr/\bsub +\$0x1000,%rsp\n.*\b(?:or|mov)q +\$0x0,\(%rsp\)/;
	my @steps = map { hex }
	    $code =~ /\bsub +\$0x([0-9a-f]{1,8}),%rsp/g;

	return $code =~ $probe && !grep { $_ > $page } @steps;
}

subtest 'hardening-check has nothing to say.' => sub {
	my $why = soft_by_design();
	plan(skip_all => $why) if $why;
	plan(skip_all => 'what it looks for is x86-64')
	    unless $Config{archname} =~ /^x86_64/;

	for my $plugin (plugins()) {
		my $check = testCmd('hardening-check', plugin($plugin));
		my %row = map { /^ ([^:]+): (.*)/ ? ($1, $2) : () }
		    $check->lines;
		my $clash = delete $row{'Stack clash protection'} // '';

		is($check->return_code, 0, "$plugin: it is content.")
		    or diag($check->as_text);
		is_deeply({ map { $_ => $row{$_} =~ /^(\w+)/ } keys %row },
		    { map { $_ => 'yes' } 'Position Independent Executable',
		    'Stack protected', 'Fortify Source functions',
		    'Read-only relocations', 'Immediate binding',
		    'Control flow integrity' }, "$plugin: row by row.");
		ok($clash =~ /^yes/ || $clash =~ /^unknown/ && stack_is_probed(
		    testCmd('objdump', '-d', '--no-show-raw-insn',
		    plugin($plugin))->output),
		    "$plugin: its stack does not run into something else.");
	}
};

subtest 'What is installed has no rights but those of its user.' => sub {
	my $root = File::Temp->newdir;
	local @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL)};
	my $made = testCmd('make', '--silent', '-C', $builddir, 'install',
	    "DESTDIR=$root");

	is($made->return_code, 0, 'It can be installed.')
	    or diag($made->as_text);
	my @installed = testCmd('find', "$root", '-type', 'f')->lines;
	is_deeply([sort map { basename($_) } grep { -x } @installed],
	    [plugins()], 'All plugins are there, and no other program.');
	is_deeply([testCmd('find', "$root", '-perm', '/6000')->lines], [],
	    'Nothing is setuid or setgid.');
};

# The run, and every call by which it changed, or could have, what is on a
# disk. Whoever looks on counts as looking, and so does /dev/null.
sub watched (@command) {
	my $trace = File::Temp->new;
	my $run = testCmd('strace', '-f', '-qq', '-e', 'trace=%file', '-o',
	    "$trace", @command);
	my @calls = map { /^\d+ +(\w+\(.*)/ ? $1 : () } <$trace>;

	return ($run, grep { !/^(?:execve|f?access(?:at2?)?|getcwd|readlink(?:at)?
		|(?:newf|l|f)?stat(?:at|fs)?|statx)\(/x
	    && !/^open(?:at)?\([^"]*"\/dev\//
	    && (!/^open/ || /O_(?:WRONLY|RDWR|CREAT|TMPFILE|TRUNC)/) } @calls);
}

subtest 'No file is written, a temporary one neither.' => sub {
	plan(skip_all => 'coverage is counted in files')
	    if $configured =~ /--enable-coverage/;
	plan(skip_all => 'nobody may be traced here')
	    if testCmd('strace', '-o', '/dev/null', 'true')->return_code;
	my @wrapper = split ' ', $ENV{CHECK_MX_WRAPPER} // '';
	plan(skip_all => 'valgrind writes files of its own')
	    if grep { /valgrind/ } @wrapper;

	my $folder = File::Temp->newdir;
	for my $does (": >$folder/a", ": >>$folder/a", "mv $folder/a $folder/b",
	    "rm $folder/b", "mkdir $folder/c", "mktemp $folder/XXX") {
		my (undef, @seen) = watched('/bin/sh', '-c', $does);
		ok(scalar @seen, 'It would be seen: '
		    . $does =~ s/\Q$folder\E\///gr);
	}
	for my $plugin (plugins()) {
		my (undef, @arguments) = all_the_way($plugin);
		my ($run, @seen) = watched(@wrapper, plugin($plugin),
		    @arguments);

		is($run->state, outcome($plugin),
		    "$plugin: it goes all its way.") or diag($run->as_text);
		is_deeply(\@seen, [], "$plugin: it writes no file.");
	}
};

done_testing;

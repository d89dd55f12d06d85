#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# meter.pl - what a program takes, for CheckMX
#
# usage: meter.pl FILE COMMAND...
# Runs the command and writes the seconds it took and the KiB of its greatest
# resident set to FILE; ends as it did. A process of its own, and a small one:
# Linux counts what a process was before exec(), which would be the test.

use v5.36;
use POSIX ();
use Time::HiRes qw(time);

require 'syscall.ph';

my ($file, @command) = @ARGV;
my $begin = time;
my $pid = fork // die "fork: $!\n";
if ($pid == 0) {
	no warnings 'exec';
	exec { $command[0] } @command;
	print STDERR "cannot run $command[0]: $!\n";
	POSIX::_exit(127);
}
waitpid $pid, 0;
my ($status, $seconds) = ($?, time - $begin);

# struct rusage: two times of two longs each, then ru_maxrss.
my $usage = "\0" x 256;
syscall(SYS_getrusage(), -1, $usage) == 0 or die "getrusage: $!\n";
my $peak_kib = (unpack 'l!5', $usage)[4];

open my $out, '>', $file or die "$file: $!\n";
print $out "$seconds $peak_kib\n";
close $out or die "$file: $!\n";
kill $status & 127, $$ if $status & 127;
POSIX::_exit($status >> 8);

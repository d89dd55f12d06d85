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
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use MailDomain;

need(qw(hardening-check make objdump strace));

my $builddir = $ENV{CHECK_MX_BUILDDIR} // $ENV{top_builddir} // '.';
my $configured = testCmd("$builddir/config.status", '--config')->output;
my $HOST = 'mx1.example.com';
my $folder = File::Temp->newdir;
my $mx = FakeMX->new(AUTH => "235 2.7.0 Welcome\r\n", local => ['example.com'],
    extensions_tls => ['PIPELINING', 'AUTH PLAIN']);
my $dns = FakeDNS->new(ad => 1, zone => {
	'example.com' => { MX => ["10 $HOST"] },
	$HOST => { A => ['127.0.0.1'] },
	'127.0.0.1' => { PTR => [$HOST] },
	%{tlsa(1, $mx->port, '3 1 1')},
	'_mta-sts.example.com' => { TXT => ['"v=STSv1; id=1"'] },
	'mta-sts.example.com' => { A => ['127.0.0.60'] },
});
my @VIA = ('-p', $mx->port, '-F', 'client.example.net');
my @TRUST = (@VIA, '--ca-file', Certs::ca_file());

# How each plugin is run here: with all it has that could want a file.
my %ARGUMENTS = (
	check_mx => [@TRUST],
	check_mx_auth => [@TRUST, '-U', 'kate', '--authpass-file',
	    write_file('secret', "geheim\n")],
	check_mx_banner => [@VIA],
	check_mx_cert_expiry => [@TRUST],
	check_mx_dane => [@VIA],
	check_mx_delivery => [@TRUST, '-S', '--send',
	    '--to=friend@example.com', '--message',
	    write_file('message', "Subject: hello\n\nHello\n")],
	check_mx_dns => [],
	check_mx_mtasts => [@TRUST, '--extra-opts=mtasts@'
	    . write_file('plugins.ini', "[mtasts]\ntimeout=20\n")],
	check_mx_openrelay => [@VIA],
	check_mx_starttls => [@TRUST],
);
# Nobody serves the policy.
my %STATE = map { $_ => 'CRITICAL' } qw(check_mx check_mx_mtasts);
my @PLUGINS = sort keys %ARGUMENTS;

sub write_file ($name, $content) {
	open my $out, '>', "$folder/$name" or die "$name: $!";
	print $out $content;
	close $out or die "$name: $!";
	chmod 0600, "$folder/$name";
	return "$folder/$name";
}

# Why the build is not a hardened one, as its user wished; or nothing.
sub soft_by_design () {
	return $configured =~ /(--disable-hardening|--enable-hardening=no
	    |--enable-coverage)/x ? "configured with $1" : undef;
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

	for my $plugin (@PLUGINS) {
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
	    \@PLUGINS, 'All plugins are there, and no other program.');
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
	my @wrapper = split ' ', $ENV{CHECK_MX_WRAPPER} // '';
	plan(skip_all => 'valgrind writes files of its own')
	    if grep { /valgrind/ } @wrapper;

	for my $does (": >$folder/a", ": >>$folder/a", "mv $folder/a $folder/b",
	    "rm $folder/b", "mkdir $folder/c", "mktemp $folder/XXX") {
		my (undef, @seen) = watched('/bin/sh', '-c', $does);
		ok(scalar @seen, 'It would be seen: '
		    . $does =~ s/\Q$folder\E\///gr);
	}
	for my $plugin (@PLUGINS) {
		my ($run, @seen) = watched(@wrapper, plugin($plugin),
		    '-d', 'example.com', '--nameserver', $dns->address,
		    @{$ARGUMENTS{$plugin}});

		is($run->state, $STATE{$plugin} // 'OK',
		    "$plugin: it goes all its way.") or diag($run->as_text);
		is_deeply(\@seen, [], "$plugin: it writes no file.");
	}
};

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_mx --domains --resume: what was done before is left out, what was not is
# done; nobody's file is spoilt, and what can't be meant is said before a single
# domain is begun.

use v5.36;
use FindBin;
use JSON::PP;
use POSIX qw(mkfifo);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use Survey;

my @NAMES = map { "$_.example" } 'a' .. 'f';
my $OURS = 'check_mx --domains';
my $NOT_OURS = qr/--resume='[^']+': not the output of $OURS/;
my $APPEND = qr/--resume='[^']+': also the output: append to it \(>>\)/;
my $TORN = qr/--resume='[^']+': its last line has no end, and is not of $OURS/;
my $json = JSON::PP->new->utf8->canonical;
my $world = world(domains => { map { $_ => [1] } @NAMES }, scripts => [{}]);
my $list = file(map { "$_\n" } @NAMES);

# A line of an earlier run, as far as it matters.
sub line ($domain, $exit_code = 0, %more) {
	return '{"plugin":"check_mx",' . substr($json->encode({ %more,
	    domain => $domain, exit_code => $exit_code }), 1) . "\n";
}

# Goes on with an output that is there; what is in it then, exit code, summary.
sub resume ($output, @arguments) {
	my %where = ref $arguments[-1] ? %{pop @arguments} : ();
	my $errors = file();
	my ($code, $signal) = end_of(begin($world, $list, out => $output,
	    err => $errors, arguments => ["--resume=$output", @arguments],
	    %where));

	is($signal, 0, 'It does not die.');
	return (slurp($output), $code, slurp($errors));
}

sub domains ($content) {
	return map { $_->{domain} } grep { !exists $_->{line} }
	    map { $json->decode($_) } split /\n/, $content;
}

subtest 'What was done before is left out.' => sub {
	my $before = line('a.example') . line('c.example', 1);
	my ($content, $code, $summary) = resume(file($before));

	is(substr($content, 0, length $before), $before, 'It stays as it is.');
	is_deeply([sort(domains($content))], \@NAMES, 'Each domain is there once.');
	is($code, 1, 'The exit code is that of the whole list.');
	like($summary, qr/^check_mx:\ 4\ domains\ in\ .*\ 4\ OK;.*
	    ;\ 2\ domains\ done\ before\ \(up\ to\ WARNING\)$/x,
	    'The summary tells what was done now, and how many were.');
};

subtest 'All was done before.' => sub {
	my $before = join '', map { line($_, $_ eq 'b.example' ? 2 : 0) } @NAMES;
	my ($content, $code, $summary) = resume(file($before));

	is($content, $before, 'Nothing is added.');
	is($code, 2, 'The exit code is that of the list.');
	like($summary, qr/: 0 domains in .*; 6 domains done before \(up to CRIT/,
	    'It is said.');
	unlike($summary, qr/no domain in the input/, 'The list was not empty.');

	(undef, $code) = resume(file($before . line('b.example')));
	is($code, 0, 'Of two lines of a domain the last one counts.');
};

subtest 'Nothing was done before.' => sub {
	my $output = file();
	my ($content, $code, $summary) = resume($output);

	is_deeply([sort(domains($content))], \@NAMES, 'All is done.');
	is($code, 0, 'It is well.');
	like($summary, qr/; 0 domains done before$/, 'It is said.');

	my $run = testCmd(plugin('check_mx'), "--domains=$list",
	    "--resume=$output.missing", @{$world->{arguments}});
	is($run->return_code, 0, 'A file that is not there is as good.');
	is_deeply([sort(domains($run->output))], \@NAMES, 'All is done.');
	like($run->stderr, qr/; 0 domains done before$/, 'It is said.');
};

subtest 'What was not tested is not done.' => sub {
	my ($content, $code) = resume(file(line('a.example', 3, line => 1,
	    summary => 'line 1: out of memory'), line(undef, 3, line => 2),
	    line('b.example', 3)));

	is_deeply([sort(domains($content))], \@NAMES,
	    'It is made up for, UNKNOWN itself is not.');
	is($code, 3, 'That counts.');
};

subtest 'Half a line is done again.' => sub {
	for my $torn ('{', '{"plugin', '{"plugin":"check_mx","domain":"b.exa',
	    line('b.example') =~ s/\n//r) {
		my ($content, $code) = resume(file(line('a.example'), $torn));

		is_deeply([sort(domains($content))], \@NAMES,
		    "$torn: each domain is there once, on a whole line.");
		is($code, 0, "$torn: all is well.");
	}
	my $other = file(line('a.example'), '{"plugin":"check_mx","doma');
	my $run = testCmd(plugin('check_mx'), "--domains=$list",
	    "--resume=$other", @{$world->{arguments}});
	is_deeply([sort(domains($run->output))], [@NAMES[1 .. 5]],
	    'It is no matter where the rest goes elsewhere.');
	like(slurp($other), qr/"doma\z/, 'Then it stays.');
};

SKIP: {
	my $output = file(line('a.example'), '{"plugin":"check_mx"');
	skip 'nothing here can be appended to alone', 3
	    if system("chattr +a $output >/dev/null 2>&1") != 0;
	my ($content, $code, $summary) = resume($output);
	system 'chattr', '-a', $output;
	is($code, 3, 'Half a line that cannot be cut off is not OK.');
	like($summary, qr/the output can't be written: Operation not permitted/,
	    'It is said.');
}

# Each mistake is said in one line, before anything is sent, and not into the
# file that it is about.
sub refused ($what, $reason, $output, %where) {
	my $before = slurp($output) if -f $output;
	my $errors = file();
	my ($code) = end_of(begin($world, $where{input} // $list,
	    out => $where{out} // file(), err => $errors,
	    arguments => $where{arguments} // ["--resume=$output"]));

	like(slurp($errors), qr/\AMX UNKNOWN - $reason\n\z/,
	    "$what: it is said in one line.");
	is($code, 3, "$what: UNKNOWN.");
	is(slurp($output), $before, "$what: the file is as it was.")
	    if defined $before;
}

subtest 'What cannot be gone on with' => sub {
	my $folder = file() =~ s{/[^/]+\z}{}r;
	my $pipe = file() . '.pipe';
	mkfifo($pipe, 0600) or die "$pipe: $!";
	my $locked = file(line('a.example'));

	refused('a folder', qr/--resume='$folder': not a file/, $folder);
	refused('a pipe', qr/--resume='$pipe': not a file/, $pipe);
	refused('the list', $NOT_OURS, $list);
	refused('a table', $NOT_OURS, file("a.example,OK\n"));
	refused('another object', $NOT_OURS, file(qq({"domain":"a.example"}\n)));
	refused('no text', $NOT_OURS, file("\0\1\n", "\0" x 5000));
	refused('no lines', $NOT_OURS, file('x' x 5000));
	SKIP: {
		skip 'root reads all', 2 if $> == 0;
		chmod 0, $locked;
		refused('no permission', qr/--resume='$locked': Permission denied/,
		    $locked);
	}
};

subtest 'What would be spoilt' => sub {
	my $output = file(line('a.example'));
	refused('written over', $APPEND, $output,
	    out => ['+<', $output]);

	$output = file();
	refused('emptied by the shell', $APPEND, $output, out => ['>', $output]);

	for my $end ('b.example', '{"domain":"b.example"}') {
		$output = file(line('a.example'), $end);
		refused("a last line of others, $end",
		    $TORN, $output, out => $output);
		$output = file($end);
		refused("nothing but $end", $NOT_OURS, $output, out => $output);
	}

	# It would read what it writes, for ever.
	my $input = file("a.example\n");
	my $both = qr/--domains='[^']+': also the output/;
	refused('input is output', $both, $input, input => $input,
	    out => $input, arguments => []);
	$input = file("a.example\n");
	refused('input is output, and resumed', $both, $input, input => $input,
	    out => $input, arguments => ["--resume=$input"]);
	my $run = testCmd(join ' ', $ENV{CHECK_MX_WRAPPER} // '',
	    plugin('check_mx'), '--domains=-', @{$world->{arguments}},
	    "<$input >>$input");
	is($run->return_code, 3, 'The standard input, too: UNKNOWN.');
	is($run->stderr, "MX UNKNOWN - --domains='-': also the output\n",
	    'It is said.');
	$run = testCmd(join ' ', $ENV{CHECK_MX_WRAPPER} // '',
	    plugin('check_mx'), '--domains=-', @{$world->{arguments}},
	    '</dev/null >/dev/null');
	like($run->stderr, qr/no domain in the input/,
	    'What keeps nothing may be both.');
};

done_testing;

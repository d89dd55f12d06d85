# SPDX-License-Identifier: GPL-3.0-or-later
#
# CheckMX - runs a plugin and holds it to the rules, in the manner of NPTest.
#
#   use CheckMX;
#   my $run = check('check_mx_banner', '-H', $mx->address, '-p', $mx->port);
#   is($run->return_code, 0, 'A polite server is OK.');
#   is(perfdata($run)->{servers}->value, 1, 'One server was counted.');
#
# testCmd(@command [, \%options])   runs a list without a shell, a single string
#   with one.  Options: env => { NAME => value or undef }, stdin => 'text',
#   timeout => seconds (then everything it started is killed), measure => 1.
#   The result has return_code (128 + signal after a death), signal, timed_out,
#   seconds, output, stderr, lines, first_line, state (OK ...), text (line 1
#   from " - " to "|"), perf_output and command; measured, seconds are those of
#   the program alone, and peak_kib is its greatest resident set.
# check($plugin, @arguments [, \%options])   testCmd of a built plugin, and one
#   test that the run kept the rules that hold for every run; further option:
#   name => that test's name.
# check_all(\@call, ...)   check of each call, all running at the same time: for
#   runs that wait.
# CheckMX::start(@command [, \%options]), CheckMX::finish($started)   the two
#   halves of testCmd, for many at a time.
# CheckMX::broken_rules($run, @arguments)   what check would not let pass
# plugin($name)      path of a built program: below CHECK_MX_BUILDDIR, else
#   top_builddir, else the current directory.
# all_plugins()      the names of those that are built there
# perfdata($run)     { label => Monitoring::Plugin::Performance }, parsed by
#   that module and not by us; a failed test if it cannot.
# need(@things)      skips the whole test without 'root', 'ipv6', a program or
#   a Perl::Module; fails instead where CHECK_MX_REQUIRE_ALL=1.
# private_file($path, $content)   writes it, for nobody else to read, as secrets
#   have to be; returns the path
#
# CHECK_MX_WRAPPER (setarch -R, valgrind -q ...) goes before every plugin; the
# name of one starts with check_mx.
package CheckMX;

use v5.36;
use Carp qw(croak);
use Cwd qw(abs_path);
use Encode ();
use Exporter qw(import);
use File::Spec;
use File::Temp ();
use IO::Select;
use IO::Socket::IP;
use List::Util qw(first uniq);
use Monitoring::Plugin::Performance;
use POSIX ();
use Test::More;
use Time::HiRes qw(time);

my $TOP;
BEGIN { $TOP = abs_path(__FILE__) =~ s{/tests/lib/CheckMX\.pm\z}{}r }
use lib "$TOP/man";
use Diagnostics;

our @EXPORT = qw(testCmd check check_all plugin all_plugins perfdata need
    private_file);

my $TIMEOUT = $ENV{CHECK_MX_WRAPPER}
    || grep({ /^(?:A|T|UB|M)SAN_OPTIONS$/ } keys %ENV) ? 240 : 60;
my $METER = abs_path(__FILE__) =~ s/\.pm\z/\/meter.pl/r;
my $OUTPUT_LIMIT = 4096;	# all that Nagios is certain to read
my $TEXT_LIMIT = 200;
my @STATES = qw(OK WARNING CRITICAL UNKNOWN);
my $STATUS_LINE = do {
	my $state = join '|', @STATES;
	qr/^(?<service>MX(?:_[A-Z]+)*)\ (?<state>$state)\ -\ (?<text>[^|]+?)
	    (?:\ \|\ (?<perf>.*))?$/x;
};
# The arguments that ask for something else than a status line.
my $FREE_FORM = qr/(?:^|\ )(?:-h|--help|-V|--version|--explain(?:=\S*)?
    |--list-probes|--output-format[=\ ](?:report|json|openmetrics))(?:\ |$)/x;
my $PERF_ITEM = qr/^[a-z0-9_.-]+=-?\d+(?:\.\d+)?[a-zA-Z%]*(?:;[^;]*){0,4}\z/;
# C0 but newline, DEL, C1, line and paragraph separators, bidi controls.
my $UNPRINTABLE = qr/[\x00-\x09\x0b-\x1f\x7f-\x9f]
    |[\x{2028}-\x{202e}\x{200e}\x{200f}\x{061c}\x{2066}-\x{2069}]/x;

sub testCmd (@command) {
	my %options = ref $command[-1] ? %{pop @command} : ();

	return _run(@command == 1 ? ['/bin/sh', '-c', $command[0]] : \@command,
	    \%options);
}

sub private_file ($path, $content) {
	open my $out, '>:raw', $path or croak "$path: $!";
	print $out $content;
	close $out or croak "$path: $!";
	chmod 0600, $path;
	return $path;
}

sub start (@command) {
	my %options = ref $command[-1] ? %{pop @command} : ();

	return _start(\@command, \%options);
}

sub finish ($started) { return _finish($started) }

sub check ($name, @arguments) {
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return (check_all([$name, @arguments]))[0];
}

sub check_all (@calls) {
	my @runs;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	for my $started (map { _start_call(@$_) } @calls) {
		my $run = _finish($started);
		my @broken = broken_rules($run, @{$started->{arguments}});
		ok(!@broken, $started->{name})
		    or diag(map({ "  $_\n" } @broken), $run->as_text);
		push @runs, $run;
	}
	return @runs;
}

sub _start_call ($name, @arguments) {
	my %options = ref $arguments[-1] ? %{pop @arguments} : ();

	return { %{_start([plugin($name), @arguments], \%options)},
	    arguments => \@arguments, name => $options{name}
	    // "$name keeps the rules of every run." };
}

sub plugin ($name) {
	my $top = $ENV{CHECK_MX_BUILDDIR} // $ENV{top_builddir} // '.';
	my $path = File::Spec->rel2abs("$top/plugins/$name");
	croak "$path is not built" unless -x $path;
	return $path;
}

sub all_plugins () {
	my $folder = plugin('check_mx') =~ s{[^/]*\z}{}r;

	return sort map { m{/(\w+)\z} && -x && !-d ? $1 : () }
	    glob quotemeta($folder) . 'check_mx*';
}

sub perfdata ($run) {
	my ($parsed, $trouble) = _parse_perfdata($run->perf_output);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	fail("Monitoring::Plugin understands the perfdata: $trouble")
	    if $trouble;
	return $parsed;
}

sub need (@things) {
	for my $thing (grep { !_available($_) } @things) {
		croak "$thing is missing, and CHECK_MX_REQUIRE_ALL is set"
		    if $ENV{CHECK_MX_REQUIRE_ALL};
		plan(skip_all => "needs $thing");
	}
}

sub _available ($thing) {
	return $> == 0 if $thing eq 'root';
	return IO::Socket::IP->new(Listen => 1, LocalHost => '::1',
	    Proto => 'tcp') if $thing eq 'ipv6';
	return eval "require $thing" if $thing =~ /::/;
	return first { -x "$_/$thing" }
	    File::Spec->path, qw(/usr/local/sbin /usr/sbin /sbin);
}

sub _run ($arguments, $options) {
	return _finish(_start($arguments, $options));
}

sub _start ($arguments, $options) {
	my @wrapper = $arguments->[0] =~ m{(?:^|/)check_mx\w*\z}
	    ? split ' ', $ENV{CHECK_MX_WRAPPER} // '' : ();
	my $meter = $options->{measure} ? File::Temp->new : undef;
	my @command = ($meter ? ($^X, $METER, "$meter") : (), @wrapper,
	    @$arguments);
	my $input = _input($options->{stdin});
	my $begin = time;

	pipe my $out, my $out_write or croak "pipe: $!";
	pipe my $err, my $err_write or croak "pipe: $!";
	my $pid = fork // croak "fork: $!";
	_become(\@command, $options, $input, $out_write, $err_write)
	    if $pid == 0;
	close $_ for $out_write, $err_write;
	return { pid => $pid, out => $out, err => $err, begin => $begin,
	    input => $input, meter => $meter,
	    command => join(' ', @wrapper, @$arguments),
	    until => $begin + ($options->{timeout} // $TIMEOUT) };
}

sub _finish ($started) {
	my ($output, $stderr, $timed_out) =
	    _collect(@$started{qw(pid out err until)});

	waitpid $started->{pid}, 0;
	my $signal = $? & 127;
	my ($seconds, $peak_kib) = _read_meter($started->{meter});
	return bless { command => $started->{command}, output => $output,
	    stderr => $stderr, signal => $signal, timed_out => $timed_out,
	    return_code => $signal ? 128 + $signal : $? >> 8,
	    seconds => $seconds // time - $started->{begin},
	    peak_kib => $peak_kib }, 'CheckMX::Result';
}

# Nothing, if it was killed before it could write.
sub _read_meter ($meter) {
	return unless $meter;
	seek $meter, 0, 0;
	return split ' ', <$meter> // '';
}

sub _input ($text) {
	return File::Spec->devnull unless defined $text;
	my $file = File::Temp->new;
	print $file $text;
	close $file;
	return $file;
}

# In the child: never returns.
sub _become ($command, $options, $input, $out, $err) {
	POSIX::setpgid(0, 0);
	delete @ENV{qw(SSL_CERT_FILE SSL_CERT_DIR OPENSSL_CONF LANG LANGUAGE
	    MP_CONFIG_FILE NO_COLOR), grep { /^LC_/ } keys %ENV};
	$ENV{LC_ALL} = 'C';
	while (my ($name, $value) = each %{$options->{env} // {}}) {
		defined $value ? $ENV{$name} = $value : delete $ENV{$name};
	}
	$SIG{$_} = 'DEFAULT' for qw(PIPE INT TERM HUP ALRM CHLD);
	open STDIN, '<', "$input" and open STDOUT, '>&', $out
	    and open STDERR, '>&', $err
	    and do { no warnings 'exec'; exec @$command };
	print STDERR "cannot run $command->[0]: $!\n";
	STDERR->flush;
	POSIX::_exit(127);
}

# Reads until both pipes are closed, by children left behind too.
sub _collect ($pid, $out, $err, $until) {
	my %text = ($out => '', $err => '');
	my $select = IO::Select->new($out, $err);
	my $timed_out = 0;

	while ($select->count) {
		my $left = $until - time;
		if ($left <= 0) {
			kill KILL => -$pid;
			$timed_out = 1;
			last;
		}
		for my $pipe ($select->can_read($left)) {
			$select->remove($pipe) unless sysread $pipe,
			    $text{$pipe}, 65_536, length $text{$pipe};
		}
	}
	return ($text{$out}, $text{$err}, $timed_out);
}

# What the run did that no run may do.
sub broken_rules ($run, @arguments) {
	my $verbose = grep { /^(?:-v+|--verbose)$/ } @arguments;
	my @broken;
	my $rule = sub ($kept, $text) { push @broken, $text unless $kept };

	my $decoded = eval {
		Encode::decode('UTF-8', $run->output, Encode::FB_CROAK
		    | Encode::LEAVE_SRC);
	};
	$rule->(!$run->timed_out, 'it ends before the harness kills it');
	$rule->($run->signal == 0, 'it does not die by a signal');
	$rule->($run->return_code <= 3, 'it exits with 0, 1, 2 or 3');
	$rule->($run->stderr eq '', 'it writes nothing to stderr');
	$rule->(length $run->output, 'it prints something');
	$rule->(defined $decoded, 'its output is valid UTF-8');
	$rule->(($decoded // '') !~ $UNPRINTABLE,
	    'its output holds no control characters');
	return @broken if "@arguments" =~ $FREE_FORM;

	my ($first, @more) = split /\n/, $decoded // $run->output;
	my $is_status = ($first // '') =~ $STATUS_LINE;
	my %part = %+;
	$rule->($is_status, 'line 1 is SERVICE STATE - text | perfdata');
	$rule->(!grep({ /\|/ } @more), 'no later line holds a |');
	$rule->(length $run->output <= $OUTPUT_LIMIT || $verbose,
	    "its output stays within $OUTPUT_LIMIT bytes");
	return @broken unless $is_status;

	$rule->($part{state} eq ($STATES[$run->return_code] // ''),
	    'the state on line 1 is that of the exit code');
	$rule->(length $part{text} <= $TEXT_LIMIT,
	    "the text of line 1 stays within $TEXT_LIMIT characters");
	my @untold = _untold('check_' . lc $part{service}, $run->output);
	$rule->(!@untold, "its manual has the code that it reports: @untold");
	my ($decides) = $part{text} =~ /\(([A-Z][A-Z0-9_]+)\)(?:;|$)/;
	$rule->($part{state} !~ /^(?:WARNING|CRITICAL)$/ || !defined $decides
	    || grep({ /^--severity/ } @arguments)
	    || !_is_note('check_' . lc $part{service}, $decides),
	    'its manual calls no note what decides: ' . ($decides // ''));
	my (undef, $trouble) = _parse_perfdata($part{perf} // '');
	$rule->(!$trouble, 'the perfdata is well formed: ' . ($trouble // ''));
	return @broken;
}

# Codes in parentheses; what looks like one may be a server's word, too.
sub _untold ($plugin, $output) {
	return uniq grep { my $code = $_; !Diagnostics::reports($plugin, $code)
	    && grep { Diagnostics::reports($_, $code) } Diagnostics::programs() }
	    $output =~ /\(([A-Z][A-Z0-9_]+)\)(?=;|\ \||$)/mg;
}

# By the table of codes, which the manual is made from.
sub _is_note ($plugin, $code) {
	state %state_of = map { /^DIAGNOSIS\((\w+), (\w+)/
	    ? ($1 => $2 eq 'OK' ? 'note' : $2) : () } _table();
	return Diagnostics::state_there($plugin, $code,
	    $state_of{$code} // '') eq 'note';
}

sub _table () {
	my $table = "$TOP/common/diagnosis.def";

	open my $in, '<', $table or die "$table: $!";
	return <$in>;
}

# The items by label, and what is wrong with them, if anything.
sub _parse_perfdata ($text) {
	my @items = split / /, $text;
	my @parsed = Monitoring::Plugin::Performance->parse_perfstring($text);
	my %by_label = map { $_->label => $_ } @parsed;
	my $trouble;

	if (my $odd = first { !/$PERF_ITEM/ } @items) {
		$trouble = "the item '$odd'";
	} elsif (@parsed != @items) {
		$trouble = 'Monitoring::Plugin sees ' . @parsed . ' of '
		    . @items . ' items';
	} elsif (keys %by_label != @items) {
		$trouble = 'a label appears twice';
	}
	return (\%by_label, $trouble);
}

package CheckMX::Result;

sub return_code ($self) { $self->{return_code} }
sub signal ($self) { $self->{signal} }
sub timed_out ($self) { $self->{timed_out} }
sub seconds ($self) { $self->{seconds} }
sub peak_kib ($self) { $self->{peak_kib} }
sub output ($self) { $self->{output} }
sub stderr ($self) { $self->{stderr} }
sub command ($self) { $self->{command} }
sub lines ($self) { return split /\n/, $self->{output} }
sub first_line ($self) { return ($self->lines)[0] // '' }

sub state ($self) {
	return ($self->first_line =~ /^\S+ ([A-Z]+) - /)[0] // '';
}

sub text ($self) {
	return ($self->first_line =~ /^\S+ [A-Z]+ - ([^|]*?) *(?:\||$)/)[0]
	    // '';
}

sub perf_output ($self) {
	return ($self->first_line =~ /\|\s*(.*?)\s*$/)[0] // '';
}

# For a person: what is not plain ASCII is shown as \xNN.
sub as_text ($self) {
	my @lines = ("  command: $self->{command}",
	    "  exit code: $self->{return_code}",
	    map({ "  stdout: $_" } $self->lines),
	    map({ "  stderr: $_" } split /\n/, $self->{stderr}));
	s/([^\x20-\x7e])/sprintf '\\x%02x', ord $1/ge for @lines;
	return map { "$_\n" } @lines;
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Survey - many domains for check_mx --domains, their servers and their DNS.
#
#   my $world = world(domains => { 'a.example' => [1], 'b.example' => [1, 2] },
#       scripts => [{}, { tls => 0 }]);
#   my ($run, @objects) = survey($world, file("a.example\n", "b.example\n"));
#
# world(domains => { NAME => [numbers of hosts] }, scripts => [{...}, ...])
#   mx1.example.net and so on as FakeMX has them, each at an address of its own
#   and with all domains for local: { mx => [...], dns, arguments => [...] }.
# survey($world, $input, @arguments [, \%options])   a run of them, as testCmd
#   does it, and the objects of its lines.
# begin($world, $input, %where)   starts one in the background: out and err are
#   paths to append to, ['+<', path], or handles (of a terminal, a pipe);
#   arguments => [...]; before => sub, which the child calls first.  Returns its
#   pid.
# end_of($pid)   waits for that one: (exit code, signal)
# await($what, sub)   until the sub returns something true; dies where it never
#   does
# file(@lines)   the path of a file with these lines, as they are; slurp($path)
package Survey;

use v5.36;
use Carp qw(croak);
use Exporter qw(import);
use File::Temp ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(sleep time);

use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;

our @EXPORT = qw(world survey begin end_of await file slurp);

my $PATIENCE = 60;	# seconds
my $folder = File::Temp->newdir;
my $files = 0;
my $json = JSON::PP->new->utf8;

sub file (@lines) {
	my $path = "$folder/" . ++$files;
	open my $out, '>:raw', $path or croak "$path: $!";
	print $out @lines;
	close $out or croak "$path: $!";
	return $path;
}

sub slurp ($path) {
	open my $in, '<:raw', $path or croak "$path: $!";
	local $/;
	return scalar <$in>;
}

sub world (%its) {
	my @scripts = @{$its{scripts}};
	my @hosts = map { "mx$_.example.net" } 1 .. @scripts;
	my @mx = FakeMX->group(map {
		+{ address => "127.0.0.$_", hostname => $hosts[$_ - 1],
		    local => [keys %{$its{domains}}], %{$scripts[$_ - 1]} };
	} 1 .. @scripts);
	my $dns = FakeDNS->new(zone => {
		map({ my $name = $_; ($name => { MX => [map {
		    10 * $_ . ' ' . $hosts[$_ - 1] } @{$its{domains}{$name}}] }) }
		    keys %{$its{domains}}),
		map({ ($hosts[$_ - 1] => { A => ["127.0.0.$_"] }) } 1 .. @hosts),
	});
	return { mx => \@mx, dns => $dns, arguments => ['--nameserver',
	    $dns->address, '-p', $mx[0]->port, '-F', 'client.example.com',
	    '--no-ptr', '--ca-file', Certs::ca_file()] };
}

sub survey ($world, $input, @arguments) {
	my %more = ref $arguments[-1] ? %{pop @arguments} : ();
	my $run = testCmd(plugin('check_mx'), "--domains=$input",
	    @{$world->{arguments}}, @arguments, \%more);
	return ($run, map { $json->decode($_) } split /\n/, $run->output);
}

sub begin ($world, $input, %where) {
	my @command = (split(' ', $ENV{CHECK_MX_WRAPPER} // ''),
	    plugin('check_mx'), "--domains=$input", @{$world->{arguments}},
	    @{$where{arguments} // []});
	my $pid = fork // croak "fork: $!";

	return $pid if $pid;
	$SIG{$_} = 'DEFAULT' for qw(PIPE INT TERM HUP);
	_open(*STDOUT, $where{out});
	_open(*STDERR, $where{err});
	$where{before}->() if $where{before};
	no warnings 'exec';
	exec @command;
	POSIX::_exit(127);
}

sub _open ($handle, $to) {
	my ($mode, $where) = ref $to eq 'ARRAY' ? @$to
	    : (ref $to ? '>&' : '>>', $to);

	open $handle, $mode, $where or die "$where: $!";
}

sub end_of ($pid) {
	waitpid $pid, 0;
	return ($? >> 8, $? & 127);
}

sub await ($what, $is_there) {
	my $until = time + $PATIENCE;

	until (my $there = $is_there->()) {
		croak "no $what within $PATIENCE s" if time > $until;
		sleep 0.01;
	}
}

1;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --extra-opts: options from an ini file, found as monitoring-plugins find it;
# what is wrong in one is named by file and line, and no value is ever shown.

use v5.36;
use File::Temp;
use FindBin;
use List::Util qw(first);
use MIME::Base64 qw(encode_base64);
use Test::More;

use lib "$FindBin::Bin/lib";
use CheckMX;
use FakeDNS;
use FakeMX;

my @PLUGINS = qw(check_mx check_mx_auth check_mx_banner check_mx_cert_expiry
    check_mx_dane check_mx_delivery check_mx_dns check_mx_mtasts
    check_mx_openrelay check_mx_starttls);
my $SECRET = 'xyzzy-plugh';	# stands wherever a value may
my $OUR_NAME = 'client.example.net';
my @USUAL_FILES = map({ "$_/monitoring-plugins.ini" }
    qw(/usr/local/etc/monitoring-plugins /usr/local/etc
    /etc/monitoring-plugins /etc)),
    map({ "$_/plugins.ini" } qw(/etc/nagios /usr/local/nagios/etc
    /usr/local/etc/nagios /etc/opt/nagios)),
    map({ "$_/nagios-plugins.ini" } qw(/etc /usr/local/etc /etc/opt));

my $folder = File::Temp->newdir;
my $files = 0;
my %NO_ENVIRONMENT = (MP_CONFIG_FILE => undef, NAGIOS_CONFIG_PATH => undef);

my $mx = FakeMX->new;
my @via = ('-H', $mx->address, '-p', $mx->port);

sub write_file ($name, $content) {
	return private_file("$folder/$name", $content);
}

sub ini (@lines) {
	return write_file('file' . ++$files . '.ini', join '', map { "$_\n" } @lines);
}

sub run_of ($plugin, @arguments) {
	my %options = ref $arguments[-1] ? %{pop @arguments} : ();

	return check($plugin, @arguments, { %options,
	    env => { %NO_ENVIRONMENT, %{$options{env} // {}} } });
}

sub banner (@arguments) {
	return run_of('check_mx_banner', @arguments);
}

# The name that the server heard from the last client.
sub heard () {
	my $connection = ($mx->connections)[-1] or return 'nobody';
	return $connection->{commands}[0] // 'nothing';
}

# One status line that gives the reason, names the place and no value.
sub refuses ($what, $reason, @arguments) {
	my $run = banner(@via, @arguments);

	like($run->output, qr/^MX_BANNER\ UNKNOWN\ -\ [^|\n]*$reason
	    [^|\n]*\n\z/x, "$what is a usage error, which says why.");
	unlike($run->output, qr/\Q$SECRET\E/, "$what shows no value.");
}

subtest 'Options of a section are options of the command line.' => sub {
	my %lines = (
		'a long option' => ["fqdn=$OUR_NAME"],
		'a letter' => ["F=$OUR_NAME"],
		'blanks around the =' => ["  fqdn  =  $OUR_NAME  "],
		'TABs around the =' => ["\tfqdn\t=\t$OUR_NAME\t"],
		'CRLF' => ["fqdn=$OUR_NAME\r"],
		'comments' => ['# fqdn=a.example', '; fqdn=a.example', '',
		    "fqdn=$OUR_NAME", ' # indented', '#'],
		'flags' => ['verbose', 'v', 'verbose=', "fqdn=$OUR_NAME", 'ipv4'],
		'an option given twice, of which the last one counts' =>
		    ['fqdn=a.example', "fqdn=$OUR_NAME"],
	);
	for my $name (sort keys %lines) {
		my $file = ini('[check_mx_banner]', @{$lines{$name}});
		my $run = banner(@via, "--extra-opts=\@$file");
		is($run->return_code, 0, "A file with $name is taken.");
		is(heard(), "EHLO $OUR_NAME", "It is heeded with $name.");
	}

	my $both = ini('[check_mx_banner]', 'hostname=127.0.0.1',
	    'hostname=127.0.0.2', 'port=' . $mx->port);
	like(banner("--extra-opts=\@$both")->output, qr/ servers=2;/,
	    'All values of a repeated option are used.');

	my $flags = ini('[check_mx_banner]', 'v', 'verbose', 'verbose=');
	like(banner(@via, "--extra-opts=\@$flags")->output, qr/^S?: ?EHLO|EHLO/m,
	    'Flags add up.');
	my $explain = ini('[check_mx_banner]', 'explain');
	like(testCmd(plugin('check_mx_banner'), "--extra-opts=\@$explain")->output,
	    qr/^DNS_NXDOMAIN /, 'A value that may be missing may.');
};

subtest 'A value may hold whatever a line can.' => sub {
	for my $value ('a ;b', 'a #b', 'a=b', 'a:b', '"a"', "'a'", '[a]', 'a\\',
	    '--', '-h', "\xc3\xa4", 'a' x 400) {
		my $file = ini('[check_mx_banner]', "expect=$value");
		my $with = FakeMX->new(
		    banner => "220 mx1.example.com ESMTP $value\r\n");
		my $run = banner('-H', $with->address, '-p', $with->port,
		    "--extra-opts=\@$file");
		is($run->return_code, 0, 'The banner holds '
		    . ($value =~ s/[^ -~]/?/gr =~ s/(a{9})a+/$1.../r) . '.')
		    or diag($run->as_text);
	}
};

subtest 'The section is that of the program, or the one named.' => sub {
	my $file = ini('[other]', 'fqdn=other.example', '[check_mx]',
	    'fqdn=short.example', '[check_mx_banner_2]', 'fqdn=long.example',
	    '[ check_mx_banner ]', 'timeout=20', '[ four words in name ]',
	    'fqdn=words.example', '[check_mx_banner]', "fqdn=$OUR_NAME");
	my %named = ('' => $OUR_NAME, other => 'other.example',
	    'check_mx_banner_2' => 'long.example',
	    'four words in name' => 'words.example');

	for my $section (sort keys %named) {
		banner(@via, "--extra-opts=$section\@$file");
		is(heard(), "EHLO $named{$section}",
		    "Section '$section' is found.");
	}
	banner(@via, "--extra-opts=other\@$file", "--extra-opts=\@$file");
	is(heard(), "EHLO $OUR_NAME", 'Of two sections the last one counts.');
	for my $plugin (@PLUGINS) {
		my $own = ini("[$plugin]", 'version');
		like(testCmd(plugin($plugin), "--extra-opts=\@$own")->output,
		    qr/^\Q$plugin\E \d/, "$plugin reads its own section.");
	}
};

subtest 'The options come in place of --extra-opts.' => sub {
	my $file = ini('[check_mx_banner]', "fqdn=$OUR_NAME");

	banner(@via, "--extra-opts=\@$file", '-F', 'later.example');
	is(heard(), 'EHLO later.example', 'What comes later counts.');
	banner(@via, '-F', 'earlier.example', "--extra-opts=\@$file");
	is(heard(), "EHLO $OUR_NAME", 'What came earlier does not.');

	my $dns = FakeDNS->new(zone => {
		'example.com' => { MX => ['10 mx1.example.com'] },
		'mx1.example.com' => { A => [$mx->address] },
	});
	my $domain = ini('[check_mx_banner]', 'domain=example.com',
	    'nameserver=' . $dns->address);
	is(banner("--extra-opts=\@$domain", '-p', $mx->port)->return_code, 0,
	    'The domain may be in the file.');
	like(banner("--extra-opts=\@$domain", 'example.net')->output,
	    qr/ UNKNOWN - .*more than one domain/,
	    'But a second one is as wrong as it always is.');
	like(banner('--', "--extra-opts=\@$file")->output,
	    qr/UNKNOWN - '--extra-opts/, 'Behind -- it is no option.');
};

subtest 'Without @FILE it is found where monitoring-plugins look.' => sub {
	my $content = "[check_mx_banner]\nfqdn=%s\n";
	my @names = qw(monitoring-plugins.ini plugins.ini nagios-plugins.ini);
	my %path = map { my $dir = "$folder/$_"; mkdir $dir; $_ => $dir }
	    qw(first second empty);
	my $path = "::$path{empty}:$folder/missing:$path{first}:$path{second}:";

	write_file("second/$names[0]", sprintf $content, 'second.example');
	banner(@via, '--extra-opts', { env => { NAGIOS_CONFIG_PATH => $path } });
	is(heard(), 'EHLO second.example', 'NAGIOS_CONFIG_PATH is searched.');
	for my $name (reverse @names) {
		my $host = $name =~ s/ini$/example/r;
		write_file("first/$name", sprintf $content, $host);
		banner(@via, '--extra-opts',
		    { env => { NAGIOS_CONFIG_PATH => $path } });
		is(heard(), "EHLO $host", "$name is found in it.");
	}
	my $chosen = write_file('chosen', sprintf $content, 'chosen.example');
	banner(@via, '--extra-opts', { env =>
	    { NAGIOS_CONFIG_PATH => $path, MP_CONFIG_FILE => $chosen } });
	is(heard(), 'EHLO chosen.example', 'MP_CONFIG_FILE goes before it.');

	plan(skip_all => 'this host has a plugins.ini')
	    if first { -e } @USUAL_FILES;
	refuses('No file at all', qr/--extra-opts: no plugins\.ini/,
	    '--extra-opts');
};

subtest 'A file that is no good is a usage error.' => sub {
	my %made = (
		'A file that is missing' => ["$folder/missing.ini", qr/No such file/],
		'A folder' => ["$folder", qr/no plain file/],
		'A device without end' => ['/dev/zero', qr/no plain file/],
		'A file of more than 1 MiB' => [write_file('large',
		    "[check_mx_banner]\n" . "# $SECRET\n" x 100_000),
		    qr/1 MiB/],
		'A program' => [write_file('program', "\x7fELF\2\1\1"),
		    qr/line 1: .*no text/],
		'A file of zeros' => [write_file('zeros', "\0" x 1000),
		    qr/line 1: .*no text/],
		'A NUL in a value' => [ini('[check_mx_banner]',
		    "fqdn=$SECRET\0"), qr/line 2: .*no text/],
		'An escape in a value' => [ini('[check_mx_banner]',
		    "fqdn=\e[31m$SECRET"), qr/line 2: .*no text/],
		'A line that is too long' => [ini('[check_mx_banner]', '',
		    'fqdn=' . $SECRET x 1000), qr/line 3: too long/],
		'One in another section' => [ini('[check_mx_banner]', 'ipv4',
		    '[other]', "fqdn=" . $SECRET x 1000), qr/line 4: too long/],
		'An empty file' => [write_file('empty.ini', ''),
		    qr/nothing in section \[check_mx_banner\]/],
		'An empty section' => [ini('[check_mx_banner]'),
		    qr/nothing in section \[check_mx_banner\]/],
		'A section without end' => [ini('[check_mx_banner',
		    "fqdn=$SECRET"), qr/line 1: no \]/],
		'An option before any section' => [ini("fqdn=$SECRET",
		    '[check_mx_banner]'), qr/line 1: no \[SECTION\]/],
		'A line without a name' => [ini('[check_mx_banner]',
		    "=$SECRET"), qr/line 2: no name/],
	);
	for my $what (sort keys %made) {
		my ($file, $reason) = @{$made{$what}};
		refuses($what, qr/--extra-opts:\ \Q$file\E\ ?$reason/x,
		    "--extra-opts=\@$file") if $reason =~ /line/;
		refuses($what, qr/--extra-opts:\ \Q$file\E:\ .*(?:$reason)/x,
		    "--extra-opts=\@$file") if $reason !~ /line/;
	}
	my $file = ini('[check_mx_banner]', 'ipv4');
	refuses('A section that is missing', qr/nothing in section \[other\]/,
	    "--extra-opts=other\@$file");
	for my $name (qw(authpass P)) {
		my $open = ini('[check_mx_auth]', "$name=$SECRET");
		chmod 0644, $open;
		my $run = run_of('check_mx_auth', @via, "--extra-opts=\@$open");
		is($run->return_code, 3, "$name is refused where others read it.");
		like($run->output,
		    qr/\Q$open\E line 2: others may read this secret/,
		    'It is told so.');
		unlike($run->output, qr/$SECRET/, 'But not what it is.');
	}
	refuses('A hostile section', qr/section\ \[\?\[31m!x\]/,
	    "--extra-opts=\e[31m|x\@$file");
	refuses('A long section', qr/too long/,
	    '--extra-opts=' . 'x' x 60 . "\@$file");
	refuses('An empty value', qr/empty value/, $_)
	    for '--extra-opts=', '--extra-opts=@', '--extra-opts=other@';
	refuses('A shortened --extra-opts', qr/in full/, "--extra-o=\@$file");
};

subtest 'An option that is no good is a usage error.' => sub {
	my %lines = (
		'An unknown option' => ["frobnicate=$SECRET",
		    qr/unknown option/],
		'An unknown letter' => ["Z=$SECRET", qr/unknown option/],
		'A shortened option' => ["fqd=$SECRET", qr/unknown option/],
		'One with its hyphens' => ["--fqdn=$SECRET",
		    qr/unknown option/],
		'Another plugin\'s option' => ["min-tls=$SECRET",
		    qr/unknown option/],
		'A value that lost its name' => [$SECRET, qr/unknown option/],
		'A hostile name' => ["\xff|\xc2\x9b=1", qr/unknown option/],
		'A flag with a value' => ["ipv4=$SECRET", qr/--ipv4 takes no value/],
		'A missing value' => ['fqdn', qr/--fqdn needs a value/],
		'An empty value' => ['fqdn=', qr/--fqdn needs a value/],
		'--extra-opts within' => ["extra-opts=$SECRET",
		    qr/--extra-opts can't be in a file/],
	);
	for my $what (sort keys %lines) {
		my ($line, $reason) = @{$lines{$what}};
		my $file = ini('# passwords', '[check_mx_banner]', $line);
		refuses($what, qr/--extra-opts:\ \Q$file\E\ line\ 3:\ (?-x:$reason)/,
		    "--extra-opts=\@$file");
	}
	my %values = (timeout => qr/seconds/, port => qr/number/,
	    hostname => qr/\w/, domain => qr/\w/, nameserver => qr/address/,
	    source => qr/address/, severity => qr/CODE=STATE/,
	    'output-format' => qr/nagios/, warning => qr/range/,
	    explain => qr/code/);
	for my $option (sort keys %values) {
		my $file = ini('[check_mx_banner]', "$option=a $SECRET");
		my $other = ini('[check_mx_banner]', "$option=$SECRET=a,a");
		refuses("A wrong $option", qr/\Q$file\E\ line\ 2:\ --$option:
		    \ .*$values{$option}/x, "--extra-opts=\@$file");
		unlike(banner("--extra-opts=\@$other")->output,
		    qr/\Q$SECRET\E/, "Nor does another $option show it.");
	}
};

# The processes that name the file, as anybody sees them; for a server's own
# process, while its client waits for the answer.
sub write_processes ($file, $path) {
	open my $out, '>:raw', $path or die "$path: $!";
	for my $cmdline (glob '/proc/[0-9]*/cmdline') {
		open my $in, '<:raw', $cmdline or next;
		local $/;
		my $words = <$in> // '';
		print $out $words, "\n" if $words =~ /\Q$file\E/;
	}
	close $out or die "$path: $!";
}

sub content ($path) {
	open my $in, '<:raw', $path or die "$path: $!";
	local $/;
	return <$in>;
}

subtest 'A password in the file is in no process list and in no output.' => sub {
	my $file = ini('[check_mx_auth]', 'authuser=kate', "authpass=$SECRET",
	    'authtype=PLAIN', 'no-verify');
	my $expected = encode_base64("\0kate\0$SECRET", '');
	my $server = FakeMX->new(extensions_tls => ['AUTH PLAIN'],
	    AUTH => sub ($line, $connection) {
		write_processes($file, "$folder/processes");
		return $line eq "AUTH PLAIN $expected"
		    ? "235 2.7.0 $SECRET, welcome\r\n"
		    : "535 5.7.8 No\r\n";
	});
	my $run = run_of('check_mx_auth', '-H', $server->address, '-p',
	    $server->port, '-vvv', "--extra-opts=\@$file");
	my $processes = content("$folder/processes");

	is($run->return_code, 0, 'The login is made.') or diag($run->as_text);
	like($processes, qr/check_mx_auth\0.*--extra-opts=\@\Q$file\E\0/,
	    'The process list shows the file.');
	unlike($_, qr/\Q$SECRET\E|\Q$expected\E/, 'It shows no password.')
	    for $processes, $run->output;
	refuses_auth($_->@*) for ["authpass=$SECRET", qr/--authuser/],
	    ["authpass=$SECRET\nauthuser=" . $SECRET x 200, qr/line 3: --authuser/],
	    ['authuser=kate', qr/secret/], ["authpas=$SECRET", qr/unknown option/],
	    ["authuser=kate\nauthpass=", qr/line 3: --authpass needs a value/],
	    ["authuser=kate\nauthpass=$SECRET\nport=$SECRET", qr/line 4: --port/];
};

sub refuses_auth ($lines, $reason) {
	my $file = ini('[check_mx_auth]', $lines);
	my $run = run_of('check_mx_auth', @via, "--extra-opts=\@$file");

	like($run->output, qr/^MX_AUTH UNKNOWN - [^|\n]*$reason/,
	    'What is wrong with a login is said.');
	unlike($run->output, qr/\Q$SECRET\E/, 'The password is not.');
}

done_testing;

#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
#
# --output-format=openmetrics: what Prometheus reads of every plugin, and that
# it says the same as the Nagios format; and what contrib makes of it: the file
# for the textfile collector, and the dashboard.

use v5.36;
use File::Temp;
use FindBin;
use JSON::PP;
use List::Util qw(uniq);
use Test::More;

use lib "$FindBin::Bin/lib";
use Certs;
use CheckMX;
use FakeDNS;
use FakeMX;
use Lab::Prometheus;

my $top = $ENV{top_srcdir} // "$FindBin::Bin/..";
my $SCRIPT = "$top/contrib/prometheus/check_mx-textfile";
my $FORMAT = '--output-format=openmetrics';
my $DAY = 86_400;
my @HOSTS = qw(mx1.example.com mx2.example.com);
my @TRUST = ('--ca-file', Certs::ca_file());
my %PLUGINS = (check_mx => \@TRUST, check_mx_auth => \@TRUST,
    check_mx_banner => [], check_mx_cert_expiry => \@TRUST,
    check_mx_dane => [], check_mx_delivery => ['--to=friend@example.com', '-S',
    @TRUST], check_mx_dns => [], check_mx_mtasts => \@TRUST,
    check_mx_openrelay => [], check_mx_starttls => \@TRUST);
my $CODE = qr/[(]([A-Z]+(?:_[A-Z0-9]+)+|TIMEOUT)[)]/;
my $SAMPLE = qr/^(?<name>[a-z_]+)
    \{(?<labels>[a-z]+="(?:[^"\\]|\\["\\])*"(?:,[a-z]+="(?:[^"\\]|\\["\\])*")*)\}
    [ ](?<value>-?\d+(?:[.]\d+)?)$/x;

# Prometheus' own judgement, where contrib/lab-install has put it; that it is
# asked for every plugin is for real/prometheus.t to see.
my $promtool = $Lab::Prometheus::PROMTOOL;
undef $promtool unless -x $promtool;

my $folder = File::Temp->newdir;
my %help_of;	# family => HELP, of all that was printed
my %labels;	# names of all labels

# The samples, [{ name, labels => {...}, value }]; what breaks the format or its
# rules goes to @$faults.
sub read_metrics ($text, $faults) {
	my (@samples, %family, %series, $now);
	my @lines = split /\n/, $text;

	push @$faults, 'no line end' if $text !~ /\n\z/;
	push @$faults, 'no # EOF at its end' if (pop @lines // '') ne '# EOF';
	for my $line (@lines) {
		if ($line =~ /^# TYPE (\w+) gauge$/) {
			push @$faults, "$1 is there twice" if $family{$1}++;
			$now = $1;
		} elsif ($line =~ /^# UNIT (\w+) (\w+)$/) {
			push @$faults, $line if $1 ne $now || $now !~ /_$2$/;
		} elsif ($line =~ /^# HELP (\w+) (\S.*)$/) {
			push @$faults, $line if $1 ne $now;
			push @$faults, "another help: $line"
			    if ($help_of{$1} //= $2) ne $2;
		} elsif ($line =~ $SAMPLE) {
			my %sample = (%+);
			push @$faults, "out of its family: $line"
			    if $sample{name} ne ($now // '');
			push @$faults, "twice: $sample{name}\{$sample{labels}}"
			    if $series{"$sample{name} $sample{labels}"}++;
			$sample{labels} =
			    { $sample{labels} =~ /([a-z]+)="((?:\\.|[^"\\])*)"/g };
			$labels{$_} = 1 for keys %{$sample{labels}};
			push @samples, \%sample;
		} else {
			push @$faults, "no line of this format: $line";
		}
	}
	return @samples;
}

# What promtool has against the metrics, or that it does not take them at all.
sub objections ($run) {
	return '' unless $promtool;
	my $said = testCmd($promtool, qw(check metrics),
	    { stdin => $run->output });
	return $said->output . $said->stderr
	    . ($said->return_code == 0 ? '' : 'refused');
}

# The samples of a run, which is as it has to be.
sub samples ($what, $run) {
	my @samples = read_metrics($run->output, \my @faults);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(objections($run), '', "$what: promtool finds nothing.")
	    or diag($run->as_text);
	is_deeply(\@faults, [], "$what: families stand together, samples are"
	    . ' their own.') or diag($run->as_text);
	return @samples;
}

# { 'check_mx_score' or 'check_mx_server_score mx1.example.com' => value }; a
# time is only that.
sub numbers (@samples) {
	return { map {
		my ($name, $host) = ($_->{name}, $_->{labels}{host} // '');
		("$name $host" => $name =~ /(?<!_left)_seconds$/
		    && $_->{value} =~ /^\d+[.]\d{3}$/ ? 'time' : $_->{value});
	} grep { $_->{name} !~ /_(?:state|finding|sender_delivers)$/ } @samples };
}

# The same from the perfdata of the Nagios format.
sub numbers_of_perfdata ($run) {
	return { map {
		my ($label, $value, $unit) = /^([^=]+)=(-?[\d.]+)(s?)/;
		my ($host, $metric) = $label =~ /^(.+)_v4_(.+)$/
		    ? ("$1", "server_$2") : ('', $label);
		$metric .= '_seconds' if $unit;
		$value = 'time' if $unit;
		$value *= $DAY
		    if $metric =~ s/(?:^|_)\Kdays$/certificate_left_seconds/;
		("check_mx_$metric $host" => $value);
	} split / /, $run->perf_output };
}

sub value_of ($name, @samples) {
	return join ' ', map { $_->{value} } grep { $_->{name} eq $name }
	    @samples;
}

# A certificate that many days from its end, and a half: the number of whole days
# stays the same while the test runs.
sub lasting ($host, $days) {
	return (tls => { certificate => Certs::certificate(names => [$host],
	    not_before => Certs::days(-90.5),
	    not_after => Certs::days($days + 0.5)) });
}

# { arguments of a plugin } for example.com with these servers.
sub world (@scripts) {
	my $number = 0;
	my @mx = FakeMX->group(map {
		my $host = $HOSTS[$number++];
		+{ address => "127.0.0.$number", hostname => $host,
		    AUTH => "235 2.7.0 Welcome\r\n",
		    extensions_tls => ['PIPELINING', 'AUTH PLAIN'],
		    lasting($host, 60), %$_ };
	} @scripts);
	my $dns = FakeDNS->new(ad => 1, zone => {
		'example.com' => { MX => [map { "10 mx$_.example.com" }
		    1 .. $number] },
		map({ ("mx$_.example.com" => { A => ["127.0.0.$_"] },
		    "127.0.0.$_" => { PTR => ["mx$_.example.com"] }) }
		    1 .. $number),
	});
	return { keep => [$dns, @mx], arguments => sub ($plugin) {
		return ('--nameserver', $dns->address, @{$PLUGINS{$plugin}},
		    $plugin eq 'check_mx_dns' ? ()
		    : ('-p', $mx[0]->port, '-F', 'client.example.net'));
	} };
}

my $healthy = world({}, {});
for my $case (
	['all is well', $healthy, 'example.com'],
	['expired, open to all', world({}, { lasting($HOSTS[1], -4),
	    RCPT => "250 2.1.5 Ok\r\n" }), 'example.com'],
	['nobody listens', world({ mode => 'refused' }, { mode => 'refused' }),
	    'example.com'],
	['busy, and no greeting at all', world({ banner => "421 busy\r\n" },
	    { banner => "HTTP/1.1 400 no\r\n" }), 'example.com'],
	['no such domain', $healthy, 'nowhere.example.com'],
) {
	my ($what, $world, $domain) = @$case;
	subtest "What the Nagios format says: $what." => sub {
		my @plugins = sort keys %PLUGINS;
		my @runs = check_all(map { my $plugin = $_;
		    map { [$plugin, '-d', $domain,
			$world->{arguments}->($plugin), @$_] } [], [$FORMAT]
		    } @plugins);
		while (my ($nagios, $run) = splice @runs, 0, 2) {
			my $name = shift @plugins;
			my @samples = samples($name, $run);
			my @findings = grep { $_->{name} eq 'check_mx_finding' }
			    @samples;
			is($run->return_code, $nagios->return_code,
			    "$name: the exit code stays.");
			is(value_of('check_mx_state', @samples),
			    $run->return_code, "$name: it is the state.");
			is_deeply(numbers(@samples), numbers_of_perfdata($nagios),
			    "$name: the numbers are those of the perfdata.");
			is_deeply([uniq sort map { $_->{labels}{code} }
			    @findings], [uniq sort $nagios->output =~ /$CODE/g],
			    "$name: the findings are those told.");
			is_deeply([uniq map { @{$_->{labels}}{qw(check domain)} }
			    @samples], [$name, $domain],
			    "$name: all samples are of one check and domain.");
		}
	};
}

subtest 'Who loses mail is told by check_mx.' => sub {
	my ($run) = check('check_mx', 'example.com',
	    $healthy->{arguments}->('check_mx'), $FORMAT);
	my %delivers = map { $_->{labels}{sender} => $_->{value} }
	    grep { $_->{name} eq 'check_mx_sender_delivers' }
	    samples('check_mx', $run);
	is_deeply(\%delivers, { plain => 1, tls_requiring => 1, mta_sts => 1,
	    dane => 1, ipv4_only => 1, ipv6_only => 0 },
	    'Each kind of sender has its own sample.');
};

subtest 'Runs without a domain are told apart by their hosts.' => sub {
	my @runs = map { my @hosts = @$_;
	    check('check_mx_banner', map({ "-H$_" } @hosts),
		$healthy->{arguments}->('check_mx_banner'), $FORMAT)
	} [$HOSTS[0]], [$HOSTS[1]], \@HOSTS;
	is_deeply([map { map { $_->{labels}{host} }
	    grep { $_->{name} eq 'check_mx_state' } samples('-H', $_) } @runs],
	    [@HOSTS, join ',', @HOSTS], 'Those asked for, in their order.');
};

# Names that a resolver hands out, byte by byte.
subtest 'Hostile names break no line.' => sub {
	my $mx_is = sub (@labels) {
		my $host = join('', map { pack 'C/a*', $_ } @labels) . "\0";
		my $answer = sub ($query, $) {
			my ($question) = $query->question;
			return \(pack('n6', $query->header->id, 0x81a0, 1, 1, 0,
			    0) . join('', map { pack 'C/a*', $_ }
			    split /[.]/, $question->qname)
			    . "\0" . pack('n2', 15, 1)
			    . pack('n3 N n/a*', 0xc00c, 15, 1, 300,
			    pack('n', 10) . $host));
		};
		return FakeDNS->new(ad => 1, zone => { 'example.com' =>
		    { MX => $answer } });
	};
	for my $case (
		['a quote', 'a"} 1', 'example', 'com'],
		['a backslash', 'a\\', 'example', 'com'],
		['a backslash and a quote', '\\"', '\\\\"'],
		['a line end', "a\n# EOF\nb", 'example', 'com'],
		['a return', "a\r\nb", 'example', 'com'],
		['odd bytes', "\0\e[31m|\xff\xe2\x80\xae\xe2\x80\xa8", 'com'],
		['255 octets', ('"' x 63) x 3, '\\' x 61],
	) {
		my ($what, @labels) = @$case;
		my $dns = $mx_is->(@labels);
		my @calls = map { [$_, 'example.com', '--nameserver',
		    $dns->address, '-t', 5, $FORMAT] }
		    qw(check_mx check_mx_banner check_mx_dns);
		for my $run (check_all(@calls)) {
			my @samples = samples($what, $run);
			is(grep({ $_->{name} eq 'check_mx_server_state' }
			    @samples), 1, "$what: the server has its state.");
		}
	}
};

subtest 'Hostile texts of servers stay outside.' => sub {
	my $text = "x\"} 1 # EOF \\ \e[31m|\xff";
	my $world = world({ banner => "220 $text\r\n",
	    EHLO => "250-$text\r\n250 STARTTLS\r\n", RCPT => "550 $text\r\n" });
	for my $plugin (grep { !/dns$/ } sort keys %PLUGINS) {
		my $run = check($plugin, 'example.com',
		    $world->{arguments}->($plugin), $FORMAT);
		samples($plugin, $run);
		unlike($run->output, qr/31m|EOF \\/, "$plugin: not a word.");
	}
};

subtest 'Mistakes are told in a line that nobody takes for metrics.' => sub {
	for my $case (
		[qr/unknown option '--bogus'/, $FORMAT, '--bogus'],
		[qr/--warning/, $FORMAT, '-w', 'abc'],
		[qr/openmetric\b/, '--output-format=openmetric'],
		[qr/./, '--output-format='],
		[qr/./, $FORMAT],
	) {
		my ($reason, @arguments) = @$case;
		my $run = testCmd(plugin('check_mx_banner'), @arguments);
		is($run->return_code, 3, "@arguments: UNKNOWN.");
		like($run->output, qr/\AMX_BANNER UNKNOWN - [^\n]*$reason.*\n\z/,
		    "@arguments: one line says why.");
		read_metrics($run->output, \my @faults);
		ok(@faults, "@arguments: it is no metrics.");
	}
};

# --- contrib/prometheus ---

sub slurp ($path) {
	open my $in, '<', $path or return;
	local $/;
	return readline $in;
}

sub feed ($plugins, @arguments) {
	return testCmd(split(' ', $ENV{CHECK_MX_WRAPPER} // ''), $SCRIPT,
	    @arguments, { env => { PLUGINS => $plugins,
	    FOLDER => "$folder" } });
}

# A plugin that prints this, and its folder.
sub fake_plugin ($prints) {
	my $plugins = File::Temp->newdir;
	open my $out, '>', "$plugins/check_mx" or die $!;
	print $out "#!/bin/sh\n$prints\n";
	close $out;
	chmod 0755, "$plugins/check_mx";
	return $plugins;
}

subtest 'The textfile collector finds a whole file for each domain.' => sub {
	my $plugins = plugin('check_mx') =~ s{/[^/]*$}{}r;
	for my $plugin ('check_mx', 'check_mx_dns') {
		my $file = "$folder/$plugin.example.com.prom";
		my $run = feed($plugins, 'EXAMPLE.com.', $plugin,
		    $healthy->{arguments}->($plugin));
		is($run->return_code, 0, "$plugin: it works.");
		is($run->output . $run->stderr, '', "$plugin: and is silent.");
		ok(read_metrics(slurp($file) // '', \my @faults),
		    "$plugin: the file holds metrics.");
		is_deeply(\@faults, [], "$plugin: as it has to be.");
		is((stat $file)[2] & 0777, 0644, "$plugin: all may read it.");
	}
	my $run = feed($plugins, 'nowhere.example.com', 'check_mx_dns',
	    $healthy->{arguments}->('check_mx_dns'));
	is($run->return_code, 0, 'CRITICAL is no failure.');
	is_deeply([sort map { s{.*/}{}r } glob "$folder/{.[!.]*,*}"],
	    [qw(check_mx.example.com.prom check_mx_dns.example.com.prom
		check_mx_dns.nowhere.example.com.prom)],
	    'Nothing else is left.');
};

subtest 'What is no measurement leaves the last one in place.' => sub {
	my $file = "$folder/check_mx.example.com.prom";
	my $before = slurp($file);
	for my $case (
		['a mistake', 'echo "MX UNKNOWN - no such option"; exit 3',
		    qr/MX UNKNOWN/],
		['half a file', 'echo "# TYPE a gauge"', qr/TYPE a/],
		['nothing', ':', qr/^$/],
		['its death', 'kill -9 $$', qr//],
	) {
		my ($what, $prints, $said) = @$case;
		my $plugins = fake_plugin($prints);
		my $run = feed("$plugins", 'example.com');
		is($run->return_code, 1, "$what: it fails.");
		like($run->stderr, $said, "$what: it says why.");
		is(slurp($file), $before, "$what: the file stays.");
	}
	for my $arguments ([], ['../example.com'], ['example.com', '/bin/sh'],
	    ['-H', 'mx.example.com'], ['example.com', 'check_nothing']) {
		my $run = feed("$folder", @$arguments);
		is($run->return_code, 2, "(@$arguments): refused.");
	}
	is(scalar(() = glob "$folder/.[!.]*"), 0, 'Nothing half done is left.');
};

# --- contrib/grafana ---

# What Prometheus understands of these.
sub complaints (@expressions) {
	return '' unless $promtool;
	my $rules = "$folder/rules.yml";
	open my $out, '>', $rules or die $!;
	print $out JSON::PP->new->encode({ groups => [{ name => 'all', rules =>
	    [map { { record => "rule:$_", expr => $expressions[$_] } }
	    keys @expressions] }] });
	close $out;
	my $run = testCmd($promtool, qw(check rules), $rules);
	unlink $rules;
	return $run->return_code == 0 ? '' : $run->output . $run->stderr;
}

subtest 'The dashboard asks for what there is.' => sub {
	my $dashboard = eval { JSON::PP->new->utf8->decode(
	    slurp("$top/contrib/grafana/check_mx.json") // '') };
	ok($dashboard, 'It is JSON.') or diag($@);
	my @panels = @{$dashboard->{panels}};
	my @targets = map { @{$_->{targets}} } @panels;
	my @expressions = map { $_->{expr} =~ s/\$\w+/.*/gr } @targets;
	my @variables = @{$dashboard->{templating}{list}};

	is(complaints(@expressions), '', 'Prometheus understands it.');
	is_deeply([grep { !$help_of{$_} } uniq map { /\bcheck_mx_\w+/g }
	    @expressions, map { $_->{definition} // () } @variables], [],
	    'All that it asks for was seen.');
	is_deeply([grep { !$labels{$_} } uniq map {
	    ($_->{legendFormat} // '') =~ /\{\{(\w+)\}\}/g } @targets], [],
	    'All labels that it names were seen.');
	is_deeply([uniq map { $_->{datasource}{uid} } @panels, @targets],
	    ['${datasource}'], 'The datasource is the one that was chosen.');
	is(uniq(map { $_->{id} } @panels), @panels, 'Each panel has its number.');
	my %cell;
	for my $at (map { $_->{gridPos} } @panels) {
		for my $x ($at->{x} .. $at->{x} + $at->{w} - 1) {
			$cell{"$x $_"}++ for $at->{y} .. $at->{y} + $at->{h} - 1;
		}
	}
	is_deeply([grep { $cell{$_} > 1 || /^(?:2[4-9]|[3-9]\d) / } keys %cell],
	    [], 'No panel covers another one, or leaves the screen.');
};

is_deeply([grep { my $label = s/^check_mx_(?:server_)?//r =~ s/_seconds$//r;
    $help_of{$_} =~ /^$label(?:;|$)/ } keys %help_of], [],
    'Each family is told in words, not by its name again.');

subtest 'The alerts that are recommended ask for what there is.' => sub {
	my @alerts = slurp("$top/contrib/prometheus/check_mx-textfile\@.timer")
	    =~ /^#   ((?:check_mx_|time).*)$/mg;
	is(@alerts, 3, 'There are some.');
	is(complaints(@alerts), '', 'Prometheus understands them.');
	is_deeply([grep { !$help_of{$_} } map { /\bcheck_mx_\w+/g } @alerts],
	    [], 'All that they ask for was seen.');
};

done_testing;

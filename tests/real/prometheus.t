# SPDX-License-Identifier: GPL-3.0-or-later
#
# From real mail servers to a real Prometheus, as contrib/prometheus tells how:
# node_exporter takes the files, and what the dashboard and the alerts ask for
# gets an answer, the right one.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Basename qw(dirname);
use JSON::PP;
use List::Util qw(uniq);
use Test::More;

use CheckMX;
use Lab;
use Lab::NodeExporter;
use Lab::Prometheus;

my $CONTRIB = "$FindBin::Bin/../../contrib";
my $SCRIPT = "$CONTRIB/prometheus/check_mx-textfile";
my @DOMAINS = qw(healthy.test mixed.test nowhere.test);

Lab->enter;
Lab::need_not(map { $_->absent } qw(Lab::NodeExporter Lab::Prometheus));
my $lab = Lab->new;
my $exporter = Lab::NodeExporter->start;
my $folder = $exporter->path('textfile');

# "name{label="value",...} value", labels by their names and without the empty
# ones that node_exporter adds.
sub samples ($text) {
	return sort map {
		my ($name, $labels, $value) = /^(check_mx_\w+)\{(.*)\} (\S+)$/;
		"$name\{" . join(',', sort grep { !/=""/ }
		    split /,(?=\w+=")/, $labels) . '} ' . ($value + 0);
	} grep { /^check_mx_/ } split /\n/, $text;
}

for my $domain (@DOMAINS) {
	for my $plugin (qw(check_mx check_mx_banner check_mx_cert_expiry)) {
		my $run = testCmd($SCRIPT, $domain, $plugin, { env => {
		    SSL_CERT_FILE => $lab->ca_file, FOLDER => $folder,
		    PLUGINS => dirname(plugin('check_mx')) } });
		is($run->return_code, 0, "$plugin of $domain is in a file.")
		    or diag($run->as_text);
	}
}

for my $plugin (all_plugins()) {
	for my $domain (@DOMAINS) {
		my $metrics = testCmd(plugin($plugin), '-d', $domain,
		    '--output-format=openmetrics', $plugin eq 'check_mx_delivery'
		    ? "--to=friend\@$domain" : (),
		    { env => { SSL_CERT_FILE => $lab->ca_file } });
		my $run = testCmd($Lab::Prometheus::PROMTOOL,
		    qw(check metrics), { stdin => $metrics->output });
		is($run->output . $run->stderr . $run->return_code, '0',
		    "promtool finds nothing wrong with $plugin of $domain.")
		    or diag($metrics->as_text);
	}
}

# Debian's folder is root's, and so is the line that opens it to the unit's user.
{
	my $unit = Lab::Server::slurp(
	    "$CONTRIB/prometheus/check_mx-textfile\@.service");
	my $own = '/run/lab/node-exporter';
	my ($before) = $unit =~ m{^ExecStartPre=\+(.*)$}m;
	my ($user) = $unit =~ /^User=(\w+)$/m;
	my $nobody = 'nobody';	# who is there without the package

	mkdir $own, 0755 or die "$own: $!";
	my $prepared = testCmd(split ' ', $before
	    =~ s{\S+/node-exporter}{$own}r =~ s/\b$user:/$nobody:/r);
	is($prepared->return_code, 0, 'The unit prepares the folder.')
	    or diag($prepared->as_text);
	my $run = testCmd('setpriv', "--reuid=$nobody", '--clear-groups',
	    $SCRIPT, $DOMAINS[0], { env => { FOLDER => $own,
	    PLUGINS => dirname(plugin('check_mx')) } });
	is($run->return_code, 0, 'Then its user can write there.')
	    or diag($run->as_text);
}

$exporter->await;
my $told = join '', map { Lab::Server::slurp($_) } glob "$folder/*.prom";
my $read = $exporter->metrics;
is_deeply([samples($read)], [samples($told)],
    'node_exporter takes each sample of each file.');
like($read, qr/^node_textfile_scrape_error 0$/m,
    'It has nothing against them.');
is_deeply([$read =~ /^# HELP check_mx_\w+ (Metric read from .*)$/mg], [],
    'Their help agrees.');
is_deeply([grep { /level=(?:error|warn)/ && !/running as root/ }
    split /\n/, $exporter->words], [], 'It does not complain.');

my $prometheus = Lab::Prometheus->start(exporter => $Lab::NodeExporter::SOCKET);
$prometheus->await;

# "domain host: value", sorted.
sub values_of ($expression) {
	return [sort map {
		my ($domain, $host) = @{$_->{metric}}{qw(domain host)};
		join(' ', grep { defined } $domain, $host) . ": $_->{value}";
	} $prometheus->query($expression)];
}

sub domains_of ($expression) {
	return [uniq sort map { $_->{metric}{domain} }
	    $prometheus->query($expression)];
}

is_deeply(values_of('check_mx_state{check="check_mx"}'),
    ['healthy.test: 0', 'mixed.test: 2', 'nowhere.test: 2'],
    'Prometheus knows the states.');
is_deeply(values_of('check_mx_server_accepted > 0'),
    ['mixed.test mx.relay.test: 1'], 'It knows who relays.');
is_deeply(values_of('floor(check_mx_server_certificate_left_seconds'
    . '{check="check_mx",domain="mixed.test"} / 86400)'),
    ['mixed.test mx.expired.test: -4', 'mixed.test mx.relay.test: 60',
	'mixed.test mx1.healthy.test: 60', 'mixed.test mx1.healthy.test: 60'],
    'It knows the days that are left.');

# --- what is shipped ---

my $dashboard = JSON::PP->new->utf8->decode(
    Lab::Server::slurp("$CONTRIB/grafana/check_mx.json"));
for my $panel (@{$dashboard->{panels}}) {
	for my $target (@{$panel->{targets}}) {
		my @series = $prometheus->query($target->{expr} =~ s/\$\w+/.*/gr);
		cmp_ok(@series, '>', 0, "The panel '$panel->{title}' has "
		    . @series . ' lines.');
	}
}

my ($state, $certificate, $age) = Lab::Server::slurp(
    "$CONTRIB/prometheus/check_mx-textfile\@.timer")
    =~ /^#   ((?:check_mx_|time).*)$/mg;
is_deeply(domains_of($state), ['mixed.test', 'nowhere.test'],
    'The alert on states goes off for what is CRITICAL.');
is_deeply(domains_of($certificate), ['mixed.test'],
    'That on certificates does for the expired one.');
is(scalar $prometheus->query($age =~ s/ > .*//r),
    scalar(() = glob "$folder/*.prom"), 'That on old files knows each.');
is_deeply(values_of($age), [], 'None is old.');

done_testing;

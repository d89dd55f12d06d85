# SPDX-License-Identifier: GPL-3.0-or-later
#
# contrib/icinga2 in a real Icinga 2: every command with every argument, against
# scripted servers and Dovecot; what comes back by its API.

use v5.36;
use FindBin;
use lib "$FindBin::Bin/../lib";
use MIME::Base64 qw(encode_base64);
use Monitoring::Plugin::Performance;
use Test::More;

use Certs;
use FakeDNS;
use FakeMX;
use Lab;
use Lab::Dovecot;
use Lab::Icinga;
use MailDomain qw(policy_host);

Lab->enter;
Lab::need_not(map { $_->absent } qw(Lab::Dovecot Lab::Icinga));

my $top = $ENV{top_srcdir} // "$FindBin::Bin/../..";
my $DNS = '127.0.0.53:53';
my $USER = 'monitor@mail.test';
my $SECRET = 'Kn0ck & "enter", $100$';
my $MAILBOX = 'kate@lmtp.test';
my $MAILBOX_SECRET = 'the password of kate';
my $SOON = Certs::certificate(names => ['mx.soon.test'],
    not_after => Certs::days(10.5));

# --- the world ---

my $dovecot = Lab::Dovecot->start(users => { $MAILBOX => $MAILBOX_SECRET });
my $policy = "version: STSv1\nmode: enforce\nmx: *.mail.test\n"
    . "max_age: 604800\n";
my @servers = (
	mx(1, 25), mx(2, 25), mx(1, 587),
	mx(1, 465, tls => { implicit => 1 }),
	mx(1, 2526, proxy => 1),
	mx(1, 2525, tls => 0, extensions => ['AUTH PLAIN']),
	mx(3, 25, address => '::1'),
	mx(4, 25, tls => { certificate => $SOON }),
	mx(5, 25, RCPT => "250 Anybody\r\n"),
	mx(6, 25, mode => 'mute'),
	FakeMX->new(policy_host($policy), address => '127.0.0.60',
	    hostname => 'mta-sts.mail.test',
	    tls => { implicit => 1, certificate => Certs::certificate(
		names => ['mta-sts.mail.test']) }),
);
my $dns = FakeDNS->new(listen => '127.0.0.53', port => 53, ad => 1, zone => {
	'mail.test' => { MX => ['10 mx1.mail.test', '20 mx2.mail.test'] },
	map({ ("mx$_.mail.test" => { A => ["127.0.0.1$_"] },
	    "127.0.0.1$_" => { PTR => ["mx$_.mail.test"] }) } 1, 2),
	'mx3.mail.test' => { AAAA => ['::1'] },
	'::1' => { PTR => ['mx3.mail.test'] },
	map({ tlsa(@$_) } [1, 25], [2, 25], [3, 25], [1, 465], [1, 2526]),
	'mta-sts.mail.test' => { A => ['127.0.0.60'] },
	'_mta-sts.mail.test' => { TXT => ['"v=STSv1; id=1"'] },
	'_smtp._tls.mail.test' =>
	    { TXT => ['"v=TLSRPTv1; rua=mailto:tls@mail.test"'] },
	'nullmx.test' => { MX => ['0 .'] },
	'soon.test' => { MX => ['10 mx.soon.test'] },
	'mx.soon.test' => { A => ['127.0.0.14'] },
	'mail.lab.test' => { A => [$dovecot->address] },
	'1.0.0.127.in-addr.arpa' => { PTR => [$Lab::Namespace::HOST] },
});
$dovecot->await;

# The Nth exchanger; users may log in, inside TLS if it has any.
sub mx ($n, $port, %more) {
	my $name = "mx$n.mail.test";
	my @extensions = ('PIPELINING', 'SIZE 10485760', '8BITMIME', 'DSN');

	$more{tls}{certificate} //= Certs::certificate(names => [$name])
	    if ref($more{tls} //= {});
	return FakeMX->new(address => "127.0.0.1$n", port => $port,
	    hostname => $name, local => ['mail.test'],
	    extensions => [@extensions, 'STARTTLS'],
	    extensions_tls => [@extensions, 'AUTH PLAIN'],
	    AUTH => sub ($line, $) {
		return $line eq 'AUTH PLAIN '
		    . encode_base64("\0$USER\0$SECRET", '')
		    ? "235 2.7.0 Welcome\r\n" : "535 5.7.8 No\r\n";
	    }, %more);
}

sub tlsa ($n, $port) {
	my $name = "mx$n.mail.test";
	return "_$port._tcp.$name" => { TLSA => ['3 1 1 ' . Certs::tlsa('3 1 1',
	    Certs::certificate(names => [$name])->{chain})] };
}

# --- the services ---

my $folder = "$Lab::Namespace::FOLDER/files";
my $ca_dir = "$folder/ca";
my $ca_file = Certs::ca_file();
my $chain = Certs::certificate(names => ['mx1.mail.test'])->{chain};
my $fingerprint = `openssl x509 -in $chain -noout -fingerprint -sha256`
    =~ s/.*=//r =~ s/\n//r;
mkdir $_ or die "$_: $!" for $folder, $ca_dir;
Lab::Namespace::run('cp', $ca_file, $ca_dir);
Lab::Namespace::run('openssl', 'rehash', $ca_dir);
my $secret_file = file('secret', "$SECRET\n");
my $mailbox_secret_file = file('mailbox-secret', "$MAILBOX_SECRET\n");
my $message = file('message', "Subject: a whole one\n\nHello\n");

sub file ($name, $text) {
	open my $out, '>', "$folder/$name" or die "$name: $!";
	chmod 0600, $out;
	print $out $text;
	close $out or die "$name: $!";
	return "$folder/$name";
}

my @MX1 = (hostname => 'mx1.mail.test');
my @LOGIN = (authuser => $USER, authpass => $SECRET);
my @MAILBOX = (hostname => 'mail.lab.test', lmtp => 1, from => '<>',
    to => $MAILBOX, send => 1);

sub trusts ($command) { $command !~ /^mx_(?:banner|dns|openrelay)$/ }

# What most commands have in common, over several services.
sub common ($command) {
	my $dialogue = $command ne 'mx_dns';
	my @domain = $command eq 'mx_mtasts' ? (domain => 'mail.test') : ();
	# Nobody listens at the port of the file: what the service says counts.
	my $ini = file("$command.ini", "[ours]\ndomain=mail.test\n"
	    . ($dialogue ? "hostname=mx1.mail.test\nport=24\n" : ''));

	return (
		[plain => { domain => 'mail.test', ipv4 => 1,
		    nameserver => [$DNS, $DNS], verbose => \'3',
		    timeout => '40:UNKNOWN', quorum => 1,
		    severity => 'DNS_IMPLICIT_MX=ok,TCP_TIMEOUT=warning',
		    $dialogue ? (source => '127.0.0.1',
			fqdn => $Lab::Namespace::HOST) : (),
		    $command eq 'mx_auth' ? (port => 25) : () }],
		[file => { extra_opts => "ours\@$ini", verbose => 1,
		    output_format => 'nagios',
		    $dialogue ? (port => 25, sni => 'mx1.mail.test') : () }],
		$dialogue ? (
			[ssl => { @domain, @MX1, ssl => 1, quorum => 1 }],
			[proxy => { @domain, @MX1, proxy => 'true',
			    port => 2526, verbose => 2 }],
			[ipv6 => { @domain, hostname => [('mx3.mail.test') x 2],
			    ipv6 => 'true', port => 25, verbose => 'false',
			    trusts($command) ? (ca_dir => $ca_dir) : () }],
		) : (
			[ipv6 => { domain => 'nullmx.test', ipv6 => 1,
			    expect_null_mx => 1 }],
		),
	);
}

# COMMAND => [name => { variables }, the state if it isn't OK] ...
my %TIMES = (warning => '0:20', critical => '0:30');
my %CERTIFICATE = (min_tls => '1.2', match => ['mx9.test', 'mx8.test'],
    fingerprint => [$fingerprint, '00' x 32]);
my %SERVICES = (
	mx => [
		[score => { domain => 'mail.test', warning => 50,
		    critical => '20:', trust_ad => 1, at => '+1d',
		    expect => 'mx', require => ['STARTTLS', 'SIZE>=1000'],
		    min_tls => '1.2', match => 'mx9.test',
		    expect_mx => ['mx1.mail.test:10', 'mx2.mail.test'],
		    probe_versions => 1, probe_injection => 1,
		    egress_check => '127.0.0.12:25', no_ptr => 1,
		    from => 'probe@example.org', probes => 'plain,bang',
		    recipient => ['a@example.org', 'b@example.net'],
		    local_domain => 'mail.test', min_max_age => 3600,
		    require_mode => 'enforce' }],
		[null => { domain => 'nullmx.test', expect_null_mx => 1 }],
		[pinned => { @MX1, %CERTIFICATE, no_verify => 1, trusted => 1,
		    skip => 'ptr,dane,mtasts' }],
	],
	mx_auth => [
		[login => { @MX1, @LOGIN, %CERTIFICATE, %TIMES,
		    authtype => 'PLAIN', starttls => 1,
		    require_mech => ['PLAIN', 'PLAIN'] }],
		['no-secret' => { @MX1, authuser => $USER }, 3],
		['secret-file' => { @MX1, authuser => $USER,
		    authpass_file => $secret_file }],
		[clear => { @MX1, in_clear => 1, port => 2525 }],
		[closed => { @MX1, authuser => 'closed@mail.test',
		    authpass => 'x', expect_reject => 1, no_verify => 1 }],
		[open => { @MX1, @LOGIN, expect_reject => 1 }, 2],
	],
	mx_banner => [
		[require => { @MX1, %TIMES, expect => 'ESMTP',
		    require => ['STARTTLS', 'SIZE'] }],
		[slow => { @MX1, warning => '@0:20' }, 1],
		[down => { @MX1, port => 26 }, 2],
		[mute => { hostname => '127.0.0.16',
		    timeout => '2:WARNING' }, 1],
	],
	mx_cert_expiry => [
		[share => { @MX1, warning => '25%', critical => '10%',
		    chain => 1, at => '+1d', starttls => 1 }],
		[soon => { domain => 'soon.test', warning => 20,
		    critical => '5:' }, 1],
	],
	mx_dane => [
		[renewal => { domain => 'mail.test', %TIMES, at => '+1d',
		    hostname => 'mx1.mail.test', trust_ad => 1,
		    next_cert => $chain }],
	],
	mx_delivery => [
		[login => { @MX1, @LOGIN, %CERTIFICATE, %TIMES, port => 587,
		    authtype => 'PLAIN', starttls => 1, from => $USER,
		    to => ['a@mail.test', 'b@mail.test'],
		    dsn => 'success,delay' }],
		['secret-file' => { @MX1, authuser => $USER, port => 587,
		    authpass_file => $secret_file, no_verify => 1,
		    to => 'a@mail.test', send => 1, message => $message }],
		[clear => { @MX1, @LOGIN, in_clear => 1, port => 2525,
		    to => 'a@mail.test' }],
		[imap => { @MAILBOX, subject => 'Is it "there", $100$?',
		    header => ['X-One: 1', 'X-Two: 2'],
		    arrival_imap => 'imaps://mail.lab.test/INBOX',
		    arrival_user => $MAILBOX, timeout => 60,
		    arrival_pass_file => $mailbox_secret_file,
		    arrival_warning => 50, arrival_critical => 55 }],
		[maildir => { @MAILBOX, timeout => 60,
		    arrival_maildir => $dovecot->maildir($MAILBOX) }],
	],
	mx_dns => [
		[set => { domain => 'mail.test', %TIMES, no_ptr => 1,
		    expect_mx => ['mx1.mail.test:10', 'mx2.mail.test'] }],
		[host => { domain => 'mail.test', @MX1 }],
		[missing => { domain => 'nullmx.test' }, 2],
		[usage => {}, 3],
	],
	mx_mtasts => [
		[mode => { domain => 'mail.test', %TIMES, at => '+1d',
		    min_max_age => 3600, require_mode => 'enforce' }],
	],
	mx_openrelay => [
		[all => { @MX1, from => 'probe@example.org', probes => 'all',
		    recipient => ['a@example.org', 'b@example.net'],
		    local_domain => 'mail.test', warning => '0:1',
		    critical => '0:2' }],
		[trusted => { @MX1, trusted => 1, starttls => 1 }],
		[open => { hostname => '127.0.0.15' }, 2],
	],
	mx_starttls => [
		[pinned => { @MX1, %CERTIFICATE, %TIMES, at => '+1d',
		    probe_versions => 1, probe_injection => 1 }],
		[untrusted => { @MX1, no_verify => 1 }],
	],
);

# A value as Icinga's language has it, a reference to one as a string; a $ in it
# would begin a macro.
sub literal ($value) {
	return '[ ' . join(', ', map { literal($_) } @$value) . ' ]'
	    if ref $value eq 'ARRAY';
	return $value
	    if $value =~ /\A(?:true|false|0|[1-9]\d{0,8})\z/;
	$value = $$value if ref $value;
	return '"' . $value =~ s/(["\\])/\\$1/gr =~ s/\$/\$\$/gr . '"';
}

my (%expected, $config);
for my $command (sort keys %SERVICES) {
	for my $row (common($command), @{$SERVICES{$command}}) {
		my ($name, $its, $state) = @$row;
		my %its = %$its;
		$its{ca_file} //= $ca_file if trusts($command)
		    && !$its{ca_dir} && $name ne 'untrusted';
		$expected{"options!$command $name"} = $state // 0;
		$config .= "object Service \"$command $name\" {\n"
		    . "\thost_name = \"options\"\n"
		    . "\tcheck_command = \"$command\"\n" . join('',
			map { "\tvars.${command}_$_ = " . literal($its{$_})
			. "\n" } sort keys %its) . "}\n";
	}
}

# What mx-services.conf gives to a host with a domain, and to one that asks for
# more: the intervals in seconds.
my %DOMAIN_SERVICES = (
	'mx mail.test' => 900,
	'mx_banner mail.test' => 300,
	'mx_cert_expiry mail.test' => 43_200,
	'mx_dns mail.test' => 900,
	'mx_openrelay mail.test' => 3600,
	'mx_starttls mail.test' => 900,
);
my %MORE_SERVICES = (
	'mx_auth mx1.mail.test' => 900,
	'mx_dane mail.test' => 3600,
	'mx_delivery kate@mail.test' => 3600,
	'mx_mtasts mail.test' => 3600,
);
my $trust = join '', map { "\tvars.${_}_ca_file = \"$ca_file\"\n" }
    grep { trusts($_) } sort keys %SERVICES;

my $more = <<"END";
object Host "more" {
	check_command = "dummy"
	vars.mail_domains = [ "mail.test" ]
	vars.mail_dane = true
	vars.mail_mtasts = true
	vars.mail_submission = [ "mx1.mail.test" ]
	vars.mail_recipients = [ "kate\@mail.test" ]
	vars.mx_auth_authuser = "$USER"
	vars.mx_auth_authpass_file = "$secret_file"
	vars.mx_skip = "ptr"
$trust}
END
$config .= <<"END";
object Host "options" { check_command = "dummy" }
object Host "mail" {
	check_command = "dummy"
	vars.mail_domains = [ "mail.test" ]
$trust}
${more}include "$top/contrib/icinga2/mx-commands.conf"
include "$top/contrib/icinga2/mx-services.conf"
END

my $icinga = Lab::Icinga->start(config => $config);
$icinga->await;
my %result = $icinga->check_all;

# --- what came back ---

for my $name (sort keys %expected) {
	my $result = $result{$name};
	is($result->{state}, $expected{$name}, "$name has its state.")
	    or diag(explain([@$result{qw(command output)}]));
}

my %command = $icinga->objects('checkcommands');
my %given;
for my $result (@result{sort keys %expected}) {
	my ($program, @arguments) = @{$result->{command}};
	my $command = $program =~ s/.*check_//r;
	$given{$command}{$_}++ for map { /^-v+$/ ? ('--verbose', $_)
	    : /^(--[\w-]+)/ ? $1 : () } @arguments;
}
for my $name (sort keys %SERVICES) {
	my $arguments = $command{$name}{arguments};
	is_deeply([grep { !$given{$name}{$_} } sort keys %$arguments], [],
	    "$name was run with every argument.");
	is_deeply([grep { $given{$name}{$_} } qw(-v -vv -vvv)],
	    [$name eq 'mx_dns' ? qw(-v -vvv) : qw(-v -vv -vvv)],
	    "$name tells as much as was asked for.");
	cmp_ok($command{$name}{timeout}, '>', 31,
	    "Icinga waits for $name until it ends by itself.");
}
is_deeply([grep { /^mx/ && !$SERVICES{$_} } keys %command], [],
    'There is no other command.');
unlike(join(' ', map { @{$_->{command}} } values %result), qr/\Q$SECRET\E/,
    'No command line tells a password.');

like($result{'options!mx_auth no-secret'}{output},
    qr/UNKNOWN - --authuser: wants a secret/,
    'A password that nobody has set is none.');
like($result{'options!mx_banner mute'}{output}, qr/\(BANNER_TIMEOUT\)/,
    'A plugin ends by itself, before Icinga ends it.');

# --- performance data, as Icinga understands it ---

my $parsed = $icinga->evaluate(<<'END' =~ tr/\n/ /r);
var all = {};
for (s in get_objects(Service)) {
	all[s.__name] = s.last_check_result.performance_data
	    .map(parse_performance_data)
};
all
END
for my $name (sort keys %result) {
	my $text = join ' ', @{$result{$name}{performance_data}};
	my @expected = Monitoring::Plugin::Performance->parse_perfstring($text);
	is_deeply([map { "$_->{label}=$_->{value}" } @{$parsed->{$name}}],
	    [map { $_->label . '=' . (0 + $_->value) } @expected],
	    "Icinga understands the performance data of $name.");
}
my ($time) = @{$parsed->{'options!mx_banner require'}};
is_deeply([@$time{qw(label unit warn crit min)}],
    ['time', 'seconds', 20, 30, 0], 'A time has its unit, thresholds and minimum.');
my ($days) = grep { $_->{label} eq 'days' }
    @{$parsed->{'options!mx_cert_expiry soon'}};
is($days->{value}, 10, 'Days are a number.');

my $output = $result{'options!mx_banner down'}{output};
like($output, qr/\AMX_BANNER\ CRITICAL\ -\ mx1[.]mail[.]test[^\n]*
    \(TCP_REFUSED\)[^\n|]*\n\[CRITICAL\]\ mx1[.]mail[.]test[^|]*\z/x,
    'The output is the status line and a line for the server.');

# --- services by host vars ---

my %service = $icinga->objects('services');
for my $host (['mail', %DOMAIN_SERVICES],
    ['more', %DOMAIN_SERVICES, %MORE_SERVICES]) {
	my ($name, %expected) = @$host;
	my %found = map { $_->{name} => $_->{check_interval} }
	    grep { $_->{host_name} eq $name } values %service;
	is_deeply(\%found, \%expected,
	    "The host '$name' has its services, in their intervals.");
	is_deeply({ map { $_ => $result{"$name!$_"}{state} } keys %expected },
	    { map { $_ => 0 } keys %expected },
	    "All services of the host '$name' are OK.")
	    or diag(explain(map { $result{"$name!$_"}{output} } keys %expected));
}
is_deeply([map { my $words = join ' ', @{$result{"$_!mx mail.test"}{command}};
    $words =~ /--skip (\S+)/ } qw(mail more)], [qw(relay ptr)],
    'check_mx leaves relaying to mx_openrelay, unless the host has its own say.');
is_deeply([sort map { $_->{host_name} } grep { $_->{name} =~ / mail\.test$/ }
    values %service], [(('mail') x 6), (('more') x 8)],
    'A host without mail_domains has none of them.');

my @complaints = $icinga->validate({
	(map { my $name = $_; "conf.d/$name" =>
	    Lab::Server::slurp("$top/contrib/icinga2/$name") }
	    qw(mx-commands.conf mx-services.conf)),
	'conf.d/mail.conf' => $more =~ s/"kate\@/"postmaster", $&/r,
});
is_deeply(\@complaints, [],
    "Both files fit into Debian's own configuration.");

is_deeply([grep { m{ (?:warning|critical)/} } split /\n/, $icinga->words], [],
    'Icinga has nothing to complain about.');

diag($icinga->words) unless Test::More->builder->is_passing;
done_testing();

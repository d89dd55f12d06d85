# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab - a world of its own with real mail servers and a real DNS server.
#
#   use Lab;
#   Lab->enter;                     # first of all: runs the test again, inside
#   my $lab = Lab->new;             # or, with more in it:
#   my $lab = Lab->new(sites => [...], records => [...]);
#   my $run = $lab->check('check_mx_banner', '-d', 'healthy.test');
#   my $log = $lab->logged(sub { ... });    # or anything else, and its log
#
# Inside, resolv.conf names a DNS server that knows every domain below, the
# name of every address, and nothing else; all servers listen on port 25 of
# their addresses. They accept mail for postmaster at their own domains, know no
# other user and, but for one, relay for nobody. The sites are policy hosts (see
# Lab::PolicyServer), the records lines of the zone. contrib/lab-install installs
# what this needs.
package Lab;

use v5.36;
use Carp qw(croak);
use Net::DNS;
use Test::More;
use Time::HiRes qw(sleep);

use Certs;
use CheckMX qw(need);
use Lab::Distance;
use Lab::Exim;
use Lab::Namespace;
use Lab::OpenSMTPD;
use Lab::PolicyServer;
use Lab::Postfix;
use Lab::Resolver;

# Half days: the number of whole ones stays the same while a test runs.
my %GOOD = (not_before => Certs::days(-29.5), not_after => Certs::days(60.5));
my $EXPIRED = { not_before => Certs::days(-33.5),
    not_after => Certs::days(-3.5) };
my $NOT_YET = { not_before => Certs::days(2.5) };
my $WILDCARD = { names => ['*.many.test'] };
my $GREET_WAIT = 2;	# seconds that postscreen waits for rude clients
our $SLOW_BANNER = 6;	# seconds until slow.test greets

# name, server, addresses, and what is special about it: certificate, options of
# its smtpd, screened (by postscreen), clear (no TLS).
my @HOSTS = (
	['mx1.healthy.test', Postfix => ['127.0.0.10', '::1']],
	['mx2.healthy.test', Postfix => ['127.0.0.11']],
	['mx.plain.test', Postfix => ['127.0.0.12'], clear => 1],
	['mx.relay.test', Postfix => ['127.0.0.13'],
	    options => { mynetworks => '0.0.0.0/0' }],
	['mx.deferring.test', Postfix => ['127.0.0.14'], options => {
		smtpd_relay_restrictions => 'defer_unauth_destination',
	}],
	['mx.selfsigned.test', Postfix => ['127.0.0.15'],
	    certificate => { issuer => 'self' }],
	['mx.wrongname.test', Postfix => ['127.0.0.16'],
	    certificate => { names => ['mail.elsewhere.test'] }],
	['mx.notyet.test', Postfix => ['127.0.0.17'], certificate => $NOT_YET],
	['mx.incomplete.test', Postfix => ['127.0.0.18'],
	    certificate => { send => 'leaf' }],
	['mx.nosan.test', Postfix => ['127.0.0.24'], certificate => {
		names => [], subject => { commonName => 'mx.nosan.test' },
	}],
	['mx.tls10.test', Postfix => ['127.0.0.19'], options => {
		smtpd_tls_protocols => '>=TLSv1, <=TLSv1',
		smtpd_tls_ciphers => 'low',
		tls_low_cipherlist => 'ALL:@SECLEVEL=0',
	}],
	['mx.tls12.test', Postfix => ['127.0.0.24'],
	    options => { smtpd_tls_protocols => '>=TLSv1.2, <=TLSv1.2' }],
	# The whole range, as Postfix comes.
	['mx.old.test', Postfix => ['127.0.0.23'],
	    options => { smtpd_tls_protocols => '>=TLSv1' }],
	['mx.refusing.test', Postfix => ['127.0.0.20'], options => {
		smtpd_client_restrictions => 'reject',
		smtpd_delay_reject => 'no',
	}],
	['mx.slow.test', Postfix => ['127.0.0.21'], options => {
		smtpd_client_restrictions => "sleep $SLOW_BANNER",
		smtpd_delay_reject => 'no',
	}],
	['mx.postscreen.test', Postfix => ['127.0.0.22'], screened => 1,
	    options => {
		postscreen_greet_wait => "${GREET_WAIT}s",
		postscreen_greet_action => 'enforce',
		postscreen_pipelining_enable => 'yes',
		postscreen_non_smtp_command_enable => 'yes',
		postscreen_bare_newline_enable => 'yes',
	}],
	['mx.exim.test', Exim => ['127.0.0.30'],
	    certificate => { key => 'rsa:2048' }],
	['mx.expired.test', Exim => ['127.0.0.31'], certificate => $EXPIRED],
	['mx.opensmtpd.test', OpenSMTPD => ['127.0.0.40']],
	# Their answer needs TCP: 40 names too long for one datagram.
	map({ [sprintf('mail-exchanger-number-%02d.many.test', $_),
	    Postfix => ["127.0.1.$_"], certificate => $WILDCARD] } 1 .. 40),
);

# The mail exchangers of a domain, by preference; mx.DOMAIN of all others.
my %EXCHANGERS = (
	'healthy.test' => ['mx1.healthy.test', 'mx2.healthy.test'],
	'trio.test' =>
	    ['mx1.healthy.test', 'mx.exim.test', 'mx.opensmtpd.test'],
	'mixed.test' =>
	    ['mx1.healthy.test', 'mx.expired.test', 'mx.relay.test'],
	'many.test' => [grep { /many/ } map { $_->[0] } @HOSTS],
);

# What else is in the DNS, good and bad.
my @RECORDS = (
	"$Lab::Namespace::HOST. A 127.0.0.1",
	'example.com. MX 0 .',
	'nullmx.test. MX 0 .',
	'implicit.test. A 127.0.0.10',
	'noaddress.test. MX 10 mx.noaddress.test.',
	'cname.test. MX 10 mx.cname.test.',
	'mx.cname.test. CNAME mx1.healthy.test.',
	'dual.test. MX 10 mx.dual.test.',		# no route to IPv6
	'mx.dual.test. A 127.0.0.10',
	'mx.dual.test. AAAA 2001:db8::10',
	'closed.test. MX 10 mx.closed.test.',		# nobody listens
	'mx.closed.test. A 127.0.0.97',
	'blackhole.test. MX 10 mx.blackhole.test.',	# packets vanish
	"mx.blackhole.test. A $Lab::Namespace::VOID",
	'lame.test. MX 10 mx1.healthy.test.',
	'lame.test. MX 20 mx.servfail.test.',		# its address: SERVFAIL
	'stuck.test. MX 10 mx1.healthy.test.',
	'stuck.test. MX 20 mx.silent.test.',		# its address: no answer
);

my $COMPLAINT = join '|', 'lost connection', 'connection .* lost', 'PREGREET',
    'HANGUP', 'PIPELINING', 'BARE NEWLINE', 'NON-SMTP', 'LIMIT', 'improper',
    'synchroni[sz]ation', 'syntax', 'protocol (?:error|violation)', 'error:',
    'TLS error', 'SSL_', 'warning', 'fatal', 'panic', 'time(?:d )?out',
    'unrecognized', 'unknown command', 'too many', 'without QUIT',
    'disconnected reason=(?!quit)';

my $lab;

# Enters the namespace, or skips the whole test; see Lab::Namespace.
sub enter ($class) {
	need(qw(root openssl), Lab::Namespace::PROGRAMS);
	need_not(Lab::Namespace::hindrance());
	Lab::Namespace::enter();
}

sub new ($class, %more) {
	my @hosts = $class->hosts;
	my @sites = @{$more{sites} // []};
	my @records = ($class->records(@hosts), @{$more{records} // []});
	my %hosts_of;

	push @{$hosts_of{"Lab::$_->{server}"}}, $_ for @hosts;
	my @kinds = sort keys %hosts_of;
	need_not(map { $_->absent } $class->dns_kinds, @kinds,
	    @sites ? 'Lab::PolicyServer' : ());

	my @dns = $class->start_dns(@records);
	my @web = @sites ? Lab::PolicyServer->start(hosts => \@sites) : ();
	my @servers = map { $class->start_server($_, @{$hosts_of{$_}}) } @kinds;
	$_->await for @dns, @web, @servers;
	return $lab = bless { dns => \@dns, web => \@web,
	    servers => \@servers }, $class;
}

# What makes up the world: another one, with Lab as its parent, has its own.
sub dns_kinds ($class) { 'Lab::Resolver' }

sub start_dns ($class, @records) {
	return Lab::Resolver->start(records => \@records);
}

sub start_server ($class, $kind, @hosts) {
	return $kind->start(hosts => \@hosts);
}

sub hosts ($class) { return hosts_of_rows(\%EXCHANGERS, @HOSTS) }

sub records ($class, @hosts) {
	return (@RECORDS, records_of_hosts(\%EXCHANGERS, @hosts));
}

# What the mail servers logged while the code ran, all of it: conversations are
# waited for.
sub logged ($self, $code) {
	my @offsets = map { length $_->log_since(0) } @{$self->{servers}};

	$code->();
	return join '', map { $_->log_since(shift @offsets) } @{$self->{servers}};
}

# A plugin's run, held to the rules of every run and of every client.
sub check ($self, @command) {
	my $run;
	my $log = $self->logged(sub { $run = CheckMX::check(@command) });

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is_deeply([complaints($log)], [], 'No server finds its client rude.');
	is_deeply([$self->messages], [], 'No queue holds a message.');
	return $run;
}

# What the policy hosts were asked for, so far.
sub requests ($self) { map { $_->requests } @{$self->{web}} }

# What to put before a command, so that every packet between it and the lab
# takes so many seconds; see Lab::Distance. Skips the test where that can't be.
sub from_afar ($self, $delay) {
	need_not(Lab::Distance::hindrance());
	return Lab::Distance::command($delay);
}

# The lines of a log in which a server is not content with its client, or with
# itself. Refused recipients are not among them.
sub complaints ($log) {
	return grep { /$COMPLAINT/i } split /\n/, $log;
}

# The files that stay in the servers' queues; a check never leaves one. That of
# a transaction which ended before DATA goes away by itself.
sub messages ($self) {
	my @files = map { $_->messages } @{$self->{servers}};
	my $give_up = time + 3;

	while ((@files = grep { -e } @files) && time < $give_up) {
		sleep 0.05;
	}
	return @files;
}

# Everything that all of them said, shown after a failure.
sub words ($self) {
	return join '', map { $_->words } map { @$_ } @$self{qw(dns web servers)};
}

END { diag($lab->words) if $lab && !Test::More->builder->is_passing }

# The rows given, where OpenSMTPD can speak TLS.
sub if_opensmtpd_tls (@rows) {
	return @rows if Lab::OpenSMTPD->speaks_tls;
	croak 'this OpenSMTPD lacks TLS, and CHECK_MX_REQUIRE_ALL is set'
	    if $ENV{CHECK_MX_REQUIRE_ALL};
	diag('this OpenSMTPD lacks TLS, which is not tested');
	return;
}

sub ca_file ($self) { Certs::ca_file() }

# What a host sends as its certificate, the leaf first.
sub chain_file ($self, $name) {
	for my $server (@{$self->{servers}}) {
		my ($host) = grep { $_->{name} eq $name } $server->hosts;
		return $server->chain_file($host) if $host;
	}
	croak "no host $name";
}

# Skips the whole test for a reason, or fails where nothing may be skipped.
sub need_not (@hindrances) {
	return unless @hindrances;
	my $reason = join ', ', @hindrances;
	croak "$reason, and CHECK_MX_REQUIRE_ALL is set"
	    if $ENV{CHECK_MX_REQUIRE_ALL};
	plan(skip_all => $reason);
}

# The rows as hashes: name, server, addresses, domains, certificate (arguments
# for Certs; undef: no TLS), second (another one, seldom), options, screened,
# ports (their options by their number; port 25 alone as a rule).
# The exchangers are those of domains whose host is not just mx.DOMAIN.
sub hosts_of_rows ($exchangers, @rows) {
	my %domains;
	for my $domain (sort keys %$exchangers) {
		push @{$domains{$_}}, $domain for @{$exchangers->{$domain}};
	}
	return map {
		my ($name, $server, $addresses, %more) = @$_;
		my @domains = (@{$domains{$name} // []},
		    $name =~ /^mx[.](.*)/ ? $1 : ());
		my ($certificate, $second) = map {
			+{ names => [$name], %GOOD, %{$_ // {}} };
		} @more{qw(certificate second)};
		+{ name => $name, server => $server, addresses => $addresses,
		    domains => \@domains, ports => { 25 => {} }, %more,
		    certificate => $more{clear} ? undef : $certificate,
		    second => $more{second} ? $second : undef };
	} @rows;
}

# Their MX and address records.
sub records_of_hosts ($exchangers, @hosts) {
	my @records;
	my %exchangers = (%$exchangers, map {
		$_->{name} =~ /^mx[.](.*)/ ? ($1 => [$_->{name}]) : ();
	} @hosts);

	for my $domain (sort keys %exchangers) {
		my $preference = 0;
		push @records, map { $preference += 10;
		    "$domain. MX $preference $_." } @{$exchangers{$domain}};
	}
	for my $host (@hosts) {
		my $name = $host->{name};
		push @records, map { ("$name. " . (/:/ ? 'AAAA' : 'A') . " $_",
		    Net::DNS::Question->new($_, 'PTR')->qname . ". PTR $name.")
		} @{$host->{addresses}};
	}
	return @records;
}

1;

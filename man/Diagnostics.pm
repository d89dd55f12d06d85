# SPDX-License-Identifier: GPL-3.0-or-later
#
# Diagnostics - which codes a plugin can report, and what --explain says of them
#
#   my @entries = Diagnostics::explained($command);   # of --explain
#   my @own = grep { Diagnostics::reports('check_mx_dns', $_->{code}) } @entries;
#   Diagnostics::localize('check_mx_dns', @own);	# states as they are there
#   print Diagnostics::table([qw(code state title)], @own);
#
# An entry has code, state (note, WARNING, CRITICAL, UNKNOWN), weight (what it
# takes from the score; "" where nothing) and title. Every run of every test is
# held against reports() and state_there(), so a plugin can't report what its
# manual doesn't tell, nor alarm by what that calls a note.
package Diagnostics;

use v5.36;

# Groups of codes, by their names.
my %GROUP = (
	run => qr/TIMEOUT|NOT_TESTED/,
	domain => qr/DNS_(?!PTR_|MX_(?:UNEXPECTED|MISSING)).*/,
	dns => qr/DNS_.*/,
	tcp => qr/TCP_(?!EGRESS).*/,
	egress => qr/TCP_EGRESS_BLOCKED/,
	smtp => qr/(?:BANNER|SMTP)_(?!UNEXPECTED).*
	    |EHLO_(?:REFUSED|NAME_REFUSED|HELO_ONLY)/x,
	expected => qr/BANNER_UNEXPECTED/,
	extension => qr/EHLO_MISSING_EXTENSION/,
	slow => qr/RESPONSE_SLOW/,
	session => qr/TLS_(?:HANDSHAKE|TIMEOUT|CLOSED)/,
	starttls => qr/STARTTLS_(?!COMMAND|REQUIRED).*/,
	required => qr/STARTTLS_REQUIRED/,
	changed => qr/EHLO_CHANGED_BY_TLS/,
	tls => qr/TLS_(?!VERSION_OLD).*/,
	probed => qr/TLS_VERSION_OLD_ACCEPTED|STARTTLS_COMMAND_INJECTION/,
	certificate => qr/CERT_(?!EXPIRES_SOON|PIN).*/,
	soon => qr/CERT_EXPIRES_SOON/,
	pinned => qr/CERT_PIN_MISMATCH/,
	relay => qr/RELAY_.*/,
	auth => qr/AUTH_.*/,
	message => qr/(?:MAIL|RCPT|DATA|MESSAGE|DSN|ARRIVAL)_.*/,
	dane => qr/DANE_(?!RENEWAL).*/,
	renewal => qr/DANE_RENEWAL_BREAKS/,
	mtasts => qr/(?:MTASTS|TLSRPT)_.*/,
	whole => qr/SET_DIFFERS|SCORE_LOW/,
);

my @DIALOGUE = qw(run domain tcp smtp session);
my @SECURED = (@DIALOGUE, qw(starttls tls certificate));
my %REPORTS = (
	check_mx => [@SECURED, qw(dns egress expected extension required
	    changed probed soon pinned relay dane mtasts whole)],
	check_mx_auth => [@SECURED, qw(slow changed pinned auth)],
	check_mx_banner => [@DIALOGUE, qw(slow expected extension)],
	check_mx_cert_expiry => [@SECURED, 'soon'],
	check_mx_dane => [@DIALOGUE, qw(slow starttls dane renewal)],
	check_mx_delivery => [@SECURED, qw(slow extension changed pinned auth
	    message)],
	check_mx_dns => [qw(run dns slow)],
	check_mx_mtasts => [@DIALOGUE, qw(slow mtasts)],
	check_mx_openrelay => [@DIALOGUE, qw(starttls required changed relay)],
	check_mx_starttls => [@SECURED, qw(slow pinned probed)],
);

# What is no business of most plugins: warnings of check_mx_dns, check_mx_banner.
my $OF_DNS = qr/DNS_(?:IMPLICIT_MX|MX_CNAME|MX_TOO_MANY)/;
my $OF_BOTH = qr/$OF_DNS|BANNER_NO_HOSTNAME|BANNER_MASKED|EHLO_HELO_ONLY/;
my %NOTES = (
	check_mx => qr/DANE_UNTRUSTED_RESOLVER/,
	check_mx_auth => $OF_BOTH,
	check_mx_banner => $OF_DNS,
	check_mx_cert_expiry => qr/$OF_BOTH
	    |CERT_(?!EXPIRE|NOT_YET|INVALID).*|TLS_(?!HANDSHAKE|TIMEOUT|CLOSED).*/x,
	check_mx_dane => $OF_BOTH,
	check_mx_delivery => qr/$OF_BOTH|AUTH_IN_CLEAR/,
	check_mx_mtasts => $OF_BOTH,
	check_mx_openrelay => $OF_BOTH,
	check_mx_starttls => $OF_BOTH,
);

# Notes elsewhere, and where there is nothing else the verdict here.
my %CRITICAL = (check_mx_dane => 'DANE_NONE', check_mx_mtasts => 'MTASTS_NONE');

sub programs () { return sort keys %REPORTS }

sub reports ($program, $code) {
	my $groups = $REPORTS{$program} or die "$program is not in $0\n";

	return grep { $code =~ /^(?:$GROUP{$_})\z/ } @$groups;
}

# The state of a code there, of which the table says $state.
sub state_there ($program, $code, $state) {
	my $notes = $NOTES{$program};

	return 'CRITICAL' if $code eq ($CRITICAL{$program} // '');
	return $notes && $code =~ /^(?:$notes)\z/ ? 'note' : $state;
}

# Gives entries the states that they have there.
sub localize ($program, @entries) {
	$_->{state} = state_there($program, @$_{qw(code state)}) for @entries;
}

# What COMMAND --explain prints; COMMAND is a list, and may start with a
# wrapper of the program.
sub explained (@command) {
	my @entries;

	open my $in, '-|', @command, '--explain' or die "$command[0]: $!\n";
	while (my $line = <$in>) {
		push @entries, { code => $1, state => $2, title => $3,
		    weight => '' } if $line =~ /^(\w+) \((\w+)\): (.+)$/;
		$entries[-1]{weight} = $1
		    if $line =~ /^  score: +(\d+) points less/;
		$entries[-1]{weight} = 100 if $line =~ /^  score: +0 in/;
	}
	close $in; # exits 3, as help does
	die "@command explains nothing\n" unless @entries;
	return @entries;
}

# As roff(7), for its tbl.
sub table ($columns, @entries) {
	my @format = map { $_ eq 'title' ? 'lx' : $_ eq 'weight' ? 'r' : 'l' }
	    @$columns;
	my @rows = map { my $entry = $_; join "\t",
	    map { $_ eq 'title' ? "T{\n$entry->{title}\nT}" : $entry->{$_} }
	    @$columns } @entries;

	return join "\n", '.TS', join(' ', @format) . '.', @rows, '.TE', '';
}

1;

# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::Prometheus - a Prometheus that reads from one exporter, each second.
#
#   my $prometheus = Lab::Prometheus->start(exporter => '127.0.0.95:9100');
#   my @series = $prometheus->query('check_mx_state == 2');
#   say "$_->{metric}{domain} $_->{value}" for @series;
#
# await() returns when it has read once.
package Lab::Prometheus;

use v5.36;
use parent 'Lab::Server';
use Carp qw(croak);
use HTTP::Tiny;
use JSON::PP qw(decode_json);
use Time::HiRes qw(sleep time);

use Lab::Namespace;

my $PROGRAM = Lab::Namespace::unpacked('prometheus', 'usr/bin/prometheus');
our $PROMTOOL = Lab::Namespace::unpacked('prometheus', 'usr/bin/promtool');
my $SOCKET = '127.0.0.96:9090';
my $PATIENCE = 30;	# seconds until it has read something

sub absent ($class) {
	return -x $PROGRAM ? () : 'Prometheus is not unpacked';
}

sub sockets ($self) { $SOCKET }

sub configure ($self) {
	$self->write_file('prometheus.yml', <<"END");
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ['$self->{exporter}']
END
}

sub command ($self) {
	return ($PROGRAM, '--config.file=' . $self->path('prometheus.yml'),
	    '--storage.tsdb.path=' . $self->path('data'),
	    "--web.listen-address=$SOCKET");
}

sub await ($self) {
	my $give_up = time + $PATIENCE;

	$self->SUPER::await;
	until (grep { $_->{value} == 1 } $self->query('up')) {
		croak 'nothing is read: ', $self->words if time > $give_up;
		sleep 0.1;
	}
}

# What an expression comes to now: { metric => { label => value }, value }.
sub query ($self, $expression) {
	my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef);
	my $answer = $http->get("http://$SOCKET/api/v1/query?"
	    . $http->www_form_urlencode({ query => $expression }));

	return if $answer->{status} == 503;	# not yet ready
	croak "$expression: $answer->{status} $answer->{content}"
	    unless $answer->{success};
	return map { +{ metric => $_->{metric}, value => $_->{value}[1] } }
	    @{decode_json($answer->{content})->{data}{result}};
}

1;

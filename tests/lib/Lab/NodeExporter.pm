# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lab::NodeExporter - node_exporter with its textfile collector, and nothing
# else.
#
#   my $exporter = Lab::NodeExporter->start;
#   ... write *.prom into $exporter->path('textfile') ...
#   my $text = $exporter->metrics;
package Lab::NodeExporter;

use v5.36;
use parent 'Lab::Server';
use Carp qw(croak);
use File::Path qw(make_path);
use HTTP::Tiny;

use Lab::Namespace;

my $PROGRAM = Lab::Namespace::unpacked('prometheus-node-exporter',
    'usr/bin/prometheus-node-exporter');
our $SOCKET = '127.0.0.95:9100';

sub absent ($class) {
	return -x $PROGRAM ? () : 'node_exporter is not unpacked';
}

sub sockets ($self) { $SOCKET }

sub configure ($self) { make_path($self->path('textfile')) }

sub command ($self) {
	return ($PROGRAM, qw(--collector.disable-defaults --collector.textfile),
	    '--collector.textfile.directory=' . $self->path('textfile'),
	    "--web.listen-address=$SOCKET");
}

sub metrics ($self) {
	my $http = HTTP::Tiny->new(proxy => undef, http_proxy => undef);
	my $answer = $http->get("http://$SOCKET/metrics");

	croak "$SOCKET: $answer->{status} $answer->{content}"
	    unless $answer->{success};
	return $answer->{content};
}

1;

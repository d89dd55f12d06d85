# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion of check_mx, made by contrib/generate

# _check_mx_words OPTIONS ARGUMENTS: completes one word
_check_mx_words() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local option row
	[[ $word == = ]] && word= option=$before
	[[ $before == = ]] && option=${COMP_WORDS[COMP_CWORD-2]}
	: "${option:=$before}"
	while read -r -a row; do
		if [[ ${row[0]} == "$option" ]]; then
			case ${row[1]} in
			FILE) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
			DIR) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
			*) mapfile -t COMPREPLY < <(compgen -W "${row[*]:1}" \
				-- "$word") ;;
			esac
			return
		fi
	done <<<"$2"
	[[ $word == -* ]] &&
		mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}

_check_mx() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver --trust-ad -p --port --source -F --fqdn -s --ssl -r --proxy --sni --ca-file --ca-dir --at --skip -w --warning -c --critical --egress-check --expect-mx --expect-null-mx --no-ptr -e --expect --require --min-tls --match --fingerprint --no-verify --probe-versions --probe-injection -f --from --recipient --local-domain --probes --list-probes --trusted --min-max-age --require-mode -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
--ca-file FILE
--ca-dir DIR
--at
--skip
-w
--warning
-c
--critical
--egress-check
--expect-mx
-e
--expect
--require
--min-tls
--match
--fingerprint
-f
--from
--recipient
--local-domain
--probes
--min-max-age
--require-mode enforce
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx check_mx

_check_mx_auth() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver -p --port --source -F --fqdn -s --ssl -r --proxy --sni --ca-file --ca-dir -A --authtype -U --authuser -P --authpass --authpass-file --in-clear -S --starttls --expect-reject --require-mech -w --warning -c --critical --min-tls --match --fingerprint --no-verify -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
--ca-file FILE
--ca-dir DIR
-A
--authtype
-U
--authuser
-P
--authpass
--authpass-file FILE
--require-mech
-w
--warning
-c
--critical
--min-tls
--match
--fingerprint
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_auth check_mx_auth

_check_mx_banner() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver -p --port --source -F --fqdn -s --ssl -r --proxy --sni -e --expect --require -w --warning -c --critical -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
-e
--expect
--require
-w
--warning
-c
--critical
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_banner check_mx_banner

_check_mx_cert_expiry() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver -p --port --source -F --fqdn -s --ssl -r --proxy --sni --ca-file --ca-dir --at -w --warning -c --critical --chain -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
--ca-file FILE
--ca-dir DIR
--at
-w
--warning
-c
--critical
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_cert_expiry check_mx_cert_expiry

_check_mx_dane() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver --trust-ad -p --port --source -F --fqdn -s --ssl -r --proxy --sni --ca-file --ca-dir --at --next-cert -w --warning -c --critical -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
--ca-file FILE
--ca-dir DIR
--at
--next-cert FILE
-w
--warning
-c
--critical
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_dane check_mx_dane

_check_mx_delivery() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver -p --port --source -F --fqdn -s --ssl -r --proxy --sni --ca-file --ca-dir -f --from --to --dsn --send --subject --header --message --arrival-imap --arrival-maildir --arrival-user --arrival-pass-file --arrival-warning --arrival-critical -A --authtype -U --authuser -P --authpass --authpass-file --in-clear --min-tls --match --fingerprint --no-verify -S --starttls --lmtp -w --warning -c --critical -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
--ca-file FILE
--ca-dir DIR
-f
--from
--to
--dsn
--subject
--header
--message FILE
--arrival-imap
--arrival-maildir DIR
--arrival-user
--arrival-pass-file FILE
--arrival-warning
--arrival-critical
-A
--authtype
-U
--authuser
-P
--authpass
--authpass-file FILE
--min-tls
--match
--fingerprint
-w
--warning
-c
--critical
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_delivery check_mx_delivery

_check_mx_dns() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver --expect-mx --expect-null-mx --no-ptr -w --warning -c --critical -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
--expect-mx
-w
--warning
-c
--critical
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_dns check_mx_dns

_check_mx_mtasts() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver -p --port --source -F --fqdn -s --ssl -r --proxy --sni --ca-file --ca-dir --at --min-max-age --require-mode -w --warning -c --critical -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
--ca-file FILE
--ca-dir DIR
--at
--min-max-age
--require-mode enforce
-w
--warning
-c
--critical
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_mtasts check_mx_mtasts

_check_mx_openrelay() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver -p --port --source -F --fqdn -s --ssl -r --proxy --sni -f --from --recipient --local-domain --probes --list-probes --trusted -S --starttls -w --warning -c --critical -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
-f
--from
--recipient
--local-domain
--probes
-w
--warning
-c
--critical
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_openrelay check_mx_openrelay

_check_mx_starttls() {
	_check_mx_words '-d --domain -H --hostname -4 --ipv4 -6 --ipv6 --nameserver -p --port --source -F --fqdn -s --ssl -r --proxy --sni --ca-file --ca-dir --at --min-tls --match --fingerprint --no-verify --probe-versions --probe-injection -w --warning -c --critical -t --timeout --quorum --severity --output-format --explain --extra-opts -v --verbose -V --version -h --help' '-d
--domain
-H
--hostname
--nameserver
-p
--port
--source
-F
--fqdn
--sni
--ca-file FILE
--ca-dir DIR
--at
--min-tls
--match
--fingerprint
-w
--warning
-c
--critical
-t
--timeout
--quorum
--severity
--output-format nagios report json openmetrics
--explain
--extra-opts'
}
complete -o default -F _check_mx_starttls check_mx_starttls

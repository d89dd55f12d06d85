# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# bash completion of check_mx, made by contrib/generate

_check_mx_codes=(
DNS_NXDOMAIN DNS_SERVFAIL DNS_TIMEOUT DNS_NO_MAIL_HOST DNS_IMPLICIT_MX
DNS_NULL_MX DNS_NULL_MX_MIXED DNS_MX_NO_ADDRESS DNS_MX_CNAME
DNS_MX_IS_ADDRESS DNS_MX_PRIVATE DNS_MX_UNEXPECTED DNS_MX_MISSING
DNS_MX_SINGLE DNS_MX_TOO_MANY DNS_PTR_MISSING DNS_PTR_MISMATCH
DNS_RESOLVER TCP_REFUSED TCP_TIMEOUT TCP_UNREACHABLE TCP_RESET
TCP_EGRESS_BLOCKED TCP_NO_ROUTE_V6 BANNER_TIMEOUT BANNER_CLOSED
BANNER_REFUSED BANNER_BUSY BANNER_NOT_SMTP BANNER_NO_HOSTNAME
BANNER_UNEXPECTED BANNER_HOST_MISMATCH BANNER_MASKED BANNER_GREET_DELAY
EHLO_REFUSED EHLO_NAME_REFUSED EHLO_HELO_ONLY EHLO_MISSING_EXTENSION
SMTP_TIMEOUT SMTP_CLOSED SMTP_PROTOCOL SMTP_TOO_LONG SMTP_BUSY
RESPONSE_SLOW STARTTLS_NOT_OFFERED STARTTLS_STRIPPED STARTTLS_REFUSED
STARTTLS_INJECTION STARTTLS_COMMAND_INJECTION STARTTLS_REQUIRED
EHLO_CHANGED_BY_TLS TLS_HANDSHAKE TLS_TIMEOUT TLS_CLOSED
TLS_VERSION_OBSOLETE TLS_VERSION_OLD_ACCEPTED TLS_NOT_1_3
TLS_CIPHER_WEAK TLS_NO_FORWARD_SECRECY TLS_KEY_WEAK TLS_SIGNATURE_WEAK
CERT_EXPIRED CERT_EXPIRES_SOON CERT_NOT_YET_VALID CERT_SELF_SIGNED
CERT_UNTRUSTED CERT_CHAIN_INCOMPLETE CERT_NAME_MISMATCH CERT_NO_SAN
CERT_PIN_MISMATCH CERT_INVALID RELAY_OPEN RELAY_SUSPECT RELAY_GREYLISTED
RELAY_POLICY RELAY_INCONCLUSIVE RELAY_TRUSTED AUTH_NOT_OFFERED
AUTH_IN_CLEAR AUTH_MECHANISM_MISSING AUTH_REJECTED AUTH_DEFERRED
AUTH_ACCEPTED MAIL_REFUSED MAIL_DEFERRED RCPT_REFUSED RCPT_DEFERRED
DATA_REFUSED MESSAGE_REFUSED MESSAGE_DEFERRED MESSAGE_ACCEPTED
DSN_NOT_OFFERED ARRIVAL_MISSING ARRIVAL_SLOW ARRIVAL_MAILBOX DANE_NONE
DANE_INSECURE DANE_UNTRUSTED_RESOLVER DANE_BOGUS DANE_MISMATCH
DANE_UNUSABLE DANE_PARTIAL DANE_STALE_RECORD DANE_RENEWAL_BREAKS
MTASTS_NONE MTASTS_RECORD_INVALID MTASTS_FETCH MTASTS_POLICY_INVALID
MTASTS_MX_NOT_LISTED MTASTS_TESTING MTASTS_MODE MTASTS_SHORT_MAX_AGE
MTASTS_WOULD_FAIL TLSRPT_NONE TLSRPT_INVALID NOT_TESTED SET_DIFFERS
SCORE_LOW TIMEOUT
)

# _check_mx_complete OPTIONS ROWS: completes the word at the cursor. Of OPTIONS
# those that end with = want an argument. A row is an option, what kind of
# argument it takes, and words; "--explain=" takes one behind its = only. What
# was typed is looked at, not COMP_WORDS, where each = and : is a word.
_check_mx_complete() {
	local typed=${COMP_LINE:0:COMP_POINT} option='' word done=''
	local name kind words
	word=${typed##*[[:space:]]}
	if [[ $word == --*=* ]]; then
		option=${word%%=*}= word=${word#*=}
	else
		read -r -a words <<<"${typed%"$word"}"
		[[ ${words[*]} != *' -- '* ]] && option=${words[-1]}
	fi
	while read -r name kind words; do
		[[ $name == "$option" || $name= == "$option" ]] && break
	done <<<"$2"

	case $kind in
	FILE)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		;;
	DIR)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		;;
	STATES)
		if [[ ${word##*,} == *=* ]]; then
			words='ok warning critical unknown' done=${word%=*}=
		else
			words=${_check_mx_codes[*]/%/=} done=${word%"${word##*,}"}
			compopt -o nospace
		fi
		_check_mx_reply "$words" "$word" "$done"
		;;
	CODE) _check_mx_reply "${_check_mx_codes[*]}" "$word" ;;
	LIST) _check_mx_reply "$words" "$word" "${word%"${word##*,}"}" ;;
	WORDS) _check_mx_reply "$words" "$word" ;;
	NONE) ;;
	*)
		if [[ $word == -* ]]; then
			_check_mx_reply "$1" "$word"
			[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
		else
			mapfile -t COMPREPLY < <(compgen -A hostname -- "$word")
		fi
		;;
	esac
}

# _check_mx_reply WORDS WORD [DONE]: those words that continue WORD behind DONE;
# readline wants what stands behind the last = or :.
_check_mx_reply() {
	local before=${2%"${2##*[=:]}"} i
	mapfile -t COMPREPLY < <(compgen -P "${3:-}" -W "$1" -- "${2#"${3:-}"}")
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$before"}
	done
}

_check_mx() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= --trust-ad
-p --port= --source= -F --fqdn= -s --ssl -r --proxy --sni= --ca-file=
--ca-dir= --at= --domains= --parallel= --resume= --skip= -w --warning=
-c --critical= --egress-check= --expect-mx= --expect-null-mx --no-ptr -e
--expect= --require= --min-tls= --match= --fingerprint= --no-verify
--probe-versions --probe-injection -f --from= --recipient=
--local-domain= --probes= --list-probes --trusted --min-max-age=
--require-mode= -t --timeout= --quorum= --severity= --output-format=
--explain --extra-opts -v --verbose -V --version -h --help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
--ca-file FILE
--ca-dir DIR
--at NONE
--domains FILE
--parallel NONE
--resume FILE
--skip LIST dns ptr banner starttls certificate relay dane mtasts
-w NONE
--warning NONE
-c NONE
--critical NONE
--egress-check HOST
--expect-mx HOST
-e NONE
--expect NONE
--require NONE
--min-tls NONE
--match NONE
--fingerprint NONE
-f NONE
--from NONE
--recipient NONE
--local-domain HOST
--probes LIST basic all plain no-brackets sender-unqualified sender-null sender-localhost sender-host sender-local sender-postmaster sender-literal sender-subdomain sender-uucp sender-recipient percent-host percent-local percent-literal percent-bare quoted quoted-percent quoted-host quoted-literal double-at-host double-at-literal route-host route-literal route-two-hops bang bang-host bang-literal bang-percent trailing-at trailing-dot foreign-literal
--min-max-age NONE
--require-mode WORDS enforce
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx check_mx

_check_mx_auth() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= -p --port=
--source= -F --fqdn= -s --ssl -r --proxy --sni= --ca-file= --ca-dir= -A
--authtype= -U --authuser= -P --authpass= --authpass-file= --in-clear -S
--starttls --expect-reject --require-mech= -w --warning= -c --critical=
--min-tls= --match= --fingerprint= --no-verify -t --timeout= --quorum=
--severity= --output-format= --explain --extra-opts -v --verbose -V
--version -h --help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
--ca-file FILE
--ca-dir DIR
-A WORDS SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN XOAUTH2
--authtype WORDS SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN XOAUTH2
-U NONE
--authuser NONE
-P NONE
--authpass NONE
--authpass-file FILE
--require-mech NONE
-w NONE
--warning NONE
-c NONE
--critical NONE
--min-tls NONE
--match NONE
--fingerprint NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_auth check_mx_auth

_check_mx_banner() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= -p --port=
--source= -F --fqdn= -s --ssl -r --proxy --sni= -e --expect= --require=
-w --warning= -c --critical= -t --timeout= --quorum= --severity=
--output-format= --explain --extra-opts -v --verbose -V --version -h
--help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
-e NONE
--expect NONE
--require NONE
-w NONE
--warning NONE
-c NONE
--critical NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_banner check_mx_banner

_check_mx_cert_expiry() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= -p --port=
--source= -F --fqdn= -s --ssl -r --proxy --sni= --ca-file= --ca-dir=
--at= -w --warning= -c --critical= --chain -t --timeout= --quorum=
--severity= --output-format= --explain --extra-opts -v --verbose -V
--version -h --help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
--ca-file FILE
--ca-dir DIR
--at NONE
-w NONE
--warning NONE
-c NONE
--critical NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_cert_expiry check_mx_cert_expiry

_check_mx_dane() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= --trust-ad
-p --port= --source= -F --fqdn= -s --ssl -r --proxy --sni= --ca-file=
--ca-dir= --at= --next-cert= -w --warning= -c --critical= -t --timeout=
--quorum= --severity= --output-format= --explain --extra-opts -v
--verbose -V --version -h --help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
--ca-file FILE
--ca-dir DIR
--at NONE
--next-cert FILE
-w NONE
--warning NONE
-c NONE
--critical NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_dane check_mx_dane

_check_mx_delivery() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= -p --port=
--source= -F --fqdn= -s --ssl -r --proxy --sni= --ca-file= --ca-dir= -f
--from= --to= --dsn= --send --subject= --header= --message=
--arrival-imap= --arrival-maildir= --arrival-user= --arrival-pass-file=
--arrival-warning= --arrival-critical= -A --authtype= -U --authuser= -P
--authpass= --authpass-file= --in-clear --min-tls= --match=
--fingerprint= --no-verify -S --starttls --lmtp -w --warning= -c
--critical= -t --timeout= --quorum= --severity= --output-format=
--explain --extra-opts -v --verbose -V --version -h --help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
--ca-file FILE
--ca-dir DIR
-f NONE
--from NONE
--to NONE
--dsn LIST never success failure delay
--subject NONE
--header NONE
--message FILE
--arrival-imap NONE
--arrival-maildir DIR
--arrival-user NONE
--arrival-pass-file FILE
--arrival-warning NONE
--arrival-critical NONE
-A WORDS SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN XOAUTH2
--authtype WORDS SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN XOAUTH2
-U NONE
--authuser NONE
-P NONE
--authpass NONE
--authpass-file FILE
--min-tls NONE
--match NONE
--fingerprint NONE
-w NONE
--warning NONE
-c NONE
--critical NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_delivery check_mx_delivery

_check_mx_dns() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver=
--expect-mx= --expect-null-mx --no-ptr -w --warning= -c --critical= -t
--timeout= --quorum= --severity= --output-format= --explain --extra-opts
-v --verbose -V --version -h --help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
--expect-mx HOST
-w NONE
--warning NONE
-c NONE
--critical NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_dns check_mx_dns

_check_mx_mtasts() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= -p --port=
--source= -F --fqdn= -s --ssl -r --proxy --sni= --ca-file= --ca-dir=
--at= --min-max-age= --require-mode= -w --warning= -c --critical= -t
--timeout= --quorum= --severity= --output-format= --explain --extra-opts
-v --verbose -V --version -h --help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
--ca-file FILE
--ca-dir DIR
--at NONE
--min-max-age NONE
--require-mode WORDS enforce
-w NONE
--warning NONE
-c NONE
--critical NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_mtasts check_mx_mtasts

_check_mx_openrelay() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= -p --port=
--source= -F --fqdn= -s --ssl -r --proxy --sni= -f --from= --recipient=
--local-domain= --probes= --list-probes --trusted -S --starttls -w
--warning= -c --critical= -t --timeout= --quorum= --severity=
--output-format= --explain --extra-opts -v --verbose -V --version -h
--help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
-f NONE
--from NONE
--recipient NONE
--local-domain HOST
--probes LIST basic all plain no-brackets sender-unqualified sender-null sender-localhost sender-host sender-local sender-postmaster sender-literal sender-subdomain sender-uucp sender-recipient percent-host percent-local percent-literal percent-bare quoted quoted-percent quoted-host quoted-literal double-at-host double-at-literal route-host route-literal route-two-hops bang bang-host bang-literal bang-percent trailing-at trailing-dot foreign-literal
-w NONE
--warning NONE
-c NONE
--critical NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_openrelay check_mx_openrelay

_check_mx_starttls() {
	_check_mx_complete '
-d --domain= -H --hostname= -4 --ipv4 -6 --ipv6 --nameserver= -p --port=
--source= -F --fqdn= -s --ssl -r --proxy --sni= --ca-file= --ca-dir=
--at= --min-tls= --match= --fingerprint= --no-verify --probe-versions
--probe-injection -w --warning= -c --critical= -t --timeout= --quorum=
--severity= --output-format= --explain --extra-opts -v --verbose -V
--version -h --help
' '
-d HOST
--domain HOST
-H HOST
--hostname HOST
--nameserver NONE
-p NONE
--port NONE
--source NONE
-F NONE
--fqdn NONE
--sni NONE
--ca-file FILE
--ca-dir DIR
--at NONE
--min-tls NONE
--match NONE
--fingerprint NONE
-w NONE
--warning NONE
-c NONE
--critical NONE
-t NONE
--timeout NONE
--quorum NONE
--severity STATES
--output-format WORDS nagios report json openmetrics
--explain= CODE
--extra-opts= NONE
'
}
complete -F _check_mx_starttls check_mx_starttls

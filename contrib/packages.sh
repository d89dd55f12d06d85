# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
#
# packages.sh - installing Debian packages, for the scripts beside it
#
# To be sourced. Installs only what is missing, asks nothing, starts no
# daemon, removes nothing; silent unless there is something to do.

# What building the plugins takes, and what the scripted servers of tests/lib
# and the Debian package take beside it.
build_packages='autoconf automake gcc make pkg-config libc6-dev libssl-dev
	libidn2-dev libinih-dev libjansson-dev libcurl4-openssl-dev
	libgsasl-dev'
harness_packages='perl openssl ca-certificates libio-socket-ssl-perl libnet-ssleay-perl
	libnet-dns-perl libmonitoring-plugin-perl'
deb_packages='build-essential debhelper help2man'

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
die() { say "$*" >&2; exit 1; }

# missing PACKAGE...: prints those that are not installed
missing() {
	for package; do
		status=$(dpkg-query -W -f '${Status}' "$package" 2>&1) || :
		[ "$status" = 'install ok installed' ] || printf '%s ' "$package"
	done
}

# as_root COMMAND...
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

# quietly COMMAND...: shows what it said only when it fails
quietly() {
	said=$(mktemp)
	"$@" >"$said" 2>&1 || {
		cat "$said" >&2
		rm -f "$said"
		die "failed: $*"
	}
	rm -f "$said"
}

# Once a run: fresh lists of packages.
packages_ready=
packages_prepare() {
	[ -z "$packages_ready" ] || return 0
	packages_ready=yes
	quietly as_root apt-get update
}

# What Debian installs it starts; this policy, if there is none, says no. It
# must not outlive the installing: whatever way the script ends, an EXIT trap
# has to call packages_finish.
policy=/usr/sbin/policy-rc.d
packages_policy=
forbid_daemons() {
	[ ! -e "$policy" ] || return 0
	packages_policy=yes
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
	as_root chmod 755 "$policy"
}

packages_finish() {
	[ -z "$packages_policy" ] || as_root rm -f "$policy"
	packages_policy=
}

# ensure PACKAGE...: those that are missing, without replacing anything
ensure() {
	wanted=$(missing "$@")
	[ -n "$wanted" ] || return 0
	command -v apt-get >/dev/null ||
		die "needs these packages: $wanted (and can install on Debian only)"
	[ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null ||
		die "run this as root, or sudo -v first, to install: $wanted"
	say "installing $wanted"
	packages_prepare
	forbid_daemons
	# shellcheck disable=SC2086
	quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes \
		--no-remove --no-install-recommends $wanted
	packages_finish
}

# unpack 'PACKAGE...' APT-OPTION...: download them into $work, install their
# libraries, unpack them into one folder of $folder, that of the first
unpack() {
	packages=$1
	package=${1%% *}
	shift
	packages_prepare
	say "unpacking $packages into $folder/$package"
	mkdir "$work/$package"
	# shellcheck disable=SC2086
	(cd "$work/$package" && quietly apt-get "$@" download $packages)
	# Whole or not at all: an interrupted run leaves nothing half unpacked.
	mkdir -p "$folder"
	rm -rf "$folder/$package.new"
	for deb in "$work/$package"/*.deb; do
		# shellcheck disable=SC2046
		ensure $(dpkg-deb -f "$deb" Depends |
			tr ',' '\n' | sed -n '/libjs-/!s/^ *\(lib[^ ]*\).*/\1/p')
		dpkg-deb -x "$deb" "$folder/$package.new"
	done
	mv "$folder/$package.new" "$folder/$package"
}

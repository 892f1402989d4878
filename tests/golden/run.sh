#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/golden/run.sh [--update] [NAME...]: what flywall says of each NAME.conf,
# against the files beside it:
#
#	NAME.args	options for every command, one line (may be missing)
#	NAME.ast	flywall print
#	NAME.plan	flywall plan
#	NAME.json	flywall plan -j
#	NAME.nft	the nft text of the plan
#	NAME.explain	flywall explain of each line of NAME.packets
#	NAME.diff	flywall diff of NAME.old and NAME.conf
#	NAME.diag	standard error of flywall check, and its exit status
#
# Only files that exist are compared; --update rewrites them. To begin a golden,
# make an empty file and update. What flywall print gives must also print as
# itself. $FLYWALL is the program.
set -u

golden=$(cd "$(dirname "$0")" && pwd) || exit 1
flywall=${FLYWALL:?the program under test}
[ -x "$flywall" ] || { echo "no program $flywall" >&2; exit 1; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

update=
if [ "${1:-}" = --update ]; then
	update=yes
	shift
fi
cd "$golden" || exit 1

count=0 passed=0 failed=0

# result STATUS TEXT: one line, and in the totals
result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
	fi
}

# produce KIND NAME: what the golden should hold, to standard output. Fails
# where flywall dies of a signal, or refuses what has a plan.
produce() {
	set -- "$1" "$2" $(cat "$2.args" 2>/dev/null)
	kind=$1 name=$2
	shift 2
	case $kind in
	ast) "$flywall" print "$@" -f "$name.conf" ;;
	plan) "$flywall" plan "$@" -f "$name.conf" ;;
	json) "$flywall" plan -j "$@" -f "$name.conf" ;;
	nft)
		"$flywall" plan "$@" -f "$name.conf" >"$work/plan" || return
		sed '1,/^nft$/d' "$work/plan"
		;;
	explain)
		while read -r packet; do
			echo "== $packet"
			"$flywall" explain "$@" -f "$name.conf" "$packet" 2>&1
			status=$?
			[ "$status" = 0 ] || echo "exit $status"
			[ "$status" -lt 128 ] || return
		done <"$name.packets"
		;;
	diff) "$flywall" diff "$@" "$name.old" "$name.conf" ;;
	diag)
		"$flywall" check "$@" -f "$name.conf" 2>&1 >/dev/null
		status=$?
		echo "exit $status"
		[ "$status" -lt 128 ]
		;;
	esac
}

compare() {
	if ! produce "$1" "$2" >"$work/out" 2>"$work/err"; then
		sed 's/^/# /' "$work/err"
		result 1 "$2.$1"
	elif [ -n "$update" ]; then
		cmp -s "$work/out" "$2.$1" || cat "$work/out" >"$2.$1"
		result $? "$2.$1"
	elif diff -u "$2.$1" "$work/out" >"$work/diff"; then
		result 0 "$2.$1"
	else
		sed 's/^/# /' "$work/diff"
		result 1 "$2.$1"
	fi
}

# Printing is a fixed point: its text, beside the lists it names, prints as itself.
# (same-plan.sh looks at what it means.)
print_again() {
	"$flywall" print -f "$1.ast" >"$work/again" 2>"$work/err" &&
		diff -u "$1.ast" "$work/again" >"$work/diff"
	status=$?
	[ "$status" = 0 ] || sed 's/^/# /' "$work/err" "$work/diff"
	result "$status" "$1.ast prints as itself"
}

if [ $# = 0 ]; then
	for conf in *.conf; do
		set -- "$@" "${conf%.conf}"
	done
fi
for name; do
	for kind in ast plan json nft explain diff diag; do
		[ -f "$name.$kind" ] && compare "$kind" "$name"
	done
	[ -f "$name.ast" ] && print_again "$name"
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

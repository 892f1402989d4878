#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/golden/same-plan.sh: what `flywall print` makes of a configuration has
# the plan hash of the configuration itself. $FLYWALL is the program.
set -u

golden=$(cd "$(dirname "$0")" && pwd) || exit 1
flywall=${FLYWALL:?the program under test}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Element files and others are named from where a configuration lies.
ln -s "$golden/lists" "$golden/dhcp.db" "$work" && cd "$golden" || exit 1

hash_of() {
	"$flywall" plan -j -f "$1" >"$work/plan" 2>"$work/err" || return
	sed -n 's/.*"hash": "\([0-9a-f]*\)".*/\1/p' "$work/plan"
}

count=0 failed=0
for conf in *.conf; do
	case $conf in bad-*) continue ;; esac
	[ -f "${conf%.conf}.args" ] && continue
	count=$((count + 1))
	"$flywall" print -f "$conf" >"$work/$conf"
	was=$(hash_of "$conf") is=$(hash_of "$work/$conf")
	if [ -n "$was" ] && [ "$was" = "$is" ]; then
		echo "ok $count - $conf"
	else
		failed=$((failed + 1))
		echo "not ok $count - $conf: $was, printed $is"
	fi
done
echo "$((count - failed)) passed, $failed failed"
[ "$failed" = 0 ] && [ "$count" -gt 0 ]

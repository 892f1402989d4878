#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/golden/opinion.sh [--update] [NAME...]: what nft refuses is said at the
# user's own words. For each opinion/NAME.conf what flywall check says and its
# exit status, against NAME.diag. Lints are left out, and so are the words of nft
# itself, which change with its version. Skipped (77) where no network namespace
# can be made.
set -u

flywall=${FLYWALL:?the program under test}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

update=
if [ "${1:-}" = --update ]; then
	update=yes
	shift
fi
cd "$(dirname "$0")/opinion" || exit 1

echo 'table ip t { }' >"$work/probe"
if "$flywall" check -v "$work/probe" 2>&1 >/dev/null | grep 'not asked' >&2; then
	echo "SKIP: nft cannot be asked here" >&2
	exit 77
fi

opinion() {
	awk '/^[^\t ]+:[0-9]+:[-0-9]+: (Error|Warning|Note): / {
			skip = !/: Error: |: Note: .*(on this host|kernel refuses it)/
		}
		/^exit/ { skip = 0 }
		!skip' "$1" |
		sed 's/\(nft refuses it\|kernel refuses it\|on this host\): .*/\1/'
}

if [ $# = 0 ]; then
	for conf in *.conf; do
		set -- "$@" "${conf%.conf}"
	done
fi
count=0 failed=0
for name; do
	count=$((count + 1))
	"$flywall" check "$name.conf" >/dev/null 2>"$work/err"
	echo "exit $?" >>"$work/err"
	opinion "$work/err" >"$work/out"
	[ -z "$update" ] || cp "$work/out" "$name.diag"
	if diff -u "$name.diag" "$work/out" >"$work/diff"; then
		echo "ok $count - $name"
	else
		failed=$((failed + 1))
		sed 's/^/# /' "$work/diff"
		echo "not ok $count - $name"
	fi
done
echo "$((count - failed)) passed, $failed failed"
[ "$failed" = 0 ] && [ "$count" -gt 0 ]

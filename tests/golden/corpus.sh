#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/golden/corpus.sh: a valid nft ruleset is a valid configuration and means
# the same. Each ruleset of $FLYWALL_CORPUS/nft passes `flywall check` exactly
# when `nft -c` takes it in an empty namespace; what nft refuses there only for
# this host's devices, accounts or kernel counts as taken. Where nft loads it, the
# nft text of its plan leaves the ruleset that the file itself leaves, but for
# Flywall's own table and for ingress chains, whose rules run in XDP. Skipped (77)
# without a corpus, nft or a network namespace.
set -u

flywall=${FLYWALL:?the program under test}
PATH=$PATH:/usr/sbin:/sbin

[ -d "${FLYWALL_CORPUS:-/nonexistent}/nft" ] ||
	{ echo "SKIP: FLYWALL_CORPUS is not set" >&2; exit 77; }
if [ "${1:-}" != --inside ]; then
	command -v nft >/dev/null || { echo "SKIP: no nft" >&2; exit 77; }
	user=
	[ "$(id -u)" = 0 ] || user=-r
	unshare $user -n true 2>/dev/null ||
		{ echo "SKIP: no network namespace" >&2; exit 77; }
	exec unshare $user -n "$0" --inside
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The ruleset without ingress chains: a chain is held back until its second
# line says what it is.
ruleset() {
	nft list ruleset | awk '
		/^\tchain / { head = $0; next }
		head != "" && / hook ingress / { head = ""; skip = 1; next }
		head != "" { print head; head = "" }
		skip { skip = !/^\t}/; next }
		/^$/ { next }
		{ print }'
}

# The plan of a file, as nft takes it.
plan() {
	echo 'define flywall_carry = 0x04000000'
	echo 'define flywall_epoch = 0x1'
	"$flywall" plan -f "$1" | sed '1,/^nft$/d'
}

# But for what only this host refuses.
nft_takes() {
	nft -c -f "$1" 2>&1 | grep 'Error: ' | grep -qvE \
		'(Interface|User|Group) does not exist|Could not process rule' &&
		return 1
	return 0
}

count=0 failed=0
for file in "$FLYWALL_CORPUS"/nft/*.nft; do
	name=$(basename "$file" .nft) bad=
	count=$((count + 1))
	nft flush ruleset
	want=0
	nft_takes "$file" || want=65
	"$flywall" check "$file" >/dev/null 2>"$work/err"
	have=$?
	[ "$have" = "$want" ] || bad="check exits $have, not $want"
	if [ -z "$bad" ] && [ "$have" = 0 ] && nft -f "$file" 2>/dev/null; then
		ruleset >"$work/want"
		nft flush ruleset
		plan "$file" >"$work/plan"
		nft -f "$work/plan" 2>"$work/err" || bad="nft refuses the plan"
		nft delete table inet flywall 2>/dev/null
		ruleset >"$work/have"
		[ -n "$bad" ] || diff -u "$work/want" "$work/have" \
			>"$work/err" || bad="another ruleset"
	fi
	if [ -z "$bad" ]; then
		echo "ok $count - $name"
	else
		failed=$((failed + 1))
		sed 's/^/# /' "$work/err"
		echo "not ok $count - $name: $bad"
	fi
done
echo "$((count - failed)) passed, $failed failed"
[ "$failed" = 0 ] && [ "$count" -gt 0 ]

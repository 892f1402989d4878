#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/golden/nft-takes.sh: nft itself takes the nft text of every golden plan,
# with the two defines in front that are filled in when it is loaded. In a
# network namespace of its own, with the devices that the text names; skipped
# (77) where there is no nft or no such namespace.
set -u

golden=$(cd "$(dirname "$0")" && pwd) || exit 1
PATH=$PATH:/usr/sbin:/sbin

if [ "${1:-}" != --inside ]; then
	command -v nft >/dev/null || { echo "SKIP: no nft"; exit 77; }
	user=
	[ "$(id -u)" = 0 ] || user=-r
	unshare $user -n true 2>/dev/null ||
		{ echo "SKIP: no network namespace"; exit 77; }
	exec unshare $user -n "$0" --inside
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Where the kernel wants the devices of a chain to be there.
sed -n 's/.*hook [a-z]* device[^"]*\(".*"\).*/\1/p' "$golden"/*.nft |
	grep -o '"[^"]*"' | tr -d '"' | sort -u |
	while read -r device; do
		ip link add "$device" type veth 2>/dev/null
	done

failed=0 count=0
for text in "$golden"/*.nft; do
	count=$((count + 1))
	{
		echo 'define flywall_carry = 0x04000000'
		echo 'define flywall_epoch = 0x1'
		cat "$text"
	} >"$work/text"
	if nft -c -f "$work/text" >"$work/out" 2>&1; then
		echo "ok $count - $(basename "$text")"
	else
		failed=$((failed + 1))
		sed 's/^/# /' "$work/out"
		echo "not ok $count - $(basename "$text")"
	fi
done
echo "$((count - failed)) passed, $failed failed"
[ "$failed" = 0 ] && [ "$count" -gt 0 ]

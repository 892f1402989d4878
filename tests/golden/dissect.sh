#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/golden/dissect.sh [--update]: `flywall dissect` of each capture of
# tests/golden/dissect prints what stands beside it, as text and as JSON; what is
# no capture is refused with status 66. Where FLYWALL_CORPUS and tshark are at
# hand, names and JA3 of each first ClientHello over TCP are tshark's.
set -u

flywall=${FLYWALL:?the program under test}
here=$(cd "$(dirname "$0")" && pwd)/dissect
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failed=0

compare() { # golden, what was printed
	[ "${update:-}" = "" ] || cp "$2" "$1"
	diff -u "$1" "$2" || failed=1
}

[ "${1:-}" != --update ] || update=1
for file in "$here"/*.pcap; do
	"$flywall" dissect "$file" >"$work/out" || failed=1
	compare "${file%.pcap}.txt" "$work/out"
	"$flywall" dissect -j "$file" >"$work/out" || failed=1
	compare "${file%.pcap}.json" "$work/out"
done

refused() { # a file
	"$flywall" dissect "$1" >"$work/out" 2>"$work/err"
	[ $? = 66 ] && [ -s "$work/err" ] || { echo "$1 is taken"; failed=1; }
}
refused "$0"
refused /dev/null
refused "$here/none.pcap"
head -c 1000 "$here/several.pcap" >"$work/cut.pcap"
refused "$work/cut.pcap"
[ "$(wc -l <"$work/out")" -gt 1 ] ||
	{ echo "what stands before the cut is lost"; failed=1; }

# Second hellos, behind a HelloRetryRequest, are tshark's alone; so are those of
# SSL 2. On the port of HTTP tshark looks for no TLS.
if [ -d "${FLYWALL_CORPUS:-/nonexistent}/pcap" ] && command -v tshark >/dev/null
then
	for file in "$FLYWALL_CORPUS"/pcap/ja4/*.pcap* \
		"$FLYWALL_CORPUS"/pcap/tls/*.pcap*; do
		case ${file##*/} in ssl-to-http-server.pcap) continue ;; esac
		tshark -r "$file" -Y 'tls.handshake.type == 1 and tcp and
			tls.handshake.ja3' -T fields -e tcp.stream -e ip.src \
			-e ipv6.src -e tcp.srcport -e tls.handshake.ja3 \
			-e tls.handshake.extensions_server_name 2>/dev/null |
			sort -u -s -k1,1n | cut -f2- | tr -s '\t' ' ' |
			sed 's/^ //; s/ $//' | sort >"$work/wanted"
		"$flywall" dissect "$file" | awk '/^proto=tcp/ && / ja3=/ {
			split("", f)
			for (i = 1; i <= NF; i++) {
				at = index($i, "=")
				f[substr($i, 1, at - 1)] = substr($i, at + 1)
			}
			print f["src"], f["sport"], f["ja3"] (f["sni"] == "" ? \
				"" : " " f["sni"])
		}' | sort >"$work/got"
		diff "$work/wanted" "$work/got" >"$work/diff" ||
			{ echo "$file:"; cat "$work/diff"; failed=1; }
	done
fi
exit $failed

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Hostile and merely huge configurations: each is judged within bounds of memory
# and of processor time, and ends in an answer, never in a crash.
#
#	bounds.sh [NAME…]
#
#	FLYWALL_BOUNDS		names, where none are given; all by default
#	FLYWALL_BOUND_SECONDS	of processor time, default 20
#	FLYWALL_BOUND_MIB	of address space, default 2048; 0 for none
#
# Skipped where the program cannot even start in that: under sanitizers.
flywall=${FLYWALL:-${abs_top_builddir:?}/flywall}
seconds=${FLYWALL_BOUND_SECONDS:-20} mib=${FLYWALL_BOUND_MIB:-2048}
dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT
only=" ${*:-${FLYWALL_BOUNDS:-}} "
[ "$mib" = 0 ] ||
	(ulimit -c 0 -v $((mib * 1024)) && exec "$flywall" -V) >/dev/null 2>&1 ||
	{ echo "SKIP: the program does not start in $mib MiB" >&2; exit 77; }

# bound NAME WANTED [ARGUMENT…]: standard input is the configuration. WANTED is
# `ok`, or words that stand in the diagnostics.
bound() {
	local name=$1 wanted=$2 status answer=
	shift 2
	if [ "$only" != "  " ] && [[ "$only" != *" $name "* ]]; then
		cat >/dev/null
		return
	fi
	cat >"$dir/$name.conf"
	(
		cd "$dir" || exit 1
		ulimit -t "$seconds" -c 0
		[ "$mib" = 0 ] || ulimit -v $((mib * 1024))
		exec "$flywall" check -f "$name.conf" "$@"
	) >"$dir/out" 2>"$dir/err"
	status=$?
	case $status in
	0) [ "$wanted" = ok ] || answer="taken, where '$wanted' was to be said" ;;
	65) [ "$wanted" != ok ] && grep -q -e "$wanted" "$dir/err" ||
		answer="refused" ;;
	*) answer="status $status" ;;
	esac
	if [ "$answer" ]; then
		echo "not ok $name: $answer"
		head -n 5 "$dir/err" | cut -c 1-200 | sed 's/^/# /'
		echo "$name" >>"$dir/failed"
	else
		echo "ok $name"
	fi
	rm -f "$dir"/*.conf
}
# times N TEXT: so many lines of TEXT, %d in it being the number from 0, %e from 1
times() {
	local text=${2//&/\\&}
	text=${text//%d/\\1}
	paste -d ' ' <(seq 0 $(($1 - 1))) <(seq "$1") |
		sed -E "s|(.*) (.*)|${text//%e/\\2}|"
}
# one_line N TEXT
one_line() { times "$@" | tr -d '\n'; }
# in_chain [HOOK]: rules of standard input in a chain
in_chain() {
	echo "table ${2:-inet} t { chain c { type filter hook ${1:-forward} priority 0;"
	cat
	echo "} }"
}
ingress='ingress device "lo"'

# --- form ---------------------------------------------------------------------
{ printf "define x = "; one_line 100000 "{ "; } | bound nested-lists "expected\|nested"
{ echo "table t {"; one_line 100000 "chain c { "; } | bound nested-bodies "cannot stand here"
one_line 100000 "(" | in_chain | bound nested-parentheses "nested deeper"
one_line 100000 "}" | bound closing-braces "expected"
{ one_line 300000 "tcp "; } | in_chain | bound long-line "longer than 1 MiB"
{ printf '"'; one_line 300000 "text "; printf '"\n'; } | bound long-string "longer than 1 MiB"
{ printf 'define x = '; head -c 1000000 /dev/zero | tr '\0' a; echo; } | bound long-word ok
head -c 67108865 /dev/zero | tr '\0' '\n' | bound too-large "larger than 64 MiB"
head -c 67108864 /dev/zero | tr '\0' '\n' | bound blank-lines ok
yes '# flywall: allow dead-rule' | head -c 16000000 | bound comments ok
{ echo "define x = {"; yes "1,2,3,4,5,6,7,8,9," | head -c 60000000; echo "1 }"; } |
	bound too-many-words "too many words"
head -c 300000 /dev/zero | bound zeros "no text file"
times 200000 "nonsense %d" | bound many-errors "Error"
times 100000 'table t%d { chain { } }' | bound many-mistakes "Error"
times 20000 'tcp dprot %d' | in_chain | bound misspelt "Error"
times 20000 'tcp dport no%d' | in_chain | bound unknown-values "Error"
times 20000 'ip saddr $x%d' | in_chain | bound unknown-defines "not defined"
times 20000 'ip saddr @x%d' | in_chain | bound unknown-sets "no set"
times 20000 'jump x%d' | in_chain | bound unknown-chains "no chain"

# --- includes -----------------------------------------------------------------
echo 'include "include-self.conf"' | bound include-self "does one include itself"
for i in {0..20}; do
	times 8 "include \"double$((i + 1)).inc\"" >"$dir/double$i.inc"
done
echo 'include "double0.inc"' | bound include-tree "deeper than 16"
for i in {0..14}; do
	times 8 "include \"wide$((i + 1)).inc\"" >"$dir/wide$i.inc"
done
echo "# nothing" >"$dir/wide15.inc"
echo 'include "wide0.inc"' | bound include-count "more than 4096"
echo 'include "*.conf"' | bound include-glob "does one include itself"

# --- defines ------------------------------------------------------------------
{ echo 'define x0 = { 1, 2 }'; times 64 'define x%e = { $x%d, $x%d }'; } |
	bound define-doubles "too many"
{ echo 'define x0 = a b'; times 64 'define x%e = $x%d $x%d'; } |
	bound define-words "too many"
{ echo 'define x0 = "abcdefgh"'; times 64 'define x%e = { $x%d }'
	echo 'define y = $x64'; } | bound define-nests ok
{ printf 'define big = { '; one_line 50000 '%d, '; echo '70000 }'
	times 4000 'add rule t c tcp dport $big'; } | bound define-uses "Error"
times 300000 'define x%d = %d' | bound many-defines ok
times 300000 'redefine x = %d' | bound redefined ok

# --- many of a kind -----------------------------------------------------------
times 100000 'table inet t%d { }' | bound many-tables ok
{ echo 'table inet t {'; times 100000 'chain c%d { }'; echo '}'; } |
	bound many-chains ok
{ echo 'table inet t {'; times 50000 'set s%d { type ipv4_addr; elements = { 10.0.0.1 } }'
	echo '}'; } | bound many-sets ok
{ echo 'table inet t {'; times 100000 'counter c%d { }'; echo '}'; } |
	bound many-objects ok
{ echo 'table inet t { set s {'; times 100000 'word%d'; echo '} }'; } |
	bound many-keys "no key"
{ echo 'table inet t { chain c {'; times 100000 'comment "%d"'; echo '} }'; } |
	bound many-comments "comment"
times 50000 'table inet t { set s { type inet_proto; } }' | bound same-set ok
{ echo 'table inet t { set s { type ipv4_addr; } }'
	times 200000 'add element inet t s { 10.0.%d.1 }' |
	awk '{ split($0, p, "."); n = p[3]; printf "add element inet t s { 10.%d.%d.%d }\n", int(n / 65536), int(n / 256) % 256, n % 256 }'
} | bound added-elements ok
{ echo 'table inet t { chain c { } }'
	times 100000 'insert rule inet t c tcp dport 80'; } | bound inserted-rules ok
{ echo 'table inet t { chain c { } }'
	times 100000 'add rule inet t c tcp dport 80'; } | bound added-rules ok
{ echo 'table inet t {'; times 20000 'chain c%d { }'; echo '}'
	times 20000 'delete chain inet t c%d'; } | bound deleted-chains ok
{ printf 'table netdev t { chain c { type filter hook ingress devices = { '
	one_line 50000 'e%d, '; echo 'lo } priority 0; } }'; } | bound many-devices "at most 256"
{ echo 'options { devices = {'; one_line 50000 'e%d, '; echo 'lo } }'; } |
	bound road-devices ok
{ echo 'set s { type domain; elements = {'; one_line 300000 'a%d.example, '
	echo 'b.example } }'; } | bound domains "longer than 1 MiB"
{ echo 'set s { type domain; elements = {'; times 300000 'a%d.example,'
	echo 'b.example } }'; } | bound domain-lines ok

# --- rules that work together -------------------------------------------------
times 20000 'ip saddr 10.0.0.1 tcp dport 22 accept' | in_chain | bound same-rules ok
times 20000 'tcp dport %d accept' | in_chain | bound ports ok
times 4000 'ip saddr != 10.0.0.1 tcp dport != %d accept' |
	in_chain "$ingress" netdev | bound ingress-negated ok
times 4000 'ct state new counter\nip saddr 10.0.0.1 tcp dport %d accept' |
	in_chain "$ingress" netdev | bound ingress-stays ok
{ printf 'table netdev t { set s { type ipv4_addr; flags interval; elements = {\n'
	times 200000 '%d' |
	awk '{ printf "10.%d.%d.%d,\n", int($1 * 2 / 65536), int($1 * 2 / 256) % 256, $1 * 2 % 256 }'
	echo '} }'
	echo 'chain c { type filter hook ingress device "lo" priority 0;'
	times 800 'ip saddr @s tcp dport %d drop\nip saddr != @s udp dport %d drop'
	times 200 'ip saddr @s ip saddr 10.0.0.%d drop'
	echo '} }'; } >"$dir/set"
bound set-in-rules ok <"$dir/set"
sed "s/hook ingress device \"lo\"/hook input/; s/table netdev/table inet/" "$dir/set" |
	bound set-in-input-rules ok
times 3000 '%d' | awk '{ printf "tcp dport { "; for (i = 0; i < 500; i++) printf "%d, ", (i * 131 + $1 * 7) % 65536; print "1 } drop" }' |
	in_chain "$ingress" netdev | bound ingress-lists ok
{ echo 'table netdev t { set s { type ipv6_addr; flags interval; auto-merge; elements = {'
	times 60000 '%d' | awk '{ printf "2001:%x:%x::1-2001:%x:%x:ffff:ffff:ffff:ffff:fffe,\n", $1 / 60000, $1 % 60000, $1 / 60000, $1 % 60000 }'
	echo '} } chain c { type filter hook ingress device "lo" priority 0; ip6 saddr @s drop; ip6 daddr @s drop; } }'
} | sed 's/; } }$/\n} }/' | bound prefixes "too-many-prefixes\|more prefixes"
{ echo 'table inet t {'
	times 14 'chain c%d { jump c%e\njump c%e\njump c%e\njump c%e\njump c%e\njump c%e\n}'
	echo 'chain c14 { tcp dport 22 accept; }'
	echo 'chain in { type filter hook input priority 0; jump c0; } }'
} | sed 's/; }/\n}/' | bound jump-paths ok
{ echo 'table inet t {'; times 30000 'chain c%d { jump c%e\n}'; echo 'chain c30000 { }'
	echo 'chain in { type filter hook input priority 0;'; echo 'jump c0'; echo '} }'
} | bound jump-depth "deep\|Error"
{ echo 'table inet t {'; times 20000 'chain c%d { jump c0\n}'; echo '}'; } |
	bound jump-star "loop"
{ echo 'table netdev t {'
	times 14 'chain c%d { tcp dport vmap { 1 : jump c%e, 2 : jump c%e, 3 : goto c%e }\n}'
	echo 'chain c14 { }'
	echo 'chain in { type filter hook ingress device "lo" priority 0;'
	echo 'jump c0'; echo '} }'
} | bound vmap-paths ok
{ printf 'tcp dport vmap {\n'; times 60000 '%d : drop,'; echo '65000 : accept }'; } |
	in_chain "$ingress" netdev | bound vmap-large ok
{ printf 'ip saddr . tcp dport {\n'
	times 100000 '%d' | awk '{ printf "10.%d.%d.%d . %d,\n", $1 / 65536, $1 / 256 % 256, $1 % 256, $1 % 65536 }'
	echo '10.9.9.9 . 1 } drop'; } | in_chain "$ingress" netdev | bound tuples ok
{ times 16 'inspect p%d { queue %d\nwindow 10 packets\ntls sni @s drop\n}'
	echo 'set s { type domain; elements = { a.example } }'
	echo 'table inet t {'
	times 14 'chain c%d { jump c%e\njump c%e\njump c%e\njump c%e\n}'
	echo 'chain c14 { inspect p0'; echo '}'
	echo 'chain f { type filter hook forward priority 0;'; echo 'jump c0'; echo '} }'
} | bound inspect-paths ok

[ ! -s "$dir/failed" ]

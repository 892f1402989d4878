# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A lab for SYN cookies: servers on the firewall itself and behind it, on ports
# that get different options, some by name; connections whose options are looked at on both
# ends; what Flywall and the kernel have counted. Sourced by tests/net/syn*, in
# the place of lib.sh; syn_lab makes the lab.
. "$(dirname "$0")/lib.sh"
SEGMENTS=$net_build/tests/net/segments

# The window scale of a socket that nobody has set up otherwise
scale_of() {
	local space most scale=0
	space=$(sysctl -n net.ipv4.tcp_rmem | awk '{ print $3 }')
	most=$(sysctl -n net.core.rmem_max 2>/dev/null)
	[ "${most:-0}" -le "$space" ] || space=$most
	while [ "$space" -gt 65535 ]; do
		space=$((space / 2)) scale=$((scale + 1))
	done
	echo $scale
}

# syn_conf ATTACH SYN-COOKIES: nft's synproxy needs to be told the server's scale,
# a listener goes by its own
syn_conf() {
	local scale other
	scale=$(scale_of)
	other=$(((scale + 7) % 14))
	cat <<END
options { devices = { wan }; syn-cookies ${*:2}; device wan { attach $1 } }
table netdev edge {
	synproxy full { mss 1400; wscale $scale; timestamp sack-perm; }
	synproxy little { mss 1400; }
	chain wan_in {
		type filter hook ingress device "wan" priority 0; policy accept;
		ip daddr 10.7.1.1 tcp dport { 80, 5201 } synproxy mss 1400 wscale $other timestamp sack-perm
		ip6 daddr fd07:1::1 tcp dport { 80, 5201 } synproxy mss 1400 wscale $other timestamp sack-perm
		tcp dport { 80, 5201 } synproxy name "full"
		tcp dport { 81, 82 } synproxy name "little"
	}
}
table inet filter {
	chain forward {
		type filter hook forward priority 0; policy drop;
		ct state invalid drop
		tcp dport { 80, 81, 82, 5201, 5202 } accept
		ct state established accept
	}
}
END
}

# syn_serve NAMESPACE: a megabyte to everybody. Ports 80 and 81 wait for the
# client to close; 82 closes by itself. There is room for SYNs that pass: a server
# whose queue is full makes cookies itself, and reads its scale from a timestamp
# that nft's synproxy has shifted.
syn_serve() {
	local port what
	for port in 80 81 82; do
		what='dd bs=64k count=16 if=/dev/zero status=none'
		[ $port = 82 ] || what="$what; cat >/dev/null"
		lab_bg "$1" socat -T 30 \
			"TCP-LISTEN:$port,fork,reuseaddr,pf=ip6,backlog=1024" \
			"SYSTEM:$what" 2>/dev/null
	done
	listens() {
		[ "$("in_$1" ss -Hltn '( sport ge :80 and sport le :82 )' |
			wc -l)" = 3 ]
	}
	until_true 10 "the ports of $1 are open" listens "$1"
}

syn_lab() {
	net_lab
	in_firewall conntrack -C >/dev/null	# there now, and its settings
	in_firewall sysctl -qw net.ipv4.tcp_syncookies=2 \
		net.ipv4.tcp_timestamps=2 \
		net.netfilter.nf_conntrack_tcp_loose=0
	# Answers to the sources of a flood go nowhere.
	in_firewall ip route add 198.18.0.0/15 via 10.7.1.2
	in_firewall ip route add fd07:99::/64 via fd07:1::2
	# A native answer on veth needs a program at the other end too.
	in_client ip link set dev eth0 xdpdrv \
		obj "$net_build/tests/prog/probe.bpf.o" sec xdp ||
		fail "the client's end takes no XDP program"
}

# syn_flood SECONDS: both CPUs send as many SYNs as they can, to a listener and to
# a forwarded address; until floods_end
syn_flood() {
	local address
	floods=()
	for address in 10.7.1.1 fd07:2::2; do
		lab_bg client "$SEGMENTS" syn $address 80 0 "$1" >/dev/null
		floods+=("$lab_pid")
	done
	until_true 8 "a flood is answered" answered 20000
}
floods_end() {
	kill "${floods[@]}" 2>/dev/null
	wait "${floods[@]}"
}

# stat NAME…: what Flywall has counted, one a line
stats() {
	lab_ask status -j | jq '[.. | objects] as $all | $ARGS.positional[] as $name |
		first($all[][$name]? | numbers)' --args "$@"
}
# same_syns WHAT SYNS ANSWERED COOKIES DROPPED: since the start; every SYN is
# answered or passed
same_syns() {
	local n
	mapfile -t n < <(stats xdp-syn xdp-syn-answered xdp-syn-passed \
		xdp-cookie xdp-drop-cookie)
	same "$1: SYNs" "${n[0]}" $((n[1] + n[2]))
	same "$1: SYNs, answers, cookies, forged ACKs" "${*:2}" \
		"${n[0]} ${n[1]} ${n[3]} ${n[4]}"
}
answered() { [ "$(stats xdp-syn-answered)" -gt "$1" ]; }
kernel_counts() { in_firewall nstat -asz "$@" | awk 'NR > 1 { print $2 }'; }
kernel_none() { same "$1" 0 "$(kernel_counts "$1")"; }
# Whether SYNs came to nft's synproxy
proxied() {
	in_firewall awk 'NR > 1 && $2 !~ /^0*$/ { seen = 1 }
		END { print seen ? "yes" : "no" }' /proc/net/stat/synproxy
}

received() {
	[ "$(stat -c %s "$lab_dir/received" 2>/dev/null)" = 1048576 ]
}
source_port=40000
# fetch ADDRESS PORT: starts a megabyte from a port of its own, $source_port, waits
# for the last of it
fetch() {
	rm -f "$lab_dir/received"
	lab_bg client socat -u "TCP:$1:$2,sourceport=$source_port,reuseaddr" \
		"CREATE:$lab_dir/received" 2>>"$lab_dir/client"
	until_true 10 "a megabyte from $1 port $2" received
}

# connect NAMESPACE ADDRESS PORT WANTED…: a connection that has these options and
# no others
connect() {
	local server=$1 address=$2 port=$3 want here there side
	shift 3
	source_port=$((source_port + 1))
	fetch "$address" "$port"
	here=$(in_client ss -Htino "sport = :$source_port")
	there=$("in_$server" ss -Htino "dport = :$source_port")
	for side in "client's $here" "$server's $there"; do
		for want in ts sack wscale; do
			case " $* $side " in
			*" $want "*" $want"[:\ ]*) ;;
			*" $want"[:\ ]*)
				fail "$address $port: not '$*' alone: $side" ;;
			esac
		done
	done
	# Each side's own scale is what the other one has been told.
	same "window scales" \
		"$(sed -n 's/.* wscale:\([^ ]*\).*/\1/p' <<<"$here")" \
		"$(sed -n 's/.* wscale:\([^, ]*\),\([^ ]*\).*/\2,\1/p' <<<"$there")"
	kill "$lab_pid"
}

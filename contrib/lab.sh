# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A lab of three network namespaces, for the quick start and for tests:
#
#	client 10.7.1.2 ---- wan [firewall] lan ---- 10.7.2.2 server
#	       10.7.1.66, 10.7.9.5 (both on the lab's block list)
#	       fd07:1::2                             fd07:2::2
#
# To be sourced. The caller sets LAB (a prefix of namespace names, unique on
# this machine) and FLYWALL (the binary), calls lab_up, and lab_down from a trap
# on EXIT. Everything that lab_* starts ends with lab_down.

lab_pids=()

in_client() { nsenter --net="/run/netns/$LAB-client" "$@"; }
in_firewall() { nsenter --net="/run/netns/$LAB-firewall" "$@"; }
in_server() { nsenter --net="/run/netns/$LAB-server" "$@"; }

# lab_bg NAMESPACE COMMAND…: starts it in the background, as process $lab_pid, to
# be ended by lab_down. (A function in the background would be a shell around the
# process, and a signal would reach the shell only.)
lab_bg() {
	(exec nsenter --net="/run/netns/$LAB-$1" "${@:2}") &
	lab_pid=$!
	lab_pids+=("$lab_pid")
}

lab_up() {
	lab_dir=$(mktemp -d "${TMPDIR:-/tmp}/$LAB.XXXXXX")
	local n
	for n in client firewall server; do
		ip netns add "$LAB-$n" || return
		ip -n "$LAB-$n" link set lo up
		nsenter --net="/run/netns/$LAB-$n" \
			sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0
	done
	ip link add eth0 netns "$LAB-client" type veth \
		peer name wan netns "$LAB-firewall"
	ip link add eth0 netns "$LAB-server" type veth \
		peer name lan netns "$LAB-firewall"

	ip -n "$LAB-client" address add 10.7.1.2/24 dev eth0
	ip -n "$LAB-client" address add 10.7.1.66/24 dev eth0
	ip -n "$LAB-client" address add 10.7.9.5/24 dev eth0
	ip -n "$LAB-client" address add fd07:1::2/64 dev eth0
	ip -n "$LAB-firewall" address add 10.7.1.1/24 dev wan
	ip -n "$LAB-firewall" address add 10.7.9.1/24 dev wan
	ip -n "$LAB-firewall" address add fd07:1::1/64 dev wan
	ip -n "$LAB-firewall" address add 10.7.2.1/24 dev lan
	ip -n "$LAB-firewall" address add fd07:2::1/64 dev lan
	ip -n "$LAB-server" address add 10.7.2.2/24 dev eth0
	ip -n "$LAB-server" address add fd07:2::2/64 dev eth0

	ip -n "$LAB-client" link set eth0 up
	ip -n "$LAB-server" link set eth0 up
	ip -n "$LAB-firewall" link set wan up
	ip -n "$LAB-firewall" link set lan up
	for n in client server; do
		local net=1
		[ $n = server ] && net=2
		ip -n "$LAB-$n" route add default via 10.7.$net.1
		ip -n "$LAB-$n" -6 route add default via fd07:$net::1
	done
	in_firewall sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
}

# lab_start ARGUMENT…: starts the daemon in the firewall's namespace and returns
# when its first generation is live; fails with it. Its log: $lab_dir/log.
lab_start() {
	rm -f "$lab_dir/notify"
	timeout 60 socat -u "UNIX-RECVFROM:$lab_dir/notify" - \
		>"$lab_dir/ready" 2>/dev/null &
	local waiter=$!
	# socat makes its socket at once; the daemon takes longer, but be sure
	until [ -S "$lab_dir/notify" ] || ! kill -0 $waiter 2>/dev/null; do
		read -r -t 0.01 <> <(:)
	done
	NOTIFY_SOCKET="$lab_dir/notify" lab_bg firewall "$FLYWALL" -i "$LAB" \
		"$@" 2>>"$lab_dir/log"
	lab_daemon=$lab_pid
	wait -n "$waiter" "$lab_daemon"
	if grep -q READY=1 "$lab_dir/ready"; then
		return 0
	fi
	kill "$waiter" 2>/dev/null
	echo "the daemon did not start:" >&2
	cat "$lab_dir/log" >&2
	return 1
}

# lab_ask WORD…: a command for the daemon.
lab_ask() { in_firewall "$FLYWALL" -i "$LAB" "$@"; }

# lab_stop: ends the daemon and takes everything of it out of the kernel.
lab_stop() {
	lab_ask stop --flush && wait "$lab_daemon"
}

# Waits until something listens on a port of the server: lab_listens tcp 443
lab_listens() {
	local flags=-Hltn i
	[ "$1" = udp ] && flags=-Hlun
	for ((i = 0; i < 500; i++)); do
		[ -n "$(in_server ss $flags "sport = :$2")" ] && return 0
		read -r -t 0.02 <> <(:)
	done
	echo "nothing listens on $1 port $2" >&2
	return 1
}

# What the lab's server offers: a page, names, and TLS for any server name.
lab_serve() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj /CN=lab.example -keyout "$lab_dir/key.pem" \
		-out "$lab_dir/cert.pem" 2>/dev/null || return
	cat >"$lab_dir/page" <<'END'
while read -r line && [ "$line" != "$(printf '\r')" ]; do :; done
printf 'HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n'
END
	lab_bg server socat -T 5 TCP-LISTEN:80,fork,reuseaddr \
		"EXEC:sh $lab_dir/page" 2>/dev/null
	lab_bg server dnsmasq --keep-in-foreground --conf-file=/dev/null \
		--no-resolv --no-hosts --pid-file= --user=root \
		--address=/good.example/192.0.2.80 \
		--address=/good.example/2001:db8::80 2>/dev/null
	# a process a connection: a cut one must not hold up the next
	lab_bg server socat -T 5 "OPENSSL-LISTEN:443,fork,reuseaddr,pf=ip6,\
cert=$lab_dir/cert.pem,key=$lab_dir/key.pem,verify=0" \
		"EXEC:sh $lab_dir/page" 2>/dev/null
	lab_listens tcp 80 && lab_listens udp 53 && lab_listens tcp 443
}

lab_down() {
	local n
	trap '' INT TERM
	if [ -n "${lab_daemon:-}" ] && kill -0 "$lab_daemon" 2>/dev/null; then
		timeout 20 nsenter --net="/run/netns/$LAB-firewall" \
			"$FLYWALL" -i "$LAB" stop --flush >/dev/null 2>&1
	fi
	[ ${#lab_pids[@]} -eq 0 ] || kill "${lab_pids[@]}" 2>/dev/null
	for n in client firewall server; do
		# what they started in their turn, a server for each connection
		# say, is all that can still run in a namespace of this lab
		ip netns pids "$LAB-$n" 2>/dev/null | xargs -r kill -9
	done
	wait 2>/dev/null
	for n in client firewall server; do
		ip netns delete "$LAB-$n" 2>/dev/null
	done
	[ -n "${lab_dir:-}" ] && rm -rf "$lab_dir"
	lab_pids=()
}

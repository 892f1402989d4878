# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests on real packets: the lab of contrib/lab.sh in namespaces of this
# test's own, and words to say what was expected. Sourced by every tests/net
# script; net_lab makes the lab, and everything is gone when the script ends.

net_top=${abs_top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
net_build=${abs_top_builddir:-$net_top/build}
FLYWALL=${FLYWALL:-$net_build/flywall}
TRAFFIC=$net_build/tests/net/traffic
net_name=$(basename "$0")
# namespaces, device and instance names that no other test and no run shares
LAB=fw-$(printf '%s' "$net_name" | cksum | cut -c1-5)-$$

skip() { echo "$*" >&2; exit 77; }
fail() {
	echo "FAIL: $*" >&2
	[ -f "${lab_dir:-/nonexistent}/log" ] && tail -n 30 "$lab_dir/log" >&2
	exit 1
}
same() { [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"; }

[ "$(id -u)" = 0 ] || skip "needs root"
# shellcheck source=contrib/lab.sh
. "$net_top/contrib/lab.sh"

net_lab() {
	trap lab_down EXIT
	trap 'exit 130' INT TERM
	lab_up || fail "the lab could not be made"
}

# config NAME: standard input into a configuration of that name; prints its path
config() {
	cat >"$lab_dir/$1"
	echo "$lab_dir/$1"
}

# The field of the rule whose text contains $1: rule_field TEXT packets
rule_field() {
	lab_ask list rules -j | jq -r --arg text "$1" --arg field "$2" \
		'[.rules[] | select(.text | contains($text))][0] | .[$field]'
}

generation() { lab_ask status -j | jq -r .generation; }

# Packets that the kernel ever put into queue $1 of the firewall's namespace
queued() {
	in_firewall awk -v q="$1" '$1 == q { print $8 }' \
		/proc/net/netfilter/nfnetlink_queue
}

# traffic_on PORT RATE: numbered packets from the client to the server's PORT,
# until traffic_off PORT, which sets $sent and $got: how many were, how many
# arrived.
declare -A net_sender net_receiver

traffic_on() {
	local port=$1 rate=$2
	lab_bg server "$TRAFFIC" receive 10.7.2.2 "$port" 600 \
		>"$lab_dir/got.$port"
	net_receiver[$port]=$lab_pid
	lab_listens udp "$port" || fail "the receiver did not start"
	lab_bg client "$TRAFFIC" send "${3:-10.7.1.2}" "${4:-10.7.2.2}" "$port" \
		"$rate" 600 >"$lab_dir/sent.$port"
	net_sender[$port]=$lab_pid
}

# No packet waits for a worker, however far that is behind
drained() {
	in_firewall awk '$3 > 0 { held = 1 } END { exit held }' \
		/proc/net/netfilter/nfnetlink_queue
}

traffic_off() {
	local port=$1
	kill -TERM "${net_sender[$port]}" && wait "${net_sender[$port]}"
	until_true 30 "no packet is held in a queue" drained
	kill -TERM "${net_receiver[$port]}" && wait "${net_receiver[$port]}"
	sent=$(awk '{ print $2 }' "$lab_dir/sent.$port")
	got=$(awk '{ n += $3 } END { print n + 0 }' "$lab_dir/got.$port")
}

# until_true SECONDS WHAT COMMAND…: asks again until it is so
until_true() {
	local seconds=$1 what=$2 end
	shift 2
	end=$((SECONDS + seconds))
	until "$@"; do
		[ $SECONDS -le $end ] || fail "in $seconds seconds not so: $what"
		sleep 0.05
	done
}

# opens NAME COMMAND…: a flow, to be spoken over with says NAME TEXT, which is
# true when the other end has said the same.
declare -A flow_in flow_out
opens() {
	local name=$1 in out
	shift
	mkfifo "$lab_dir/$name.in" "$lab_dir/$name.out"
	exec {in}<>"$lab_dir/$name.in" {out}<>"$lab_dir/$name.out"
	(exec nsenter --net="/run/netns/$LAB-client" "$@") <&"$in" >&"$out" \
		2>/dev/null &
	lab_pids+=($!)
	flow_in[$name]=$in flow_out[$name]=$out
}
says() {
	local line
	echo "$2" >&"${flow_in[$1]}"
	while read -r -t "${3:-5}" line <&"${flow_out[$1]}"; do
		[ "$line" != "$2" ] || return 0
	done
	return 1
}
talks() {
	local i
	for ((i = 0; i < 8; i++)); do says "$1" "$1 $i $RANDOM" || return; done
}

# flow_of PORT KEY: what `list flows` has of the flow to that port
flow_of() {
	lab_ask list flows -j | jq -r "select(.dport == $1) | .$2"
}
verdict() { [ "$(flow_of "$1" verdict)" = "$2" ]; }

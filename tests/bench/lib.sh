# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Medians and rows of the table of measures, as bench.h has them for programs.

median() { sort -n "$@" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
mark() { printf "\r%-70s\r" "$*" >&2; }

# row MEASURE A B UNIT BOUND LIMIT: the ratio of the medians of two files of
# figures, those of the same round side by side
row() {
	local a b ratio detail
	a=$(median "$2") b=$(median "$3")
	ratio=$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.3f", b ? a / b : 0 }')
	detail="$a $4 / $b $4"
	printf '  %-50s %6.2f  (%s %s; %s)\n' "$1" "$ratio" "$5" "$6" "$detail"
	[ -z "$FLYWALL_BENCH" ] || printf '%s\t%s\t%s\t%s\t%s\n' \
		"$1" "$ratio" "$5" "$6" "$detail" >>"$FLYWALL_BENCH"
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every lint fires in a golden, and a line of a golden silences it that it would
# fire on. What each must not say stands beside: NAME.diag has it not.
set -u
golden=$(cd "$(dirname "$0")" && pwd)
flywall=${FLYWALL:?the program under test}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
bad=0
say() { echo "$*"; bad=1; }

# found FOLDER NAME: how often each lint fires there, "count lint" a line
found() {
	(cd "$1" && "$flywall" check -j -f "$2" 2>/dev/null) |
		sed -n 's/^ *"id": "\(.*\)",$/\1/p' | sort | uniq -c
}

cp -r "$golden"/lint*.conf "$golden"/bad-lint*.conf "$work"
sed -i 's/# flywall: allow /# so far: /' "$work"/*.conf
for file in "$work"/*.conf; do
	name=$(basename "$file")
	found "$golden" "$name" >"$work/with"
	found "$work" "$name" >"$work/without"
	awk '{ print $2 }' "$work/with" >>"$work/fired"
	# silenced: more of them without the comment
	awk 'NR == FNR { with[$2] = $1; next } $1 > with[$2] { print $2 }' \
		"$work/with" "$work/without" >>"$work/silenced"
done
while read -r lint severity _; do
	grep -qx "$lint" "$work/fired" || say "no golden has the lint $lint"
	# an error is not silenced, nor a lint of the comments themselves; what nft
	# refuses remains refused
	[ "$severity" = error ] || [[ $lint == unknown-@(lint|word) ]] ||
		grep -qx "$lint" "$work/silenced" ||
		say "no golden silences the lint $lint"
done < <("$flywall" --lints)
exit $bad

# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of flywall's command line. Commands and options come from the
# program's own table.

_flywall() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local table command='' word
	COMPREPLY=()
	table=$("${COMP_WORDS[0]}" --commands 2>/dev/null) || return

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [ -n "$word" ] && grep -q -- "^$word " <<<"$table"; then
			command=$word
			break
		fi
	done

	case $command:$prev in
	events:-f) ;;
	*:-f | *:--file)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*:-I | *:--includepath)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	*:-i | *:--instance | *:-D | *:--define) return ;;
	esac

	local words
	if [ -z "$command" ]; then
		words=$(cut -d ' ' -f 1 <<<"$table")
		[[ $cur == -* ]] && words='-f -n -i -I -D -v -V -h --take-over'
	elif [[ $cur == -* ]]; then
		words=$(grep -- "^$command " <<<"$table" | cut -d ' ' -f 2-)
	else
		case $command in
		list) words='config rules flows' ;;
		events) words='dns-query generation flow device error lost' ;;
		check)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o filenames -F _flywall flywall

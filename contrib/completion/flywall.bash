# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of flywall's command line. Each command's options come from the
# program's own table.

_flywall() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local commands='run check print plan explain reload status list events stop'
	local command='' word words=''
	COMPREPLY=()

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [[ " $commands " == *" $word "* ]]; then
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

	if [[ $cur == -* ]]; then
		words=$("${COMP_WORDS[0]}" --commands 2>/dev/null |
			sed -n "s/^${command:-run} //p")
	elif [ -z "$command" ]; then
		words=$commands
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

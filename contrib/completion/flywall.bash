# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion of flywall's command line. Commands and their options come from the
# program's own table, by `flywall --commands`.

_flywall() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local table commands command='' word words=''
	table=$("${COMP_WORDS[0]}" --commands 2>/dev/null)
	commands=$(cut -d ' ' -f 1 <<<"$table" | tr '\n' ' ')
	COMPREPLY=()

	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [[ " $commands " == *" $word "* ]]; then
			command=$word
			break
		fi
	done

	case $command:$prev in
	events:-f) ;;
	*:-f | *:--file | *:--pcap)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	*:-I | *:--includepath)
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
		;;
	*:-i | *:--instance | *:-D | *:--define | *:--confirm) return ;;
	esac

	if [[ $cur == -* ]]; then
		words=$(sed -n "s/^${command:-run} //p" <<<"$table")
	elif [ -z "$command" ]; then
		words=$commands
	else
		case $command in
		list) words='config rules counters classes names sets flows leases' ;;
		flow) words='trust block forget' ;;
		learn) words='list show apply reject' ;;
		set) words='add delete replace test expire flush timeout' ;;
		events) words='dns-query dns-rebind dns-mismatch dns-nxdomain-flood dns-tunnel
			tls-handshake dhcp-lease dhcp-rogue dhcp-conflict dhcp-starvation
			log drop generation flow device inspector learn error lost alert
			kernel-drop retransmit reset order block' ;;
		check | diff | dissect)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o filenames -F _flywall flywall

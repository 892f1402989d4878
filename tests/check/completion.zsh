# SPDX-License-Identifier: GPL-2.0-or-later
#
# zsh's completion, asked from without: each line of standard input is a command
# line whose last word is to be completed, each answer the words that are
# offered, one a line, and a line with a dot.
#
#	zsh -f completion.zsh FOLDER <lines >answers
#
# A zsh on a terminal of its own loads the completion system as users have it,
# with FOLDER in front of its functions. What it would add to its list is written
# down on the way; a key does what Tab does, and then says that it is done.
zmodload zsh/zpty || exit
answers=$(mktemp -d) || exit
trap 'zpty -d inner 2>/dev/null; rm -rf $answers' EXIT
mkfifo $answers/fifo && exec {fifo}<>$answers/fifo || exit

cat >$answers/setup <<'END'
fpath=($1 $fpath)
answers=$2
PS1= PS2= RPS1=
autoload -Uz compinit && compinit -u -D
setopt no_beep
compadd() {
	local -a offered
	# asked only to filter a list of the caller's: nothing is offered
	if [[ " ${@[1,(i)(-|--)]} " != *' -'[a-zA-Z]#[OAD]* ]]; then
		builtin compadd -O offered "$@"
		print -rl -- $offered >>$answers/offered
	fi
	builtin compadd "$@"
}
ask() {
	: >$answers/offered
	zle list-choices
	BUFFER=
	{ grep . $answers/offered; print . } >$answers/fifo
}
zle -N ask
bindkey '^X' ask
print . >$answers/fifo
END
zpty inner "TERM=dumb zsh -f" || exit
zpty -w inner "source ${(q)answers}/setup ${(q)1} ${(q)answers}"
read -r -t 20 -u $fifo ready || { print -u2 "no answer"; exit 1 }

while IFS= read -r line; do
	# a terminal that nobody reads holds up who writes to it
	while zpty -r -t inner shown; do :; done
	zpty -w -n inner "$line"$'\x18'
	while IFS= read -r -t 20 -u $fifo word; do
		print -r -- $word
		[[ $word == . ]] && continue 2
	done
	print -u2 "no answer for: $line"
	exit 1
done

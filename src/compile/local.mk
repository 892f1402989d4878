# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libfwcompile.a
libfwcompile_a_SOURCES = \
	src/compile/blocks.c \
	src/compile/blocks_inspect.c \
	src/compile/blocks_monitor.c \
	src/compile/blocks_options.c \
	src/compile/classes.c \
	src/compile/compile.c \
	src/compile/compile.h \
	src/compile/devices.c \
	src/compile/gate.c \
	src/compile/intervals.c \
	src/compile/judge.c \
	src/compile/judge.h \
	src/compile/lower.h \
	src/compile/lower_inspect.c \
	src/compile/lower_nft.c \
	src/compile/lower_xdp.c \
	src/compile/management.c \
	src/compile/marks.c \
	src/compile/matches.c \
	src/compile/reach.c \
	src/compile/resolve.c \
	src/compile/resolve.h \
	src/compile/resolve_commands.c \
	src/compile/resolve_defines.c \
	src/compile/rule_keys.c \
	src/compile/sets.c \
	src/compile/sets_domain.c \
	src/compile/sets_file.c \
	src/compile/shapes.c \
	src/compile/symbols.c \
	src/compile/symbols.h \
	src/compile/typecheck.c \
	src/compile/typecheck.h \
	src/compile/typecheck_chain.c \
	src/compile/typecheck_flags.c \
	src/compile/typecheck_rule.c \
	src/compile/typed.h \
	src/compile/units.c \
	src/compile/values.c \
	src/compile/values.h \
	src/compile/vocabulary.c \
	src/compile/vocabulary.h

# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += contrib/quickstart contrib/lab.sh contrib/bench.svg \
	contrib/systemd/flywall.service.in contrib/completion/flywall.bash

CLEANFILES += contrib/systemd/flywall.service contrib/completion/flywall

contrib/systemd/flywall.service: contrib/systemd/flywall.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
		$(SED) 's,[@]sbindir[@],$(sbindir),' \
		$(srcdir)/contrib/systemd/flywall.service.in > $@

# For its test
check_DATA = contrib/systemd/flywall.service

if INSTALL_UNIT
systemdsystemunit_DATA = contrib/systemd/flywall.service
endif

# Completion is installed under the command's name, as bash looks for it
contrib/completion/flywall: contrib/completion/flywall.bash
	$(AM_V_GEN)$(MKDIR_P) $(@D) && \
		cp $(srcdir)/contrib/completion/flywall.bash $@

bashcompletion_DATA = contrib/completion/flywall

zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = contrib/completion/_flywall

# SPDX-License-Identifier: GPL-2.0-or-later
flywallconfdir = $(sysconfdir)/flywall
dist_flywallconf_DATA = conf/flywall.conf
dist_pkgdata_DATA = conf/dhcp.db
EXTRA_DIST += conf/lab.conf conf/lists/bad4.netset

# What was installed must pass its own check; needs no root.
installcheck-local:
	$(DESTDIR)$(sbindir)/flywall check \
		-f $(DESTDIR)$(sysconfdir)/flywall/flywall.conf

# The folder goes with its last file.
uninstall-hook:
	-rmdir $(DESTDIR)$(flywallconfdir) 2>/dev/null || :

# SPDX-License-Identifier: GPL-2.0-or-later
dist_man8_MANS += man/flywall.8
dist_man5_MANS += man/flywall.conf.5 man/flywall-events.5

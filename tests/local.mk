# SPDX-License-Identifier: GPL-2.0-or-later
#
# make check: unit, golden, check, prog, net, fault and the fuzz targets' replay.
# A test exits 0 passed, 77 skipped (the reason on standard error), else failed.

include tests/unit/local.mk
include tests/golden/local.mk
include tests/check/local.mk
include tests/prog/local.mk
include tests/net/local.mk
include tests/fault/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk

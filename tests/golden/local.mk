# SPDX-License-Identifier: GPL-2.0-or-later
fw_golden_tests = tests/golden/run.sh tests/golden/same-plan.sh \
	tests/golden/nft-takes.sh tests/golden/corpus.sh tests/golden/opinion.sh \
	tests/golden/bounds.sh tests/golden/dissect.sh tests/golden/lints.sh
TESTS += $(fw_golden_tests)
EXTRA_DIST += tests/golden

update-golden: flywall
	FLYWALL='$(abs_top_builddir)/flywall' $(srcdir)/tests/golden/run.sh --update

.PHONY: update-golden

# The folder goes into the tarball whole; what a run left in it does not
dist-hook:
	rm -f $(distdir)/tests/golden/*.log $(distdir)/tests/golden/*.trs

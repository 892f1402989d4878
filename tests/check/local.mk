# SPDX-License-Identifier: GPL-2.0-or-later
# House rules, as scripts: each says what it found, with its place.
fw_check_tests = tests/check/layers tests/check/headers tests/check/tree \
	tests/check/docs tests/check/words tests/check/completion \
	tests/check/events
EXTRA_DIST += $(fw_check_tests) tests/check/completion.zsh
TESTS += $(fw_check_tests)

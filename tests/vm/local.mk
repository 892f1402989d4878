# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the kernel at hand cannot do, under another one. Not part of `make check`:
# an emulated machine takes some minutes. tests/vm/fetch gets the kernel.
fw_vm_tests = tests/vm/rulesets tests/vm/programs
EXTRA_DIST += $(fw_vm_tests) tests/vm/fetch tests/vm/run \
	tests/vm/rulesets.d/office.nft

check-vm: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS="$(fw_vm_tests)"

.PHONY: check-vm

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3 of the bytes 0, 1, 2, … under the key 0, 1, … 15, as the reference
 * vectors of SipHash-2-4 have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/cleanup.h"
#include "util/siphash.h"

static const struct {
	size_t len;
	uint64_t hash, low, high;
} vectors[] = {
	{ 0, 0xabac0158050fc4dc, 0xbea58827b2bc7ee7, 0x013030dd6adb62fd },
	{ 1, 0xc9f49bf37d57ca93, 0xa8edd36004376ffc, 0x63f02f2bcc73055e },
	{ 7, 0xd3927d989bb11140, 0xc3e0aaf223b98410, 0x77ab4808c82e2fa6 },
	{ 8, 0x369095118d299a8e, 0xb4dae3d5e1fe12aa, 0x99c7f935ab164f72 },
	{ 9, 0x25a48eb36c063de4, 0x9439f32c04b8dd81, 0x427c1394000e72f4 },
	{ 16, 0xcc4fdd1a7d908b66, 0xeb8e511557d9a8d0, 0x93179e3df8b013b5 },
	{ 63, 0x9d199062b7bbb3a8, 0x6f42fe4ee300584c, 0xad6052a70a6b9f07 },
};

static void vectors_hold(void **state)
{
	const struct fw_siphash_key key = {
		0x0706050403020100, 0x0f0e0d0c0b0a0908,
	};
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t i = 0; i < FW_ARRAY_SIZE(vectors); i++) {
		struct fw_siphash128 wide =
			fw_siphash128(&key, bytes, vectors[i].len);

		assert_true(fw_siphash(&key, bytes, vectors[i].len) ==
			    vectors[i].hash);
		assert_true(wide.low == vectors[i].low);
		assert_true(wide.high == vectors[i].high);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

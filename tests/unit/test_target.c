/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_target - addresses that the Internet cannot reach */
#include "judging.h"
#include "unit.h"

static const struct private_case {
	const char *sentence;
	const char *address;
	bool is_private;
} private_cases[] = {
    {"10/8 is private.", "10.255.255.255", true},
    {"9/8 is not.", "9.255.255.255", false},
    {"11/8 is not.", "11.0.0.0", false},
    {"172.16/12 begins at 172.16.", "172.16.0.0", true},
    {"172.16/12 ends at 172.31.", "172.31.255.255", true},
    {"172.15 is not private.", "172.15.255.255", false},
    {"172.32 is not private.", "172.32.0.0", false},
    {"192.168/16 is private.", "192.168.1.1", true},
    {"192.169 is not.", "192.169.0.0", false},
    {"Loopback is private.", "127.0.0.1", true},
    {"All of 127/8 is private.", "127.255.255.254", true},
    {"Link-local is private.", "169.254.1.1", true},
    {"Shared address space begins at 100.64.", "100.64.0.0", true},
    {"Shared address space ends at 100.127.", "100.127.255.255", true},
    {"100.63 is not private.", "100.63.255.255", false},
    {"100.128 is not private.", "100.128.0.0", false},
    {"A public address is not private.", "8.8.8.8", false},
    {"IPv6 loopback is private.", "::1", true},
    {"IPv6 link-local is private.", "fe80::1", true},
    {"All of fe80::/10 is link-local.", "febf::1", true},
    {"Unique local fc00::/8 is private.", "fc00::1", true},
    {"Unique local fd00::/8 is private.", "fdff::1", true},
    {"fe00:: is not unique local.", "fe00::1", false},
    {"A public IPv6 address is not private.", "2a00:1450::1", false},
    {"A private IPv4 address in IPv6 is private.", "::ffff:10.0.0.1", true},
};

static void
knows_private(void **state)
{
	const struct private_case *row = *state;
	struct target target = {.first = true};

	judging_address(&target, row->address, 25);
	assert_int_equal(target_is_private(&target), row->is_private);
}

int
main(void)
{
	UNIT_TABLE(private_cases, knows_private);
	return unit_run("target");
}

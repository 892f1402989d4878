/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DHCP messages of a watched device, on to user space.
 *
 * In: a packet between ports 67 and 68, or 546 and 547, its headers in the room
 * (watch.h). Out: a message, where the packet has a payload. What is in it is user
 * space's to say (src/monitor/dhcp.c), which counts it, too.
 */
#include "watch.h"

SEC("socket")
int fw_dhcp(struct __sk_buff *skb)
{
	struct fw_watch_room *room = fw_watch_room();

	if (room && room->begin < room->end)
		fw_message_send(skb, room, FW_WATCHER_DHCP);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";

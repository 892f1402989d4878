/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of numbers: services, protocols, ICMP types and codes, flags, states.
 *
 * nft asks the host (services(5), protocols(5)) for the first two; the same
 * input shall give the same plan everywhere, so they stand here, as the IANA
 * registers and Debian know them. The rest are nft's own words. Each table is
 * sorted by the bytes of its names.
 */
#include "compile/symbols.h"
#include "util/cleanup.h"
#include "util/diag.h"

#include <stdlib.h>
#include <string.h>

static const struct fw_symbol icmp_types[] = {
	{ "address-mask-reply", 18 }, { "address-mask-request", 17 },
	{ "destination-unreachable", 3 }, { "echo-reply", 0 },
	{ "echo-request", 8 }, { "info-reply", 16 }, { "info-request", 15 },
	{ "parameter-problem", 12 }, { "redirect", 5 },
	{ "router-advertisement", 9 }, { "router-solicitation", 10 },
	{ "source-quench", 4 }, { "time-exceeded", 11 },
	{ "timestamp-reply", 14 }, { "timestamp-request", 13 },
};

static const struct fw_symbol icmp_codes[] = {
	{ "admin-prohibited", 13 }, { "frag-needed", 4 },
	{ "host-prohibited", 10 }, { "host-unreachable", 1 },
	{ "net-prohibited", 9 }, { "net-unreachable", 0 },
	{ "port-unreachable", 3 }, { "prot-unreachable", 2 },
};

static const struct fw_symbol icmpv6_types[] = {
	{ "destination-unreachable", 1 }, { "echo-reply", 129 },
	{ "echo-request", 128 }, { "ind-neighbor-advert", 142 },
	{ "ind-neighbor-solicit", 141 }, { "mld-listener-done", 132 },
	{ "mld-listener-query", 130 }, { "mld-listener-reduction", 132 },
	{ "mld-listener-report", 131 }, { "mld2-listener-report", 143 },
	{ "nd-neighbor-advert", 136 }, { "nd-neighbor-solicit", 135 },
	{ "nd-redirect", 137 }, { "nd-router-advert", 134 },
	{ "nd-router-solicit", 133 }, { "packet-too-big", 2 },
	{ "parameter-problem", 4 }, { "router-renumbering", 138 },
	{ "time-exceeded", 3 },
};

static const struct fw_symbol icmpv6_codes[] = {
	{ "addr-unreachable", 3 }, { "admin-prohibited", 1 },
	{ "no-route", 0 }, { "policy-fail", 5 }, { "port-unreachable", 4 },
	{ "reject-route", 6 },
};

static const struct fw_symbol tcp_flags[] = {
	{ "ack", 16 }, { "cwr", 128 }, { "ecn", 64 }, { "fin", 1 },
	{ "psh", 8 }, { "rst", 4 }, { "syn", 2 }, { "urg", 32 },
};

static const struct fw_symbol ether_types[] = {
	{ "8021ad", 34984 }, { "8021q", 33024 }, { "arp", 2054 },
	{ "ip", 2048 }, { "ip6", 34525 }, { "vlan", 33024 },
};

static const struct fw_symbol protocols[] = {
	{ "AX.25", 93 }, { "CPHB", 73 }, { "DCCP", 33 }, { "DDP", 37 },
	{ "EGP", 8 }, { "EIGRP", 88 }, { "ENCAP", 98 }, { "ETHERIP", 97 },
	{ "Ethernet", 143 }, { "FC", 133 }, { "GGP", 3 }, { "GRE", 47 },
	{ "HIP", 139 }, { "HMP", 20 }, { "HOPOPT", 0 }, { "ICMP", 1 },
	{ "IDPR-CMTP", 38 }, { "IDRP", 45 }, { "IGMP", 2 }, { "IGP", 9 },
	{ "IP", 0 }, { "IP-ENCAP", 4 }, { "IPCOMP", 108 }, { "IPIP", 94 },
	{ "IPSEC-AH", 51 }, { "IPSEC-ESP", 50 }, { "IPv6", 41 },
	{ "IPv6-Frag", 44 }, { "IPv6-ICMP", 58 }, { "IPv6-NoNxt", 59 },
	{ "IPv6-Opts", 60 }, { "IPv6-Route", 43 }, { "ISIS", 124 },
	{ "ISO-TP4", 29 }, { "L2TP", 115 }, { "MPLS-in-IP", 137 },
	{ "Mobility-Header", 135 }, { "OSPFIGP", 89 }, { "PIM", 103 },
	{ "PUP", 12 }, { "RDP", 27 }, { "ROHC", 142 }, { "RSPF", 73 },
	{ "RSVP", 46 }, { "SCTP", 132 }, { "SKIP", 57 }, { "ST", 5 },
	{ "Shim6", 140 }, { "TCP", 6 }, { "UDP", 17 }, { "UDPLite", 136 },
	{ "VMTP", 81 }, { "VRRP", 112 }, { "WESP", 141 }, { "XNS-IDP", 22 },
	{ "XTP", 36 }, { "ah", 51 }, { "ax.25", 93 }, { "comp", 108 },
	{ "dccp", 33 },
	{ "ddp", 37 }, { "egp", 8 }, { "eigrp", 88 }, { "encap", 98 },
	{ "esp", 50 }, { "etherip", 97 }, { "ethernet", 143 }, { "fc", 133 },
	{ "ggp", 3 }, { "gre", 47 }, { "hip", 139 }, { "hmp", 20 },
	{ "hopopt", 0 }, { "icmp", 1 }, { "icmpv6", 58 }, { "idpr-cmtp", 38 },
	{ "idrp", 45 }, { "igmp", 2 }, { "igp", 9 }, { "ip", 0 },
	{ "ipcomp", 108 }, { "ipencap", 4 }, { "ipip", 94 }, { "ipv6", 41 },
	{ "ipv6-frag", 44 }, { "ipv6-icmp", 58 }, { "ipv6-nonxt", 59 },
	{ "ipv6-opts", 60 }, { "ipv6-route", 43 }, { "isis", 124 },
	{ "iso-tp4", 29 }, { "l2tp", 115 }, { "manet", 138 },
	{ "mobility-header", 135 }, { "mpls-in-ip", 137 }, { "ospf", 89 },
	{ "pim", 103 }, { "pup", 12 }, { "rdp", 27 }, { "rohc", 142 },
	{ "rspf", 73 }, { "rsvp", 46 }, { "sctp", 132 }, { "shim6", 140 },
	{ "skip", 57 }, { "st", 5 }, { "tcp", 6 }, { "udp", 17 },
	{ "udplite", 136 }, { "vmtp", 81 }, { "vrrp", 112 }, { "wesp", 141 },
	{ "xns-idp", 22 }, { "xtp", 36 },
};

static const struct fw_symbol services[] = {
	{ "Clearcase", 371 }, { "acr-nema", 104 }, { "afpovertcp", 548 },
	{ "afs3-bos", 7007 }, { "afs3-callback", 7001 },
	{ "afs3-fileserver", 7000 }, { "afs3-kaserver", 7004 },
	{ "afs3-prserver", 7002 }, { "afs3-rmtsys", 7009 },
	{ "afs3-update", 7008 }, { "afs3-vlserver", 7003 },
	{ "afs3-volser", 7005 }, { "amanda", 10080 }, { "amandaidx", 10082 },
	{ "amidxtape", 10083 }, { "amqp", 5672 }, { "amqps", 5671 },
	{ "asf-rmcp", 623 }, { "asp", 27374 }, { "auth", 113 },
	{ "authentication", 113 }, { "babel", 6696 }, { "bacula-dir", 9101 },
	{ "bacula-fd", 9102 }, { "bacula-sd", 9103 }, { "bbs", 7000 },
	{ "bgp", 179 }, { "bgpd", 2605 }, { "biff", 512 }, { "binkp", 24554 },
	{ "bootpc", 68 }, { "bootps", 67 }, { "canna", 5680 },
	{ "cfengine", 5308 }, { "chargen", 19 }, { "cisco-sccp", 2000 },
	{ "clc-build-daemon", 8990 }, { "clearcase", 371 }, { "cmd", 514 },
	{ "cmip-agent", 164 }, { "cmip-man", 163 }, { "codaauth2", 370 },
	{ "codasrv", 2432 }, { "codasrv-se", 2433 }, { "comsat", 512 },
	{ "csync2", 30865 }, { "cvspserver", 2401 }, { "daap", 3689 },
	{ "datametrics", 1645 }, { "daytime", 13 }, { "db-lsp", 17500 },
	{ "dcap", 22125 }, { "dhcpv6-client", 546 }, { "dhcpv6-server", 547 },
	{ "dicom", 104 }, { "dict", 2628 }, { "dircproxy", 57000 },
	{ "discard", 9 }, { "distcc", 3632 }, { "domain", 53 },
	{ "domain-s", 853 }, { "echo", 7 }, { "epmap", 135 }, { "epmd", 4369 },
	{ "exec", 512 }, { "f5-globalsite", 2792 }, { "f5-iquery", 4353 },
	{ "fax", 4557 }, { "fido", 60179 }, { "finger", 79 },
	{ "font-service", 7100 }, { "freeciv", 5556 }, { "fsp", 21 },
	{ "fspd", 21 }, { "ftp", 21 }, { "ftp-data", 20 }, { "ftps", 990 },
	{ "ftps-data", 989 }, { "gdomap", 538 }, { "gds-db", 3050 },
	{ "gds_db", 3050 }, { "git", 9418 }, { "gnunet", 2086 },
	{ "gnutella-rtr", 6347 }, { "gnutella-svc", 6346 }, { "gopher", 70 },
	{ "gpsd", 2947 }, { "gris", 2135 }, { "groupwise", 1677 },
	{ "gsidcap", 22128 }, { "gsiftp", 2811 }, { "gsigatekeeper", 2119 },
	{ "hkp", 11371 }, { "hprop", 754 }, { "http", 80 },
	{ "http-alt", 8080 }, { "https", 443 }, { "hylafax", 4559 },
	{ "iax", 4569 }, { "icp", 3130 }, { "icpv2", 3130 }, { "ident", 113 },
	{ "imap", 143 }, { "imap2", 143 }, { "imaps", 993 },
	{ "ingreslock", 1524 }, { "ipp", 631 }, { "iprop", 2121 },
	{ "ipsec-nat-t", 4500 }, { "ipx", 213 }, { "ircd", 6667 },
	{ "ircs-u", 6697 }, { "isakmp", 500 }, { "iscsi-target", 3260 },
	{ "isisd", 2608 }, { "isns", 3205 }, { "iso-tsap", 102 },
	{ "jabber-client", 5222 }, { "jabber-server", 5269 },
	{ "kamanda", 10081 }, { "kdc", 750 }, { "kerberos", 88 },
	{ "kerberos-adm", 749 }, { "kerberos-iv", 750 },
	{ "kerberos-master", 751 }, { "kerberos-sec", 88 },
	{ "kerberos4", 750 }, { "kerberos5", 88 }, { "kerberos_master", 751 },
	{ "kermit", 1649 }, { "klogin", 543 }, { "kpasswd", 464 },
	{ "krb-prop", 754 }, { "krb5", 88 }, { "krb5_prop", 754 },
	{ "krb_prop", 754 }, { "krcmd", 544 }, { "kshell", 544 },
	{ "l2f", 1701 }, { "l2tp", 1701 }, { "ldap", 389 }, { "ldaps", 636 },
	{ "ldp", 646 }, { "loc-srv", 135 }, { "login", 513 },
	{ "lotusnote", 1352 }, { "lotusnotes", 1352 }, { "lrrd", 4949 },
	{ "mail", 25 }, { "mailq", 174 }, { "mdns", 5353 },
	{ "microsoft-ds", 445 }, { "moira-db", 775 }, { "moira-update", 777 },
	{ "moira-ureg", 779 }, { "moira_db", 775 }, { "moira_update", 777 },
	{ "moira_ureg", 779 }, { "mon", 2583 }, { "ms-sql-m", 1434 },
	{ "ms-sql-s", 1433 }, { "ms-wbt-server", 3389 }, { "mtn", 4691 },
	{ "munin", 4949 }, { "mysql", 3306 }, { "mysql-proxy", 6446 },
	{ "nbd", 10809 }, { "netbios-dgm", 138 }, { "netbios-ns", 137 },
	{ "netbios-ssn", 139 }, { "netstat", 15 }, { "nfs", 2049 },
	{ "nicname", 43 }, { "nntp", 119 }, { "nntps", 563 }, { "nqs", 607 },
	{ "nrpe", 5666 }, { "nsca", 5667 }, { "ntalk", 518 }, { "ntp", 123 },
	{ "ntske", 4460 }, { "null", 9 }, { "nut", 3493 },
	{ "old-radacct", 1646 }, { "old-radius", 1645 }, { "omniorb", 8088 },
	{ "openvpn", 1194 }, { "ospf6d", 2606 }, { "ospfapi", 2607 },
	{ "ospfd", 2604 }, { "passwd-server", 752 }, { "passwd_server", 752 },
	{ "pawserv", 345 }, { "pop-3", 110 }, { "pop3", 110 },
	{ "pop3s", 995 }, { "poppassd", 106 }, { "portmapper", 111 },
	{ "postgres", 5432 }, { "postgresql", 5432 }, { "predict", 1210 },
	{ "printer", 515 }, { "proofd", 1093 }, { "ptp-event", 319 },
	{ "ptp-general", 320 }, { "puppet", 8140 }, { "qmqp", 628 },
	{ "qmtp", 209 }, { "qotd", 17 }, { "quote", 17 }, { "radacct", 1813 },
	{ "radius", 1812 }, { "radius-acct", 1813 }, { "radmin-port", 4899 },
	{ "readnews", 119 }, { "redis", 6379 }, { "remctl", 4373 },
	{ "ripd", 2602 }, { "ripngd", 2603 }, { "rmiregistry", 1099 },
	{ "rmtcfg", 1236 }, { "rootd", 1094 }, { "route", 520 },
	{ "routed", 520 }, { "router", 520 }, { "rpc2portmap", 369 },
	{ "rplay", 5555 }, { "rptp", 5556 }, { "rsync", 873 },
	{ "rtcm-sc104", 2101 }, { "rtsp", 554 }, { "sa-msg-port", 1646 },
	{ "saft", 487 }, { "sane", 6566 }, { "sane-port", 6566 },
	{ "saned", 6566 }, { "sge-execd", 6445 }, { "sge-qmaster", 6444 },
	{ "sge_execd", 6445 }, { "sge_qmaster", 6444 }, { "sgi-cad", 17004 },
	{ "sgi-cmsd", 17001 }, { "sgi-crsd", 17002 }, { "sgi-gcd", 17003 },
	{ "shell", 514 }, { "sieve", 4190 }, { "silc", 706 }, { "sink", 9 },
	{ "sip", 5060 }, { "sip-tls", 5061 }, { "skkserv", 1178 },
	{ "smtp", 25 }, { "smtps", 465 }, { "smux", 199 }, { "snmp", 161 },
	{ "snmp-trap", 162 }, { "snmptrap", 162 }, { "snntp", 563 },
	{ "snpp", 444 }, { "socks", 1080 }, { "source", 19 }, { "spamd", 783 },
	{ "spooler", 515 }, { "ssh", 22 }, { "ssmtp", 465 },
	{ "submission", 587 }, { "submissions", 465 }, { "subversion", 3690 },
	{ "sunrpc", 111 }, { "supfiledbg", 1127 }, { "supfilesrv", 871 },
	{ "suucp", 4031 }, { "svn", 3690 }, { "svrloc", 427 },
	{ "syslog", 514 }, { "syslog-tls", 6514 }, { "sysrqd", 4094 },
	{ "systat", 11 }, { "tacacs", 49 }, { "talk", 517 }, { "tap", 113 },
	{ "tcpmux", 1 }, { "telnet", 23 }, { "telnets", 992 },
	{ "tfido", 60177 }, { "tftp", 69 }, { "time", 37 },
	{ "timserver", 37 }, { "tinc", 655 }, { "tproxy", 8081 },
	{ "tsap", 102 }, { "ttytst", 19 }, { "untp", 119 }, { "urd", 465 },
	{ "users", 11 }, { "uucp", 540 }, { "uucpd", 540 }, { "venus", 2430 },
	{ "venus-se", 2431 }, { "wais", 210 }, { "webcache", 8080 },
	{ "webmin", 10000 }, { "who", 513 }, { "whod", 513 }, { "whois", 43 },
	{ "wnn6", 22273 }, { "www", 80 }, { "x11", 6000 }, { "x11-0", 6000 },
	{ "x11-1", 6001 }, { "x11-2", 6002 }, { "x11-3", 6003 },
	{ "x11-4", 6004 }, { "x11-5", 6005 }, { "x11-6", 6006 },
	{ "x11-7", 6007 }, { "xdmcp", 177 }, { "xfs", 7100 },
	{ "xinetd", 9098 }, { "xmms2", 9667 }, { "xmpp-client", 5222 },
	{ "xmpp-server", 5269 }, { "xtel", 1313 }, { "xtelw", 1314 },
	{ "z3950", 210 }, { "zabbix-agent", 10050 },
	{ "zabbix-trapper", 10051 }, { "zebra", 2601 }, { "zebrasrv", 2600 },
	{ "zephyr-clt", 2103 }, { "zephyr-hm", 2104 }, { "zephyr-srv", 2102 },
	{ "zope", 9673 }, { "zope-ftp", 8021 }, { "zserv", 346 },
};

static const struct fw_symbol iface_types[] = {
	{ "ether", 1 }, { "ipgre", 778 }, { "ipip", 768 }, { "ipip6", 769 },
	{ "loopback", 772 }, { "ppp", 512 }, { "sit", 776 },
};

static const struct fw_symbol nfprotos[] = {
	{ "ipv4", 2 }, { "ipv6", 10 },
};

static const struct fw_symbol pkttypes[] = {
	{ "broadcast", 1 }, { "host", 0 }, { "multicast", 2 }, { "other", 3 },
	{ "unicast", 0 },
};

static const struct fw_symbol arp_ops[] = {
	{ "inreply", 9 }, { "inrequest", 8 }, { "nak", 10 }, { "reply", 2 },
	{ "request", 1 }, { "rreply", 4 }, { "rrequest", 3 },
};

static const struct fw_symbol dscps[] = {
	{ "af11", 0x0a }, { "af12", 0x0c }, { "af13", 0x0e }, { "af21", 0x12 },
	{ "af22", 0x14 }, { "af23", 0x16 }, { "af31", 0x1a }, { "af32", 0x1c },
	{ "af33", 0x1e }, { "af41", 0x22 }, { "af42", 0x24 }, { "af43", 0x26 },
	{ "be", 0x00 }, { "cs0", 0x00 }, { "cs1", 0x08 }, { "cs2", 0x10 },
	{ "cs3", 0x18 }, { "cs4", 0x20 }, { "cs5", 0x28 }, { "cs6", 0x30 },
	{ "cs7", 0x38 }, { "df", 0x00 }, { "ef", 0x2e }, { "lephb", 0x01 },
	{ "va", 0x2c },
};

static const struct fw_symbol ecns[] = {
	{ "ce", 3 }, { "ect0", 2 }, { "ect1", 1 }, { "not-ect", 0 },
};

static const struct fw_symbol ct_states[] = {
	{ "established", 2 }, { "invalid", 1 }, { "new", 8 }, { "related", 4 },
	{ "untracked", 64 },
};

static const struct fw_symbol ct_statuses[] = {
	{ "assured", 4 }, { "confirmed", 8 }, { "dnat", 32 }, { "dying", 512 },
	{ "expected", 1 }, { "seen-reply", 2 }, { "snat", 16 },
};

static const struct fw_symbol ct_directions[] = {
	{ "original", 0 }, { "reply", 1 },
};

static const struct fw_symbol booleans[] = {
	{ "exists", 1 }, { "missing", 0 },
};

static const struct fw_symbol log_levels[] = {
	{ "alert", 1 }, { "audit", 8 }, { "crit", 2 }, { "debug", 7 },
	{ "emerg", 0 }, { "err", 3 }, { "info", 6 }, { "notice", 5 },
	{ "warn", 4 },
};

static const struct {
	const struct fw_symbol *symbols;
	size_t n;
} tables[FW_SYMBOLS_MAX_] = {
	[FW_SYMBOLS_SERVICE] = { services, FW_ARRAY_SIZE(services) },
	[FW_SYMBOLS_PROTO] = { protocols, FW_ARRAY_SIZE(protocols) },
	[FW_SYMBOLS_ETHER_TYPE] = { ether_types, FW_ARRAY_SIZE(ether_types) },
	[FW_SYMBOLS_ICMP_TYPE] = { icmp_types, FW_ARRAY_SIZE(icmp_types) },
	[FW_SYMBOLS_ICMP_CODE] = { icmp_codes, FW_ARRAY_SIZE(icmp_codes) },
	[FW_SYMBOLS_ICMPV6_TYPE] = { icmpv6_types,
				     FW_ARRAY_SIZE(icmpv6_types) },
	[FW_SYMBOLS_ICMPV6_CODE] = { icmpv6_codes,
				     FW_ARRAY_SIZE(icmpv6_codes) },
	[FW_SYMBOLS_TCP_FLAG] = { tcp_flags, FW_ARRAY_SIZE(tcp_flags) },
	[FW_SYMBOLS_IFACE_TYPE] = { iface_types, FW_ARRAY_SIZE(iface_types) },
	[FW_SYMBOLS_NFPROTO] = { nfprotos, FW_ARRAY_SIZE(nfprotos) },
	[FW_SYMBOLS_PKTTYPE] = { pkttypes, FW_ARRAY_SIZE(pkttypes) },
	[FW_SYMBOLS_ARP_OP] = { arp_ops, FW_ARRAY_SIZE(arp_ops) },
	[FW_SYMBOLS_DSCP] = { dscps, FW_ARRAY_SIZE(dscps) },
	[FW_SYMBOLS_ECN] = { ecns, FW_ARRAY_SIZE(ecns) },
	[FW_SYMBOLS_CT_STATE] = { ct_states, FW_ARRAY_SIZE(ct_states) },
	[FW_SYMBOLS_CT_STATUS] = { ct_statuses, FW_ARRAY_SIZE(ct_statuses) },
	[FW_SYMBOLS_CT_DIRECTION] = { ct_directions,
				  FW_ARRAY_SIZE(ct_directions) },
	[FW_SYMBOLS_BOOLEAN] = { booleans, FW_ARRAY_SIZE(booleans) },
	[FW_SYMBOLS_LOG_LEVEL] = { log_levels, FW_ARRAY_SIZE(log_levels) },
};

static int by_name(const void *name, const void *symbol)
{
	return strcmp(name, ((const struct fw_symbol *)symbol)->name);
}

const struct fw_symbol *fw_symbol_find(enum fw_symbols table, const char *name)
{
	return bsearch(name, tables[table].symbols, tables[table].n,
		       sizeof(struct fw_symbol), by_name);
}

const char *fw_symbol_nearest(enum fw_symbols table, const char *name)
{
	size_t n = tables[table].n;
	_cleanup_free_ const char **names = calloc(n, sizeof(*names));

	if (!names)
		return NULL;
	for (size_t i = 0; i < n; i++)
		names[i] = tables[table].symbols[i].name;
	return fw_nearest(name, names, n);
}

const struct fw_symbol *fw_symbols(enum fw_symbols table, size_t *ret_n)
{
	*ret_n = tables[table].n;
	return tables[table].symbols;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dumps of nf_tables.
 *
 * In: a netlink socket. Out: tables, chains, rules' handles and counters,
 * names of sets and objects, all in the caller's arena. What may fail: the
 * socket, memory, a kernel without nf_tables (-errno). A dump that another's
 * transaction disturbed is begun again.
 *
 * Read here and not by libnftables, because it cannot list what it has no
 * syntax for (a compat expression), and because a handle and two numbers a
 * rule need no parser.
 */
#include "apply/nft_kernel.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/cleanup.h"
#include "util/vec.h"

#define DUMP_TRIES 5
#define DUMP_SIZE 32768	/* the most the kernel puts into one datagram */
#define ATTRS_MAX 32	/* attributes of a message that are looked at */

static const struct {
	const char *name;
	int number;
} families[] = {
	{"ip", NFPROTO_IPV4},	  {"ip6", NFPROTO_IPV6},
	{"inet", NFPROTO_INET},	  {"arp", NFPROTO_ARP},
	{"bridge", NFPROTO_BRIDGE}, {"netdev", NFPROTO_NETDEV},
};

const char *fw_nft_family_name(int family)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++)
		if (families[i].number == family)
			return families[i].name;
	return NULL;
}

int fw_nft_family_number(const char *name)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(families); i++)
		if (strcmp(families[i].name, name) == 0)
			return families[i].number;
	return -1;
}

/* --- dumps ------------------------------------------------------------------ */
struct attrs {
	const struct nlattr *at[ATTRS_MAX];
};

static int keep_attr(const struct nlattr *attr, void *ctx)
{
	struct attrs *attrs = ctx;

	if (mnl_attr_get_type(attr) < ATTRS_MAX)
		attrs->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* libmnl's own loop is not clean under -Wconversion. */
#define for_each_nested(item, nest)                                          \
	for ((item) = mnl_attr_get_payload(nest);                            \
	     mnl_attr_ok((item), (int)((const char *)(nest) +                \
				       (nest)->nla_len - (const char *)(item))); \
	     (item) = mnl_attr_next(item))

static struct attrs nested(const struct nlattr *nest)
{
	struct attrs attrs = {{0}};

	if (nest)
		(void)mnl_attr_parse_nested(nest, keep_attr, &attrs);
	return attrs;
}

static const char *attr_text(const struct attrs *attrs, int type)
{
	const struct nlattr *attr = attrs->at[type];

	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 ?
		mnl_attr_get_str(attr) : NULL;
}

static uint64_t attr_be64(const struct attrs *attrs, int type)
{
	const struct nlattr *attr = attrs->at[type];

	return attr && mnl_attr_get_payload_len(attr) == sizeof(uint64_t) ?
		be64toh(mnl_attr_get_u64(attr)) : 0;
}

static uint32_t attr_be32(const struct attrs *attrs, int type)
{
	const struct nlattr *attr = attrs->at[type];

	return attr && mnl_attr_get_payload_len(attr) == sizeof(uint32_t) ?
		ntohl(mnl_attr_get_u32(attr)) : 0;
}

/* What a dump's messages are given to. take() returns 0 or -errno. */
struct dump {
	struct fw_arena *arena;
	int (*take)(struct dump *dump, int family, const struct attrs *attrs);
	void *into;
	int error;
};

static int take_message(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct dump *dump = ctx;
	struct attrs attrs = {{0}};

	if (mnl_attr_parse(nlh, sizeof(*nfg), keep_attr, &attrs) < 0)
		return MNL_CB_OK;
	dump->error = dump->take(dump, nfg->nfgen_family, &attrs);
	return dump->error ? MNL_CB_ERROR : MNL_CB_OK;
}

/* Sends the request and gives every answer to dump. Messages of an earlier
 * request that ended early (EPROTO: another sequence number) are passed over. */
static int exchange(struct mnl_socket *nl, const struct nlmsghdr *request,
		    struct dump *dump)
{
	_cleanup_free_ char *buf = malloc(DUMP_SIZE);
	unsigned port = mnl_socket_get_portid(nl);
	int r = MNL_CB_OK;

	if (!buf)
		return -ENOMEM;
	if (mnl_socket_sendto(nl, request, request->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, DUMP_SIZE);

		if (n < 0)
			return -errno;
		r = mnl_cb_run(buf, (size_t)n, request->nlmsg_seq, port,
			       take_message, dump);
		if (dump->error)
			return dump->error;
		if (r < 0 && errno == EPROTO)
			r = MNL_CB_OK;
	}
	return r < 0 ? -errno : 0;
}

static struct nlmsghdr *make_request(char *buf, int type, int family)
{
	static uint32_t seq;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nfg;

	if (!seq)
		seq = (uint32_t)time(NULL);
	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++seq;
	nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));
	nfg->nfgen_family = (uint8_t)family;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

/* --- tables ----------------------------------------------------------------- */
static int take_table(struct dump *dump, int family, const struct attrs *attrs)
{
	struct fw_nft_kernel_tables *tables = dump->into;
	const char *name = attr_text(attrs, NFTA_TABLE_NAME);
	struct fw_nft_kernel_table *table;

	if (!name || !fw_nft_family_name(family))
		return 0;
	table = fw_vec_push(dump->arena, tables);
	if (!table)
		return -ENOMEM;
	table->family = fw_nft_family_name(family);
	table->name = fw_arena_strdup(dump->arena, name);
	table->handle = attr_be64(attrs, NFTA_TABLE_HANDLE);
	return table->name ? 0 : -ENOMEM;
}

int fw_nft_kernel_tables(struct mnl_socket *nl, struct fw_arena *arena,
			 struct fw_nft_kernel_tables *ret)
{
	char buf[256];
	struct dump dump = {.arena = arena, .take = take_table, .into = ret};
	int r = -EINTR;

	for (int try = 0; r == -EINTR && try < DUMP_TRIES; try++) {
		*ret = (struct fw_nft_kernel_tables){0};
		r = exchange(nl, make_request(buf, NFT_MSG_GETTABLE,
					      NFPROTO_UNSPEC), &dump);
	}
	return r;
}

struct fw_nft_kernel_table *
fw_nft_kernel_find(const struct fw_nft_kernel_tables *tables,
		   const char *family, const char *name)
{
	for (size_t i = 0; i < tables->n; i++)
		if (strcmp(tables->items[i].family, family) == 0 &&
		    strcmp(tables->items[i].name, name) == 0)
			return &tables->items[i];
	return NULL;
}

/* --- what stands in a table ------------------------------------------------- */
/* Old kernels send every table's content, whatever the request names. */
static bool of_table(const struct fw_nft_kernel_table *table, int family,
		     const char *name)
{
	return name && strcmp(table->name, name) == 0 &&
	       fw_nft_family_number(table->family) == family;
}

static int take_chain(struct dump *dump, int family, const struct attrs *attrs)
{
	struct fw_nft_kernel_table *table = dump->into;
	const char *name = attr_text(attrs, NFTA_CHAIN_NAME);
	struct {
		struct fw_nft_kernel_chain *items;
		size_t n, cap;
	} chains = {table->chains, table->n_chains, table->cap_chains};
	struct fw_nft_kernel_chain *chain;

	if (!name || !of_table(table, family, attr_text(attrs, NFTA_CHAIN_TABLE)))
		return 0;
	if (attr_be32(attrs, NFTA_CHAIN_FLAGS) & NFT_CHAIN_BINDING)
		return 0;	/* stands in a rule's braces and goes with it */
	chain = fw_vec_push(dump->arena, &chains);
	if (!chain)
		return -ENOMEM;
	chain->name = fw_arena_strdup(dump->arena, name);
	chain->base = attrs->at[NFTA_CHAIN_HOOK] != NULL;
	table->chains = chains.items;
	table->n_chains = chains.n;
	table->cap_chains = chains.cap;
	return chain->name ? 0 : -ENOMEM;
}

static void read_counter(const struct nlattr *expressions,
			 struct fw_nft_kernel_rule *rule)
{
	const struct nlattr *item;

	if (!expressions)
		return;
	for_each_nested(item, expressions) {
		struct attrs expr = nested(item), data;
		const char *name = attr_text(&expr, NFTA_EXPR_NAME);

		if (!name || strcmp(name, "counter") != 0)
			continue;
		data = nested(expr.at[NFTA_EXPR_DATA]);
		rule->counted = true;
		rule->packets = attr_be64(&data, NFTA_COUNTER_PACKETS);
		rule->bytes = attr_be64(&data, NFTA_COUNTER_BYTES);
		return;
	}
}

static int take_rule(struct dump *dump, int family, const struct attrs *attrs)
{
	struct fw_nft_kernel_table *table = dump->into;
	const char *name = attr_text(attrs, NFTA_RULE_CHAIN);
	struct fw_nft_kernel_chain *chain = NULL;
	struct {
		struct fw_nft_kernel_rule *items;
		size_t n, cap;
	} rules;
	struct fw_nft_kernel_rule *rule;

	if (!name || !of_table(table, family, attr_text(attrs, NFTA_RULE_TABLE)))
		return 0;
	for (size_t i = 0; i < table->n_chains && !chain; i++)
		if (strcmp(table->chains[i].name, name) == 0)
			chain = &table->chains[i];
	if (!chain)
		return 0;
	rules.items = chain->rules;
	rules.n = chain->n_rules;
	rules.cap = chain->cap_rules;
	rule = fw_vec_push(dump->arena, &rules);
	if (!rule)
		return -ENOMEM;
	rule->handle = attr_be64(attrs, NFTA_RULE_HANDLE);
	read_counter(attrs->at[NFTA_RULE_EXPRESSIONS], rule);
	chain->rules = rules.items;
	chain->n_rules = rules.n;
	chain->cap_rules = rules.cap;
	return 0;
}

static int take_object(struct dump *dump, const char *table_name,
		       const char *name, int family,
		       struct fw_nft_kernel_name **ret)
{
	struct fw_nft_kernel_table *table = dump->into;
	struct {
		struct fw_nft_kernel_name *items;
		size_t n, cap;
	} objects = {table->objects, table->n_objects, table->cap_objects};
	struct fw_nft_kernel_name *object;

	if (!name || !of_table(table, family, table_name))
		return 0;
	object = fw_vec_push(dump->arena, &objects);
	if (!object)
		return -ENOMEM;
	object->name = fw_arena_strdup(dump->arena, name);
	table->objects = objects.items;
	table->n_objects = objects.n;
	table->cap_objects = objects.cap;
	if (ret)
		*ret = object;
	return object->name ? 0 : -ENOMEM;
}

static int take_set(struct dump *dump, int family, const struct attrs *attrs)
{
	if (attr_be32(attrs, NFTA_SET_FLAGS) & NFT_SET_ANONYMOUS)
		return 0;
	return take_object(dump, attr_text(attrs, NFTA_SET_TABLE),
			   attr_text(attrs, NFTA_SET_NAME), family, NULL);
}

static int take_obj(struct dump *dump, int family, const struct attrs *attrs)
{
	struct fw_nft_kernel_name *object = NULL;
	int r = take_object(dump, attr_text(attrs, NFTA_OBJ_TABLE),
			    attr_text(attrs, NFTA_OBJ_NAME), family, &object);
	struct attrs data;

	if (r || !object ||
	    attr_be32(attrs, NFTA_OBJ_TYPE) != NFT_OBJECT_COUNTER)
		return r;
	data = nested(attrs->at[NFTA_OBJ_DATA]);
	object->counter = true;
	object->packets = attr_be64(&data, NFTA_COUNTER_PACKETS);
	object->bytes = attr_be64(&data, NFTA_COUNTER_BYTES);
	return 0;
}

static int take_flowtable(struct dump *dump, int family,
			  const struct attrs *attrs)
{
	return take_object(dump, attr_text(attrs, NFTA_FLOWTABLE_TABLE),
			   attr_text(attrs, NFTA_FLOWTABLE_NAME), family, NULL);
}

/* One row a kind of thing. Chains come before rules, which find theirs. */
static const struct {
	int type;
	int table_attr;
	int (*take)(struct dump *dump, int family, const struct attrs *attrs);
} contents[] = {
	{NFT_MSG_GETCHAIN, NFTA_CHAIN_TABLE, take_chain},
	{NFT_MSG_GETRULE, NFTA_RULE_TABLE, take_rule},
	{NFT_MSG_GETSET, NFTA_SET_TABLE, take_set},
	{NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, take_obj},
	{NFT_MSG_GETFLOWTABLE, NFTA_FLOWTABLE_TABLE, take_flowtable},
};

static int read_contents(struct mnl_socket *nl, struct fw_arena *arena,
			 struct fw_nft_kernel_table *table)
{
	int family = fw_nft_family_number(table->family), r = 0;
	char buf[1024];

	for (size_t i = 0; r == 0 && i < FW_ARRAY_SIZE(contents); i++) {
		struct nlmsghdr *nlh = make_request(buf, contents[i].type, family);
		struct dump dump = {
			.arena = arena,
			.take = contents[i].take,
			.into = table,
		};

		mnl_attr_put_strz(nlh, (uint16_t)contents[i].table_attr,
				  table->name);
		r = exchange(nl, nlh, &dump);
		if (r == -EOPNOTSUPP && contents[i].type == NFT_MSG_GETFLOWTABLE)
			r = 0;
	}
	return r;
}

int fw_nft_kernel_table(struct mnl_socket *nl, struct fw_arena *arena,
			struct fw_nft_kernel_table *table)
{
	int r = -EINTR;

	for (int try = 0; r == -EINTR && try < DUMP_TRIES; try++) {
		table->n_chains = table->cap_chains = 0;
		table->n_objects = table->cap_objects = 0;
		table->chains = NULL;
		table->objects = NULL;
		r = read_contents(nl, arena, table);
	}
	return r;
}

const struct fw_nft_kernel_chain *
fw_nft_kernel_chain(const struct fw_nft_kernel_table *table, const char *name)
{
	for (size_t i = 0; i < table->n_chains; i++)
		if (strcmp(table->chains[i].name, name) == 0)
			return &table->chains[i];
	return NULL;
}

const struct fw_nft_kernel_name *
fw_nft_kernel_counter(const struct fw_nft_kernel_table *table, const char *name)
{
	for (size_t i = 0; i < table->n_objects; i++)
		if (table->objects[i].counter &&
		    strcmp(table->objects[i].name, name) == 0)
			return &table->objects[i];
	return NULL;
}

bool fw_nft_kernel_has_object(const struct fw_nft_kernel_table *table,
			      const char *name)
{
	for (size_t i = 0; i < table->n_objects; i++)
		if (strcmp(table->objects[i].name, name) == 0)
			return true;
	return false;
}

/* --- elements --------------------------------------------------------------- */
static int take_element(struct dump *dump, const struct attrs *attrs)
{
	struct fw_nft_kernel_elements *elements = dump->into;
	struct attrs key = nested(attrs->at[NFTA_SET_ELEM_KEY]);
	struct attrs data = nested(attrs->at[NFTA_SET_ELEM_DATA]);
	const struct nlattr *value = key.at[NFTA_DATA_VALUE];
	struct fw_nft_kernel_element *element;
	size_t len = value ? mnl_attr_get_payload_len(value) : 0;

	if (!len)
		return 0;
	element = fw_vec_push(dump->arena, elements);
	if (!element)
		return -ENOMEM;
	*element = (struct fw_nft_kernel_element){
		.len = len,
		.end = attr_be32(attrs, NFTA_SET_ELEM_FLAGS) &
		       NFT_SET_ELEM_INTERVAL_END,
		.timed = attrs->at[NFTA_SET_ELEM_EXPIRATION] != NULL,
		.timeout_ms = attr_be64(attrs, NFTA_SET_ELEM_TIMEOUT),
		.left_ms = attr_be64(attrs, NFTA_SET_ELEM_EXPIRATION),
	};
	if (len <= sizeof(element->key))
		memcpy(element->key, mnl_attr_get_payload(value), len);
	value = data.at[NFTA_DATA_VALUE];
	if (value && mnl_attr_get_payload_len(value) == sizeof(element->data))
		memcpy(&element->data, mnl_attr_get_payload(value),
		       sizeof(element->data));
	return 0;
}

static int take_elements(struct dump *dump, int family,
			 const struct attrs *attrs)
{
	const struct nlattr *list = attrs->at[NFTA_SET_ELEM_LIST_ELEMENTS];
	const struct nlattr *item;
	int r = 0;

	(void)family;
	if (!list)
		return 0;
	for_each_nested(item, list) {
		struct attrs element = nested(item);

		r = take_element(dump, &element);
		if (r)
			break;
	}
	return r;
}

int fw_nft_kernel_elements(struct mnl_socket *nl, struct fw_arena *arena,
			   const char *family, const char *table,
			   const char *set, struct fw_nft_kernel_elements *ret)
{
	char buf[1024];		/* names have 255 bytes at most */
	struct dump dump = {.arena = arena, .take = take_elements, .into = ret};
	int r = -EINTR;

	if (strlen(table) > UINT8_MAX || strlen(set) > UINT8_MAX)
		return -ENOENT;
	for (int try = 0; r == -EINTR && try < DUMP_TRIES; try++) {
		struct nlmsghdr *nlh = make_request(buf, NFT_MSG_GETSETELEM,
						    fw_nft_family_number(family));

		*ret = (struct fw_nft_kernel_elements){0};
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, table);
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, set);
		r = exchange(nl, nlh, &dump);
	}
	return r;
}

/* --- epoch ------------------------------------------------------------------ */
static int take_epoch(struct dump *dump, int family, const struct attrs *attrs)
{
	const struct nlattr *elements = attrs->at[NFTA_SET_ELEM_LIST_ELEMENTS];
	const struct nlattr *item;
	uint32_t *epoch = dump->into;

	(void)family;
	if (!elements)
		return 0;
	for_each_nested(item, elements) {
		struct attrs element = nested(item);
		struct attrs key = nested(element.at[NFTA_SET_ELEM_KEY]);
		const struct nlattr *value = key.at[NFTA_DATA_VALUE];

		if (value && mnl_attr_get_payload_len(value) == sizeof(*epoch))
			*epoch = mnl_attr_get_u32(value);
	}
	return 0;
}

int fw_nft_kernel_epoch(struct mnl_socket *nl, uint32_t *ret)
{
	char buf[512];
	uint32_t epoch = 0;
	struct dump dump = {.take = take_epoch, .into = &epoch};
	int r = -EINTR;

	for (int try = 0; r == -EINTR && try < DUMP_TRIES; try++) {
		struct nlmsghdr *nlh = make_request(buf, NFT_MSG_GETSETELEM,
						    NFPROTO_INET);

		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, "flywall");
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, "epoch");
		r = exchange(nl, nlh, &dump);
	}
	if (r == -ENOENT)
		r = 0;
	if (r == 0)
		*ret = epoch;
	return r;
}

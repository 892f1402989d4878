/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of owned tables.
 *
 * In: a plan with the numbers of its generation, and what the kernel holds.
 * Out: text and handles, comparable line by line. What may fail: memory, and
 * the dumps that the kernel is asked for (-errno).
 */
#include "apply/nft_record.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/nft_devices.h"
#include "apply/nft_kernel.h"
#include "util/buf.h"
#include "util/cleanup.h"
#include "util/vec.h"

struct fw_nft_record *fw_nft_record_new(void)
{
	struct fw_arena *arena = fw_arena_new();
	struct fw_nft_record *record;

	if (!arena)
		return NULL;
	record = fw_arena_alloc(arena, sizeof(*record));
	if (!record) {
		fw_arena_free(arena);
		return NULL;
	}
	record->arena = arena;
	return record;
}

void fw_nft_record_free(struct fw_nft_record *record)
{
	if (record)
		fw_arena_free(record->arena);
}

FW_CLEANUP_PTR(struct fw_nft_record *, fw_nft_record_free)

struct fw_nft_rec_table *
fw_nft_record_table(const struct fw_nft_record *record, const char *family,
		    const char *name)
{
	for (size_t i = 0; i < record->n_tables; i++)
		if (strcmp(record->tables[i].family, family) == 0 &&
		    strcmp(record->tables[i].name, name) == 0)
			return &record->tables[i];
	return NULL;
}

struct fw_nft_rec_chain *
fw_nft_rec_chain(const struct fw_nft_rec_table *table, const char *name)
{
	for (size_t i = 0; i < table->n_chains; i++)
		if (strcmp(table->chains[i].name, name) == 0)
			return &table->chains[i];
	return NULL;
}

/* --- from a plan ------------------------------------------------------------ */
/* The numbers that stand for the plan's placeholders. */
struct numbers {
	struct fw_arena *arena;
	char carry[16], epoch[16];
};

static void add_number(struct fw_buf *buf, const char *text,
		       const struct numbers *numbers, const char **ret_rest)
{
	static const char carry[] = FW_NFT_CARRY, epoch[] = FW_NFT_EPOCH;

	if (strncmp(text, carry, sizeof(carry) - 1) == 0) {
		fw_buf_add(buf, numbers->carry);
		*ret_rest = text + sizeof(carry) - 1;
	} else if (strncmp(text, epoch, sizeof(epoch) - 1) == 0) {
		fw_buf_add(buf, numbers->epoch);
		*ret_rest = text + sizeof(epoch) - 1;
	} else {
		fw_buf_addc(buf, *text);
		*ret_rest = text + 1;
	}
}

/* NULL stays NULL in *ret. */
static int substitute(const struct numbers *numbers, const char *text,
		      const char **ret)
{
	_cleanup_(fw_buf_done) struct fw_buf buf = {0};
	const char *dollar = text ? strchr(text, '$') : NULL;

	if (!dollar) {
		*ret = text ? fw_arena_strdup(numbers->arena, text) : NULL;
		return text && !*ret ? -ENOMEM : 0;
	}
	while (dollar) {
		fw_buf_addn(&buf, text, (size_t)(dollar - text));
		add_number(&buf, dollar, numbers, &text);
		dollar = strchr(text, '$');
	}
	fw_buf_add(&buf, text);
	*ret = buf.failed ? NULL : fw_arena_strdup(numbers->arena, buf.text);
	return *ret ? 0 : -ENOMEM;
}

/* Words of text from *at up to ';' or line end, in single spaces. */
static void add_clause(struct fw_buf *buf, const char *at, size_t len)
{
	size_t words = 0;

	for (size_t i = 0; i < len;) {
		size_t end = i;

		if (isspace((unsigned char)at[i])) {
			i++;
			continue;
		}
		while (end < len && !isspace((unsigned char)at[end]))
			end++;
		if (words++)
			fw_buf_addc(buf, ' ');
		fw_buf_addn(buf, at + i, end - i);
		i = end;
	}
	if (words)
		fw_buf_add(buf, "; ");
}

/* "type filter hook input priority 0; policy drop;" into what makes the chain
 * and the policy, which can change while it stands. */
static int split_base(struct fw_arena *arena, const char *text,
		      struct fw_nft_rec_chain *chain)
{
	_cleanup_(fw_buf_done) struct fw_buf base = {0};

	chain->policy = "accept";
	while (*text) {
		size_t len = strcspn(text, ";\n");
		const char *clause = text + strspn(text, " \t");
		static const char word[] = "policy ";

		if (strncmp(clause, word, sizeof(word) - 1) == 0) {
			clause += sizeof(word) - 1;
			clause += strspn(clause, " \t");
			chain->policy = fw_arena_strndup(
				arena, clause, strcspn(clause, "; \t\n"));
		} else {
			add_clause(&base, text, len);
		}
		text += len;
		text += *text != '\0';
	}
	if (base.failed)
		return -ENOMEM;
	chain->base = fw_arena_strdup(arena, base.text ? base.text : "");
	return chain->base && chain->policy ? 0 : -ENOMEM;
}

/* The rule that a kernel with the nft queue expression takes; where there is
 * none it only names what queue_rule.c makes. */
static int queue_rule(struct fw_arena *arena, const struct fw_nft_chain *from,
		      struct fw_nft_rec_chain *chain)
{
	struct fw_nft_rec_rule *rule = fw_arena_alloc(arena, sizeof(*rule));

	if (!rule)
		return -ENOMEM;
	chain->queue_first = from->queue_first;
	chain->queue_last = from->queue_last;
	chain->bypass = from->bypass;
	rule->rule = FW_NO_RULE;
	rule->text = fw_arena_printf(arena, "queue %sto %u-%u",
				     chain->bypass ? "flags bypass " : "",
				     from->queue_first, from->queue_last);
	if (rule->text && from->queue_first == from->queue_last)
		rule->text = fw_arena_printf(arena, "queue %sto %u",
					     chain->bypass ? "flags bypass " : "",
					     from->queue_first);
	chain->rules = rule;
	chain->n_rules = 1;
	return rule->text ? 0 : -ENOMEM;
}

/* base: from's own, but for the devices that are here. */
static int record_chain(const struct numbers *numbers,
			const struct fw_nft_chain *from, const char *base,
			struct fw_nft_rec_chain *chain)
{
	int r = 0;

	chain->name = fw_arena_strdup(numbers->arena, from->name);
	if (!chain->name)
		return -ENOMEM;
	if (base)
		r = split_base(numbers->arena, base, chain);
	if (r == 0)
		r = substitute(numbers, from->comment, &chain->comment);
	chain->queue = from->queue;
	if (r == 0 && from->queue)
		return queue_rule(numbers->arena, from, chain);
	chain->rules = fw_arena_array(numbers->arena, from->n_rules,
				      sizeof(*chain->rules));
	if (!chain->rules)
		return -ENOMEM;
	chain->n_rules = from->n_rules;
	for (size_t i = 0; r == 0 && i < from->n_rules; i++) {
		chain->rules[i].rule = from->rules[i].rule;
		r = substitute(numbers, from->rules[i].text, &chain->rules[i].text);
	}
	return r;
}

static int record_object(const struct numbers *numbers,
			 const struct fw_nft_object *from,
			 struct fw_nft_rec_object *object)
{
	int r;

	object->kind = fw_arena_strdup(numbers->arena, from->kind);
	object->name = fw_arena_strdup(numbers->arena, from->name);
	object->elements = fw_arena_array(numbers->arena, from->n_elements,
					  sizeof(*object->elements));
	if (!object->kind || !object->name || !object->elements)
		return -ENOMEM;
	object->merges = from->merges;
	object->n_elements = from->n_elements;
	r = substitute(numbers, from->body ? from->body : "", &object->body);
	for (size_t i = 0; r == 0 && i < from->n_elements; i++)
		r = substitute(numbers, from->elements[i], &object->elements[i]);
	return r;
}

/* A base chain whose devices are all missing is none. */
static int record_chains(const struct numbers *numbers,
			 const struct fw_nft_table *from,
			 struct fw_nft_rec_table *table)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->n_chains; i++) {
		const struct fw_nft_chain *chain = &from->chains[i];
		const char *base = NULL;

		if (chain->base)
			r = fw_nft_devices_here(numbers->arena, chain->base,
						&base);
		if (r == 0 && !base == !chain->base)
			r = record_chain(numbers, chain, base,
					 &table->chains[table->n_chains++]);
	}
	return r;
}

static int record_table(const struct numbers *numbers,
			const struct fw_nft_table *from,
			struct fw_nft_rec_table *table)
{
	struct fw_arena *arena = numbers->arena;
	int r = substitute(numbers, from->body, &table->body);

	table->family = fw_arena_strdup(arena, from->family);
	table->name = fw_arena_strdup(arena, from->name);
	table->objects = fw_arena_array(arena, from->n_objects,
					sizeof(*table->objects));
	table->chains = fw_arena_array(arena, from->n_chains,
				       sizeof(*table->chains));
	if (!table->family || !table->name || !table->objects || !table->chains)
		return -ENOMEM;
	table->own = from->own;
	table->take_over = from->take_over;
	table->n_objects = from->n_objects;
	for (size_t i = 0; r == 0 && i < from->n_objects; i++)
		r = record_object(numbers, &from->objects[i], &table->objects[i]);
	return r ? r : record_chains(numbers, from, table);
}

int fw_nft_record_from_plan(const struct fw_plan *plan, uint64_t epoch,
			    unsigned slot, struct fw_nft_record **ret)
{
	_cleanup_(fw_nft_record_free_ptr_) struct fw_nft_record *record =
		fw_nft_record_new();
	struct numbers numbers;
	int r = 0;

	if (!record)
		return -ENOMEM;
	numbers.arena = record->arena;
	(void)snprintf(numbers.carry, sizeof(numbers.carry), "0x%08" PRIx32,
		       (uint32_t)FW_MARK_CARRY(slot) << plan->options.mark_shift);
	(void)snprintf(numbers.epoch, sizeof(numbers.epoch), "%" PRIu32,
		       (uint32_t)epoch);
	record->epoch = epoch;
	for (size_t i = 0; r == 0 && i < plan->n_tables; i++) {
		struct {
			struct fw_nft_rec_table *items;
			size_t n, cap;
		} tables = {record->tables, record->n_tables, record->cap_tables};
		struct fw_nft_rec_table *table = fw_vec_push(record->arena, &tables);

		if (!table)
			return -ENOMEM;
		record->tables = tables.items;
		record->n_tables = tables.n;
		record->cap_tables = tables.cap;
		r = record_table(&numbers, &plan->tables[i], table);
	}
	if (r == 0)
		*ret = FW_TAKE(record);
	return r;
}

/* --- against the kernel ----------------------------------------------------- */
/* The kernel's rules in the kernel's order, each with the text it is known
 * by. */
static int reconcile_rules(struct fw_arena *arena, struct fw_nft_rec_chain *chain,
			   const struct fw_nft_kernel_chain *kernel)
{
	struct fw_nft_rec_rule *rules =
		fw_arena_array(arena, kernel->n_rules, sizeof(*rules));
	size_t from = 0;

	if (!rules)
		return -ENOMEM;
	for (size_t i = 0; i < kernel->n_rules; i++) {
		size_t k = from;

		while (k < chain->n_rules &&
		       chain->rules[k].handle != kernel->rules[i].handle)
			k++;
		rules[i].text = "";
		rules[i].rule = FW_NO_RULE;
		rules[i].handle = kernel->rules[i].handle;
		if (k < chain->n_rules) {
			rules[i] = chain->rules[k];
			from = k + 1;
		}
	}
	chain->rules = rules;
	chain->n_rules = kernel->n_rules;
	return 0;
}

static int reconcile_chains(struct fw_arena *arena, struct fw_nft_rec_table *table,
			    const struct fw_nft_kernel_table *kernel)
{
	struct fw_nft_rec_chain *chains =
		fw_arena_array(arena, kernel->n_chains, sizeof(*chains));
	int r = 0;

	if (!chains)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < kernel->n_chains; i++) {
		const struct fw_nft_kernel_chain *from = &kernel->chains[i];
		const struct fw_nft_rec_chain *known =
			fw_nft_rec_chain(table, from->name);

		if (known && (known->base != NULL) == from->base) {
			chains[i] = *known;
		} else {
			chains[i].name = fw_arena_strdup(arena, from->name);
			chains[i].base = from->base ? "" : NULL;
			chains[i].policy = "accept";
		}
		if (!chains[i].name)
			return -ENOMEM;
		r = reconcile_rules(arena, &chains[i], from);
	}
	table->chains = chains;
	table->n_chains = kernel->n_chains;
	return r;
}

/* Objects that the record does not know are left alone: a rule may have made
 * them (meters). */
static void reconcile_objects(struct fw_nft_rec_table *table,
			      const struct fw_nft_kernel_table *kernel)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n_objects; i++)
		if (fw_nft_kernel_has_object(kernel, table->objects[i].name))
			table->objects[n++] = table->objects[i];
	table->n_objects = n;
}

int fw_nft_record_reconcile(struct fw_nft_record *record, struct mnl_socket *nl,
			    struct fw_nft_kernel_tables *tables)
{
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < record->n_tables; i++) {
		struct fw_nft_rec_table table = record->tables[i];
		struct fw_nft_kernel_table *kernel =
			fw_nft_kernel_find(tables, table.family, table.name);

		if (!kernel || kernel->handle != table.handle)
			continue;
		r = fw_nft_kernel_table(nl, record->arena, kernel);
		if (r == 0)
			r = reconcile_chains(record->arena, &table, kernel);
		if (r == 0)
			reconcile_objects(&table, kernel);
		record->tables[n++] = table;
	}
	if (r == 0)
		record->n_tables = n;
	return r;
}

/* Whether the kernel's rules are the chain's: as many, and those that stood
 * before at their places. */
static bool rules_fit(const struct fw_nft_rec_chain *chain,
		      const struct fw_nft_kernel_chain *kernel)
{
	if (!kernel || kernel->n_rules != chain->n_rules)
		return false;
	for (size_t i = 0; i < chain->n_rules; i++)
		if (chain->rules[i].handle &&
		    chain->rules[i].handle != kernel->rules[i].handle)
			return false;
	return true;
}

static int read_back_table(struct fw_arena *arena, struct fw_nft_rec_table *table,
			   const struct fw_nft_kernel_table *kernel)
{
	int misfits = 0, r;

	for (size_t i = 0; i < table->n_chains; i++) {
		struct fw_nft_rec_chain *chain = &table->chains[i];
		const struct fw_nft_kernel_chain *from =
			fw_nft_kernel_chain(kernel, chain->name);

		if (rules_fit(chain, from)) {
			for (size_t k = 0; k < chain->n_rules; k++)
				chain->rules[k].handle = from->rules[k].handle;
			continue;
		}
		misfits++;
		chain->n_rules = 0;	/* the kernel's are all unknown */
		if (!from)
			continue;
		r = reconcile_rules(arena, chain, from);
		if (r < 0)
			return r;
	}
	return misfits;
}

int fw_nft_record_read_back(struct fw_nft_record *record, struct mnl_socket *nl,
			    struct fw_nft_kernel_tables *tables)
{
	int misfits = 0, r;

	for (size_t i = 0; i < record->n_tables; i++) {
		struct fw_nft_rec_table *table = &record->tables[i];
		struct fw_nft_kernel_table *kernel =
			fw_nft_kernel_find(tables, table->family, table->name);

		if (!kernel) {
			misfits++;
			continue;
		}
		table->handle = kernel->handle;
		r = fw_nft_kernel_table(nl, record->arena, kernel);
		if (r == 0)
			r = read_back_table(record->arena, table, kernel);
		if (r < 0)
			return r;
		misfits += r;
	}
	return misfits;
}

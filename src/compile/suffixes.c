/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of domains to suffixes and classes.
 *
 * In: the sets that rules of one kind ask. Out: all their names and what these
 * are below, as few as tell the sets apart: a name below another of the same
 * class says nothing. -E2BIG where there are too many; else it fails only for
 * want of memory.
 *
 * Each suffix takes the class of the one it is below and changes it by its own
 * entries, so the longest entry of a set wins. An exact one changes the class of
 * the name itself alone.
 */
#include <errno.h>
#include <string.h>

#include "compile/lower.h"
#include "plan/suffixes.h"
#include "util/cleanup.h"

#define NONE UINT32_MAX

struct node {
	const char *name;
	uint32_t parent;	/* or NONE */
	uint32_t entry;		/* the last of its own, or NONE */
	uint32_t whole, below;	/* classes */
};

struct entry {
	uint32_t set;
	uint32_t next;		/* of the same node, or NONE */
	bool exact, exception;
};

struct slot {
	uint32_t hash;
	uint32_t node;		/* number + 1; 0: free */
};

struct tree {
	size_t words;		/* of a class */
	struct node *nodes;
	struct entry *entries;
	struct slot *slots;	/* open addressing, at most half full */
	uint64_t *classes;
	uint32_t *class_slots;	/* likewise; class + 1 */
	uint64_t *scratch;	/* one class */
	uint32_t n_nodes, cap_nodes, n_entries, n_slots;
	uint32_t n_classes, cap_classes;
};

static void tree_done(struct tree *tree)
{
	free(tree->nodes);
	free(tree->entries);
	free(tree->slots);
	free(tree->classes);
	free(tree->class_slots);
	free(tree->scratch);
}

/* --- classes -------------------------------------------------------------- */
static uint32_t *class_slot(const struct tree *tree, const uint64_t *bits)
{
	uint32_t mask = tree->cap_classes * 2 - 1, i;
	uint64_t h = 0;

	for (size_t w = 0; w < tree->words; w++) {
		h = (h ^ bits[w]) * 0x9e3779b97f4a7c15;
		h ^= h >> 29;
	}
	for (i = (uint32_t)h & mask; tree->class_slots[i]; i = (i + 1) & mask)
		if (!memcmp(tree->classes +
				    (tree->class_slots[i] - 1) * tree->words,
			    bits, tree->words * sizeof(*bits)))
			break;
	return &tree->class_slots[i];
}

static int grow_classes(struct tree *tree)
{
	uint32_t cap = tree->cap_classes ? tree->cap_classes * 2 : 64;
	uint64_t *classes = realloc(tree->classes,
				    cap * tree->words * sizeof(*classes));
	uint32_t *slots;

	if (!classes)
		return -ENOMEM;
	tree->classes = classes;
	slots = calloc((size_t)cap * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(tree->class_slots);
	tree->class_slots = slots;
	tree->cap_classes = cap;
	for (uint32_t c = 0; c < tree->n_classes; c++)
		*class_slot(tree, classes + c * tree->words) = c + 1;
	return 0;
}

/* The class of tree->scratch. */
static int find_class(struct tree *tree, uint32_t *ret)
{
	uint32_t *slot;
	int r = tree->n_classes == tree->cap_classes ? grow_classes(tree) : 0;

	if (r)
		return r;
	slot = class_slot(tree, tree->scratch);
	if (!*slot) {
		memcpy(tree->classes + tree->n_classes * tree->words,
		       tree->scratch, tree->words * sizeof(*tree->scratch));
		*slot = ++tree->n_classes;
	}
	*ret = *slot - 1;
	return 0;
}

/* The class as one set's entry changes it. */
static int change(struct tree *tree, uint32_t *class,
		  const struct entry *entry)
{
	uint64_t bit = UINT64_C(1) << entry->set % 64;

	memcpy(tree->scratch, tree->classes + *class * tree->words,
	       tree->words * sizeof(*tree->scratch));
	if (entry->exception)
		tree->scratch[entry->set / 64] &= ~bit;
	else
		tree->scratch[entry->set / 64] |= bit;
	return find_class(tree, class);
}

/* --- nodes ---------------------------------------------------------------- */
static struct slot *find_slot(const struct tree *tree, const char *name,
			      uint32_t hash)
{
	uint32_t mask = tree->n_slots - 1, i;

	for (i = hash & mask; tree->slots[i].node; i = (i + 1) & mask)
		if (tree->slots[i].hash == hash &&
		    !strcmp(tree->nodes[tree->slots[i].node - 1].name, name))
			break;
	return &tree->slots[i];
}

static int grow_nodes(struct tree *tree)
{
	uint32_t cap = tree->cap_nodes * 2, mask = cap * 2 - 1;
	struct node *nodes;
	struct slot *slots;

	if (tree->n_nodes >= FW_SUFFIXES_MAX)
		return -E2BIG;
	nodes = realloc(tree->nodes, cap * sizeof(*nodes));
	if (!nodes)
		return -ENOMEM;
	tree->nodes = nodes;
	slots = calloc((size_t)cap * 2, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < tree->n_slots; i++) {
		uint32_t at = tree->slots[i].hash & mask;

		if (!tree->slots[i].node)
			continue;
		while (slots[at].node)
			at = (at + 1) & mask;
		slots[at] = tree->slots[i];
	}
	free(tree->slots);
	tree->slots = slots;
	tree->n_slots = cap * 2;
	tree->cap_nodes = cap;
	return 0;
}

static int add_node(struct tree *tree, const char *name, uint32_t hash,
		    uint32_t *node)
{
	struct slot *slot = find_slot(tree, name, hash);
	int r;

	if (slot->node) {
		*node = slot->node - 1;
		return 0;
	}
	if (tree->n_nodes == tree->cap_nodes) {
		r = grow_nodes(tree);
		if (r)
			return r;
		slot = find_slot(tree, name, hash);
	}
	tree->nodes[tree->n_nodes] = (struct node){
		.name = name, .parent = *node, .entry = NONE,
	};
	*node = tree->n_nodes++;
	*slot = (struct slot){ hash, tree->n_nodes };
	return 0;
}

/* The name and all that it is below, from the right. FNV-1a of the suffixes:
 * who writes the lists is trusted with more than our time. */
static int add_name(struct tree *tree, const char *name, uint32_t *ret)
{
	uint64_t hash = 0xcbf29ce484222325;

	*ret = NONE;
	for (const char *p = name + strlen(name); p > name;) {
		int r;

		hash = (hash ^ (unsigned char)*--p) * 0x100000001b3;
		if (p > name && p[-1] != '.')
			continue;
		r = add_node(tree, p, (uint32_t)(hash ^ hash >> 32), ret);
		if (r)
			return r;
	}
	return 0;
}

static int add_set(struct tree *tree, uint32_t number,
		   const struct fw_domain_set *set)
{
	for (size_t i = 0; i < set->n_domains; i++) {
		const struct fw_domain *domain = &set->domains[i];
		uint32_t node;
		int r = add_name(tree, domain->name, &node);

		if (r)
			return r;
		tree->entries[tree->n_entries] = (struct entry){
			.set = number,
			.next = tree->nodes[node].entry,
			.exact = domain->exact,
			.exception = domain->exception,
		};
		tree->nodes[node].entry = tree->n_entries++;
	}
	return 0;
}

/* --- the whole ------------------------------------------------------------ */
static int tree_init(struct tree *tree,
		     const struct fw_domain_set *const *sets, size_t n_sets)
{
	size_t n = 1;
	uint32_t class;

	for (size_t i = 0; i < n_sets; i++)
		n += sets[i]->n_domains;
	if (n > FW_SUFFIXES_MAX)
		return -E2BIG;
	tree->words = n_sets / 64 + 1;
	for (tree->cap_nodes = 64; tree->cap_nodes < n;)
		tree->cap_nodes *= 2;
	tree->n_slots = tree->cap_nodes * 2;
	tree->nodes = malloc(tree->cap_nodes * sizeof(*tree->nodes));
	tree->slots = calloc(tree->n_slots, sizeof(*tree->slots));
	tree->entries = malloc(n * sizeof(*tree->entries));
	tree->scratch = calloc(tree->words, sizeof(*tree->scratch));
	if (!tree->nodes || !tree->slots || !tree->entries || !tree->scratch)
		return -ENOMEM;
	return find_class(tree, &class);	/* 0: in no set */
}

static uint32_t inherited(const struct tree *tree, const struct node *node)
{
	return node->parent == NONE ? 0 : tree->nodes[node->parent].below;
}

/* An exact entry goes before one of the same name and set that reaches down. */
static int find_classes(struct tree *tree, struct node *node)
{
	int r = 0;

	node->below = inherited(tree, node);
	for (uint32_t e = node->entry; !r && e != NONE;
	     e = tree->entries[e].next)
		if (!tree->entries[e].exact)
			r = change(tree, &node->below, &tree->entries[e]);
	node->whole = node->below;
	for (uint32_t e = node->entry; !r && e != NONE;
	     e = tree->entries[e].next)
		if (tree->entries[e].exact)
			r = change(tree, &node->whole, &tree->entries[e]);
	return r;
}

/* What says nothing that its parent does not say, and nothing is below of,
 * loses its name. From here on an entry of 1 says that something is below.
 * Returns how many are left. */
static size_t prune(struct tree *tree)
{
	size_t n = 0;

	for (uint32_t i = 0; i < tree->n_nodes; i++)
		tree->nodes[i].entry = 0;
	for (uint32_t i = tree->n_nodes; i-- > 0;) {
		struct node *node = &tree->nodes[i];
		uint32_t from = inherited(tree, node);

		if (!node->entry && node->whole == from && node->below == from) {
			node->name = NULL;
			continue;
		}
		n++;
		if (node->parent != NONE)
			tree->nodes[node->parent].entry = 1;
	}
	return n;
}

static int write_out(struct fw_arena *arena, struct tree *tree,
		     struct fw_suffixes *ret)
{
	size_t n = prune(tree), at = 0;
	struct fw_suffix *items = fw_arena_array(arena, n, sizeof(*items));

	ret->classes = fw_arena_memdup(arena, tree->classes,
				       tree->n_classes * tree->words *
					       sizeof(*tree->classes));
	if (!items || !ret->classes)
		return -ENOMEM;
	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		const struct node *node = &tree->nodes[i];

		if (node->name)
			items[at++] = (struct fw_suffix){
				node->name, node->whole, node->below,
				!node->entry,
			};
	}
	ret->items = items;
	ret->n = n;
	ret->n_classes = tree->n_classes;
	ret->words = tree->words;
	return 0;
}

int fw_suffixes_build(struct fw_arena *arena,
		      const struct fw_domain_set *const *sets, size_t n_sets,
		      struct fw_suffixes *ret)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	int r = tree_init(&tree, sets, n_sets);

	for (uint32_t i = 0; !r && i < n_sets; i++)
		r = add_set(&tree, i, sets[i]);
	for (uint32_t i = 0; !r && i < tree.n_nodes; i++)
		r = find_classes(&tree, &tree.nodes[i]);
	*ret = (struct fw_suffixes){ .sets = sets, .n_sets = n_sets };
	return r ? r : write_out(arena, &tree, ret);
}

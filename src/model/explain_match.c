/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a part of a rule hold for the packet at hand?
 *
 * In: a step of a rule. Out: yes, no, or that nobody can tell. Notes which
 * assumed fields it has asked. Nothing may fail.
 */
#include <string.h>

#include "model/walk.h"

static enum fw_truth both(enum fw_truth a, enum fw_truth b)
{
	if (a == FW_TRUTH_NO || b == FW_TRUTH_NO)
		return FW_TRUTH_NO;
	return a == FW_TRUTH_YES ? b : FW_TRUTH_UNKNOWN;
}

static enum fw_truth not(enum fw_truth a)
{
	return a == FW_TRUTH_UNKNOWN ? a :
	       a == FW_TRUTH_YES     ? FW_TRUTH_NO :
				       FW_TRUTH_YES;
}

static enum fw_truth ask(struct fw_walk *walk, const struct fw_match *match)
{
	walk->out->assumed |= walk->out->told->assumed & ~walk->changed &
			      UINT64_C(1) << match->field;
	return fw_model_match(match, &walk->packet);
}

static enum fw_truth matches(struct fw_walk *walk, const struct fw_step *step)
{
	enum fw_truth truth = FW_TRUTH_YES;

	for (size_t i = 0; i < step->n_matches && truth != FW_TRUTH_NO; i++)
		truth = both(truth, ask(walk, &step->matches[i]));
	return truth;
}

/* --- concatenations ------------------------------------------------------- */
static enum fw_truth box(struct fw_walk *walk, const struct fw_step_tuple *tuple,
			 size_t nth)
{
	enum fw_truth truth = FW_TRUTH_YES;

	for (size_t i = 0; i < tuple->n_fields && truth != FW_TRUTH_NO; i++) {
		const struct fw_match match = {
			tuple->fields[i],
			&tuple->boxes[nth * tuple->n_fields + i], 1,
		};

		truth = both(truth, ask(walk, &match));
	}
	return truth;
}

/* A packet that lacks one of the fields is never in it, negated or not: the
 * rule ends where nft cannot load. */
static enum fw_truth lacks(const struct fw_walk *walk,
			   const struct fw_step_tuple *tuple)
{
	enum fw_truth truth = FW_TRUTH_NO;

	for (size_t i = 0; i < tuple->n_fields; i++) {
		enum fw_field field = tuple->fields[i];

		if (walk->packet.open >> field & 1)
			truth = FW_TRUTH_UNKNOWN;
		else if (!walk->packet.has[field])
			return FW_TRUTH_YES;
	}
	return truth;
}

static enum fw_truth tuple_holds(struct fw_walk *walk,
				 const struct fw_step_tuple *tuple)
{
	enum fw_truth in = FW_TRUTH_NO, lack = lacks(walk, tuple);

	if (lack == FW_TRUTH_YES)
		return FW_TRUTH_NO;
	for (size_t i = 0; i < tuple->n_boxes && in != FW_TRUTH_YES; i++) {
		enum fw_truth here = box(walk, tuple, i);

		if (here != FW_TRUTH_NO)
			in = here;
	}
	if (!tuple->negate)
		return in;
	return lack == FW_TRUTH_UNKNOWN ? both(not(in), lack) : not(in);
}

enum fw_truth fw_walk_box(struct fw_walk *walk, const struct fw_step *step,
			  size_t nth)
{
	return step->tuple ? box(walk, step->tuple, nth) : FW_TRUTH_UNKNOWN;
}

/* --- devices -------------------------------------------------------------- */
static bool pattern_meets(const char *pattern, const char *device)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, device, len - 1) == 0;
	return strcmp(pattern, device) == 0;
}

static enum fw_truth device_meets(const struct fw_step *step,
				  const char *device)
{
	enum fw_truth truth = FW_TRUTH_NO;

	if (!device)
		return FW_TRUTH_UNKNOWN;
	for (size_t i = 0; i < step->n_names; i++)
		if (pattern_meets(step->names[i], device))
			truth = FW_TRUTH_YES;
	return step->negate ? not(truth) : truth;
}

/* --- names ---------------------------------------------------------------- */
/* What was told of a query or read from it; else whether it asks is as open as
 * the class of its name is. */
static enum fw_truth name_meets(const struct fw_walk *walk,
				const struct fw_step *step)
{
	const struct fw_told *told = walk->out->told;
	enum fw_truth truth;

	if (!told->asks)
		return walk->packet.open >> FW_FIELD_DNS_CLASS & 1 ?
			       FW_TRUTH_UNKNOWN : FW_TRUTH_NO;
	truth = fw_domain_set_has(step->domains, told->qname,
				  strlen(told->qname)) ? FW_TRUTH_YES :
							 FW_TRUTH_NO;
	return step->negate ? not(truth) : truth;
}

/* -------------------------------------------------------------------------- */
static enum fw_truth kernels(const struct fw_step *step)
{
	switch (step->alone) {
	case FW_ALONE_HOLDS:
		return FW_TRUTH_YES;
	case FW_ALONE_FAILS:
		return FW_TRUTH_NO;
	default:
		return FW_TRUTH_UNKNOWN;
	}
}

enum fw_truth fw_walk_step(struct fw_walk *walk, const struct fw_step *step)
{
	enum fw_truth truth = matches(walk, step);

	if (truth == FW_TRUTH_NO)
		return truth;
	switch (step->kind) {
	case FW_STEP_TUPLE:
		return both(truth, tuple_holds(walk, step->tuple));
	case FW_STEP_IIF:
		return both(truth, device_meets(step, walk->iif));
	case FW_STEP_OIF:
		return both(truth, device_meets(step, walk->oif));
	case FW_STEP_NAME:
		return both(truth, name_meets(walk, step));
	case FW_STEP_UNKNOWN:
		return both(truth, kernels(step));
	default:
		return truth;
	}
}

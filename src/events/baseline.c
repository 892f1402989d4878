/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values in, verdicts out; lines of a file both ways. Nothing fails. */
#include "events/baseline.h"

#include <inttypes.h>
#include <math.h>

#define HOURS 24
#define HOUR 3600	/* s */

static void learn(struct fw_baseline_cell *cell, double value)
{
	double weight, off = value - cell->mean;

	if (cell->n < FW_BASELINE_MEMORY)
		cell->n++;
	weight = 1.0 / (double)cell->n;
	cell->mean += weight * off;
	cell->variance = (1 - weight) * (cell->variance + weight * off * off);
}

static double average(struct fw_baseline *baseline, double value)
{
	double sum = 0;

	baseline->window[baseline->at++ % FW_BASELINE_WINDOW] = value;
	for (int i = 0; i < FW_BASELINE_WINDOW; i++)
		sum += baseline->window[i];
	return sum / FW_BASELINE_WINDOW;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static struct fw_baseline_view view_by(const struct fw_baseline_cell *cell,
				       double value, double floor)
{
	struct fw_baseline_view view = { .value = value, .mean = cell->mean };

	view.deviation = larger(larger(sqrt(cell->variance), sqrt(cell->mean)),
				floor);
	if (view.deviation > 0)
		view.times = (value - cell->mean) / view.deviation;
	return view;
}

static bool is_known(const struct fw_baseline_cell *cell)
{
	return cell->n >= FW_BASELINE_HOUR;
}

/* About an hour's ends what is usual in the next one, or was in the last one, is
 * usual as well: nobody's habits keep to the clock. */
static struct fw_baseline_view compare(const struct fw_baseline *baseline,
				       unsigned second, double value,
				       double floor)
{
	unsigned hour = second / HOUR, within = second % HOUR;
	const struct fw_baseline_cell *cell = &baseline->hours[hour], *other;
	struct fw_baseline_view view, by_other;

	view = view_by(is_known(cell) ? cell : &baseline->all, value, floor);
	if (within < FW_BASELINE_BORDER)
		hour += HOURS - 1;
	else if (within >= HOUR - FW_BASELINE_BORDER)
		hour++;
	other = &baseline->hours[hour % HOURS];
	if (!is_known(other))
		return view;
	by_other = view_by(other, value, floor);
	return by_other.times < view.times ? by_other : view;
}

/* Whether this second of an episode has an alert. */
static bool is_due(struct fw_baseline *baseline)
{
	bool due = !baseline->over || baseline->untold >= FW_BASELINE_AGAIN;

	baseline->over = true;
	baseline->calm = 0;
	baseline->lasting++;
	baseline->untold = due ? 1 : baseline->untold + 1;
	return due;
}

static void calm_down(struct fw_baseline *baseline)
{
	if (baseline->over && ++baseline->calm < FW_BASELINE_CALM)
		return;
	baseline->over = false;
	baseline->lasting = 0;
}

bool fw_baseline_add(struct fw_baseline *baseline, unsigned second, double value,
		     double floor, double times, struct fw_baseline_view *ret)
{
	double mean = average(baseline, value);
	bool over, due = false;

	second %= HOURS * HOUR;
	*ret = compare(baseline, second, mean, floor);
	over = times > 0 && baseline->all.n >= FW_BASELINE_LEARN &&
	       ret->times > times;
	if (over)
		due = is_due(baseline);
	else
		calm_down(baseline);
	if (!baseline->over || baseline->lasting > FW_BASELINE_LASTS) {
		learn(&baseline->all, value);
		learn(&baseline->hours[second / HOUR], value);
	}
	return due;
}

/* --- the file ------------------------------------------------------------- */

static void write_cell(const struct fw_baseline_cell *cell, const char *name,
		       unsigned hour, FILE *out)
{
	if (cell->n > 0)
		(void)fprintf(out, "%s %u %" PRIu64 " %.6g %.6g\n", name, hour,
			      cell->n, cell->mean, cell->variance);
}

void fw_baseline_write(const struct fw_baseline *baseline, const char *name,
		       FILE *out)
{
	for (unsigned i = 0; i < HOURS; i++)
		write_cell(&baseline->hours[i], name, i, out);
	write_cell(&baseline->all, name, HOURS, out);
}

bool fw_baseline_read(const char *line, char name[static 64], unsigned *ret_hour,
		      struct fw_baseline_cell *ret)
{
	return sscanf(line, "%63s %u %" SCNu64 " %lf %lf", name, ret_hour,
		      &ret->n, &ret->mean, &ret->variance) == 5 &&
	       *ret_hour <= HOURS && ret->n <= FW_BASELINE_MEMORY &&
	       isfinite(ret->mean) && isfinite(ret->variance) &&
	       ret->mean >= 0 && ret->variance >= 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feeds a fuzz target files: those named, and those in the folders named; with
 * no argument the seeds of the target, $abs_top_srcdir/tests/seeds/PROGRAM.
 *
 * Exits 0 when the target came back from all of them, 1 when one cannot be read
 * or there was none. The target dies of what it finds; the last file named on
 * standard error is the one that killed it.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_path(const char *path, unsigned *runs);

/* The input in memory of exactly its size, so that a sanitizer sees its end. */
static int run_file(const char *path, size_t size, unsigned *runs)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data = malloc(size ? size : 1);
	int err = 0;

	if (!in || !data || fread(data, 1, size, in) != size)
		err = errno ? -errno : -EIO;
	if (!err) {
		(void)fprintf(stderr, "%s\n", path);
		(void)LLVMFuzzerTestOneInput(data, size);
		++*runs;
	}
	free(data);
	if (in)
		(void)fclose(in);
	return err;
}

static int run_folder(const char *path, unsigned *runs)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, NULL, alphasort);
	int err = n < 0 ? -errno : 0;
	char inner[PATH_MAX];

	for (int i = 0; i < n; i++) {
		(void)snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name);
		if (!err && entries[i]->d_name[0] != '.')
			err = run_path(inner, runs);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int run_path(const char *path, unsigned *runs)
{
	struct stat st;
	int err;

	errno = 0;
	if (stat(path, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		return run_folder(path, runs);
	else
		err = run_file(path, (size_t)st.st_size, runs);
	if (err)
		(void)fprintf(stderr, "%s: %s\n", path, strerror(-err));
	return err;
}

int main(int argc, char **argv)
{
	const char *top = getenv("abs_top_srcdir"), *slash = strrchr(argv[0], '/');
	char seeds[PATH_MAX];
	unsigned runs = 0;
	int err = 0;

	(void)snprintf(seeds, sizeof(seeds), "%s/tests/seeds/%s", top ? top : ".",
		       slash ? slash + 1 : argv[0]);
	if (argc == 1)
		err = run_path(seeds, &runs);
	for (int i = 1; i < argc && !err; i++)
		err = run_path(argv[i], &runs);
	(void)printf("%u inputs replayed\n", runs);
	return err || !runs;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The greeting of hello.yaml as a C program; hello_c.yaml tells how to run. */

#include <argdata.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
	const char *first_name;
	const char *last_name;
	int output;
};

static void read_argument(struct arguments *arguments, const argdata_t *key,
			  const argdata_t *value)
{
	const char *name;

	if (argdata_get_str_c(key, &name) != 0)
		return;
	if (strcmp(name, "first_name") == 0)
		argdata_get_str_c(value, &arguments->first_name);
	else if (strcmp(name, "last_name") == 0)
		argdata_get_str_c(value, &arguments->last_name);
	else if (strcmp(name, "output") == 0)
		argdata_get_fd(value, &arguments->output);
}

void program_main(const argdata_t *ad)
{
	struct arguments arguments = {"you", "there", -1};
	argdata_map_iterator_t it;
	const argdata_t *key, *value;

	argdata_map_iterate(ad, &it);
	while (argdata_map_get(&it, &key, &value)) {
		read_argument(&arguments, key, value);
		argdata_map_next(&it);
	}
	if (dprintf(arguments.output, "Hello, %s %s!\n", arguments.first_name,
		    arguments.last_name) < 0)
		exit(1);
	exit(0);
}

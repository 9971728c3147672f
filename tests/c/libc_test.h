/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of the programs that test the C library in the sandbox. */

#ifndef LIBC_TEST_H
#define LIBC_TEST_H

#include <argdata.h>
#include <errno.h>
#include <program.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The test itself. */
static void test(void);

static const argdata_t *test_arguments;

#define CHECK(condition)                                                       \
	((condition) ? (void)0 : test_failed(#condition, __FILE__, __LINE__))

/* An expression fails with an error; the comparison comes after it. */
#define CHECK_ERRNO(expression, error)                                         \
	(CHECK((expression) == -1), CHECK(errno == (error)))

static _Noreturn void test_failed(const char *condition, const char *file,
				  int line)
{
	printf("%s:%d: %s (errno: %s)\n", file, line, condition,
	       strerror(errno));
	exit(1);
}

/* The descriptor that the manifest lists under this name. */
static inline int test_fd(const char *name)
{
	argdata_map_iterator_t it;
	const argdata_t *key;
	const argdata_t *value;
	const char *text;
	int fd;

	argdata_map_iterate(test_arguments, &it);
	for (; argdata_map_get(&it, &key, &value); argdata_map_next(&it))
		if (argdata_get_str_c(key, &text) == 0 &&
		    strcmp(text, name) == 0 && argdata_get_fd(value, &fd) == 0)
			return fd;
	test_failed(name, __FILE__, __LINE__);
}

_Noreturn void program_main(const argdata_t *arguments)
{
	test_arguments = arguments;
	if (program_set_stream(stdout, test_fd("output")) != 0)
		exit(2);
	test();
	puts("ok");
	exit(0);
}

#endif

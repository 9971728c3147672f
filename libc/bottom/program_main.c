/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry of programs that define main() and not program_main(). */

#include <program.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv, char **envp);

/* Argument data proper starts with a tag below this; older launchers passed
 * strings, each with a terminator. */
enum {
	FIRST_TEXT_BYTE = 0x20
};

static bool is_text(const char *data, size_t len)
{
	return len > 0 && (unsigned char)data[0] >= FIRST_TEXT_BYTE;
}

static size_t count_strings(const char *data, size_t len)
{
	size_t count = data[len - 1] != '\0';

	for (size_t i = 0; i < len; ++i)
		count += data[i] == '\0';
	return count;
}

/* One block: the pointers, two NULLs, a terminated copy of the strings. */
static char **split(const char *data, size_t len, size_t count)
{
	char **argv = calloc(1, (count + 2) * sizeof(*argv) + len + 1);
	char *copy;

	if (argv == NULL)
		exit(127);
	copy = memcpy(argv + count + 2, data, len);
	for (size_t i = 0; i < count; ++i) {
		argv[i] = copy;
		copy += strlen(copy) + 1;
	}
	return argv;
}

_Noreturn void program_main(const argdata_t *argdata)
{
	const void *data;
	size_t len;
	size_t count;
	char **argv;

	(void)argdata;
	program_get_raw_argdata(&data, &len);
	if (!is_text(data, len)) {
		data = "";
		len = 1;
	}
	count = count_strings(data, len);
	argv = split(data, len, count);
	exit(main((int)count, argv, argv + count + 1));
}

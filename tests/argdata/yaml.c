/* SPDX-License-Identifier: BSD-2-Clause */
/* Prints messages as YAML documents. Each line of standard input is a message
 * in hexadecimal; descriptor 0 is 10, and there are no others. */

#include <argdata.h>
#include <stdlib.h>

#define MESSAGE_MAX 70000

static int tenth_fd(void *arg, size_t index)
{
	(void)arg;
	return index == 0 ? 10 : -1;
}

static void print(const char *line)
{
	/* Of the exact size, so that reading past the end is noticed. */
	size_t len = 0;
	unsigned char *message = NULL;
	unsigned int byte;
	argdata_t *ad;

	while (sscanf(line + 2 * len, "%2x", &byte) == 1) {
		message = realloc(message, len + 1);
		message[len++] = (unsigned char)byte;
	}
	ad = argdata_from_buffer(message, len, tenth_fd, NULL);
	argdata_print_yaml(ad, stdout);
	puts("...");
	argdata_free(ad);
	free(message);
}

int main(void)
{
	static char line[2 * MESSAGE_MAX + 2];

	while (fgets(line, sizeof(line), stdin) != NULL)
		print(line);
	return 0;
}

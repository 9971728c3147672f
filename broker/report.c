/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a run that cannot be set up, in words. */

#include <codec.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

/* No control bytes and nothing but UTF-8, as parts of the text come from
 * others. */
static void clean(char *text)
{
	size_t len = strlen(text);
	bool is_utf8 = argdata_utf8_prefix((unsigned char *)text, len) == len;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f ||
		    (!is_utf8 && (unsigned char)text[i] >= 0x80))
			text[i] = '?';
}

/* One write, so that lines of several processes do not mix. */
void complain(const char *text)
{
	char line[1024];
	int len = snprintf(line, sizeof(line), "cloudabi-run: %s\n", text);

	/* Where nobody listens there is nobody to tell. */
	if (write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

void die(enum exit_status status, const char *format, ...)
{
	char text[1000];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	clean(text);
	if (record_is_possible())
		record_failed(status, text);
	else
		complain(text);
	_exit(status);
}

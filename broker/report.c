/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages for people, and the end of a run that cannot be set up. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

/* One write, so that lines of several processes do not mix; and no control
 * bytes, as parts of the text come from others. */
static void __attribute__((format(printf, 1, 0)))
vreport(const char *format, va_list arguments)
{
	char line[1024] = "cloudabi-run: ";
	size_t len = strlen(line);

	vsnprintf(line + len, sizeof(line) - len, format, arguments);
	len = strlen(line);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n'; /* where the terminator was */
	/* Where nobody listens there is nobody to tell. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

void report(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vreport(format, arguments);
	va_end(arguments);
}

void die(enum exit_status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vreport(format, arguments);
	va_end(arguments);
	_exit(status);
}

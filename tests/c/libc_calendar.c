/* SPDX-License-Identifier: BSD-2-Clause */
/* Calculates with dates, as tests/test_libc_time.py asks. */

#include <time.h>
#include <wchar.h>

#include "libc_numbers.h"

static long long read_long(const char *text)
{
	return *text == '-' ? -(long long)read_bits(text + 1) :
			      (long long)read_bits(text);
}

static void put_fields(const struct tm *tm)
{
	printf("%d %d %d %d %d %d %d %d %d", tm->tm_year, tm->tm_mon,
	       tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec, tm->tm_wday,
	       tm->tm_yday, tm->tm_isdst);
}

/* Year, month, day, hour, minute, second. */
static struct tm read_fields(char *text)
{
	int values[6] = {0};

	for (int i = 0; i < 6; ++i)
		values[i] = (int)read_integer(strsep(&text, " "));
	return (struct tm){
		.tm_year = values[0],
		.tm_mon = values[1],
		.tm_mday = values[2],
		.tm_hour = values[3],
		.tm_min = values[4],
		.tm_sec = values[5],
		.tm_isdst = -1,
	};
}

static void break_down(const char *seconds)
{
	time_t t = (time_t)read_long(seconds);
	struct tm tm;
	struct tm local;

	errno = 0;
	if (gmtime_r(&t, &tm) == NULL) {
		CHECK(localtime_r(&t, &local) == NULL);
		fputs(errno == EOVERFLOW ? "overflow" : strerror(errno),
		      stdout);
		return;
	}
	CHECK(localtime_r(&t, &local) == &local);
	CHECK(memcmp(&tm, &local, 6 * sizeof(int)) == 0);
	CHECK(timegm(&tm) == t && mktime(&local) == t);
	put_fields(&tm);
}

static void put_together(char *fields)
{
	struct tm tm = read_fields(fields);
	struct tm local = tm;
	time_t t;

	errno = 0;
	t = timegm(&tm);
	if (t == -1 && errno != 0) {
		CHECK(mktime(&local) == -1);
		fputs(errno == EOVERFLOW ? "overflow" : strerror(errno),
		      stdout);
		return;
	}
	CHECK(mktime(&local) == t);
	printf("%lld ", (long long)t);
	put_fields(&tm);
}

static void format(const char *format, const char *seconds)
{
	time_t t = (time_t)read_long(seconds);
	wchar_t wide_format[40];
	wchar_t wide[100];
	char text[100];
	size_t len = strftime(text, sizeof(text), format, gmtime(&t));

	CHECK(len == strlen(text) && mbstowcs(wide_format, format, 40) < 40);
	CHECK(wcsftime(wide, 100, wide_format, gmtime(&t)) == len);
	for (size_t i = 0; i <= len; ++i)
		CHECK(wide[i] == (wchar_t)text[i]);
	fputs(text, stdout);
}

static void read_date(const char *format, const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, format, &tm);

	if (end == NULL) {
		fputs("no", stdout);
		return;
	}
	put_fields(&tm);
	printf("|%s", end);
}

static void answer(char **words)
{
	switch (words[0][0]) {
	case 'b':
		break_down(words[1]);
		break;
	case 'm':
		put_together(words[1]);
		break;
	case 'f':
		format(words[1], words[2]);
		break;
	case 'r':
		read_date(words[1], words[2]);
		break;
	}
}

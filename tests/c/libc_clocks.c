/* SPDX-License-Identifier: BSD-2-Clause */
/* Time: the one zone, clocks, sleeping, texts of fixed form. */

#include <limits.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "libc_cases.h"

static void stay_in_utc(void)
{
	static char *variables[] = {"TZ=CET-1CEST,M3.5.0,M10.5.0/3", NULL};
	time_t summer = 1750000000;
	struct tm utc;
	struct tm local;
	char text[40];

	EXPECT(environ != NULL && environ[0] == NULL);
	for (int i = 0; i < 2; ++i) {
		tzset();
		row("%d variables", i);
		EXPECT_STR(tzname[0], "UTC");
		EXPECT_STR(tzname[1], "UTC");
		EXPECT_INT(timezone, 0);
		EXPECT_INT(daylight, 0);
		EXPECT(gmtime_r(&summer, &utc) == &utc);
		EXPECT(localtime_r(&summer, &local) == &local);
		EXPECT_INT(local.tm_hour, utc.tm_hour);
		EXPECT_INT(local.tm_isdst, 0);
		EXPECT_INT(local.tm_gmtoff, 0);
		EXPECT_STR(local.tm_zone, "UTC");
		local.tm_isdst = 1;
		EXPECT_INT(mktime(&local), summer);
		EXPECT_INT(local.tm_isdst, 0);
		EXPECT(strftime(text, sizeof(text), "%z %Z", &local) > 0);
		EXPECT_STR(text, "+0000 UTC");
		environ = variables; /* nobody looks there */
	}
	environ = variables + 1;
}

static void write_fixed_texts(void)
{
	time_t t = 951782400;
	struct tm tm = {.tm_year = 8100, .tm_mon = 11, .tm_mday = 31};
	char text[26];

	EXPECT_STR(ctime(&t), "Tue Feb 29 00:00:00 2000\n");
	EXPECT(ctime_r(&t, text) == text);
	EXPECT_STR(text, "Tue Feb 29 00:00:00 2000\n");
	EXPECT_STR(asctime(gmtime(&t)), "Tue Feb 29 00:00:00 2000\n");
	tm.tm_year = 8099;
	EXPECT(asctime_r(&tm, text) == text);
	EXPECT_STR(text, "Sun Dec 31 00:00:00 9999\n");
	EXPECT_INT(difftime(t, t - 86400), 86400);
	EXPECT_INT(sizeof(time_t), 8);
	EXPECT((time_t)-1 < 0);
}

static void limit_the_room(void)
{
	time_t t = 0;
	char text[20] = "";

	EXPECT_INT(strftime(text, 11, "%F", gmtime(&t)), 10);
	EXPECT_STR(text, "1970-01-01");
	EXPECT_INT(strftime(text, 10, "%F", gmtime(&t)), 0);
	EXPECT_INT(strftime(text, 1, "", gmtime(&t)), 0);
	EXPECT_STR(text, "");
	EXPECT_INT(strftime(text, 0, "%F", gmtime(&t)), 0);
}

static bool earlier(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static void read_clocks(void)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME,
		CLOCK_MONOTONIC,
		CLOCK_PROCESS_CPUTIME_ID,
		CLOCK_THREAD_CPUTIME_ID,
	};
	struct timespec first;
	struct timespec second;
	struct timeval tv;

	for (size_t i = 0; i < LENGTH(clocks); ++i) {
		row("%d", (int)clocks[i]);
		EXPECT_INT(clock_getres(clocks[i], &first), 0);
		EXPECT(first.tv_sec == 0 && first.tv_nsec > 0);
		EXPECT_INT(clock_getres(clocks[i], NULL), 0);
		EXPECT_INT(clock_gettime(clocks[i], &first), 0);
		EXPECT(first.tv_nsec >= 0 && first.tv_nsec < 1000000000);
		for (int j = 0; j < 1000; ++j) {
			EXPECT_INT(clock_gettime(clocks[i], &second), 0);
			if (clocks[i] != CLOCK_REALTIME)
				EXPECT(!earlier(&second, &first));
			first = second;
		}
	}
	row("other");
	EXPECT_ERROR(clock_gettime(99, &first), EINVAL);
	EXPECT_ERROR(clock_gettime(-1, &first), EINVAL);
	EXPECT_ERROR(clock_getres(99, &first), EINVAL);
	EXPECT_INT(gettimeofday(&tv, NULL), 0);
	EXPECT(tv.tv_sec > 1700000000 && tv.tv_usec < 1000000);
	EXPECT_INT(timespec_get(&first, TIME_UTC), TIME_UTC);
	EXPECT_INT(timespec_get(&first, 99), 0);
	EXPECT(time(NULL) >= tv.tv_sec && time(NULL) <= tv.tv_sec + 60);
}

static void spend_time(void)
{
	struct rusage usage;
	struct tms tms;
	clock_t start = clock();
	volatile unsigned sum = 0;

	EXPECT(start >= 0);
	while (clock() - start < CLOCKS_PER_SEC / 50)
		for (unsigned i = 0; i < 10000; ++i)
			sum += i;
	EXPECT(times(&tms) != -1);
	EXPECT(tms.tms_utime > 0 && tms.tms_cutime == 0);
	EXPECT_INT(getrusage(RUSAGE_SELF, &usage), 0);
	EXPECT(usage.ru_utime.tv_sec > 0 || usage.ru_utime.tv_usec >= 10000);
	EXPECT_ERROR(getrusage(17, &usage), EINVAL);
}

static void sleep_for_a_while(void)
{
	static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
	struct timespec wait = {0, 20000000};
	struct timespec past = {-1, 0};
	struct timespec bad = {0, 1000000000};
	struct timespec end;
	struct timespec now;

	for (size_t i = 0; i < LENGTH(clocks); ++i) {
		row("%d", (int)clocks[i]);
		clock_gettime(clocks[i], &end);
		end.tv_nsec += wait.tv_nsec;
		end.tv_sec += end.tv_nsec / 1000000000;
		end.tv_nsec %= 1000000000;
		EXPECT_INT(clock_nanosleep(clocks[i], 0, &wait, NULL), 0);
		clock_gettime(clocks[i], &now);
		EXPECT(!earlier(&now, &end));
		EXPECT_INT(
			clock_nanosleep(clocks[i], TIMER_ABSTIME, &end, NULL),
			0);
		EXPECT_INT(
			clock_nanosleep(clocks[i], TIMER_ABSTIME, &past, NULL),
			0);
		EXPECT_INT(clock_nanosleep(clocks[i], 0, &past, NULL), EINVAL);
		EXPECT_INT(clock_nanosleep(clocks[i], 0, &bad, NULL), EINVAL);
	}
	row("any");
	EXPECT_INT(clock_nanosleep(99, 0, &wait, NULL), EINVAL);
	EXPECT_ERROR(nanosleep(&bad, NULL), EINVAL);
	EXPECT_ERROR(nanosleep(&past, NULL), EINVAL);
	EXPECT_INT(usleep(1000), 0);
	EXPECT_INT(sleep(0), 0);
}

CASES(CASE(stay_in_utc), CASE(write_fixed_texts), CASE(limit_the_room),
      CASE(read_clocks), CASE(spend_time), CASE(sleep_for_a_while))

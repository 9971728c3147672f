/* SPDX-License-Identifier: BSD-2-Clause */
/* The process, clocks, random bytes, and the odd ends of the library. */

#include <complex.h>
#include <fnmatch.h>
#include <math.h>
#include <poll.h>
#include <regex.h>
#include <search.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "libc_test.h"

static int constructed;

__attribute__((constructor)) static void construct(void)
{
	constructed = 1;
}

static void check_facts(void)
{
	struct utsname name;
	const char *uuid = program_getpid();
	const void *data;
	size_t len;

	CHECK(constructed == 1);
	CHECK(sysconf(_SC_PAGESIZE) == getpagesize() && getpagesize() >= 4096);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK_ERRNO(sysconf(123456), EINVAL);
	errno = 0;
	CHECK_ERRNO(sysconf(_SC_ARG_MAX), 0);
	CHECK(getpid() > 1 && getpid() == getpid());
	CHECK(uname(&name) == 0 && strcmp(name.sysname, "CloudABI") == 0);
	CHECK(strlen(uuid) == 36 && uuid[8] == '-' && uuid[14] == '4');
	program_get_raw_argdata(&data, &len);
	CHECK(len > 0 && *(const char *)data == 6);
}

static void check_errors(void)
{
	CHECK(strcmp(strerror(ENOTCAPABLE), "Capabilities insufficient") == 0);
	CHECK(strcmp(strerror(0), "No error information") == 0);
	CHECK(strcmp(strerror(77), strerror(0)) == 0);
	for (int error = 1; error <= ENOTCAPABLE; ++error)
		CHECK(strcmp(strerror(error), strerror(0)) != 0);
	CHECK(ENOENT == 44 && ENOTCAPABLE == 76 && EWOULDBLOCK == EAGAIN);
	CHECK(strcmp(strsignal(SIGSEGV), "Segmentation fault") == 0);
	CHECK(strcmp(strsignal(99), "Unknown signal") == 0);
	CHECK(SIGABRT == 1 && raise(SIGCHLD) == 0);
	CHECK_ERRNO(raise(200), EINVAL);
}

static void check_clocks(void)
{
	struct timespec a;
	struct timespec b;
	struct timeval tv;
	struct tms tms;
	struct rusage usage;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &a) == 0);
	CHECK(nanosleep(&(struct timespec){0, 10000000}, NULL) == 0);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &b) == 0);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec >=
	      10000000);
	b.tv_nsec = 0;
	++b.tv_sec;
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &b, NULL) == 0);
	CHECK(clock_gettime(CLOCK_MONOTONIC, &a) == 0 && a.tv_sec == b.tv_sec);
	CHECK(clock_nanosleep(99, 0, &b, NULL) == EINVAL);
	CHECK_ERRNO(clock_gettime(99, &a), EINVAL);
	CHECK_ERRNO(nanosleep(&(struct timespec){0, -1}, NULL), EINVAL);
	CHECK(clock_getres(CLOCK_REALTIME, &a) == 0 && a.tv_nsec > 0);
	CHECK(gettimeofday(&tv, NULL) == 0 && labs(time(NULL) - tv.tv_sec) < 2);
	while (clock() < CLOCKS_PER_SEC / 200)
		;
	CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
	CHECK(usage.ru_utime.tv_usec >= 5000 || usage.ru_utime.tv_sec > 0);
	CHECK(times(&tms) != -1 && tms.tms_utime >= CLOCKS_PER_SEC / 200);
}

static void check_calendar(void)
{
	time_t then = 1500000000;
	struct tm tm;
	char text[60];

	CHECK(localtime_r(&then, &tm) == &tm && tm.tm_gmtoff == 0);
	CHECK(mktime(&tm) == then && timegm(&tm) == then);
	CHECK(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S %Z %a", &tm) > 0);
	CHECK(strcmp(text, "2017-07-14T02:40:00 UTC Fri") == 0);
	CHECK(strptime("2001-02-03 04:05", "%Y-%m-%d %H:%M", &tm) != NULL);
	CHECK(tm.tm_mon == 1 && tm.tm_mday == 3 && tm.tm_min == 5);
	tm.tm_zone = NULL;
	CHECK(strftime(text, sizeof(text), "%Z%z", &tm) == 8);
	CHECK(strcmp(text, "UTC+0000") == 0);
	tzset();
	CHECK(strcmp(tzname[0], "UTC") == 0 && timezone == 0);
}

static void check_random(void)
{
	static unsigned char a[100000];
	int seen[256] = {0};

	CHECK(getrandom(a, sizeof(a), 0) == sizeof(a));
	for (size_t i = 0; i < sizeof(a); ++i)
		++seen[a[i]];
	for (int i = 0; i < 256; ++i)
		CHECK(seen[i] > 200 && seen[i] < 700);
	CHECK(getentropy(a, 256) == 0);
	CHECK_ERRNO(getentropy(a, 257), EIO);
	CHECK_ERRNO(getrandom(a, 1, 64), EINVAL);
}

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void check_algorithms(void)
{
	enum {
		LEN = 5000
	};
	static int values[LEN];
	regex_t regex;
	regmatch_t match[2];
	int key = 77;
	int *found;

	srandom(1);
	for (int i = 0; i < LEN; ++i)
		values[i] = (int)(random() % 100000);
	values[0] = key;
	qsort(values, LEN, sizeof(int), by_value);
	for (int i = 1; i < LEN; ++i)
		CHECK(values[i - 1] <= values[i]);
	found = bsearch(&key, values, LEN, sizeof(int), by_value);
	CHECK(found != NULL && *found == key);
	CHECK(regcomp(&regex, "a(b+)c", REG_EXTENDED) == 0);
	CHECK(regexec(&regex, "xxabbbc", 2, match, 0) == 0);
	CHECK(match[1].rm_so == 3 && match[1].rm_eo == 6);
	regfree(&regex);
	CHECK(fnmatch("*.c", "file.c", 0) == 0);
}

/* Values that the compiler cannot see through. */
static volatile double one = 1;

static void check_arithmetic(void)
{
	double complex root = csqrt(-4 * one);

	CHECK(fabs(sin(one) - 0.8414709848078965) < 1e-15);
	CHECK(fabs(exp(one) - 2.718281828459045) < 1e-15);
	CHECK(pow(2 * one, 0.5) == sqrt(2 * one));
	CHECK(creal(root) == 0 && cimag(root) == 2);
	CHECK(lgamma(10 * one) > 12.8 && fma(one, 2, 3) == 5);
}

#ifdef __SIZEOF_INT128__
static volatile long double big = 0x1p100L;
static volatile unsigned __int128 dividend;
static volatile __int128 negative = -1000;
#endif

/* What the compiler turns into calls of its support functions. */
static void check_wide_arithmetic(void)
{
#ifdef __SIZEOF_INT128__
	dividend = (unsigned __int128)1 << 127;
	CHECK((uint64_t)(dividend / 1000000007 % 1000) == 798);
	CHECK((int)(negative % 7) == -6 && (int)(negative / 7) == -142);
	CHECK((unsigned __int128)big == (unsigned __int128)1 << 100);
	CHECK((__int128)-big == -((__int128)1 << 100));
	CHECK((long double)dividend == 0x1p127L);
	CHECK((long double)negative == -1000.0L);
#endif
}

static jmp_buf jump;

static void check_jumps(void)
{
	volatile int count = 0;
	int value = setjmp(jump);

	++count;
	if (value < 3)
		longjmp(jump, value + 1);
	CHECK(count == 4);
}

static void say(void)
{
	puts("left by exit");
}

static void test(void)
{
	check_facts();
	check_errors();
	check_clocks();
	check_calendar();
	check_random();
	check_algorithms();
	check_arithmetic();
	check_wide_arithmetic();
	check_jumps();
	CHECK(atexit(say) == 0);
}

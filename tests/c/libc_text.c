/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions for strings against simple loops, at every alignment and up to
 * memory that cannot be read; and some small ones by table. */

#include <arpa/inet.h>
#include <getopt.h>
#include <libgen.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libc_cases.h"

enum {
	LEN_MAX = 70
};

static char *edge; /* behind the last byte that can be accessed */

static void map_edge(void)
{
	size_t page = (size_t)getpagesize();
	char *mem =
		mmap(NULL, 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);

	CHECK(mem != MAP_FAILED);
	CHECK(mprotect(mem, page, PROT_READ | PROT_WRITE) == 0);
	edge = mem + page;
}

static unsigned random_below(unsigned end)
{
	static unsigned state = 7;

	state = state * 1103515245 + 12345;
	return state / 65536 % end;
}

/* A string of few different bytes, which ends where memory does. */
static char *some_string(size_t len)
{
	char *s = edge - len - 1;

	for (size_t i = 0; i < len; ++i)
		s[i] = "ab\xff\x80"[random_below(4)];
	s[len] = '\0';
	return s;
}

static size_t length_of(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0')
		++len;
	return len;
}

static char *first_of(const char *s, char c)
{
	for (;; ++s)
		if (*s == c)
			return (char *)s;
		else if (*s == '\0')
			return NULL;
}

static char *last_of(const char *s, char c)
{
	char *found = NULL;

	do
		if (*s == c)
			found = (char *)s;
	while (*s++ != '\0');
	return found;
}

static bool begins(const char *s, const char *with)
{
	for (; *with != '\0'; ++s, ++with)
		if (*s != *with)
			return false;
	return true;
}

static char *part_of(const char *s, const char *part)
{
	for (;; ++s)
		if (begins(s, part))
			return (char *)s;
		else if (*s == '\0')
			return NULL;
}

static size_t span_of(const char *s, const char *set, bool within)
{
	size_t len = 0;

	while (s[len] != '\0' && (first_of(set, s[len]) != NULL) == within)
		++len;
	return len;
}

static void search_strings(void)
{
	map_edge();
	for (int round = 0; round < 40000 / SCALE; ++round) {
		size_t len = random_below(LEN_MAX);
		char *s = some_string(len);
		char c = "ab\xff\x80zc\0"[random_below(7)];
		char part[5] = {0};

		row("%zu %#x", len, (unsigned char)c);
		for (unsigned i = random_below(5); i-- > 0;)
			part[i] = "ab\xff\x80"[random_below(4)];
		EXPECT_INT(strlen(s), length_of(s));
		EXPECT_INT(strnlen(s, len / 2), len / 2);
		EXPECT_INT(strnlen(s, len + 1), len);
		EXPECT(strchr(s, c) == first_of(s, c));
		EXPECT(strrchr(s, c) == last_of(s, c));
		EXPECT(strchrnul(s, c) ==
		       (first_of(s, c) == NULL ? s + len : first_of(s, c)));
		EXPECT(memrchr(s, c, len + 1) == last_of(s, c));
		EXPECT(strstr(s, part) == part_of(s, part));
		EXPECT(memmem(s, len, part, length_of(part)) ==
		       part_of(s, part));
		EXPECT_INT(strspn(s, part), span_of(s, part, true));
		EXPECT_INT(strcspn(s, part), span_of(s, part, false));
		EXPECT(strpbrk(s, part) ==
		       (s[span_of(s, part, false)] == '\0' ?
				NULL :
				s + span_of(s, part, false)));
	}
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void compare_strings(void)
{
	char other[LEN_MAX];

	for (int round = 0; round < 20000 / SCALE; ++round) {
		size_t len = random_below(LEN_MAX - 1);
		char *s = some_string(len);
		size_t place = random_below((unsigned)len + 1);
		int order;

		row("%zu at %zu", len, place);
		strcpy(other, s);
		EXPECT_INT(strcmp(s, other), 0);
		EXPECT_INT(strncmp(s, other, len + 5), 0);
		other[place] = "ab\xff\x80\0"[random_below(5)];
		order = sign((unsigned char)s[place] -
			     (unsigned char)other[place]);
		EXPECT_INT(sign(strcmp(s, other)), order);
		EXPECT_INT(sign(strncmp(s, other, place + 1)), order);
		EXPECT_INT(strncmp(s, other, place), 0);
		EXPECT_INT(sign(memcmp(s, other, place + 1)), order);
		EXPECT_INT(bcmp(s, other, place), 0);
	}
	EXPECT(strverscmp("a9", "a10") < 0 && strverscmp("a1", "a01") > 0);
	EXPECT(strverscmp("x", "x") == 0 && strverscmp("1.2", "1.10") < 0);
}

static void copy_strings(void)
{
	char to[2 * LEN_MAX];

	for (size_t len = 0; len < LEN_MAX; ++len) {
		char *s = some_string(len);

		row("%zu", len);
		memset(to, 'x', sizeof(to));
		EXPECT(strcpy(to + 1, s) == to + 1 && to[len + 2] == 'x');
		EXPECT_STR(to + 1, s);
		EXPECT(stpcpy(to, s) == to + len);
		EXPECT(strcat(to, s) == to && length_of(to) == 2 * len);
		memset(to, 'x', sizeof(to));
		EXPECT(strncpy(to, s, len + 3) == to && to[len + 3] == 'x');
		EXPECT(to[len] == 0 && to[len + 2] == 0);
		EXPECT(stpncpy(to, s, len / 2) == to + len / 2);
		EXPECT_INT(strlcpy(to, s, len + 1), len);
		EXPECT_STR(to, s);
		EXPECT_INT(strlcpy(to, s, len / 2 + 1), len);
		EXPECT_INT(length_of(to), len / 2);
		EXPECT_INT(strlcat(to, s, sizeof(to)), len / 2 + len);
		to[0] = '\0';
		EXPECT_INT(length_of(strncat(to, s, len / 3)), len / 3);
		EXPECT(memccpy(to, s, '\0', len + 1) == to + len + 1);
		EXPECT(mempcpy(to, s, len) == to + len);
		bzero(to, len);
		for (size_t i = 0; i < len; ++i)
			EXPECT_INT(to[i], 0);
		EXPECT(memset(to, 0x1ff, len) == to);
		for (size_t i = 0; i < len; ++i)
			EXPECT_INT((unsigned char)to[i], 0xff);
	}
}

static void split_strings(void)
{
	char text[] = ",a,,bc,";
	char *rest = text;
	char *state;
	char *copy = strdup("a b");

	EXPECT_STR(strtok_r(copy, " ", &state), "a");
	EXPECT_STR(strtok_r(NULL, " ", &state), "b");
	EXPECT(strtok_r(NULL, " ", &state) == NULL);
	free(copy);
	EXPECT_STR(strsep(&rest, ","), "");
	EXPECT_STR(strsep(&rest, ","), "a");
	EXPECT_STR(strsep(&rest, ","), "");
	EXPECT_STR(strsep(&rest, ","), "bc");
	EXPECT_STR(strsep(&rest, ","), "");
	EXPECT(strsep(&rest, ",") == NULL);
	copy = strndup("abcdef", 3);
	EXPECT_STR(copy, "abc");
	EXPECT_STR(strtok(copy, "b"), "a");
	EXPECT_STR(strtok(NULL, "b"), "c");
	free(copy);
	EXPECT(strcasestr("xAbC", "aBc") != NULL);
}

static void take_names_apart(void)
{
	static const struct {
		const char *path;
		const char *folder;
		const char *base;
	} rows[] = {
		{"/usr/lib", "/usr", "lib"},
		{"/usr/", "/", "usr"},
		{"usr", ".", "usr"},
		{"/", "/", "/"},
		{".", ".", "."},
		{"..", ".", ".."},
		{"a//b//", "a", "b"},
		{"", ".", "."},
		{"///", "/", "/"},
	};
	char copy[20];

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		row("%s", rows[i].path);
		EXPECT_STR(dirname(strcpy(copy, rows[i].path)), rows[i].folder);
		EXPECT_STR(basename(strcpy(copy, rows[i].path)), rows[i].base);
	}
}

static void read_options(void)
{
	static const struct option names[] = {
		{"long", no_argument, NULL, 'l'},
		{"value", required_argument, NULL, 'v'},
		{"maybe", optional_argument, NULL, 'm'},
		{0},
	};
	static char *const arguments[] = {
		"prog", "-ab",     "-cx",       "-c",
		"y",    "--long",  "--value=1", "--value",
		"2",    "--maybe", "--maybe=3", "--lo",
		"-?z",  "--",      "rest",      NULL,
	};
	static const char *const values[] = {"",  "", "x", "y", "", "1",
					     "2", "", "3", "",  "", ""};
	static const char order[] = "abcclvvmml??";
	int argc = (int)LENGTH(arguments) - 1;

	optind = 1;
	opterr = 0;
	for (int i = 0; order[i] != '\0'; ++i) {
		row("%d", i);
		EXPECT_INT(getopt_long(argc, arguments, "abc:", names, NULL),
			   order[i]);
		if (*values[i] != '\0')
			EXPECT_STR(optarg, values[i]);
	}
	row("end");
	EXPECT_INT(getopt_long(argc, arguments, "abc:", names, NULL), -1);
	EXPECT_STR(arguments[optind], "rest");
}

static void write_addresses(void)
{
	static const struct {
		const char *text;
		const char *written; /* NULL if it is none */
	} rows[] = {
		{"::", "::"},
		{"::1", "::1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
		{"FE80::A", "fe80::a"},
		{"1::2::3", NULL},
		{"1:2", NULL},
		{"12345::", NULL},
		{"", NULL},
	};
	unsigned char address[16];
	char text[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		row("%s", rows[i].text);
		EXPECT_INT(inet_pton(AF_INET6, rows[i].text, address),
			   rows[i].written != NULL);
		if (rows[i].written != NULL)
			EXPECT_STR(inet_ntop(AF_INET6, address, text,
					     sizeof(text)),
				   rows[i].written);
	}
	row("others");
	EXPECT_INT(inet_pton(AF_INET, "1.2.3.255", address), 1);
	EXPECT_STR(inet_ntop(AF_INET, address, text, sizeof(text)),
		   "1.2.3.255");
	EXPECT_INT(inet_pton(AF_INET, "1.2.3.256", address), 0);
	EXPECT_INT(inet_pton(AF_INET, "1.2.3", address), 0);
	EXPECT_ERROR(inet_pton(99, "1.2.3.4", address), EAFNOSUPPORT);
	EXPECT(inet_ntop(AF_INET, address, text, 5) == NULL);
	EXPECT_INT(errno, ENOSPC);
	EXPECT_INT(htonl(0x01020304) != 0x01020304, 1);
	EXPECT_INT(ntohs(htons(0x1234)), 0x1234);
}

static void find_bits(void)
{
	EXPECT_INT(ffs(0), 0);
	EXPECT_INT(ffs(1), 1);
	EXPECT_INT(ffs(INT_MIN), 32);
	EXPECT_INT(ffsl(LONG_MIN), sizeof(long) * 8);
	EXPECT_INT(ffsll(INT64_MIN), 64);
	EXPECT_INT(a64l("/."), 1);
	EXPECT_INT(a64l("./"), 64);
	EXPECT_INT(a64l(l64a(123456)), 123456);
	EXPECT_INT(abs(-5), 5);
	EXPECT_INT(div(-7, 2).quot, -3);
	EXPECT_INT(ldiv(-7, 2).rem, -1);
	EXPECT_INT(lldiv(INT64_MIN, 10).rem, -8);
}

/* Sequences start again from a seed, and spread over their range. */
static void draw_numbers(void)
{
	unsigned short seed[3] = {1, 2, 3};
	int buckets[16] = {0};
	long first;

	srand(5);
	first = rand();
	srand(5);
	EXPECT_INT(rand(), first);
	srandom(5);
	first = random();
	srandom(5);
	EXPECT_INT(random(), first);
	for (int i = 0; i < 16000; ++i) {
		double x = erand48(seed);

		EXPECT(x >= 0 && x < 1);
		++buckets[(int)(x * 16)];
		EXPECT(random() >= 0 && random() <= INT_MAX);
		EXPECT(arc4random_uniform(7) < 7);
	}
	for (int i = 0; i < 16; ++i)
		EXPECT(buckets[i] > 800 && buckets[i] < 1200);
}

CASES(CASE(search_strings), CASE(compare_strings), CASE(copy_strings),
      CASE(split_strings), CASE(take_names_apart), CASE(read_options),
      CASE(write_addresses), CASE(find_bits), CASE(draw_numbers))

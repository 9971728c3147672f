/* SPDX-License-Identifier: BSD-2-Clause */
/* memcpy(), memmove(), memcmp() and memchr() against loops over bytes, up to
 * the last byte before memory that cannot be accessed. */

#include <sys/mman.h>
#include <unistd.h>

#include "libc_test.h"

enum {
	ROOM = 8192,
	SHORT = 150,
	LONG = 3000,
	MUCH = 300000,
	ROUNDS = 20000
};

static unsigned char *source;
static unsigned char *target;
static unsigned char expected[ROOM];

static unsigned random_below(unsigned end)
{
	static unsigned state = 1;

	state = state * 1103515245 + 12345;
	return state / 65536 % end;
}

static unsigned char *map_before_guard(void)
{
	unsigned char *mem = mmap(NULL, ROOM + (size_t)getpagesize(), PROT_NONE,
				  MAP_PRIVATE | MAP_ANON, -1, 0);

	CHECK(mem != MAP_FAILED);
	CHECK(mprotect(mem, ROOM, PROT_READ | PROT_WRITE) == 0);
	return mem;
}

/* Often so that the last byte is the last one of the mapping. */
static unsigned char *somewhere(unsigned char *mem, size_t len)
{
	if (random_below(2) == 0)
		return mem + ROOM - len;
	return mem + random_below((unsigned)(ROOM - len) + 1);
}

static size_t some_length(void)
{
	return random_below(random_below(4) == 0 ? LONG : SHORT);
}

static bool is_expected(void)
{
	for (size_t i = 0; i < ROOM; ++i)
		if (target[i] != expected[i])
			return false;
	return true;
}

static void copy_bytes(unsigned char *to, const unsigned char *from, size_t len)
{
	for (size_t i = 0; i < len; ++i)
		to[i] = from[i];
}

static int compare_bytes(const unsigned char *a, const unsigned char *b,
			 size_t len)
{
	for (size_t i = 0; i < len; ++i)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static const void *find_byte(const unsigned char *mem, int byte, size_t len)
{
	for (size_t i = 0; i < len; ++i)
		if (mem[i] == byte)
			return mem + i;
	return NULL;
}

static void check_copying(size_t len)
{
	unsigned char *from = somewhere(source, len);
	unsigned char *to = somewhere(target, len);

	copy_bytes(expected, target, ROOM);
	copy_bytes(expected + (to - target), from, len);
	CHECK(memcpy(to, from, len) == to);
	CHECK(is_expected());
}

static void check_moving(size_t len)
{
	static unsigned char between[LONG];
	unsigned char *from = somewhere(target, len);
	unsigned char *to = somewhere(target, len);

	copy_bytes(expected, target, ROOM);
	copy_bytes(between, from, len);
	copy_bytes(expected + (to - target), between, len);
	CHECK(memmove(to, from, len) == to);
	CHECK(is_expected());
}

static void check_comparing(size_t len)
{
	unsigned char *a = somewhere(source, len);
	unsigned char *b = somewhere(target, len);
	int result;
	int wanted;

	copy_bytes(b, a, len);
	CHECK(memcmp(a, b, len) == 0);
	if (len == 0)
		return;
	b[random_below((unsigned)len)] ^=
		(unsigned char)(1 + random_below(255));
	result = memcmp(a, b, len);
	wanted = compare_bytes(a, b, len);
	CHECK((result > 0) - (result < 0) == wanted);
}

static void check_finding(size_t len)
{
	unsigned char *mem = somewhere(source, len);
	int byte = (int)random_below(256);

	CHECK(memchr(mem, byte, len) == find_byte(mem, byte, len));
	CHECK(memchr(mem, byte | 0x300, len) == find_byte(mem, byte, len));
}

/* Where the target lies just behind the source, apart from whole pages. */
static void check_copying_just_ahead(void)
{
	for (size_t ahead = 0; ahead < 80; ++ahead)
		for (size_t len = 1023; len < 1100; len += 11) {
			copy_bytes(expected, target, ROOM);
			copy_bytes(expected + ahead, source, len);
			CHECK(memcpy(target + ahead, source, len) ==
			      target + ahead);
			CHECK(is_expected());
		}
}

/* Unlike the rest this is larger than any cache nearby. */
static void check_copying_much(void)
{
	static unsigned char from[MUCH], to[MUCH + 100];

	for (size_t i = 0; i < MUCH; ++i)
		from[i] = (unsigned char)random_below(256);
	for (size_t shift = 0; shift < 100; shift += 7) {
		size_t len = MUCH - 3 * shift;

		to[shift + len] = 77;
		memcpy(to + shift, from, len);
		CHECK(compare_bytes(to + shift, from, len) == 0);
		CHECK(to[shift + len] == 77);
	}
}

static void test(void)
{
	source = map_before_guard();
	target = map_before_guard();
	for (unsigned round = 0; round < ROUNDS; ++round) {
		size_t len = some_length();

		if (round % 100 == 0)
			for (size_t i = 0; i < ROOM; ++i)
				source[i] = (unsigned char)random_below(256);
		check_copying(len);
		check_moving(len);
		check_comparing(len);
		check_finding(len);
	}
	check_copying_just_ahead();
	check_copying_much();
}

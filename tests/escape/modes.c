/* SPDX-License-Identifier: BSD-2-Clause */
/* A single call as asked for, and the neighbour that is watched. */

#include "modes.h"

#include "broker.h"
#include "probe.h"

#define X32_BIT 0x40000000

static bool equal(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* Memory that calls may read and write, and where they may be told to. */
static long arena(void)
{
	static char memory[4096] __attribute__((aligned(4096)));

	return (long)memory;
}

static long value_of(const char *string)
{
	if (equal(string, "SELF"))
		return own_id();
	return equal(string, "ARENA") ? arena() : parse_number(string);
}

static _Noreturn void call(const char *const *words)
{
	long values[7] = {0};

	for (int i = 0; i < 7 && words[2 + i] != NULL; i++)
		values[i] = value_of(words[2 + i]);
	if (equal(words[1], "foreign"))
		answer(raw_foreign(values[0], values[1], values[2], values[3]));
	if (equal(words[1], "x32"))
		values[0] |= X32_BIT;
	answer(raw6(values[0], values[1], values[2], values[3], values[4],
		    values[5], values[6]));
}

/* Whether the page still is what it was, and the directory can be used. */
static char check(const char *secret)
{
	long fd;

	for (size_t i = 0; i < SECRET_LEN; i++)
		if (((const volatile char *)SECRET_AT)[i] != secret[i])
			return 'm';
	fd = dir_open(TREE, "file", DIR_READ);
	if (fd < 0)
		return 'd';
	CALL(close, fd);
	return 'y';
}

/* The first packet is the secret; then for each byte there is an answer. */
static _Noreturn void neighbour(void)
{
	char secret[SECRET_LEN], byte;
	const struct vector page = vector_of((void *)SECRET_AT, SECRET_LEN);
	const struct vector reply = vector_of(&byte, 1);

	MMAP(SECRET_AT, 4096, PROT_READ | PROT_WRITE, ANONYMOUS | MAP_FIXED,
	     -1);
	CALL(readv, PEER, &page, 1);
	memcpy(secret, (const void *)SECRET_AT, SECRET_LEN);
	while (CALL(readv, PEER, &reply, 1) == 1) {
		byte = check(secret);
		CALL(writev, PEER, &reply, 1);
	}
	answer(0);
}

void run_mode(const char *const *words)
{
	if (equal(words[0], "nothing"))
		answer(CALL(sched_yield));
	if (equal(words[0], "call") && words[1] != NULL && words[2] != NULL)
		call(words);
	if (equal(words[0], "walk") && words[1] != NULL)
		walk(parse_number(words[1]));
	if (equal(words[0], "neighbour"))
		neighbour();
}

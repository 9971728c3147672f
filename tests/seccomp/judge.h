/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An evaluator of the filters, and an oracle that knows the table alone. Written
 * after the kernel's description of classic BPF and of seccomp's data; nothing
 * of it is shared with what makes the filters.
 */

#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGUMENTS 6
#define FILTERS_MAX 4
#define PROGRAM_MAX 4096
#define ROWS_MAX 128

#define ALLOW 0x7fff0000u
#define NOTIFY 0x7fc00000u
#define KILL_PROCESS 0x80000000u

/* As in the kernel's data: the halves of arguments are little-endian. */
struct call {
	uint32_t number;
	uint32_t arch;
	uint64_t address;
	uint64_t arguments[ARGUMENTS];
};

/* program.c: running filters */

/* The codes that the filters are made of; see the kernel's networking/filter. */
enum {
	LOAD_WORD = 0x20,
	AND = 0x54,
	JUMP_EQUAL = 0x15,
	JUMP_GREATER_EQUAL = 0x35,
	RETURN = 0x06,
};

struct instruction {
	uint16_t code;
	uint8_t if_true;
	uint8_t if_false;
	uint32_t k;
};

struct program {
	struct instruction code[PROGRAM_MAX];
	size_t len;
	/* How often it went on to the next instruction or returned, and which
	 * ways it went at jumps. */
	bool is_executed[PROGRAM_MAX];
	bool is_taken[2][PROGRAM_MAX];
};

struct filters {
	struct program programs[FILTERS_MAX];
	size_t len;
};

static inline bool is_jump(const struct instruction *instruction)
{
	return instruction->code == JUMP_EQUAL ||
	       instruction->code == JUMP_GREATER_EQUAL;
}

/* Whether the kernel would take it, and it has only what is run here. */
bool program_is_valid(const struct program *program);
/* The sternest verdict of all. Preconditions: they are valid. */
uint32_t filters_judge(struct filters *filters, const struct call *call);
/* Ways and instructions that were never gone; printed, and counted. */
size_t filters_uncovered(const struct filters *filters);

/* table.c: the table */

struct condition {
	uint64_t value;
	uint64_t free; /* bits that may differ */
};

struct row {
	unsigned stages;
	uint32_t number;
	struct condition conditions[ARGUMENTS];
};

struct table {
	struct row rows[ROWS_MAX];
	size_t len;
	uint32_t arch;
	bool has_x32;
	unsigned first;     /* what was in force at the beginning */
	unsigned stage;     /* what is now */
	uint32_t otherwise; /* the verdict on what was never allowed */
};

/* Aborts if it is not well-formed. */
void table_read(struct table *table, const char *path, uint64_t pid);
/* The verdict that is right. */
uint32_t table_judge(const struct table *table, const struct call *call);
/* A filter with the right verdict on every call. */
void table_compile(const struct table *table, struct program *program);

/* proof.c: comparing filters on all calls */

/*
 * How many ways there are through all of them, one behind the other; each is
 * that of some calls, and the verdicts of both sides are the same on it. 0 if
 * they differ, by the witness among others.
 */
uint64_t filters_same(const struct filters *left, const struct filters *right,
		      struct call *witness);

/* calls.c: calls to judge */

typedef bool judge_t(void *context, const struct call *call);

/* Each number, each row and each bit of it. False as soon as one was judged so. */
bool calls_systematic(const struct table *table, judge_t *judge, void *context);
/* Calls at random, most of them close to what some row allows. */
bool calls_random(const struct table *table, uint64_t count, uint64_t seed,
		  judge_t *judge, void *context);

/* mutants.c: filters with one mistake */

struct tests {
	const struct table *table;
	judge_t *judge;
	uint64_t count, seed; /* of calls at random */
	uint64_t every;       /* one mistake, at random, of so many is judged */
};

/* Each that is judged is refused, same, noticed or a survivor. */
struct mutants {
	size_t all;
	size_t judged;
	size_t refused; /* the kernel would not take them */
	size_t same;    /* as the right one, by proof */
	size_t noticed; /* by a call on which they are wrong */
	size_t survivors;
};

bool tests_pass(const struct tests *tests, struct filters *filters);
/* Prints the survivors. Preconditions: there is one filter, and it passes. */
void mutants_judge(const struct tests *tests, struct filters *filters,
		   struct mutants *mutants);

#endif

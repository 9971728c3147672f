/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters with one mistake, which the judge has to notice. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

/* Makes the mistake of that number; false if there is no such mistake. */
static bool spoil(struct instruction *instruction, unsigned number)
{
	if (number < 32) {
		instruction->k ^= 1u << number;
		return instruction->code != RETURN;
	}
	switch (number - 32) {
	case 0: /* as if it were not there */
		if (instruction->code == RETURN)
			return false;
		*instruction = (struct instruction){AND, 0, 0, UINT32_MAX};
		return true;
	case 1:
		instruction->k = instruction->k == ALLOW ? KILL_PROCESS : ALLOW;
		return instruction->code == RETURN;
	case 2:
		instruction->k = NOTIFY ^ KILL_PROCESS ^ instruction->k;
		return instruction->code == RETURN;
	}
	if (!is_jump(instruction))
		return false;
	switch (number - 32) {
	case 3: {
		uint8_t other = instruction->if_true;

		instruction->if_true = instruction->if_false;
		instruction->if_false = other;
		return true;
	}
	case 4:
		instruction->code ^= JUMP_EQUAL ^ JUMP_GREATER_EQUAL;
		return true;
	case 5:
		instruction->if_true++;
		return true;
	case 6:
		instruction->if_false++;
		return true;
	case 7:
		return instruction->if_true-- > 0;
	case 8:
		return instruction->if_false-- > 0;
	default:
		return false;
	}
}

#define MISTAKES 41

bool tests_pass(const struct tests *tests, struct filters *filters)
{
	return calls_systematic(tests->table, tests->judge, filters) &&
	       calls_random(tests->table, tests->count, tests->seed,
			    tests->judge, filters);
}

static _Noreturn void contradict(size_t at)
{
	fprintf(stderr, "instruction %zu: calls and proof contradict\n", at);
	exit(2);
}

/* Whether it is the same on every call; if not, there has to be one to show. */
static bool is_same(struct filters *wrong, const struct instruction *right,
		    size_t at)
{
	static struct filters original;
	struct call witness;

	original.len = 1;
	original.programs[0].len = wrong->programs[0].len;
	memcpy(original.programs[0].code, wrong->programs[0].code,
	       sizeof(original.programs[0].code));
	original.programs[0].code[at] = *right;
	if (filters_same(&original, wrong, &witness) > 0)
		return true;
	if (filters_judge(&original, &witness) ==
	    filters_judge(wrong, &witness))
		contradict(at);
	return false;
}

/* Where the proof says so, no call may say otherwise. */
static void judge_same(const struct tests *tests, struct filters *filters,
		       size_t at, struct mutants *mutants)
{
	mutants->same++;
	if (!tests_pass(tests, filters))
		contradict(at);
}

static void judge_different(const struct tests *tests, struct filters *filters,
			    size_t at, const struct instruction *right,
			    struct mutants *mutants)
{
	const struct instruction *now = &filters->programs[0].code[at];

	if (!tests_pass(tests, filters)) {
		mutants->noticed++;
		return;
	}
	mutants->survivors++;
	printf("instruction %zu: %#x %u %u %#x instead of %#x %u %u %#x\n", at,
	       now->code, now->if_true, now->if_false, now->k, right->code,
	       right->if_true, right->if_false, right->k);
}

static void judge_mutant(const struct tests *tests, struct filters *filters,
			 size_t at, const struct instruction *right,
			 struct mutants *mutants)
{
	mutants->judged++;
	if (!program_is_valid(&filters->programs[0]))
		mutants->refused++;
	else if (is_same(filters, right, at))
		judge_same(tests, filters, at, mutants);
	else
		judge_different(tests, filters, at, right, mutants);
}

/* One of so many, the same ones each time. */
static bool is_chosen(const struct tests *tests, struct mutants *mutants)
{
	uint64_t z = tests->seed * UINT64_C(0x9e3779b97f4a7c15) +
		     mutants->all++ * UINT64_C(0xbf58476d1ce4e5b9);

	z = (z ^ z >> 30) * UINT64_C(0x94d049bb133111eb);
	return (z >> 32) % tests->every == 0;
}

void mutants_judge(const struct tests *tests, struct filters *filters,
		   struct mutants *mutants)
{
	struct program *program = &filters->programs[0];

	for (size_t at = 0; at < program->len; at++) {
		const struct instruction right = program->code[at];

		for (unsigned i = 0; i < MISTAKES; i++) {
			if (spoil(&program->code[at], i) &&
			    memcmp(&program->code[at], &right, sizeof(right)) &&
			    is_chosen(tests, mutants))
				judge_mutant(tests, filters, at, &right,
					     mutants);
			program->code[at] = right;
		}
	}
}

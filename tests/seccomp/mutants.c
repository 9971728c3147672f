/* SPDX-License-Identifier: BSD-2-Clause */
/* Filters with one mistake, which the judge has to notice. */

#include <stdio.h>
#include <string.h>

#include "judge.h"

enum {
	LOAD = 0x20,
	AND = 0x54,
	EQUAL = 0x15,
	GREATER_EQUAL = 0x35,
	END = 6
};

static bool is_jump(const struct instruction *instruction)
{
	return instruction->code == EQUAL || instruction->code == GREATER_EQUAL;
}

/* Makes the mistake of that number; false if there is no such mistake. */
static bool spoil(struct instruction *instruction, unsigned number)
{
	if (number < 32) {
		instruction->k ^= 1u << number;
		return instruction->code != END;
	}
	switch (number - 32) {
	case 0: /* as if it were not there */
		if (instruction->code == END)
			return false;
		*instruction = (struct instruction){AND, 0, 0, UINT32_MAX};
		return true;
	case 1:
		instruction->k = instruction->k == ALLOW ? KILL_PROCESS : ALLOW;
		return instruction->code == END;
	case 2:
		instruction->k = NOTIFY ^ KILL_PROCESS ^ instruction->k;
		return instruction->code == END;
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
		instruction->code ^= EQUAL ^ GREATER_EQUAL;
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

/* Whether the accumulator's content is of use to what begins at a place. */
static bool is_read(const struct program *program, size_t at)
{
	const struct instruction *now = &program->code[at];

	return now->code != LOAD && now->code != END;
}

/* Nothing reads what it computes, rightly or not. */
static bool is_dead(const struct program *program, size_t at,
		    const struct instruction *right)
{
	return !is_jump(right) && !is_jump(&program->code[at]) &&
	       right->code != END && !is_read(program, at + 1);
}

static const struct instruction *target(const struct program *program,
					size_t at, bool holds)
{
	const struct instruction *jump = &program->code[at];

	return &program->code[at + 1 +
			      (holds ? jump->if_true : jump->if_false)];
}

/* The place from which a program goes on: to load what nobody reads, or again
 * the number that is there, is to do nothing. */
static const struct instruction *settle(const struct program *program,
					const struct instruction *place,
					bool has_number)
{
	if (place->code == LOAD &&
	    ((has_number && place->k == 0) ||
	     !is_read(program, (size_t)(place - program->code) + 1)))
		return place + 1;
	return place;
}

static bool compares_number(const struct program *program, size_t at)
{
	size_t i = at;

	while (i-- > 0)
		if (program->code[i].code == LOAD ||
		    program->code[i].code == AND)
			break;
	return program->code[i].code == LOAD && program->code[i].k == 0;
}

/* The verdict on what is left when one word is known; 0 if it takes others. */
static uint32_t verdict_of(const struct program *program, size_t at,
			   uint32_t known)
{
	for (;;) {
		const struct instruction *now = &program->code[at];
		bool holds =
			now->code == EQUAL ? known == now->k : known >= now->k;

		if (now->code == END)
			return now->k;
		if (!is_jump(now))
			return 0;
		at += 1 + (holds ? now->if_true : now->if_false);
	}
}

/* The jump over a row, if it ends with the instruction at a place. */
static const struct instruction *row_before(const struct program *program,
					    size_t at)
{
	for (size_t i = at; i-- > 0;)
		if (program->code[i].code == EQUAL &&
		    target(program, i, false) == &program->code[at + 1])
			return &program->code[i];
	return NULL;
}

/*
 * At the end of a row the number is loaded again. There it can only be the
 * row's, and if it is of use to no row that follows it might as well be the
 * machine's number, which is known, too.
 */
static bool is_settled(const struct program *wrong, size_t at,
		       const struct instruction *right, uint32_t arch)
{
	const struct instruction *row = row_before(wrong, at);
	uint32_t verdict;

	if (row == NULL || right->code != LOAD || right->k != 0 ||
	    wrong->code[at].code != LOAD || wrong->code[at].k != 4)
		return false;
	verdict = verdict_of(wrong, at + 1, row->k);
	return verdict != 0 && verdict == verdict_of(wrong, at + 1, arch);
}

static bool jumps_alike(const struct program *wrong, size_t at,
			const struct instruction *right)
{
	static struct program original;
	bool has_number = compares_number(wrong, at);

	original = *wrong;
	original.code[at] = *right;
	for (int holds = 0; holds < 2; holds++)
		if (settle(wrong, target(wrong, at, holds), has_number) -
			    wrong->code !=
		    settle(&original, target(&original, at, holds),
			   has_number) -
			    original.code)
			return false;
	return true;
}

/* The verdict if it rests on nothing but the numbers and one argument; else 0. */
static uint32_t verdict_on(const struct program *program,
			   const struct call *call, size_t argument)
{
	uint32_t low = (uint32_t)offsetof(struct call, arguments[argument]);
	uint32_t accumulator = 0;

	for (size_t at = 0;; at++) {
		const struct instruction *now = &program->code[at];

		if (now->code == END)
			return now->k;
		if (now->code == LOAD && now->k != 0 && now->k != 4 &&
		    now->k != low && now->k != low + 4)
			return 0;
		if (now->code == LOAD)
			memcpy(&accumulator, (const char *)call + now->k, 4);
		else if (now->code == AND)
			accumulator &= now->k;
		else if (now->code == EQUAL ? accumulator == now->k :
					      accumulator >= now->k)
			at += now->if_true;
		else
			at += now->if_false;
	}
}

/*
 * With another mask a row fits for other values. These are few, and if another
 * row judges each of them alike it is no matter.
 */
static bool masks_alike(const struct program *wrong, size_t at,
			const struct instruction *right, uint32_t arch)
{
	static struct program original;
	const struct instruction *row = row_before(wrong, at + 3);
	uint32_t mask = wrong->code[at].k & right->k, bits = 0;
	struct call call = {0, arch, 0, {0}};
	size_t argument;

	if (right->code != AND || row == NULL || row + 4 != &wrong->code[at])
		return false;
	original = *wrong;
	original.code[at] = *right;
	argument =
		(wrong->code[at - 1].k - offsetof(struct call, arguments)) / 8;
	call.number = row->k;
	do {
		uint32_t verdict;

		call.arguments[argument] =
			(wrong->code[at + 1].k & mask) | bits;
		verdict = verdict_on(wrong, &call, argument);
		if (verdict == 0 ||
		    verdict != verdict_on(&original, &call, argument))
			return false;
		bits = (bits - ~mask) & ~mask;
	} while (bits != 0);
	return true;
}

static bool is_same(const struct program *wrong, size_t at,
		    const struct instruction *right, uint32_t arch)
{
	if (is_dead(wrong, at, right) || is_settled(wrong, at, right, arch))
		return true;
	if (wrong->code[at].code == AND)
		return masks_alike(wrong, at, right, arch);
	return is_jump(right) && wrong->code[at].code == right->code &&
	       wrong->code[at].k == right->k && jumps_alike(wrong, at, right);
}

bool tests_pass(const struct tests *tests, struct filters *filters)
{
	return calls_systematic(tests->table, tests->judge, filters) &&
	       calls_random(tests->table, tests->count, tests->seed,
			    tests->judge, filters);
}

static void judge_mutant(const struct tests *tests, struct filters *filters,
			 size_t at, const struct instruction *right,
			 struct mutants *mutants)
{
	const struct program *wrong = &filters->programs[0];
	const struct instruction *now = &wrong->code[at];

	mutants->len++;
	if (!program_is_valid(wrong)) {
		mutants->refused++;
	} else if (is_same(wrong, at, right, tests->table->arch)) {
		mutants->same++;
	} else if (tests_pass(tests, filters)) {
		mutants->survivors++;
		printf("instruction %zu: %#x %u %u %#x instead of "
		       "%#x %u %u %#x\n",
		       at, now->code, now->if_true, now->if_false, now->k,
		       right->code, right->if_true, right->if_false, right->k);
	}
}

void mutants_judge(const struct tests *tests, struct filters *filters,
		   struct mutants *mutants)
{
	struct program *program = &filters->programs[0];

	for (size_t at = 0; at < program->len; at++) {
		const struct instruction right = program->code[at];

		for (unsigned i = 0; i < MISTAKES; i++) {
			if (spoil(&program->code[at], i) &&
			    memcmp(&program->code[at], &right, sizeof(right)))
				judge_mutant(tests, filters, at, &right,
					     mutants);
			program->code[at] = right;
		}
	}
}

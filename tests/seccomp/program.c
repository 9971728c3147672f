/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs filters as the kernel does. */

#include <stdio.h>
#include <string.h>

#include "judge.h"

static bool is_valid(const struct program *program, size_t at)
{
	const struct instruction *instruction = &program->code[at];

	switch (instruction->code) {
	case LOAD_WORD:
		return instruction->k % 4 == 0 &&
		       instruction->k < sizeof(struct call) &&
		       at + 1 < program->len;
	case AND:
		return at + 1 < program->len;
	case JUMP_EQUAL:
	case JUMP_GREATER_EQUAL:
		return at + 1 + instruction->if_true < program->len &&
		       at + 1 + instruction->if_false < program->len;
	case RETURN:
		return true;
	default:
		return false;
	}
}

bool program_is_valid(const struct program *program)
{
	for (size_t i = 0; i < program->len; i++)
		if (!is_valid(program, i))
			return false;
	return program->len > 0 &&
	       program->code[program->len - 1].code == RETURN;
}

static uint32_t run(struct program *program, const struct call *call)
{
	uint32_t accumulator = 0;
	size_t at = 0;

	for (;;) {
		const struct instruction *now = &program->code[at];
		bool holds;

		program->is_executed[at] = true;
		switch (now->code) {
		case LOAD_WORD:
			memcpy(&accumulator, (const char *)call + now->k,
			       sizeof(accumulator));
			at++;
			continue;
		case AND:
			accumulator &= now->k;
			at++;
			continue;
		case RETURN:
			return now->k;
		case JUMP_EQUAL:
			holds = accumulator == now->k;
			break;
		default:
			holds = accumulator >= now->k;
			break;
		}
		program->is_taken[holds][at] = true;
		at += 1 + (holds ? now->if_true : now->if_false);
	}
}

/* The kernel compares them as signed numbers: the least one counts. */
uint32_t filters_judge(struct filters *filters, const struct call *call)
{
	uint32_t sternest = ALLOW;

	for (size_t i = 0; i < filters->len; i++) {
		uint32_t verdict = run(&filters->programs[i], call);

		if ((int32_t)verdict < (int32_t)sternest)
			sternest = verdict;
	}
	return sternest;
}

static size_t uncovered(const struct program *program, size_t number)
{
	size_t count = 0;

	for (size_t i = 0; i < program->len; i++) {
		bool is_covered = program->is_executed[i];

		if (is_jump(&program->code[i]))
			is_covered = program->is_taken[false][i] &&
				     program->is_taken[true][i];
		if (is_covered)
			continue;
		printf("filter %zu: instruction %zu is not covered\n", number,
		       i);
		count++;
	}
	return count;
}

size_t filters_uncovered(const struct filters *filters)
{
	size_t count = 0;

	for (size_t i = 0; i < filters->len; i++)
		count += uncovered(&filters->programs[i], i);
	return count;
}

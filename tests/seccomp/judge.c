/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares filters, the way the runtime adds one to the other, with a table.
 *
 *   judge calls TABLE ARCH X32 FIRST STAGE ELSE PID COUNT SEED FILTER…
 *       each number and each bit, then COUNT calls at random; prints how many
 *       calls were judged, then instructions that were not covered, if any
 *   judge proof TABLE ARCH X32 FIRST STAGE ELSE PID 0 0 FILTER…
 *       every call there can be; prints how many ways these go
 *   judge mutants TABLE ARCH X32 FIRST STAGE ELSE PID COUNT SEED/EVERY FILTER
 *       one mistake after the other in the filter, or one of EVERY: those that
 *       the kernel would take, and that change the verdict on any call, have to
 *       be noticed by the calls that `calls` judges; prints those that are not,
 *       then how many mistakes there are, were judged, were refused by the
 *       kernel, change nothing, and were noticed
 *
 * FIRST is what was in force at the beginning and STAGE what is now, as bits;
 * ELSE is the verdict on what was never allowed.
 *
 * The status is 0 if all is well.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define FIXED_ARGUMENTS 11

static struct table table;
static struct filters filters;
static uint64_t judged;

static bool is_right(void *context, const struct call *call)
{
	judged++;
	return filters_judge(context, call) == table_judge(&table, call);
}

static bool is_right_aloud(void *context, const struct call *call)
{
	if (is_right(context, call))
		return true;
	printf("machine %#" PRIx32 ", call %" PRIu32 "(", call->arch,
	       call->number);
	for (size_t i = 0; i < ARGUMENTS; i++)
		printf("%#" PRIx64 "%s", call->arguments[i],
		       i + 1 < ARGUMENTS ? ", " : ")");
	printf(" gives %#" PRIx32 ", not %#" PRIx32 "\n",
	       filters_judge(context, call), table_judge(&table, call));
	return false;
}

static void read_program(struct program *program, const char *path)
{
	FILE *stream = fopen(path, "rb");

	if (stream == NULL) {
		perror(path);
		exit(2);
	}
	program->len = fread(program->code, sizeof(program->code[0]),
			     PROGRAM_MAX, stream);
	fclose(stream);
	if (!program_is_valid(program)) {
		fprintf(stderr, "%s is no filter\n", path);
		exit(2);
	}
}

static int judge_calls(uint64_t count, uint64_t seed)
{
	if (!calls_systematic(&table, is_right_aloud, &filters) ||
	    !calls_random(&table, count, seed, is_right_aloud, &filters))
		return 1;
	printf("%" PRIu64 "\n", judged);
	return filters_uncovered(&filters) > 0;
}

static int judge_proof(void)
{
	static struct filters right;
	struct call witness;
	uint64_t ways;

	right.len = 1;
	table_compile(&table, &right.programs[0]);
	if (!program_is_valid(&right.programs[0]))
		return 2;
	ways = filters_same(&filters, &right, &witness);
	if (ways == 0 && is_right_aloud(&filters, &witness))
		return 2;
	printf("%" PRIu64 "\n", ways);
	return ways == 0;
}

static int judge_mutants(uint64_t count, uint64_t seed, uint64_t every)
{
	const struct tests tests = {&table, is_right, count, seed, every};
	struct mutants mutants = {0};

	if (!tests_pass(&tests, &filters) || filters.len != 1)
		return 1;
	mutants_judge(&tests, &filters, &mutants);
	printf("%zu %zu %zu %zu %zu\n", mutants.all, mutants.judged,
	       mutants.refused, mutants.same, mutants.noticed);
	return mutants.survivors > 0;
}

int main(int argc, char **argv)
{
	uint64_t count, seed, every = 1;
	char *end;

	if (argc <= FIXED_ARGUMENTS || argc > FIXED_ARGUMENTS + FILTERS_MAX)
		return 2;
	table.arch = (uint32_t)strtoul(argv[3], NULL, 0);
	table.has_x32 = strcmp(argv[4], "1") == 0;
	table.first = (unsigned)strtoul(argv[5], NULL, 0);
	table.stage = (unsigned)strtoul(argv[6], NULL, 0);
	table.otherwise = (uint32_t)strtoul(argv[7], NULL, 0);
	table_read(&table, argv[2], strtoull(argv[8], NULL, 0));
	for (int i = FIXED_ARGUMENTS; i < argc; i++)
		read_program(&filters.programs[filters.len++], argv[i]);
	count = strtoull(argv[9], NULL, 0);
	seed = strtoull(argv[10], &end, 0);
	if (*end == '/')
		every = strtoull(end + 1, NULL, 0);
	if (strcmp(argv[1], "mutants") == 0)
		return judge_mutants(count, seed, every);
	if (strcmp(argv[1], "proof") == 0)
		return judge_proof();
	return judge_calls(count, seed);
}

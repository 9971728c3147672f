/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads a table of plain numbers, and judges by it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define X32_BIT 0x40000000u

/* Each stands for a bit of a stage, from the lowest one on. */
static const char letters[] = "LRSHFA";

static _Noreturn void refuse(const char *text)
{
	fprintf(stderr, "not a table: %s\n", text);
	exit(2);
}

static unsigned read_stages(const char *word)
{
	unsigned stages = 0;

	for (; *word != '\0'; word++) {
		const char *letter = strchr(letters, *word);

		if (letter == NULL)
			refuse(word);
		stages |= 1u << (letter - letters);
	}
	return stages;
}

static uint64_t read_number(const char *word, char **end)
{
	uint64_t value = strtoull(word, end, 0);

	if (*end == word)
		refuse(word);
	return value;
}

static struct condition read_condition(const char *word, uint64_t pid)
{
	struct condition condition = {0, 0};
	char *end;

	if (strcmp(word, "_") == 0)
		return (struct condition){0, UINT64_MAX};
	if (strcmp(word, "PID") == 0)
		return (struct condition){pid, 0};
	condition.value = read_number(word, &end);
	if (*end == '/')
		condition.free = read_number(end + 1, &end);
	if (*end != '\0')
		refuse(word);
	return condition;
}

static void read_row(struct row *row, char *line, uint64_t pid)
{
	char *word = strtok(line, " ");
	char *end;

	row->stages = read_stages(word);
	word = strtok(NULL, " ");
	if (word == NULL)
		refuse("a row ends too early");
	row->number = (uint32_t)read_number(word, &end);
	if (strtok(NULL, " ") == NULL)
		refuse("a row has no name");
	for (size_t i = 0; i < ARGUMENTS; i++) {
		word = strtok(NULL, " ");
		row->conditions[i] = read_condition(word ? word : "_", pid);
	}
	if (strtok(NULL, " ") != NULL)
		refuse("a row is too long");
}

void table_read(struct table *table, const char *path, uint64_t pid)
{
	FILE *stream = fopen(path, "r");
	char line[512];

	if (stream == NULL)
		refuse(path);
	while (fgets(line, sizeof(line), stream) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		if (line[strspn(line, " ")] == '\0')
			continue;
		if (table->len == ROWS_MAX)
			refuse("it has too many rows");
		read_row(&table->rows[table->len++], line, pid);
	}
	fclose(stream);
}

static bool fits(const struct row *row, const struct call *call)
{
	for (size_t i = 0; i < ARGUMENTS; i++) {
		const struct condition *condition = &row->conditions[i];

		if (((call->arguments[i] ^ condition->value) &
		     ~condition->free) != 0)
			return false;
	}
	return true;
}

/* The kernel can only ask about what was never allowed. */
uint32_t table_judge(const struct table *table, const struct call *call)
{
	unsigned stages = 0;

	if (call->arch != table->arch ||
	    (table->has_x32 && call->number >= X32_BIT))
		return KILL_PROCESS;
	for (size_t i = 0; i < table->len; i++)
		if (table->rows[i].number == call->number &&
		    fits(&table->rows[i], call))
			stages |= table->rows[i].stages;
	if (stages & table->stage)
		return ALLOW;
	return stages & table->first ? KILL_PROCESS : table->otherwise;
}

static void put(struct program *program, uint16_t code, uint32_t k,
		size_t if_true, size_t if_false)
{
	if (program->len == PROGRAM_MAX || if_true > UINT8_MAX ||
	    if_false > UINT8_MAX)
		refuse("it has no room in a filter");
	program->code[program->len++] = (struct instruction){
		code, (uint8_t)if_true, (uint8_t)if_false, k};
}

/* What a row says of the halves of arguments, the lower one first. */
static uint32_t half_of(uint64_t number, size_t half)
{
	return (uint32_t)(number >> half % 2 * 32);
}

static bool is_judged(const struct row *row, size_t half)
{
	return half_of(row->conditions[half / 2].free, half) != UINT32_MAX;
}

#define HALF_LEN 3

static void put_row(struct program *program, const struct row *row,
		    uint32_t verdict)
{
	size_t left = 1;

	for (size_t half = 0; half < 2 * ARGUMENTS; half++)
		left += HALF_LEN * is_judged(row, half);
	put(program, LOAD_WORD, offsetof(struct call, number), 0, 0);
	put(program, JUMP_EQUAL, row->number, 0, left);
	for (size_t half = 0; half < 2 * ARGUMENTS; half++) {
		const struct condition *condition = &row->conditions[half / 2];
		uint32_t judged = ~half_of(condition->free, half);

		if (!is_judged(row, half))
			continue;
		left -= HALF_LEN;
		put(program, LOAD_WORD,
		    (uint32_t)(offsetof(struct call, arguments) + 4 * half), 0,
		    0);
		put(program, AND, judged, 0, 0);
		put(program, JUMP_EQUAL,
		    half_of(condition->value, half) & judged, 0, left);
	}
	put(program, RETURN, verdict, 0, 0);
}

static void put_rows(struct program *program, const struct table *table,
		     unsigned stages, uint32_t verdict)
{
	for (size_t i = 0; i < table->len; i++)
		if (table->rows[i].stages & stages)
			put_row(program, &table->rows[i], verdict);
}

void table_compile(const struct table *table, struct program *program)
{
	program->len = 0;
	put(program, LOAD_WORD, offsetof(struct call, arch), 0, 0);
	put(program, JUMP_EQUAL, table->arch, 1, 0);
	put(program, RETURN, KILL_PROCESS, 0, 0);
	if (table->has_x32) {
		put(program, LOAD_WORD, offsetof(struct call, number), 0, 0);
		put(program, JUMP_GREATER_EQUAL, X32_BIT, 0, 1);
		put(program, RETURN, KILL_PROCESS, 0, 0);
	}
	put_rows(program, table, table->stage, ALLOW);
	put_rows(program, table, table->first, KILL_PROCESS);
	put(program, RETURN, table->otherwise, 0, 0);
}

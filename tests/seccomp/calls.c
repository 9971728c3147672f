/* SPDX-License-Identifier: BSD-2-Clause */
/* Which calls are judged. */

#include "judge.h"

#define X32_BIT 0x40000000u
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t state;

static uint64_t random_number(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint64_t random_bit(void)
{
	return UINT64_C(1) << random_number() % 64;
}

/* Arguments that fit, from an address that says nothing. */
static struct call example(const struct table *table, const struct row *row)
{
	struct call call = {row->number, table->arch, 0, {0}};

	if (random_number() & 1)
		call.address = random_number();
	for (size_t i = 0; i < ARGUMENTS; i++)
		call.arguments[i] = row->conditions[i].value ^
				    (random_number() & row->conditions[i].free);
	return call;
}

static bool judge_number(const struct table *table, uint32_t number,
			 uint32_t arch, judge_t *judge, void *context)
{
	struct call call = {number, arch, 0, {0}};

	(void)table;
	if (!judge(context, &call))
		return false;
	for (size_t i = 0; i < ARGUMENTS; i++)
		call.arguments[i] = UINT64_MAX;
	if (!judge(context, &call))
		return false;
	for (size_t i = 0; i < ARGUMENTS; i++)
		call.arguments[i] = random_number();
	return judge(context, &call);
}

/* Those of this machine, of the x32 ABI, and of all others one bit away. */
static bool all_numbers(const struct table *table, judge_t *judge,
			void *context)
{
	for (uint32_t number = 0; number < 1024; number++) {
		if (!judge_number(table, number, table->arch, judge, context) ||
		    !judge_number(table, number | X32_BIT, table->arch, judge,
				  context) ||
		    !judge_number(table, number,
				  table->arch ^ 1u << number % 32, judge,
				  context))
			return false;
	}
	for (unsigned bit = 0; bit < 32; bit++) {
		for (uint32_t number = (1u << bit) - 2;
		     number - (1u << bit) != 3; number++)
			if (!judge_number(table, number, table->arch, judge,
					  context))
				return false;
	}
	return true;
}

static const uint32_t archs[] = {
	0xc000003e, 0x40000003, 0x40000028, 0xc00000b7, 0, 62, UINT32_MAX,
};

/* With a row's own arguments, as another machine's and under other numbers. */
static bool row_elsewhere(const struct table *table, const struct row *row,
			  judge_t *judge, void *context)
{
	struct call call = example(table, row);

	for (size_t i = 0; i < LEN(archs); i++) {
		call.arch = archs[i];
		if (!judge(context, &call))
			return false;
	}
	for (unsigned bit = 0; bit < 32; bit++) {
		call = example(table, row);
		call.arch ^= 1u << bit;
		if (!judge(context, &call))
			return false;
		call = example(table, row);
		call.number ^= 1u << bit;
		if (!judge(context, &call))
			return false;
	}
	return true;
}

static bool row_bits(const struct table *table, const struct row *row,
		     judge_t *judge, void *context)
{
	for (size_t i = 0; i < ARGUMENTS * 64; i++) {
		struct call call = example(table, row);

		call.arguments[i / 64] ^= UINT64_C(1) << i % 64;
		if (!judge(context, &call))
			return false;
	}
	return true;
}

/* What a row allows, with nothing in the bits that may differ, and with all. */
static bool row_edges(const struct table *table, const struct row *row,
		      judge_t *judge, void *context)
{
	struct call least = example(table, row), most = least;

	for (size_t i = 0; i < ARGUMENTS; i++) {
		const struct condition *condition = &row->conditions[i];

		least.arguments[i] = condition->value & ~condition->free;
		most.arguments[i] = condition->value | condition->free;
	}
	return judge(context, &least) && judge(context, &most);
}

/* Each half of an argument, and of the address, in turn. */
static void put_half(struct call *call, size_t half, uint32_t value)
{
	uint64_t *word =
		half < 2 ? &call->address : &call->arguments[half / 2 - 1];
	unsigned shift = half % 2 * 32;

	*word = (*word & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)value
								     << shift;
}

/* What the row allows, with another row's arguments where it has no say. */
static struct call example_of_both(const struct table *table,
				   const struct row *row,
				   const struct row *other)
{
	struct call call = example(table, row);
	const struct call others = example(table, other);

	for (size_t i = 0; i < ARGUMENTS; i++)
		if (row->conditions[i].free == UINT64_MAX)
			call.arguments[i] = others.arguments[i];
	return call;
}

/* Another call's number where it is nobody's business, in a call that is a bit
 * of some half away from what the row allows: it must not be taken for the
 * number. */
static bool row_numbers(const struct table *table, const struct row *row,
			size_t half, judge_t *judge, void *context)
{
	for (size_t i = 0; i < table->len; i++) {
		for (size_t other = 0; other < 2 + 2 * ARGUMENTS; other++) {
			struct call call =
				example_of_both(table, row, &table->rows[i]);

			call.arguments[half / 2] ^=
				UINT64_C(1)
				<< (half % 2 * 32 + random_number() % 32);
			put_half(&call, other, table->rows[i].number);
			if (!judge(context, &call))
				return false;
		}
	}
	return true;
}

static bool row_confused(const struct table *table, const struct row *row,
			 judge_t *judge, void *context)
{
	for (size_t i = 0; i < 2 * ARGUMENTS; i++)
		if (row->conditions[i / 2].free != UINT64_MAX &&
		    !row_numbers(table, row, i, judge, context))
			return false;
	return true;
}

typedef bool row_judge_t(const struct table *table, const struct row *row,
			 judge_t *judge, void *context);

/* What finds most mistakes soonest comes first. */
bool calls_systematic(const struct table *table, judge_t *judge, void *context)
{
	static row_judge_t *const passes[] = {
		row_edges,
		row_bits,
		row_elsewhere,
		row_confused,
	};

	state = 1;
	for (size_t pass = 0; pass < LEN(passes); pass++)
		for (size_t i = 0; i < table->len; i++)
			if (!passes[pass](table, &table->rows[i], judge,
					  context))
				return false;
	return all_numbers(table, judge, context);
}

static uint64_t near(uint64_t value)
{
	switch (random_number() % 8) {
	case 0:
		return value + 1;
	case 1:
		return value - 1;
	case 2:
		return value ^ random_bit() ^ random_bit();
	case 3:
		return value | UINT64_C(1) << 32;
	case 4:
		return (uint32_t)value | random_number() << 32;
	case 5:
		return ~value;
	case 6:
		return random_number();
	default:
		return value ^ random_bit();
	}
}

/* One of a row's numbers, or any: small, close to a power of two, wild. */
static uint32_t any_number(const struct row *row)
{
	switch (random_number() % 4) {
	case 0:
		return random_number() % 1024;
	case 1:
		return row->number ^ (uint32_t)random_bit();
	case 2:
		return (1u << random_number() % 32) + random_number() % 5 - 2;
	default:
		return (uint32_t)random_number();
	}
}

static struct call any_call(const struct table *table)
{
	uint64_t choice = random_number();
	const struct row *row = &table->rows[choice % table->len];
	struct call call = example(table, row);

	choice >>= 32;
	for (size_t i = 0; i < ARGUMENTS; i++)
		if ((choice >> i & 1) == 0 && (choice >> (8 + i) & 1) == 0)
			call.arguments[i] = near(call.arguments[i]);
	if (choice >> 16 & 1)
		call = example(table, row);
	if ((choice >> 17 & 15) == 0)
		call.number = any_number(row);
	if ((choice >> 21 & 127) == 0)
		call.arch = archs[random_number() % LEN(archs)];
	if ((choice >> 16 & 1) && (choice >> 24 & 7) != 0)
		call.arguments[random_number() % ARGUMENTS] ^= random_bit();
	call.address = random_number();
	return call;
}

bool calls_random(const struct table *table, uint64_t count, uint64_t seed,
		  judge_t *judge, void *context)
{
	state = seed;
	for (uint64_t i = 0; i < count; i++) {
		struct call call = any_call(table);

		if (!judge(context, &call))
			return false;
	}
	return true;
}

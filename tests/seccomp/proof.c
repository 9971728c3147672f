/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compares filters on all calls at once. Each jump looks at bits of one word of
 * a call, so the calls that go a certain way are those with each word in a set
 * of its own. Filters are walked one behind the other, wherever there is a call
 * left to go that way; if at the end of each way both sides have the same
 * verdict, then they have the same verdict on every call.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define WORDS (sizeof(struct call) / sizeof(uint32_t))
#define CUBES_MAX (1u << 20)

/* The values whose bits in `mask` are those of `value`. */
struct cube {
	uint32_t mask, value;
};

/* Values that are in one of them, and in no two. */
struct set {
	const struct cube *cubes;
	size_t len;
};

/* Sets live here until the way on which they were made is at its end. */
static struct cube cubes[CUBES_MAX];
static size_t cubes_len;

static struct set words[WORDS];

struct place {
	size_t filter; /* of both sides */
	size_t at;
	size_t word;   /* what the accumulator has … */
	uint32_t mask; /* … these bits of */
	uint32_t verdicts[2];
};

struct comparison {
	const struct filters *sides[2];
	uint64_t ways;
	struct call *witness;
};

static void put(uint32_t mask, uint32_t value)
{
	if (cubes_len == CUBES_MAX) {
		fprintf(stderr, "there are more sets than room\n");
		exit(2);
	}
	cubes[cubes_len++] = (struct cube){mask, value};
}

static bool is_apart(struct cube a, struct cube b)
{
	return ((a.value ^ b.value) & a.mask & b.mask) != 0;
}

static void put_common(struct cube a, struct cube b)
{
	if (!is_apart(a, b))
		put(a.mask | b.mask, a.value | b.value);
}

/* What is in a cube and not in the other one. */
static void put_difference(struct cube a, struct cube b)
{
	uint32_t bits = is_apart(a, b) ? 0 : b.mask & ~a.mask;

	if (is_apart(a, b))
		put(a.mask, a.value);
	for (; bits != 0; bits &= bits - 1) {
		uint32_t bit = bits & -bits;

		put(a.mask | bit, a.value | (~b.value & bit));
		a.mask |= bit;
		a.value |= b.value & bit;
	}
}

static void take_equal(struct set from, uint32_t mask, uint32_t k, bool holds)
{
	const struct cube equal = {mask, k};

	for (size_t i = 0; i < from.len; i++) {
		if (k & ~mask) {
			if (!holds)
				put(from.cubes[i].mask, from.cubes[i].value);
		} else if (holds) {
			put_common(from.cubes[i], equal);
		} else {
			put_difference(from.cubes[i], equal);
		}
	}
}

/* Of one cube the values that, masked, are at least k, or less: they are k's
 * down to some bit, and have another one there. */
static void take_ordered(struct cube from, uint32_t mask, uint32_t k,
			 bool holds)
{
	struct cube begin = {0, 0};

	for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
		bool is_greater = !(k & bit);

		if (mask & bit && is_greater == holds)
			put_common(from,
				   (struct cube){begin.mask | bit,
						 begin.value | (~k & bit)});
		if (!(mask & bit) && !is_greater) {
			if (!holds)
				put_common(from, begin);
			return;
		}
		begin.mask |= mask & bit;
		begin.value |= k & mask & bit;
	}
	if (holds)
		put_common(from, begin);
}

/* Those of the accumulator's word with which a jump's condition holds, or not. */
static struct set take(struct set from, const struct instruction *jump,
		       uint32_t mask, bool holds)
{
	size_t begin = cubes_len;

	if (jump->code == JUMP_EQUAL)
		take_equal(from, mask, jump->k, holds);
	else
		for (size_t i = 0; i < from.len; i++)
			take_ordered(from.cubes[i], mask, jump->k, holds);
	return (struct set){&cubes[begin], cubes_len - begin};
}

static void keep_witness(struct comparison *comparison)
{
	unsigned char *word = (unsigned char *)comparison->witness;

	for (size_t i = 0; i < WORDS; i++)
		memcpy(word + i * sizeof(uint32_t), &words[i].cubes[0].value,
		       sizeof(uint32_t));
}

static const struct program *program_at(const struct comparison *comparison,
					const struct place *place)
{
	size_t left = comparison->sides[0]->len;

	return place->filter < left ?
		       &comparison->sides[0]->programs[place->filter] :
		       &comparison->sides[1]->programs[place->filter - left];
}

/* Goes on to the next filter; false if there is none. */
static bool end_filter(const struct comparison *comparison, struct place *place,
		       uint32_t verdict)
{
	size_t left = comparison->sides[0]->len;
	uint32_t *sternest = &place->verdicts[place->filter >= left];

	if ((int32_t)verdict < (int32_t)*sternest)
		*sternest = verdict;
	*place = (struct place){
		.filter = place->filter + 1,
		.verdicts = {place->verdicts[0], place->verdicts[1]},
	};
	return place->filter < left + comparison->sides[1]->len;
}

static bool walk(struct comparison *comparison, struct place place);

/* Where a call can go either way. */
static bool walk_both(struct comparison *comparison, struct place place,
		      const struct instruction *jump, const struct set sets[2])
{
	const struct set before = words[place.word];
	bool is_same = true;

	for (int holds = 0; is_same && holds < 2; holds++) {
		struct place next = place;

		next.at += 1 + (holds ? jump->if_true : jump->if_false);
		words[place.word] = sets[holds];
		is_same = walk(comparison, next);
	}
	words[place.word] = before;
	return is_same;
}

static bool end_way(struct comparison *comparison, const struct place *place)
{
	comparison->ways++;
	if (place->verdicts[0] == place->verdicts[1])
		return true;
	keep_witness(comparison);
	return false;
}

/* Over what is no jump; false at the end of the way. */
static bool step(const struct comparison *comparison, struct place *place,
		 const struct instruction *now)
{
	if (now->code == RETURN)
		return end_filter(comparison, place, now->k);
	if (now->code == LOAD_WORD) {
		place->word = now->k / sizeof(uint32_t);
		place->mask = UINT32_MAX;
	} else {
		place->mask &= now->k;
	}
	place->at++;
	return true;
}

/* Preconditions: there is a call in words that gets here. */
static bool walk(struct comparison *comparison, struct place place)
{
	const struct instruction *now;
	size_t begin = cubes_len;
	struct set sets[2];
	bool is_same;

	for (;;) {
		now = &program_at(comparison, &place)->code[place.at];
		if (!is_jump(now)) {
			if (!step(comparison, &place, now))
				return end_way(comparison, &place);
			continue;
		}
		for (int holds = 0; holds < 2; holds++)
			sets[holds] =
				take(words[place.word], now, place.mask, holds);
		if (sets[0].len > 0 && sets[1].len > 0)
			break;
		cubes_len = begin;
		place.at +=
			1 + (sets[1].len > 0 ? now->if_true : now->if_false);
	}
	is_same = walk_both(comparison, place, now, sets);
	cubes_len = begin;
	return is_same;
}

uint64_t filters_same(const struct filters *left, const struct filters *right,
		      struct call *witness)
{
	static const struct cube anything = {0, 0};
	struct comparison comparison = {{left, right}, 0, witness};

	cubes_len = 0;
	for (size_t i = 0; i < WORDS; i++)
		words[i] = (struct set){&anything, 1};
	if (!walk(&comparison, (struct place){.verdicts = {ALLOW, ALLOW}}))
		return 0;
	return comparison.ways;
}

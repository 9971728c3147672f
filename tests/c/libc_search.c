/* SPDX-License-Identifier: BSD-2-Clause */
/* Sorting and searching, against what a simple loop finds. */

#include <search.h>

#include "libc_cases.h"

enum {
	LARGE = 1000
};

struct element {
	int key;
	int id;
	unsigned char filling[LARGE - 2 * sizeof(int)];
};

static unsigned state = 1;

static unsigned random_below(unsigned end)
{
	state = state * 1103515245 + 12345;
	return state / 65536 % end;
}

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a;
	int y = *(const int *)b;

	return (x > y) - (x < y);
}

static int compare_bytes(const void *a, const void *b)
{
	return *(const unsigned char *)a - *(const unsigned char *)b;
}

static int compare_in_order(const void *a, const void *b, void *order)
{
	++((int *)order)[1];
	return compare_ints(a, b) * *(int *)order;
}

/* Orders that have been the worst for some algorithm. */
static int key_of(int pattern, int i, int count)
{
	switch (pattern) {
	case 0:
		return i;
	case 1:
		return count - i;
	case 2:
		return 7;
	case 3:
		return i % 3;
	case 4:
		return i < count / 2 ? i : count - i;
	case 5:
		return i % 2 == 0 ? i : count - i;
	case 6:
		return i < count - 1 ? i : -1;
	case 7: /* median of three goes wrong here */
		return i < count / 2 ? 2 * i + (i % 2 != 0) * count : 2 * i + 1;
	case 8:
		return (i & 255) << 12 | (i >> 8);
	default:
		return (int)random_below(1u << (pattern - 8));
	}
}

enum {
	PATTERNS = 16
};

static void sort_patterns(void)
{
	static const int counts[] = {0, 1,  2,   3,   4,    5,    7,
				     8, 33, 100, 255, 1000, 10000};
	static int numbers[10000];

	for (int pattern = 0; pattern < PATTERNS; ++pattern)
		for (size_t c = 0; c < LENGTH(counts); ++c) {
			int count = counts[c];
			long sum = 0;

			row("pattern %d, %d", pattern, count);
			for (int i = 0; i < count; ++i)
				sum += (numbers[i] = key_of(pattern, i, count));
			qsort(numbers, (size_t)count, sizeof(int),
			      compare_ints);
			for (int i = 0; i < count; ++i) {
				sum -= numbers[i];
				if (i > 0 &&
				    !EXPECT(numbers[i - 1] <= numbers[i]))
					break;
			}
			EXPECT_INT(sum, 0);
		}
}

/* The number of comparisons stays near that of a good algorithm. */
static void sort_with_argument(void)
{
	static int numbers[10000];

	for (int pattern = 0; pattern < PATTERNS; ++pattern) {
		int order[2] = {-1, 0};

		row("pattern %d", pattern);
		for (int i = 0; i < 10000; ++i)
			numbers[i] = key_of(pattern, i, 10000);
		qsort_r(numbers, 10000, sizeof(int), compare_in_order, order);
		for (int i = 1; i < 10000; ++i)
			if (!EXPECT(numbers[i - 1] >= numbers[i]))
				break;
		EXPECT(order[1] < 400000);
	}
}

/*
 * McIlroy's adversary: values are decided only when they are compared, and as
 * late as possible, so that every partition of a quicksort is a bad one.
 */
enum {
	UNDECIDED = 1 << 20,
	ADVERSE = 5000
};

static int values[ADVERSE];
static int decided;
static int candidate;
static int comparisons;

static int compare_adversely(const void *a, const void *b)
{
	int x = *(const int *)a;
	int y = *(const int *)b;

	++comparisons;
	if (values[x] == UNDECIDED && values[y] == UNDECIDED)
		values[x == candidate ? x : y] = decided++;
	if (values[x] == UNDECIDED)
		candidate = x;
	else if (values[y] == UNDECIDED)
		candidate = y;
	return (values[x] > values[y]) - (values[x] < values[y]);
}

static void sort_against_an_adversary(void)
{
	static int order[ADVERSE];

	for (int i = 0; i < ADVERSE; ++i) {
		order[i] = i;
		values[i] = UNDECIDED;
	}
	qsort(order, ADVERSE, sizeof(int), compare_adversely);
	row("%d comparisons", comparisons);
	EXPECT(comparisons < 200000);
	for (int i = 1; i < ADVERSE; ++i)
		EXPECT(values[order[i - 1]] <= values[order[i]]);
}

/* Elements of every small size, and large ones, move as a whole. */
static void sort_sizes(void)
{
	static unsigned char bytes[300 * 40];
	static struct element elements[500];

	for (size_t size = 1; size <= 40; ++size) {
		row("%zu", size);
		for (size_t i = 0; i < 300; ++i)
			memset(bytes + i * size, (int)random_below(256), size);
		qsort(bytes, 300, size, compare_bytes);
		for (size_t i = 0; i < 300; ++i) {
			unsigned char *element = bytes + i * size;

			for (size_t j = 1; j < size; ++j)
				EXPECT_INT(element[j], element[0]);
			if (i > 0)
				EXPECT(element[0] >= element[-1]);
		}
	}
	for (int i = 0; i < 500; ++i) {
		elements[i].key = (int)random_below(100);
		elements[i].id = i;
		memset(elements[i].filling, i, sizeof(elements[i].filling));
	}
	qsort(elements, 500, sizeof(*elements), compare_ints);
	for (int i = 0; i < 500; ++i) {
		row("%d", i);
		if (i > 0)
			EXPECT(elements[i - 1].key <= elements[i].key);
		for (size_t j = 0; j < sizeof(elements[i].filling); ++j)
			if (!EXPECT_INT(elements[i].filling[j],
					(unsigned char)elements[i].id))
				break;
	}
}

static void search_in_order(void)
{
	static int numbers[1000];

	for (int count = 0; count <= 1000; count += count < 40 ? 1 : 96) {
		for (int i = 0; i < count; ++i)
			numbers[i] = 2 * i;
		row("%d", count);
		for (int key = -1; key <= 2 * count; ++key) {
			const int *found = bsearch(&key, numbers, (size_t)count,
						   sizeof(int), compare_ints);
			bool there =
				key >= 0 && key % 2 == 0 && key < 2 * count;

			EXPECT(found == (there ? numbers + key / 2 : NULL));
		}
	}
}

static void search_one_by_one(void)
{
	int numbers[10] = {5, 3, 9};
	size_t count = 3;
	int key = 9;

	EXPECT(lfind(&key, numbers, &count, sizeof(int), compare_ints) ==
	       numbers + 2);
	key = 4;
	EXPECT(lfind(&key, numbers, &count, sizeof(int), compare_ints) == NULL);
	EXPECT_INT(count, 3);
	EXPECT(lsearch(&key, numbers, &count, sizeof(int), compare_ints) ==
	       numbers + 3);
	EXPECT_INT(count, 4);
	EXPECT_INT(numbers[3], 4);
	EXPECT(lsearch(&key, numbers, &count, sizeof(int), compare_ints) ==
	       numbers + 3);
	EXPECT_INT(count, 4);
}

static void fill_hash_table(void)
{
	static char keys[3000][16];
	struct hsearch_data table = {0};
	ENTRY *found;

	CHECK(hcreate_r(10, &table) != 0); /* it has to grow */
	for (intptr_t i = 0; i < 3000; ++i) {
		snprintf(keys[i], sizeof(keys[i]), "key %d", (int)i * 7919);
		EXPECT(hsearch_r((ENTRY){keys[i], (void *)i}, ENTER, &found,
				 &table) != 0);
	}
	for (intptr_t i = 0; i < 3000; ++i) {
		ENTRY entry = {keys[i], (void *)(i + 1)};

		row("%d", (int)i);
		EXPECT(hsearch_r(entry, ENTER, &found, &table) != 0);
		EXPECT_INT((intptr_t)found->data, i); /* the first remains */
	}
	row("none");
	EXPECT_INT(hsearch_r((ENTRY){"other", NULL}, FIND, &found, &table), 0);
	EXPECT(found == NULL);
	hdestroy_r(&table);
	CHECK(hcreate(100) != 0);
	EXPECT(hsearch((ENTRY){"a", "b"}, ENTER) != NULL);
	found = hsearch((ENTRY){"a", NULL}, FIND);
	EXPECT(found != NULL && strcmp(found->data, "b") == 0);
	EXPECT(hsearch((ENTRY){"b", NULL}, FIND) == NULL);
	hdestroy();
}

static int visited;
static int last;
static int deepest;
static int freed;

static void visit(const void *node, VISIT order, int depth)
{
	int key = **(int *const *)node;

	if (depth > deepest)
		deepest = depth;
	if (order != postorder && order != leaf)
		return;
	++visited;
	EXPECT(key > last);
	last = key;
}

static void count_freed(void *key)
{
	(void)key;
	++freed;
}

static int members(const bool *there)
{
	int count = 0;

	for (int i = 0; i < 500; ++i)
		count += there[i];
	return count;
}

/* Like a set of numbers, and never deeper than a balanced tree may be. */
static void grow_trees(void)
{
	static int keys[500];
	static bool there[500];
	void *root = NULL;

	for (int i = 0; i < 500; ++i)
		keys[i] = i;
	for (int round = 0; round < 20000 / SCALE; ++round) {
		int i = round < 500 ? round : (int)random_below(500);
		int *const *found = tfind(&keys[i], &root, compare_ints);

		row("round %d", round);
		EXPECT(there[i] ? found != NULL && *found == &keys[i] :
				  found == NULL);
		if (random_below(2) == 0 || round < 500) {
			found = tsearch(&keys[i], &root, compare_ints);
			CHECK(found != NULL);
			EXPECT(*found == &keys[i]);
			there[i] = true;
		} else {
			EXPECT((tdelete(&keys[i], &root, compare_ints) !=
				NULL) == there[i]);
			there[i] = false;
		}
		if (round % 1000 == 499) {
			visited = deepest = 0;
			last = -1;
			twalk(root, visit);
			EXPECT_INT(visited, members(there));
			EXPECT(deepest <= 13);
		}
	}
	tdestroy(root, count_freed);
	EXPECT_INT(freed, members(there));
	EXPECT(tfind(&keys[0], NULL, compare_ints) == NULL);
}

struct node {
	struct node *next;
	struct node *previous;
};

static void link_queues(void)
{
	struct node a;
	struct node b;
	struct node c;

	insque(&a, NULL);
	insque(&c, &a);
	insque(&b, &a);
	EXPECT(a.next == &b && b.next == &c && c.next == NULL);
	EXPECT(a.previous == NULL && b.previous == &a && c.previous == &b);
	remque(&b);
	EXPECT(a.next == &c && c.previous == &a);
}

CASES(CASE(sort_patterns), CASE(sort_with_argument),
      CASE(sort_against_an_adversary), CASE(sort_sizes), CASE(search_in_order),
      CASE(search_one_by_one), CASE(fill_hash_table), CASE(grow_trees),
      CASE(link_queues))

/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams in memory, and streams that several threads use. */

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <wchar.h>

#include "libc_cases.h"

static void grow_a_text(void)
{
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	CHECK(f != NULL);
	EXPECT_INT(fflush(f), 0);
	EXPECT_STR(text, "");
	EXPECT_INT(len, 0);
	for (int i = 0; i < 20000; ++i)
		fprintf(f, "%05d", i);
	EXPECT_INT(fflush(f), 0);
	EXPECT_INT(len, 100000);
	EXPECT_INT(text[100000], '\0');
	EXPECT(memcmp(text + 99990, "1999819999", 10) == 0);
	EXPECT_INT(fseek(f, 5, SEEK_SET), 0);
	EXPECT_INT(fputs("abcde", f) >= 0, 1);
	EXPECT_INT(fflush(f), 0);
	EXPECT_INT(len, 10);
	EXPECT_INT(ftell(f), 10);
	EXPECT_INT(fseek(f, 3, SEEK_END), 0);
	EXPECT_INT(fputc('!', f), '!');
	EXPECT_INT(fclose(f), 0);
	EXPECT_INT(len, 100004);
	EXPECT(memcmp(text + 4, "0abcde00", 8) == 0);
	EXPECT(memcmp(text + 100000, "\0\0\0!", 5) == 0);
	free(text);
}

static void grow_a_wide_text(void)
{
	wchar_t *text;
	size_t len;
	FILE *f;

	CHECK(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	f = open_wmemstream(&text, &len);
	CHECK(f != NULL);
	EXPECT_INT(fwprintf(f, L"%s\u20ac%d", "\xc3\xa9", 12), 4);
	EXPECT_INT(fclose(f), 0);
	EXPECT_INT(len, 4);
	EXPECT_WCS(text, L"\u00e9\u20ac12");
	free(text);
	CHECK(setlocale(LC_CTYPE, "C") != NULL);
}

/* By mode: what is read at first, and what a written X leaves behind. */
static void open_memory(void)
{
	static const struct {
		const char *mode;
		int first;
		int written;
		const char *contents;
		long end;
	} rows[] = {
		{"r", 'a', EOF, "abc", 3},  {"r+", 'a', 'X', "Xbc", 3},
		{"w", EOF, 'X', "X", 1},    {"w+", EOF, 'X', "X", 1},
		{"a", EOF, 'X', "abcX", 4}, {"a+", EOF, 'X', "abcX", 4},
		{"rb", 'a', EOF, "abc", 3},
	};

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		char memory[8] = "abc";
		size_t size = *rows[i].mode == 'r' ? 3 : 8;
		FILE *f = fmemopen(memory, size, rows[i].mode);

		row("%s", rows[i].mode);
		CHECK(f != NULL);
		EXPECT_INT(fgetc(f), rows[i].first);
		clearerr(f);
		EXPECT_INT(fseek(f, 0, SEEK_SET), 0);
		EXPECT_INT(fputc('X', f), rows[i].written);
		EXPECT_INT(fflush(f), 0);
		EXPECT_INT(fseek(f, 0, SEEK_END), 0);
		EXPECT_INT(ftell(f), rows[i].end);
		EXPECT_INT(fclose(f), 0);
		EXPECT_STR(memory, rows[i].contents);
	}
}

static void fill_memory(void)
{
	char memory[6] = "";
	FILE *f = fmemopen(memory, 5, "w+");

	EXPECT_INT(fputs("abcd", f) >= 0, 1);
	EXPECT_INT(fflush(f), 0);
	EXPECT_STR(memory, "abcd");
	EXPECT_INT(fputs("efg", f) >= 0, 1);
	EXPECT_ERROR(fflush(f), ENOSPC);
	EXPECT(ferror(f));
	EXPECT_STR(memory, "abcde");
	clearerr(f);
	EXPECT_INT(fputc('x', f), 'x');
	EXPECT_ERROR(fclose(f), ENOSPC);
	f = fmemopen(memory, 5, "r+");
	setvbuf(f, NULL, _IONBF, 0);
	EXPECT_INT(fwrite("123456", 1, 6, f), 5);
	EXPECT(ferror(f) && errno == ENOSPC);
	EXPECT_STR(memory, "12345");
	EXPECT_ERROR(fseek(f, 6, SEEK_SET), EINVAL);
	EXPECT_ERROR(fseek(f, -1, SEEK_SET), EINVAL);
	EXPECT_INT(fseek(f, 1, SEEK_SET), 0);
	EXPECT_INT(fgetc(f), '2');
	fclose(f);
	f = fmemopen(NULL, 20, "w+");
	CHECK(f != NULL);
	EXPECT_INT(fprintf(f, "%d", 12345), 5);
	rewind(f);
	EXPECT_INT(fgetc(f), '1');
	fclose(f);
	EXPECT(fmemopen(memory, 5, "q") == NULL && errno == EINVAL);
}

enum {
	THREADS = 4,
	LINES = 2000 / SCALE
};

static FILE *shared;

static void *write_lines(void *argument)
{
	for (int i = 0; i < LINES; ++i) {
		if (i % 2 == 0) {
			fprintf(shared, "%d %d %s\n", (int)(intptr_t)argument,
				i, "with quite some text behind");
			continue;
		}
		flockfile(shared);
		fprintf(shared, "%d ", (int)(intptr_t)argument);
		fprintf(shared, "%d ", i);
		for (const char *c = "with quite some text behind\n"; *c; ++c)
			putc_unlocked(*c, shared);
		funlockfile(shared);
	}
	return NULL;
}

/* Lines stay whole, and those of a thread are in their order. */
static void write_from_threads(void)
{
	pthread_t threads[THREADS];
	int next[THREADS] = {0};
	char *text;
	char *line;
	char *rest;
	size_t len;
	int thread;
	int i;

	shared = open_memstream(&text, &len);
	for (intptr_t t = 0; t < THREADS; ++t)
		CHECK(!pthread_create(&threads[t], NULL, write_lines,
				      (void *)t));
	for (int t = 0; t < THREADS; ++t)
		CHECK(pthread_join(threads[t], NULL) == 0);
	CHECK(fclose(shared) == 0);
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL && rest != NULL) {
		int used = 0;

		row("%.100s", line);
		if (!EXPECT(sscanf(line, "%d %d with quite some text behind%n",
				   &thread, &i, &used) == 2 &&
			    line[used] == '\0' && thread < THREADS))
			break;
		EXPECT_INT(i, next[thread]++);
	}
	for (int t = 0; t < THREADS; ++t)
		EXPECT_INT(next[t], LINES);
	free(text);
}

static void *read_numbers(void *argument)
{
	long sum = 0;
	char line[20];

	while (fgets(line, sizeof(line), shared) != NULL)
		sum += atol(line);
	*(long *)argument = sum;
	return NULL;
}

/* Each line goes to exactly one reader. */
static void read_from_threads(void)
{
	pthread_t threads[THREADS];
	long sums[THREADS];
	long sum = 0;

	shared = fdopen(
		openat(test_fd("dir"), "numbers", O_RDWR | O_CREAT | O_TRUNC),
		"w+");
	CHECK(shared != NULL);
	for (int i = 1; i <= 5 * LINES; ++i)
		fprintf(shared, "%d\n", i);
	rewind(shared);
	for (int t = 0; t < THREADS; ++t)
		CHECK(!pthread_create(&threads[t], NULL, read_numbers,
				      &sums[t]));
	for (int t = 0; t < THREADS; ++t) {
		CHECK(pthread_join(threads[t], NULL) == 0);
		sum += sums[t];
	}
	EXPECT_INT(sum, 5L * LINES * (5 * LINES + 1) / 2);
	fclose(shared);
}

static void *try_to_lock(void *argument)
{
	int result = ftrylockfile(argument);

	if (result == 0)
		funlockfile(argument);
	return (void *)(intptr_t)result;
}

static void lock_several_times(void)
{
	pthread_t thread;
	void *result;
	FILE *f = fmemopen(NULL, 10, "w");

	for (int levels = 3; levels >= 0; --levels) {
		if (levels == 3)
			for (int i = 0; i < 3; ++i)
				flockfile(f);
		CHECK(pthread_create(&thread, NULL, try_to_lock, f) == 0);
		CHECK(pthread_join(thread, &result) == 0);
		row("%d", levels);
		EXPECT_INT((intptr_t)result != 0, levels > 0);
		if (levels > 0)
			funlockfile(f);
	}
	fclose(f);
}

CASES(CASE(grow_a_text), CASE(grow_a_wide_text), CASE(open_memory),
      CASE(fill_memory), CASE(write_from_threads), CASE(read_from_threads),
      CASE(lock_several_times))

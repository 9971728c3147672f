/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams, and formatted output and input. */

#include <fcntl.h>
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <unistd.h>
#include <wchar.h>

#include "libc_test.h"

static bool formats(const char *expected, const char *format, ...)
{
	char text[300];
	va_list arguments;
	int len;

	va_start(arguments, format);
	len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (strcmp(text, expected) != 0)
		printf("got %s for %s\n", text, format);
	return strcmp(text, expected) == 0 && len == (int)strlen(expected);
}

static void check_printf(void)
{
	CHECK(formats("42 -7 +3 0x1f 017", "%d %i %+d %#x %#o", 42, -7, 3, 31,
		      15));
	CHECK(formats("  ab|ab  |abc", "%4s|%-4s|%.3s", "ab", "ab", "abcdef"));
	CHECK(formats("18446744073709551615 -9223372036854775808",
		      "%" PRIu64 " %" PRId64, UINT64_MAX, INT64_MIN));
	CHECK(formats("1.500000 1.5e+00 0.1 1e+100", "%f %.1e %g %g", 1.5, 1.5,
		      0.1, 1e100));
	CHECK(formats("0.1000000000000000055511151231257827", "%.34f", 0.1));
	CHECK(formats("0x1.8p+0 inf -inf nan", "%a %f %f %f", 1.5, INFINITY,
		      -INFINITY, NAN));
	CHECK(formats(LDBL_DIG < 18 ? "3.14159265358979311600" :
				      "3.14159265358979323851",
		      "%.20Lf", 3.14159265358979323851L));
	CHECK(formats("   +1.25|0003", "%+8.2f|%04d", 1.25, 3));
	CHECK(formats("%c x (nil)", "%%c %c %s", 'x', "(nil)"));
	CHECK(formats("Invalid argument", "%s", strerror(EINVAL)));
	CHECK(snprintf(NULL, 0, "%d", 12345) == 5);
}

static void check_scanf(void)
{
	int i;
	unsigned u;
	double d;
	char word[10];
	char c;
	int used;

	CHECK(sscanf(" 12 ff 2.5e1 word!x", "%d %x %lf %4s%*c%c%n", &i, &u, &d,
		     word, &c, &used) == 5);
	CHECK(i == 12 && u == 255 && d == 25.0 && c == 'x' && used == 19);
	CHECK(strcmp(word, "word") == 0);
	CHECK(sscanf("abc123", "%[a-c]%d", word, &i) == 2 && i == 123);
	CHECK(sscanf("", "%d", &i) == EOF);
	CHECK(strtol("0x7fz", NULL, 0) == 127);
	CHECK(strtod("1e-320", NULL) > 0 && errno == ERANGE);
	CHECK(strtold("0x1p16383", NULL) > DBL_MAX);
	CHECK(strtoull("99999999999999999999", NULL, 10) == UINT64_MAX);
}

static FILE *open_stream(const char *name, int flags, const char *mode)
{
	int fd = openat(test_fd("dir"), name, flags);
	FILE *f = fd < 0 ? NULL : fdopen(fd, mode);

	CHECK(f != NULL);
	return f;
}

static void check_files(void)
{
	char line[100];
	char *whole = NULL;
	size_t size = 0;
	FILE *f = open_stream("stream", O_RDWR | O_CREAT | O_TRUNC, "w+");

	for (int i = 0; i < 3000; ++i)
		CHECK(fprintf(f, "line %d\n", i) > 0);
	CHECK(ftell(f) == 28890);
	rewind(f);
	for (int i = 0; i < 3000; ++i) {
		snprintf(line, sizeof(line), "line %d\n", i);
		CHECK(getline(&whole, &size, f) == (ssize_t)strlen(line));
		CHECK(strcmp(whole, line) == 0);
	}
	CHECK(getline(&whole, &size, f) == -1 && feof(f) && !ferror(f));
	free(whole);
	CHECK(fseek(f, -5, SEEK_END) == 0);
	CHECK(fread(line, 1, 10, f) == 5 && memcmp(line, "2999\n", 5) == 0);
	CHECK(fseek(f, 5, SEEK_SET) == 0 && fgetc(f) == '0');
	CHECK(ungetc('!', f) == '!' && fgetc(f) == '!' && fgetc(f) == '\n');
	CHECK(fseek(f, 0, SEEK_SET) == 0 && fputs("LINE", f) >= 0);
	CHECK(fflush(f) == 0 && fclose(f) == 0);
	f = open_stream("stream", O_RDONLY, "r");
	CHECK(fgets(line, sizeof(line), f) == line);
	CHECK(strcmp(line, "LINE 0\n") == 0);
	CHECK(fputc('x', f) == EOF && ferror(f));
	CHECK(fclose(f) == 0);
	f = open_stream("stream", O_WRONLY, "a");
	CHECK(fputs("end", f) >= 0 && fclose(f) == 0);
	f = open_stream("stream", O_RDONLY, "r");
	CHECK(fseek(f, 0, SEEK_END) == 0 && ftell(f) == 28893);
	CHECK(fclose(f) == 0);
	CHECK(fdopen(0, "x") == NULL && errno == EINVAL);
}

static void check_memory_streams(void)
{
	char *text;
	char word[20];
	size_t len;
	FILE *f = open_memstream(&text, &len);

	CHECK(f != NULL && fprintf(f, "%d words", 2) == 7 && fclose(f) == 0);
	CHECK(len == 7 && strcmp(text, "2 words") == 0);
	f = fmemopen(text, len, "r");
	CHECK(f != NULL && fscanf(f, "%*d %19s", word) == 1);
	CHECK(strcmp(word, "words") == 0 && fclose(f) == 0);
	free(text);
}

/* Without a descriptor they swallow output and are at the end of input. */
static void check_standard_streams(void)
{
	char line[20];
	int fd = openat(test_fd("dir"), "standard", O_RDWR | O_CREAT | O_TRUNC);

	CHECK(fileno(stdin) == -1 && errno == EBADF);
	CHECK(fgetc(stdin) == EOF && feof(stdin));
	CHECK(fprintf(stderr, "nobody reads this") == 17 && !ferror(stderr));
	CHECK(program_set_stream(stderr, fd) == 0 && fileno(stderr) == fd);
	errno = ENOTCAPABLE;
	perror("here");
	CHECK(pread(fd, line, sizeof(line), 0) == 20);
	CHECK(memcmp(line, "here: Capabilities i", 20) == 0);
	CHECK(program_set_stream(stderr, -1) == 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(program_set_stream(stdin, fd) == 0);
	CHECK(scanf("%19s", line) == 1 && strcmp(line, "here:") == 0);
	CHECK(close(fd) == 0);
}

static void check_locales(void)
{
	wchar_t wide[4];

	CHECK(strcmp(setlocale(LC_CTYPE, NULL), "C") == 0);
	CHECK(mbstowcs(wide, "\xe2\x82\xac", 4) == 3); /* one each */
	CHECK(setlocale(LC_ALL, "de_DE.UTF-8") == NULL);
	CHECK(setlocale(LC_ALL, "") != NULL);
	CHECK(strcmp(setlocale(LC_CTYPE, NULL), "C.UTF-8") == 0);
	CHECK(mbstowcs(wide, "\xe2\x82\xac", 4) == 1 && wide[0] == 0x20ac);
	CHECK(formats("\xe2\x82\xac", "%ls", wide));
	CHECK(setlocale(LC_ALL, "C") != NULL);
	CHECK(newlocale(LC_ALL_MASK, "xx", NULL) == NULL);
}

static void *write_lines(void *argument)
{
	for (int i = 0; i < 300; ++i) {
		flockfile(argument);
		fputs("first ", argument);
		fprintf(argument, "second\n");
		funlockfile(argument);
	}
	return NULL;
}

static void check_locking(void)
{
	pthread_t threads[4];
	char line[40];
	int lines = 0;
	FILE *f = open_stream("locked", O_RDWR | O_CREAT | O_TRUNC, "w+");

	CHECK(ftrylockfile(f) == 0 && ftrylockfile(f) == 0);
	funlockfile(f);
	funlockfile(f);
	for (int i = 0; i < 4; ++i)
		CHECK(pthread_create(&threads[i], NULL, write_lines, f) == 0);
	for (int i = 0; i < 4; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
	rewind(f);
	for (; fgets(line, sizeof(line), f) != NULL; ++lines)
		CHECK(strcmp(line, "first second\n") == 0);
	CHECK(lines == 1200 && fclose(f) == 0);
}

static void test(void)
{
	check_printf();
	check_scanf();
	check_files();
	check_memory_streams();
	check_standard_streams();
	check_locales();
	check_locking();
}

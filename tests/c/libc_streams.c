/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams: modes, buffers, positions, states, orientation, memory, locks. */

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdio_ext.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>

#include "libc_cases.h"

static int open_file(const char *name, int flags)
{
	int fd = openat(test_fd("dir"), name, flags);

	CHECK(fd >= 0);
	return fd;
}

static FILE *open_stream(const char *name, int flags, const char *mode)
{
	FILE *f = fdopen(open_file(name, flags), mode);

	CHECK(f != NULL);
	return f;
}

static FILE *new_stream(const char *contents)
{
	FILE *f = open_stream("new", O_RDWR | O_CREAT | O_TRUNC, "w+");

	CHECK(fputs(contents, f) >= 0);
	rewind(f);
	return f;
}

static void expect_contents(const char *name, const char *expected)
{
	char text[200];
	int fd = open_file(name, O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	CHECK(len >= 0 && close(fd) == 0);
	text[len] = '\0';
	EXPECT_STR(text, expected);
}

/* A letter of the mode, what a stream on it can do, and where writing ends. */
static const struct mode {
	const char *mode;
	int flags;
	bool reads;
	bool writes;
	const char *contents;
} modes[] = {
	{"r", O_RDONLY, true, false, "0123456789"},
	{"rb", O_RDONLY, true, false, "0123456789"},
	{"r", O_RDWR, true, false, "0123456789"},
	{"w", O_WRONLY, false, true, "X123456789"},
	{"wb", O_RDWR, false, true, "X123456789"},
	{"a", O_WRONLY | O_APPEND, false, true, "0123456789X"},
	{"ab", O_RDWR, false, true, "0123456789X"},
	{"r+", O_RDWR, true, true, "X123456789"},
	{"rb+", O_RDWR, true, true, "X123456789"},
	{"w+", O_RDWR, true, true, "X123456789"},
	{"w+b", O_RDWR, true, true, "X123456789"},
	{"a+", O_RDWR, true, true, "0123456789X"},
	{"r+e", O_RDWR, true, true, "X123456789"},
};

static void check_modes(void)
{
	for (const struct mode *m = modes; m < modes + LENGTH(modes); ++m) {
		FILE *f = new_stream("0123456789");

		row("%s", m->mode);
		CHECK(fclose(f) == 0);
		f = open_stream("new", m->flags, m->mode);
		errno = 0;
		EXPECT_INT(fputc('X', f), m->writes ? 'X' : EOF);
		EXPECT_INT(ferror(f) != 0, !m->writes);
		EXPECT_INT(errno, m->writes ? 0 : EBADF);
		clearerr(f);
		rewind(f);
		errno = 0;
		EXPECT_INT(fgetc(f), m->reads ? m->contents[0] : EOF);
		EXPECT_INT(ferror(f) != 0, !m->reads);
		EXPECT_INT(errno, m->reads ? 0 : EBADF);
		EXPECT_INT(fclose(f), 0);
		expect_contents("new", m->contents);
	}
	EXPECT(fdopen(test_fd("dir"), "") == NULL && errno == EINVAL);
	EXPECT(fdopen(test_fd("dir"), "q") == NULL && errno == EINVAL);
	EXPECT(fdopen(-1, "a") == NULL && errno == EBADF);
}

/* What has reached the descriptor after each of three steps. */
static void check_buffering(void)
{
	static const struct {
		int mode;
		size_t size;
		long after[3];
	} rows[] = {
		{_IOFBF, 100, {0, 0, 0}},
		{_IOFBF, 4, {0, 7, 7}},
		{_IOLBF, 100, {0, 5, 5}},
		{_IONBF, 0, {2, 5, 7}},
	};
	static char room[100 + 64];

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		FILE *f = open_stream("new", O_RDWR | O_CREAT | O_TRUNC, "w");
		int fd = fileno(f);

		row("%zu", i);
		EXPECT_INT(setvbuf(f, rows[i].mode == _IONBF ? NULL : room,
				   rows[i].mode, rows[i].size),
			   0);
		fputs("ab", f);
		EXPECT_INT(lseek(fd, 0, SEEK_CUR), rows[i].after[0]);
		fputs("cd\n", f);
		if (rows[i].size != 4)
			EXPECT_INT(lseek(fd, 0, SEEK_CUR), rows[i].after[1]);
		fputs("ef", f);
		if (rows[i].size != 4)
			EXPECT_INT(lseek(fd, 0, SEEK_CUR), rows[i].after[2]);
		EXPECT_INT(fclose(f), 0);
		expect_contents("new", "abcd\nef");
	}
}

static void check_flushing_all(void)
{
	FILE *a = open_stream("a", O_RDWR | O_CREAT | O_TRUNC, "w");
	FILE *b = open_stream("b", O_RDWR | O_CREAT | O_TRUNC, "w");

	fputs("first", a);
	fputs("second", b);
	EXPECT_INT(__fpending(a), 5);
	expect_contents("a", "");
	EXPECT_INT(fflush(NULL), 0);
	expect_contents("a", "first");
	expect_contents("b", "second");
	fputs("lost", a);
	__fpurge(a);
	EXPECT_INT(fclose(a), 0);
	EXPECT_INT(fclose(b), 0);
	expect_contents("a", "first");
}

static void check_putting_back(void)
{
	FILE *f = new_stream("abcdef");

	EXPECT_INT(fgetc(f), 'a');
	EXPECT_INT(ungetc('Z', f), 'Z');
	EXPECT_INT(ftell(f), 0);
	EXPECT_INT(fgetc(f), 'Z');
	EXPECT_INT(fgetc(f), 'b');
	EXPECT_INT(ungetc(EOF, f), EOF);
	EXPECT_INT(ungetc(0xff, f), 0xff);
	EXPECT_INT(fgetc(f), 0xff);
	while (fgetc(f) != EOF)
		continue;
	EXPECT(feof(f));
	EXPECT_INT(ungetc('e', f), 'e');
	EXPECT(!feof(f));
	EXPECT_INT(fgetc(f), 'e');
	EXPECT_INT(fgetc(f), EOF);
	EXPECT_INT(ungetc('x', f), 'x');
	EXPECT_INT(fseek(f, 0, SEEK_SET), 0);
	EXPECT_INT(fgetc(f), 'a');
	fclose(f);
	f = new_stream("");
	EXPECT_INT(ungetc('x', f), 'x');
	EXPECT_INT(fgetc(f), 'x');
	EXPECT_INT(fgetc(f), EOF);
	fclose(f);
	f = open_stream("new", O_WRONLY, "w");
	EXPECT_INT(ungetc('x', f), EOF);
	fclose(f);
}

static void check_seeking(void)
{
	FILE *f = new_stream("0123456789");
	fpos_t position;

	EXPECT_INT(fseek(f, 3, SEEK_SET), 0);
	EXPECT_INT(fgetc(f), '3');
	EXPECT_INT(fgetpos(f, &position), 0);
	EXPECT_INT(fseek(f, 2, SEEK_CUR), 0);
	EXPECT_INT(fgetc(f), '6');
	EXPECT_INT(fseeko(f, -1, SEEK_END), 0);
	EXPECT_INT(ftello(f), 9);
	EXPECT_INT(fgetc(f), '9');
	EXPECT_INT(fsetpos(f, &position), 0);
	EXPECT_INT(fgetc(f), '4');
	EXPECT_ERROR(fseek(f, -1, SEEK_SET), EINVAL);
	EXPECT_ERROR(fseek(f, 0, 9), EINVAL);
	EXPECT_INT(fgetc(f), '5');
	EXPECT_INT(fseek(f, 20, SEEK_SET), 0);
	EXPECT_INT(fgetc(f), EOF);
	EXPECT(feof(f));
	EXPECT_INT(fseek(f, 0, SEEK_CUR), 0);
	EXPECT(!feof(f));
	EXPECT_INT(fputc('X', f), 'X');
	EXPECT_INT(ftell(f), 21);
	EXPECT_INT(fseek(f, 12, SEEK_SET), 0);
	EXPECT_INT(fgetc(f), '\0');
	EXPECT_INT(sizeof(off_t), 8);
	EXPECT_INT(fseeko(f, (off_t)5 << 30, SEEK_SET), 0);
	EXPECT_INT(ftello(f), (off_t)5 << 30);
	if (sizeof(long) == 4)
		EXPECT_ERROR(ftell(f), EOVERFLOW);
	fclose(f);
	/* Reading and writing in turn, with what standard C wants between. */
	f = new_stream("abcdef");
	EXPECT_INT(fgetc(f), 'a');
	fseek(f, 0, SEEK_CUR);
	EXPECT_INT(fputc('B', f), 'B');
	fflush(f);
	fseek(f, 0, SEEK_CUR);
	EXPECT_INT(fgetc(f), 'c');
	fclose(f);
	expect_contents("new", "aBcdef");
}

static void check_unseekable(void)
{
	int fds[2];
	char text[10];
	FILE *in;
	FILE *out;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	in = fdopen(fds[0], "r");
	out = fdopen(fds[1], "w");
	CHECK(in != NULL && out != NULL);
	EXPECT_ERROR(fseek(in, 0, SEEK_SET), ESPIPE);
	EXPECT_ERROR(ftell(in), ESPIPE);
	fputs("hello\n", out);
	EXPECT_INT(fclose(out), 0);
	EXPECT(fgets(text, sizeof(text), in) == text);
	EXPECT_STR(text, "hello\n");
	EXPECT(fgets(text, sizeof(text), in) == NULL);
	EXPECT(feof(in) && !ferror(in));
	fclose(in);
}

static void check_lines(void)
{
	static const char contents[] = "one\n\ntwo\0x\nno end";
	char *line = NULL;
	char few[4];
	size_t size = 0;
	FILE *f = new_stream("");

	CHECK(fwrite(contents, 1, sizeof(contents) - 1, f) == 17);
	rewind(f);
	EXPECT_INT(getline(&line, &size, f), 4);
	EXPECT_STR(line, "one\n");
	EXPECT_INT(getline(&line, &size, f), 1);
	EXPECT_INT(getline(&line, &size, f), 6);
	EXPECT(memcmp(line, "two\0x\n", 7) == 0);
	EXPECT_INT(getdelim(&line, &size, ' ', f), 3);
	EXPECT_STR(line, "no ");
	EXPECT_INT(getdelim(&line, &size, 'z', f), 3);
	EXPECT_STR(line, "end");
	EXPECT(feof(f));
	EXPECT_INT(getdelim(&line, &size, 'z', f), -1);
	EXPECT_ERROR(getline(NULL, &size, f), EINVAL);
	EXPECT_ERROR(getline(&line, NULL, f), EINVAL);
	rewind(f);
	EXPECT(fgets(few, 4, f) == few);
	EXPECT_STR(few, "one");
	EXPECT(fgets(few, 4, f) == few);
	EXPECT_STR(few, "\n");
	EXPECT(fgets(few, 1, f) == few);
	EXPECT_STR(few, "");
	free(line);
	fclose(f);
}

static void check_long_lines(void)
{
	char *line = malloc(10);
	size_t size = 10;
	FILE *f = new_stream("");

	for (int i = 0; i < 100000; ++i)
		fputc('a' + i % 26, f);
	fputc('\n', f);
	rewind(f);
	EXPECT_INT(getline(&line, &size, f), 100001);
	EXPECT(size >= 100002);
	for (int i = 0; i < 100000; ++i)
		if (!EXPECT_INT(line[i], 'a' + i % 26))
			break;
	free(line);
	fclose(f);
}

static void check_blocks(void)
{
	uint32_t numbers[5000];
	uint32_t back[5000] = {0};
	FILE *f = new_stream("");

	for (uint32_t i = 0; i < 5000; ++i)
		numbers[i] = i * 2654435761;
	EXPECT_INT(fwrite(numbers, 4, 5000, f), 5000);
	EXPECT_INT(fwrite(numbers, 0, 7, f), 0);
	EXPECT_INT(fwrite(numbers, 7, 0, f), 0);
	rewind(f);
	EXPECT_INT(fread(back, 4, 3, f), 3);
	EXPECT_INT(fread(back + 3, 4, 4997, f), 4997);
	EXPECT(memcmp(numbers, back, sizeof(back)) == 0);
	EXPECT_INT(fread(back, 3, 1, f), 0);
	EXPECT(feof(f) && !ferror(f));
	EXPECT_INT(fseek(f, -7, SEEK_END), 0);
	EXPECT_INT(fread(back, 4, 5, f), 1);
	EXPECT_INT(ftell(f), 20000);
	fclose(f);
}

/* A state stays until it is cleared, and errors come from the descriptor. */
static void check_states(void)
{
	FILE *f = new_stream("x");

	EXPECT(!feof(f) && !ferror(f));
	EXPECT_INT(fgetc(f), 'x');
	EXPECT(!feof(f));
	EXPECT_INT(fgetc(f), EOF);
	EXPECT(feof(f));
	CHECK(pwrite(fileno(f), "yz", 2, 1) == 2);
	EXPECT_INT(fgetc(f), EOF);
	clearerr(f);
	EXPECT_INT(fgetc(f), 'y');
	fclose(f);
	f = open_stream("new", O_RDWR, "r");
	CHECK(close(fileno(f)) == 0);
	EXPECT_INT(fgetc(f), EOF);
	EXPECT(ferror(f) && errno == EBADF && !feof(f));
	EXPECT_ERROR(fclose(f), EBADF);
	f = open_stream("new", O_RDONLY, "w");
	fputs("buffered", f);
	EXPECT_ERROR(fflush(f), EBADF);
	EXPECT(ferror(f));
	fclose(f);
	f = open_stream("new", O_RDWR, "r+");
	EXPECT(__freadable(f) && __fwritable(f) && !__flbf(f));
	EXPECT_INT(fileno(f) >= 0, 1);
	fclose(f);
}

static void check_orientation(void)
{
	FILE *f = new_stream("");

	EXPECT_INT(fwide(f, 0), -1); /* by fputs() */
	fclose(f);
	CHECK(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	f = open_stream("wide", O_RDWR | O_CREAT | O_TRUNC, "w+");
	EXPECT_INT(fwide(f, 0), 0);
	EXPECT_INT(fwide(f, 1) > 0, 1);
	EXPECT_INT(fwide(f, -1) > 0, 1);
	EXPECT_INT(fputws(L"a\u00e9\u20ac\U0001f600\n", f) >= 0, 1);
	EXPECT_INT(fwprintf(f, L"%ls|%s|%d", L"\u00fc", "\xc3\xa4", 5), 5);
	EXPECT_INT(fputwc(L'\u00df', f), L'\u00df');
	fflush(f);
	expect_contents("wide", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n"
				"\xc3\xbc|\xc3\xa4|5\xc3\x9f");
	rewind(f);
	wchar_t line[20];
	EXPECT(fgetws(line, 20, f) == line);
	EXPECT_WCS(line, L"a\u00e9\u20ac\U0001f600\n");
	EXPECT_INT(fgetwc(f), 0xfc);
	EXPECT_INT(ungetwc(L'\u4e2d', f), L'\u4e2d');
	EXPECT_INT(fgetwc(f), 0x4e2d);
	EXPECT_INT(fwscanf(f, L"|%l[^|]|%*d%lc", line, line + 10), 2);
	EXPECT_WCS(line, L"\u00e4");
	EXPECT_INT(line[10], 0xdf);
	EXPECT_INT(fgetwc(f), WEOF);
	fclose(f);
	f = new_stream("\xff");
	fclose(f);
	f = open_stream("new", O_RDONLY, "r");
	errno = 0;
	EXPECT_INT(fgetwc(f), WEOF);
	EXPECT(ferror(f) && errno == EILSEQ);
	fclose(f);
	CHECK(setlocale(LC_CTYPE, "C") != NULL);
}

CASES(CASE(check_modes), CASE(check_buffering), CASE(check_flushing_all),
      CASE(check_putting_back), CASE(check_seeking), CASE(check_unseekable),
      CASE(check_lines), CASE(check_long_lines), CASE(check_blocks),
      CASE(check_states), CASE(check_orientation))

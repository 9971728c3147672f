/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the attempt that is asked for, makes it, and says what came of it. */

/*
 * Input: words with spaces between them. In a CloudABI sandbox they are the
 * first value of the argument data, a list; elsewhere they are argv[1], and
 * without it the probes are listed.
 *
 * Output: "begin", whatever leaks, and "result NUMBER"; the latter is missing
 * if the attempt is fatal.
 */

#include "modes.h"
#include "probe.h"

#define WORDS_LEN_MAX 512

static char text[WORDS_LEN_MAX];
static const char *words[WORDS_MAX];
static const char *group;
static long self;

void *memset(void *bytes, int value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((volatile unsigned char *)bytes)[i] = (unsigned char)value;
	return bytes;
}

void *memcpy(void *to, const void *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((volatile char *)to)[i] = ((const char *)from)[i];
	return to;
}

size_t length(const char *string)
{
	size_t len = 0;

	while (string[len] != '\0')
		len++;
	return len;
}

long say_memory(const void *bytes, size_t len)
{
	const struct vector vector = vector_of(bytes, len);

	return CALL(writev, OUTPUT, &vector, 1);
}

void say(const char *string)
{
	say_memory(string, length(string));
}

static void say_number(long value)
{
	char digits[24];
	size_t place = sizeof(digits);
	unsigned long rest = value < 0 ? -(unsigned long)value : value;

	digits[--place] = '\0';
	do {
		digits[--place] = '0' + rest % 10;
	} while ((rest /= 10) != 0);
	if (value < 0)
		digits[--place] = '-';
	say(digits + place);
}

static _Noreturn void leave(int status)
{
	CALL(exit_group, status);
	__builtin_trap();
}

_Noreturn void answer(long result)
{
	say("\nresult ");
	say_number(result);
	say("\n");
	leave(0);
}

long spill(long fd)
{
	static char buffer[4096];
	const struct vector vector = vector_of(buffer, sizeof(buffer));
	long len;

	if (fd < 0)
		return fd;
	len = CALL(readv, fd, &vector, 1);
	return len < 0 ? len : say_memory(buffer, len);
}

long leave_child(long pid)
{
	if (pid == 0)
		leave(0);
	return pid;
}

/* names and words */

static const char *skip_equal(const char *string, const char *prefix)
{
	while (*prefix != '\0' && *string == *prefix) {
		string++;
		prefix++;
	}
	return *prefix == '\0' ? string : NULL;
}

void begin_group(const char *prefix)
{
	group = prefix;
}

static void list(const char *proof, int class, const char *name)
{
	if (group != NULL)
		say(group);
	say(name);
	say("\t");
	say_number(class);
	say("\t");
	say(proof);
	say("\n");
}

bool selects(const char *proof, int class, const char *name)
{
	const char *rest = words[WORD_NAME];

	if (rest == NULL) {
		list(proof, class, name);
		return false;
	}
	if (group != NULL)
		rest = skip_equal(rest, group);
	if (rest != NULL)
		rest = skip_equal(rest, name);
	return rest != NULL && *rest == '\0';
}

const char *word(enum word index)
{
	return words[index] != NULL ? words[index] : "";
}

long wait(long fd, long ms)
{
	const int64_t timeout[2] = {ms / 1000, ms % 1000 * 1000000};
	struct {
		int fd;
		short events, revents;
	} wanted = {(int)fd, 1, 0};

	return CALL(ppoll, &wanted, 1, timeout, 0, 8);
}

long own_id(void)
{
	return self;
}

long word_number(enum word index)
{
	return parse_number(word(index));
}

const char *at(const char *path)
{
	static char paths[4][512];
	static unsigned turn;
	char *found = paths[turn++ % 4];
	size_t len = length(word(WORD_FOLDER));

	memcpy(found, word(WORD_FOLDER), len);
	found[len] = '/';
	memcpy(found + len + 1, path, length(path) + 1);
	return found;
}

/* Hexadecimal after 0x; `-` in front of either. */
long parse_number(const char *string)
{
	unsigned long base = 10, value = 0;
	bool negative = *string == '-';

	string += negative;
	if (string[0] == '0' && string[1] == 'x') {
		base = 16;
		string += 2;
	}
	for (; *string != '\0'; string++)
		value = value * base +
			(unsigned long)(*string <= '9' ? *string - '0' :
							 *string - 'a' + 10);
	return (long)(negative ? -value : value);
}

static void split(const char *string)
{
	size_t found = 0, len = length(string);

	if (len >= sizeof(text))
		leave(2);
	memcpy(text, string, len + 1);
	for (char *p = text; found < WORDS_MAX; p++) {
		words[found++] = p;
		while (*p != ' ' && *p != '\0')
			p++;
		if (*p == '\0')
			break;
		*p = '\0';
	}
}

static _Noreturn void run(const char *string, long id)
{
	self = id;
	if (string != NULL) {
		split(string);
		say("begin\n");
		run_mode(words);
	}
#define RUN(topic)                                                             \
	begin_group(NULL);                                                     \
	topic##_probes();
	TOPICS(RUN)
	leave(string == NULL ? 0 : 2);
}

#ifdef __CloudABI__

#include <cloudabi.h>

/* The encoding of a list: 7, and before each value its length in groups of
 * seven bits, the last of which is marked; of text: 8, and a NUL at the end. */
static const char *first_text(const unsigned char *argdata)
{
	argdata++;
	while ((*argdata++ & 0x80) == 0)
		;
	return (const char *)argdata + 1;
}

_Noreturn void _start(const cloudabi_auxv_t *auxv)
{
	const unsigned char *argdata = NULL;
	long own_id = 0;

	for (; auxv->a_type != CLOUDABI_AT_NULL; auxv++) {
		if (auxv->a_type == CLOUDABI_AT_ARGDATA)
			argdata = auxv->a_ptr;
		if (auxv->a_type == CLOUDABI_AT_TID)
			own_id = (long)auxv->a_val;
	}
	run(first_text(argdata), own_id);
}

#else

__attribute__((used)) _Noreturn void start(const long *stack)
{
	run(stack[0] > 1 ? (const char *)stack[2] : NULL, CALL(getpid));
}

__asm__(START);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The spec: an argdata map in which the launcher says what is to be run. */

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <argdata.h>

#include "broker.h"

#define SPEC_SIZE_MAX ((size_t)ARGDATA_SIZE_MAX)

struct reader {
	struct argdata_scanner scanner;
	const unsigned char *buf;
	const char *mistake; /* the first one */
};

/* A key of a map and what reads its value. */
struct key {
	const char *name;
	bool is_optional;
	void (*read)(struct reader *reader, void *out);
};

static void fail(struct reader *reader, const char *mistake)
{
	if (reader->mistake == NULL)
		reader->mistake = mistake;
}

static struct argdata_token next(struct reader *reader)
{
	struct argdata_token token = {.kind = ARGDATA_END};

	if (argdata_scan(&reader->scanner, &token, 1) == 0)
		fail(reader, reader->scanner.error.code != 0 ?
				     reader->scanner.error.message :
				     "a value is missing");
	return token;
}

static struct argdata_token expect(struct reader *reader,
				   enum argdata_kind kind)
{
	struct argdata_token token = next(reader);

	if (token.kind != kind)
		fail(reader, "a value has the wrong type");
	return token;
}

/* A string with its terminator, which the format has as well. */
static const char *text_of(struct reader *reader,
			   const struct argdata_token *token)
{
	const char *text = (const char *)reader->buf + token->offset;

	if (token->kind != ARGDATA_STR || strlen(text) != token->len) {
		fail(reader, "a value is not a plain string");
		return "";
	}
	return text;
}

static size_t find_key(const struct key *keys, size_t keys_len,
		       const char *name)
{
	size_t i = 0;

	while (i < keys_len && strcmp(keys[i].name, name) != 0)
		i++;
	return i;
}

/* The members of a map up to its end; its start has been read. */
static void read_members(struct reader *reader, const struct key *keys,
			 size_t keys_len, void *out)
{
	unsigned seen = 0;

	for (;;) {
		struct argdata_token token = next(reader);
		size_t i;

		if (token.kind == ARGDATA_END)
			break;
		i = find_key(keys, keys_len, text_of(reader, &token));
		if (i == keys_len || (seen & 1u << i) != 0)
			fail(reader, "a key is unknown or there twice");
		if (reader->mistake != NULL)
			return;
		seen |= 1u << i;
		keys[i].read(reader, out);
	}
	for (size_t i = 0; i < keys_len; i++)
		if (!keys[i].is_optional && (seen & 1u << i) == 0)
			fail(reader, "a key is missing");
}

static int read_fd(struct reader *reader)
{
	return (int)expect(reader, ARGDATA_FD).number;
}

static bool read_bool(struct reader *reader)
{
	return expect(reader, ARGDATA_BOOL).number != 0;
}

static uint64_t read_rights(struct reader *reader)
{
	struct argdata_token token = expect(reader, ARGDATA_INT);

	if (token.len != 0 || token.number < 0)
		fail(reader, "a set of rights is out of range");
	return (uint64_t)token.number;
}

static void read_fd_number(struct reader *reader, void *out)
{
	((struct spec_fd *)out)->fd = read_fd(reader);
}

static void read_fd_name(struct reader *reader, void *out)
{
	struct argdata_token token = next(reader);

	((struct spec_fd *)out)->name = text_of(reader, &token);
}

static void read_fd_base(struct reader *reader, void *out)
{
	((struct spec_fd *)out)->rights_base = read_rights(reader);
}

static void read_fd_inheriting(struct reader *reader, void *out)
{
	((struct spec_fd *)out)->rights_inheriting = read_rights(reader);
}

static void read_fd_device(struct reader *reader, void *out)
{
	((struct spec_fd *)out)->is_device_meant = read_bool(reader);
}

static void read_fd_kernel(struct reader *reader, void *out)
{
	((struct spec_fd *)out)->is_kernel_meant = read_bool(reader);
}

static const struct key fd_keys[] = {
	{"fd", false, read_fd_number},
	{"name", false, read_fd_name},
	{"rights", false, read_fd_base},
	{"inheriting", false, read_fd_inheriting},
	{"device", true, read_fd_device},
	{"kernel", true, read_fd_kernel},
};

static void read_runtime(struct reader *reader, void *out)
{
	((struct spec *)out)->runtime = read_fd(reader);
}

static void read_program(struct reader *reader, void *out)
{
	((struct spec *)out)->program = read_fd(reader);
}

static void read_emulator(struct reader *reader, void *out)
{
	((struct spec *)out)->emulator = read_fd(reader);
}

static void read_argdata(struct reader *reader, void *out)
{
	struct argdata_token token = expect(reader, ARGDATA_BINARY);
	struct spec *spec = out;

	spec->argdata = reader->buf + token.offset;
	spec->argdata_len = token.len;
}

static void read_descriptors(struct reader *reader, void *out)
{
	struct spec *spec = out;

	expect(reader, ARGDATA_SEQ);
	while (reader->mistake == NULL) {
		struct argdata_token token = next(reader);

		if (token.kind == ARGDATA_END)
			return;
		if (token.kind != ARGDATA_MAP)
			fail(reader, "a descriptor is not a map");
		else if (spec->fds_len == SPEC_FDS_MAX)
			fail(reader, "there are too many descriptors");
		else
			read_members(reader, fd_keys,
				     sizeof(fd_keys) / sizeof(fd_keys[0]),
				     &spec->fds[spec->fds_len++]);
	}
}

static void read_no_landlock(struct reader *reader, void *out)
{
	((struct spec *)out)->no_landlock = read_bool(reader);
}

static void read_traces(struct reader *reader, void *out)
{
	((struct spec *)out)->traces = read_bool(reader);
}

static int64_t read_positive(struct reader *reader, int64_t max)
{
	struct argdata_token token = expect(reader, ARGDATA_INT);

	if (token.len != 0 || token.number <= 0 || token.number > max)
		fail(reader, "a number is out of range");
	return token.number;
}

static void read_launcher(struct reader *reader, void *out)
{
	((struct spec *)out)->launcher = (pid_t)read_positive(reader, INT_MAX);
}

static void read_report(struct reader *reader, void *out)
{
	((struct spec *)out)->report = read_fd(reader);
}

#define READ_LIMIT(name, max)                                                  \
	static void read_##name(struct reader *reader, void *out)              \
	{                                                                      \
		((struct limits *)out)->name =                                 \
			(uint64_t)read_positive(reader, max);                  \
	}

READ_LIMIT(memory, INT64_MAX)
READ_LIMIT(cpu, INT64_MAX)
READ_LIMIT(wall, INT64_MAX)
READ_LIMIT(threads, UINT32_MAX)
READ_LIMIT(files, INT64_MAX)
READ_LIMIT(file_size, INT64_MAX)
READ_LIMIT(processes, PROCESSES_MAX)

static const struct key limits_keys[] = {
	{"memory", true, read_memory},
	{"cpu", true, read_cpu},
	{"wall", true, read_wall},
	{"threads", true, read_threads},
	{"files", true, read_files},
	{"file_size", true, read_file_size},
	{"processes", true, read_processes},
};

static void read_limits(struct reader *reader, void *out)
{
	expect(reader, ARGDATA_MAP);
	if (reader->mistake == NULL)
		read_members(reader, limits_keys,
			     sizeof(limits_keys) / sizeof(limits_keys[0]),
			     &((struct spec *)out)->limits);
}

static const struct key spec_keys[] = {
	{"launcher", false, read_launcher},
	{"report", false, read_report},
	{"runtime", false, read_runtime},
	{"program", false, read_program},
	{"argdata", false, read_argdata},
	{"descriptors", false, read_descriptors},
	{"limits", true, read_limits},
	{"traces", true, read_traces},
	{"no_landlock", true, read_no_landlock},
	{"emulator", true, read_emulator},
};

/* Who writes there is believed. */
static bool is_granted(const struct spec *spec, int fd)
{
	for (size_t i = 0; i < spec->fds_len; i++)
		if (spec->fds[i].fd == fd)
			return true;
	return false;
}

const char *spec_parse(const void *buf, size_t len, struct spec *spec)
{
	struct argdata_error error;
	struct reader reader = {.buf = buf};

	spec->emulator = -1;
	/* The numbers are descriptors of ours, so they have no other bound. */
	if (argdata_validate(buf, len, (size_t)INT_MAX + 1, &error) != 0)
		return error.message;
	argdata_scan_start(&reader.scanner, buf, len, (size_t)INT_MAX + 1);
	expect(&reader, ARGDATA_MAP);
	if (reader.mistake == NULL)
		read_members(&reader, spec_keys,
			     sizeof(spec_keys) / sizeof(spec_keys[0]), spec);
	if (reader.mistake == NULL && is_granted(spec, spec->report))
		return "the report is among the program's descriptors";
	if (reader.mistake == NULL &&
	    argdata_validate(spec->argdata, spec->argdata_len, spec->fds_len,
			     &error) != 0)
		return "the program's argdata is malformed";
	return reader.mistake;
}

static unsigned char *read_file(int fd, size_t *len)
{
	struct stat stat;
	unsigned char *buf;
	size_t done = 0;

	if (fstat(fd, &stat) != 0)
		die(EXIT_SETUP, "cannot read the spec: %s", strerror(errno));
	if (!S_ISREG(stat.st_mode) || (uint64_t)stat.st_size > SPEC_SIZE_MAX)
		die(EXIT_SETUP, "the spec is no file or too large");
	*len = (size_t)stat.st_size;
	buf = malloc(*len + 1);
	if (buf == NULL)
		die(EXIT_SETUP, "there is no memory for the spec");
	while (done < *len) {
		ssize_t some = pread(fd, buf + done, *len - done, (off_t)done);

		if (some <= 0)
			die(EXIT_SETUP, "cannot read the spec: %s",
			    some == 0 ? "it shrank" : strerror(errno));
		done += (size_t)some;
	}
	return buf;
}

void spec_read(int fd, struct spec *spec)
{
	size_t len;
	unsigned char *buf = read_file(fd, &len);
	const char *mistake = spec_parse(buf, len, spec);

	if (mistake != NULL)
		die(EXIT_SETUP, "the spec is malformed: %s", mistake);
	close(fd);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* argdata for programs: over a stream with descriptors, and as YAML. */

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libc_test.h"

static bool is_same_file(int one, int other)
{
	struct stat a, b;

	CHECK(fstat(one, &a) == 0);
	CHECK(fstat(other, &b) == 0);
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int fd_in(const argdata_t *message)
{
	argdata_seq_iterator_t it;
	const argdata_t *member;
	int fd;

	argdata_seq_iterate(message, &it);
	CHECK(argdata_seq_get(&it, &member));
	CHECK(argdata_get_fd(member, &fd) == 0);
	return fd;
}

static void send_seq(argdata_writer_t *writer, int stream, int fd)
{
	argdata_t *members[] = {argdata_create_fd(fd), argdata_create_int(-1)};
	argdata_t *seq =
		argdata_create_seq((argdata_t const *const *)members, 2);

	argdata_writer_set(writer, seq);
	CHECK(argdata_writer_push(writer, stream) == 0);
	argdata_free(seq);
	argdata_free(members[0]);
	argdata_free(members[1]);
}

static void check_socket(void)
{
	argdata_reader_t *reader = argdata_reader_create(100, 1);
	argdata_writer_t *writer = argdata_writer_create();
	int file = test_fd("file"), ends[2], kept, closed;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	send_seq(writer, ends[0], file);
	send_seq(writer, ends[0], file);
	CHECK(close(ends[0]) == 0);
	CHECK(argdata_reader_pull(reader, ends[1]) == 0);
	kept = fd_in(argdata_reader_get(reader));
	CHECK(is_same_file(kept, file));
	argdata_reader_release_fd(reader, kept);
	CHECK(argdata_reader_pull(reader, ends[1]) == 0);
	closed = fd_in(argdata_reader_get(reader));
	CHECK(closed != kept && is_same_file(closed, file));
	CHECK(argdata_reader_pull(reader, ends[1]) == 0);
	CHECK(argdata_reader_get(reader) == NULL);
	CHECK_ERRNO(fcntl(closed, F_GETFD), EBADF);
	CHECK(is_same_file(kept, file));
	CHECK(close(kept) == 0 && close(ends[1]) == 0);
	argdata_reader_free(reader);
	argdata_writer_free(writer);
}

static void check_pipe(void)
{
	argdata_reader_t *reader = argdata_reader_create(1, 4);
	argdata_writer_t *writer = argdata_writer_create();
	int ends[2];

	CHECK(pipe(ends) == 0);
	argdata_writer_set(writer, &argdata_null);
	CHECK(argdata_writer_push(writer, ends[1]) == 0);
	argdata_writer_set(writer, &argdata_true);
	CHECK(argdata_writer_push(writer, ends[1]) == 0);
	CHECK(argdata_reader_pull(reader, ends[0]) == 0);
	CHECK(argdata_reader_get(reader) != NULL);
	CHECK(argdata_reader_pull(reader, ends[0]) == EMSGSIZE);
	CHECK(argdata_reader_get(reader) == NULL);
	CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
	argdata_reader_free(reader);
	argdata_writer_free(writer);
}

static void check_yaml(void)
{
	static const char message[] = "\x06\x83\x08k\0\x85\x07\x81\x05\x81\x0a";
	argdata_t *ad =
		argdata_from_buffer(message, sizeof(message) - 1, NULL, NULL);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	argdata_print_yaml(ad, out);
	CHECK(fclose(out) == 0);
	CHECK(strcmp(text,
		     "%TAG ! tag:nuxi.nl,2015:cloudabi/\n---\n"
		     "!!map {\n  ? !!str \"k\"\n  : !!seq [\n"
		     "    !!int \"0\",\n    !!null \"null\",\n  ],\n}\n") == 0);
	free(text);
	argdata_free(ad);
}

static void test(void)
{
	check_socket();
	check_pipe();
	check_yaml();
}

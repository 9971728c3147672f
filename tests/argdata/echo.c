/* SPDX-License-Identifier: BSD-2-Clause */
/* Receives messages from standard input and sends each back to standard
 * output, with its descriptors; arguments: at most how many bytes and
 * descriptors. Ends with 0 at the end of the stream, 1 if descriptors are left
 * over then, 2 and the error's number on standard error at an error. */

#include <argdata.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

static size_t count_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* Wait if that helps, end if not. */
static void handle(int error, int fd, short event)
{
	struct pollfd ready = {fd, event, 0};

	if (error == EAGAIN && poll(&ready, 1, -1) == 1)
		return;
	fprintf(stderr, "%d\n", error);
	exit(2);
}

static void send_back(argdata_writer_t *writer, const argdata_t *ad)
{
	int error;

	argdata_writer_set(writer, ad);
	while ((error = argdata_writer_push(writer, 1)) != 0)
		handle(error, 1, POLLOUT);
}

/* Whether there was a message. */
static bool receive(argdata_reader_t *reader)
{
	int error;

	while ((error = argdata_reader_pull(reader, 0)) != 0)
		handle(error, 0, POLLIN);
	return argdata_reader_get(reader) != NULL;
}

int main(int argc, char **argv)
{
	size_t before = count_open();
	argdata_reader_t *reader;
	argdata_writer_t *writer = argdata_writer_create();

	if (argc != 3)
		return 3;
	signal(SIGPIPE, SIG_IGN);
	reader = argdata_reader_create(strtoul(argv[1], NULL, 10),
				       strtoul(argv[2], NULL, 10));
	while (receive(reader))
		send_back(writer, argdata_reader_get(reader));
	argdata_reader_free(reader);
	argdata_writer_free(writer);
	return count_open() == before ? 0 : 1;
}

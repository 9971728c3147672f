/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams of argdata messages: a length of 8 bytes, big-endian, the value,
 * and beside the first byte its descriptors. */

#include "codec.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_SIZE 8
#define FDS_MAX 253 /* of one message; SCM_MAX_FD of the kernel */

/* Room for the descriptors of a message. */
union control {
	struct cmsghdr header; /* for the alignment */
	unsigned char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

struct argdata_reader {
	size_t data_max;
	size_t fds_max;
	unsigned char header[HEADER_SIZE];
	unsigned char *data; /* NULL until the header is complete */
	size_t position;     /* bytes received, of header and data together */
	int fds[FDS_MAX];
	size_t fds_len;
	int error;        /* after which there is no going on */
	bool is_complete; /* there is a message, or the stream has ended */
	argdata_t message;
};

argdata_reader_t *argdata_reader_create(size_t data_max, size_t fds_max)
{
	argdata_reader_t *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->data_max = data_max;
	reader->fds_max = fds_max < FDS_MAX ? fds_max : FDS_MAX;
	return reader;
}

static void start_message(argdata_reader_t *reader)
{
	for (size_t i = 0; i < reader->fds_len; i++)
		if (reader->fds[i] >= 0)
			close(reader->fds[i]);
	reader->fds_len = 0;
	free(reader->data);
	reader->data = NULL;
	reader->position = 0;
	reader->is_complete = false;
}

void argdata_reader_free(argdata_reader_t *reader)
{
	if (reader != NULL)
		start_message(reader);
	free(reader);
}

/* Descriptors are in the first control message of all that came, or lost. */
static int keep_fds(argdata_reader_t *reader, struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (control != NULL && control->cmsg_level == SOL_SOCKET &&
	    control->cmsg_type == SCM_RIGHTS) {
		size_t size = control->cmsg_len - CMSG_LEN(0);

		memcpy(reader->fds, CMSG_DATA(control), size);
		reader->fds_len = size / sizeof(int);
	}
	return message->msg_flags & MSG_CTRUNC ? EMSGSIZE : 0;
}

static ssize_t receive_first(argdata_reader_t *reader, int fd)
{
	union control control;
	struct iovec vector = {reader->header, HEADER_SIZE};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_LEN(reader->fds_max * sizeof(int)),
	};
	ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

	if (got < 0 && errno == ENOTSOCK)
		return read(fd, reader->header, HEADER_SIZE);
	if (got >= 0)
		reader->error = keep_fds(reader, &message);
	return got;
}

static ssize_t receive(argdata_reader_t *reader, int fd)
{
	size_t position = reader->position;

	if (position == 0 && reader->fds_max > 0)
		return receive_first(reader, fd);
	if (position < HEADER_SIZE)
		return read(fd, reader->header + position,
			    HEADER_SIZE - position);
	position -= HEADER_SIZE;
	return read(fd, reader->data + position,
		    reader->message.size - position);
}

static int received_fd(void *arg, size_t index)
{
	const argdata_reader_t *reader = arg;

	return index < reader->fds_len ? reader->fds[index] : -1;
}

static int start_data(argdata_reader_t *reader)
{
	uint64_t len = get_be(reader->header, HEADER_SIZE, 0);

	if (len > reader->data_max)
		return EMSGSIZE;
	reader->data = malloc(len > 0 ? (size_t)len : 1);
	reader->message = (argdata_t){
		.form = FORM_ENCODED,
		.size = (size_t)len,
		.encoded = {reader->data, received_fd, reader},
	};
	return reader->data == NULL ? ENOMEM : 0;
}

/* Count what was received; nothing is the end of the stream. */
static int advance(argdata_reader_t *reader, size_t count)
{
	int error = 0;

	if (count == 0 && reader->position > 0)
		return EBADMSG;
	reader->position += count;
	if (reader->position == HEADER_SIZE)
		error = start_data(reader);
	reader->is_complete = count == 0 || (reader->data != NULL &&
					     reader->position - HEADER_SIZE ==
						     reader->message.size);
	return error;
}

int argdata_reader_pull(argdata_reader_t *reader, int fd)
{
	if (reader->is_complete)
		start_message(reader);
	while (reader->error == 0 && !reader->is_complete) {
		ssize_t count = receive(reader, fd);

		if (count < 0)
			return errno;
		if (reader->error == 0)
			reader->error = advance(reader, (size_t)count);
	}
	return reader->error;
}

const argdata_t *argdata_reader_get(const argdata_reader_t *reader)
{
	return reader->is_complete && reader->data != NULL ? &reader->message :
							     NULL;
}

void argdata_reader_release_fd(argdata_reader_t *reader, int fd)
{
	for (size_t i = 0; i < reader->fds_len; i++)
		if (reader->fds[i] == fd)
			reader->fds[i] = -1;
}

struct argdata_writer {
	const argdata_t *next; /* NULL when idle */
	unsigned char *data;   /* header and value, NULL until it is begun */
	size_t size;
	size_t position; /* bytes sent */
	int *fds;
	size_t fds_len;
};

argdata_writer_t *argdata_writer_create(void)
{
	return calloc(1, sizeof(argdata_writer_t));
}

static void finish_message(argdata_writer_t *writer)
{
	free(writer->data);
	free(writer->fds);
	*writer = (argdata_writer_t){0};
}

void argdata_writer_free(argdata_writer_t *writer)
{
	if (writer != NULL)
		finish_message(writer);
	free(writer);
}

void argdata_writer_set(argdata_writer_t *writer, const argdata_t *ad)
{
	assert(writer->next == NULL);
	writer->next = ad;
}

/* Without room for a descriptor, their numbers would be written instead. */
static int serialize(argdata_writer_t *writer)
{
	size_t len, fds_len;

	argdata_serialized_length(writer->next, &len, &fds_len);
	if (__builtin_add_overflow(HEADER_SIZE, len, &writer->size))
		return EMSGSIZE;
	if (writer->fds == NULL)
		writer->fds = calloc(fds_len + 1, sizeof(int));
	if (writer->fds == NULL)
		return ENOMEM;
	writer->data = malloc(writer->size);
	if (writer->data == NULL)
		return ENOMEM;
	put_be(writer->data, HEADER_SIZE, len);
	writer->fds_len = argdata_serialize(
		writer->next, writer->data + HEADER_SIZE, writer->fds);
	return 0;
}

static ssize_t send_with_fds(const argdata_writer_t *writer, int fd)
{
	size_t size = writer->fds_len * sizeof(int);
	union control control = {0};
	struct iovec vector = {writer->data, writer->size};
	struct msghdr message = {
		.msg_iov = &vector,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(size),
	};

	if (writer->fds_len > FDS_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	control.header.cmsg_len = CMSG_LEN(size);
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.header), writer->fds, size);
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static ssize_t send_more(const argdata_writer_t *writer, int fd)
{
	if (writer->position == 0 && writer->fds_len > 0)
		return send_with_fds(writer, fd);
	return write(fd, writer->data + writer->position,
		     writer->size - writer->position);
}

int argdata_writer_push(argdata_writer_t *writer, int fd)
{
	int error = 0;

	if (writer->next == NULL)
		return 0;
	if (writer->data == NULL)
		error = serialize(writer);
	if (error != 0)
		return error;
	while (writer->position < writer->size) {
		ssize_t count = send_more(writer, fd);

		if (count < 0)
			return errno;
		writer->position += (size_t)count;
	}
	finish_message(writer);
	return 0;
}

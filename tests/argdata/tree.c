/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes messages apart and builds them anew with the functions for trees.
 *
 * Each line of standard input is a message in hexadecimal. The answer is a
 * line with the same message rebuilt from copies of all its nodes, or
 * `refused` and the error code where it is malformed. */

#include <argdata.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 70000
#define NODES_MAX 80000

static argdata_t *nodes[NODES_MAX];
static size_t nodes_len;
static void *buffers[NODES_MAX];
static size_t buffers_len;

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "line %d: %s\n", __LINE__,             \
				#condition);                                   \
			exit(1);                                               \
		}                                                              \
	} while (0)

static const argdata_t *keep(argdata_t *node)
{
	CHECK(node != NULL && nodes_len < NODES_MAX);
	nodes[nodes_len++] = node;
	return node;
}

static void *allocate(size_t len)
{
	void *buffer = malloc(len > 0 ? len : 1);

	CHECK(buffer != NULL && buffers_len < NODES_MAX);
	buffers[buffers_len++] = buffer;
	return buffer;
}

static void release(void)
{
	while (nodes_len > 0)
		argdata_free(nodes[--nodes_len]);
	while (buffers_len > 0)
		free(buffers[--buffers_len]);
}

static int same_fd(void *arg, size_t index)
{
	(void)arg;
	return index > INT_MAX ? -1 : (int)index;
}

static const argdata_t *copy(const argdata_t *ad);

static const argdata_t *copy_map(const argdata_t *ad)
{
	argdata_map_iterator_t it;
	const argdata_t *key, *value, **keys, **values;
	size_t len = 0, i = 0;

	argdata_map_iterate(ad, &it);
	for (; argdata_map_get(&it, &key, &value); argdata_map_next(&it))
		len++;
	if (it.index != ARGDATA_ITERATOR_END)
		return NULL;
	keys = allocate(len * sizeof(*keys));
	values = allocate(len * sizeof(*values));
	argdata_map_iterate(ad, &it);
	for (; argdata_map_get(&it, &key, &value); argdata_map_next(&it)) {
		keys[i] = copy(key);
		values[i++] = copy(value);
	}
	return keep(argdata_create_map(keys, values, len));
}

static const argdata_t *copy_seq(const argdata_t *ad)
{
	argdata_seq_iterator_t it;
	const argdata_t *member, **members;
	size_t len = 0, i = 0;

	argdata_seq_iterate(ad, &it);
	for (; argdata_seq_get(&it, &member); argdata_seq_next(&it))
		len++;
	if (it.index != ARGDATA_ITERATOR_END)
		return NULL;
	members = allocate(len * sizeof(*members));
	argdata_seq_iterate(ad, &it);
	for (; argdata_seq_get(&it, &member); argdata_seq_next(&it))
		members[i++] = copy(member);
	return keep(argdata_create_seq(members, len));
}

static const argdata_t *copy_number(const argdata_t *ad)
{
	struct timespec time;
	uintmax_t number_u;
	intmax_t number_s;
	double real;

	if (argdata_get_float(ad, &real) == 0)
		return keep(argdata_create_float(real));
	if (argdata_get_int(ad, &number_s) == 0)
		return keep(argdata_create_int(number_s));
	if (argdata_get_int(ad, &number_u) == 0)
		return keep(argdata_create_int(number_u));
	if (argdata_get_timestamp(ad, &time) == 0)
		return keep(argdata_create_timestamp(&time));
	return NULL;
}

static const argdata_t *copy_scalar(const argdata_t *ad)
{
	const void *bytes;
	const char *text;
	size_t len;
	bool truth;
	int fd;

	if (argdata_get_binary(ad, &bytes, &len) == 0)
		return keep(argdata_create_binary(bytes, len));
	if (argdata_get_bool(ad, &truth) == 0)
		return truth ? &argdata_true : &argdata_false;
	if (argdata_get_fd(ad, &fd) == 0)
		return keep(argdata_create_fd(fd));
	if (argdata_get_str_c(ad, &text) == 0)
		return keep(argdata_create_str_c(text));
	if (argdata_get_str(ad, &text, &len) == 0)
		return keep(argdata_create_str(text, len));
	return NULL;
}

/* What no accessor reads: null, and integers that are too large. */
static const argdata_t *copy_encoded(const argdata_t *ad)
{
	size_t len;
	void *bytes;

	argdata_serialized_length(ad, &len, NULL);
	bytes = allocate(len);
	argdata_serialize(ad, bytes, NULL);
	return keep(argdata_from_buffer(bytes, len, same_fd, NULL));
}

static const argdata_t *copy(const argdata_t *ad)
{
	const argdata_t *result = copy_map(ad);

	if (result == NULL)
		result = copy_seq(ad);
	if (result == NULL)
		result = copy_scalar(ad);
	if (result == NULL)
		result = copy_number(ad);
	return result != NULL ? result : copy_encoded(ad);
}

static size_t read_hex(const char *line, unsigned char *out)
{
	size_t len = 0;
	unsigned int byte;

	while (sscanf(line + 2 * len, "%2x", &byte) == 1)
		out[len++] = (unsigned char)byte;
	return len;
}

static void print_tree(const argdata_t *ad)
{
	static unsigned char out[MESSAGE_MAX];
	size_t len;

	argdata_serialized_length(ad, &len, NULL);
	argdata_serialize(ad, out, NULL);
	for (size_t i = 0; i < len; i++)
		printf("%02x", out[i]);
	printf("\n");
}

static void answer(const unsigned char *message, size_t len)
{
	/* Of the exact size, so that reading past the end is noticed. */
	unsigned char *exact = allocate(len);
	struct argdata_error error;
	const argdata_t *ad, *rebuilt = NULL;

	memcpy(exact, message, len);
	ad = keep(argdata_from_buffer(exact, len, same_fd, NULL));
	/* Accessors have to survive what is malformed, but copy() recurses. */
	if (argdata_validate(exact, len, INT_MAX, &error) != E2BIG)
		rebuilt = copy(ad);
	if (error.code == 0)
		print_tree(rebuilt);
	else
		printf("refused %d\n", error.code);
	release();
}

int main(void)
{
	static char line[2 * MESSAGE_MAX + 2];
	static unsigned char message[MESSAGE_MAX];

	while (fgets(line, sizeof(line), stdin) != NULL)
		answer(message, read_hex(line, message));
	return 0;
}

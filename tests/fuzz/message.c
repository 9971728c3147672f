/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: a message. All ways through the codec agree on whether it is
 * well-formed, and those that write it again arrive at the same bytes. */

#include "fuzz.h"

#define FDS_LEN 3
#define TOKENS_MAX 5000

static struct argdata_token tokens[TOKENS_MAX];

static int same_fd(void *arg, size_t index)
{
	(void)arg;
	return index < FDS_LEN ? (int)index : -1;
}

static size_t scan(struct argdata_scanner *scanner, const unsigned char *buf,
		   size_t len, size_t batch)
{
	size_t n = 0, count;

	argdata_scan_start(scanner, buf, len, FDS_LEN);
	while ((count = argdata_scan(scanner, tokens + n, batch)) > 0) {
		n += count;
		CHECK(n + batch <= TOKENS_MAX);
	}
	CHECK(scanner->error.offset <= len);
	CHECK((scanner->error.code != 0) == (scanner->error.message != NULL));
	return n;
}

static void check_equal(struct bytes message, const unsigned char *buf,
			size_t len)
{
	CHECK(message.len == len && memcmp(message.data, buf, len) == 0);
	free(message.data);
}

/* Of bytes there is no way back. */
static void check_marshal(const unsigned char *buf, size_t len, bool is_good,
			  bool has_bytes)
{
	struct bytes packed = to_marshal(buf, len), again = {NULL, 0};

	CHECK(is_good || packed.len == 0);
	if (packed.len > 0)
		again = from_marshal(packed.data, packed.len);
	if (packed.len > 0 && !has_bytes)
		check_equal(again, buf, len);
	else
		CHECK(again.data == NULL);
	free(packed.data);
}

static bool has_bytes(size_t tokens_len)
{
	for (size_t i = 0; i < tokens_len; i++)
		if (tokens[i].kind == ARGDATA_BINARY)
			return true;
	return false;
}

static void check_yaml(const argdata_t *ad)
{
	static FILE *sink;

	if (sink == NULL)
		sink = fopen("/dev/null", "w");
	CHECK(sink != NULL);
	argdata_print_yaml(ad, sink);
}

/* Trees copy what they do not understand. */
static void check_tree(const unsigned char *buf, size_t len, bool is_good)
{
	argdata_t *ad = argdata_from_buffer(buf, len, same_fd, NULL);
	struct bytes copy = {allocate(len), len};
	size_t size, fds_len;

	CHECK(ad != NULL);
	argdata_serialized_length(ad, &size, &fds_len);
	CHECK(size == len);
	argdata_serialize(ad, copy.data, NULL);
	check_yaml(ad);
	argdata_free(ad);
	if (is_good)
		check_equal(copy, buf, len);
	else
		free(copy.data);
}

int LLVMFuzzerTestOneInput(const unsigned char *buf, size_t len)
{
	struct argdata_scanner one, many;
	struct argdata_error error;
	size_t count = scan(&many, buf, len, 7);
	bool is_good;

	CHECK(scan(&one, buf, len, 1) == count);
	CHECK(one.error.code == many.error.code);
	CHECK(one.error.offset == many.error.offset);
	CHECK(argdata_validate(buf, len, FDS_LEN, &error) == one.error.code);
	is_good = error.code == 0;
	if (is_good)
		check_equal(emit(tokens, count, buf), buf, len);
	check_marshal(buf, len, is_good, has_bytes(count));
	check_tree(buf, len, is_good);
	return 0;
}

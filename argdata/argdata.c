/* SPDX-License-Identifier: BSD-2-Clause */
/* The argdata codec: from bytes to tokens, strictly, and back. */

#include "codec.h"

#include <errno.h>
#include <string.h>

static int fail(struct argdata_error *error, int code, size_t offset,
		const char *message)
{
	*error = (struct argdata_error){code, offset, message};
	return code;
}

/* Whether a big-endian two's complement number does without its first byte. */
static bool is_padded(const unsigned char *bytes, size_t len)
{
	if (len == 0)
		return false;
	if (len == 1)
		return bytes[0] == 0;
	return bytes[0] == (bytes[1] & 0x80 ? 0xff : 0);
}

/* The length of the UTF-8 sequence at text, 0 if it is none. */
static size_t utf8_sequence(const unsigned char *text, size_t len)
{
	unsigned char first = text[0], low = 0x80, high = 0xbf;
	size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4 || size > len)
		return 0;
	if (first == 0xe0)
		low = 0xa0; /* below: overlong */
	else if (first == 0xed)
		high = 0x9f; /* above: surrogates */
	else if (first == 0xf0)
		low = 0x90; /* below: overlong */
	else if (first == 0xf4)
		high = 0x8f; /* above: no code points */
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

size_t argdata_utf8_prefix(const unsigned char *text, size_t len)
{
	const uint64_t high_bits = 0x8080808080808080;
	size_t at = 0;

	while (at < len) {
		uint64_t word;
		size_t size;

		if (len - at >= sizeof(word)) {
			memcpy(&word, text + at, sizeof(word));
			if ((word & high_bits) == 0) {
				at += sizeof(word);
				continue;
			}
		}
		size = utf8_sequence(text + at, len - at);
		if (size == 0)
			break;
		at += size;
	}
	return at;
}

/* Scanner. The read_ functions see a token whose offset and len enclose the
 * payload, and bring it into the form that argdata.h promises. */

static int read_bool(const unsigned char *buf, struct argdata_token *token,
		     struct argdata_error *error)
{
	if (token->len > 1 || (token->len == 1 && buf[token->offset] != 1))
		return fail(error, EINVAL, token->offset,
			    "a boolean is empty or the single byte 01");
	token->number = (int64_t)token->len;
	token->len = 0;
	return 0;
}

static int read_fd(const unsigned char *buf, struct argdata_token *token,
		   struct argdata_error *error)
{
	if (token->len != 4)
		return fail(error, EINVAL, token->offset,
			    "a descriptor has 4 bytes");
	token->number = (int64_t)get_be(buf + token->offset, 4, 0);
	token->len = 0;
	return 0;
}

static int read_float(const unsigned char *buf, struct argdata_token *token,
		      struct argdata_error *error)
{
	uint64_t bits;

	if (token->len != sizeof(bits))
		return fail(error, EINVAL, token->offset,
			    "a float has 8 bytes");
	bits = get_be(buf + token->offset, sizeof(bits), 0);
	memcpy(&token->real, &bits, sizeof(bits));
	token->len = 0;
	return 0;
}

static int read_int(const unsigned char *buf, struct argdata_token *token,
		    struct argdata_error *error)
{
	const unsigned char *bytes = buf + token->offset;

	if (is_padded(bytes, token->len))
		return fail(error, EINVAL, token->offset,
			    "an integer has a superfluous first byte");
	if (token->len > sizeof(token->number))
		return 0;
	if (token->len > 0)
		token->number = (int64_t)get_be(
			bytes, token->len, bytes[0] & 0x80 ? UINT64_MAX : 0);
	token->len = 0;
	return 0;
}

static int read_str(const unsigned char *buf, struct argdata_token *token,
		    struct argdata_error *error)
{
	size_t end = token->offset + token->len, valid;

	if (token->len == 0 || buf[end - 1] != '\0')
		return fail(error, EINVAL, end,
			    "a string does not end in a zero byte");
	token->len--;
	valid = argdata_utf8_prefix(buf + token->offset, token->len);
	if (valid < token->len)
		return fail(error, EILSEQ, token->offset + valid,
			    "a string is not valid UTF-8");
	return 0;
}

int argdata_read_value(const unsigned char *buf, size_t start, size_t len,
		       struct argdata_token *token, struct argdata_error *error)
{
	*token = (struct argdata_token){.kind = ARGDATA_NULL, .offset = start};
	if (len == 0)
		return 0;
	token->kind = buf[start];
	token->offset = start + 1;
	token->len = len - 1;
	switch (token->kind) {
	case ARGDATA_BINARY:
	case ARGDATA_MAP:
	case ARGDATA_SEQ:
		return 0;
	case ARGDATA_BOOL:
		return read_bool(buf, token, error);
	case ARGDATA_FD:
		return read_fd(buf, token, error);
	case ARGDATA_FLOAT:
		return read_float(buf, token, error);
	case ARGDATA_INT:
	case ARGDATA_TIMESTAMP:
		return read_int(buf, token, error);
	case ARGDATA_STR:
		return read_str(buf, token, error);
	default:
		return fail(error, EINVAL, start, "unknown tag");
	}
}

int argdata_read_prefix(const unsigned char *buf, size_t end, size_t *position,
			size_t *len, struct argdata_error *error)
{
	size_t start = *position, at = start, value = 0;

	if (buf[at] == 0)
		return fail(error, EINVAL, at,
			    "a length has a superfluous first byte");
	do {
		if (at == end)
			return fail(error, EINVAL, at, "a length has no end");
		if (value > SIZE_MAX >> 7)
			return fail(error, EINVAL, start,
				    "a length is too large");
		value = value << 7 | (buf[at] & 0x7f);
	} while (!(buf[at++] & 0x80));
	if (value > end - at)
		return fail(error, EINVAL, start,
			    "a value is longer than what contains it");
	*position = at;
	*len = value;
	return 0;
}

static int scan_open(struct argdata_scanner *s,
		     const struct argdata_token *token)
{
	if (s->depth == ARGDATA_DEPTH_MAX)
		return fail(&s->error, E2BIG, token->offset - 1,
			    "values nest too deeply");
	s->open[s->depth].end = token->offset + token->len;
	s->open[s->depth].kind = (enum argdata_kind)token->kind;
	s->open[s->depth].odd = false;
	s->depth++;
	return 0;
}

static int scan_value(struct argdata_scanner *s, size_t len,
		      struct argdata_token *token)
{
	int error =
		argdata_read_value(s->buf, s->position, len, token, &s->error);

	if (error != 0)
		return error;
	if (token->kind == ARGDATA_MAP || token->kind == ARGDATA_SEQ) {
		s->position++;
		return scan_open(s, token);
	}
	if (token->kind == ARGDATA_FD && (uint64_t)token->number >= s->fds_len)
		return fail(&s->error, EBADF, token->offset,
			    "there is no descriptor of this index");
	s->position += len;
	return 0;
}

static int scan_end(struct argdata_scanner *s, struct argdata_token *token)
{
	*token = (struct argdata_token){.kind = ARGDATA_END,
					.offset = s->position};
	s->depth--;
	if (s->open[s->depth].odd)
		return fail(&s->error, EINVAL, s->position,
			    "a map ends in a key without value");
	return 0;
}

static int scan_token(struct argdata_scanner *s, struct argdata_token *token)
{
	size_t end, len = s->len;

	if (s->depth > 0) {
		end = s->open[s->depth - 1].end;
		if (s->position == end)
			return scan_end(s, token);
		if (argdata_read_prefix(s->buf, end, &s->position, &len,
					&s->error) != 0)
			return s->error.code;
		s->open[s->depth - 1].odd ^=
			s->open[s->depth - 1].kind == ARGDATA_MAP;
	}
	return scan_value(s, len, token);
}

void argdata_scan_start(struct argdata_scanner *s, const void *buf, size_t len,
			size_t fds_len)
{
	memset(s, 0, sizeof(*s));
	s->buf = buf;
	s->len = len;
	s->fds_len = fds_len;
	if (len > ARGDATA_SIZE_MAX)
		fail(&s->error, E2BIG, ARGDATA_SIZE_MAX,
		     "the message is too long");
}

size_t argdata_scan(struct argdata_scanner *s, struct argdata_token *tokens,
		    size_t max)
{
	size_t n = 0;

	while (n < max && s->error.code == 0 && (s->depth > 0 || !s->started)) {
		s->started = true;
		if (scan_token(s, &tokens[n]) == 0)
			n++;
	}
	return n;
}

int argdata_validate(const void *buf, size_t len, size_t fds_len,
		     struct argdata_error *error)
{
	struct argdata_scanner scanner;
	struct argdata_token token;

	argdata_scan_start(&scanner, buf, len, fds_len);
	while (argdata_scan(&scanner, &token, 1) > 0)
		;
	*error = scanner.error;
	return scanner.error.code;
}

/* Emitter. */

size_t argdata_prefix_size(size_t len)
{
	size_t size = 1;

	while (len >>= 7)
		size++;
	return size;
}

unsigned char *argdata_put_prefix(unsigned char *out, size_t len)
{
	size_t size = argdata_prefix_size(len);

	for (size_t i = size; i-- > 0; len >>= 7)
		out[i] = len & 0x7f;
	out[size - 1] |= 0x80;
	return out + size;
}

size_t argdata_put_integer(unsigned char *out, const unsigned char *bytes,
			   size_t len)
{
	while (is_padded(bytes, len)) {
		bytes++;
		len--;
	}
	memcpy(out, bytes, len);
	return len;
}

static size_t put_number(unsigned char *out, int64_t number)
{
	unsigned char bytes[sizeof(number)];

	put_be(bytes, sizeof(bytes), (uint64_t)number);
	return argdata_put_integer(out, bytes, sizeof(bytes));
}

static size_t payload_size(const struct argdata_token *token)
{
	unsigned char scratch[sizeof(token->number)];

	switch (token->kind) {
	case ARGDATA_BOOL:
		return token->number != 0;
	case ARGDATA_FD:
		return 4;
	case ARGDATA_FLOAT:
		return sizeof(token->real);
	case ARGDATA_INT:
	case ARGDATA_TIMESTAMP:
		return token->len > 0 ? token->len :
					put_number(scratch, token->number);
	case ARGDATA_STR:
		return token->len + 1;
	default:
		return token->len;
	}
}

static size_t value_size(const struct argdata_token *token)
{
	return token->kind == ARGDATA_NULL ? 0 : 1 + payload_size(token);
}

static void put_payload(unsigned char *out, const struct argdata_token *token,
			const unsigned char *payloads)
{
	uint64_t bits;

	switch (token->kind) {
	case ARGDATA_BOOL:
		if (token->number != 0)
			*out = 1;
		return;
	case ARGDATA_FD:
		put_be(out, 4, (uint64_t)token->number);
		return;
	case ARGDATA_FLOAT:
		memcpy(&bits, &token->real, sizeof(bits));
		put_be(out, sizeof(bits), bits);
		return;
	case ARGDATA_INT:
	case ARGDATA_TIMESTAMP:
		if (token->len == 0) {
			put_number(out, token->number);
			return;
		}
		break;
	case ARGDATA_STR:
		out[token->len] = '\0';
		break;
	}
	if (token->len > 0)
		memcpy(out, payloads + token->offset, token->len);
}

/* Backwards, because a container's size follows from its members'. An END
 * keeps what was counted outside it, and where the END around it is. */
size_t argdata_measure(struct argdata_token *tokens, size_t tokens_len)
{
	size_t size = 0, innermost = 0;

	for (size_t i = tokens_len; i-- > 0;) {
		struct argdata_token *token = &tokens[i];

		if (token->kind == ARGDATA_END) {
			token->len = size;
			token->offset = innermost;
			innermost = i;
			size = 0;
			continue;
		}
		if (token->kind == ARGDATA_MAP || token->kind == ARGDATA_SEQ) {
			token->len = size;
			size = tokens[innermost].len;
			innermost = tokens[innermost].offset;
		}
		size += argdata_prefix_size(value_size(token)) +
			value_size(token);
	}
	return value_size(&tokens[0]);
}

void argdata_emit(const struct argdata_token *tokens, size_t tokens_len,
		  const void *payloads, void *buf)
{
	unsigned char *out = buf;

	for (size_t i = 0; i < tokens_len; i++) {
		const struct argdata_token *token = &tokens[i];

		if (token->kind == ARGDATA_END)
			continue;
		if (i > 0)
			out = argdata_put_prefix(out, value_size(token));
		if (token->kind == ARGDATA_NULL)
			continue;
		*out++ = (unsigned char)token->kind;
		if (token->kind == ARGDATA_MAP || token->kind == ARGDATA_SEQ)
			continue;
		put_payload(out, token, payloads);
		out += payload_size(token);
	}
}

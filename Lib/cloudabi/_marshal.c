/* SPDX-License-Identifier: BSD-2-Clause */
/* Between argdata and the bytes of Python's module marshal. */

#include "codec.h"
#include "decl/marshal.h"

#include <string.h>

/* What version 2 has for the kinds of argdata; numbers are little-endian. */
enum {
	CODE_NONE = 'N',
	CODE_FALSE = 'F',
	CODE_TRUE = 'T',
	CODE_INT = 'i',   /* 32 bits */
	CODE_LONG = 'l',  /* count of digits, negated if the number is < 0 */
	CODE_FLOAT = 'g', /* binary64 */
	CODE_BYTES = 's', /* length, bytes */
	CODE_STR = 'u',   /* length, UTF-8 */
	CODE_TUPLE = '(', /* count, members */
	CODE_LIST = '[',  /* count, members */
	CODE_DICT = '{',  /* keys and values in turn, CODE_END */
	CODE_END = '0',
};

#define DIGIT_BITS 15
#define DIGIT_MAX ((1 << DIGIT_BITS) - 1)

/* To marshal. */

struct writer {
	unsigned char *out;
	size_t len;
	size_t position;
	size_t depth;
	struct {
		bool is_map;
		size_t seen;     /* members so far */
		size_t count_at; /* where a seq's count goes */
	} open[ARGDATA_DEPTH_MAX];
};

static bool put(struct writer *w, const void *data, size_t len)
{
	if (w->len - w->position < len)
		return false;
	if (len > 0)
		memcpy(w->out + w->position, data, len);
	w->position += len;
	return true;
}

static void set_le(unsigned char *out, size_t len, uint64_t value)
{
	for (size_t i = 0; i < len; i++, value >>= 8)
		out[i] = (unsigned char)value;
}

static bool put_le(struct writer *w, size_t len, uint64_t value)
{
	unsigned char bytes[sizeof(value)];

	set_le(bytes, len, value);
	return put(w, bytes, len);
}

static bool put_code(struct writer *w, unsigned char code)
{
	return put(w, &code, 1);
}

static bool put_long(struct writer *w, int64_t number)
{
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
	size_t count = 0, count_at = w->position + 1;

	if (!put_code(w, CODE_LONG) || !put_le(w, 4, 0))
		return false;
	for (; rest > 0; rest >>= DIGIT_BITS, count++)
		if (!put_le(w, 2, rest & DIGIT_MAX))
			return false;
	set_le(w->out + count_at, 4, number < 0 ? -count : count);
	return true;
}

static bool put_int(struct writer *w, const struct argdata_token *token)
{
	if (token->len > 0)
		return false;
	if (token->number < INT32_MIN || token->number > INT32_MAX)
		return put_long(w, token->number);
	return put_code(w, CODE_INT) && put_le(w, 4, (uint64_t)token->number);
}

static bool put_float(struct writer *w, double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	return put_code(w, CODE_FLOAT) && put_le(w, sizeof(bits), bits);
}

static bool put_text(struct writer *w, unsigned char code, const void *data,
		     size_t len)
{
	return put_code(w, code) && put_le(w, 4, len) && put(w, data, len);
}

/* Whether the next value is a key. */
static bool is_key(const struct writer *w)
{
	size_t top = w->depth - 1;

	return w->depth > 0 && w->open[top].is_map &&
	       w->open[top].seen % 2 == 0;
}

/* The scanner has seen to the depth. Keys that are tuples or big integers can
 * be chosen so that they all hash alike: those are left to the slow way, which
 * counts. */
static bool put_start(struct writer *w, bool is_map)
{
	unsigned char code = is_map ? CODE_DICT : CODE_LIST;

	if (is_key(w))
		return false;
	w->open[w->depth].is_map = is_map;
	w->open[w->depth].seen = 0;
	w->open[w->depth].count_at = w->position + 1;
	w->depth++;
	return put_code(w, code) && (is_map || put_le(w, 4, 0));
}

static bool put_end(struct writer *w)
{
	size_t top = --w->depth;

	if (w->open[top].is_map)
		return put_code(w, CODE_END);
	set_le(w->out + w->open[top].count_at, 4, w->open[top].seen);
	return true;
}

static bool put_value(struct writer *w, const unsigned char *buf,
		      const struct argdata_token *token)
{
	const unsigned char *data = buf + token->offset;

	switch (token->kind) {
	case ARGDATA_NULL:
		return put_code(w, CODE_NONE);
	case ARGDATA_BINARY:
		return put_text(w, CODE_BYTES, data, token->len);
	case ARGDATA_BOOL:
		return put_code(w, token->number ? CODE_TRUE : CODE_FALSE);
	case ARGDATA_FLOAT:
		return put_float(w, token->real);
	case ARGDATA_INT:
		return put_int(w, token);
	case ARGDATA_MAP:
	case ARGDATA_SEQ:
		return put_start(w, token->kind == ARGDATA_MAP);
	case ARGDATA_STR:
		return put_text(w, CODE_STR, data, token->len);
	case ARGDATA_END:
		return put_end(w);
	default:
		return false;
	}
}

size_t argdata_to_marshal(const void *buf, size_t len, void *out,
			  size_t out_len)
{
	struct writer w = {.out = out, .len = out_len};
	struct argdata_scanner scanner;
	struct argdata_token token;

	argdata_scan_start(&scanner, buf, len, 0);
	while (argdata_scan(&scanner, &token, 1) > 0) {
		size_t outer = w.depth;

		if (!put_value(&w, buf, &token))
			return 0;
		if (token.kind != ARGDATA_END && outer > 0)
			w.open[outer - 1].seen++;
	}
	return scanner.error.code == 0 ? w.position : 0;
}

/* From marshal. */

struct reader {
	const unsigned char *buf;
	size_t len;
	size_t position;
	size_t depth;
	struct {
		bool is_map;
		size_t seen;  /* members so far */
		size_t count; /* of a seq's members */
	} open[ARGDATA_DEPTH_MAX];
};

static bool take_le(struct reader *r, size_t len, uint64_t *value)
{
	if (r->len - r->position < len)
		return false;
	*value = 0;
	for (size_t i = len; i-- > 0;)
		*value = *value << 8 | r->buf[r->position + i];
	r->position += len;
	return true;
}

static bool take_int(struct reader *r, struct argdata_token *token)
{
	uint64_t value;

	if (!take_le(r, 4, &value))
		return false;
	token->kind = ARGDATA_INT;
	token->number = (int32_t)value;
	return true;
}

/* Every number of up to four digits fits, and no one of more than five. */
static bool take_long(struct reader *r, struct argdata_token *token)
{
	uint64_t value, digit, number = 0;
	bool is_negative;
	int32_t count;

	if (!take_le(r, 4, &value))
		return false;
	count = (int32_t)value;
	is_negative = count < 0;
	if (count < -5 || count > 5)
		return false;
	for (int i = 0; i < (is_negative ? -count : count); i++) {
		if (!take_le(r, 2, &digit) || digit > DIGIT_MAX ||
		    (i == 4 && digit > UINT64_MAX >> 4 * DIGIT_BITS))
			return false;
		number |= digit << i * DIGIT_BITS;
	}
	if (number > (uint64_t)INT64_MAX + is_negative)
		return false;
	token->kind = ARGDATA_INT;
	token->number = (int64_t)(is_negative ? -number : number);
	return true;
}

static bool take_float(struct reader *r, struct argdata_token *token)
{
	uint64_t bits;

	if (!take_le(r, sizeof(bits), &bits))
		return false;
	token->kind = ARGDATA_FLOAT;
	memcpy(&token->real, &bits, sizeof(bits));
	return true;
}

static bool take_str(struct reader *r, struct argdata_token *token)
{
	uint64_t len;

	if (!take_le(r, 4, &len) || len > r->len - r->position ||
	    argdata_utf8_prefix(r->buf + r->position, len) < len)
		return false;
	token->kind = ARGDATA_STR;
	token->offset = r->position;
	token->len = len;
	r->position += len;
	return true;
}

static bool take_start(struct reader *r, struct argdata_token *token,
		       bool is_map)
{
	uint64_t count = 0;

	if (r->depth == ARGDATA_DEPTH_MAX)
		return false;
	if (!is_map && !take_le(r, 4, &count))
		return false;
	r->open[r->depth].is_map = is_map;
	r->open[r->depth].seen = 0;
	r->open[r->depth].count = count;
	r->depth++;
	token->kind = is_map ? ARGDATA_MAP : ARGDATA_SEQ;
	return true;
}

/* A map's end; a seq has none. */
static bool take_end(struct reader *r, struct argdata_token *token)
{
	size_t top = r->depth - 1;

	if (r->depth == 0 || !r->open[top].is_map || r->open[top].seen % 2 != 0)
		return false;
	r->depth--;
	token->kind = ARGDATA_END;
	return true;
}

static bool take_value(struct reader *r, struct argdata_token *token)
{
	uint64_t code;

	if (!take_le(r, 1, &code))
		return false;
	switch (code) {
	case CODE_NONE:
		return true;
	case CODE_FALSE:
	case CODE_TRUE:
		token->kind = ARGDATA_BOOL;
		token->number = code == CODE_TRUE;
		return true;
	case CODE_INT:
		return take_int(r, token);
	case CODE_LONG:
		return take_long(r, token);
	case CODE_FLOAT:
		return take_float(r, token);
	case CODE_STR:
		return take_str(r, token);
	case CODE_TUPLE:
	case CODE_LIST:
	case CODE_DICT:
		return take_start(r, token, code == CODE_DICT);
	case CODE_END:
		return take_end(r, token);
	default:
		return false;
	}
}

static bool is_complete_seq(const struct reader *r)
{
	size_t top = r->depth - 1;

	return r->depth > 0 && !r->open[top].is_map &&
	       r->open[top].seen == r->open[top].count;
}

static bool take_token(struct reader *r, struct argdata_token *token)
{
	size_t outer = r->depth;

	*token = (struct argdata_token){.kind = ARGDATA_NULL};
	if (is_complete_seq(r)) {
		r->depth--;
		token->kind = ARGDATA_END;
		return true;
	}
	if (!take_value(r, token))
		return false;
	if (token->kind != ARGDATA_END && outer > 0)
		r->open[outer - 1].seen++;
	return true;
}

size_t argdata_from_marshal(const void *buf, size_t len,
			    struct argdata_token *tokens, size_t tokens_len)
{
	struct reader r = {.buf = buf, .len = len};
	struct argdata_token token;
	size_t n = 0;

	do {
		if (!take_token(&r, &token))
			return 0;
		if (n < tokens_len)
			tokens[n] = token;
		n++;
	} while (r.depth > 0);
	return r.position == len ? n : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* argdata trees: accessors and iterators. */

#include "codec.h"

#include <errno.h>
#include <string.h>

static bool is_encoded(const argdata_t *ad, enum argdata_kind kind)
{
	return ad->form == FORM_ENCODED && ad->size > 0 &&
	       ad->encoded.buf[0] == kind;
}

static int get_token(const argdata_t *ad, enum argdata_kind kind,
		     struct argdata_token *token)
{
	struct argdata_error unused;

	if (!is_encoded(ad, kind))
		return EINVAL;
	return argdata_read_value(ad->encoded.buf, 0, ad->size, token, &unused);
}

int argdata_get_binary(const argdata_t *ad, const void **buf, size_t *len)
{
	struct argdata_token token;
	int error;

	if (ad->form == FORM_BINARY) {
		*buf = ad->text.data;
		*len = ad->size - 1;
		return 0;
	}
	error = get_token(ad, ARGDATA_BINARY, &token);
	if (error != 0)
		return error;
	*buf = ad->encoded.buf + token.offset;
	*len = token.len;
	return 0;
}

int argdata_get_bool(const argdata_t *ad, bool *value)
{
	struct argdata_token token;
	int error = get_token(ad, ARGDATA_BOOL, &token);

	if (error == 0)
		*value = token.number != 0;
	return error;
}

int argdata_get_fd(const argdata_t *ad, int *fd)
{
	struct argdata_token token;
	int error, converted;

	if (ad->form == FORM_FD) {
		*fd = ad->fd;
		return 0;
	}
	error = get_token(ad, ARGDATA_FD, &token);
	if (error != 0)
		return error;
	converted = convert_fd(ad, token.number);
	if (converted < 0)
		return EBADF;
	*fd = converted;
	return 0;
}

int argdata_get_float(const argdata_t *ad, double *value)
{
	struct argdata_token token;
	int error = get_token(ad, ARGDATA_FLOAT, &token);

	if (error == 0)
		*value = token.real;
	return error;
}

int argdata_get_int_s(const argdata_t *ad, intmax_t *value, intmax_t min,
		      intmax_t max)
{
	struct argdata_token token;
	int error = get_token(ad, ARGDATA_INT, &token);

	if (error != 0)
		return error;
	if (token.len > 0 || token.number < min || token.number > max)
		return ERANGE;
	*value = token.number;
	return 0;
}

int argdata_get_int_u(const argdata_t *ad, uintmax_t *value, uintmax_t max)
{
	struct argdata_token token;
	int error = get_token(ad, ARGDATA_INT, &token);
	const unsigned char *bytes;
	uintmax_t number;

	if (error != 0)
		return error;
	bytes = ad->encoded.buf + token.offset;
	if (token.len > 9 || (token.len == 9 && bytes[0] != 0) ||
	    token.number < 0)
		return ERANGE;
	number = token.len == 9 ? get_be(bytes, 9, 0) : (uintmax_t)token.number;
	if (number > max)
		return ERANGE;
	*value = number;
	return 0;
}

int argdata_get_str(const argdata_t *ad, const char **text, size_t *len)
{
	struct argdata_token token;
	int error;

	if (ad->form == FORM_STR) {
		*text = ad->text.data;
		*len = ad->size - 2;
		return 0;
	}
	error = get_token(ad, ARGDATA_STR, &token);
	if (error != 0)
		return error;
	*text = (const char *)ad->encoded.buf + token.offset;
	*len = token.len;
	return 0;
}

int argdata_get_str_c(const argdata_t *ad, const char **text)
{
	const char *start;
	size_t len;
	int error;

	if (ad->form == FORM_STR && !ad->text.terminated)
		return EINVAL;
	error = argdata_get_str(ad, &start, &len);
	if (error != 0)
		return error;
	if (memchr(start, '\0', len) != NULL)
		return EILSEQ;
	*text = start;
	return 0;
}

/* Long division, byte by byte; of the complement if the time is negative. */
int argdata_get_timestamp(const argdata_t *ad, struct timespec *value)
{
	struct argdata_token token;
	int error = get_token(ad, ARGDATA_TIMESTAMP, &token);
	const unsigned char *bytes;
	uint64_t quotient = 0, rest = 0, flip;

	if (error != 0)
		return error;
	bytes = ad->encoded.buf + 1;
	flip = ad->size > 1 && bytes[0] & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < ad->size - 1; i++) {
		rest = rest << 8 | (unsigned char)(bytes[i] ^ flip);
		if (quotient > (uint64_t)INT64_MAX >> 8)
			return ERANGE;
		quotient = quotient << 8 | rest / NS_PER_S;
		rest %= NS_PER_S;
	}
	value->tv_sec = (time_t)(quotient ^ flip);
	value->tv_nsec = (long)(flip ? NS_PER_S - 1 - rest : rest);
	return 0;
}

/* Iterators. The index of an encoded container is an offset, the one of a
 * created container counts members. */

struct __attribute__((may_alias)) cursor {
	_Alignas(max_align_t) size_t index;
	_Alignas(max_align_t) const argdata_t *container;
	size_t next; /* offset; encoded containers only */
	argdata_t key;
	argdata_t value;
};

_Static_assert(sizeof(struct cursor) <= sizeof(argdata_map_iterator_t),
	       "a cursor fits into an iterator");

/* The member at *position, if the container is well-formed there. */
static bool take(const argdata_t *container, size_t *position,
		 argdata_t *member)
{
	struct argdata_error unused;
	size_t len;

	if (*position == container->size ||
	    argdata_read_prefix(container->encoded.buf, container->size,
				position, &len, &unused) != 0)
		return false;
	*member = *container;
	member->encoded.buf += *position;
	member->size = len;
	*position += len;
	return true;
}

static void load(struct cursor *c, size_t position)
{
	const argdata_t *container = c->container;

	c->index = position;
	if (position == container->size)
		c->index = ARGDATA_ITERATOR_END;
	else if ((container->encoded.buf[0] == ARGDATA_MAP &&
		  !take(container, &position, &c->key)) ||
		 !take(container, &position, &c->value))
		c->index = ARGDATA_ITERATOR_INVALID;
	c->next = position;
}

static void count(struct cursor *c, size_t index)
{
	c->index =
		index < c->container->list.len ? index : ARGDATA_ITERATOR_END;
}

static void iterate(struct cursor *c, const argdata_t *ad, enum form form,
		    enum argdata_kind kind)
{
	c->container = ad;
	c->index = ARGDATA_ITERATOR_INVALID;
	if (ad->form == form)
		count(c, 0);
	else if (is_encoded(ad, kind))
		load(c, 1);
}

static void next(struct cursor *c)
{
	if (c->index >= ARGDATA_ITERATOR_INVALID)
		return;
	if (c->container->form == FORM_ENCODED)
		load(c, c->next);
	else
		count(c, c->index + 1);
}

void argdata_map_iterate(const argdata_t *ad, argdata_map_iterator_t *it)
{
	iterate((struct cursor *)it, ad, FORM_MAP, ARGDATA_MAP);
}

bool argdata_map_get(const argdata_map_iterator_t *it, const argdata_t **key,
		     const argdata_t **value)
{
	const struct cursor *c = (const struct cursor *)it;
	const argdata_t *container = c->container;
	bool encoded;

	if (c->index >= ARGDATA_ITERATOR_INVALID)
		return false;
	encoded = container->form == FORM_ENCODED;
	*key = encoded ? &c->key : container->list.keys[c->index];
	*value = encoded ? &c->value : container->list.values[c->index];
	return true;
}

void argdata_map_next(argdata_map_iterator_t *it)
{
	next((struct cursor *)it);
}

void argdata_seq_iterate(const argdata_t *ad, argdata_seq_iterator_t *it)
{
	iterate((struct cursor *)it, ad, FORM_SEQ, ARGDATA_SEQ);
}

bool argdata_seq_get(const argdata_seq_iterator_t *it, const argdata_t **value)
{
	const struct cursor *c = (const struct cursor *)it;

	if (c->index >= ARGDATA_ITERATOR_INVALID)
		return false;
	*value = c->container->form == FORM_ENCODED ?
			 &c->value :
			 c->container->list.values[c->index];
	return true;
}

void argdata_seq_next(argdata_seq_iterator_t *it)
{
	next((struct cursor *)it);
}

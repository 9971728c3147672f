/* SPDX-License-Identifier: BSD-2-Clause */
/* argdata values as YAML, each with its tag. */

#include "codec.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Texts and bytes. */

static size_t read_utf8(const unsigned char *text, uint32_t *point)
{
	size_t size = text[0] < 0x80 ? 1 :
		      text[0] < 0xe0 ? 2 :
		      text[0] < 0xf0 ? 3 :
				       4;

	*point = size == 1 ? text[0] : text[0] & 0x7fu >> size;
	for (size_t i = 1; i < size; i++)
		*point = *point << 6 | (text[i] & 0x3f);
	return size;
}

/* The letter after the backslash, if there is one for this character. */
static char short_escape(uint32_t point)
{
	static const struct {
		uint32_t point;
		char letter;
	} escapes[] = {
		{0x00, '0'}, {0x07, 'a'},   {0x08, 'b'},   {0x09, 't'},
		{0x0a, 'n'}, {0x0b, 'v'},   {0x0c, 'f'},   {0x0d, 'r'},
		{0x1b, 'e'}, {'"', '"'},    {'\\', '\\'},  {0x85, 'N'},
		{0xa0, '_'}, {0x2028, 'L'}, {0x2029, 'P'},
	};

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (escapes[i].point == point)
			return escapes[i].letter;
	return '\0';
}

static bool is_printable(uint32_t point)
{
	return (point >= 0x20 && point < 0x7f) ||
	       (point > 0xa0 && point < 0xfffe && point != 0xfeff) ||
	       point > 0xffff;
}

static void print_character(FILE *out, const unsigned char *bytes, size_t size,
			    uint32_t point)
{
	char letter = short_escape(point);

	if (letter != '\0')
		fprintf(out, "\\%c", letter);
	else if (is_printable(point))
		fwrite(bytes, 1, size, out);
	else if (point <= 0xff)
		fprintf(out, "\\x%02" PRIx32, point);
	else
		fprintf(out, "\\u%04" PRIx32, point);
}

/* What prints a scalar returns false, and prints nothing, if it is malformed. */

static bool print_str(FILE *out, const argdata_t *ad)
{
	const char *text;
	uint32_t point;
	size_t len, size;

	if (argdata_get_str(ad, &text, &len) != 0)
		return false;
	fputs("!!str \"", out);
	for (size_t i = 0; i < len; i += size) {
		const unsigned char *bytes = (const unsigned char *)text + i;

		size = read_utf8(bytes, &point);
		print_character(out, bytes, size, point);
	}
	fputc('"', out);
	return true;
}

/* Up to three bytes as four characters. */
static void print_base64(FILE *out, const unsigned char *bytes, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";
	uint32_t bits = (uint32_t)get_be(bytes, len, 0) << 8 * (3 - len);

	for (size_t i = 0; i < 4; i++)
		fputc(i <= len ? alphabet[bits >> (18 - 6 * i) & 0x3f] : '=',
		      out);
}

static bool print_binary(FILE *out, const argdata_t *ad)
{
	const void *data;
	size_t len;

	if (argdata_get_binary(ad, &data, &len) != 0)
		return false;
	fputs("!!binary \"", out);
	for (size_t i = 0; i < len; i += 3)
		print_base64(out, (const unsigned char *)data + i,
			     len - i < 3 ? len - i : 3);
	fputc('"', out);
	return true;
}

/* Numbers. */

static bool print_bool(FILE *out, const argdata_t *ad)
{
	bool value;

	if (argdata_get_bool(ad, &value) != 0)
		return false;
	fprintf(out, "!!bool \"%s\"", value ? "true" : "false");
	return true;
}

static bool print_fd(FILE *out, const argdata_t *ad)
{
	int fd, error = argdata_get_fd(ad, &fd);

	if (error == 0)
		fprintf(out, "!fd \"%d\"", fd);
	else if (error == EBADF)
		fputs("!fd \"invalid\"", out);
	return error == 0 || error == EBADF;
}

/* The shortest form of 17 digits: without zeros at their end, and without an
 * exponent that is zero. */
static void print_digits(FILE *out, double value)
{
	char text[32], *exponent, *end;

	snprintf(text, sizeof(text), "%.16e", value);
	exponent = strchr(text, 'e');
	end = exponent;
	while (end[-1] == '0')
		end--;
	if (end[-1] == '.')
		end--;
	fwrite(text, 1, (size_t)(end - text), out);
	if (strcmp(exponent, "e+00") != 0)
		fputs(exponent, out);
}

static bool print_float(FILE *out, const argdata_t *ad)
{
	double value;

	if (argdata_get_float(ad, &value) != 0)
		return false;
	fputs("!!float \"", out);
	if (isnan(value))
		fputs(".nan", out);
	else if (isinf(value))
		fputs(value < 0 ? "-.inf" : ".inf", out);
	else if (value == 0)
		fputc('0', out);
	else
		print_digits(out, value);
	fputc('"', out);
	return true;
}

/* In hexadecimal, because decimal takes quadratic time. Up to the last byte
 * that is not zero, a negative number is inverted. */
static void print_large_int(FILE *out, const unsigned char *bytes, size_t len)
{
	bool is_negative = bytes[0] >= 0x80;
	size_t last = len - 1;

	while (bytes[last] == 0)
		last--;
	fputs(is_negative ? "!!int \"-0x" : "!!int \"0x", out);
	for (size_t i = 0; i < len; i++) {
		unsigned int byte = bytes[i];

		if (is_negative)
			byte = i < last ? ~byte : -byte;
		fprintf(out, "%02x", byte & 0xff);
	}
	fputc('"', out);
}

static bool print_int(FILE *out, const argdata_t *ad)
{
	intmax_t number_s;
	uintmax_t number_u;
	int error = argdata_get_int(ad, &number_s);

	if (error == 0)
		fprintf(out, "!!int \"%" PRIdMAX "\"", number_s);
	else if (argdata_get_int(ad, &number_u) == 0)
		fprintf(out, "!!int \"%" PRIuMAX "\"", number_u);
	else if (error == ERANGE)
		print_large_int(out, ad->encoded.buf + 1, ad->size - 1);
	return error == 0 || error == ERANGE;
}

static bool print_timestamp(FILE *out, const argdata_t *ad)
{
	struct timespec time;
	struct tm tm;

	if (argdata_get_timestamp(ad, &time) != 0 ||
	    gmtime_r(&time.tv_sec, &tm) == NULL)
		return false;
	fprintf(out, "!!timestamp \"%04lld-%02d-%02dT%02d:%02d:%02d.%09ldZ\"",
		tm.tm_year + 1900LL, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		tm.tm_min, tm.tm_sec, time.tv_nsec);
	return true;
}

/* Values. */

static enum argdata_kind kind_of(const argdata_t *ad)
{
	switch (ad->form) {
	case FORM_BINARY:
		return ARGDATA_BINARY;
	case FORM_STR:
		return ARGDATA_STR;
	case FORM_FD:
		return ARGDATA_FD;
	case FORM_MAP:
		return ARGDATA_MAP;
	case FORM_SEQ:
		return ARGDATA_SEQ;
	default:
		return ad->size == 0 ? ARGDATA_NULL : ad->encoded.buf[0];
	}
}

static bool print_scalar(FILE *out, const argdata_t *ad)
{
	switch (kind_of(ad)) {
	case ARGDATA_BINARY:
		return print_binary(out, ad);
	case ARGDATA_BOOL:
		return print_bool(out, ad);
	case ARGDATA_FD:
		return print_fd(out, ad);
	case ARGDATA_FLOAT:
		return print_float(out, ad);
	case ARGDATA_INT:
		return print_int(out, ad);
	case ARGDATA_STR:
		return print_str(out, ad);
	case ARGDATA_TIMESTAMP:
		return print_timestamp(out, ad);
	default:
		return false;
	}
}

/* Containers. */

struct level {
	bool is_map;
	enum progress {
		BEGUN,
		KEY_PRINTED,
		MEMBER_PRINTED,
	} progress;
	union {
		argdata_map_iterator_t map;
		argdata_seq_iterator_t seq;
	};
};

struct printer {
	FILE *out;
	size_t depth;
	struct level open[ARGDATA_DEPTH_MAX];
};

/* The current member; for a seq, *key is not set. */
static bool get_member(const struct level *level, const argdata_t **key,
		       const argdata_t **value)
{
	return level->is_map ? argdata_map_get(&level->map, key, value) :
			       argdata_seq_get(&level->seq, value);
}

static void next_member(struct level *level)
{
	if (level->is_map)
		argdata_map_next(&level->map);
	else
		argdata_seq_next(&level->seq);
}

static void print_line(const struct printer *p, const char *mark)
{
	fprintf(p->out, "\n%*s%s", (int)(2 * p->depth), "", mark);
}

static void print_start(struct printer *p, const argdata_t *ad, bool is_map)
{
	struct level *level = &p->open[p->depth];
	const argdata_t *key, *value;

	level->is_map = is_map;
	level->progress = BEGUN;
	if (is_map)
		argdata_map_iterate(ad, &level->map);
	else
		argdata_seq_iterate(ad, &level->seq);
	if (get_member(level, &key, &value)) {
		fputs(is_map ? "!!map {" : "!!seq [", p->out);
		p->depth++;
	} else {
		fputs(is_map ? "!!map {}" : "!!seq []", p->out);
	}
}

static void print_value(struct printer *p, const argdata_t *ad)
{
	enum argdata_kind kind = kind_of(ad);

	if ((kind == ARGDATA_MAP || kind == ARGDATA_SEQ) &&
	    p->depth < ARGDATA_DEPTH_MAX)
		print_start(p, ad, kind == ARGDATA_MAP);
	else if (!print_scalar(p->out, ad))
		fputs("!!null \"null\"", p->out);
}

static void print_end(struct printer *p)
{
	p->depth--;
	print_line(p, p->open[p->depth].is_map ? "}" : "]");
}

/* Print the next key or member of the innermost container, or its end. */
static void print_next(struct printer *p)
{
	struct level *level = &p->open[p->depth - 1];
	const argdata_t *key = NULL, *value;
	bool is_key;

	if (level->progress == MEMBER_PRINTED) {
		fputc(',', p->out);
		next_member(level);
	}
	if (!get_member(level, &key, &value)) {
		print_end(p);
		return;
	}
	is_key = level->is_map && level->progress != KEY_PRINTED;
	print_line(p, is_key ? "? " : level->is_map ? ": " : "");
	level->progress = is_key ? KEY_PRINTED : MEMBER_PRINTED;
	print_value(p, is_key ? key : value);
}

void argdata_print_yaml(const argdata_t *ad, FILE *out)
{
	struct printer p = {.out = out};

	fputs("%TAG ! tag:nuxi.nl,2015:cloudabi/\n---\n", out);
	print_value(&p, ad);
	while (p.depth > 0)
		print_next(&p);
	fputc('\n', out);
}

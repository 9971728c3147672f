/* SPDX-License-Identifier: BSD-2-Clause */
/* argdata: typed values as bytes. Tokens (argdata.c) and, on top of them,
 * trees for programs (tree.c, access.c), streams and text of them. */

#ifndef ARGDATA_H
#define ARGDATA_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

/* Messages that nest deeper or are longer are refused everywhere. */
#define ARGDATA_DEPTH_MAX 64
#define ARGDATA_SIZE_MAX ((size_t)64 << 20)

/* The numbers are the tags of the format; the last one has no encoding. */
enum argdata_kind {
	ARGDATA_NULL,
	ARGDATA_BINARY,
	ARGDATA_BOOL,
	ARGDATA_FD,
	ARGDATA_FLOAT,
	ARGDATA_INT,
	ARGDATA_MAP,
	ARGDATA_SEQ,
	ARGDATA_STR,
	ARGDATA_TIMESTAMP,
	ARGDATA_END, /* closes the innermost map or seq */
};

struct argdata_error {
	int code;      /* EINVAL, EILSEQ (UTF-8), EBADF (fd), E2BIG (limits) */
	size_t offset; /* of the first offending byte */
	const char *message; /* lower case, without full stop */
};

/* 0, or error->code after filling in *error. */
int argdata_validate(const void *buf, size_t len, size_t fds_len,
		     struct argdata_error *error);

/*
 * Tokens: a message is a flat list of them, with a map or seq followed by
 * its members and one ARGDATA_END.
 *
 *   BINARY STR      len bytes at offset; a STR's terminator is not counted
 *   BOOL FD         number; a descriptor is the index in the message
 *   INT TIMESTAMP   number when len is 0, else len > 8 bytes at offset,
 *                   big-endian two's complement (timestamp: nanoseconds)
 *   FLOAT           real
 *   MAP SEQ         len: bytes of all members, which start at offset
 *
 * The layout has four words of 64 bits on every machine.
 */
struct argdata_token {
	uint64_t kind; /* enum argdata_kind */
	uint64_t offset;
	uint64_t len;
	union {
		int64_t number;
		double real;
	};
};

struct argdata_scanner {
	const unsigned char *buf;
	size_t len;
	uint64_t fds_len; /* indices from here on are invalid */
	size_t position;
	size_t depth;
	bool started;
	struct argdata_error error; /* .code is 0 while all is well */
	struct {
		size_t end;
		enum argdata_kind kind;
		bool odd; /* a key is waiting for its value */
	} open[ARGDATA_DEPTH_MAX];
};

void argdata_scan_start(struct argdata_scanner *scanner, const void *buf,
			size_t len, size_t fds_len);

/*
 * The next tokens, at most max of them, each already checked strictly.
 * Returns how many; fewer than max only at the end of the message or at a
 * mistake, which scanner->error tells apart.
 */
size_t argdata_scan(struct argdata_scanner *scanner,
		    struct argdata_token *tokens, size_t max);

/*
 * The way back. argdata_measure() fills in the len of every MAP and SEQ and
 * returns the size of the message, which argdata_emit() then writes to out;
 * payloads is what the offsets refer to.
 *
 * Preconditions: the tokens are exactly one value; texts are valid UTF-8;
 * integers with a len have the fewest bytes possible.
 */
size_t argdata_measure(struct argdata_token *tokens, size_t tokens_len);
void argdata_emit(const struct argdata_token *tokens, size_t tokens_len,
		  const void *payloads, void *out);

/*
 * Trees. Constructors borrow: buffers, arrays and children must outlive the
 * node, and argdata_free() releases one node alone. A constructor that
 * fails returns NULL and sets errno. Accessors return 0 or an error code:
 * EINVAL wrong kind or malformed, ERANGE, EILSEQ, EBADF.
 */
typedef struct argdata argdata_t;

extern const argdata_t argdata_null;
extern const argdata_t argdata_false;
extern const argdata_t argdata_true;

/* A lazy view: each accessor checks what it touches. convert_fd turns an
 * index into a descriptor, negative if there is none. */
argdata_t *argdata_from_buffer(const void *buf, size_t len,
			       int (*convert_fd)(void *, size_t), void *arg);
argdata_t *argdata_create_binary(const void *buf, size_t len);
argdata_t *argdata_create_fd(int fd);
argdata_t *argdata_create_float(double value);
argdata_t *argdata_create_int_s(intmax_t value);
argdata_t *argdata_create_int_u(uintmax_t value);
argdata_t *argdata_create_map(argdata_t const *const *keys,
			      argdata_t const *const *values, size_t len);
argdata_t *argdata_create_seq(argdata_t const *const *entries, size_t len);
argdata_t *argdata_create_str(const char *text, size_t len);
argdata_t *argdata_create_str_c(const char *text);
argdata_t *argdata_create_timestamp(const struct timespec *value);
void argdata_free(argdata_t *ad);

/* The exact number of bytes, and at most how many descriptors. */
void argdata_serialized_length(const argdata_t *ad, size_t *len,
			       size_t *fds_len);
/* Returns the number of descriptors stored in fds, in order of their first
 * mention. Without fds the descriptor numbers themselves are written. */
size_t argdata_serialize(const argdata_t *ad, void *buf, int *fds);

int argdata_get_binary(const argdata_t *ad, const void **buf, size_t *len);
int argdata_get_bool(const argdata_t *ad, bool *value);
int argdata_get_fd(const argdata_t *ad, int *fd);
int argdata_get_float(const argdata_t *ad, double *value);
int argdata_get_int_s(const argdata_t *ad, intmax_t *value, intmax_t min,
		      intmax_t max);
int argdata_get_int_u(const argdata_t *ad, uintmax_t *value, uintmax_t max);
int argdata_get_str(const argdata_t *ad, const char **text, size_t *len);
int argdata_get_str_c(const argdata_t *ad, const char **text);
int argdata_get_timestamp(const argdata_t *ad, struct timespec *value);

#define ARGDATA_ITERATOR_END SIZE_MAX
#define ARGDATA_ITERATOR_INVALID (SIZE_MAX - 1)

typedef struct {
	_Alignas(max_align_t) size_t index;
	_Alignas(max_align_t) unsigned char state[128];
} argdata_map_iterator_t;

typedef struct {
	_Alignas(max_align_t) size_t index;
	_Alignas(max_align_t) unsigned char state[128];
} argdata_seq_iterator_t;

/* Nodes handed out by _get() may live in the iterator: valid until _next().
 * After the last one, index tells a clean end from a malformed container. */
void argdata_map_iterate(const argdata_t *ad, argdata_map_iterator_t *it);
bool argdata_map_get(const argdata_map_iterator_t *it, const argdata_t **key,
		     const argdata_t **value);
void argdata_map_next(argdata_map_iterator_t *it);
void argdata_seq_iterate(const argdata_t *ad, argdata_seq_iterator_t *it);
bool argdata_seq_get(const argdata_seq_iterator_t *it, const argdata_t **value);
void argdata_seq_next(argdata_seq_iterator_t *it);

/*
 * Streams (stream.c): sockets and, without descriptors, anything that can be
 * read or written. Nothing waits on a non-blocking stream: pull and push
 * return EAGAIN, and the next call goes on.
 */
typedef struct argdata_reader argdata_reader_t;
typedef struct argdata_writer argdata_writer_t;

/* Messages with more bytes or descriptors are refused. */
argdata_reader_t *argdata_reader_create(size_t data_max, size_t fds_max);
void argdata_reader_free(argdata_reader_t *reader);

/* 0 when there is a message, or the stream has ended. EMSGSIZE: too long, or
 * descriptors were lost. EBADMSG: the stream is cut off. The message before
 * becomes invalid, and its descriptors are closed. */
int argdata_reader_pull(argdata_reader_t *reader, int fd);

/* The message; NULL if there is none. A lazy view: see above. */
const argdata_t *argdata_reader_get(const argdata_reader_t *reader);

/* The descriptor is the caller's now, and the message lacks it. */
void argdata_reader_release_fd(argdata_reader_t *reader, int fd);

argdata_writer_t *argdata_writer_create(void);
void argdata_writer_free(argdata_writer_t *writer);

/* The message that is to be sent; it has to live until push returns 0.
 * Preconditions: no other is on its way. */
void argdata_writer_set(argdata_writer_t *writer, const argdata_t *ad);
int argdata_writer_push(argdata_writer_t *writer, int fd);

/* The value as a YAML document (yaml.c). What is malformed is null, and of a
 * malformed container the beginning is printed. */
void argdata_print_yaml(const argdata_t *ad, FILE *out);

/* argdata_create_int(x) and argdata_get_int(ad, &x) for any integer type. */
#define argdata_create_int(value)                                              \
	_Generic((value),                                                      \
		unsigned char: argdata_create_int_u,                           \
		unsigned short: argdata_create_int_u,                          \
		unsigned int: argdata_create_int_u,                            \
		unsigned long: argdata_create_int_u,                           \
		unsigned long long: argdata_create_int_u,                      \
		default: argdata_create_int_s)(value)

#define ARGDATA_INTEGERS_S(X)                                                  \
	X(char, char, CHAR_MIN, CHAR_MAX)                                      \
	X(schar, signed char, SCHAR_MIN, SCHAR_MAX)                            \
	X(short, short, SHRT_MIN, SHRT_MAX)                                    \
	X(int_, int, INT_MIN, INT_MAX)                                         \
	X(long, long, LONG_MIN, LONG_MAX)                                      \
	X(llong, long long, LLONG_MIN, LLONG_MAX)

#define ARGDATA_INTEGERS_U(X)                                                  \
	X(uchar, unsigned char, UCHAR_MAX)                                     \
	X(ushort, unsigned short, USHRT_MAX)                                   \
	X(uint, unsigned int, UINT_MAX)                                        \
	X(ulong, unsigned long, ULONG_MAX)                                     \
	X(ullong, unsigned long long, ULLONG_MAX)

#define ARGDATA_GET_S(name, type, min, max)                                    \
	static inline int argdata_get_##name(const argdata_t *ad, type *out)   \
	{                                                                      \
		intmax_t value;                                                \
		int error = argdata_get_int_s(ad, &value, min, max);           \
		if (error == 0)                                                \
			*out = (type)value;                                    \
		return error;                                                  \
	}

#define ARGDATA_GET_U(name, type, max)                                         \
	static inline int argdata_get_##name(const argdata_t *ad, type *out)   \
	{                                                                      \
		uintmax_t value;                                               \
		int error = argdata_get_int_u(ad, &value, max);                \
		if (error == 0)                                                \
			*out = (type)value;                                    \
		return error;                                                  \
	}

ARGDATA_INTEGERS_S(ARGDATA_GET_S)
ARGDATA_INTEGERS_U(ARGDATA_GET_U)

#define argdata_get_int(ad, out)                                               \
	_Generic((out),                                                        \
		char *: argdata_get_char,                                      \
		signed char *: argdata_get_schar,                              \
		short *: argdata_get_short,                                    \
		int *: argdata_get_int_,                                       \
		long *: argdata_get_long,                                      \
		long long *: argdata_get_llong,                                \
		unsigned char *: argdata_get_uchar,                            \
		unsigned short *: argdata_get_ushort,                          \
		unsigned int *: argdata_get_uint,                              \
		unsigned long *: argdata_get_ulong,                            \
		unsigned long long *: argdata_get_ullong)(ad, out)

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The token interface of argdata.h, as cffi reads it. */

#define ARGDATA_DEPTH_MAX ...
#define ARGDATA_SIZE_MAX ...

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
	ARGDATA_END,
	...
};

struct argdata_error {
	int code;
	size_t offset;
	const char *message;
	...;
};

struct argdata_token {
	uint64_t kind;
	uint64_t offset;
	uint64_t len;
	...;
};

struct argdata_scanner {
	struct argdata_error error;
	...;
};

void argdata_scan_start(struct argdata_scanner *scanner, const void *buf,
			size_t len, size_t fds_len);
size_t argdata_scan(struct argdata_scanner *scanner,
		    struct argdata_token *tokens, size_t max);
size_t argdata_measure(struct argdata_token *tokens, size_t tokens_len);
void argdata_emit(const struct argdata_token *tokens, size_t tokens_len,
		  const void *payloads, void *out);

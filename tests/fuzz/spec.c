/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: a spec. */

#include <stdlib.h>
#include <string.h>

#include "../../broker/broker.h"

int LLVMFuzzerTestOneInput(const unsigned char *buf, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *buf, size_t len)
{
	static struct spec spec;
	const char *mistake;

	memset(&spec, 0, sizeof(spec));
	mistake = spec_parse(buf, len, &spec);
	if (spec.fds_len > SPEC_FDS_MAX)
		abort();
	if (mistake == NULL && spec.emulator < -1)
		abort();
	for (size_t i = 0; mistake == NULL && i < spec.fds_len; i++)
		if (spec.fds[i].fd < 0 || strlen(spec.fds[i].name) > len)
			abort();
	return 0;
}

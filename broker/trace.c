/* SPDX-License-Identifier: BSD-2-Clause */
/* What a traced run tells about refusals and uses, within bounds. */

#include "broker.h"

/* Of one run, and for each source: the guest's words leave room for ours. */
#define DENIALS_MAX 10000

static bool is_on;
static size_t descriptors_len;
static bool is_used[SPEC_FDS_MAX];

void trace_start(const struct spec *spec)
{
	is_on = spec->traces;
	descriptors_len = spec->fds_len;
}

bool trace_is_on(void)
{
	return is_on;
}

bool trace_knows(uint32_t descriptor)
{
	return descriptor < descriptors_len;
}

void trace_used(int descriptor)
{
	if (!is_on || is_used[descriptor])
		return;
	is_used[descriptor] = true;
	record_used(descriptor);
}

void trace_denied(enum trace_source source, const struct denial *denial)
{
	static const char *const names[] = {"broker", "program"};
	static unsigned counts[2];

	if (!is_on)
		return;
	if (counts[source] == DENIALS_MAX) {
		record_lose();
		return;
	}
	counts[source]++;
	record_denied(names[source], denial);
}

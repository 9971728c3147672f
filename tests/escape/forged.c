/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of the runtime's, overwritten: nothing may hang on it. */

/* All other probes go around the runtime, so none of its state is asked; here
 * a program first makes that state what it never was. */

#include "broker.h"
#include "probe.h"

#define REACH (4096l * 256)

static char own[4096] __attribute__((aligned(4096)));

/* The structure of the thread, among the runtime's data; on Linux our own. */
static long state(void)
{
#if !defined(__CloudABI__)
	return (long)own;
#elif defined(__x86_64__)
	long self;

	__asm__("movq %%fs:8, %0" : "=r"(self));
	return self;
#else
	long self;

	__asm__("movl %%gs:4, %0" : "=r"(self));
	return self;
#endif
}

static bool is_ours(long place)
{
	const long stack = (long)&place & ~4095l, data = (long)own;

	return (place > stack - 65536 && place < stack + 65536) ||
	       (place >= data - 65536 && place < data + 2 * 65536);
}

/* The kernel writes, and says so where there is nothing to be written to. */
static long scribble(bool with_ones)
{
	const long middle = state() & ~4095l;
	static char ones[4096];
	long written = 0;

	memset(ones, 0xff, sizeof(ones));
	for (long at = middle - REACH; at < middle + REACH; at += 4096) {
		if (is_ours(at) && at != (long)own)
			continue;
		if (CALL(getrandom, at, 4096, 0) != 4096)
			continue;
		written++;
		if (with_ones)
			memcpy((char *)at, ones, sizeof(ones));
	}
	return written > 0 ? 0 : -EFAULT;
}

static void attempts(const char *group, bool with_ones)
{
	begin_group(group);
	PROBE(READONLY, 2, "write",
	      then(scribble(with_ones), dir_overwrite(TREE, "file")));
	PROBE(READONLY, 2, "create",
	      then(scribble(with_ones), dir_open(TREE, "new", DIR_CREATE)));
	PROBE(OUTSIDE, 2, "mkdir",
	      then(scribble(with_ones), dir_mkdir(ROOM, "../../outside/new")));
	PROBE(SECRET, 2, "read",
	      then(scribble(with_ones),
		   spill(dir_open(ROOM, "link/secret", DIR_READ))));
	PROBE(OUTSIDE, 2, "call",
	      then(scribble(with_ones), CALL(mkdir, at("outside/new"), 0700)));
}

void forged_probes(void)
{
	attempts("forged-random-", false);
	attempts("forged-ones-", true);
}

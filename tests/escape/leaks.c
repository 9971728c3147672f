/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the host a program finds without asking for it. */

#include "frame.h"
#include "probe.h"

/* Environment and arguments of whoever started us lie above the stack. */
static long dump_stack(void)
{
	unsigned long place = (unsigned long)&place & ~4095ul;
	long r;

	do {
		r = say_memory((const void *)place, 4096);
		place += 4096;
	} while (r == 4096);
	return r > 0 ? -EFAULT : r;
}

/* Descriptors that were not handed in: run.py leaves one open. */
static long read_all(void)
{
	long found = -EBADF;

	for (long fd = HELD_END; fd < 1100; fd++) {
		if (CALL(fcntl, fd, F_GETFL) < 0)
			continue;
		found = spill(fd);
	}
	return found;
}

static long write_all(void)
{
	const struct vector vector = vector_of("harm", 4);
	long found = -EBADF;

	for (long fd = HELD_END; fd < 1100; fd++) {
		long r = CALL(pwritev, fd, &vector, 1, 0, 0);

		found = r > 0 ? r : found;
	}
	return found;
}

static long read_file(const char *path)
{
	return spill(CALL(openat, AT_FDCWD, path, O_RDONLY));
}

/* A reply holds what was asked for, and nothing of one before. */
static long reply_of_others(void)
{
	long r = -1;
#ifdef __CloudABI__
	struct frame frame;
	uint8_t ticket[BROKER_TICKET_LEN];

	frame_make(&frame, BROKER_READLINK, "link", "");
	frame.head.data_len = BROKER_DATA_MAX;
	frame_ask(TREE, &frame);
	frame_ticket(TREE, ticket);
	frame_say();
	frame.head.data_len = 0;
	r = frame_ask(TREE, &frame);
	frame_say();
#else
	r = spill(CALL(openat, TREE, "../outside/secret", O_RDONLY));
#endif
	return r < 0 ? r : -1;
}

void leaks_probes(void)
{
	begin_group(NULL);
	PROBE(SECRET, 41, "environment", dump_stack());
	PROBE(SECRET, 30, "inherited_read", read_all());
	PROBE(OUTSIDE, 30, "inherited_write", write_all());
	PROBE(SECRET, 52, "reply_of_others", reply_of_others());
	PROBE(SECRET, 41, "proc_environ_own", read_file("/proc/self/environ"));
	PROBE(RESULT, 41, "proc_cmdline", read_file("/proc/self/cmdline"));
	PROBE(RESULT, 11, "proc_mounts", read_file("/proc/self/mountinfo"));
	PROBE(RESULT, 11, "proc_cpuinfo", read_file("/proc/cpuinfo"));
	PROBE(RESULT MAYBE, 52, "kallsyms", read_file("/proc/kallsyms"));
	PROBE(RESULT, 52, "hostname", read_file("/proc/sys/kernel/hostname"));
	PROBE(RESULT MAYBE, 52, "machine_id", read_file("/etc/machine-id"));
	PROBE(RESULT, 52, "passwd", read_file("/etc/passwd"));
}

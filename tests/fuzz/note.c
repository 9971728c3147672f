/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: a note of the guest's, and what the launcher is told of it. */

#include <argdata.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../../broker/broker.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *packet, size_t len);

static int launcher;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct spec spec = {.traces = true, .fds_len = 3};
	int ends[2];

	(void)argc;
	(void)argv;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0 ||
	    !record_to(ends[1]))
		abort();
	launcher = ends[0];
	trace_start(&spec);
	return 0;
}

/* Whatever the note says, each record is well-formed. */
static void check_records(void)
{
	static unsigned char record[1 << 16];
	struct argdata_error error;
	ssize_t len;

	while ((len = recv(launcher, record, sizeof(record), MSG_DONTWAIT)) > 0)
		if (argdata_validate(record, (size_t)len, 0, &error) != 0)
			abort();
}

/* On the heap, where reading too far is noticed. */
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len)
{
	unsigned char *packet = malloc(len);

	memcpy(packet, input, len);
	notes_judge(packet, len);
	check_records();
	free(packet);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: a request on a capability for the directory $FUZZ_DIRECTORY. */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../broker/broker.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *frame, size_t len);

static int directory;

static void create_capability(void)
{
	struct statx stat;
	int dir = fcntl(directory, F_DUPFD_CLOEXEC, 0);

	if (statx(dir, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stat) != 0 ||
	    capability_create(dir, device_of(&stat),
			      CLOUDABI_MAX_BASE_DIRECTORY,
			      CLOUDABI_MAX_INHERITING_DIRECTORY) < 0)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	directory = open(getenv("FUZZ_DIRECTORY"),
			 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		abort();
	serve_start();
	capabilities_start();
	create_capability();
	return 0;
}

/* The frame goes to the heap, where reading too far is noticed. */
int LLVMFuzzerTestOneInput(const unsigned char *frame, size_t len)
{
	static struct reply reply;

	if (len < sizeof(struct broker_request))
		return -1;
	dir_serve(&capabilities[0], frame, len, &reply);
	if (reply.head.data_len > BROKER_DATA_MAX ||
	    (reply.head.error != 0 &&
	     (reply.fd != -1 || reply.head.data_len != 0)))
		abort();
	if (reply.fd != -1)
		close(reply.fd);
	for (size_t i = 1; i < CAPABILITIES_MAX; i++)
		if (capabilities[i].sock != -1)
			capability_drop(&capabilities[i]);
	return 0;
}

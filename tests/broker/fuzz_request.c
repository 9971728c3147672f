/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: a request on a capability for the directory $FUZZ_DIRECTORY. */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../broker/broker.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *frame, size_t len);

static int directory;

static void create_capability(void)
{
	int dir = fcntl(directory, F_DUPFD_CLOEXEC, 0);

	if (capability_create(dir, 0, CLOUDABI_MAX_BASE_DIRECTORY,
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

static void perform(const unsigned char *frame, size_t len)
{
	static struct reply reply;

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
}

/* Makes the frame one that gets past the parser, most likely. */
static size_t repair(unsigned char *frame, size_t len)
{
	struct broker_request head;
	uint32_t paths_len;

	if (len > REQUEST_FRAME_MAX)
		len = REQUEST_FRAME_MAX;
	paths_len = (uint32_t)(len - sizeof(head));
	memcpy(&head, frame, sizeof(head));
	head.op %= BROKER_TICKET + 1;
	head.lookup_flags &= CLOUDABI_LOOKUP_SYMLINK_FOLLOW;
	head.oflags &= 15;
	head.fdflags &= 31;
	head.fsflags &= 31;
	head.ulflags &= CLOUDABI_UNLINK_REMOVEDIR;
	head.padding = 0;
	head.data_len %= BROKER_DATA_MAX + 1;
	if (head.cookie & 1)
		memset(head.ticket, 0, sizeof(head.ticket));
	head.path2_len = paths_len > BROKER_PATH_MAX ?
				 paths_len - BROKER_PATH_MAX :
				 head.path2_len % (paths_len + 1);
	head.path1_len = paths_len - head.path2_len;
	memcpy(frame, &head, sizeof(head));
	return len;
}

/* On the heap, where reading too far is noticed. */
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len)
{
	unsigned char *frame;

	if (len < sizeof(struct broker_request))
		return -1;
	perform(input, len);
	frame = malloc(len);
	memcpy(frame, input, len);
	perform(frame, repair(frame, len));
	free(frame);
	return 0;
}

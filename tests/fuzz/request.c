/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: requests, one after the other, on a capability for a directory
 * with all rights and on one without those of writing. An input is a sequence
 * of struct part, each followed by a frame.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../broker/broker.h"
#include "tree.h"

#define REQUESTS_MAX 16
/* Of those that change a file, or make one. */
#define WRITING                                                                \
	(CLOUDABI_RIGHT_FD_WRITE | CLOUDABI_RIGHT_FILE_ALLOCATE |              \
	 CLOUDABI_RIGHT_FILE_CREATE_DIRECTORY |                                \
	 CLOUDABI_RIGHT_FILE_CREATE_FILE | CLOUDABI_RIGHT_FILE_LINK_SOURCE |   \
	 CLOUDABI_RIGHT_FILE_LINK_TARGET | CLOUDABI_RIGHT_FILE_RENAME_SOURCE | \
	 CLOUDABI_RIGHT_FILE_RENAME_TARGET |                                   \
	 CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE |                                  \
	 CLOUDABI_RIGHT_FILE_STAT_FPUT_TIMES |                                 \
	 CLOUDABI_RIGHT_FILE_STAT_PUT_TIMES | CLOUDABI_RIGHT_FILE_SYMLINK |    \
	 CLOUDABI_RIGHT_FILE_UNLINK)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len);

struct part {
	uint16_t len;
	uint8_t capability;
	uint8_t is_repaired; /* so that it gets past the parser */
};

static const char *const folders[] = {"root", "fixed"};
static unsigned char ticket[BROKER_TICKET_LEN];

static void create_capability(const char *path, uint64_t without)
{
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (capability_create(dir, 0, CLOUDABI_MAX_BASE_DIRECTORY & ~without,
			      CLOUDABI_MAX_INHERITING_DIRECTORY & ~without) < 0)
		abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	tree_start();
	serve_start();
	capabilities_start();
	create_capability("outside/root", 0);
	create_capability("outside/fixed", WRITING);
	return 0;
}

/* Directories are sockets, and everything else is a file below its own. */
static void check_fd(const struct reply *reply, unsigned number)
{
	if (reply->head.filetype == CLOUDABI_FILETYPE_DIRECTORY)
		return;
	tree_check_fd(reply->fd, folders[number]);
	if (number == 1 && (fcntl(reply->fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		abort();
}

static void perform(const unsigned char *frame, size_t len, unsigned number)
{
	static struct reply reply;

	dir_serve(&capabilities[number], frame, len, &reply);
	if (reply.head.data_len > BROKER_DATA_MAX ||
	    (reply.head.error != 0 &&
	     (reply.fd != -1 || reply.head.data_len != 0)))
		abort();
	if (reply.head.data_len == BROKER_TICKET_LEN)
		memcpy(ticket, reply.data, sizeof(ticket));
	if (reply.fd != -1) {
		check_fd(&reply, number);
		close(reply.fd);
	}
	for (size_t i = 2; i < CAPABILITIES_MAX; i++)
		if (capabilities[i].sock != -1)
			capability_drop(&capabilities[i]);
}

static void repair_paths(struct broker_request *head, size_t len)
{
	uint32_t paths_len = (uint32_t)(len - sizeof(*head));

	head->path2_len = paths_len > BROKER_PATH_MAX ?
				  paths_len - BROKER_PATH_MAX :
				  head->path2_len % (paths_len + 1);
	head->path1_len = paths_len - head->path2_len;
}

static void repair(unsigned char *frame, size_t len)
{
	struct broker_request head;

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
	else
		memcpy(head.ticket, ticket, sizeof(head.ticket));
	repair_paths(&head, len);
	memcpy(frame, &head, sizeof(head));
}

/* On the heap, where reading too far is noticed. */
static void take(const struct part *part, const unsigned char *frame,
		 size_t len)
{
	unsigned char *copy = malloc(len);

	memcpy(copy, frame, len);
	if (part->is_repaired & 1)
		repair(copy, len);
	perform(copy, len, part->capability & 1);
	free(copy);
}

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len)
{
	struct part part;
	int n = 0;

	for (; len >= sizeof(part) && n < REQUESTS_MAX; n++) {
		size_t frame_len;

		memcpy(&part, input, sizeof(part));
		input += sizeof(part);
		len -= sizeof(part);
		frame_len = MIN(part.len % (REQUEST_FRAME_MAX + 9), len);
		if (frame_len < sizeof(struct broker_request))
			break;
		take(&part, input, frame_len);
		input += frame_len;
		len -= frame_len;
	}
	tree_check();
	tree_reset();
	return n > 0 ? 0 : -1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of directory capabilities. */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker.h"

struct capability capabilities[CAPABILITIES_MAX];

void capabilities_start(void)
{
	for (size_t i = 0; i < CAPABILITIES_MAX; i++)
		capabilities[i].sock = -1;
}

static struct capability *find_free(void)
{
	for (size_t i = 0; i < CAPABILITIES_MAX; i++)
		if (capabilities[i].sock == -1)
			return &capabilities[i];
	return NULL;
}

static int create(struct capability *capability)
{
	int ends[2], error;

	if (capability == NULL)
		return -EMFILE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -errno;
	error = serve_watch(ends[0], (uint64_t)(capability - capabilities));
	if (error != 0) {
		close(ends[0]);
		close(ends[1]);
		return error;
	}
	capability->sock = ends[0];
	return ends[1];
}

/* A host that refuses this has directories that cannot be recognised when one
 * program passes them to another, and nothing worse. */
void name_bind(int sock, const char *tag, size_t tag_len, uint64_t rights_base,
	       uint64_t rights_inheriting)
{
	struct broker_name name = {
		.rights_base = rights_base,
		.rights_inheriting = rights_inheriting,
	};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(name.tag, tag, MIN(tag_len, sizeof(name.tag)));
	if (getrandom(name.nonce, sizeof(name.nonce), 0) != sizeof(name.nonce))
		return;
	memcpy(address.sun_path, &name, sizeof(name));
	bind(sock, (const struct sockaddr *)&address,
	     offsetof(struct sockaddr_un, sun_path) + sizeof(name));
}

int capability_create(int dir, int origin, uint64_t rights_base,
		      uint64_t rights_inheriting)
{
	struct capability *capability = find_free();
	int end = create(capability);

	if (end < 0) {
		close(dir);
		return end;
	}
	capability->dir = dir;
	capability->origin = origin;
	capability->rights_base = rights_base;
	capability->rights_inheriting = rights_inheriting;
	capability->has_ticket = false;
	name_bind(capability->sock, BROKER_NAME_TAG, sizeof(BROKER_NAME_TAG),
		  rights_base, rights_inheriting);
	return end;
}

void capability_drop(struct capability *capability)
{
	close(capability->sock); /* which also ends the watch */
	close(capability->dir);
	capability->sock = -1;
}

int capability_issue_ticket(struct capability *capability)
{
	if (getrandom(capability->ticket, BROKER_TICKET_LEN, 0) !=
	    BROKER_TICKET_LEN)
		return -EIO;
	capability->has_ticket = true;
	return 0;
}

/* Takes the same time wherever the difference is. */
static bool is_equal(const unsigned char *a, const unsigned char *b)
{
	unsigned char difference = 0;

	for (size_t i = 0; i < BROKER_TICKET_LEN; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

struct capability *capability_redeem(const unsigned char *ticket)
{
	for (size_t i = 0; i < CAPABILITIES_MAX; i++) {
		struct capability *capability = &capabilities[i];

		if (capability->sock == -1 || !capability->has_ticket ||
		    !is_equal(capability->ticket, ticket))
			continue;
		capability->has_ticket = false;
		return capability;
	}
	return NULL;
}

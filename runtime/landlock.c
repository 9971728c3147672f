/* SPDX-License-Identifier: BSD-2-Clause */
/* A Landlock domain that handles every right and grants none. */

#include "landlock.h"

#include "base.h"
#include "host.h"

#define CREATE_RULESET_VERSION 1u

/* As of ABI 6; older kernels take the beginning of it. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

struct level {
	long abi;
	size_t size; /* how much of the structure the kernel knows */
	struct ruleset handled;
};

#define SIZE_FS offsetof(struct ruleset, net)
#define SIZE_NET offsetof(struct ruleset, scoped)
#define SIZE_SCOPED sizeof(struct ruleset)

/* What each ABI version that added rights knows, oldest first. */
static const struct level levels[] = {
	{1, SIZE_FS, {0x1fff, 0, 0}},    /* execute … make symbolic link */
	{2, SIZE_FS, {0x3fff, 0, 0}},    /* + refer */
	{3, SIZE_FS, {0x7fff, 0, 0}},    /* + truncate */
	{4, SIZE_NET, {0x7fff, 0x3, 0}}, /* + bind and connect TCP */
	{5, SIZE_NET, {0xffff, 0x3, 0}}, /* + ioctl on devices */
	{6, SIZE_SCOPED, {0xffff, 0x3, 0x3}},  /* + abstract sockets, signals */
	{9, SIZE_SCOPED, {0x1ffff, 0x3, 0x3}}, /* + sockets with a path */
	{10, SIZE_SCOPED, {0x1ffff, 0xf, 0x3}}, /* + bind and send UDP */
};

static const struct level *find_level(long abi)
{
	size_t i = ARRAY_LEN(levels) - 1;

	while (i > 0 && levels[i].abi > abi)
		i--;
	return &levels[i];
}

long landlock_version(void)
{
	return host_call(__NR_landlock_create_ruleset, NULL, 0,
			 CREATE_RULESET_VERSION);
}

long landlock_enter(void)
{
	const struct level *level = find_level(landlock_version());
	long ruleset;
	long r;

	ruleset = host_call(__NR_landlock_create_ruleset, &level->handled,
			    level->size, 0);
	if (ruleset < 0)
		return ruleset;
	r = host_call(__NR_landlock_restrict_self, ruleset, 0);
	host_close(ruleset);
	return r;
}

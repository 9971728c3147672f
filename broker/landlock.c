/* SPDX-License-Identifier: BSD-2-Clause */
/* Landlock: keeps the broker itself within the directories it was given. */

#include <errno.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"

/* Newer than the headers of some systems. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)
#define ACCESS_IOCTL_DEV (UINT64_C(1) << 15)
#define NET_BIND_AND_CONNECT_TCP UINT64_C(3)
#define SCOPE_ABSTRACT_UNIX UINT64_C(1)

struct ruleset_attr {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

#define ACCESS_ABI_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* What each version of Landlock added. Scoped signals are left out: the guest
 * started outside this domain, and is to be killed from inside. */
static const struct {
	int version;
	struct ruleset_attr adds;
} versions[] = {
	{1, {.fs = ACCESS_ABI_1}},     {2, {.fs = LANDLOCK_ACCESS_FS_REFER}},
	{3, {.fs = ACCESS_TRUNCATE}},  {4, {.net = NET_BIND_AND_CONNECT_TCP}},
	{5, {.fs = ACCESS_IOCTL_DEV}}, {6, {.scoped = SCOPE_ABSTRACT_UNIX}},
};

#define REMOVING                                                               \
	(LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)
/* Anything but devices. */
#define LINKING                                                                \
	(LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_MAKE_REG |              \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO |          \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK)

/* What the broker does on behalf of somebody who holds a right. */
static const struct {
	uint64_t right;
	uint64_t access;
} accesses[] = {
	{CLOUDABI_RIGHT_FD_READ, LANDLOCK_ACCESS_FS_READ_FILE},
	{CLOUDABI_RIGHT_FD_WRITE, LANDLOCK_ACCESS_FS_WRITE_FILE},
	{CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE, ACCESS_TRUNCATE},
	{CLOUDABI_RIGHT_FILE_CREATE_FILE, LANDLOCK_ACCESS_FS_MAKE_REG},
	{CLOUDABI_RIGHT_FILE_CREATE_DIRECTORY, LANDLOCK_ACCESS_FS_MAKE_DIR},
	{CLOUDABI_RIGHT_FILE_SYMLINK, LANDLOCK_ACCESS_FS_MAKE_SYM},
	{CLOUDABI_RIGHT_FILE_UNLINK, REMOVING},
	{CLOUDABI_RIGHT_FILE_LINK_SOURCE, LANDLOCK_ACCESS_FS_REFER},
	{CLOUDABI_RIGHT_FILE_LINK_TARGET, LINKING},
	{CLOUDABI_RIGHT_FILE_RENAME_SOURCE,
	 LANDLOCK_ACCESS_FS_REFER | REMOVING},
	{CLOUDABI_RIGHT_FILE_RENAME_TARGET,
	 LINKING | REMOVING | LANDLOCK_ACCESS_FS_MAKE_DIR},
};

static uint64_t access_for(uint64_t rights)
{
	/* Directories are opened for reading whatever is done with them. */
	uint64_t access = LANDLOCK_ACCESS_FS_READ_DIR;

	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++)
		if (rights & accesses[i].right)
			access |= accesses[i].access;
	return access;
}

static struct ruleset_attr attr_for(int version)
{
	struct ruleset_attr attr = {0};

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (versions[i].version > version)
			break;
		attr.fs |= versions[i].adds.fs;
		attr.net |= versions[i].adds.net;
		attr.scoped |= versions[i].adds.scoped;
	}
	return attr;
}

static void add_rule(int ruleset, const struct capability *capability,
		     uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access =
			handled & access_for(capability->rights_base |
					     capability->rights_inheriting),
		.parent_fd = capability->dir,
	};

	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		    &rule, 0) != 0)
		die(EXIT_SETUP, "landlock_add_rule failed: %s",
		    strerror(errno));
}

/* What the kernel has, or 0. */
static int version;

int landlock_version(void)
{
	return version;
}

int landlock_prepare(bool optional)
{
	long found = syscall(SYS_landlock_create_ruleset, NULL, 0,
			     LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset_attr attr;
	int ruleset;

	if (found < 1 && optional)
		return -1;
	if (found < 1)
		die(EXIT_SETUP,
		    "Landlock is missing (%s): this needs Linux 5.13 with "
		    "CONFIG_SECURITY_LANDLOCK, landlock among the security "
		    "modules (lsm=), and a container that lets it through; "
		    "--no-landlock does without this barrier",
		    strerror(errno));
	version = (int)found;
	attr = attr_for(version);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
			       0);
	if (ruleset < 0)
		die(EXIT_SETUP, "landlock_create_ruleset failed: %s",
		    strerror(errno));
	for (size_t i = 0; i < CAPABILITIES_MAX; i++)
		if (capabilities[i].sock != -1)
			add_rule(ruleset, &capabilities[i], attr.fs);
	return ruleset;
}

void landlock_enter(int ruleset)
{
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		die(EXIT_SETUP, "landlock_restrict_self failed: %s%s",
		    strerror(errno),
		    errno == E2BIG ? "; the kernel allows no more than 16 "
				     "domains in each other, and there are "
				     "as many around this run" :
				     "");
	close(ruleset);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the runtime knows of each descriptor. Numbers are those of the host.
 *
 * The table lies in the program's own address space, so it protects nothing:
 * it gives honest programs the errors that CloudABI promises. What a
 * descriptor really permits is in the kernel's object or with the broker.
 */

#ifndef RUNTIME_FDTABLE_H
#define RUNTIME_FDTABLE_H

#include <cloudabi_rights.h>

#include "../broker/protocol.h"
#include "base.h"

enum fd_state {
	FD_FREE,
	FD_OPEN,
	FD_RETIRED, /* no descriptor, but the number stays taken */
};

struct fd_entry {
	_Alignas(8) cloudabi_rights_t base; /* as a rule 0 unless FD_OPEN */
	cloudabi_rights_t inheriting;
	cloudabi_filetype_t filetype;
	uint8_t state;
	bool keeps_number; /* becomes FD_RETIRED, not FD_FREE */
	uint16_t
		origin; /* 1 + the number at start of what it comes from, or 0 */
	bool names_known;
	cloudabi_recv_names_t names; /* of a connected socket */
};

extern struct fd_entry fdtable[START_FDS_MAX];

void fdtable_init(const struct start_fd *fds, uint32_t len);

/* Lets the program do nothing else with a descriptor, so that it cannot close
 * or replace it by mistake. */
void fdtable_set_aside(uint32_t fd, cloudabi_rights_t rights);

/* Keeps others from changing anything. */
void fdtable_lock(void);
void fdtable_unlock(void);

/* Tells which error a descriptor without these rights is. */
cloudabi_errno_t fdtable_refuse(cloudabi_fd_t fd, cloudabi_rights_t rights);

/* Tells whether a descriptor has the rights, of which there is at least one. */
static inline bool fdtable_has(cloudabi_fd_t fd, cloudabi_rights_t rights)
{
	return fd < START_FDS_MAX &&
	       (rights &
		~__atomic_load_n(&fdtable[fd].base, __ATOMIC_RELAXED)) == 0;
}

/* Checks that a descriptor exists and has the rights. */
static inline cloudabi_errno_t fdtable_check(cloudabi_fd_t fd,
					     cloudabi_rights_t rights)
{
	if (rights != 0 && fdtable_has(fd, rights))
		return 0;
	return fdtable_refuse(fd, rights);
}

/* Copies the entry of a descriptor that has the rights. */
cloudabi_errno_t fdtable_get(cloudabi_fd_t fd, cloudabi_rights_t rights,
			     struct fd_entry *entry);

/* Tells whether a descriptor exists and is a directory. */
bool fdtable_is_directory(cloudabi_fd_t fd);

/* Sets the largest rights of a type. */
void fdtable_maximum(cloudabi_filetype_t filetype, struct fd_entry *entry);

/*
 * Enters a descriptor that a host call has returned, or passes on that call's
 * error. The descriptor is closed if there is no room.
 */
cloudabi_errno_t fdtable_install(long result, const struct fd_entry *entry,
				 cloudabi_fd_t *fd);

/* Takes a descriptor out. Returns EBADF if somebody else was faster. */
cloudabi_errno_t fdtable_remove(cloudabi_fd_t fd, struct fd_entry *entry);

/* Puts a duplicate of `from`, described by `entry`, in the place of `to`. */
cloudabi_errno_t fdtable_replace(uint32_t from, cloudabi_fd_t to,
				 const struct fd_entry *entry);

/* Tells by which rights these go beyond those of a descriptor. */
static inline cloudabi_rights_t fdtable_excess(const struct fd_entry *entry,
					       cloudabi_rights_t base,
					       cloudabi_rights_t inheriting)
{
	return (base & ~entry->base) | (inheriting & ~entry->inheriting);
}

/* Takes rights away. */
cloudabi_errno_t fdtable_restrict(cloudabi_fd_t fd, cloudabi_rights_t base,
				  cloudabi_rights_t inheriting);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of descriptors: types and rights. */

#include "fdtable.h"

#include "mutex.h"
#include "trace.h"

struct fd_entry fdtable[START_FDS_MAX];

/* Held for changes; those who only look do without. */
static struct mutex changes;

void fdtable_init(const struct start_fd *fds, uint32_t len)
{
	for (uint32_t fd = 0; fd < len; fd++) {
		fdtable[fd] = (struct fd_entry){
			.base = fds[fd].rights_base,
			.inheriting = fds[fd].rights_inheriting,
			.filetype = fds[fd].filetype,
			.state = FD_OPEN,
			.keeps_number =
				fds[fd].filetype == CLOUDABI_FILETYPE_DIRECTORY,
			.origin = fds[fd].origin,
		};
	}
}

void fdtable_set_aside(uint32_t fd, cloudabi_rights_t rights)
{
	fdtable[fd] = (struct fd_entry){
		.base = rights,
		.state = FD_RETIRED,
	};
}

void fdtable_lock(void)
{
	mutex_lock(&changes);
}

void fdtable_unlock(void)
{
	mutex_unlock(&changes);
}

static bool is_open(cloudabi_fd_t fd)
{
	return fd < START_FDS_MAX &&
	       __atomic_load_n(&fdtable[fd].state, __ATOMIC_ACQUIRE) == FD_OPEN;
}

/* Terminals are devices that lack more rights than others. */
static cloudabi_rights_t usual_rights(cloudabi_filetype_t filetype)
{
	struct fd_entry entry;

	if (filetype == CLOUDABI_FILETYPE_CHARACTER_DEVICE)
		return CLOUDABI_MAX_BASE_TERMINAL;
	fdtable_maximum(filetype, &entry);
	return entry.base;
}

/* A call that makes no sense for this kind of descriptor, such as seeking in a
 * pipe, would fail whatever is granted: nobody wants to hear of that. */
cloudabi_errno_t fdtable_refuse(cloudabi_fd_t fd, cloudabi_rights_t rights)
{
	if (!is_open(fd))
		return CLOUDABI_EBADF;
	if (rights == 0)
		return 0;
	if ((rights & ~usual_rights(fdtable[fd].filetype)) != 0)
		return CLOUDABI_ENOTCAPABLE;
	return trace_refuse(CLOUDABI_ENOTCAPABLE, fd,
			    rights & ~fdtable[fd].base);
}

cloudabi_errno_t fdtable_get(cloudabi_fd_t fd, cloudabi_rights_t rights,
			     struct fd_entry *entry)
{
	cloudabi_errno_t error;

	mutex_lock(&changes);
	error = fdtable_check(fd, rights);
	if (error == 0)
		*entry = fdtable[fd];
	mutex_unlock(&changes);
	return error;
}

bool fdtable_is_directory(cloudabi_fd_t fd)
{
	return is_open(fd) &&
	       fdtable[fd].filetype == CLOUDABI_FILETYPE_DIRECTORY;
}

void fdtable_maximum(cloudabi_filetype_t filetype, struct fd_entry *entry)
{
	*entry = (struct fd_entry){.filetype = filetype};
	switch (filetype) {
	case CLOUDABI_FILETYPE_DIRECTORY:
		entry->base = CLOUDABI_MAX_BASE_DIRECTORY;
		entry->inheriting = CLOUDABI_MAX_INHERITING_DIRECTORY;
		break;
	case CLOUDABI_FILETYPE_REGULAR_FILE:
		entry->base = CLOUDABI_MAX_BASE_REGULAR_FILE;
		break;
	case CLOUDABI_FILETYPE_SHARED_MEMORY:
		entry->base = CLOUDABI_MAX_BASE_SHARED_MEMORY;
		break;
	case CLOUDABI_FILETYPE_SOCKET_DGRAM:
	case CLOUDABI_FILETYPE_SOCKET_STREAM:
		entry->base = CLOUDABI_MAX_BASE_SOCKET;
		entry->inheriting = CLOUDABI_MAX_INHERITING_SOCKET;
		break;
	case CLOUDABI_FILETYPE_BLOCK_DEVICE:
	case CLOUDABI_FILETYPE_CHARACTER_DEVICE:
		entry->base = CLOUDABI_MAX_BASE_DEVICE;
		entry->inheriting = CLOUDABI_MAX_INHERITING_DEVICE;
		break;
	case CLOUDABI_FILETYPE_PROCESS:
		entry->base = CLOUDABI_MAX_BASE_PROCESS;
		break;
	}
}

/* Preconditions: changes are locked. */
static void set(cloudabi_fd_t fd, const struct fd_entry *entry)
{
	fdtable[fd] = *entry;
	__atomic_store_n(&fdtable[fd].state, FD_OPEN, __ATOMIC_RELEASE);
}

cloudabi_errno_t fdtable_install(long result, const struct fd_entry *entry,
				 cloudabi_fd_t *fd)
{
	if (result < 0)
		return error_of(result);
	if (result >= START_FDS_MAX) {
		host_close(result);
		return CLOUDABI_EMFILE;
	}
	mutex_lock(&changes);
	set(result, entry);
	mutex_unlock(&changes);
	*fd = result;
	return 0;
}

cloudabi_errno_t fdtable_remove(cloudabi_fd_t fd, struct fd_entry *entry)
{
	cloudabi_errno_t error;

	mutex_lock(&changes);
	error = fdtable_check(fd, 0);
	if (error == 0) {
		*entry = fdtable[fd];
		fdtable[fd] = (struct fd_entry){
			.state = entry->keeps_number ? FD_RETIRED : FD_FREE,
		};
	}
	mutex_unlock(&changes);
	return error;
}

cloudabi_errno_t fdtable_replace(uint32_t from, cloudabi_fd_t to,
				 const struct fd_entry *entry)
{
	cloudabi_errno_t error;

	mutex_lock(&changes);
	error = fdtable_check(to, 0);
	if (error == 0)
		error = error_of(host_call(__NR_dup3, from, to, O_CLOEXEC));
	if (error == 0)
		set(to, entry);
	mutex_unlock(&changes);
	return error;
}

cloudabi_errno_t fdtable_restrict(cloudabi_fd_t fd, cloudabi_rights_t base,
				  cloudabi_rights_t inheriting)
{
	cloudabi_rights_t excess = 0;
	cloudabi_errno_t error;

	mutex_lock(&changes);
	error = fdtable_check(fd, 0);
	if (error == 0)
		excess = fdtable_excess(&fdtable[fd], base, inheriting);
	if (excess != 0)
		error = trace_refuse(CLOUDABI_ENOTCAPABLE, fd, excess);
	if (error == 0) {
		__atomic_store_n(&fdtable[fd].base, base, __ATOMIC_RELAXED);
		fdtable[fd].inheriting = inheriting;
	}
	mutex_unlock(&changes);
	return error;
}

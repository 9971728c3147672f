/* SPDX-License-Identifier: BSD-2-Clause */
/* file_open: descriptors that can do what their rights say, and no more. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "broker.h"
#include "host_errno.h"

static bool is_writing(const struct broker_request *head)
{
	return (head->rights_base & CLOUDABI_RIGHTS_WRITING) != 0;
}

static bool is_overwriting(const struct broker_request *head)
{
	return is_writing(head) &&
	       (head->fdflags & CLOUDABI_FDFLAG_APPEND) == 0 &&
	       (head->oflags & CLOUDABI_O_TRUNC) == 0;
}

static uint64_t needed_base(const struct broker_request *head)
{
	return head->oflags & CLOUDABI_O_CREAT ?
		       CLOUDABI_NEEDS_FILE_OPEN_CREAT :
		       0;
}

/* One access mode of Linux stands for all rights of writing, so whoever gets
 * it must be allowed to write. */
static uint64_t needed_inheriting(const struct broker_request *head)
{
	uint64_t needs = head->rights_base | head->rights_inheriting;

	if (is_writing(head))
		needs |= CLOUDABI_RIGHT_FD_WRITE;
	if (is_overwriting(head))
		needs |= CLOUDABI_NEEDS_FILE_OPEN_OVERWRITE;
	if (head->oflags & CLOUDABI_O_TRUNC)
		needs |= CLOUDABI_NEEDS_FILE_OPEN_TRUNC;
	if (head->fdflags & CLOUDABI_FDFLAG_DSYNC)
		needs |= CLOUDABI_NEEDS_FILE_OPEN_DSYNC;
	if (head->fdflags & (CLOUDABI_FDFLAG_RSYNC | CLOUDABI_FDFLAG_SYNC))
		needs |= CLOUDABI_NEEDS_FILE_OPEN_SYNC;
	return needs;
}

static uint64_t lacking(const struct capability *capability,
			const struct broker_request *head)
{
	return (needed_base(head) & ~capability->rights_base) |
	       (needed_inheriting(head) & ~capability->rights_inheriting);
}

/* The access mode. A file below a directory that does not let its files be
 * read is at most referred to, whatever else was asked for. */
static uint64_t access_mode(const struct capability *capability,
			    const struct broker_request *head)
{
	bool can_read =
		(capability->rights_inheriting & CLOUDABI_RIGHT_FD_READ) != 0;

	if (is_writing(head))
		return can_read && head->rights_base & CLOUDABI_RIGHTS_READING ?
			       O_RDWR :
			       O_WRONLY;
	return can_read ? O_RDONLY : O_PATH;
}

static uint64_t creation_flags(const struct broker_request *head)
{
	uint64_t flags = 0;

	if (head->oflags & CLOUDABI_O_CREAT)
		flags |= O_CREAT;
	if (head->oflags & CLOUDABI_O_CREAT && head->oflags & CLOUDABI_O_EXCL)
		flags |= O_EXCL;
	if (head->oflags & CLOUDABI_O_TRUNC)
		flags |= O_TRUNC;
	return flags;
}

static uint64_t lookup_flags(const struct broker_request *head)
{
	uint64_t flags = 0;

	if (head->oflags & CLOUDABI_O_DIRECTORY)
		flags |= O_DIRECTORY;
	if ((head->lookup_flags & CLOUDABI_LOOKUP_SYMLINK_FOLLOW) == 0)
		flags |= O_NOFOLLOW;
	return flags;
}

static uint64_t status_flags(const struct broker_request *head)
{
	uint64_t flags = 0;

	if (head->fdflags & CLOUDABI_FDFLAG_APPEND)
		flags |= O_APPEND;
	if (head->fdflags & CLOUDABI_FDFLAG_DSYNC)
		flags |= O_DSYNC;
	if (head->fdflags & (CLOUDABI_FDFLAG_RSYNC | CLOUDABI_FDFLAG_SYNC))
		flags |= O_SYNC;
	return flags;
}

/* Linux says ENXIO for sockets, and for FIFOs that nobody reads. */
static cloudabi_errno_t explain_enxio(const struct capability *capability,
				      const struct request *request)
{
	struct object object;
	bool is_socket;

	if (path_find(capability, request->path1, lookup_flags(&request->head),
		      &object) != 0)
		return CLOUDABI_ENXIO;
	is_socket = S_ISSOCK(object.stat.stx_mode);
	close(object.fd);
	return is_socket ? CLOUDABI_ENOTSUP : CLOUDABI_ENXIO;
}

/* O_NONBLOCK is for FIFOs, leases and devices: we never wait for others. */
static cloudabi_errno_t open_object(const struct capability *capability,
				    struct request *request,
				    struct object *object)
{
	const struct broker_request *head = &request->head;
	uint64_t mode = access_mode(capability, head);
	struct open_how how = {.flags = mode | lookup_flags(head)};
	cloudabi_errno_t error;

	if (mode == O_PATH && creation_flags(head) != 0) {
		request->lacks = CLOUDABI_RIGHT_FD_READ;
		return CLOUDABI_ENOTCAPABLE;
	}
	if (mode != O_PATH)
		how.flags |= O_NONBLOCK | O_NOCTTY | O_LARGEFILE |
			     creation_flags(head) | status_flags(head);
	if (how.flags & O_CREAT)
		how.mode = 0777;
	error = path_open(capability, request->path1, how, object);
	return error == CLOUDABI_ENXIO ? explain_enxio(capability, request) :
					 error;
}

/* Listing needs more than a reference. Directories are never handed out, so
 * it does not matter that this one can be read. */
static cloudabi_errno_t make_listable(struct object *object)
{
	int fd = path_reopen(object->fd, O_RDONLY);

	if (fd < 0)
		return host_errno(-fd);
	close(object->fd);
	object->fd = fd;
	return 0;
}

static cloudabi_errno_t hand_out_directory(const struct capability *capability,
					   const struct broker_request *head,
					   struct object *object,
					   struct reply *reply)
{
	cloudabi_errno_t error = 0;

	if (access_mode(capability, head) == O_PATH &&
	    head->rights_base & CLOUDABI_RIGHT_FILE_READDIR)
		error = make_listable(object);
	if (error != 0) {
		close(object->fd);
		return error;
	}
	return reply_capability(reply, object->fd, capability->origin,
				head->rights_base & CLOUDABI_MAX_BASE_DIRECTORY,
				head->rights_inheriting &
					CLOUDABI_MAX_INHERITING_DIRECTORY);
}

/* The mode that the guest asked for, after the opening itself. */
static cloudabi_errno_t restore_blocking(const struct broker_request *head,
					 int fd)
{
	int append = head->fdflags & CLOUDABI_FDFLAG_APPEND ? O_APPEND : 0;

	if (head->fdflags & CLOUDABI_FDFLAG_NONBLOCK ||
	    fcntl(fd, F_SETFL, append) == 0)
		return 0;
	return last_error();
}

static cloudabi_errno_t hand_out_file(const struct capability *capability,
				      const struct broker_request *head,
				      struct object *object,
				      struct reply *reply)
{
	bool is_file = S_ISREG(object->stat.stx_mode);
	struct broker_reply *out = &reply->head;
	cloudabi_errno_t error = 0;

	out->filetype = is_file ? CLOUDABI_FILETYPE_REGULAR_FILE :
				  CLOUDABI_FILETYPE_SOCKET_STREAM;
	out->rights_base =
		head->rights_base & (is_file ? CLOUDABI_MAX_BASE_REGULAR_FILE :
					       CLOUDABI_MAX_BASE_SOCKET);
	out->rights_inheriting =
		head->rights_inheriting &
		(is_file ? CLOUDABI_MAX_INHERITING_REGULAR_FILE :
			   CLOUDABI_MAX_INHERITING_SOCKET);
	if (access_mode(capability, head) == O_PATH)
		out->rights_base &= REFERENCE_RIGHTS;
	else
		error = restore_blocking(head, object->fd);
	if (error != 0) {
		close(object->fd);
		return error;
	}
	if (is_file && out->rights_base & CLOUDABI_RIGHT_PROC_EXEC)
		exec_allow(&object->stat);
	reply->fd = object->fd;
	return 0;
}

cloudabi_errno_t dir_open(struct capability *capability,
			  struct request *request, struct reply *reply)
{
	const struct broker_request *head = &request->head;
	struct object object;
	cloudabi_errno_t error;

	request->lacks = lacking(capability, head);
	if (request->lacks != 0)
		return CLOUDABI_ENOTCAPABLE;
	if (head->oflags & CLOUDABI_O_CREAT &&
	    head->oflags & CLOUDABI_O_DIRECTORY)
		return CLOUDABI_EINVAL;
	error = open_object(capability, request, &object);
	if (error != 0)
		return error;
	if (S_ISDIR(object.stat.stx_mode))
		return hand_out_directory(capability, head, &object, reply);
	if (S_ISREG(object.stat.stx_mode) || S_ISFIFO(object.stat.stx_mode))
		return hand_out_file(capability, head, &object, reply);
	close(object.fd);
	return S_ISLNK(object.stat.stx_mode) ? CLOUDABI_ELOOP :
					       CLOUDABI_ENOTSUP;
}

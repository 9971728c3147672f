/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be asked of a directory capability, and who may ask for it. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"
#include "host_errno.h"

typedef cloudabi_errno_t operation_t(struct capability *capability,
				     struct request *request,
				     struct reply *reply);

static bool is_within(uint64_t rights, uint64_t limit)
{
	return (rights & ~limit) == 0;
}

static cloudabi_errno_t result_of(int status)
{
	return status == 0 ? 0 : last_error();
}

static cloudabi_errno_t create_directory(struct capability *capability,
					 struct request *request,
					 struct reply *reply)
{
	struct place place;
	cloudabi_errno_t error =
		place_find(capability, request->path1, CLOUDABI_EEXIST, &place);

	(void)reply;
	if (error != 0)
		return error;
	error = result_of(mkdirat(place.dir, place.name, 0777));
	place_leave(&place);
	return error;
}

static bool names_itself(const unsigned char *ticket)
{
	static const unsigned char zeros[BROKER_TICKET_LEN];

	return memcmp(ticket, zeros, sizeof(zeros)) == 0;
}

/* From now on a refusal is one of what path2 means. */
static void concern_target(struct request *request,
			   const struct capability *target)
{
	request->origin = target != NULL ? target->origin : -1;
	request->is_second_path = true;
}

/* The capability that path2 starts from. A ticket is used up even if nothing
 * comes of the request, so that it can be tried once only. */
static cloudabi_errno_t find_target(struct capability *capability,
				    struct request *request, uint64_t needs,
				    struct capability **target)
{
	*target = capability;
	if (!names_itself(request->head.ticket))
		*target = capability_redeem(request->head.ticket);
	if (*target == NULL || !is_within(needs, (*target)->rights_base)) {
		concern_target(request, *target);
		request->lacks =
			*target != NULL ? needs & ~(*target)->rights_base : 0;
		return CLOUDABI_ENOTCAPABLE;
	}
	return 0;
}

static cloudabi_errno_t link_file(struct capability *capability,
				  struct request *request, struct reply *reply)
{
	bool follow = request->head.lookup_flags != 0;
	struct place from, to;
	struct capability *target;
	cloudabi_errno_t error = find_target(
		capability, request, CLOUDABI_NEEDS_FILE_LINK_TARGET, &target);

	(void)reply;
	if (error != 0)
		return error;
	error = place_file(capability, request->path1, follow, CLOUDABI_EPERM,
			   &from);
	if (error != 0)
		return error;
	concern_target(request, target);
	error = place_find(target, request->path2, CLOUDABI_EEXIST, &to);
	if (error == 0) {
		error = result_of(
			linkat(from.dir, from.name, to.dir, to.name, 0));
		place_leave(&to);
	}
	place_leave(&from);
	return error;
}

static cloudabi_errno_t rename_place(const struct place *from,
				     const struct place *to)
{
	if (syscall(SYS_renameat2, from->dir, from->name, to->dir, to->name,
		    0) == 0)
		return 0;
	return errno == EBUSY ? CLOUDABI_EINVAL : last_error();
}

static cloudabi_errno_t rename_file(struct capability *capability,
				    struct request *request,
				    struct reply *reply)
{
	struct place from, to;
	struct capability *target;
	cloudabi_errno_t error =
		find_target(capability, request,
			    CLOUDABI_NEEDS_FILE_RENAME_TARGET, &target);

	(void)reply;
	if (error != 0)
		return error;
	error = place_find(capability, request->path1, CLOUDABI_EINVAL, &from);
	if (error != 0)
		return error;
	concern_target(request, target);
	error = place_find(target, request->path2, CLOUDABI_EINVAL, &to);
	if (error == 0) {
		error = rename_place(&from, &to);
		place_leave(&to);
	}
	place_leave(&from);
	return error;
}

static cloudabi_errno_t read_link(struct capability *capability,
				  struct request *request, struct reply *reply)
{
	struct place place;
	ssize_t len;
	cloudabi_errno_t error = place_file(capability, request->path1, false,
					    CLOUDABI_EINVAL, &place);

	if (error != 0)
		return error;
	len = readlinkat(place.dir, place.name, (char *)reply->data,
			 sizeof(reply->data));
	if (len < 0)
		error = last_error();
	else if ((size_t)len < request->head.data_len)
		reply->head.data_len = (uint32_t)len;
	else
		reply->head.data_len = request->head.data_len;
	place_leave(&place);
	return error;
}

static cloudabi_errno_t make_symlink(struct capability *capability,
				     struct request *request,
				     struct reply *reply)
{
	struct place place;
	cloudabi_errno_t error;

	(void)reply;
	error = place_find(capability, request->path2, CLOUDABI_EEXIST, &place);
	if (error != 0)
		return error;
	error = result_of(symlinkat(request->path1, place.dir, place.name));
	place_leave(&place);
	return error;
}

static cloudabi_errno_t unlink_place(const struct place *place, bool directory)
{
	if (unlinkat(place->dir, place->name, directory ? AT_REMOVEDIR : 0) ==
	    0)
		return 0;
	return !directory && errno == EISDIR ? CLOUDABI_EPERM : last_error();
}

static cloudabi_errno_t unlink_file(struct capability *capability,
				    struct request *request,
				    struct reply *reply)
{
	bool directory = request->head.ulflags != 0;
	struct place place;
	cloudabi_errno_t error = place_find(
		capability, request->path1,
		directory ? CLOUDABI_EINVAL : CLOUDABI_EPERM, &place);

	(void)reply;
	if (error != 0)
		return error;
	error = unlink_place(&place, directory);
	place_leave(&place);
	return error;
}

static cloudabi_errno_t sync_directory(struct capability *capability,
				       struct request *request,
				       struct reply *reply)
{
	(void)request;
	(void)reply;
	return result_of(fsync(capability->dir));
}

cloudabi_errno_t reply_capability(struct reply *reply, int dir, int origin,
				  uint64_t rights_base,
				  uint64_t rights_inheriting)
{
	int end =
		capability_create(dir, origin, rights_base, rights_inheriting);

	if (end < 0)
		return host_errno(-end);
	reply->fd = end;
	reply->head.filetype = CLOUDABI_FILETYPE_DIRECTORY;
	reply->head.rights_base = rights_base;
	reply->head.rights_inheriting = rights_inheriting;
	return 0;
}

static cloudabi_errno_t clone_capability(struct capability *capability,
					 struct request *request,
					 struct reply *reply)
{
	uint64_t base = request->head.rights_base;
	uint64_t inheriting = request->head.rights_inheriting;
	int dir;

	request->lacks = (base & ~capability->rights_base) |
			 (inheriting & ~capability->rights_inheriting);
	if (request->lacks != 0)
		return CLOUDABI_ENOTCAPABLE;
	dir = fcntl(capability->dir, F_DUPFD_CLOEXEC, 0);
	if (dir < 0)
		return last_error();
	return reply_capability(reply, dir, capability->origin, base,
				inheriting);
}

static cloudabi_errno_t issue_ticket(struct capability *capability,
				     struct request *request,
				     struct reply *reply)
{
	int error = capability_issue_ticket(capability);

	(void)request;
	if (error != 0)
		return host_errno(-error);
	memcpy(reply->data, capability->ticket, BROKER_TICKET_LEN);
	reply->head.data_len = BROKER_TICKET_LEN;
	return 0;
}

/* The paths that a request carries; any other is malformed. */
enum paths {
	PATHS_NONE,
	PATHS_ONE,
	PATHS_TWO,
};

static const struct {
	operation_t *perform;
	enum paths paths;
	bool is_lookup;
	enum call call; /* that it is part of */
	uint64_t needs; /* of the capability asked */
} operations[] = {
	[BROKER_OPEN] = {dir_open, PATHS_ONE, true, CALL_file_open,
			 CLOUDABI_NEEDS_FILE_OPEN},
	[BROKER_CREATE_DIRECTORY] = {create_directory, PATHS_ONE, false,
				     CALL_file_create,
				     CLOUDABI_NEEDS_FILE_CREATE},
	[BROKER_LINK] = {link_file, PATHS_TWO, true, CALL_file_link,
			 CLOUDABI_NEEDS_FILE_LINK_SOURCE},
	[BROKER_RENAME] = {rename_file, PATHS_TWO, false, CALL_file_rename,
			   CLOUDABI_NEEDS_FILE_RENAME_SOURCE},
	[BROKER_READDIR] = {dir_list, PATHS_NONE, false, CALL_file_readdir,
			    CLOUDABI_NEEDS_FILE_READDIR},
	[BROKER_READLINK] = {read_link, PATHS_ONE, false, CALL_file_readlink,
			     CLOUDABI_NEEDS_FILE_READLINK},
	[BROKER_STAT_FGET] = {stat_fget, PATHS_NONE, false, CALL_file_stat_fget,
			      CLOUDABI_NEEDS_FILE_STAT_FGET},
	[BROKER_STAT_FPUT] = {stat_fput, PATHS_NONE, false, CALL_file_stat_fput,
			      CLOUDABI_NEEDS_FILE_STAT_FPUT_TIMES},
	[BROKER_STAT_GET] = {stat_get, PATHS_ONE, true, CALL_file_stat_get,
			     CLOUDABI_NEEDS_FILE_STAT_GET},
	[BROKER_STAT_PUT] = {stat_put, PATHS_ONE, true, CALL_file_stat_put,
			     CLOUDABI_NEEDS_FILE_STAT_PUT},
	[BROKER_SYMLINK] = {make_symlink, PATHS_TWO, false, CALL_file_symlink,
			    CLOUDABI_NEEDS_FILE_SYMLINK},
	[BROKER_UNLINK] = {unlink_file, PATHS_ONE, false, CALL_file_unlink,
			   CLOUDABI_NEEDS_FILE_UNLINK},
	[BROKER_SYNC] = {sync_directory, PATHS_NONE, false, CALL_fd_sync,
			 CLOUDABI_NEEDS_FD_SYNC},
	[BROKER_CLONE] = {clone_capability, PATHS_NONE, false, CALL_fd_stat_put,
			  0},
	[BROKER_TICKET] = {issue_ticket, PATHS_NONE, false, CALL_file_link, 0},
};

static bool fits_operation(const struct broker_request *head)
{
	enum paths paths;

	if (head->op >= sizeof(operations) / sizeof(operations[0]) ||
	    operations[head->op].perform == NULL)
		return false;
	paths = operations[head->op].paths;
	return (paths >= PATHS_ONE || head->path1_len == 0) &&
	       (paths >= PATHS_TWO || head->path2_len == 0) &&
	       (operations[head->op].is_lookup || head->lookup_flags == 0);
}

static cloudabi_errno_t perform(struct capability *capability,
				struct request *request, struct reply *reply)
{
	uint64_t lacks =
		operations[request->head.op].needs & ~capability->rights_base;

	request->origin = capability->origin;
	request->is_second_path = request->head.op == BROKER_SYMLINK;
	request->lacks = lacks;
	if (lacks != 0)
		return CLOUDABI_ENOTCAPABLE;
	return operations[request->head.op].perform(capability, request, reply);
}

/* Of the errors that a host can give for lack of permission, those that it
 * has given; ours may mean something else. */
static bool is_denial(cloudabi_errno_t error)
{
	switch (error) {
	case CLOUDABI_ENOTCAPABLE:
		return true;
	case CLOUDABI_EACCES:
	case CLOUDABI_EPERM:
	case CLOUDABI_EROFS:
		return error == last_error();
	default:
		return false;
	}
}

/* As it was sent: what became of it on the way is no matter. */
static struct text path_of(const struct request *request,
			   const unsigned char *frame)
{
	const struct broker_request *head = &request->head;
	const char *path1 = (const char *)frame + sizeof(*head);

	if (operations[head->op].paths == PATHS_NONE)
		return (struct text){NULL, 0};
	if (request->is_second_path)
		return (struct text){path1 + head->path1_len, head->path2_len};
	return (struct text){path1, head->path1_len};
}

/* To look at a directory or to copy it is none. */
static bool is_use(uint32_t op)
{
	return op != BROKER_STAT_FGET && op != BROKER_CLONE;
}

static void trace(const struct request *request, const unsigned char *frame,
		  cloudabi_errno_t error)
{
	const struct denial denial = {
		.thread = request->head.thread,
		.call = operations[request->head.op].call,
		.descriptor = request->origin,
		.path = path_of(request, frame),
		.rights = request->lacks,
		.error = error,
	};

	if (is_denial(error))
		trace_denied(TRACE_BROKER, &denial);
}

void dir_serve(struct capability *capability, const unsigned char *frame,
	       size_t len, struct reply *reply)
{
	static struct request request;
	cloudabi_errno_t error = CLOUDABI_EINVAL;

	reply->head = (struct broker_reply){0};
	reply->fd = -1;
	if (request_parse(frame, len, &request) &&
	    fits_operation(&request.head)) {
		if (is_use(request.head.op))
			trace_used(capability->origin);
		errno = 0;
		error = perform(capability, &request, reply);
		if (trace_is_on())
			trace(&request, frame, error);
	}
	if (error != 0)
		reply->head = (struct broker_reply){.error = error};
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories as capabilities of the broker: requests and replies. */

#include "dirs.h"

#include "mutex.h"
#include "thread.h"
#include "trace.h"

/* A request, and where its reply goes. */
struct dialogue {
	struct broker_request request;
	struct path paths[2];
	void *data; /* at most request.data_len bytes */
	struct broker_reply reply;
	bool wants_descriptor;
	uint32_t descriptor; /* set on success if wanted */
};

/*
 * Held during a dialogue, and while a directory's descriptor goes away, so
 * that request and reply use the same object.
 */
static struct mutex dialogues;

/* The kernel reads the program's paths once, while it makes the message. */
static cloudabi_errno_t send_request(cloudabi_fd_t dir,
				     const struct dialogue *d)
{
	const cloudabi_ciovec_t iovs[] = {
		{&d->request, sizeof(d->request)},
		{d->paths[0].text, d->request.path1_len},
		{d->paths[1].text, d->request.path2_len},
	};
	long r = host_writev(dir, iovs, ARRAY_LEN(iovs));

	if (r == -EFAULT)
		return CLOUDABI_EFAULT;
	return r < 0 ? CLOUDABI_EIO : 0;
}

/* Room for one descriptor; the kernel discards what does not fit. */
struct control {
	struct host_cmsghdr header;
	uint32_t descriptor;
};

static bool has_descriptor(const struct host_msghdr *msg,
			   const struct control *control)
{
	return msg->control_len == HOST_CMSG_LEN(sizeof(control->descriptor)) &&
	       control->header.level == HOST_SOL_SOCKET &&
	       control->header.type == HOST_SCM_RIGHTS;
}

static bool is_well_formed(const struct dialogue *d, size_t len, uint32_t flags)
{
	return len >= sizeof(d->reply) && !(flags & HOST_MSG_TRUNC) &&
	       d->reply.data_len == len - sizeof(d->reply) &&
	       d->reply.error <= CLOUDABI_ENOTCAPABLE;
}

/* Accepts or closes the descriptor that came with a reply. */
static cloudabi_errno_t sort_out_descriptor(struct dialogue *d,
					    const struct host_msghdr *msg,
					    const struct control *control)
{
	bool came = has_descriptor(msg, control);

	if (came && d->wants_descriptor && d->reply.error == 0) {
		d->descriptor = control->descriptor;
		return 0;
	}
	if (came) {
		host_close(control->descriptor);
		return CLOUDABI_EIO;
	}
	if (!d->wants_descriptor || d->reply.error != 0)
		return 0;
	/* It was sent, but this process has no number left for it. */
	return msg->flags & HOST_MSG_CTRUNC ? CLOUDABI_EMFILE : CLOUDABI_EIO;
}

/* The broker is quick: to look for its reply a few times is, as a rule, much
 * shorter than to sleep and be woken. */
static long receive(cloudabi_fd_t dir, struct host_msghdr *msg)
{
	static const int looks_max = 60;
	long r = -EAGAIN;

	for (int i = 0; i < looks_max && r == -EAGAIN; i++)
		r = host_recvmsg(dir, msg, HOST_MSG_DONTWAIT);
	return r == -EAGAIN ? host_recvmsg(dir, msg, 0) : r;
}

static cloudabi_errno_t receive_reply(cloudabi_fd_t dir, struct dialogue *d)
{
	struct control control = {0};
	const cloudabi_iovec_t iovs[] = {
		{&d->reply, sizeof(d->reply)},
		{d->data, d->request.data_len},
	};
	struct host_msghdr msg = {
		.iov = iovs,
		.iov_len = ARRAY_LEN(iovs),
		.control = &control,
		.control_len = HOST_CMSG_LEN(sizeof(control.descriptor)),
	};
	long r = receive(dir, &msg);

	if (r < 0 || !is_well_formed(d, r, msg.flags)) {
		if (r >= 0 && has_descriptor(&msg, &control))
			host_close(control.descriptor);
		/* The next reply could be that of an earlier request. */
		host_call(__NR_shutdown, dir, HOST_SHUT_RDWR);
		return r == -EFAULT ? CLOUDABI_EFAULT : CLOUDABI_EIO;
	}
	return sort_out_descriptor(d, &msg, &control);
}

/* Preconditions: dialogues are locked. */
static cloudabi_errno_t exchange(cloudabi_fd_t dir, struct dialogue *d)
{
	cloudabi_errno_t error;

	if (!fdtable_is_directory(dir))
		return CLOUDABI_EBADF;
	d->request.thread = arch_thread()->tid;
	error = send_request(dir, d);
	if (error == 0)
		error = receive_reply(dir, d);
	return error != 0 ? error : trace_answer(d->reply.error);
}

static cloudabi_errno_t converse(cloudabi_fd_t dir, struct dialogue *d)
{
	cloudabi_errno_t error;

	mutex_lock(&dialogues);
	error = exchange(dir, d);
	mutex_unlock(&dialogues);
	return error;
}

static cloudabi_errno_t check_path(struct path path, uint32_t *len)
{
	if (path.len == 0)
		return CLOUDABI_ENOENT;
	if (path.len > BROKER_PATH_MAX)
		return CLOUDABI_ENAMETOOLONG;
	*len = path.len;
	return 0;
}

/* Converses about one path. */
static cloudabi_errno_t converse_path(cloudabi_fd_t dir, struct path path,
				      struct dialogue *d)
{
	cloudabi_errno_t error = check_path(path, &d->request.path1_len);

	d->paths[0] = path;
	return error != 0 ? error : converse(dir, d);
}

/* Lets the next request on another capability name `dir`. */
static cloudabi_errno_t get_ticket(cloudabi_fd_t dir, uint8_t *ticket)
{
	struct dialogue d = {
		.request.op = BROKER_TICKET,
		.request.data_len = BROKER_TICKET_LEN,
		.data = ticket,
	};
	cloudabi_errno_t error = exchange(dir, &d);

	if (error == 0 && d.reply.data_len != BROKER_TICKET_LEN)
		error = CLOUDABI_EIO;
	return error;
}

/* Converses about two paths, the second below dir2. */
static cloudabi_errno_t converse_paths(cloudabi_fd_t dir1, struct path path1,
				       cloudabi_fd_t dir2, struct path path2,
				       struct dialogue *d)
{
	cloudabi_errno_t error;

	d->paths[0] = path1;
	d->paths[1] = path2;
	error = check_path(path1, &d->request.path1_len);
	if (error == 0)
		error = check_path(path2, &d->request.path2_len);
	if (error != 0)
		return error;

	mutex_lock(&dialogues);
	if (dir1 != dir2)
		error = get_ticket(dir2, d->request.ticket);
	if (error == 0)
		error = exchange(dir1, d);
	mutex_unlock(&dialogues);
	return error;
}

cloudabi_errno_t dirs_open(cloudabi_lookup_t dir, struct path path,
			   cloudabi_oflags_t oflags,
			   const cloudabi_fdstat_t *wanted, cloudabi_fd_t *fd)
{
	struct dialogue d = {
		.request.op = BROKER_OPEN,
		.request.lookup_flags = dir.flags,
		.request.oflags = oflags,
		.request.fdflags = wanted->fs_flags,
		.request.rights_base = wanted->fs_rights_base,
		.request.rights_inheriting = wanted->fs_rights_inheriting,
		.wants_descriptor = true,
	};
	cloudabi_errno_t error = converse_path(dir.fd, path, &d);

	if (error != 0)
		return error;
	return fdtable_install(d.descriptor,
			       &(struct fd_entry){
				       .base = d.reply.rights_base,
				       .inheriting = d.reply.rights_inheriting,
				       .filetype = d.reply.filetype,
				       .origin = fdtable[dir.fd].origin,
			       },
			       fd);
}

cloudabi_errno_t dirs_create_directory(cloudabi_fd_t dir, struct path path)
{
	struct dialogue d = {.request.op = BROKER_CREATE_DIRECTORY};

	return converse_path(dir, path, &d);
}

cloudabi_errno_t dirs_link(cloudabi_lookup_t dir1, struct path path1,
			   cloudabi_fd_t dir2, struct path path2)
{
	struct dialogue d = {
		.request.op = BROKER_LINK,
		.request.lookup_flags = dir1.flags,
	};

	return converse_paths(dir1.fd, path1, dir2, path2, &d);
}

cloudabi_errno_t dirs_rename(cloudabi_fd_t dir1, struct path path1,
			     cloudabi_fd_t dir2, struct path path2)
{
	struct dialogue d = {.request.op = BROKER_RENAME};

	return converse_paths(dir1, path1, dir2, path2, &d);
}

/*
 * Finds the end of the last whole record and moves the cookie there.
 * Returns the length up to it. Records are not aligned.
 */
static size_t whole_records(const unsigned char *buf, size_t len,
			    cloudabi_dircookie_t *cookie)
{
	cloudabi_dirent_t entry;
	size_t used = 0;

	while (len - used >= sizeof(entry)) {
		memcpy(&entry, buf + used, sizeof(entry));
		if (entry.d_namlen > len - used - sizeof(entry))
			break;
		used += sizeof(entry) + entry.d_namlen;
		*cookie = entry.d_next;
	}
	return used;
}

static cloudabi_errno_t read_some(cloudabi_fd_t dir, void *buf, size_t len,
				  cloudabi_dircookie_t cookie, size_t *used)
{
	struct dialogue d = {
		.request.op = BROKER_READDIR,
		.request.cookie = cookie,
		.request.data_len = MIN(len, BROKER_DATA_MAX),
		.data = buf,
	};
	cloudabi_errno_t error = converse(dir, &d);

	*used = d.reply.data_len;
	return error;
}

/* A reply can be smaller than the buffer, which is to be filled all the same. */
cloudabi_errno_t dirs_readdir(cloudabi_fd_t dir, void *buf, size_t len,
			      cloudabi_dircookie_t cookie, size_t *used)
{
	unsigned char *p = buf;
	cloudabi_errno_t error;
	size_t filled;
	size_t whole;
	size_t got;

	for (filled = 0;; filled += whole) {
		error = read_some(dir, p + filled, len - filled, cookie, &got);
		if (error != 0)
			return error;
		if (got < BROKER_DATA_MAX || got == len - filled)
			break;
		whole = whole_records(p + filled, got, &cookie);
		if (whole == 0)
			return CLOUDABI_EIO;
	}
	*used = filled + got;
	return 0;
}

cloudabi_errno_t dirs_readlink(cloudabi_fd_t dir, struct path path, char *buf,
			       size_t len, size_t *used)
{
	struct dialogue d = {
		.request.op = BROKER_READLINK,
		.request.data_len = MIN(len, BROKER_DATA_MAX),
		.data = buf,
	};
	cloudabi_errno_t error = converse_path(dir, path, &d);

	if (error == 0)
		*used = d.reply.data_len;
	return error;
}

static cloudabi_errno_t check_stat(cloudabi_errno_t error,
				   const struct dialogue *d)
{
	if (error == 0 && d->reply.data_len != sizeof(cloudabi_filestat_t))
		return CLOUDABI_EIO;
	return error;
}

cloudabi_errno_t dirs_stat_fget(cloudabi_fd_t dir, cloudabi_filestat_t *stat)
{
	struct dialogue d = {
		.request.op = BROKER_STAT_FGET,
		.request.data_len = sizeof(*stat),
		.data = stat,
	};

	return check_stat(converse(dir, &d), &d);
}

cloudabi_errno_t dirs_stat_fput(cloudabi_fd_t dir,
				const cloudabi_filestat_t *stat,
				cloudabi_fsflags_t flags)
{
	struct dialogue d = {
		.request.op = BROKER_STAT_FPUT,
		.request.fsflags = flags,
		.request.atim = stat->st_atim,
		.request.mtim = stat->st_mtim,
	};

	return converse(dir, &d);
}

cloudabi_errno_t dirs_stat_get(cloudabi_lookup_t dir, struct path path,
			       cloudabi_filestat_t *stat)
{
	struct dialogue d = {
		.request.op = BROKER_STAT_GET,
		.request.lookup_flags = dir.flags,
		.request.data_len = sizeof(*stat),
		.data = stat,
	};

	return check_stat(converse_path(dir.fd, path, &d), &d);
}

cloudabi_errno_t dirs_stat_put(cloudabi_lookup_t dir, struct path path,
			       const cloudabi_filestat_t *stat,
			       cloudabi_fsflags_t flags)
{
	struct dialogue d = {
		.request.op = BROKER_STAT_PUT,
		.request.lookup_flags = dir.flags,
		.request.fsflags = flags,
		.request.atim = stat->st_atim,
		.request.mtim = stat->st_mtim,
	};

	return converse_path(dir.fd, path, &d);
}

cloudabi_errno_t dirs_symlink(struct path target, cloudabi_fd_t dir,
			      struct path path)
{
	struct dialogue d = {.request.op = BROKER_SYMLINK};

	return converse_paths(dir, target, dir, path, &d);
}

cloudabi_errno_t dirs_unlink(cloudabi_fd_t dir, struct path path,
			     cloudabi_ulflags_t flags)
{
	struct dialogue d = {
		.request.op = BROKER_UNLINK,
		.request.ulflags = flags,
	};

	return converse_path(dir, path, &d);
}

cloudabi_errno_t dirs_sync(cloudabi_fd_t dir)
{
	struct dialogue d = {.request.op = BROKER_SYNC};

	return converse(dir, &d);
}

void dirs_lock(void)
{
	mutex_lock(&dialogues);
}

void dirs_unlock(void)
{
	mutex_unlock(&dialogues);
}

cloudabi_errno_t dirs_clone_locked(cloudabi_fd_t dir, cloudabi_rights_t base,
				   cloudabi_rights_t inheriting, uint32_t *fd)
{
	struct dialogue d = {
		.request.op = BROKER_CLONE,
		.request.rights_base = base,
		.request.rights_inheriting = inheriting,
		.wants_descriptor = true,
	};
	cloudabi_errno_t error = exchange(dir, &d);

	*fd = d.descriptor;
	return error;
}

cloudabi_errno_t dirs_clone(cloudabi_fd_t dir, cloudabi_rights_t base,
			    cloudabi_rights_t inheriting, uint32_t *fd)
{
	cloudabi_errno_t error;

	dirs_lock();
	error = dirs_clone_locked(dir, base, inheriting, fd);
	dirs_unlock();
	return error;
}

/* A number that is to stay taken keeps a socket that leads nowhere. */
static cloudabi_errno_t close_now(cloudabi_fd_t dir)
{
	struct fd_entry entry;
	cloudabi_errno_t error = fdtable_remove(dir, &entry);

	if (error != 0)
		return error;
	if (entry.keeps_number)
		host_call(__NR_shutdown, dir, HOST_SHUT_RDWR);
	else
		host_close(dir);
	return 0;
}

cloudabi_errno_t dirs_close(cloudabi_fd_t dir)
{
	cloudabi_errno_t error;

	mutex_lock(&dialogues);
	error = close_now(dir);
	mutex_unlock(&dialogues);
	return error;
}

cloudabi_errno_t dirs_replace(uint32_t from, cloudabi_fd_t dir,
			      const struct fd_entry *entry)
{
	cloudabi_errno_t error;

	mutex_lock(&dialogues);
	error = fdtable_replace(from, dir, entry);
	mutex_unlock(&dialogues);
	return error;
}

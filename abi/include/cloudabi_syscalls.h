/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls. */
/* Generated from abi/cloudabi.abi by abi/generate.py: edit that, not this. */

#ifndef CLOUDABI_SYSCALLS_H
#define CLOUDABI_SYSCALLS_H

#include <cloudabi.h>

/* All calls; the one with number n is in place n. */
#define CLOUDABI_SYSCALLS_LEN 49
#define CLOUDABI_SYSCALLS(X) \
	X(clock_res_get) \
	X(clock_time_get) \
	X(condvar_signal) \
	X(fd_close) \
	X(fd_create1) \
	X(fd_create2) \
	X(fd_datasync) \
	X(fd_dup) \
	X(fd_pread) \
	X(fd_pwrite) \
	X(fd_read) \
	X(fd_replace) \
	X(fd_seek) \
	X(fd_stat_get) \
	X(fd_stat_put) \
	X(fd_sync) \
	X(fd_write) \
	X(file_advise) \
	X(file_allocate) \
	X(file_create) \
	X(file_link) \
	X(file_open) \
	X(file_readdir) \
	X(file_readlink) \
	X(file_rename) \
	X(file_stat_fget) \
	X(file_stat_fput) \
	X(file_stat_get) \
	X(file_stat_put) \
	X(file_symlink) \
	X(file_unlink) \
	X(lock_unlock) \
	X(mem_advise) \
	X(mem_map) \
	X(mem_protect) \
	X(mem_sync) \
	X(mem_unmap) \
	X(poll) \
	X(proc_exec) \
	X(proc_exit) \
	X(proc_fork) \
	X(proc_raise) \
	X(random_get) \
	X(sock_recv) \
	X(sock_send) \
	X(sock_shutdown) \
	X(thread_create) \
	X(thread_exit) \
	X(thread_yield)

#ifdef __cplusplus
#define CLOUDABI_NORETURN [[noreturn]]
extern "C" {
#else
#define CLOUDABI_NORETURN _Noreturn
#endif

/* Tells the resolution of a clock. */
cloudabi_errno_t cloudabi_sys_clock_res_get(cloudabi_clockid_t clock_id,
	cloudabi_timestamp_t *resolution);

/* Reads a clock. */
cloudabi_errno_t cloudabi_sys_clock_time_get(cloudabi_clockid_t clock_id,
	cloudabi_timestamp_t precision, cloudabi_timestamp_t *time);

/*
 * Wakes threads that wait for a condition variable. The longest waiting come
 * first. If the lock is free the first one gets it, the others queue for it.
 * The word becomes CONDVAR_HAS_NO_WAITERS when nobody is left, and while it has
 * that value there is no need to call.
 */
cloudabi_errno_t cloudabi_sys_condvar_signal(cloudabi_condvar_t *condvar,
	cloudabi_scope_t scope, cloudabi_nthreads_t nwaiters);

/*
 * Gives up a descriptor. Calls at work on the descriptor finish. Closing the
 * last descriptor of a process kills it.
 */
cloudabi_errno_t cloudabi_sys_fd_close(cloudabi_fd_t fd);

/* Makes an object that one descriptor refers to. */
cloudabi_errno_t cloudabi_sys_fd_create1(cloudabi_filetype_t type,
	cloudabi_fd_t *fd);

/* Makes two sockets that are connected with each other. */
cloudabi_errno_t cloudabi_sys_fd_create2(cloudabi_filetype_t type,
	cloudabi_fd_t *fd1, cloudabi_fd_t *fd2);

/* Waits until the data of a file is on the disk. */
cloudabi_errno_t cloudabi_sys_fd_datasync(cloudabi_fd_t fd);

/* Makes a second descriptor for the same object, with the same rights. */
cloudabi_errno_t cloudabi_sys_fd_dup(cloudabi_fd_t from, cloudabi_fd_t *fd);

/* Reads from a position in a file and leaves the descriptor's own alone. */
cloudabi_errno_t cloudabi_sys_fd_pread(cloudabi_fd_t fd,
	const cloudabi_iovec_t *iovs, size_t iovs_len,
	cloudabi_filesize_t offset, size_t *nread);

/* Writes to a position in a file and leaves the descriptor's own alone. */
cloudabi_errno_t cloudabi_sys_fd_pwrite(cloudabi_fd_t fd,
	const cloudabi_ciovec_t *iovs, size_t iovs_len,
	cloudabi_filesize_t offset, size_t *nwritten);

/* Reads from a file, a device, a pipe or a socket. */
cloudabi_errno_t cloudabi_sys_fd_read(cloudabi_fd_t fd,
	const cloudabi_iovec_t *iovs, size_t iovs_len, size_t *nread);

/*
 * Makes one descriptor a copy of another in a single step. Both must exist, so
 * nobody can lose a number to another thread. The object that the second one
 * referred to is released.
 */
cloudabi_errno_t cloudabi_sys_fd_replace(cloudabi_fd_t from, cloudabi_fd_t to);

/* Moves the position of a descriptor. */
cloudabi_errno_t cloudabi_sys_fd_seek(cloudabi_fd_t fd,
	cloudabi_filedelta_t offset, cloudabi_whence_t whence,
	cloudabi_filesize_t *newoffset);

/* Tells the kind, the modes and the rights of a descriptor. */
cloudabi_errno_t cloudabi_sys_fd_stat_get(cloudabi_fd_t fd,
	cloudabi_fdstat_t *buf);

/* Changes the modes of a descriptor, or takes rights away from it. */
cloudabi_errno_t cloudabi_sys_fd_stat_put(cloudabi_fd_t fd,
	const cloudabi_fdstat_t *buf, cloudabi_fdsflags_t flags);

/* Waits until data and metadata of a file are on the disk. */
cloudabi_errno_t cloudabi_sys_fd_sync(cloudabi_fd_t fd);

/* Writes to a file, a device, a pipe or a socket. */
cloudabi_errno_t cloudabi_sys_fd_write(cloudabi_fd_t fd,
	const cloudabi_ciovec_t *iovs, size_t iovs_len, size_t *nwritten);

/* Tells how a part of a file is going to be used. */
cloudabi_errno_t cloudabi_sys_file_advise(cloudabi_fd_t fd,
	cloudabi_filesize_t offset, cloudabi_filesize_t len,
	cloudabi_advice_t advice);

/* Reserves room on the disk, and makes the file larger where needed. */
cloudabi_errno_t cloudabi_sys_file_allocate(cloudabi_fd_t fd,
	cloudabi_filesize_t offset, cloudabi_filesize_t len);

/* Creates a directory. */
cloudabi_errno_t cloudabi_sys_file_create(cloudabi_fd_t fd, const char *path,
	size_t path_len, cloudabi_filetype_t type);

/* Gives a file another name. */
cloudabi_errno_t cloudabi_sys_file_link(cloudabi_lookup_t fd1,
	const char *path1, size_t path1_len, cloudabi_fd_t fd2,
	const char *path2, size_t path2_len);

/*
 * Opens or creates a file, or opens a directory. Rights asked for that the
 * directory does not pass on are an error; rights that make no sense for what
 * is found are dropped without one. The file is opened for reading if the base
 * rights asked for meet RIGHTS_READING, and for writing if they meet
 * RIGHTS_WRITING. New files can be read, written and executed by everybody whom
 * the host's umask lets.
 */
cloudabi_errno_t cloudabi_sys_file_open(cloudabi_lookup_t dirfd,
	const char *path, size_t path_len, cloudabi_oflags_t oflags,
	const cloudabi_fdstat_t *fds, cloudabi_fd_t *fd);

/*
 * Lists a directory. The buffer is filled with dirent records, the last of
 * which may be cut off anywhere. A full buffer means that there may be more: go
 * on with d_next of the last whole record, in a larger buffer if there was
 * none. The call keeps no position of its own.
 */
cloudabi_errno_t cloudabi_sys_file_readdir(cloudabi_fd_t fd, void *buf,
	size_t buf_len, cloudabi_dircookie_t cookie, size_t *bufused);

/* Reads the text of a symbolic link. */
cloudabi_errno_t cloudabi_sys_file_readlink(cloudabi_fd_t fd, const char *path,
	size_t path_len, char *buf, size_t buf_len, size_t *bufused);

/* Gives a file or directory a new name, which is replaced if it exists. */
cloudabi_errno_t cloudabi_sys_file_rename(cloudabi_fd_t fd1, const char *path1,
	size_t path1_len, cloudabi_fd_t fd2, const char *path2,
	size_t path2_len);

/* Tells the attributes of the file that a descriptor refers to. */
cloudabi_errno_t cloudabi_sys_file_stat_fget(cloudabi_fd_t fd,
	cloudabi_filestat_t *buf);

/* Changes the size or the times of the file that a descriptor refers to. */
cloudabi_errno_t cloudabi_sys_file_stat_fput(cloudabi_fd_t fd,
	const cloudabi_filestat_t *buf, cloudabi_fsflags_t flags);

/* Tells the attributes of a file by its name. */
cloudabi_errno_t cloudabi_sys_file_stat_get(cloudabi_lookup_t fd,
	const char *path, size_t path_len, cloudabi_filestat_t *buf);

/* Changes the times of a file by its name. */
cloudabi_errno_t cloudabi_sys_file_stat_put(cloudabi_lookup_t fd,
	const char *path, size_t path_len, const cloudabi_filestat_t *buf,
	cloudabi_fsflags_t flags);

/* Creates a symbolic link. */
cloudabi_errno_t cloudabi_sys_file_symlink(const char *path1, size_t path1_len,
	cloudabi_fd_t fd, const char *path2, size_t path2_len);

/* Removes a file or an empty directory. */
cloudabi_errno_t cloudabi_sys_file_unlink(cloudabi_fd_t fd, const char *path,
	size_t path_len, cloudabi_ulflags_t flags);

/*
 * Releases a lock that threads sleep on, and wakes those whose turn it is. The
 * oldest writer gets the lock, or all readers if no writer waits. A reader
 * first turns its lock into one for writing.
 */
cloudabi_errno_t cloudabi_sys_lock_unlock(cloudabi_lock_t *lock,
	cloudabi_scope_t scope);

/* Tells how a region of memory is going to be used. */
cloudabi_errno_t cloudabi_sys_mem_advise(void *mapping, size_t mapping_len,
	cloudabi_advice_t advice);

/* Maps a file, shared memory or fresh memory. */
cloudabi_errno_t cloudabi_sys_mem_map(void *addr, size_t len,
	cloudabi_mprot_t prot, cloudabi_mflags_t flags, cloudabi_fd_t fd,
	cloudabi_filesize_t off, void **mem);

/* Changes what can be done with pages. */
cloudabi_errno_t cloudabi_sys_mem_protect(void *mapping, size_t mapping_len,
	cloudabi_mprot_t prot);

/* Writes a region of memory back to the file that it maps. */
cloudabi_errno_t cloudabi_sys_mem_sync(void *mapping, size_t mapping_len,
	cloudabi_msflags_t flags);

/* Gives up a region of memory. */
cloudabi_errno_t cloudabi_sys_mem_unmap(void *mapping, size_t mapping_len);

/*
 * Waits until at least one of several things happens. What is wrong with one
 * subscription is told by its event, not by the result of the call. Locks and
 * condition variables can only be the first subscription, followed by at most
 * one other, a clock that serves as timeout.
 */
cloudabi_errno_t cloudabi_sys_poll(const cloudabi_subscription_t *in,
	cloudabi_event_t *out, size_t nsubscriptions, size_t *nevents);

/*
 * Replaces the program that the process runs. Descriptor i of the new program
 * is a copy of fds[i]; all others are closed.
 */
cloudabi_errno_t cloudabi_sys_proc_exec(cloudabi_fd_t fd, const void *data,
	size_t data_len, const cloudabi_fd_t *fds, size_t fds_len);

/* Ends the process. */
CLOUDABI_NORETURN void cloudabi_sys_proc_exit(cloudabi_exitcode_t rval);

/* Makes a second process, which has a copy of the calling thread alone. */
cloudabi_errno_t cloudabi_sys_proc_fork(cloudabi_fd_t *fd,
	cloudabi_tid_t *tid);

/* Sends a signal to the process itself. */
cloudabi_errno_t cloudabi_sys_proc_raise(cloudabi_signal_t sig);

/* Fills memory with random bytes that are fit for cryptography. */
cloudabi_errno_t cloudabi_sys_random_get(void *buf, size_t buf_len);

/*
 * Receives bytes and descriptors from a socket. Also accepts connections and
 * tells addresses, see "Addresses and accept".
 */
cloudabi_errno_t cloudabi_sys_sock_recv(cloudabi_fd_t sock,
	const cloudabi_recv_in_t *in, cloudabi_recv_out_t *out);

/* Sends bytes and descriptors over a socket. */
cloudabi_errno_t cloudabi_sys_sock_send(cloudabi_fd_t sock,
	const cloudabi_send_in_t *in, cloudabi_send_out_t *out);

/* Ends receiving, sending, or both on a socket. */
cloudabi_errno_t cloudabi_sys_sock_shutdown(cloudabi_fd_t sock,
	cloudabi_sdflags_t how);

/* Starts a thread in this process. */
cloudabi_errno_t cloudabi_sys_thread_create(cloudabi_threadattr_t *attr,
	cloudabi_tid_t *tid);

/*
 * Ends the calling thread, then releases a lock as lock_unlock does. Whoever
 * gets the lock may reuse the stack of the thread.
 */
CLOUDABI_NORETURN void cloudabi_sys_thread_exit(cloudabi_lock_t *lock,
	cloudabi_scope_t scope);

/* Lets other threads run. */
cloudabi_errno_t cloudabi_sys_thread_yield(void);

#ifdef __cplusplus
}
#endif

#undef CLOUDABI_NORETURN

#endif

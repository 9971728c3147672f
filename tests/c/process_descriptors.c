/* SPDX-License-Identifier: BSD-2-Clause */
/* Process descriptors: waiting, ending what they stand for, passing them on. */

#include "processes.h"

static _Noreturn void stay(void)
{
	for (;;)
		sleep_ns(1000000000);
}

/* A child that stays until it is killed, and the end of a socket that is closed
 * when it is. */
static cloudabi_fd_t make_guarded(cloudabi_fd_t *alive)
{
	cloudabi_fd_t child, other;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, alive, &other);
	if (fork_child(&child)) {
		OK(sys.fd_close(*alive));
		stay();
	}
	OK(sys.fd_close(other));
	return child;
}

static void expect_end(cloudabi_fd_t alive)
{
	char byte;
	size_t n;

	OK(get(alive, &byte, 1, &n));
	EQUAL(n, 0);
	OK(sys.fd_close(alive));
}

NATIVE(type_and_rights, "nobody lets processes be made")
{
	cloudabi_fd_t alive, child = make_guarded(&alive);
	cloudabi_filestat_t filestat;
	cloudabi_fdstat_t stat;
	cloudabi_filesize_t offset;
	cloudabi_send_in_t message = {0};
	cloudabi_send_out_t sent;
	char byte = 0;
	size_t n;

	OK(sys.fd_stat_get(child, &stat));
	EQUAL(stat.fs_filetype, CLOUDABI_FILETYPE_PROCESS);
	EQUAL(stat.fs_rights_base, CLOUDABI_MAX_BASE_PROCESS);
	EQUAL(stat.fs_rights_inheriting, 0);
	OK(sys.file_stat_fget(child, &filestat));
	EQUAL(filestat.st_filetype, CLOUDABI_FILETYPE_PROCESS);
	FAILS(get(child, &byte, 1, &n), ENOTCAPABLE);
	FAILS(put(child, "x"), ENOTCAPABLE);
	FAILS(sys.fd_seek(child, 0, CLOUDABI_WHENCE_CUR, &offset), ENOTCAPABLE);
	FAILS(sys.fd_sync(child), ENOTCAPABLE);
	FAILS(sys.sock_send(child, &message, &sent), ENOTCAPABLE);
	FAILS(sys.sock_shutdown(child, CLOUDABI_SHUT_RD), ENOTCAPABLE);
	FAILS(sys.proc_exec(child, NULL, 0, NULL, 0), ENOTCAPABLE);
	FAILS(open_at(child, "x", READ, 0, &child), ENOTCAPABLE);
	OK(sys.fd_close(child));
	expect_end(alive);
}

static cloudabi_subscription_t end_of(cloudabi_fd_t child)
{
	return (cloudabi_subscription_t){
		.type = CLOUDABI_EVENTTYPE_PROC_TERMINATE,
		.proc_terminate.fd = child,
	};
}

/* It waits as long as the process lives, and beside other things. */
NATIVE(poll, "nobody lets processes be made")
{
	cloudabi_fd_t alive, child = make_guarded(&alive);
	cloudabi_fd_t without;
	cloudabi_subscription_t in[] = {
		end_of(child),
		{.type = CLOUDABI_EVENTTYPE_CLOCK,
		 .clock.clock_id = CLOUDABI_CLOCK_MONOTONIC,
		 .clock.timeout = 20000000},
		end_of(READ_ONLY),
		end_of(child),
	};
	cloudabi_event_t out[4];
	size_t n;

	OK(sys.poll(in, out, 2, &n));
	EQUAL(n, 1);
	EQUAL(out[0].type, CLOUDABI_EVENTTYPE_CLOCK);
	OK(sys.poll(in, out, 3, &n));
	EQUAL(n, 1);
	EQUAL(out[0].error, CLOUDABI_ENOTCAPABLE);
	OK(sys.fd_dup(child, &without));
	restrict_rights(without, CLOUDABI_RIGHT_POLL_PROC_TERMINATE);
	in[0] = end_of(without);
	OK(sys.poll(in, out, 1, &n));
	EQUAL(out[0].error, CLOUDABI_ENOTCAPABLE);
	in[0].type = CLOUDABI_EVENTTYPE_FD_READ;
	in[0].fd_readwrite.fd = child;
	OK(sys.poll(in, out, 1, &n));
	EQUAL(out[0].error, CLOUDABI_ENOTCAPABLE);
	OK(sys.fd_close(without));
	OK(sys.fd_close(child));
	expect_end(alive);
}

/* The last one counts, whoever has it. */
NATIVE(copies, "nobody lets processes be made")
{
	cloudabi_fd_t alive, child = make_guarded(&alive);
	cloudabi_fd_t copy, keeper;
	cloudabi_subscription_t in = end_of(child);

	OK(sys.fd_dup(child, &copy));
	OK(sys.fd_close(child));
	if (fork_child(&keeper)) {
		OK(sys.fd_close(alive));
		stay();
	}
	OK(sys.fd_close(copy));
	/* The keeper has one, and is ended itself in the end. */
	FAILS(sys.fd_close(copy), EBADF);
	sleep_ns(20000000);
	in.type = CLOUDABI_EVENTTYPE_FD_READ;
	in.fd_readwrite.fd = alive;
	{
		const cloudabi_subscription_t both[] = {
			in,
			{.type = CLOUDABI_EVENTTYPE_CLOCK,
			 .clock.clock_id = CLOUDABI_CLOCK_MONOTONIC},
		};
		cloudabi_event_t out[2];
		size_t n;

		OK(sys.poll(both, out, 2, &n));
		EQUAL(n, 1);
		EQUAL(out[0].type, CLOUDABI_EVENTTYPE_CLOCK);
	}
	OK(sys.fd_close(keeper));
	expect_end(alive);
}

/* How it ended stays to be seen, through each copy. */
NATIVE(again, "nobody lets processes be made")
{
	cloudabi_fd_t child, copy;

	if (fork_child(&child))
		sys.proc_exit(201);
	OK(sys.fd_dup(child, &copy));
	EQUAL(await_child(child), 201);
	EQUAL(await_child(copy), 201);
	OK(sys.fd_close(child));
	EQUAL(await_child(copy), 201);
	if (fork_child(&child))
		sys.proc_exit(await_child(copy) == 201 ? 0 : 1);
	EQUAL(await_child(child), 0);
	OK(sys.fd_close(child));
	OK(sys.fd_close(copy));
}

/* A process ends by a signal to itself, and its parent does not. */
NATIVE(signals, "nobody lets processes be made")
{
	static const cloudabi_signal_t fatal[] = {
		CLOUDABI_SIGABRT,   CLOUDABI_SIGALRM, CLOUDABI_SIGBUS,
		CLOUDABI_SIGFPE,    CLOUDABI_SIGHUP,  CLOUDABI_SIGILL,
		CLOUDABI_SIGINT,    CLOUDABI_SIGKILL, CLOUDABI_SIGQUIT,
		CLOUDABI_SIGSEGV,   CLOUDABI_SIGSYS,  CLOUDABI_SIGTERM,
		CLOUDABI_SIGTRAP,   CLOUDABI_SIGUSR1, CLOUDABI_SIGUSR2,
		CLOUDABI_SIGVTALRM, CLOUDABI_SIGXCPU,
	};
	cloudabi_fd_t child;

	for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
		if (fork_child(&child)) {
			sys.proc_raise(fatal[i]);
			sys.proc_exit(1);
		}
		EQUAL(await_child(child), SIGNAL + fatal[i]);
		OK(sys.fd_close(child));
	}
	if (fork_child(&child)) {
		OK(sys.proc_raise(CLOUDABI_SIGPIPE));
		OK(sys.proc_raise(CLOUDABI_SIGCHLD));
		OK(sys.proc_raise(CLOUDABI_SIGURG));
		OK(sys.proc_raise(CLOUDABI_SIGCONT));
		FAILS(sys.proc_raise(0), EINVAL);
		FAILS(sys.proc_raise(27), EINVAL);
		*(volatile char *)8 = 1;
	}
	EQUAL(await_child(child), SIGNAL + CLOUDABI_SIGSEGV);
	OK(sys.fd_close(child));
}

/* Over a UNIX socket it arrives as what it is. */
NATIVE(passing, "nobody lets processes be made")
{
	cloudabi_fd_t alive, child = make_guarded(&alive);
	cloudabi_fd_t a, b, received[1];
	const cloudabi_ciovec_t out_part = {"p", 1};
	char byte;
	const cloudabi_iovec_t in_part = {&byte, 1};
	const cloudabi_send_in_t out = {
		.si_data = &out_part,
		.si_data_len = 1,
		.si_fds = &child,
		.si_fds_len = 1,
	};
	const cloudabi_recv_in_t in = {
		.ri_data = &in_part,
		.ri_data_len = 1,
		.ri_fds = received,
		.ri_fds_len = 1,
	};
	cloudabi_send_out_t sent;
	cloudabi_recv_out_t got;
	cloudabi_fdstat_t stat;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	OK(sys.sock_send(a, &out, &sent));
	OK(sys.fd_close(child));
	OK(sys.sock_recv(b, &in, &got));
	EQUAL(got.ro_fdslen, 1);
	OK(sys.fd_stat_get(received[0], &stat));
	EQUAL(stat.fs_filetype, CLOUDABI_FILETYPE_PROCESS);
	EQUAL(stat.fs_rights_base, CLOUDABI_MAX_BASE_PROCESS);
	OK(sys.fd_close(received[0]));
	expect_end(alive);
	OK(sys.fd_close(a));
	OK(sys.fd_close(b));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The broker: starts a confined guest and holds its directories for it. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"

/*
 * The launcher's end is ours, but not that of its thread that started us, as
 * PR_SET_PDEATHSIG would have it. As long as the launcher is our parent its
 * number is nobody else's. Without it there is nobody to tell anything.
 */
static int watch_launcher(pid_t launcher)
{
	int fd = (int)syscall(SYS_pidfd_open, launcher, 0);

	if (fd < 0 || getppid() != launcher)
		_exit(EXIT_SETUP);
	return fd;
}

static int parse_number(const char *text)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' ||
	    number > INT_MAX)
		die(EXIT_SETUP, "usage: cloudabi-broker SPECFD");
	return (int)number;
}

/* Closes what the launcher inherited itself and did not mean to pass on. */
static void close_others(const struct spec *spec)
{
	static int kept[SPEC_FDS_MAX + 5];
	size_t len = 0;

	for (size_t i = 0; i < spec->fds_len; i++)
		kept[len++] = spec->fds[i].fd;
	kept[len++] = spec->runtime;
	kept[len++] = spec->program;
	kept[len++] = spec->report;
	if (spec->emulator != -1)
		kept[len++] = spec->emulator;
	kept[len++] = STDERR_FILENO;
	close_except(kept, len);
}

/* Nothing else may get the number that messages are written to. */
static void reserve_stderr(void)
{
	int fd;

	if (fcntl(STDERR_FILENO, F_GETFD) >= 0)
		return;
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || (fd != STDERR_FILENO && dup2(fd, STDERR_FILENO) < 0))
		_exit(EXIT_SETUP);
	if (fd != STDERR_FILENO)
		close(fd);
}

/* Each capability takes two descriptors. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void confine(const struct guest *guest, int threads_fd, int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		die(EXIT_SETUP, "prctl(PR_SET_NO_NEW_PRIVS) failed: %s",
		    strerror(errno));
	if (ruleset >= 0)
		landlock_enter(ruleset);
	seccomp_enter(guest, threads_fd);
}

static void prepare(const char *spec_fd, struct spec *spec,
		    struct grants *grants)
{
	if (getauxval(AT_SECURE) != 0)
		die(EXIT_SETUP, "the broker must not have more privileges "
				"than who starts it");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* if ignored, nothing could be reaped */
	spec_read(parse_number(spec_fd), spec);
	if (!record_to(spec->report))
		die(EXIT_SETUP, "the report goes to no SOCK_SEQPACKET socket");
	features_check();
	grants_judge(spec, grants);
	close_others(spec);
	reserve_stderr();
	raise_limit();
	if (chdir("/") != 0)
		die(EXIT_SETUP, "cannot leave the working directory: %s",
		    strerror(errno));
}

int main(int argc, char **argv)
{
	static struct spec spec;
	static struct grants grants;
	static struct guest guest;
	int launcher, ruleset, threads_fd;

	if (argc != 2)
		die(EXIT_SETUP, "usage: cloudabi-broker SPECFD");
	prepare(argv[1], &spec, &grants);
	launcher = watch_launcher(spec.launcher);
	serve_start();
	processes_start(&spec);
	if (processes_are_several())
		spawner_start(&spec, launcher);
	trace_start(&spec);
	capabilities_start();
	grants_open(&spec, &grants);
	ruleset = landlock_prepare(spec.no_landlock);
	if (ruleset < 0)
		grants.flags |= START_NO_LANDLOCK;
	guest_start(&spec, &grants, &guest);
	grants_close(&spec, &grants);
	guest_keep_number(&guest);
	threads_fd = limits_start(&spec.limits, &guest);
	confine(&guest, threads_fd, ruleset);
	return serve(&guest, launcher);
}

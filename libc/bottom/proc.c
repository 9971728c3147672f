/* SPDX-License-Identifier: BSD-2-Clause */
/* The process: its end, its name, what it knows of the system. */

#include <limits.h>
#include <program.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "libc.h"
#include "lock_word.h"
#include "pthread_impl.h"
#include "stdio_impl.h"

enum {
	PID_BYTES = 16,
	UUID_TEXT = 36,
	DESCRIPTORS_MAX = 1024
};

/* A process has no environment; this is the empty one. */
static char *no_variables[1];

char **__environ = no_variables;

weak_alias(__environ, ___environ);
weak_alias(__environ, _environ);
weak_alias(__environ, environ);

_Noreturn void _Exit(int status)
{
	cloudabi_sys_proc_exit((cloudabi_exitcode_t)status);
}

_Noreturn void abort(void)
{
	cloudabi_sys_proc_raise(CLOUDABI_SIGABRT);
	_Exit(1);
}

static void nothing(void)
{
}

weak_alias(nothing, __funcs_on_exit);
weak_alias(nothing, __stdio_exit);

extern weak hidden void (*const __fini_array_start[])(void);
extern weak hidden void (*const __fini_array_end[])(void);

static void run_destructors(void)
{
	size_t count = (size_t)(__fini_array_end - __fini_array_start);

	while (count-- > 0)
		__fini_array_start[count]();
}

/* One thread ends the process. Others that want to, wait for it; a function
 * that is run by exit() and calls exit() again has lost its way. */
_Noreturn void exit(int status)
{
	static lock_word exiting;

	if (__word_write(&exiting, CLOCK_REALTIME, NULL) != 0)
		__builtin_trap();
	__funcs_on_exit();
	run_destructors();
	__stdio_exit();
	_Exit(status);
}

void program_get_raw_argdata(const void **data, size_t *len)
{
	*data = __system_facts.argdata;
	*len = __system_facts.argdata_len;
}

static char *put_byte(char *text, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";

	*text++ = digits[byte >> 4];
	*text++ = digits[byte & 15];
	return text;
}

/* Groups of four, two, two, two and six bytes. Threads that come here at the
 * same time write the same text. */
const char *program_getpid(void)
{
	static char text[UUID_TEXT + 1];
	char *end = text;

	if (__system_facts.pid == NULL)
		return "";
	for (int i = 0; i < PID_BYTES; ++i) {
		if (i >= 4 && i <= 10 && i % 2 == 0)
			*end++ = '-';
		end = put_byte(end, __system_facts.pid[i]);
	}
	return text;
}

/* The number that the parent knows, or one made of the process's UUID. Nobody
 * else can be addressed by it; it keeps apart what several processes write into
 * logs and names of files. */
pid_t getpid(void)
{
	pid_t pid = __system_facts.number;

	if (pid == 0 && __system_facts.pid != NULL)
		memcpy(&pid, __system_facts.pid, sizeof(pid));
	pid &= INT_MAX;
	return pid > 1 ? pid : 2;
}

/* The same on every machine of a kind, whatever the host is. */
int uname(struct utsname *name)
{
	*name = (struct utsname)
	{
		.sysname = "CloudABI", .nodename = "localhost", .release = "0",
		.version = "0",
#if defined(__x86_64__)
		.machine = "x86_64",
#elif defined(__i386__)
		.machine = "i686",
#elif defined(__aarch64__)
		.machine = "aarch64",
#elif defined(__arm__)
		.machine = "armv6",
#endif
	};
	return 0;
}

long sysconf(int name)
{
	switch (name) {
	case _SC_PAGE_SIZE:
		return (long)__system_facts.page_size;
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return (long)__system_facts.ncpus;
	case _SC_OPEN_MAX:
		return DESCRIPTORS_MAX;
	case _SC_IOV_MAX:
		return IOV_MAX;
	case _SC_CLK_TCK:
		return CLOCKS_PER_SEC;
	case _SC_THREADS:
	case _SC_MONOTONIC_CLOCK:
		return _POSIX_VERSION;
	}
	/* What has no limit, or does not exist, is no error. */
	if (name < 0 || name > _SC_SIGSTKSZ)
		errno = EINVAL;
	return -1;
}

int getpagesize(void)
{
	return (int)__system_facts.page_size;
}

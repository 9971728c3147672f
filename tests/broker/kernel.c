/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a program as on another kernel, or as in a container:
 *
 *   kernel WORD… -- PROGRAM ARGUMENT…
 *
 *   NUMBER:ERRNO              a system call has this answer
 *   NUMBER:ERRNO:ARG:VALUE    if that argument, of which 32 bits count, has
 *   NUMBER:ERRNO:ARG:&MASK    this value, or one of these bits
 *   layers:N                  so many Landlock domains around it
 *   listener                  a filter around it has a listener
 *   landlock:N                the kernel says that its Landlock is version N
 */

#include <errno.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAILED 99
#define CODE_MAX 4096

static struct sock_filter code[CODE_MAX];
static unsigned short len;

static void emit(uint16_t operation, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (len == CODE_MAX)
		_exit(FAILED);
	code[len++] = (struct sock_filter){operation, jt, jf, k};
}

static void emit_load(size_t offset)
{
	emit(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static long number_in(char **word)
{
	long number = strtol(*word, word, 0);

	if (**word == ':')
		++*word;
	return number;
}

static void emit_argument(char *word)
{
	long argument = number_in(&word);
	bool is_mask = *word == '&';
	uint16_t test = is_mask ? BPF_JSET : BPF_JEQ;

	word += is_mask;
	emit_load(offsetof(struct seccomp_data, args) + 8 * (size_t)argument);
	emit(BPF_JMP | test | BPF_K, (uint32_t)number_in(&word), 0, 1);
}

static void emit_denial(char *word)
{
	long number = number_in(&word), error = number_in(&word);

	emit_load(offsetof(struct seccomp_data, nr));
	emit(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0,
	     *word != '\0' ? 3 : 1);
	if (*word != '\0')
		emit_argument(word);
	emit(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error, 0, 0);
}

/* With a right that nobody needs here. */
static void enter_layers(int n)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};

	while (n-- > 0) {
		long fd = syscall(SYS_landlock_create_ruleset, &attr,
				  sizeof(attr), 0);

		if (fd < 0 || syscall(SYS_landlock_restrict_self, fd, 0) != 0)
			_exit(FAILED);
		close((int)fd);
	}
}

static void answer(int listener, long version)
{
	union {
		struct seccomp_notif known;
		char room[512];
	} call = {0};
	struct seccomp_notif_resp response = {
		.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0)
		return;
	response.id = call.known.id;
	if (call.known.data.args[2] & LANDLOCK_CREATE_RULESET_VERSION) {
		response.flags = 0;
		response.val = version;
	}
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* Somebody else holds the listener as long as we live. */
static void leave_listener(int listener, long version)
{
	pid_t self = getpid();

	if (fork() != 0) {
		close(listener);
		return;
	}
	close(1);
	close(2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == self)
		answer(listener, version);
	_exit(0);
}

static long install(unsigned flags)
{
	struct sock_fprog program = {.len = len, .filter = code};
	long result =
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	if (result < 0)
		_exit(FAILED);
	return result;
}

/* 0: the listener is asked nothing. */
static void enter_listener(long version)
{
	len = 0;
	emit_load(offsetof(struct seccomp_data, nr));
	emit(BPF_JMP | BPF_JEQ | BPF_K,
	     version != 0 ? SYS_landlock_create_ruleset : ~0u, 0, 1);
	emit(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF, 0, 0);
	emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	leave_listener((int)install(SECCOMP_FILTER_FLAG_NEW_LISTENER), version);
}

/* What other words need comes before what forbids it. */
static void prepare(char *word)
{
	if (strncmp(word, "layers:", 7) == 0)
		enter_layers(atoi(word + 7));
	else if (strcmp(word, "listener") == 0)
		enter_listener(0);
	else if (strncmp(word, "landlock:", 9) == 0)
		enter_listener(atoi(word + 9));
}

int main(int argc, char **argv)
{
	int end = 1;

	while (end < argc && strcmp(argv[end], "--") != 0)
		end++;
	if (end + 1 >= argc || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return FAILED;
	for (int i = 1; i < end; i++)
		prepare(argv[i]);
	len = 0;
	for (int i = 1; i < end; i++)
		if (*argv[i] >= '0' && *argv[i] <= '9')
			emit_denial(argv[i]);
	emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	install(0);
	execv(argv[end + 1], argv + end + 1);
	return FAILED;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands in for the runtime: makes any system call that the test asks for. */

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptor 0 is a SOCK_SEQPACKET socket to the test. */
#define CONTROL 0

#define NOTHING -1     /* beyond reading and writing memory */
#define LEAVE_CHILD -2 /* a process that never ends by itself */
#define BURN -3        /* as many threads that never rest */
#define SLEEP -4       /* as many that do nothing else */
#define FLOOD -5       /* a process that writes a packet for ever */
#define MAKE_CHILD                                                             \
	-6       /* clone() with flags; it writes a packet and stays,
			* with no other descriptor but CONTROL */
#define OTHER -7 /* a system call of i686, by its number alone */

struct command {
	long number; /* or one of the above */
	long arguments[6];
	unsigned char *write_to;
	long write_len; /* bytes that follow this struct */
	const unsigned char *read_from;
	long read_len;
};

struct answer {
	long result;
	unsigned char bytes[1 << 16];
};

static unsigned char arena[1 << 18];

static long leave_child(void)
{
	long pid = fork();

	while (pid == 0)
		pause();
	return pid;
}

static long start_flood(long fd, const void *packet, size_t len)
{
	long pid = fork();

	while (pid == 0)
		if (write((int)fd, packet, len) < 0 && errno == EPIPE)
			_exit(0);
	return pid;
}

static long make_child(unsigned long flags, long fd, const void *packet,
		       size_t len, long number)
{
	static int tid;
	long pid = syscall(SYS_clone, flags, 0, number, &tid, 0);

	if (pid < 0)
		return -errno;
	for (int other = 1; pid == 0 && other < 100; other++)
		if (other != fd)
			close(other);
	if (pid == 0 && len > 0 && write((int)fd, packet, len) < 0)
		_exit(1);
	while (pid == 0)
		pause();
	return pid;
}

static void *burn(void *unused)
{
	for (;;)
		*(volatile unsigned char *)arena += unused != NULL;
}

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static long start_threads(void *(*run)(void *), long n)
{
	pthread_attr_t attributes;
	pthread_t thread;
	long started = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 1 << 16);
	while (started < n &&
	       pthread_create(&thread, &attributes, run, NULL) == 0)
		started++;
	return started;
}

static long call_other(long number)
{
#ifdef __x86_64__
	__asm__ volatile("int $0x80"
			 : "+a"(number)
			 :
			 : "r8", "r9", "r10", "r11", "memory");
#endif
	return number;
}

static void perform(const struct command *command, struct answer *answer)
{
	const long *a = command->arguments;

	memcpy(command->write_to, command + 1, (size_t)command->write_len);
	if (command->number == LEAVE_CHILD) {
		answer->result = leave_child();
	} else if (command->number == BURN) {
		answer->result = start_threads(burn, a[0]);
	} else if (command->number == SLEEP) {
		answer->result = start_threads(sleep_on, a[0]);
	} else if (command->number == FLOOD) {
		answer->result =
			start_flood(a[0], (const void *)a[1], (size_t)a[2]);
	} else if (command->number == MAKE_CHILD) {
		answer->result =
			make_child((unsigned long)a[0], a[1],
				   (const void *)a[2], (size_t)a[3], a[4]);
	} else if (command->number == OTHER) {
		answer->result = call_other(a[0]);
	} else if (command->number != NOTHING) {
		answer->result = syscall(command->number, a[0], a[1], a[2],
					 a[3], a[4], a[5]);
		if (answer->result == -1)
			answer->result = -errno;
	}
	memcpy(answer->bytes, command->read_from, (size_t)command->read_len);
}

int main(int argc, char **argv, char **environment)
{
	static _Alignas(16) unsigned char buf[1 << 17];
	static struct answer answer;
	const long hello[] = {(long)arena, argc, (long)argv, (long)environment};

	send(CONTROL, hello, sizeof(hello), 0);
	for (;;) {
		const struct command *command = (void *)buf;

		if (recv(CONTROL, buf, sizeof(buf), 0) <= 0)
			return 0;
		answer.result = 0;
		perform(command, &answer);
		send(CONTROL, &answer,
		     sizeof(answer.result) + (size_t)command->read_len, 0);
	}
}

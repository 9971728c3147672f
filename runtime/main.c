/* SPDX-License-Identifier: BSD-2-Clause */
/* From the broker's exec to the program's first instruction. */

#include <linux/auxvec.h>
#include <linux/capability.h>
#include <linux/prctl.h>

#include "clock.h"
#include "elf.h"
#include "fdtable.h"
#include "host.h"
#include "landlock.h"
#include "process.h"
#include "seccomp.h"
#include "thread.h"
#include "trace.h"
#include "vdso.h"

#define STATUS_NOT_RUNNABLE 126
#define CANARY_LEN 64
#define UUID_LEN 16

/* How long to wait for others to take their descriptors off the way. */
#define PATIENCE 50
#define PAUSE_NS (20 * 1000000)

/* The descriptors that are the runtime's own, above the program's. Those that
 * stay are there if the start block says so. */
enum {
	OWN_BLOCK,
	OWN_PROGRAM,
	OWN_RESULT,
	OWN_LASTING,
};

/* What the host's kernel says in its auxiliary vector. */
struct host {
	size_t page_size;
	const void *sysinfo;
	const void *vdso;
};

struct process process;

/* Set before anything can go wrong. */
static uint32_t own_fds;

/* What the program's auxiliary vector refers to. */
static struct {
	unsigned char canary[CANARY_LEN];
	unsigned char uuid[UUID_LEN];
} randomness;

static void copy_text(char *to, size_t size, const char *from)
{
	size_t i = 0;

	for (; from[i] != '\0' && i + 1 < size; i++)
		to[i] = from[i];
	to[i] = '\0';
}

_Noreturn void start_refuse(enum start_stage stage, long error,
			    const char *message)
{
	struct start_result result = {.stage = stage, .host_errno = -error};

	copy_text(result.message, sizeof(result.message), message);
	host_send(own_fds + OWN_RESULT, &result, sizeof(result));
	host_exit_group(STATUS_NOT_RUNNABLE);
}

static void require(bool holds, enum start_stage stage, const char *message)
{
	if (!holds)
		start_refuse(stage, 0, message);
}

static void succeed(long result, enum start_stage stage, const char *message)
{
	if (result < 0)
		start_refuse(stage, result, message);
}

/* Reads the number of descriptors; there is nobody yet to complain to. */
static uint32_t parse_number(const char *text)
{
	uint32_t n = 0;

	if (text == NULL || *text == '\0')
		host_exit_group(STATUS_NOT_RUNNABLE);
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			host_exit_group(STATUS_NOT_RUNNABLE);
		n = n * 10 + (*text - '0');
		if (n > START_FDS_MAX)
			host_exit_group(STATUS_NOT_RUNNABLE);
	}
	return n;
}

/* Preconditions: stack is as the kernel leaves it, with an environment. */
static struct host parse_auxv(const uintptr_t *stack)
{
	const uintptr_t *p = stack + 1 + stack[0] + 1;
	struct host host = {0};

	while (*p++ != 0)
		;
	for (; p[0] != AT_NULL; p += 2) {
		if (p[0] == AT_PAGESZ)
			host.page_size = p[1];
		else if (p[0] == HOST_AT_SYSINFO)
			host.sysinfo = (const void *)p[1];
		else if (p[0] == AT_SYSINFO_EHDR)
			host.vdso = (const void *)p[1];
	}
	return host;
}

static const struct start_fd *block_fds(const struct start_block *block)
{
	return (const struct start_fd *)(block + 1);
}

static void *block_argdata(const struct start_block *block)
{
	return (void *)(block_fds(block) + block->fds_len);
}

/* The block stays mapped: the program reads its argument data there. */
static const struct start_block *map_block(void)
{
	const struct start_block *block;
	host_stat st;
	uint64_t size;

	succeed(host_fstat(own_fds + OWN_BLOCK, &st), START_STAGE_BLOCK,
		"there is no start block");
	size = st.st_size;
	require(size >= sizeof(*block), START_STAGE_BLOCK,
		"the start block is too short");
	require(size <= PTRDIFF_MAX, START_STAGE_BLOCK,
		"the start block is too long");
	block = host_mmap(NULL, size, PROT_READ, MAP_PRIVATE,
			  own_fds + OWN_BLOCK, 0);
	if (host_failed(block))
		start_refuse(START_STAGE_BLOCK, (long)block,
			     "the start block cannot be mapped");
	require(block->magic == START_MAGIC, START_STAGE_BLOCK,
		"the start block is of another version");
	require(block->fds_len == own_fds, START_STAGE_BLOCK,
		"the start block is for other descriptors");
	require(size - sizeof(*block) -
				block->fds_len * sizeof(struct start_fd) ==
			block->argdata_len,
		START_STAGE_BLOCK, "the start block has the wrong length");
	host_close(own_fds + OWN_BLOCK);
	return block;
}

/* Nothing else comes along. */
static void place_lasting(const struct start_block *block)
{
	uint32_t end = own_fds + OWN_LASTING;

	if (block->notes_fd != CLOUDABI_NOTE_NO_FD)
		require(block->notes_fd == end && ++end <= START_FDS_MAX,
			START_STAGE_BLOCK,
			"the start block has another number for notes");
	if (block->control_fd != 0)
		require(block->control_fd == end && ++end <= START_FDS_MAX,
			START_STAGE_BLOCK,
			"the start block has another number for control");
	host_call(__NR_close_range, end, ~0u, 0);
}

/* Of version 4. */
static void mark_uuid(void)
{
	randomness.uuid[6] = (randomness.uuid[6] & 0x0f) | 0x40;
	randomness.uuid[8] = (randomness.uuid[8] & 0x3f) | 0x80;
}

static void make_randomness(void)
{
	long r = host_call(__NR_getrandom, &randomness, sizeof(randomness), 0);

	require(r == sizeof(randomness), START_STAGE_CONFINE,
		"the kernel gives no random bytes");
	mark_uuid();
}

void process_name(void)
{
	while (host_call(__NR_getrandom, randomness.uuid, UUID_LEN, 0) !=
	       UUID_LEN)
		;
	mark_uuid();
}

static unsigned filter_stage(unsigned when)
{
	if (process.start_flags & START_ALLOW_SENDMSG)
		when |= SECCOMP_SENDING;
	if ((process.start_flags & START_NO_MEMORY_FILES) == 0)
		when |= SECCOMP_FILES;
	if (process.control_fd == 0)
		when |= SECCOMP_ALONE;
	return when;
}

static const char *explain_landlock(long error)
{
	return error == -E2BIG ?
		       "there are as many Landlock domains around this run as the kernel allows (16)" :
		       "the kernel refuses a Landlock domain";
}

/* Where it is missing, what says so may also be a container. */
static void enter_landlock(void)
{
	long r = landlock_version();

	if (r < 1 && process.start_flags & START_NO_LANDLOCK)
		return;
	if (r < 1)
		start_refuse(
			START_STAGE_CONFINE, r,
			"the kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, lsm=)");
	r = landlock_enter();
	succeed(r, START_STAGE_CONFINE, explain_landlock(r));
}

static bool has_capabilities(const struct __user_cap_data_struct *sets)
{
	return (sets[0].permitted | sets[1].permitted) != 0;
}

/*
 * Whoever starts a program may be root; the program uses no power of root's,
 * such as that of sending messages in the name of other processes. Nothing is
 * asked for where there is nothing to drop: some hosts forbid the call.
 */
static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
	static const struct __user_cap_data_struct
		none[_LINUX_CAPABILITY_U32S_3];
	long r = host_call(__NR_capget, &header, sets);

	if (r == 0 && has_capabilities(sets))
		r = host_call(__NR_capset, &header, none);
	succeed(r, START_STAGE_CONFINE, "capabilities cannot be dropped");
}

/* To the broker, on the socket for results; see broker/policy.c. */
static long send_listener(long listener)
{
	const char nothing = 0;
	const cloudabi_ciovec_t iov = {&nothing, sizeof(nothing)};
	struct {
		struct host_cmsghdr head;
		int32_t fd;
	} control = {
		.head =
			{
				.len = HOST_CMSG_LEN(sizeof(control.fd)),
				.level = HOST_SOL_SOCKET,
				.type = HOST_SCM_RIGHTS,
			},
		.fd = listener,
	};
	struct host_msghdr message = {
		.iov = &iov,
		.iov_len = 1,
		.control = &control,
		.control_len = sizeof(control),
	};

	return host_call(__NR_sendmsg, own_fds + OWN_RESULT, &message,
			 HOST_SEND_FLAGS);
}

static void tighten(unsigned before, unsigned when)
{
	succeed(seccomp_tighten(filter_stage(before), filter_stage(when),
				process.pid),
		START_STAGE_CONFINE, "the kernel refuses a tighter filter");
}

static bool is_emulated(void)
{
	return (process.start_flags & START_EMULATED) != 0;
}

/* How many descriptors are on their way counts for the user: other programs of
 * the same one, hostile ones among them, can take all that there may be. */
static long send_patiently(long listener)
{
	long r = send_listener(listener);

	for (int i = 0; r == -ETOOMANYREFS && i < PATIENCE; i++) {
		/* The kernel takes from it what has passed. */
		struct __kernel_timespec pause = {.tv_nsec = PAUSE_NS};

		host_call(__NR_ppoll, NULL, 0, &pause, NULL, 0);
		r = send_listener(listener);
	}
	return r;
}

/* Without a listener, what it would be told of ends the program. */
static void hand_over(long listener, unsigned stage)
{
	long r = send_patiently(listener);

	process.has_listener = r >= 0;
	if (r == -ETOOMANYREFS)
		r = seccomp_kill_instead(stage, process.pid);
	succeed(r, START_STAGE_CONFINE,
		"the broker cannot be told of forbidden calls");
	host_close(listener);
}

/* Landlock comes first: the filter does not let its calls through. */
static void enter_barriers(void)
{
	const unsigned stage = filter_stage(SECCOMP_HANDING | SECCOMP_LOADING);
	long listener;

	enter_landlock();
	succeed(seccomp_start(stage, process.pid, &listener),
		START_STAGE_CONFINE,
		"the kernel refuses a seccomp filter (CONFIG_SECCOMP_FILTER)");
	if (listener >= 0)
		hand_over(listener, stage);
	if ((process.start_flags & START_ALLOW_SENDMSG) == 0)
		tighten(SECCOMP_HANDING | SECCOMP_LOADING, SECCOMP_LOADING);
}

static void confine(void)
{
	const char begun = 0;

	succeed(host_call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
		START_STAGE_CONFINE, "the kernel has no PR_SET_NO_NEW_PRIVS");
	drop_capabilities();
	if (is_emulated())
		host_send(own_fds + OWN_RESULT, &begun, sizeof(begun));
	else
		enter_barriers();
}

static _Noreturn void enter_program(const struct elf_program *program,
				    const struct start_block *block)
{
	struct cloudabi_notes *notes = trace_notes();
	const cloudabi_auxv_t auxv[] = {
		{CLOUDABI_AT_ARGDATA, {.a_ptr = block_argdata(block)}},
		{CLOUDABI_AT_ARGDATALEN, {.a_val = block->argdata_len}},
		{CLOUDABI_AT_BASE, {.a_ptr = program->base}},
		{CLOUDABI_AT_CANARY, {.a_ptr = randomness.canary}},
		{CLOUDABI_AT_CANARYLEN, {.a_val = CANARY_LEN}},
		{CLOUDABI_AT_NCPUS, {.a_val = MAX(block->ncpus, 1)}},
		{CLOUDABI_AT_PAGESZ, {.a_val = process.page_size}},
		{CLOUDABI_AT_PHDR, {.a_ptr = program->phdrs}},
		{CLOUDABI_AT_PHNUM, {.a_val = program->phdrs_len}},
		{CLOUDABI_AT_PID, {.a_ptr = randomness.uuid}},
		{CLOUDABI_AT_SYSINFO_EHDR, {.a_ptr = vdso_make(notes != NULL)}},
		{CLOUDABI_AT_TID, {.a_val = arch_thread()->tid}},
		{notes != NULL ? AT_CLOUDABI_NOTES : CLOUDABI_AT_NULL,
		 {.a_ptr = notes}},
		{CLOUDABI_AT_NULL, {.a_val = 0}},
	};

	arch_enter(program->entry, auxv);
}

/* The kernel's stack: argc, argv, NULL, environment, NULL, auxiliary vector. */
__attribute__((used)) _Noreturn void runtime_main(const uintptr_t *stack)
{
	struct host host = parse_auxv(stack);
	const struct start_block *block;
	struct elf_program program;

	arch_init(host.sysinfo);
	own_fds = parse_number(stack[0] == 2 ? (const char *)stack[2] : NULL);
	block = map_block();
	place_lasting(block);
	process = (struct process){
		.pid = host_call(__NR_getpid),
		.start_flags = block->flags,
		.threads_max = block->threads_max,
		.control_fd = block->control_fd,
		.page_size = host.page_size,
	};
	succeed(thread_init_main(), START_STAGE_CONFINE,
		"the kernel does not set the thread pointer");
	clock_init(host.vdso, block->ncpus);
	fdtable_init(block_fds(block), block->fds_len);
	trace_init(block->notes_fd);
	if (process.control_fd != 0)
		fdtable_set_aside(process.control_fd, 0);
	make_randomness();

	confine();
	elf_load(own_fds + OWN_PROGRAM, &program);
	host_close(own_fds + OWN_PROGRAM);
	if (!is_emulated())
		tighten(SECCOMP_LOADING, SECCOMP_RUNNING);
	host_close(own_fds + OWN_RESULT);
	enter_program(&program, block);
}

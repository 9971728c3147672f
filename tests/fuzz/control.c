/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: what processes of a run say on their control sockets, with
 * descriptors attached. An input is a sequence of struct part, each followed
 * by a frame. The linker puts the spawner of this file in the place of the
 * broker's: it looks at what it is asked for, and starts nothing.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../../broker/broker.h"
#include "../../broker/process.h"

#define PARTS_MAX 16
#define SOCKETS 4
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len);
int __wrap_spawner_ask(uint32_t process, const int *fds, size_t len);
bool __wrap_spawner_hear(uint32_t *process, int *pid, int *pidfd);

struct part {
	uint16_t len;
	uint8_t how;  /* low bits: what to do; upper ones: on which socket */
	uint8_t kind; /* of the attached descriptors */
	uint8_t fds_len;
	uint8_t is_repaired; /* so that it gets past the first checks */
};

enum {
	SAY,
	GRANT,
	HANG_UP,
	LET_GO,
	HOWS,
};

/* What can be attached; the first one is a program. */
static int objects[6];
static int first_free;
static struct guest guest;

/* The guest's ends of control sockets, and its process descriptors. */
static int controls[SOCKETS], holds[SOCKETS];
static int asked = -1;

static void require(int holds_true)
{
	if (!holds_true)
		abort();
}

static int make_file(const char *path, int flags, mode_t mode)
{
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, mode);

	require(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
	return open(path, flags | O_CLOEXEC);
}

static void make_objects(void)
{
	char folder[] = "control-XXXXXX";
	struct statx stat;
	int ends[2];

	require(mkdtemp(folder) != NULL && chdir(folder) == 0);
	objects[0] = make_file("program", O_RDONLY, 0755);
	require(stat_fd(objects[0], &stat) == 0);
	exec_allow(&stat);
	objects[1] = open("program", O_RDWR | O_CLOEXEC);
	objects[2] = make_file("other", O_RDONLY, 0755);
	objects[3] = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	objects[4] = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	require(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
	objects[5] = ends[0];
}

static int lowest_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct spec spec = {
		.limits = {.processes = SOCKETS},
		.emulator = -1,
	};
	static const struct grants grants;

	(void)argc;
	(void)argv;
	serve_start();
	processes_start(&spec);
	blocks_start(&spec, &grants);
	make_objects();
	first_free = lowest_fd();
	return 0;
}

/* What the spawner would start has to be whole. */
int __wrap_spawner_ask(uint32_t process, const int *fds, size_t len)
{
	struct start_block block;
	struct stat st;
	size_t program_fds = len - SPAWN_OWN_LEN;
	const int *own = fds + program_fds;

	require(process < PROCESS_SLOTS && asked == -1 &&
		len >= SPAWN_OWN_LEN && len <= START_FDS_MAX);
	for (size_t i = 0; i < len; i++)
		require(fcntl(fds[i], F_GETFD) == FD_CLOEXEC);
	require(pread(own[GUEST_OWN_BLOCK], &block, sizeof(block), 0) ==
		(ssize_t)sizeof(block));
	require(block.magic == START_MAGIC && block.fds_len == program_fds);
	require((fcntl(own[GUEST_OWN_BLOCK], F_GET_SEALS) & SEALS) == SEALS);
	require(fstat(own[GUEST_OWN_BLOCK], &st) == 0 &&
		(size_t)st.st_size ==
			block_place_of_fds(block.fds_len) + block.argdata_len);
	require(fstat(own[GUEST_OWN_PROGRAM], &st) == 0 &&
		S_ISREG(st.st_mode) && (st.st_mode & 0111) != 0);
	if (program_fds == 3)
		return -EAGAIN;
	asked = (int)process;
	return 0;
}

bool __wrap_spawner_hear(uint32_t *process, int *pid, int *pidfd)
{
	*process = (uint32_t)asked;
	*pid = -EAGAIN;
	*pidfd = -1;
	asked = -1;
	return true;
}

static void begin(void)
{
	for (int i = 0; i < SOCKETS; i++)
		controls[i] = holds[i] = -1;
	processes[0].state = PROCESS_KNOWN;
	processes[0].is_main = true;
	controls[0] = process_open_control(&processes[0]);
	require(controls[0] >= 0);
}

static void close_one(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void keep(int *fds, int fd)
{
	for (int i = 0; i < SOCKETS; i++) {
		if (fds[i] == -1) {
			fds[i] = fd;
			return;
		}
	}
	close(fd);
}

/* A reply has descriptors only if a process may be made. */
static void hear(int sock)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
	struct control_reply reply;
	struct iovec part = {&reply, sizeof(reply)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(sock, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *header;
	int fds[2];

	if (len <= 0)
		return;
	header = CMSG_FIRSTHDR(&message);
	require(len == (ssize_t)sizeof(reply) &&
		reply.error <= CLOUDABI_ENOTCAPABLE &&
		(header == NULL || reply.error == 0));
	if (header == NULL)
		return;
	require(header->cmsg_type == SCM_RIGHTS &&
		header->cmsg_len == CMSG_LEN(sizeof(fds)));
	memcpy(fds, CMSG_DATA(header), sizeof(fds));
	keep(holds, fds[0]);
	keep(controls, fds[1]);
}

/* What epoll would tell the broker of. */
static void serve_all(enum process_watch what)
{
	for (int i = 0; i < PROCESS_SLOTS; i++) {
		struct process *process = &processes[i];
		int fd = what == OF_CONTROL ? process->control :
					      process->identity;
		char byte;

		if (fd != -1 &&
		    (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
		     errno != EAGAIN))
			processes_take(&guest, process_index(process, what));
	}
	while (asked != -1)
		processes_take_spawner(&guest);
}

static void attach(struct msghdr *message, const struct part *part, char *room)
{
	size_t len = part->fds_len % 8 == 7 ? part->fds_len : part->fds_len % 8;
	struct cmsghdr *header = (struct cmsghdr *)room;
	int fds[UINT8_MAX];

	if (len == 0)
		return;
	for (size_t i = 0; i < len; i++)
		fds[i] = objects[(part->kind + i * (part->kind >> 4)) %
				 (sizeof(objects) / sizeof(objects[0]))];
	message->msg_control = room;
	message->msg_controllen = CMSG_SPACE(len * sizeof(int));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(len * sizeof(int));
	memcpy(CMSG_DATA(header), fds, len * sizeof(int));
}

static void say(const struct part *part, int sock, unsigned char *frame,
		size_t len)
{
	_Alignas(struct cmsghdr) char
		room[CMSG_SPACE(UINT8_MAX * sizeof(int))] = {0};
	struct iovec iov = {frame, len};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	attach(&message, part, room);
	sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	serve_all(OF_CONTROL);
	hear(sock);
}

static void repair(unsigned char *frame)
{
	struct control_request head;

	memcpy(&head, frame, sizeof(head));
	head.op %= CONTROL_EXEC_START + 1;
	if (head.op == CONTROL_EXEC) {
		head.number %= 64;
		head.fds_len %= 6;
	}
	head.padding = 0;
	memcpy(frame, &head, sizeof(head));
}

/* On the heap, where reading too far is noticed. */
static void perform(const struct part *part, const unsigned char *input,
		    size_t len)
{
	unsigned char *frame = malloc(len + 1);
	unsigned number = part->how / HOWS % SOCKETS;

	memcpy(frame, input, len);
	if (part->is_repaired & 1 && len >= sizeof(struct control_request))
		repair(frame);
	switch (part->how % HOWS) {
	case SAY:
		if (controls[number] != -1)
			say(part, controls[number], frame, len);
		break;
	case GRANT:
		processes_grant(part->kind);
		break;
	case HANG_UP:
		close_one(&controls[number]);
		serve_all(OF_CONTROL);
		break;
	default:
		close_one(&holds[number]);
		serve_all(OF_IDENTITY);
	}
	free(frame);
}

/* Nothing stays open, whatever it was. */
static void end(void)
{
	for (int i = 0; i < SOCKETS; i++) {
		close_one(&controls[i]);
		close_one(&holds[i]);
	}
	for (int i = 0; i < PROCESS_SLOTS; i++)
		process_forget(&processes[i]);
	require(lowest_fd() == first_free && asked == -1);
}

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len)
{
	struct part part;
	int n = 0;

	begin();
	for (; len >= sizeof(part) && n < PARTS_MAX; n++) {
		size_t frame_len;

		memcpy(&part, input, sizeof(part));
		input += sizeof(part);
		len -= sizeof(part);
		frame_len = MIN(part.len, len);
		perform(&part, input, frame_len);
		input += frame_len;
		len -= frame_len;
	}
	end();
	return n > 0 ? 0 : -1;
}

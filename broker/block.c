/* SPDX-License-Identifier: BSD-2-Clause */
/* Start blocks: what a runtime is told, in a file that nobody can change. */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker.h"

/* Linux 6.3; headers may be older than the kernel. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static struct start_block common;

static uint32_t count_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return (uint32_t)CPU_COUNT(&set);
}

void blocks_start(const struct spec *spec, const struct grants *grants)
{
	common = (struct start_block){
		.magic = START_MAGIC,
		.flags =
			grants->flags |
			(spec->limits.memory != 0 ? START_NO_MEMORY_FILES : 0) |
			(spec->emulator != -1 ? START_EMULATED : 0),
		.ncpus = count_cpus(),
		.notes_fd = spec->traces ? 0 : CLOUDABI_NOTE_NO_FD,
		.threads_max = (uint32_t)spec->limits.threads,
		.control_fd = spec->limits.processes > 1,
	};
}

uint32_t blocks_flags(void)
{
	return common.flags;
}

int block_create(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("cloudabi-start", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("cloudabi-start", flags);
	return fd < 0 ? -errno : fd;
}

int block_put(int fd, size_t offset, const void *buf, size_t len)
{
	const unsigned char *bytes = buf;

	while (len > 0) {
		ssize_t some = pwrite(fd, bytes, len, (off_t)offset);

		if (some <= 0)
			return some < 0 ? -errno : -EIO;
		bytes += some;
		offset += (size_t)some;
		len -= (size_t)some;
	}
	return 0;
}

size_t block_place_of_fds(uint32_t number)
{
	return sizeof(struct start_block) + number * sizeof(struct start_fd);
}

int block_finish(int fd, uint32_t fds_len, size_t argdata_len)
{
	uint32_t next = fds_len + GUEST_OWN_LASTING;
	struct start_block block = common;
	int error;

	block.fds_len = fds_len;
	block.argdata_len = argdata_len;
	if (common.notes_fd != CLOUDABI_NOTE_NO_FD)
		block.notes_fd = next++;
	if (common.control_fd != 0)
		block.control_fd = next;
	error = block_put(fd, 0, &block, sizeof(block));
	if (error == 0 && fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		error = -errno;
	return error;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* File systems whose files are controls of the kernel, not data. */

#include <errno.h>
#include <sys/vfs.h>

#include "broker.h"

/* The numbers are statfs()'s f_type. Those that <linux/magic.h> of older
 * systems lacks are written out, hence all are. */
static const uint32_t kernel_filesystems[] = {
	0x9fa0,     /* proc */
	0x62656572, /* sysfs */
	0x27e0eb,   /* cgroup, version 1 */
	0x63677270, /* cgroup, version 2 */
	0x64626720, /* debugfs */
	0x74726163, /* tracefs */
	0x73636673, /* securityfs */
	0xf97cff8c, /* selinux */
	0x43415d53, /* smack */
	0x5a3c69f0, /* apparmor */
	0xcafe4a11, /* bpf */
	0x62656570, /* configfs */
	0xde5e81e4, /* efivars */
	0x6165676c, /* pstore */
	0x65735543, /* fusectl */
	0x6c6f6f70, /* binder */
	0x42494e4d, /* binfmt_misc */
	0x67596969, /* rpc_pipefs */
	0x6e667364, /* nfsd */
	0xabba1974, /* xenfs */
	0x19800202, /* message queues */
	0x6e736673, /* namespaces */
	0x50494446, /* pidfds */
	0x444d4142, /* dma-buf */
	0x5345434d, /* memfd_secret */
	0x47554d4d, /* guest_memfd */
	0x09041934, /* anonymous inodes: epoll, io_uring, bpf … */
};

int filesystem_is_kernel(int fd)
{
	struct statfs stat;

	if (fstatfs(fd, &stat) != 0)
		return -errno;
	for (size_t i = 0; i < sizeof(kernel_filesystems) / sizeof(uint32_t);
	     i++)
		if ((uint32_t)stat.f_type == kernel_filesystems[i])
			return 1;
	return 0;
}

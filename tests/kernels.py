# SPDX-License-Identifier: BSD-2-Clause
"""Words for tests/broker/kernel.c: what containers keep from their programs."""

from __future__ import annotations

import errno
import subprocess
from functools import cache


@cache
def numbers() -> dict[str, int]:
    """The system calls of this machine."""
    done = subprocess.run(
        ["clang-16", "-E", "-dM", "-xc", "-"],
        input="#include <sys/syscall.h>\n",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    words = (line.split() for line in done.stdout.splitlines() if "#define __NR_" in line)
    return {word[1].removeprefix("__NR_"): int(word[2]) for word in words if word[2].isdigit()}


# Calls that engines document as forbidden by default, and some that newer versions added.
FORBIDDEN = """acct add_key bpf clock_adjtime clock_settime delete_module fanotify_init
    finit_module fsconfig fsmount fsopen fspick get_mempolicy init_module io_uring_enter
    io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl
    lookup_dcookie mbind mount mount_setattr move_mount move_pages nfsservctl open_by_handle_at
    open_tree perf_event_open pidfd_getfd pivot_root process_madvise process_vm_readv
    process_vm_writev ptrace quotactl reboot request_key set_mempolicy sethostname setdomainname
    setns settimeofday swapoff swapon syslog sysfs umount2 unshare uselib userfaultfd ustat
    vhangup vmsplice""".split()  # noqa: SIM905 - a list would be a page long
# Namespaces are made by clone() as well; a personality is one of those that 64-bit programs use.
NAMESPACES = 0x7E020000


@cache
def container() -> tuple[str, ...]:
    """An ordinary container of the strict kind."""
    words = [f"{numbers()[name]}:{errno.EPERM}" for name in FORBIDDEN if name in numbers()]
    words.append(f"{numbers()['clone']}:{errno.EPERM}:0:&{NAMESPACES:#x}")
    words.append(f"{numbers()['clone3']}:{errno.ENOSYS}")
    words += [f"{numbers()['socket']}:{errno.EPERM}:0:{family}" for family in (16, 38, 40)]
    return tuple(words)


CONTAINER = container()

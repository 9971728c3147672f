# SPDX-License-Identifier: BSD-2-Clause
"""The numbers of CloudABI.

Generated from abi/cloudabi.abi by abi/generate.py: edit that, not this.
What they mean stands in docs/abi.md.
"""

from enum import IntEnum, IntFlag


class Advice(IntEnum):
    """Tells how a region of a file or of memory is going to be used."""

    DONTNEED = 1
    NOREUSE = 2
    NORMAL = 3
    RANDOM = 4
    SEQUENTIAL = 5
    WILLNEED = 6


class Auxtype(IntEnum):
    """Says what an entry of the auxiliary vector holds."""

    NULL = 0
    PHDR = 3
    PHNUM = 4
    PAGESZ = 6
    BASE = 7
    ARGDATA = 256
    ARGDATALEN = 257
    CANARY = 258
    CANARYLEN = 259
    NCPUS = 260
    TID = 261
    SYSINFO_EHDR = 262
    PID = 263


class Clockid(IntEnum):
    """Names a clock."""

    MONOTONIC = 1
    PROCESS_CPUTIME_ID = 2
    REALTIME = 3
    THREAD_CPUTIME_ID = 4


class Errno(IntEnum):
    """The outcome of a call."""

    ESUCCESS = 0
    E2BIG = 1
    EACCES = 2
    EADDRINUSE = 3
    EADDRNOTAVAIL = 4
    EAFNOSUPPORT = 5
    EAGAIN = 6
    EALREADY = 7
    EBADF = 8
    EBADMSG = 9
    EBUSY = 10
    ECANCELED = 11
    ECHILD = 12
    ECONNABORTED = 13
    ECONNREFUSED = 14
    ECONNRESET = 15
    EDEADLK = 16
    EDESTADDRREQ = 17
    EDOM = 18
    EDQUOT = 19
    EEXIST = 20
    EFAULT = 21
    EFBIG = 22
    EHOSTUNREACH = 23
    EIDRM = 24
    EILSEQ = 25
    EINPROGRESS = 26
    EINTR = 27
    EINVAL = 28
    EIO = 29
    EISCONN = 30
    EISDIR = 31
    ELOOP = 32
    EMFILE = 33
    EMLINK = 34
    EMSGSIZE = 35
    EMULTIHOP = 36
    ENAMETOOLONG = 37
    ENETDOWN = 38
    ENETRESET = 39
    ENETUNREACH = 40
    ENFILE = 41
    ENOBUFS = 42
    ENODEV = 43
    ENOENT = 44
    ENOEXEC = 45
    ENOLCK = 46
    ENOLINK = 47
    ENOMEM = 48
    ENOMSG = 49
    ENOPROTOOPT = 50
    ENOSPC = 51
    ENOSYS = 52
    ENOTCONN = 53
    ENOTDIR = 54
    ENOTEMPTY = 55
    ENOTRECOVERABLE = 56
    ENOTSOCK = 57
    ENOTSUP = 58
    ENOTTY = 59
    ENXIO = 60
    EOVERFLOW = 61
    EOWNERDEAD = 62
    EPERM = 63
    EPIPE = 64
    EPROTO = 65
    EPROTONOSUPPORT = 66
    EPROTOTYPE = 67
    ERANGE = 68
    EROFS = 69
    ESPIPE = 70
    ESRCH = 71
    ESTALE = 72
    ETIMEDOUT = 73
    ETXTBSY = 74
    EXDEV = 75
    ENOTCAPABLE = 76


class Eventrwflags(IntFlag):
    """State of a descriptor as an event reports it."""

    HANGUP = 0x1


class Eventtype(IntEnum):
    """What a subscription waits for and an event reports."""

    CLOCK = 1
    CONDVAR = 2
    FD_READ = 3
    FD_WRITE = 4
    LOCK_RDLOCK = 5
    LOCK_WRLOCK = 6
    PROC_TERMINATE = 7


class Fdflags(IntFlag):
    """Modes of a descriptor."""

    APPEND = 0x1
    DSYNC = 0x2
    NONBLOCK = 0x4
    RSYNC = 0x8
    SYNC = 0x10


class Fdsflags(IntFlag):
    """What `fd_stat_put` changes."""

    FLAGS = 0x1
    RIGHTS = 0x2


class Filetype(IntEnum):
    """Kind of a file or of a descriptor."""

    UNKNOWN = 0x0
    BLOCK_DEVICE = 0x10
    CHARACTER_DEVICE = 0x11
    DIRECTORY = 0x20
    PROCESS = 0x50
    REGULAR_FILE = 0x60
    SHARED_MEMORY = 0x70
    SOCKET_DGRAM = 0x80
    SOCKET_STREAM = 0x82
    SYMBOLIC_LINK = 0x90


class Fsflags(IntFlag):
    """What `file_stat_fput` and `file_stat_put` change."""

    ATIM = 0x1
    ATIM_NOW = 0x2
    MTIM = 0x4
    MTIM_NOW = 0x8
    SIZE = 0x10


class Lookupflags(IntFlag):
    """How a path is looked up."""

    SYMLINK_FOLLOW = 0x1


class Mflags(IntFlag):
    """What `mem_map` makes."""

    ANON = 0x1
    FIXED = 0x2
    PRIVATE = 0x4
    SHARED = 0x8


class Mprot(IntFlag):
    """What can be done with pages; WRITE and EXEC exclude each other."""

    EXEC = 0x1
    WRITE = 0x2
    READ = 0x4


class Msflags(IntFlag):
    """How `mem_sync` works."""

    ASYNC = 0x1
    INVALIDATE = 0x2
    SYNC = 0x4


class Oflags(IntFlag):
    """How `file_open` treats the name."""

    CREAT = 0x1
    DIRECTORY = 0x2
    EXCL = 0x4
    TRUNC = 0x8


class Riflags(IntFlag):
    """How `sock_recv` receives."""

    PEEK = 0x4
    WAITALL = 0x10


class Rights(IntFlag):
    """What may be done with a descriptor."""

    FD_DATASYNC = 0x0000000000000001
    FD_READ = 0x0000000000000002
    FD_SEEK = 0x0000000000000004
    FD_STAT_PUT_FLAGS = 0x0000000000000008
    FD_SYNC = 0x0000000000000010
    FD_TELL = 0x0000000000000020
    FD_WRITE = 0x0000000000000040
    FILE_ADVISE = 0x0000000000000080
    FILE_ALLOCATE = 0x0000000000000100
    FILE_CREATE_DIRECTORY = 0x0000000000000200
    FILE_CREATE_FILE = 0x0000000000000400
    FILE_LINK_SOURCE = 0x0000000000001000
    FILE_LINK_TARGET = 0x0000000000002000
    FILE_OPEN = 0x0000000000004000
    FILE_READDIR = 0x0000000000008000
    FILE_READLINK = 0x0000000000010000
    FILE_RENAME_SOURCE = 0x0000000000020000
    FILE_RENAME_TARGET = 0x0000000000040000
    FILE_STAT_FGET = 0x0000000000080000
    FILE_STAT_FPUT_SIZE = 0x0000000000100000
    FILE_STAT_FPUT_TIMES = 0x0000000000200000
    FILE_STAT_GET = 0x0000000000400000
    FILE_STAT_PUT_TIMES = 0x0000000000800000
    FILE_SYMLINK = 0x0000000001000000
    FILE_UNLINK = 0x0000000002000000
    MEM_MAP = 0x0000000004000000
    MEM_MAP_EXEC = 0x0000000008000000
    POLL_FD_READWRITE = 0x0000000010000000
    POLL_PROC_TERMINATE = 0x0000000040000000
    PROC_EXEC = 0x0000000100000000
    SOCK_SHUTDOWN = 0x0000008000000000


class Roflags(IntFlag):
    """What `sock_recv` reports."""

    FDS_TRUNCATED = 0x1
    DATA_TRUNCATED = 0x8


class Scope(IntEnum):
    """In which memory a lock or condition variable lives."""

    PRIVATE = 0x4
    SHARED = 0x8


class Sdflags(IntFlag):
    """Which direction `sock_shutdown` ends."""

    RD = 0x1
    WR = 0x2


class Signal(IntEnum):
    """Why a process was ended, or what it does to itself."""

    SIGABRT = 1
    SIGALRM = 2
    SIGBUS = 3
    SIGCHLD = 4
    SIGCONT = 5
    SIGFPE = 6
    SIGHUP = 7
    SIGILL = 8
    SIGINT = 9
    SIGKILL = 10
    SIGPIPE = 11
    SIGQUIT = 12
    SIGSEGV = 13
    SIGSTOP = 14
    SIGSYS = 15
    SIGTERM = 16
    SIGTRAP = 17
    SIGTSTP = 18
    SIGTTIN = 19
    SIGTTOU = 20
    SIGURG = 21
    SIGUSR1 = 22
    SIGUSR2 = 23
    SIGVTALRM = 24
    SIGXCPU = 25
    SIGXFSZ = 26


class Subclockflags(IntFlag):
    """How the timeout of a clock subscription counts."""

    ABSTIME = 0x1


class Subrwflags(IntFlag):
    """Options of a subscription to a descriptor."""

    POLL = 0x1


class Ulflags(IntFlag):
    """What `file_unlink` removes."""

    REMOVEDIR = 0x1


class Whence(IntEnum):
    """From where `fd_seek` counts."""

    CUR = 1
    END = 2
    SET = 3


CONDVAR_HAS_NO_WAITERS = 0
DIRCOOKIE_START = 0
PROCESS_CHILD = 0xFFFFFFFF
MAP_ANON_FD = 0xFFFFFFFF
LOCK_UNLOCKED = 0x0
LOCK_WRLOCKED = 0x40000000
LOCK_KERNEL_MANAGED = 0x80000000
LOCK_BOGUS = 0x80000000

RIGHTS_ALL = Rights(0x815FFFF7FF)
RIGHTS_READING = Rights(0x8008002)
RIGHTS_WRITING = Rights(0x100141)
MAX_BASE_DIRECTORY = Rights(0x13EFF698)
MAX_BASE_REGULAR_FILE = Rights(0x11C3801FF)
MAX_BASE_SHARED_MEMORY = Rights(0xC180042)
MAX_BASE_SOCKET = Rights(0x801008004A)
MAX_BASE_TERMINAL = Rights(0x1008004A)
MAX_BASE_DEVICE = Rights(0x815FFFF7FF)
MAX_BASE_PROCESS = Rights(0x40080000)
MAX_INHERITING_DIRECTORY = Rights(0x11FFFF7FF)
MAX_INHERITING_REGULAR_FILE = Rights(0x0)
MAX_INHERITING_SHARED_MEMORY = Rights(0x0)
MAX_INHERITING_SOCKET = Rights(0x815FFFF7FF)
MAX_INHERITING_TERMINAL = Rights(0x0)
MAX_INHERITING_DEVICE = Rights(0x0)
MAX_INHERITING_PROCESS = Rights(0x0)

# Each call in the order of the numbers, and how much of it our runtime does.
SYSCALLS = {
    "clock_res_get": "full",
    "clock_time_get": "full",
    "condvar_signal": "full",
    "fd_close": "full",
    "fd_create1": "full",
    "fd_create2": "full",
    "fd_datasync": "full",
    "fd_dup": "full",
    "fd_pread": "full",
    "fd_pwrite": "full",
    "fd_read": "full",
    "fd_replace": "full",
    "fd_seek": "full",
    "fd_stat_get": "full",
    "fd_stat_put": "full",
    "fd_sync": "full",
    "fd_write": "full",
    "file_advise": "full",
    "file_allocate": "full",
    "file_create": "full",
    "file_link": "full",
    "file_open": "full",
    "file_readdir": "full",
    "file_readlink": "full",
    "file_rename": "full",
    "file_stat_fget": "full",
    "file_stat_fput": "full",
    "file_stat_get": "full",
    "file_stat_put": "full",
    "file_symlink": "full",
    "file_unlink": "full",
    "lock_unlock": "full",
    "mem_advise": "full",
    "mem_map": "full",
    "mem_protect": "full",
    "mem_sync": "full",
    "mem_unmap": "full",
    "poll": "full",
    "proc_exec": "none",
    "proc_exit": "full",
    "proc_fork": "none",
    "proc_raise": "full",
    "random_get": "full",
    "sock_recv": "full",
    "sock_send": "full",
    "sock_shutdown": "full",
    "thread_create": "full",
    "thread_exit": "full",
    "thread_yield": "full",
}

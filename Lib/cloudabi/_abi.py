# SPDX-License-Identifier: BSD-2-Clause
"""The numbers of CloudABI under their C names, without CLOUDABI_.

Generated from abi/cloudabi.abi by abi/generate.py: edit that, not this.
What they mean stands in docs/abi.md.
"""

# advice: Tells how a region of a file or of memory is going to be used.
ADVICE_DONTNEED = 1
ADVICE_NOREUSE = 2
ADVICE_NORMAL = 3
ADVICE_RANDOM = 4
ADVICE_SEQUENTIAL = 5
ADVICE_WILLNEED = 6

# auxtype: Says what an entry of the auxiliary vector holds.
AT_NULL = 0
AT_PHDR = 3
AT_PHNUM = 4
AT_PAGESZ = 6
AT_BASE = 7
AT_ARGDATA = 256
AT_ARGDATALEN = 257
AT_CANARY = 258
AT_CANARYLEN = 259
AT_NCPUS = 260
AT_TID = 261
AT_SYSINFO_EHDR = 262
AT_PID = 263

# clockid: Names a clock.
CLOCK_MONOTONIC = 1
CLOCK_PROCESS_CPUTIME_ID = 2
CLOCK_REALTIME = 3
CLOCK_THREAD_CPUTIME_ID = 4

# condvar: The word of a condition variable.
CONDVAR_HAS_NO_WAITERS = 0

# dircookie: A position in a directory.
DIRCOOKIE_START = 0

# errno: The outcome of a call.
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

# eventrwflags: State of a descriptor as an event reports it.
EVENT_FD_READWRITE_HANGUP = 0x1

# eventtype: What a subscription waits for and an event reports.
EVENTTYPE_CLOCK = 1
EVENTTYPE_CONDVAR = 2
EVENTTYPE_FD_READ = 3
EVENTTYPE_FD_WRITE = 4
EVENTTYPE_LOCK_RDLOCK = 5
EVENTTYPE_LOCK_WRLOCK = 6
EVENTTYPE_PROC_TERMINATE = 7

# fd: The number of a descriptor.
PROCESS_CHILD = 0xFFFFFFFF
MAP_ANON_FD = 0xFFFFFFFF

# fdflags: Modes of a descriptor.
FDFLAG_APPEND = 0x1
FDFLAG_DSYNC = 0x2
FDFLAG_NONBLOCK = 0x4
FDFLAG_RSYNC = 0x8
FDFLAG_SYNC = 0x10

# fdsflags: What `fd_stat_put` changes.
FDSTAT_FLAGS = 0x1
FDSTAT_RIGHTS = 0x2

# filetype: Kind of a file or of a descriptor.
FILETYPE_UNKNOWN = 0x0
FILETYPE_BLOCK_DEVICE = 0x10
FILETYPE_CHARACTER_DEVICE = 0x11
FILETYPE_DIRECTORY = 0x20
FILETYPE_PROCESS = 0x50
FILETYPE_REGULAR_FILE = 0x60
FILETYPE_SHARED_MEMORY = 0x70
FILETYPE_SOCKET_DGRAM = 0x80
FILETYPE_SOCKET_STREAM = 0x82
FILETYPE_SYMBOLIC_LINK = 0x90

# fsflags: What `file_stat_fput` and `file_stat_put` change.
FILESTAT_ATIM = 0x1
FILESTAT_ATIM_NOW = 0x2
FILESTAT_MTIM = 0x4
FILESTAT_MTIM_NOW = 0x8
FILESTAT_SIZE = 0x10

# lock: The word of a lock that has one writer or many readers.
LOCK_UNLOCKED = 0x0
LOCK_WRLOCKED = 0x40000000
LOCK_KERNEL_MANAGED = 0x80000000
LOCK_BOGUS = 0x80000000

# lookupflags: How a path is looked up.
LOOKUP_SYMLINK_FOLLOW = 0x1

# mflags: What `mem_map` makes.
MAP_ANON = 0x1
MAP_FIXED = 0x2
MAP_PRIVATE = 0x4
MAP_SHARED = 0x8

# mprot: What can be done with pages; WRITE and EXEC exclude each other.
PROT_EXEC = 0x1
PROT_WRITE = 0x2
PROT_READ = 0x4

# msflags: How `mem_sync` works.
MS_ASYNC = 0x1
MS_INVALIDATE = 0x2
MS_SYNC = 0x4

# oflags: How `file_open` treats the name.
O_CREAT = 0x1
O_DIRECTORY = 0x2
O_EXCL = 0x4
O_TRUNC = 0x8

# riflags: How `sock_recv` receives.
SOCK_RECV_PEEK = 0x4
SOCK_RECV_WAITALL = 0x10

# rights: What may be done with a descriptor.
RIGHT_FD_DATASYNC = 0x0000000000000001
RIGHT_FD_READ = 0x0000000000000002
RIGHT_FD_SEEK = 0x0000000000000004
RIGHT_FD_STAT_PUT_FLAGS = 0x0000000000000008
RIGHT_FD_SYNC = 0x0000000000000010
RIGHT_FD_TELL = 0x0000000000000020
RIGHT_FD_WRITE = 0x0000000000000040
RIGHT_FILE_ADVISE = 0x0000000000000080
RIGHT_FILE_ALLOCATE = 0x0000000000000100
RIGHT_FILE_CREATE_DIRECTORY = 0x0000000000000200
RIGHT_FILE_CREATE_FILE = 0x0000000000000400
RIGHT_FILE_LINK_SOURCE = 0x0000000000001000
RIGHT_FILE_LINK_TARGET = 0x0000000000002000
RIGHT_FILE_OPEN = 0x0000000000004000
RIGHT_FILE_READDIR = 0x0000000000008000
RIGHT_FILE_READLINK = 0x0000000000010000
RIGHT_FILE_RENAME_SOURCE = 0x0000000000020000
RIGHT_FILE_RENAME_TARGET = 0x0000000000040000
RIGHT_FILE_STAT_FGET = 0x0000000000080000
RIGHT_FILE_STAT_FPUT_SIZE = 0x0000000000100000
RIGHT_FILE_STAT_FPUT_TIMES = 0x0000000000200000
RIGHT_FILE_STAT_GET = 0x0000000000400000
RIGHT_FILE_STAT_PUT_TIMES = 0x0000000000800000
RIGHT_FILE_SYMLINK = 0x0000000001000000
RIGHT_FILE_UNLINK = 0x0000000002000000
RIGHT_MEM_MAP = 0x0000000004000000
RIGHT_MEM_MAP_EXEC = 0x0000000008000000
RIGHT_POLL_FD_READWRITE = 0x0000000010000000
RIGHT_POLL_PROC_TERMINATE = 0x0000000040000000
RIGHT_PROC_EXEC = 0x0000000100000000
RIGHT_SOCK_SHUTDOWN = 0x0000008000000000

# roflags: What `sock_recv` reports.
SOCK_RECV_FDS_TRUNCATED = 0x1
SOCK_RECV_DATA_TRUNCATED = 0x8

# scope: In which memory a lock or condition variable lives.
SCOPE_PRIVATE = 0x4
SCOPE_SHARED = 0x8

# sdflags: Which direction `sock_shutdown` ends.
SHUT_RD = 0x1
SHUT_WR = 0x2

# signal: Why a process was ended, or what it does to itself.
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

# subclockflags: How the timeout of a clock subscription counts.
SUBSCRIPTION_CLOCK_ABSTIME = 0x1

# subrwflags: Options of a subscription to a descriptor.
SUBSCRIPTION_FD_READWRITE_POLL = 0x1

# ulflags: What `file_unlink` removes.
UNLINK_REMOVEDIR = 0x1

# whence: From where `fd_seek` counts.
WHENCE_CUR = 1
WHENCE_END = 2
WHENCE_SET = 3

# Sets of rights.
RIGHTS_ALL = 0x815FFFF7FF
RIGHTS_READING = 0x8008002
RIGHTS_WRITING = 0x100141
MAX_BASE_DIRECTORY = 0x13EFF698
MAX_BASE_REGULAR_FILE = 0x11C3801FF
MAX_BASE_SHARED_MEMORY = 0xC180042
MAX_BASE_SOCKET = 0x801008004A
MAX_BASE_TERMINAL = 0x1008004A
MAX_BASE_DEVICE = 0x815FFFF7FF
MAX_BASE_PROCESS = 0x40080000
MAX_INHERITING_DIRECTORY = 0x11FFFF7FF
MAX_INHERITING_REGULAR_FILE = 0x0
MAX_INHERITING_SHARED_MEMORY = 0x0
MAX_INHERITING_SOCKET = 0x815FFFF7FF
MAX_INHERITING_TERMINAL = 0x0
MAX_INHERITING_DEVICE = 0x0
MAX_INHERITING_PROCESS = 0x0

# Each right by its short name.
RIGHTS = {
    "FD_DATASYNC": RIGHT_FD_DATASYNC,
    "FD_READ": RIGHT_FD_READ,
    "FD_SEEK": RIGHT_FD_SEEK,
    "FD_STAT_PUT_FLAGS": RIGHT_FD_STAT_PUT_FLAGS,
    "FD_SYNC": RIGHT_FD_SYNC,
    "FD_TELL": RIGHT_FD_TELL,
    "FD_WRITE": RIGHT_FD_WRITE,
    "FILE_ADVISE": RIGHT_FILE_ADVISE,
    "FILE_ALLOCATE": RIGHT_FILE_ALLOCATE,
    "FILE_CREATE_DIRECTORY": RIGHT_FILE_CREATE_DIRECTORY,
    "FILE_CREATE_FILE": RIGHT_FILE_CREATE_FILE,
    "FILE_LINK_SOURCE": RIGHT_FILE_LINK_SOURCE,
    "FILE_LINK_TARGET": RIGHT_FILE_LINK_TARGET,
    "FILE_OPEN": RIGHT_FILE_OPEN,
    "FILE_READDIR": RIGHT_FILE_READDIR,
    "FILE_READLINK": RIGHT_FILE_READLINK,
    "FILE_RENAME_SOURCE": RIGHT_FILE_RENAME_SOURCE,
    "FILE_RENAME_TARGET": RIGHT_FILE_RENAME_TARGET,
    "FILE_STAT_FGET": RIGHT_FILE_STAT_FGET,
    "FILE_STAT_FPUT_SIZE": RIGHT_FILE_STAT_FPUT_SIZE,
    "FILE_STAT_FPUT_TIMES": RIGHT_FILE_STAT_FPUT_TIMES,
    "FILE_STAT_GET": RIGHT_FILE_STAT_GET,
    "FILE_STAT_PUT_TIMES": RIGHT_FILE_STAT_PUT_TIMES,
    "FILE_SYMLINK": RIGHT_FILE_SYMLINK,
    "FILE_UNLINK": RIGHT_FILE_UNLINK,
    "MEM_MAP": RIGHT_MEM_MAP,
    "MEM_MAP_EXEC": RIGHT_MEM_MAP_EXEC,
    "POLL_FD_READWRITE": RIGHT_POLL_FD_READWRITE,
    "POLL_PROC_TERMINATE": RIGHT_POLL_PROC_TERMINATE,
    "PROC_EXEC": RIGHT_PROC_EXEC,
    "SOCK_SHUTDOWN": RIGHT_SOCK_SHUTDOWN,
}

# Each call in the order of the numbers, and how much of it our runtime does.
SYSCALLS = {
    "clock_res_get": "full",
    "clock_time_get": "full",
    "condvar_signal": "partial",
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
    "file_open": "partial",
    "file_readdir": "full",
    "file_readlink": "full",
    "file_rename": "full",
    "file_stat_fget": "full",
    "file_stat_fput": "partial",
    "file_stat_get": "full",
    "file_stat_put": "full",
    "file_symlink": "full",
    "file_unlink": "full",
    "lock_unlock": "partial",
    "mem_advise": "full",
    "mem_map": "partial",
    "mem_protect": "partial",
    "mem_sync": "full",
    "mem_unmap": "full",
    "poll": "partial",
    "proc_exec": "partial",
    "proc_exit": "full",
    "proc_fork": "partial",
    "proc_raise": "partial",
    "random_get": "full",
    "sock_recv": "partial",
    "sock_send": "partial",
    "sock_shutdown": "full",
    "thread_create": "full",
    "thread_exit": "partial",
    "thread_yield": "full",
}

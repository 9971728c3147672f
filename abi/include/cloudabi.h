/* SPDX-License-Identifier: BSD-2-Clause */
/* Types, constants and structures of CloudABI. */
/* Generated from abi/cloudabi.abi by abi/generate.py: edit that, not this. */

#ifndef CLOUDABI_H
#define CLOUDABI_H

#include <stddef.h>
#include <stdint.h>

/* 64-bit fields are aligned to 8 bytes even where the compiler's own rules
 * say 4, as on i686. */
#ifdef __cplusplus
#define CLOUDABI_ALIGN8 alignas(8)
#define CLOUDABI_ASSERT static_assert
#define CLOUDABI_ALIGNOF alignof
#else
#define CLOUDABI_ALIGN8 _Alignas(8)
#define CLOUDABI_ASSERT _Static_assert
#define CLOUDABI_ALIGNOF _Alignof
#endif

/* Layouts, for pointers of 4 and of 8 bytes. */
#define CLOUDABI_WIDTH(on32, on64) (__SIZEOF_POINTER__ == 8 ? (on64) : (on32))
#define CLOUDABI_SIZE(name, size32, align32, size64, align64)		\
	CLOUDABI_ASSERT(						\
		sizeof(cloudabi_##name##_t) ==				\
			CLOUDABI_WIDTH(size32, size64) &&		\
		CLOUDABI_ALIGNOF(cloudabi_##name##_t) ==		\
			CLOUDABI_WIDTH(align32, align64),		\
		"size and alignment of " #name)
#define CLOUDABI_OFFSET(name, field, on32, on64)			\
	CLOUDABI_ASSERT(						\
		offsetof(cloudabi_##name##_t, field) ==			\
			CLOUDABI_WIDTH(on32, on64),			\
		"offset of " #name "." #field)

/* Tells how a region of a file or of memory is going to be used. */
typedef uint8_t cloudabi_advice_t;
#define CLOUDABI_ADVICE_DONTNEED 1 /* It can be dropped, no use is near. */
#define CLOUDABI_ADVICE_NOREUSE 2 /* Each part is needed a single time. */
#define CLOUDABI_ADVICE_NORMAL 3 /* Nothing is known. */
#define CLOUDABI_ADVICE_RANDOM 4 /* Parts are needed in no order. */
/* Parts are needed from the low end to the high end. */
#define CLOUDABI_ADVICE_SEQUENTIAL 5
#define CLOUDABI_ADVICE_WILLNEED 6 /* It should be brought in, a use is near. */

/* Says what an entry of the auxiliary vector holds. */
typedef uint32_t cloudabi_auxtype_t;
#define CLOUDABI_AT_NULL UINT32_C(0) /* Ends the vector. */
/* Where the program headers of the executable are in memory. */
#define CLOUDABI_AT_PHDR UINT32_C(3)
#define CLOUDABI_AT_PHNUM UINT32_C(4) /* How many program headers there are. */
/* The granule of memory protection in bytes. */
#define CLOUDABI_AT_PAGESZ UINT32_C(6)
/* The load bias: what to add to an address in the ELF file. */
#define CLOUDABI_AT_BASE UINT32_C(7)
#define CLOUDABI_AT_ARGDATA UINT32_C(256) /* Where the argument data is. */
/* How many bytes of argument data there are. */
#define CLOUDABI_AT_ARGDATALEN UINT32_C(257)
/* Where random bytes are that are no secret for cryptography. */
#define CLOUDABI_AT_CANARY UINT32_C(258)
/* How many such random bytes there are. */
#define CLOUDABI_AT_CANARYLEN UINT32_C(259)
/* How many processors the system has. */
#define CLOUDABI_AT_NCPUS UINT32_C(260)
#define CLOUDABI_AT_TID UINT32_C(261) /* The id of the first thread. */
/* Where the ELF header of the shared object with the system calls is. */
#define CLOUDABI_AT_SYSINFO_EHDR UINT32_C(262)
/* Where the 16 bytes of the version 4 UUID are that names the process. */
#define CLOUDABI_AT_PID UINT32_C(263)

/* Names a clock. */
typedef uint32_t cloudabi_clockid_t;
/* Runs since some unknown moment and is never set back. */
#define CLOUDABI_CLOCK_MONOTONIC UINT32_C(1)
/* Processor time that the whole process has used. */
#define CLOUDABI_CLOCK_PROCESS_CPUTIME_ID UINT32_C(2)
/* Time since the start of 1970, UTC. */
#define CLOUDABI_CLOCK_REALTIME UINT32_C(3)
/* Processor time that the calling thread has used. */
#define CLOUDABI_CLOCK_THREAD_CPUTIME_ID UINT32_C(4)

/* The word of a condition variable. */
typedef uint32_t cloudabi_condvar_t;
/* Nobody waits, so that a signal needs no system call. */
#define CLOUDABI_CONDVAR_HAS_NO_WAITERS UINT32_C(0)

/*
 * Tells file systems apart; with an inode number it names a file of this host.
 */
typedef uint64_t cloudabi_device_t;

/* A position in a directory. */
typedef uint64_t cloudabi_dircookie_t;
#define CLOUDABI_DIRCOOKIE_START UINT64_C(0) /* Before the first entry. */

/*
 * The outcome of a call. The numbers are our own, not the host's. Some never
 * come from a call and exist for programs and C libraries only.
 */
typedef uint16_t cloudabi_errno_t;
#define CLOUDABI_ESUCCESS 0 /* All went well. */
#define CLOUDABI_E2BIG 1 /* The argument data is too long. */
#define CLOUDABI_EACCES 2 /* The host's permissions forbid it. */
#define CLOUDABI_EADDRINUSE 3 /* Another socket has this address. */
#define CLOUDABI_EADDRNOTAVAIL 4 /* This host does not have this address. */
#define CLOUDABI_EAFNOSUPPORT 5 /* This kind of address is unknown. */
/* It would block, or resources are short at the moment. */
#define CLOUDABI_EAGAIN 6
#define CLOUDABI_EALREADY 7 /* A connection attempt is under way. */
#define CLOUDABI_EBADF 8 /* There is no such descriptor. */
#define CLOUDABI_EBADMSG 9 /* The message cannot be understood. */
#define CLOUDABI_EBUSY 10 /* Somebody else is using it. */
#define CLOUDABI_ECANCELED 11 /* The operation was called off. */
#define CLOUDABI_ECHILD 12 /* There is no such child process. */
/* The connection broke before it was accepted. */
#define CLOUDABI_ECONNABORTED 13
#define CLOUDABI_ECONNREFUSED 14 /* Nobody listens there. */
#define CLOUDABI_ECONNRESET 15 /* The other side dropped the connection. */
#define CLOUDABI_EDEADLK 16 /* Waiting would never end. */
#define CLOUDABI_EDESTADDRREQ 17 /* The socket does not know where to send. */
#define CLOUDABI_EDOM 18 /* The function is not defined for this number. */
#define CLOUDABI_EDQUOT 19 /* The disk quota is used up. */
#define CLOUDABI_EEXIST 20 /* The name is taken. */
#define CLOUDABI_EFAULT 21 /* A pointer leads to memory that is not there. */
#define CLOUDABI_EFBIG 22 /* The file would grow beyond what is possible. */
#define CLOUDABI_EHOSTUNREACH 23 /* No route leads to that host. */
#define CLOUDABI_EIDRM 24 /* The object was removed meanwhile. */
#define CLOUDABI_EILSEQ 25 /* The bytes are no character. */
/* It was started and goes on in the background. */
#define CLOUDABI_EINPROGRESS 26
#define CLOUDABI_EINTR 27 /* A signal cut the call short. */
#define CLOUDABI_EINVAL 28 /* An argument makes no sense. */
#define CLOUDABI_EIO 29 /* The device failed. */
#define CLOUDABI_EISCONN 30 /* The socket has a peer already. */
#define CLOUDABI_EISDIR 31 /* It is a directory. */
/* Symbolic links lead on and on, or a link is where none may be. */
#define CLOUDABI_ELOOP 32
/* The process has all the descriptors it can have. */
#define CLOUDABI_EMFILE 33
#define CLOUDABI_EMLINK 34 /* The file has all the names it can have. */
#define CLOUDABI_EMSGSIZE 35 /* The message does not fit. */
#define CLOUDABI_EMULTIHOP 36 /* Kept for POSIX. */
#define CLOUDABI_ENAMETOOLONG 37 /* The path, or a part of it, is too long. */
#define CLOUDABI_ENETDOWN 38 /* The network is switched off. */
#define CLOUDABI_ENETRESET 39 /* The network broke the connection. */
#define CLOUDABI_ENETUNREACH 40 /* No route leads to that network. */
#define CLOUDABI_ENFILE 41 /* The host has all the open files it can have. */
#define CLOUDABI_ENOBUFS 42 /* There is no memory for buffers. */
#define CLOUDABI_ENODEV 43 /* The device does not exist or cannot do this. */
#define CLOUDABI_ENOENT 44 /* The name does not exist. */
#define CLOUDABI_ENOEXEC 45 /* It is no program that can be run here. */
#define CLOUDABI_ENOLCK 46 /* The host has no more locks. */
#define CLOUDABI_ENOLINK 47 /* Kept for POSIX. */
#define CLOUDABI_ENOMEM 48 /* There is not enough memory. */
#define CLOUDABI_ENOMSG 49 /* No message of that kind is queued. */
#define CLOUDABI_ENOPROTOOPT 50 /* The protocol has no such option. */
#define CLOUDABI_ENOSPC 51 /* The device is full. */
#define CLOUDABI_ENOSYS 52 /* The system does not have this call. */
#define CLOUDABI_ENOTCONN 53 /* The socket has no peer. */
#define CLOUDABI_ENOTDIR 54 /* It is no directory. */
#define CLOUDABI_ENOTEMPTY 55 /* The directory has entries. */
/* What the lock protects is damaged for good. */
#define CLOUDABI_ENOTRECOVERABLE 56
#define CLOUDABI_ENOTSOCK 57 /* It is no socket. */
/* This kind of object or option is not supported. */
#define CLOUDABI_ENOTSUP 58
/* The device does not know this control operation. */
#define CLOUDABI_ENOTTY 59
#define CLOUDABI_ENXIO 60 /* There is no device behind it. */
#define CLOUDABI_EOVERFLOW 61 /* The result does not fit its type. */
#define CLOUDABI_EOWNERDEAD 62 /* The owner of the lock died. */
#define CLOUDABI_EPERM 63 /* The rules for this object forbid it. */
#define CLOUDABI_EPIPE 64 /* Nobody is left to read. */
#define CLOUDABI_EPROTO 65 /* The other side broke the protocol. */
#define CLOUDABI_EPROTONOSUPPORT 66 /* The protocol is unknown. */
/* The protocol does not go with this kind of socket. */
#define CLOUDABI_EPROTOTYPE 67
#define CLOUDABI_ERANGE 68 /* The result is too large or too small. */
#define CLOUDABI_EROFS 69 /* The file system is read-only. */
#define CLOUDABI_ESPIPE 70 /* The descriptor has no position. */
#define CLOUDABI_ESRCH 71 /* There is no such process. */
#define CLOUDABI_ESTALE 72 /* The server has lost the file. */
#define CLOUDABI_ETIMEDOUT 73 /* The time was up. */
#define CLOUDABI_ETXTBSY 74 /* The program is running. */
#define CLOUDABI_EXDEV 75 /* The two are on different file systems. */
/* The descriptor lacks a right, or the path leads out of its directory. */
#define CLOUDABI_ENOTCAPABLE 76

/* State of a descriptor as an event reports it. */
typedef uint16_t cloudabi_eventrwflags_t;
#define CLOUDABI_EVENT_FD_READWRITE_HANGUP 0x1 /* The other side is gone. */

/* What a subscription waits for and an event reports. */
typedef uint8_t cloudabi_eventtype_t;
#define CLOUDABI_EVENTTYPE_CLOCK 1 /* A clock has reached a time. */
/* A condition variable was signalled; its lock is held for writing again. */
#define CLOUDABI_EVENTTYPE_CONDVAR 2
/* Reading would not block; always so for regular files. */
#define CLOUDABI_EVENTTYPE_FD_READ 3
/* Writing would not block; always so for regular files. */
#define CLOUDABI_EVENTTYPE_FD_WRITE 4
#define CLOUDABI_EVENTTYPE_LOCK_RDLOCK 5 /* A lock is now held for reading. */
#define CLOUDABI_EVENTTYPE_LOCK_WRLOCK 6 /* A lock is now held for writing. */
#define CLOUDABI_EVENTTYPE_PROC_TERMINATE 7 /* A process has ended. */

/* What a process leaves behind when it exits. */
typedef uint32_t cloudabi_exitcode_t;

/* The number of a descriptor. */
typedef uint32_t cloudabi_fd_t;
/* What proc_fork gives to the child instead of a descriptor. */
#define CLOUDABI_PROCESS_CHILD UINT32_C(0xffffffff)
/* Takes the place of a descriptor when mem_map maps no file. */
#define CLOUDABI_MAP_ANON_FD UINT32_C(0xffffffff)

/* Modes of a descriptor. */
typedef uint16_t cloudabi_fdflags_t;
/* Whatever is written goes to the end of the file. */
#define CLOUDABI_FDFLAG_APPEND 0x1
/* A write returns when the data is on the disk. */
#define CLOUDABI_FDFLAG_DSYNC 0x2
/* Calls fail with EAGAIN where they would wait. */
#define CLOUDABI_FDFLAG_NONBLOCK 0x4
/* A read waits for writes that are under way. */
#define CLOUDABI_FDFLAG_RSYNC 0x8
/* A write returns when data and metadata are on the disk. */
#define CLOUDABI_FDFLAG_SYNC 0x10

/* What fd_stat_put changes. */
typedef uint16_t cloudabi_fdsflags_t;
#define CLOUDABI_FDSTAT_FLAGS 0x1 /* The modes become those in fs_flags. */
/* Both sets of rights shrink to those given. */
#define CLOUDABI_FDSTAT_RIGHTS 0x2

/* A distance in a file, forwards or backwards. */
typedef int64_t cloudabi_filedelta_t;

/* A size of or a position in a file, in bytes. */
typedef uint64_t cloudabi_filesize_t;

/* Kind of a file or of a descriptor. Sockets are the values 0x80 to 0x8f. */
typedef uint8_t cloudabi_filetype_t;
/* None of the kinds below, or it cannot be told. */
#define CLOUDABI_FILETYPE_UNKNOWN 0x0
#define CLOUDABI_FILETYPE_BLOCK_DEVICE 0x10 /* A device made of blocks. */
/* A device that is a stream, a terminal among others. */
#define CLOUDABI_FILETYPE_CHARACTER_DEVICE 0x11
#define CLOUDABI_FILETYPE_DIRECTORY 0x20 /* A directory. */
#define CLOUDABI_FILETYPE_PROCESS 0x50 /* A process made by proc_fork. */
#define CLOUDABI_FILETYPE_REGULAR_FILE 0x60 /* An ordinary file. */
/* Memory without a name, made by fd_create1. */
#define CLOUDABI_FILETYPE_SHARED_MEMORY 0x70
/* A socket that keeps messages apart. */
#define CLOUDABI_FILETYPE_SOCKET_DGRAM 0x80
/* A socket that carries a stream of bytes; pipes and FIFOs count as such. */
#define CLOUDABI_FILETYPE_SOCKET_STREAM 0x82
/* A symbolic link; seen in filestat and dirent only. */
#define CLOUDABI_FILETYPE_SYMBOLIC_LINK 0x90

/* What file_stat_fput and file_stat_put change. */
typedef uint16_t cloudabi_fsflags_t;
#define CLOUDABI_FILESTAT_ATIM 0x1 /* The time of last access, to st_atim. */
/* The time of last access, to the present; wins over ATIM. */
#define CLOUDABI_FILESTAT_ATIM_NOW 0x2
/* The time of last modification, to st_mtim. */
#define CLOUDABI_FILESTAT_MTIM 0x4
/* The time of last modification, to the present; wins over MTIM. */
#define CLOUDABI_FILESTAT_MTIM_NOW 0x8
#define CLOUDABI_FILESTAT_SIZE 0x10 /* The size, to st_size. */

/* Tells the files of one file system apart. */
typedef uint64_t cloudabi_inode_t;

/* How many names a file has. */
typedef uint32_t cloudabi_linkcount_t;

/* The word of a lock that has one writer or many readers. */
typedef uint32_t cloudabi_lock_t;
#define CLOUDABI_LOCK_UNLOCKED UINT32_C(0x0) /* Nobody holds it. */
/* Bit: held for writing by the thread in the low 30 bits. */
#define CLOUDABI_LOCK_WRLOCKED UINT32_C(0x40000000)
/* Bit: threads sleep on it, the last owner must call lock_unlock. */
#define CLOUDABI_LOCK_KERNEL_MANAGED UINT32_C(0x80000000)
/* Whole word: a state that no lock in use has. */
#define CLOUDABI_LOCK_BOGUS UINT32_C(0x80000000)

/* How a path is looked up. */
typedef uint32_t cloudabi_lookupflags_t;
/* If the last part of the path is a symbolic link, follow it. */
#define CLOUDABI_LOOKUP_SYMLINK_FOLLOW UINT32_C(0x1)

/* What mem_map makes. */
typedef uint8_t cloudabi_mflags_t;
#define CLOUDABI_MAP_ANON 0x1 /* Fresh memory instead of a file. */
/* At this very address, replacing what is there. */
#define CLOUDABI_MAP_FIXED 0x2
#define CLOUDABI_MAP_PRIVATE 0x4 /* Writes stay in this process. */
/* Writes reach the object and everybody who maps it. */
#define CLOUDABI_MAP_SHARED 0x8

/* What can be done with pages; WRITE and EXEC exclude each other. */
typedef uint8_t cloudabi_mprot_t;
#define CLOUDABI_PROT_EXEC 0x1 /* Execute. */
#define CLOUDABI_PROT_WRITE 0x2 /* Write. */
#define CLOUDABI_PROT_READ 0x4 /* Read. */

/* How mem_sync works. */
typedef uint8_t cloudabi_msflags_t;
#define CLOUDABI_MS_ASYNC 0x1 /* Start writing and return. */
#define CLOUDABI_MS_INVALIDATE 0x2 /* Throw away cached copies. */
#define CLOUDABI_MS_SYNC 0x4 /* Return when all is written. */

/* How many waiting threads to wake. */
typedef uint32_t cloudabi_nthreads_t;

/* How file_open treats the name. */
typedef uint16_t cloudabi_oflags_t;
#define CLOUDABI_O_CREAT 0x1 /* Create the file when it is missing. */
#define CLOUDABI_O_DIRECTORY 0x2 /* Fail unless it is a directory. */
#define CLOUDABI_O_EXCL 0x4 /* With CREAT: fail when it exists. */
#define CLOUDABI_O_TRUNC 0x8 /* Cut the file to size 0. */

/* How sock_recv receives. */
typedef uint16_t cloudabi_riflags_t;
#define CLOUDABI_SOCK_RECV_PEEK 0x4 /* Leave the message in the queue. */
/* On a stream, wait until the buffers are full. */
#define CLOUDABI_SOCK_RECV_WAITALL 0x10

/* What may be done with a descriptor. */
typedef uint64_t cloudabi_rights_t;
/* fd_datasync; opening a file below it with FDFLAG_DSYNC. */
#define CLOUDABI_RIGHT_FD_DATASYNC UINT64_C(0x0000000000000001)
/* fd_read, sock_recv; part of fd_pread, readable maps and poll. */
#define CLOUDABI_RIGHT_FD_READ UINT64_C(0x0000000000000002)
/* fd_seek in full; part of fd_pread and fd_pwrite. */
#define CLOUDABI_RIGHT_FD_SEEK UINT64_C(0x0000000000000004)
/* fd_stat_put with FDSTAT_FLAGS. */
#define CLOUDABI_RIGHT_FD_STAT_PUT_FLAGS UINT64_C(0x0000000000000008)
/* fd_sync; opening a file below it with FDFLAG_RSYNC or _SYNC. */
#define CLOUDABI_RIGHT_FD_SYNC UINT64_C(0x0000000000000010)
/* fd_seek that only asks for the position. */
#define CLOUDABI_RIGHT_FD_TELL UINT64_C(0x0000000000000020)
/* fd_write, sock_send; part of fd_pwrite, writable maps and poll. */
#define CLOUDABI_RIGHT_FD_WRITE UINT64_C(0x0000000000000040)
/* file_advise. */
#define CLOUDABI_RIGHT_FILE_ADVISE UINT64_C(0x0000000000000080)
/* file_allocate. */
#define CLOUDABI_RIGHT_FILE_ALLOCATE UINT64_C(0x0000000000000100)
/* file_create of a directory. */
#define CLOUDABI_RIGHT_FILE_CREATE_DIRECTORY UINT64_C(0x0000000000000200)
/* file_open with O_CREAT, next to FILE_OPEN. */
#define CLOUDABI_RIGHT_FILE_CREATE_FILE UINT64_C(0x0000000000000400)
/* file_link of a file from here. */
#define CLOUDABI_RIGHT_FILE_LINK_SOURCE UINT64_C(0x0000000000001000)
/* file_link to a name in here. */
#define CLOUDABI_RIGHT_FILE_LINK_TARGET UINT64_C(0x0000000000002000)
#define CLOUDABI_RIGHT_FILE_OPEN UINT64_C(0x0000000000004000) /* file_open. */
/* file_readdir. */
#define CLOUDABI_RIGHT_FILE_READDIR UINT64_C(0x0000000000008000)
/* file_readlink. */
#define CLOUDABI_RIGHT_FILE_READLINK UINT64_C(0x0000000000010000)
/* file_rename of a file from here. */
#define CLOUDABI_RIGHT_FILE_RENAME_SOURCE UINT64_C(0x0000000000020000)
/* file_rename to a name in here. */
#define CLOUDABI_RIGHT_FILE_RENAME_TARGET UINT64_C(0x0000000000040000)
/* file_stat_fget. */
#define CLOUDABI_RIGHT_FILE_STAT_FGET UINT64_C(0x0000000000080000)
/* file_stat_fput of the size; opening with O_TRUNC. */
#define CLOUDABI_RIGHT_FILE_STAT_FPUT_SIZE UINT64_C(0x0000000000100000)
/* file_stat_fput of times. */
#define CLOUDABI_RIGHT_FILE_STAT_FPUT_TIMES UINT64_C(0x0000000000200000)
/* file_stat_get. */
#define CLOUDABI_RIGHT_FILE_STAT_GET UINT64_C(0x0000000000400000)
/* file_stat_put. */
#define CLOUDABI_RIGHT_FILE_STAT_PUT_TIMES UINT64_C(0x0000000000800000)
/* file_symlink. */
#define CLOUDABI_RIGHT_FILE_SYMLINK UINT64_C(0x0000000001000000)
/* file_unlink, of directories too. */
#define CLOUDABI_RIGHT_FILE_UNLINK UINT64_C(0x0000000002000000)
#define CLOUDABI_RIGHT_MEM_MAP UINT64_C(0x0000000004000000) /* mem_map. */
/* mem_map with PROT_EXEC, next to MEM_MAP. */
#define CLOUDABI_RIGHT_MEM_MAP_EXEC UINT64_C(0x0000000008000000)
/* poll for reading or writing. */
#define CLOUDABI_RIGHT_POLL_FD_READWRITE UINT64_C(0x0000000010000000)
/* poll for the end of a process. */
#define CLOUDABI_RIGHT_POLL_PROC_TERMINATE UINT64_C(0x0000000040000000)
#define CLOUDABI_RIGHT_PROC_EXEC UINT64_C(0x0000000100000000) /* proc_exec. */
/* sock_shutdown. */
#define CLOUDABI_RIGHT_SOCK_SHUTDOWN UINT64_C(0x0000008000000000)

/* What sock_recv reports. */
typedef uint16_t cloudabi_roflags_t;
/* More descriptors came than fitted; the others are closed. */
#define CLOUDABI_SOCK_RECV_FDS_TRUNCATED 0x1
/* The message was longer than the buffers. */
#define CLOUDABI_SOCK_RECV_DATA_TRUNCATED 0x8

/* In which memory a lock or condition variable lives. */
typedef uint8_t cloudabi_scope_t;
#define CLOUDABI_SCOPE_PRIVATE 0x4 /* In this process alone. */
#define CLOUDABI_SCOPE_SHARED 0x8 /* In memory that several processes map. */

/* Which direction sock_shutdown ends. */
typedef uint8_t cloudabi_sdflags_t;
#define CLOUDABI_SHUT_RD 0x1 /* Receiving. */
#define CLOUDABI_SHUT_WR 0x2 /* Sending. */

/* How sock_send sends. Nothing is defined, so it is 0. */
typedef uint16_t cloudabi_siflags_t;

/* Why a process was ended, or what it does to itself. There are no handlers. */
typedef uint8_t cloudabi_signal_t;
#define CLOUDABI_SIGABRT 1 /* Abort. Terminates. */
#define CLOUDABI_SIGALRM 2 /* Alarm. Terminates. */
/* Access to a missing part of a mapped object. Terminates. */
#define CLOUDABI_SIGBUS 3
#define CLOUDABI_SIGCHLD 4 /* A child changed its state. Ignored. */
#define CLOUDABI_SIGCONT 5 /* Continue. Resumes a stopped process. */
#define CLOUDABI_SIGFPE 6 /* Arithmetic error. Terminates. */
#define CLOUDABI_SIGHUP 7 /* Loss of the terminal. Terminates. */
#define CLOUDABI_SIGILL 8 /* Invalid instruction. Terminates. */
#define CLOUDABI_SIGINT 9 /* Interruption from the terminal. Terminates. */
#define CLOUDABI_SIGKILL 10 /* Kill. Terminates. */
/* Nobody reads what is written. Ignored, unlike in POSIX. */
#define CLOUDABI_SIGPIPE 11
#define CLOUDABI_SIGQUIT 12 /* Quit from the terminal. Terminates. */
/* Access to memory that is not there. Terminates. */
#define CLOUDABI_SIGSEGV 13
#define CLOUDABI_SIGSTOP 14 /* Stop. Stops. */
/* A system call of the host that is not allowed. Terminates. */
#define CLOUDABI_SIGSYS 15
#define CLOUDABI_SIGTERM 16 /* Polite request to end. Terminates. */
#define CLOUDABI_SIGTRAP 17 /* Breakpoint. Terminates. */
#define CLOUDABI_SIGTSTP 18 /* Stop from the terminal. Stops. */
/* Reading from the terminal in the background. Stops. */
#define CLOUDABI_SIGTTIN 19
/* Writing to the terminal in the background. Stops. */
#define CLOUDABI_SIGTTOU 20
#define CLOUDABI_SIGURG 21 /* Urgent data on a socket. Ignored. */
#define CLOUDABI_SIGUSR1 22 /* Free for programs. Terminates. */
#define CLOUDABI_SIGUSR2 23 /* Free for programs. Terminates. */
#define CLOUDABI_SIGVTALRM 24 /* Timer of processor time. Terminates. */
#define CLOUDABI_SIGXCPU 25 /* Too much processor time used. Terminates. */
#define CLOUDABI_SIGXFSZ 26 /* A file grew too large. Terminates. */

/* How the timeout of a clock subscription counts. */
typedef uint16_t cloudabi_subclockflags_t;
/* It is a reading of the clock, not a distance from now. */
#define CLOUDABI_SUBSCRIPTION_CLOCK_ABSTIME 0x1

/* Options of a subscription to a descriptor. */
typedef uint16_t cloudabi_subrwflags_t;
/* Without effect; old programs set it. */
#define CLOUDABI_SUBSCRIPTION_FD_READWRITE_POLL 0x1

/* The id of a thread: not 0, below 2^30, unique among the threads that live. */
typedef uint32_t cloudabi_tid_t;

/* A time or a duration in nanoseconds. */
typedef uint64_t cloudabi_timestamp_t;

/* What file_unlink removes. */
typedef uint8_t cloudabi_ulflags_t;
/* An empty directory instead of a file. */
#define CLOUDABI_UNLINK_REMOVEDIR 0x1

/* A value of the program's own that comes back unchanged. */
typedef uint64_t cloudabi_userdata_t;

/* From where fd_seek counts. */
typedef uint8_t cloudabi_whence_t;
#define CLOUDABI_WHENCE_CUR 1 /* From the present position. */
#define CLOUDABI_WHENCE_END 2 /* From the end of the file. */
#define CLOUDABI_WHENCE_SET 3 /* From the start of the file. */

/* An entry of the auxiliary vector. */
typedef struct {
	cloudabi_auxtype_t a_type; /* What the value is. */
	union {
		/*
		 * A number: ARGDATALEN, CANARYLEN, NCPUS, PAGESZ, PHNUM, TID.
		 */
		size_t a_val;
		/*
		 * An address: ARGDATA, BASE, CANARY, PHDR, PID, SYSINFO_EHDR.
		 */
		void *a_ptr;
	};
} cloudabi_auxv_t;
CLOUDABI_SIZE(auxv, 8, 4, 16, 8);
CLOUDABI_OFFSET(auxv, a_type, 0, 0);
CLOUDABI_OFFSET(auxv, a_val, 4, 8);
CLOUDABI_OFFSET(auxv, a_ptr, 4, 8);

/* A piece of memory to write from. */
typedef struct {
	const void *buf; /* The piece. */
	size_t buf_len; /* How many bytes buf has. */
} cloudabi_ciovec_t;
CLOUDABI_SIZE(ciovec, 8, 4, 16, 8);
CLOUDABI_OFFSET(ciovec, buf, 0, 0);
CLOUDABI_OFFSET(ciovec, buf_len, 4, 8);

/*
 * The fixed part of a directory entry in the buffer of file_readdir. The name
 * follows at once, without terminator, and the next record follows the name
 * without padding, so that records are not aligned.
 */
typedef struct {
	/* The position behind this entry. */
	CLOUDABI_ALIGN8 cloudabi_dircookie_t d_next;
	/* The inode number of the file. */
	CLOUDABI_ALIGN8 cloudabi_inode_t d_ino;
	uint32_t d_namlen; /* How many bytes of name follow. */
	cloudabi_filetype_t d_type; /* What the file is. */
} cloudabi_dirent_t;
CLOUDABI_SIZE(dirent, 24, 8, 24, 8);
CLOUDABI_OFFSET(dirent, d_next, 0, 0);
CLOUDABI_OFFSET(dirent, d_ino, 8, 8);
CLOUDABI_OFFSET(dirent, d_namlen, 16, 16);
CLOUDABI_OFFSET(dirent, d_type, 20, 20);

/* What an event says about a descriptor. */
typedef struct {
	/* How many bytes can be read or written; 0 if that is unknown. */
	CLOUDABI_ALIGN8 cloudabi_filesize_t nbytes;
	uint8_t unused[4]; /* Dead space. */
	cloudabi_eventrwflags_t flags; /* State of the descriptor. */
} cloudabi_event_fd_readwrite_t;
CLOUDABI_SIZE(event_fd_readwrite, 16, 8, 16, 8);
CLOUDABI_OFFSET(event_fd_readwrite, nbytes, 0, 0);
CLOUDABI_OFFSET(event_fd_readwrite, unused, 8, 8);
CLOUDABI_OFFSET(event_fd_readwrite, flags, 12, 12);

/* What an event says about a process. */
typedef struct {
	uint8_t unused[4]; /* Dead space. */
	cloudabi_signal_t signal; /* What killed the process; 0 if it exited. */
	cloudabi_exitcode_t exitcode; /* What it exited with. */
} cloudabi_event_proc_terminate_t;
CLOUDABI_SIZE(event_proc_terminate, 12, 4, 12, 4);
CLOUDABI_OFFSET(event_proc_terminate, unused, 0, 0);
CLOUDABI_OFFSET(event_proc_terminate, signal, 4, 4);
CLOUDABI_OFFSET(event_proc_terminate, exitcode, 8, 8);

/* Something that poll has seen happen. */
typedef struct {
	/* The value from the subscription. */
	CLOUDABI_ALIGN8 cloudabi_userdata_t userdata;
	cloudabi_errno_t error; /* Why this subscription failed, or ESUCCESS. */
	cloudabi_eventtype_t type; /* What happened. */
	union {
		/* For FD_READ and FD_WRITE. */
		cloudabi_event_fd_readwrite_t fd_readwrite;
		/* For PROC_TERMINATE. */
		cloudabi_event_proc_terminate_t proc_terminate;
	};
} cloudabi_event_t;
CLOUDABI_SIZE(event, 32, 8, 32, 8);
CLOUDABI_OFFSET(event, userdata, 0, 0);
CLOUDABI_OFFSET(event, error, 8, 8);
CLOUDABI_OFFSET(event, type, 10, 10);
CLOUDABI_OFFSET(event, fd_readwrite, 16, 16);
CLOUDABI_OFFSET(event, proc_terminate, 16, 16);

/* Attributes of a descriptor. */
typedef struct {
	cloudabi_filetype_t fs_filetype; /* Its kind. */
	cloudabi_fdflags_t fs_flags; /* Its modes. */
	/* What may be done with it. */
	CLOUDABI_ALIGN8 cloudabi_rights_t fs_rights_base;
	/* The most that descriptors obtained through it can have. */
	CLOUDABI_ALIGN8 cloudabi_rights_t fs_rights_inheriting;
} cloudabi_fdstat_t;
CLOUDABI_SIZE(fdstat, 24, 8, 24, 8);
CLOUDABI_OFFSET(fdstat, fs_filetype, 0, 0);
CLOUDABI_OFFSET(fdstat, fs_flags, 2, 2);
CLOUDABI_OFFSET(fdstat, fs_rights_base, 8, 8);
CLOUDABI_OFFSET(fdstat, fs_rights_inheriting, 16, 16);

/* Attributes of a file. */
typedef struct {
	/* The file system it is on. */
	CLOUDABI_ALIGN8 cloudabi_device_t st_dev;
	CLOUDABI_ALIGN8 cloudabi_inode_t st_ino; /* Its number there. */
	cloudabi_filetype_t st_filetype; /* Its kind. */
	cloudabi_linkcount_t st_nlink; /* How many names it has. */
	/* Bytes in a file, or in the text of a symbolic link. */
	CLOUDABI_ALIGN8 cloudabi_filesize_t st_size;
	CLOUDABI_ALIGN8 cloudabi_timestamp_t st_atim; /* Last access. */
	/* Last change of the contents. */
	CLOUDABI_ALIGN8 cloudabi_timestamp_t st_mtim;
	/* Last change of the attributes. */
	CLOUDABI_ALIGN8 cloudabi_timestamp_t st_ctim;
} cloudabi_filestat_t;
CLOUDABI_SIZE(filestat, 56, 8, 56, 8);
CLOUDABI_OFFSET(filestat, st_dev, 0, 0);
CLOUDABI_OFFSET(filestat, st_ino, 8, 8);
CLOUDABI_OFFSET(filestat, st_filetype, 16, 16);
CLOUDABI_OFFSET(filestat, st_nlink, 20, 20);
CLOUDABI_OFFSET(filestat, st_size, 24, 24);
CLOUDABI_OFFSET(filestat, st_atim, 32, 32);
CLOUDABI_OFFSET(filestat, st_mtim, 40, 40);
CLOUDABI_OFFSET(filestat, st_ctim, 48, 48);

/* A piece of memory to read into. */
typedef struct {
	void *buf; /* The piece. */
	size_t buf_len; /* How many bytes buf has. */
} cloudabi_iovec_t;
CLOUDABI_SIZE(iovec, 8, 4, 16, 8);
CLOUDABI_OFFSET(iovec, buf, 0, 0);
CLOUDABI_OFFSET(iovec, buf_len, 4, 8);

/* Where and how to look up a path; passed by value. */
typedef struct {
	cloudabi_fd_t fd; /* The directory to start from. */
	cloudabi_lookupflags_t flags; /* How to look up. */
} cloudabi_lookup_t;
CLOUDABI_SIZE(lookup, 8, 4, 8, 4);
CLOUDABI_OFFSET(lookup, fd, 0, 0);
CLOUDABI_OFFSET(lookup, flags, 4, 4);

/* What sock_recv is asked for. */
typedef struct {
	const cloudabi_iovec_t *ri_data; /* Where the bytes go. */
	size_t ri_data_len; /* How many elements ri_data has. */
	/* Where the numbers of received descriptors go. */
	cloudabi_fd_t *ri_fds;
	size_t ri_fds_len; /* How many elements ri_fds has. */
	cloudabi_riflags_t ri_flags; /* How to receive. */
} cloudabi_recv_in_t;
CLOUDABI_SIZE(recv_in, 20, 4, 40, 8);
CLOUDABI_OFFSET(recv_in, ri_data, 0, 0);
CLOUDABI_OFFSET(recv_in, ri_data_len, 4, 8);
CLOUDABI_OFFSET(recv_in, ri_fds, 8, 16);
CLOUDABI_OFFSET(recv_in, ri_fds_len, 12, 24);
CLOUDABI_OFFSET(recv_in, ri_flags, 16, 32);

/* The address of one end of a socket, a convention of this implementation. */
typedef struct {
	uint8_t family; /* 0 unknown, 1 IPv4, 2 IPv6, 3 UNIX. */
	uint8_t pad; /* Zero. */
	/* The address in network order; IPv4 takes the first 4 bytes. */
	uint8_t addr[16];
	uint16_t port; /* The port in host order. */
} cloudabi_sockaddr_t;
CLOUDABI_SIZE(sockaddr, 20, 2, 20, 2);
CLOUDABI_OFFSET(sockaddr, family, 0, 0);
CLOUDABI_OFFSET(sockaddr, pad, 1, 1);
CLOUDABI_OFFSET(sockaddr, addr, 2, 2);
CLOUDABI_OFFSET(sockaddr, port, 18, 18);

/* Both ends of the socket, in the room that recv_out keeps free. */
typedef struct {
	cloudabi_sockaddr_t sockname; /* Our end. */
	cloudabi_sockaddr_t peername; /* The other end. */
} cloudabi_recv_names_t;
CLOUDABI_SIZE(recv_names, 40, 2, 40, 2);
CLOUDABI_OFFSET(recv_names, sockname, 0, 0);
CLOUDABI_OFFSET(recv_names, peername, 20, 20);

/* What sock_recv has received. */
typedef struct {
	size_t ro_datalen; /* How many bytes. */
	size_t ro_fdslen; /* How many descriptors. */
	union {
		/* Dead space in the original interface. */
		uint8_t ro_unused[40];
		/* The addresses of the socket, see "Addresses and accept". */
		cloudabi_recv_names_t ro_names;
	};
	cloudabi_roflags_t ro_flags; /* What was lost. */
} cloudabi_recv_out_t;
CLOUDABI_SIZE(recv_out, 52, 4, 64, 8);
CLOUDABI_OFFSET(recv_out, ro_datalen, 0, 0);
CLOUDABI_OFFSET(recv_out, ro_fdslen, 4, 8);
CLOUDABI_OFFSET(recv_out, ro_unused, 8, 16);
CLOUDABI_OFFSET(recv_out, ro_names, 8, 16);
CLOUDABI_OFFSET(recv_out, ro_flags, 48, 56);

/* What sock_send is to send. */
typedef struct {
	const cloudabi_ciovec_t *si_data; /* The bytes. */
	size_t si_data_len; /* How many elements si_data has. */
	const cloudabi_fd_t *si_fds; /* Descriptors to send along. */
	size_t si_fds_len; /* How many elements si_fds has. */
	cloudabi_siflags_t si_flags; /* Zero. */
} cloudabi_send_in_t;
CLOUDABI_SIZE(send_in, 20, 4, 40, 8);
CLOUDABI_OFFSET(send_in, si_data, 0, 0);
CLOUDABI_OFFSET(send_in, si_data_len, 4, 8);
CLOUDABI_OFFSET(send_in, si_fds, 8, 16);
CLOUDABI_OFFSET(send_in, si_fds_len, 12, 24);
CLOUDABI_OFFSET(send_in, si_flags, 16, 32);

/* What sock_send has sent. */
typedef struct {
	size_t so_datalen; /* How many bytes. */
} cloudabi_send_out_t;
CLOUDABI_SIZE(send_out, 4, 4, 8, 8);
CLOUDABI_OFFSET(send_out, so_datalen, 0, 0);

/* A time to wait for. */
typedef struct {
	/* Tells several clock subscriptions of one call apart. */
	CLOUDABI_ALIGN8 cloudabi_userdata_t identifier;
	cloudabi_clockid_t clock_id; /* Which clock. */
	/* Until when, or for how long. */
	CLOUDABI_ALIGN8 cloudabi_timestamp_t timeout;
	/* How much later is still good. */
	CLOUDABI_ALIGN8 cloudabi_timestamp_t precision;
	cloudabi_subclockflags_t flags; /* How timeout counts. */
} cloudabi_subscription_clock_t;
CLOUDABI_SIZE(subscription_clock, 40, 8, 40, 8);
CLOUDABI_OFFSET(subscription_clock, identifier, 0, 0);
CLOUDABI_OFFSET(subscription_clock, clock_id, 8, 8);
CLOUDABI_OFFSET(subscription_clock, timeout, 16, 16);
CLOUDABI_OFFSET(subscription_clock, precision, 24, 24);
CLOUDABI_OFFSET(subscription_clock, flags, 32, 32);

/* A condition variable to wait for. */
typedef struct {
	cloudabi_condvar_t *condvar; /* The condition variable. */
	/* Its lock, held for writing; released meanwhile. */
	cloudabi_lock_t *lock;
	/* Where the condition variable lives. */
	cloudabi_scope_t condvar_scope;
	cloudabi_scope_t lock_scope; /* Where the lock lives. */
} cloudabi_subscription_condvar_t;
CLOUDABI_SIZE(subscription_condvar, 12, 4, 24, 8);
CLOUDABI_OFFSET(subscription_condvar, condvar, 0, 0);
CLOUDABI_OFFSET(subscription_condvar, lock, 4, 8);
CLOUDABI_OFFSET(subscription_condvar, condvar_scope, 8, 16);
CLOUDABI_OFFSET(subscription_condvar, lock_scope, 9, 17);

/* A descriptor to wait for. */
typedef struct {
	cloudabi_fd_t fd; /* The descriptor. */
	cloudabi_subrwflags_t flags; /* Without effect. */
} cloudabi_subscription_fd_readwrite_t;
CLOUDABI_SIZE(subscription_fd_readwrite, 8, 4, 8, 4);
CLOUDABI_OFFSET(subscription_fd_readwrite, fd, 0, 0);
CLOUDABI_OFFSET(subscription_fd_readwrite, flags, 4, 4);

/* A lock to acquire. */
typedef struct {
	cloudabi_lock_t *lock; /* The lock. */
	cloudabi_scope_t lock_scope; /* Where it lives. */
} cloudabi_subscription_lock_t;
CLOUDABI_SIZE(subscription_lock, 8, 4, 16, 8);
CLOUDABI_OFFSET(subscription_lock, lock, 0, 0);
CLOUDABI_OFFSET(subscription_lock, lock_scope, 4, 8);

/* A process to wait for. */
typedef struct {
	cloudabi_fd_t fd; /* The process descriptor. */
} cloudabi_subscription_proc_terminate_t;
CLOUDABI_SIZE(subscription_proc_terminate, 4, 4, 4, 4);
CLOUDABI_OFFSET(subscription_proc_terminate, fd, 0, 0);

/* Something that poll is to wait for. */
typedef struct {
	/* A value that the event brings back. */
	CLOUDABI_ALIGN8 cloudabi_userdata_t userdata;
	uint16_t unused; /* Dead space. */
	cloudabi_eventtype_t type; /* What to wait for. */
	union {
		cloudabi_subscription_clock_t clock; /* For CLOCK. */
		cloudabi_subscription_condvar_t condvar; /* For CONDVAR. */
		/* For FD_READ and FD_WRITE. */
		cloudabi_subscription_fd_readwrite_t fd_readwrite;
		/* For LOCK_RDLOCK and LOCK_WRLOCK. */
		cloudabi_subscription_lock_t lock;
		/* For PROC_TERMINATE. */
		cloudabi_subscription_proc_terminate_t proc_terminate;
	};
} cloudabi_subscription_t;
CLOUDABI_SIZE(subscription, 56, 8, 56, 8);
CLOUDABI_OFFSET(subscription, userdata, 0, 0);
CLOUDABI_OFFSET(subscription, unused, 8, 8);
CLOUDABI_OFFSET(subscription, type, 10, 10);
CLOUDABI_OFFSET(subscription, clock, 16, 16);
CLOUDABI_OFFSET(subscription, condvar, 16, 16);
CLOUDABI_OFFSET(subscription, fd_readwrite, 16, 16);
CLOUDABI_OFFSET(subscription, lock, 16, 16);
CLOUDABI_OFFSET(subscription, proc_terminate, 16, 16);

/* All that the thread pointer of a new thread designates. */
typedef struct {
	/* The system's own; the program keeps it and moves it along. */
	void *parent;
} cloudabi_tcb_t;
CLOUDABI_SIZE(tcb, 4, 4, 8, 8);
CLOUDABI_OFFSET(tcb, parent, 0, 0);

/* Where a new thread starts. It must not return. */
typedef void cloudabi_threadentry_t(cloudabi_tid_t tid, void *aux);

/* Where a process starts, _start. It must not return. */
typedef void cloudabi_processentry_t(const cloudabi_auxv_t *auxv);

/* How to start a thread. */
typedef struct {
	cloudabi_threadentry_t *entry_point; /* Where it starts. */
	void *stack; /* Memory for its stack. */
	size_t stack_len; /* How many bytes stack has. */
	void *argument; /* What the entry point gets. */
} cloudabi_threadattr_t;
CLOUDABI_SIZE(threadattr, 16, 4, 32, 8);
CLOUDABI_OFFSET(threadattr, entry_point, 0, 0);
CLOUDABI_OFFSET(threadattr, stack, 4, 8);
CLOUDABI_OFFSET(threadattr, stack_len, 8, 16);
CLOUDABI_OFFSET(threadattr, argument, 12, 24);

#undef CLOUDABI_ALIGN8
#undef CLOUDABI_ASSERT
#undef CLOUDABI_ALIGNOF
#undef CLOUDABI_WIDTH
#undef CLOUDABI_SIZE
#undef CLOUDABI_OFFSET

#endif

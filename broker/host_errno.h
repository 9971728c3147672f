/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux error numbers as CloudABI's, for the broker and the runtime. */

#ifndef BROKER_HOST_ERRNO_H
#define BROKER_HOST_ERRNO_H

#include <linux/errno.h>
#include <stddef.h>
#include <stdint.h>

#include <cloudabi.h>

/* The errors that have the same name on both sides. */
#define HOST_ERRNO_SHARED(X)                                                                     \
	X(2BIG)                                                                                  \
	X(ACCES) X(ADDRINUSE) X(ADDRNOTAVAIL) X(AFNOSUPPORT) X(AGAIN) X(ALREADY) X(              \
		BADF) X(BADMSG) X(BUSY) X(CANCELED) X(CHILD) X(CONNABORTED) X(CONNREFUSED)       \
		X(CONNRESET) X(DEADLK) X(DESTADDRREQ) X(DOM) X(DQUOT) X(EXIST) X(                \
			FAULT) X(FBIG) X(HOSTUNREACH) X(IDRM) X(ILSEQ) X(INPROGRESS)             \
			X(INTR) X(INVAL) X(IO) X(ISCONN) X(ISDIR) X(LOOP) X(MFILE) X(            \
				MLINK) X(MSGSIZE) X(MULTIHOP) X(NAMETOOLONG) X(NETDOWN)          \
				X(NETRESET) X(NETUNREACH) X(NFILE) X(NOBUFS) X(NODEV) X(         \
					NOENT) X(NOEXEC) X(NOLCK) X(NOLINK) X(NOMEM)             \
					X(NOMSG) X(NOPROTOOPT) X(NOSPC) X(NOSYS) X(              \
						NOTCONN) X(NOTDIR) X(NOTEMPTY) X(NOTRECOVERABLE) \
						X(NOTSOCK) X(NOTTY) X(NXIO) X(OVERFLOW) X(       \
							OWNERDEAD) X(PERM) X(PIPE)               \
							X(PROTO) X(PROTONOSUPPORT) X(            \
								PROTOTYPE) X(RANGE)              \
								X(ROFS) X(SPIPE) X(              \
									SRCH) X(STALE)           \
									X(TIMEDOUT) X(           \
										TXTBSY)          \
										X(XDEV)

/* 0 for 0; ENOSYS for what CloudABI has no word for. */
static inline cloudabi_errno_t host_errno(int error)
{
#define HOST_ERRNO_ROW(name) [E##name] = CLOUDABI_E##name,
	static const uint8_t errors[] = {
		HOST_ERRNO_SHARED(HOST_ERRNO_ROW)[EBADFD] = CLOUDABI_EBADF,
		[EHOSTDOWN] = CLOUDABI_EHOSTUNREACH,
		[EOPNOTSUPP] = CLOUDABI_ENOTSUP,
		[EREMOTEIO] = CLOUDABI_EIO,
		[ESHUTDOWN] = CLOUDABI_EPIPE,
		[ETOOMANYREFS] = CLOUDABI_EMFILE,
		[EUCLEAN] = CLOUDABI_EIO,
	};
#undef HOST_ERRNO_ROW

	if (error == 0)
		return 0;
	if (error < 0 || (size_t)error >= sizeof(errors) || errors[error] == 0)
		return CLOUDABI_ENOSYS;
	return errors[error];
}

#endif

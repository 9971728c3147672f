/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux error numbers as CloudABI's, for the broker and the runtime. */

#ifndef BROKER_HOST_ERRNO_H
#define BROKER_HOST_ERRNO_H

#include <linux/errno.h>
#include <stddef.h>
#include <stdint.h>

#include <cloudabi.h>

/* 0 for 0; ENOSYS for what CloudABI has no word for. */
static inline cloudabi_errno_t host_errno(int error)
{
#define SAME(name) [E##name] = CLOUDABI_E##name
	static const uint8_t errors[] = {
		SAME(2BIG),
		SAME(ACCES),
		SAME(ADDRINUSE),
		SAME(ADDRNOTAVAIL),
		SAME(AFNOSUPPORT),
		SAME(AGAIN),
		SAME(ALREADY),
		SAME(BADF),
		SAME(BADMSG),
		SAME(BUSY),
		SAME(CANCELED),
		SAME(CHILD),
		SAME(CONNABORTED),
		SAME(CONNREFUSED),
		SAME(CONNRESET),
		SAME(DEADLK),
		SAME(DESTADDRREQ),
		SAME(DOM),
		SAME(DQUOT),
		SAME(EXIST),
		SAME(FAULT),
		SAME(FBIG),
		SAME(HOSTUNREACH),
		SAME(IDRM),
		SAME(ILSEQ),
		SAME(INPROGRESS),
		SAME(INTR),
		SAME(INVAL),
		SAME(IO),
		SAME(ISCONN),
		SAME(ISDIR),
		SAME(LOOP),
		SAME(MFILE),
		SAME(MLINK),
		SAME(MSGSIZE),
		SAME(MULTIHOP),
		SAME(NAMETOOLONG),
		SAME(NETDOWN),
		SAME(NETRESET),
		SAME(NETUNREACH),
		SAME(NFILE),
		SAME(NOBUFS),
		SAME(NODEV),
		SAME(NOENT),
		SAME(NOEXEC),
		SAME(NOLCK),
		SAME(NOLINK),
		SAME(NOMEM),
		SAME(NOMSG),
		SAME(NOPROTOOPT),
		SAME(NOSPC),
		SAME(NOSYS),
		SAME(NOTCONN),
		SAME(NOTDIR),
		SAME(NOTEMPTY),
		SAME(NOTRECOVERABLE),
		SAME(NOTSOCK),
		SAME(NOTTY),
		SAME(NXIO),
		SAME(OVERFLOW),
		SAME(OWNERDEAD),
		SAME(PERM),
		SAME(PIPE),
		SAME(PROTO),
		SAME(PROTONOSUPPORT),
		SAME(PROTOTYPE),
		SAME(RANGE),
		SAME(ROFS),
		SAME(SPIPE),
		SAME(SRCH),
		SAME(STALE),
		SAME(TIMEDOUT),
		SAME(TXTBSY),
		SAME(XDEV),
		[EBADFD] = CLOUDABI_EBADF,
		[EHOSTDOWN] = CLOUDABI_EHOSTUNREACH,
		[EOPNOTSUPP] = CLOUDABI_ENOTSUP,
		[EREMOTEIO] = CLOUDABI_EIO,
		[ESHUTDOWN] = CLOUDABI_EPIPE,
		[ETOOMANYREFS] = CLOUDABI_EMFILE,
		[EUCLEAN] = CLOUDABI_EIO,
	};
#undef SAME

	if (error == 0)
		return 0;
	if (error < 0 || (size_t)error >= sizeof(errors) || errors[error] == 0)
		return CLOUDABI_ENOSYS;
	return errors[error];
}

#endif

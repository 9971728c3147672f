/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's errors in CloudABI's numbers. */

#include <linux/errno.h>

#include "base.h"

/* Both sides use the same names. What is not here becomes ENOSYS. */
#define ERRORS(X)							\
	X(E2BIG) X(EACCES) X(EADDRINUSE) X(EADDRNOTAVAIL)		\
	X(EAFNOSUPPORT) X(EAGAIN) X(EALREADY) X(EBADF) X(EBADMSG)	\
	X(EBUSY) X(ECANCELED) X(ECHILD) X(ECONNABORTED) X(ECONNREFUSED)	\
	X(ECONNRESET) X(EDEADLK) X(EDESTADDRREQ) X(EDOM) X(EDQUOT)	\
	X(EEXIST) X(EFAULT) X(EFBIG) X(EHOSTUNREACH) X(EIDRM) X(EILSEQ)	\
	X(EINPROGRESS) X(EINTR) X(EINVAL) X(EIO) X(EISCONN) X(EISDIR)	\
	X(ELOOP) X(EMFILE) X(EMLINK) X(EMSGSIZE) X(EMULTIHOP)		\
	X(ENAMETOOLONG) X(ENETDOWN) X(ENETRESET) X(ENETUNREACH)		\
	X(ENFILE) X(ENOBUFS) X(ENODEV) X(ENOENT) X(ENOEXEC) X(ENOLCK)	\
	X(ENOLINK) X(ENOMEM) X(ENOMSG) X(ENOPROTOOPT) X(ENOSPC)		\
	X(ENOSYS) X(ENOTCONN) X(ENOTDIR) X(ENOTEMPTY)			\
	X(ENOTRECOVERABLE) X(ENOTSOCK) X(ENOTTY) X(ENXIO) X(EOVERFLOW)	\
	X(EOWNERDEAD) X(EPERM) X(EPIPE) X(EPROTO) X(EPROTONOSUPPORT)	\
	X(EPROTOTYPE) X(ERANGE) X(EROFS) X(ESPIPE) X(ESRCH) X(ESTALE)	\
	X(ETIMEDOUT) X(ETXTBSY) X(EXDEV)

static const uint8_t errors[] = {
#define X(name) [name] = CLOUDABI_##name,
	ERRORS(X)
#undef X
	[EOPNOTSUPP] = CLOUDABI_ENOTSUP,
};

cloudabi_errno_t
error_of(long result)
{
	unsigned long number = -result;

	if (result >= 0)
		return CLOUDABI_ESUCCESS;
	if (number >= ARRAY_LEN(errors) || errors[number] == 0)
		return CLOUDABI_ENOSYS;
	return errors[number];
}

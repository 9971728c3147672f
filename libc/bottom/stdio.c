/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams: how they reach descriptors, and the three that start without one. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <program.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lock_word.h"
#include "pthread_impl.h"
#include "stdio_impl.h"

/* Fills the caller's buffer but for one byte, and then the stream's own: the
 * last byte comes from there, so that there is something to put back. */
size_t __stdio_read(FILE *f, unsigned char *buf, size_t len)
{
	size_t direct = len - (f->buf_size > 0);
	struct iovec iov[2] = {{buf, direct}, {f->buf, f->buf_size}};
	ssize_t got = f->fd < 0  ? 0 :
		      direct > 0 ? readv(f->fd, iov, 2) :
				   read(f->fd, f->buf, f->buf_size);

	if (got <= 0) {
		f->flags |= got < 0 ? F_ERR : F_EOF;
		return 0;
	}
	if ((size_t)got <= direct)
		return (size_t)got;
	f->rpos = f->buf;
	f->rend = f->buf + ((size_t)got - direct);
	if (f->buf_size > 0)
		buf[len - 1] = *f->rpos++;
	return len;
}

static void advance(struct iovec **iov, int *count, size_t written)
{
	while (*count > 0 && written >= (*iov)->iov_len) {
		written -= (*iov)->iov_len;
		++*iov;
		--*count;
	}
	if (*count > 0) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + written;
		(*iov)->iov_len -= written;
	}
}

/* Writes what is buffered and then `len` bytes, of which it returns how many
 * were written. */
size_t __stdio_write(FILE *f, const unsigned char *buf, size_t len)
{
	struct iovec iovs[2] = {
		{f->wbase, (size_t)(f->wpos - f->wbase)},
		{(void *)buf, len},
	};
	struct iovec *iov = iovs;
	int count = 2;

	advance(&iov, &count, 0);
	while (count > 0 && f->fd >= 0) {
		ssize_t written = writev(f->fd, iov, count);

		if (written < 0) {
			f->wpos = f->wbase = f->wend = NULL;
			f->flags |= F_ERR;
			return iov == iovs ? 0 : len - iov->iov_len;
		}
		advance(&iov, &count, (size_t)written);
	}
	f->wend = f->buf + f->buf_size;
	f->wpos = f->wbase = f->buf;
	return len;
}

off_t __stdio_seek(FILE *f, off_t offset, int whence)
{
	return lseek(f->fd, offset, whence);
}

int __stdio_close(FILE *f)
{
	return f->fd < 0 ? 0 : close(f->fd);
}

static FILE *allocate(void)
{
	FILE *f = malloc(sizeof(*f) + UNGET + BUFSIZ);

	if (f == NULL)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->buf = (unsigned char *)f + sizeof(*f) + UNGET;
	f->buf_size = BUFSIZ;
	f->lbf = EOF;
	f->read = __stdio_read;
	f->write = __stdio_write;
	f->seek = __stdio_seek;
	f->close = __stdio_close;
	f->lock = libc.threaded ? 0 : -1;
	return f;
}

static int ask_to_append(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -1;
	return (flags & O_APPEND) != 0 ? 0 :
					 fcntl(fd, F_SETFL, flags | O_APPEND);
}

FILE *__fdopen(int fd, const char *mode)
{
	FILE *f;

	if (strchr("rwa", *mode) == NULL || *mode == '\0') {
		errno = EINVAL;
		return NULL;
	}
	if (*mode == 'a' && ask_to_append(fd) != 0)
		return NULL;
	f = allocate();
	if (f == NULL)
		return NULL;
	f->fd = fd;
	if (strchr(mode, '+') == NULL)
		f->flags = *mode == 'r' ? F_NOWR : F_NORD;
	if (*mode == 'a')
		f->flags |= F_APP;
	return __ofl_add(f);
}

weak_alias(__fdopen, fdopen);

/* A thread may lock a stream that it has locked already; only the outermost
 * level of flockfile() takes the lock word. */

int __lockfile(FILE *f)
{
	if (__word_owned(&f->lock_word))
		return 0;
	__word_write(&f->lock_word, CLOCK_REALTIME, NULL);
	return 1;
}

void __unlockfile(FILE *f)
{
	__word_unlock(&f->lock_word);
}

int ftrylockfile(FILE *f)
{
	if (!__word_owned(&f->lock_word) && !__word_try_write(&f->lock_word))
		return -1;
	++f->lockcount;
	return 0;
}

void flockfile(FILE *f)
{
	if (ftrylockfile(f) == 0)
		return;
	__lockfile(f);
	++f->lockcount;
}

void funlockfile(FILE *f)
{
	if (--f->lockcount == 0)
		__unlockfile(f);
}

#undef stdin
#undef stdout
#undef stderr

static unsigned char stdin_buf[UNGET + BUFSIZ];
static unsigned char stdout_buf[UNGET + BUFSIZ];
static unsigned char stderr_buf[UNGET];

hidden FILE __stdin_FILE = {
	.buf = stdin_buf + UNGET,
	.buf_size = BUFSIZ,
	.fd = -1,
	.flags = F_PERM | F_NOWR,
	.read = __stdio_read,
	.seek = __stdio_seek,
	.close = __stdio_close,
	.lock = -1,
};

hidden FILE __stdout_FILE = {
	.buf = stdout_buf + UNGET,
	.buf_size = BUFSIZ,
	.fd = -1,
	.flags = F_PERM | F_NORD,
	.lbf = '\n',
	.write = __stdio_write,
	.seek = __stdio_seek,
	.close = __stdio_close,
	.lock = -1,
};

hidden FILE __stderr_FILE = {
	.buf = stderr_buf + UNGET,
	.fd = -1,
	.flags = F_PERM | F_NORD,
	.lbf = -1,
	.write = __stdio_write,
	.seek = __stdio_seek,
	.close = __stdio_close,
	.lock = -1,
};

FILE *const stdin = &__stdin_FILE;
FILE *const stdout = &__stdout_FILE;
FILE *const stderr = &__stderr_FILE;

FILE *volatile __stdin_used = &__stdin_FILE;
FILE *volatile __stdout_used = &__stdout_FILE;
FILE *volatile __stderr_used = &__stderr_FILE;

int program_set_stream(FILE *f, int fd)
{
	int result;

	if ((f->flags & F_PERM) == 0) {
		errno = EINVAL;
		return EOF;
	}
	FLOCK(f);
	result = fflush(f);
	f->fd = fd;
	f->flags &= ~(unsigned)(F_EOF | F_ERR);
	f->rpos = f->rend = NULL;
	FUNLOCK(f);
	return result;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A terminal that is held: what it can be told beside text. */

#include "probe.h"

#define TCGETS 0x5401
#define TCSETS 0x5402
#define TIOCSCTTY 0x540e
#define TIOCSTI 0x5412
#define TIOCSWINSZ 0x5414

/* The size that a C library's structure has does not matter to the kernel. */
static long settings(void)
{
	unsigned flags[16];
	long r = CALL(ioctl, TERMINAL, TCGETS, flags);

	flags[0] ^= 0400; /* ICRNL */
	return then(r, CALL(ioctl, TERMINAL, TCSETS, flags));
}

static long size(void)
{
	const short size[4] = {11, 22, 0, 0};

	return CALL(ioctl, TERMINAL, TIOCSWINSZ, size);
}

/* First as the session's own one, where that is asked for. */
static long control(long call)
{
	CALL(setsid);
	return then(CALL(ioctl, TERMINAL, TIOCSCTTY, 0),
		    CALL(ioctl, TERMINAL, call, (&(int){0})));
}

static long open_own(void)
{
	CALL(setsid);
	return then(CALL(ioctl, TERMINAL, TIOCSCTTY, 0),
		    CALL(openat, AT_FDCWD, "/dev/tty", O_RDWR));
}

void terminal_probes(void)
{
	int value = 0;

	begin_group("terminal-");
	PROBE(TYPED MAYBE, 22, "type", CALL(ioctl, TERMINAL, TIOCSTI, "x"));
#if __SIZEOF_POINTER__ == 8
	PROBE(TYPED MAYBE, 22, "type_high_bits",
	      CALL(ioctl, TERMINAL, TIOCSTI | 1l << 32, "x"));
	PROBE(TYPED MAYBE, 22, "type_sign_bits",
	      CALL(ioctl, TERMINAL, TIOCSTI | ~0xffffffffl, "x"));
#endif
	PROBE(TYPED MAYBE, 22, "type_as_own",
	      then(control(0x540f), CALL(ioctl, TERMINAL, TIOCSTI, "x")));
	PROBE(TERMIOS, 22, "settings", settings());
	PROBE(TERMIOS, 22, "size", size());
	PROBE(RESULT, 22, "own", control(0x540f /* TIOCGPGRP */));
	PROBE(RESULT, 22, "open_own", open_own());
	PROBE(RESULT, 22, "discipline",
	      CALL(ioctl, TERMINAL, 0x5424 /* TIOCGETD */, &value));
	PROBE(RESULT MAYBE, 22, "discipline_change",
	      CALL(ioctl, TERMINAL, 0x5423 /* TIOCSETD */, &value));
	PROBE(RESULT, 22, "exclusive", CALL(ioctl, TERMINAL, 0x540d, 0));
	PROBE(RESULT, 22, "flush", CALL(ioctl, TERMINAL, 0x540b, 2));
	PROBE(RESULT, 22, "flow", CALL(ioctl, TERMINAL, 0x540a, 1));
	PROBE(RESULT, 22, "break", CALL(ioctl, TERMINAL, 0x5425, 1));
	PROBE(REACHES(25) MAYBE, 22, "linux_console",
	      CALL(ioctl, TERMINAL, 0x541c, &value));
	PROBE(REACHES(5) MAYBE, 22, "other_side",
	      CALL(ioctl, TERMINAL, 0x5441 /* TIOCGPTPEER */, O_RDWR));
	PROBE(RESULT, 22, "unread", CALL(ioctl, TERMINAL, 0x541b, &value));
	PROBE(RESULT, 22, "nonblocking", CALL(ioctl, OUTPUT, 0x5421, &value));
	PROBE(RESULT, 22, "file_flags",
	      CALL(ioctl, TREE, 0x80086601ul, (&(long){0})) == -25 ? -1 : 0);
	PROBE(REACHES(9) MAYBE, 22, "file_clone",
	      CALL(ioctl, FILE_FD, 0x40049409ul, FILE_FD));
}

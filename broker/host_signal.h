/* SPDX-License-Identifier: BSD-2-Clause */
/* CloudABI's signals as Linux's and back, for the broker and the runtime, which
 * each have another header for the names of Linux's. */

#ifndef BROKER_HOST_SIGNAL_H
#define BROKER_HOST_SIGNAL_H

#include <stddef.h>
#include <stdint.h>

#include <cloudabi.h>

/* 0 for what is no signal. */
static inline int host_signal(unsigned signal)
{
#define SAME(name) [CLOUDABI_SIG##name] = SIG##name
	static const uint8_t signals[] = {
		SAME(ABRT), SAME(ALRM), SAME(BUS),  SAME(CHLD),   SAME(CONT),
		SAME(FPE),  SAME(HUP),  SAME(ILL),  SAME(INT),    SAME(KILL),
		SAME(PIPE), SAME(QUIT), SAME(SEGV), SAME(STOP),   SAME(SYS),
		SAME(TERM), SAME(TRAP), SAME(TSTP), SAME(TTIN),   SAME(TTOU),
		SAME(URG),  SAME(USR1), SAME(USR2), SAME(VTALRM), SAME(XCPU),
		SAME(XFSZ),
	};
#undef SAME

	return signal < sizeof(signals) ? signals[signal] : 0;
}

/* SIGKILL for what CloudABI has no word for. */
static inline cloudabi_signal_t guest_signal(int signal)
{
	for (unsigned i = 1; i < CLOUDABI_SIGXFSZ + 1; i++)
		if (host_signal(i) == signal)
			return (cloudabi_signal_t)i;
	return CLOUDABI_SIGKILL;
}

#endif

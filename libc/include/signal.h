/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals, which programs can raise and not handle, and end children with. */

#ifndef _SIGNAL_H
#define _SIGNAL_H

#ifdef __cplusplus
extern "C" {
#endif

#include <features.h>

#define __NEED_pid_t
#define __NEED_sigset_t
#include <bits/alltypes.h>
#include <bits/signal.h>

/* What raise() does is fixed. The names are here for code that tells what
 * would have been done. */
#define SIG_ERR ((void (*)(int)) - 1)
#define SIG_DFL ((void (*)(int))0)
#define SIG_IGN ((void (*)(int))1)

#define _NSIG 27
#if defined(_BSD_SOURCE) || defined(_GNU_SOURCE)
#define NSIG _NSIG
#endif

typedef int sig_atomic_t;

int kill(pid_t, int);
int raise(int);

#ifdef __cplusplus
}
#endif

#endif

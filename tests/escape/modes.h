/* SPDX-License-Identifier: BSD-2-Clause */
/* What the program can be beside an attempt. */

#ifndef ESCAPE_MODES_H
#define ESCAPE_MODES_H

/* Returns unless the first word names a mode:
 *
 *   nothing              proves that allowed calls come back and are heard of
 *   call ENTRY NR A B C D E F   one call; SELF is the process's own number
 *   walk MS              goes through names that change; says how often it
 *                        got in, or did not, whichever is less
 *   neighbour            holds the secret, answers as long as all is well */
void run_mode(const char *const *words);
_Noreturn void walk(long ms);
long parse_number(const char *string);

#endif

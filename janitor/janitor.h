/* SPDX-License-Identifier: BSD-2-Clause */
/* The janitor: removes what a run must not leave behind, whatever ends it. */

#ifndef JANITOR_JANITOR_H
#define JANITOR_JANITOR_H

/* remove.c. Both return 0 if nothing is left, or an errno. */

/* Unlinks what a name stands for if it is a socket; all else is not ours. */
int remove_socket(int folder, const char *name);
/* Removes a directory with everything in it, also while others still write to
 * it, as long as there is some progress within PATIENCE_MS. Follows no link.
 * However deep it is, that takes the same few descriptors and no more stack. */
int remove_directory(int folder, const char *name);

#define PATIENCE_MS 5000

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree of files for the broker's targets, the same for each input, and what
 * must not change around it. */

#ifndef FUZZ_TREE_H
#define FUZZ_TREE_H

/* Goes to a new directory below the current one, and makes `outside` there,
 * with `root` in it, which is for everybody to change, and `fixed`, which is
 * not. */
void tree_start(void);
/* Makes `root` what it was. */
void tree_reset(void);
/* Aborts if something has changed outside of `root`. */
void tree_check(void);
/* Aborts if the descriptor is of a file outside of the tree's folder. */
void tree_check_fd(int fd, const char *folder);

#endif

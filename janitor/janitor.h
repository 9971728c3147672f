/* SPDX-License-Identifier: BSD-2-Clause */
/* The janitor's parts. */

#ifndef JANITOR_JANITOR_H
#define JANITOR_JANITOR_H

#include <stdbool.h>

/* Something that is to go: a socket, or a directory and all that is in it. */
struct entry {
	int folder;       /* a descriptor */
	const char *name; /* one component */
	bool is_directory;
};

/* Whether the name cannot lead anywhere but to what is in its folder. */
bool entry_is_proper(const struct entry *entry);

/* Removes the entry. What is of another kind is somebody else's by now and
 * stays. False if something of ours is still there; it can be tried again. */
bool entry_remove(const struct entry *entry);

#endif

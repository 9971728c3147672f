/* SPDX-License-Identifier: BSD-2-Clause */
/* What a path means, by a model that knows a fixed tree and no file system. */

#ifndef FUZZ_LOOKUP_H
#define FUZZ_LOOKUP_H

#include <cloudabi.h>
#include <stdbool.h>

#define NODES_MAX 80
#define ROOT 0

enum kind {
	FOLDER,
	FILE_NODE,
	LINK,
};

struct node {
	const char *name;
	const char *text; /* of a link */
	enum kind kind;
	int parent;
};

extern struct node nodes[NODES_MAX];
extern int nodes_len;

/* Fills the tree: a parent comes before what is in it. */
void lookup_start(void);

/* What a path leads to. The node counts if there is no error. */
struct found {
	cloudabi_errno_t error;
	int node;
	int links; /* that were followed on the way */
};

struct found lookup(const char *path, bool follow, bool is_folder);

/* The folder where a name is, or is to be. */
struct found lookup_place(const char *path, cloudabi_errno_t refusal,
			  char *name);
struct found lookup_file(const char *path, bool follow,
			 cloudabi_errno_t refusal, char *name);

#endif

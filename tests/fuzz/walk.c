/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: paths, looked up by the broker and by a model (lookup.c). The
 * first byte of an input says how; each further one is a character, or stands
 * for a piece of a path.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../broker/broker.h"
#include "../../broker/host_errno.h"
#include "lookup.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len);

/* Names of the tree have bytes from here on; before come those below. */
#define NODE_BYTE 0x80

static const char *const pieces[] = {
	"/",  "..", ".",    "//",      "../",   "./",     "/..", "/.",
	"d/", "e/", "d/e/", "missing", "../d/", "root/f", "c0/", "secret",
};
#define PIECE_BYTE 1

/* So many are hardly walked while others rename files. */
#define UP "d/../"
#define UPS 500

static struct capability root;
static ino_t inodes[NODES_MAX];
static char too_long[258];
static char much_up[sizeof(UP) * UPS];

static void require(int holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

static void make(const struct node *node, int dir)
{
	int fd = -1;

	if (node->kind == FOLDER)
		require(mkdirat(dir, node->name, 0777) == 0, node->name);
	else if (node->kind == LINK)
		require(symlinkat(node->text, dir, node->name) == 0,
			node->name);
	else
		require((fd = openat(dir, node->name, O_CREAT | O_WRONLY,
				     0666)) >= 0,
			node->name);
	if (fd >= 0)
		close(fd);
}

static void make_tree(void)
{
	char folder[] = "walk-XXXXXX";
	int dirs[NODES_MAX];
	struct stat st;

	require(mkdtemp(folder) != NULL && chdir(folder) == 0 &&
			mkdir("root", 0777) == 0 && mkdir("secret", 0777) == 0,
		folder);
	root.dir = dirs[ROOT] = open("root", O_PATH | O_DIRECTORY);
	for (int i = 1; i < nodes_len; i++) {
		make(&nodes[i], dirs[nodes[i].parent]);
		dirs[i] = openat(dirs[nodes[i].parent], nodes[i].name,
				 O_PATH | O_NOFOLLOW);
	}
	for (int i = 0; i < nodes_len; i++) {
		require(fstat(dirs[i], &st) == 0, nodes[i].name);
		inodes[i] = st.st_ino;
		if (i != ROOT)
			close(dirs[i]);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	memset(too_long, 'n', 256);
	for (int i = 0; i < UPS; i++)
		strcat(much_up, UP);
	lookup_start();
	make_tree();
	return 0;
}

static const char *piece_of(unsigned char byte)
{
	static char character[2];

	if (byte >= NODE_BYTE)
		return byte - NODE_BYTE < nodes_len ?
			       nodes[byte - NODE_BYTE].name :
			       too_long;
	if (byte >= PIECE_BYTE &&
	    byte < PIECE_BYTE + sizeof(pieces) / sizeof(pieces[0]))
		return pieces[byte - PIECE_BYTE];
	character[0] = byte == 0 ? '/' : (char)byte;
	return character;
}

/* As the parser of requests does it, which lets no longer ones through. */
static void make_path(char *path, const unsigned char *input, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		const char *piece = piece_of(input[i]);
		size_t piece_len = strlen(piece);

		if (at + piece_len > BROKER_PATH_MAX)
			break;
		memcpy(path + at, piece, piece_len);
		at += piece_len;
	}
	path[at] = '\0';
}

static _Noreturn void differ(const char *path, const char *what, long found,
			     long expected)
{
	fprintf(stderr, "`%s`: %s is %ld, not %ld\n", path, what, found,
		expected);
	abort();
}

static int open_whole(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW,
		.resolve = RESOLVE_BENEATH,
	};

	return (int)syscall(SYS_openat2, root.dir, path, &how, sizeof(how));
}

/* While others rename files, wherever it is, the kernel cannot tell where a
 * path with `..` leads, and may be asked in vain ever again. */
static bool is_disturbed(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		int fd = open_whole(much_up);

		if (fd < 0)
			return errno == EAGAIN;
		close(fd);
	}
	return false;
}

/* Where the kernel walks a second time, more carefully, it goes on counting
 * links: from half as many as there may be on they can be too many. */
#define LINKS_CERTAIN 20

static bool is_undecided(cloudabi_errno_t error, struct found expected)
{
	if (error == CLOUDABI_ELOOP)
		return expected.links > LINKS_CERTAIN;
	return error == CLOUDABI_EAGAIN && is_disturbed();
}

static void check_error(const char *path, cloudabi_errno_t error,
			struct found expected)
{
	if (error != expected.error && !is_undecided(error, expected))
		differ(path, "the error", error, expected.error);
}

static void check_inode(const char *path, ino_t inode, struct found expected)
{
	if (inode != inodes[expected.node])
		differ(path, "the inode", (long)inode,
		       (long)inodes[expected.node]);
}

static void walk(const char *path, bool follow, bool is_folder)
{
	struct found expected = lookup(path, follow, is_folder);
	struct object object;
	cloudabi_errno_t error = path_find(
		&root, path,
		(follow ? 0 : O_NOFOLLOW) | (is_folder ? O_DIRECTORY : 0),
		&object);

	check_error(path, error, expected);
	if (error != 0)
		return;
	check_inode(path, object.stat.stx_ino, expected);
	close(object.fd);
}

/* What the kernel finds by the whole path is what the name stands for. */
static void check_kernel(const char *path, const struct place *place,
			 struct found expected)
{
	int whole = open_whole(path), part;
	struct stat a, b;

	if (whole < 0 && is_undecided(host_errno(errno), expected))
		return;
	part = openat(place->dir, place->name, O_PATH | O_NOFOLLOW);
	if ((whole < 0) != (part < 0))
		differ(path, "what the kernel finds", part, whole);
	if (whole < 0)
		return;
	require(fstat(whole, &a) == 0 && fstat(part, &b) == 0, path);
	if (a.st_ino != b.st_ino)
		differ(path, "the kernel's inode", (long)b.st_ino,
		       (long)a.st_ino);
	close(whole);
	close(part);
}

static void check_place(const char *path, const struct place *place,
			const char *name, struct found expected)
{
	struct stat st;
	size_t len = strcspn(place->name, "/");

	require(fstat(place->dir, &st) == 0, path);
	check_inode(path, st.st_ino, expected);
	if (len != strlen(name) || memcmp(name, place->name, len) != 0 ||
	    place->name[len + strspn(place->name + len, "/")] != '\0')
		differ(path, "the name's length", (long)len,
		       (long)strlen(name));
}

#define REFUSAL CLOUDABI_EEXIST

static void find_place(const char *path)
{
	static char changed[BROKER_PATH_MAX + 1], name[BROKER_PATH_MAX + 1];
	struct found expected = lookup_place(path, REFUSAL, name);
	struct place place;
	cloudabi_errno_t error =
		place_find(&root, strcpy(changed, path), REFUSAL, &place);

	check_error(path, error, expected);
	if (error != 0)
		return;
	check_place(path, &place, name, expected);
	if (strchr(place.name, '/') == NULL)
		check_kernel(path, &place, expected);
	place_leave(&place);
}

static void find_file(const char *path, bool follow)
{
	static char changed[BROKER_PATH_MAX + 1], name[BROKER_PATH_MAX + 1];
	struct found expected = lookup_file(path, follow, REFUSAL, name);
	struct place place;
	cloudabi_errno_t error = place_file(&root, strcpy(changed, path),
					    follow, REFUSAL, &place);

	check_error(path, error, expected);
	if (error != 0)
		return;
	check_place(path, &place, name, expected);
	place_leave(&place);
}

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len)
{
	static char path[BROKER_PATH_MAX + 1];

	if (len == 0)
		return -1;
	make_path(path, input + 1, len - 1);
	switch (input[0] & 6) {
	case 0:
		find_place(path);
		break;
	case 2:
		find_file(path, input[0] & 1);
		break;
	default:
		walk(path, input[0] & 1, input[0] & 2);
	}
	return 0;
}

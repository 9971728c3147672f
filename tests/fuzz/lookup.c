/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of how paths are looked up below a folder, written after what
 * path_resolution(7) and openat2(2) say of RESOLVE_BENEATH, and broker.h of
 * places. A link is replaced by its text in the path that is still to go.
 */

#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LEN_MAX 255
#define PATH_LEN_MAX 4095
#define LINKS_FOLLOWED 40
/* A path, and what links have put in front of it. */
#define REST_LEN (PATH_LEN_MAX * (LINKS_FOLLOWED + 2))

struct node nodes[NODES_MAX];
int nodes_len;

static int add(int parent, enum kind kind, const char *name, const char *text)
{
	if (nodes_len == NODES_MAX)
		abort();
	nodes[nodes_len] = (struct node){name, text, kind, parent};
	return nodes_len++;
}

/* As many links one after the other as are followed, and one more. */
static void add_chain(int parent)
{
	static char names[LINKS_FOLLOWED + 2][8];

	for (int i = 0; i <= LINKS_FOLLOWED + 1; i++)
		snprintf(names[i], sizeof(names[i]), "c%d", i);
	for (int i = 0; i <= LINKS_FOLLOWED; i++)
		add(parent, LINK, names[i], names[i + 1]);
	add(parent, FOLDER, names[LINKS_FOLLOWED + 1], NULL);
}

static char *repeated(const char *text, size_t times, const char *end)
{
	char *all = calloc(strlen(text) * times + strlen(end) + 1, 1);

	for (size_t i = 0; i < times; i++)
		strcat(all, text);
	return strcat(all, end);
}

static void add_links(int root, int folder)
{
	add(root, LINK, "up", "..");
	add(folder, LINK, "up", "..");
	add(folder, LINK, "out", "../../secret");
	add(folder, LINK, "back", "../d/../f");
	add(root, LINK, "leave", "d/../../root/f");
	add(root, LINK, "abs", "/etc/passwd");
	add(root, LINK, "proc", "/proc/self/root");
	add(root, LINK, "in", "d/");
	add(root, LINK, "self", ".");
	add(root, LINK, "twice", "in/up//self/./d/e");
	add(root, LINK, "file", "f");
	add(root, LINK, "slash", "f/");
	add(root, LINK, "gone", "missing");
	add(root, LINK, "loop", "loop");
	add(root, LINK, "loop2", "d/../loop3/x");
	add(root, LINK, "loop3", "loop2");
	add(root, LINK, "long", repeated("./", 2000, "file"));
}

void lookup_start(void)
{
	int root = add(ROOT, FOLDER, "", NULL);
	int folder = add(root, FOLDER, "d", NULL);
	int inner = add(folder, FOLDER, "e", NULL);

	add(inner, FILE_NODE, "f", NULL);
	add(root, FILE_NODE, "f", NULL);
	add(root, FOLDER, "...", NULL);
	add(root, FOLDER, repeated("n", NAME_LEN_MAX, ""), NULL);
	add_links(root, folder);
	add_chain(root);
}

static int child(int parent, const char *name, size_t len)
{
	for (int i = 1; i < nodes_len; i++)
		if (nodes[i].parent == parent && strlen(nodes[i].name) == len &&
		    memcmp(nodes[i].name, name, len) == 0)
			return i;
	return -1;
}

static struct found failed(cloudabi_errno_t error)
{
	return (struct found){.error = error, .node = -1};
}

static bool is_name(const char *name, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(name, text, len) == 0;
}

/* A look-up on its way. */
struct walk {
	char rest[REST_LEN];
	const char *at; /* in it */
	int node;
	int links;
	bool is_folder; /* it has to be one */
};

/* From a folder to what a name in it stands for. */
static cloudabi_errno_t step(const struct walk *walk, size_t len, int *next)
{
	if (nodes[walk->node].kind != FOLDER)
		return CLOUDABI_ENOTDIR;
	*next = walk->node;
	if (is_name(walk->at, len, "."))
		return 0;
	if (is_name(walk->at, len, "..")) {
		*next = nodes[walk->node].parent;
		return walk->node == ROOT ? CLOUDABI_ENOTCAPABLE : 0;
	}
	*next = child(walk->node, walk->at, len);
	if (len > NAME_LEN_MAX)
		return CLOUDABI_ENAMETOOLONG;
	return *next < 0 ? CLOUDABI_ENOENT : 0;
}

/* Goes on with a link's text, and then with what comes after the link. */
static cloudabi_errno_t enter(struct walk *walk, const char *text,
			      const char *after)
{
	static char joined[REST_LEN];

	if (++walk->links > LINKS_FOLLOWED)
		return CLOUDABI_ELOOP;
	if (text[0] == '/')
		return CLOUDABI_ENOTCAPABLE;
	snprintf(joined, sizeof(joined), "%s%s", text, after);
	walk->at = strcpy(walk->rest, joined);
	return 0;
}

/* Over one name; the slashes behind it want a folder. */
static cloudabi_errno_t go(struct walk *walk, size_t len, bool follow)
{
	bool is_last = walk->at[len] == '\0';
	int next;
	cloudabi_errno_t error = step(walk, len, &next);

	if (error != 0)
		return error;
	if (nodes[next].kind == LINK && (!is_last || follow))
		return enter(walk, nodes[next].text, walk->at + len);
	walk->node = next;
	walk->at += len;
	walk->is_folder = !is_last;
	return 0;
}

struct found lookup(const char *path, bool follow, bool is_folder)
{
	static struct walk walk;
	cloudabi_errno_t error = 0;

	if (path[0] == '\0')
		return failed(CLOUDABI_ENOENT);
	if (path[0] == '/')
		return failed(CLOUDABI_ENOTCAPABLE);
	walk.at = strcpy(walk.rest, path);
	walk.node = ROOT;
	walk.links = 0;
	for (;;) {
		walk.at += strspn(walk.at, "/");
		if (error != 0 || *walk.at == '\0')
			break;
		error = go(&walk, strcspn(walk.at, "/"), follow);
	}
	if (error == 0 && (walk.is_folder || is_folder) &&
	    nodes[walk.node].kind != FOLDER)
		error = CLOUDABI_ENOTDIR;
	return (struct found){error, walk.node, walk.links};
}

/* Preconditions: there is a name in it. */
static size_t start_of_name(const char *path)
{
	size_t end = strlen(path);

	while (path[end - 1] == '/')
		end--;
	while (end > 0 && path[end - 1] != '/')
		end--;
	return end;
}

static struct found refuse(const char *path, cloudabi_errno_t refusal)
{
	struct found found = lookup(path, true, true);

	if (found.error == 0)
		found.error = refusal;
	return found;
}

struct found lookup_place(const char *path, cloudabi_errno_t refusal,
			  char *name)
{
	char folder[PATH_LEN_MAX + 1];
	size_t start;

	if (path[0] == '\0')
		return failed(CLOUDABI_ENOENT);
	if (path[0] == '/')
		return failed(CLOUDABI_ENOTCAPABLE);
	start = start_of_name(path);
	strcpy(name, path + start);
	name[strcspn(name, "/")] = '\0';
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return refuse(path, refusal);
	if (start == 0)
		return (struct found){.node = ROOT};
	memcpy(folder, path, start);
	folder[start] = '\0';
	return lookup(folder, true, true);
}

/* With what the link says in the place of its name. */
static cloudabi_errno_t replace_name(char *path, const char *text)
{
	size_t start = start_of_name(path);

	if (text[0] == '/')
		return CLOUDABI_ENOTCAPABLE;
	if (start + strlen(text) > PATH_LEN_MAX)
		return CLOUDABI_ENAMETOOLONG;
	strcpy(path + start, text);
	return 0;
}

/* The name's node in a folder, or why there is none. */
static struct found in_folder(struct found folder, const char *name)
{
	folder.node = child(folder.node, name, strlen(name));
	if (strlen(name) > NAME_LEN_MAX)
		folder.error = CLOUDABI_ENAMETOOLONG;
	else if (folder.node < 0)
		folder.error = CLOUDABI_ENOENT;
	return folder;
}

/* Each folder on the way has links of its own; those at the end are counted
 * together. */
struct found lookup_file(const char *path, bool follow,
			 cloudabi_errno_t refusal, char *name)
{
	static char now[2 * PATH_LEN_MAX + 2];

	strcpy(now, path);
	for (int links = 0;; links++) {
		size_t len = strlen(now);
		struct found folder, found;

		if (len > 0 && now[len - 1] == '/')
			return refuse(now, refusal);
		folder = lookup_place(now, refusal, name);
		if (folder.error != 0 || !follow)
			return folder;
		found = in_folder(folder, name);
		if (found.error != 0)
			return found;
		if (nodes[found.node].kind != LINK)
			return folder;
		if (links == LINKS_FOLLOWED)
			found.error = CLOUDABI_ELOOP;
		else
			found.error = replace_name(now, nodes[found.node].text);
		if (found.error != 0)
			return found;
	}
}

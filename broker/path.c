/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding files below a directory, and never outside it. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "broker.h"
#include "host_errno.h"

/* openat2() gives up with EAGAIN when `..` races against a rename anywhere on
 * the system; the kernel's advice is to try again. */
#define RACES_MAX 64
/* As many symbolic links as Linux follows. */
#define LINKS_MAX 40

cloudabi_errno_t last_error(void)
{
	return host_errno(errno);
}

static int open_beneath(int dir, const char *path, struct open_how how)
{
	long fd;
	int races = 0;

	how.flags |= O_CLOEXEC;
	how.resolve |= RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
	do {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	} while (fd < 0 && errno == EAGAIN && ++races < RACES_MAX);
	return (int)fd;
}

int path_reopen(int dir, uint64_t flags)
{
	int fd = open_beneath(dir, ".",
			      (struct open_how){.flags = flags | O_DIRECTORY});

	return fd < 0 ? -errno : fd;
}

static cloudabi_errno_t admit(int fd)
{
	int is_kernel = filesystem_is_kernel(fd);

	if (is_kernel < 0)
		return host_errno(-is_kernel);
	return is_kernel ? CLOUDABI_ENOTCAPABLE : 0;
}

/* Opening alone can have effects on a file system of the kernel's, so one
 * looks first. What is to be created is not there to be looked at. */
static cloudabi_errno_t look_first(const struct capability *root,
				   const char *path, uint64_t flags)
{
	struct object object;
	cloudabi_errno_t error = path_find(
		root, path, flags & (O_NOFOLLOW | O_DIRECTORY), &object);

	if (error == 0)
		close(object.fd);
	return error == CLOUDABI_ENOENT ? 0 : error;
}

/* The path leads outside, or to another mount below the directory. */
static cloudabi_errno_t open_elsewhere(const struct capability *root,
				       const char *path, struct open_how how,
				       int *fd)
{
	cloudabi_errno_t error = 0;

	if ((how.flags & O_PATH) == 0)
		error = look_first(root, path, how.flags);
	if (error != 0)
		return error;
	*fd = open_beneath(root->dir, path, how);
	if (*fd < 0)
		return errno == EXDEV ? CLOUDABI_ENOTCAPABLE : last_error();
	error = admit(*fd);
	if (error != 0)
		close(*fd);
	return error;
}

/* What is on the directory's own mount was let in with the directory. */
static cloudabi_errno_t open_here(const struct capability *root,
				  const char *path, struct open_how how,
				  int *fd)
{
	how.resolve = RESOLVE_NO_XDEV;
	*fd = open_beneath(root->dir, path, how);
	return *fd < 0 ? last_error() : 0;
}

cloudabi_errno_t path_open(const struct capability *root, const char *path,
			   struct open_how how, struct object *object)
{
	cloudabi_errno_t error = open_here(root, path, how, &object->fd);

	if (error == CLOUDABI_EXDEV)
		error = open_elsewhere(root, path, how, &object->fd);
	if (error != 0)
		return error;
	error = stat_fd(object->fd, &object->stat);
	if (error != 0)
		close(object->fd);
	return error;
}

cloudabi_errno_t path_find(const struct capability *root, const char *path,
			   uint64_t flags, struct object *object)
{
	return path_open(root, path, (struct open_how){.flags = O_PATH | flags},
			 object);
}

/* The last component; slashes at the end belong to it. */
static char *last_component(char *path)
{
	char *end = path + strlen(path);

	while (end > path && end[-1] == '/')
		end--;
	while (end > path && end[-1] != '/')
		end--;
	return end;
}

static bool is_dots(const char *name)
{
	size_t len = strcspn(name, "/");

	return (len == 1 || len == 2) && strncmp(name, "..", len) == 0;
}

static cloudabi_errno_t find_directory(const struct capability *root,
				       const char *path, int *dir)
{
	struct object object;
	cloudabi_errno_t error = path_find(root, path, O_DIRECTORY, &object);

	*dir = object.fd;
	return error;
}

/* For paths that cannot but lead to a directory, which is not wanted: the
 * refusal, unless the path leads nowhere or outside. */
static cloudabi_errno_t refuse_directory(const struct capability *root,
					 const char *path,
					 cloudabi_errno_t refusal)
{
	int dir;
	cloudabi_errno_t error = find_directory(root, path, &dir);

	if (error != 0)
		return error;
	close(dir);
	return refusal;
}

cloudabi_errno_t place_find(const struct capability *root, char *path,
			    cloudabi_errno_t refusal, struct place *place)
{
	char *name = last_component(path);

	if (path[0] == '\0')
		return CLOUDABI_ENOENT;
	if (path[0] == '/')
		return CLOUDABI_ENOTCAPABLE;
	if (is_dots(name))
		return refuse_directory(root, path, refusal);
	*place = (struct place){root->dir, name, name != path};
	if (!place->is_opened)
		return 0;
	name[-1] = '\0';
	return find_directory(root, path, &place->dir);
}

void place_leave(const struct place *place)
{
	if (place->is_opened)
		close(place->dir);
}

/* Replaces the last component, a symbolic link, by its text. path has room
 * for BROKER_PATH_MAX bytes and holds the directory, cut off, and the name. */
static cloudabi_errno_t append_link(char *path, const struct place *place,
				    const char *text, size_t text_len)
{
	size_t at = (size_t)(place->name - path);

	if (text_len == 0 || text[0] == '/')
		return CLOUDABI_ENOTCAPABLE;
	if (at + text_len > BROKER_PATH_MAX)
		return CLOUDABI_ENAMETOOLONG;
	if (at > 0)
		path[at - 1] = '/';
	memcpy(path + at, text, text_len);
	path[at + text_len] = '\0';
	return 0;
}

/* ELOOP: the place holds a link, whose text the path now goes on with. */
static cloudabi_errno_t follow_once(char *path, const struct place *place)
{
	char text[BROKER_PATH_MAX];
	ssize_t len = readlinkat(place->dir, place->name, text, sizeof(text));
	cloudabi_errno_t error;

	if (len < 0)
		return errno == EINVAL ? 0 : last_error();
	error = append_link(path, place, text, (size_t)len);
	return error != 0 ? error : CLOUDABI_ELOOP;
}

cloudabi_errno_t place_file(const struct capability *root, char *path,
			    bool follow, cloudabi_errno_t refusal,
			    struct place *place)
{
	cloudabi_errno_t error = CLOUDABI_ELOOP;

	for (int links = 0; error == CLOUDABI_ELOOP && links <= LINKS_MAX;
	     links++) {
		if (strchr(last_component(path), '/') != NULL)
			return refuse_directory(root, path, refusal);
		error = place_find(root, path, refusal, place);
		if (error != 0 || !follow)
			return error;
		error = follow_once(path, place);
		if (error != 0)
			place_leave(place);
	}
	return error;
}

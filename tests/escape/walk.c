/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks through names that somebody else exchanges all the time. */

/*
 * tests/races/swap.c lets each of these be a directory, a link to one outside,
 * and nothing at all, and its files likewise. Whatever is read and was not
 * written by an honest hand gets into the output; the rest is for the host to
 * judge.
 */

#include "broker.h"
#include "modes.h"
#include "probe.h"

#define TURNS 4
/* What every file inside begins with. */
#define INSIDE 'i'

static long opened, refused;
static char path[128];

static const char *below(int turn, const char *name)
{
	static const char folder[] = "turnN/";
	const size_t len = sizeof(folder) - 1;

	memcpy(path, folder, len);
	path[len - 2] = (char)('0' + turn);
	memcpy(path + len, name, length(name) + 1);
	return path;
}

static long count(long result)
{
	*(is_error(result) ? &refused : &opened) += 1;
	return result;
}

static void look(long fd)
{
	static char buffer[64];
	const struct vector vector = vector_of(buffer, sizeof(buffer));
	long len;

	if (is_error(count(fd)))
		return;
	len = CALL(readv, fd, &vector, 1);
	if (len > 0 && buffer[0] != INSIDE)
		say_memory(buffer, (size_t)len);
	CALL(close, fd);
}

static void release(long fd)
{
	if (!is_error(count(fd)))
		CALL(close, fd);
}

static void write_inside(int turn)
{
	static const char text[] = "inside";
	const struct vector vector = vector_of(text, sizeof(text));
	long fd = count(dir_open(TREE, below(turn, "target"), DIR_WRITE));

	if (is_error(fd))
		return;
	CALL(writev, fd, &vector, 1);
	CALL(close, fd);
}

static void list(int turn)
{
	long fd = count(dir_open(TREE, below(turn, "folder"), DIR_FOLDER));

	if (is_error(fd))
		return;
	look(dir_open(fd, "../secret", DIR_READ));
	look(dir_open(fd, "../../secret", DIR_READ));
	CALL(close, fd);
}

static void steal(int turn)
{
	if (!is_error(count(dir_link(TREE, below(turn, "secret"), TREE, "x"))))
		look(dir_open_nofollow(TREE, "x", DIR_READ));
	dir_unlink(TREE, "x");
	count(dir_rename(TREE, below(turn, "made"), TREE, "y"));
	dir_rmdir(TREE, "y");
}

static void walk_once(int turn)
{
	look(dir_open(TREE, below(turn, "secret"), DIR_READ));
	look(dir_open_nofollow(TREE, below(turn, "secret"), DIR_READ));
	look(dir_open(TREE, below(turn, "../secret"), DIR_READ));
	look(dir_open(TREE, below(turn, "folder/../secret"), DIR_READ));
	look(dir_open(TREE, below(turn, "folder/../../secret"), DIR_READ));
	write_inside(turn);
	release(dir_open(TREE, below(turn, "new"), DIR_CREATE));
	count(dir_unlink(TREE, below(turn, "new")));
	count(dir_mkdir(TREE, below(turn, "made")));
	count(dir_symlink("i", TREE, below(turn, "text")));
	count(dir_unlink(TREE, below(turn, "text")));
	count(dir_touch(TREE, below(turn, "target")));
	count(dir_rmdir(TREE, below(turn, "folder/../made")));
	steal(turn);
	list(turn);
}

static long now_ms(void)
{
	long time[2];

	CALL(clock_gettime, 1, time);
	return time[0] * 1000 + time[1] / 1000000;
}

/* Both must happen, or nobody has run. */
_Noreturn void walk(long ms)
{
	const long end = now_ms() + ms;

	while (now_ms() < end)
		for (int turn = 0; turn < TURNS; turn++)
			walk_once(turn);
	answer(opened < refused ? opened : refused);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host program: swap FOLDER. Some threads let names below FOLDER/tree lead
 * inside and, for a moment, to FOLDER/outside, each in its own way and as fast
 * as they can, until standard input ends. Then it prints how many calls have
 * changed something.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TURNS 4
#define LINK "../outside"

struct turn {
	pthread_t thread;
	char turn[32], spare[32], hidden[32], folder[32], moved[32], file[32],
		link[32];
	unsigned long swaps;
};

static struct turn turns[TURNS];
static atomic_bool is_over;

static void name(char *to, const char *format, int number)
{
	snprintf(to, sizeof(turns[0].turn), format, number);
}

static bool swapped(struct turn *turn, int result)
{
	turn->swaps += result == 0;
	return result == 0;
}

static bool exchange(struct turn *turn, const char *a, const char *b)
{
	return swapped(turn,
		       renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE));
}

static void exchange_directory(struct turn *turn)
{
	exchange(turn, turn->turn, turn->spare);
	exchange(turn, turn->turn, turn->spare);
}

/* There and back, and nothing in between. */
static void replace_directory(struct turn *turn)
{
	if (!swapped(turn, rename(turn->turn, turn->hidden)))
		return;
	swapped(turn, symlink(LINK, turn->turn));
	swapped(turn, unlink(turn->turn));
	swapped(turn, rename(turn->hidden, turn->turn));
}

/* A link to a file outside takes the place of a file, by a hard link and an
 * exchange. */
static void replace_file(struct turn *turn)
{
	exchange(turn, turn->file, turn->link);
	exchange(turn, turn->file, turn->link);
	if (swapped(turn, link(turn->file, turn->hidden)))
		swapped(turn, unlink(turn->hidden));
}

static void move_out(struct turn *turn)
{
	if (swapped(turn, rename(turn->folder, turn->moved)))
		swapped(turn, rename(turn->moved, turn->folder));
}

static void *run(void *argument)
{
	struct turn *turn = argument;

	while (!is_over) {
		exchange_directory(turn);
		replace_file(turn);
		replace_directory(turn);
		move_out(turn);
	}
	return NULL;
}

static void begin(struct turn *turn, int number)
{
	name(turn->turn, "tree/turn%d", number);
	name(turn->spare, "tree/spare%d", number);
	name(turn->hidden, "tree/hidden%d", number);
	name(turn->folder, "tree/turn%d/folder", number);
	name(turn->moved, "outside/moved%d", number);
	name(turn->file, "tree/turn%d/secret", number);
	name(turn->link, "tree/turn%d/link", number);
	if (symlink(LINK, turn->spare) != 0 ||
	    pthread_create(&turn->thread, NULL, run, turn) != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	unsigned long swaps = 0;
	char byte;

	if (argc != 2 || chdir(argv[1]) != 0)
		return 2;
	for (int i = 0; i < TURNS; i++)
		begin(&turns[i], i);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	is_over = true;
	for (int i = 0; i < TURNS; i++) {
		pthread_join(turns[i].thread, NULL);
		swaps += turns[i].swaps;
	}
	printf("%lu\n", swaps);
	return 0;
}

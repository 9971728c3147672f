/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that the spawner starts: the first one, and those in place of others. */

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process.h"

/* Has the spawner start a program. */
static int spawn(struct process *process, const struct launch *launch)
{
	static int fds[START_FDS_MAX];
	size_t len = launch->len;
	int result = starting_open(&process->starting), control, error;

	if (result < 0)
		return result;
	control = process_open_control(process);
	error = control < 0 ? control :
			      serve_watch(process->starting.result,
					  process_index(process, OF_RESULT));
	memcpy(fds, launch->fds, len * sizeof(fds[0]));
	fds[len++] = launch->block;
	fds[len++] = launch->program;
	fds[len++] = result;
	if (processes_are_traced())
		fds[len++] = notes_kept();
	fds[len++] = control;
	if (error == 0)
		error = spawner_ask(process_slot(process), fds, len);
	close(result);
	if (control >= 0)
		close(control);
	if (error == 0)
		process->state = PROCESS_STARTING;
	return error;
}

void processes_begin(const struct spec *spec, const int *fds, int block)
{
	const struct launch launch = {
		.fds = fds,
		.len = (uint32_t)spec->fds_len,
		.block = block,
		.program = spec->program,
	};
	int error;

	if (processes_are_traced())
		notes_keep(notes_open());
	processes[0].is_main = true;
	error = spawn(&processes[0], &launch);
	if (error != 0)
		die(EXIT_SETUP, "cannot start the program: %s",
		    strerrordesc_np(-error));
}

cloudabi_errno_t process_replace(struct process *old,
				 const struct launch *launch)
{
	struct process *process = process_find(PROCESS_NONE);
	int error;

	if (process == NULL || old->successor != NULL)
		return CLOUDABI_EAGAIN;
	error = spawn(process, launch);
	if (error != 0) {
		process_forget(process);
		return host_errno(-error);
	}
	process->predecessor = old;
	old->successor = process;
	return 0;
}

static void part(struct process *old, struct process *process)
{
	old->successor = NULL;
	process->predecessor = NULL;
}

static cloudabi_errno_t error_of_refusal(const struct start_result *refusal)
{
	switch (refusal->stage) {
	case START_STAGE_MEMORY:
		return CLOUDABI_ENOMEM;
	case START_STAGE_ELF:
		return refusal->host_errno == EACCES ||
				       refusal->host_errno == EPERM ?
			       CLOUDABI_EACCES :
			       CLOUDABI_ENOEXEC;
	default:
		return CLOUDABI_EIO;
	}
}

static void fail_to_replace(struct process *old, cloudabi_errno_t error)
{
	process_discard(old->successor);
	part(old, old->successor);
	process_answer(old, error);
}

/* Whoever waits for the old process, or holds it, has the new one instead. */
static void take_over(struct process *old, struct process *process)
{
	process->is_main = old->is_main;
	process->identity = old->identity;
	process->is_unwanted |= old->is_unwanted;
	old->is_main = false;
	old->identity = -1;
	part(old, process);
	/* In this order: it must not see that nobody answers any more. */
	process_discard(old);
	process_mute(old);
	if (process->identity != -1 &&
	    serve_watch_end_as(process->identity,
			       process_index(process, OF_IDENTITY)) != 0)
		process_discard(process);
	if (process->is_unwanted)
		process_kill(process);
}

/* The runtime of a new program has no more to say. */
static void finish_start(struct process *process)
{
	struct process *old = process->predecessor;

	if (old == NULL)
		return;
	if (process->starting.has_given_up)
		fail_to_replace(old,
				error_of_refusal(&process->starting.refusal));
	else
		take_over(old, process);
}

void process_hear(struct process *process)
{
	if (process->starting.result != -1 &&
	    !starting_hear(&process->starting))
		finish_start(process);
}

void process_hear_all(struct process *process)
{
	for (int i = 0; i < RESULTS_MAX; i++)
		process_hear(process);
}

/* One of the two is gone. */
void process_abandon(struct process *process)
{
	struct process *successor = process->successor;

	if (successor != NULL) {
		process_discard(successor);
		part(process, successor);
	} else if (process->predecessor != NULL) {
		fail_to_replace(process->predecessor, CLOUDABI_EIO);
	}
}

bool processes_are_uncertain(void)
{
	return process_find(PROCESS_STARTING) != NULL;
}

static void take_spawned(struct process *process, int pid, int pidfd)
{
	if (pid >= 0) {
		if (pidfd < 0 || !process_know(process, pid, pidfd))
			die(EXIT_SETUP, "cannot watch a process: %s",
			    strerrordesc_np(errno));
		return;
	}
	if (process->predecessor == NULL)
		die(EXIT_SETUP, "cannot start the program: %s",
		    strerrordesc_np(-pid));
	fail_to_replace(process->predecessor, CLOUDABI_EAGAIN);
	process_forget(process);
}

/* The spawner ends when all others are to, or if somebody kills it. */
void processes_take_spawner(struct guest *guest)
{
	uint32_t slot;
	int pid, pidfd;

	if (spawner_hear(&slot, &pid, &pidfd)) {
		take_spawned(&processes[slot], pid, pidfd);
		return;
	}
	guest_condemn(guest, (struct ending){ENDED_INTERRUPTED, SIGKILL, NULL});
	guest->has_ended = true;
}

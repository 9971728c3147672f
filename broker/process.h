/* SPDX-License-Identifier: BSD-2-Clause */
/* A process of a run that may have several, for process.c, replace.c and
 * control.c. */

#ifndef BROKER_PROCESS_H
#define BROKER_PROCESS_H

#include "broker.h"
#include "control.h"
#include "host_errno.h"
#include "host_signal.h"

enum process_state {
	PROCESS_NONE,
	PROCESS_PROMISED, /* it may be made */
	PROCESS_MADE,     /* it has been, and is to say who it is */
	PROCESS_LOST,     /* it has been, and nobody can say who it is */
	PROCESS_STARTING, /* the spawner makes it */
	PROCESS_KNOWN,
};

struct process {
	enum process_state state;
	uint32_t generation; /* of the slot's use */
	pid_t pid;           /* 0 if it is not known */
	int pidfd;           /* or -1, like all of these */
	int control;         /* what it asks comes from here */
	int identity;        /* the broker's end of its process descriptor */
	bool is_main;        /* the run ends with it */
	bool is_unwanted;    /* killed, or to be */
	bool is_leaving;     /* it takes up no room any more */
	bool has_raised;     /* SIGSYS, which has another meaning else */
	struct starting starting;
	struct process *successor; /* is starting to replace this one */
	struct process *predecessor;
};

extern struct process processes[PROCESS_SLOTS];

/* What a runtime says at most: a listener, a refusal, the end. */
#define RESULTS_MAX 3

/* What is watched for a process. */
enum process_watch {
	OF_PROCESS,
	OF_CONTROL,
	OF_IDENTITY,
	OF_RESULT,
	PROCESS_WATCHES,
};

/* process.c */

unsigned process_slot(const struct process *process);
uint64_t process_index(const struct process *process, enum process_watch what);
struct process *process_of(pid_t pid);
cloudabi_errno_t process_promise(int *fds, unsigned *slot);
bool process_adopt(struct process *process, pid_t sender);
bool processes_are_traced(void);
/* NULL if there is none in this state. */
struct process *process_find(enum process_state state);
/* The guest's end of a new control socket, or a negative errno. */
int process_open_control(struct process *process);
/* Preconditions: it is a child of ours that is not reaped. */
bool process_know(struct process *process, pid_t pid, int pidfd);
/* Who is not known yet is killed when it is. */
void process_kill(struct process *process);
/* The same, and it takes up no room any more. */
void process_discard(struct process *process);
void process_forget(struct process *process);
/* Hears nothing any more from it. */
void process_mute(struct process *process);

/* replace.c */

/* Has a program start in the place of a process, which learns if it cannot. */
cloudabi_errno_t process_replace(struct process *old,
				 const struct launch *launch);
/* What the runtime of a program that starts has to say: a word, or all so far. */
void process_hear(struct process *process);
void process_hear_all(struct process *process);
/* Preconditions: the process has ended. */
void process_abandon(struct process *process);
/* Whether the spawner has made a process of which it has not told yet: that
 * one could pass for another. */
bool processes_are_uncertain(void);

/* control.c: what processes ask. */

/* Preconditions: the control socket is readable. */
void process_listen(struct process *process);
void process_answer(struct process *process, cloudabi_errno_t error);

#endif

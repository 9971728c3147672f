/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers as people know them. */

#include "broker.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const char *const calls[] = {
#define NAME(name) #name,
	CLOUDABI_SYSCALLS(NAME)
#undef NAME
};

static const char *const errors[] = {
#include "errors.inc"
};

const char *call_name(unsigned call)
{
	return call < LEN(calls) ? calls[call] : NULL;
}

const char *error_name(unsigned error)
{
	return error < LEN(errors) ? errors[error] : NULL;
}

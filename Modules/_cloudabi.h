/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the built-in module _cloudabi share. */

#ifndef CLOUDABI_MODULE_H
#define CLOUDABI_MODULE_H

// Start-up needs CPython's internal API.
#ifndef Py_BUILD_CORE_BUILTIN
#  define Py_BUILD_CORE_BUILTIN 1
#endif

#include "Python.h"

#include <argdata.h>              // struct argdata_scanner

/* What the program was started with. A scanner stands right before the value
   in question, so that a copy of it reads that value. The message is
   well-formed and lives as long as the process. */
struct cloudabi_start {
    struct argdata_scanner path;  // a seq, an empty one if there is none
    struct argdata_scanner args;  // any value, null if there is none
};

/* Return the next token of a message that was found to be well-formed. Past
   the end there are only ARGDATA_ENDs. */
static inline struct argdata_token
next_token(struct argdata_scanner *scanner)
{
    struct argdata_token token = {.kind = ARGDATA_END};
    (void)argdata_scan(scanner, &token, 1);
    return token;
}

// Filled in by program_main() before Python is initialized.
extern struct cloudabi_start _PyCloudABI_start;

/* The standard library's directory; empty if nobody knows it. */
extern char _PyCloudABI_library[];

/* Tell a trace, if there is one, where refused calls come from. */
void _PyCloudABI_NoteLines(void);

/* Return the Python object for the value that follows. A directory becomes a
   PathDescriptor, other descriptors become a socket or a raw file, which own
   them. */
PyObject *_PyCloudABI_Convert(const struct argdata_scanner *value);

/* The functions that start programs and wait for them. */
extern PyMethodDef _PyCloudABI_ProcessMethods[];

/* Return the list for sys.path from the seq that follows: a descriptor becomes
   a PathDescriptor, whatever it refers to, and a text a str. */
PyObject *_PyCloudABI_ConvertPath(const struct argdata_scanner *value);

#endif

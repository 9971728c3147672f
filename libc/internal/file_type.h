/* SPDX-License-Identifier: BSD-2-Clause */
/* File types of the ABI as the S_IF… part of a mode. */

#ifndef FILE_TYPE_H
#define FILE_TYPE_H

#include <cloudabi.h>
#include <features.h>
#include <sys/types.h>

/* 0 for what has no such type. DT_… constants are these shifted by 12 bits. */
hidden mode_t __filetype_to_mode(cloudabi_filetype_t type);

#endif

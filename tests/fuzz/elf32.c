/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: a program for the loader of a 32-bit machine. */

#define ELF32
#include "elf.c"

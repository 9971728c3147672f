/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing: the compiler driver asks for a file of this name. */

_Static_assert(1, "a translation unit has at least one declaration");

/* SPDX-License-Identifier: BSD-2-Clause */
/* SQLite includes it and calls nothing of it for what it is built to do. */

/* SPDX-License-Identifier: BSD-2-Clause */
/* What OpenSSL calls and CloudABI has not, included before all of it. */

#ifndef __ASSEMBLER__

#include "../names.h"

/* Files have no permissions of their own, so a new one has the right ones. */
static inline int chmod(const char *path, mode_t mode)
{
	(void)path;
	(void)mode;
	return 0;
}

/* Linux tells programs what a processor can do; CloudABI does not. OpenSSL asks
 * for these, by Linux's numbers. */
enum {
	AT_HWCAP = 16,
	AT_SECURE = 23,
	HWCAP_ASIMD = 1 << 1,
	HWCAP_AES = 1 << 3,
	HWCAP_PMULL = 1 << 4,
	HWCAP_SHA1 = 1 << 5,
	HWCAP_SHA2 = 1 << 6,
	HWCAP_SHA512 = 1 << 21,
};

/* Linux lets every program read the register that says which instructions for
 * ciphers there are. Each has four bits. */
static inline unsigned long processor(void)
{
#ifdef __aarch64__
	unsigned long can;

	__asm__("mrs %0, id_aa64isar0_el1" : "=r"(can));
	const unsigned aes = can >> 4 & 15;
	const unsigned sha1 = can >> 8 & 15;
	const unsigned sha2 = can >> 12 & 15;
	return HWCAP_ASIMD | (aes >= 1 ? HWCAP_AES : 0) |
	       (aes >= 2 ? HWCAP_PMULL : 0) | (sha1 >= 1 ? HWCAP_SHA1 : 0) |
	       (sha2 >= 1 ? HWCAP_SHA2 : 0) | (sha2 >= 2 ? HWCAP_SHA512 : 0);
#else
	return 0;
#endif
}

/* No program has more rights than who has started it: AT_SECURE is 0. */
static inline unsigned long getauxval(unsigned long type)
{
	return type == AT_HWCAP ? processor() : 0;
}

#define OSSL_IMPLEMENT_GETAUXVAL

#endif

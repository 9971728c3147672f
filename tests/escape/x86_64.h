/* SPDX-License-Identifier: BSD-2-Clause */
/* How x86_64 enters the kernel, and the further ways that it has. */

#define X32_BIT 0x40000000
#define NR_MMAP __NR_mmap

static long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define RAW(nr, a, b, c, d)                                                    \
	raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* The 32-bit entry into the kernel; pointers must lie below 4 GiB. */
static long raw_int80(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c)
			 : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

static long probe_int80(void)
{
	return raw_int80(20 /* getpid */, 0, 0, 0);
}

/* A path below 4 GiB lets the 32-bit creat() do real harm. */
static long probe_int80_creat(void)
{
	char *low = (char *)raw6(__NR_mmap, 0x10000000, 4096, 3, 0x32, -1, 0);

	for (size_t i = 0; i < sizeof(canary_file); i++)
		low[i] = canary_file[i];
	return raw_int80(8 /* creat */, (long)low, 0600, 0);
}

static long probe_x32(void)
{
	return RAW(X32_BIT | __NR_openat, AT_FDCWD, canary_file, O_WRONLY_CREAT,
		   0600);
}

static long probe_x32_getpid(void)
{
	return RAW(X32_BIT | __NR_getpid, 0, 0, 0, 0);
}

static long probe_number_high_bits(void)
{
	return RAW(__NR_getpid | 1L << 32, 0, 0, 0, 0);
}

#define MACHINE_PROBES(X)                                                      \
	X(int80)                                                               \
	X(int80_creat)                                                         \
	X(x32)                                                                 \
	X(x32_getpid)                                                          \
	X(number_high_bits)

/* Calls start() with the address of argc. */
#define START                                                                  \
	".globl _start\n"                                                      \
	"_start:\n"                                                            \
	"	mov %rsp, %rdi\n"                                                    \
	"	and $-16, %rsp\n"                                                    \
	"	call start\n"

/* SPDX-License-Identifier: BSD-2-Clause */
/* <dlfcn.h> for cffi and ctypes, where there is nothing to load and no way to load it:
 * every attempt ends in the error that dlerror() tells. */

#define RTLD_LOCAL 0
#define RTLD_LAZY 1
#define RTLD_NOW 2
#define RTLD_GLOBAL 4

static inline void *dlopen(const char *name, int flags)
{
	(void)name;
	(void)flags;
	return 0;
}

static inline void *dlsym(void *library, const char *name)
{
	(void)library;
	(void)name;
	return 0;
}

static inline int dlclose(void *library)
{
	(void)library;
	return -1;
}

static inline const char *dlerror(void)
{
	return "there are no shared libraries in this sandbox";
}

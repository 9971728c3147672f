/* SPDX-License-Identifier: BSD-2-Clause */
/* The getpath API where the interpreter is not installed anywhere that it
   could name: sys.path is what the program was started with. */

#include "_cloudabi.h"
#include "pycore_initconfig.h"    // _PyStatus_OK()
#include "pycore_pathconfig.h"

#include <fcntl.h>                // AT_FDCWD
#include <stdio.h>                // snprintf()
#include <sys/stat.h>             // fstatat()

char _PyCloudABI_library[sizeof("/dev/fd/2147483647")];

/* Say where the standard library is, for the __file__ of frozen modules. */
static PyStatus
set_stdlib_dir(PyConfig *config, PyObject *path)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(path); i++) {
        PyObject *entry = PyList_GET_ITEM(path, i);
        struct stat status;
        if (!PyLong_Check(entry)) {
            continue;
        }
        int fd = PyLong_AsInt(entry);
        if (fstatat(fd, "os.py", &status, 0) == 0) {
            snprintf(_PyCloudABI_library, sizeof(_PyCloudABI_library),
                     "/dev/fd/%d", fd);
            return PyConfig_SetBytesString(config, &config->stdlib_dir,
                                           _PyCloudABI_library);
        }
    }
    return _PyStatus_OK();
}

static int
set_sys_attributes(PyObject *path)
{
    static const char * const absent[] = {
        "executable", "_base_executable", "prefix", "base_prefix",
        "exec_prefix", "base_exec_prefix",
    };
    for (size_t i = 0; i < Py_ARRAY_LENGTH(absent); i++) {
        if (PySys_SetObject(absent[i], Py_None) < 0) {
            return -1;
        }
    }
    return PySys_SetObject("path", path);
}

/* Called for each interpreter, the second time just before its first import
   of a module that is neither built in nor frozen. */
PyStatus
_PyConfig_InitPathConfig(PyConfig *config, int compute_path_config)
{
    config->use_frozen_modules = 1;
    if (!compute_path_config) {
        return PyConfig_SetString(config, &config->platlibdir, L"lib");
    }
    PyObject *path = _PyCloudABI_ConvertPath(&_PyCloudABI_start.path);
    if (path == NULL || set_sys_attributes(path) < 0) {
        Py_XDECREF(path);
        return PyStatus_Error("cannot set sys.path");
    }
    PyStatus status = set_stdlib_dir(config, path);
    Py_DECREF(path);
    return status;
}

/* Asked for by the module _testinternalcapi. */
PyObject *
_Py_Get_Getpath_CodeObject(void)
{
    PyErr_SetString(PyExc_NotImplementedError, "there is no getpath");
    return NULL;
}

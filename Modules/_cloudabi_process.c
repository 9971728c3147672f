/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs in processes of their own, for cloudabi.processes. */

#include "_cloudabi.h"

#include <program.h>              // program_spawn(), program_wait()

struct descriptors {
    int *numbers;
    Py_ssize_t len;
};

static int
number_at(void *argument, size_t index)
{
    const struct descriptors *descriptors = argument;
    return index < (size_t)descriptors->len ? descriptors->numbers[index] : -1;
}

static int
take_numbers(struct descriptors *descriptors, PyObject *list)
{
    Py_ssize_t len = PyList_GET_SIZE(list);
    descriptors->numbers = PyMem_New(int, len + 1);
    if (descriptors->numbers == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (descriptors->len = 0; descriptors->len < len; descriptors->len++) {
        int number = PyLong_AsInt(PyList_GET_ITEM(list, descriptors->len));
        if (number == -1 && PyErr_Occurred()) {
            return -1;
        }
        descriptors->numbers[descriptors->len] = number;
    }
    return 0;
}

static int
start(int program, const char *data, Py_ssize_t len,
      struct descriptors *descriptors)
{
    argdata_t *value = argdata_from_buffer(data, len, number_at, descriptors);
    if (value == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int process;
    Py_BEGIN_ALLOW_THREADS
    process = program_spawn(program, value);
    Py_END_ALLOW_THREADS
    argdata_free(value);
    if (process < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
    }
    return process;
}

PyDoc_STRVAR(spawn_doc,
"spawn(program, data, descriptors, /)\n--\n\n"
"Start a program with argdata; returns a descriptor of the process.");

static PyObject *
spawn(PyObject *Py_UNUSED(module), PyObject *args)
{
    int program;
    const char *data;
    Py_ssize_t len;
    PyObject *list;
    if (!PyArg_ParseTuple(args, "iy#O!:spawn", &program, &data, &len,
                          &PyList_Type, &list))
    {
        return NULL;
    }
    struct descriptors descriptors = {.numbers = NULL};
    int process = -1;
    if (take_numbers(&descriptors, list) == 0) {
        process = start(program, data, len, &descriptors);
    }
    PyMem_Free(descriptors.numbers);
    return process < 0 ? NULL : PyLong_FromLong(process);
}

PyDoc_STRVAR(wait_doc,
"wait(process, milliseconds, /)\n--\n\n"
"Wait for the end of a process; returns signal and status, or None if the\n"
"time is over before. A negative time is none.");

static PyObject *
wait_for(PyObject *Py_UNUSED(module), PyObject *args)
{
    int process, milliseconds, result;
    struct program_end end;
    if (!PyArg_ParseTuple(args, "ii:wait", &process, &milliseconds)) {
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    result = program_wait(process, &end, milliseconds);
    Py_END_ALLOW_THREADS
    if (result < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (result == 0) {
        Py_RETURN_NONE;
    }
    return Py_BuildValue("ii", end.signal, end.status);
}

PyMethodDef _PyCloudABI_ProcessMethods[] = {
    {"spawn", spawn, METH_VARARGS, spawn_doc},
    {"wait", wait_for, METH_VARARGS, wait_doc},
    {NULL, NULL}
};

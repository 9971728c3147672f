/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in module _cloudabi: argdata as Python objects. */

#include "_cloudabi.h"
#include "datetime.h"             // PyDateTimeAPI

#include <fcntl.h>                // fcntl()
#include <stdio.h>                // fileno()
#include <sys/socket.h>           // getsockname()
#include <sys/stat.h>             // fstat()

/* --- PathDescriptor --- */

PyDoc_STRVAR(path_descriptor_doc,
"PathDescriptor(fd)\n--\n\n"
"A descriptor that modules and other files are looked up in.\n\n"
"It is an integer, and at the same time a path: /dev/fd/ and the integer.");

static PyObject *
path_descriptor_fspath(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    int fd = PyLong_AsInt(self);
    if (fd == -1 && PyErr_Occurred()) {
        return NULL;
    }
    return PyUnicode_FromFormat("/dev/fd/%d", fd);
}

static PyObject *
path_descriptor_str(PyObject *self)
{
    return path_descriptor_fspath(self, NULL);
}

static PyObject *
path_descriptor_repr(PyObject *self)
{
    PyObject *digits = PyLong_Type.tp_repr(self);
    if (digits == NULL) {
        return NULL;
    }
    PyObject *repr = PyUnicode_FromFormat("PathDescriptor(%U)", digits);
    Py_DECREF(digits);
    return repr;
}

static PyObject *
path_descriptor_fileno(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyLong_Type.tp_as_number->nb_int(self);
}

static PyMethodDef path_descriptor_methods[] = {
    {"fileno", path_descriptor_fileno, METH_NOARGS,
     PyDoc_STR("Return the descriptor as a plain integer.")},
    {"__fspath__", path_descriptor_fspath, METH_NOARGS,
     PyDoc_STR("Return the name that the descriptor has as a path.")},
    {NULL, NULL}
};

static PyType_Slot path_descriptor_slots[] = {
    {Py_tp_doc, (void *)path_descriptor_doc},
    {Py_tp_methods, path_descriptor_methods},
    {Py_tp_repr, path_descriptor_repr},
    {Py_tp_str, path_descriptor_str},
    {0, NULL}
};

static PyType_Spec path_descriptor_spec = {
    .name = "_cloudabi.PathDescriptor",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = path_descriptor_slots,
};

/* --- Values --- */

struct converter {
    struct argdata_scanner scanner;
    PyObject *path_descriptor;    // the type
    PyObject *descriptors;        // dict: one object for each descriptor
};

static PyObject *convert_value(struct converter *converter,
                               const struct argdata_token *token,
                               bool hashable);

static const char *
payload(const struct converter *converter, const struct argdata_token *token)
{
    return (const char *)converter->scanner.buf + token->offset;
}

static PyObject *
convert_int(const struct converter *converter,
            const struct argdata_token *token)
{
    if (token->len == 0) {
        return PyLong_FromLongLong(token->number);
    }
    return PyLong_FromNativeBytes(payload(converter, token), token->len,
                                  Py_ASNATIVEBYTES_BIG_ENDIAN);
}

/* Return the time that is a number of microseconds after the epoch. */
static PyObject *
new_datetime(PyObject *microseconds)
{
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == NULL) {
        return NULL;
    }
    PyObject *epoch = PyDateTimeAPI->DateTime_FromDateAndTime(
        1970, 1, 1, 0, 0, 0, 0, PyDateTime_TimeZone_UTC,
        PyDateTimeAPI->DateTimeType);
    PyObject *delta = PyObject_CallFunction(
        (PyObject *)PyDateTimeAPI->DeltaType, "iiO", 0, 0, microseconds);
    PyObject *result = NULL;
    if (epoch != NULL && delta != NULL) {
        result = PyNumber_Add(epoch, delta);
    }
    Py_XDECREF(epoch);
    Py_XDECREF(delta);
    return result;
}

static PyObject *
convert_timestamp(const struct converter *converter,
                  const struct argdata_token *token)
{
    PyObject *nanoseconds = convert_int(converter, token);
    PyObject *thousand = PyLong_FromLong(1000);
    PyObject *microseconds = NULL, *result = NULL;
    if (nanoseconds != NULL && thousand != NULL) {
        microseconds = PyNumber_FloorDivide(nanoseconds, thousand);
    }
    if (microseconds != NULL) {
        result = new_datetime(microseconds);
    }
    Py_XDECREF(nanoseconds);
    Py_XDECREF(thousand);
    Py_XDECREF(microseconds);
    return result;
}

/* Fill a list, up to the end of the seq that was just begun. */
static int
append_members(struct converter *converter, PyObject *list, bool hashable)
{
    struct argdata_token token;
    while ((token = next_token(&converter->scanner)).kind != ARGDATA_END) {
        PyObject *value = convert_value(converter, &token, hashable);
        if (value == NULL) {
            return -1;
        }
        int result = PyList_Append(list, value);
        Py_DECREF(value);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *
convert_seq(struct converter *converter, bool hashable)
{
    PyObject *list = PyList_New(0);
    if (list == NULL || append_members(converter, list, hashable) < 0) {
        Py_XDECREF(list);
        return NULL;
    }
    if (!hashable) {
        return list;
    }
    PyObject *tuple = PyList_AsTuple(list);
    Py_DECREF(list);
    return tuple;
}

static int
convert_item(struct converter *converter, const struct argdata_token *token,
             PyObject *dict, bool hashable)
{
    PyObject *key = convert_value(converter, token, true);
    if (key == NULL) {
        return -1;
    }
    struct argdata_token value_token = next_token(&converter->scanner);
    PyObject *value = convert_value(converter, &value_token, hashable);
    int result = value == NULL ? -1 : PyDict_SetItem(dict, key, value);
    Py_DECREF(key);
    Py_XDECREF(value);
    return result;
}

static PyObject *
convert_map(struct converter *converter, bool hashable)
{
    PyObject *dict = PyDict_New();
    if (dict == NULL) {
        return NULL;
    }
    struct argdata_token token;
    while ((token = next_token(&converter->scanner)).kind != ARGDATA_END) {
        if (convert_item(converter, &token, dict, hashable) < 0) {
            Py_DECREF(dict);
            return NULL;
        }
    }
    return dict;
}

/* --- Descriptors --- */

static PyObject *
new_path_descriptor(const struct converter *converter, int fd)
{
    return PyObject_CallFunction(converter->path_descriptor, "i", fd);
}

static PyObject *
new_socket(int fd)
{
    PyObject *type = PyImport_ImportModuleAttrString("socket", "socket");
    PyObject *arguments = PyTuple_New(0);
    PyObject *keywords = Py_BuildValue("{s:i}", "fileno", fd);
    PyObject *result = NULL;
    if (type != NULL && arguments != NULL && keywords != NULL) {
        result = PyObject_Call(type, arguments, keywords);
    }
    Py_XDECREF(type);
    Py_XDECREF(arguments);
    Py_XDECREF(keywords);
    return result;
}

static const char *
file_mode(int flags)
{
    switch (flags & O_ACCMODE) {
    case O_RDWR:
        return flags & O_APPEND ? "ab+" : "rb+";
    case O_WRONLY:
        return flags & O_APPEND ? "ab" : "wb";
    default:
        return "rb";
    }
}

/* A standard stream stays open when the object that shares it is closed. */
static bool
is_standard_stream(int fd)
{
    return fd == fileno(stdin) || fd == fileno(stdout) || fd == fileno(stderr);
}

static PyObject *
new_file(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    PyObject *type = PyImport_ImportModuleAttrString("_io", "FileIO");
    if (type == NULL) {
        return NULL;
    }
    PyObject *result = PyObject_CallFunction(
        type, "isO", fd, file_mode(flags),
        is_standard_stream(fd) ? Py_False : Py_True);
    Py_DECREF(type);
    return result;
}

/* To the ABI a pipe is a socket too, but it cannot be asked for its name. */
static bool
is_socket(int fd, const struct stat *status)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof(name);
    return S_ISSOCK(status->st_mode)
           && getsockname(fd, (struct sockaddr *)&name, &size) == 0;
}

static PyObject *
new_descriptor(const struct converter *converter, int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    if (S_ISDIR(status.st_mode)) {
        return new_path_descriptor(converter, fd);
    }
    return is_socket(fd, &status) ? new_socket(fd) : new_file(fd);
}

/* Two objects that own one descriptor would close it twice, hence the dict. */
static PyObject *
convert_fd(struct converter *converter, int fd)
{
    PyObject *number = PyLong_FromLong(fd);
    if (number == NULL) {
        return NULL;
    }
    PyObject *result;
    if (PyDict_GetItemRef(converter->descriptors, number, &result) == 0) {
        result = new_descriptor(converter, fd);
        if (result != NULL
            && PyDict_SetItem(converter->descriptors, number, result) < 0)
        {
            Py_CLEAR(result);
        }
    }
    Py_DECREF(number);
    return result;
}

static PyObject *
convert_value(struct converter *converter, const struct argdata_token *token,
              bool hashable)
{
    switch (token->kind) {
    case ARGDATA_NULL:
        Py_RETURN_NONE;
    case ARGDATA_BINARY:
        return PyBytes_FromStringAndSize(payload(converter, token),
                                         token->len);
    case ARGDATA_BOOL:
        return PyBool_FromLong(token->number != 0);
    case ARGDATA_FD:
        return convert_fd(converter, (int)token->number);
    case ARGDATA_FLOAT:
        return PyFloat_FromDouble(token->real);
    case ARGDATA_INT:
        return convert_int(converter, token);
    case ARGDATA_MAP:
        return convert_map(converter, hashable);
    case ARGDATA_SEQ:
        return convert_seq(converter, hashable);
    case ARGDATA_STR:
        return PyUnicode_DecodeUTF8(payload(converter, token), token->len,
                                    "strict");
    case ARGDATA_TIMESTAMP:
        return convert_timestamp(converter, token);
    default:
        Py_UNREACHABLE();
    }
}

/* --- Start-up --- */

static int
start_converter(struct converter *converter,
                const struct argdata_scanner *value)
{
    converter->scanner = *value;
    converter->path_descriptor =
        PyImport_ImportModuleAttrString("_cloudabi", "PathDescriptor");
    converter->descriptors = PyDict_New();
    return converter->path_descriptor == NULL
           || converter->descriptors == NULL ? -1 : 0;
}

static void
finish_converter(struct converter *converter)
{
    Py_XDECREF(converter->path_descriptor);
    Py_XDECREF(converter->descriptors);
}

PyObject *
_PyCloudABI_Convert(const struct argdata_scanner *value)
{
    struct converter converter = {.descriptors = NULL};
    PyObject *result = NULL;
    if (start_converter(&converter, value) == 0) {
        struct argdata_token token = next_token(&converter.scanner);
        result = convert_value(&converter, &token, false);
    }
    finish_converter(&converter);
    return result;
}

static PyObject *
convert_path_entry(struct converter *converter,
                   const struct argdata_token *token)
{
    if (token->kind == ARGDATA_FD) {
        return new_path_descriptor(converter, (int)token->number);
    }
    return convert_value(converter, token, false);
}

static int
append_path_entries(struct converter *converter, PyObject *list)
{
    struct argdata_token token = next_token(&converter->scanner);  // the seq
    while ((token = next_token(&converter->scanner)).kind != ARGDATA_END) {
        PyObject *entry = convert_path_entry(converter, &token);
        if (entry == NULL) {
            return -1;
        }
        int result = PyList_Append(list, entry);
        Py_DECREF(entry);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
_PyCloudABI_ConvertPath(const struct argdata_scanner *value)
{
    struct converter converter = {.descriptors = NULL};
    PyObject *list = PyList_New(0);
    if (list != NULL && (start_converter(&converter, value) < 0
                         || append_path_entries(&converter, list) < 0))
    {
        Py_CLEAR(list);
    }
    finish_converter(&converter);
    return list;
}

/* --- The module --- */

static int
module_exec(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &path_descriptor_spec,
                                              (PyObject *)&PyLong_Type);
    if (type == NULL) {
        return -1;
    }
    int result = PyModule_AddType(module, (PyTypeObject *)type);
    Py_DECREF(type);
    return result;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL}
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_cloudabi",
    .m_doc = PyDoc_STR("What a CloudABI program is started with, and others."),
    .m_methods = _PyCloudABI_ProcessMethods,
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__cloudabi(void)
{
    return PyModuleDef_Init(&module_def);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Which line of Python a refused call comes from, for whoever traces. */

#include "_cloudabi.h"
#include "pycore_interpframe.h"   // _PyFrame_GetCode()
#include "pycore_runtime.h"       // _PyRuntimeState_GetFinalizing()

#include <program.h>              // program_on_denied()

/* Names are cut to this, so that they fit on the stack of any thread. */
#define NAME_SIZE 1024

/* A call that is refused may be made by any thread, at any time, mostly while
   other threads run Python. Frames and code objects of this thread stay as they
   are meanwhile: nobody but the thread itself changes or frees them. They are
   read as faulthandler does it, without references, allocations and errors.
   Frames of the interpreter's own making, and those that are not yet complete,
   have no line. */

/* Encode a character, and bytes that were none as themselves. */
static size_t
put_character(char *to, Py_UCS4 c)
{
    if (c >= 0xdc80 && c <= 0xdcff) {
        to[0] = (char)(c - 0xdc00);
        return 1;
    }
    if (c == 0 || Py_UNICODE_IS_SURROGATE(c)) {
        c = '?';
    }
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    for (size_t i = more; i > 0; i--) {
        to[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    to[0] = (char)(first[more] | c);
    return more + 1;
}

static void
put_text(char *to, PyObject *text)
{
    size_t len = 0;
    if (text != NULL && PyUnicode_Check(text)) {
        Py_ssize_t end = PyUnicode_GET_LENGTH(text);
        for (Py_ssize_t i = 0; i < end && len + 4 < NAME_SIZE; i++) {
            len += put_character(to + len, PyUnicode_READ_CHAR(text, i));
        }
    }
    to[len] = '\0';
}

/* Tell whether a text is this start and goes on with a certain character. */
static bool
starts_with(PyObject *text, const char *start, Py_UCS4 next)
{
    Py_ssize_t len = (Py_ssize_t)strlen(start);
    if (PyUnicode_GET_LENGTH(text) <= len
        || PyUnicode_READ_CHAR(text, len) != next)
    {
        return false;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        if (PyUnicode_READ_CHAR(text, i) != (Py_UCS4)start[i]) {
            return false;
        }
    }
    return len > 0;
}

/* Tell whether a frame is of the program, rather than of the library that does
   things for it. */
static bool
is_programs(PyCodeObject *code)
{
    PyObject *file = code->co_filename;
    return file != NULL && PyUnicode_Check(file)
           && !starts_with(file, "<frozen", ' ')
           && !starts_with(file, _PyCloudABI_library, '/');
}

/* Return the innermost frame of the program, or of all where it has none. */
static _PyInterpreterFrame *
find_frame(PyThreadState *tstate)
{
    _PyInterpreterFrame *innermost = NULL;
    for (_PyInterpreterFrame *frame = tstate->current_frame; frame != NULL;
         frame = frame->previous)
    {
        if (_PyFrame_IsIncomplete(frame)) {
            continue;
        }
        if (is_programs(_PyFrame_GetCode(frame))) {
            return frame;
        }
        if (innermost == NULL) {
            innermost = frame;
        }
    }
    return innermost;
}

/* Return the state of this thread, or NULL if it has none that could be looked
   at: while the interpreter ends, other threads' states are taken from them. */
static PyThreadState *
get_state(void)
{
    PyThreadState *tstate = PyGILState_GetThisThreadState();
    PyThreadState *ending = _PyRuntimeState_GetFinalizing(&_PyRuntime);
    return ending == NULL || ending == tstate ? tstate : NULL;
}

static void
note_line(void)
{
    PyThreadState *tstate = get_state();
    _PyInterpreterFrame *frame = tstate == NULL ? NULL : find_frame(tstate);
    if (frame == NULL) {
        return;
    }
    PyCodeObject *code = _PyFrame_GetCode(frame);
    int line = PyCode_Addr2Line(code, _PyFrame_SafeGetLasti(frame));
    char file[NAME_SIZE];
    char function[NAME_SIZE];
    put_text(file, code->co_filename);
    put_text(function, code->co_qualname);
    program_note_line(file, line < 0 ? 0 : (unsigned)line, function);
}

void
_PyCloudABI_NoteLines(void)
{
    program_on_denied(note_line);
}

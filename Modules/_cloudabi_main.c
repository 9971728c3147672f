/* SPDX-License-Identifier: BSD-2-Clause */
/* The main program for CloudABI, which is started with a map of typed values
   and descriptors instead of strings.

   Each key has a command line option as its model:

     path              seq of fd or str: sys.path
     args              any value: sys.argdata
     command           str: python -c
     script            fd, or str naming a file below cwd or path
     module            str: python -m
     stdin, stdout, stderr, cwd                  fd
     debug, inspect, dontwritebytecode, unbufferedstdio          bool
     bytescompare, optimize, verbose             bool or int: the level */

#include "_cloudabi.h"
#include "osdefs.h"               // MAXPATHLEN
#include "pycore_initconfig.h"    // _PyStatus_EXCEPTION()

#include <cloudabi_syscalls.h>    // cloudabi_sys_fd_stat_get()
#include <fcntl.h>                // AT_FDCWD
#include <program.h>              // program_main()
#include <stdarg.h>               // va_list
#include <stdio.h>                // snprintf()
#include <stdlib.h>               // exit()
#include <string.h>               // memchr()
#include <sys/stat.h>             // fstatat()
#include <unistd.h>               // fchdir()

// The exit status for start-up maps that make no sense, as for bad options.
#define EXIT_USAGE 2

// Whether the path has a place for compiled modules decides about them.
#define ASK_PATH (-1)

struct options {
    const char *command;
    const char *module;
    const char *script;           // a name, or
    int script_fd;
    int stdin_fd;
    int stdout_fd;
    int stderr_fd;
    int cwd_fd;
    int bytescompare;
    int debug;
    int dontwritebytecode;
    int inspect;
    int optimize;
    int unbufferedstdio;
    int verbose;
};

struct key {
    const char *name;
    bool (*accept)(const struct key *key, struct argdata_scanner *value);
    void *target;
    const char *wanted;
};

struct cloudabi_start _PyCloudABI_start;

static struct options options = {
    .script_fd = -1,
    .stdin_fd = -1,
    .stdout_fd = -1,
    .stderr_fd = -1,
    .cwd_fd = -1,
    .dontwritebytecode = ASK_PATH,
};

static _Noreturn void
usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("python3: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EXIT_USAGE);
}

/* Move past one value, members included. */
static void
skip_value(struct argdata_scanner *scanner)
{
    size_t depth = 0;
    do {
        switch (next_token(scanner).kind) {
        case ARGDATA_MAP:
        case ARGDATA_SEQ:
            depth++;
            break;
        case ARGDATA_END:
            depth--;
            break;
        default:
            break;
        }
    } while (depth > 0);
}

/* Return the text of a token, or NULL if it has a null character in it. */
static const char *
get_text(const struct argdata_scanner *scanner,
         const struct argdata_token *token)
{
    const char *text = (const char *)scanner->buf + token->offset;
    return memchr(text, '\0', token->len) == NULL ? text : NULL;
}

static bool
accept_fd(const struct key *key, struct argdata_scanner *value)
{
    struct argdata_token token = next_token(value);
    if (token.kind != ARGDATA_FD) {
        return false;
    }
    *(int *)key->target = (int)token.number;
    return true;
}

static bool
accept_flag(const struct key *key, struct argdata_scanner *value)
{
    struct argdata_token token = next_token(value);
    if (token.kind != ARGDATA_BOOL) {
        return false;
    }
    *(int *)key->target = (int)token.number;
    return true;
}

static bool
accept_level(const struct key *key, struct argdata_scanner *value)
{
    struct argdata_token token = next_token(value);
    if ((token.kind != ARGDATA_BOOL && token.kind != ARGDATA_INT)
        || token.len != 0 || token.number < 0 || token.number > INT_MAX)
    {
        return false;
    }
    *(int *)key->target = (int)token.number;
    return true;
}

static bool
accept_text(const struct key *key, struct argdata_scanner *value)
{
    struct argdata_token token = next_token(value);
    if (token.kind != ARGDATA_STR) {
        return false;
    }
    const char *text = get_text(value, &token);
    *(const char **)key->target = text;
    return text != NULL;
}

static bool
accept_script(const struct key *key, struct argdata_scanner *value)
{
    struct argdata_scanner again = *value;
    struct key fd = {.target = &options.script_fd};
    return accept_fd(&fd, value) || accept_text(key, &again);
}

static bool
accept_path(const struct key *key, struct argdata_scanner *value)
{
    *(struct argdata_scanner *)key->target = *value;
    if (next_token(value).kind != ARGDATA_SEQ) {
        return false;
    }
    struct argdata_token token;
    while ((token = next_token(value)).kind != ARGDATA_END) {
        if (token.kind != ARGDATA_FD && token.kind != ARGDATA_STR) {
            return false;
        }
    }
    return true;
}

static bool
accept_any(const struct key *key, struct argdata_scanner *value)
{
    *(struct argdata_scanner *)key->target = *value;
    return true;
}

static const struct key keys[] = {
    {"args", accept_any, &_PyCloudABI_start.args, "any value"},
    {"bytescompare", accept_level, &options.bytescompare, "a bool or a level"},
    {"command", accept_text, &options.command,
     "a str without null characters"},
    {"cwd", accept_fd, &options.cwd_fd, "a directory's descriptor"},
    {"debug", accept_flag, &options.debug, "a bool"},
    {"dontwritebytecode", accept_flag, &options.dontwritebytecode, "a bool"},
    {"inspect", accept_flag, &options.inspect, "a bool"},
    {"module", accept_text, &options.module, "a str without null characters"},
    {"optimize", accept_level, &options.optimize, "a bool or a level"},
    {"path", accept_path, &_PyCloudABI_start.path,
     "a seq of descriptors and strs"},
    {"script", accept_script, &options.script,
     "a descriptor or a str without null characters"},
    {"stderr", accept_fd, &options.stderr_fd, "a descriptor"},
    {"stdin", accept_fd, &options.stdin_fd, "a descriptor"},
    {"stdout", accept_fd, &options.stdout_fd, "a descriptor"},
    {"unbufferedstdio", accept_flag, &options.unbufferedstdio, "a bool"},
    {"verbose", accept_level, &options.verbose, "a bool or a level"},
};

#define KEYS_LEN (sizeof(keys) / sizeof(keys[0]))

static const struct key *
find_key(const char *name)
{
    for (size_t i = 0; i < KEYS_LEN; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

/* Make one of C's standard streams use a descriptor. sys.stdin and so on are
   made from these, and are None for one without a descriptor. */
static void
open_stream(FILE *stream, int fd)
{
    if (fd >= 0 && program_set_stream(stream, fd) != 0) {
        usage("descriptor %d cannot be a standard stream: %s",
              fd, strerror(errno));
    }
}

/* Look for stderr ahead of everything else, so that complaints get there. */
static void
open_stderr(struct argdata_scanner map)
{
    struct argdata_token token;
    while ((token = next_token(&map)).kind == ARGDATA_STR) {
        const char *name = get_text(&map, &token);
        struct argdata_scanner value = map;
        if (name != NULL && strcmp(name, "stderr") == 0) {
            (void)accept_fd(find_key(name), &value);
        }
        skip_value(&map);
    }
    open_stream(stderr, options.stderr_fd);
}

static void
read_options(struct argdata_scanner map)
{
    bool seen[KEYS_LEN] = {false};
    struct argdata_token token;
    while ((token = next_token(&map)).kind != ARGDATA_END) {
        if (token.kind != ARGDATA_STR) {
            usage("a start-up key is not a str");
        }
        const char *name = (const char *)map.buf + token.offset;
        const struct key *key = find_key(name);
        if (key == NULL || strlen(name) != token.len) {
            usage("unknown start-up key '%s'", name);
        }
        struct argdata_scanner value = map;
        if (!key->accept(key, &value)) {
            usage("start-up key '%s' is not %s", name, key->wanted);
        }
        if (seen[key - keys]) {
            usage("start-up key '%s' appears twice", name);
        }
        seen[key - keys] = true;
        skip_value(&map);
    }
}

/* Stand before the only value of a message: a stand-in for absent keys. */
static struct argdata_scanner
scan_constant(const char *message, size_t size)
{
    struct argdata_scanner scanner;
    argdata_scan_start(&scanner, message, size, 0);
    return scanner;
}

static void
read_start(void)
{
    const void *message;
    size_t size;
    program_get_raw_argdata(&message, &size);

    static const char empty_seq[] = {ARGDATA_SEQ};
    _PyCloudABI_start.args = scan_constant("", 0);
    _PyCloudABI_start.path = scan_constant(empty_seq, sizeof(empty_seq));

    struct argdata_error error;
    if (argdata_validate(message, size, INT_MAX, &error) != 0) {
        usage("start-up data is malformed at byte %zu: %s",
              error.offset, error.message);
    }
    struct argdata_scanner scanner;
    argdata_scan_start(&scanner, message, size, INT_MAX);
    if (next_token(&scanner).kind != ARGDATA_MAP) {
        usage("start-up data is not a map");
    }
    open_stderr(scanner);
    read_options(scanner);
}

static void
apply_descriptors(void)
{
    open_stream(stdin, options.stdin_fd);
    open_stream(stdout, options.stdout_fd);
    if (options.cwd_fd >= 0 && fchdir(options.cwd_fd) != 0) {
        usage("descriptor %d cannot be the current directory: %s",
              options.cwd_fd, strerror(errno));
    }
}

/* Look for the script below one entry of the path. */
static bool
find_script_in(int fd, char *path, size_t size)
{
    struct stat status;
    int length = snprintf(path, size, "/dev/fd/%d/%s", fd, options.script);
    return length >= 0 && (size_t)length < size
           && fstatat(AT_FDCWD, path, &status, 0) == 0;
}

/* Find the script by its name: as it stands if it is absolute or there is a
   file of this name below the current directory, else along the path. */
static void
find_script(char *path, size_t size)
{
    struct stat status;
    int length = snprintf(path, size, "%s", options.script);
    if (length < 0 || (size_t)length >= size || path[0] == '/'
        || fstatat(AT_FDCWD, path, &status, 0) == 0)
    {
        return;
    }
    struct argdata_scanner entries = _PyCloudABI_start.path;
    struct argdata_token token;
    while ((token = next_token(&entries)).kind != ARGDATA_END) {
        if (token.kind == ARGDATA_FD
            && find_script_in((int)token.number, path, size))
        {
            return;
        }
    }
    usage("there is no script '%s' below cwd or a directory of the path",
          options.script);
}

static PyStatus
set_script(PyConfig *config)
{
    char path[MAXPATHLEN];
    if (options.script_fd >= 0) {
        snprintf(path, sizeof(path), "/dev/fd/%d", options.script_fd);
    }
    else {
        find_script(path, sizeof(path));
    }
    return PyConfig_SetBytesString(config, &config->run_filename, path);
}

static PyStatus
set_program(PyConfig *config)
{
    bool script = options.script != NULL || options.script_fd >= 0;
    if (script + (options.command != NULL) + (options.module != NULL) > 1) {
        usage("only one of 'command', 'module' and 'script' can be run");
    }
    if (script) {
        return set_script(config);
    }
    if (options.module != NULL) {
        return PyConfig_SetBytesString(config, &config->run_module,
                                       options.module);
    }
    const char *command = options.command != NULL ? options.command : "";
    return PyConfig_SetBytesString(config, &config->run_command, command);
}

/* Tell whether compiled modules could be kept anywhere along the path. Where
   they cannot, each import would only be refused to do so. */
static bool
can_write_bytecode(void)
{
    struct argdata_scanner entries = _PyCloudABI_start.path;
    struct argdata_token token;
    while ((token = next_token(&entries)).kind != ARGDATA_END) {
        cloudabi_fdstat_t stat;
        if (token.kind == ARGDATA_STR) {
            return true;
        }
        if (token.kind == ARGDATA_FD
            && cloudabi_sys_fd_stat_get((cloudabi_fd_t)token.number,
                                        &stat) == 0
            && (stat.fs_rights_base & CLOUDABI_RIGHT_FILE_CREATE_FILE) != 0)
        {
            return true;
        }
    }
    return false;
}

/* The module for argdata, as cffi writes it. */
PyMODINIT_FUNC PyInit__argdata(void);

static PyStatus
initialize(PyConfig *config)
{
    // Its name has a dot, which Setup.local cannot express.
    if (PyImport_AppendInittab("cloudabi._argdata", PyInit__argdata) < 0) {
        return PyStatus_NoMemory();
    }
    PyPreConfig preconfig;
    PyPreConfig_InitIsolatedConfig(&preconfig);
    preconfig.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&preconfig);
    if (_PyStatus_EXCEPTION(status)) {
        return status;
    }
    PyConfig_InitIsolatedConfig(config);
    config->site_import = 0;
    config->bytes_warning = options.bytescompare;
    config->parser_debug = options.debug;
    config->write_bytecode = options.dontwritebytecode == ASK_PATH
                                 ? can_write_bytecode()
                                 : !options.dontwritebytecode;
    config->inspect = options.inspect;
    config->interactive = options.inspect;
    config->optimization_level = options.optimize;
    config->buffered_stdio = !options.unbufferedstdio;
    config->verbose = options.verbose;
    status = PyConfig_SetString(config, &config->program_name, L"python3");
    if (!_PyStatus_EXCEPTION(status)) {
        status = set_program(config);
    }
    if (!_PyStatus_EXCEPTION(status)) {
        status = Py_InitializeFromConfig(config);
    }
    return status;
}

static int
set_argdata(void)
{
    PyObject *args = _PyCloudABI_Convert(&_PyCloudABI_start.args);
    int result = args == NULL ? -1 : PySys_SetObject("argdata", args);
    Py_XDECREF(args);
    return result;
}

_Noreturn void
program_main(const argdata_t *Py_UNUSED(argdata))
{
    read_start();
    apply_descriptors();
    _PyCloudABI_NoteLines();

    PyConfig config;
    PyStatus status = initialize(&config);
    PyConfig_Clear(&config);
    if (_PyStatus_EXCEPTION(status)) {
        Py_ExitStatusException(status);
    }
    if (set_argdata() < 0) {
        PyErr_Print();
        usage("the start-up key 'args' has no Python form");
    }
    exit(Py_RunMain());
}

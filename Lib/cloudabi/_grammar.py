# SPDX-License-Identifier: BSD-2-Clause
"""Everything that a manifest can say beside plain values, in one definition.

Parsing, suggestions, the JSON Schema and the tables of docs/manifest.md follow it.
"""

from __future__ import annotations

from cloudabi._quantities import BYTES, COUNT, TIME, amount
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.resources import FILES_MAX, PROCESSES_MAX, RIGHTS, Limits, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Kind(Record):
    """A kind of values.

    wanted: in words. fits: tells whether a value is one; of a list, whatever its members are.
    schema: the same for JSON Schema, where a resource looks like what its tag stands before.
    words: those that it takes, and what they mean. member: what the members of a list are.
    form: of a map of known keys. units: of an amount.
    """

    wanted: str
    fits: Callable[[object], bool]
    schema: Mapping[str, object]
    words: Mapping[str, str] | None = None
    member: Kind | None = None
    form: Form | None = None
    units: Mapping[str, int] | None = None

    @property
    def is_text(self) -> bool:
        """Whether it takes any text, within reason."""
        return self.schema.get("type") == "string" and "pattern" not in self.schema


class Key(Record):
    """A key of a map.

    doc: a sentence. default: what a missing key stands for, as a manifest would say it.
    example: a value to write.
    """

    name: str
    kind: Kind
    doc: str
    default: str = ""
    example: str = ""


class Form(Record):
    """What a tag, or a map of known keys, takes.

    name: the tag, or the key of the map; the interpreter's manifest has none.
    purpose: what it is good for, after its name.
    keys: of its map; None if it takes no map. scalar: what it takes instead of a map, if at all.
    required: keys that must be there. either: keys of which one must be there.
    exclusive: groups of keys of which at most one is there.
    example: a whole one to write.
    """

    name: str
    purpose: str
    example: str
    keys: tuple[Key, ...] | None = None
    scalar: Kind | None = None
    required: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    exclusive: tuple[tuple[str, ...], ...] = ()

    def key(self, name: str) -> Key | None:
        """Find a key by its name."""
        return next((key for key in self.keys or () if key.name == name), None)

    def inner(self, name: str) -> Form | None:
        """Find the form of a key's value, if it is a map of known keys itself."""
        key = self.key(name)
        return key.kind.form if key else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _is_source(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_level(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 2**31


def _is_count(value: object) -> bool:
    return _is_level(value) and not isinstance(value, bool)


def _is_resource(value: object) -> bool:
    return isinstance(value, Resource)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_descriptor(value: object) -> bool:
    return isinstance(value, str) and (value in STREAMS or (_is_digits(value) and len(value) < 8))


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}

ANY = Kind("anything", lambda _: True, {})
NOTHING = Kind("no value", lambda value: value == "", {"enum": [None, ""]})
IGNORED = Kind("no value", lambda _: True, NOTHING.schema)  # as the historical launchers did
TEXT = Kind("text", _is_text, {"type": "string", "minLength": 1})
SOURCE = Kind("text", _is_source, {"type": "string"})
TRUTH = Kind("`true` or `false`", lambda value: isinstance(value, bool), {"type": "boolean"})
LEVEL = Kind(
    "`true`, `false` or a level",
    _is_level,
    {"type": ["boolean", "integer"], "minimum": 0, "maximum": 2**31 - 1},
)
NUMBER = Kind(
    "a number of connections", _is_count, {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
)
ADDRESS = Kind(
    "`HOST:PORT`, `[IPV6]:PORT` or the absolute path of a UNIX socket",
    _is_text,
    {"type": "string", "pattern": r"^(/[^\0]*|[^/:\[\]]+:\d{1,5}|\[[^\[\]]+\]:\d{1,5})$"},
)
DESCRIPTOR = Kind(
    "`stdin`, `stdout`, `stderr` or a descriptor's number",
    _is_descriptor,
    {
        "anyOf": [
            {"type": "string", "pattern": f"^({'|'.join(STREAMS)}|[0-9]{{1,7}})$"},
            {"type": "integer", "minimum": 0, "maximum": 9_999_999},
        ]
    },
)
_RESOURCE_SCHEMA = {"$ref": "#/$defs/resource"}
STREAM = Kind("a resource", _is_resource, _RESOURCE_SCHEMA)
FOLDER = Kind("a directory", _is_resource, _RESOURCE_SCHEMA)
SCRIPT = Kind(
    "a file or its name",
    lambda value: _is_source(value) or _is_resource(value),
    {"anyOf": [{"type": "string"}, _RESOURCE_SCHEMA]},
)
_PATH_MEMBER = Kind(
    "a directory or a zip file",
    lambda value: isinstance(value, str | Resource),
    {"anyOf": [{"type": "string"}, _RESOURCE_SCHEMA]},
)
PATHS = Kind(
    "a list of directories and zip files", _is_list, {"type": "array"}, member=_PATH_MEMBER
)


def _words(words: Mapping[str, str]) -> Kind:
    *others, last = [f"`{word}`" for word in words]
    return Kind(
        f"{', '.join(others)} or {last}",
        lambda value: isinstance(value, str) and value in words,
        {"enum": list(words)},
        words,
    )


_RIGHT = _words(dict.fromkeys(RIGHTS, ""))
RIGHTS_LIST = Kind("a list of rights", _is_list, {"type": "array"}, member=_RIGHT)
MODE = _words(
    {
        "read": "Read a file; look up, list and read what is below a directory.",
        "write": "Read and write a file; create, rename, remove and write all below a directory.",
        "append": "Write at the end of a file, which is made if it is missing; no directories.",
        "create": "As `write`, and the file is made if it is missing; no directories.",
        "exec": "As `read`, and start the file, or those below a directory, as programs.",
    },
)
SYMLINKS = _words(
    {
        "inside": "Those that do not lead out of the folder that a relative path starts from;"
        " of an absolute path, all.",
        "follow": "All, wherever they lead.",
        "refuse": "None: each on the way is an error.",
    },
)
SOCKET_TYPE = _words(
    {
        "stream": "A connection: TCP, or a UNIX socket.",
        "dgram": "Datagrams: UDP, or a UNIX socket.",
        "seqpacket": "A connection that keeps packets apart; UNIX sockets only.",
    },
)
REUSE = _words(
    {
        "no": "Never; the default of `dgram`.",
        "address": "While old connections to it linger; the default of `stream`.",
        "port": "By several sockets of the same user at once, which share what arrives.",
    },
)


def _amount(wanted: str, units: Mapping[str, int], maximum: int = 2**63 - 1) -> Kind:
    def fits(value: object) -> bool:
        try:
            return value == "none" or 0 < amount(value, units) <= maximum
        except ValueError:
            return False

    number = {"type": "integer" if units is not TIME else "number", "exclusiveMinimum": 0}
    if units is COUNT:
        return Kind(wanted, fits, {"anyOf": [number | {"maximum": maximum}, {"const": "none"}]})
    names = "|".join(units)
    text = {"type": "string", "pattern": rf"^([0-9]+(\.[0-9]*)? *({names})|none)$"}
    return Kind(wanted, fits, {"anyOf": [number, text]}, units=units)


_BYTES = _amount("a number of bytes above 0, text with a unit, or `none`", BYTES)
_TIME = _amount("a number of seconds above 0, text with a unit, or `none`", TIME)
_THREADS = _amount("a number above 0, or `none`", COUNT, 2**31 - 1)
_FILES = _amount(f"a number from 1 to {FILES_MAX}, or `none`", COUNT, FILES_MAX)
_PROCESSES = _amount(f"a number from 1 to {PROCESSES_MAX}, or `none`", COUNT, PROCESSES_MAX)

FILE = Form(
    "!file",
    "to grant a path",
    "!file {path: data.txt}",
    (
        Key("path", TEXT, "A file or directory, from the manifest's folder.", example="data.txt"),
        Key("mode", MODE, "What may be done with it.", "read", "write"),
        Key(
            "rights",
            RIGHTS_LIST,
            "Exactly these of CloudABI's rights, to it and to all below, instead of a mode.",
            example="[FD_READ, FD_SEEK]",
        ),
        Key(
            "symlinks",
            SYMLINKS,
            "Which symbolic links on the way are followed.",
            "inside",
            "follow",
        ),
        Key("devices", TRUTH, "Whether it may be a device node.", "false", "true"),
        Key("kernel", TRUTH, "Whether it may be a part of procfs or sysfs.", "false", "true"),
    ),
    required=("path",),
    exclusive=(("mode", "rights"),),
)
FD = Form("!fd", "to pass a descriptor on", "!fd stdout", scalar=DESCRIPTOR)
SOCKET = Form(
    "!socket",
    "to grant a socket",
    "!socket {bind: '127.0.0.1:8080'}",
    (
        Key("bind", ADDRESS, "Its own address.", example="'127.0.0.1:8080'"),
        Key("connect", ADDRESS, "The address to connect to.", example="'127.0.0.1:8080'"),
        Key(
            "inherit",
            TEXT,
            "The name of a socket from systemd's socket activation.",
            example="web.socket",
        ),
        Key("type", SOCKET_TYPE, "What it carries.", "stream", "dgram"),
        Key("listen", NUMBER, "How many connections may wait to be accepted.", "128", "16"),
        Key("reuse", REUSE, "When the Internet address may be bound again.", example="port"),
        Key("v6only", TRUTH, "Whether an IPv6 address takes no IPv4.", "true", "false"),
    ),
    scalar=NOTHING,
    either=("bind", "connect", "inherit"),
    exclusive=(
        ("bind", "connect", "inherit"),
        *(("inherit", key) for key in ("type", "listen", "reuse", "v6only")),
        *(("connect", key) for key in ("listen", "reuse", "v6only")),
    ),
)
TMPDIR = Form("!tmpdir", "for a private temporary directory", "!tmpdir", (), NOTHING)
STDLIB = Form("!stdlib", "for the interpreter's standard library", "!stdlib", scalar=NOTHING)
EXECUTABLE = Form("!executable", "for the program itself", "!executable", scalar=IGNORED)
TAGS = {form.name: form for form in (FILE, FD, SOCKET, TMPDIR, STDLIB, EXECUTABLE)}


_LIMIT_KINDS = {
    "memory": _BYTES,
    "cpu": _TIME,
    "wall": _TIME,
    "threads": _THREADS,
    "files": _FILES,
    "processes": _PROCESSES,
    "output": _BYTES,
    "disk": _BYTES,
}


def written_limit(name: str, value: int | None) -> str:
    """Write a limit as a manifest would, in the largest unit that fits."""
    if value is None:
        return "none"
    units = _LIMIT_KINDS[name].units or COUNT
    size, unit = max((size, unit) for unit, size in units.items() if value % size == 0)
    return f"{value // size} {unit}".rstrip()


def _limit(name: str, doc: str, example: str) -> Key:
    default = written_limit(name, getattr(Limits, name))
    return Key(name, _LIMIT_KINDS[name], doc, default, example)


LIMITS = Form(
    "limits",
    "to bound what a run uses",
    "{memory: 64 MiB, wall: 2 s}",
    (
        _limit("memory", "Address space of the program, all that it maps included.", "64 MiB"),
        _limit("cpu", "Time of computing, that of all threads and processes together.", "500 ms"),
        _limit("wall", "Time from the start of the program.", "2 min"),
        _limit("threads", "Threads at a time.", "16"),
        _limit("files", "Open descriptors at a time.", "64"),
        _limit("processes", "Processes at a time, the program itself among them.", "4"),
        _limit(
            "output", "Through all that `!fd` passes on, directories and sockets apart.", "1 MB"
        ),
        _limit("disk", "In each `!tmpdir`.", "64 MiB"),
    ),
)
_LIMITS_KIND = Kind(
    "a map of limits",
    lambda value: isinstance(value, Limits),
    {"$ref": "#/$defs/limits"},
    form=LIMITS,
)
PROGRAM = Form(
    "!program",
    "for limits of programs other than the interpreter",
    "!program {args: TEXT, limits: {memory: 64 MiB}}",
    (
        Key("args", ANY, "The value that the program gets.", "null", "{verbose: true}"),
        Key("limits", _LIMITS_KIND, "What the run may use.", example=LIMITS.example),
    ),
)
INTERPRETER = Form(
    "",
    "for a Python program",
    "command: print(1)",
    (
        Key(
            "path",
            PATHS,
            "Becomes `sys.path`; text is `/dev/fd/N` and a path below descriptor N.",
            example="[!file {path: lib}]",
        ),
        Key("args", ANY, "Becomes `sys.argdata`.", example="{verbose: true}"),
        Key("command", SOURCE, "Source text to run, as `-c`.", example="print(1)"),
        Key(
            "script",
            SCRIPT,
            "A file to run; a name is looked up below `cwd`, then in each folder of `path`.",
            example="!file {path: script.py}",
        ),
        Key("module", SOURCE, "A module to run, as `-m`.", example="json.tool"),
        Key("stdin", STREAM, "Becomes `sys.stdin`, else None.", example="!fd stdin"),
        Key("stdout", STREAM, "Becomes `sys.stdout`, else None.", example="!fd stdout"),
        Key("stderr", STREAM, "Becomes `sys.stderr`, else None.", example="!fd stderr"),
        Key("cwd", FOLDER, "What relative paths start from.", example="!file {path: .}"),
        Key("optimize", LEVEL, "As `-O`.", "false", "true"),
        Key("verbose", LEVEL, "As `-v`.", "false", "true"),
        Key("bytescompare", LEVEL, "As `-b`.", "false", "true"),
        Key("debug", TRUTH, "As `-d`.", "false", "true"),
        Key("inspect", TRUTH, "As `-i`.", "false", "true"),
        Key(
            "dontwritebytecode",
            TRUTH,
            "As `-B`. Without this key, `true` unless a folder of `path` can be written to.",
            example="true",
        ),
        Key("unbufferedstdio", TRUTH, "As `-u`.", "false", "true"),
        Key("limits", _LIMITS_KIND, "What the run may use.", example=LIMITS.example),
    ),
    exclusive=(("command", "module", "script"),),
)

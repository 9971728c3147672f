# SPDX-License-Identifier: BSD-2-Clause
"""Manifests: what they mean, and the exact message for each bad one in tests/data/manifests."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cloudabi import _abi, _grammar, _scalars, resources
from cloudabi._installation import installation
from cloudabi._opening import Opened
from cloudabi.argdata import Timestamp
from cloudabi.diagnostics import render
from cloudabi.errors import CloudabiError, ManifestError
from cloudabi.manifest import parse
from cloudabi.resources import (
    READ,
    ActivatedSocket,
    Executable,
    File,
    Inherited,
    Limits,
    Socket,
    StandardLibrary,
    TemporaryDirectory,
)

FOLDER = Path(__file__).parent / "data" / "manifests"
BAD = sorted(FOLDER.glob("*.yaml"))
WRITING = (
    _abi.RIGHT_FD_WRITE
    | _abi.RIGHT_FILE_ALLOCATE
    | _abi.RIGHT_FILE_CREATE_DIRECTORY
    | _abi.RIGHT_FILE_CREATE_FILE
    | _abi.RIGHT_FILE_LINK_SOURCE
    | _abi.RIGHT_FILE_LINK_TARGET
    | _abi.RIGHT_FILE_RENAME_SOURCE
    | _abi.RIGHT_FILE_RENAME_TARGET
    | _abi.RIGHT_FILE_STAT_FPUT_SIZE
    | _abi.RIGHT_FILE_STAT_FPUT_TIMES
    | _abi.RIGHT_FILE_STAT_PUT_TIMES
    | _abi.RIGHT_FILE_SYMLINK
    | _abi.RIGHT_FILE_UNLINK
)


def message_of(path: Path) -> str:
    """All that `cloudabi-run` would say about a manifest in /folder, up to the program's start."""
    try:
        is_other = path.name.startswith("other_program")
        manifest = parse(path.read_bytes(), path.name, for_python=not is_other)
        with Opened("/janitor/is/not/needed") as opened:
            opened.resources(manifest.resources, str(path.parent), -1)
    except CloudabiError as error:
        text = "\n".join(render(problem) for problem in error.problems)
        return text.replace(str(path.parent), "/folder")
    return ""


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    assert message_of(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_each_bad_manifest_has_a_message() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in BAD}


def value_of(text: str) -> Any:
    return parse(text.encode(), "test.yaml", for_python=False).value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("~", None),
        ("Null", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("nULL", "nULL"),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("0xg", "0xg"),
        ("18446744073709551616", 2**64),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("1.5", 1.5),
        ("-.5e-3", -0.0005),
        ("1.", 1.0),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("127.0.0.1:80", "127.0.0.1:80"),
        ("1e", "1e"),
        ("+", "+"),
        ("2001-12-14", Timestamp(1008288000 * 10**9)),
        ("2001-12-14t21:59:43.10-05:00", Timestamp(1008385183_100000000)),
        ("2001-12-14 21:59:43.123456789 -5", Timestamp(1008385183_123456789)),
        ("2001-1-2T3:04:05Z", Timestamp(978404645 * 10**9)),
        ("1969-12-31T23:59:59.999999999Z", Timestamp(-1)),
        ("2001-1-2", "2001-1-2"),
        ("2001-13-14", "2001-13-14"),
        ("'1'", "1"),
        ('"null"', "null"),
        ("! 1", "1"),
        ("! [1]", [1]),
        ("!!str 1", "1"),
        ("!!int '1'", 1),
        ("!!float 1", 1.0),
        ("!!bool True", True),
        ("!!null anything", None),
        ('!!binary "aG Vs\n bG8="', b"hello"),
        ('!!timestamp "1970-01-01T00:00:00.000000001Z"', Timestamp(1)),
        ("!!seq [!!map {}]", [{}]),
        ("{a: , b: ''}", {"a": None, "b": ""}),
        ("|\n a\n b\n", "a\nb\n"),
        ("{1: a, [x, [y]]: b, ~: c, 1.5: d}", {1: "a", ("x", ("y",)): "b", None: "c", 1.5: "d"}),
        ("{'<<': 1}", {"<<": 1}),
        ("[&a {x: 1}, *a]", [{"x": 1}, {"x": 1}]),
        ("[&a 1, &a 2, *a]", [1, 2, 2]),
        ("\ufeffé", "é"),
        ("a\n...\n", "a"),
    ],
)
def test_scalars_and_collections(text: str, value: object) -> None:
    assert repr(value_of(text)) == repr(value)


def resource_of(text: str) -> Any:
    return value_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "%TAG ! tag:nuxi.nl,2015:cloudabi/\n--- !fd stdout",
        "!fd stdout",
        '!fd "stdout"',
        "!<tag:nuxi.nl,2015:cloudabi/fd> 1",
        "&out !fd 1",
    ],
)
def test_forms_of_a_tag(text: str) -> None:
    assert isinstance(resource_of(text), Inherited)
    assert resource_of(text).number == 1


def test_resources_are_listed_once_with_their_places() -> None:
    text = "a: &a [!fd 3, !executable ]\nb: *a\nc: {'x y': !socket }\n"
    manifest = parse(text.encode(), "test.yaml", for_python=False)
    assert [(type(r), r.place) for r in manifest.resources] == [
        (Inherited, "a[0]"),
        (Executable, "a[1]"),
        (Socket, "c['x y']"),
    ]
    assert manifest.value["a"] is manifest.value["b"]


def test_files_are_read_only_unless_said() -> None:
    access = resource_of("!file {path: x}").access
    assert access == resource_of("!file {path: x, mode: read}").access
    assert access.flags & 3 == 0
    for rights in (access.file, access.directory, access.below):
        assert rights & WRITING == 0
    assert access.below & _abi.RIGHT_PROC_EXEC == 0
    assert access.directory & _abi.RIGHT_FILE_OPEN
    assert access.below & access.file == access.file


def test_writing_is_the_full_set_without_execution() -> None:
    access = resource_of("!file {path: x, mode: write}").access
    for rights, most in (
        (access.file, _abi.MAX_BASE_REGULAR_FILE),
        (access.directory, _abi.MAX_BASE_DIRECTORY),
        (access.below, _abi.MAX_INHERITING_DIRECTORY),
    ):
        missing = most & ~rights
        assert missing & ~(_abi.RIGHT_PROC_EXEC | _abi.RIGHT_MEM_MAP_EXEC) == 0


@pytest.mark.parametrize(
    ("names", "flags"),
    [
        ("FD_READ", os.O_RDONLY),
        ("FD_WRITE, FD_SEEK", os.O_WRONLY),
        ("FD_READ, FD_WRITE", os.O_RDWR),
        ("FILE_READDIR", os.O_PATH),
    ],
)
def test_rights_are_exact(names: str, flags: int) -> None:
    access = resource_of(f"!file {{path: x, rights: [{names}]}}").access
    wanted = sum(_abi.RIGHTS[name] for name in names.split(", "))
    assert (access.file, access.directory, access.below) == (wanted, wanted, wanted)
    assert access.flags == flags


def internet(binds: bool, type_: str, backlog: int | None, host: str, port: int) -> Socket:
    return Socket(None, "", binds, type_, backlog, host, port)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!socket", internet(True, "stream", 128, "127.0.0.1", 0)),
        ("!socket {bind: 'localhost:8080'}", internet(True, "stream", 128, "localhost", 8080)),
        ("!socket {bind: '[::1]:0', listen: 5}", internet(True, "stream", 5, "::1", 0)),
        ("!socket {connect: 'h:1', type: dgram}", internet(False, "dgram", None, "h", 1)),
        ("!socket {connect: 'h:1'}", internet(False, "stream", None, "h", 1)),
        ("!socket {bind: 'h:1', type: dgram}", internet(True, "dgram", None, "h", 1)),
    ],
)
def test_internet_sockets(text: str, expected: Socket) -> None:
    s = resource_of(text)
    reuse = "address" if expected.binds and expected.type == "stream" else "no"
    assert (s.binds, s.type, s.backlog, s.host, s.port, s.path, s.reuse, s.v6only) == (
        *(expected.binds, expected.type, expected.backlog, expected.host, expected.port),
        *("", reuse, True),
    )


def test_unix_sockets() -> None:
    s = resource_of("!socket {bind: /run/x, type: seqpacket}")
    assert (s.host, s.port, s.path, s.backlog, s.reuse) == (None, 0, "/run/x", 128, "no")
    assert s.address == "/run/x"


def test_sharing_an_address() -> None:
    s = resource_of("!socket {bind: '[::]:80', reuse: port, v6only: false}")
    assert (s.reuse, s.v6only, s.address) == ("port", False, "[::]:80")
    assert resource_of("!socket {bind: 'h:80', reuse: no}").reuse == "no"
    assert resource_of("!socket {bind: 'h:80', v6only: false}").v6only is False
    assert resource_of("!socket {bind: 'h:80', type: dgram, reuse: address}").reuse == "address"


def test_sockets_of_the_service_manager() -> None:
    s = resource_of("!socket {inherit: web.socket}")
    assert isinstance(s, ActivatedSocket)
    assert s.name == "web.socket"


@pytest.mark.parametrize("text", ["!tmpdir", "!tmpdir {}", "!tmpdir ''"])
def test_temporary_directories(text: str) -> None:
    assert isinstance(resource_of(text), TemporaryDirectory)


def test_the_standard_library() -> None:
    f = resource_of("!stdlib")
    assert isinstance(f, StandardLibrary)
    assert (f.path, f.access) == (installation().library, READ)


def test_what_a_file_may_be() -> None:
    f = resource_of("!file {path: x}")
    assert (f.symlinks, f.devices, f.kernel) == ("inside", False, False)
    f = resource_of("!file {path: x, symlinks: refuse, devices: true, kernel: true}")
    assert (f.symlinks, f.devices, f.kernel) == ("refuse", True, True)


# Limits.

LIMITS = """\
limits:
  memory: 64 MiB
  cpu: 0.5
  wall: 5 min
  threads: 16
  files: 64
  output: 10 kB
  disk: none
"""
LIMITED = Limits(
    memory=2**26,
    cpu=5 * 10**8,
    wall=300 * 10**9,
    threads=16,
    files=64,
    output=10_000,
    disk=None,
)


def test_limits_of_the_interpreter_are_not_its_own() -> None:
    manifest = parse(f"command: pass\n{LIMITS}".encode(), "test.yaml", for_python=True)
    assert manifest.limits == LIMITED
    assert manifest.value == {"command": "pass"}


def test_other_programs_have_keys_of_their_own() -> None:
    manifest = parse(b"limits: {ram: 5}", "test.yaml", for_python=False)
    assert (manifest.value, manifest.limits) == ({"limits": {"ram": 5}}, Limits())


def test_limits_of_other_programs() -> None:
    text = f"!program\nargs: {{limits: !fd 3}}\n{LIMITS}"
    manifest = parse(text.encode(), "test.yaml", for_python=False)
    assert manifest.limits == LIMITED
    assert [r.place for r in manifest.resources] == ["limits"]
    assert manifest.value == {"limits": manifest.resources[0]}
    assert parse(b"!program {}", "test.yaml", for_python=False).value is None
    assert parse(b"!program {args: [1]}", "test.yaml", for_python=False).value == [1]


def test_limits_can_be_a_value_elsewhere() -> None:
    text = b"limits: &l {wall: 1}\nargs: [*l]"
    manifest = parse(text, "test.yaml", for_python=True)
    assert manifest.limits == Limits(wall=10**9)
    assert manifest.value == {"args": [{"wall": 1}]}


def test_a_run_is_limited_unless_somebody_lifts_it() -> None:
    limits = parse(b"command: pass", "test.yaml", for_python=True).limits
    assert limits == Limits(memory=2**31, threads=256, files=1024, processes=1, disk=2**28)
    names = ("memory", "threads", "files", "processes", "disk")
    text = ", ".join(f"{name}: none" for name in names)
    lifted = parse(f"limits: {{{text}}}".encode(), "test.yaml", for_python=True).limits
    assert lifted == Limits(None, None, None, None, None, None, None, None)


def test_unknown_keys_are_the_business_of_other_programs() -> None:
    assert value_of("zebra: 1") == {"zebra": 1}
    assert value_of("- 1") == [1]


def test_a_file_knows_no_path_of_ours() -> None:
    """Parsing opens nothing: what does not exist is no problem."""
    assert isinstance(resource_of("!file {path: /does/not/exist}"), File)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 300_000, "deeper than 64 levels"),
        ("{a: " * 200_000, "deeper than 64 levels"),
        ("- " * 300_000, "deeper than 64 levels"),
        ("? " * 300_000, "deeper than 64 levels"),
        ("[" + "a," * 400_000 + "]", "too large, all aliases expanded"),
        ("- &a " + "x" * 500_000 + "\n- *a" * 100_000, "too large, all aliases expanded"),
        ("a" * 2_000_000, "2000000 characters, 1048576 are allowed"),
        ("9" * 500_000, "malformed number"),
    ],
)
def test_bombs(text: str, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        value_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"k{i}: !f{i} x" for i in range(20_000)),
        "limits: {" + ", ".join(f"k{i}: 1" for i in range(30_000)) + "}",
        "args: [" + ", ".join("!file {a: 1}" for _ in range(15_000)) + "]",
        "\n".join("a: 1" for _ in range(30_000)),
    ],
    ids=["tags", "keys", "resources", "duplicates"],
)
def test_bombs_of_problems(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ManifestError) as caught:
        parse(text.encode(), "test.yaml", for_python=True)
    assert 1000 <= len(caught.value.problems) <= 1010
    assert time.process_time() - start < 5


def test_depth_of_aliases_counts() -> None:
    levels = ["- &a0 []"] + [f"- &a{i + 1} [*a{i}]" for i in range(70)]
    with pytest.raises(ManifestError, match="deeper than 64 levels"):
        value_of("\n".join(levels))


def test_trimmed_yaml_is_the_same() -> None:
    """The command reads manifests with less of PyYAML than this process does."""
    code = (
        "import sys\n"
        "from cloudabi import _fastyaml\n"
        "_fastyaml.install()\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "import test_manifest\n"
        "for path in test_manifest.BAD:\n"
        "    sys.stdout.write(test_manifest.message_of(path))\n"
        "assert 'yaml.constructor' not in sys.modules\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, Path(__file__).parent],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    texts = [path.with_suffix(".txt").read_text(encoding="utf-8") for path in BAD]
    assert result.stdout == "".join(texts)


def test_without_trimming_there_is_still_a_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML built without libyaml has its own parser, with the same values."""
    monkeypatch.setitem(sys.modules, "yaml._yaml", None)
    assert value_of("a: [1, !!str 2, &x {b: c}, *x]") == {"a": [1, "2", {"b": "c"}, {"b": "c"}]}
    with pytest.raises(ManifestError, match="not YAML"):
        value_of("a: [")


def test_the_documentation_names_all_words() -> None:
    text = (FOLDER.parents[2] / "docs" / "manifest.md").read_text(encoding="utf-8")
    words = [*resources.MODES, *_grammar.TAGS, *_scalars.TAGS]
    undocumented = {"!!bool", "!!float", "!!int", "!!timestamp"}  # but their plain forms are there
    assert [w for w in words if f"`{w}" not in text and w not in undocumented] == []

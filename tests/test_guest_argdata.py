# SPDX-License-Identifier: BSD-2-Clause
"""The package cloudabi inside the sandbox: argdata, and what it is linked from."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from argdata_harness import VECTORS
from cloudabi.argdata import Fd, Reader, Value, Writer, decode
from harness import CLOUDABI_RUN, STDLIB, python_manifest, run_python

SECONDS = 60


def good_vector(vector: dict[str, Any]) -> list[Any]:
    """What a sandbox needs to check a vector: bytes, descriptors, and how its value looks."""
    fds = vector.get("fds", [])
    value = decode(bytes.fromhex(vector["hex"]), fds, duplicate_keys=True)
    return [vector["hex"], fds, repr(value), vector["name"] == "map with a key twice"]


def test_vectors(tmp_path: Path) -> None:
    good = [good_vector(vector) for vector in VECTORS["good"]]
    bad = [[vector[key] for key in ("hex", "error", "offset", "path")] for vector in VECTORS["bad"]]
    assert len(good) > 60 and len(bad) > 30
    (tmp_path / "vectors.json").write_text(json.dumps([good, bad]))
    printed = run_python(
        """
        import io, json, sys
        from cloudabi.argdata import decode, encode
        from cloudabi.errors import ArgdataError
        with io.TextIOWrapper(sys.argdata, encoding="UTF-8") as stream:
            good, bad = json.load(stream)
        for data, fds, expected, is_one_way in good:
            value = decode(bytes.fromhex(data), fds, duplicate_keys=True)
            assert repr(value) == expected, (repr(value), expected)
            if not is_one_way:
                assert encode(value) == (bytes.fromhex(data), fds), expected
        for data, message, offset, path in bad:
            try:
                decode(bytes.fromhex(data), [0])
            except ArgdataError as error:
                assert (error.message, error.offset, error.path) == (message, offset, path), message
            else:
                raise AssertionError(data)
        print(len(good), len(bad))
    """,
        args=f"!file {{path: '{tmp_path / 'vectors.json'}'}}",
    )
    assert printed == f"{len(good)} {len(bad)}\n"


def exchange(code: str, folder: Path, *messages: Value) -> list[Value]:
    """Send values to a sandbox over a socket that is its argument; return what comes back."""
    ours, theirs = socket.socketpair()
    ours.settimeout(SECONDS)
    manifest = folder / "manifest.yaml"
    manifest.write_text(python_manifest(code, args=f"!fd {theirs.fileno()}"))
    with (
        ours,
        subprocess.Popen(
            [CLOUDABI_RUN, "-f", manifest], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        ) as command,
    ):
        theirs.close()
        writer = Writer(ours)
        for message in messages:
            writer.send(message)
        ours.shutdown(socket.SHUT_WR)
        answers = list(received(ours))
    assert command.returncode == 0
    return answers


def received(sock: socket.socket) -> Iterator[Value]:
    reader = Reader(sock, max_fds=2)
    while True:
        try:
            yield reader.receive()
        except EOFError:
            return


def test_messages_over_a_socket(tmp_path: Path) -> None:
    values: list[Value] = [None, {"key": [1, -(2**70), "text", b"\0", 0.5]}, "x" * 2**20]
    echo = """
        import sys
        from cloudabi.argdata import Reader, Writer
        reader, writer = Reader(sys.argdata), Writer(sys.argdata)
        while True:
            try:
                value = reader.receive()
            except EOFError:
                break
            writer.send(value)
    """
    assert exchange(echo, tmp_path, *values) == values


def test_descriptors_over_a_socket(tmp_path: Path) -> None:
    """A file comes in, is read, and a pipe goes out."""
    (tmp_path / "file").write_text("from outside")
    code = """
        import os, sys
        from cloudabi.argdata import Fd, Reader, Writer
        received = Reader(sys.argdata, max_fds=1).receive()["file"]
        with open(received.fileno()) as stream:
            text = stream.read()
        out, into = os.pipe()
        with open(into, "w") as stream:
            stream.write(text.upper())
        Writer(sys.argdata).send({"pipe": Fd(out), "again": [Fd(out)]})
    """
    file = os.open(tmp_path / "file", os.O_RDONLY)
    try:
        (answer,) = exchange(code, tmp_path, {"file": Fd(file)})
    finally:
        os.close(file)
    assert isinstance(answer, dict)
    pipe = answer["pipe"]
    assert isinstance(pipe, Fd) and answer["again"] == [pipe]
    with os.fdopen(pipe.fileno()) as stream:
        assert stream.read() == "FROM OUTSIDE"


def test_nothing_of_it_is_imported_at_start() -> None:
    printed = run_python("""
        import sys
        names = {"_cffi_backend", "cloudabi", "cloudabi._argdata"}
        assert not names & set(sys.modules)
        assert names - set(sys.builtin_module_names) == {"cloudabi"}
        import cloudabi.argdata
        assert names <= set(sys.modules)
        assert cloudabi.__file__ == f"{sys.path[0]}/cloudabi/__init__.py"
        print(cloudabi._argdata.__name__)
    """)
    assert printed == "cloudabi._argdata\n"


def test_modules_are_compiled() -> None:
    package = STDLIB / "cloudabi"
    sources = sorted(path.stem for path in package.glob("*.py"))
    compiled = sorted(path.name.split(".")[0] for path in package.glob("__pycache__/*.pyc"))
    assert "argdata" in sources
    assert compiled == sources


def test_only_modules_that_work_there() -> None:
    """Each is imported in a sandbox, which fails for what a sandbox lacks."""
    names = sorted(path.stem for path in (STDLIB / "cloudabi").glob("*.py"))
    names.remove("__init__")
    imports = "".join(f"        import cloudabi.{name}\n" for name in names)
    assert run_python(f"{imports}        print('all')\n") == "all\n"


def test_foreign_functions() -> None:
    """Calls of what cffi knows by address alone go through libffi."""
    printed = run_python("""
        from cloudabi._argdata import ffi, lib
        kinds = [{"kind": lib.ARGDATA_SEQ}, {"kind": lib.ARGDATA_END}]
        measure = ffi.addressof(lib, "argdata_measure")
        print(measure(ffi.new("struct argdata_token[]", kinds), 2))
        print(ffi.typeof(measure).kind, hex(int(ffi.cast("intptr_t", measure)))[:2])
    """)
    assert printed == "1\nfunction 0x\n"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ('ffi.dlopen("libc.so")', "OSError: cannot load library 'libc.so': there are no shared"),
        ('ffi.callback("int(int)", abs)', "MemoryError: Cannot allocate write+execute memory"),
    ],
)
def test_what_no_sandbox_can_do(code: str, error: str) -> None:
    printed = run_python(f"""
        from cloudabi._argdata import ffi
        try:
            {code}
        except Exception as error:
            print(type(error).__name__ + ":", error)
    """)
    assert printed.startswith(error)

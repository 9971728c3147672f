# SPDX-License-Identifier: BSD-2-Clause
"""cloudabi.run() and run_async(): what goes in, and what comes out."""

from __future__ import annotations

import ast
import asyncio
import importlib
import os
import socket
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import cloudabi
from cloudabi import ArgdataError, Directory, File, GrantError, Inherit, Listen, run, run_async
from cloudabi.argdata import Value

ECHO = "import sys\nsys.argdata"


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -(2**200), 1.5, "grüße\0", b"\0\xff", [], {}, [[1], {"a": [None]}]),
        *({1: "one", None: b"none", (1, 2): 3}, datetime(2026, 1, 2, 3, 4, 5, 6, UTC)),
    ],
)
def test_values_go_in_and_come_back(value: Any) -> None:
    assert run(ECHO, args=value).value == value


def test_a_value_of_megabytes() -> None:
    value: Value = [b"x" * (7 << 20), "y" * (7 << 20)]
    assert run("[b'x' * (7 << 20), 'y' * (7 << 20)]").value == value


def test_output_and_usage() -> None:
    code = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsum(range(10**6))"
    result = run(code)
    assert (result.stdout, result.stderr) == (b"out\n", b"err\n")
    assert (result.exit, result.error, result.denials) == (0, None, ())
    assert 0 < result.usage.user_ns < result.usage.wall_ns
    assert result.usage.memory_bytes > 2**20


def test_standard_input() -> None:
    assert run("import sys; sys.stdin is None").value is True
    assert run("input() + '/' + input()", stdin="grüße\nthere").value == "grüße/there"
    binary = bytes(range(256)) * 5000
    assert run("import sys; sys.stdin.buffer.read()", stdin=binary).value == binary
    assert run("import sys; sys.stdin.buffer.read()", stdin=b"").value == b""


def test_standard_input_is_out_of_the_programs_reach() -> None:
    code = """
    import os, sys
    try:
        os.write(0, b"x")
    except OSError:
        pass
    try:
        os.ftruncate(sys.stdin.fileno(), 1)
    except OSError:
        pass
    sys.stdin.read()
    """
    assert run(dedent(code), stdin="abc").value == "abc"


def test_a_script_from_a_file(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_bytes(b"# coding: latin-1\nx = '\xe9'\nx * 2\n")
    assert run(script).value == "éé"
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "none.py")


def test_a_traceback_names_the_script(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("def f():\n    raise ValueError('no')\nf()\n")
    with pytest.raises(cloudabi.ProgramError) as caught:
        run(script)
    assert f'File "{script}", line 2, in f\n    raise' in caught.value.traceback


def test_files_and_directories(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("content")
    (tmp_path / "out").mkdir()
    code = """
    import os, sys
    with open(os.path.join(sys.argdata["in"], "a.txt")) as file:
        text = file.read()
    with open(os.path.join(sys.argdata["out"], "b.txt"), "w") as file:
        file.write(text.upper())
    sys.argdata["log"].write(b"done")
    [sys.argdata["n"], text]
    """
    files = {
        "in": Directory(tmp_path / "in"),
        "out": Directory(tmp_path / "out", "write"),
        "log": File(tmp_path / "log", "append"),
    }
    assert run(dedent(code), args={"n": 5}, files=files).value == [5, "content"]
    assert (tmp_path / "out" / "b.txt").read_text() == "CONTENT"
    assert (tmp_path / "log").read_text() == "done"


def test_grants_anywhere_in_the_arguments(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("A")
    (tmp_path / "b").write_text("B")
    code = "import sys\n[f.read() for f in (sys.argdata[0], sys.argdata[1]['x'])]"
    assert run(code, args=[File(tmp_path / "a"), {"x": File(tmp_path / "b")}]).value == [b"A", b"B"]


def test_a_path_for_modules(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text("def answer():\n    return 42\n")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("zipped.py", "value = 'from a zip file'")
    path = [Directory(tmp_path), File(tmp_path / "more.zip")]
    code = "import plugin, zipped\n[plugin.answer(), zipped.value]"
    assert run(code, path=path).value == [42, "from a zip file"]


def test_the_standard_library_cannot_be_shadowed(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemError")
    assert run("import json; json.dumps([1])", path=[Directory(tmp_path)]).value == "[1]"


def test_a_temporary_directory() -> None:
    code = """
    import os, sys
    place = os.path.join(sys.argdata["scratch"], "file")
    with open(place, "w") as file:
        file.write("x")
    [os.listdir(sys.argdata["scratch"]), open(place).read()]
    """
    files = {"scratch": cloudabi.TemporaryDirectory()}
    assert run(dedent(code), files=files).value == [["file"], "x"]


def test_sockets(tmp_path: Path) -> None:
    address = tmp_path / "socket"
    code = """
    import sys
    connection, _ = sys.argdata["listener"].accept()
    sys.argdata["peer"].sendall(connection.recv(100))
    """
    ours, theirs = socket.socketpair()

    def talk() -> None:
        with socket.socket(socket.AF_UNIX) as client:
            while client.connect_ex(str(address)) != 0:
                pass
            client.sendall(b"hello")

    talking = threading.Thread(target=talk)
    talking.start()
    with ours, theirs:
        run(dedent(code), sockets={"listener": Listen(address), "peer": Inherit(theirs)})
        assert ours.recv(100) == b"hello"
    talking.join()
    assert not address.exists()


def test_connecting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sockets = {"peer": cloudabi.Connect(("127.0.0.1", listener.getsockname()[1]))}
        run("import sys\nsys.argdata['peer'].sendall(b'hello')", sockets=sockets)
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(100) == b"hello"


def test_an_inherited_directory_is_for_reading(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("A")
    code = """
    import os, sys
    try:
        open(os.path.join(sys.argdata["dir"], "b"), "w")
        refused = False
    except OSError:
        refused = True
    [os.listdir(sys.argdata["dir"]), refused]
    """
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        assert run(dedent(code), files={"dir": Inherit(fd)}).value == [["a"], True]
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        (File("/none/at/all"), "cannot open `/none/at/all`: No such file or directory"),
        (File("/usr"), "`/usr` is a directory"),
        (Directory("/dev/null"), "`/dev/null` is not a directory"),
        (File("/proc/self/status"), "control of the kernel"),
        (Inherit(987), "cannot pass descriptor 987 on: Bad file descriptor"),
        (cloudabi.Connect("/none/socket"), "cannot connect to `/none/socket`"),
    ],
)
def test_what_cannot_be_granted(grant: Any, message: str) -> None:
    with pytest.raises(GrantError, match=message):
        run("1", args=[grant])


def test_names_that_are_given_twice(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`a` is given twice"):
        run("1", args={"a": 1}, files={"a": Directory(tmp_path)})
    with pytest.raises(ValueError, match="`a` is given twice"):
        run("1", files={"a": Directory(tmp_path)}, sockets={"a": Inherit(0)})
    with pytest.raises(TypeError, match="`args` has to be a dict"):
        run("1", args=[1], files={"a": Directory(tmp_path)})


def test_arguments_without_a_form() -> None:
    with pytest.raises(ArgdataError, match="a set has no argdata form") as caught:
        run("1", args={"a": [{1}]})  # type: ignore[list-item]
    assert caught.value.path.endswith("a[0]")
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ArgdataError, match="nest deeper"):
        run("1", args=endless)


def test_denials_are_told_if_they_are_traced(tmp_path: Path) -> None:
    code = (
        "import os, sys\ntry: os.mkdir(os.path.join(sys.argdata['d'], 'x'))\nexcept OSError: pass"
    )
    result = run(code, files={"d": Directory(tmp_path)}, traces=True)
    (denial,) = [denial for denial in result.denials if denial.path == "x"]
    assert (denial.place, denial.error) == ("args.d", "ENOTCAPABLE")
    assert (denial.file, denial.line) == ("<code>", 2)
    assert run(code, files={"d": Directory(tmp_path)}).denials == ()


def test_many_at_once_in_one_event_loop() -> None:
    async def squares() -> list[Value]:
        results = await asyncio.gather(*(run_async(f"{n} ** 2") for n in range(6)))
        return [result.value for result in results]

    assert asyncio.run(squares()) == [n**2 for n in range(6)]


def test_the_event_loop_goes_on() -> None:
    async def count() -> int:
        ticks = 0
        running = asyncio.ensure_future(run_async("import time; time.sleep(0.3)"))
        while not running.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return ticks

    assert asyncio.run(count()) > 5


def test_async_failures() -> None:
    with pytest.raises(cloudabi.ProgramError, match="ZeroDivisionError"):
        asyncio.run(run_async("1 / 0"))
    assert asyncio.run(run_async("1 / 0", check=False)).exit == 1


def test_importing_the_package_is_cheap() -> None:
    """The launcher pays for nothing of this interface."""
    code = "import sys; old = {*sys.modules}; import cloudabi; print(*sorted({*sys.modules} - old))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["__future__", "cloudabi", "cloudabi._record"]


def test_type_checkers_are_told_that_there_are_types() -> None:
    assert (Path(cloudabi.__file__ or "").parent / "py.typed").exists()


def test_every_public_name_is_what_type_checkers_see() -> None:
    assert cloudabi.__file__ is not None
    tree = ast.parse(Path(cloudabi.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    found = {
        alias.name: getattr(importlib.import_module(node.module or ""), alias.name)
        for node in imports
        if node.module not in ("__future__", "importlib", "cloudabi._record")
        for alias in node.names
    }
    assert sorted(found) == sorted(cloudabi.__all__)
    assert all(getattr(cloudabi, name) is thing for name, thing in found.items())
    assert set(cloudabi.__all__) <= set(dir(cloudabi))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        cloudabi.nothing  # type: ignore[attr-defined]  # noqa: B018

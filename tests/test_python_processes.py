# SPDX-License-Identifier: BSD-2-Clause
"""cloudabi.spawn(): Python programs in a sandbox that start other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

import cloudabi
from harness import STDLIB, SYSROOT, python_manifest, run
from libc_harness import compiled


def run_python(folder: Path, code: str, processes: str = "3") -> str:
    """Run Python source that may start tests/c/spawn.c; returns what it printed."""
    (folder / "file").write_text("contents\n")
    args = f"""{{
        program: !file {{path: '{compiled("spawn")}', mode: exec}},
        file: !file {{path: '{folder}/file'}},
        output: !fd stdout,
        python: !file {{path: '{SYSROOT}/bin/python3', mode: exec}},
        library: !file {{path: '{STDLIB}'}},
    }}"""
    limits = f"{{processes: {processes}}}"
    result = run(python_manifest(code, args=args, limits=limits))
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


START = """
import cloudabi, errno, select, sys, time
from cloudabi.argdata import Fd
args = sys.argdata
def start(what):
    given = {"what": what, "output": args["output"], "file": args["file"]}
    return cloudabi.spawn(args["program"], given)
"""


def test_ends(tmp_path: Path) -> None:
    printed = run_python(
        tmp_path,
        START
        + """
with start("leave") as process:
    print(process.wait(), process.returncode, process.wait(1))
with start("abort") as process:
    print(process.wait())
with start("look") as process:
    print(process.wait())
print(repr(process))
""",
    )
    assert printed == "21 21 21\n-1\n33\n<Process: ended with 33>\n"


def test_waiting_and_killing(tmp_path: Path) -> None:
    printed = run_python(
        tmp_path,
        START
        + """
process = start("stay")
print(process.returncode, select.select([process], [], [], 0.01))
for timeout in 0.01, -0.5:
    try:
        process.wait(timeout)
    except TimeoutError as error:
        print(error)
process.kill()
print(process.returncode, process.wait())
process.close()
try:
    process.fileno()
except ValueError as error:
    print(error)
process = start("leave")
print(process.wait(float("inf")))
process.close()
process = start("leave")
print(select.select([process], [], [])[0] == [process], process.wait())
process.close()
print(process.wait())
""",
    )
    lines = ["None ([], [], [])", *["the process has not ended"] * 2]
    lines += ["-10 -10", "the process is closed", "21"]
    assert printed.splitlines() == [*lines, "True 21", "21"]


def test_errors(tmp_path: Path) -> None:
    printed = run_python(
        tmp_path,
        START
        + """
for program in (args["file"], args["output"], 999):
    try:
        cloudabi.spawn(program)
    except OSError as error:
        print(errno.errorcode[error.errno])
try:
    cloudabi.spawn(args["program"], {1, 2})
except cloudabi.ArgdataError as error:
    print(error)
processes = [start("stay"), start("stay")]
try:
    start("stay")
except BlockingIOError as error:
    print(errno.errorcode[error.errno])
del processes
print(start("leave").wait())
""",
    )
    errors = ["EBADF", "EACCES", "EBADF", "a set has no argdata form", "EAGAIN", "21"]
    assert printed.splitlines() == errors


def test_one_process_alone(tmp_path: Path) -> None:
    printed = run_python(
        tmp_path,
        START
        + """
try:
    start("leave")
except BlockingIOError as error:
    print(errno.errorcode[error.errno])
""",
        "1",
    )
    assert printed == "EAGAIN\n"


def test_python_starts_python(tmp_path: Path) -> None:
    """The interpreter is a program like others; it gets its library and what it is to do."""
    printed = run_python(
        tmp_path,
        START
        + """
given = {
    "command": "import sys; print('hello from', sys.argdata['who'], len(sys.path))",
    "path": [args["library"]],
    "stdout": args["output"],
    "args": {"who": "a child"},
}
with cloudabi.spawn(args["python"], given) as process:
    print(process.wait(), flush=True)
given["command"] = "import cloudabi; cloudabi.spawn(0)"
given["stderr"] = args["output"]
with cloudabi.spawn(args["python"], given) as process:
    print(process.wait(), flush=True)
""",
    )
    first, *trace, last = printed.splitlines()
    assert (first, last) == ("hello from a child 1", "1")
    assert trace[0] == "0"
    assert trace[-1].startswith("PermissionError")


def test_outside_of_a_sandbox() -> None:
    with pytest.raises(RuntimeError, match="inside a sandbox only"):
        cloudabi.spawn(0)

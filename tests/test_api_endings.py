# SPDX-License-Identifier: BSD-2-Clause
"""How runs of the API can end: each way has its exception, whatever the program says."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from api_harness import nothing_is_left
from cloudabi import (
    CrashError,
    ExitError,
    LimitError,
    Limits,
    PolicyError,
    ProgramError,
    ResultError,
    RunError,
    SandboxError,
    run,
    run_async,
)
from cloudabi.argdata import encode
from cloudabi.failures import failure
from cloudabi.outcome import Ending

CRASH = "from cloudabi._argdata import ffi; ffi.cast('char *', 8)[0]"
# What the API's own part of the program keeps to itself is no secret to code that looks for it.
FIND_REPLY = """
import os, sys
frame = sys._getframe()
while "reply" not in frame.f_locals:
    frame = frame.f_back
reply = frame.f_locals["reply"].fileno()
"""


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    with nothing_is_left():
        yield


def failure_of(code: str, **options: Any) -> RunError:
    with pytest.raises(RunError) as caught:
        run(code, **options)
    assert caught.value.result is not None
    assert caught.value.result.error is caught.value
    unchecked = run(code, check=False, **options)
    assert type(unchecked.error) is type(caught.value)
    return caught.value


def test_an_uncaught_exception() -> None:
    error = failure_of("import sys\ndef f():\n    raise KeyError('k')\nf()")
    assert isinstance(error, ProgramError)
    assert (error.type, error.message, error.status) == ("KeyError", "'k'", 1)
    assert "line 3, in f\n    raise KeyError('k')\n" in error.traceback
    assert error.result is not None
    assert error.result.stderr.decode() == error.traceback
    assert (error.result.exit, error.result.value) == (1, None)


def test_a_syntax_error() -> None:
    error = failure_of("x = = 1")
    assert isinstance(error, ProgramError)
    assert str(error) == "SyntaxError: invalid syntax (<code>, line 1)"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("import sys; sys.exit(3)", 3),
        ("import os; os._exit(4)", 4),
        ("raise SystemExit('gone')", 1),
    ],
)
def test_a_status(code: str, status: int) -> None:
    error = failure_of(code)
    assert isinstance(error, ExitError)
    assert error.status == status


@pytest.mark.parametrize(
    "code", ["import sys; sys.exit()", "import os; os._exit(0)", "raise SystemExit(0)"]
)
def test_an_exit_without_fault(code: str) -> None:
    result = run(code)
    assert (result.value, result.exit, result.error) == (None, 0, None)


@pytest.mark.parametrize(
    ("code", "path", "reason"),
    [
        ("{1, 2}", "value", "a set has no argdata form"),
        ("{'x': [0, {'y': print}]}", "value.x[1].y", "a builtin_function_or_method has no"),
        ("'\\ud800'", "value", "surrogate"),
        ("x = []\nfor _ in range(70): x = [x]\nx", "value", "nest deeper"),
        ("b'x' * (17 << 20)", "", "16777216 are allowed"),
    ],
)
def test_a_value_that_cannot_come_back(code: str, path: str, reason: str) -> None:
    error = failure_of(code)
    assert isinstance(error, ResultError)
    assert error.path.startswith(path)
    assert reason in error.reason
    assert error.result is not None
    assert error.result.exit == 0


@pytest.mark.parametrize(
    ("code", "limits", "limit"),
    [
        ("while True: pass", Limits(cpu="200 ms"), "cpu"),
        ("import time; time.sleep(60)", Limits(wall=0.2), "wall"),
        ("print('x' * 2000)", Limits(output=1000), "output"),
    ],
)
def test_limits(code: str, limits: Limits, limit: str) -> None:
    error = failure_of(code, limits=limits)
    assert isinstance(error, LimitError)
    assert (error.limit, error.status) == (limit, 124)


@pytest.mark.parametrize(
    "code",
    [
        "b'x' * (1 << 30)",
        "x = []\nwhile True: x.append(bytes(1 << 16))",
        "def f():\n  x = []\n  while True: x.append([0] * 999)\nf()",
    ],
)
def test_a_limit_of_memory_is_an_exception_of_the_program(code: str) -> None:
    """And it can be told, although there is no memory left."""
    error = failure_of(code, limits=Limits(memory="128 MiB"))
    assert isinstance(error, ProgramError)
    assert error.type == "MemoryError"
    assert code.splitlines()[-1] in error.traceback


def test_a_traceback_of_very_many_calls() -> None:
    deep = "import sys\nsys.setrecursionlimit(200_000)\ndef f(): f()\nf()"
    error = failure_of(deep, timeout=60)
    assert isinstance(error, ProgramError)
    assert error.type == "RecursionError"
    assert len(error.traceback) < 1000


def test_a_timeout_is_a_limit_of_wall_time() -> None:
    start = time.monotonic()
    error = failure_of("while True: pass", timeout=0.3)
    assert isinstance(error, LimitError)
    assert error.limit == "wall"
    assert time.monotonic() - start < 5
    for limits in (Limits(wall=0.2), Limits(wall=100)):
        assert isinstance(failure_of("while True: pass", timeout=0.3, limits=limits), LimitError)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), 1e300])
def test_timeouts_that_make_no_sense(timeout: float) -> None:
    with pytest.raises(ValueError, match="`timeout` is not an amount"):
        run("1", timeout=timeout)


def test_output_is_kept_up_to_a_limit() -> None:
    error = failure_of("while True: print('x' * 1000)", limits=Limits(output=5000))
    assert error.result is not None
    assert len(error.result.stdout) + len(error.result.stderr) == 5000
    flood = run("while True: print('x' * 100000)", check=False)
    assert isinstance(flood.error, LimitError)
    assert len(flood.stdout) == 16 * 2**20


def test_a_crash() -> None:
    error = failure_of(CRASH)
    assert isinstance(error, CrashError)
    assert (error.signal, error.status) == (signal.SIGSEGV, 128 + signal.SIGSEGV)


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (Ending("policy", 123, call="execve", number=59), PolicyError),
        (Ending("interrupted", 143, signal=15), CrashError),
        (Ending("failed", 125, reason="no memory"), SandboxError),
        (Ending("failed", 125), SandboxError),
    ],
)
def test_endings_that_no_code_here_brings_about(ending: Ending, kind: type[RunError]) -> None:
    error = failure(ending)
    assert type(error) is kind
    assert error.status == ending.status
    assert str(error)
    if isinstance(error, PolicyError):
        assert error.call == "execve"


def reply_with(data: bytes) -> str:
    return f"{FIND_REPLY}\nos.write(reply, {data!r})\nos._exit(0)"


def framed(value: Any) -> bytes:
    data, _ = encode(value)
    return len(data).to_bytes(8, "big") + data


NESTED = b""
for _ in range(80):
    size = len(NESTED)
    prefix = bytes([0x80 | size]) if size < 128 else bytes([size >> 7, 0x80 | size & 127])
    NESTED = b"\7" + prefix + NESTED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff" * 8, "bytes, 16777216 are allowed"),
        (b"junk that is long enough", "are allowed"),
        ((5).to_bytes(8, "big") + b"\xee" * 5, "tag"),
        ((100).to_bytes(8, "big") + b"\7", ""),
        (len(NESTED).to_bytes(8, "big") + NESTED, "deep"),
        (framed([1, 2]), "no map"),
        (framed("value"), "no map"),
        (framed({"error": 1}), "makes no sense"),
        (framed({"error": {"type": "E", "message": 1, "traceback": ""}}), "makes no sense"),
        (framed({"refused": {}}), "makes no sense"),
        (framed({"refused": [1]}), "makes no sense"),
    ],
)
def test_a_reply_that_makes_no_sense(data: bytes, reason: str) -> None:
    error = failure_of(reply_with(data))
    assert isinstance(error, ResultError)
    assert reason in error.reason


def test_the_first_reply_counts() -> None:
    assert run(f"{FIND_REPLY}\nos.write(reply, {framed({'value': 1})!r})\n2").value == 1
    assert run(reply_with(framed({}))).value is None


def test_a_forged_error_cannot_command_a_terminal() -> None:
    problem = {"type": "E\x1b[2J", "message": "\r\n\x07" + "x" * 9999, "traceback": "\x1bc\n" * 999}
    error = failure_of(reply_with(framed({"error": problem})))
    assert isinstance(error, ProgramError)
    shown = str(error) + "".join(error.__notes__)
    assert shown.replace("\n", "").isprintable()
    assert len(shown) < 10_000
    assert error.type == "E\x1b[2J"


def test_the_reply_cannot_grow() -> None:
    code = f"{FIND_REPLY}\ntry:\n  os.ftruncate(reply, 1 << 30)\nexcept OSError: pass\nos._exit(0)"
    assert run(code).value is None


def test_cancelling_ends_the_program() -> None:
    async def cancelled() -> None:
        running = asyncio.ensure_future(run_async("while True: pass"))
        await asyncio.sleep(0.3)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())


def test_an_asyncio_timeout_ends_the_program() -> None:
    async def timed() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await run_async("while True: pass")

    asyncio.run(timed())


def test_an_interrupt_ends_the_program() -> None:
    def interrupt() -> None:
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        run("while True: pass")


def test_the_end_of_the_host_ends_the_program(tmp_path: Path) -> None:
    code = f"""
    import cloudabi
    log = cloudabi.File({str(tmp_path / "log")!r}, "append")
    cloudabi.run('''
    import sys, time
    while True:
        sys.argdata["log"].write(b"x")
        time.sleep(0.01)
    ''', files={{"log": log}})
    """
    with subprocess.Popen([sys.executable, "-c", dedent(code)]) as host:
        while not (tmp_path / "log").exists() or (tmp_path / "log").stat().st_size == 0:
            time.sleep(0.01)
        host.kill()
    time.sleep(0.3)
    size = (tmp_path / "log").stat().st_size
    time.sleep(0.2)
    assert (tmp_path / "log").stat().st_size == size

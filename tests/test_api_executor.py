# SPDX-License-Identifier: BSD-2-Clause
"""SandboxExecutor does what CPython's tests expect of an executor, and survives its workers."""

from __future__ import annotations

import concurrent.futures as futures
import gc
import os
import re
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api_harness import nothing_is_left
from cloudabi import (
    ArgdataError,
    CrashError,
    Directory,
    ExitError,
    File,
    GrantError,
    LimitError,
    Limits,
    ProgramError,
    ResultError,
    SandboxExecutor,
)

PLUGIN = """
import os, sys, threading, time

COUNT = 0

def count():
    global COUNT
    COUNT += 1
    return COUNT

def given():
    return sys.argdata["settings"], sys.argdata["file"].read()

def pause(seconds, value):
    time.sleep(seconds)
    return value

def capture(*args, **kwargs):
    return [args, kwargs]

def endless():
    while True:
        pass

def leave(status):
    os._exit(status)

def crash():
    from cloudabi._argdata import ffi
    ffi.cast("char *", 8)[0]

def connection():
    frame = sys._getframe()
    while "connection" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["connection"]

def hang_up(then):
    os.close(connection().detach())
    time.sleep(then)

def say(data):
    connection().sendall(data)
    return "said"

def say_later(data):
    there = connection()
    threading.Timer(0.1, lambda: there.sendall(data)).start()
    return "will say"

class Calculator:
    @staticmethod
    def double(x):
        return 2 * x
"""


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    with nothing_is_left():
        yield
        gc.collect()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plugin.py").write_text(PLUGIN)
    return tmp_path


@pytest.fixture
def executor(folder: Path) -> Iterator[SandboxExecutor]:
    with SandboxExecutor(2, path=[Directory(folder)]) as made:
        yield made


@pytest.fixture
def single(folder: Path) -> Iterator[SandboxExecutor]:
    with SandboxExecutor(1, path=[Directory(folder)]) as made:
        yield made


def test_submit(executor: SandboxExecutor) -> None:
    assert executor.submit(pow, 2, 8).result() == 256
    assert executor.submit("plugin:Calculator.double", 21).result() == 42


def test_submit_keywords(executor: SandboxExecutor) -> None:
    assert executor.submit("plugin:capture", 1, self=2, fn=3).result() == [
        [1],
        {"self": 2, "fn": 3},
    ]
    assert executor.submit(int, "ff", base=16).result() == 255
    with pytest.raises(TypeError):
        executor.submit(fn="plugin:capture")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        executor.submit()  # type: ignore[call-arg]


def test_map(executor: SandboxExecutor) -> None:
    assert list(executor.map(pow, range(10), range(10))) == list(map(pow, range(10), range(10)))
    assert list(executor.map(pow, range(10), range(10), chunksize=3)) == [n**n for n in range(10)]


def test_map_exception(executor: SandboxExecutor) -> None:
    results = executor.map(divmod, [1, 1, 1, 1], [2, 3, 0, 5])
    assert [next(results), next(results)] == [[0, 1], [0, 1]]
    with pytest.raises(ProgramError, match="ZeroDivisionError"):
        next(results)


def test_map_timeout(executor: SandboxExecutor) -> None:
    results = executor.map(time.sleep, [0, 0, 1000], timeout=5)
    assert next(results) is None
    with pytest.raises(futures.TimeoutError):
        list(results)
    executor.kill_workers()


def test_the_traceback_of_a_task(single: SandboxExecutor) -> None:
    error = single.submit("plugin:pause", "x", 1).exception()
    assert isinstance(error, ProgramError)
    assert error.type == "TypeError"
    assert re.search(
        r'File "/dev/fd/\d+/plugin.py", line \d+, in pause\n    time.sleep', error.traceback
    )
    assert "_guest" not in error.traceback


def test_shutdown_race_of_issue12456(executor: SandboxExecutor) -> None:
    executor.map(str, [2] * (2 + 1))
    executor.shutdown()


def test_no_stale_references(executor: SandboxExecutor) -> None:
    class Numbers(list[int]):
        pass

    numbers = Numbers([1, 2])
    collected = threading.Event()
    weakref.finalize(numbers, collected.set)
    assert executor.submit(sum, numbers).result() == 3
    del numbers
    assert collected.wait(5)


def test_results_are_freed(executor: SandboxExecutor) -> None:
    for result in executor.map("plugin:capture", range(4)):
        reference = sys.getrefcount(result)
        assert reference <= 2


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_that_make_no_sense(number: int) -> None:
    with pytest.raises(ValueError, match="max_workers must be greater than 0"):
        SandboxExecutor(max_workers=number)
    with pytest.raises(ValueError, match="max_tasks_per_child must be >= 1"):
        SandboxExecutor(1, max_tasks_per_child=number)
    with pytest.raises(ValueError, match="timeout must be greater than 0"):
        SandboxExecutor(1, timeout=number)


def test_run_after_shutdown(executor: SandboxExecutor) -> None:
    executor.shutdown()
    with pytest.raises(RuntimeError):
        executor.submit(pow, 2, 5)


def test_shutdown_without_waiting(folder: Path) -> None:
    executor = SandboxExecutor(2, path=[Directory(folder)])
    pending = executor.map(abs, range(-5, 5))
    executor.shutdown(wait=False)
    assert list(pending) == list(map(abs, range(-5, 5)))


def test_shutdown_does_what_was_submitted_as_issue12364_asks(folder: Path) -> None:
    executor = SandboxExecutor(2, path=[Directory(folder)])
    tasks = [executor.submit("time:sleep", 0.005) for _ in range(50)]
    executor.shutdown()
    assert [task.result() for task in tasks] == [None] * 50


def test_shutdown_cancels_what_no_worker_has_begun(folder: Path) -> None:
    executor = SandboxExecutor(2, path=[Directory(folder)])
    tasks = [executor.submit("plugin:pause", 0.2, n) for n in range(30)]
    executor.shutdown(cancel_futures=True)
    cancelled = [task for task in tasks if task.cancelled()]
    assert len(cancelled) >= 20
    assert all(task.result() == n for n, task in enumerate(tasks) if not task.cancelled())


def test_cancelling(single: SandboxExecutor) -> None:
    running = single.submit("plugin:pause", 0.5, 1)
    waiting = single.submit("plugin:pause", 0.5, 2)
    while not running.running():
        time.sleep(0.01)
    assert not running.cancel()
    assert waiting.cancel()
    assert running.result() == 1
    with pytest.raises(futures.CancelledError):
        waiting.result()


def test_deleting_an_executor_ends_its_workers(folder: Path) -> None:
    executor = SandboxExecutor(2, path=[Directory(folder)])
    results = executor.map(abs, range(-5, 5))
    threads = [thread for thread in threading.enumerate() if "SandboxExecutor" in thread.name]
    del executor
    for thread in threads:
        thread.join()
    assert list(results) == list(map(abs, range(-5, 5)))


def test_the_end_of_the_interpreter(folder: Path) -> None:
    """What was submitted is still done; then everything ends by itself."""
    code = f"""if True:
    from cloudabi import Directory, File, SandboxExecutor
    executor = SandboxExecutor(1, path=[Directory({str(folder)!r})])
    executor.submit("plugin:pause", 0.3, 7).add_done_callback(lambda f: print(f.result()))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "7\n", "")


def test_submitting_after_the_end_of_the_interpreter() -> None:
    code = """if True:
    import atexit, cloudabi
    executor = cloudabi.SandboxExecutor(1)
    @atexit.register
    def late():
        try:
            executor.submit(abs, -1)
        except RuntimeError:
            print("too late")
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "too late\n", "")


def test_waiting(executor: SandboxExecutor) -> None:
    tasks = [executor.submit("plugin:pause", 0.05 * n, n) for n in (3, 1, 2)]
    done, pending = futures.wait(tasks, return_when=futures.FIRST_COMPLETED)
    assert done
    assert len(done) + len(pending) == 3
    assert {task.result() for task in futures.as_completed(tasks)} == {1, 2, 3}


def test_what_workers_are_given(folder: Path) -> None:
    (folder / "file").write_text("content")
    with SandboxExecutor(
        1,
        path=[Directory(folder)],
        args={"settings": [1, 2]},
        files={"file": File(folder / "file")},
    ) as executor:
        assert executor.submit("plugin:given").result() == [[1, 2], b"content"]


def test_what_cannot_be_granted() -> None:
    with SandboxExecutor(1, path=[Directory("/none")]) as executor:
        assert isinstance(executor.submit(abs, 1).exception(), GrantError)
        assert isinstance(executor.submit(abs, 1).exception(), GrantError)


@pytest.mark.parametrize("function", [lambda: 1, [].append, "x".join, (3).__add__])
def test_functions_without_a_name_of_their_own(function: Any) -> None:
    with SandboxExecutor(1) as executor, pytest.raises(TypeError, match="cannot import"):
        executor.submit(function)


@pytest.mark.parametrize("name", ["", "abs", "module:", ":abs", "a b:c", "m:f()", "m:f:g", "m.:f"])
def test_names_that_are_none(name: str) -> None:
    with SandboxExecutor(1) as executor, pytest.raises(ValueError, match="module:function"):
        executor.submit(name)


def test_arguments_and_results_without_a_form(single: SandboxExecutor) -> None:
    error = single.submit(len, {1, 2}).exception()
    assert isinstance(error, ArgdataError)
    assert error.path == "args[0]"
    assert "a set has no argdata form" in error.message
    error = single.submit(set, [1]).exception()
    assert isinstance(error, ResultError)
    assert (error.path, error.reason) == ("value", "a set has no argdata form")
    assert isinstance(single.submit(len, b"x" * (17 << 20)).exception(), ArgdataError)
    assert isinstance(single.submit(bytes, 17 << 20).exception(), ResultError)


def test_a_worker_keeps_its_state(single: SandboxExecutor) -> None:
    assert [single.submit("plugin:count").result() for _ in range(3)] == [1, 2, 3]
    assert isinstance(single.submit(divmod, 1, 0).exception(), ProgramError)
    assert isinstance(single.submit(len, {1}).exception(), ArgdataError)
    assert isinstance(single.submit(set).exception(), ResultError)
    assert single.submit("plugin:count").result() == 4


def test_max_tasks_per_child(folder: Path) -> None:
    with SandboxExecutor(1, path=[Directory(folder)], max_tasks_per_child=2) as executor:
        assert [executor.submit("plugin:count").result() for _ in range(5)] == [1, 2, 1, 2, 1]


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        (("plugin:leave", 3), ExitError),
        (("plugin:leave", 0), ExitError),
        (("plugin:crash",), CrashError),
        (("plugin:hang_up", 0), ExitError),
        (("plugin:hang_up", 60), ResultError),
        (("plugin:say", b"x" * 8), ResultError),
        (("plugin:say", b"\0" * 8), ResultError),
        (("plugin:say", (9).to_bytes(8, "big") + b"\6" * 9), ResultError),
        (("plugin:say", (2).to_bytes(8, "big") + b"\x05\1"), ResultError),
    ],
)
def test_a_worker_that_fails_is_replaced(
    single: SandboxExecutor, task: tuple[Any, ...], kind: type[Exception]
) -> None:
    assert single.submit("plugin:count").result() == 1
    assert type(single.submit(*task).exception()) is kind
    assert single.submit("plugin:count").result() == 1


def test_a_worker_that_speaks_unasked_is_replaced(single: SandboxExecutor) -> None:
    single.submit("plugin:count").result()
    assert single.submit("plugin:say_later", b"\0" * 8).result() == "will say"
    time.sleep(0.3)
    assert single.submit("plugin:count").result() == 1


def test_a_timeout_ends_the_worker(folder: Path) -> None:
    with SandboxExecutor(1, path=[Directory(folder)], timeout=3) as executor:
        executor.submit("plugin:count").result()
        start = time.monotonic()
        error = executor.submit("plugin:endless").exception()
        assert isinstance(error, LimitError)
        assert error.limit == "wall"
        assert 3 <= time.monotonic() - start < 10
        assert executor.submit("plugin:count").result() == 1


def test_a_limit_ends_the_worker(folder: Path) -> None:
    limits = Limits(cpu="1 s")
    with SandboxExecutor(1, path=[Directory(folder)], limits=limits) as executor:
        error = executor.submit("plugin:endless").exception()
        assert isinstance(error, LimitError)
        assert error.limit == "cpu"
        assert executor.submit(abs, -1).result() == 1


def test_an_idle_worker_that_ended_fails_no_task(folder: Path) -> None:
    with SandboxExecutor(1, path=[Directory(folder)], limits=Limits(wall=3)) as executor:
        assert executor.submit("plugin:count").result() == 1
        time.sleep(3.3)
        assert executor.submit("plugin:count").result() == 1


def test_killing_the_workers(folder: Path) -> None:
    executor = SandboxExecutor(2, path=[Directory(folder)])
    tasks = [executor.submit("plugin:endless") for _ in range(4)]
    while not (tasks[0].running() and tasks[1].running()):
        time.sleep(0.01)
    executor.kill_workers()
    assert [type(task.exception()) for task in tasks if not task.cancelled()] == [CrashError] * 2
    assert [task.cancelled() for task in tasks] == [False, False, True, True]


def test_large_tasks_and_results(executor: SandboxExecutor) -> None:
    data = os.urandom(3 << 20)
    copies = executor.map(bytes, [data] * 6)
    assert all(copy == data for copy in copies)

# SPDX-License-Identifier: BSD-2-Clause
"""Sandboxes as other code uses them: stepwise, from threads, and carelessly."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from api_harness import children
from cloudabi import launcher, sandbox
from cloudabi._record import Record
from cloudabi.manifest import Manifest, parse
from cloudabi.outcome import Outcome, limit_reached
from cloudabi.resources import ALL, Descriptor
from harness import wait_until_gone
from launcher_harness import compiled

PARTS = launcher.installation()


@pytest.fixture(scope="module")
def misbehave(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program tests/launcher/misbehave.c."""
    return str(compiled("misbehave", tmp_path_factory.mktemp("misbehave")))


def manifest(how: str, limits: str = "{}", output: str = "!fd stdout") -> Manifest:
    text = f"!program\nargs: {{output: {output}, how: {how}}}\nlimits: {limits}\n"
    return parse(text.encode(), "test.yaml", for_python=False)


def changed(record: Record, **values: object) -> Manifest:
    fields = {name: getattr(record, name) for name in record._fields}
    return Manifest(**fields | values)


def started(program: str, how: str, limits: str = "{}") -> sandbox.Sandbox:
    return sandbox.start(manifest(how, limits), program, PARTS, captures={"output": None})


@pytest.fixture
def brokers() -> Callable[[], set[int]]:
    """Tells what processes the test has started; fixtures of other files may hold some, too."""
    before = children()
    return lambda: children() - before


def test_captured_output(misbehave: str) -> None:
    with started(misbehave, "threads", "{threads: 4}") as running:
        outcome = running.wait()
    assert outcome.ending.kind == "exited"
    assert outcome.output == {"output": b"3"}
    assert outcome.usage.wall_ns > 0


def test_a_capture_has_a_limit_of_its_own(misbehave: str) -> None:
    captures = {"output": 1000}
    with sandbox.start(manifest("flood"), misbehave, PARTS, captures=captures) as running:
        outcome = running.wait()
    assert outcome.ending == limit_reached("output", 1000)
    assert len(outcome.output["output"]) == 1000


def test_steps_in_an_event_loop(misbehave: str) -> None:
    """step() never waits, and fileno() is readable until there is an outcome."""
    with started(misbehave, "wait", "{wall: 300 ms}") as running:
        slowest, outcome = 0.0, None
        while outcome is None:
            assert select.select([running], [], [], 20)[0]
            start = time.thread_time()
            outcome = running.step()
            slowest = max(slowest, time.thread_time() - start)
        assert running.step() is outcome
    assert outcome.ending == limit_reached("wall", 300 * 10**6)
    assert slowest < 0.1


def test_a_sandbox_is_killed_from_another_thread(misbehave: str) -> None:
    with started(misbehave, "wait") as running:
        reason = limit_reached("wall", 1)
        timer = threading.Timer(0.2, running.kill, [reason])
        timer.start()
        assert running.wait().ending == reason
        running.kill()
        timer.join()


def test_many_threads_kill_at_once(misbehave: str) -> None:
    with started(misbehave, "spin") as running:
        threads = [
            threading.Thread(target=running.kill, kwargs={"at_once": i > 4}) for i in range(9)
        ]
        for thread in threads:
            thread.start()
        assert running.wait().ending.kind == "interrupted"
        for thread in threads:
            thread.join()


def test_nothing_runs_after_the_end_of_the_with_statement(
    misbehave: str, brokers: Callable[[], set[int]]
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with started(misbehave, "wait"):
        (broker,) = brokers()
    assert brokers() == set()
    wait_until_gone(broker)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_forgotten_sandbox_is_ended(misbehave: str, brokers: Callable[[], set[int]]) -> None:
    before = len(os.listdir("/proc/self/fd"))
    forgotten = [started(misbehave, "wait")]
    with pytest.warns(ResourceWarning, match="was left running"):
        forgotten.clear()
    assert brokers() == set()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_forks_copy_is_not_the_sandbox(misbehave: str) -> None:
    with started(misbehave, "wait", "{wall: 500 ms}") as running:
        pid = os.fork()
        if pid == 0:
            running.__del__()
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        assert running.wait().ending.kind == "limit"


def test_a_forks_copies_keep_nothing_alive(misbehave: str) -> None:
    """A child that holds copies of all our pipes does not delay the end."""
    with started(misbehave, "wait", "{wall: 200 ms}") as running:
        pid = os.fork()
        if pid == 0:
            time.sleep(600)
            os._exit(0)
        try:
            assert running.wait().ending.kind == "limit"
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def test_descriptors_are_handed_over_as_they_are(misbehave: str) -> None:
    reader, writer = os.pipe()
    wanted = manifest("threads", "{threads: 2}")
    resource = Descriptor(None, "args.mine", writer, ALL, ALL)
    value = wanted.value | {"output": resource}
    wanted = changed(wanted, value=value, resources=(resource,))
    with sandbox.start(wanted, misbehave, PARTS) as running:
        assert running.wait().ending.kind == "exited"
    assert os.read(reader, 10) == b"1"
    os.close(writer)  # it is still ours
    os.close(reader)


@pytest.fixture
def ignored_children() -> Iterator[None]:
    former = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGCHLD, former)


@pytest.mark.usefixtures("ignored_children")
def test_a_host_that_ignores_its_children(misbehave: str) -> None:
    with started(misbehave, "threads", "{threads: 3}") as running:
        outcome = running.wait()
    assert (outcome.ending.kind, outcome.output["output"]) == ("exited", b"2")


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process that is nobody's child here."""
    with subprocess.Popen(["sh", "-c", "sleep 100 & echo $!"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        yield pid
        os.kill(pid, signal.SIGKILL)


@pytest.mark.usefixtures("ignored_children")
@pytest.mark.parametrize("has_stranger", [False, True])
def test_a_broker_that_is_forgotten_before_it_is_watched(
    misbehave: str,
    stranger: int,
    monkeypatch: pytest.MonkeyPatch,
    has_stranger: bool,
) -> None:
    """Its report is read; a stranger that has its number by then is left alone."""
    spawn = os.posix_spawn

    def spawn_and_wait(*arguments: Any, **options: Any) -> int:
        pid = spawn(*arguments, **options)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
        return stranger if has_stranger else pid

    monkeypatch.setattr(os, "posix_spawn", spawn_and_wait)
    with started(misbehave, "threads", "{threads: 3}") as running:
        monkeypatch.undo()
        assert select.select([running], [], [], 60)[0] == [running]
        running.kill()
        outcome = running.wait()
    assert (outcome.ending.kind, outcome.output["output"]) == ("exited", b"2")


def test_an_end_that_somebody_else_took_note_of(
    misbehave: str, brokers: Callable[[], set[int]]
) -> None:
    with started(misbehave, "threads", "{threads: 4}") as running:
        (broker,) = brokers()
        os.waitpid(broker, 0)
        running.kill()
        assert running.wait().ending.kind == "exited"


def test_descriptors_on_their_way(misbehave: str) -> None:
    """Others of the same user have all that there may be, for a moment."""
    near, far = socket.socketpair()
    for _ in range(100):
        socket.send_fds(near, [b"x"], [near.fileno()])
    with started(misbehave, "threads", "{threads: 3, files: 32}") as running:
        time.sleep(0.05)
        near.close()
        far.close()
        assert running.wait().listener


def test_a_broker_that_is_killed(misbehave: str, brokers: Callable[[], set[int]]) -> None:
    with started(misbehave, "wait") as running:
        os.kill(brokers().pop(), signal.SIGKILL)
        outcome: Outcome = running.wait()
    assert outcome.ending.kind == "failed"
    assert outcome.ending.message() == "the broker was killed by signal 9"

# SPDX-License-Identifier: BSD-2-Clause
"""Guests in an emulator: how they start, what holds all the same, and what is refused.

The emulator is that of this machine's own type, so that the usual guest runs in it.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from broker_harness import Grant, Guest, Syscall, guest, opened, run_spec
from broker_harness import start_block as block_of
from cloudabi._installation import installation
from cloudabi.argdata import Fd
from harness import proc_status, wait_until_gone
from runtime_harness import (
    NO_LANDLOCK,
    RUNTIME,
    STAGE_CONFINE,
    compiled,
    start_block,
    started_alone,
)

EMULATED = 8
RESULT_FD = 3  # of a guest with a control socket alone: where the runtime speaks to the broker
ENOSYS, EINVAL = 38, 22


def find_emulator() -> str:
    path = shutil.which(installation().target.emulator)
    assert path is not None, "qemu-user is missing"
    return path


@contextmanager
def emulated(*grants: Grant, **changes: object) -> Iterator[Guest]:
    """A guest in an emulator, which has told that it is there."""
    with opened(find_emulator()) as fd:
        spec = {"emulator": Fd(fd), **changes}
        with guest(*grants, changes=spec, inherited=(fd,)) as held:
            assert held.call(Syscall.WRITE, RESULT_FD + len(grants), b"x", 1) == 1
            yield held


def run_emulated(path: str | Path) -> tuple[int, str]:
    """Run the usual guest, which ends at once, with a file as its emulator."""
    with opened(path) as fd:
        return run_spec([], {"emulator": Fd(fd)}, inherited=(fd,))


def limit(pid: int, number: int) -> int:
    return resource.prlimit(pid, number)[0]


def test_start(tmp_path: Path) -> None:
    """The guest finds what it finds otherwise, and the flag."""
    with opened(tmp_path) as fd, emulated(Grant(fd)) as held:
        assert (held.argc, held.peek_text(held.argv, 1)) == (2, "2")
        assert held.peek(held.environment, 8) == bytes(8)
        assert block_of(held)[0][1] & EMULATED
        # The runtime is what it is loaded from, and the runtime closes that.
        assert sorted(held.fds()) == [0, 1, 2, 3, 4, 5]
        assert held.exit(7) == (7, "")
    with guest() as held:
        assert not block_of(held)[0][1] & EMULATED


def test_what_holds_from_outside() -> None:
    with emulated() as held:
        assert proc_status(held.pid, "NoNewPrivs") == "1"
        assert proc_status(held.pid, "Seccomp") == "0"
        assert os.getsid(held.pid) == held.pid
        assert Path(f"/proc/{held.pid}/environ").read_bytes() == b""
        assert limit(held.pid, resource.RLIMIT_CORE) == 1
        held.broker.kill()
        wait_until_gone(held.pid)


def test_no_memory_dump() -> None:
    """The emulator writes its own ones into the working directory, where it can."""
    with emulated() as held:
        assert os.readlink(f"/proc/{held.pid}/cwd") == "/proc"
        os.kill(held.pid, signal.SIGSEGV)
        status, message = held.wait()
    assert (status, message) == (139, "killed by signal 11 (Segmentation fault)")


@pytest.mark.parametrize(("files", "bound"), [(None, 1024), (3, 14), (20, 20), (5000, 1024)])
def test_limit_of_files(files: int | None, bound: int) -> None:
    """An emulator needs some before the runtime starts."""
    limits = {} if files is None else {"files": files}
    with emulated(limits=limits) as held:
        assert limit(held.pid, resource.RLIMIT_NOFILE) == bound


def test_no_limit_of_memory() -> None:
    """An emulator that gets none for itself would hang."""
    with emulated(limits={"memory": 64 << 20}) as held:
        assert limit(held.pid, resource.RLIMIT_AS) == resource.RLIM_INFINITY
        assert limit(held.pid, resource.RLIMIT_DATA) == resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "load", "reached"),
    [
        ({"wall": 10**9}, 0, "wall"),
        ({"cpu": 5 * 10**8}, 2, "cpu"),
        ({"threads": 2}, 60, "threads"),
    ],
)
def test_limits_that_the_broker_sees_to(limits: dict[str, int], load: int, reached: str) -> None:
    with emulated(limits=limits) as held:
        with suppress(EOFError):
            held.call(Syscall.BURN, load)
        assert held.wait() == (124, f"reached its limit of {reached}")


class TestRefusals:
    def test_the_emulator_starts_nothing(self) -> None:
        """Its end is not taken for a program's."""
        expected = (125, "the emulator does not start the runtime")
        assert run_emulated("/bin/false") == expected
        assert run_emulated("/bin/true") == expected

    def test_the_emulator_cannot_be_executed(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("no program")
        (tmp_path / "text").chmod(0o755)
        status, message = run_emulated(tmp_path / "text")
        assert status == 125
        assert message.endswith("execveat of the emulator failed: Exec format error")

    def test_the_emulator_is_no_file(self, tmp_path: Path) -> None:
        message = "the emulator is no file opened for reading"
        assert run_emulated(tmp_path) == (125, message)
        with opened(tmp_path / "new", os.O_WRONLY | os.O_CREAT) as fd:
            assert run_spec([], {"emulator": Fd(fd)}, inherited=(fd,)) == (125, message)
        assert run_spec([], {"emulator": Fd(999)}) == (125, message)

    @pytest.mark.parametrize(("flags", "errors"), [(0, {ENOSYS}), (NO_LANDLOCK, {ENOSYS, EINVAL})])
    def test_the_runtime_needs_the_flag(self, flags: int, errors: set[int]) -> None:
        """Whoever emulates it behind the broker's back gets no program run."""
        with (
            opened(compiled("minimal")) as program,
            started_alone(
                program, block=start_block([], flags=flags), wrapper=(find_emulator(),)
            ) as alone,
        ):
            refusal = alone.refusal()
            assert refusal is not None
            assert (refusal.stage, refusal.host_errno in errors) == (STAGE_CONFINE, True)
            assert alone.wait() == 126


def test_a_program_of_cloudabi() -> None:
    """With the real runtime, which says itself that it is there."""
    with (
        opened(find_emulator()) as emulator,
        opened(RUNTIME) as runtime,
        opened(compiled("minimal")) as program,
    ):
        changes = {"emulator": Fd(emulator), "runtime": Fd(runtime), "program": Fd(program)}
        assert run_spec([], changes, inherited=(emulator, runtime, program)) == (0, "")

# SPDX-License-Identifier: BSD-2-Clause
"""The broker's own confinement, tried from inside.

These tests build the broker's files into a program of their own, because nothing in the real one
could be made to try what it must not do.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from broker_harness import abi
from harness import ROOT, scratch
from kernels import numbers
from pybuild.runtime import write_host_calls

EACCES, EXDEV = 13, 18


@cache
def host_calls() -> Path:
    """The folder of what the build generates."""
    write_host_calls(scratch())
    return scratch()


@cache
def built(name: str) -> Path:
    """tests/broker/NAME.c with the broker's files, but for its main()."""
    program = scratch() / name
    sources = [path for path in (ROOT / "broker").glob("*.c") if path.name != "main.c"]
    sources += [ROOT / "argdata" / "argdata.c", ROOT / "tests" / "broker" / f"{name}.c"]
    command = ["clang-16", "-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror"]
    command += ["-D_GNU_SOURCE", f"-I{ROOT}/abi/include", f"-I{ROOT}/argdata"]
    command.append(f"-I{host_calls()}")
    subprocess.run([*command, "-o", str(program), *map(str, sources)], check=True)
    return program


def lines_of(program: Path, arguments: Sequence[str]) -> list[int]:
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


class TestLandlock:
    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        for name in ("granted", "other"):
            (tmp_path / name / "sub").mkdir(parents=True)
            (tmp_path / name / "file").write_text("x")
        return tmp_path

    OPERATIONS = (
        ("read", "file"),
        ("write", "file"),
        ("create", "new"),
        ("mkdir", "made"),
        ("symlink", "link"),
        ("link", "file"),
        ("rename", "file"),
        ("unlink", "file"),
        ("rmdir", "sub"),
        ("ftruncate", "file"),
        ("list", "."),
        ("mkfifo", "fifo"),
    )

    def allowed(self, place: Path, folder: str, rights: int) -> set[str]:
        """The operations that work in a folder when only `granted` is granted with `rights`."""
        found = set()
        for name, path in self.OPERATIONS:
            (place / folder / "file").write_text("x")
            arguments = [name, str(place / folder / path)]
            if name in ("link", "rename", "symlink"):
                arguments.append(str(place / folder / "sub" / "target"))
            rights_and_place = ["landlock", hex(rights), str(place / "granted")]
            (status,) = lines_of(built("confined"), [*rights_and_place, *arguments])
            assert status in (0, EACCES, EXDEV), (name, os.strerror(status))
            if status == 0:
                found.add(name)
                self.undo(place / folder)
        return found

    def undo(self, folder: Path) -> None:
        for name in ("new", "link", "fifo", "sub/target"):
            (folder / name).unlink(missing_ok=True)
        if (folder / "made").exists():
            (folder / "made").rmdir()
        (folder / "sub").mkdir(exist_ok=True)

    @pytest.mark.parametrize(
        ("rights", "expected"),
        [
            ((), set()),
            (("FD_READ",), {"read"}),
            (("FD_WRITE",), {"write"}),
            (("FD_WRITE", "FILE_STAT_FPUT_SIZE"), {"write", "ftruncate"}),
            (("FD_READ", "FILE_CREATE_FILE"), {"read", "create"}),
            (("FILE_CREATE_DIRECTORY",), {"mkdir"}),
            (("FILE_SYMLINK",), {"symlink"}),
            (("FILE_UNLINK",), {"unlink", "rmdir"}),
            (("FILE_LINK_SOURCE",), set()),
            (("FILE_LINK_TARGET",), {"link", "symlink", "mkfifo"}),
            (
                ("FILE_RENAME_SOURCE", "FILE_RENAME_TARGET"),
                {"link", "symlink", "mkfifo", "rename", "mkdir", "unlink", "rmdir"},
            ),
        ],
    )
    def test_rights(self, place: Path, rights: tuple[str, ...], expected: set[str]) -> None:
        """As little as the rights need; what Landlock cannot tell apart, the broker's checks do."""
        bits = sum(getattr(abi, f"RIGHT_{right}") for right in rights)
        assert self.allowed(place, "granted", bits) == expected | {"list"}
        assert self.allowed(place, "other", abi.RIGHTS_ALL) == set()

    def test_nothing_is_executed(self, place: Path) -> None:
        granted = ["landlock", hex(abi.RIGHTS_ALL), "/usr/bin"]
        assert lines_of(built("confined"), [*granted, "execute", "/usr/bin/true"]) == [EACCES]


class TestSeccomp:
    ALLOWED = frozenset(
        """bind close epoll_ctl epoll_pwait epoll_wait exit_group fstatfs fsync getdents64
        getrandom linkat lseek mkdirat openat2 read readlinkat recvfrom renameat2 sendmsg statx
        symlinkat unlinkat utimensat waitid""".split()  # noqa: SIM905 - a list would be a page long
    )

    # Where there may be several processes.
    SEVERAL = ALLOWED | frozenset(
        """clock_gettime memfd_create pidfd_send_signal pwrite64 recvmsg shutdown
        timer_create timer_delete timer_settime""".split()  # noqa: SIM905
    )

    def killed(self, calls: Sequence[str], how: str = "seccomp") -> list[int]:
        return lines_of(built("confined"), [how, *calls])

    def test_every_number(self) -> None:
        """All that the headers know; 335 and 336 are the kernel's own, never asked about."""
        verdicts = self.killed([str(number) for number in numbers().values()])
        allowed = {name for name, verdict in zip(numbers(), verdicts, strict=True) if not verdict}
        assert allowed == self.ALLOWED
        unknown = sorted(set(range(1024)) - set(numbers().values()) - {335, 336})
        assert set(self.killed([str(number) for number in unknown])) == {1}

    def test_every_number_of_several_processes(self) -> None:
        verdicts = self.killed([str(number) for number in numbers().values()], "seccomp-several")
        allowed = {name for name, verdict in zip(numbers(), verdicts, strict=True) if not verdict}
        assert allowed == self.SEVERAL

    def test_arguments_of_several_processes(self) -> None:
        number = numbers()
        control, option = number["fcntl"], number["setsockopt"]
        cases = {
            f"{number['kill']},-GUEST,9": 0,
            f"{number['kill']},-GUEST,15": 1,
            f"{number['kill']},GUEST,9": 1,
            f"{number['kill']},-1,9": 1,
            f"{number['ioctl']},99,0xc0182101": 0,
            f"{number['ioctl']},99,0x40182103": 1,
            f"{option},99,1,16": 0,
            f"{option},99,1,15": 1,
            f"{option},99,6,16": 1,
            f"{control},99,1033,0": 0,
            f"{control},99,1034,0": 0,
            f"{control},99,3,0": 0,
            f"{control},99,8,0": 1,
            f"{number['clone']},17": 1,
            f"{number['execveat']},99": 1,
            f"{number['ptrace']},16": 1,
        }
        assert dict(zip(cases, self.killed(list(cases), "seccomp-several"), strict=True)) == cases

    def test_other_entries(self) -> None:
        """x32 numbers, numbers with high bits, and the entry for 32-bit programs."""
        allowed = [numbers()[name] for name in sorted(self.ALLOWED)]
        assert set(self.killed([str(number | 1 << 30) for number in allowed])) == {1}
        assert self.killed(["-1,20", "1000", "4294967295"]) == [1, 1, 1]

    def test_arguments(self) -> None:
        number = numbers()
        kill, send = number["kill"], number["pidfd_send_signal"]
        pair, control = number["socketpair"], number["fcntl"]
        cases = {
            f"{kill},-GUEST,9": 0,
            f"{send},PIDFD,9": 0,
            f"{kill},GUEST,9": 1,
            f"{kill},-GUEST,15": 1,
            f"{kill},-1,9": 1,
            f"{kill},0,9": 1,
            f"{kill},BROKER,9": 1,
            f"{send},PIDFD,15": 1,
            f"{send},0,9": 1,
            f"{pair},1,{5 | 0o2000000},0,0": 0,
            f"{pair},1,5,0,0": 1,
            f"{pair},2,{5 | 0o2000000},0,0": 1,
            f"{control},99,4,0": 0,
            f"{control},99,1030,0": 0,
            f"{control},99,8,0": 1,
            f"{control},99,1033,0": 1,
            f"{number['ioctl']},99,0x5411": 0,
            f"{number['ioctl']},99,0x5412": 1,
            f"{number['ioctl']},99,0xc0502100": 0,
            f"{number['ioctl']},99,0xc0182101": 1,
            f"{number['ioctl']},99,0x40082102": 1,
            f"{number['ioctl']},99,0x40182103": 1,
            f"{number['recvmsg']},77,0,0": 0,
            f"{number['recvmsg']},78,0,0": 1,
            f"{number['pread64']},78,0,0": 0,
            f"{number['pread64']},77,0,0": 1,
            f"{number['clock_gettime']},1,0": 0,
            f"{number['clock_gettime']},0,0": 1,
        }
        assert dict(zip(cases, self.killed(list(cases)), strict=True)) == cases

    def test_all_64_bits_count(self) -> None:
        number = numbers()["socketpair"]
        calls = [f"{number},{1 | 1 << bit},{5 | 0o2000000},0,0" for bit in range(1, 64)]
        calls += [f"{number},1,{(5 | 0o2000000) ^ 1 << bit},0,0" for bit in range(64)]
        assert set(self.killed(calls)) == {1}

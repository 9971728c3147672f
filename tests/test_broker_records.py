# SPDX-License-Identifier: BSD-2-Clause
"""What the broker tells its launcher: refusals, uses, the guest's own notes, and the end."""

from __future__ import annotations

import errno
import os
import signal
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from broker_harness import (
    AS_USER,
    CLONE,
    CREATE_DIRECTORY,
    DIRECTORY,
    LINK,
    OPEN,
    READDIR,
    READLINK,
    RENAME,
    STAT_FGET,
    STAT_FPUT,
    STAT_GET,
    STAT_PUT,
    SYMLINK,
    SYNC,
    UNLINK,
    Grant,
    Guest,
    Syscall,
    abi,
    fds_of,
    guest,
    opened,
    start_block,
)
from notes_harness import CALLS, DENIED, LIMIT, LINE, NO_FD, NOTE, USED

FD_READ, FILE_OPEN = CALLS.index("fd_read"), CALLS.index("file_open")
DENIALS_MAX, NOTES_MAX = 10_000, 100_000
# Where it is in a guest that holds one directory.
NOTES_FD = 5


@contextmanager
def traced(
    *directories: Path, base: int = abi.RIGHTS_ALL, inheriting: int = abi.RIGHTS_ALL
) -> Iterator[Guest]:
    """A guest that holds directories from descriptor 1 on, and whose run is traced."""
    fds = [os.open(directory, os.O_PATH | os.O_DIRECTORY) for directory in directories]
    try:
        grants = (Grant(fd, base, inheriting) for fd in fds)
        with guest(*grants, changes={"traces": True}) as held:
            yield held
    finally:
        for fd in fds:
            os.close(fd)


def told(held: Guest) -> list[dict[str, Any]]:
    """All records but the last one, after an end that is none of theirs."""
    held.control.shutdown(1)
    *records, last = held.broker.records()
    assert last["ended"]["kind"] == "exited"
    return records


def denials(held: Guest) -> list[dict[str, Any]]:
    return [record["denied"] for record in told(held) if "denied" in record]


def denial(call: str, path: str | bytes | None, **others: Any) -> dict[str, Any]:
    """What is told of a refusal by the broker."""
    usual = {"source": "broker", "thread": 0, "descriptor": 1, "rights": 0, "error": "ENOTCAPABLE"}
    return {"call": call, "path": path} | usual | others


def test_nothing_is_told_unasked(tmp_path: Path) -> None:
    with guest(Grant(os.open(tmp_path, os.O_PATH))) as held:
        assert held.error(1, STAT_GET, "..") == "ENOTCAPABLE"
        assert start_block(held)[0][5] == NO_FD
        assert sorted(held.fds()) == [0, 1, 2, 3, 4]
        assert told(held) == []


class TestDenials:
    @pytest.mark.parametrize(
        ("op", "paths", "call", "right"),
        [
            (OPEN, ("a/b",), "file_open", "FILE_OPEN"),
            (CREATE_DIRECTORY, ("a",), "file_create", "FILE_CREATE_DIRECTORY"),
            (LINK, ("a", "b"), "file_link", "FILE_LINK_SOURCE"),
            (RENAME, ("a", "b"), "file_rename", "FILE_RENAME_SOURCE"),
            (READDIR, (), "file_readdir", "FILE_READDIR"),
            (READLINK, ("a",), "file_readlink", "FILE_READLINK"),
            (STAT_FGET, (), "file_stat_fget", "FILE_STAT_FGET"),
            (STAT_FPUT, (), "file_stat_fput", "FILE_STAT_FPUT_TIMES"),
            (STAT_GET, ("a",), "file_stat_get", "FILE_STAT_GET"),
            (STAT_PUT, ("a",), "file_stat_put", "FILE_STAT_PUT_TIMES"),
            (SYMLINK, ("text", "name"), "file_symlink", "FILE_SYMLINK"),
            (UNLINK, ("a",), "file_unlink", "FILE_UNLINK"),
            (SYNC, (), "fd_sync", "FD_SYNC"),
        ],
    )
    def test_rights(
        self, tmp_path: Path, op: int, paths: tuple[str, ...], call: str, right: str
    ) -> None:
        lacking = getattr(abi, f"RIGHT_{right}")
        with traced(tmp_path, base=DIRECTORY & ~lacking) as held:
            assert held.error(1, op, *paths, thread=77) == "ENOTCAPABLE"
            path = paths[-1] if op == SYMLINK else (*paths, None)[0]
            assert denials(held) == [denial(call, path, rights=lacking, thread=77)]

    def test_opening(self, tmp_path: Path) -> None:
        """Both sets of rights count, and all that lack."""
        few = abi.RIGHT_FILE_OPEN | abi.RIGHT_FILE_STAT_GET
        with traced(tmp_path, base=few, inheriting=abi.RIGHT_FD_READ) as held:
            wanted = {"rights_base": abi.RIGHT_FD_WRITE, "oflags": abi.O_CREAT | abi.O_TRUNC}
            assert held.error(1, OPEN, "new", **wanted) == "ENOTCAPABLE"
            lacking = (
                abi.RIGHT_FD_WRITE | abi.RIGHT_FILE_CREATE_FILE | abi.RIGHT_FILE_STAT_FPUT_SIZE
            )
            assert denials(held) == [denial("file_open", "new", rights=lacking)]

    def test_leaving(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("/etc/passwd")
        paths = ["..", "/etc/passwd", "link", "a/../../b", "../x"]
        with traced(tmp_path) as held:
            for path in paths:
                error = held.error(1, STAT_GET, path, lookup_flags=1)
                assert error in ("ENOTCAPABLE", "ENOENT")
            assert held.error(1, SYMLINK, "text", "../name") == "ENOTCAPABLE"
            found = denials(held)
        expected = [denial("file_stat_get", path) for path in paths if path != "a/../../b"]
        assert found == [*expected, denial("file_symlink", "../name")]

    @pytest.mark.parametrize("path", [b"\xff\xfe/x", b"a\nb", "ü".encode(), b"x" * 4095])
    def test_paths_are_told_as_they_are(self, tmp_path: Path, path: bytes) -> None:
        with traced(tmp_path, base=0) as held:
            held.error(1, UNLINK, path)
            (found,) = denials(held)
        as_text = isinstance(found["path"], str)
        assert (found["path"].encode() if as_text else found["path"]) == path
        assert as_text == (b"\xff" not in path)

    def test_origin(self, tmp_path: Path) -> None:
        """It is the descriptor of the start, through clones, sub-directories and tickets."""
        for name in ("a/sub", "b"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "a" / "file").touch()
        target = abi.RIGHT_FILE_LINK_TARGET
        with traced(tmp_path / "a", tmp_path / "b", base=DIRECTORY & ~target) as held:
            rights = {"rights_base": DIRECTORY & ~target}
            sub = held.request(1, OPEN, "sub", **rights).fd
            clone = held.request(sub, CLONE, **rights).fd
            held.error(clone, STAT_GET, "../..")
            held.error(2, STAT_GET, "..")
            held.error(1, LINK, "file", "x", ticket=held.ticket(2))
            held.error(1, RENAME, "file", "../x", ticket=held.ticket(2))
            held.error(1, LINK, "file", "x", ticket=bytes(15) + b"x")
            held.error(clone, CLONE, rights_base=target)
            found = denials(held)
        assert found == [
            denial("file_stat_get", "../.."),
            denial("file_stat_get", "..", descriptor=2),
            denial("file_link", "x", descriptor=2, rights=target),
            denial("file_rename", "../x", descriptor=2),
            denial("file_link", "x", descriptor=None),
            denial("fd_stat_put", None, rights=target),
        ]

    def test_host_permissions(self, tmp_path: Path) -> None:
        """Of a user who is not the owner."""
        (tmp_path / "closed").mkdir(mode=0)
        (tmp_path / "file").touch(mode=0o644)
        tmp_path.chmod(0o755)
        changes = {"traces": True}
        with opened(tmp_path) as fd, guest(Grant(fd), changes=changes, wrapper=AS_USER) as held:
            assert held.error(1, STAT_GET, "closed/x") == "EACCES"
            assert held.error(1, CREATE_DIRECTORY, "closed/x") == "EACCES"
            assert held.error(1, STAT_PUT, "file", fsflags=1, atim=1) == "EPERM"
            assert held.error(1, OPEN, "file", rights_base=abi.RIGHT_FD_WRITE) == "EACCES"
            found = denials(held)
        assert found == [
            denial("file_stat_get", "closed/x", error="EACCES"),
            denial("file_create", "closed/x", error="EACCES"),
            denial("file_stat_put", "file", error="EPERM"),
            denial("file_open", "file", error="EACCES"),
        ]

    def test_what_the_host_does_not_deny(self, tmp_path: Path) -> None:
        """Errors of the interface with the same numbers, and all others."""
        (tmp_path / "sub").mkdir()
        with traced(tmp_path) as held:
            assert held.error(1, UNLINK, "sub") == "EPERM"
            assert held.error(1, LINK, "sub/", "x") == "EPERM"
            assert held.error(1, STAT_GET, "missing") == "ENOENT"
            assert held.error(1, 99) == "EINVAL"
            assert denials(held) == []

    def test_they_are_bounded(self, tmp_path: Path) -> None:
        """What is not told is counted, and the guest's own words do not take our room."""
        flood = note(DENIED, call=FD_READ, error=abi.ENOTCAPABLE)
        with traced(tmp_path) as held, listening(held) as records:
            sent = sum(held.send(NOTES_FD, flood) > 0 for _ in range(DENIALS_MAX + 5))
            for _ in range(DENIALS_MAX + 7):
                held.error(1, STAT_GET, "..")
            held.control.shutdown(1)
        sources = [record["denied"]["source"] for record in records if "denied" in record]
        lost = sum(record.get("lost", 0) for record in records)
        assert sources.count("broker") <= DENIALS_MAX
        assert sources.count("program") <= DENIALS_MAX
        # The record of a use may be lost as well.
        assert len(sources) + lost - sent - DENIALS_MAX - 7 in (0, 1)
        assert sources.count("broker") > DENIALS_MAX / 2

    def test_a_launcher_that_does_not_listen(self, tmp_path: Path) -> None:
        """Nobody waits for it, and it learns how much it missed."""
        with traced(tmp_path) as held:
            for _ in range(3000):
                assert held.error(1, STAT_GET, "..") == "ENOTCAPABLE"
            records = told(held)
        found = sum("denied" in record for record in records)
        lost = [record["lost"] for record in records if "lost" in record]
        assert found < 3000
        assert found + sum(lost) == 3000

    def test_an_end_that_nobody_hears(self, tmp_path: Path) -> None:
        """The broker waits some seconds for room, and then ends all the same."""
        with traced(tmp_path) as held:
            for _ in range(3000):
                held.error(1, STAT_GET, "..")
            start = time.monotonic()
            held.control.shutdown(1)
            assert held.broker.wait(20) == 0
            assert 3 < time.monotonic() - start < 15


@contextmanager
def listening(held: Guest) -> Iterator[list[dict[str, Any]]]:
    """Collects the records while they are made; the list is complete afterwards."""
    records: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: records.extend(held.broker.records()))
    thread.start()
    try:
        yield records
    finally:
        thread.join()


def note(
    kind: int,
    texts: tuple[bytes, bytes] = (b"", b""),
    *,
    thread: int = 0,
    call: int = 0,
    error: int = 0,
    fd: int = NO_FD,
    rights: int = 0,
    number: int = 0,
) -> bytes:
    lengths = map(len, texts)
    return NOTE.pack(kind, thread, call, error, fd, rights, number, *lengths) + b"".join(texts)


class TestUses:
    def test_directories(self, tmp_path: Path) -> None:
        """By any request but those that only look at the directory itself, and once."""
        (tmp_path / "sub").mkdir()
        with traced(*[tmp_path] * 4) as held:
            held.error(1, STAT_FGET)
            held.error(1, CLONE, rights_base=DIRECTORY)
            for _ in range(3):
                held.error(2, STAT_GET, "sub")
            sub = held.request(4, OPEN, "sub", rights_base=DIRECTORY).fd
            held.error(sub, STAT_GET, ".")
            held.error(3, 99)
            assert told(held) == [{"used": 2}, {"used": 4}]

    def test_others(self, tmp_path: Path) -> None:
        """By the guest's word, once, for what it had at the start."""
        with traced(tmp_path, tmp_path) as held:
            for fd in (0, 2, 0, 2):
                held.send(held_notes(held), note(USED, fd=fd))
            assert held.error(1, STAT_GET, ".") == ""
            records = told(held)
        assert sorted(records, key=str) == [{"used": 0}, {"used": 1}, {"used": 2}]


def held_notes(held: Guest) -> int:
    number = start_block(held)[0][5]
    assert isinstance(number, int)
    return number


class TestNotes:
    def test_descriptor(self, tmp_path: Path) -> None:
        """A socket for packets that never keeps the guest waiting."""
        with traced(tmp_path) as held:
            assert held_notes(held) == NOTES_FD
            assert sorted(held.fds()) == [0, 1, 2, 3, 4, NOTES_FD]
            assert held.call(Syscall.FCNTL, NOTES_FD, 3) == os.O_RDWR | os.O_NONBLOCK

    def test_denied(self, tmp_path: Path) -> None:
        with traced(tmp_path) as held:
            refused = {"call": FILE_OPEN, "error": abi.ENOTCAPABLE, "thread": 9}
            held.send(NOTES_FD, note(DENIED, (b"a/b", b""), fd=1, rights=2, **refused))
            held.send(NOTES_FD, note(DENIED, (b"\xff", b""), fd=2, **refused))
            held.send(NOTES_FD, note(DENIED, call=FD_READ, error=abi.EACCES))
            found = denials(held)
        program = {"source": "program", "thread": 9}
        assert found == [
            denial("file_open", "a/b", rights=2, **program),
            denial("file_open", b"\xff", descriptor=None, **program),
            denial("fd_read", None, source="program", descriptor=None, error="EACCES"),
        ]

    def test_lines(self, tmp_path: Path) -> None:
        with traced(tmp_path) as held:
            held.send(NOTES_FD, note(LINE, (b"/dev/fd/3/x.py", b"f"), thread=7, number=12))
            held.send(NOTES_FD, note(LINE, (b"\xff", b""), number=2**32 - 1))
            records = told(held)
        assert records == [
            {"line": {"thread": 7, "line": 12, "file": "/dev/fd/3/x.py", "function": "f"}},
            {"line": {"thread": 0, "line": 2**32 - 1, "file": b"\xff", "function": ""}},
        ]

    def test_limits(self, tmp_path: Path) -> None:
        with traced(tmp_path) as held:
            for number in (1, 2, 3, 4, 5):
                held.send(NOTES_FD, note(LIMIT, number=number))
            records = told(held)
        names = ("memory", "threads", "files", "file_size", "processes")
        assert records == [{"reached": name} for name in names]

    @pytest.mark.parametrize(
        "packet",
        [
            b"x",
            note(DENIED)[:-1],
            note(DENIED) + b"x",
            note(0),
            note(5),
            note(DENIED, call=49),
            note(DENIED, error=77),
            note(DENIED, rights=1 << 60),
            note(DENIED, (b"a", b"b")),
            note(DENIED, (b"x" * 4097, b"")),
            NOTE.pack(DENIED, 0, 0, 0, NO_FD, 0, 0, 1, 0),
            NOTE.pack(LINE, 0, 0, 0, NO_FD, 0, 0, 1, 0xFFFF) + b"x",
            note(USED, fd=NO_FD),
            note(USED, fd=2),
            note(USED, (b"x", b""), fd=1),
            note(LIMIT, number=0),
            note(LIMIT, number=6),
            note(LIMIT, (b"", b"x"), number=1),
            bytes(9000),
        ],
    )
    def test_malformed(self, tmp_path: Path, packet: bytes) -> None:
        """Ends the notes and nothing else."""
        with traced(tmp_path) as held:
            assert held.send(NOTES_FD, packet) == len(packet)
            while held.send(NOTES_FD, note(LIMIT, number=1)) != -errno.EPIPE:
                time.sleep(0.001)
            assert held.error(1, STAT_GET, "..") == "ENOTCAPABLE"
            records = told(held)
        told_all = {"lost": 1}, {"used": 1}, {"denied": denial("file_stat_get", "..")}
        assert records == list(told_all)

    def test_the_last_words(self, tmp_path: Path) -> None:
        """They are read, even if the guest is gone by then."""
        with traced(tmp_path) as held:
            held.broker.send_signal(signal.SIGSTOP)
            sent = sum(held.send(NOTES_FD, note(LIMIT, number=1)) > 0 for _ in range(100))
            held.control.shutdown(1)
            held.broker.send_signal(signal.SIGCONT)
            records = held.broker.records()
        assert records[:-1] == [{"reached": "memory"}] * sent
        assert sent == 100

    def test_closed_by_the_guest(self, tmp_path: Path) -> None:
        with traced(tmp_path) as held:
            held.call(Syscall.CLOSE, NOTES_FD)
            assert held.error(1, STAT_GET, ".") == ""
            assert told(held) == [{"used": 1}]

    def test_floods(self, tmp_path: Path) -> None:
        """Requests go on, and after some time nobody reads notes any more."""
        (tmp_path / "file").touch()
        with traced(tmp_path) as held, listening(held) as records:
            child = held.call(Syscall.FLOOD, NOTES_FD, note(LIMIT, number=1), 32)
            assert child > 0
            answers = 0
            while not _is_closed(held):
                assert held.error(1, STAT_GET, "file") == ""
                answers += 1
            assert answers > 10
            held.control.shutdown(1)
        count = sum("reached" in record or "used" in record for record in records)
        lost = sum(record.get("lost", 0) for record in records)
        # All that are read, the one that is not, and the first use of the directory.
        assert count + lost == NOTES_MAX + 2

    def test_an_end_in_a_flood(self, tmp_path: Path) -> None:
        with traced(tmp_path) as held, listening(held):
            held.call(Syscall.FLOOD, NOTES_FD, note(LIMIT, number=1), 32)
            start = time.monotonic()
            os.kill(held.broker.pid, signal.SIGTERM)
            assert held.broker.wait(10) == 128 + signal.SIGTERM
            assert time.monotonic() - start < 5

    def test_attached_descriptors_are_not_received(self, tmp_path: Path) -> None:
        with traced(tmp_path) as held:
            before = len(fds_of(held.broker.pid))
            for _ in range(50):
                held.send_with_fd(NOTES_FD, note(LIMIT, number=1), 0)
            assert held.error(1, STAT_GET, ".") == ""
            assert len(fds_of(held.broker.pid)) == before


def _is_closed(held: Guest) -> bool:
    """Whether the broker has given up the notes, which any packet can tell."""
    return held.send(NOTES_FD, note(LIMIT, number=1)) == -errno.EPIPE


class TestEnd:
    def test_usage(self) -> None:
        with guest() as held:
            time.sleep(0.1)
            held.control.shutdown(1)
            (record,) = held.broker.records()
        ended = record["ended"]
        usage = {"wall", "user", "system", "memory"}
        assert set(ended) == {"kind", "status", "landlock", "listener"} | usage
        assert 100_000_000 <= ended["wall"] < 20_000_000_000
        assert ended["user"] + ended["system"] < 5_000_000_000
        assert 100_000 < ended["memory"] < 100_000_000

    def test_kinds(self) -> None:
        cases: list[tuple[int, dict[str, Any]]] = [
            (signal.SIGSEGV, {"kind": "signal", "signal": signal.SIGSEGV}),
            (signal.SIGSYS, {"kind": "policy", "call": "", "number": -1}),
        ]
        for number, expected in cases:
            with guest() as held:
                os.kill(held.pid, number)
                ended = held.broker.records()[-1]["ended"]
                assert expected.items() <= ended.items()
        with guest() as held:
            held.broker.send_signal(signal.SIGTERM)
            ended = held.broker.records()[-1]["ended"]
            assert {"kind": "interrupted", "signal": 15}.items() <= ended.items()

    def test_failures(self) -> None:
        """What was no text stays none."""
        with guest() as held:
            held.send(3, struct.pack("<II120s", 3, 0, b"bad \xff\x1b"))
            held.control.shutdown(1)
            (record,) = held.broker.records()
        message = record["ended"].pop("message")
        assert record == {"ended": {"kind": "failed", "status": 126}}
        assert message.endswith("cannot be run: bad ??")

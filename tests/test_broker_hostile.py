# SPDX-License-Identifier: BSD-2-Clause
"""What a hostile guest sends: frames that are no requests, forged tickets, floods."""

from __future__ import annotations

import errno
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_harness import (
    AS_USER,
    CLONE,
    DIRECTORY,
    INHERITING,
    LINK,
    OPEN,
    READ,
    READDIR,
    RENAME,
    REQUEST,
    STAT_GET,
    STAT_PUT,
    SYMLINK,
    SYNC,
    UNLINK,
    Grant,
    Guest,
    Reply,
    Syscall,
    abi,
    fds_of,
    frame,
    guest,
    guest_in,
    make_tree,
    opened,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "root")


@pytest.fixture
def held(tree: Path) -> Iterator[Guest]:
    """A guest that holds `tree` with all rights, as descriptor 1."""
    with guest_in(tree) as started:
        yield started


class TestTickets:
    @pytest.fixture
    def two(self, tree: Path, tmp_path: Path) -> Iterator[Guest]:
        (tmp_path / "other").mkdir()
        with guest_in(tree, tmp_path / "other") as started:
            yield started

    def test_across_grants(self, two: Guest, tree: Path, tmp_path: Path) -> None:
        assert two.error(1, LINK, "file", "hard", ticket=two.ticket(2)) == ""
        assert (tmp_path / "other" / "hard").samefile(tree / "file")
        assert two.error(1, RENAME, "file", "moved", ticket=two.ticket(2)) == ""
        assert (tmp_path / "other" / "moved").exists()
        assert two.error(1, RENAME, "sub", "sub", ticket=two.ticket(2)) == ""
        assert (tmp_path / "other" / "sub" / "inner").exists()

    def test_is_used_up(self, two: Guest) -> None:
        ticket = two.ticket(2)
        assert two.error(1, LINK, "file", "a", ticket=ticket) == ""
        assert two.error(1, LINK, "file", "b", ticket=ticket) == "ENOTCAPABLE"
        ticket = two.ticket(2)
        assert two.error(1, LINK, "missing", "b", ticket=ticket) == "ENOENT"
        assert two.error(1, LINK, "file", "b", ticket=ticket) == "ENOTCAPABLE"

    def test_only_the_last_one_counts(self, two: Guest) -> None:
        old = two.ticket(2)
        new = two.ticket(2)
        assert len(new) == 16
        assert old != new
        assert two.error(1, LINK, "file", "a", ticket=old) == "ENOTCAPABLE"
        assert two.error(1, LINK, "file", "a", ticket=new) == ""

    def test_forged(self, two: Guest) -> None:
        ticket = bytearray(two.ticket(2))
        for at in range(16):
            forged = bytearray(ticket)
            forged[at] ^= 1
            assert two.error(1, LINK, "file", "a", ticket=bytes(forged)) == "ENOTCAPABLE"
        assert two.error(1, LINK, "file", "a", ticket=bytes(ticket)) == ""

    def test_ends_with_its_capability(self, two: Guest) -> None:
        ticket = two.ticket(2)
        two.call(Syscall.CLOSE, 2)
        assert two.error(1, LINK, "file", "a", ticket=ticket) == "ENOTCAPABLE"

    def test_rights_of_both(self, tree: Path, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        for op, right in ((LINK, "FILE_LINK_TARGET"), (RENAME, "FILE_RENAME_TARGET")):
            base = DIRECTORY & ~getattr(abi, f"RIGHT_{right}")
            with guest_in(tree, tmp_path / "other", base=base) as held:
                assert held.error(1, op, "file", "x", ticket=held.ticket(2)) == "ENOTCAPABLE"


def malformed_frames() -> dict[str, tuple[bytes, str]]:
    """Frames that are no requests, and the answer to each; "" is the end of the capability."""
    good = frame(STAT_GET, "file")
    return {
        "nothing": (b"", ""),
        "one byte": (b"\0", ""),
        "cut head": (good[: REQUEST.size - 1], ""),
        "cut path": (good[:-1], "EINVAL"),
        "more than announced": (good + b"x", "EINVAL"),
        "far too long": (good + bytes(60000), "EINVAL"),
        "length wraps": (frame(STAT_GET, "file", path1_len=2**32 - 4), "EINVAL"),
        "both lengths wrap": (frame(LINK, "a", path1_len=2**31, path2_len=2**31 + 1), "EINVAL"),
        "path too long": (frame(STAT_GET, "x" * 4096), "EINVAL"),
        "op 0": (frame(0), "EINVAL"),
        "op 16": (frame(16), "EINVAL"),
        "op -1": (frame(2**32 - 1), "EINVAL"),
        "lookup flags": (frame(STAT_GET, "file", lookup_flags=2), "EINVAL"),
        "lookup flags elsewhere": (frame(UNLINK, "file", lookup_flags=1), "EINVAL"),
        "oflags": (frame(OPEN, "file", oflags=16), "EINVAL"),
        "fdflags": (frame(OPEN, "file", fdflags=32), "EINVAL"),
        "fsflags": (frame(STAT_PUT, "file", fsflags=32), "EINVAL"),
        "ulflags": (frame(UNLINK, "file", ulflags=2), "EINVAL"),
        "padding": (frame(STAT_GET, "file", padding=1), "EINVAL"),
        "NUL in path": (frame(STAT_GET, b"fi\0le"), "EINVAL"),
        "NUL at the end": (frame(STAT_GET, b"file\0"), "EINVAL"),
        "NUL in second path": (frame(SYMLINK, b"x", b"\0"), "EINVAL"),
        "path without use": (frame(SYNC, "file"), "EINVAL"),
        "second path without use": (frame(STAT_GET, "file", "file"), "EINVAL"),
        "data too long": (frame(READDIR, data_len=32769), "EINVAL"),
    }


class TestMalformed:
    @pytest.mark.parametrize("name", malformed_frames())
    def test_frame(self, held: Guest, name: str) -> None:
        bad, error = malformed_frames()[name]
        assert held.send(1, bad) == len(bad)
        reply = held.receive(1)
        if error:
            assert reply == Reply(error, 0, 0, 0, b"", -1)
            assert held.error(1, STAT_GET, "file") == ""
        else:
            assert reply in (0, -errno.ECONNRESET)
            assert held.send(1, frame(SYNC)) == -errno.EPIPE

    def test_unread_replies(self, held: Guest) -> None:
        """Who does not read gets no more: the kernel would keep the replies for it."""
        clone = held.request(1, CLONE, rights_base=DIRECTORY, rights_inheriting=INHERITING).fd
        sent = 0
        while sent < 100 and held.send(clone, frame(OPEN, "file", rights_base=READ)) > 0:
            sent += 1
            time.sleep(0.001)
        assert 2 <= sent < 100
        assert held.error(1, STAT_GET, "file") == ""

    def test_attached_descriptor_is_not_received(self, held: Guest) -> None:
        before = fds_of(held.broker.pid)
        reader, writer = os.pipe()
        os.close(reader)
        os.close(writer)
        for _ in range(50):
            assert held.send_with_fd(1, frame(STAT_GET, "file"), 0) == REQUEST.size + 4
            reply = held.receive(1)
            assert isinstance(reply, Reply)
            assert reply.error == ""
        assert fds_of(held.broker.pid) == before

    def test_capabilities_are_bounded(self, held: Guest) -> None:
        """One more than there may be: an error, and room again when one is closed.

        The guest may hold less than that, so each one that it holds keeps another in a reply.
        """
        rights = {"rights_base": DIRECTORY, "rights_inheriting": INHERITING}
        clones = []
        while (reply := held.request(1, CLONE, **rights)).error == "":
            clones.append(reply.fd)
            assert held.send(reply.fd, frame(CLONE, **rights)) > 0
            assert len(clones) < 1000
        assert reply.error == "EMFILE"
        assert held.error(1, OPEN, "sub", rights_base=0) == "EMFILE"
        assert held.error(1, OPEN, "file", rights_base=READ) == ""
        held.call(Syscall.CLOSE, clones.pop())
        assert held.error(1, CLONE, **rights) == ""
        for fd in clones:
            held.call(Syscall.CLOSE, fd)
        assert held.error(1, STAT_GET, "file") == ""
        assert len(fds_of(held.broker.pid)) < 20

    def test_closing_frees(self, held: Guest) -> None:
        before = len(fds_of(held.broker.pid))
        for _ in range(3000):
            assert held.error(1, OPEN, "sub", rights_base=0) == ""
            assert held.error(1, OPEN, "file", rights_base=READ) == ""
        assert held.error(1, SYNC) == ""
        assert len(fds_of(held.broker.pid)) <= before + 1


def test_others_take_all_that_may_be_on_its_way(tmp_path: Path) -> None:
    """Descriptors in messages count for the user: a request fails, and the directory stays."""
    tmp_path.chmod(0o755)
    root = make_tree(tmp_path / "root")
    limited = ("prlimit", "--nofile=64", *AS_USER)
    with opened(root) as fd, guest(Grant(fd), wrapper=limited) as held:
        pair = (socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, bytes(8))
        assert held.call(Syscall.SOCKETPAIR, *pair) == 0
        ends = struct.unpack("ii", held.peek(held.arena, 8))
        while (sent := held.send_with_fd(ends[0], b"x", 0)) > 0:
            pass
        assert sent == -errno.ETOOMANYREFS
        assert held.error(1, OPEN, "file", rights_base=READ) == "ENFILE"
        assert held.error(1, STAT_GET, "file") == ""
        for end in ends:
            held.call(Syscall.CLOSE, end)
        assert held.error(1, OPEN, "file", rights_base=READ) == ""


def resident_kib(pid: int) -> int:
    """The memory of a process that is its own."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


class TestPressure:
    def test_descriptors_with_every_kind_of_frame(self, held: Guest) -> None:
        """They are thrown away, whatever the frame comes to."""
        rights = {"rights_base": DIRECTORY, "rights_inheriting": INHERITING}
        before = fds_of(held.broker.pid)
        frames = [frame(op, *paths) for op in range(17) for paths in ((), ("sub",), ("sub", "x"))]
        for bad, _ in malformed_frames().values():
            frames.append(bad[:8000])
        for each in frames:
            clone = held.request(1, CLONE, **rights).fd
            for attached in (0, 1, clone):
                if held.send_with_fd(clone, each, attached) < 0:
                    break  # the last one has ended it
                reply = held.receive(clone)
                if isinstance(reply, Reply) and reply.fd != -1:
                    held.call(Syscall.CLOSE, reply.fd)
            held.call(Syscall.CLOSE, clone)
        assert held.error(1, SYNC) == ""
        assert fds_of(held.broker.pid) == before

    def test_floods(self, held: Guest, tmp_path: Path) -> None:
        """From many sides at once: the rest goes on, a neighbour too, and nothing piles up."""
        (tmp_path / "other").mkdir()
        rights = {"rights_base": DIRECTORY, "rights_inheriting": INHERITING}
        held.error(1, STAT_GET, "file")
        fds, memory = len(fds_of(held.broker.pid)), resident_kib(held.broker.pid)
        floods = [frame(CLONE, **rights), frame(OPEN, "file", rights_base=READ), b"x", bytes(5000)]
        with guest_in(tmp_path / "other") as neighbour:
            for flood in floods * 4:
                clone = held.request(1, CLONE, **rights).fd
                assert held.call(Syscall.FLOOD, clone, flood, len(flood)) > 0
                held.call(Syscall.CLOSE, clone)
            for _ in range(200):
                assert held.error(1, STAT_GET, "file") == ""
                assert neighbour.error(1, STAT_GET, ".") == ""
            # Each flood holds what it was given, and its capability is no more.
            assert len(fds_of(held.broker.pid)) <= fds + 2
            assert resident_kib(held.broker.pid) <= memory + 512
            assert neighbour.exit(3) == (3, "")
        assert held.exit(4) == (4, "")

    def test_slow_readers(self, held: Guest, tree: Path, tmp_path: Path) -> None:
        """Who asks for more before it has read loses its directory; the others wait for nobody.

        Some never read, some read a byte of a packet at times while they flood, and one asks again
        only when it has read, which is its right however long it takes.
        """
        (tmp_path / "other").mkdir()
        for number in range(600):  # a listing of all of them fills a reply
            (tree / f"{number:0100}").touch()
        rights = {"rights_base": DIRECTORY, "rights_inheriting": INHERITING}
        listing = frame(READDIR, data_len=32768)
        assert len(held.request(1, READDIR, data_len=32768).data) == 32768
        polite = held.request(1, CLONE, **rights).fd
        assert held.error(1, SYNC) == ""  # the broker is through with what it has sent
        fds, memory = fds_of(held.broker.pid), resident_kib(held.broker.pid)
        floods = [held.request(1, CLONE, **rights).fd for _ in range(7)]
        with guest_in(tmp_path / "other") as neighbour:
            for flood in floods:
                assert held.call(Syscall.FLOOD, flood, listing, len(listing)) > 0
            for turn in range(10):
                assert held.send(polite, listing) == len(listing)
                for _ in range(20):
                    assert held.error(1, STAT_GET, "file") == ""
                    assert neighbour.error(1, STAT_GET, ".") == ""
                time.sleep(0.02)
                assert held.read(polite, 1) == b"\0"  # of an error that there is not
                for flood in floods[turn % 2 :: 2]:
                    held.read(flood, 1)
            # All that is left of a flood is what had been sent before its end.
            for flood in floods:
                while held.read(flood, 1) not in (b"", -errno.ECONNRESET):
                    pass
                assert held.send(flood, listing) == -errno.EPIPE
            assert held.error(1, SYNC) == ""
            assert fds_of(held.broker.pid) == fds
            assert resident_kib(held.broker.pid) <= memory + 256
            assert neighbour.exit(3) == (3, "")
        assert held.error(polite, STAT_GET, "file") == ""
        assert held.exit(4) == (4, "")

    @pytest.mark.parametrize("reads", [False, True])
    def test_killed_in_the_middle(self, tree: Path, reads: bool) -> None:
        """At any byte of a frame, before and after the reply: the broker ends with the guest."""
        whole = frame(LINK, "file", "hard")
        for length in (*range(0, len(whole), 9), len(whole)):
            with guest_in(tree) as held:
                held.send(1, whole[:length])
                if reads:
                    held.receive(1)
                os.kill(held.pid, signal.SIGKILL)
                assert held.wait()[0] == 128 + signal.SIGKILL
            (tree / "hard").unlink(missing_ok=True)
        assert sorted(path.name for path in tree.iterdir()) == ["file", "sub"]

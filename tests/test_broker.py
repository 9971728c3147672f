# SPDX-License-Identifier: BSD-2-Clause
"""The broker's requests: what they do and which rights they need."""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker_harness import (
    ALL,
    CLONE,
    CREATE_DIRECTORY,
    DIRECTORY,
    DIRENT,
    FILESTAT,
    FOLLOW,
    INHERITING,
    LINK,
    NAME,
    OPEN,
    READ,
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
    WRITE,
    Grant,
    Guest,
    Reply,
    Syscall,
    abi,
    dirents,
    guest,
    guest_in,
    make_tree,
    opened,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = make_tree(tmp_path / "root")
    (root / "link").symlink_to("file")
    os.mkfifo(root / "fifo")
    return root


@pytest.fixture
def held(tree: Path) -> Iterator[Guest]:
    """A guest that holds `tree` with all rights, as descriptor 1."""
    with guest_in(tree) as started:
        yield started


def mode_of(held: Guest, fd: int) -> int:
    return held.call(Syscall.FCNTL, fd, 3)


class TestOpen:
    def test_reading(self, held: Guest) -> None:
        reply = held.open(1, "file", READ | abi.RIGHT_FD_SEEK)
        assert (reply.error, reply.filetype) == ("", abi.FILETYPE_REGULAR_FILE)
        assert (reply.base, reply.inheriting) == (READ | abi.RIGHT_FD_SEEK, 0)
        assert held.read(reply.fd) == b"content"
        assert held.call(Syscall.WRITE, reply.fd, b"x", 1) == -errno.EBADF

    def test_writing(self, held: Guest, tree: Path) -> None:
        reply = held.open(1, "file", WRITE)
        assert held.call(Syscall.WRITE, reply.fd, b"CON", 3) == 3
        assert held.read(reply.fd) == -errno.EBADF
        assert (tree / "file").read_text() == "CONtent"

    def test_modes_of_linux_are_exact(self, held: Guest) -> None:
        for base, mode in [(READ, os.O_RDONLY), (WRITE, os.O_WRONLY), (READ | WRITE, os.O_RDWR)]:
            fd = held.open(1, "file", base).fd
            assert mode_of(held, fd) & ~getattr(os, "O_LARGEFILE", 0) & 0o77777 == mode

    def test_flags(self, held: Guest) -> None:
        every = abi.FDFLAG_APPEND | abi.FDFLAG_NONBLOCK | abi.FDFLAG_SYNC
        fd = held.open(1, "file", WRITE, fdflags=every).fd
        wanted = os.O_APPEND | os.O_NONBLOCK | os.O_SYNC
        assert mode_of(held, fd) & wanted == wanted
        fd = held.open(1, "file", WRITE, fdflags=abi.FDFLAG_DSYNC | abi.FDFLAG_APPEND).fd
        assert mode_of(held, fd) & wanted == os.O_APPEND | os.O_DSYNC

    def test_create(self, held: Guest, tree: Path) -> None:
        mask = os.umask(0o027)
        os.umask(mask)
        assert held.open(1, "new", WRITE, oflags=abi.O_CREAT | abi.O_EXCL).error == ""
        assert stat.S_IMODE((tree / "new").stat().st_mode) == 0o777 & ~mask
        assert held.error(1, OPEN, "new", rights_base=WRITE, oflags=5) == "EEXIST"
        assert held.error(1, OPEN, "x", rights_base=WRITE, oflags=3) == "EINVAL"

    def test_large_file(self, held: Guest, tree: Path) -> None:
        os.truncate(tree / "file", 5 << 30)
        assert held.open(1, "file", READ).error == ""
        assert held.stat(1, "file")[4] == 5 << 30

    def test_truncate(self, held: Guest, tree: Path) -> None:
        assert held.open(1, "file", READ, oflags=abi.O_TRUNC).error == ""
        assert (tree / "file").read_text() == ""

    def test_rights_that_make_no_sense_vanish(self, held: Guest) -> None:
        reply = held.open(1, "file", READ | abi.RIGHT_FILE_READDIR, INHERITING)
        assert (reply.base, reply.inheriting) == (READ, 0)
        reply = held.open(1, "sub", READ | abi.RIGHT_FILE_READDIR, INHERITING)
        assert (reply.base, reply.inheriting) == (abi.RIGHT_FILE_READDIR, INHERITING)

    def test_directory_is_a_new_capability(self, held: Guest) -> None:
        base = abi.RIGHT_FILE_READDIR | abi.RIGHT_FILE_OPEN
        reply = held.open(1, "sub", base, READ)
        assert (reply.error, reply.filetype) == ("", abi.FILETYPE_DIRECTORY)
        assert held.fds()[reply.fd].startswith("socket:")
        assert sorted(held.names(reply.fd)) == [".", "..", "inner"]
        assert held.read(held.open(reply.fd, "inner", READ).fd) == b"inside"
        assert held.error(reply.fd, OPEN, "inner", rights_base=WRITE) == "ENOTCAPABLE"
        assert held.error(reply.fd, OPEN, "../file", rights_base=READ) == "ENOTCAPABLE"
        assert held.error(reply.fd, UNLINK, "inner") == "ENOTCAPABLE"

    def test_kinds(self, held: Guest, tree: Path) -> None:
        def error(path: str, base: int = READ, **fields: int) -> str:
            return held.error(1, OPEN, path, rights_base=base, **fields)

        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tree / "socket"))
        assert error("link") == "ELOOP"
        assert error("link", lookup_flags=FOLLOW) == ""
        assert error("link/", lookup_flags=FOLLOW) == "ENOTDIR"
        assert error("file", oflags=abi.O_DIRECTORY) == "ENOTDIR"
        assert error("file/") == "ENOTDIR"
        assert error("sub", WRITE) == "EISDIR"
        assert error("socket") == "ENOTSUP"
        assert error("") == "ENOENT"
        assert error("nothing") == "ENOENT"
        assert error("fifo", WRITE | abi.RIGHT_FD_SEEK) == "ENXIO"

    def test_dangling_link_creates_its_target(self, held: Guest, tree: Path) -> None:
        (tree / "dangling").symlink_to("sub/made")
        fields = {"rights_base": WRITE, "oflags": abi.O_CREAT}
        assert held.error(1, OPEN, "dangling", **fields) == "ELOOP"
        assert held.error(1, OPEN, "dangling", lookup_flags=FOLLOW, **fields) == ""
        assert (tree / "sub" / "made").exists()

    def test_fifo_blocks_nobody(self, held: Guest) -> None:
        reply = held.open(1, "fifo", READ)
        assert (reply.error, reply.filetype) == ("", abi.FILETYPE_SOCKET_STREAM)
        assert mode_of(held, reply.fd) & os.O_NONBLOCK == 0
        assert held.open(1, "fifo", WRITE, fdflags=abi.FDFLAG_NONBLOCK).error == ""

    @pytest.mark.skipif(os.geteuid() != 0, reason="device nodes need root")
    def test_devices(self, held: Guest, tree: Path) -> None:
        os.mknod(tree / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        assert held.error(1, OPEN, "null", rights_base=READ) == "ENOTSUP"
        assert held.stat(1, "null")[2] == abi.FILETYPE_CHARACTER_DEVICE


class TestOpenRights:
    """§13 of the ABI reference, file_open."""

    def with_rights(self, tree: Path, base: int, inheriting: int, **fields: Any) -> str:
        fields.setdefault("path", "file")
        with guest_in(tree, base=base, inheriting=inheriting) as held:
            return held.error(1, OPEN, fields.pop("path"), **fields)

    def test_missing_base(self, tree: Path) -> None:
        without = DIRECTORY & ~abi.RIGHT_FILE_OPEN
        assert self.with_rights(tree, without, INHERITING, rights_base=READ) == "ENOTCAPABLE"
        without = DIRECTORY & ~abi.RIGHT_FILE_CREATE_FILE
        fields = {"rights_base": READ, "path": "new"}
        creating = {"oflags": abi.O_CREAT} | fields
        assert self.with_rights(tree, without, INHERITING, **creating) == "ENOTCAPABLE"
        assert self.with_rights(tree, DIRECTORY, INHERITING, **creating) == ""

    @pytest.mark.parametrize(
        ("missing", "fields"),
        [
            ("FD_READ", {"rights_base": READ}),
            ("FD_READ", {"rights_inheriting": READ}),
            ("FD_WRITE", {"rights_base": WRITE}),
            ("FD_WRITE", {"rights_base": abi.RIGHT_FD_DATASYNC}),
            ("FD_WRITE", {"rights_base": abi.RIGHT_FILE_ALLOCATE}),
            ("FD_WRITE", {"rights_base": abi.RIGHT_FILE_STAT_FPUT_SIZE}),
            ("FD_SEEK", {"rights_base": WRITE}),
            ("FILE_STAT_FPUT_SIZE", {"rights_base": WRITE, "oflags": abi.O_TRUNC}),
            ("FD_DATASYNC", {"rights_base": READ, "fdflags": abi.FDFLAG_DSYNC}),
            ("FD_SYNC", {"rights_base": READ, "fdflags": abi.FDFLAG_SYNC}),
            ("FD_SYNC", {"rights_base": READ, "fdflags": abi.FDFLAG_RSYNC}),
        ],
    )
    def test_missing_inheriting(self, tree: Path, missing: str, fields: dict[str, int]) -> None:
        without = INHERITING & ~getattr(abi, f"RIGHT_{missing}")
        assert self.with_rights(tree, DIRECTORY, without, **fields) == "ENOTCAPABLE"
        assert self.with_rights(tree, DIRECTORY, INHERITING, **fields) == ""

    def test_seek_is_not_needed_for_appending(self, tree: Path) -> None:
        without = INHERITING & ~abi.RIGHT_FD_SEEK
        fields = {"rights_base": WRITE, "fdflags": abi.FDFLAG_APPEND}
        assert self.with_rights(tree, DIRECTORY, without, **fields) == ""

    def test_unknown_rights_are_never_held(self, held: Guest) -> None:
        for bit in [11, 29, 31, *range(33, 39), *range(40, 64)]:
            assert held.error(1, OPEN, "file", rights_base=1 << bit) == "ENOTCAPABLE"

    @pytest.mark.parametrize("base", [0, abi.RIGHT_FILE_READDIR, abi.RIGHT_MEM_MAP_EXEC])
    def test_unreadable_files_are_not_read(self, tree: Path, base: int) -> None:
        """Whatever is asked for, below a directory that does not pass on FD_READ."""
        with guest_in(tree, inheriting=INHERITING & ~READ) as held:
            reply = held.open(1, "file", base)
            assert reply.error == ""
            assert held.read(reply.fd) == -errno.EBADF
            assert held.call(Syscall.MMAP, 0, 4096, 1, 2, reply.fd, 0) == -errno.EBADF
            reply = held.open(1, "file", base | WRITE)
            assert held.read(reply.fd) == -errno.EBADF
            assert held.error(1, OPEN, "n", rights_base=base, oflags=1) == "ENOTCAPABLE"
            assert held.error(1, OPEN, "link", rights_base=base) == "ELOOP"
            listing = held.open(1, "sub", abi.RIGHT_FILE_READDIR)
            assert "inner" in held.names(listing.fd)


RIGHTS_OF_OPERATIONS: list[tuple[int, tuple[str, ...], str, dict[str, int]]] = [
    (OPEN, ("file",), "FILE_OPEN", {}),
    (CREATE_DIRECTORY, ("made",), "FILE_CREATE_DIRECTORY", {}),
    (LINK, ("file", "hard"), "FILE_LINK_SOURCE", {}),
    (LINK, ("file", "hard"), "FILE_LINK_TARGET", {}),
    (RENAME, ("file", "moved"), "FILE_RENAME_SOURCE", {}),
    (RENAME, ("file", "moved"), "FILE_RENAME_TARGET", {}),
    (READDIR, (), "FILE_READDIR", {"data_len": 100}),
    (READLINK, ("link",), "FILE_READLINK", {"data_len": 100}),
    (STAT_FGET, (), "FILE_STAT_FGET", {}),
    (STAT_FPUT, (), "FILE_STAT_FPUT_TIMES", {"fsflags": abi.FILESTAT_MTIM_NOW}),
    (STAT_GET, ("file",), "FILE_STAT_GET", {}),
    (STAT_PUT, ("file",), "FILE_STAT_PUT_TIMES", {"fsflags": abi.FILESTAT_MTIM_NOW}),
    (SYMLINK, ("text", "name"), "FILE_SYMLINK", {}),
    (UNLINK, ("file",), "FILE_UNLINK", {}),
    (SYNC, (), "FD_SYNC", {}),
]


class TestRights:
    @pytest.mark.parametrize(("op", "paths", "right", "fields"), RIGHTS_OF_OPERATIONS)
    def test_missing(
        self, tree: Path, op: int, paths: tuple[str, ...], right: str, fields: dict[str, int]
    ) -> None:
        before = sorted((path, path.lstat().st_mtime_ns) for path in tree.rglob("*"))
        with guest_in(tree, base=DIRECTORY & ~getattr(abi, f"RIGHT_{right}")) as held:
            assert held.error(1, op, *paths, **fields) == "ENOTCAPABLE"
        assert before == sorted((path, path.lstat().st_mtime_ns) for path in tree.rglob("*"))
        with guest_in(tree) as held:
            assert held.error(1, op, *paths, **fields) == ""

    def test_clone(self, held: Guest) -> None:
        few = abi.RIGHT_FILE_STAT_GET | abi.RIGHT_FILE_OPEN
        reply = held.request(1, CLONE, rights_base=few, rights_inheriting=READ)
        assert (reply.error, reply.base, reply.inheriting) == ("", few, READ)
        assert reply.filetype == abi.FILETYPE_DIRECTORY
        assert held.stat(reply.fd, "file")[4] == 7
        assert held.error(reply.fd, UNLINK, "file") == "ENOTCAPABLE"
        more = [(few | abi.RIGHT_FILE_UNLINK, READ), (few, READ | WRITE), (ALL, READ)]
        for base, inheriting in more:
            fields = {"rights_base": base, "rights_inheriting": inheriting}
            assert held.error(reply.fd, CLONE, **fields) == "ENOTCAPABLE"

    def test_names(self, held: Guest) -> None:
        """Who gets a capability from somebody else sees what it is; no two names are the same."""
        tag = b"\0cloudabi-directory".ljust(24, b"\0")
        given = NAME.unpack(held.peer_name(1))
        assert given[:3] == (tag, DIRECTORY, INHERITING)
        clone = held.request(1, CLONE, rights_base=0, rights_inheriting=READ).fd
        name = NAME.unpack(held.peer_name(clone))
        assert name[:3] == (tag, 0, READ)
        assert name[3] != given[3]

    def test_overlapping_grants(self, tree: Path) -> None:
        """Through a read-only grant nothing is written, however writable another one is."""
        base = abi.RIGHT_FILE_OPEN | abi.RIGHT_FILE_STAT_GET
        with opened(tree) as all_of_it, opened(tree / "sub") as part:
            grants = (Grant(all_of_it, base, READ), Grant(part), Grant(all_of_it, base, READ))
            with guest(*grants) as held:
                creating = {"rights_base": WRITE, "oflags": abi.O_CREAT}
                assert held.error(2, OPEN, "new", **creating) == ""
                for _ in range(2):
                    for fd in (1, 3):
                        for path in ("sub/inner", "sub/new", "sub/newer"):
                            assert held.error(fd, OPEN, path, **creating) == "ENOTCAPABLE"
                            assert held.error(fd, OPEN, path, rights_base=WRITE) == "ENOTCAPABLE"
                            assert held.error(fd, UNLINK, path) == "ENOTCAPABLE"
                            assert held.error(fd, RENAME, path, "x") == "ENOTCAPABLE"
                        assert held.error(fd, OPEN, "sub/inner", rights_base=READ) == ""
                    held.call(Syscall.CLOSE, 2)


class TestOperations:
    def test_directories(self, held: Guest, tree: Path) -> None:
        assert held.error(1, CREATE_DIRECTORY, "sub/made/") == ""
        assert (tree / "sub" / "made").is_dir()
        assert held.error(1, CREATE_DIRECTORY, "sub") == "EEXIST"
        assert held.error(1, CREATE_DIRECTORY, "none/made") == "ENOENT"
        assert held.error(1, CREATE_DIRECTORY, "file/made") == "ENOTDIR"
        assert held.error(1, CREATE_DIRECTORY, "x" * 256) == "ENAMETOOLONG"
        assert held.error(1, UNLINK, "sub", ulflags=abi.UNLINK_REMOVEDIR) == "ENOTEMPTY"
        assert held.error(1, UNLINK, "sub/made") == "EPERM"
        assert held.error(1, UNLINK, "sub/made", ulflags=abi.UNLINK_REMOVEDIR) == ""
        assert held.error(1, UNLINK, "file", ulflags=abi.UNLINK_REMOVEDIR) == "ENOTDIR"
        assert held.error(1, UNLINK, "file") == ""
        assert sorted(path.name for path in tree.iterdir()) == ["fifo", "link", "sub"]

    def test_links(self, held: Guest, tree: Path) -> None:
        assert held.error(1, LINK, "file", "sub/hard") == ""
        assert (tree / "sub" / "hard").samefile(tree / "file")
        assert held.error(1, LINK, "file", "sub/hard") == "EEXIST"
        assert held.error(1, LINK, "sub", "other") == "EPERM"
        assert held.error(1, LINK, "link", "plain") == ""
        assert (tree / "plain").is_symlink()
        (tree / "chain").symlink_to("sub/../link")
        assert held.error(1, LINK, "chain", "followed", lookup_flags=FOLLOW) == ""
        assert (tree / "followed").samefile(tree / "file")
        (tree / "loop").symlink_to("loop")
        assert held.error(1, LINK, "loop", "x", lookup_flags=FOLLOW) == "ELOOP"

    def test_symbolic_links(self, held: Guest, tree: Path) -> None:
        text = b"/any\xffthing/../" + b"y" * 4000
        assert held.error(1, SYMLINK, text, "sub/made") == ""
        assert os.readlink(os.fsencode(tree / "sub/made")) == text
        assert held.request(1, READLINK, "sub/made", data_len=4095).data == text
        assert held.request(1, READLINK, "sub/made", data_len=5).data == b"/any\xff"
        assert held.request(1, READLINK, "sub/made", data_len=0) == Reply("", 0, 0, 0, b"", -1)
        assert held.error(1, READLINK, "file", data_len=9) == "EINVAL"
        assert held.error(1, READLINK, "sub", data_len=9) == "EINVAL"
        assert held.error(1, SYMLINK, "x", "file") == "EEXIST"
        assert held.error(1, SYMLINK, "", "made") == "ENOENT"

    def test_rename(self, held: Guest, tree: Path) -> None:
        assert held.error(1, RENAME, "file", "sub/inner") == ""
        assert (tree / "sub" / "inner").read_text() == "content"
        assert held.error(1, RENAME, "file", "x") == "ENOENT"
        assert held.error(1, RENAME, "sub", "sub/x") == "EINVAL"
        assert held.error(1, RENAME, "sub/", "moved/") == ""
        assert held.error(1, RENAME, "moved/inner/", "x") == "ENOTDIR"
        assert (tree / "moved" / "inner").exists()

    def test_stat(self, held: Guest, tree: Path) -> None:
        (tree / "sub" / "away").symlink_to("../file")
        kinds = {
            "file": abi.FILETYPE_REGULAR_FILE,
            "sub": abi.FILETYPE_DIRECTORY,
            "sub/": abi.FILETYPE_DIRECTORY,
            ".": abi.FILETYPE_DIRECTORY,
            "sub/..": abi.FILETYPE_DIRECTORY,
            "link": abi.FILETYPE_SYMBOLIC_LINK,
            "sub/away": abi.FILETYPE_SYMBOLIC_LINK,
            "fifo": abi.FILETYPE_SOCKET_STREAM,
        }
        for path, kind in kinds.items():
            expected = os.lstat(tree / path)
            assert held.stat(1, path) == (
                expected.st_dev,
                expected.st_ino,
                kind,
                expected.st_nlink,
                expected.st_size,
                expected.st_atime_ns,
                expected.st_mtime_ns,
                expected.st_ctime_ns,
            )
        inode = (tree / "file").stat().st_ino
        for path in ("file", "link", "sub/away", "sub/../link"):
            assert held.stat(1, path, lookup_flags=FOLLOW)[1] == inode
        data = held.request(1, STAT_FGET).data
        assert FILESTAT.unpack(data)[1:3] == (tree.stat().st_ino, abi.FILETYPE_DIRECTORY)
        assert held.error(1, STAT_GET, "file/") == "ENOTDIR"
        assert held.error(1, STAT_GET, "") == "ENOENT"

    def test_times(self, held: Guest, tree: Path) -> None:
        both = abi.FILESTAT_ATIM | abi.FILESTAT_MTIM
        times = {"atim": 1_500_000_000_123_456_789, "mtim": 7}
        assert held.error(1, STAT_PUT, "file", fsflags=both, **times) == ""
        after = (tree / "file").stat()
        assert (after.st_atime_ns, after.st_mtime_ns) == tuple(times.values())
        assert held.error(1, STAT_PUT, "link", fsflags=abi.FILESTAT_MTIM, mtim=99) == ""
        assert (tree / "link").lstat().st_mtime_ns == 99
        assert held.error(1, STAT_PUT, "file", fsflags=0, mtim=3) == ""
        assert (tree / "file").stat().st_mtime_ns == 7
        now = abi.FILESTAT_MTIM | abi.FILESTAT_MTIM_NOW
        assert held.error(1, STAT_PUT, "link", fsflags=now, mtim=5, lookup_flags=FOLLOW) == ""
        assert abs((tree / "file").stat().st_mtime - time.time()) < 60
        assert held.error(1, STAT_FPUT, fsflags=abi.FILESTAT_MTIM, mtim=8) == ""
        assert tree.stat().st_mtime_ns == 8
        assert held.error(1, STAT_FPUT, fsflags=0) == "EINVAL"
        for op, paths in ((STAT_FPUT, ()), (STAT_PUT, ("file",))):
            size = abi.FILESTAT_SIZE | abi.FILESTAT_MTIM
            assert held.error(1, op, *paths, fsflags=size) == "EINVAL"

    def test_sync(self, held: Guest) -> None:
        assert held.error(1, SYNC) == ""


class TestListing:
    def test_entries(self, held: Guest, tree: Path) -> None:
        data = held.request(1, READDIR, data_len=32768).data
        found = {record.name: record for record in dirents(data)}
        assert set(found) == {".", "..", *os.listdir(tree)}
        assert found["file"].inode == (tree / "file").stat().st_ino
        assert found["sub"].type == abi.FILETYPE_DIRECTORY
        assert found["link"].type == abi.FILETYPE_SYMBOLIC_LINK
        assert found["fifo"].type == abi.FILETYPE_SOCKET_STREAM

    def test_cut_anywhere(self, held: Guest) -> None:
        whole = held.request(1, READDIR, data_len=32768).data
        for length in range(len(whole) + 2):
            assert held.request(1, READDIR, data_len=length).data == whole[:length]

    def test_cookies(self, held: Guest, tree: Path) -> None:
        for number in range(2000):
            (tree / f"{number:0{number % 200 + 1}}").touch()
        expected = sorted([".", "..", *os.listdir(tree)])
        for length in (300, 4096, 32768):
            assert sorted(held.names(1, length)) == expected
        records = list(dirents(held.request(1, READDIR, data_len=32768).data))
        for record, following in zip(records[:50], records[1:], strict=False):
            data = held.request(1, READDIR, cookie=record.next, data_len=400).data
            assert next(dirents(data)) == following

    def test_position_belongs_to_nobody(self, held: Guest) -> None:
        clone = held.request(1, CLONE, rights_base=abi.RIGHT_FILE_READDIR, rights_inheriting=0).fd
        first = held.request(1, READDIR, data_len=DIRENT.size).data
        cookie = struct.unpack_from("<Q", first)[0]
        rest = held.request(1, READDIR, cookie=cookie, data_len=9999).data
        assert held.request(clone, READDIR, data_len=DIRENT.size).data == first
        assert held.request(1, READDIR, cookie=cookie, data_len=9999).data == rest

    def test_nonsense_cookies(self, held: Guest) -> None:
        for cookie in (1 << 63, ALL, 0x123456789ABCDEF):
            held.request(1, READDIR, cookie=cookie, data_len=1000)
        assert len(held.names(1)) == 6

# SPDX-License-Identifier: BSD-2-Clause
"""Paths that try to leave the directory that was granted, in every operation that takes one."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from broker_harness import (
    CREATE_DIRECTORY,
    FOLLOW,
    LINK,
    OPEN,
    READ,
    READDIR,
    READLINK,
    RENAME,
    STAT_GET,
    STAT_PUT,
    SYMLINK,
    UNLINK,
    WRITE,
    Grant,
    Guest,
    Syscall,
    abi,
    guest,
    guest_in,
    opened,
)
from harness import ROOT

REMOVEDIR = abi.UNLINK_REMOVEDIR
SECRET = "secret"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """`root` is granted; `secret` and the directory `outside` beside it are not."""
    root = tmp_path / "root"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "file").write_text("inside")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / SECRET).write_text("outside")
    (tmp_path / SECRET).write_text("outside")
    links = {
        "up": "..",
        "away": "../outside",
        "absolute": str(tmp_path / "outside"),
        "root": "/",
        "winding": "sub/../../outside",
        "chain": "sub/chain",
        "sub/chain": "../away",
        "sub/up": "../..",
        "sub/deep/far": "../../../outside",
        "passwd": "/etc/passwd",
        "self": "/proc/self/root",
        "cwd": "/proc/self/cwd",
        "hidden": f"../{SECRET}",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    return root


@pytest.fixture
def held(tree: Path) -> Iterator[Guest]:
    with guest_in(tree) as started:
        yield started


def state_of(folder: Path) -> list[tuple[str, int, int, int, int]]:
    """Everything that an operation could change."""
    found = []
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        times = (status.st_mtime_ns, status.st_ctime_ns)
        found.append((str(path), status.st_ino, status.st_nlink, *times))
    return sorted(found)


def escaping_directories(tree: Path) -> list[str]:
    """Ways to name a directory outside `tree`."""
    outside = tree.parent / "outside"
    ways = ["up", "away", "absolute", "root", "winding", "chain", "sub/up", "sub/deep/far", "self"]
    ways += ["cwd", "..", "sub/../..", "sub/deep/../../..", "./..", "sub/.//../.."]
    ways += [f"../{tree.name}/..", f"up/{tree.name}/up"]
    ways += ["away/.", "away/..", "away/../outside", "up/outside", "sub/up/outside", "../outside"]
    ways += [str(outside), "/", "//", "/..", "/proc/self/cwd", "/dev/fd/1"]
    return ways


class TestEscapes:
    def test_of_every_operation(self, held: Guest, tree: Path) -> None:
        """No way out gives anything but ENOTCAPABLE, and nothing changes outside."""
        before = state_of(tree.parent / "outside")
        ways = escaping_directories(tree)
        tried = 0
        for way, end in product(ways, (SECRET, f"{SECRET}/", ".", "new", "../x")):
            path = f"{way}/{end}"
            requests: list[tuple[int, tuple[str, ...], dict[str, int]]] = [
                (OPEN, (path,), {"rights_base": READ}),
                (OPEN, (path,), {"rights_base": WRITE, "oflags": abi.O_CREAT}),
                (OPEN, (path,), {"rights_base": READ, "lookup_flags": FOLLOW}),
                (OPEN, (path,), {"rights_base": READ, "oflags": abi.O_DIRECTORY}),
                (STAT_GET, (path,), {}),
                (STAT_GET, (path,), {"lookup_flags": FOLLOW}),
                (STAT_PUT, (path,), {"fsflags": abi.FILESTAT_MTIM, "lookup_flags": FOLLOW}),
                (READLINK, (path,), {"data_len": 100}),
                (CREATE_DIRECTORY, (path,), {}),
                (UNLINK, (path,), {}),
                (UNLINK, (path,), {"ulflags": REMOVEDIR}),
                (SYMLINK, ("text", path), {}),
                (LINK, (path, "stolen"), {}),
                (LINK, (path, "stolen"), {"lookup_flags": FOLLOW}),
                (LINK, ("file", path), {}),
                (RENAME, (path, "stolen"), {}),
                (RENAME, ("file", path), {}),
            ]
            for op, paths, fields in requests:
                assert held.error(1, op, *paths, **fields) == "ENOTCAPABLE", (op, paths, fields)
                tried += 1
        assert tried >= 300
        assert state_of(tree.parent / "outside") == before
        assert not (tree / "stolen").exists()

    @pytest.mark.parametrize("slashes", ["", "/", "//"])
    def test_by_the_last_component(self, held: Guest, tree: Path, slashes: str) -> None:
        """A link at the end is followed only if asked for, or before a slash; and never out."""
        before = state_of(tree.parent / "outside")
        for name in ("away", "absolute", "chain", "hidden", "passwd", "self"):
            path = name + slashes
            for op, fields in (
                (OPEN, {"rights_base": READ}),
                (OPEN, {"rights_base": WRITE}),
                (STAT_GET, {}),
                (STAT_PUT, {"fsflags": abi.FILESTAT_MTIM}),
            ):
                fields["lookup_flags"] = FOLLOW
                assert held.error(1, op, path, **fields) == "ENOTCAPABLE"
            creating = {"rights_base": WRITE, "oflags": abi.O_CREAT, "lookup_flags": FOLLOW}
            expected = "EISDIR" if slashes else "ENOTCAPABLE"
            assert held.error(1, OPEN, path, **creating) == expected
            error = held.error(1, LINK, path, "x", lookup_flags=FOLLOW)
            assert error == "ENOTCAPABLE"
            read = held.request(1, READLINK, path, data_len=200)
            linked = held.error(1, LINK, path, f"{name}2")
            if slashes:
                assert (read.error, linked) == ("ENOTCAPABLE", "ENOTCAPABLE")
                assert held.error(1, STAT_GET, path) == "ENOTCAPABLE"
                assert held.error(1, UNLINK, path) == "ENOTDIR"
                assert held.error(1, UNLINK, path, ulflags=REMOVEDIR) == "ENOTDIR"
                assert held.error(1, RENAME, path, "x") == "ENOTDIR"
                assert held.error(1, CREATE_DIRECTORY, path) == "EEXIST"
            else:
                assert (read.error, linked) == ("", "")
                assert held.stat(1, path)[2] == abi.FILETYPE_SYMBOLIC_LINK
                assert held.error(1, RENAME, f"{name}2", "sub/moved") == ""
                assert held.error(1, UNLINK, "sub/moved") == ""
        assert state_of(tree.parent / "outside") == before

    def test_what_stays_inside(self, held: Guest, tree: Path) -> None:
        inode = (tree / "file").stat().st_ino
        (tree / "sub" / "deep" / "home").symlink_to("../../file")
        for path in ("sub/../file", "./file", "sub//deep/../../file", "sub/deep/home"):
            assert held.stat(1, path, lookup_flags=FOLLOW)[1] == inode
        assert held.error(1, CREATE_DIRECTORY, "sub/../made") == ""

    def test_dots_at_the_end(self, held: Guest, tree: Path) -> None:
        before = state_of(tree)
        for path in (".", "./", "sub/.", "sub/..", "sub/../", "sub/deep/.."):
            assert held.error(1, CREATE_DIRECTORY, path) == "EEXIST"
            assert held.error(1, SYMLINK, "text", path) == "EEXIST"
            assert held.error(1, UNLINK, path) == "EPERM"
            assert held.error(1, UNLINK, path, ulflags=REMOVEDIR) == "EINVAL"
            assert held.error(1, RENAME, path, "x") == "EINVAL"
            assert held.error(1, RENAME, "file", path) == "EINVAL"
            assert held.error(1, LINK, path, "x") == "EPERM"
            assert held.error(1, LINK, "file", path) == "EEXIST"
            assert held.error(1, READLINK, path, data_len=9) == "EINVAL"
        for path in ("none/..", "file/."):
            assert held.error(1, CREATE_DIRECTORY, path) in ("ENOENT", "ENOTDIR")
        assert state_of(tree) == before

    def test_empty(self, held: Guest) -> None:
        for op, paths in (
            (CREATE_DIRECTORY, ("",)),
            (UNLINK, ("",)),
            (READLINK, ("",)),
            (STAT_PUT, ("",)),
            (RENAME, ("", "x")),
            (RENAME, ("file", "")),
            (LINK, ("", "x")),
            (LINK, ("file", "")),
            (SYMLINK, ("text", "")),
        ):
            assert held.error(1, op, *paths) == "ENOENT"

    def test_long(self, held: Guest) -> None:
        path = "sub/../" * 583 + "file"
        assert len(path) <= 4095
        assert held.error(1, STAT_GET, path) == ""
        assert held.error(1, OPEN, path, rights_base=READ) == ""
        assert held.error(1, LINK, path, "hard", lookup_flags=FOLLOW) == ""

    def test_as_many_links_as_linux_follows(self, held: Guest, tree: Path) -> None:
        for number in range(41):
            (tree / f"chain{number}").symlink_to(f"chain{number + 1}" if number < 40 else "file")
        for op, path in ((STAT_GET, ()), (LINK, ("hard",))):
            assert held.error(1, op, "chain1", *path, lookup_flags=FOLLOW) == ""
            assert held.error(1, op, "chain0", *path, lookup_flags=FOLLOW) == "ELOOP"


def undefined_in(source: str, folder: Path) -> set[str]:
    """What a source of the broker's takes from elsewhere."""
    output = folder / "object.o"
    flags = ("-std=c11", "-O1", "-D_GNU_SOURCE", "-I", ROOT / "abi/include", "-I", ROOT / "argdata")
    subprocess.run(["clang-16", *flags, "-c", "-o", output, ROOT / source], check=True)
    done = subprocess.run(["nm", "-u", output], check=True, capture_output=True, text=True)
    return {line.split()[-1] for line in done.stdout.splitlines()}


def test_who_walks_paths_has_no_memory_to_free(tmp_path: Path) -> None:
    """An earlier walker freed a path that had moved; here paths are where the request is."""
    heap = {"malloc", "calloc", "realloc", "reallocarray", "free", "strdup", "asprintf", "mmap"}
    for name in ("path", "dir", "open", "listing", "attributes", "request", "capability", "serve"):
        assert not undefined_in(f"broker/{name}.c", tmp_path) & heap
    assert undefined_in("broker/spec.c", tmp_path) & heap == {"malloc"}


class TestKernelFilesystems:
    def test_are_not_granted(self) -> None:
        for place in ("/proc", "/proc/self/task", "/sys"):
            with (
                opened(place, os.O_PATH) as fd,
                pytest.raises(EOFError),
                guest(Grant(fd, name="args.place")),
            ):
                pass

    def test_are_not_entered(self) -> None:
        """Beneath a grant that contains their mount points."""
        with guest_in(Path("/"), base=abi.MAX_BASE_DIRECTORY) as held:
            assert held.stat(1, "usr")[2] == abi.FILETYPE_DIRECTORY
            for path in ("proc", "proc/1", "proc/self/status", "sys/kernel"):
                assert held.error(1, STAT_GET, path) == "ENOTCAPABLE"
                assert held.error(1, STAT_GET, path, lookup_flags=FOLLOW) == "ENOTCAPABLE"
                assert held.error(1, OPEN, path, rights_base=READ) == "ENOTCAPABLE"
            assert held.error(1, STAT_GET, "proc/self/exe") == "ENOTCAPABLE"
            assert held.error(1, STAT_GET, "proc/self/exe", lookup_flags=FOLLOW) == "ELOOP"
            assert held.error(1, READLINK, "proc/self/exe", data_len=99) == "ENOTCAPABLE"
            assert held.error(1, READLINK, "proc/self/cwd/x", data_len=99) == "ELOOP"


class TestOtherMounts:
    """Other file systems below a grant belong to it; here /dev/shm, in a grant of /dev."""

    @pytest.fixture
    def shared(self) -> Iterator[Path]:
        place = Path("/dev/shm")
        if not place.is_mount() or Path("/dev").stat().st_dev == place.stat().st_dev:
            pytest.skip("/dev/shm is no mount point")
        with TemporaryDirectory(dir=place) as folder:
            yield Path(folder)

    def test_are_entered(self, shared: Path) -> None:
        folder = f"shm/{shared.name}"
        with guest_in(Path("/dev")) as held:
            creating = {"rights_base": READ | WRITE, "oflags": abi.O_CREAT}
            assert held.error(1, OPEN, f"{folder}/file", **creating) == ""
            reply = held.open(1, f"{folder}/file", READ)
            assert (reply.error, reply.filetype) == ("", abi.FILETYPE_REGULAR_FILE)
            for path in ("shm", folder, f"{folder}/file"):
                expected = Path("/dev", path).stat()
                assert held.stat(1, path)[:2] == (expected.st_dev, expected.st_ino)
            assert held.error(1, CREATE_DIRECTORY, f"{folder}/made") == ""
            made = held.open(1, f"{folder}/made", abi.MAX_BASE_DIRECTORY, READ)
            assert held.error(made.fd, OPEN, "../file", rights_base=READ) == "ENOTCAPABLE"
            (shared / "out").symlink_to("../../../etc")
            assert held.error(1, OPEN, f"{folder}/out/passwd", rights_base=READ) == "ENOTCAPABLE"
            assert held.error(1, OPEN, f"{folder}/none", rights_base=READ) == "ENOENT"
            assert held.error(1, OPEN, f"{folder}/none/x", **creating) == "ENOENT"
            assert held.error(1, LINK, f"{folder}/file", f"{folder}/hard") == ""
            assert held.error(1, RENAME, f"{folder}/file", "file") in ("EXDEV", "EACCES")
            assert held.error(1, UNLINK, f"{folder}/file") == ""
            assert held.error(1, OPEN, "shm/../null", rights_base=READ) == "ENOTSUP"


class TestRaces:
    SECONDS = 3.0

    def swap(self, tree: Path, stop: threading.Event) -> None:
        """Let `turn` be a directory, then a link to outside, and so on."""
        good, bad, turn = tree / "good", tree / "bad", tree / "turn"
        good.mkdir()
        (good / SECRET).write_text("inside")
        bad.symlink_to("../outside")
        while not stop.is_set():
            for name in (good, bad):
                name.rename(turn)
                turn.rename(name)

    def test_swapped_component(self, held: Guest, tree: Path) -> None:
        """Whatever the other side does with names, the file is that inside or none."""
        stop = threading.Event()
        swapper = threading.Thread(target=self.swap, args=(tree, stop))
        before = state_of(tree.parent / "outside")
        timer = threading.Timer(self.SECONDS, stop.set)
        swapper.start()
        timer.start()
        errors = set()
        while not stop.is_set():
            reply = held.open(1, f"turn/{SECRET}", READ)
            errors.add(reply.error)
            if not reply.error:
                assert held.read(reply.fd) == b"inside"
                held.call(Syscall.CLOSE, reply.fd)
            for path in (f"turn/{SECRET}x", f"turn/../turn/{SECRET}x"):
                assert held.error(1, UNLINK, path) in ("ENOENT", "ENOTCAPABLE", "EAGAIN")
            errors.add(held.error(1, CREATE_DIRECTORY, "turn/made"))
        swapper.join()
        assert errors <= {"", "ENOENT", "ENOTCAPABLE", "EEXIST"}
        assert {"", "ENOTCAPABLE"} <= errors
        assert state_of(tree.parent / "outside") == before

    def test_directory_moved_away(self, held: Guest, tree: Path) -> None:
        """A held directory stays what it is, wherever it goes, and leads nowhere else."""
        deep = held.open(1, "sub/deep", abi.MAX_BASE_DIRECTORY, abi.MAX_INHERITING_DIRECTORY).fd
        (tree / "sub" / "deep").rename(tree.parent / "outside" / "deep")
        assert held.error(deep, STAT_GET, "..") == "ENOTCAPABLE"
        assert held.error(deep, OPEN, f"../{SECRET}", rights_base=READ) == "ENOTCAPABLE"
        assert held.request(deep, READDIR, data_len=999).error in ("", "EACCES")

# SPDX-License-Identifier: BSD-2-Clause
"""The files of a host: some are granted, and nothing must happen to the others."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

# The granted directories; the second is below the first, and may be written to.
TREE, ROOM = "tree", "tree/room"

LINKS = {
    "outside/link": "target",
    "tree/link": "file",
    "tree/room/link": "../../outside",
    "tree/room/sub/chain": "../link",
    "tree/room/sub/up": "../../..",
    "tree/room/proc": "/proc",
    "tree/room/final": "../../outside/target",
    "tree/room/final_secret": "../../outside/secret",
    "tree/room/dangling": "../../outside/new",
    "tree/room/to_tree": "..",
}
FOLDERS = ("outside/folder", "tree/empty", "tree/sub", "tree/room/empty", "tree/room/sub/deep")
FILES = ("outside/target", "tree/file", "tree/room/file")
# Those of a privileged user: null and zero.
DEVICES = {"tree/null": 3, "tree/zero": 5, "tree/room/null": 3}

Snapshot = dict[str, tuple[object, ...]]


@dataclass
class Tree:
    """Files below a folder.

    secret: what two of them contain.
    """

    folder: Path
    secret: bytes
    before: Snapshot = field(default_factory=dict)

    def make(self) -> None:
        """Make all that there is to be, and nothing else; sockets stay."""
        for name in ("outside", TREE):
            _empty(self.folder / name)
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True)
        for name in FILES:
            self._write(name, b"content")
        for name in ("outside/secret", "outside/shared"):
            self._write(name, self.secret)
        for name, text in LINKS.items():
            (self.folder / name).symlink_to(text)
        (self.folder / "tree/room/jump").symlink_to(self.folder / "outside")
        os.mkfifo(self.folder / "tree/fifo")
        for name, number in DEVICES.items():
            with suppress(PermissionError):
                os.mknod(self.folder / name, stat.S_IFCHR | 0o600, os.makedev(1, number))
        self.before = self._look()

    def changes(self) -> set[str]:
        """Name the places that have changed, and make all as it was."""
        now = self._look()
        if now == self.before:
            return set()
        names = {name for name in now | self.before if now.get(name) != self.before.get(name)}
        self.make()
        return {_place(name) for name in names} - {ROOM}

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)

    def _look(self) -> Snapshot:
        return {
            str(path.relative_to(self.folder)): _state(path)
            for name in ("outside", TREE)
            for path in (self.folder / name, *(self.folder / name).rglob("*"))
        }


def _place(name: str) -> str:
    if name == ROOM or name.startswith(ROOM + "/"):
        return ROOM
    return "readonly" if name.split("/")[0] == TREE else "outside"


def _state(path: Path) -> tuple[object, ...]:
    """What is known about a file but for its times of access and change."""
    status = path.lstat()
    content: object = None
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        content = path.read_bytes() if status.st_size < 4096 else status.st_size
    names = () if stat.S_ISLNK(status.st_mode) else tuple(os.listxattr(path))
    identity = (status.st_mode, status.st_uid, status.st_gid, status.st_nlink)
    return (*identity, status.st_mtime_ns, content, names)


def _empty(folder: Path) -> None:
    """Remove what is in a folder, sockets excepted."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif not path.is_socket():
            path.unlink()

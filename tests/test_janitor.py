# SPDX-License-Identifier: BSD-2-Clause
"""The janitor: what it removes, and when."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cloudabi import launcher
from harness import proc_status

JANITOR = launcher.installation().janitor


def clean(folder: Path, *names: str, existing: bytes = b"\0") -> tuple[int, str]:
    """Have a janitor remove what exists of these names."""
    fd = os.open(folder, os.O_RDONLY)
    reader, writer = os.pipe()
    os.write(writer, existing)
    os.close(writer)
    entries = [word for name in names for word in (str(fd), name)]
    result = subprocess.run(
        [JANITOR, str(reader), *entries],
        pass_fds=(fd, reader),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(fd)
    os.close(reader)
    return result.returncode, result.stderr


def test_what_exists_is_removed(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind(str(tmp_path / "one"))
        other.bind(str(tmp_path / "other"))
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    (tmp_path / "folder" / "sub" / "file").touch()
    assert clean(tmp_path, "one", "other", "folder/", "none", existing=b"\0\2\3") == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_nothing_else_is_removed(tmp_path: Path) -> None:
    """Where a socket was, there is something else by now, and the other way round."""
    (tmp_path / "socket").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "file").touch()
    (tmp_path / "link").symlink_to("target")
    assert clean(tmp_path, "socket", "file", "link", existing=b"\0\1\2") == (0, "")
    status, message = clean(tmp_path, "link/")
    assert (status, message) == (1, "cloudabi-run: cannot remove `link`: Not a directory\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link", "socket", "target"]
    assert (tmp_path / "target" / "file").exists()


def test_links_in_a_directory_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "file").touch()
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    for link in ("folder/link", "folder/sub/link"):
        (tmp_path / link).symlink_to(tmp_path / "target")
    assert clean(tmp_path, "folder/") == (0, "")
    assert (tmp_path / "target" / "file").exists()


def test_no_depth_is_too_much(tmp_path: Path) -> None:
    depth = 3000
    (tmp_path / "folder").mkdir()
    at = os.open(tmp_path / "folder", os.O_RDONLY)
    for level in range(depth):
        for name in ("1", "deeper"):  # the janitor uses numbers as names
            os.mkdir(name, dir_fd=at)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
        below = os.open("1" if level % 2 else "deeper", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    assert clean(tmp_path, "folder/") == (0, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", [("a/b",), ("../a",), ("",), ("/",), ("a", "b/c")])
def test_names_are_no_paths(tmp_path: Path, names: tuple[str, ...]) -> None:
    assert clean(tmp_path, *names) == (1, "cloudabi-run: the janitor takes names, not paths\n")


def test_the_end_of_the_parent_is_enough(tmp_path: Path) -> None:
    """Somebody else holds a copy of LIFE and the janitor ignores what ends others."""
    (tmp_path / "folder").mkdir()
    fd = os.open(tmp_path, os.O_RDONLY)
    reader, writer = os.pipe()
    done_reader, done_writer = os.pipe()
    code = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen(['{JANITOR}', '{reader}', '{fd}', 'folder/'],"
        f" pass_fds=({reader}, {fd}), stderr={done_writer})\n"
        f"os.write({writer}, b'\\0')\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        pass_fds=(reader, writer, fd, done_writer),
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        janitor = int(parent.stdout.readline())
        os.close(done_writer)
        while not int(proc_status(janitor, "SigIgn"), 16) & 1 << (signal.SIGALRM - 1):
            pass
        for ending in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(janitor, ending)
        assert (tmp_path / "folder").exists()
        parent.kill()
    assert os.read(done_reader, 1) == b""  # the janitor has ended
    assert not (tmp_path / "folder").exists()
    for number in (fd, reader, writer, done_reader):
        os.close(number)

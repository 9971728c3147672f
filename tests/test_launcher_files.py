# SPDX-License-Identifier: BSD-2-Clause
"""How cloudabi-run opens files: the access mode, and what is refused."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from cloudabi.errors import ManifestError
from harness import run
from launcher_harness import compiled_native, opened, refusal


@pytest.mark.parametrize(
    ("grant", "flags"),
    [
        ("", os.O_RDONLY),
        ("mode: read", os.O_RDONLY),
        ("mode: exec", os.O_RDONLY),
        ("mode: write", os.O_RDWR),
        ("mode: create", os.O_RDWR),
        ("mode: append", os.O_WRONLY | os.O_APPEND),
        ("rights: [FD_WRITE]", os.O_WRONLY),
        ("rights: [FD_READ, FD_WRITE]", os.O_RDWR),
        ("rights: [FILE_STAT_FGET, FD_SEEK]", os.O_PATH),
        ("rights: []", os.O_PATH),
    ],
)
def test_files_are_opened_with_the_exact_mode(tmp_path: Path, grant: str, flags: int) -> None:
    (tmp_path / "file").write_text("kept")
    with opened(f"!file {{path: file, {grant}}}", tmp_path) as (value, resources):
        fd = resources.grants[value].fd
        mask = os.O_ACCMODE | os.O_APPEND | os.O_TRUNC | os.O_PATH
        assert fcntl.fcntl(fd, fcntl.F_GETFL) & mask == flags
        assert fcntl.fcntl(fd, fcntl.F_GETFD) == fcntl.FD_CLOEXEC
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.parametrize("mode", ["create", "append"])
def test_missing_files_are_made_where_the_mode_says_so(tmp_path: Path, mode: str) -> None:
    with opened(f"!file {{path: new, mode: {mode}}}", tmp_path):
        assert stat.S_ISREG((tmp_path / "new").stat().st_mode)
    message = refusal(f"!file {{path: no/folder, mode: {mode}}}", tmp_path)
    assert message == "cannot open `no/folder`: No such file or directory"


def test_what_is_neither_file_nor_directory(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/null")
    (tmp_path / "proc").symlink_to("/proc/self")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        names = ("pipe", "device", "socket", "proc")
        manifest = "\n".join(f"- !file {{path: {name}, symlinks: follow}}" for name in names)
        assert refusal(manifest, tmp_path).split("; ") == [
            "`pipe` is a pipe",
            "`device` is a device",
            "`socket` is a socket",
            "`proc` is a control of the kernel",
        ]


def test_links_that_the_program_may_have_made(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "sub").mkdir(parents=True)
    (tmp_path / "outside").touch()
    (tmp_path / "way").symlink_to("data/sub")
    (data / "file").touch()
    (data / "sub" / "link").symlink_to(tmp_path / "outside")
    (data / "up").symlink_to("..")
    with socket.create_server(str(tmp_path / "socket"), family=socket.AF_UNIX):
        paths = ("data/sub/link", "data/up/outside", "way/link", "data/sub/../up/data/file")
        files = [f"!file {{path: {path}, mode: append}}" for path in paths]
        files += [f"!file {{path: {data}/up/data}}", "!file {path: way/../up}"]
        made = f"!socket {{bind: {data}/up/new}}", f"!socket {{connect: {data}/up/socket}}"
        for resource in (*files, *made):
            with opened(resource, tmp_path):
                pass
            for mode in ("mode: write", "rights: [FILE_OPEN, FILE_SYMLINK]"):
                manifest = f"- {resource}\n- !file {{path: data, {mode}}}\n"
                message = "a symbolic link on the way is in a directory that the program may change"
                assert refusal(manifest, tmp_path) == message
            with opened(f"- {resource}\n- !file {{path: data}}\n", tmp_path):
                pass
        harmless = "- !file {path: way/../file}\n- !file {path: data, mode: write}\n"
        with opened(harmless, tmp_path):
            pass


def test_endless_links(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    message = "cannot open `loop`: Too many levels of symbolic links"
    assert refusal("!file {path: loop}", tmp_path) == message


def test_devices_and_controls_of_the_kernel_on_request(tmp_path: Path) -> None:
    with opened("!file {path: /dev/null, mode: write, devices: true}", tmp_path) as (value, found):
        assert os.fstat(found.grants[value].fd).st_rdev == os.makedev(1, 3)
    with opened("!file {path: /proc/self/status, kernel: true}", tmp_path) as (value, found):
        assert os.read(found.grants[value].fd, 5) == b"Name:"
    assert refusal("!file {path: /dev/null, kernel: true}", tmp_path) == "`/dev/null` is a device"


def test_programs_get_devices_and_controls_of_the_kernel(describe: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    for path, key in (("/proc/self/status", "kernel"), ("/dev/kmsg", "devices")):
        if not os.access(path, os.R_OK):
            pytest.skip(f"there is no {path} that we may read")
        manifest.write_text(f"output: !fd stdout\nit: !file {{path: {path}, {key}: true}}")
        result = run(manifest, describe)
        assert (result.returncode, result.stderr) == (0, "")
    manifest.write_text("it: !file {path: /proc/self, kernel: true}")
    assert run(manifest, describe).returncode == 125


# Symbolic links.


def inode(text: str, folder: Path) -> int:
    """What a manifest with one file opens."""
    with opened(text, folder) as (value, resources):
        return os.fstat(resources.grants[value].fd).st_ino


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A manifest's folder with links inside and out of it; its parent has `file` and `secret`."""
    app = tmp_path / "app"
    (app / "data" / "sub").mkdir(parents=True)
    for path in (tmp_path / "secret", app / "file", app / "data" / "file"):
        path.write_text(path.name)
    links: dict[str, str | Path] = {
        "near": "data/file",
        "data/up": "../file",
        "data/around": "sub/../../data/sub/../file",
        "absolute": app / "data",
        "out": "../secret",
        "data/sub/out": "../../../secret",
        "outside": tmp_path,
        "far": "/etc",
        "back": f"../{app.name}/file",
    }
    for name, target in links.items():
        (app / name).symlink_to(target)
    return app


INSIDE = {
    "near": "data/file",
    "data/up": "file",
    "data/around": "data/file",
    "absolute/file": "data/file",
    "data/sub/../../file": "file",
}
OUTSIDE = ("out", "data/sub/out", "outside/secret", "far/passwd", "back")


def test_links_inside_the_folder_are_followed(app: Path) -> None:
    for path, target in INSIDE.items():
        for symlinks in ("inside", "follow"):
            found = inode(f"!file {{path: {path}, symlinks: {symlinks}}}", app)
            assert found == (app / target).stat().st_ino, path


def test_links_out_of_the_folder_are_followed_on_request_only(app: Path) -> None:
    for path in OUTSIDE:
        message = refusal(f"!file {{path: {path}}}", app)
        assert re.fullmatch(
            f"cannot open `{path}`: the symbolic link `[a-z]+` leads out of `{app}`", message
        )
        found = inode(f"!file {{path: {path}, symlinks: follow}}", app)
        assert found == (app / path).stat().st_ino


def test_the_path_says_which_folder_is_meant(app: Path) -> None:
    """What a path names itself, with `..` or from the root, is no surprise."""
    secret = (app.parent / "secret").stat().st_ino
    for path in ("../secret", "data/../../secret", f"../{app.name}/out", f"{app}/out"):
        assert inode(f"!file {{path: {path}}}", app) == secret
    assert refusal(f"!file {{path: ../{app.name}/far/passwd}}", app) == (
        f"cannot open `../{app.name}/far/passwd`: "
        f"the symbolic link `far` leads out of `{app.parent}`"
    )


def test_links_can_be_refused(app: Path) -> None:
    for path in (*INSIDE, *OUTSIDE, f"{app}/near"):
        if path != "data/sub/../../file":
            message = refusal(f"!file {{path: {path}, symlinks: refuse}}", app)
            assert re.fullmatch(f"cannot open `{path}`: `[a-z]+` is a symbolic link", message)
    assert inode("!file {path: data/sub/../../file, symlinks: refuse}", app)


def test_nothing_is_made_outside_the_folder(app: Path) -> None:
    message = refusal("!file {path: outside/new, mode: create}", app)
    assert message.startswith("cannot open `outside/new`: the symbolic link `outside` leads out of")
    assert not (app.parent / "new").exists()


def test_no_exchange_of_a_directory_leads_outside(app: Path) -> None:
    """Somebody replaces a directory by a link, and moves it away, while it is walked through."""
    spare, outside = app / "spare", app.parent / "outside"
    spare.symlink_to(outside)
    outside.mkdir()
    (outside / "file").write_text("secret")
    (app / "data" / "sub" / "file").write_text("inside")
    changer = compiled_native("exchange", app.parent)
    paths = ("data/sub/file", "data/sub/../sub/file", "near", "data/up", "data/around")
    allowed = {(app / path).stat().st_ino for path in ("file", "data/file", "data/sub/file")}
    results = {"opened": 0, "refused": 0}
    with subprocess.Popen([changer, app / "data", spare, outside / "moved"]) as running:
        try:
            for _ in range(600):
                for path in paths:
                    try:
                        found = inode(f"!file {{path: {path}}}", app)
                    except ManifestError:
                        results["refused"] += 1
                    else:
                        assert found in allowed
                        results["opened"] += 1
        finally:
            running.kill()
    assert min(results.values()) > 10, results

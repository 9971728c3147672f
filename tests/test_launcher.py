# SPDX-License-Identifier: BSD-2-Clause
"""cloudabi-run: what it opens and with which rights, what it says, and how it ends."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import stat
import struct
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloudabi import _abi, launcher
from cloudabi._opening import Opened
from cloudabi.errors import CloudabiError, ManifestError
from cloudabi.manifest import parse as parse_manifest
from cloudabi.resources import ALL, READ
from harness import CLOUDABI_RUN, ROOT, SYSROOT, run

ELF_MACHINE = 18
ELF_OSABI = 7
EM_386, EM_AARCH64 = 3, 183


@pytest.fixture(scope="session")
def describe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program tests/launcher/describe.c."""
    program = tmp_path_factory.mktemp("launcher") / "describe"
    subprocess.run(
        [
            *("clang-16", "--config", SYSROOT / "clang.cfg"),
            *("-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-o", program),
            ROOT / "tests" / "launcher" / "describe.c",
        ],
        check=True,
    )
    return program


@contextmanager
def opened(text: str, folder: Path) -> Iterator[tuple[Any, Opened]]:
    """The value of a manifest and its resources, opened in this process."""
    manifest = parse_manifest(text.encode(), "test.yaml", for_python=False)
    with Opened("") as resources:
        program = resources.program("/bin/sh")
        resources.resources(manifest.resources, str(folder), program)
        yield manifest.value, resources


def refusal(text: str, folder: Path) -> str:
    """The messages about resources that cannot be opened."""
    with pytest.raises(ManifestError) as caught, opened(text, folder):
        pass
    return str(caught.value)


# The command line.


def test_an_unknown_option_ends_with_125() -> None:
    result = subprocess.run([CLOUDABI_RUN, "-x"], capture_output=True, text=True, check=False)
    assert result.returncode == 125
    assert result.stderr.startswith("cloudabi-run: unknown option `-x`\n")


# What a program gets.


def lines_of(manifest: str, describe: Path, folder: Path) -> dict[str, list[int]]:
    """What the program says about its descriptors, by key."""
    path = folder / "manifest.yaml"
    path.write_text("output: !fd stdout\n" + textwrap.dedent(manifest))
    result = run(path, describe)
    assert (result.returncode, result.stderr) == (0, "")
    *lines, last = result.stdout.splitlines()
    assert last == "ready"
    return {
        name: [int(number, 0) for number in numbers]
        for name, *numbers in (line.split() for line in lines)
    }


def test_descriptors_and_rights(describe: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("contents")
    manifest = """
        twice: !fd stdout
        dir: !file {path: .}
        write_dir: !file {path: ., mode: write}
        file: !file {path: file}
        write: !file {path: file, mode: write}
        append: !file {path: new, mode: append}
        some: !file {path: file, rights: [FD_READ]}
        none: !file {path: file, rights: [FILE_STAT_FGET, FD_SEEK]}
        exec: !file {path: file, mode: exec}
        program: !executable
        socket: !socket
    """
    found = lines_of(manifest, describe, tmp_path)
    numbers = [values[0] for values in found.values()]
    assert numbers == list(range(len(found)))
    file, directory = _abi.MAX_BASE_REGULAR_FILE, _abi.MAX_BASE_DIRECTORY
    below = _abi.MAX_INHERITING_DIRECTORY
    executing = _abi.RIGHT_PROC_EXEC | _abi.RIGHT_MEM_MAP_EXEC
    assert found["dir"][1:] == [
        _abi.FILETYPE_DIRECTORY,
        (READ.directory or 0) & directory,
        READ.below & below,
    ]
    assert found["write_dir"][2:] == [directory, below & ~executing]
    assert found["file"][1:] == [_abi.FILETYPE_REGULAR_FILE, READ.file & file, 0]
    assert found["write"][2] == file & ~executing
    assert found["append"][2] & (_abi.RIGHT_FD_READ | _abi.RIGHT_FD_WRITE) == _abi.RIGHT_FD_WRITE
    assert found["some"][2] == _abi.RIGHT_FD_READ
    assert found["none"][2] == _abi.RIGHT_FILE_STAT_FGET
    assert found["exec"][2] & _abi.RIGHT_PROC_EXEC
    assert found["program"][2] & _abi.RIGHT_PROC_EXEC
    assert found["socket"][1] == _abi.FILETYPE_SOCKET_STREAM
    assert (tmp_path / "new").read_bytes() == b""


def test_paths_start_from_the_manifest_or_the_working_directory(
    describe: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "file").touch()
    manifest = folder / "manifest.yaml"
    manifest.write_text("a: !file {path: file}")
    from_file = subprocess.run([CLOUDABI_RUN, "-f", manifest, describe], cwd="/", check=False)
    assert from_file.returncode == 0
    from_stdin = [
        subprocess.run(
            [CLOUDABI_RUN, describe],
            stdin=manifest.open(),
            stderr=subprocess.PIPE,
            cwd=cwd,
            check=False,
        ).returncode
        for cwd in (folder, tmp_path)
    ]
    assert from_stdin == [0, 125]


def test_standard_input_is_granted_only_if_it_was_not_the_manifest(
    describe: Path, tmp_path: Path
) -> None:
    manifest = "input: !fd stdin\n"
    assert lines_of(manifest, describe, tmp_path)
    result = run(manifest, describe)
    assert result.returncode == 125
    assert result.stderr == (
        "error: descriptor 0 is not open\n"
        "  --> <stdin>:1:8\n"
        "   |\n"
        " 1 | input: !fd stdin\n"
        "   |        ^^^^^^^^^\n"
        "   = help: use `-f`: standard input held the manifest\n"
    )


def test_inherited_descriptors(tmp_path: Path, describe: Path) -> None:
    reader, writer = os.pipe()
    directory = os.open(tmp_path, os.O_RDONLY)
    (tmp_path / "manifest.yaml").write_text(f"a: !fd {reader}\nb: !fd {directory}\n")
    (tmp_path / "wrong.yaml").write_text(f"a: !fd {writer}\n")
    statuses = [
        subprocess.run(
            [CLOUDABI_RUN, "-f", tmp_path / name, describe],
            pass_fds=(reader, directory),
            capture_output=True,
            check=False,
        ).returncode
        for name in ("manifest.yaml", "wrong.yaml")
    ]
    assert statuses == [0, 125]
    with opened("b: !fd 2", tmp_path) as (value, resources):
        grant = resources.grants[value["b"]]
        assert (grant.fd, grant.place, grant.rights, grant.inheriting) == (2, "b", ALL, ALL)
    os.set_inheritable(directory, True)
    with opened(f"b: !fd {directory}", tmp_path) as (value, resources):
        grant = resources.grants[value["b"]]
        assert (grant.rights, grant.inheriting) == (READ.directory, READ.below)
    for fd in (reader, writer, directory):
        os.close(fd)


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
        manifest = "\n".join(f"- !file {{path: {name}}}" for name in names)
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


# Sockets.


def option(fd: int, level: int, name: int) -> int:
    with socket.socket(fileno=os.dup(fd)) as copy:
        return copy.getsockopt(level, name)


def test_an_ephemeral_port_is_bound_on_the_loopback(tmp_path: Path) -> None:
    with opened("web: !socket", tmp_path) as (value, resources):
        fd = resources.grants[value["web"]].fd
        address = resources.addresses["web"]
        host, _, port = address.rpartition(":")
        assert host == "127.0.0.1"
        assert option(fd, socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        assert option(fd, socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        socket.create_connection((host, int(port))).close()


def test_connected_sockets(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        manifest = f"!socket {{connect: '127.0.0.1:{port}'}}"
        with opened(manifest, tmp_path) as (value, resources):
            server.accept()[0].close()
            fd = resources.grants[value].fd
            assert option(fd, socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            assert resources.addresses == {}
    assert (
        refusal(manifest, tmp_path) == f"cannot connect to `127.0.0.1:{port}`: Connection refused"
    )


@pytest.mark.parametrize(
    ("type_", "number", "accepts"),
    [
        ("stream", socket.SOCK_STREAM, 1),
        ("seqpacket", socket.SOCK_SEQPACKET, 1),
        ("dgram", socket.SOCK_DGRAM, 0),
    ],
)
def test_unix_sockets_leave_no_file(tmp_path: Path, type_: str, number: int, accepts: int) -> None:
    path = tmp_path / "socket"
    with opened(f"!socket {{bind: {path}, type: {type_}}}", tmp_path) as (value, resources):
        fd = resources.grants[value].fd
        assert option(fd, socket.SOL_SOCKET, socket.SO_TYPE) == number
        assert option(fd, socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == accepts
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert refusal(f"!socket {{bind: {path}}}", tmp_path) == (
            f"cannot bind to `{path}`: Address already in use"
        )
        assert path.exists()
    assert not path.exists()


def test_files_of_sockets_are_removed_from_where_they_were_made(tmp_path: Path) -> None:
    """A program that may change the folder cannot point the launcher to another file."""
    run, other = tmp_path / "run", tmp_path / "other"
    for folder in (run, other):
        folder.mkdir()
    (other / "socket").touch()
    with opened(f"!socket {{bind: {run}/socket}}", tmp_path):
        run.rename(tmp_path / "old")
        run.symlink_to(other)
    assert (other / "socket").exists()
    assert not (tmp_path / "old" / "socket").exists()


def test_files_of_sockets_may_have_become_something_else(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with opened(f"!socket {{bind: {path}}}", tmp_path):
        path.unlink()
        path.mkdir()
    assert path.is_dir()


def test_hosts_that_are_no_single_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def two(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", ("192.0.2.1", 80)), (2, 1, 6, "", ("192.0.2.2", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert refusal("!socket {bind: 'example:80'}", tmp_path) == (
        "`example` stands for several addresses"
    )


def test_addresses_are_printed_on_request(describe: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(f"my_socket: !socket\nlocal: !socket {{bind: {tmp_path}/socket}}\n")
    result = subprocess.run(
        [CLOUDABI_RUN, "--print-ports", "-f", manifest, describe],
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(
        rf"my_socket: 127\.0\.0\.1:[0-9]+\nlocal: {tmp_path}/socket\n", result.stderr
    )
    assert not (tmp_path / "socket").exists()


# How a run ends.


@pytest.mark.parametrize("status", [0, 1, 42, 125, 255])
def test_the_status_is_the_programs(describe: Path, status: int) -> None:
    result = run(f"status: {status}", describe)
    assert (result.returncode, result.stdout, result.stderr) == (status, "", "")


def test_a_run_without_landlock(describe: Path) -> None:
    """Where the kernel has it, the option changes nothing that a program could see."""
    result = subprocess.run(
        [CLOUDABI_RUN, "--no-landlock", describe],
        input=b"status: 3",
        capture_output=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (3, b"")


def test_nothing_takes_the_place_of_a_closed_stream(describe: Path, tmp_path: Path) -> None:
    """Messages of the broker must not end in a file of the program."""
    manifest = tmp_path / "manifest.yaml"
    files = [tmp_path / name for name in "abcde"]
    grants = "".join(f"{path.name}: !file {{path: {path}, mode: create}}\n" for path in files)
    manifest.write_text(f"{grants}abort: true\n")
    shell = f"exec {CLOUDABI_RUN} -f {manifest} {describe} <&- >&- 2>&-"
    result = subprocess.run(["sh", "-c", shell], check=False)
    assert result.returncode == 128 + signal.SIGABRT
    assert [path.read_bytes() for path in files] == [b""] * len(files)
    manifest.write_text("a: !fd 2")
    assert subprocess.run(["sh", "-c", shell], check=False).returncode == 125


def test_an_abort_is_reported(describe: Path) -> None:
    result = run("abort: true", describe)
    assert result.returncode == 128 + signal.SIGABRT
    assert re.fullmatch(r"cloudabi-run: the program crashed: signal 6 .*\n", result.stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_program(describe: Path, tmp_path: Path, number: int) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(
        f"output: !fd stdout\nsleep: true\nlocal: !socket {{bind: {tmp_path}/socket}}\n"
    )
    with subprocess.Popen(
        [CLOUDABI_RUN, "-f", manifest, describe], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as launched:
        assert launched.stdout is not None
        while launched.stdout.readline() != b"ready\n":
            pass
        launched.send_signal(number)
        assert launched.wait(10) == 128 + number
    assert not (tmp_path / "socket").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_undoes_the_preparations(tmp_path: Path, number: int) -> None:
    """Connecting the second socket takes until the signal comes."""
    path = tmp_path / "socket"
    manifest = f"- !socket {{bind: {path}}}\n- !socket {{connect: '127.0.0.1:1'}}\n"
    code = (
        "import sys; from cloudabi import _sockets, __main__\n"
        "made = _sockets.open_socket\n"
        "def slow(wanted, handle):\n"
        "    if wanted.binds:\n"
        "        return made(wanted, handle)\n"
        "    import time; print('waiting', flush=True)\n"
        "    for _ in range(600): time.sleep(0.1)\n"
        "_sockets.open_socket = slow\n"
        "sys.exit(__main__.main(['/bin/true']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as launched:
        assert launched.stdin is not None
        assert launched.stdout is not None
        launched.stdin.write(manifest.encode())
        launched.stdin.close()
        assert launched.stdout.readline() == b"waiting\n"
        assert path.exists()
        launched.send_signal(number)
        assert launched.wait(10) == 128 + number
    assert not path.exists()


def test_the_launcher_survives_ignored_children(describe: Path) -> None:
    result = subprocess.run(
        [CLOUDABI_RUN, describe],
        input=b"status: 7",
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN) and None,
        check=False,
    )
    assert result.returncode == 7


# What cannot be run.


def elf_with(describe: Path, change: Callable[[bytearray], object], folder: Path) -> Path:
    """The program with some of its bytes changed."""
    data = bytearray(describe.read_bytes())
    change(data)
    program = folder / "changed"
    program.write_bytes(data)
    return program


def ended(manifest: str, program: Path | str) -> tuple[int, str]:
    result = run(manifest, program)
    assert result.stdout == ""
    return result.returncode, result.stderr


def test_no_such_program(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert ended("{}", missing) == (127, f"cloudabi-run: there is no program `{missing}`\n")
    below = Path("/bin/sh/below")
    assert ended("{}", below) == (127, f"cloudabi-run: there is no program `{below}`\n")


def test_a_directory_is_no_program(tmp_path: Path) -> None:
    message = f"cloudabi-run: the program `{tmp_path}` is not a file\n"
    assert ended("{}", tmp_path) == (126, message)


def test_text_is_no_program(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\nexit 0\n")
    status, message = ended("{}", script)
    assert status == 126
    assert message.startswith("cloudabi-run: ")


def test_a_linux_program() -> None:
    status, message = ended("{}", "/bin/true")
    assert status == 126
    assert "CloudABI" in message


@pytest.mark.parametrize("size", [0, 3, 40, 64, 200, 5000])
def test_a_truncated_program(describe: Path, tmp_path: Path, size: int) -> None:
    program = elf_with(describe, lambda data: data.__delitem__(slice(size, None)), tmp_path)
    status, message = ended("{}", program)
    assert status == 126
    assert message.startswith("cloudabi-run: ")
    assert message.count("\n") == 1


@pytest.mark.parametrize("machine", [EM_386, EM_AARCH64])
def test_a_program_of_another_machine(describe: Path, tmp_path: Path, machine: int) -> None:
    program = elf_with(
        describe, lambda data: struct.pack_into("<H", data, ELF_MACHINE, machine), tmp_path
    )
    status, message = ended("{}", program)
    assert status == 126
    assert "machine" in message


def test_another_operating_system(describe: Path, tmp_path: Path) -> None:
    program = elf_with(describe, lambda data: data.__setitem__(ELF_OSABI, 3), tmp_path)
    status, message = ended("{}", program)
    assert status == 126
    assert "CloudABI" in message


def test_no_manifest(describe: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [CLOUDABI_RUN, "-f", tmp_path / "none.yaml", describe],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 125
    assert result.stderr == (
        f"cloudabi-run: cannot read the manifest from `{tmp_path}/none.yaml`: "
        "No such file or directory\n"
    )


def test_a_bad_manifest_ends_with_125_and_its_message() -> None:
    folder = ROOT / "tests" / "data" / "manifests"
    result = subprocess.run(
        [CLOUDABI_RUN, "-f", "several.yaml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 125
    assert result.stderr == (folder / "several.txt").read_text()
    assert result.stdout == ""


def test_the_interpreter_by_another_name_is_still_the_interpreter(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(launcher.installation().interpreter)
    result = run("zebra: 1", link)
    assert result.returncode == 125
    assert result.stderr.startswith("error: unknown key `zebra`\n")


def test_an_incomplete_installation(tmp_path: Path) -> None:
    manifest = parse_manifest(b"a: 1", "test.yaml", for_python=False)
    for missing in ("broker", "runtime"):
        there = dict.fromkeys(launcher.Installation._fields, "/bin/true")
        parts = launcher.Installation(**there | {missing: str(tmp_path / missing)})
        with pytest.raises(CloudabiError, match=f"the installation lacks `{tmp_path}/") as caught:
            launcher.run(manifest, "/bin/true", parts, folder="")
        assert caught.value.status == 125


def test_nothing_stays_open(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    text = "- !file {path: .}\n- !socket\n- !file {path: f, mode: create}\n- !executable\n"
    with opened(text, tmp_path):
        assert len(os.listdir("/proc/self/fd")) == len(before) + 5
    refusal(text + "- !file {path: missing}\n", tmp_path)
    assert os.listdir("/proc/self/fd") == before

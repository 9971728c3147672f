# SPDX-License-Identifier: BSD-2-Clause
"""Native code that ignores our libc tries to leave; the host judges by what happened to it.

Every probe runs twice: unconfined, to show that it works, and in the sandbox, where it must
neither succeed nor leave a trace on the host.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker_harness import compiled
from harness import CLOUDABI_RUN, ROOT, run

SOURCE = Path(__file__).parent / "escape" / "probe.c"
COMPILE = ["clang-16", "-O1", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-ffreestanding"]
LINUX = ["-static", "-fno-pic", "-fno-stack-protector"]
CLOUDABI = ["--target=x86_64-unknown-cloudabi", "--ld-path=/usr/bin/ld.lld-16", "-fPIE"]
CLOUDABI += ["-fno-sanitize=safe-stack", "-nostdlibinc", "-isystem", str(ROOT / "abi" / "include")]
# Linux's own numbers and structures: what is attempted is none of CloudABI's business.
CLOUDABI += ["-idirafter", "/usr/include", "-idirafter", "/usr/include/x86_64-linux-gnu"]

# The status of a program that made a forbidden system call.
KILLED = 123

# What a probe returns unconfined where that is an error by nature: no memory is mapped at the
# address it reads, and kernels without x32 refuse its numbers.
UNCONFINED_ERRORS = {"process_vm_readv": -14, "x32": -38, "x32_getpid": -38}

# For these the kernel does not ask anybody.
KILLED_BY_THE_KERNEL = {"int80", "int80_creat", "x32", "x32_getpid"}

# Kernel features that hosts and containers switch off; the probe then proves nothing new.
HOST_MAY_REFUSE = {"unshare", "bpf", "userfaultfd", "keyctl", "io_uring_setup", "int80", "ptrace"}

CANARY_PROGRAM = """
import signal
signal.signal(signal.SIGUSR1, lambda *_: print('hit', flush=True))
signal.signal(signal.SIGUSR2, lambda *_: print('asked', flush=True))
print('ready', flush=True)
while True:
    signal.pause()
"""


@dataclass(frozen=True)
class Host:
    """What a successful escape would touch."""

    file: Path
    listener: socket.socket
    process: subprocess.Popen[bytes]

    def damage(self) -> set[str]:
        """Name what was reached since the last call, and forget it."""
        found = set()
        if os.path.lexists(self.file):
            found.add("file")
            remove(self.file)
        with contextlib.suppress(BlockingIOError):
            self.listener.accept()[0].close()
            found.add("network")
        if self.was_signalled():
            found.add("process")
        return found

    def was_signalled(self) -> bool:
        """Ask the process by a later signal, so that no earlier one is still on its way."""
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGUSR2)
        hits = 0
        while self.process.stdout.readline() != b"asked\n":
            hits += 1
        return hits > 0


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    file = tmp_path_factory.mktemp("canary") / "file"
    command = [sys.executable, "-c", CANARY_PROGRAM]
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        subprocess.Popen(command, stdout=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        listener.setblocking(False)
        yield Host(file, listener, process)
        process.kill()


@dataclass(frozen=True)
class Probes:
    """The same attempts, built for both worlds."""

    linux: Path
    cloudabi: Path


@pytest.fixture(scope="module")
def probes(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Probes:
    folder = tmp_path_factory.mktemp("escape")
    canary = [
        f'-DCANARY_FILE="{host.file}"',
        f"-DCANARY_PORT={host.listener.getsockname()[1]}",
        f"-DCANARY_PID={host.process.pid}",
    ]
    for name, flags in (("linux", LINUX), ("cloudabi", CLOUDABI)):
        subprocess.run([*COMPILE, *flags, *canary, "-o", folder / name, SOURCE], check=True)
    return Probes(folder / "linux", folder / "cloudabi")


NAMES = re.findall(r"^\tX\((\w+)\)", SOURCE.read_text(), re.MULTILINE)


def test_names(probes: Probes) -> None:
    """The numbers used below are those of the table in probe.c."""
    listed = subprocess.run([probes.linux], stdout=subprocess.PIPE, text=True, check=True)
    assert listed.stdout.split() == NAMES


@pytest.mark.parametrize("number", range(1, len(NAMES) + 1), ids=NAMES)
def test_probe(number: int, host: Host, probes: Probes, tmp_path: Path) -> None:
    name = NAMES[number - 1]
    result = unconfined(probes, number)
    harm = host.damage()
    if result < 0 and name not in HOST_MAY_REFUSE:
        assert result == UNCONFINED_ERRORS.get(name), f"{name} proves nothing: {result}"

    manifest = tmp_path / "probe.yaml"
    manifest.write_text(f"- {number}\n- !fd stdout\n- !socket {{bind: '127.0.0.1:0'}}\n")
    sandboxed = run(manifest, probes.cloudabi)
    if name == "nothing":
        assert (sandboxed.returncode, sandboxed.stdout) == (0, "0")
        return
    assert not host.damage(), f"{name} escaped (unconfined it reached {harm or result})"
    if sandboxed.returncode != KILLED:
        assert sandboxed.returncode == 0, sandboxed.stderr
        assert int(sandboxed.stdout) < 0, f"{name} succeeded inside: {sandboxed.stdout}"
    elif name not in KILLED_BY_THE_KERNEL:
        assert re.search(r": \w+ \(\d+\)\n$", sandboxed.stderr), sandboxed.stderr


def test_in_a_filter_with_a_listener(host: Host, probes: Probes, tmp_path: Path) -> None:
    """A host's own, beside which there is no room for ours: the kernel kills as ever."""
    for name in ("mkdir", "execve", "mmap_exec"):
        manifest = tmp_path / "probe.yaml"
        manifest.write_text(f"- {NAMES.index(name) + 1}\n- !fd stdout\n")
        command = list(map(str, (compiled("outer"), CLOUDABI_RUN, "-f", manifest, probes.cloudabi)))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (KILLED, "")
        assert not host.damage()


def unconfined(probes: Probes, number: int) -> int:
    """Run a probe as an ordinary process, with an unconnected socket as descriptor 3."""
    with socket.socket() as held:
        result = subprocess.run(
            [probes.linux, str(number)],
            stdout=subprocess.PIPE,
            preexec_fn=lambda: (os.dup2(held.fileno(), 3), None)[1],
            pass_fds=[3],
            timeout=30,
        )
    return int(result.stdout) if result.stdout else 0

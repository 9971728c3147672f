# SPDX-License-Identifier: BSD-2-Clause
"""Native code that ignores our libc tries to leave; the host judges by what happened to it.

Every probe runs twice: unconfined, to show that it works, and in the sandbox, where it must
neither succeed nor leave a trace on the host.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker_harness import compiled
from harness import CLOUDABI_RUN, ROOT, run
from pybuild import targets
from pybuild.runtime import host_headers
from pybuild.targets import Target

FOLDER = Path(__file__).parent / "escape"
COMPILE = ["clang-16", "-O1", "-Wall", "-Wextra", "-Werror", "-nostdlib", "-ffreestanding"]
COMPILE += ["--ld-path=/usr/bin/ld.lld-16"]
LINUX = ["-static", "-fno-pic", "-fno-stack-protector"]
CLOUDABI = ["-fPIE", "-Wl,-pie", "-fno-sanitize=safe-stack", "-nostdlibinc"]
CLOUDABI += ["-isystem", str(ROOT / "abi" / "include")]

# What this machine confines.
TARGETS = [target for target in targets.TARGETS if platform.machine() in target.machines]

# The status of a program that made a forbidden system call.
KILLED = 123

# What a probe returns unconfined where that is an error by nature: no memory is mapped at the
# address it reads, and kernels without x32 refuse its numbers.
UNCONFINED_ERRORS = {"process_vm_readv": -14, "x32": -38, "x32_getpid": -38}

# For these the kernel does not ask anybody.
KILLED_BY_THE_KERNEL = {"int80", "int80_creat", "x32", "x32_getpid"}
KILLED_BY_THE_KERNEL |= {"long_mode", "long_mode_mkdir"}

# Kernel features that hosts and containers switch off; the probe then proves nothing new.
HOST_MAY_REFUSE = {"unshare", "bpf", "userfaultfd", "keyctl", "io_uring_setup", "int80", "ptrace"}
HOST_MAY_REFUSE |= {"modify_ldt"}

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

    def build(self, target: Target, host: Host) -> None:
        common = [
            *(*COMPILE, *host_headers(target)),
            f'-DCANARY_FILE="{host.file}"',
            f"-DCANARY_PORT={host.listener.getsockname()[1]}",
            f"-DCANARY_PID={host.process.pid}",
            str(FOLDER / "probe.c"),
        ]
        for output, triple, flags in (
            (self.linux, target.host_triple, LINUX),
            (self.cloudabi, target.triple, CLOUDABI),
        ):
            subprocess.run([*common, f"--target={triple}", *flags, "-o", output], check=True)


ProbesOf = Mapping[Target, Probes]


@pytest.fixture(scope="module")
def probes(host: Host, tmp_path_factory: pytest.TempPathFactory) -> ProbesOf:
    folder = tmp_path_factory.mktemp("escape")
    built = {
        target: Probes(folder / f"{target.arch}-linux", folder / f"{target.arch}-cloudabi")
        for target in TARGETS
    }
    for target, probes in built.items():
        probes.build(target, host)
    return built


def names_of(target: Target) -> list[str]:
    """The probes for a machine, in the order of their numbers."""
    sources = (FOLDER / "probe.c", FOLDER / f"{target.arch}.h")
    return [
        name for path in sources for name in re.findall(r"^\tX\((\w+)\)", path.read_text(), re.M)
    ]


CASES = [
    pytest.param(target, number, name, id=f"{target.arch}-{name}")
    for target in TARGETS
    for number, name in enumerate(names_of(target), 1)
]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.arch)
def test_names(target: Target, probes: ProbesOf) -> None:
    """The numbers used below are those of the table in probe.c."""
    listed = subprocess.run([probes[target].linux], stdout=subprocess.PIPE, text=True, check=True)
    assert listed.stdout.split() == names_of(target)


@pytest.mark.parametrize(("target", "number", "name"), CASES)
def test_probe(
    target: Target, number: int, name: str, host: Host, probes: ProbesOf, tmp_path: Path
) -> None:
    result = unconfined(probes[target], number)
    harm = host.damage()
    if result < 0 and name not in HOST_MAY_REFUSE:
        assert result == UNCONFINED_ERRORS.get(name), f"{name} proves nothing: {result}"

    manifest = tmp_path / "probe.yaml"
    manifest.write_text(f"- {number}\n- !fd stdout\n- !socket {{bind: '127.0.0.1:0'}}\n")
    sandboxed = run(manifest, probes[target].cloudabi)
    if name == "nothing":
        assert (sandboxed.returncode, sandboxed.stdout) == (0, "0")
        return
    assert not host.damage(), f"{name} escaped (unconfined it reached {harm or result})"
    if sandboxed.returncode != KILLED:
        assert sandboxed.returncode == 0, sandboxed.stderr
        assert int(sandboxed.stdout) < 0, f"{name} succeeded inside: {sandboxed.stdout}"
    elif name not in KILLED_BY_THE_KERNEL:
        assert re.search(r": \w+ \(\d+\)\n$", sandboxed.stderr), sandboxed.stderr


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.arch)
def test_in_a_filter_with_a_listener(
    target: Target, host: Host, probes: ProbesOf, tmp_path: Path
) -> None:
    """A host's own, beside which there is no room for ours: the kernel kills as ever."""
    for name in ("mkdir", "execve", "mmap_exec"):
        manifest = tmp_path / "probe.yaml"
        manifest.write_text(f"- {names_of(target).index(name) + 1}\n- !fd stdout\n")
        program = probes[target].cloudabi
        command = list(map(str, (compiled("outer"), CLOUDABI_RUN, "-f", manifest, program)))
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

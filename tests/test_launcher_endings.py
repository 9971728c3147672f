# SPDX-License-Identifier: BSD-2-Clause
"""How a run ends, and what cloudabi-run says about it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness import CLOUDABI_RUN, run, started, wait_until_gone


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


@pytest.mark.parametrize(
    "words", ["--help -f", "--check --format json -f", "--print-ports -f", "-f"]
)
def test_nobody_has_to_listen(words: str, describe: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text("a: !socket\n")
    command = f"exec {CLOUDABI_RUN} {words} {manifest} {describe} <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False).returncode == 0


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


def test_the_second_signal_waits_for_nobody(describe: Path, tmp_path: Path) -> None:
    """The broker hangs, and neither ends the program nor tells about it."""
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text("output: !fd stdout\nsleep: true\n")
    with started(manifest, describe) as running:
        os.kill(running.broker_pid, signal.SIGSTOP)
        running.launcher.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            running.launcher.wait(0.3)
        running.launcher.send_signal(signal.SIGTERM)
        assert running.launcher.wait(10) == 128 + signal.SIGINT
        wait_until_gone(running.broker_pid, running.guest_pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_undoes_the_preparations(tmp_path: Path, number: int) -> None:
    """Connecting the second socket takes until the signal comes."""
    path = tmp_path / "socket"
    manifest = f"- !socket {{bind: {path}}}\n- !socket {{connect: '127.0.0.1:1'}}\n"
    code = (
        "import sys; from cloudabi import _sockets, __main__\n"
        "made = _sockets.open_socket\n"
        "def slow(wanted, *others):\n"
        "    if wanted.binds:\n"
        "        return made(wanted, *others)\n"
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

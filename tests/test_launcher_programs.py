# SPDX-License-Identifier: BSD-2-Clause
"""What cloudabi-run refuses to run."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import run

ELF_MACHINE = 18
ELF_OSABI = 7
EM_386, EM_AARCH64 = 3, 183


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

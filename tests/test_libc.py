# SPDX-License-Identifier: BSD-2-Clause
"""The C library at work: programs of tests/c, built as a user would, in the sandbox."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from broker_harness import abi, argdata
from libc_harness import compiled, current, including, run_program
from runtime_harness import EMULATED, Held, opened, start_block, started_alone

PROGRAMS = including("libc_test.h")

MANIFEST = """
output: !fd stdout
dir: !file {{path: '{folder}', mode: write}}
file: !file {{path: '{file}'}}
listener: !socket {{bind: '127.0.0.1:{port}'}}
client: !socket {{connect: '127.0.0.1:{port}'}}
local: !socket {{connect: '{local}'}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    program = compiled(name)
    folder = tmp_path / "folder"
    folder.mkdir()
    file = tmp_path / "file"
    file.write_text("contents\n")
    file.chmod(0o444)
    # sendmsg() is let through only for a program that was given a UNIX socket.
    local = tmp_path / "local"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(local))
        server.listen()
        manifest = MANIFEST.format(folder=folder, file=file, port=free_port(), local=local)
        result = run_program(manifest, program)
    assert result.stdout.startswith("ok\n"), result.stdout + result.stderr
    assert result.returncode == 0
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("data", "arguments"),
    [
        (b"prog\0-x\0\0", "[prog][-x][]"),
        (b"unterminated", "[unterminated]"),
        (argdata({"key": 1}), "[]"),
        (b"", "[]"),
    ],
)
def test_main_gets_strings_if_the_data_are_strings(
    data: bytes, arguments: str, tmp_path: Path
) -> None:
    """The broker passes on nothing but argument data, so the runtime is started without it."""
    output = tmp_path / "output"
    output.touch()
    program = compiled("main_arguments")
    with opened(program, os.O_RDONLY) as file, opened(output, os.O_WRONLY) as out:
        held = [Held(out, abi.FILETYPE_REGULAR_FILE)]
        block = start_block(held, data, EMULATED if current().is_emulated else 0)
        with started_alone(file, held, block, machine=current()) as process:
            assert process.refusal() is None
            assert process.wait() == 7
    assert output.read_text() == arguments + "111"

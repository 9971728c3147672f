# SPDX-License-Identifier: BSD-2-Clause
"""cloudabi-run: what a program gets, and with which rights."""

from __future__ import annotations

import os
import subprocess
import textwrap
from pathlib import Path

import pytest

from cloudabi import _abi, launcher
from cloudabi.errors import CloudabiError
from cloudabi.manifest import parse as parse_manifest
from cloudabi.resources import ALL, READ
from harness import CLOUDABI_RUN, ROOT, run
from launcher_harness import opened, refusal


def test_an_unknown_option_ends_with_125() -> None:
    result = subprocess.run([CLOUDABI_RUN, "-x"], capture_output=True, text=True, check=False)
    assert result.returncode == 125
    assert result.stderr.startswith("cloudabi-run: unknown option `-x`\n")


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


def test_nothing_stays_open(tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    text = "- !file {path: .}\n- !socket\n- !file {path: f, mode: create}\n- !executable\n"
    with opened(text, tmp_path):
        assert len(os.listdir("/proc/self/fd")) == len(before) + 5
    refusal(text + "- !file {path: missing}\n", tmp_path)
    assert os.listdir("/proc/self/fd") == before


def test_an_incomplete_installation(tmp_path: Path) -> None:
    manifest = parse_manifest(b"a: 1", "test.yaml", for_python=False)
    whole = launcher.installation()
    there = {name: getattr(whole, name) for name in whole._fields}
    for missing in ("broker", "runtime"):
        parts = launcher.Installation(**there | {missing: str(tmp_path / missing)})
        with pytest.raises(CloudabiError, match=f"the installation lacks `{tmp_path}/") as caught:
            launcher.run(manifest, "/bin/true", parts, folder="")
        assert caught.value.status == 125


def test_the_interpreter_by_another_name_is_still_the_interpreter(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(launcher.installation().interpreter)
    result = run("zebra: 1", link)
    assert result.returncode == 125
    assert result.stderr.startswith("error: unknown key `zebra`\n")


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

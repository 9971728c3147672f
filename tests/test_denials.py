# SPDX-License-Identifier: BSD-2-Clause
"""What is said about denials: that it is true, and that the advice helps."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from cloudabi.denials import explain, remedy
from cloudabi.manifest import Manifest, parse
from cloudabi.outcome import Denial
from denials_harness import check_many
from harness import CLOUDABI_RUN, python_manifest
from launcher_harness import compiled

COUNT = 800


def test_what_is_said_is_what_happens(tmp_path: Path) -> None:
    """tests/denials_harness.py does more of this."""
    tally = check_many(str(compiled("operations", tmp_path)), COUNT, seed=1)
    assert tally.mismatches == []
    assert min(tally.denied, tally.granted_after_advice) > COUNT / 4


# Explanations.


def manifest_of(*lines: str) -> Manifest:
    return parse("\n".join(lines).encode(), "/home/me/app.yaml", for_python=False)


def advice(entry: str, *rights: str, is_directory: bool = True) -> str:
    """The change that helps, as `key: value`."""
    denial = Denial("call", "ENOTCAPABLE", "args.it", rights=rights, is_directory=is_directory)
    change = remedy(denial, manifest_of("args:", f"  it: {entry}"))
    return f"{change.key}: {change.value}" if change else ""


@pytest.mark.parametrize(
    ("entry", "rights", "change"),
    [
        ("!file {path: x}", ["FILE_CREATE_FILE"], "mode: write"),
        ("!file {path: x}", ["PROC_EXEC"], "mode: exec"),
        ("!file {path: x, mode: append}", ["FD_READ"], "mode: create"),
        ("!file {path: x, mode: write}", ["FILE_UNLINK"], ""),
        ("!file {path: x, rights: [FILE_OPEN]}", ["FD_READ"], "rights: [FD_READ, FILE_OPEN]"),
        ("!file {path: x, rights: [FILE_OPEN]}", ["FILE_OPEN"], ""),
        ("!tmpdir ", ["FILE_UNLINK"], ""),
        ("!stdlib", ["FILE_UNLINK"], ""),
    ],
)
def test_the_smallest_change_is_advised(entry: str, rights: list[str], change: str) -> None:
    assert advice(entry, *rights) == change


def test_rights_are_listed_where_no_mode_fits() -> None:
    everything = advice("!file {path: x, mode: write}", "PROC_EXEC")
    assert everything.startswith("rights: [FD_DATASYNC, FD_READ,")
    assert "PROC_EXEC" in everything


def test_a_file_that_is_only_referred_to_has_to_be_opened() -> None:
    entry = "!file {path: x, rights: [FD_SEEK, FILE_ALLOCATE, FILE_UNLINK, PROC_EXEC]}"
    assert "FD_READ" in advice(entry, "FD_SEEK", is_directory=False)
    assert "FD_WRITE" in advice(entry, "FILE_ALLOCATE", is_directory=False)
    assert advice(entry, "FILE_UNLINK") == ""


def explanation(denial: Denial, *lines: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    problem = explain(denial, manifest_of(*lines))
    return problem.message, problem.notes, problem.helps


def test_a_right_that_lacks() -> None:
    denial = Denial(
        *("file_create", "ENOTCAPABLE", "args.dirs[0]", "new", ("FILE_CREATE_DIRECTORY",)),
        is_directory=True,
        file="/dev/fd/4/app.py",
        line=3,
        function="main",
    )
    assert explanation(denial, "args:", "  dirs:", "  - !file {path: data}") == (
        "`file_create` of `new`: `args.dirs[0]` lacks `FILE_CREATE_DIRECTORY`",
        ("line 3 of `/dev/fd/4/app.py`, in `main`",),
        ("in `args.dirs[0]` (app.yaml:3) use `mode: write`",),
    )


@pytest.mark.parametrize(
    ("denial", "help_"),
    [
        (Denial("file_open", "ENOTCAPABLE", None, "/etc/passwd"), "!file {path: /etc/passwd}"),
        (Denial("file_open", "ENOTCAPABLE", None, "/a: #"), '!file {path: "/a: #"}'),
        (Denial("file_open", "ENOTCAPABLE", None, "data/x"), "cwd: !file {path: .}"),
        (Denial("file_open", "ENOTCAPABLE", "it", "../x"), "an entry of its own"),
        (Denial("file_open", "EROFS", "it", "x"), "not mounted read-only"),
        (Denial("file_open", "EACCES", "it", "x"), "`chmod`"),
        (Denial("fd_write", "ENOTCAPABLE", "out", None, ("FD_WRITE",)), "open descriptor 0"),
    ],
)
def test_other_reasons(denial: Denial, help_: str) -> None:
    _, notes, helps = explanation(denial, "it: !file {path: data}", "out: !fd stdin")
    assert help_ in " ".join(helps)
    assert ("no line of the manifest helps" in " ".join(notes)) == (
        denial.error[:2] == "ER" or denial.error == "EACCES"
    )


# On the command line.


def test_denials_are_printed_and_reported(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    manifest, report = tmp_path / "app.yaml", tmp_path / "report.json"
    code = """
        import os, sys
        os.listdir(sys.argdata['dir'])
        for _ in range(3):
            try:
                os.mkdir('new', dir_fd=sys.argdata['dir'])
            except OSError as error:
                print(error.strerror)
    """
    entries = "{dir: !file {path: data}, unused: !file {path: data}}"
    manifest.write_text(python_manifest(code, args=entries))
    result = subprocess.run(
        [CLOUDABI_RUN, "-f", manifest, "--trace-denials", "--report", report],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "Capabilities insufficient\n" * 3
    told = re.findall("denied: `file_create` of `new`: `args.dir` lacks .*\n", result.stderr)
    assert len(told) == 1
    assert "in `args.dir` (app.yaml:4) use `mode: write`\n" in result.stderr
    assert "= note: line 6 of `<string>`, in `<module>`\n" in result.stderr
    record = json.loads(report.read_text())
    assert report.stat().st_mode & 0o777 == 0o600
    found = [denial for denial in record["denials"] if denial["call"] == "file_create"]
    assert [(denial["place"], denial["path"], denial["count"]) for denial in found] == [
        ("args.dir", "new", 3)
    ]
    used = {grant["place"]: grant["used"] for grant in record["grants"]}
    assert used["args.dir"] and used["stdout"] and not used["args.unused"]
    assert record["ending"] == {"kind": "exited", "status": 0, "message": None}


def test_denials_as_json(tmp_path: Path) -> None:
    manifest = tmp_path / "app.yaml"
    manifest.write_text(python_manifest("import os\nopen('/a')", args="{}"))
    result = subprocess.run(
        [CLOUDABI_RUN, "-f", manifest, "--trace-denials", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in result.stderr.splitlines() if line[0] == "{"]
    assert [denial["message"] for denial in found] == ["`file_open` of `/a`: ENOTCAPABLE"]


def test_a_report_of_a_run_that_fails(tmp_path: Path) -> None:
    manifest, report = tmp_path / "app.yaml", tmp_path / "report.json"
    for text, message in (
        ("args: !fiel x", "unknown tag `!fiel`"),
        ("args: !file {path: missing}", "cannot open `missing`: No such file or directory"),
    ):
        manifest.write_text(text)
        result = subprocess.run(
            [CLOUDABI_RUN, "-f", manifest, "--report", report], stderr=subprocess.PIPE, check=False
        )
        assert result.returncode == 125
        ending = json.loads(report.read_text())["ending"]
        assert (ending["kind"], ending["status"]) == ("failed", 125)
        assert ending["problems"][0]["message"] == message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.yaml", "report.json"]


def test_a_report_goes_where_it_was_meant_to(tmp_path: Path) -> None:
    """The program replaces the folder by a link to another one."""
    (tmp_path / "work" / "sub").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    manifest = tmp_path / "manifest.yaml"
    code = """
        import os, sys
        work = sys.argdata
        os.rename("sub", "old", src_dir_fd=work, dst_dir_fd=work)
        os.symlink("../other", "sub", dir_fd=work)
    """
    manifest.write_text(python_manifest(code, args="!file {path: work, mode: write}"))
    report = tmp_path / "work" / "sub" / "report.json"
    subprocess.run([CLOUDABI_RUN, "-f", manifest, "--report", report], check=True)
    assert (tmp_path / "work" / "sub").is_symlink()
    assert (tmp_path / "work" / "old" / "report.json").exists()
    assert not any((tmp_path / "other").iterdir())


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    result = subprocess.run(
        [CLOUDABI_RUN, "--report", tmp_path / "no" / "report.json", "/bin/true"],
        input=b"{}",
        capture_output=True,
        check=False,
    )
    assert result.returncode == 125
    assert b"cannot write the report to" in result.stderr

# SPDX-License-Identifier: BSD-2-Clause
"""The command line of cloudabi-run, as far as nothing runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from cloudabi._help import help_text
from cloudabi._options import OPTIONS, Option, Options, parse
from cloudabi.errors import UsageError
from docs import generate
from harness import ROOT


def run(*arguments: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command with the modules that this process uses."""
    return subprocess.run(
        [sys.executable, "-m", "cloudabi", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], Options()),
        (["-f", "m.yaml"], Options(manifest="m.yaml")),
        (["--file", "m.yaml", "prog"], Options(manifest="m.yaml", program="prog")),
        (["prog", "--file=m.yaml"], Options(manifest="m.yaml", program="prog")),
        (["--print-ports", "--no-landlock"], Options(prints_ports=True, no_landlock=True)),
        (["--trace-denials", "--report=r"], Options(traces=True, report="r")),
        (["--format", "json", "--check"], Options(format="json", check=True)),
        (["--file="], Options(manifest="")),
        (["--", "-f"], Options(program="-f")),
    ],
)
def test_options(arguments: Sequence[str], options: Options) -> None:
    assert parse(arguments) == options


@pytest.mark.parametrize(
    ("arguments", "message", "help_"),
    [
        (["-x"], "unknown option `-x`", "try `cloudabi-run --help`"),
        (["-"], "unknown option `-`", "try `cloudabi-run --help`"),
        (["-f=x"], "unknown option `-f=x`", "try `cloudabi-run --help`"),
        (["--print-port"], "unknown option `--print-port`", "use `--print-ports`"),
        (["-f"], "`-f` lacks its argument", "write `--file MANIFEST`"),
        (["--check=1"], "`--check` takes no argument", "try `cloudabi-run --help`"),
        (["--format", "xml"], "`--format` does not take `xml`", "write `--format text|json`"),
        (["a", "b"], "there is one program, `b` is too much", "try `cloudabi-run --help`"),
    ],
)
def test_usage_errors(arguments: Sequence[str], message: str, help_: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(arguments)
    assert str(caught.value) == message
    assert caught.value.problems[0].helps == (help_,)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_option_fits_its_field_and_is_explained(option: Option) -> None:
    default = getattr(Options(), option.field)
    assert (default is False) == (option.argument == "")
    assert f"{option.form} " in help_text()
    assert option.doc in help_text()


def test_help_and_version() -> None:
    answer = run("--help")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, help_text(), "")
    assert max(len(line) for line in help_text().splitlines()) <= 100
    version = run("--version")
    assert re.fullmatch(r"cloudabi-run [0-9.]+\n", version.stdout)


def test_an_unknown_option_ends_with_125() -> None:
    result = run("-x")
    assert result.returncode == 125
    assert result.stderr.startswith("cloudabi-run: unknown option `-x`\n")


@pytest.mark.parametrize("form", [("--format", "json"), ("--format=json",)])
def test_usage_errors_as_json(form: Sequence[str]) -> None:
    result = run("-x", *form)
    assert (result.returncode, result.stdout) == (125, "")
    assert json.loads(result.stderr)["problems"][0]["message"] == "unknown option `-x`"


# What is generated.


def test_generated_files_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().err


def test_stale_files_are_named_with_the_repair(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    manual = tmp_path / "docs" / "manifest.md"
    manual.write_text(manual.read_text().replace("| `symlinks` |", "| `links` |"))
    (tmp_path / "docs" / "cloudabi-run.1").unlink()
    assert generate.main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        "error: docs/manifest.md does not match Lib/cloudabi\n"
        "error: docs/cloudabi-run.1 does not match Lib/cloudabi\n"
        "help: run `python3 docs/generate.py`\n"
    )
    assert generate.main(["--root", str(tmp_path)]) == 0
    assert generate.main(["--check", "--root", str(tmp_path)]) == 0
    assert "| `symlinks` |" in manual.read_text()


def test_marks_that_are_missing_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "manifest.md").write_text("# The manifest\n")
    assert generate.main(["--root", str(tmp_path)]) == 1
    assert "docs/manifest.md lacks the marks of the tags" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (["--ch"], ["--check"]),
        (["--explain=d"], ["--explain=dot"]),
        (["--explain", "=", "d"], ["dot"]),
        (["--format", "j"], ["json"]),
        (["--format", "="], ["text", "json"]),
        (["--print-ports", "--v"], ["--version"]),
        (["-f", "READ"], ["README.md"]),
        (["READ"], ["README.md"]),
    ],
)
def test_completion_in_bash(words: Sequence[str], answers: Sequence[str]) -> None:
    script = (
        'source docs/completion/cloudabi-run.bash; COMP_WORDS=(cloudabi-run "$@")'
        '; COMP_CWORD=$#; _cloudabi_run; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    result = subprocess.run(
        ["bash", "-c", script, "bash", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (result.stdout.split(), result.stderr) == (list(answers), "")


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_each_option_is_everywhere(option: Option) -> None:
    name = option.name.replace("-", "\\-")
    assert f"\\fB{name}\\fR" in (ROOT / "docs" / "cloudabi-run.1").read_text()
    fish = (ROOT / "docs" / "completion" / "cloudabi-run.fish").read_text()
    assert f" -l {option.name[2:]} " in fish
    zsh = (ROOT / "docs" / "completion" / "_cloudabi-run").read_text()
    assert re.search(rf"{option.name}(=-?)?[\[}}]", zsh)


# Checking a manifest.


def test_a_good_manifest(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("args: !file {path: made, mode: create}\ncommand: pass\n")
    result = run("--check", "-f", path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert os.listdir(tmp_path) == ["m.yaml"]
    result = run("--check", "--format=json", "-f", path)
    assert (result.returncode, result.stdout) == (0, "")
    assert json.loads(result.stderr) == {"status": 0, "problems": []}


def test_a_bad_manifest() -> None:
    result = run("--check", text="a: 1\nb: [!fiel x]\n")
    assert (result.returncode, result.stdout) == (125, "")
    assert [line for line in result.stderr.splitlines() if line.startswith("error")] == [
        "error: unknown key `a`",
        "error: unknown key `b`",
        "error: unknown tag `!fiel`",
    ]


def test_all_problems_as_json() -> None:
    result = run("--check", "--format", "json", text="a: 1\n" * 30)
    found = json.loads(result.stderr)
    assert result.returncode == found["status"] == 125
    assert len(found["problems"]) > 29
    assert found["problems"][0] == {
        "message": "unknown key `a`",
        "file": "<stdin>",
        "line": 1,
        "column": 1,
        "end": {"line": 1, "column": 2},
        "notes": [],
        "helps": found["problems"][0]["helps"],
    }

# SPDX-License-Identifier: BSD-2-Clause
"""The command line, products, packages, documents and suites of the build driver."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import ROOT
from pybuild import dist, documents, packages, sources, suites, targets
from pybuild.dist import Product
from pybuild.errors import Exit, ToolError, UsageError
from pybuild.log import Reporter
from pybuild.packages import Package
from pybuild.stages import Driver, Stage
from test_build_stages import make_driver, write_once


def build_python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run build_python.py from another folder."""
    command: list[str | Path] = [sys.executable, ROOT / "build_python.py", *arguments]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


def test_help_ends_with_examples() -> None:
    result = build_python("--help")
    assert result.returncode == 0
    assert "examples:\n  build_python.py run examples/hello.yaml" in result.stdout


def test_target_without_a_build() -> None:
    result = build_python("build", "--target", "mips-unknown-cloudabi")
    assert result.returncode == Exit.USAGE
    offered = ", ".join(target.triple for target in targets.TARGETS)
    assert f"no build for mips-unknown-cloudabi; there is one for {offered}" in result.stderr


def test_unknown_suite() -> None:
    with pytest.raises(UsageError, match="no suite or test file `nonsense`; suites are build"):
        suites.selection(["nonsense"], ROOT / "tests")


def test_every_test_file_belongs_to_one_suite() -> None:
    chosen = [path for name in suites.SUITES for path in suites.selection([name], ROOT / "tests")]
    present = [f"tests/{path.name}" for path in (ROOT / "tests").glob("test_*.py")]
    assert sorted(chosen) == sorted(present)


def make_product(*facts: str) -> Product:
    """A product of one stage; assembling it counts."""

    def fill(driver: Driver, folder: Path) -> None:
        with (driver.root.parent / "assembled").open("a") as stream:
            stream.write("x")
        shutil.copytree(driver.path(part), folder, dirs_exist_ok=True)

    part = Stage("part", "make part", write_once, facts=facts)
    return Product("thing", (part,), fill)


def test_product_is_assembled_once(tmp_path: Path) -> None:
    for _ in range(2):
        dist.update(make_driver(tmp_path), [make_product()])
    assert (tmp_path / "repository/dist/thing/result").read_text() == "done"
    assert (tmp_path / "assembled").read_text() == "x"


def test_product_follows_its_parts(tmp_path: Path) -> None:
    dist.update(make_driver(tmp_path), [make_product()])
    (tmp_path / "repository/dist/thing/stray").touch()
    dist.update(make_driver(tmp_path), [make_product("-O2")])
    assert (tmp_path / "assembled").read_text() == "xx"
    assert not (tmp_path / "repository/dist/thing/stray").exists()


def test_half_assembled_product_is_not_taken_for_a_whole(tmp_path: Path) -> None:
    def fail(_driver: Driver, _folder: Path) -> None:
        raise OSError("no space")

    good = make_product()
    with pytest.raises(OSError, match="no space"):
        dist.update(make_driver(tmp_path), [Product("thing", good.parts, fail)])
    assert not good.is_current(make_driver(tmp_path))
    dist.update(make_driver(tmp_path), [good])
    assert good.is_current(make_driver(tmp_path))


def test_packages_are_named_to_an_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    absent = (
        Package("no-such-tool", program="no-such-tool"),
        Package("libno-such-dev", header="no/such.h"),
        Package("sh", program="sh"),
    )
    with pytest.raises(ToolError) as caught:
        packages.ensure(absent, Reporter(quiet=True))
    assert "lacks no-such-tool, libno-such-dev" in str(caught.value)
    assert str(caught.value).endswith(
        "sudo apt-get install --yes --no-install-recommends no-such-tool libno-such-dev"
    )


def test_nothing_is_installed_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_apt", lambda _: pytest.fail("called apt"))
    packages.ensure((Package("sh", program="sh"),), Reporter(quiet=True))


def test_documents_are_up_to_date() -> None:
    driver = Driver(ROOT, Path("/none"), 1, Reporter(True), sources.load(ROOT / "sources.toml"))
    assert documents.stale(driver) == []


def test_target_table_has_all_targets() -> None:
    lines = documents.target_table().splitlines()[2:]
    assert len(lines) == len(targets.TARGETS)
    for line, target in zip(lines, targets.TARGETS, strict=True):
        assert line.startswith(f"| `{target.triple}` | {target.machines[0]}")


@pytest.mark.parametrize("target", targets.TARGETS, ids=lambda target: target.triple)
def test_interpreter_is_a_cloudabi_program(target: targets.Target) -> None:
    command = ["file", "--brief", str(ROOT / "dist" / target.triple / "bin" / "python3")]
    kind = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert kind.startswith(f"ELF {target.pointer_bits}-bit LSB pie executable")
    assert "(Nuxi CloudABI), static-pie linked" in kind


@pytest.mark.parametrize("target", targets.TARGETS, ids=lambda target: target.triple)
def test_targets_are_there(target: targets.Target) -> None:
    folder = ROOT / "dist" / target.triple
    names = ["include/argdata.h", "lib/libc.a", "lib/crt0.o", f"bin/{target.triple}-cc"]
    names += ["bin/python3", "lib/python3.14/os.py"]
    names += [f"../host/libexec/cloudabi/cloudabi-runtime-{target.arch}"]
    assert [name for name in names if not (folder / name).exists()] == []

# SPDX-License-Identifier: BSD-2-Clause
"""The patch series: into git, back out unchanged, and what is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pybuild.errors import PatchError
from pybuild.patchset import Patchset
from test_build_sources import make_archive, make_source
from test_build_stages import make_driver

FILES = {"a.txt": "one\ntwo\nthree\nfour\nfive\n", "b.txt": "b\n"}
MESSAGE = """\
core: change what is second

Description: the second line was wrong.
Origin: vendor
Forwarded: no
Upstream-status: pending
Last-Update: 2026-11-22
"""


def git(tree: Path, *arguments: str) -> str:
    """Run git as a person would, with a name of their own."""
    identity = ("-c", "user.name=A Person", "-c", "user.email=person@example.org")
    command: list[str | Path] = ["git", "-C", tree, *identity, *arguments]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return result.stdout


def commit(tree: Path, name: str, text: str, message: str = MESSAGE) -> None:
    """Change a file and commit it."""
    (tree / name).write_text(text)
    git(tree, "commit", "--all", "--message", message)


@pytest.fixture
def patchset(tmp_path: Path) -> Patchset:
    """A repository without patches, for a small CPython."""
    archive = make_archive(FILES, "Python-1.0")
    source = make_source(content=archive)
    driver = make_driver(tmp_path, source)
    driver.catalogue = {"cpython": source}
    (driver.cache / "sources").mkdir(parents=True)
    (driver.cache / "sources" / source.filename).write_bytes(archive)
    (driver.root / "patches").mkdir()
    (driver.root / "patches" / "BASE").write_text("v1.0\n")
    return Patchset(driver)


@pytest.fixture
def series(patchset: Patchset, tmp_path: Path) -> Path:
    """The folder of a series of two patches."""
    tree = patchset.load()
    commit(tree, "a.txt", FILES["a.txt"].replace("two", "zwei"))
    commit(tree, "b.txt", "c\n", MESSAGE.replace("second", "last"))
    assert len(patchset.export()) == 2
    return tmp_path / "repository" / "patches"


def test_export_and_import_are_inverse(patchset: Patchset, series: Path) -> None:
    before = {path.name: path.read_bytes() for path in series.glob("*.patch")}
    assert sorted(before) == [
        "0001-core-change-what-is-second.patch",
        "0002-core-change-what-is-last.patch",
    ]
    patchset.check()
    tree = patchset.load()
    assert (tree / "a.txt").read_text() == FILES["a.txt"].replace("two", "zwei")
    patchset.export()
    assert {path.name: path.read_bytes() for path in series.glob("*.patch")} == before


def test_dropped_commit_drops_its_file(patchset: Patchset, series: Path) -> None:
    git(patchset.tree, "reset", "--hard", "HEAD~")
    assert len(patchset.export()) == 1
    assert len(list(series.glob("*.patch"))) == 1


@pytest.mark.usefixtures("series")
def test_work_that_was_not_exported_is_kept(patchset: Patchset) -> None:
    commit(patchset.tree, "b.txt", "new work\n")
    with pytest.raises(PatchError, match="holds work that is not in patches/"):
        patchset.load()
    assert (patchset.tree / "b.txt").read_text() == "new work\n"
    patchset.export()
    (patchset.tree / "b.txt").write_text("not committed\n")
    with pytest.raises(PatchError, match="holds work"):
        patchset.load()
    with pytest.raises(PatchError, match="not committed"):
        patchset.export()


def test_check_finds_an_edited_patch(patchset: Patchset, series: Path) -> None:
    path = next(series.glob("0001-*"))
    path.write_text(path.read_text() + "-- \n2.39\n")
    with pytest.raises(PatchError, match="not in its exported form"):
        patchset.check()


def test_check_refuses_fuzz(patchset: Patchset, series: Path) -> None:
    path = next(series.glob("0001-*"))
    path.write_text(path.read_text().replace("\n three\n", "\n drei\n"))
    with pytest.raises(PatchError, match="git am"):
        patchset.check()


def test_check_wants_the_header_and_the_base(patchset: Patchset, series: Path) -> None:
    commit(patchset.tree, "b.txt", "d\n", "core: no header\n")
    patchset.export()
    (series / "BASE").write_text("v0.9\n")
    with pytest.raises(PatchError) as caught:
        patchset.check()
    assert "0003-core-no-header.patch lacks `Description:`" in str(caught.value)
    assert "BASE does not name v1.0" in str(caught.value)

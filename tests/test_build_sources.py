# SPDX-License-Identifier: BSD-2-Clause
"""Sources: found in several places, accepted only with the pinned hash."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path

import pytest

from harness import ROOT
from pybuild import sources
from pybuild.errors import SourceError
from pybuild.sources import Source


def make_archive(files: dict[str, str], top: str = "thing-1.0") -> bytes:
    """Return a tar file with one top folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


CONTENT = make_archive({"a.txt": "a", "folder/b.txt": "b"})


def make_source(url: str | None = None, content: bytes = CONTENT) -> Source:
    """Describe a source whose right bytes are `content`."""
    return Source(
        name="thing",
        title="Thing",
        version="1.0",
        license="MIT",
        license_files=("LICENSE",),
        used_in="tests",
        pool="t/thing/thing_1.0.orig.tar.gz",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        url=url,
    )


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    """An apt configuration that names a mirror in a folder."""
    pool = tmp_path / "mirror" / "pool" / "main" / "t" / "thing"
    pool.mkdir(parents=True)
    (pool / "thing_1.0.orig.tar.gz").write_bytes(CONTENT)
    folder = tmp_path / "apt"
    (folder / "sources.list.d").mkdir(parents=True)
    (folder / "sources.list").write_text(f"deb file://{tmp_path}/mirror stable main\n")
    return folder


def test_upstream_comes_before_the_mirror(tmp_path: Path, apt: Path) -> None:
    upstream = tmp_path / "thing.tar.gz"
    upstream.write_bytes(CONTENT)
    (tmp_path / "mirror/pool/main/t/thing/thing_1.0.orig.tar.gz").unlink()
    path = sources.fetch(make_source(upstream.as_uri()), tmp_path / "cache", apt)
    assert path.read_bytes() == CONTENT


def test_mirror_serves_what_upstream_lacks(tmp_path: Path, apt: Path) -> None:
    gone = (tmp_path / "gone.tar.gz").as_uri()
    path = sources.fetch(make_source(gone), tmp_path / "cache", apt)
    assert path.read_bytes() == CONTENT


def test_wrong_bytes_upstream_do_not_count(tmp_path: Path, apt: Path) -> None:
    upstream = tmp_path / "thing.tar.gz"
    upstream.write_bytes(CONTENT[:-1] + b"?")
    path = sources.fetch(make_source(upstream.as_uri()), tmp_path / "cache", apt)
    assert path.read_bytes() == CONTENT


def test_cache_is_used_without_any_other_place(tmp_path: Path, apt: Path) -> None:
    source = make_source()
    first = sources.fetch(source, tmp_path / "cache", apt)
    assert sources.fetch(source, tmp_path / "cache", tmp_path / "no-apt") == first


def test_damaged_cache_is_replaced(tmp_path: Path, apt: Path) -> None:
    source = make_source()
    path = sources.fetch(source, tmp_path / "cache", apt)
    path.write_bytes(CONTENT[:100])
    assert sources.fetch(source, tmp_path / "cache", apt).read_bytes() == CONTENT


def test_message_when_nothing_helps(tmp_path: Path) -> None:
    source = make_source((tmp_path / "gone").as_uri())
    with pytest.raises(SourceError) as caught:
        sources.fetch(source, tmp_path / "cache", tmp_path / "no-apt")
    text = str(caught.value)
    assert "cannot get the source of Thing 1.0" in text
    assert f"tried {tmp_path.as_uri()}/gone" in text
    assert f"help: put the file with the SHA-256 {source.sha256}" in text
    assert list((tmp_path / "cache").iterdir()) == []


def test_unpack_drops_the_top_folder(tmp_path: Path) -> None:
    archive = tmp_path / "thing.tar.gz"
    archive.write_bytes(CONTENT)
    folder = sources.unpack(archive, tmp_path / "out")
    assert (folder / "folder" / "b.txt").read_text() == "b"
    assert not (folder / "thing-1.0").exists()


def test_mirrors_of_both_formats(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(
        "# a comment\n"
        "deb http://one.test/debian stable main\n"
        "deb [arch=amd64 signed-by=/k.gpg] https://two.test/debian/ stable main contrib # more\n"
        "deb http://tools.test/apt stable tools\n"
        "deb cdrom:[Debian] stable main\n"
    )
    (tmp_path / "list.txt").write_text("https://listed.test/debian priority:1\n# no\n")
    (tmp_path / "sources.list.d" / "debian.sources").write_text(
        "# comment\nTypes: deb\nURIs: http://three.test/debian\n http://four.test/debian\n"
        "Suites: stable\nComponents: main\n\n"
        "Types: deb\nEnabled: no\nURIs: http://off.test/debian\nSuites: s\nComponents: main\n\n"
        f"Types: deb\nURIs: mirror+file://{tmp_path}/list.txt\nSuites: s\nComponents: main\n"
    )
    (tmp_path / "sources.list.d" / "old.list.disabled").write_text("deb http://x.test s main\n")
    assert sources.mirrors(tmp_path) == [
        "http://one.test/debian",
        "https://two.test/debian",
        "http://three.test/debian",
        "http://four.test/debian",
        "https://listed.test/debian",
    ]


def test_the_pinned_sources() -> None:
    catalogue = sources.load(ROOT / "sources.toml")
    assert {"cpython", "musl", "zlib"} <= catalogue.keys()
    for source in catalogue.values():
        assert re.fullmatch(r"[0-9a-f]{64}", source.sha256)
        assert source.version in source.filename
        assert source.pool or source.package


def test_cffi_is_one_version() -> None:
    """What the launcher imports, and what writes the module that the interpreter links in."""
    cffi = sources.load(ROOT / "sources.toml")["cffi"]
    assert cffi.package == f"cffi=={cffi.version}"
    pins = (ROOT / "pybuild" / "launcher-packages.txt").read_text().splitlines()
    assert f"{cffi.package} \\" in pins

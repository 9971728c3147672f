# SPDX-License-Identifier: BSD-2-Clause
# The licences of what a build contains: docs/licenses.md, and the texts that go into dist/.

import functools
import tarfile
from collections.abc import Mapping
from pathlib import Path

from pybuild import ROOT, sources
from pybuild.stages import Build, Stage

DOCUMENT = Path("docs/licenses.md")
HEAD = """\
<!-- SPDX-License-Identifier: BSD-2-Clause -->
<!-- Generated from sources.toml by pybuild/licenses.py; `build_python.py check --fix` renews it. -->

# Licences of what a build contains

Our own code is under the BSD-2-Clause licence in `LICENSE`. The patches in `patches/` are under
CPython's own licence. The full texts are in `dist/<triple>/LICENSES/` and, for packages of the
launcher, in their `.dist-info` folders below `dist/host/`.

| part | version | licence | used in |
|---|---|---|---|
"""

# Parts that do not come from sources.toml: packages of the build machine and of the launcher.
FROM_ELSEWHERE = (
    "| LLVM compiler-rt builtins | 16 | Apache-2.0 WITH LLVM-exception | programs |",
    "| PyYAML | 6 | MIT | launcher |",
    "| cffi | 2 | MIT-0 | launcher |",
    "| pycparser | 3 | BSD-3-Clause | launcher |",
)


def document(catalogue: Mapping[str, sources.Source]) -> str:
    """Return the text of docs/licenses.md."""
    rows = [
        f"| {source.title} | {source.version} | {source.license} | {source.used_in} |"
        for source in catalogue.values()
    ]
    return HEAD + "\n".join([*rows, *FROM_ELSEWHERE]) + "\n"


@functools.cache
def texts() -> Stage:
    """The folder LICENSES with the licence files of all sources."""
    catalogue = sources.load(ROOT / "sources.toml")

    def build(build: Build) -> None:
        for name, source in catalogue.items():
            folder = build.out / "LICENSES" / name
            folder.mkdir(parents=True)
            _extract(build.archive(name), source.license_files, folder)

    return Stage(
        name="licenses",
        title="collect licence texts",
        build=build,
        sources=tuple(catalogue),
    )


def _extract(archive: Path, members: tuple[str, ...], folder: Path) -> None:
    """Copy the named files, given relative to the archive's top folder, in one pass."""
    missing = set(members)
    with tarfile.open(archive) as tar:
        for entry in tar:
            name = entry.name.partition("/")[2]
            stream = tar.extractfile(entry) if name in missing else None
            if stream is not None:
                (folder / Path(name).name).write_bytes(stream.read())
                missing.discard(name)
            if not missing:
                return
    raise FileNotFoundError(f"{archive} lacks {', '.join(sorted(missing))}")

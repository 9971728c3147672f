# SPDX-License-Identifier: BSD-2-Clause
# The patch series for CPython: between patches/ and a git tree where it can be edited.

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pybuild import sources
from pybuild.errors import PatchError
from pybuild.stages import Driver

FORMAT = ("-N", "--zero-commit", "--no-signature", "--full-index", "--no-stat")
HEADERS = ("Description", "Origin", "Forwarded", "Upstream-status", "Last-Update")

# The trees must not depend on the person's git settings.
ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_COMMITTER_NAME": "Python for CloudABI",
    "GIT_COMMITTER_EMAIL": "patches@localhost",
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
}
BASE_AUTHOR = {
    "GIT_AUTHOR_NAME": "Python Software Foundation",
    "GIT_AUTHOR_EMAIL": "patches@localhost",
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z",
}


class Patchset:
    """The series in patches/ and the scratch tree in this user's cache.

    In the tree the tag `base` is the release and `exported` the state that patches/ holds.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._source = driver.catalogue["cpython"]
        self._folder = driver.root / "patches"
        self.tree = driver.cache / "patches" / f"cpython-{self._source.version}"

    def load(self) -> Path:
        """Apply the series to the tree, one commit per patch; return the tree.

        Raises PatchError: the tree holds work that was not exported, or a patch does not apply.
        """
        self._ensure_tree()
        if _git(self.tree, "status", "--porcelain") or not self._is_exported():
            raise PatchError(
                f"{self.tree} holds work that is not in patches/\n"
                "  = help: commit it and run `build_python.py patches export`, or delete the tree"
            )
        _git(self.tree, "reset", "--hard", "base")
        _apply(self.tree, self._files(), "--3way")
        _git(self.tree, "tag", "--force", "exported")
        return self.tree

    def export(self) -> list[Path]:
        """Write the commits of the tree to patches/ and return the files.

        Raises PatchError: there is no tree, or it holds changes that are not committed.
        """
        if not self.tree.exists() or _git(self.tree, "status", "--porcelain"):
            raise PatchError(f"{self.tree} does not exist or holds changes that are not committed")
        for path in self._files():
            path.unlink()
        _format(self.tree, self._folder)
        _git(self.tree, "tag", "--force", "exported")
        return self._files()

    def check(self) -> None:
        """Raise PatchError unless patches/ applies without fuzz and exports to itself."""
        problems = self.problems()
        if problems:
            raise PatchError("\n".join(problems))

    def problems(self) -> list[str]:
        """Say what is wrong with patches/."""
        files = self._files()
        problems = [problem for path in files for problem in _header_problems(path)]
        base = (self._folder / "BASE").read_text().split()
        if base[:1] != [f"v{self._source.version}"]:
            problems.append(f"patches/BASE does not name v{self._source.version}")
        self._ensure_tree()
        with self._worktree() as tree, tempfile.TemporaryDirectory() as scratch:
            _apply(tree, files)
            _format(tree, Path(scratch))
            again = {path.name: path.read_bytes() for path in Path(scratch).iterdir()}
        now = {path.name: path.read_bytes() for path in files}
        changed = sorted(
            name for name in now.keys() | again.keys() if now.get(name) != again.get(name)
        )
        return problems + [f"patches/{name} is not in its exported form" for name in changed]

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.patch"))

    def _is_exported(self) -> bool:
        return _git(self.tree, "rev-parse", "HEAD") == _git(self.tree, "rev-parse", "exported")

    def _ensure_tree(self) -> None:
        if self.tree.exists():
            return
        self.tree.parent.mkdir(parents=True, exist_ok=True)
        archive = sources.fetch(self._source, self._driver.cache / "sources")
        self._driver.reporter.expect(1)
        scratch = Path(tempfile.mkdtemp(dir=self.tree.parent))
        try:
            with self._driver.reporter.step(f"import CPython {self._source.version} into git"):
                _commit_base(sources.unpack(archive, scratch / "tree"), self._source.version)
            (scratch / "tree").rename(self.tree)
        finally:
            shutil.rmtree(scratch)

    @contextmanager
    def _worktree(self) -> Iterator[Path]:
        """Check out the release beside the tree, for a series that is only tried."""
        scratch = Path(tempfile.mkdtemp(dir=self.tree.parent))
        try:
            _git(self.tree, "worktree", "add", "--detach", str(scratch / "tree"), "base")
            yield scratch / "tree"
        finally:
            shutil.rmtree(scratch)
            _git(self.tree, "worktree", "prune")


def _commit_base(tree: Path, version: str) -> None:
    _git(tree, "init", "--quiet", "--initial-branch=series")
    _git(tree, "add", "--all", "--force")
    message = f"CPython {version}"
    _git(tree, "commit", "--quiet", "--message", message, environment=BASE_AUTHOR)
    _git(tree, "tag", "base")
    _git(tree, "tag", "exported")


def _apply(tree: Path, files: list[Path], *options: str) -> None:
    if not files:
        return
    try:
        _git(tree, "am", "--quiet", "--keep-cr", *options, *map(str, files))
    except PatchError:
        _git(tree, "am", "--abort")
        raise


def _format(tree: Path, folder: Path) -> None:
    _git(tree, "format-patch", *FORMAT, "--quiet", "--output-directory", str(folder), "base")


def _header_problems(path: Path) -> list[str]:
    message = path.read_text(encoding="utf-8").partition("\n---\n")[0]
    present = re.findall(r"^([A-Z][A-Za-z-]+): \S", message, re.MULTILINE)
    return [f"patches/{path.name} lacks `{name}:`" for name in HEADERS if name not in present]


def _git(tree: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    command = ["git", "-C", str(tree), *arguments]
    result = subprocess.run(
        command,
        env=ENVIRONMENT | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        output = (result.stdout + result.stderr).rstrip()
        raise PatchError(f"git {' '.join(arguments[:2])} failed in {tree}\n{output}")
    return result.stdout.strip()

# SPDX-License-Identifier: BSD-2-Clause
"""The wheel: made, installed, used by an ordinary user, removed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import ROOT, TRIPLE
from pybuild import targets
from pybuild.wheel import SETTINGS, SOURCES

DEBIAN_PYTHON = Path("/usr/bin/python3")
OUR_PYTHON = ROOT / "dist" / "host" / "bin" / "python3.14"
NOBODY = 65534
NAME = "python-cloudabi"
PARTS = "dist/host/libexec/cloudabi"


def command(*words: str | Path) -> str:
    """Run a command that has to succeed, without the modules of dist/; returns what it printed."""
    own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    result = subprocess.run(words, cwd="/", env=own, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel() -> Path:
    command(sys.executable, ROOT / "build_python.py", "--quiet", "wheel")
    (path,) = (ROOT / "dist" / "wheel").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def public_folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@dataclass(frozen=True)
class Environment:
    """A virtual environment with what the wheel depends on; files: what was there before it."""

    folder: Path
    files: frozenset[Path]

    @property
    def command(self) -> Path:
        return self.folder / "bin" / "cloudabi-run"

    @property
    def parts(self) -> Path:
        (package,) = self.folder.glob("lib/python3.*/site-packages/cloudabi")
        return package / "parts"


def pip(folder: Path, *words: str | Path) -> str:
    options = ("--disable-pip-version-check", "--python", folder / "bin" / "python")
    return command(sys.executable, "-m", "pip", *options, *words)


def files(folder: Path) -> frozenset[Path]:
    """Everything but folders; pip leaves some of those, empty."""
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    return frozenset(path.relative_to(folder) for path in paths)


def requirements(wheel: Path) -> list[str]:
    """What the wheel says that it needs."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    return [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            DEBIAN_PYTHON,
            marks=pytest.mark.skipif(not DEBIAN_PYTHON.exists(), reason="no Python of Debian's"),
        ),
        OUR_PYTHON,
    ],
    ids=["debian", "ours"],
)
def installed(request: pytest.FixtureRequest, wheel: Path, public_folder: Path) -> Environment:
    """The wheel in a fresh environment."""
    folder = public_folder / request.param.name
    command(request.param, "-m", "venv", "--without-pip", folder)
    pip(folder, "install", *requirements(wheel))
    before = files(folder)
    pip(folder, "install", "--no-index", wheel)
    return Environment(folder, before)


def moved(name: str, folder: Path) -> Path:
    """Copy an example to where everybody can read it."""
    path = folder / name
    shutil.copy(ROOT / "examples" / name, path)
    path.chmod(0o644)
    return path


def as_nobody(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command without any privilege, from a folder where nothing of ours is."""
    identity: list[str | Path] = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}"]
    identity += ["--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    prefix = identity if os.geteuid() == 0 else []
    return subprocess.run(
        [*prefix, *words], cwd="/", env={}, capture_output=True, text=True, timeout=60, check=False
    )


def test_name_tells_where_it_works(wheel: Path) -> None:
    version = command(OUR_PYTHON, "-c", "import cloudabi; print(cloudabi.__version__)").strip()
    machine = os.uname().machine
    assert wheel.name == f"python_cloudabi-{version}-cp311-abi3-linux_{machine}.whl"


def test_contents(wheel: Path) -> None:
    """Everything that a run needs, no sources in C, and one time for all."""
    with zipfile.ZipFile(wheel) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
    parts = {name.removeprefix("cloudabi/parts/") for name in entries}
    assert {f"cloudabi-runtime-{os.uname().machine}", "cloudabi-broker"} <= parts
    for name in ("bin/python3", "lib/python3.14/os.py", "LICENSES/cpython/LICENSE"):
        assert f"{TRIPLE}/{name}" in parts
    unwanted = [
        name for name in entries if name.endswith((".c", ".h", ".a", "_ffi_build.py", ".egg-info"))
    ]
    assert unwanted == []
    assert {entry.date_time for entry in entries.values()} == {(1980, 1, 1, 0, 0, 0)}
    modes = {entry.external_attr >> 16 & 0o777 for entry in entries.values()}
    assert modes <= {0o644, 0o664, 0o755, 0o775}


def test_run_as_an_ordinary_user(installed: Environment, public_folder: Path) -> None:
    manifest = moved("hello.yaml", public_folder)
    result = as_nobody(installed.command, "-f", manifest)
    assert (result.returncode, result.stdout, result.stderr) == (0, "Hello, Konrad Zuse!\n", "")


def test_module_as_command(installed: Environment) -> None:
    python = installed.folder / "bin" / "python"
    result = as_nobody(python, "-I", "-m", "cloudabi", "--version")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("cloudabi-run ")


def test_argdata_is_compiled(installed: Environment) -> None:
    code = "from cloudabi.argdata import decode, encode; print(decode(*encode({'a': [1]})))"
    result = as_nobody(installed.folder / "bin" / "python", "-I", "-c", code)
    assert (result.stdout, result.stderr) == ("{'a': [1]}\n", "")


def test_runs_from_python(installed: Environment) -> None:
    """Also a temporary directory, whose size is watched with a timer."""
    code = """
import cloudabi
print(cloudabi.run("sum(range(4))").value)
fill = "import os, sys; open(os.path.join(sys.argdata, 'file'), 'wb').write(bytes(2**22))"
try:
    cloudabi.run(fill, args=cloudabi.TemporaryDirectory(), limits=cloudabi.Limits(disk=2**20))
except cloudabi.LimitError as error:
    print(error.limit)
"""
    result = as_nobody(installed.folder / "bin" / "python", "-I", "-c", code)
    assert (result.returncode, result.stdout, result.stderr) == (0, "6\ndisk\n", "")


def test_manual_and_completions(installed: Environment) -> None:
    share = installed.folder / "share"
    for name in ("man/man1/cloudabi-run.1", "fish/vendor_completions.d/cloudabi-run.fish"):
        assert (share / name).is_file()
    script = share / "bash-completion" / "completions" / "cloudabi-run.bash"
    completed = command("bash", "-c", f"source '{script}' && complete -p cloudabi-run")
    assert completed.strip().endswith(" cloudabi-run")


def test_without_the_parts(installed: Environment, public_folder: Path) -> None:
    """As `pip install .` leaves it where nothing was built."""
    manifest = moved("hello.yaml", public_folder)
    aside = installed.parts.with_name("aside")
    installed.parts.rename(aside)
    try:
        result = as_nobody(installed.command, "-f", manifest)
    finally:
        aside.rename(installed.parts)
    assert result.returncode == 125
    assert "the installation lacks `" in result.stderr
    assert "= help: run `./build_python.py build`" in result.stderr


def test_uninstall_leaves_nothing(installed: Environment) -> None:
    """The last test of an environment."""
    assert files(installed.folder) > installed.files
    pip(installed.folder, "uninstall", "--yes", NAME)
    assert files(installed.folder) == installed.files


def test_project_as_a_package(wheel: Path, tmp_path: Path) -> None:
    """The same bytes come from the project itself, where only this machine's target is built."""
    tree = tmp_path / "tree"
    for name in SOURCES:
        copied(ROOT / name, tree / name)
    others = [target for target in targets.TARGETS if target != targets.of_machine()]
    left_out = {name for t in others for name in (t.triple, f"cloudabi-runtime-{t.arch}")}
    for part in (ROOT / PARTS).iterdir():
        if part.name not in left_out:
            copied(part, tree / PARTS / part.name)
    options = ("--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", tmp_path, tree],
        env=os.environ | SETTINGS,
        check=True,
    )
    (made,) = tmp_path.glob("*.whl")
    assert made.name == wheel.name
    assert made.read_bytes() == wheel.read_bytes()


def copied(source: Path, target: Path) -> None:
    """Copy a file or folder, with times of its own."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copy)
    else:
        shutil.copy(source, target)

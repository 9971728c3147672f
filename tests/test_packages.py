# SPDX-License-Identifier: BSD-2-Clause
"""Real packages in the sandbox: from a folder that pip filled, and straight from wheels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import cloudabi
from cloudabi import Directory, File, Inherit, ProgramError, SandboxExecutor
from cloudabi.grants import Grant
from harness import PACKAGES, ROOT, run

USES = ROOT / "tests" / "packages" / "uses.py"
FOLDER = PACKAGES / "packages"
NAMES = (
    *("attrs", "jinja2", "jinja2_templates", "more_itertools", "yaml", "mpmath", "networkx"),
    *("namespace", "distributions", "files", "entry_points", "data_files", "sources", "absent"),
)

Outcomes: TypeAlias = dict[str, Any]


def wheels() -> list[Path]:
    return sorted((PACKAGES / "wheels").glob("*.whl"))


def wheel(name: str) -> Path:
    (found,) = (PACKAGES / "wheels").glob(f"{name}-*.whl")
    return found


@pytest.fixture(scope="module", autouse=True)
def _packages() -> None:
    if not FOLDER.exists():
        pytest.fail("no dist/packages; run `./build_python.py test packages` once")


@pytest.fixture(scope="module")
def native() -> Outcomes:
    """What the packages do outside: in this Python, which has none of them but in the folder."""
    source = f"import sys; sys.path.append({str(FOLDER)!r})\n{USES.read_text()}"
    command = [sys.executable, "-I", "-S", "-B", "-c", source]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module", params=["folder", "wheels"])
def confined(request: pytest.FixtureRequest) -> Outcomes:
    """What they do in the sandbox."""
    paths = [FOLDER] if request.param == "folder" else wheels()
    granted = ", ".join(f"!file {{path: '{path}'}}" for path in paths)
    streams = "stdout: !fd stdout\nstderr: !fd stderr\ncwd: !tmpdir"
    text = f"{streams}\npath: [!stdlib , {granted}]\nscript: !file {{path: '{USES}'}}\n"
    done = run(text)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(done.stdout))


def test_every_use_is_tested(native: Outcomes) -> None:
    assert sorted(NAMES) == sorted(native)


@pytest.mark.parametrize("name", NAMES)
def test_uses(native: Outcomes, confined: Outcomes, name: str) -> None:
    assert isinstance(native[name], list), native[name]
    assert confined[name] == native[name]


def test_both_ways_at_once() -> None:
    """Each of several entries has a part of a namespace, and what is first wins."""
    code = """
import jaraco.context, jaraco.functools, attr
[path.split("/", 4)[4] for path in jaraco.__path__], attr.__file__
"""
    path = [File(wheel("jaraco_context")), File(wheel("attrs")), Directory(FOLDER)]
    value = cloudabi.run(code, path=path).value
    assert value == [["jaraco", "jaraco"], "/dev/fd/2/attr/__init__.py"]


def test_a_wheel_in_a_granted_folder() -> None:
    """No descriptor of its own: its path is text below that of the folder."""
    code = """
import os, sys
sys.path.append(os.path.join(sys.argdata["folder"], sys.argdata["name"]))
import attr
from importlib.metadata import version
version("attrs")
"""
    args: dict[str, Grant | str] = {
        "folder": Directory(PACKAGES / "wheels"),
        "name": wheel("attrs").name,
    }
    assert cloudabi.run(code, args=args).value == "26.1.0"


def test_a_wheel_as_a_descriptor() -> None:
    """Where the file stands does not matter; nobody has moved it afterwards."""
    with wheel("attrs").open("rb") as stream:
        stream.seek(1000)
        value = cloudabi.run("import attr; attr.__file__", path=[Inherit(stream)]).value
        assert value == "/dev/fd/1/attr/__init__.py"


def test_workers_with_packages() -> None:
    path = [Directory(FOLDER)]
    with SandboxExecutor(1, path=path) as executor:
        assert executor.submit("more_itertools:nth_product", 3, "ab", "cd").result() == ["b", "d"]
        assert executor.submit("yaml:safe_load", "[1, two]").result() == [1, "two"]


def test_compiled_by_a_python_of_the_same_version(tmp_path: Path) -> None:
    (tmp_path / "compiled.py").write_text("value = 1")
    subprocess.run([sys.executable, "-m", "compileall", "-q", tmp_path], check=True)
    (cached,) = tmp_path.glob("__pycache__/*.pyc")
    changed = bytearray(cached.read_bytes())
    place = changed.index(b"value")
    changed[place : place + 5] = b"other"
    cached.write_bytes(changed)
    assert cloudabi.run("import compiled; compiled.other", path=[Directory(tmp_path)]).value == 1


def test_pth_files_are_not_looked_at(tmp_path: Path) -> None:
    """They run code at the start that nobody asked for; an entry of `path` does their work."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "deep.py").touch()
    (tmp_path / "more.pth").write_text("import sys; sys.changed = True\nbelow\n")
    code = "import sys, importlib.util\nhasattr(sys, 'changed'), importlib.util.find_spec('deep')"
    assert cloudabi.run(code, path=[Directory(tmp_path)]).value == [False, None]
    assert cloudabi.run("import deep", path=[Directory(tmp_path / "below")]).error is None


# What cannot work


def native_error(code: str, path: Path) -> str:
    """The last line of the traceback where nothing is confined."""
    source = f"import sys; sys.path.append({str(path)!r})\n{code}"
    command = [sys.executable, "-I", "-S", "-B", "-c", source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    return done.stderr.splitlines()[-1]


def confined_error(code: str, grant: Grant) -> str:
    error = cloudabi.run(code, path=[grant], check=False).error
    assert isinstance(error, ProgramError)
    return f"{error.type.removeprefix('builtins.')}: {error.message}"


@pytest.mark.parametrize("broken", ["cut", "text", "empty", "damaged"])
def test_broken_wheels(tmp_path: Path, broken: str) -> None:
    data = wheel("attrs").read_bytes()
    place = data.index(b"attr/__init__.py") + 40
    contents = {
        "cut": data[: len(data) // 2],
        "text": b"<html>404 Not Found</html>",
        "empty": b"",
        "damaged": data[:place] + bytes(200) + data[place + 200 :],
    }
    path = tmp_path / f"{broken}.whl"
    path.write_bytes(contents[broken])
    error = confined_error("import attr", File(path))
    assert error == native_error("import attr", path)
    assert broken == "damaged" or error == "ModuleNotFoundError: No module named 'attr'"


@pytest.mark.parametrize("is_wheel", [False, True])
def test_native_code(is_wheel: bool) -> None:
    """Packages with an alternative in Python use it; others say what is missing."""
    assert any("linux" in path.name for path in wheels())
    grant = File(wheel("markupsafe")) if is_wheel else Directory(FOLDER)
    found = cloudabi.run("import markupsafe; markupsafe._escape_inner.__module__", path=[grant])
    assert found.value == "markupsafe._native"
    error = confined_error("import markupsafe._speedups", grant)
    assert error == "ModuleNotFoundError: No module named 'markupsafe._speedups'"


@pytest.mark.parametrize("is_open", [False, True])
def test_a_wheel_in_a_pipe(is_open: bool) -> None:
    """It cannot be read from its end; and nobody waits for what may still be written."""
    reader, writer = os.pipe()
    try:
        os.write(writer, wheel("jaraco_context").read_bytes()[:60000])
        if not is_open:
            os.close(writer)
        error = confined_error("import jaraco.context", Inherit(reader))
        assert error == "ModuleNotFoundError: No module named 'jaraco'"
    finally:
        os.close(reader)
        if is_open:
            os.close(writer)


def test_a_pipe_with_a_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "wheel")
    with pytest.raises(cloudabi.GrantError, match="is a pipe"):
        cloudabi.run("", path=[File(tmp_path / "wheel")])


def test_what_is_no_grant() -> None:
    with pytest.raises(TypeError, match=r"`path\[1\]` is a str, not a `Directory` or a `File`"):
        cloudabi.run("", path=[str(FOLDER)])  # type: ignore[list-item]


def test_data_files_that_need_a_place_outside_a_wheel(tmp_path: Path) -> None:
    """A path is made by copying the file, which takes a folder to do so."""
    with zipfile.ZipFile(tmp_path / "data.whl", "w") as archive:
        archive.writestr("package/__init__.py", "")
        archive.writestr("package/data.txt", "content")
    code = """
import os, sys
from importlib import resources
if sys.argdata:
    os.chdir(sys.argdata)
with resources.as_file(resources.files("package") / "data.txt") as path:
    text = path.read_text()
text
"""
    path = [File(tmp_path / "data.whl")]
    with pytest.raises(ProgramError, match="No usable temporary directory"):
        cloudabi.run(code, path=path)
    scratch = cloudabi.TemporaryDirectory()
    assert cloudabi.run(code, path=path, args=scratch).value == "content"

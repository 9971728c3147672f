# SPDX-License-Identifier: BSD-2-Clause
# The test suites, and running them with pytest under tox.

import os
import subprocess
from pathlib import Path

from pybuild import ROOT, dist, native, pip, wheels
from pybuild.errors import SuiteError, UsageError
from pybuild.stages import Driver
from pybuild.targets import Target

# Where pyperformance keeps its programs.
PYPERFORMANCE = native.SITE_PACKAGES / "pyperformance" / "data-files" / "benchmarks"

# Every tests/test_*.py belongs to exactly one suite.
SUITES: dict[str, tuple[str, ...]] = {
    "build": ("test_build*.py",),
    "unit": ("test_argdata*.py", "test_diagnostics*.py", "test_manifest*.py", "test_options*.py"),
    "abi": ("test_abi*.py",),
    "api": ("test_api*.py", "test_doctests*.py"),
    "libc": ("test_libc*.py", "test_headers*.py"),
    "conformance": ("test_runtime*.py", "test_notes*.py"),
    "escape": ("test_escape*.py",),
    "sandbox": ("test_sandbox*.py", "test_broker*.py", "test_seccomp*.py", "test_fuzz*.py"),
    "launcher": ("test_launch*.py", "test_denials*.py", "test_janitor*.py", "test_soak*.py"),
    "cpython": ("test_python*.py", "test_guest*.py"),
    "packages": ("test_packages*.py",),
    "install": ("test_install*.py",),
    "subset": ("test_stdlib*.py",),
    "examples": ("test_examples*.py", "test_targets*.py"),
}


def selection(names: list[str], tests: Path) -> list[str]:
    """Turn names of suites, or of files without `test_` and `.py`, into paths for pytest."""
    return [str(path.relative_to(tests.parent)) for name in names for path in _files(name, tests)]


def wants(name: str, names: list[str]) -> bool:
    """Tell whether tests of a suite are among those that are named, as all are by no name."""
    tests = ROOT / "tests"
    paths = selection(names, tests)
    return not paths or bool(set(paths) & set(selection([name], tests)))


def run(driver: Driver, names: list[str], arguments: list[str]) -> None:
    """Run suites, or everything when none is named.

    arguments: passed on to pytest.
    Raises SuiteError: a test failed, or none was found.
    """
    paths = selection(names, driver.root / "tests")
    driver.realize(pip.tools())
    dist.update(driver, [wheels.product()])
    environment = os.environ | {
        "CLOUDABI_PYTHON": str(driver.path(native.build_python()) / "bin" / native.PYTHON)
    }
    python = driver.path(pip.tools()) / "bin" / native.PYTHON
    tox = ("-m", "tox", "run", "-qq", "-e", "tests", "--")
    # What the tests of a file share is made once.
    workers = (f"--numprocesses={driver.jobs}", "--dist=loadfile")
    command: list[str | Path] = [python, *tox, *workers, *paths, *arguments]
    if subprocess.run(command, cwd=driver.root, env=environment, check=False).returncode != 0:
        raise SuiteError("tests failed")


def stdlib(driver: Driver, target: Target, arguments: list[str]) -> None:
    """Run the standard library's own tests, each file in a sandbox; docs/stdlib.md has more.

    Raises SuiteError: something did not come to what is expected of it.
    """
    python = driver.root / "dist" / "host" / "bin" / native.PYTHON
    command: list[str | Path] = [python, "-m", "stdlib_suite", "--target", target.triple]
    command += ["--jobs", str(driver.jobs), *arguments]
    folders = os.pathsep.join([str(driver.root), str(driver.root / "tests")])
    environment = os.environ | {"PYTHONPATH": folders}
    if subprocess.run(command, cwd=driver.root, env=environment, check=False).returncode != 0:
        raise SuiteError("the standard library's tests failed")


def bench(driver: Driver, names: list[str]) -> None:
    """Measure the sandbox against the native interpreter; all benchmarks when none is named.

    Raises SuiteError: a benchmark failed.
    """
    driver.realize(pip.benchmarks())
    build_python = driver.path(native.build_python()) / "bin" / native.PYTHON
    programs = driver.path(pip.benchmarks()) / PYPERFORMANCE
    python = driver.root / "dist" / "host" / "bin" / native.PYTHON
    command: list[str | Path] = [python, "benchmarks/run.py", *names]
    command += ["--native", build_python, "--programs", programs]
    if subprocess.run(command, cwd=driver.root, check=False).returncode != 0:
        raise SuiteError("a benchmark failed")


def _files(name: str, tests: Path) -> list[Path]:
    patterns = SUITES.get(name, (f"test_{name}.py",))
    files = sorted({path for pattern in patterns for path in tests.glob(pattern)})
    if not files:
        raise UsageError(f"no suite or test file `{name}`; suites are {', '.join(SUITES)}")
    return files

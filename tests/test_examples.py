# SPDX-License-Identifier: BSD-2-Clause
"""Runs every example as its comments say."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import CLOUDABI_RUN, PACKAGES, ROOT, SYSROOT, TRIPLE

EXAMPLES = ROOT / "examples"
PORT_SECONDS = 20


def run_example(
    name: str, *program: Path, text: str = "", folder: Path = EXAMPLES
) -> subprocess.CompletedProcess[str]:
    """Run an example from a folder that is not its own: paths belong to the manifest."""
    return subprocess.run(
        [CLOUDABI_RUN, "-f", folder / name, *program],
        cwd="/",
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def output_of(name: str, *program: Path, text: str = "", folder: Path = EXAMPLES) -> str:
    """Run an example and return what it printed; it must succeed and complain of nothing."""
    result = run_example(name, *program, text=text, folder=folder)
    assert result.stderr == ""
    assert result.returncode == 0
    return result.stdout


def moved(name: str, folder: Path) -> Path:
    """Copy a manifest, keeping its way to dist/, so that files can be made beside it."""
    text = (EXAMPLES / name).read_text()
    path = folder / name
    path.write_text(text.replace("../dist/", f"{ROOT}/dist/"))
    return path


def test_every_example_is_tested() -> None:
    """A new manifest needs a test here."""
    source = Path(__file__).read_text()
    assert all(path.name in source for path in EXAMPLES.glob("*.yaml"))


def test_hello() -> None:
    assert output_of("hello.yaml") == "Hello, Konrad Zuse!\n"


def test_script() -> None:
    lines = output_of("script.yaml").splitlines()
    assert len(lines) == 3
    assert all(re.fullmatch(r" *\d+ [a-z]+", line) for line in lines)


def test_module() -> None:
    assert output_of("module.yaml", text='{"b": [1], "a": null}') == (
        '{\n    "b": [\n        1\n    ],\n    "a": null\n}\n'
    )


def test_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "greetings.zip", "w") as archive:
        for path in (EXAMPLES / "greetings").glob("*.py"):
            archive.write(path, f"greetings/{path.name}")
    moved("zip.yaml", tmp_path)
    assert output_of("zip.yaml", folder=tmp_path) == (
        "Good morning, Ada Lovelace!\nimported from greetings/__main__.py\n"
    )


def test_packages(tmp_path: Path) -> None:
    """With packages as the test suite has them, which pip got as the comments say."""
    wanted = [*PACKAGES.glob("packages/jinja2*"), *PACKAGES.glob("packages/markupsafe*")]
    for path in wanted:
        shutil.copytree(path, tmp_path / "packages" / path.name)
    (wheel,) = PACKAGES.glob("wheels/more_itertools-*.whl")
    shutil.copy(wheel, tmp_path)
    moved("packages.yaml", tmp_path)
    assert output_of("packages.yaml", folder=tmp_path) == (
        "table 1: Ada and Grace\ntable 2: Emmy and Sofja\ntable 3: Hypatia\nby Jinja 3.1.6\n"
    )


def test_c_program(tmp_path: Path) -> None:
    program = tmp_path / "hello"
    compiler = SYSROOT / "bin" / f"{TRIPLE}-cc"
    subprocess.run([compiler, "-O2", "-o", program, EXAMPLES / "hello.c"], check=True, timeout=60)
    assert output_of("hello_c.yaml", program) == "Hello, Konrad Zuse!\n"


@contextmanager
def serving(manifest: Path) -> Iterator[str]:
    """Run an example that serves, on a free port; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    manifest.write_text(manifest.read_text().replace(":8080", f":{port}"))
    with subprocess.Popen([CLOUDABI_RUN, "-f", manifest]) as server:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


class Browser:
    """Keeps cookies, and waits for a server that has yet to start."""

    def __init__(self, folder: Path) -> None:
        self.cookies = folder / "cookies"

    def get(self, address: str, *arguments: str) -> str:
        """Fetch a page, wherever one is sent to; it must be there."""
        command = ["curl", "--silent", "--show-error", "--fail", "--location", address]
        command += ["--retry-connrefused", "--retry", "10", "--retry-delay", "1"]
        command += ["--max-time", str(PORT_SECONDS)]
        command += ["--cookie", str(self.cookies), "--cookie-jar", str(self.cookies), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_webserver(tmp_path: Path) -> None:
    with serving(moved("webserver.yaml", tmp_path)) as address:
        assert "It works!" in Browser(tmp_path).get(address)


def test_django(tmp_path: Path) -> None:
    """Somebody signs in and looks who may."""
    manifest = moved("django.yaml", tmp_path)
    text = manifest.read_text()
    manifest.write_text(text.replace("path: packages", f"path: {PACKAGES / 'packages'}"))
    (tmp_path / "data").mkdir()
    browser = Browser(tmp_path)
    with serving(manifest) as address:
        page = browser.get(f"{address}/admin/")
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        form = f"csrfmiddlewaretoken={token}&username=ada&password=not a secret&next=/admin/"
        page = browser.get(f"{address}/admin/login/", "--data", form)
        assert "<title>Site administration" in page
        page = browser.get(f"{address}/admin/auth/user/")
        assert "1 user" in page and "ada" in page
        assert "body" in browser.get(f"{address}/static/admin/css/base.css")
    assert (tmp_path / "data" / "site.db").stat().st_size > 0


def test_command_line_of_the_readme() -> None:
    result = subprocess.run(
        [sys.executable, ROOT / "build_python.py", "--quiet", "run", "examples/hello.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "Hello, Konrad Zuse!\n"), result.stderr

# SPDX-License-Identifier: BSD-2-Clause
"""Programs for one machine or another: what runs them, and what that is worth.

A machine that says to be an i686 one does not run programs for x86_64 itself; so everything here
is tried with those, in the emulator of this machine's own type.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cloudabi
from cloudabi import launcher, sandbox
from cloudabi._installation import TARGETS, Target, installation_for, target_of
from cloudabi.errors import NotRunnableError, UsageError
from cloudabi.manifest import parse
from harness import CLOUDABI_RUN, PYTHON, ROOT, TRIPLE, only_child, python_manifest
from launcher_harness import compiled
from pybuild import targets

OWN = launcher.installation()
WARNING = "cloudabi-run: not enforced: `qemu-x86_64` runs the program, and nothing confines it\n"
FOREIGN = ("setarch", "i686")
HEADER_SIZE = 20
SYSTEM = 17


def run(
    manifest: str, *words: str | Path, wrapper: tuple[str, ...] = FOREIGN, path: str | None = None
) -> tuple[int, str, str]:
    """Run the command where the machine seems to be another one; path: where programs are."""
    environment = dict(os.environ) if path is None else os.environ | {"PATH": path}
    wrapper = tuple(shutil.which(word) or word for word in wrapper)
    command = [*wrapper, CLOUDABI_RUN, *words]
    result = subprocess.run(
        command,
        input=manifest,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )
    return result.returncode, result.stdout, result.stderr


def python(code: str, *words: str | Path, **keys: str) -> tuple[int, str, str]:
    """Run Python in the emulator."""
    return run(python_manifest(code, **keys), "--target", "x86_64", "--emulate", *words)


@pytest.fixture
def is_i686(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs in this process takes the machine for another one as well."""
    name = os.uname_result(("Linux", "test", "6", "1", "i686"))
    monkeypatch.setattr(os, "uname", lambda: name)


class TestTable:
    def test_it_is_that_of_the_build(self) -> None:
        mine = [(t.triple, t.arch, t.machines, t.emulator) for t in TARGETS]
        built = [(t.triple, t.arch, t.machines, t.emulator) for t in targets.TARGETS]
        assert mine == built
        bits = [{1: 32, 2: 64}[target.elf[0]] for target in TARGETS]
        assert bits == [target.pointer_bits for target in targets.TARGETS]

    def test_it_is_documented(self) -> None:
        text = (ROOT / "docs" / "running.md").read_text()
        for target in TARGETS:
            row = f"| `{target.triple}` | {', '.join(target.machines)}"
            assert row in text
            assert f"| `{target.emulator}` |" in text.partition(row)[2].splitlines()[0]

    @pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.arch)
    def test_the_compiler_and_the_emulators_agree(self, target: Target, tmp_path: Path) -> None:
        output = tmp_path / "empty.o"
        options = (f"--target={target.triple}", "-c", "-xc", "/dev/null", "-o", output)
        subprocess.run(["clang-16", *options], check=True)
        assert target_of(output.read_bytes()[:HEADER_SIZE]) is target
        assert shutil.which(target.emulator) is not None

    def test_the_own_one_is_the_first_that_fits(self) -> None:
        assert (OWN.target.triple, OWN.emulator) == (TRIPLE, "")
        other = launcher.installation(TARGETS[1])
        assert (other.target.arch, other.emulator) == ("i686", "")
        assert launcher.installation(TARGETS[2]).emulator == "qemu-arm"


class TestHeaders:
    def header(self, **changes: int) -> bytes:
        fields = {"class": 2, "order": 1, "version": 1, "system": SYSTEM, "machine": 183} | changes
        ident = bytes(fields[key] for key in ("class", "order", "version", "system"))
        return b"\x7fELF" + ident + bytes(8) + struct.pack("<HH", 3, fields["machine"])

    def test_a_good_one(self) -> None:
        found = target_of(self.header())
        assert found is not None
        assert found.arch == "aarch64"

    @pytest.mark.parametrize(
        "changes",
        [
            {"class": 1},
            {"class": 0},
            {"order": 2},
            {"system": 0},
            {"system": 3},
            {"machine": 0},
            {"machine": 243},
            {"machine": 0xB700},
            {"machine": 0xFFFF},
        ],
    )
    def test_bad_ones(self, changes: dict[str, int]) -> None:
        assert target_of(self.header(**changes)) is None

    def test_short_ones(self) -> None:
        for length in range(HEADER_SIZE):
            assert target_of(self.header()[:length]) is None

    @given(st.binary(max_size=100))
    def test_any_bytes(self, data: bytes) -> None:
        for image in (data, self.header()[:8] + data):
            found = target_of(image)
            assert found is None or image[7] == SYSTEM

    def test_files_that_are_no_programs(self, tmp_path: Path) -> None:
        """Nothing is waited for, and a runtime says what is wrong, if nobody did before."""
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "empty").touch()
        (tmp_path / "text").write_text("x" * 100)
        (tmp_path / "secret").touch(mode=0)
        for name in ("pipe", "empty", "text", "secret", "none", ".", "text/x"):
            assert installation_for(str(tmp_path / name)) == OWN
        assert installation_for("/dev/zero") == OWN
        assert installation_for(str(PYTHON)) == OWN

    def test_a_program_that_changes_its_mind(self, describe: Path, tmp_path: Path) -> None:
        """What the runtime is chosen by is not believed by the runtime."""
        image = bytearray(describe.read_bytes())
        image[18:20] = struct.pack("<H", 183)
        (tmp_path / "program").write_bytes(image)
        manifest = parse(b"1", "test.yaml", for_python=False)
        with sandbox.start(manifest, str(tmp_path / "program"), OWN) as running:
            assert running.wait().ending.status == 126


class TestChoice:
    @pytest.mark.parametrize("name", ["vax", "", "x86", "../x86_64", "aarch64"])
    def test_targets_that_are_not_there(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os.path, "exists", lambda path: "aarch64" not in path)
        with pytest.raises(UsageError, match=f"there is no Python for `{name}`") as caught:
            launcher.installation_named(name)
        there = ", ".join(f"`{target.triple}`" for target in TARGETS[:3])
        assert caught.value.problems[0].notes == (f"installed are: {there}",)
        assert caught.value.status == 125

    @pytest.mark.parametrize("name", [TRIPLE, "x86_64"])
    def test_both_names(self, name: str) -> None:
        assert launcher.installation_named(name) == OWN

    def test_the_library_is_that_of_the_interpreter(self, two_targets: Path) -> None:
        """Of a target that is no more than an interpreter and a runtime, nothing being run."""
        command = [sys.executable, "-m", "cloudabi", "--target", "aarch64"]
        result = subprocess.run(
            [*command, "--explain", "--format", "json"],
            env={"PYTHONPATH": f"{two_targets}:{os.environ['PYTHONPATH']}"},
            input="path: [!stdlib ]\ncommand: pass\n",
            capture_output=True,
            text=True,
            check=True,
        )
        plan = json.loads(result.stdout)
        folder = "aarch64-unknown-cloudabi"
        assert plan["program"].endswith(f"/parts/{folder}/bin/python3")
        assert f"/parts/{folder}/lib/python3.14" in plan["grants"][0]["target"]
        assert (plan["enforced"], plan["emulator"]) == (False, "qemu-aarch64")

    def test_a_program_speaks_for_itself(self, describe: Path) -> None:
        status, _, message = run("1", "--target", "x86_64", describe)
        assert status == 125
        assert message.startswith("cloudabi-run: `--target` is for Python, and there is a program")


@pytest.fixture
def two_targets(tmp_path: Path) -> Path:
    """The package in an installation with another target, too."""
    package = Path(cloudabi.__file__).parent
    copy = tmp_path / "cloudabi"
    copy.mkdir()
    for entry in package.iterdir():
        if entry.name not in ("parts", "__pycache__"):
            (copy / entry.name).symlink_to(entry)
    parts = copy / "parts"
    parts.mkdir()
    for entry in (package / "parts").iterdir():
        (parts / entry.name).symlink_to(entry)
    for name, origin in (
        ("cloudabi-runtime-aarch64", "cloudabi-runtime-x86_64"),
        ("aarch64-unknown-cloudabi", TRIPLE),
    ):
        (parts / name).unlink(missing_ok=True)
        (parts / name).symlink_to(package / "parts" / origin)
    return tmp_path


class TestRefusal:
    MESSAGE = (
        "cloudabi-run: the program is for x86_64-unknown-cloudabi, which this machine (i686) "
        "does not run\n"
        "   = note: under an emulator nothing is enforced: the program can do whatever you can\n"
        "   = help: use `--emulate`, or `emulate=True` in Python, to trust it and run "
        "`qemu-x86_64`\n"
    )

    def test_unasked(self, describe: Path) -> None:
        assert run("1", describe) == (126, "", self.MESSAGE)
        assert run("command: pass", "--target", "x86_64") == (126, "", self.MESSAGE)

    def test_a_manifest_cannot_ask(self) -> None:
        status, _, message = run("command: pass\nemulate: true\n", "--target", "x86_64")
        assert status == 125
        assert message.startswith("error: unknown key `emulate`")

    def test_nothing_to_run_it_with(self, describe: Path) -> None:
        message = (
            "cloudabi-run: there is no program `qemu-x86_64`\n"
            "   = help: install the package `qemu-user`\n"
        )
        assert run("1", "--emulate", describe, path="/nowhere") == (126, "", WARNING + message)

    def test_no_runtime_for_it(self, describe: Path, tmp_path: Path) -> None:
        """The package without its parts."""
        (tmp_path / "cloudabi").mkdir()
        for entry in Path(cloudabi.__file__).parent.glob("*[!s]"):
            (tmp_path / "cloudabi" / entry.name).symlink_to(entry)
        (tmp_path / "m.yaml").write_text("1")
        search = f"{tmp_path}:{os.environ['PYTHONPATH']}"
        command = [*FOREIGN, sys.executable, "-m", "cloudabi", "--emulate"]
        result = subprocess.run(
            [*command, "-f", tmp_path / "m.yaml", describe],
            env=os.environ | {"PYTHONPATH": search},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 125
        assert f"lacks `{tmp_path}/cloudabi/parts/cloudabi-runtime-x86_64`" in result.stderr

    def test_dry_run(self, describe: Path) -> None:
        status, plan, message = run("1", "--dry-run", describe)
        assert (status, message) == (126, self.MESSAGE)
        assert plan.startswith("Not enforced: `qemu-x86_64` would run the program")
        assert re.search(r"memory +2 GiB +\(default, not enforced\)", plan)
        status, plan, message = run("1", "--dry-run", "--emulate", describe)
        assert (status, message) == (0, "")
        assert plan.startswith("Not enforced: ")

    @pytest.mark.parametrize("form", ["table", "dot", "svg"])
    def test_explanations(self, describe: Path, form: str) -> None:
        status, plan, message = run("1", f"--explain={form}", describe)
        assert (status, message) == (0, "")
        assert "ot enforced: " in plan
        own = run("1", f"--explain={form}", describe, wrapper=())[1]
        assert own
        assert "ot enforced: " not in own

    @pytest.mark.usefixtures("is_i686")
    def test_in_python(self) -> None:
        with pytest.raises(NotRunnableError, match="which this machine \\(i686\\) does not run"):
            cloudabi.run("1", target="x86_64")
        with (
            cloudabi.SandboxExecutor(1, target="x86_64") as executor,
            pytest.raises(NotRunnableError),
        ):
            executor.submit(abs, -1).result()


class TestEmulation:
    def test_python(self, tmp_path: Path) -> None:
        report = tmp_path / "report.json"
        result = python("import sys\nprint(sys.platform, 6 * 7)", "--report", report)
        assert result == (0, "cloudabi 42\n", WARNING)
        assert json.loads(report.read_text())["enforced"] == {
            "seccomp": False,
            "landlock": False,
            "no_new_privs": False,
        }

    def test_a_program(self, tmp_path: Path) -> None:
        """Nothing is open that should not be, as the program and as the host see it."""
        census = compiled("census", tmp_path)
        assert run("output: !fd stdout", "--emulate", census) == (0, "1 0\n", WARNING)

    def test_descriptors_from_outside(self) -> None:
        manifest = python_manifest("import time\nprint('x', flush=True)\ntime.sleep(1000)")
        with waiting(manifest) as guest:
            fds = sorted(int(entry.name) for entry in Path(f"/proc/{guest}/fd").iterdir())
            assert fds == [0, 1, 2]

    def test_asked_for_where_there_is_no_need(self, tmp_path: Path) -> None:
        """The option permits; it takes nothing away from a program that can be confined."""
        report = tmp_path / "report.json"
        words = ("--emulate", "--report", report)
        result = run(python_manifest("print(1)"), *words, wrapper=())
        assert result == (0, "1\n", "")
        assert json.loads(report.read_text())["enforced"]["seccomp"] is True

    def test_it_is_told_in_json(self) -> None:
        status, _, message = python("pass", "--format", "json")
        assert status == 0
        assert json.loads(message)["message"].startswith("not enforced: ")

    @pytest.mark.parametrize(
        ("limits", "code", "message"),
        [
            ("{wall: 1500 ms}", "import time; time.sleep(1000)", "1.5 s wall time"),
            ("{cpu: 1500 ms}", "while True: pass", "1.5 s processor time"),
            ("{output: 3}", "print('x' * 1000)", "3 bytes of output"),
        ],
    )
    def test_limits(self, limits: str, code: str, message: str) -> None:
        status, _, said = python(code, limits=limits)
        assert status == 124
        assert said == f"{WARNING}cloudabi-run: the program reached its limit of {message}\n"

    def test_denials(self, tmp_path: Path) -> None:
        """They are what they are elsewhere."""
        code = """
            import os, sys
            for path in ('new', '../x'):
                try:
                    os.mkdir(f'{sys.argdata.__fspath__()}/{path}')
                except OSError as error:
                    print(error.errno)
        """
        text = python_manifest(code, args=f"!file {{path: {tmp_path}}}")
        own = run(text, "--trace-denials", wrapper=())
        assert own[2].startswith("denied: `file_create` of `new`: ")
        words = ("--target", "x86_64", "--emulate", "--trace-denials")
        assert run(text, *words) == (own[0], own[1], WARNING + own[2])

    def test_refused_descriptors(self) -> None:
        """The broker is the same."""
        text = "stderr: !fd 7\ncommand: pass"
        own = run(text, wrapper=("sh", "-c", 'exec "$0" "$@" 7</proc/self/status'))
        assert own[0] == 125
        assert "is a control of the kernel" in own[2]
        shell = "setarch", "i686", "sh", "-c", 'exec "$0" "$@" 7</proc/self/status'
        other = run(text, "--target", "x86_64", "--emulate", wrapper=shell)
        assert other == (own[0], own[1], WARNING + own[2])

    def test_a_crash(self, tmp_path: Path) -> None:
        misbehave = compiled("misbehave", tmp_path)
        text = "{output: !fd stdout, how: crash}"
        status, _, message = run(text, "--emulate", misbehave)
        assert status == 139
        assert message.endswith("the program crashed: signal 11 (Segmentation fault)\n")

    @pytest.mark.usefixtures("is_i686")
    def test_from_python(self) -> None:
        assert cloudabi.run("6 * 7", target=TRIPLE, emulate=True).value == 42
        with cloudabi.SandboxExecutor(1, target="x86_64", emulate=True) as executor:
            assert executor.submit(abs, -1).result() == 1


@contextmanager
def waiting(manifest: str) -> Iterator[int]:
    """A guest in the emulator that has said something."""
    with subprocess.Popen(
        [*FOREIGN, CLOUDABI_RUN, "--target", "x86_64", "--emulate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(manifest.encode())
        process.stdin.close()
        try:
            assert process.stdout.readline() == b"x\n"
            yield only_child(only_child(process.pid))
        finally:
            process.kill()

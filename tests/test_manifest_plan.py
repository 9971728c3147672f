# SPDX-License-Identifier: BSD-2-Clause
"""--dry-run and --explain: they say what a real start does, and do nothing themselves."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudabi import sandbox
from cloudabi._explain import document, names_of
from cloudabi._installation import TARGETS, Installation
from cloudabi._plan import Plan, plan
from cloudabi.argdata import Fd, decode
from cloudabi.manifest import Manifest, parse
from cloudabi.resources import MODES
from test_options import run

NOWHERE = Installation(
    target=TARGETS[0],
    interpreter="/nowhere",
    library="/nowhere",
    broker="/nowhere",
    janitor="/nowhere",
    runtime="/dev/null",
)
PROGRAM = "/bin/true"


class NotSpawnedError(Exception):
    """Instead of a broker: its specification."""


def spec_of(manifest: Manifest, folder: Path) -> Any:
    """What a real start would tell the broker, with everything really open."""

    def spawn(_self: sandbox.Preparation, spec: bytes, _needed: list[int]) -> int:
        raise NotSpawnedError(spec)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox.Preparation, "_spawn", spawn)
        try:
            sandbox.start(manifest, PROGRAM, NOWHERE, folder=str(folder))
        except NotSpawnedError as error:
            return decode(error.args[0], range(1024))
    raise AssertionError("nothing was spawned")


def granted(spec: Any) -> list[tuple[str, int, int]]:
    return [(d["name"], d["rights"], d["inheriting"]) for d in spec["descriptors"]]


def planned(plan: Plan) -> list[tuple[str, int, int]]:
    return [(g.places[0], g.grant.rights, g.grant.inheriting) for g in plan.grants]


def numbers_in(value: Any) -> Iterator[int]:
    if isinstance(value, Fd):
        yield value.number
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(member)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file, a folder and a link."""
    path = tmp_path_factory.mktemp("plan")
    (path / "file").write_text("text")
    (path / "dir").mkdir()
    (path / "link").symlink_to("file")
    return path


def resource_texts(descriptors: list[int]) -> st.SearchStrategy[str]:
    rights = st.lists(st.sampled_from(["FD_READ", "FD_WRITE", "FILE_OPEN", "FD_SEEK"]), max_size=3)
    file_modes = [f"mode: {mode}" for mode in MODES]
    directory_modes = [f"mode: {mode}" for mode in ("read", "write", "exec")]
    listed = rights.map(lambda names: f"rights: [{', '.join(names)}]")
    return st.one_of(
        st.sampled_from(descriptors).map(lambda n: f"!fd {n}"),
        st.one_of(st.sampled_from(file_modes), listed).map(
            lambda access: f"!file {{path: file, {access}}}"
        ),
        st.one_of(st.sampled_from(directory_modes), listed).map(
            lambda access: f"!file {{path: dir, {access}}}"
        ),
        st.sampled_from(["!executable ", "!socket {bind: '127.0.0.1:0'}", "'text'", "[]", "5"]),
    )


def manifests(descriptors: list[int]) -> st.SearchStrategy[str]:
    resources = st.lists(resource_texts(descriptors), min_size=1, max_size=6)
    aliases = st.lists(st.integers(0, 5), max_size=3)

    limits = st.sampled_from(["", ", limits: {output: 5}"])

    def text(members: list[str], repeated: list[int], limits: str) -> str:
        anchored = [f"&a{index} {member}" for index, member in enumerate(members)]
        again = [f"*a{index} " for index in repeated if index < len(members)]
        args = f"{{x: [{', '.join(anchored)}], y: {{z: [{', '.join(again)}]}}}}"
        return f"!program {{args: {args}{limits}}}"

    return st.builds(text, resources, aliases, limits)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_numbers_and_rights_are_those_of_a_real_start(folder: Path, data: st.DataObject) -> None:
    opened = [os.open(folder, os.O_RDONLY), *os.pipe(), os.open(folder / "file", os.O_RDONLY)]
    try:
        for fd in opened:
            os.set_inheritable(fd, True)
        text = data.draw(manifests(opened))
        manifest = parse(text.encode(), "test.yaml", for_python=False)
        plan_ = plan(manifest, PROGRAM, str(folder))
        spec = spec_of(manifest, folder)
        assert planned(plan_) == granted(spec)
        seen = decode(spec["argdata"], range(1024))
        assert [leaf.number for _, leaf in plan_.value if isinstance(leaf, Fd)] == list(
            numbers_in(seen)
        )
    finally:
        for fd in opened:
            os.close(fd)


def test_nothing_is_made_bound_or_connected(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "- !file {path: made, mode: create}\n"
        f"- !socket {{bind: {tmp_path}/bound}}\n"
        "- !socket {connect: '127.0.0.1:1'}\n"
        "- !tmpdir\n"
    )
    result = run("--dry-run", "-f", tmp_path / "m.yaml", PROGRAM)
    assert (result.returncode, result.stderr) == (0, "")
    assert os.listdir(tmp_path) == ["m.yaml"]
    assert "new file" in result.stdout
    assert f"bind {tmp_path}/bound" in result.stdout


def test_what_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("- !file {path: missing}\n- !fd 77\n- !executable\n")
    result = run("--dry-run", "-f", tmp_path / "m.yaml", PROGRAM)
    assert result.returncode == 125
    assert "2   [2]    file" in result.stdout
    assert "error: cannot open `missing`: No such file or directory" in result.stderr
    assert "error: descriptor 77 is not open" in result.stderr
    assert run("--explain", "-f", tmp_path / "m.yaml", PROGRAM).returncode == 0


TEXT = """\
Grants to /bin/true
  fd  place     kind           mode    rights  hard           path or address
  0   a, b      directory      read    R1      all rights     {folder}/dir
  1   c.log     file           append  R2      write          {folder}/file
  2   c['x y']  stream socket  -       all     as it is open  bind 127.0.0.1:0

Rights
  all  all that fit what it is
  R1   FILE_OPEN FILE_READDIR FILE_READLINK FILE_STAT_FGET FILE_STAT_GET POLL_FD_READWRITE
       below: FD_READ FD_SEEK FD_STAT_PUT_FLAGS FD_TELL FILE_ADVISE FILE_OPEN FILE_READDIR
         FILE_READLINK FILE_STAT_FGET FILE_STAT_GET MEM_MAP POLL_FD_READWRITE
  R2   FD_DATASYNC FD_SYNC FD_WRITE FILE_STAT_FGET POLL_FD_READWRITE
       withheld by the runtime inside the sandbox alone: FD_SEEK FD_STAT_PUT_FLAGS FD_TELL
         FILE_ADVISE FILE_ALLOCATE FILE_STAT_FPUT_SIZE FILE_STAT_FPUT_TIMES MEM_MAP
  hard: what kernel and broker hold the program to, whatever code it runs

Limits
  memory     64 MiB
  cpu        none    (default)
  wall       90 s
  threads    256     (default)
  files      1024    (default)
  processes  1       (default)
  output     none    (default)
  disk       none

The program would see
  a         descriptor 0
  b         descriptor 0
  c.log     descriptor 1
  c['x y']  descriptor 2
  d         'é\\n'
"""
MANIFEST = """\
!program
args:
  a: &dir !file {path: dir}
  b: *dir
  c: {log: !file {path: file, mode: append}, 'x y': !socket }
  d: "é\\n"
limits: {memory: 64 MiB, wall: 90, disk: none}
"""


@pytest.fixture(scope="module")
def example(folder: Path) -> Path:
    path = folder / "m.yaml"
    path.write_text(MANIFEST, encoding="utf-8")
    return path


def test_text(folder: Path, example: Path) -> None:
    expected = TEXT.replace("{folder}", str(folder))
    assert run("--dry-run", "-f", example, PROGRAM).stdout == expected
    table = expected[: expected.index("\nThe program would see")]
    assert run("--explain", "-f", example, PROGRAM).stdout == table


def test_json_says_the_same(folder: Path, example: Path) -> None:
    result = run("--explain", "--format=json", "-f", example, PROGRAM)
    found = json.loads(result.stdout)
    manifest = parse(MANIFEST.encode(), "m.yaml", for_python=False)
    plan_ = plan(manifest, PROGRAM, str(folder))
    assert found == json.loads(json.dumps(document(plan_)))
    assert [(g["places"][0], g["rights"], g["inheriting"]) for g in found["grants"]] == [
        (name, names_of(rights), names_of(below))
        for name, rights, below in granted(spec_of(manifest, folder))
    ]
    limits = found["limits"]
    wall = {"value": 90 * 10**9, "text": "90 s", "is_default": False, "enforced": True}
    assert limits["wall"] == wall
    assert limits["threads"] == {"value": 256, "text": "256", "is_default": True, "enforced": True}


def test_svg_is_a_picture_of_all_grants(example: Path) -> None:
    picture = ElementTree.fromstring(run("--explain=svg", "-f", example, PROGRAM).stdout)
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"true", "wall: 90 s", "a, b: directory", "fd 0: read", "fd 1: append"} <= set(texts)
    width, height = float(picture.get("width", 0)), float(picture.get("height", 0))
    for box in picture.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, w, h = (float(box.get(name, 0)) for name in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and x + w <= width and y + h <= height


def test_hostile_names_stay_text() -> None:
    text = r"""{"a\"]; evil [<b>&": !file {path: file}}"""
    ElementTree.fromstring(run("--explain=svg", PROGRAM, text=text).stdout)
    lines = run("--explain=dot", PROGRAM, text=text).stdout.splitlines()
    statement = r"""  (?:program|fd0|program -> fd0) \[label="(?:[^"\\]|\\.)*"\];"""
    assert all(re.fullmatch(statement, line) for line in lines[4:-1])
    assert len(lines) == 8


def test_a_program_with_nothing() -> None:
    result = run("--explain", PROGRAM, text="hello")
    assert result.stdout.startswith("/bin/true is granted nothing\n\nLimits\n")


def test_what_descriptors_are() -> None:
    """Kinds of `!fd`, as the command finds them."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        result = subprocess.run(
            [sys.executable, "-m", "cloudabi", "--explain", "--format=json", PROGRAM],
            input=f"[!fd 1, !fd {theirs.fileno()}, !fd 2]",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            text=True,
            check=True,
        )
    kinds = [grant["kind"] for grant in json.loads(result.stdout)["grants"]]
    assert kinds == ["pipe", "socket", "device"]

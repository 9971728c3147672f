# SPDX-License-Identifier: BSD-2-Clause
"""Grants and limits as objects: what they stand for, and what makes no sense."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cloudabi import (
    Connect,
    Directory,
    File,
    GrantError,
    Inherit,
    Limits,
    Listen,
    TemporaryDirectory,
    resources,
)
from cloudabi.grants import Grant, within
from cloudabi.resources import ALL, MODES, READ


@pytest.mark.parametrize(
    ("grant", "resource"),
    [
        (Directory("/usr"), resources.File(None, "p", "/usr", MODES["read"])),
        (Directory(Path("/usr"), "exec"), resources.File(None, "p", "/usr", MODES["exec"])),
        (File("new", "create"), resources.File(None, "p", "new", MODES["create"])),
        (TemporaryDirectory(), resources.TemporaryDirectory(None, "p")),
        (
            Listen(("::1", 0)),
            resources.Socket(None, "p", True, "stream", 128, "::1", 0),
        ),
        (
            Listen(("localhost", 9), "dgram", backlog=3),
            resources.Socket(None, "p", True, "dgram", None, "localhost", 9),
        ),
        (
            Connect(Path("/run/s"), "seqpacket"),
            resources.Socket(None, "p", False, "seqpacket", None, None, 0, "/run/s"),
        ),
        (Inherit(1), resources.Descriptor(None, "p", 1, ALL, ALL)),
    ],
)
def test_what_grants_stand_for(grant: Grant, resource: resources.Resource) -> None:
    assert grant._resource("p") == resource


def test_relative_paths_of_sockets_start_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    resource = Connect(Path("s"))._resource("p")
    assert isinstance(resource, resources.Socket)
    assert resource.path == str(tmp_path / "s")


def test_an_inherited_directory() -> None:
    fd = os.open("/usr", os.O_RDONLY)
    try:
        assert Inherit(fd)._resource("p") == resources.Descriptor(
            None, "p", fd, READ.directory or 0, READ.below
        )
    finally:
        os.close(fd)
    with pytest.raises(GrantError, match=f"cannot pass descriptor {fd} on"):
        Inherit(fd)._resource("p")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Directory("x", "append"), "a directory's mode is `read`, `write` or `exec`, not"),  # type: ignore[arg-type]
        (lambda: File("x", "r"), "a file's mode is .* not `r`"),  # type: ignore[arg-type]
        (lambda: Listen(("h", 1), "raw"), "a socket's type is .* not `raw`"),  # type: ignore[arg-type]
        (lambda: Listen(("h", 65536)), "65536 is not a port"),
        (lambda: Listen(("h", 1), "seqpacket"), "only a UNIX socket"),
        (lambda: Listen("localhost:80"), "neither"),
        (lambda: Connect("relative"), "neither"),
        (lambda: Connect("/" + "x" * 107), "more than 107 bytes"),
    ],
)
def test_grants_that_make_no_sense(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_limits_are_given_as_in_manifests() -> None:
    limits = Limits(memory="64 MiB", cpu=1.5, wall="2 min", threads=3, output=None, disk=1000)
    assert (limits.memory, limits.cpu, limits.wall) == (64 << 20, 1_500_000_000, 120 * 10**9)
    assert (limits.threads, limits.output, limits.disk) == (3, None, 1000)
    assert limits.files == resources.Limits().files


@pytest.mark.parametrize(
    "amounts",
    [
        {"memory": "1 s"},
        {"cpu": "1 MB"},
        {"wall": -1},
        {"threads": 1.5},
        {"disk": True},
        {"cpu": 1e300},
    ],
)
def test_limits_that_make_no_sense(amounts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        Limits(**amounts)
    with pytest.raises(TypeError, match="Limits takes memory, cpu"):
        Limits(ram=1)  # type: ignore[call-arg]


def test_a_timeout_makes_limits_narrower() -> None:
    assert within(None, None) == Limits()
    assert within(None, 2.5).wall == 2_500_000_000
    assert within(Limits(wall=1, threads=5), 2).wall == 10**9
    assert within(Limits(wall=3, threads=5), 2) == resources.Limits(wall=2 * 10**9, threads=5)

# SPDX-License-Identifier: BSD-2-Clause
"""The package cloudabi inside the sandbox, and what is linked into the interpreter for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from argdata_harness import VECTORS
from cloudabi.argdata import decode
from harness import STDLIB, run_python


def good_vector(vector: dict[str, Any]) -> list[Any]:
    """What a sandbox needs to check a vector: bytes, descriptors, and how its value looks."""
    fds = vector.get("fds", [])
    value = decode(bytes.fromhex(vector["hex"]), fds, duplicate_keys=True)
    return [vector["hex"], fds, repr(value), vector["name"] == "map with a key twice"]


def test_vectors(tmp_path: Path) -> None:
    good = [good_vector(vector) for vector in VECTORS["good"]]
    bad = [[vector[key] for key in ("hex", "error", "offset", "path")] for vector in VECTORS["bad"]]
    assert len(good) > 60 and len(bad) > 30
    (tmp_path / "vectors.json").write_text(json.dumps([good, bad]))
    printed = run_python(
        """
        import io, json, sys
        from cloudabi.argdata import decode, encode
        from cloudabi.errors import ArgdataError
        with io.TextIOWrapper(sys.argdata, encoding="UTF-8") as stream:
            good, bad = json.load(stream)
        for data, fds, expected, is_one_way in good:
            value = decode(bytes.fromhex(data), fds, duplicate_keys=True)
            assert repr(value) == expected, (repr(value), expected)
            if not is_one_way:
                assert encode(value) == (bytes.fromhex(data), fds), expected
        for data, message, offset, path in bad:
            try:
                decode(bytes.fromhex(data), [0])
            except ArgdataError as error:
                assert (error.message, error.offset, error.path) == (message, offset, path), message
            else:
                raise AssertionError(data)
        print(len(good), len(bad))
    """,
        args=f"!file {{path: '{tmp_path / 'vectors.json'}'}}",
    )
    assert printed == f"{len(good)} {len(bad)}\n"


def test_all_that_it_names_is_there() -> None:
    printed = run_python("""
        from cloudabi import *
        print(spawn.__module__, issubclass(ArgdataError, Exception))
    """)
    assert printed == "cloudabi.processes True\n"


def test_nothing_of_it_is_imported_at_start() -> None:
    printed = run_python("""
        import sys
        names = {"_cffi_backend", "cloudabi", "cloudabi._argdata"}
        assert not names & set(sys.modules)
        assert names - set(sys.builtin_module_names) == {"cloudabi"}
        import cloudabi.argdata
        assert names <= set(sys.modules)
        assert cloudabi.__file__ == f"{sys.path[0]}/cloudabi/__init__.py"
        print(cloudabi._argdata.__name__)
    """)
    assert printed == "cloudabi._argdata\n"


def test_modules_are_compiled() -> None:
    package = STDLIB / "cloudabi"
    sources = sorted(path.stem for path in package.glob("*.py"))
    compiled = sorted(path.name.split(".")[0] for path in package.glob("__pycache__/*.pyc"))
    assert "argdata" in sources
    assert compiled == sources


def test_only_modules_that_work_there() -> None:
    """Each is imported in a sandbox, which fails for what a sandbox lacks."""
    names = sorted(path.stem for path in (STDLIB / "cloudabi").glob("*.py"))
    names.remove("__init__")
    imports = "".join(f"        import cloudabi.{name}\n" for name in names)
    assert run_python(f"{imports}        print('all')\n") == "all\n"


def test_foreign_functions() -> None:
    """Calls of what cffi knows by address alone go through libffi."""
    printed = run_python("""
        from cloudabi._argdata import ffi, lib
        kinds = [{"kind": lib.ARGDATA_SEQ}, {"kind": lib.ARGDATA_END}]
        measure = ffi.addressof(lib, "argdata_measure")
        print(measure(ffi.new("struct argdata_token[]", kinds), 2))
        print(ffi.typeof(measure).kind, hex(int(ffi.cast("intptr_t", measure)))[:2])
    """)
    assert printed == "1\nfunction 0x\n"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ('ffi.dlopen("libc.so")', "OSError: cannot load library 'libc.so': there are no shared"),
        ('ffi.callback("int(int)", abs)', "MemoryError: Cannot allocate write+execute memory"),
    ],
)
def test_what_no_sandbox_can_do(code: str, error: str) -> None:
    printed = run_python(f"""
        from cloudabi._argdata import ffi
        try:
            {code}
        except Exception as error:
            print(type(error).__name__ + ":", error)
    """)
    assert printed.startswith(error)

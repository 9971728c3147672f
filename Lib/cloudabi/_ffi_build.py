# SPDX-License-Identifier: BSD-2-Clause
"""Compiles the extension module that gives Python the argdata codec.

python _ffi_build.py ARGDATA FOLDER: ARGDATA is the folder of argdata.c, FOLDER receives
_argdata.so. The C compiler is `cc`, or what the environment variable CC says.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent
DECLARATIONS = ("decl/argdata.h", "decl/marshal.h")
FLAGS = ("-std=c11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden")


def build(argdata: Path, folder: Path) -> Path:
    """Compile the extension into a folder; returns the file."""
    ffi = FFI()
    for name in DECLARATIONS:
        ffi.cdef((HERE / name).read_text(encoding="utf-8"))
    ffi.set_source("cloudabi._argdata", '#include "argdata.h"\n#include "decl/marshal.h"\n')
    result = folder / "_argdata.abi3.so"
    with tempfile.TemporaryDirectory() as scratch:
        wrapper = Path(scratch, "_argdata.c")
        ffi.emit_c_code(str(wrapper))
        includes = [f"-I{path}" for path in (argdata, HERE, sysconfig.get_path("include"))]
        compiler = shlex.split(os.environ.get("CC", "cc"))
        files = [wrapper, HERE / "_marshal.c", argdata / "argdata.c"]
        subprocess.run([*compiler, *FLAGS, *includes, "-o", result, *files], check=True)
    return result


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))

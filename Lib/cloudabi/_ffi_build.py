# SPDX-License-Identifier: BSD-2-Clause
"""Compiles the extension module that gives Python the argdata codec.

python _ffi_build.py emit FOLDER: FOLDER receives the module's C files. They include argdata.h and
    codec.h, and need Python's and the codec's objects beside them.
python _ffi_build.py build ARGDATA FOLDER: ARGDATA is the folder of argdata.c, FOLDER receives
    _argdata.abi3.so. The C compiler is `cc`, or what the environment variable CC says.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent
DECLARATIONS = ("decl/argdata.h", "decl/marshal.h")
SOURCES = ("_marshal.c", *DECLARATIONS)
FLAGS = ("-std=c11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden")


def emit(folder: Path) -> None:
    """Write the module's C files into a folder."""
    ffi = FFI()
    for name in DECLARATIONS:
        ffi.cdef((HERE / name).read_text(encoding="utf-8"))
    ffi.set_source("cloudabi._argdata", '#include "argdata.h"\n#include "decl/marshal.h"\n')
    ffi.emit_c_code(str(folder / "_argdata.c"))
    for name in SOURCES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(HERE / name, folder / name)


def build(argdata: Path, folder: Path) -> Path:
    """Compile the extension into a folder; returns the file."""
    result = folder / "_argdata.abi3.so"
    with tempfile.TemporaryDirectory() as scratch:
        emit(Path(scratch))
        includes = [f"-I{path}" for path in (argdata, scratch, sysconfig.get_path("include"))]
        compiler = shlex.split(os.environ.get("CC", "cc"))
        files = [*sorted(Path(scratch).glob("*.c")), argdata / "argdata.c"]
        subprocess.run([*compiler, *FLAGS, *includes, "-o", result, *files], check=True)
    return result


if __name__ == "__main__":
    if sys.argv[1] == "emit":
        emit(Path(sys.argv[2]))
    else:
        build(Path(sys.argv[2]), Path(sys.argv[3]))

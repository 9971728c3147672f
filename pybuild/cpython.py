# SPDX-License-Identifier: BSD-2-Clause
# CPython for the targets, cross-built by the native one.

import functools
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from pybuild import libc, native, pip, ports
from pybuild.native import LIBRARY
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import AR, CLANG, LLD, RANLIB, READELF, STRIP, Target

TARGET_OPTIONS = (
    *native.COMMON_OPTIONS,
    "--disable-shared",
    "--without-static-libpython",
    "--with-computed-gotos",  # configure cannot try them
    "--without-c-locale-coercion",
    "--without-remote-debug",
    "--enable-ipv6",
    "--without-mimalloc",  # only an environment variable could choose it
    "MODULE_BUILDTYPE=static",
    "--with-tzpath=",  # time zones are a package of the library
    "PKG_CONFIG=false",  # it would find libraries of the build machine
    # What configure would find out by looking at the build machine or running a program.
    "ac_cv_file__dev_ptmx=no",
    "ac_cv_file__dev_ptc=no",
    "ac_cv_buggy_getaddrinfo=no",
)

# Written in C for the standard library's own tests, and linked into an interpreter of its own.
TEST_MODULES = (
    *("_ctypes_test", "_testbuffer", "_testcapi", "_testclinic", "_testclinic_limited"),
    *("_testimportmultiple", "_testinternalcapi", "_testlimitedcapi", "_testmultiphase"),
    *("_testsinglephase", "_xxtestfuzz", "xxlimited", "xxlimited_35", "xxsubtype"),
)

# What all tests use; each test is compiled when it is run.
SUPPORT = (Path("test", "support"), Path("test", "libregrtest"))

# The folders in the result of the compilation.
SHIPPED = Path("shipped")
TESTS = Path("tests")

# What cffi's setup would find out; and what it includes that CloudABI has not.
CFFI_FLAGS = ("-DUSE__THREAD", "-DHAVE_SYNC_SYNCHRONIZE")
DLFCN = Path("ports", "dlfcn")

# By configure's name: the library that a module of the standard library is linked with.
LIBRARIES = (
    *(("ZLIB", ports.zlib, "z"), ("BZIP2", ports.bzip2, "bz2"), ("LIBLZMA", ports.xz, "lzma")),
    *(("LIBZSTD", ports.zstd, "zstd"), ("LIBSQLITE3", ports.sqlite, "sqlite3")),
    ("LIBFFI", ports.libffi, "ffi"),
)

# Parts of the standard library that need a display, a shell or a network, and the tests.
LEFT_OUT = ("__pycache__", "ensurepip", "idlelib", "test", "tkinter", "turtledemo")


@functools.cache
def python(target: Target) -> Stage:
    """bin/python3, one static executable, and lib/python3.14 in source and compiled form."""

    def build(build: Build) -> None:
        _link(build.need(built) / SHIPPED, build.out)

    built = _built(target)
    return Stage(
        name=f"python-{target.triple}",
        title=f"take what is shipped of CPython for {target.triple}",
        build=build,
        needs=(built,),
    )


@functools.cache
def tests(target: Target) -> Stage:
    """The same with the standard library's own tests, and the modules that they want."""

    def build(build: Build) -> None:
        _link(build.need(built) / SHIPPED / LIBRARY, build.out / LIBRARY)
        _link(build.need(built) / TESTS, build.out)
        _declare_test_modules(build)

    built = _built(target)
    return Stage(
        name=f"python-tests-{target.triple}",
        title=f"take what tests want of CPython for {target.triple}",
        build=build,
        needs=(built, native.build_python()),
    )


def _declare_test_modules(build: Build) -> None:
    """Have sysconfig say that there are modules for tests, which others skip themselves without."""
    (data,) = (build.out / LIBRARY).glob("_sysconfigdata_*.py")
    text = data.read_text()
    if "'TEST_MODULES': 'no'" not in text:
        raise AssertionError(f"{data} says nothing about modules for tests")
    data.unlink()  # what is shipped has the same file
    data.write_text(text.replace("'TEST_MODULES': 'no'", "'TEST_MODULES': 'yes'"))
    (compiled,) = (build.out / LIBRARY / "__pycache__").glob("_sysconfigdata_*.pyc")
    compiled.unlink()


def _link(source: Path, target: Path) -> None:
    """Add a folder to what is there, without a copy."""
    shutil.copytree(source, target, copy_function=os.link, dirs_exist_ok=True)


def _built(target: Target) -> Stage:
    """What is shipped, and what only tests want, from one and the same compilation."""

    def build(build: Build) -> None:
        source = native.patched_source(build)
        folder = build.tmp / "build"
        _add_modules(build, target, source / "Modules", folder / "Modules")
        _configure(build, target, source, folder)
        build.run("make", f"-j{build.jobs}", "python", "pybuilddir.txt", cwd=folder)
        _install(build, source, folder)
        _add_tests(build, source, folder)

    return Stage(
        name=f"cpython-{target.triple}",
        title=f"build CPython for {target.triple}",
        build=build,
        needs=(
            *(native.build_python(), libc.sysroot(target)),
            *ports.libraries(target),
            *(ports.bindings(), pip.unpacked("cffi"), pip.unpacked("tzdata")),
        ),
        sources=("cpython",),
        inputs=(*native.patches(), Path("Modules"), DLFCN),
        facts=(
            *map(identity, (CLANG, LLD)),
            *target.compile_flags(Path()),
            *target.link_flags(Path()),
            *TARGET_OPTIONS,
        ),
    )


def _add_modules(build: Build, target: Target, sources: Path, objects: Path) -> None:
    """Lay our built-in modules and cffi's beside CPython's own, and name them to its makefile.

    The module for argdata has no line of its own, because its name has a dot.
    """
    ours = build.root / "Modules"
    shutil.copytree(ours, sources, dirs_exist_ok=True)
    shutil.copytree(build.need(ports.bindings()), sources / "argdata")
    shutil.copytree(build.need(pip.unpacked("cffi")) / "cffi" / "src", sources / "cffi")
    for folder in ("argdata", "cffi/c"):
        (objects / folder).mkdir(parents=True)
    libffi = build.need(ports.libffi(target))
    files = [path.name for path in sorted(ours.glob("*.c"))]
    files += [f"argdata/{path.name}" for path in sorted((sources / "argdata").glob("*.c"))]
    lines = (
        ("_cloudabi", *files, f"-I{build.root / 'argdata'}", f"-I{sources / 'argdata'}"),
        ("_cffi_backend", "cffi/c/_cffi_backend.c", *CFFI_FLAGS)
        + (f"-I{build.root / DLFCN}", f"-I{libffi / 'include'}")
        + (str(libffi / "lib" / "libffi.a"),),
    )
    text = "".join(f"{' '.join(words)}\n" for words in lines)
    (objects / "Setup.local").write_text(text)


def _configure(build: Build, target: Target, source: Path, folder: Path) -> None:
    sysroot = build.need(libc.sysroot(target))
    build.run(
        source / "configure",
        f"--host={target.triple}",
        f"--build={platform.machine()}-pc-linux-gnu",
        f"--with-build-python={native.interpreter(build)}",
        f"CC={CLANG} {' '.join(target.compile_flags(sysroot))} {build.forget_place()}",
        f"LDFLAGS={' '.join(target.link_flags(sysroot))}",
        f"AR={AR}",
        f"RANLIB={RANLIB}",
        f"READELF={READELF}",
        *_libraries(build, target),
        f"--with-openssl={build.need(ports.openssl(target))}",
        *TARGET_OPTIONS,
        cwd=folder,
    )


def _libraries(build: Build, target: Target) -> Iterator[str]:
    """Tell configure where libraries are; ctypes also wants <dlfcn.h>."""
    for name, port, library in LIBRARIES:
        root = build.need(port(target))
        more = f" -I{build.root / DLFCN}" if name == "LIBFFI" else ""
        yield f"{name}_CFLAGS=-I{root / 'include'}{more}"
        yield f"{name}_LIBS=-L{root / 'lib'} -l{library}"


def _install(build: Build, source: Path, folder: Path) -> None:
    out = build.out / SHIPPED
    (out / "bin").mkdir(parents=True)
    build.run(STRIP, "-o", out / "bin" / "python3", folder / "python")
    library = out / LIBRARY
    shutil.copytree(source / "Lib", library, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for path in folder.glob("build/lib.*/_sysconfig*"):
        shutil.copy(path, library)
    shutil.copytree(build.need(pip.unpacked("tzdata")) / "tzdata/src/tzdata", library / "tzdata")
    native.compile_library(build, out)


def _add_tests(build: Build, source: Path, folder: Path) -> None:
    """Link the interpreter again, with the modules that tests want, and add the tests."""
    setup = (source / "Modules" / "Setup.stdlib.in").read_text()
    lines = (line.rpartition("@")[2] for line in setup.splitlines())
    wanted = [line for line in lines if line.split(" ")[0] in TEST_MODULES]
    with (folder / "Modules" / "Setup.local").open("a") as local:
        local.writelines(f"{line}\n" for line in wanted)
    build.run("make", f"-j{build.jobs}", "python", cwd=folder)
    out = build.out / TESTS
    (out / "bin").mkdir(parents=True)
    build.run(STRIP, "-o", out / "bin" / "python3", folder / "python")
    shutil.copytree(source / "Lib" / "test", out / LIBRARY / "test")
    for part in SUPPORT:
        native.compile_library(build, out, LIBRARY / part)

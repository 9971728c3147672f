# SPDX-License-Identifier: BSD-2-Clause
# What is linked into the guest's interpreter: libraries, and C files of extension modules.

import functools
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from pybuild import libc, native, pip
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import AR, CLANG, RANLIB, Target

ZLIB_SOURCES = (
    *("adler32", "compress", "crc32", "deflate", "infback", "inffast"),
    *("inflate", "inftrees", "trees", "uncompr", "zutil"),
)
ZLIB_HEADERS = ("zconf.h", "zlib.h")

BZIP2_OURS = Path("ports", "bzip2")
BZIP2_SOURCES = (
    *("blocksort", "bzlib", "compress", "crctable", "decompress", "huffman", "randtable"),
)

# Of liblzma, what a program without knowledge of the machine's processors and memory can use.
XZ_FOLDERS = ("common", "check", "lz", "lzma", "delta", "simple", "rangecoder")
XZ_LEFT_OUT = (
    *("*tablegen.c", "*_gen.c", "*_small.c", "*_mt.c"),
    *("outqueue.c", "hardware_*.c"),
)
XZ_FILTERS = (
    *("LZMA1", "LZMA2", "DELTA", "X86", "ARM", "ARMTHUMB", "ARM64"),
    *("POWERPC", "IA64", "SPARC", "RISCV"),
)
XZ_HAVE = (
    *("INTTYPES_H", "STDINT_H", "STDBOOL_H", "_BOOL", "ENCODERS", "DECODERS", "LZIP_DECODER"),
    *("CHECK_CRC32", "CHECK_CRC64", "CHECK_SHA256"),
    *("MF_HC3", "MF_HC4", "MF_BT2", "MF_BT3", "MF_BT4"),
    *(f"{way}_{name}" for way in ("ENCODER", "DECODER") for name in XZ_FILTERS),
)

# Its threads would block signals, of which there are none.
XZ_OPTIONS = ("-DTUKLIB_SYMBOL_PREFIX=lzma_", "-Dsigprocmask(how,set,oset)=0")

ZSTD_FOLDERS = ("common", "compress", "decompress", "dictBuilder")
ZSTD_HEADERS = ("zdict.h", "zstd.h", "zstd_errors.h")
ZSTD_OPTIONS = ("-DZSTD_MULTITHREAD", "-DZSTD_DISABLE_ASM", "-DZSTD_LEGACY_SUPPORT=0")

# For libraries that know files by names alone.
NAMES = Path("ports", "names.h")

SQLITE_OURS = Path("ports", "sqlite")
SQLITE_OPTIONS = (
    *("-DSQLITE_OS_UNIX=1", "-DSQLITE_THREADSAFE=1", "-DSQLITE_OMIT_LOAD_EXTENSION"),
    "-DSQLITE_TEMP_STORE=3",  # there is no folder for temporary files
    "-DSQLITE_MINIMUM_FILE_DESCRIPTOR=0",  # nobody prints to a descriptor unasked
    "-DSQLITE_DEFAULT_MMAP_SIZE=0",
    *("-DHAVE_USLEEP=0", "-DHAVE_NANOSLEEP=1", "-DHAVE_LOCALTIME_R=1", "-DHAVE_UTIMES=1"),
    *("-DHAVE_FDATASYNC=1", "-DHAVE_MREMAP=0"),
    *("-DSQLITE_ENABLE_COLUMN_METADATA", "-DSQLITE_ENABLE_DBSTAT_VTAB"),
    *("-DSQLITE_ENABLE_FTS3", "-DSQLITE_ENABLE_FTS4", "-DSQLITE_ENABLE_FTS5"),
    *("-DSQLITE_ENABLE_MATH_FUNCTIONS", "-DSQLITE_ENABLE_RTREE"),
)

# The part of OpenSSL that ssl and hashlib need. A program has the sockets that it was given, and no
# configuration, modules or terminal to find by a name.
OPENSSL_OURS = Path("ports", "openssl")
OPENSSL_OPTIONS = (
    *("no-shared", "no-module", "no-dso", "no-engine", "no-apps", "no-tests", "no-docs"),
    *("no-sock", "no-autoload-config", "no-ui-console", "no-secure-memory", "no-async"),
    *("no-cmp", "no-cms", "no-ct", "no-dtls", "no-http", "no-legacy", "no-nextprotoneg", "no-quic"),
    *("no-rfc3779", "no-srp", "no-ts"),
    *("--with-rand-seed=getrandom", "--prefix=/", "--openssldir=/nowhere"),
    "CPPFLAGS=-DNO_SYSLOG",
)
# Its scripts look for this, or write code for i686 that only runs where it was linked. What comes
# after it among the flags, -fPIE, is what the compiler does.
OPENSSL_PIC = "-fPIC"
OPENSSL_FACTS = """\
#define PLATFORM "platform: CloudABI"
#define DATE "built on: no date"
static const char compiler_flags[] = "compiler: clang";
"""

FFI_SOURCES = ("prep_cif.c", "types.c")
FFI_OURS = Path("ports", "libffi")

BINDINGS = Path("Lib", "cloudabi")
BINDINGS_INPUTS = tuple(BINDINGS / name for name in ("_ffi_build.py", "_marshal.c", "decl"))


@functools.cache
def zlib(target: Target) -> Stage:
    """Zlib without its functions for files, which nothing here calls."""

    def build(build: Build) -> None:
        source = build.source("zlib")
        files = [source / f"{name}.c" for name in ZLIB_SOURCES]
        _archive(build, target, "libz.a", files, ("-DHAVE_UNISTD_H",))
        copy(source, build.out / "include", ZLIB_HEADERS)

    return _library("zlib", target, build)


@functools.cache
def bzip2(target: Target) -> Stage:
    """Libbz2, whose functions for files by name cannot be called: there is no fopen()."""

    def build(build: Build) -> None:
        source = build.source("bzip2")
        files = [source / f"{name}.c" for name in BZIP2_SOURCES]
        files += sorted((build.root / BZIP2_OURS).glob("*.c"))
        _archive(build, target, "libbz2.a", files, ("-DBZ_NO_STDIO",))
        copy(source, build.out / "include", ("bzlib.h",))

    return _library("bzip2", target, build, (BZIP2_OURS,))


@functools.cache
def xz(target: Target) -> Stage:
    """Liblzma without threads, which nothing in Python asks it for."""

    def build(build: Build) -> None:
        source = build.source("xz") / "src"
        folders = [source / "liblzma" / name for name in XZ_FOLDERS]
        files = [
            path
            for folder in folders
            for path in sorted(folder.glob("*.c"))
            if not any(path.match(pattern) for pattern in XZ_LEFT_OUT)
        ]
        headers = source / "liblzma" / "api"
        options = [f"-I{path}" for path in (*folders, headers, source / "common")]
        options += [*XZ_OPTIONS, *(f"-DHAVE_{name}=1" for name in XZ_HAVE)]
        _archive(build, target, "liblzma.a", files, options)
        shutil.copytree(headers, build.out / "include", ignore=shutil.ignore_patterns("Makefile*"))

    return _library("xz", target, build)


@functools.cache
def zstd(target: Target) -> Stage:
    """Libzstd, with threads, and without what reads formats from before its first release."""

    def build(build: Build) -> None:
        source = build.source("zstd") / "lib"
        files = [path for name in ZSTD_FOLDERS for path in sorted((source / name).glob("*.c"))]
        _archive(build, target, "libzstd.a", files, ZSTD_OPTIONS)
        copy(source, build.out / "include", ZSTD_HEADERS)

    return _library("zstd", target, build)


@functools.cache
def amalgamation() -> Stage:
    """SQLite as the one file that its own recipe makes of its sources."""

    def build(build: Build) -> None:
        source = build.source("sqlite")
        patch = build.root / SQLITE_OURS / "os_unix.patch"
        build.run("patch", "-p1", "--fuzz=0", "-i", patch, cwd=source)
        recipe = ("make", "-f", source / "main.mk", f"TOP={source}", f"BCC={CLANG} -O1")
        files = ("sqlite3.c", "sqlite3.h")
        for file in files:
            build.run(*recipe, file)
        copy(build.tmp, build.out, files)

    return Stage(
        name="sqlite-source",
        title="write SQLite's one file",
        build=build,
        sources=("sqlite",),
        inputs=(SQLITE_OURS / "os_unix.patch",),
        facts=(identity(CLANG), identity("tclsh")),
    )


@functools.cache
def sqlite(target: Target) -> Stage:
    """Libsqlite3, which opens databases by names below descriptors."""

    def build(build: Build) -> None:
        source = build.need(amalgamation())
        ours = build.root / SQLITE_OURS
        options = ("-O2", f"-I{ours}", "-include", "cloudabi.h", *SQLITE_OPTIONS)
        _archive(build, target, "libsqlite3.a", [source / "sqlite3.c"], options)
        copy(source, build.out / "include", ("sqlite3.h",))

    return Stage(
        name=f"sqlite-{target.triple}",
        title=f"build sqlite for {target.triple}",
        build=build,
        needs=(libc.sysroot(target), amalgamation()),
        inputs=(SQLITE_OURS, NAMES),
        facts=(identity(CLANG), *target.compile_flags(Path())),
    )


@functools.cache
def openssl(target: Target) -> Stage:
    """Libcrypto and libssl, with their machine code for ciphers."""

    def build(build: Build) -> None:
        source = build.source("openssl")
        ours = build.root / OPENSSL_OURS
        flags = (*target.compile_flags(build.need(libc.sysroot(target))), "-O2")
        build.run(
            source / "Configure",
            f"cloudabi-{target.arch}",
            *OPENSSL_OPTIONS,
            f"CC={CLANG}",
            f"AR={AR}",
            f"RANLIB={RANLIB}",
            f"CFLAGS={OPENSSL_PIC} {' '.join(flags)} -include {ours / 'cloudabi.h'}",
            cwd=source,
            env={"OPENSSL_LOCAL_CONFIG_DIR": str(ours)},
        )
        # It would tell every program where and when it was compiled.
        (source / "crypto" / "buildinf.h").write_text(OPENSSL_FACTS)
        build.run("make", f"-j{build.jobs}", "build_libs", cwd=source)
        copy(source, build.out / "lib", ("libcrypto.a", "libssl.a"))
        headers = source / "include" / "openssl"
        templates = shutil.ignore_patterns("*.in")
        shutil.copytree(headers, build.out / "include" / "openssl", ignore=templates)

    return _library("openssl", target, build, (OPENSSL_OURS, NAMES))


@functools.cache
def libraries(target: Target) -> tuple[Stage, ...]:
    """List the libraries that programs for the target can be linked with."""
    return tuple(make(target) for make in (zlib, libffi, bzip2, xz, zstd, sqlite, openssl))


@functools.cache
def libffi(target: Target) -> Stage:
    """Libffi without closures: those are code made at run time, which no program can run."""
    name, folder, units = target.ffi

    def build(build: Build) -> None:
        source = build.source("libffi")
        machine = source / "src" / folder
        ours = build.root / FFI_OURS
        headers = build.out / "include"
        copy(machine, headers, ("ffitarget.h",))
        template = (source / "include" / "ffi.h.in").read_text()
        (headers / "ffi.h").write_text(_ffi_header(template, name))
        files = [source / "src" / name for name in FFI_SOURCES]
        files += [*(machine / name for name in units), *sorted(ours.glob("*.c"))]
        includes = [f"-I{path}" for path in (headers, ours, source / "include", machine)]
        _archive(build, target, "libffi.a", files, includes)

    return _library("libffi", target, build, (FFI_OURS,))


@functools.cache
def bindings() -> Stage:
    """The C files of the module cloudabi._argdata, as cffi writes them."""

    def build(build: Build) -> None:
        script = build.root / BINDINGS / "_ffi_build.py"
        packages = build.need(pip.launcher()) / native.SITE_PACKAGES
        environment = {"PYTHONPATH": str(packages)}
        build.run(native.interpreter(build), "-s", script, "emit", build.out, env=environment)

    return Stage(
        name="bindings",
        title="write the module for argdata",
        build=build,
        needs=(native.build_python(), pip.launcher()),
        inputs=BINDINGS_INPUTS,
    )


def copy(source: Path, target: Path, names: Iterable[str]) -> None:
    """Copy files by name into a folder, which is made if need be."""
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(source / name, target)


def _library(
    name: str, target: Target, build: Callable[[Build], None], inputs: tuple[Path, ...] = ()
) -> Stage:
    """Make a stage that compiles the source of that name to lib/ and include/."""
    return Stage(
        name=f"{name}-{target.triple}",
        title=f"build {name} for {target.triple}",
        build=build,
        needs=(libc.sysroot(target),),
        sources=(name,),
        inputs=inputs,
        facts=(identity(CLANG), *target.compile_flags(Path())),
    )


def _archive(
    build: Build, target: Target, name: str, files: Iterable[Path], options: Iterable[str]
) -> None:
    """Compile files to a library in lib/."""
    sysroot = build.need(libc.sysroot(target))
    flags = (*target.compile_flags(sysroot), build.forget_place(), "-O3", *options)
    objects = build.tmp / "objects"
    objects.mkdir()
    build.run(CLANG, *flags, "-c", *files, cwd=objects)
    (build.out / "lib").mkdir()
    build.run(AR, "rcsD", build.out / "lib" / name, *sorted(objects.iterdir()))


def _ffi_header(template: str, machine: str) -> str:
    """Fill in ffi.h.in as libffi's configure does."""
    values = {
        "VERSION": "as pinned",
        "TARGET": machine,
        "HAVE_LONG_DOUBLE": "(__SIZEOF_LONG_DOUBLE__ > __SIZEOF_DOUBLE__)",
        "FFI_EXEC_TRAMPOLINE_TABLE": "0",
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template

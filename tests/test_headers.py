# SPDX-License-Identifier: BSD-2-Clause
"""What the C library offers: nothing that libc/ambient.toml rules out, and all that it declares."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

from harness import ROOT, SYSROOT
from pybuild.ambient import Ambient, declared, load, pieces

AMBIENT = load(ROOT / "libc" / "ambient.toml")
LIBRARIES = [SYSROOT / "lib" / name for name in ("crt0.o", "libc.a", "libcompiler_rt.a")]

# dist/ also holds the headers of what is built on the C library.
OTHERS = re.compile(
    r"(python3\.\d+|openssl)/|z(lib|conf|std|std_errors|dict)\.h|ffi(target)?\.h|bzlib\.h"
    r"|lzma(/|\.h)|sqlite3\.h"
)
INCLUDE = SYSROOT / "include"
HEADERS = sorted(
    name
    for name in (str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob("*.h"))
    if not OTHERS.match(name) and not name.startswith("bits/")
)

# The heart of the list.
ESSENTIAL = """
open creat stat lstat access socket connect bind listen getpwnam signal sigaction killpg chdir mkdir
rename unlink rmdir opendir gethostbyname getaddrinfo system popen fopen freopen tmpfile remove
execve execvp vfork wait4 posix_spawn getuid getenv setenv umask sysinfo mount dlopen getlogin
gethostname setrlimit setsockopt realpath chmod chown link symlink readlink truncate utimes mkfifo
mknod chroot statvfs ptrace syscall ioctl shm_open sem_open
"""

# Built into the compiler, or defined by the program.
ELSEWHERE = {"alloca", "program_main"}
FROM_PROGRAM = {"main"}

# musl's second name of __fpurge(), and what the files of argdata/ share.
UNDECLARED = {"fpurge", *re.findall(r"\bargdata_\w+", (ROOT / "argdata/codec.h").read_text())}


def clang(code: str, *flags: str) -> subprocess.CompletedProcess[str]:
    config = str(SYSROOT / "clang.cfg")
    return subprocess.run(
        ["clang-16", "--config", config, "-D_GNU_SOURCE", "-x", "c", "-fsyntax-only", *flags, "-"],
        input=code,
        capture_output=True,
        text=True,
        timeout=60,
    )


def all_headers() -> str:
    return "".join(f"#include <{name}>\n" for name in HEADERS)


@cache
def symbols(*selection: str) -> set[str]:
    output = subprocess.run(
        ["llvm-nm-16", "--quiet", *selection, *LIBRARIES],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {
        fields[-1]
        for fields in map(str.split, output.splitlines())
        if len(fields) >= 2 and (len(fields) == 3 or fields[0] == "U")
    }


# headers


def test_each_header_compiles_by_itself() -> None:
    def complaint(name: str) -> str:
        return clang(f"#include <{name}>\n", "-Wall", "-Werror", "-Wno-#warnings").stderr

    with ThreadPoolExecutor(2) as pool:
        assert [text for text in pool.map(complaint, HEADERS) if text] == []


def test_removed_headers_do_not_exist() -> None:
    assert [name for name in AMBIENT.headers if (INCLUDE / name).exists()] == []


def test_code_that_calls_a_removed_function_does_not_compile() -> None:
    """One small program per function; a control shows that the frame itself is fine."""
    frame = all_headers() + "void *use(void) {{ return (void *)&{}; }}\n"

    def compiles(name: str) -> bool:
        return clang(frame.format(name)).returncode == 0

    assert compiles("openat")
    with ThreadPoolExecutor(2) as pool:
        verdicts = dict(zip(AMBIENT.functions, pool.map(compiles, AMBIENT.functions), strict=True))
    assert sorted(name for name, verdict in verdicts.items() if verdict) == []


def test_removed_constants_are_not_defined() -> None:
    for name in AMBIENT.constants:
        result = clang(f"{all_headers()}\n#ifdef {name}\n#error\n#endif\n")
        assert result.returncode == 0, name


def test_functions_that_matter_are_among_the_removed() -> None:
    """The list cannot lose these without anybody noticing."""
    assert set(ESSENTIAL.split()) - AMBIENT.functions == set()


def test_what_is_declared_is_defined_and_the_other_way_round() -> None:
    result = clang(all_headers(), "-Xclang", "-ast-dump=json")
    assert result.returncode == 0, result.stderr
    promised = {
        node["name"]
        for node in json.loads(result.stdout)["inner"]
        if (node["kind"] == "FunctionDecl" and not has_body(node))
        or (node["kind"] == "VarDecl" and node.get("storageClass") == "extern")
    }
    assert len(promised) > 1000
    defined = symbols("--defined-only", "--extern-only")
    assert sorted(promised - defined - ELSEWHERE) == []
    public = {name for name in defined if not name.startswith(("_", ".L"))}
    assert sorted(public - promised - UNDECLARED) == []


def has_body(node: dict[str, object]) -> bool:
    inner = node.get("inner", [])
    assert isinstance(inner, list)
    return any(child.get("kind") == "CompoundStmt" for child in inner)


# archives


def test_removed_functions_are_not_defined() -> None:
    """Scripts of autoconf declare functions themselves and look whether programs link."""
    assert sorted(AMBIENT.functions & symbols("--defined-only")) == []


def test_nothing_is_undefined() -> None:
    missing = symbols("--undefined-only") - symbols("--defined-only")
    linker_made = {
        name for name in missing if re.fullmatch(r"__(init|fini)_array_(start|end)", name)
    }
    assert missing - linker_made == FROM_PROGRAM


def test_code_enters_no_kernel_and_leaves_the_thread_pointer_alone() -> None:
    """System calls go through the vDSO, and of what %fs leads to the first word alone counts."""
    output = subprocess.run(
        ["llvm-objdump-16", "-d", "--no-show-raw-insn", *LIBRARIES],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    code = [
        line.split(":", 1)[1].strip() for line in output.splitlines() if re.match(r" +\w+:", line)
    ]
    assert len(code) > 50000
    assert [line for line in code if re.match(r"(syscall|sysenter|int\b)", line)] == []
    through_fs = [line for line in code if re.search(r"%[fg]s\b", line)]
    assert through_fs, "the thread pointer is read somewhere"
    assert [line for line in through_fs if not re.search(r"%fs:(0x0)?(?![\w(])", line)] == []


# the pruner


@pytest.mark.parametrize(
    ("declaration", "name"),
    [
        ("int open(const char *, int, ...);\n", "open"),
        ("void (*signal(int, void (*)(int)))(int);\n", "signal"),
        ("__attribute__((const))\npthread_t pthread_self(void);\n", "pthread_self"),
        ("extern int getdate_err;\n", "getdate_err"),
        ("struct stat {\n", ""),
        ("\tint (*close)(FILE *);\n", ""),
        ("typedef int pid_t;\n", ""),
    ],
)
def test_declared(declaration: str, name: str) -> None:
    assert declared(declaration) == name


def test_pruning_keeps_everything_else(tmp_path: Path) -> None:
    (tmp_path / "bits").mkdir()
    (tmp_path / "gone.h").write_text("#include <bits/gone.h>\n")
    (tmp_path / "bits" / "gone.h").write_text("")
    header = textwrap.dedent("""\
        #ifndef H
        #define stat64 stat
        #define keep64 keep
        #define BAD 1
        struct stat { int st_mode; };
        int stat(const char *,
                 struct stat *); int keep(void);
        #ifdef X
        int open(const char *, int, ...);
        #endif
        #endif
    """)
    (tmp_path / "h.h").write_text(header)
    assert "".join(pieces(header)) == header
    ambient = Ambient(frozenset({"gone.h"}), frozenset({"stat", "open"}), frozenset({"BAD"}))
    ambient.prune(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["h.h"]
    assert " ".join((tmp_path / "h.h").read_text().split()) == (
        "#ifndef H #define keep64 keep struct stat { int st_mode; }; int keep(void); "
        "#ifdef X #endif #endif"
    )

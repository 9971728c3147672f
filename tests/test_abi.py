# SPDX-License-Identifier: BSD-2-Clause
"""The description of the interface against a table of its own, against compilers and mistakes.

data/abi.json holds the numbers and layouts that programs in the field were built with, taken from
the published interface and not from our description. Pairs are cloudabi32, cloudabi64.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from abi import emit_docs, generate, results
from abi.layout import WIDTHS, Layout
from abi.model import REPRESENTATIONS, Abi, AbiError, TypeRef
from abi.parser import parse, parse_file

ROOT = Path(__file__).resolve().parent.parent
ABI = parse_file(ROOT / generate.SOURCE)
PUBLISHED = json.loads((Path(__file__).parent / "data" / "abi.json").read_text())
INCLUDE = ["-I", str(ROOT / "abi" / "include")]
STRICT = ["-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic"]
GUEST = ["clang-16", "-ffreestanding", "-nostdlibinc"]
COMPILERS = {
    "x86_64": (8, [*GUEST, "--target=x86_64-unknown-cloudabi"]),
    "aarch64": (8, [*GUEST, "--target=aarch64-unknown-cloudabi"]),
    "i686": (4, [*GUEST, "--target=i686-unknown-cloudabi"]),
    "armv6": (4, [*GUEST, "--target=armv6-unknown-cloudabi-eabihf"]),
    "host": (struct.calcsize("P"), ["gcc"]),
}
EVERY_COMPILER = pytest.mark.parametrize("compiler", COMPILERS)


def compile_c(compiler: str, source: Path, output: Path, *flags: str) -> str:
    """Compile a file and return the compiler's complaints, or "" if it had none."""
    command = COMPILERS[compiler][1]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    flags = flags or ("-std=c11", *STRICT, *INCLUDE)
    done = subprocess.run(
        [*command, *flags, "-c", "-o", str(output), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr or ("" if done.returncode == 0 else f"status {done.returncode}")


def evaluate(compiler: str, folder: Path, expressions: list[str]) -> list[int]:
    """What constant expressions are for a compiler, as unsigned 64-bit numbers."""
    source, output, section = folder / "probe.c", folder / "probe.o", folder / "probe.bin"
    values = ",\n".join(f"(uint64_t)({expression})" for expression in expressions)
    source.write_text(
        "#include <cloudabi_syscalls.h>\n#include <cloudabi_rights.h>\n"
        "extern const uint64_t probe[];\n"
        f'__attribute__((section(".probe"))) const uint64_t probe[] = {{\n{values}\n}};\n'
    )
    assert compile_c(compiler, source, output) == ""
    command = ["llvm-objcopy-16", f"--dump-section=.probe={section}", str(output)]
    subprocess.run(command, check=True)
    return list(struct.unpack(f"<{len(expressions)}Q", section.read_bytes()))


def test_description_states_the_published_constants() -> None:
    described = {s.prefix + v.name: v.number for s in ABI.scalars for v in s.values}
    assert described == PUBLISHED["constants"]
    assert {s.name for s in ABI.scalars} == PUBLISHED["types"].keys()


def test_description_states_the_published_calls() -> None:
    def kind(ref: TypeRef) -> str:
        if ref.pointer:
            return "ptr"
        if ref.name in ("size", "lookup"):
            return ref.name
        return f"u{8 * REPRESENTATIONS[ABI.scalar(ref.name).rep]}"

    described = {
        call.name: [kind(a.type) for a in call.arguments] + ["ptr" for _ in call.results]
        for call in ABI.calls
    }
    assert list(described.items()) == list(PUBLISHED["calls"].items())
    assert len(described) == 49


def test_errors_are_dense_and_rights_complete() -> None:
    assert [value.number for value in ABI.scalar("errno").values] == list(range(77))
    assert ABI.mask(("*",)) == 0x000000815FFFF7FF
    assert len(ABI.scalar("rights").values) == 31


@EVERY_COMPILER
def test_maximum_rights(compiler: str, tmp_path: Path) -> None:
    maximums = {
        "MAX_BASE_DIRECTORY": 0x13EFF698,
        "MAX_INHERITING_DIRECTORY": 0x11FFFF7FF,
        "MAX_BASE_REGULAR_FILE": 0x11C3801FF,
        "MAX_BASE_SHARED_MEMORY": 0xC180042,
        "MAX_BASE_SOCKET": 0x801008004A,
        "MAX_INHERITING_SOCKET": 0x815FFFF7FF,
        "MAX_BASE_TERMINAL": 0x1008004A,
        "MAX_BASE_PROCESS": 0x40080000,
    }
    assert {name: ABI.mask((name,)) for name in maximums} == maximums
    values = evaluate(compiler, tmp_path, [f"CLOUDABI_{name}" for name in maximums])
    assert dict(zip(maximums, values, strict=True)) == maximums


@EVERY_COMPILER
def test_compilers_see_the_published_constants(compiler: str, tmp_path: Path) -> None:
    constants = PUBLISHED["constants"]
    values = evaluate(compiler, tmp_path, [f"CLOUDABI_{name}" for name in constants])
    assert dict(zip(constants, values, strict=True)) == constants


@EVERY_COMPILER
def test_compilers_see_the_published_layouts(compiler: str, tmp_path: Path) -> None:
    column = WIDTHS.index(COMPILERS[compiler][0])
    expected: dict[str, int] = {}
    for name, layout in PUBLISHED["layouts"].items():
        expected[f"sizeof(cloudabi_{name}_t)"] = layout["size"][column]
        expected[f"_Alignof(cloudabi_{name}_t)"] = layout["align"][column]
        for field, places in layout["fields"].items():
            offset, size = places[column]
            expected[f"offsetof(cloudabi_{name}_t, {field})"] = offset
            expected[f"sizeof(((cloudabi_{name}_t *)0)->{field})"] = size
    for name, kind in PUBLISHED["types"].items():
        expected[f"sizeof(cloudabi_{name}_t)"] = int(kind.lstrip("uint")) // 8
        expected[f"(cloudabi_{name}_t)-1 < 1"] = int(not kind.startswith("u"))
    values = evaluate(compiler, tmp_path, list(expected))
    assert dict(zip(expected, values, strict=True)) == expected


@EVERY_COMPILER
def test_compilers_see_the_described_layouts(compiler: str, tmp_path: Path) -> None:
    layout = Layout(ABI, COMPILERS[compiler][0])
    expected: dict[str, int] = {}
    for entry in ABI.structs:
        size, align = layout.struct(entry)
        expected[f"sizeof(cloudabi_{entry.name}_t)"] = size
        expected[f"_Alignof(cloudabi_{entry.name}_t)"] = align
        for field, offset in layout.offsets(entry).items():
            expected[f"offsetof(cloudabi_{entry.name}_t, {field})"] = offset
    values = evaluate(compiler, tmp_path, list(expected))
    assert dict(zip(expected, values, strict=True)) == expected


@EVERY_COMPILER
def test_address_records_fill_the_dead_space(compiler: str, tmp_path: Path) -> None:
    fields = ["ro_names.sockname.family", "ro_names.sockname.addr", "ro_names.sockname.port"]
    fields += [field.replace("sockname", "peername") for field in fields]
    start = "offsetof(cloudabi_recv_out_t, ro_unused)"
    places = [f"offsetof(cloudabi_recv_out_t, {field}) - {start}" for field in fields]
    assert evaluate(compiler, tmp_path, places) == [0, 2, 18, 20, 22, 38]


@EVERY_COMPILER
def test_prototypes_take_the_published_arguments(compiler: str, tmp_path: Path) -> None:
    """Too few, too many or too narrow parameters would not compile."""
    types = {"ptr": "void *", "size": "size_t ", "lookup": "cloudabi_lookup_t "}
    types |= {f"u{bits}": f"uint{bits}_t " for bits in (8, 16, 32, 64)}
    lines = ["#include <cloudabi_syscalls.h>"]
    for name, kinds in PUBLISHED["calls"].items():
        parameters = ", ".join(f"{types[kind]}a{i}" for i, kind in enumerate(kinds)) or "void"
        arguments = ", ".join(
            f"(int64_t)a{i}" if (name, i) == ("fd_seek", 1) else f"a{i}" for i in range(len(kinds))
        )
        lines.append(f"void use_{name}({parameters});")
        lines.append(f"void use_{name}({parameters}) {{ cloudabi_sys_{name}({arguments}); }}")
    source = tmp_path / "calls.c"
    source.write_text("\n".join([*lines, ""]))
    assert compile_c(compiler, source, tmp_path / "calls.o") == ""


@EVERY_COMPILER
def test_headers_are_cplusplus_too(compiler: str, tmp_path: Path) -> None:
    source = tmp_path / "headers.cc"
    source.write_text("#include <cloudabi_syscalls.h>\n#include <cloudabi_rights.h>\n")
    flags = ("-x", "c++", "-std=c++17", *STRICT, *INCLUDE)
    assert compile_c(compiler, source, tmp_path / "headers.o", *flags) == ""


def test_assertions_notice_a_wrong_layout(tmp_path: Path) -> None:
    header = (ROOT / "abi/include/cloudabi.h").read_text()
    source = tmp_path / "wrong.c"
    source.write_text(header.replace("\tCLOUDABI_ALIGN8 ", "\t"))
    complaints = compile_c("i686", source, tmp_path / "wrong.o")
    assert "size and alignment of fdstat" in complaints
    assert "offset of subscription_clock.timeout" in complaints


def test_dispatch_rows_name_every_call() -> None:
    text = (ROOT / "runtime" / "dispatch.inc").read_text()
    rows = re.findall(r"^DISPATCH(_NONE)?\((\d+), (\w+)\)$", text, re.MULTILINE)
    expected = [
        ("_NONE" if call.status == "none" else "", str(call.number), call.name)
        for call in ABI.calls
    ]
    assert rows == expected


def test_python_constants() -> None:
    module = load(ROOT / "Lib" / "cloudabi" / "_abi.py")
    for name, number in PUBLISHED["constants"].items():
        assert getattr(module, name) == number
    for entry in ABI.sets:
        assert getattr(module, entry.name) == ABI.mask((entry.name,))
    assert sum(module.RIGHTS.values()) == ABI.mask(("*",))
    assert list(module.SYSCALLS.items()) == [(call.name, call.status) for call in ABI.calls]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_names_everything() -> None:
    text = (ROOT / "docs" / "abi.md").read_text()
    headings = set(re.findall(r"^### (\w+)$", text, re.MULTILINE))
    types = {*PUBLISHED["types"], *PUBLISHED["layouts"]} - {"rights"}
    assert types | PUBLISHED["calls"].keys() <= headings
    words = set(re.findall(r"`(\w+)`", text))
    names = {name.removeprefix("RIGHT_") for name in PUBLISHED["constants"]}
    assert names <= words


def test_generated_files_are_up_to_date() -> None:
    script = ROOT / "abi" / "generate.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the description and of what is generated from it."""
    for path in (generate.SOURCE, results.OUTPUT, emit_docs.OUTPUT, *generate.EMITTERS):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


@pytest.mark.parametrize("path", [*generate.EMITTERS, emit_docs.OUTPUT])
def test_check_notices_a_stale_file(
    copy: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check = ["--check", "--root", str(copy)]
    assert generate.main(check) == 0
    (copy / path).write_text((copy / path).read_text().replace("clock", "clack", 1) + " ")
    assert generate.main(check) == 1
    errors = capsys.readouterr().err
    assert errors.splitlines() == [
        f"error: {path} does not match {generate.SOURCE}",
        f"help: run `{generate.REPAIR}`",
    ]
    assert generate.main(["--root", str(copy)]) == 0
    assert generate.main(check) == 0
    (copy / path).unlink()
    assert generate.main(check) == 1


def test_status_lines_reach_the_runtime(copy: Path) -> None:
    source = copy / generate.SOURCE
    status = re.compile(r"(?<=\ncall 48 thread_yield)(.*\n\tstatus ).*")
    text, changed = status.subn(r"\1none -- Threads take turns anyway.", source.read_text())
    assert changed == 1
    source.write_text(text)
    assert generate.main(["--root", str(copy)]) == 0
    assert "DISPATCH_NONE(48, thread_yield)" in (copy / "runtime" / "dispatch.inc").read_text()
    assert "Threads take turns anyway." in (copy / "docs" / "abi.md").read_text()


BASE = """\
enum errno u16 -- Errors.
	ESUCCESS 0 -- None.
flags rights u64 RIGHT_ -- Rights.
	READ 0x1 -- Reading.
"""
CALL = "call 0 nop -- Nothing.\n"


def parse_after_base(text: str) -> Abi:
    return parse(BASE + text)


def test_small_description() -> None:
    abi = parse_after_base(f"{CALL}\trights a -- An argument.\n\tneeds a READ\n\tstatus full\n")
    assert abi.calls[0].needs[0].rights == ("READ",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type x u8 -- X.\n", "line 5: unknown declaration 'type'"),
        ("scalar x u8\n", "line 5: 'scalar x u8' has no sentence"),
        ("scalar x -- X.\n", "line 5: 'scalar' takes 2 to 3 words"),
        ("scalar x u7 -- X.\n", "line 5: unknown representation 'u7'"),
        ("scalar errno u8 -- X.\n", "line 5: type 'errno' is declared twice"),
        ("enum x u8 -- X.\n\tA 010 -- A.\n", "line 6: '010' is not a number"),
        ("enum x u8 -- X.\n\tA 256 -- A.\n", "line 6: 256 does not fit into u8"),
        ("enum x u8 -- X.\n\tA 1 -- A.\n\tB 0x1 -- B.\n", "line 7: 0x1 is taken"),
        ("enum x u8 -- X.\n\tA 1 -- A.\n\tA 2 -- B.\n", "line 7: value 'A' is declared twice"),
        ("enum x u8 -- X.\n\tA 1\n", "line 6: 'A 1' has no sentence"),
        ("flags x u8 -- X.\n\tA 3 -- A.\n", "line 6: 3 is not a single bit"),
        ("struct x -- X.\n\t\tu8 a -- A.\n", "line 6: indentation does not fit"),
        ("struct x -- X.\n    u8 a -- A.\n", "line 6: indentation does not fit"),
        ("struct x -- X.\n", "line 5: 'x' has no fields"),
        ("struct x -- X.\n\tu8 -- A.\n", "line 6: 'u8' is not a type and a name"),
        ("struct x -- X.\n\tx a -- A.\n", "line 6: unknown type 'x'"),
        ("struct x -- X.\n\tvoid a -- A.\n", "line 6: unknown type 'void'"),
        ("struct x -- X.\n\tconst u8 a -- A.\n", "line 6: const is for pointers only"),
        ("struct x -- X.\n\tu8[0] a -- A.\n", "line 6: an array needs elements"),
        ("struct x -- X.\n\tu8 a -- A.\n\tu8 a -- A.\n", "line 7: name 'a' is declared twice"),
        ("struct x -- X.\n\tunion\n\t\tu8 a -- A.\n", "line 6: a union needs two alternatives"),
        ("struct x -- X.\n\tu8 a -- A.\n\t\tu8 b -- B.\n", "line 7: 'u8 a' has no parts"),
        ("set X -- X.\n\tWRITE\n", "line 5: unknown right or set 'WRITE' in 'X'"),
        ("call 1 nop -- Nothing.\n\tstatus full\n", "line 5: call number 0 expected"),
        (CALL, "line 5: call 'nop' has no status"),
        (f"{CALL}\tstatus full\n\tstatus full\n", "line 7: a second status"),
        (f"{CALL}\tstatus half\n", "line 5: status of 'nop' is none of full, partial, none"),
        (f"{CALL}\tstatus none\n", "line 5: status none of 'nop' needs a sentence"),
        (f"{CALL}\tstatus full\n\tfails EIO -- Bad.\n", "line 7: unknown error 'EIO'"),
        (f"{CALL}\tstatus full\n\tneeds fd READ\n", "line 7: 'fd' is not an argument of 'nop'"),
        (f"{CALL}\trights a -- A.\n\tneeds a B\n\tstatus full\n", "line 7: unknown right 'B'"),
        (
            f"{CALL}\tnoreturn\n\tfails ESUCCESS -- Bad.\n\tstatus full\n",
            "line 5: 'nop' does not return, so it has no result or error",
        ),
        (
            f"{CALL}\trights a -- A.\n\tneeds a READ\n\tneeds a READ\n\tstatus full\n",
            "line 8: each set of needed rights of a call has its own suffix",
        ),
    ],
)
def test_mistakes_are_reported_with_their_line(text: str, message: str) -> None:
    with pytest.raises(AbiError) as caught:
        parse_after_base(text)
    assert str(caught.value) == message


def test_documentation_needs_a_statement() -> None:
    with pytest.raises(AbiError, match="line 2: documentation without a statement"):
        parse("# comment\n-- Text.\n")


def test_generate_reports_a_mistake(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / generate.SOURCE).write_text("nonsense\n")
    assert generate.main(["--root", str(copy)]) == 1
    expected = f"error: {generate.SOURCE}: line 1: unknown declaration 'nonsense'\n"
    assert capsys.readouterr().err == expected

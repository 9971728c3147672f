# SPDX-License-Identifier: BSD-2-Clause
"""Every target: programs in C and in Python that were built for it run, if need be emulated."""

from __future__ import annotations

import json
import math
import platform
import subprocess
import zlib
from pathlib import Path

import pytest

from harness import CLOUDABI_RUN, ROOT, python_manifest
from pybuild import targets
from pybuild.targets import Target

EXAMPLES = ROOT / "examples"
TARGETS = pytest.mark.parametrize("target", targets.TARGETS, ids=lambda target: target.arch)

# What differs between machines, as Python sees it, and things that tend to break in a new port.
SURVEY = """
    import decimal, json, math, struct, sys, threading, time, zlib

    class Bits(threading.local):
        value = 0

    def work():
        global total
        bits.value += 1
        with lock:
            total += bits.value

    bits, lock, total = Bits(), threading.Lock(), 0
    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    data = bytes(range(256)) * 1000
    print(json.dumps({
        'platform': sys.platform,
        'multiarch': sys.implementation._multiarch,
        'pointer_bits': struct.calcsize('P') * 8,
        'maxsize': sys.maxsize,
        'byteorder': sys.byteorder,
        'threads': total,
        'zlib': zlib.decompress(zlib.compress(data)) == data,
        'crc32': zlib.crc32(data),
        'float': [float('0.1').hex(), repr(1e23), 5e-324, 2**0.5, math.fsum([0.1] * 10)],
        'sums': [0.1 + 0.2, 1e16 + 1, 1e308 * 10],
        'power': str(3**200 // 7**50),
        'decimal': str(decimal.Decimal(1) / 7),
        'gamma': f'{math.gamma(5.5):.12g}',
        'time': time.time() > 1.7e9,
        'year 2100': time.gmtime(4102444800).tm_year,
        'hash': hash(3.5) == hash(decimal.Decimal('3.5')),
        'recursion': recurse(),
    }))
"""
RECURSE = """
    def recurse():
        try:
            return recurse()
        except RecursionError:
            return 'stopped'
"""
EXPECTED = {
    "platform": "cloudabi",
    "byteorder": "little",
    "threads": 20,
    "zlib": True,
    "crc32": zlib.crc32(bytes(range(256)) * 1000),
    "float": ["0x1.999999999999ap-4", "1e+23", 5e-324, 1.4142135623730951, 1.0],
    "sums": [0.30000000000000004, 1e16, float("inf")],
    "power": str(3**200 // 7**50),
    "decimal": "0.1428571428571428571428571429",
    "gamma": f"{math.gamma(5.5):.12g}",
    "time": True,
    "year 2100": 2100,
    "hash": True,
    "recursion": "stopped",
}


def emulation(target: Target) -> list[str]:
    """The option without which this machine refuses programs for the target."""
    return [] if platform.machine() in target.machines else ["--emulate"]


def output_of(*command: str | Path, manifest: str | None = None) -> str:
    """Run a command that says nothing but its output, or that nothing is enforced."""
    result = subprocess.run(
        command, input=manifest, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert all("not enforced" in line or line[:1] in " " for line in result.stderr.splitlines())
    return result.stdout


@TARGETS
def test_c_program(target: Target, tmp_path: Path) -> None:
    program = tmp_path / "hello"
    compiler = ROOT / "dist" / target.triple / "bin" / f"{target.triple}-cc"
    subprocess.run([compiler, "-O2", "-o", program, EXAMPLES / "hello.c"], check=True, timeout=60)
    options = emulation(target)
    output = output_of(CLOUDABI_RUN, *options, "-f", EXAMPLES / "hello_c.yaml", program)
    assert output == "Hello, Konrad Zuse!\n"


@TARGETS
def test_hello(target: Target) -> None:
    options = [*emulation(target), "--target", target.triple]
    output = output_of(CLOUDABI_RUN, *options, "-f", EXAMPLES / "hello.yaml")
    assert output == "Hello, Konrad Zuse!\n"


@TARGETS
def test_python(target: Target) -> None:
    manifest = python_manifest(RECURSE + SURVEY).replace(
        python_path(targets.X86_64), python_path(target)
    )
    options = [*emulation(target), "--target", target.triple]
    found = json.loads(output_of(CLOUDABI_RUN, *options, manifest=manifest))
    assert found.pop("multiarch") == target.triple.replace("-unknown", "")
    assert found.pop("pointer_bits") == target.pointer_bits
    assert found.pop("maxsize") == 2 ** (target.pointer_bits - 1) - 1
    assert found == EXPECTED


def python_path(target: Target) -> str:
    return str(ROOT / "dist" / target.triple / "lib" / "python3.14")


@TARGETS
def test_an_interpreter_does_not_tell_where_it_was_compiled(target: Target) -> None:
    program = (ROOT / "dist" / target.triple / "bin" / "python3").read_bytes()
    assert b"Objects/unicodeobject.c" in program  # as assertions name it
    assert b".partial-" not in program

# SPDX-License-Identifier: BSD-2-Clause
# The table of targets, with the compiler and linker flags that follow from it.

import platform
from dataclasses import dataclass
from pathlib import Path

CLANG = "clang-16"
LLD = "ld.lld-16"
AR = "llvm-ar-16"
RANLIB = "llvm-ranlib-16"
READELF = "llvm-readelf-16"
STRIP = "llvm-strip-16"
OBJCOPY = "llvm-objcopy-16"


@dataclass(frozen=True)
class Target:
    """One machine that CloudABI programs are built for.

    triple: as clang knows it; names the folder in dist/.
    arch: names runtime/arch/<arch> and cloudabi-runtime-<arch>.
    musl_arch: the folder in musl's arch/; llvm_arch: that in the compiler's builtins.
    ffi: what libffi calls the machine, its folder there, and the files that it takes.
    host_triple: Linux programs for the same machine, such as the runtime.
    elf_machine: the number of the machine in its ELF files.
    machines: what uname -m says on hosts that run it natively.
    emulator: the program that runs programs for such hosts elsewhere.
    debian: what Debian calls such hosts; multiarch: the same in paths, as of their headers.
    machine_flags: the processor that programs are for, where it is not the compiler's choice.
    host_flags: what compilers have to be told for the runtime.
    builtins_flags: what the compiler's builtins do not find out by themselves.
    math_flags: what makes the compiler heed -frounding-math, where it would not.
    """

    triple: str
    arch: str
    musl_arch: str
    llvm_arch: str
    ffi: tuple[str, str, tuple[str, ...]]
    host_triple: str
    pointer_bits: int
    elf_machine: int
    machines: tuple[str, ...]
    emulator: str
    debian: str
    multiarch: str
    machine_flags: tuple[str, ...] = ()
    host_flags: tuple[str, ...] = ()
    builtins_flags: tuple[str, ...] = ()
    math_flags: tuple[str, ...] = ()

    @property
    def runner(self) -> tuple[str, ...]:
        """What to put before the command line of a host program."""
        return () if platform.machine() in self.machines else (self.emulator,)

    def compile_flags(self, sysroot: Path) -> tuple[str, ...]:
        """Flags for every guest object: our headers only, position independent, no SafeStack.

        All of a program is linked into one file, where each thread-local variable has its place.
        """
        return (
            f"--target={self.triple}",
            *self.machine_flags,
            "-nostdlibinc",
            "-isystem",
            str(sysroot / "include"),
            "-fPIE",
            "-ftls-model=local-exec",
            "-fno-sanitize=safe-stack",
        )

    def link_flags(self, sysroot: Path) -> tuple[str, ...]:
        """Flags for every guest program; used beside compile_flags.

        The driver ignores -pie for i686 and armv6, so the linker is told itself. Segments start
        at page boundaries because other CloudABI loaders map them without rounding.
        """
        return (
            f"--ld-path={LLD}",
            f"-B{sysroot / 'lib'}",
            f"-L{sysroot / 'lib'}",
            "-Wl,-pie",
            "-Wl,-z,separate-loadable-segments",
            "-Wl,-z,max-page-size=4096",
            "-Wl,--pack-dyn-relocs=relr",
        )


X86_64 = Target(
    triple="x86_64-unknown-cloudabi",
    arch="x86_64",
    musl_arch="x86_64",
    llvm_arch="x86_64",
    ffi=("X86_64", "x86", ("ffi64.c", "unix64.S", "ffiw64.c", "win64.S")),
    host_triple="x86_64-linux-gnu",
    pointer_bits=64,
    elf_machine=62,
    machines=("x86_64",),
    emulator="qemu-x86_64",
    debian="amd64",
    multiarch="x86_64-linux-gnu",
)
I686 = Target(
    triple="i686-unknown-cloudabi",
    arch="i686",
    musl_arch="i386",
    llvm_arch="i386",
    ffi=("X86", "x86", ("ffi.c", "sysv.S")),
    host_triple="i686-linux-gnu",
    pointer_bits=32,
    elf_machine=3,
    machines=("i686", "i586", "x86_64"),
    emulator="qemu-i386",
    debian="amd64",  # one set of headers for both
    multiarch="x86_64-linux-gnu",
    # Arithmetic as everywhere, and any x86_64 has it.
    machine_flags=("-msse2", "-mfpmath=sse"),
)
ARMV6 = Target(
    triple="armv6-unknown-cloudabi-eabihf",
    arch="armv6",
    musl_arch="arm",
    llvm_arch="arm",
    ffi=("ARM", "arm", ("ffi.c", "sysv.S")),
    host_triple="armv6-linux-gnueabihf",
    pointer_bits=32,
    elf_machine=40,
    machines=("armv6l", "armv7l"),
    emulator="qemu-arm",
    debian="armhf",
    multiarch="arm-linux-gnueabihf",
    host_flags=("-marm", "-mcpu=arm1176jzf-s"),  # the first with a thread pointer of the program's
    builtins_flags=("-DCOMPILER_RT_ARMHF_TARGET",),  # numbers are passed in registers of their own
    math_flags=("-Xclang", "-fexperimental-strict-floating-point"),
)
AARCH64 = Target(
    triple="aarch64-unknown-cloudabi",
    arch="aarch64",
    musl_arch="aarch64",
    llvm_arch="aarch64",
    ffi=("AARCH64", "aarch64", ("ffi.c", "sysv.S")),
    host_triple="aarch64-linux-gnu",
    pointer_bits=64,
    elf_machine=183,
    machines=("aarch64",),
    emulator="qemu-aarch64",
    debian="arm64",
    multiarch="aarch64-linux-gnu",
    host_flags=("-mno-outline-atomics",),  # there is no library that has them
)

TARGETS = (X86_64, I686, ARMV6, AARCH64)


def by_triple(triple: str) -> Target | None:
    """Return the target of that name."""
    return next((target for target in TARGETS if target.triple == triple), None)


def of_machine(machine: str = "") -> Target | None:
    """Return the target that this machine, or the named one, runs natively."""
    machine = machine or platform.machine()
    return next((target for target in TARGETS if machine in target.machines), None)

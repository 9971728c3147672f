# SPDX-License-Identifier: BSD-2-Clause
# Generated from pybuild/targets.py by `build_python.py check --fix`: edit that, not this.
"""The fields of each cloudabi._installation.Target."""

ROWS: tuple[tuple[str, str, tuple[int, int], tuple[str, ...], str], ...] = (
    (
        "x86_64-unknown-cloudabi",
        "x86_64",
        (2, 62),
        ("x86_64",),
        "qemu-x86_64",
    ),
    (
        "i686-unknown-cloudabi",
        "i686",
        (1, 3),
        ("i686", "i586", "x86_64"),
        "qemu-i386",
    ),
    (
        "armv6-unknown-cloudabi-eabihf",
        "armv6",
        (1, 40),
        ("armv6l", "armv7l"),
        "qemu-arm",
    ),
    (
        "aarch64-unknown-cloudabi",
        "aarch64",
        (2, 183),
        ("aarch64",),
        "qemu-aarch64",
    ),
)

# SPDX-License-Identifier: BSD-2-Clause
"""Creates, stats, reads and removes small files, and writes and reads one large file."""

import os
import time
from collections.abc import Callable

import world

BLOCK_BYTES = 1 << 20
CONTENT = b"a small file\n" * 8


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds the work took."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def small(folder: int, count: int) -> dict[str, float]:
    """Time each operation over `count` files in a directory that is held open."""
    names = [f"file-{number:05}" for number in range(count)]

    def create() -> None:
        for name in names:
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder)
            os.write(fd, CONTENT)
            os.close(fd)

    def stat() -> None:
        for name in names:
            os.stat(name, dir_fd=folder)

    def read() -> None:
        for name in names:
            fd = os.open(name, os.O_RDONLY, dir_fd=folder)
            assert os.read(fd, 4096) == CONTENT
            os.close(fd)

    def remove() -> None:
        for name in names:
            os.unlink(name, dir_fd=folder)

    return {work.__name__: timed(work) for work in (create, stat, read, remove)}


def large(folder: int, blocks: int) -> dict[str, float]:
    """Time writing and reading one file sequentially."""
    block = bytes(range(256)) * (BLOCK_BYTES // 256)

    def write() -> None:
        fd = os.open("large", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=folder)
        for _ in range(blocks):
            os.write(fd, block)
        os.close(fd)

    def read_back() -> None:
        fd = os.open("large", os.O_RDONLY, dir_fd=folder)
        while os.read(fd, BLOCK_BYTES):
            pass
        os.close(fd)

    result = {work.__name__: timed(work) for work in (write, read_back)}
    os.unlink("large", dir_fd=folder)
    return result


def main() -> None:
    """Measure in the directory that run.py gave: a descriptor, or natively a path."""
    args = world.arguments()
    folder = args["folder"]
    if isinstance(folder, str):
        folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    world.report(small(folder, args["files"]) | large(folder, args["blocks"]))


main()

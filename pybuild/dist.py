# SPDX-License-Identifier: BSD-2-Clause
# dist/: the folders that people use, assembled from the results of stages.

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pybuild import cpython, guest, host, libc, licenses, ports, wheel
from pybuild.stages import Driver, Stage, file_digest, locked
from pybuild.targets import CLANG, Target

MARKER = ".complete"

COMPILER = """\
#!/bin/sh
# Compiles and links programs for the sandbox; takes what clang takes.
folder=$(dirname -- "$(readlink -f -- "$0")")
exec {clang} --config "$folder/../clang.cfg" "$@"
"""


@dataclass(frozen=True)
class Product:
    """One folder of dist/.

    parts: the stages it is made from.
    fill: fills the folder, which is already at its final path; the parts exist.
    """

    name: str
    parts: tuple[Stage, ...]
    fill: Callable[[Driver, Path], None]

    def folder(self, driver: Driver) -> Path:
        """Where the product is."""
        return driver.root / "dist" / self.name

    def key(self, driver: Driver) -> str:
        """Name everything that the folder's content depends on, its own path included."""
        keys = [driver.key(stage) for stage in self.parts]
        recipe = file_digest(Path(self.fill.__code__.co_filename))
        text = "\n".join([str(self.folder(driver)), recipe, *keys])
        return hashlib.sha256(text.encode()).hexdigest()

    def is_current(self, driver: Driver) -> bool:
        """Tell whether the folder was completed from these very parts."""
        marker = self.folder(driver) / MARKER
        return marker.is_file() and marker.read_text() == self.key(driver)

    def assemble(self, driver: Driver) -> None:
        """Make the folder anew; the marker goes first and comes last."""
        folder = self.folder(driver)
        with driver.reporter.step(f"assemble dist/{self.name}"):
            (folder / MARKER).unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            self.fill(driver, folder)
            (folder / MARKER).write_text(self.key(driver))


def host_product() -> Product:
    """dist/host, for this machine."""
    return Product("host", host.parts(), host.fill)


def target_product(target: Target) -> Product:
    """dist/<triple>: interpreter, standard library, headers and libraries of a target."""
    libraries = (libc.sysroot(target), *ports.libraries(target))
    parts = (*libraries, cpython.python(target), guest.package(), licenses.texts())

    def fill(driver: Driver, folder: Path) -> None:
        for stage in parts:
            shutil.copytree(driver.path(stage), folder, symlinks=True, dirs_exist_ok=True)
        (folder / "clang.cfg").write_text(_clang_config(target))
        _write_compiler(folder / "bin" / f"{target.triple}-cc")

    return Product(target.triple, parts, fill)


def test_product(target: Target) -> Product:
    """dist/tests/<triple>: what the standard library's own tests run with."""
    parts = (cpython.tests(target), guest.package())

    def fill(driver: Driver, folder: Path) -> None:
        for stage in parts:
            shutil.copytree(driver.path(stage), folder, dirs_exist_ok=True)

    return Product(f"tests/{target.triple}", parts, fill)


def wheel_product(target: Target) -> Product:
    """dist/wheel, with one file for pip."""
    part = wheel.wheel(target)

    def fill(driver: Driver, folder: Path) -> None:
        shutil.copytree(driver.path(part), folder, dirs_exist_ok=True)

    return Product("wheel", (part,), fill)


def products(targets: Iterable[Target]) -> list[Product]:
    """List dist/host and the folders of these targets."""
    return [host_product(), *(target_product(target) for target in targets)]


def stages(targets: Iterable[Target]) -> list[Stage]:
    """List the stages whose results go into these products."""
    return [part for product in products(targets) for part in product.parts]


def update(driver: Driver, wanted: list[Product]) -> None:
    """Bring these folders up to date."""
    if all(product.is_current(driver) for product in wanted):
        return
    (driver.root / "dist").mkdir(exist_ok=True)
    with locked(driver.root / "dist" / ".lock", driver.reporter):
        stale = [product for product in wanted if not product.is_current(driver)]
        if not stale:
            return  # the one we waited for has done it
        driver.reporter.expect(len(stale))
        driver.realize(*(part for product in stale for part in product.parts))
        for product in stale:
            product.assemble(driver)


def _write_compiler(path: Path) -> None:
    path.write_text(COMPILER.format(clang=CLANG))
    path.chmod(0o755)


def _clang_config(target: Target) -> str:
    """Write the flags that programs are compiled and linked with."""
    sysroot = Path("<CFGDIR>")
    flags = [*target.compile_flags(sysroot), *target.link_flags(sysroot)]
    return "\n".join(["# SPDX-License-Identifier: BSD-2-Clause", *flags]) + "\n"

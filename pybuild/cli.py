# SPDX-License-Identifier: BSD-2-Clause
# The command line of build_python.py.

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pybuild import (
    ROOT,
    checks,
    dist,
    fuzz,
    packages,
    pip,
    regression,
    sources,
    suites,
    targets,
    wheels,
)
from pybuild.errors import BuildError, Exit, UsageError
from pybuild.log import Reporter
from pybuild.patchset import Patchset
from pybuild.stages import Driver

EXAMPLES = """\
examples:
  build_python.py run examples/hello.yaml       build what is missing, then run it
  build_python.py test                          build, then run all tests
  build_python.py test sandbox -- -k openat     one suite, with an option for pytest
  build_python.py upstream test_os test_socket  do the patches leave these tests as they were?
  build_python.py test stdlib test_os test_re   CPython's own tests, all without a name
  build_python.py test stdlib -- --rerun-failed with an option, all of which `-- --help` lists
  build_python.py build --target all            fill dist/ for every target
  build_python.py check --fix                   style, types, generated files
  build_python.py patches import                edit the patches as commits in git

exit status: 0 done, 2 wrong use, 3 source not available, 4 tool missing, 5 build failed,
  6 check failed, 7 test failed, 8 patches wrong; `run` passes on the program's own status
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; errors become text and an exit status here alone."""
    words, pytest = _split(sys.argv[1:] if arguments is None else list(arguments))
    options = _parser().parse_args(words)
    options.pytest = pytest
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _interrupt)
    try:
        options.command(_driver(options), options)
    except BuildError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.status
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return Exit.INTERRUPTED
    return Exit.OK


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Separate what `test` passes on to pytest; other commands keep their words."""
    if "test" not in words or "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="build_python.py",
        description="Build, run and test Python for CloudABI.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes at a time (default: %(default)s)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="fill dist/")
    build.add_argument("--target", default="", metavar="T", help="a triple, or `all`")
    build.set_defaults(command=_build)

    run = commands.add_parser("run", help="build, then run a manifest")
    run.add_argument("manifest", type=Path, metavar="MANIFEST")
    run.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="for cloudabi-run")
    run.set_defaults(command=_run)

    test = commands.add_parser("test", help="build, then run test suites")
    offered = ", ".join([*suites.SUITES, "stdlib [NAME...]"])
    test.add_argument("suites", nargs="*", metavar="SUITE", help=offered)
    test.add_argument(
        "--target",
        metavar="T",
        help="only tests on a triple (default: all; stdlib: this machine's)",
    )
    test.set_defaults(command=_test)

    upstream = commands.add_parser(
        "upstream", help="run CPython's own tests natively, without and with the patches"
    )
    upstream.add_argument("names", nargs="*", metavar="NAME", help="a test file, as test_json")
    upstream.set_defaults(command=_upstream)

    check = commands.add_parser("check", help="check style, types and generated files")
    check.add_argument("--fix", action="store_true", help="repair what can be repaired")
    check.set_defaults(command=_check)

    wheel = commands.add_parser("wheel", help="make dist/wheel/*.whl, for pip on such machines")
    wheel.set_defaults(command=_wheel)

    bench = commands.add_parser("bench", help="build, then measure against the native build")
    bench.add_argument("names", nargs="*", metavar="NAME")
    bench.set_defaults(command=_bench)

    fuzz_ = commands.add_parser("fuzz", help="feed parsers with damaged inputs")
    names = ", ".join(target.name for target in fuzz.TARGETS)
    fuzz_.add_argument("names", nargs="*", metavar="TARGET", help=names)
    fuzz_.add_argument(
        "--seconds", type=float, default=60, metavar="N", help="each (default: %(default)s)"
    )
    fuzz_.add_argument(
        "--folder",
        type=Path,
        default=ROOT / "dist" / "fuzz",
        metavar="F",
        help="for programs, inputs and crashes (default: dist/fuzz)",
    )
    fuzz_.add_argument(
        "--keep", action="store_true", help="minimise the inputs into tests/fuzz/corpus"
    )
    fuzz_.add_argument(
        "--coverage", action="store_true", help="measure lines and branches of the sources"
    )
    fuzz_.set_defaults(command=_fuzz)

    clean = commands.add_parser("clean", help="remove dist/ and cached results not in use")
    clean.add_argument("--all", action="store_true", help="remove the whole cache as well")
    clean.set_defaults(command=_clean)

    patches = commands.add_parser("patches", help="work on the patches for CPython")
    patches.add_argument("action", choices=("import", "export", "check"))
    patches.set_defaults(command=_patches)
    return parser


def _driver(options: argparse.Namespace) -> Driver:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "python-cloudabi"
    reporter = Reporter(quiet=options.quiet)
    return Driver(ROOT, cache, options.jobs, reporter, sources.load(ROOT / "sources.toml"))


def _build(driver: Driver, options: argparse.Namespace) -> None:
    _make(driver, _targets(options.target))


def _make(driver: Driver, chosen: tuple[targets.Target, ...]) -> None:
    packages.ensure(packages.BUILD, driver.reporter)
    dist.update(driver, dist.products(chosen))


def _targets(name: str) -> tuple[targets.Target, ...]:
    """Choose targets: all, one by its triple, or this machine's own."""
    if name == "all":
        return targets.TARGETS
    target = targets.by_triple(name) if name else targets.of_machine()
    if target not in targets.TARGETS:
        offered = ", ".join(target.triple for target in targets.TARGETS)
        raise UsageError(f"no build for {name or 'this machine'}; there is one for {offered}")
    return (target,)


def _run(driver: Driver, options: argparse.Namespace) -> None:
    _make(driver, _targets(""))
    command = ROOT / "dist" / "host" / "bin" / "cloudabi-run"
    os.execv(command, [command, "-f", options.manifest, *options.arguments])


def _test(driver: Driver, options: argparse.Namespace) -> None:
    packages.ensure(packages.TEST + packages.CHECK, driver.reporter)
    if options.suites[:1] == ["stdlib"]:
        _test_stdlib(driver, options)
        return
    chosen = _targets(options.target or "all")
    _make(driver, tuple(dict.fromkeys((*_targets(""), *chosen))))
    only = [] if chosen == targets.TARGETS else [f"--target={chosen[0].triple}"]
    if suites.wants("subset", options.suites):
        dist.update(driver, [dist.test_product(target) for target in _targets("")])
    suites.run(driver, options.suites, [*only, *options.pytest])


def _upstream(driver: Driver, options: argparse.Namespace) -> None:
    packages.ensure(packages.BUILD, driver.reporter)
    regression.run(driver, options.names)


def _test_stdlib(driver: Driver, options: argparse.Namespace) -> None:
    """Run CPython's own tests on one target, or on all, one after the other."""
    names = [*options.suites[1:], *options.pytest]
    for target in _targets(options.target or ""):
        _make(driver, tuple(dict.fromkeys((*_targets(""), target))))
        dist.update(driver, [dist.test_product(target)])
        suites.stdlib(driver, target, names)


def _check(driver: Driver, options: argparse.Namespace) -> None:
    packages.ensure(packages.BUILD + packages.CHECK, driver.reporter)
    checks.check(driver, options.fix)


def _wheel(driver: Driver, _options: argparse.Namespace) -> None:
    (target,) = _targets("")
    packages.ensure(packages.BUILD, driver.reporter)
    product = dist.wheel_product(target)
    dist.update(driver, [product])
    for path in product.folder(driver).glob("*.whl"):
        driver.reporter.note(f"the wheel is {path}")


def _bench(driver: Driver, options: argparse.Namespace) -> None:
    packages.ensure(packages.BENCH, driver.reporter)
    _make(driver, _targets(""))
    suites.bench(driver, options.names)


def _fuzz(driver: Driver, options: argparse.Namespace) -> None:
    packages.ensure(packages.BUILD, driver.reporter)
    chosen = fuzz.select(options.names)
    fuzz.command(driver, chosen, options.folder.absolute(), options.seconds)
    if options.keep:
        fuzz.keep(driver, chosen, options.folder.absolute())
    if options.coverage:
        fuzz.measure(driver, chosen, options.folder.absolute())


def _clean(driver: Driver, options: argparse.Namespace) -> None:
    shutil.rmtree(driver.root / "dist", ignore_errors=True)
    if options.all:
        shutil.rmtree(driver.cache, ignore_errors=True)
    else:
        driver.discard_except(*dist.stages(targets.TARGETS), pip.tools(), wheels.packages())


def _patches(driver: Driver, options: argparse.Namespace) -> None:
    patchset = Patchset(driver)
    if options.action == "import":
        driver.reporter.note(f"the series is in {patchset.load()}")
    elif options.action == "export":
        driver.reporter.note(f"{len(patchset.export())} patches written")
    else:
        patchset.check()


def _interrupt(_signum: int, _frame: FrameType | None) -> NoReturn:
    """Let a request to end reach the running commands, as Ctrl-C does."""
    raise KeyboardInterrupt

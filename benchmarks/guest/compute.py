# SPDX-License-Identifier: BSD-2-Clause
"""Runs one program of pyperformance in this process."""

import os
import runpy
import sys
import warnings

import pyperf
import world


def main() -> None:
    """Run the program `script` of the folder `programs` with the words of `command_line`."""
    args = world.arguments()
    pyperf.command_line[:] = args["command_line"]
    warnings.simplefilter("ignore")  # of programs that are older than this Python
    folder = os.fspath(args["folder"])
    sys.path.insert(0, folder)
    runpy.run_path(os.path.join(folder, "run_benchmark.py"), run_name="__main__")
    world.report(pyperf.seconds)


main()

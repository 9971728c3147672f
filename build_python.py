#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Builds, runs, tests and checks Python for CloudABI; see --help.

import sys

if sys.version_info < (3, 11):
    sys.exit("error: build_python.py needs Python 3.11 or newer")

from pybuild.cli import main

if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: BSD-2-Clause
"""Imports modules of the standard library and tells how long that took."""

import importlib
import time

import world

begin = time.perf_counter()
for name in world.arguments()["modules"]:
    importlib.import_module(name)
world.report({"import": time.perf_counter() - begin})

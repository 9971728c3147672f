# SPDX-License-Identifier: BSD-2-Clause
# Runs a plugin that nobody has to trust, from a Python program. In the project's folder:
#   dist/host/bin/python3 examples/api_plugin.py
# The plugin gets one folder of modules, one text and two seconds; whatever it does, we go on.

from pathlib import Path

import cloudabi

HERE = Path(__file__).parent

PLUGIN = """
import sys
from greetings import greeting

names = sys.argdata["names"].read().decode().split()
{name: greeting(name) for name in names}
"""


def run(plugin: str) -> None:
    """Run a plugin and tell what came of it."""
    names = cloudabi.File(HERE / "api_names.txt")
    path = [cloudabi.Directory(HERE)]
    try:
        result = cloudabi.run(plugin, files={"names": names}, path=path, timeout=2)
        print("it returned", result.value)
    except cloudabi.ProgramError as error:
        print("it failed:", error)
    except cloudabi.LimitError as error:
        print("it was ended:", error)


run(PLUGIN)
run("open('/etc/passwd')")
run("while True: pass")

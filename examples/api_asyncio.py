# SPDX-License-Identifier: BSD-2-Clause
# Runs programs at once beside an event loop; one never ends. In the project's folder:
#   dist/host/bin/python3 examples/api_asyncio.py

import asyncio

from cloudabi import LimitError, run_async

PROGRAMS = {
    "sum": "sum(range(1000))",
    "text": "'-'.join('sandbox')",
    "endless": "while True: pass",
}


async def show(name: str, code: str) -> None:
    """Print the value of a program, or which limit it reached."""
    try:
        print(name, (await run_async(code, timeout=2)).value)
    except LimitError as error:
        print(name, "reached a limit:", error.limit)


async def main() -> None:
    """Run all programs at the same time."""
    async with asyncio.TaskGroup() as tasks:
        for name, code in PROGRAMS.items():
            tasks.create_task(show(name, code))


asyncio.run(main())

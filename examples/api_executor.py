# SPDX-License-Identifier: BSD-2-Clause
# Hands many small tasks to two sandboxes. In the project's folder:
#   dist/host/bin/python3 examples/api_executor.py

from pathlib import Path

from cloudabi import Directory, ProgramError, SandboxExecutor

path = [Directory(Path(__file__).parent)]

with SandboxExecutor(max_workers=2, path=path, timeout=5) as executor:
    # A function of the standard library can be given as it is, one that we do not have by name.
    print(list(executor.map(pow, range(5), range(5))))
    greeting = executor.submit("greetings:greeting", "Emmy")
    mistake = executor.submit("greetings:greeting", "Emmy", "Noether")
    print(greeting.result())
    try:
        mistake.result()
    except ProgramError as error:
        print(error.type)

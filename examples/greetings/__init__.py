# SPDX-License-Identifier: BSD-2-Clause
# A package that zip.yaml imports from a zip file.


def greeting(name: str) -> str:
    """Return the sentence that greets somebody."""
    return f"Good morning, {name}!"

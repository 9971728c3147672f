# SPDX-License-Identifier: BSD-2-Clause
"""What the measured programs need to run unchanged in the sandbox and natively."""

import json
import sys
from typing import Any


def arguments() -> Any:
    """Return what run.py gave: by the manifest in the sandbox, else as JSON."""
    if hasattr(sys, "argdata"):
        return sys.argdata
    return json.loads(sys.argv[1])


def report(result: object) -> None:
    """Hand the result to run.py."""
    print(json.dumps(result), flush=True)

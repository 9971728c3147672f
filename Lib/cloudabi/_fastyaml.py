# SPDX-License-Identifier: BSD-2-Clause
"""Makes `import yaml` load PyYAML's C parser alone, for a process that needs nothing else of it.

The whole package takes longer to import than a start has time for: 26 ms against 4 ms where
Python itself needs 10. The C parser asks most other modules only for their exceptions, and needs
the classes of nodes and tokens for nothing that we ask it for.
"""

from __future__ import annotations

import sys

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_EXCEPTIONS = {
    "composer": "ComposerError",
    "constructor": "ConstructorError",
    "emitter": "EmitterError",
    "parser": "ParserError",
    "reader": "ReaderError",
    "representer": "RepresenterError",
    "scanner": "ScannerError",
    "serializer": "SerializerError",
}
_UNUSED = ("nodes", "tokens")  # whose classes the C parser knows, and makes for others than us


def install() -> None:
    """Put the trimmed package into sys.modules; leave things alone if PyYAML is built otherwise."""
    if "yaml" in sys.modules:
        return
    try:
        _install()
    except (ImportError, AttributeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "yaml"]:
            del sys.modules[name]


def _install() -> None:
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("yaml")
    if spec is None:
        raise ImportError("yaml")
    package: Any = type(sys)("yaml")
    package.__spec__ = spec
    package.__path__ = spec.submodule_search_locations
    sys.modules["yaml"] = package
    import yaml.error
    import yaml.events

    for name in _UNUSED:
        module: Any = type(sys)(f"yaml.{name}")
        module.__getattr__ = lambda _: object
        setattr(package, name, module)
    for name, exception in _EXCEPTIONS.items():
        base = yaml.error.YAMLError if name == "reader" else yaml.error.MarkedYAMLError
        stand_in = type(exception, (base,), {})
        setattr(package, name, type(name, (), {exception: stand_in}))
    import yaml._yaml

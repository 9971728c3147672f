# SPDX-License-Identifier: BSD-2-Clause
# The extension module that _ffi_build.py compiles.

from typing import Any

ffi: Any
lib: Any

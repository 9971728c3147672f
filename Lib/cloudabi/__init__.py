# SPDX-License-Identifier: BSD-2-Clause
"""Python for CloudABI on the host: the launcher and its parts."""

__version__ = "0.1"

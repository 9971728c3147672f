# SPDX-License-Identifier: BSD-2-Clause
"""Attempts in native code to leave a sandbox, and the host that judges them."""

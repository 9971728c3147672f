# SPDX-License-Identifier: BSD-2-Clause
"""Documents, and what generates parts of them."""

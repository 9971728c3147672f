# SPDX-License-Identifier: BSD-2-Clause
"""The CloudABI interface: its description and what is generated from it."""

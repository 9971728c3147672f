# SPDX-License-Identifier: BSD-2-Clause
"""The C library, case by case; each program of tests/c runs once for all its cases."""

from __future__ import annotations

import pytest

from libc_harness import cases, complaints, current, including

CASES = [(name, case) for name in including("libc_cases.h") for case in cases(name)]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}-{case}" for name, case in CASES])
def test_case(name: str, case: str) -> None:
    reason = cases(name)[case]
    if reason and current().is_emulated:
        pytest.skip(reason)
    complaint = complaints(name)[case]
    assert not complaint, complaint

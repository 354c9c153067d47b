"""Times as people write them."""

from __future__ import annotations

import pytest

from mirror.errors import UsageError
from mirror.instants import instant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-24", "2026-11-24T23:59:59.999999Z"),
        ("20261124", "2026-11-24T23:59:59.999999Z"),
        ("2026-11-24T02:00", "2026-11-24T02:00:00.000000Z"),
        ("2026-11-24T02:00:00Z", "2026-11-24T02:00:00.000000Z"),
        ("2026-11-24T02:00:00.5+08:00", "2026-11-23T18:00:00.500000Z"),
    ],
)
def test_a_date_is_its_last_moment_and_a_time_is_itself(written: str, meant: str) -> None:
    assert instant(written) == meant


@pytest.mark.parametrize("written", ["", "soon", "2026-11-31", "2026-13", "24.11.2026", "2026-11-24T25:00"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        instant(written)

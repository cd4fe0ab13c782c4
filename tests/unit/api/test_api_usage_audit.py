import datetime

import pytest

from novalite.api.compute.usage_audit import last_period


def time(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("period", "before", "begin", "end"),
    [
        ("month", "2026-03-15T10:00", "2026-02-01", "2026-03-01"),
        ("month", "2026-03-01T00:00", "2026-01-01", "2026-02-01"),
        ("month", "2026-01-15T10:00", "2025-12-01", "2026-01-01"),
        ("month", "2026-02-01T00:00:00.000001", "2026-01-01", "2026-02-01"),
        ("month@15", "2026-01-10T10:00", "2025-11-15", "2025-12-15"),
        ("month@15", "2026-01-16T10:00", "2025-12-15", "2026-01-15"),
        ("day", "2026-03-01T10:00", "2026-02-28", "2026-03-01"),
        ("day@18", "2026-03-01T10:00", "2026-02-27T18:00", "2026-02-28T18:00"),
        ("hour", "2026-01-01T00:10", "2025-12-31T23:00", "2026-01-01T00:00"),
        ("hour@30", "2026-01-01T00:10", "2025-12-31T22:30", "2025-12-31T23:30"),
        ("year", "2026-03-01T10:00", "2025-01-01", "2026-01-01"),
        ("year@4", "2026-03-01T10:00", "2024-04-01", "2025-04-01"),
    ],
)
def test_last_period(period: str, before: str, begin: str, end: str) -> None:
    assert last_period(period, time(before)) == (time(begin), time(end))


@pytest.mark.parametrize("period", ["hour", "day", "month", "year"])
def test_there_is_none_before_the_first(period: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        last_period(period, datetime.datetime.min)

"""The dated versions of both trees, and since when each document exists."""

import datetime

LATEST = "latest"

FOLSOM = "2012-08-10"
GRIZZLY = "2013-04-04"
HAVANA = "2013-10-17"
LIBERTY = "2015-10-15"
NEWTON_ONE = "2016-06-30"
NEWTON_TWO = "2016-10-06"
OCATA = "2017-02-22"
ROCKY = "2018-08-27"
VICTORIA = "2020-10-14"
EPOXY = "2025-04-04"

OPENSTACK = (
    FOLSOM,
    GRIZZLY,
    HAVANA,
    LIBERTY,
    NEWTON_ONE,
    NEWTON_TWO,
    OCATA,
    ROCKY,
    VICTORIA,
    EPOXY,
)

EC2 = (
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
)

EC2_ON_DRIVE = ("2009-04-04", LATEST)
"""The older ones are left off the config drive, as the reference does by default."""


def at_least(version: str, since: str) -> bool:
    """Versions are dates, so they compare as text; ``latest`` is above all, ``1.0`` below."""
    if version == LATEST:
        return True
    if version == "1.0":
        return since == "1.0"
    return version >= since


def shown(today: datetime.date) -> list[str]:
    """The openstack versions that a listing shows on ``today``, ``latest`` last."""
    return [v for v in OPENSTACK if v <= today.isoformat()] + [LATEST]

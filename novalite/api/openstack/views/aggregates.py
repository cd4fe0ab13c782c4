"""How host aggregates look."""

import datetime
from collections.abc import Iterable
from typing import Any

from novalite.db.api_database.aggregates import ZONE
from novalite.objects import Aggregate

Version = tuple[int, int]


def _time(moment: datetime.datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") if moment is not None else None


def _summary(version: Version, aggregate: Aggregate) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": aggregate.id,
        "name": aggregate.name,
        "availability_zone": aggregate.metadata.get(ZONE),
        "created_at": _time(aggregate.created_at),
        "updated_at": _time(aggregate.updated_at),
        # A deleted one is not there at all.
        "deleted": False,
        "deleted_at": None,
    }
    if version >= (2, 41):
        view["uuid"] = aggregate.uuid
    return view


def _view(version: Version, aggregate: Aggregate) -> dict[str, Any]:
    more = {"hosts": aggregate.hosts, "metadata": aggregate.metadata}
    return _summary(version, aggregate) | more


def created(version: Version, aggregate: Aggregate) -> dict[str, Any]:
    return {"aggregate": _summary(version, aggregate)}


def shown(version: Version, aggregate: Aggregate) -> dict[str, Any]:
    return {"aggregate": _view(version, aggregate)}


def listed(version: Version, aggregates: Iterable[Aggregate]) -> dict[str, Any]:
    return {"aggregates": [_view(version, aggregate) for aggregate in aggregates]}

"""Quotas: what a project may have, what it has, and whether more fits.

Limits come from the API database (project's own, then the class ``default``), else from [quota];
-1 is no limit. Usage is counted, never kept: one statement over the instance mappings.
"""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from novalite.db.api_database import quotas
from novalite.exception import TooManyInstances

if TYPE_CHECKING:
    from oslo_config import cfg

COUNTED = ("instances", "cores", "ram")
RESOURCES = (
    *COUNTED,
    "metadata_items",
    "injected_files",
    "injected_file_content_bytes",
    "injected_file_path_bytes",
    "key_pairs",
    "server_groups",
    "server_group_members",
)
# The API's name of a resource where the option has another one.
_OPTIONS = {"injected_file_path_bytes": "injected_file_path_length"}
UNLIMITED = -1


def limits(
    conf: "cfg.ConfigOpts", conn: Connection, project_id: str, user_id: str | None = None
) -> dict[str, int]:
    """Resource -> limit, for all resources. ``ram`` is in MiB. One statement."""
    return {**defaults(conf), **quotas.overrides(conn, project_id, user_id)}


def defaults(conf: "cfg.ConfigOpts") -> dict[str, int]:
    """The limits of [quota]."""
    group = conf.quota
    return {name: getattr(group, _OPTIONS.get(name, name)) for name in RESOURCES}


def exceeds(limit: int, wanted: int) -> bool:
    """Whether ``wanted`` things are more than ``limit`` allows."""
    return limit != UNLIMITED and wanted > limit


@dataclasses.dataclass(frozen=True, slots=True)
class Room:
    """What a project may have and has, at one moment."""

    limits: Mapping[str, int]
    used: Mapping[str, int]

    def overs(self, deltas: Mapping[str, int]) -> list[str]:
        """The resources of which ``deltas`` more do not fit, in the order of ``COUNTED``.

        A delta of nothing always fits, even where the project is over its limit already.
        """
        return [
            name
            for name in COUNTED
            if deltas.get(name, 0) > 0
            and exceeds(self.limits[name], self.used.get(name, 0) + deltas[name])
        ]

    def headroom(self, name: str) -> int | None:
        """How much more of a resource fits; None without limit."""
        limit = self.limits[name]
        return None if limit == UNLIMITED else max(limit - self.used.get(name, 0), 0)


def room(
    conf: "cfg.ConfigOpts", conn: Connection, project_id: str, user_id: str | None = None
) -> Room:
    """Two statements."""
    return Room(limits(conf, conn, project_id, user_id), quotas.usage(conn, project_id))


def deltas(count: int, vcpus: int, memory_mb: int) -> dict[str, int]:
    """What ``count`` servers of one flavor need."""
    return {"instances": count, "cores": count * vcpus, "ram": count * memory_mb}


def check_deltas(where: Room, wanted: Mapping[str, int]) -> None:
    """Raises TooManyInstances, which names each resource with what was asked, used, allowed."""
    overs = where.overs(wanted)
    if overs:
        raise TooManyInstances(
            overs=", ".join(overs),
            req=", ".join(str(wanted[name]) for name in overs),
            used=", ".join(str(where.used.get(name, 0)) for name in overs),
            allowed=", ".join(str(where.limits[name]) for name in overs),
        )


def fitting_count(where: Room, min_count: int, max_count: int, vcpus: int, memory_mb: int) -> int:
    """How many servers fit: ``max_count``, or fewer down to ``min_count``.

    Raises TooManyInstances when ``min_count`` do not fit.
    """
    fits = max_count
    for name, each in deltas(1, vcpus, memory_mb).items():
        headroom = where.headroom(name)
        if headroom is not None and each > 0:
            fits = min(fits, headroom // each)
    if fits < min_count or fits < 1:
        check_deltas(where, deltas(max(min_count, 1), vcpus, memory_mb))
    return fits

"""Quotas: what a project may have, what it has, and whether more fits.

Limits come from the API database (project's own, then the class ``default``), else from [quota];
-1 is no limit. A user may have limits within the project; both count then. Usage is counted, never
kept: one statement over the instance mappings.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from novalite.db.api_database import quotas
from novalite.exception import TooManyInstances

if TYPE_CHECKING:
    from oslo_config import cfg

COUNTED = ("instances", "cores", "ram")
# What the network service limits since; kept for clients that set them, enforced by nobody.
NETWORK = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")
RESOURCES = (
    *COUNTED,
    "metadata_items",
    "injected_files",
    "injected_file_content_bytes",
    "injected_file_path_bytes",
    "key_pairs",
    "server_groups",
    "server_group_members",
    *NETWORK,
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
    return {
        name: UNLIMITED if name in NETWORK else getattr(group, _OPTIONS.get(name, name))
        for name in RESOURCES
    }


def class_limits(
    conf: "cfg.ConfigOpts", conn: Connection, class_name: str = quotas.DEFAULT_CLASS
) -> dict[str, int]:
    """The limits of a class; those of ``default`` are every project's that has no others."""
    return {**defaults(conf), **quotas.class_limits(conn, class_name)}


def exceeds(limit: int, wanted: int) -> bool:
    """Whether ``wanted`` things are more than ``limit`` allows."""
    return limit != UNLIMITED and wanted > limit


@dataclasses.dataclass(frozen=True, slots=True)
class Room:
    """What a project may have and has, at one moment. ``user``: the same of the user in it who
    asks, if that user has limits of their own."""

    limits: Mapping[str, int]
    used: Mapping[str, int]
    user: "Room | None" = None

    def overs(self, deltas: Mapping[str, int]) -> list[str]:
        """The resources of which ``deltas`` more do not fit, in the order of ``COUNTED``.

        A delta of nothing always fits, even where the project is over its limit already.
        """
        return [
            name
            for name in COUNTED
            if deltas.get(name, 0) > 0 and self.narrowest(name, deltas[name]) is not None
        ]

    def narrowest(self, name: str, delta: int) -> "Room | None":
        """Whose limit stops ``delta`` more: the user's before the project's; None: nobody's."""
        for room in (self.user, self):
            if room is not None and exceeds(room.limits[name], room.used.get(name, 0) + delta):
                return room
        return None

    def headroom(self, name: str) -> int | None:
        """How much more of a resource fits; None without limit."""
        rooms = [room for room in (self, self.user) if room is not None]
        left = [
            max(room.limits[name] - room.used.get(name, 0), 0)
            for room in rooms
            if room.limits[name] != UNLIMITED
        ]
        return min(left, default=None)

    def strictest(self) -> dict[str, int]:
        """Resource -> the smaller one of the project's and the user's limits, for what is
        compared with no usage."""
        if self.user is None:
            return dict(self.limits)
        return {
            name: _smaller(limit, self.user.limits[name]) for name, limit in self.limits.items()
        }

    def of_user(self) -> Mapping[str, int]:
        """The user's limits, for what is counted per user."""
        return self.limits if self.user is None else self.user.limits


def _smaller(one: int, other: int) -> int:
    finite = [limit for limit in (one, other) if limit != UNLIMITED]
    return min(finite, default=UNLIMITED)


def room(
    conf: "cfg.ConfigOpts", conn: Connection, project_id: str, user_id: str | None = None
) -> Room:
    """Two statements; three for a user with limits of their own."""
    of_class, of_project, of_user = quotas.layers(conn, project_id, user_id)
    limits = {**defaults(conf), **of_class, **of_project}
    user = None
    if of_user:
        user = Room({**limits, **of_user}, quotas.usage(conn, project_id, user_id))
    return Room(limits, quotas.usage(conn, project_id), user)


def used_again(conn: Connection, where: Room, project_id: str, user_id: str | None) -> Room:
    """The same limits, and what is used now. One statement, or two."""
    user = where.user
    if user is not None:
        user = Room(user.limits, quotas.usage(conn, project_id, user_id))
    return Room(where.limits, quotas.usage(conn, project_id), user)


def deltas(count: int, vcpus: int, memory_mb: int) -> dict[str, int]:
    """What ``count`` servers of one flavor need."""
    return {"instances": count, "cores": count * vcpus, "ram": count * memory_mb}


def check_deltas(where: Room, wanted: Mapping[str, int]) -> None:
    """Raises TooManyInstances, which names each resource with what was asked, used, allowed."""
    _refuse(
        [(name, wanted[name], where.narrowest(name, wanted[name])) for name in where.overs(wanted)]
    )


def check_usage(where: Room) -> None:
    """Raises TooManyInstances when what is used is more than what is allowed."""
    _refuse([(name, 0, where.narrowest(name, 0)) for name in COUNTED])


def _refuse(found: Iterable[tuple[str, int, Room | None]]) -> None:
    """Raises TooManyInstances for what is asked of resources that some limit stops."""
    overs = [(name, asked, room) for name, asked, room in found if room is not None]
    if overs:
        raise TooManyInstances(
            overs=", ".join(name for name, _, _ in overs),
            req=", ".join(str(asked) for _, asked, _ in overs),
            used=", ".join(str(room.used.get(name, 0)) for name, _, room in overs),
            allowed=", ".join(str(room.limits[name]) for name, _, room in overs),
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

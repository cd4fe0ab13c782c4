"""Taking what was decided: conditional updates in the cells' databases, which no other
scheduler can make at the same time."""

import dataclasses
import functools
from collections.abc import Sequence

from sqlalchemy import Connection

from novalite.db.cell_database import allocations, scheduling
from novalite.db.databases import Databases
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


@dataclasses.dataclass(frozen=True, slots=True)
class Pick:
    """``host`` was chosen for ``request``."""

    request: Request
    host: HostState

    @property
    def uuid(self) -> str:
        return self.request.spec.instance_uuid


def claim(databases: Databases, picks: Sequence[Pick]) -> list[Pick]:
    """Claim all in one transaction per cell; the picks that did not fit any more."""
    lost: list[Pick] = []
    for cell_uuid in sorted({pick.host.cell_uuid for pick in picks}):
        # Always in the order of the nodes, so that two schedulers cannot wait for each other.
        here = sorted(
            (pick for pick in picks if pick.host.cell_uuid == cell_uuid),
            key=lambda pick: (pick.host.node.id or 0, pick.uuid),
        )
        lost += databases.cell(cell_uuid).run(functools.partial(_claim, picks=here))
    return lost


def _claim(conn: Connection, picks: Sequence[Pick]) -> list[Pick]:
    lost = []
    for pick in picks:
        wanted, node_id = pick.request.resources, pick.host.node.id
        assert node_id is not None
        if not allocations.claim(
            conn, pick.uuid, node_id, wanted.vcpus, wanted.memory_mb, wanted.local_gb
        ):
            lost.append(pick)
    return lost


def release(databases: Databases, held: Sequence[tuple[str, str, int]]) -> None:
    """``held``: (cell, server, node) each."""
    for cell_uuid in sorted({cell for cell, _, _ in held}):
        here = sorted((node, uuid) for cell, uuid, node in held if cell == cell_uuid)

        def give_back(conn: Connection, here: list[tuple[int, str]] = here) -> None:
            for node, uuid in here:
                allocations.release(conn, uuid, node)

        databases.cell(cell_uuid).run(give_back)


def broken_groups(databases: Databases, picks: Sequence[Pick]) -> list[Pick]:
    """Those picks that, looked at after their claim was committed, break the policy of their
    group: another scheduler placed a member of it at the same moment. Whoever sees that gives
    way; of two that claim at once, at least one sees it."""
    grouped = [pick for pick in picks if pick.request.policy() in ("affinity", "anti-affinity")]
    if not grouped:
        return []
    members = {uuid for pick in grouped for uuid in _members(pick)}
    hosts_of: dict[str, str] = {}
    for _, database in databases.cells():
        with database.read() as conn:
            hosts_of.update({c.instance_uuid: c.host for c in scheduling.claims(conn, members)})
    return [pick for pick in grouped if _breaks(pick, hosts_of)]


def _members(pick: Pick) -> list[str]:
    group = pick.request.group
    return [] if group is None else group.members


def _breaks(pick: Pick, hosts_of: dict[str, str]) -> bool:
    group = pick.request.group
    assert group is not None
    others = [hosts_of[uuid] for uuid in group.members if uuid in hosts_of and uuid != pick.uuid]
    if group.policy == "affinity":
        return any(host != pick.host.host for host in others)
    most = int(group.rules.get("max_server_per_host", 1))
    return others.count(pick.host.host) >= most

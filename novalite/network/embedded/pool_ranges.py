"""The ranges that new subnets get: as asked for, or out of a pool."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Contention
from novalite.exception import InvalidInput
from novalite.network.embedded import prefixes, rows, tables
from novalite.network.embedded import subnet_bodies as bodies
from novalite.network.embedded.errors import BadRequest, InUse
from novalite.network.embedded.prefixes import Range
from novalite.network.embedded.rows import Row
from novalite.network.embedded.subnetpools import SubnetPools, T, taken_from


class PoolRanges:
    def __init__(self, pools: SubnetPools) -> None:
        self.pools = pools

    def range_for(
        self,
        conn: Connection,
        context: RequestContext,
        project_id: str,
        body: Row,
        here: Sequence[Row],
    ) -> tuple[str | None, Range]:
        """(pool or None, range) of a new subnet. ``here``: the network's other subnets.

        Raises InvalidInput, Missing, Conflict when the pool is used up. ``conn`` is a writing
        transaction; two that take from one pool wait for each other.
        """
        version = body.get("ip_version")
        pool = self._pool(conn, context, body)
        if pool is None and not body.get("cidr"):
            raise BadRequest(
                resource="subnets",
                reason="a subnetpool must be specified in the absence of a cidr",
            )
        if pool is None:
            cidr = bodies.range_of(body["cidr"], version)
        else:
            cidr = self._allocate(conn, pool, project_id, body)
        pool_id = pool["id"] if pool else None
        for other in here:
            if other["ip_version"] == cidr.version and other["subnetpool_id"] != pool_id:
                raise BadRequest(
                    resource="subnets",
                    reason="Subnets hosted on the same network must be allocated from the same "
                    "subnet pool",
                )
        return pool_id, cidr

    def _pool(self, conn: Connection, context: RequestContext, body: Row) -> Row | None:
        if body.get("subnetpool_id"):
            return self.pools.get(conn, context, body["subnetpool_id"])
        if not rows.boolean_of(body.get("use_default_subnetpool") or False):
            return None
        version = int(body.get("ip_version") or 4)
        conditions = (T.c.is_default, T.c.ip_version == version, *self.pools.visible(context))
        found = rows.select(conn, T, *conditions)
        if not found:
            raise BadRequest(
                resource="subnets", reason=f"No default subnetpool found for IPv{version}"
            )
        return found[0]

    def _allocate(self, conn: Connection, pool: Row, project_id: str, body: Row) -> Range:
        unchanged = T.c.revision == pool["revision"]
        if not rows.update(conn, T, pool["id"], {}, self.pools.core.now(), unchanged):
            raise Contention()
        if int(body.get("ip_version") or pool["ip_version"]) != pool["ip_version"]:
            raise BadRequest(
                resource="subnets",
                reason=f"Cannot allocate IPv{body['ip_version']} subnet from "
                f"IPv{pool['ip_version']} subnet pool",
            )
        ranges = prefixes.merged(pool["prefixes"])
        taken = taken_from(conn, pool["id"])
        chosen = _choice(pool, ranges, taken, body)
        _check_quota(conn, pool, project_id, chosen)
        return chosen


def _exhausted(reason: str) -> InUse:
    return InUse("SubnetAllocationError", f"Failed to allocate subnet: {reason}")


def _check_length(pool: Row, length: int) -> None:
    low, high = pool["min_prefixlen"], pool["max_prefixlen"]
    if length < low:
        raise InvalidInput(
            reason=f"Unable to allocate subnet with prefix length {length}, minimum allowed "
            f"prefix is {low}."
        )
    if length > high:
        raise InvalidInput(
            reason=f"Unable to allocate subnet with prefix length {length}, maximum allowed "
            f"prefix is {high}."
        )


def _check_quota(conn: Connection, pool: Row, project_id: str, adding: Range) -> None:
    if pool["default_quota"] is None:
        return
    column = tables.subnets.c
    query = sa.select(column.cidr).where(
        column.subnetpool_id == pool["id"], column.project_id == project_id
    )
    used = sum(prefixes.units(prefixes.parse(text)) for text in conn.scalars(query))
    if used + prefixes.units(adding) > pool["default_quota"]:
        raise InUse("SubnetPoolQuotaExceeded", "Per-tenant subnet pool prefix quota exceeded.")


def _choice(pool: Row, ranges: Sequence[Range], taken: Sequence[Range], body: Row) -> Range:
    """Raises InvalidInput, and InUse when it is not to be had."""
    if body.get("cidr"):
        wanted = bodies.range_of(body["cidr"], pool["ip_version"])
        _check_length(pool, wanted.prefixlen)
        if not prefixes.within(wanted, ranges) or prefixes.overlapping([wanted], taken):
            raise _exhausted("Cannot allocate requested subnet from the available set of prefixes.")
        return wanted
    length = int(body.get("prefixlen") or pool["default_prefixlen"])
    _check_length(pool, length)
    found = prefixes.free(ranges, taken, length)
    if found is None:
        raise _exhausted(f"Insufficient prefix space to allocate subnet size /{length}.")
    return found

"""Subnet pools: ranges from which subnets get theirs."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Contention
from novalite.exception import Conflict, InvalidInput
from novalite.network.embedded import access, prefixes, rows, tables
from novalite.network.embedded.core import telling
from novalite.network.embedded.errors import BadRequest, InUse, Missing
from novalite.network.embedded.prefixes import Range
from novalite.network.embedded.records import Records
from novalite.network.embedded.rows import Condition, Listing, Row

T = tables.subnetpools
SMALLEST = {4: 8, 6: 64}
"""The least prefix length of a subnet unless the pool says otherwise."""

LENGTHS = ("min_prefixlen", "max_prefixlen", "default_prefixlen")

LISTING = Listing(
    T,
    {
        **rows.common_columns(T),
        "ip_version": T.c.ip_version,
        "address_scope_id": T.c.address_scope_id,
        "shared": T.c.shared,
        "is_default": T.c.is_default,
        "default_prefixlen": T.c.default_prefixlen,
        "min_prefixlen": T.c.min_prefixlen,
        "max_prefixlen": T.c.max_prefixlen,
        "default_quota": T.c.default_quota,
    },
)


class SubnetPools(Records):
    noun = "subnetpool"
    listing = LISTING

    def missing(self, resource_id: str) -> Missing:
        return Missing("SubnetPoolNotFound", f"Subnet pool {resource_id} could not be found.")

    def visible(self, context: RequestContext) -> list[Condition]:
        granted = access.granted(context, access.AS_SHARED)
        own = T.c.project_id == context.project_id
        return self.core.seen(context, "get_subnetpool", own, T.c.shared, T.c.id.in_(granted))

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        ids = [row["id"] for row in found]
        tags = rows.tags_of(conn, ids)
        grants = access.grants_of(conn, context, ids)
        return [
            {
                **rows.common_view(row, tags.get(row["id"], ())),
                **{name: row[name] for name in LENGTHS},
                "ip_version": row["ip_version"],
                "prefixes": row["prefixes"],
                "default_quota": row["default_quota"],
                "address_scope_id": row["address_scope_id"],
                "shared": row["shared"] or row["id"] in grants,
                "is_default": row["is_default"],
            }
            for row in found
        ]

    # ---- the API ----

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises Forbidden, InvalidInput, QuotaExceeded, Conflict."""
        project_id = self.core.owner_of(context, "create_subnetpool", body)
        target = {"project_id": project_id}
        guarded = ("shared", "is_default")
        self.core.authorize_attributes(context, "create_subnetpool", target, telling(body), guarded)
        ranges = prefixes.merged(body.get("prefixes") or ())
        if not ranges:
            raise InvalidInput(reason="Subnet pool must have at least one prefix")
        row: Row = {
            "id": rows.new_id(),
            "project_id": project_id,
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "ip_version": ranges[0].version,
            "prefixes": [str(each) for each in ranges],
            "default_quota": _quota(body.get("default_quota")),
            "address_scope_id": body.get("address_scope_id"),
            "shared": rows.boolean_of(body.get("shared") or False),
            "is_default": rows.boolean_of(body.get("is_default") or False),
            **_lengths(ranges[0].version, body),
            **rows.stamp(self.core.now()),
        }

        def write(conn: Connection) -> Row:
            self.quotas.check(conn, row["project_id"], "subnetpool")
            self._check(conn, context, row)
            rows.insert(conn, T, row)
            return self.shown(conn, context, row)

        return self.core.database.run(write)

    def update(self, context: RequestContext, pool_id: str, body: Row) -> Row:
        """Prefixes can only be added. Raises as ``create``."""

        def write(conn: Connection) -> Row:
            rule = "update_subnetpool"
            row = self.mine(conn, context, pool_id, rule)
            self.core.authorize_attributes(context, rule, row, body, ["is_default"])
            changes: Row = {
                name: body[name] or "" for name in ("name", "description") if name in body
            }
            if "prefixes" in body:
                changes["prefixes"] = _grown(row, body["prefixes"])
            if any(name in body for name in LENGTHS):
                changes.update(_lengths(row["ip_version"], {**row, **body}))
            if "default_quota" in body:
                changes["default_quota"] = _quota(body["default_quota"])
            if "is_default" in body:
                changes["is_default"] = rows.boolean_of(body["is_default"] or False)
            if "address_scope_id" in body:
                changes["address_scope_id"] = body["address_scope_id"]
            return self._change(conn, context, row, changes)

        return self.core.database.run(write)

    def add_prefixes(self, context: RequestContext, pool_id: str, texts: Sequence[str]) -> Row:
        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, pool_id, "add_prefixes")
            ranges = prefixes.merged([*row["prefixes"], *texts])
            return self._change(conn, context, row, {"prefixes": [str(each) for each in ranges]})

        return self.core.database.run(write)

    def remove_prefixes(self, context: RequestContext, pool_id: str, texts: Sequence[str]) -> Row:
        """Raises InUse for a prefix that subnets have ranges of."""

        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, pool_id, "remove_prefixes")
            gone = prefixes.merged(texts)
            left = prefixes.without(prefixes.merged(row["prefixes"]), gone)
            if not all(prefixes.within(used, left) for used in taken_from(conn, pool_id)):
                raise InUse(
                    "IllegalSubnetPoolPrefixUpdate",
                    "Illegal update to prefixes: subnets have been allocated from them.",
                )
            return self._change(conn, context, row, {"prefixes": [str(each) for each in left]})

        return self.core.database.run(write)

    def delete(self, context: RequestContext, pool_id: str) -> None:
        def write(conn: Connection) -> None:
            self.mine(conn, context, pool_id, "delete_subnetpool")
            if rows.count(conn, tables.subnets, tables.subnets.c.subnetpool_id == pool_id):
                raise BadRequest(
                    resource="subnetpool",
                    reason="Unable to delete subnet pool: Subnet pool has existing allocations",
                )
            rows.forget(conn, pool_id)
            rows.delete(conn, T, T.c.id == pool_id)

        self.core.database.run(write)

    def _change(self, conn: Connection, context: RequestContext, row: Row, changes: Row) -> Row:
        self._check(conn, context, {**row, **changes})
        unchanged = T.c.revision == row["revision"]
        if not rows.update(conn, T, row["id"], changes, self.core.now(), unchanged):
            raise Contention()
        return self.shown(conn, context, rows.get(conn, T, row["id"]) or row)

    def _check(self, conn: Connection, context: RequestContext, row: Row) -> None:
        """A pool against the others: one default, and no overlap within an address scope."""
        if row["is_default"]:
            twin = rows.count(
                conn,
                T,
                T.c.is_default,
                T.c.ip_version == row["ip_version"],
                T.c.id != row["id"],
            )
            if twin:
                raise InvalidInput(reason="A default subnetpool for this IP family already exists")
        scope_id = row["address_scope_id"]
        if not scope_id:
            return
        scopes = tables.address_scopes
        scope = rows.get(conn, scopes, scope_id)
        usable = scope and (
            scope["shared"] or self.core.allowed(context, "get_address_scope", scope)
        )
        if not scope or not usable:
            raise Missing("AddressScopeNotFound", f"Address scope {scope_id} could not be found.")
        if scope["ip_version"] != row["ip_version"]:
            raise BadRequest(
                resource="subnetpool",
                reason=f"Illegal subnetpool association: subnetpool cannot associate with address "
                f"scope {scope_id} because subnetpool ip_version is not equal to address scope "
                f"ip_version {scope['ip_version']}",
            )
        own = prefixes.merged(row["prefixes"])
        for other in rows.select(conn, T, T.c.address_scope_id == scope_id, T.c.id != row["id"]):
            if prefixes.overlapping(own, prefixes.merged(other["prefixes"])):
                raise InUse(
                    "AddressScopePrefixConflict",
                    "Failed to associate address scope: subnetpools within an address scope must "
                    "have unique prefixes.",
                )


def taken_from(conn: Connection, pool_id: str) -> list[Range]:
    column = tables.subnets.c
    found = conn.scalars(sa.select(column.cidr).where(column.subnetpool_id == pool_id))
    return [prefixes.parse(text) for text in found]


def _lengths(version: int, body: Mapping[str, Any]) -> Row:
    widest = 32 if version == 4 else 128
    low = int(body.get("min_prefixlen") or SMALLEST[version])
    high = int(body.get("max_prefixlen") or widest)
    default = int(body.get("default_prefixlen") or low)
    for name, value in (("min_prefixlen", low), ("max_prefixlen", high)):
        if not 0 <= value <= widest:
            raise InvalidInput(reason=f"Unbounded {name}: {value}")
    if not low <= default <= high:
        raise InvalidInput(
            reason=f"Illegal prefix bounds: min_prefixlen={low}, default_prefixlen={default}, "
            f"max_prefixlen={high}"
        )
    return {"min_prefixlen": low, "max_prefixlen": high, "default_prefixlen": default}


def _quota(given: Any) -> int | None:
    if given is None:
        return None
    if not 0 <= int(given) <= rows.LARGEST:
        raise InvalidInput(reason=f"'{given}' should be non-negative")
    return int(given)


def _grown(row: Row, wanted: Sequence[str] | None) -> list[str]:
    ranges = prefixes.merged(wanted or ())
    if not ranges or ranges[0].version != row["ip_version"]:
        raise InvalidInput(reason="Illegal update to prefixes: of another IP version")
    before = prefixes.merged(row["prefixes"])
    if not all(prefixes.within(each, ranges) for each in before):
        raise Conflict("Illegal update to prefixes: they cannot shrink")
    return [str(each) for each in ranges]

"""Address scopes: pools of one scope do not overlap, so that it can be routed between them."""

from collections.abc import Sequence

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.network.embedded import access, rows, tables
from novalite.network.embedded.core import telling
from novalite.network.embedded.errors import InUse, Missing
from novalite.network.embedded.records import Records
from novalite.network.embedded.rows import Condition, Listing, Row

T = tables.address_scopes


class AddressScopes(Records):
    noun = "address_scope"
    listing = Listing(
        T, {**rows.common_columns(T), "ip_version": T.c.ip_version, "shared": T.c.shared}
    )

    def missing(self, resource_id: str) -> Missing:
        return Missing("AddressScopeNotFound", f"Address scope {resource_id} could not be found.")

    def visible(self, context: RequestContext) -> list[Condition]:
        granted = access.granted(context, access.AS_SHARED)
        own = T.c.project_id == context.project_id
        return self.core.seen(context, "get_address_scope", own, T.c.shared, T.c.id.in_(granted))

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        grants = access.grants_of(conn, context, [row["id"] for row in found])
        return [
            {
                "id": row["id"],
                "name": row["name"],
                "project_id": row["project_id"],
                "tenant_id": row["project_id"],
                "ip_version": row["ip_version"],
                "shared": row["shared"] or row["id"] in grants,
            }
            for row in found
        ]

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises Forbidden, InvalidInput."""
        project_id = self.core.owner_of(context, "create_address_scope", body)
        self.core.authorize_attributes(
            context,
            "create_address_scope",
            {"project_id": project_id},
            telling(body),
            ["shared"],
        )
        row: Row = {
            "id": rows.new_id(),
            "project_id": project_id,
            "name": body.get("name") or "",
            "description": "",
            "ip_version": int(body["ip_version"]),
            "shared": rows.boolean_of(body.get("shared") or False),
            **rows.stamp(self.core.now()),
        }
        self.core.database.run(lambda conn: rows.insert(conn, T, row))
        return self.show(context, row["id"])

    def update(self, context: RequestContext, scope_id: str, body: Row) -> Row:
        """Raises InUse for one that is shared and shall be no more."""

        def write(conn: Connection) -> None:
            rule = "update_address_scope"
            row = self.mine(conn, context, scope_id, rule)
            self.core.authorize_attributes(context, rule, row, body, ["shared"])
            changes: Row = {}
            if "name" in body:
                changes["name"] = body["name"] or ""
            if "shared" in body:
                changes["shared"] = rows.boolean_of(body["shared"])
            if row["shared"] and changes.get("shared") is False:
                raise InUse(
                    "AddressScopeUpdateError",
                    f"Unable to update address scope {scope_id} : Shared address scope can't be "
                    "unshared",
                )
            rows.update(conn, T, scope_id, changes, self.core.now())

        self.core.database.run(write)
        return self.show(context, scope_id)

    def delete(self, context: RequestContext, scope_id: str) -> None:
        def write(conn: Connection) -> None:
            self.mine(conn, context, scope_id, "delete_address_scope")
            pools = tables.subnetpools
            if rows.count(conn, pools, pools.c.address_scope_id == scope_id):
                raise InUse(
                    "AddressScopeInUse",
                    f"Unable to complete operation on address scope {scope_id}. There are one or "
                    "more subnet pools in use on the address scope",
                )
            rows.forget(conn, scope_id)
            rows.delete(conn, T, T.c.id == scope_id)

        self.core.database.run(write)

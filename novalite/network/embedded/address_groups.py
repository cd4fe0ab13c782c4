"""Address groups: lists of prefixes that security group rules may name."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Contention
from novalite.exception import InvalidInput
from novalite.network.embedded import access, prefixes, rows, tables
from novalite.network.embedded.errors import InUse, Missing
from novalite.network.embedded.records import Records
from novalite.network.embedded.rows import Condition, Listing, Row

T = tables.address_groups
MOST = 1000
_Edit = Callable[[list[str], list[str]], list[str]]


class AddressGroups(Records):
    noun = "address_group"
    listing = Listing(T, rows.common_columns(T))

    def missing(self, resource_id: str) -> Missing:
        return Missing("AddressGroupNotFound", f"Address group {resource_id} could not be found.")

    def visible(self, context: RequestContext) -> list[Condition]:
        granted = access.granted(context, access.AS_SHARED)
        own = T.c.project_id == context.project_id
        return self.core.seen(context, "get_address_group", own, T.c.id.in_(granted))

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        grants = access.grants_of(conn, context, [row["id"] for row in found])
        return [
            {
                "id": row["id"],
                "name": row["name"],
                "description": row["description"],
                "project_id": row["project_id"],
                "tenant_id": row["project_id"],
                "addresses": row["addresses"],
                "shared": row["id"] in grants,
            }
            for row in found
        ]

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises Forbidden, InvalidInput."""
        row: Row = {
            "id": rows.new_id(),
            "project_id": self.core.owner_of(context, "create_address_group", body),
            "name": body.get("name") or "",
            "description": body.get("description") or "",
            "addresses": _addresses(body.get("addresses") or ()),
            **rows.stamp(self.core.now()),
        }
        self.core.database.run(lambda conn: rows.insert(conn, T, row))
        return self.show(context, row["id"])

    def update(self, context: RequestContext, group_id: str, body: Row) -> Row:
        changes: Row = {name: body[name] or "" for name in ("name", "description") if name in body}

        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, group_id, "update_address_group")
            rows.update(conn, T, group_id, changes, self.core.now())
            return self.shown(conn, context, {**row, **changes})

        return self.core.database.run(write)

    def add(self, context: RequestContext, group_id: str, texts: Sequence[str]) -> Row:
        """Raises InUse for an address that is there."""

        def added(held: list[str], given: list[str]) -> list[str]:
            twice = [address for address in given if address in held]
            if twice:
                raise InUse(
                    "AddressesAlreadyExist",
                    f"Addresses {twice} already exist in the address group {group_id}.",
                )
            return held + given

        return self._edit(context, group_id, _addresses(texts), added)

    def remove(self, context: RequestContext, group_id: str, texts: Sequence[str]) -> Row:
        """Raises Missing for an address that is not there."""

        def removed(held: list[str], given: list[str]) -> list[str]:
            absent = [address for address in given if address not in held]
            if absent:
                raise Missing(
                    "AddressesNotFound",
                    f"Addresses {absent} not found in the address group {group_id}.",
                )
            return [address for address in held if address not in given]

        return self._edit(context, group_id, _addresses(texts), removed)

    def _edit(self, context: RequestContext, group_id: str, given: list[str], edited: _Edit) -> Row:
        def write(conn: Connection) -> Row:
            row = self.mine(conn, context, group_id, "update_address_group")
            changes = {"addresses": edited(list(row["addresses"]), given)}
            unchanged = T.c.revision == row["revision"]
            if not rows.update(conn, T, group_id, changes, self.core.now(), unchanged):
                raise Contention()
            return self.shown(conn, context, {**row, **changes})

        answer = self.core.database.run(write)
        self.core.plane.refresh()
        return answer

    def delete(self, context: RequestContext, group_id: str) -> None:
        def write(conn: Connection) -> None:
            self.mine(conn, context, group_id, "delete_address_group")
            rules = tables.security_group_rules
            if rows.count(conn, rules, rules.c.remote_address_group_id == group_id):
                raise InUse(
                    "AddressGroupInUse",
                    f"Address group {group_id} is in use on one or more security group rules",
                )
            rows.forget(conn, group_id)
            rows.delete(conn, T, T.c.id == group_id)

        self.core.database.run(write)


def _addresses(texts: Sequence[str]) -> list[str]:
    """Each once, as a prefix. Raises InvalidInput."""
    found = list(dict.fromkeys(str(prefixes.parse(text)) for text in texts))
    if len(found) > MOST:
        raise InvalidInput(reason=f"More than {MOST} addresses in one request.")
    return found

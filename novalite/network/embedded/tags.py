"""Tags: short texts on any resource, by which lists can be filtered."""

from collections.abc import Callable, Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import insert_unless_there
from novalite.exception import InvalidInput, NotFound
from novalite.network.embedded import rows, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.errors import Missing
from novalite.network.embedded.rows import Row

T = tables.tags
MOST = 200
LONGEST = 255
Finder = Callable[[Connection, RequestContext, str], Row]
NOUNS = {
    "networks": "network",
    "subnets": "subnet",
    "ports": "port",
    "routers": "router",
    "subnetpools": "subnetpool",
    "floatingips": "floatingip",
    "security-groups": "security_group",
}
"""Collections of what may have tags -> how the policy calls one of them."""


class Tags:
    """``finders``: collection, as URLs name it -> what finds one that the caller may see; its
    answer is what the rules see."""

    def __init__(self, core: Core, finders: dict[str, Finder]) -> None:
        self.core = core
        self.finders = finders

    def list_(self, context: RequestContext, collection: str, resource_id: str) -> list[str]:
        """Raises Missing when there is no such resource."""
        with self.core.database.read() as conn:
            self._find(conn, context, collection, resource_id)
            self.core.authorize(context, f"get_{NOUNS[collection]}:tags")
            return _of(conn, resource_id)

    def check(self, context: RequestContext, collection: str, resource_id: str, tag: str) -> None:
        """Raises Missing."""
        if tag not in self.list_(context, collection, resource_id):
            raise Missing("TagNotFound", f"Tag {tag} could not be found.")

    def add(
        self, context: RequestContext, collection: str, resource_id: str, tags: Sequence[str]
    ) -> list[str]:
        """Those that are there already stay."""

        def write(conn: Connection) -> list[str]:
            self._change(conn, context, collection, resource_id, "create")
            return self._add(conn, resource_id, tags)

        return self.core.database.run(write)

    def replace(
        self, context: RequestContext, collection: str, resource_id: str, tags: Sequence[str]
    ) -> list[str]:
        def write(conn: Connection) -> list[str]:
            self._change(conn, context, collection, resource_id, "update")
            rows.delete(conn, T, T.c.resource_id == resource_id)
            return self._add(conn, resource_id, tags)

        return self.core.database.run(write)

    def remove(
        self, context: RequestContext, collection: str, resource_id: str, tag: str | None = None
    ) -> None:
        """``tag`` None: all. Raises Missing."""

        def write(conn: Connection) -> None:
            self._change(conn, context, collection, resource_id, "delete")
            conditions = [T.c.resource_id == resource_id]
            if tag is not None:
                conditions.append(T.c.tag == tag)
            if not rows.delete(conn, T, *conditions) and tag is not None:
                raise Missing("TagNotFound", f"Tag {tag} could not be found.")

        self.core.database.run(write)

    def _change(
        self,
        conn: Connection,
        context: RequestContext,
        collection: str,
        resource_id: str,
        verb: str,
    ) -> None:
        """Raises Missing, Disallowed."""
        row = self._find(conn, context, collection, resource_id)
        self.core.authorize(context, f"{verb}_{NOUNS[collection]}:tags", row)

    def _find(
        self, conn: Connection, context: RequestContext, collection: str, resource_id: str
    ) -> Row:
        absent = Missing(
            "TagResourceNotFound",
            f"Resource {collection} {resource_id} could not be found.",
        )
        if collection not in self.finders:
            raise absent
        try:
            return self.finders[collection](conn, context, resource_id)
        except NotFound:
            raise absent from None

    @staticmethod
    def _add(conn: Connection, resource_id: str, tags: Iterable[str]) -> list[str]:
        for tag in dict.fromkeys(tags):
            if not 0 < len(tag) <= LONGEST:
                raise InvalidInput(reason=f"'{tag}' is not a valid tag.")
            insert_unless_there(conn, T, {"resource_id": resource_id, "tag": tag})
        found = _of(conn, resource_id)
        if len(found) > MOST:
            raise InvalidInput(reason=f"A resource may have {MOST} tags at most.")
        return found


def _of(conn: Connection, resource_id: str) -> list[str]:
    query = sa.select(T.c.tag).where(T.c.resource_id == resource_id).order_by(T.c.tag)
    return list(conn.scalars(query))

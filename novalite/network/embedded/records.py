"""What most resources have in common: a table, who sees its rows, how they are shown."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import NovaliteError
from novalite.network.embedded import rows
from novalite.network.embedded.core import Core
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rows import Condition, Listing, Page, Row


class Records:
    """``noun``, ``listing`` and the methods below it are what a resource says of itself."""

    noun: ClassVar[str]
    listing: ClassVar[Listing]

    def __init__(self, core: Core, quotas: Quotas) -> None:
        self.core = core
        self.quotas = quotas

    def missing(self, resource_id: str) -> NovaliteError:
        """The error for one that is not there, or that the caller may not see."""
        raise NotImplementedError

    def visible(self, context: RequestContext) -> list[Condition]:
        """By the rule ``get_{noun}``."""
        own = self.listing.table.c.project_id == context.project_id
        return self.core.seen(context, f"get_{self.noun}", own)

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        """In a fixed number of statements."""
        raise NotImplementedError

    # ---- the API ----

    def list_(
        self, context: RequestContext, filters: Mapping[str, object], page: Page | None = None
    ) -> list[Row]:
        with self.core.database.read() as conn:
            conditions = self.visible(context) + self.listing.conditions(conn, filters)
            found = self.listing.run(conn, conditions, page or Page())
            return self.views(conn, context, found) if found else []

    def show(self, context: RequestContext, resource_id: str) -> Row:
        with self.core.database.read() as conn:
            return self.shown(conn, context, self.get(conn, context, resource_id))

    # ---- for the resource itself ----

    def shown(self, conn: Connection, context: RequestContext, row: Row) -> Row:
        return self.views(conn, context, [row])[0]

    def get(self, conn: Connection, context: RequestContext, resource_id: str) -> Row:
        table = self.listing.table
        found = rows.select(conn, table, table.c.id == resource_id, *self.visible(context))
        if not found:
            raise self.missing(resource_id)
        return found[0]

    def mine(self, conn: Connection, context: RequestContext, resource_id: str, rule: str) -> Row:
        """One that the caller may change, by ``rule``. Raises Disallowed."""
        row = self.get(conn, context, resource_id)
        self.core.authorize(context, rule, row)
        return row

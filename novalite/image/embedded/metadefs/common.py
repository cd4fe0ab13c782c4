"""What the parts share: who sees a namespace. Who may do what with those that he sees, the
operations' rules say."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import tables
from novalite.image.embedded.core import Core

Row = dict[str, Any]
_columns = tables.metadef_namespaces.c


def visible(core: Core, context: RequestContext) -> sa.ColumnElement[bool]:
    if core.access.is_admin(context):
        return sa.true()
    return sa.or_(_columns.visibility == "public", _columns.owner == (context.project_id or ""))


def namespace(core: Core, conn: Connection, context: RequestContext, name: str) -> Row:
    """Raises NotFound also for one that the caller may not see."""
    statement = sa.select(tables.metadef_namespaces).where(
        _columns.namespace == name, visible(core, context)
    )
    row = conn.execute(statement).mappings().first()
    if row is None:
        raise exception.NotFound(f"Metadata definition namespace={name} was not found.")
    return dict(row)

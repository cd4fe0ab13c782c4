"""What the parts share: who sees a namespace, who may change it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.context import RequestContext
from novalite.image.embedded import access, tables

Row = dict[str, Any]
_columns = tables.metadef_namespaces.c


def visible(context: RequestContext) -> sa.ColumnElement[bool]:
    if access.is_admin(context):
        return sa.true()
    return sa.or_(_columns.visibility == "public", _columns.owner == (context.project_id or ""))


def namespace(conn: Connection, context: RequestContext, name: str) -> Row:
    """Raises NotFound also for one that the caller may not see."""
    statement = sa.select(tables.metadef_namespaces).where(
        _columns.namespace == name, visible(context)
    )
    row = conn.execute(statement).mappings().first()
    if row is None:
        raise exception.NotFound(f"Metadata definition namespace={name} was not found.")
    return dict(row)


def changeable(conn: Connection, context: RequestContext, name: str) -> Row:
    """Raises NotFound, Forbidden to all but administrators."""
    found = namespace(conn, context, name)
    access.require_admin(context, "modify_metadef")
    return found

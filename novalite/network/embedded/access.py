"""Who may use what belongs to another project: role-based access policies."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.network.embedded import tables

R = tables.rbac_policies
AS_SHARED = "access_as_shared"
AS_EXTERNAL = "access_as_external"
EVERYBODY = "*"


def granted(context: RequestContext, *actions: str) -> sa.Select[Any]:
    """The ids of what the caller's project may use by a policy."""
    return sa.select(R.c.object_id).where(_applies(context), R.c.action.in_(actions))


def grants_of(
    conn: Connection, context: RequestContext, ids: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Resource id -> the actions that policies allow the caller's project."""
    found: dict[str, frozenset[str]] = {}
    query = sa.select(R.c.object_id, R.c.action).where(
        any_of(conn, R.c.object_id, ids), _applies(context)
    )
    for resource_id, action in conn.execute(query):
        found[resource_id] = found.get(resource_id, frozenset()) | {action}
    return found


def _applies(context: RequestContext) -> sa.ColumnElement[bool]:
    return R.c.target_project.in_([context.project_id or EVERYBODY, EVERYBODY])

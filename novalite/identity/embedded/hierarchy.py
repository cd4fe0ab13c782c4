"""The tree of projects: a domain's projects, and projects below projects."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.identity.embedded import queries, tables
from novalite.identity.embedded.rows import Row

DEEPEST = 5
"""Levels of projects; the domain above them is not counted."""


def ancestors(conn: Connection, project: Row) -> list[Row]:
    """The projects above it, the nearest first; the domain is not among them."""
    if project["parent_id"] is None:
        return []
    table = tables.projects
    base = sa.select(table.c.id, table.c.parent_id, sa.literal(1).label("level")).where(
        table.c.id == project["parent_id"]
    )
    tree = base.cte("above", recursive=True)
    tree = tree.union_all(
        sa.select(table.c.id, table.c.parent_id, tree.c.level + 1).where(
            table.c.id == tree.c.parent_id
        )
    )
    statement = sa.select(table).join(tree, tree.c.id == table.c.id).order_by(tree.c.level)
    return [dict(row) for row in conn.execute(statement).mappings()]


def descendants(conn: Connection, project: Row) -> list[Row]:
    """All projects below it, a parent before its children."""
    return below(queries.projects.list_(conn, domain_id=project["domain_id"]), [project["id"]])


def below(projects: Iterable[Row], roots: Iterable[str]) -> list[Row]:
    """Those of ``projects`` that lie below one of ``roots``, a parent before its children."""
    children: dict[str, list[Row]] = {}
    for row in projects:
        if row["parent_id"] is not None:
            children.setdefault(row["parent_id"], []).append(row)
    found: dict[str, Row] = {}
    waiting = list(roots)
    for parent in waiting:  # grows while it is walked
        for row in children.get(parent, ()):
            if row["id"] not in found:
                found[row["id"]] = row
                waiting.append(row["id"])
    return list(found.values())

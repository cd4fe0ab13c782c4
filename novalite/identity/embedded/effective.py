"""Which roles count: those given to a user and to the groups he is in, those inherited from the
domain or from projects above, and those that they imply."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.statements import any_of
from novalite.identity.embedded import hierarchy, queries, tables
from novalite.identity.embedded.implied_roles import expand, implications
from novalite.identity.embedded.rows import Row

_grants = tables.grants


def groups_of(conn: Connection, user_id: str) -> list[str]:
    column = tables.memberships.c
    return list(conn.execute(sa.select(column.group_id).where(column.user_id == user_id)).scalars())


def _of_user(user_id: str) -> Any:
    """The condition for grants to this user or to a group that he is in."""
    column = tables.memberships.c
    mine = sa.select(column.group_id).where(column.user_id == user_id)
    return sa.or_(
        sa.and_(_grants.c.actor_kind == "user", _grants.c.actor_id == user_id),
        sa.and_(_grants.c.actor_kind == "group", _grants.c.actor_id.in_(mine)),
    )


def roles(conn: Connection, user_id: str, kind: str, target_id: str) -> list[Row]:
    """Roles of a user on a project, a domain or the system, by name. Roles that belong to a
    domain only stand for what they imply."""
    direct = sa.and_(
        _grants.c.target_kind == kind,
        _grants.c.target_id == target_id,
        _grants.c.inherited == sa.false(),
    )
    where = [direct]
    if kind == "project":
        where += _inherited(conn, target_id)
    statement = sa.select(_grants.c.role_id).where(_of_user(user_id), sa.or_(*where)).distinct()
    given = list(conn.execute(statement).scalars())
    if not given:
        return []
    return named(conn, expand(given, implications(conn)))


def named(conn: Connection, role_ids: Iterable[str]) -> list[Row]:
    """The global ones among these roles, by name."""
    rows = queries.roles.of(conn, role_ids).values()
    return sorted((row for row in rows if not row["domain_id"]), key=lambda row: row["name"])


def _inherited(conn: Connection, project_id: str) -> list[Any]:
    project = queries.projects.find(conn, id=project_id)
    if project is None:
        return []
    above = [row["id"] for row in hierarchy.ancestors(conn, project)]
    found = [_from(conn, "domain", [project["domain_id"]])]
    if above:
        found.append(_from(conn, "project", above))
    return found


def _from(conn: Connection, kind: str, ids: list[str]) -> Any:
    return sa.and_(
        _grants.c.target_kind == kind,
        any_of(conn, _grants.c.target_id, ids),
        _grants.c.inherited == sa.true(),
    )


def targets(conn: Connection, user_id: str) -> dict[tuple[str, bool], set[str]]:
    """(kind, inherited) -> ids of the projects, the domains or the system on which the user or a
    group of his has any role."""
    columns = (_grants.c.target_kind, _grants.c.inherited, _grants.c.target_id)
    statement = sa.select(*columns).where(_of_user(user_id)).distinct()
    found: dict[tuple[str, bool], set[str]] = {}
    for kind, inherited, target_id in conn.execute(statement):
        found.setdefault((kind, bool(inherited)), set()).add(target_id)
    return found


def projects(conn: Connection, user_id: str) -> list[Row]:
    """The enabled projects, in enabled domains, on which the user has a role."""
    found = targets(conn, user_id)
    wanted = set(found.get(("project", False), ()))
    domains = found.get(("domain", True), set())
    roots = found.get(("project", True), set())
    if not (wanted or domains or roots):
        return []
    rows = queries.projects.list_(conn, enabled=True)
    wanted |= {row["id"] for row in hierarchy.below(rows, roots)}
    usable = {row["id"] for row in queries.domains.list_(conn, enabled=True)}
    return [
        row
        for row in rows
        if row["domain_id"] in usable and (row["id"] in wanted or row["domain_id"] in domains)
    ]


def domains(conn: Connection, user_id: str) -> list[Row]:
    """The enabled domains on which the user has a role."""
    ids = targets(conn, user_id).get(("domain", False), set())
    return [row for row in queries.domains.list_(conn, enabled=True) if row["id"] in ids]

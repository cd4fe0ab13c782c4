"""Limits that operators set, and what a project uses."""

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.api_database import models
from novalite.db.statements import insert_unless_there
from novalite.db.types import utcnow

projects = models.quotas
users = models.project_user_quotas
classes = models.quota_classes
mappings = models.instance_mappings
locks = models.project_locks

DEFAULT_CLASS = "default"


_of_class = sa.select(sa.literal(0).label("rank"), classes.c.resource, classes.c.hard_limit).where(
    classes.c.class_name == DEFAULT_CLASS
)
_of_project = sa.select(
    sa.literal(1).label("rank"), projects.c.resource, projects.c.hard_limit
).where(projects.c.project_id == sa.bindparam("project"))
_of_user = sa.select(sa.literal(2).label("rank"), users.c.resource, users.c.hard_limit).where(
    users.c.project_id == sa.bindparam("project"), users.c.user_id == sa.bindparam("user")
)
_overrides = sa.union_all(_of_class, _of_project)
_overrides_of_user = sa.union_all(_of_class, _of_project, _of_user)


def overrides(conn: Connection, project_id: str, user_id: str | None = None) -> dict[str, int]:
    """resource -> limit, where it differs from the configuration: of the user in the project,
    else of the project, else of the class ``default``. One statement."""
    if user_id is None:
        found = conn.execute(_overrides, {"project": project_id})
    else:
        found = conn.execute(_overrides_of_user, {"project": project_id, "user": user_id})
    rows = sorted(found, key=lambda row: row[0])
    return {resource: limit for _, resource, limit in rows if limit is not None}


_usage = sa.select(
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(mappings.c.vcpus), 0),
    sa.func.coalesce(sa.func.sum(mappings.c.memory_mb), 0),
).where(
    mappings.c.project_id == sa.bindparam("project"), mappings.c.queued_for_delete == sa.false()
)


def usage(conn: Connection, project_id: str, user_id: str | None = None) -> dict[str, int]:
    """``instances``, ``cores`` and ``ram`` (MiB) of all servers that are not being deleted,
    scheduled or not. One statement, answered from one index."""
    query = _usage if user_id is None else _usage.where(mappings.c.user_id == user_id)
    instances, cores, ram = conn.execute(query, {"project": project_id}).one()
    return {"instances": instances, "cores": int(cores), "ram": int(ram)}


def lock(conn: Connection, project_id: str) -> None:
    """Until this transaction ends, let no other one lock the project: what ``usage`` answers then
    stays true. (On SQLite there is but one writing transaction anyway.)"""
    if conn.dialect.name == "sqlite":
        return
    query = sa.select(locks.c.id).where(locks.c.project_id == project_id).with_for_update()
    if conn.execute(query).first() is None:
        insert_unless_there(conn, locks, {"project_id": project_id})
        conn.execute(query)


def set_limit(
    conn: Connection, project_id: str, resource: str, limit: int, user_id: str | None = None
) -> None:
    """``limit`` -1: none."""
    if user_id is None:
        key = {"project_id": project_id, "resource": resource}
        _put(conn, projects, key, limit)
    else:
        key = {"project_id": project_id, "user_id": user_id, "resource": resource}
        _put(conn, users, key, limit)


def set_class_limit(
    conn: Connection, resource: str, limit: int, class_name: str = DEFAULT_CLASS
) -> None:
    _put(conn, classes, {"class_name": class_name, "resource": resource}, limit)


def destroy(conn: Connection, project_id: str, user_id: str | None = None) -> None:
    """Back to the defaults: of the user in the project, or of the project and all its users."""
    if user_id is not None:
        conn.execute(
            users.delete().where(users.c.project_id == project_id, users.c.user_id == user_id)
        )
        return
    conn.execute(projects.delete().where(projects.c.project_id == project_id))
    conn.execute(users.delete().where(users.c.project_id == project_id))


def class_limits(conn: Connection, class_name: str = DEFAULT_CLASS) -> dict[str, int]:
    query = sa.select(classes.c.resource, classes.c.hard_limit)
    rows = conn.execute(query.where(classes.c.class_name == class_name))
    return dict(rows.all())


def _put(conn: Connection, table: sa.Table, key: dict[str, str], limit: int) -> None:
    if insert_unless_there(conn, table, {**key, "hard_limit": limit}):
        return
    conn.execute(
        table.update()
        .where(*(table.c[name] == value for name, value in key.items()))
        .values(hard_limit=limit, updated_at=utcnow())
    )

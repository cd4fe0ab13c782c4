"""Limits that operators set, and what a project uses."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.api_database import models
from novalite.db.statements import ignoring_duplicates, insert_unless_there
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

Limits = dict[str, int]


def layers(
    conn: Connection, project_id: str, user_id: str | None = None
) -> tuple[Limits, Limits, Limits]:
    """The limits set for the class ``default``, for the project, and for the user in it, each as
    resource -> limit. One statement."""
    if user_id is None:
        found = conn.execute(_overrides, {"project": project_id})
    else:
        found = conn.execute(_overrides_of_user, {"project": project_id, "user": user_id})
    of: tuple[Limits, Limits, Limits] = ({}, {}, {})
    for rank, resource, limit in found:
        if limit is not None:
            of[rank][resource] = limit
    return of


def overrides(conn: Connection, project_id: str, user_id: str | None = None) -> Limits:
    """resource -> limit, where it differs from the configuration: of the user in the project,
    else of the project, else of the class ``default``. One statement."""
    of_class, of_project, of_user = layers(conn, project_id, user_id)
    return {**of_class, **of_project, **of_user}


def given_to_users(conn: Connection, project_id: str) -> Limits:
    """resource -> the sum of the limits of the project's users. One statement."""
    query = (
        sa.select(users.c.resource, sa.func.sum(users.c.hard_limit))
        .where(users.c.project_id == project_id, users.c.hard_limit > 0)
        .group_by(users.c.resource)
    )
    return {resource: int(total) for resource, total in conn.execute(query)}


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
    set_limits(conn, project_id, {resource: limit}, user_id)


def set_limits(
    conn: Connection, project_id: str, limits: Mapping[str, int], user_id: str | None = None
) -> None:
    """Of the project, or of a user in it; other resources keep theirs. Two statements."""
    if user_id is None:
        _put(conn, projects, {"project_id": project_id}, limits)
    else:
        _put(conn, users, {"project_id": project_id, "user_id": user_id}, limits)


def set_class_limits(
    conn: Connection, limits: Mapping[str, int], class_name: str = DEFAULT_CLASS
) -> None:
    """Two statements."""
    _put(conn, classes, {"class_name": class_name}, limits)


def destroy(conn: Connection, project_id: str, user_id: str | None = None) -> None:
    """Back to the defaults: of the user in the project, or of the project and all its users."""
    if user_id is not None:
        conn.execute(
            users.delete().where(users.c.project_id == project_id, users.c.user_id == user_id)
        )
        return
    conn.execute(projects.delete().where(projects.c.project_id == project_id))
    conn.execute(users.delete().where(users.c.project_id == project_id))


def class_limits(conn: Connection, class_name: str = DEFAULT_CLASS) -> Limits:
    query = sa.select(classes.c.resource, classes.c.hard_limit)
    rows = conn.execute(query.where(classes.c.class_name == class_name))
    return dict(rows.all())


def _put(
    conn: Connection, table: sa.Table, owner: dict[str, str], limits: Mapping[str, int]
) -> None:
    if not limits:
        return
    rows = [{**owner, "resource": name, "hard_limit": limit} for name, limit in limits.items()]
    conn.execute(ignoring_duplicates(conn, table), rows)
    now = utcnow()
    conn.execute(
        table.update()
        .where(*(table.c[name] == sa.bindparam(f"its_{name}") for name in (*owner, "resource")))
        .values(hard_limit=sa.bindparam("limit"), updated_at=now),
        [
            {
                **{f"its_{name}": value for name, value in owner.items()},
                "its_resource": resource,
                "limit": limit,
            }
            for resource, limit in limits.items()
        ],
    )

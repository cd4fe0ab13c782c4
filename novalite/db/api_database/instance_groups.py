"""Server groups: servers that are to be placed together, or apart."""

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.api_database import models
from novalite.db.statements import any_of, insert_unless_there, new_id
from novalite.objects import InstanceGroup

table = models.instance_groups
policies = models.instance_group_policy
members = models.instance_group_member
mappings = models.instance_mappings

_select = sa.select(
    table.c.id,
    table.c.uuid,
    table.c.project_id,
    table.c.user_id,
    table.c.name,
    table.c.created_at,
    table.c.updated_at,
    policies.c.policy,
    policies.c.rules,
).select_from(table.outerjoin(policies, policies.c.group_id == table.c.id))


def get(conn: Connection, uuid: str, *, living: bool = False) -> InstanceGroup:
    """``living``: of the members only those that are not deleted nor being deleted. Raises
    InstanceGroupNotFound."""
    found = _load(conn, _select.where(table.c.uuid == uuid), living=living)
    if not found:
        raise exception.InstanceGroupNotFound(group_uuid=uuid)
    return found[0]


def list_(
    conn: Connection,
    project_id: str | None = None,
    *,
    limit: int | None = None,
    offset: int = 0,
    living: bool = False,
) -> list[InstanceGroup]:
    """Of one project or of all, by number, in two statements. ``living``: see ``get``."""
    query = _select.order_by(table.c.id)
    if project_id is not None:
        query = query.where(table.c.project_id == project_id)
    if limit is not None:
        query = query.limit(limit).offset(offset)
    return _load(conn, query, living=living)


def of_instances(conn: Connection, uuids: Collection[str]) -> dict[str, str]:
    """server's uuid -> uuid of its group, of those that are in one."""
    if not uuids:
        return {}
    query = sa.select(members.c.instance_uuid, table.c.uuid).join(
        table, table.c.id == members.c.group_id
    )
    query = query.where(any_of(conn, members.c.instance_uuid, uuids))
    return dict(conn.execute(query).all())


def count(conn: Connection, project_id: str, user_id: str | None = None) -> int:
    """Groups of a project, or of one user in it."""
    query = sa.select(sa.func.count()).select_from(table).where(table.c.project_id == project_id)
    if user_id is not None:
        query = query.where(table.c.user_id == user_id)
    return conn.execute(query).scalar_one()


def count_members(conn: Connection, uuid: str, user_id: str | None = None) -> int:
    """Members of a group that are not being deleted; of one user."""
    query = (
        sa.select(sa.func.count())
        .select_from(
            table.join(members, members.c.group_id == table.c.id).join(
                mappings, mappings.c.instance_uuid == members.c.instance_uuid
            )
        )
        .where(table.c.uuid == uuid, mappings.c.queued_for_delete == sa.false())
    )
    if user_id is not None:
        query = query.where(mappings.c.user_id == user_id)
    return conn.execute(query).scalar_one()


def create(conn: Connection, group: InstanceGroup) -> InstanceGroup:
    """The stored group. Raises DuplicateKey."""
    result = conn.execute(
        table.insert(),
        {
            "uuid": group.uuid,
            "project_id": group.project_id,
            "user_id": group.user_id,
            "name": group.name,
        },
    )
    id_ = new_id(result)
    conn.execute(policies.insert(), {"group_id": id_, "policy": group.policy, "rules": group.rules})
    add_members(conn, group.uuid, group.members)
    return get(conn, group.uuid)


def add_members(conn: Connection, uuid: str, instance_uuids: Iterable[str]) -> None:
    """Members that are there stay. Raises InstanceGroupNotFound."""
    query = sa.select(table.c.id).where(table.c.uuid == uuid).with_for_update()
    id_ = conn.execute(query).scalar()
    if id_ is None:
        raise exception.InstanceGroupNotFound(group_uuid=uuid)
    for instance_uuid in instance_uuids:
        insert_unless_there(conn, members, {"group_id": id_, "instance_uuid": instance_uuid})


def remove_member(conn: Connection, instance_uuid: str) -> bool:
    """Take a server out of whatever group it is in; whether it was in one."""
    condition = members.c.instance_uuid == instance_uuid
    return conn.execute(members.delete().where(condition)).rowcount > 0


def destroy(conn: Connection, uuid: str) -> None:
    """With its policy and membership. Raises InstanceGroupNotFound."""
    if not conn.execute(table.delete().where(table.c.uuid == uuid)).rowcount:
        raise exception.InstanceGroupNotFound(group_uuid=uuid)


def _load(
    conn: Connection, query: sa.Select[tuple[int, str]], *, living: bool = False
) -> list[InstanceGroup]:
    found = {
        row.id: InstanceGroup(
            id=row.id,
            uuid=row.uuid,
            project_id=row.project_id,
            user_id=row.user_id,
            name=row.name,
            policy=row.policy or "",
            rules=row.rules or {},
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in conn.execute(query)
    }
    if found:
        rows = sa.select(members.c.group_id, members.c.instance_uuid).order_by(members.c.id)
        if living:
            rows = rows.join(mappings, mappings.c.instance_uuid == members.c.instance_uuid).where(
                mappings.c.queued_for_delete == sa.false()
            )
        for id_, uuid in conn.execute(rows.where(any_of(conn, members.c.group_id, found))):
            found[id_].members.append(uuid)
    return list(found.values())

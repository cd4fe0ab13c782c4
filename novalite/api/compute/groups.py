"""Server groups: making one, and the one that a request's hint names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from novalite import quota
from novalite.context import RequestContext
from novalite.db.api_database import instance_groups, quotas
from novalite.exception import (
    InstanceGroupNotFound,
    ServerGroupLimitExceeded,
    ServerGroupMemberLimitExceeded,
    ValidationError,
)
from novalite.objects import InstanceGroup

if TYPE_CHECKING:
    from oslo_config import cfg

HINT = "group"


def create(conf: "cfg.ConfigOpts", conn: Connection, group: InstanceGroup) -> InstanceGroup:
    """Within the limits of the project and of the user in it. Raises ServerGroupLimitExceeded."""
    project_id, user_id = group.project_id, group.user_id
    quotas.lock(conn, project_id)
    for user in (None, user_id):
        limit = quota.limits(conf, conn, project_id, user)["server_groups"]
        if quota.exceeds(limit, instance_groups.count(conn, project_id, user) + 1):
            raise ServerGroupLimitExceeded()
    return instance_groups.create(conn, group)


def find(
    conn: Connection, context: RequestContext, hints: dict[str, list[str]]
) -> InstanceGroup | None:
    """The group of the hint; None without hint. Raises ValidationError when it does not exist,
    belongs to another project, or is not the only one."""
    wanted = hints.get(HINT)
    if not wanted:
        return None
    if len(set(wanted)) > 1:
        raise ValidationError(detail="A server can be a member of one server group only.")
    try:
        group = instance_groups.get(conn, wanted[0])
    except InstanceGroupNotFound as exc:
        raise ValidationError(detail=str(exc)) from None
    if group.project_id != context.project_id and not context.is_admin:
        raise ValidationError(detail=f"Instance group {wanted[0]} could not be found.")
    return group


def add_members(
    conn: Connection,
    context: RequestContext,
    group: InstanceGroup,
    uuids: list[str],
    limits: Mapping[str, int],
) -> None:
    """In the transaction that writes the servers; a user's members count against the user's
    ``limits``. Raises ServerGroupMemberLimitExceeded (403)."""
    # First the members: that locks the group, so that no other request counts at the same time.
    # Their mappings are written by now, which say whose they are.
    instance_groups.add_members(conn, group.uuid, uuids)
    count = instance_groups.count_members(conn, group.uuid, context.user_id)
    if quota.exceeds(limits["server_group_members"], count):
        raise ServerGroupMemberLimitExceeded()

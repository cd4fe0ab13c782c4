"""The server group that a request's hint names."""

from sqlalchemy import Connection

from novalite import quota
from novalite.context import RequestContext
from novalite.db.api_database import instance_groups
from novalite.exception import (
    InstanceGroupNotFound,
    ServerGroupMemberLimitExceeded,
    ValidationError,
)
from novalite.objects import InstanceGroup

HINT = "group"


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
    conn: Connection, group: InstanceGroup, uuids: list[str], limits: dict[str, int]
) -> None:
    """In the transaction that writes the servers. Raises ServerGroupMemberLimitExceeded (403)."""
    # First the members: that locks the group, so that no other request counts at the same time.
    instance_groups.add_members(conn, group.uuid, uuids)
    if quota.exceeds(
        limits["server_group_members"], instance_groups.count_members(conn, group.uuid)
    ):
        raise ServerGroupMemberLimitExceeded()

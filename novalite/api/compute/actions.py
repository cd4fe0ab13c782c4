"""Records of what users did to a server."""

import datetime

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.cell_database import instance_actions
from novalite.objects import Instance, InstanceAction


def begin(
    conn: Connection,
    context: RequestContext,
    instance: Instance,
    action: str,
    now: datetime.datetime,
) -> None:
    """In the transaction that changes the state. ``action``: a name of the reference's list."""
    instance_actions.start(
        conn,
        InstanceAction(
            action=action,
            instance_uuid=instance.uuid,
            request_id=context.request_id,
            user_id=context.user_id,
            project_id=context.project_id,
            start_time=now,
        ),
    )

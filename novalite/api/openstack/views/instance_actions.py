"""What an action on a server and its events look like."""

from typing import Any

from novalite.api.openstack.views.servers import host_id, precise_time
from novalite.objects import ActionEvent, InstanceAction

Version = tuple[int, int]


def action(version: Version, record: InstanceAction) -> dict[str, Any]:
    view: dict[str, Any] = {
        "action": record.action,
        "instance_uuid": record.instance_uuid,
        "request_id": record.request_id,
        "user_id": record.user_id,
        "project_id": record.project_id,
        "start_time": precise_time(record.start_time),
        "message": record.message,
    }
    if version >= (2, 58):
        view["updated_at"] = precise_time(record.updated_at)
    return view


def shown(
    version: Version,
    record: InstanceAction,
    project_id: str,
    *,
    events_allowed: bool,
    details_allowed: bool,
) -> dict[str, Any]:
    """One action with its events: before 2.51 for those who may see all of them, then for
    everybody, without what only they may see."""
    view = action(version, record)
    if events_allowed or version >= (2, 51):
        view["events"] = [
            _event(version, event, project_id, events_allowed, details_allowed)
            for event in record.events or ()
        ]
    return view


def _event(
    version: Version, event: ActionEvent, project_id: str, whole: bool, details: bool
) -> dict[str, Any]:
    view: dict[str, Any] = {
        "event": event.event,
        "start_time": precise_time(event.start_time),
        "finish_time": precise_time(event.finish_time),
        "result": event.result,
    }
    if whole:
        view["traceback"] = event.traceback
    if version >= (2, 62):
        view["hostId"] = host_id(project_id, event.host)
        if whole and event.host is not None:
            view["host"] = event.host
    if details:
        view["details"] = event.details
    return view

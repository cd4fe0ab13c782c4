"""Locks of servers: the actions lock and unlock."""

from novalite.api.compute import lock_server
from novalite.api.openstack.schemas import lock_server as schemas
from novalite.api.openstack.servers import find
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-lock-server:"
OVERRIDE = RULE + "unlock:unlock_override"


def lock(req: Request) -> None:
    found = find(req, RULE + "lock")
    given = req.body["lock"] if req.version >= (2, 73) else None
    reason = (given or {}).get("locked_reason")
    lock_server.lock(req.deployment, req.context, found, reason)


def unlock(req: Request) -> None:
    found = find(req, RULE + "unlock")
    instance = found.instance
    if lock_server.is_anothers(req.context, instance):
        target = {"project_id": instance.project_id, "user_id": instance.user_id}
        req.authorize(OVERRIDE, target)
    lock_server.unlock(req.deployment, req.context, found)


OPERATIONS = [
    Operation(
        "POST",
        "/servers/{id}/action",
        lock,
        "Lock",
        action="lock",
        success=202,
        request=schemas.LOCK,
        errors=(404, 409),
    ),
    Operation(
        "POST",
        "/servers/{id}/action",
        unlock,
        "Unlock",
        action="unlock",
        success=202,
        request=schemas.UNLOCK,
        errors=(404, 409),
    ),
]

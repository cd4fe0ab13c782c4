"""What only admins do to a server: the action os-resetState."""

from novalite import states
from novalite.api.compute import admin_actions
from novalite.api.openstack.schemas import admin_actions as schemas
from novalite.api.openstack.servers import find
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-admin-actions:"
_STATES = {"active": states.ACTIVE, "error": states.ERROR}


def reset_state(req: Request) -> None:
    found = find(req, RULE + "reset_state")
    state = _STATES[req.body["os-resetState"]["state"]]
    admin_actions.reset_state(req.deployment, req.context, found, state)


OPERATIONS = [
    Operation(
        "POST",
        "/servers/{id}/action",
        reset_state,
        "Force vm state active/error",
        action="os-resetState",
        success=202,
        request=schemas.RESET_STATE,
        errors=(404, 409),
    ),
]

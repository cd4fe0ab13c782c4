"""/v2.0/agents, and which networks have DHCP from them"""

from typing import Any

from novalite.network.embedded.rest.resource import (
    BOOLEAN,
    ID,
    ROOT,
    TEXT,
    Resource,
    object_,
    service_of,
)
from novalite.wsgi.operations import Answer, Operation, Request

UPDATE = object_({"admin_state_up": BOOLEAN, "description": TEXT})
NETWORK = object_({"network_id": ID}, "network_id")

_AGENTS = Resource("agent", lambda service: service.agents)
_SERVED = f"{_AGENTS.path}/{{id}}/dhcp-networks"


def _of_network(request: Request) -> dict[str, Any]:
    agents = service_of(request).agents
    return {"agents": agents.of_network(request.context, request.path["network_id"])}


def _networks(request: Request) -> dict[str, Any]:
    service = service_of(request)
    ids = service.agents.networks_of(request.context, request.path["id"])
    return {"networks": service.networks.list_(request.context, {"id": ids}) if ids else []}


def _serve(request: Request) -> Answer:
    agents = service_of(request).agents
    agents.serve(request.context, request.path["id"], request.body["network_id"])
    return Answer(b"null", headers={"Content-Type": "application/json"})


def _stop(request: Request) -> Answer:
    agents = service_of(request).agents
    agents.stop_serving(request.context, request.path["id"], request.path["network_id"])
    return Answer(status=204)


OPERATIONS = [
    *_AGENTS.operations(None, UPDATE),
    Operation(
        "GET",
        f"{ROOT}/networks/{{network_id}}/dhcp-agents",
        _of_network,
        "List the DHCP agents of a network",
        errors=(404,),
    ),
    Operation("GET", _SERVED, _networks, "List the networks of a DHCP agent", errors=(403, 404)),
    Operation(
        "POST",
        _SERVED,
        _serve,
        "Let a DHCP agent serve a network",
        success=201,
        request=NETWORK,
        errors=(403, 404, 409),
    ),
    Operation(
        "DELETE",
        f"{_SERVED}/{{network_id}}",
        _stop,
        "Let a DHCP agent serve a network no more",
        success=204,
        errors=(403, 404, 409),
    ),
]

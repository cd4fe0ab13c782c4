"""/v2.0/novalite/hosts: for the network agents of other hosts."""

from typing import Any

from novalite.network.embedded.rest.resource import ROOT, object_, service_of
from novalite.wsgi.operations import Operation, Request, Schema

ONE = f"{ROOT}/novalite/hosts/{{host}}"
REGISTRATION = object_(
    {"host": object_({"tunnel_address": {"type": "string", "maxLength": 45}}, "tunnel_address")},
    "host",
)
_ONCE: Schema = {"type": "array", "maxItems": 1}
QUERY: Schema = {
    "type": "object",
    "properties": {
        "revision": {**_ONCE, "items": {"type": "string", "maxLength": 64}},
        "wait": {**_ONCE, "items": {"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,3})?$"}},
    },
    "additionalProperties": False,
}


def _register(request: Request) -> dict[str, Any]:
    hosts = service_of(request).host_states
    return {"host": hosts.register(request.context, request.path["host"], request.body["host"])}


def _state(request: Request) -> dict[str, Any]:
    hosts = service_of(request).host_states
    return hosts.show(
        request.context,
        request.path["host"],
        request.query_one("revision", "") or "",
        float(request.query_one("wait", "0") or 0),
    )


OPERATIONS = [
    Operation(
        "PUT",
        ONE,
        _register,
        "Register the network agent of a host",
        request=REGISTRATION,
        errors=(400, 403, 409),
    ),
    Operation(
        "GET",
        f"{ONE}/state",
        _state,
        "Show what a host has to bring about, when it has changed",
        query=QUERY,
        errors=(403, 404, 409),
    ),
]

"""/v2.0/ports"""

import re
from typing import Any

from novalite.exception import InvalidInput
from novalite.network.embedded.rest.resource import (
    BOOLEAN,
    ID,
    PROJECT,
    TEXT,
    Resource,
    object_,
    service_of,
)
from novalite.wsgi.operations import Request

_FIXED_IPS = {
    "type": ["array", "null"],
    "items": object_({"subnet_id": {"type": "string"}, "ip_address": {"type": "string"}}),
}
_PAIRS = {
    "type": ["array", "null"],
    "maxItems": 10,
    "items": object_(
        {"ip_address": {"type": "string"}, "mac_address": {"type": ["string", "null"]}},
        "ip_address",
    ),
}
_COMMON = {
    "name": TEXT,
    "description": TEXT,
    "admin_state_up": BOOLEAN,
    "mac_address": {"type": "string"},
    "fixed_ips": _FIXED_IPS,
    "security_groups": {"type": ["array", "null"], "items": ID},
    "allowed_address_pairs": _PAIRS,
    "port_security_enabled": BOOLEAN,
    "device_id": TEXT,
    "device_owner": TEXT,
    "dns_name": TEXT,
    "binding:host_id": TEXT,
    "binding:profile": {"type": ["object", "null"]},
    "binding:vnic_type": {"type": ["string", "null"]},
}
CREATE = object_({**_COMMON, **PROJECT, "network_id": ID}, "network_id")
UPDATE = object_(_COMMON)

_REVISION = re.compile(r"^\s*revision_number=(\d{1,9})\s*$")


class Ports(Resource):
    """``If-Match: revision_number=N`` makes an update conditional."""

    def _update(self, request: Request) -> dict[str, Any]:
        revision = None
        condition = request.headers.get("If-Match")
        if condition is not None:
            match = _REVISION.match(condition)
            if match is None:
                raise InvalidInput(reason=f"If-Match: {condition} names no revision_number.")
            revision = int(match[1])
        ports = service_of(request).ports
        body = request.body["port"]
        return {"port": ports.update(request.context, request.path["id"], body, revision)}


OPERATIONS = Ports("port", lambda service: service.ports).operations(CREATE, UPDATE)

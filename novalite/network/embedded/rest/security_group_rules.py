"""/v2.0/security-group-rules"""

from novalite.network.embedded.rest.resource import (
    ID,
    PROJECT,
    TEXT,
    Resource,
    object_,
)

_PORT = {
    "anyOf": [
        {"type": "integer"},
        {"type": "string", "pattern": "^-?[0-9]{1,9}$"},
        {"type": "null"},
    ]
}
CREATE = object_(
    {
        **PROJECT,
        "security_group_id": ID,
        "description": TEXT,
        "direction": {"enum": ["ingress", "egress"]},
        "ethertype": {"enum": ["IPv4", "IPv6"]},
        "protocol": {"type": ["string", "integer", "null"]},
        "port_range_min": _PORT,
        "port_range_max": _PORT,
        "remote_ip_prefix": {"type": ["string", "null"]},
        "remote_group_id": {"type": ["string", "null"]},
        "remote_address_group_id": {"type": ["string", "null"]},
    },
    "security_group_id",
    "direction",
)

OPERATIONS = Resource(
    "security_group_rule", lambda service: service.security_group_rules
).operations(CREATE, None)

"""/v2.0/networks"""

from novalite.network.embedded.rest.resource import (
    BOOLEAN,
    NUMBER,
    PROJECT,
    TEXT,
    Resource,
    object_,
)

_COMMON = {
    "name": TEXT,
    "description": TEXT,
    "admin_state_up": BOOLEAN,
    "shared": BOOLEAN,
    "router:external": BOOLEAN,
    "port_security_enabled": BOOLEAN,
    "mtu": NUMBER,
}
CREATE = object_(
    {**_COMMON, **PROJECT, "availability_zone_hints": {"type": "array", "maxItems": 0}}
)
UPDATE = object_(_COMMON)

OPERATIONS = Resource("network", lambda service: service.networks).operations(CREATE, UPDATE)

"""/v2.0/networks"""

from novalite.network.embedded.rest.resource import (
    BOOLEAN,
    NUMBER,
    PROJECT,
    STRING_OR_NULL,
    STRINGS,
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
    "dns_domain": TEXT,
    "is_default": {"anyOf": [BOOLEAN, {"type": "null"}]},
    "provider:network_type": STRING_OR_NULL,
    "provider:physical_network": STRING_OR_NULL,
    "provider:segmentation_id": NUMBER,
}
CREATE = object_({**_COMMON, **PROJECT, "availability_zone_hints": STRINGS})
UPDATE = object_(_COMMON)

OPERATIONS = Resource("network", lambda service: service.networks).operations(CREATE, UPDATE)

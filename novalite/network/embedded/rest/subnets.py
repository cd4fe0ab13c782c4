"""/v2.0/subnets"""

from novalite.network.embedded.rest.resource import (
    BOOLEAN,
    ID,
    NUMBER,
    PROJECT,
    STRING_OR_NULL,
    STRINGS,
    TEXT,
    Resource,
    object_,
)

_POOLS = {
    "type": "array",
    "items": object_({"start": {"type": "string"}, "end": {"type": "string"}}, "start", "end"),
}
_ROUTES = {
    "type": ["array", "null"],
    "maxItems": 20,
    "items": object_(
        {"destination": {"type": "string"}, "nexthop": {"type": "string"}},
        "destination",
        "nexthop",
    ),
}
_COMMON = {
    "name": TEXT,
    "description": TEXT,
    "enable_dhcp": BOOLEAN,
    "gateway_ip": {"type": ["string", "null"]},
    "allocation_pools": _POOLS,
    "dns_nameservers": {"type": ["array", "null"], "maxItems": 5, "items": {"type": "string"}},
    "host_routes": _ROUTES,
    "service_types": STRINGS,
}
CREATE = object_(
    {
        **_COMMON,
        **PROJECT,
        "network_id": ID,
        "ip_version": {"enum": [4, 6, "4", "6"]},
        "cidr": STRING_OR_NULL,
        "prefixlen": NUMBER,
        "subnetpool_id": STRING_OR_NULL,
        "use_default_subnetpool": BOOLEAN,
        "ipv6_ra_mode": STRING_OR_NULL,
        "ipv6_address_mode": STRING_OR_NULL,
    },
    "network_id",
)
UPDATE = object_(_COMMON)

OPERATIONS = Resource("subnet", lambda service: service.subnets).operations(CREATE, UPDATE)

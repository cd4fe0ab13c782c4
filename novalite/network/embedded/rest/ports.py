"""/v2.0/ports"""

from novalite.network.embedded.rest.resource import (
    BOOLEAN,
    ID,
    PROJECT,
    TAGS,
    TEXT,
    Resource,
    object_,
)

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
_OPTIONS = {
    "type": ["array", "null"],
    "maxItems": 64,
    "items": object_(
        {
            "opt_name": {"type": "string", "maxLength": 64},
            "opt_value": {"type": ["string", "null"], "maxLength": 255},
            "ip_version": {"enum": [4, 6, "4", "6"]},
        },
        "opt_name",
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
    "dns_domain": TEXT,
    "extra_dhcp_opts": _OPTIONS,
    "binding:host_id": TEXT,
    "binding:profile": {"type": ["object", "null"]},
    "binding:vnic_type": {"type": ["string", "null"]},
}
CREATE = object_({**_COMMON, **PROJECT, "network_id": ID, "tags": TAGS}, "network_id")
UPDATE = object_(_COMMON)

OPERATIONS = Resource("port", lambda service: service.ports).operations(CREATE, UPDATE)

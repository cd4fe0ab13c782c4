"""/v2.0/floatingips"""

from novalite.network.embedded.rest.resource import (
    ID,
    PROJECT,
    STRING_OR_NULL,
    TAGS,
    TEXT,
    Resource,
    object_,
)

_COMMON = {
    "description": TEXT,
    "port_id": STRING_OR_NULL,
    "fixed_ip_address": STRING_OR_NULL,
    "dns_name": TEXT,
    "dns_domain": TEXT,
}
CREATE = object_(
    {
        **_COMMON,
        **PROJECT,
        "floating_network_id": ID,
        "floating_ip_address": STRING_OR_NULL,
        "subnet_id": STRING_OR_NULL,
        "tags": TAGS,
    },
    "floating_network_id",
)
UPDATE = object_(_COMMON)

OPERATIONS = Resource("floatingip", lambda service: service.floating_ips).operations(CREATE, UPDATE)

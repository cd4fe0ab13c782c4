"""/v2.0/address-scopes"""

from novalite.network.embedded.rest.resource import BOOLEAN, PROJECT, TEXT, Resource, object_

_COMMON = {"name": TEXT, "shared": BOOLEAN}
CREATE = object_({**_COMMON, **PROJECT, "ip_version": {"enum": [4, 6, "4", "6"]}}, "ip_version")
UPDATE = object_(_COMMON)

OPERATIONS = Resource("address_scope", lambda service: service.address_scopes).operations(
    CREATE, UPDATE
)

"""/v2.0/security-groups"""

from novalite.network.embedded.rest.resource import PROJECT, TEXT, Resource, object_

_COMMON = {"name": TEXT, "description": TEXT, "stateful": {"enum": [True, "true", "True"]}}
CREATE = object_({**_COMMON, **PROJECT})
UPDATE = object_(_COMMON)

OPERATIONS = Resource("security_group", lambda service: service.security_groups).operations(
    CREATE, UPDATE
)

"""/v2.0/subnetpools"""

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
    "prefixes": STRINGS,
    "default_quota": NUMBER,
    "min_prefixlen": NUMBER,
    "max_prefixlen": NUMBER,
    "default_prefixlen": NUMBER,
    "address_scope_id": STRING_OR_NULL,
    "is_default": BOOLEAN,
}
CREATE = object_({**_COMMON, **PROJECT, "shared": BOOLEAN}, "prefixes")
UPDATE = object_(_COMMON)
PREFIXES = object_({"prefixes": STRINGS}, "prefixes")

_POOLS = Resource("subnetpool", lambda service: service.subnetpools)


OPERATIONS = [
    *_POOLS.operations(CREATE, UPDATE),
    _POOLS.action(
        "add_prefixes",
        lambda service, req: {
            "prefixes": service.subnetpools.add_prefixes(
                req.context, req.path["id"], req.body["prefixes"]
            )["prefixes"]
        },
        "Add prefixes to a subnet pool",
        PREFIXES,
        wrap=False,
    ),
    _POOLS.action(
        "remove_prefixes",
        lambda service, req: {
            "prefixes": service.subnetpools.remove_prefixes(
                req.context, req.path["id"], req.body["prefixes"]
            )["prefixes"]
        },
        "Remove prefixes from a subnet pool",
        PREFIXES,
        wrap=False,
    ),
]

"""/v2.0/address-groups"""

from novalite.network.embedded.rest.resource import PROJECT, STRINGS, TEXT, Resource, object_

_COMMON = {"name": TEXT, "description": TEXT}
CREATE = object_({**_COMMON, **PROJECT, "addresses": STRINGS})
UPDATE = object_(_COMMON)
# The reference's own clients wrap the list in the resource's name or do not.
_LIST = object_({"addresses": STRINGS}, "addresses")
ADDRESSES = {
    "anyOf": [_LIST, object_({"address_group": _LIST}, "address_group")],
}

_GROUPS = Resource("address_group", lambda service: service.address_groups)


def _addresses(body: dict[str, object]) -> list[str]:
    inner = body.get("address_group", body)
    return list(inner["addresses"])  # type: ignore[index]


OPERATIONS = [
    *_GROUPS.operations(CREATE, UPDATE),
    _GROUPS.action(
        "add_addresses",
        lambda service, req: service.address_groups.add(
            req.context, req.path["id"], _addresses(req.body)
        ),
        "Add addresses to an address group",
        ADDRESSES,
    ),
    _GROUPS.action(
        "remove_addresses",
        lambda service, req: service.address_groups.remove(
            req.context, req.path["id"], _addresses(req.body)
        ),
        "Remove addresses from an address group",
        ADDRESSES,
    ),
]

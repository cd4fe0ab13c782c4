"""JSON patches of an image: RFC 6902 with one level, for flat documents."""

from typing import Any

from novalite import exception
from novalite.image.embedded import attributes

MEDIA_TYPE = "application/openstack-images-v2.1-json-patch"

SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "op": {"type": "string", "enum": ["add", "replace", "remove"]},
            "path": {"type": "string", "pattern": "^/[^/]+$"},
        },
        "required": ["op", "path"],
    },
}


def apply(patch: list[dict[str, Any]], before: dict[str, Any]) -> dict[str, Any]:
    """The document after all the operations. Raises Conflict for a property that is not there,
    Forbidden for an attribute that cannot be changed, ValidationError for a bad value."""
    after = dict(before)
    for step in patch:
        name = step["path"][1:].replace("~1", "/").replace("~0", "~")
        if name == "id":
            raise exception.Forbidden("Attribute 'id' is read-only.")
        attributes.check_name(name)
        if step["op"] == "remove":
            if name in attributes.WRITABLE:
                raise exception.Forbidden(f"Property {name} may not be removed.")
            if name not in after:
                raise exception.Conflict(f"Property {name} does not exist.")
            del after[name]
            continue
        if "value" not in step:
            raise exception.InvalidInput(reason=f"Operation {step['op']} requires a value")
        if step["op"] == "replace" and name not in after:
            raise exception.Conflict(f"Property {name} does not exist.")
        after[name] = step["value"]
    attributes.check_values(after)
    return after

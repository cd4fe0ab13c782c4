"""The attributes of an image in the API: which there are, their schemas, who may write them."""

from typing import Any

from novalite import exception
from novalite.image.embedded.records import (
    CONTAINER_FORMATS,
    DISK_FORMATS,
    VISIBILITIES,
    Image,
)
from novalite.wsgi.validation import Validator

Schema = dict[str, Any]

_UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_TEXT: Schema = {"type": ["null", "string"], "maxLength": 255}
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 2147483647}

WRITABLE: dict[str, Schema] = {
    "name": _TEXT,
    "visibility": {"type": "string", "enum": list(VISIBILITIES)},
    "protected": {"type": "boolean"},
    "os_hidden": {"type": "boolean"},
    "owner": _TEXT,
    "disk_format": {"type": ["null", "string"], "enum": [None, *DISK_FORMATS]},
    "container_format": {"type": ["null", "string"], "enum": [None, *CONTAINER_FORMATS]},
    "min_disk": _COUNT,
    "min_ram": _COUNT,
    "tags": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255}},
}
_READ_ONLY: dict[str, Schema] = {
    "status": {"type": "string"},
    "size": {"type": ["null", "integer"]},
    "virtual_size": {"type": ["null", "integer"]},
    "checksum": {"type": ["null", "string"], "maxLength": 32},
    "os_hash_algo": {"type": ["null", "string"], "maxLength": 64},
    "os_hash_value": {"type": ["null", "string"], "maxLength": 128},
    "created_at": {"type": "string"},
    "updated_at": {"type": "string"},
    "self": {"type": "string"},
    "file": {"type": "string"},
    "schema": {"type": "string"},
}
_RESERVED = ("direct_url", "locations", "deleted", "deleted_at", "stores")
_OWN_PREFIX = "os_glance_"

_ID: Schema = {"type": "string", "pattern": _UUID}
PROPERTY: Schema = {"type": "string", "maxLength": 65535}

IMAGE: Schema = {
    "name": "image",
    "properties": {
        "id": _ID,
        **WRITABLE,
        **{name: {**schema, "readOnly": True} for name, schema in _READ_ONLY.items()},
    },
    "additionalProperties": {"type": "string"},
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}

_VALUES = Validator(
    {
        "type": "object",
        "properties": {"id": _ID, **WRITABLE},
        "additionalProperties": PROPERTY,
    }
)


def check_name(name: str) -> None:
    """Raises Forbidden for an attribute that no client writes, InvalidInput for a bad name."""
    if name in _READ_ONLY:
        raise exception.Forbidden(f"Attribute '{name}' is read-only.")
    if name in _RESERVED or name.lower().startswith(_OWN_PREFIX):
        raise exception.Forbidden(f"Attribute '{name}' is reserved.")
    if not 0 < len(name) <= 255:
        raise exception.InvalidInput(reason="a property's name has 1 to 255 characters")


def check_values(values: dict[str, Any]) -> None:
    """Raises ValidationError."""
    _VALUES.check(values)


def split(values: dict[str, Any]) -> dict[str, Any]:
    """The members of a record from the flat form of the API: custom properties apart."""
    record = {name: value for name, value in values.items() if name in WRITABLE or name == "id"}
    record["properties"] = {k: v for k, v in values.items() if k not in record}
    if "tags" in record:
        record["tags"] = list(dict.fromkeys(record["tags"]))
    return record


def writable_view(image: Image) -> dict[str, Any]:
    """The flat form of what a patch may change."""
    return {**image.properties, **{name: getattr(image, name) for name in WRITABLE}}

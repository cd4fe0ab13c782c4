"""Flavors."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

MAX_INT = 0x7FFFFFFF
MAX_FLOAT = 3.40282e38

_SORT_KEYS = (
    "created_at",
    "description",
    "disabled",
    "ephemeral_gb",
    "flavorid",
    "id",
    "is_public",
    "memory_mb",
    "name",
    "root_gb",
    "rxtx_factor",
    "swap",
    "updated_at",
    "vcpu_weight",
    "vcpus",
)


def _size(minimum: int) -> Schema:
    return {
        "type": ["integer", "string"],
        "pattern": "^[0-9]+$",
        "minimum": minimum,
        "maximum": MAX_INT,
    }


DESCRIPTION: Schema = {**types.DESCRIPTION, "maxLength": 65535}
FLAVOR_ID: Schema = {
    "type": ["string", "number", "null"],
    "pattern": "^(?! )[a-zA-Z0-9. _-]+(?<! )$",
    "minLength": 1,
    "maxLength": 255,
}
RXTX_FACTOR: Schema = {
    "type": ["number", "string"],
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "maximum": MAX_FLOAT,
}
EXTRA_SPECS = types.METADATA

# ---- requests ----

_CREATE = (
    Field("name", types.NAME, required=True),
    Field("id", FLAVOR_ID),
    Field("ram", _size(1), required=True),
    Field("vcpus", _size(1), required=True),
    Field("disk", _size(0), required=True),
    Field("OS-FLV-EXT-DATA:ephemeral", _size(0)),
    Field("swap", _size(0)),
    Field("rxtx_factor", RXTX_FACTOR, until="2.101"),
    Field("os-flavor-access:is_public", types.BOOLISH),
    Field("description", DESCRIPTION, since="2.55"),
)


def _create(version: Version) -> Schema:
    return types.closed({"flavor": document(_CREATE, version)}, ("flavor",))


CREATE = spans(_create, ("2.1", "2.55", "2.102"))
UPDATE = types.closed(
    {"flavor": types.closed({"description": DESCRIPTION}, ("description",))}, ("flavor",)
)

# ---- queries ----


def _index_query(version: Version) -> Schema:
    keys = [key for key in _SORT_KEYS if version < (2, 102) or key != "rxtx_factor"]
    properties = {
        "limit": types.occurrences(types.NON_NEGATIVE),
        "marker": types.occurrences(types.STRING),
        "is_public": types.occurrences(types.STRING),
        "minRam": types.occurrences(types.STRING),
        "minDisk": types.occurrences(types.STRING),
        "sort_key": types.occurrences({"type": "string", "enum": keys}),
        "sort_dir": types.occurrences({"type": "string", "enum": ["asc", "desc"]}),
    }
    if version >= (2, 102):
        properties["name"] = types.occurrences(types.STRING)
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": version < (2, 75),
    }


def _show_query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


INDEX_QUERY = spans(_index_query, ("2.1", "2.75", "2.102"))
SHOW_QUERY = spans(_show_query, ("2.1", "2.102"))

# ---- answers ----

_LINK_PARTS = {"href": types.URI, "rel": types.STRING}
_CLOSED_LINKS = types.listed(types.closed(_LINK_PARTS, ("href", "rel")))
_LINKS = types.listed({"type": "object", "properties": _LINK_PARTS, "required": ["href", "rel"]})
_SWAP_OR_NONE: Schema = {"anyOf": [types.INTEGER, {"enum": [""]}]}

_VIEW = (
    Field("disk", types.INTEGER, required=True),
    Field("id", types.STRING, required=True),
    Field("links", _LINKS, required=True),
    Field("name", types.STRING, required=True),
    Field("os-flavor-access:is_public", types.ANYTHING, required=True),
    Field("ram", types.INTEGER, required=True),
    Field("rxtx_factor", types.ANYTHING, until="2.101", required=True),
    Field("vcpus", types.INTEGER, required=True),
    Field("OS-FLV-EXT-DATA:ephemeral", types.INTEGER, required=True),
    Field("OS-FLV-DISABLED:disabled", types.BOOLEAN, until="2.101", required=True),
    Field("description", types.STRING_OR_NULL, since="2.55", required=True),
    Field("extra_specs", EXTRA_SPECS, since="2.61"),
)
_SWAP = (
    Field("swap", _SWAP_OR_NONE, until="2.74", required=True),
    Field("swap", types.INTEGER, since="2.75", required=True),
)
# The reference declares the detailed list more loosely between 2.75 and 2.101.
_SWAP_IN_LIST = (
    Field("swap", _SWAP_OR_NONE, until="2.101", required=True),
    Field("swap", types.INTEGER, since="2.102", required=True),
)
_SUMMARY = (
    Field("id", types.STRING, required=True),
    Field("links", _CLOSED_LINKS, required=True),
    Field("name", types.STRING, required=True),
    Field("description", types.STRING_OR_NULL, since="2.55", required=True),
)


def _one(version: Version) -> Schema:
    return types.closed({"flavor": document((*_VIEW, *_SWAP), version)}, ("flavor",))


def _list_of(item: Schema) -> Schema:
    return types.closed(
        {"flavors": types.listed(item), "flavors_links": _CLOSED_LINKS}, ("flavors",)
    )


SHOW = spans(_one, ("2.1", "2.55", "2.61", "2.75", "2.102"))
INDEX = spans(lambda version: _list_of(document(_SUMMARY, version)), ("2.1", "2.55"))
DETAIL = spans(
    lambda version: _list_of(document((*_VIEW, *_SWAP_IN_LIST), version)),
    ("2.1", "2.55", "2.61", "2.102"),
)

"""Host aggregates."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

# ---- requests ----

_ZONE: Schema = {
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": 255, "format": "az_name"},
        {"type": "null"},
    ]
}
_LOOSE_NAME: Schema = {**types.NAME, "format": "name_with_leading_trailing_spaces"}
_HOST: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[a-zA-Z0-9-._]*$",
}
_METADATA: Schema = {
    "type": "object",
    "patternProperties": {
        "^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "null"], "maxLength": 255}
    },
    "additionalProperties": False,
}

CREATE = types.closed(
    {"aggregate": types.closed({"name": types.NAME, "availability_zone": _ZONE}, ("name",))},
    ("aggregate",),
)
UPDATE = types.closed(
    {
        "aggregate": {
            **types.closed({"name": _LOOSE_NAME, "availability_zone": _ZONE}),
            "anyOf": [{"required": ["name"]}, {"required": ["availability_zone"]}],
        }
    },
    ("aggregate",),
)


def _action(name: str, member: str, schema: Schema) -> Schema:
    return types.closed({name: types.closed({member: schema}, (member,))}, (name,))


ADD_HOST = _action("add_host", "host", _HOST)
REMOVE_HOST = _action("remove_host", "host", _HOST)
SET_METADATA = _action("set_metadata", "metadata", _METADATA)
IMAGES = types.closed(
    {"cache": types.listed(types.closed({"id": types.UUID}, ("id",)), minItems=1)}, ("cache",)
)


def _query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


QUERY = spans(_query, ("2.1", "2.102"))

# ---- answers ----

_SUMMARY = (
    Field("availability_zone", types.STRING_OR_NULL, required=True),
    Field("created_at", types.DATE_TIME, required=True),
    Field("deleted", types.BOOLEAN, required=True),
    Field("deleted_at", types.DATE_TIME_OR_NULL, required=True),
    Field("id", types.INTEGER, required=True),
    Field("name", types.STRING, required=True),
    Field("updated_at", types.DATE_TIME_OR_NULL, required=True),
    Field("uuid", types.UUID, since="2.41", required=True),
)
_VIEW = (
    *_SUMMARY,
    Field("hosts", {"type": ["array", "null"]}, required=True),
    Field("metadata", {"type": ["null", "object"]}, required=True),
)
_STARTS = ("2.1", "2.41")


def _created(version: Version) -> Schema:
    return types.closed({"aggregate": document(_SUMMARY, version)}, ("aggregate",))


def _one(version: Version) -> Schema:
    return types.closed({"aggregate": document(_VIEW, version)}, ("aggregate",))


def _index(version: Version) -> Schema:
    return types.closed({"aggregates": types.listed(document(_VIEW, version))}, ("aggregates",))


CREATED = spans(_created, _STARTS)
SHOW = spans(_one, _STARTS)
INDEX = spans(_index, _STARTS)

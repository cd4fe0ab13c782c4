"""/servers/{server_id}/metadata."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans


def _query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


_STORED: Schema = {
    "type": "object",
    "patternProperties": {
        "^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "null"], "maxLength": 255}
    },
    "additionalProperties": False,
}
_ONE = {"minProperties": 1, "maxProperties": 1}

QUERY = spans(_query, ("2.1", "2.102"))
UPDATE_ALL = types.closed({"metadata": types.METADATA}, ("metadata",))
UPDATE = types.closed({"meta": {**types.METADATA, **_ONE}}, ("meta",))
METADATA = types.closed({"metadata": _STORED}, ("metadata",))
META = types.closed({"meta": {**_STORED, **_ONE}}, ("meta",))

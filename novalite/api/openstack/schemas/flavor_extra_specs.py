"""Extra specs of flavors."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans

KEY = "^[a-zA-Z0-9-_:. ]{1,255}$"
_ANY_VALUES: Schema = {
    "type": "object",
    "patternProperties": {KEY: {"type": ["string", "number"], "maxLength": 255}},
    "additionalProperties": False,
}
ONE: Schema = {**_ANY_VALUES, "minProperties": 1, "maxProperties": 1}
SHOW = types.METADATA
CREATE = types.closed({"extra_specs": _ANY_VALUES}, ("extra_specs",))
INDEX = types.closed({"extra_specs": types.METADATA}, ("extra_specs",))


def _query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


QUERY = spans(_query, ("2.1", "2.102"))

"""Services."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

_HOST: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[a-zA-Z0-9-._]*$",
}
_BINARY: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_REASON: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_STATUS: Schema = {"type": "string", "enum": ["enabled", "disabled"]}
_STATUS_OR_UNKNOWN: Schema = {"type": "string", "enum": ["enabled", "disabled", "UNKNOWN"]}
_STATE: Schema = {"type": "string", "enum": ["up", "down"]}

_UPDATE = (
    Field("host", _HOST, until="2.52", required=True),
    Field("binary", _BINARY, until="2.52", required=True),
    Field("disabled_reason", _REASON),
    Field("forced_down", types.BOOLISH, since="2.11"),
    Field("status", _STATUS, since="2.53"),
)
UPDATE = spans(lambda version: document(_UPDATE, version), ("2.1", "2.11", "2.53"))


def _index_query(version: Version) -> Schema:
    return {
        "type": "object",
        "properties": {
            "host": types.occurrences(types.STRING),
            "binary": types.occurrences(types.STRING),
        },
        "additionalProperties": version < (2, 75),
    }


INDEX_QUERY = spans(_index_query, ("2.1", "2.75"))


def _service(version: Version) -> Schema:
    # From 2.69 a service of a cell that does not answer has only what is known without it.
    known = version < (2, 69)
    fields = (
        Field("binary", types.STRING, required=True),
        Field("disabled_reason", types.STRING_OR_NULL, required=known),
        Field("host", types.STRING, required=True),
        Field("id", types.INTEGER, until="2.52", required=known),
        Field("id", types.UUID, since="2.53", required=known),
        Field("state", _STATE, required=known),
        Field("status", _STATUS if known else _STATUS_OR_UNKNOWN, required=True),
        Field("updated_at", types.DATE_TIME_OR_NULL, required=known),
        Field("zone", types.STRING, required=known),
        Field("forced_down", types.BOOLEAN, since="2.11", required=known),
    )
    return document(fields, version)


def _index(version: Version) -> Schema:
    return types.closed({"services": types.listed(_service(version))}, ("services",))


INDEX = spans(_index, ("2.1", "2.11", "2.53", "2.69"))

_SWITCHED = types.closed(
    {
        "binary": types.STRING,
        "disabled_reason": types.STRING_OR_NULL,
        "host": types.STRING,
        "status": _STATUS,
    },
    ("binary", "host", "status"),
)
_FORCED = types.closed(
    {"binary": types.STRING, "forced_down": types.BOOLEAN, "host": types.STRING},
    ("binary", "forced_down", "host"),
)


def _updated(version: Version) -> Schema:
    if version < (2, 53):
        service: Schema = {"type": "object", "oneOf": [_SWITCHED, _FORCED]}
    else:
        service = _service(version)
    return types.closed({"service": service}, ("service",))


UPDATED = spans(_updated, ("2.1", "2.53", "2.69"))

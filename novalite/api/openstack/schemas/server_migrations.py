"""Live migrations of a server."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans
from novalite.api.openstack.schemas.migrations import COMMON

_BYTES: Schema = {"type": ["integer", "null"], "minimum": 1}
_MIGRATION = (
    *COMMON,
    *(
        Field(f"{what}_{name}_bytes", _BYTES, required=True)
        for what in ("disk", "memory")
        for name in ("processed", "remaining", "total")
    ),
    Field("server_uuid", types.UUID, required=True),
    Field("updated_at", types.DATE_TIME, required=True),
)


def _index(version: Version) -> Schema:
    migrations = types.listed(document(_MIGRATION, version))
    return types.closed({"migrations": migrations}, ("migrations",))


def _show(version: Version) -> Schema:
    return types.closed({"migration": document(_MIGRATION, version)}, ("migration",))


_STARTS = ("2.23", "2.59", "2.80")
INDEX = spans(_index, _STARTS)
SHOWN = spans(_show, _STARTS)
QUERY = spans(
    lambda version: {
        "type": "object",
        "properties": {},
        "additionalProperties": version < (2, 102),
    },
    ("2.23", "2.102"),
)

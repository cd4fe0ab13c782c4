"""/servers/{server_id}/topology."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans


def _query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


_PINNING: Schema = {
    "type": "object",
    "patternProperties": {"^[0-9]+$": types.INTEGER},
    "additionalProperties": False,
}
_NODE = types.closed(
    {
        "cpu_pinning": _PINNING,
        "host_node": types.INTEGER,
        "memory_mb": types.INTEGER,
        "siblings": types.listed(types.listed(types.INTEGER)),
        "vcpu_set": types.listed(types.INTEGER),
    },
    ("memory_mb", "siblings", "vcpu_set"),
)

QUERY = spans(_query, ("2.78", "2.102"))
INDEX = types.closed(
    {"nodes": types.listed(_NODE), "pagesize_kb": {"type": ["integer", "null"]}},
    ("nodes", "pagesize_kb"),
)

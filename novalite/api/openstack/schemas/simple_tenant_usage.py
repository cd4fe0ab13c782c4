"""Usage of projects."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans

_TOTAL: Schema = {"type": "number", "minimum": 0}
_STATES = [
    "active",
    "building",
    "error",
    "paused",
    "rescued",
    "resized",
    "shelved",
    "shelved_offloaded",
    "stopped",
    "suspended",
    "terminated",
]
_SERVER = types.closed(
    {
        "ended_at": types.DATE_TIME_OR_NULL,
        "flavor": types.STRING,
        "hours": types.NUMBER,
        "instance_id": types.UUID,
        "local_gb": {"type": "integer", "minimum": 0},
        "memory_mb": {"type": "integer", "minimum": 1},
        "name": types.STRING,
        "started_at": types.DATE_TIME,
        "state": {"type": "string", "enum": _STATES},
        "tenant_id": types.PROJECT_ID,
        "uptime": {"type": "integer", "minimum": 0},
        "vcpus": {"type": "integer", "minimum": 1},
    },
    (
        "ended_at",
        "flavor",
        "hours",
        "instance_id",
        "name",
        "started_at",
        "state",
        "tenant_id",
        "uptime",
    ),
)
_PROJECT: dict[str, Schema] = {
    "start": types.DATE_TIME,
    "stop": types.DATE_TIME,
    "tenant_id": types.PROJECT_ID,
    "total_hours": _TOTAL,
    "total_local_gb_usage": _TOTAL,
    "total_memory_mb_usage": _TOTAL,
    "total_vcpus_usage": _TOTAL,
    "server_usages": types.listed(_SERVER),
}
_TOTALS = tuple(name for name in _PROJECT if name != "server_usages")
_NO_SERVERS = types.closed({})


def _index(version: Version) -> Schema:
    properties = {"tenant_usages": types.listed(types.closed(_PROJECT, _TOTALS))}
    if version >= (2, 40):
        properties["tenant_usages_links"] = types.NEXT_LINKS
    return types.closed(properties, ("tenant_usages",))


def _show(version: Version) -> Schema:
    whole = types.closed(_PROJECT, tuple(_PROJECT))
    usage: Schema = {"oneOf": [whole, _NO_SERVERS]}
    properties = {"tenant_usage": usage}
    if version >= (2, 40):
        properties["tenant_usage_links"] = types.NEXT_LINKS
    return types.closed(properties, ("tenant_usage",))


def _query(version: Version, *names: str) -> Schema:
    properties = {name: types.occurrences(types.STRING) for name in names}
    if version >= (2, 40):
        properties["limit"] = types.occurrences(types.NON_NEGATIVE)
        properties["marker"] = types.occurrences(types.STRING)
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": version < (2, 75),
    }


_STARTS = ("2.1", "2.40", "2.75")
INDEX = spans(_index, ("2.1", "2.40"))
SHOWN = spans(_show, ("2.1", "2.40"))
INDEX_QUERY = spans(lambda version: _query(version, "start", "end", "detailed"), _STARTS)
SHOW_QUERY = spans(lambda version: _query(version, "start", "end"), _STARTS)

"""Hosts."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema

_SWITCH: Schema = {
    "type": "string",
    "enum": ["enable", "disable", "Enable", "Disable", "ENABLE", "DISABLE"],
}
UPDATE: Schema = {
    **types.closed({"status": _SWITCH, "maintenance_mode": _SWITCH}),
    "anyOf": [{"required": ["status"]}, {"required": ["maintenance_mode"]}],
}
INDEX_QUERY: Schema = {
    "type": "object",
    "properties": {"zone": types.occurrences(types.STRING)},
    "additionalProperties": True,
}

INDEX = types.closed(
    {
        "hosts": types.listed(
            types.closed(
                {"host_name": types.STRING, "service": types.STRING, "zone": types.STRING},
                ("host_name", "service", "zone"),
            )
        )
    },
    ("hosts",),
)
_RESOURCE = types.closed(
    {
        "cpu": types.INTEGER,
        "disk_gb": types.INTEGER,
        "host": types.STRING,
        "memory_mb": types.INTEGER,
        "project": types.STRING,
    },
    ("cpu", "disk_gb", "host", "memory_mb", "project"),
)
SHOW = types.closed(
    {"host": types.listed(types.closed({"resource": _RESOURCE}, ("resource",)))}, ("host",)
)
UPDATED = types.closed(
    {
        "host": types.STRING,
        "maintenance_mode": {"enum": ["on_maintenance", "off_maintenance"]},
        "status": {"enum": ["enabled", "disabled"]},
    },
    ("host",),
)
POWER = types.closed(
    {"host": types.STRING, "power_action": types.ANYTHING}, ("host", "power_action")
)

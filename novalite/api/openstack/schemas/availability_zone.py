"""Availability zones."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans

_STATE: Schema = {"type": "object", "properties": {"available": types.BOOLEAN}}
_SERVICE = types.closed(
    {
        "active": types.BOOLEAN,
        "available": types.BOOLEAN,
        "updated_at": types.DATE_TIME_OR_NULL,
    },
    ("active", "available", "updated_at"),
)


def _by_name(item: Schema, kind: str | list[str] = "object") -> Schema:
    return {"type": kind, "patternProperties": {"^.+$": item}, "additionalProperties": False}


def _zones(hosts: Schema) -> Schema:
    zone = types.closed(
        {"hosts": hosts, "zoneName": types.STRING, "zoneState": _STATE},
        ("hosts", "zoneName", "zoneState"),
    )
    return types.closed({"availabilityZoneInfo": types.listed(zone)}, ("availabilityZoneInfo",))


INDEX = _zones({"type": "null"})
DETAIL = _zones(_by_name(_by_name(_SERVICE), ["null", "object"]))


def _query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


QUERY = spans(_query, ("2.1", "2.102"))

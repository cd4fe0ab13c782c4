"""Limits."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

_COUNT: Schema = {"type": "integer", "minimum": -1}


def _count(name: str, until: str | None = None) -> Field:
    return Field(name, _COUNT, until=until, required=True)


_ABSOLUTE = (
    _count("maxImageMeta", "2.38"),
    _count("maxPersonality", "2.56"),
    _count("maxPersonalitySize", "2.56"),
    _count("maxSecurityGroups", "2.35"),
    _count("maxSecurityGroupRules", "2.35"),
    _count("maxServerMeta"),
    _count("maxServerGroups"),
    _count("maxServerGroupMembers"),
    _count("maxTotalCores"),
    _count("maxTotalFloatingIps", "2.35"),
    _count("maxTotalInstances"),
    _count("maxTotalKeypairs"),
    _count("maxTotalRAMSize"),
    _count("totalCoresUsed"),
    _count("totalFloatingIpsUsed", "2.35"),
    _count("totalInstancesUsed"),
    _count("totalRAMUsed"),
    _count("totalSecurityGroupsUsed", "2.35"),
    _count("totalServerGroupsUsed"),
)


def _index(version: Version) -> Schema:
    limits = {
        "absolute": document(_ABSOLUTE, version),
        "rate": {"type": "array", "maxItems": 0, "items": {}},
    }
    return types.closed({"limits": types.closed(limits, ("absolute", "rate"))}, ("limits",))


def _index_query(version: Version) -> Schema:
    return {
        "type": "object",
        "properties": {"tenant_id": types.occurrences(types.STRING)},
        "additionalProperties": version < (2, 75),
    }


INDEX = spans(_index, ("2.1", "2.36", "2.39", "2.57"))
INDEX_QUERY = spans(_index_query, ("2.1", "2.75"))

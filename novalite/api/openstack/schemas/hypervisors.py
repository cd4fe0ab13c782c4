"""Hypervisors."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

_STATE: Schema = {"enum": ["up", "down"]}
_STATUS: Schema = {"enum": ["enabled", "disabled"]}
_INTEGER_OR_NULL: Schema = {"type": ["null", "integer"]}
_HOSTNAME: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[a-zA-Z0-9-._]*$",
}

# ---- queries ----


def _index_query(version: Version) -> Schema:
    if version < (2, 33):
        return {"type": "object", "properties": {}, "additionalProperties": True}
    parameter = types.occurrences if version < (2, 53) else types.once
    properties = {"limit": parameter(types.NON_NEGATIVE), "marker": parameter(types.STRING)}
    if version >= (2, 53):
        properties["hypervisor_hostname_pattern"] = types.once(_HOSTNAME)
        properties["with_servers"] = types.once(types.BOOLISH)
    return {"type": "object", "properties": properties, "additionalProperties": version < (2, 53)}


def _show_query(version: Version) -> Schema:
    if version < (2, 53):
        return {"type": "object", "properties": {}, "additionalProperties": True}
    return types.closed({"with_servers": types.once(types.BOOLISH)})


INDEX_QUERY = spans(_index_query, ("2.1", "2.33", "2.53"))
SHOW_QUERY = spans(_show_query, ("2.1", "2.53"))

# ---- answers ----

_SERVERS = types.listed(types.closed({"name": types.STRING, "uuid": types.UUID}, ("name", "uuid")))
_SUMMARY = (
    Field("id", types.INTEGER, until="2.52", required=True),
    Field("id", types.UUID, since="2.53", required=True),
    Field("hypervisor_hostname", types.STRING, required=True),
    Field("state", _STATE, required=True),
    Field("status", _STATUS, required=True),
    Field("servers", _SERVERS, since="2.53"),
)


def _service(version: Version) -> Schema:
    return types.closed(
        {
            "disabled_reason": {"type": ["null", "string"]},
            "host": types.STRING,
            "id": types.INTEGER if version < (2, 53) else types.UUID,
        },
        ("disabled_reason", "host", "id"),
    )


def _cpu_info(version: Version) -> Schema:
    return types.STRING if version < (2, 28) else {"type": "object"}


def _figure(name: str, schema: Schema = types.INTEGER) -> Field:
    return Field(name, schema, until="2.87", required=True)


_DETAILS = (
    *_SUMMARY,
    Field("cpu_info", _cpu_info, until="2.87", required=True),
    _figure("current_workload", _INTEGER_OR_NULL),
    Field("disk_available_least", _INTEGER_OR_NULL),
    _figure("free_disk_gb", _INTEGER_OR_NULL),
    _figure("free_ram_mb", _INTEGER_OR_NULL),
    Field("host_ip", {"type": ["null", "string"]}, required=True),
    Field("hypervisor_type", types.STRING, required=True),
    Field("hypervisor_version", {"type": ["string", "integer"]}, required=True),
    _figure("local_gb"),
    _figure("local_gb_used"),
    _figure("memory_mb"),
    _figure("memory_mb_used"),
    _figure("running_vms", _INTEGER_OR_NULL),
    Field("service", _service, required=True),
    _figure("vcpus"),
    _figure("vcpus_used"),
    Field("uptime", types.STRING_OR_NULL, since="2.88", required=True),
)


def _list_of(fields: tuple[Field, ...], version: Version) -> Schema:
    properties = {"hypervisors": types.listed(document(fields, version))}
    if version >= (2, 33):
        properties["hypervisors_links"] = types.NEXT_LINKS
    return types.closed(properties, ("hypervisors",))


def _one(fields: tuple[Field, ...], version: Version) -> Schema:
    return types.closed({"hypervisor": document(fields, version)}, ("hypervisor",))


INDEX = spans(lambda version: _list_of(_SUMMARY, version), ("2.1", "2.33", "2.53"))
DETAIL = spans(lambda version: _list_of(_DETAILS, version), ("2.1", "2.28", "2.33", "2.53", "2.88"))
SHOW = spans(lambda version: _one(_DETAILS, version), ("2.1", "2.28", "2.53", "2.88"))

_UPTIME = (*_SUMMARY, Field("uptime", types.STRING_OR_NULL, required=True))
UPTIME = spans(lambda version: _one(_UPTIME, version), ("2.1", "2.53"))

SEARCH = _list_of(_SUMMARY, (2, 1))
SERVERS = _list_of((*_SUMMARY, Field("servers", _SERVERS)), (2, 1))

_TOTALS = ("count", "local_gb", "local_gb_used", "memory_mb", "memory_mb_used")
_FREE = (
    "current_workload",
    "disk_available_least",
    "free_disk_gb",
    "free_ram_mb",
    "running_vms",
)
_STATISTICS = {
    **dict.fromkeys((*_TOTALS, "vcpus", "vcpus_used"), types.INTEGER),
    **dict.fromkeys(_FREE, _INTEGER_OR_NULL),
}
STATISTICS = types.closed(
    {"hypervisor_statistics": types.closed(_STATISTICS, tuple(_STATISTICS))},
    ("hypervisor_statistics",),
)

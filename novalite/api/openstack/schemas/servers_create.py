"""POST /servers: the request's body at every microversion, and the answer's."""

from typing import Any

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

_ONE_OR_MANY_UUIDS: Schema = {
    "oneOf": [{"type": "array", "items": types.UUID}, types.UUID],
}
SCHEDULER_HINTS: Schema = {
    "type": "object",
    "properties": {
        "group": _ONE_OR_MANY_UUIDS,
        "different_host": {"oneOf": [types.UUID, {"type": "array", "items": types.UUID}]},
        "same_host": {"type": ["string", "array"]},
        "query": {"type": ["string", "object"]},
        "target_cell": types.NAME,
        "different_cell": {"type": ["string", "array"]},
        "build_near_host_ip": types.IP_ADDRESS,
        "cidr": {"type": "string", "pattern": "^/[0-9a-f.:]+$"},
    },
    "additionalProperties": True,
}
_COUNT: Schema = {
    "type": ["integer", "string"],
    "minLength": 1,
    "minimum": 1,
    "pattern": "^[0-9]*$",
}
_HOST_NAME: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[a-zA-Z0-9-._]*$",
}
_LABEL: Schema = {
    "type": "string",
    "minLength": 2,
    "maxLength": 63,
    "pattern": "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$",
}
IMAGE_REF: Schema = {"oneOf": [types.UUID, {"type": "string", "maxLength": 0}]}
DISK_CONFIG: Schema = {"type": "string", "enum": ["AUTO", "MANUAL"]}
USER_DATA: Schema = {"type": "string", "format": "base64", "maxLength": 65535}
TRUSTED_CERTIFICATES: Schema = {
    "type": ["array", "null"],
    "minItems": 1,
    "maxItems": 50,
    "uniqueItems": True,
    "items": {"type": "string", "minLength": 1},
}
PERSONALITY: Schema = types.listed(
    types.closed(
        {"path": types.STRING, "contents": {"type": "string", "format": "base64"}},
    )
)


def hostname(version: Version) -> Schema:
    """One DNS label at first, a whole name from 2.94."""
    return _LABEL if version < (2, 94) else _HOST_NAME


_VOLUME_SIZE: Schema = {
    "type": ["integer", "string"],
    "minimum": 1,
    "maximum": 2147483647,
    "pattern": "^[0-9]+$",
}
_DEVICE_NAME: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[a-zA-Z0-9._/-]*$",
}
_SHORT: Schema = {"type": "string", "maxLength": 255}

_MAPPING = (
    Field("virtual_name", _SHORT),
    Field("volume_id", types.UUID),
    Field("snapshot_id", types.UUID),
    Field("volume_size", _VOLUME_SIZE),
    Field("device_name", _DEVICE_NAME),
    Field("delete_on_termination", types.BOOLISH),
    Field("no_device", types.ANYTHING),
    Field("connection_info", {"type": "string", "maxLength": 16777215}),
)
_MAPPING_V2 = (
    *_MAPPING,
    Field("source_type", {"type": "string", "enum": ["volume", "image", "snapshot", "blank"]}),
    Field(
        "uuid",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._-]*$"},
    ),
    Field("image_id", types.UUID),
    Field("destination_type", {"type": "string", "enum": ["local", "volume"]}),
    Field("guest_format", _SHORT),
    Field("device_type", _SHORT),
    Field("disk_bus", _SHORT),
    Field("boot_index", {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$"}),
    Field("tag", types.TAG, since="2.32", until="2.32"),
    Field("tag", types.TAG, since="2.42"),
    Field("volume_type", {"type": ["string", "null"], "minLength": 0, "maxLength": 255}, "2.67"),
)


def _network_uuid(version: Version) -> Schema:
    return types.STRING if version < (2, 37) else types.UUID


_NETWORK = (
    Field("fixed_ip", types.IP_ADDRESS),
    Field("port", types.UUID_OR_NULL),
    Field("uuid", _network_uuid),
    Field("tag", types.TAG, since="2.32", until="2.36"),
    Field("tag", types.TAG, since="2.42"),
)


def _networks(version: Version) -> Schema:
    listed = types.listed(document(_NETWORK, version))
    if version < (2, 37):
        return listed
    return {"oneOf": [listed, {"type": "string", "enum": ["none", "auto"]}]}


def _flavor_ref(version: Version) -> Schema:
    return {"type": ["string", "integer"], "minLength": 1}


_SERVER = (
    Field("name", types.NAME, required=True),
    Field("imageRef", IMAGE_REF),
    Field("flavorRef", _flavor_ref, required=True),
    Field("adminPass", types.STRING),
    Field("metadata", types.METADATA),
    Field("networks", _networks, until="2.36"),
    Field("networks", _networks, since="2.37", required=True),
    Field("OS-DCF:diskConfig", DISK_CONFIG),
    Field("accessIPv4", types.IPV4),
    Field("accessIPv6", types.IPV6),
    Field("personality", PERSONALITY, until="2.56"),
    Field("availability_zone", types.NAME),
    Field("block_device_mapping", lambda v: types.listed(document(_MAPPING, v))),
    Field("block_device_mapping_v2", lambda v: types.listed(document(_MAPPING_V2, v))),
    Field("config_drive", types.BOOLISH),
    Field("key_name", types.NAME),
    Field("min_count", _COUNT),
    Field("max_count", _COUNT),
    Field("return_reservation_id", types.BOOLISH),
    Field("security_groups", types.listed(types.closed({"name": types.NAME}))),
    Field("user_data", USER_DATA),
    Field("description", types.DESCRIPTION, since="2.19"),
    Field("tags", types.listed(types.TAG, maxItems=50), since="2.52"),
    Field("trusted_image_certificates", TRUSTED_CERTIFICATES, since="2.63"),
    Field("host", _HOST_NAME, since="2.74"),
    Field("hypervisor_hostname", _HOST_NAME, since="2.74"),
    Field("hostname", hostname, since="2.90"),
)


def create(version: Version) -> Schema:
    """The body of POST /servers at ``version``."""
    return types.closed(
        {
            "server": document(_SERVER, version),
            "os:scheduler_hints": SCHEDULER_HINTS,
            "OS-SCH-HNT:scheduler_hints": SCHEDULER_HINTS,
        },
        ("server",),
    )


CREATE = spans(
    create,
    (
        *("2.1", "2.19", "2.32", "2.33", "2.37", "2.42", "2.52", "2.57", "2.63"),
        *("2.67", "2.74", "2.90", "2.94"),
    ),
)

_SECURITY_GROUP_NAMES: Schema = types.listed(types.closed({"name": types.STRING}, ("name",)))
CREATE_ANSWER: dict[str, Any] = {
    "type": "object",
    "oneOf": [
        types.closed({"reservation_id": types.STRING}, ("reservation_id",)),
        types.closed(
            {
                "server": types.closed(
                    {
                        "adminPass": types.STRING,
                        "id": types.UUID,
                        "links": types.LINKS,
                        "security_groups": _SECURITY_GROUP_NAMES,
                        "OS-DCF:diskConfig": DISK_CONFIG,
                    },
                    ("id", "links", "security_groups", "OS-DCF:diskConfig"),
                )
            },
            ("server",),
        ),
    ],
}

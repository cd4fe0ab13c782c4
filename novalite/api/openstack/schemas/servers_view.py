"""What the servers' answers look like at every microversion: list, detail, show, update.

One table of members serves all four; what differs between them stands beside it.
"""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans
from novalite.api.openstack.schemas.servers_create import SCHEDULER_HINTS

_STATUS: Schema = {
    "type": "string",
    "enum": [
        *("ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "PASSWORD"),
        *("PAUSED", "REBOOT", "REBUILD", "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED"),
        *("SHELVED_OFFLOADED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED", "UNKNOWN"),
        "VERIFY_RESIZE",
    ],
}
_POWER_STATE: Schema = {"type": ["integer", "null"], "enum": [0, 1, 3, 4, 6, 7, None]}
_FAULT = types.closed(
    {
        "code": types.INTEGER,
        "created": types.DATE_TIME,
        "details": types.STRING,
        "message": types.STRING,
    },
    ("code", "created", "message"),
)
_NAMED = types.listed(types.closed({"name": types.STRING}, ("name",)))
_USER_DATA: Schema = {"type": ["string", "null"], "format": "base64", "maxLength": 65535}
_UNKNOWN = types.constant("UNKNOWN")


def _ip_or_empty(fmt: str) -> Schema:
    return {"type": "string", "oneOf": [{"format": fmt}, {"enum": [""]}]}


def _addresses(extended: bool, label: str) -> Schema:
    item = {
        "addr": types.IP_ADDRESS,
        "version": {"type": "number", "enum": [4, 6]},
    }
    if extended:
        item["OS-EXT-IPS:type"] = {"type": "string", "enum": ["fixed", "floating"]}
        item["OS-EXT-IPS-MAC:mac_addr"] = {"type": "string", "format": "mac-address"}
    return {
        "type": "object",
        "patternProperties": {label: types.listed(types.closed(item, tuple(item)))},
        "additionalProperties": False,
    }


def _flavor(version: Version) -> Schema:
    if version < (2, 47):
        return types.closed({"id": types.STRING, "links": types.LINKS})
    sizes = ("disk", "ephemeral", "ram", "swap", "vcpus")
    return types.closed(
        {
            **dict.fromkeys(sizes, types.INTEGER),
            "original_name": types.STRING,
            "extra_specs": {
                "type": "object",
                "patternProperties": {"^.+$": types.STRING},
                "additionalProperties": False,
            },
        },
        (*sizes, "original_name"),
    )


def _image(version: Version) -> Schema:
    image = {"id": types.UUID, "links": types.LINKS}
    if version >= (2, 98):
        image["properties"] = {
            "type": "object",
            "patternProperties": {
                "^[a-zA-Z0-9_:. ]{1,255}$": {"type": ["string", "null"], "maxLength": 255}
            },
            "additionalProperties": False,
        }
    return {"oneOf": [types.constant(""), types.closed(image)]}


def _volumes(version: Version) -> Schema:
    item: dict[str, Schema] = {"id": types.STRING}
    if version >= (2, 3):
        item["delete_on_termination"] = types.BOOLEAN
    return types.listed(types.closed(item, tuple(item)))


_METADATA: Schema = {
    "type": "object",
    "patternProperties": {"^.+$": types.STRING},
    "additionalProperties": False,
}

# What every form of a whole server has.
_CORE = (
    Field("accessIPv4", _ip_or_empty("ipv4"), required=True),
    Field("accessIPv6", _ip_or_empty("ipv6"), required=True),
    Field("created", types.DATE_TIME, required=True),
    Field("fault", _FAULT),
    Field("flavor", _flavor, required=True),
    Field("hostId", types.STRING, required=True),
    Field("image", _image, required=True),
    Field("links", types.LINKS, required=True),
    Field("metadata", _METADATA, required=True),
    Field("name", types.STRING_OR_NULL, required=True),
    Field("progress", {"type": ["null", "number"]}),
    Field("status", _STATUS, required=True),
    Field("tenant_id", types.PROJECT_ID, required=True),
    Field("updated", types.DATE_TIME, required=True),
    Field("user_id", types.PROJECT_ID, required=True),
    Field("OS-DCF:diskConfig", types.STRING, required=True),
    Field("locked", types.BOOLEAN, since="2.9", required=True),
    Field("description", types.STRING_OR_NULL, since="2.19", required=True),
    Field("tags", {"type": "array", "maxItems": 50, "items": types.STRING}, "2.26", required=True),
    Field("trusted_image_certificates", {"type": ["array", "null"]}, "2.63", required=True),
    Field("locked_reason", types.STRING_OR_NULL, since="2.73", required=True),
    Field("pinned_availability_zone", types.STRING_OR_NULL, since="2.96", required=True),
    Field("scheduler_hints", SCHEDULER_HINTS, since="2.100", required=True),
)
# What GET has always had beyond that, and PUT only has from 2.75.
_STATES = (
    Field("security_groups", _NAMED),
    Field("os-extended-volumes:volumes_attached", _volumes, required=True),
    Field("OS-EXT-AZ:availability_zone", types.STRING, required=True),
    Field("OS-EXT-SRV-ATTR:host", types.STRING_OR_NULL),
    Field("OS-EXT-SRV-ATTR:hypervisor_hostname", types.STRING_OR_NULL),
    Field("OS-EXT-SRV-ATTR:instance_name", types.STRING),
    Field("OS-EXT-STS:power_state", _POWER_STATE, required=True),
    Field("OS-EXT-STS:task_state", types.STRING_OR_NULL, required=True),
    Field("OS-EXT-STS:vm_state", types.STRING_OR_NULL, required=True),
    Field("OS-SRV-USG:launched_at", types.DATE_TIME_OR_NULL, required=True),
    Field("OS-SRV-USG:terminated_at", types.DATE_TIME_OR_NULL, required=True),
    Field("OS-EXT-SRV-ATTR:kernel_id", types.STRING_OR_NULL, since="2.3"),
    Field("OS-EXT-SRV-ATTR:ramdisk_id", types.STRING_OR_NULL, since="2.3"),
    Field("OS-EXT-SRV-ATTR:reservation_id", types.STRING_OR_NULL, since="2.3"),
    Field("OS-EXT-SRV-ATTR:root_device_name", types.STRING_OR_NULL, since="2.3"),
    Field("OS-EXT-SRV-ATTR:user_data", _USER_DATA, since="2.3"),
)
_GET = (
    Field("id", types.UUID, required=True),
    Field("addresses", _addresses(True, "^.*$"), required=True),
    Field(
        "config_drive",
        {"type": ["string", "null"], "enum": ["", "True", "False", None]},
        required=True,
    ),
    Field("key_name", types.STRING_OR_NULL, required=True),
    Field("OS-EXT-SRV-ATTR:launch_index", {"type": ["integer", "null"]}, since="2.3"),
    Field("OS-EXT-SRV-ATTR:hostname", types.STRING, since="2.3", until="2.89"),
    Field("OS-EXT-SRV-ATTR:hostname", types.STRING, since="2.90", required=True),
    Field(
        "host_status",
        {"type": "string", "enum": ["UP", "DOWN", "MAINTENANCE", "UNKNOWN", ""]},
        since="2.16",
    ),
)
# The reference limits this list by a word that means nothing for lists; so it is kept here.
_SERVER_GROUPS: Schema = {"type": "array", "maxLength": 1, "items": types.UUID}
_GROUPS = (Field("server_groups", _SERVER_GROUPS, since="2.71", required=True),)

# A server of a cell that does not answer.
_UNREACHABLE_SUMMARY = (
    Field("id", types.UUID, required=True),
    Field("links", types.LINKS, required=True),
    Field("status", _UNKNOWN, required=True),
)
_UNREACHABLE_DETAIL = (
    *_UNREACHABLE_SUMMARY,
    Field("created", types.DATE_TIME, required=True),
    Field("tenant_id", types.PROJECT_ID, required=True),
)


def _image_unreachable(version: Version) -> Schema:
    return _image((2, 69))


_UNREACHABLE_SHOW = (
    *_UNREACHABLE_DETAIL,
    *_GROUPS,
    Field("flavor", _flavor, required=True),
    Field("image", _image_unreachable, required=True),
    Field("user_id", types.PROJECT_ID, required=True),
    Field("OS-EXT-AZ:availability_zone", types.STRING, required=True),
    Field("OS-EXT-STS:power_state", _POWER_STATE, required=True),
)
_SUMMARY = (
    Field("id", types.UUID, required=True),
    Field("links", types.LINKS, required=True),
    Field("name", types.STRING, required=True),
)


def _or_unreachable(version: Version, whole: tuple[Field, ...], less: tuple[Field, ...]) -> Schema:
    if version < (2, 69):
        return document(whole, version)
    return {"oneOf": [document(whole, version), document(less, version)]}


def _list(item: Schema) -> Schema:
    return types.closed(
        {"servers": types.listed(item), "servers_links": types.NEXT_LINKS}, ("servers",)
    )


def index(version: Version) -> Schema:
    return _list(_or_unreachable(version, _SUMMARY, _UNREACHABLE_SUMMARY))


def detail(version: Version) -> Schema:
    whole = (*_CORE, *_STATES, *_GET)
    return _list(_or_unreachable(version, whole, _UNREACHABLE_DETAIL))


def show(version: Version) -> Schema:
    whole = (*_CORE, *_STATES, *_GET, *_GROUPS)
    server = _or_unreachable(version, whole, _UNREACHABLE_SHOW)
    return types.closed({"server": server}, ("server",))


_UPDATED = (
    *_CORE,
    *_GROUPS,
    Field("id", types.STRING, required=True),
    Field("addresses", _addresses(False, "^.+$"), until="2.74", required=True),
    Field("addresses", _addresses(True, "^.+$"), since="2.75", required=True),
)
_UPDATED_LATER = (
    *_STATES,
    Field("config_drive", {"type": ["string", "boolean", "null"]}, required=True),
    Field("host_status", types.STRING),
    Field("key_name", types.STRING_OR_NULL),
    Field("OS-EXT-SRV-ATTR:hostname", types.STRING),
    Field("OS-EXT-SRV-ATTR:launch_index", types.INTEGER),
)


def updated(version: Version) -> Schema:
    whole = _UPDATED if version < (2, 75) else (*_UPDATED, *_UPDATED_LATER)
    return types.closed({"server": document(whole, version)}, ("server",))


_CHANGES = (
    *("2.1", "2.3", "2.9", "2.16", "2.19", "2.26", "2.47", "2.63", "2.69"),
    *("2.73", "2.90", "2.96", "2.98", "2.100"),
)
INDEX_ANSWER = spans(index, ("2.1", "2.69"))
DETAIL_ANSWER = spans(detail, _CHANGES)
SHOW_ANSWER = spans(show, (*_CHANGES, "2.71"))
UPDATE_ANSWER = spans(
    updated,
    (
        *("2.1", "2.9", "2.19", "2.26", "2.47", "2.63", "2.71", "2.73", "2.75"),
        *("2.96", "2.98", "2.100"),
    ),
)

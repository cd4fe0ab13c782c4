"""Query parameters of GET /servers, /servers/detail and /servers/{id}."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans

_ANY = types.occurrences(types.STRING)
_REGEX = types.occurrences({"type": "string", "format": "regex"})
_TIME = types.occurrences(types.DATE_TIME)

# Sort keys of the first class, open to everyone, and those that only ever leaked from the
# database's columns: these are taken, and refused from 2.75.
SORT_KEYS = (
    *("access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive"),
    *("created_at", "display_description", "display_name", "host", "hostname", "image_ref"),
    *("instance_type_id", "kernel_id", "key_name", "launch_index", "launched_at", "locked_by"),
    *("node", "power_state", "progress", "project_id", "ramdisk_id", "root_device_name"),
    *("task_state", "terminated_at", "updated_at", "user_id", "uuid", "vm_state"),
)
LEAKED_SORT_KEYS = (
    *("architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device"),
    *("deleted", "deleted_at", "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id"),
    *("key_data", "launched_on", "locked", "memory_mb", "os_type", "reservation_id", "root_gb"),
    *("shutdown_terminate", "user_data", "vcpus", "vm_mode"),
)
JOINED = (
    *("block_device_mapping", "services", "metadata", "system_metadata", "info_cache"),
    *("security_groups", "pci_devices"),
)
_PLAIN = (
    *("user_id", "project_id", "tenant_id", "launch_index", "image_ref", "image", "vm_state"),
    *("task_state", "host", "uuid", "sort_dir", "all_tenants", "soft_deleted", "deleted"),
    *("status", "marker"),
    *JOINED,
)
_REGULAR = (
    *("kernel_id", "ramdisk_id", "hostname", "key_name", "power_state", "node", "flavor"),
    *("reservation_id", "launched_at", "terminated_at", "availability_zone", "name"),
    *("display_name", "description", "display_description", "locked_by", "root_device_name"),
    *("config_drive", "access_ip_v4", "access_ip_v6", "auto_disk_config", "progress", "ip"),
    *("ip6", "created_at"),
)
TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")


def _sort_keys(version: Version) -> tuple[str, ...]:
    if version < (2, 75):
        return SORT_KEYS + LEAKED_SORT_KEYS
    return (*SORT_KEYS, "locked")


def index(version: Version) -> Schema:
    """The parameters of a list at ``version``; unknown ones are an error from 2.75."""
    properties: dict[str, Schema] = {
        **dict.fromkeys(_PLAIN, _ANY),
        **dict.fromkeys(_REGULAR, _REGEX),
        "changes-since": _TIME,
        "limit": types.occurrences(types.NON_NEGATIVE),
        "sort_key": types.occurrences({"type": "string", "enum": list(_sort_keys(version))}),
    }
    if version >= (2, 26):
        properties.update(dict.fromkeys(TAG_FILTERS, _REGEX))
    if version >= (2, 66):
        properties["changes-before"] = _TIME
    if version >= (2, 73):
        properties["locked"] = _ANY
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": {"^_": _ANY},
        "additionalProperties": version < (2, 75),
    }


INDEX_QUERY = spans(index, ("2.1", "2.26", "2.66", "2.73", "2.75"))


def show(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


SHOW_QUERY = spans(show, ("2.1", "2.102"))

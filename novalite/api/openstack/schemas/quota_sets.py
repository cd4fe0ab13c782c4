"""Quotas of projects and users."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans
from novalite.wsgi.operations import Versioned

COUNT: Schema = {"type": "integer", "minimum": -1}
LIMIT: Schema = {
    "type": ["integer", "string"],
    "pattern": "^-?[0-9]+$",
    "minimum": -1,
    "maximum": 0x7FFFFFFF,
}
# Resource -> the last microversion that knows it.
UNTIL: dict[str, str | None] = {
    "cores": None,
    "fixed_ips": "2.35",
    "floating_ips": "2.35",
    "injected_file_content_bytes": "2.56",
    "injected_file_path_bytes": "2.56",
    "injected_files": "2.56",
    "instances": None,
    "key_pairs": None,
    "metadata_items": None,
    "ram": None,
    "security_group_rules": "2.35",
    "security_groups": "2.35",
    "server_group_members": None,
    "server_groups": None,
}
STARTS = ("2.1", "2.36", "2.57")
_ID = Field("id", types.STRING, required=True)
_DETAIL = types.closed(
    {"in_use": COUNT, "limit": COUNT, "reserved": COUNT}, ("in_use", "limit", "reserved")
)


def _resources(value: Schema, *, required: bool) -> tuple[Field, ...]:
    return tuple(Field(name, value, until=last, required=required) for name, last in UNTIL.items())


def _set_of(*fields: Field) -> Versioned:
    def build(version: Version) -> Schema:
        return types.closed({"quota_set": document(fields, version)}, ("quota_set",))

    return spans(build, STARTS)


UPDATE = _set_of(*_resources(LIMIT, required=False), Field("force", types.BOOLISH))
SHOWN = _set_of(_ID, *_resources(COUNT, required=True))
UPDATED = _set_of(*_resources(COUNT, required=True))
DETAIL = _set_of(_ID, *_resources(_DETAIL, required=True))


def _query(version: Version) -> Schema:
    return {
        "type": "object",
        "properties": {"user_id": types.occurrences(types.STRING)},
        "additionalProperties": version < (2, 75),
    }


SHOW_QUERY = spans(_query, ("2.1", "2.75"))
DEFAULTS_QUERY: Schema = {"type": "object", "properties": {}, "additionalProperties": True}

"""POST /os-server-external-events."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans

_NAMES = (
    ((2, 1), "network-changed"),
    ((2, 1), "network-vif-plugged"),
    ((2, 1), "network-vif-unplugged"),
    ((2, 1), "network-vif-deleted"),
    ((2, 51), "volume-extended"),
    ((2, 76), "power-update"),
    ((2, 82), "accelerator-request-bound"),
    ((2, 93), "volume-reimaged"),
)
_STARTS = ("2.1", "2.51", "2.76", "2.82", "2.93")


def _event(version: Version, **more: Schema) -> dict[str, Schema]:
    names = [name for since, name in _NAMES if since <= version]
    return {
        "name": {"type": "string", "enum": names},
        "server_uuid": types.UUID,
        "status": {"type": "string", "enum": ["failed", "completed", "in-progress"]},
        "tag": {"type": "string", "maxLength": 255},
        **more,
    }


def _create(version: Version) -> Schema:
    event = types.closed(_event(version), ("name", "server_uuid"))
    return types.closed({"events": types.listed(event, minItems=1)}, ("events",))


def _created(version: Version) -> Schema:
    code = {"type": "integer", "enum": [200, 400, 404, 422]}
    required = ("code", "name", "server_uuid", "status")
    event = types.closed(_event(version, code=code), required)
    return types.closed({"events": types.listed(event)}, ("events",))


CREATE = spans(_create, _STARTS)
CREATED = spans(_created, _STARTS)

"""/os-volumes and /os-snapshots, which end with 2.35."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema

_PAGE = {
    "limit": types.occurrences(types.NON_NEGATIVE),
    "offset": types.occurrences(types.NON_NEGATIVE),
}
INDEX_QUERY: Schema = {"type": "object", "properties": _PAGE, "additionalProperties": True}
SHOW_QUERY: Schema = {"type": "object", "properties": {}, "additionalProperties": True}

# ---- volumes ----

CREATE_VOLUME = types.closed(
    {
        "volume": types.closed(
            {
                "volume_type": types.STRING,
                "metadata": {"type": "object", "additionalProperties": True},
                "snapshot_id": types.STRING,
                "size": {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1},
                "availability_zone": types.STRING,
                "display_name": types.STRING,
                "display_description": types.STRING,
            },
            ("size",),
        )
    },
    ("volume",),
)
_VOLUME_STATUS = (
    *("creating", "available", "deleting", "error", "error_deleting", "attaching", "in-use"),
    *("detaching", "maintenance", "restoring-backup", "error_restoring", "reserved"),
    *("awaiting-transfer", "backing-up", "error_backing-up", "error_extending", "downloading"),
    *("uploading", "retyping", "extending"),
)
_METADATA: Schema = {
    "type": "object",
    "patternProperties": {
        "^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "null"], "maxLength": 255}
    },
    "additionalProperties": False,
}
_VOLUME_FIELDS: dict[str, Schema] = {
    "attachments": {"type": "array"},
    "availabilityZone": types.STRING_OR_NULL,
    "createdAt": types.DATE_TIME,
    "displayDescription": types.STRING_OR_NULL,
    "displayName": types.STRING_OR_NULL,
    "id": types.UUID,
    "metadata": _METADATA,
    "size": types.INTEGER,
    "snapshotId": {"oneOf": [types.UUID, {"type": "null"}]},
    "status": {"type": "string", "enum": list(_VOLUME_STATUS)},
    "volumeType": types.STRING_OR_NULL,
}
_VOLUME = types.closed(_VOLUME_FIELDS, tuple(_VOLUME_FIELDS))
VOLUME = types.closed({"volume": _VOLUME}, ("volume",))
VOLUMES = types.closed({"volumes": types.listed(_VOLUME)}, ("volumes",))

# ---- snapshots ----

CREATE_SNAPSHOT = types.closed(
    {
        "snapshot": types.closed(
            {
                "volume_id": types.STRING,
                "force": types.BOOLISH,
                "display_name": types.STRING,
                "display_description": types.STRING,
            },
            ("volume_id",),
        )
    },
    ("snapshot",),
)
_SNAPSHOT_STATUS = (
    *("error", "available", "creating", "deleting", "deleted", "error_deleting", "unmanaging"),
    *("backing-up", "restoring"),
)
_SNAPSHOT_FIELDS: dict[str, Schema] = {
    "createdAt": types.DATE_TIME,
    "displayDescription": types.STRING_OR_NULL,
    "displayName": types.STRING_OR_NULL,
    "id": types.UUID,
    "volumeId": types.UUID,
    "size": types.INTEGER,
    "status": {"type": "string", "enum": list(_SNAPSHOT_STATUS)},
}
_SNAPSHOT = types.closed(_SNAPSHOT_FIELDS, tuple(_SNAPSHOT_FIELDS))
SNAPSHOT = types.closed({"snapshot": _SNAPSHOT}, ("snapshot",))
SNAPSHOTS = types.closed({"snapshots": types.listed(_SNAPSHOT)}, ("snapshots",))

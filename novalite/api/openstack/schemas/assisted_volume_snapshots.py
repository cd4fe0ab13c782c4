"""/os-assisted-volume-snapshots."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema
from novalite.wsgi.operations import Versioned

_TEXT: Schema = {"type": "string", "minLength": 1}

CREATE = types.closed(
    {
        "snapshot": types.closed(
            {
                "volume_id": _TEXT,
                "create_info": types.closed(
                    {
                        "snapshot_id": _TEXT,
                        "type": {"type": "string", "enum": ["qcow2"]},
                        "new_file": _TEXT,
                        "id": _TEXT,
                    },
                    ("snapshot_id", "type", "new_file"),
                ),
            },
            ("volume_id", "create_info"),
        )
    },
    ("snapshot",),
)
CREATED = types.closed(
    {
        "snapshot": types.closed(
            {"id": types.UUID_OR_NULL, "volumeId": types.UUID}, ("id", "volumeId")
        )
    },
    ("snapshot",),
)
_INFO = {"delete_info": types.occurrences(types.STRING)}
DELETE_QUERY = Versioned(
    ("2.1", "2.74", {"type": "object", "properties": _INFO, "additionalProperties": True}),
    ("2.75", None, types.closed(_INFO)),
)

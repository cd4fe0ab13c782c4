"""Version documents."""

from novalite.api.openstack.schemas import types

SHOW_QUERY: types.Schema = {"type": "object", "properties": {}, "additionalProperties": True}

SHOW = types.closed(
    {
        "version": types.closed(
            {
                "id": types.STRING,
                "status": {"type": "string", "enum": ["CURRENT", "SUPPORTED", "DEPRECATED"]},
                "links": types.listed(
                    types.closed(
                        {"href": types.STRING, "rel": types.STRING, "type": types.STRING},
                        ("href", "rel"),
                    )
                ),
                "min_version": types.STRING,
                "updated": types.DATE_TIME,
                "version": types.STRING,
                "media-types": types.listed(
                    types.closed({"base": types.STRING, "type": types.STRING}, ("base", "type"))
                ),
            },
            ("id", "status", "links", "min_version", "updated"),
        )
    },
    ("version",),
)

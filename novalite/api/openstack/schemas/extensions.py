"""The list of API extensions."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans

_LINK: Schema = {
    "type": "object",
    "properties": {"href": {"type": "string", "format": "url"}, "rel": types.STRING},
}
_EXTENSION = types.closed(
    {
        "alias": types.STRING,
        "description": types.STRING,
        "links": types.listed(_LINK),
        "name": types.STRING,
        "namespace": types.STRING,
        "updated": types.DATE_TIME,
    },
    ("alias", "description", "links", "name", "namespace", "updated"),
)


def _query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


QUERY = spans(_query, ("2.1", "2.102"))
INDEX = types.closed({"extensions": types.listed(_EXTENSION)}, ("extensions",))
SHOW = types.closed({"extension": _EXTENSION}, ("extension",))

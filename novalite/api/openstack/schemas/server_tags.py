"""/servers/{server_id}/tags."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema

QUERY: Schema = {"type": "object", "properties": {}, "additionalProperties": True}
UPDATE_ALL = types.closed({"tags": types.listed(types.TAG, maxItems=50)}, ("tags",))
TAGS = types.closed({"tags": types.listed(types.TAG)}, ("tags",))

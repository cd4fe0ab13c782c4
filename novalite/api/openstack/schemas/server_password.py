"""/servers/{server_id}/os-server-password."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans


def _query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


QUERY = spans(_query, ("2.1", "2.102"))
INDEX = types.closed({"password": types.STRING}, ("password",))

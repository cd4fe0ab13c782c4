"""PUT /servers/{id}: the request's body at every microversion."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans
from novalite.api.openstack.schemas.servers_create import DISK_CONFIG, hostname

_ZONE: Schema = {"oneOf": [{"type": "string", "minLength": 1, "maxLength": 255}, {"type": "null"}]}

_SERVER = (
    Field("name", types.NAME),
    Field("OS-DCF:diskConfig", DISK_CONFIG),
    Field("accessIPv4", types.IPV4),
    Field("accessIPv6", types.IPV6),
    Field("description", types.DESCRIPTION, since="2.19"),
    Field("hostname", hostname, since="2.90"),
    Field("pinned_availability_zone", _ZONE, since="2.104"),
)


def update(version: Version) -> Schema:
    return types.closed({"server": document(_SERVER, version)}, ("server",))


UPDATE = spans(update, ("2.1", "2.19", "2.90", "2.94", "2.104"))

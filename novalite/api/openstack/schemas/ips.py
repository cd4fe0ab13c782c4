"""/servers/{server_id}/ips."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema
from novalite.wsgi.operations import Versioned

_OPEN: Schema = {"type": "object", "properties": {}, "additionalProperties": True}
QUERY = Versioned(("2.1", "2.101", _OPEN), ("2.102", None, types.closed({})))

_ADDRESS = types.closed(
    {"addr": types.IP_ADDRESS, "version": {"enum": [4, 6]}}, ("addr", "version")
)
_BY_LABEL: Schema = {
    "type": "object",
    "patternProperties": {"^.+$": types.listed(_ADDRESS)},
    "additionalProperties": False,
}
INDEX = types.closed({"addresses": _BY_LABEL}, ("addresses",))
SHOW = _BY_LABEL

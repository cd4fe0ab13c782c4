"""The actions lock and unlock."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema
from novalite.wsgi.operations import Versioned

_REASON: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_WITH_REASON: Schema = {
    "type": ["object", "null"],
    "properties": {"locked_reason": _REASON},
    "additionalProperties": False,
}

LOCK = Versioned(
    ("2.1", "2.72", types.closed({"lock": types.ANYTHING}, ("lock",))),
    ("2.73", None, types.closed({"lock": _WITH_REASON}, ("lock",))),
)
UNLOCK = Versioned(("2.1", "2.72", types.closed({"unlock": types.ANYTHING}, ("unlock",))))

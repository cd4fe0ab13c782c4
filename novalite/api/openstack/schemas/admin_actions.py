"""The action os-resetState."""

from novalite.api.openstack.schemas import types

_STATE = types.closed({"state": {"type": "string", "enum": ["active", "error"]}}, ("state",))

RESET_STATE = types.closed({"os-resetState": _STATE}, ("os-resetState",))

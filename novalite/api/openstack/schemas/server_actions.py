"""Bodies of POST /servers/{id}/action."""

from novalite.api.openstack.schemas import types

START = types.closed({"os-start": types.ANYTHING}, ("os-start",))
STOP = types.closed({"os-stop": types.ANYTHING}, ("os-stop",))
REBOOT = types.closed(
    {
        "reboot": types.closed(
            {"type": {"type": "string", "enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}},
            ("type",),
        )
    },
    ("reboot",),
)
NO_ANSWER = {"type": "null"}

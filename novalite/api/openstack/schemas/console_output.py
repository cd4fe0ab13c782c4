"""The os-getConsoleOutput action."""

from novalite.api.openstack.schemas import types

GET_CONSOLE_OUTPUT = types.closed(
    {
        "os-getConsoleOutput": types.closed(
            {
                "length": {
                    "type": ["integer", "string", "null"],
                    "minimum": -1,
                    "pattern": "^-?[0-9]+$",
                }
            }
        )
    },
    ("os-getConsoleOutput",),
)
ANSWER = types.closed({"output": types.STRING}, ("output",))

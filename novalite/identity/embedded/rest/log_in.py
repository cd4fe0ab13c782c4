"""What POST /v3/auth/tokens accepts."""

from typing import Any

from novalite.identity.embedded.grants import SYSTEM

Schema = dict[str, Any]

METHODS = ("password", "token", "application_credential", "totp")
"""Those that have a member of their own."""

_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 255}
_SECRET: Schema = {"type": "string"}
_DOMAIN: Schema = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT},
    "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
}
_NAMED: Schema = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN},
    "anyOf": [{"required": ["id"]}, {"required": ["name", "domain"]}],
}


def _object(required: list[str], **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required}


def _user_with(secret: str) -> Schema:
    properties = {**_NAMED["properties"], secret: _SECRET}
    return {**_NAMED, "properties": properties, "required": [secret]}


_IDENTITY = _object(
    ["methods"],
    methods={"type": "array", "minItems": 1, "maxItems": 8, "items": {"type": "string"}},
    password=_object(["user"], user=_user_with("password")),
    token=_object(["id"], id={"type": "string", "minLength": 1}),
    totp=_object(["user"], user=_user_with("passcode")),
    application_credential={
        **_object(["secret"], id=_TEXT, name=_TEXT, secret=_SECRET, user=_NAMED),
        "anyOf": [{"required": ["id"]}, {"required": ["name", "user"]}],
    },
)
_SCOPE: Schema = {
    "oneOf": [
        {"type": "string", "enum": ["unscoped"]},
        {
            "type": "object",
            "properties": {
                "project": _NAMED,
                "domain": _DOMAIN,
                "unscoped": {"type": "object"},
                "system": _object([SYSTEM], **{SYSTEM: {"type": "boolean", "enum": [True]}}),
                "OS-TRUST:trust": _object(["id"], id=_TEXT),
            },
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
    ]
}
SCHEMA = _object(["auth"], auth=_object(["identity"], identity=_IDENTITY, scope=_SCOPE))

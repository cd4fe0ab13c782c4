"""Pieces of request schemas, and how query filters are read."""

from typing import Any

from novalite.wsgi.operations import Request

Schema = dict[str, Any]

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"\S"}
LONG_NAME: Schema = {**NAME, "maxLength": 255}
TEXT: Schema = {"type": ["string", "null"]}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": r"^[\w-]+$"}
BOOLEAN: Schema = {"type": "boolean"}

_TRUE = ("", "1", "true", "yes", "on")


def body(noun: str, properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """``{noun: {...}}``. Members that we do not know are allowed, as identity v3 does, and
    dropped by ``known``."""
    inner: Schema = {"type": "object", "properties": properties}
    if required:
        inner["required"] = list(required)
    return {"type": "object", "properties": {noun: inner}, "required": [noun]}


def known(req: Request, noun: str, properties: Schema) -> dict[str, Any]:
    """The members of the body that ``properties`` declares."""
    return {k: v for k, v in req.body[noun].items() if k in properties}


def filters(req: Request, *names: str) -> dict[str, Any]:
    """The equality filters among the query's parameters; ``enabled`` as a boolean."""
    found: dict[str, Any] = {}
    for name in names:
        value = req.query_one(name)
        if value is not None:
            found[name] = value.lower() in _TRUE if name == "enabled" else value
    return found

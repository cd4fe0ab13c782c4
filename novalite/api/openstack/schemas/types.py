"""Kinds of values that many requests share."""

from typing import Any

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
STRING_OR_NULL: Schema = {"type": ["string", "null"]}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
BOOLEAN: Schema = {"type": "boolean"}
ANYTHING: Schema = {}

NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "format": "name"}
UUID: Schema = {"type": "string", "format": "uuid"}
UUID_OR_NULL: Schema = {"type": ["string", "null"], "format": "uuid"}
DATE_TIME: Schema = {"type": "string", "format": "date-time"}
DATE_TIME_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
URI: Schema = {"type": "string", "format": "uri"}
IPV4: Schema = {"type": "string", "format": "ipv4"}
IPV6: Schema = {"type": "string", "format": "ipv6"}
IP_ADDRESS: Schema = {"type": "string", "oneOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
DESCRIPTION: Schema = {
    "type": ["string", "null"],
    "minLength": 0,
    "maxLength": 255,
    "format": "printable",
}
TAG: Schema = {"type": "string", "minLength": 1, "maxLength": 60, "pattern": "^[^,/]*$"}
PROJECT_ID: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[a-zA-Z0-9-]*$",
}

TRUE_WORDS = ("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes")
FALSE_WORDS = ("False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")
BOOLISH: Schema = {"type": ["boolean", "string"], "enum": [True, *TRUE_WORDS, False, *FALSE_WORDS]}

METADATA: Schema = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}

NON_NEGATIVE: Schema = {
    "type": ["integer", "string"],
    "minLength": 1,
    "minimum": 0,
    "pattern": "^[0-9]*$",
}


def is_true(value: Any) -> bool:
    """The meaning of a value that ``BOOLISH`` admits."""
    return value is True or value in TRUE_WORDS


def constant(value: Any) -> Schema:
    """One value only (draft 4 has no ``const``)."""
    return {"type": "string", "enum": [value]}


def listed(item: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": item, **more}


def occurrences(item: Schema, **more: Any) -> Schema:
    """A query parameter: the list of its values."""
    return {"type": "array", "items": item, **more}


def once(item: Schema) -> Schema:
    """A query parameter that may stand only once."""
    return occurrences(item, maxItems=1)


def closed(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        made["required"] = list(required)
    return made


LINKS: Schema = listed(
    closed({"rel": {"type": "string", "enum": ["self", "bookmark"]}, "href": URI}, ("rel", "href"))
)
NEXT_LINKS: Schema = listed(
    closed({"rel": {"enum": ["next"]}, "href": URI}, ("rel", "href")), minItems=1, maxItems=1
)

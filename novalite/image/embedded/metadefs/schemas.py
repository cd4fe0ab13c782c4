"""JSON schemas of metadata definitions: for requests, and for clients that ask."""

from typing import Any

Schema = dict[str, Any]

_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^[^/]+$"}
_TEXT: Schema = {"type": "string"}
_TIMES: Schema = {
    "created_at": {"type": "string", "readOnly": True, "format": "date-time"},
    "updated_at": {"type": "string", "readOnly": True, "format": "date-time"},
}
_LINKS: Schema = {
    "self": {"type": "string", "readOnly": True},
    "schema": {"type": "string", "readOnly": True},
}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_STRINGS: Schema = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}

# What a property may say of its values: JSON schema's own words.
_PROPERTY: Schema = {
    "title": _TEXT,
    "description": _TEXT,
    "operators": {"type": "array", "items": {"type": "string"}},
    "type": {"enum": ["array", "boolean", "integer", "number", "object", "string", None]},
    "minimum": {"type": "number"},
    "maximum": {"type": "number"},
    "minLength": _COUNT,
    "maxLength": _COUNT,
    "pattern": {"type": "string"},
    "enum": {"type": "array"},
    "readonly": {"type": "boolean"},
    "default": {},
    "minItems": _COUNT,
    "maxItems": _COUNT,
    "uniqueItems": {"type": "boolean"},
    "additionalItems": {"type": "boolean"},
    "items": {
        "type": "object",
        "properties": {"type": _TEXT, "enum": {"type": "array"}},
    },
}
_PROPERTIES: Schema = {
    "type": "object",
    "propertyNames": {"maxLength": 80},
    "additionalProperties": {
        "type": "object",
        "properties": _PROPERTY,
        "required": ["title", "type"],
    },
}

PROPERTY: Schema = {
    "name": "property",
    "type": "object",
    "properties": {"name": {**_NAME, "maxLength": 255}, **_PROPERTY},
    "required": ["name", "title", "type"],
    "additionalProperties": False,
}
OBJECT: Schema = {
    "name": "object",
    "type": "object",
    "properties": {
        "name": {**_NAME, "maxLength": 255},
        "description": _TEXT,
        "required": {**_STRINGS, "type": ["array", "null"]},
        "properties": {**_PROPERTIES, "type": ["object", "null"]},
        **_LINKS,
        **_TIMES,
    },
    "required": ["name"],
    "additionalProperties": False,
}
TAG: Schema = {
    "name": "tag",
    "type": "object",
    "properties": {"name": {**_NAME, "maxLength": 255}, **_TIMES},
    "required": ["name"],
    "additionalProperties": False,
}
TARGET: Schema = {
    "name": "resource_type_association",
    "type": "object",
    "properties": {
        "name": _NAME,
        "prefix": {"type": ["string", "null"], "maxLength": 80},
        "properties_target": {"type": ["string", "null"], "maxLength": 80},
        **_TIMES,
    },
    "required": ["name"],
    "additionalProperties": False,
}
NAMESPACE: Schema = {
    "name": "namespace",
    "type": "object",
    "properties": {
        "namespace": _NAME,
        "display_name": {"type": ["string", "null"], "maxLength": 80},
        "description": {"type": ["string", "null"], "maxLength": 500},
        "visibility": {"enum": ["public", "private"]},
        "protected": {"type": "boolean"},
        "owner": {"type": "string", "maxLength": 255},
        **_LINKS,
        **_TIMES,
        "resource_type_associations": {"type": "array", "items": TARGET},
        "properties": _PROPERTIES,
        "objects": {"type": "array", "items": OBJECT},
        "tags": {"type": "array", "items": TAG},
    },
    "required": ["namespace"],
    "additionalProperties": False,
}
TAGS: Schema = {
    "type": "object",
    "properties": {"tags": {"type": "array", "items": TAG}},
    "required": ["tags"],
    "additionalProperties": False,
}

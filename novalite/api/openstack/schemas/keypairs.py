"""Key pairs."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

_NARROW = r"^[_\- a-zA-Z0-9]+$"
_WIDE = r"^[_\-\@\. a-zA-Z0-9]+$"


def _name(pattern: str) -> Schema:
    return {
        "allOf": [
            types.NAME,
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": pattern},
        ]
    }


# What may be asked for grew at 2.92; what was stored then is shown at any version.
_SHOWN_NAME = _name(_WIDE)
_TYPE: Schema = {"type": "string", "enum": ["ssh", "x509"]}

# ---- requests ----


def _create(version: Version) -> Schema:
    fields = (
        Field("name", _name(_WIDE if version >= (2, 92) else _NARROW), required=True),
        Field("public_key", types.STRING, required=version >= (2, 92)),
        Field("type", _TYPE, since="2.2"),
        Field("user_id", types.STRING, since="2.10"),
    )
    return types.closed({"keypair": document(fields, version)}, ("keypair",))


CREATE = spans(_create, ("2.1", "2.2", "2.10", "2.92"))

# ---- queries ----


def _query(version: Version) -> Schema:
    properties = {"user_id": types.occurrences(types.STRING)} if version >= (2, 10) else {}
    return {"type": "object", "properties": properties, "additionalProperties": version < (2, 75)}


def _index_query(version: Version) -> Schema:
    schema = _query(version)
    if version >= (2, 35):
        schema["properties"] |= {
            "limit": types.occurrences(types.NON_NEGATIVE),
            "marker": types.occurrences(types.STRING),
        }
    return schema


QUERY = spans(_query, ("2.1", "2.10", "2.75"))
INDEX_QUERY = spans(_index_query, ("2.1", "2.10", "2.35", "2.75"))

# ---- answers ----

_SUMMARY = (
    Field("fingerprint", types.STRING, required=True),
    Field("name", _SHOWN_NAME, required=True),
    Field("public_key", types.STRING, required=True),
    Field("type", _TYPE, since="2.2", required=True),
)
_MADE = (
    *_SUMMARY,
    Field("user_id", types.PROJECT_ID, required=True),
    Field("private_key", types.STRING, until="2.91"),
)
_DETAILS = (
    *_SUMMARY,
    Field("user_id", types.PROJECT_ID, required=True),
    Field("created_at", types.DATE_TIME, required=True),
    Field("deleted", {"type": "boolean", "enum": [False]}, required=True),
    Field("deleted_at", {"type": "null"}, required=True),
    Field("id", types.INTEGER, required=True),
    Field("updated_at", {"type": "null"}, required=True),
)


def _one(fields: tuple[Field, ...], version: Version) -> Schema:
    return types.closed({"keypair": document(fields, version)}, ("keypair",))


def _index(version: Version) -> Schema:
    properties = {"keypairs": types.listed(_one(_SUMMARY, version))}
    if version >= (2, 35):
        properties["keypairs_links"] = types.NEXT_LINKS
    return types.closed(properties, ("keypairs",))


CREATED = spans(lambda version: _one(_MADE, version), ("2.1", "2.2", "2.92"))
SHOW = spans(lambda version: _one(_DETAILS, version), ("2.1", "2.2"))
INDEX = spans(_index, ("2.1", "2.2", "2.35"))

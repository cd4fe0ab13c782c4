"""/servers/{server_id}/os-volume_attachments."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans
from novalite.wsgi.operations import Versioned

_DEVICE: Schema = {
    "type": ["string", "null"],
    "pattern": "(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$",
}
_TAG_OR_NULL: Schema = {"oneOf": [types.TAG, {"type": "null"}]}

# ---- requests ----

_CREATE = (
    Field("volumeId", types.UUID, required=True),
    Field("device", _DEVICE),
    Field("tag", types.TAG, since="2.49"),
    Field("delete_on_termination", types.BOOLISH, since="2.79"),
)
_UPDATE = (
    Field("volumeId", types.UUID, required=True),
    Field("device", _DEVICE, since="2.85"),
    Field("tag", types.TAG, since="2.85"),
    Field("delete_on_termination", types.BOOLISH, since="2.85"),
    Field("serverId", types.UUID, since="2.85"),
    Field("id", types.UUID, since="2.85"),
)


def _request(fields: tuple[Field, ...], version: Version) -> Schema:
    member = "volumeAttachment"
    return types.closed({member: document(fields, version)}, (member,))


CREATE = spans(lambda version: _request(_CREATE, version), ("2.1", "2.49", "2.79"))
UPDATE = spans(lambda version: _request(_UPDATE, version), ("2.1", "2.85"))

# ---- queries ----

_PAGE = {
    "limit": types.occurrences(types.NON_NEGATIVE),
    "offset": types.occurrences(types.NON_NEGATIVE),
}
INDEX_QUERY = Versioned(
    ("2.1", "2.74", {"type": "object", "properties": _PAGE, "additionalProperties": True}),
    ("2.75", None, types.closed(_PAGE)),
)
SHOW_QUERY: Schema = {"type": "object", "properties": {}, "additionalProperties": True}

# ---- answers ----


_COMMON = (
    Field("device", _DEVICE),
    Field("serverId", types.UUID, required=True),
    Field("volumeId", types.UUID, required=True),
    Field("tag", _TAG_OR_NULL, since="2.70", required=True),
    Field("delete_on_termination", types.BOOLISH, since="2.79", required=True),
)


def _created(version: Version) -> Schema:
    """``id`` stays here when it goes from what is shown later."""
    fields = [Field("id", types.UUID, required=True), *_COMMON]
    if version >= (2, 70):
        fields.append(Field("device", _DEVICE, required=True))
    return types.closed({"volumeAttachment": document(fields, version)}, ("volumeAttachment",))


def _item(version: Version) -> Schema:
    fields = (
        Field("id", types.UUID, until="2.88", required=True),
        *_COMMON,
        Field("attachment_id", types.UUID, since="2.89", required=True),
        Field("bdm_uuid", types.UUID, since="2.89", required=True),
    )
    return document(fields, version)


def _shown(version: Version) -> Schema:
    return types.closed({"volumeAttachment": _item(version)}, ("volumeAttachment",))


def _index(version: Version) -> Schema:
    listed = types.listed(_item(version))
    return types.closed({"volumeAttachments": listed}, ("volumeAttachments",))


CREATED = Versioned(
    ("2.1", "2.69", _created((2, 1))),
    ("2.70", "2.78", _created((2, 70))),
    ("2.79", "2.100", _created((2, 79))),
)
SHOWN = spans(_shown, ("2.1", "2.70", "2.79", "2.89"))
INDEX = spans(_index, ("2.1", "2.70", "2.79", "2.89"))

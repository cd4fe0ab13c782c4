"""Quota classes."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans
from novalite.api.openstack.schemas.quota_sets import COUNT, LIMIT, UNTIL
from novalite.wsgi.operations import Versioned

_STARTS = ("2.1", "2.50", "2.57")
# Before 2.50 they may be set, and are not shown.
_SHOWN_SINCE = {"server_groups": "2.50", "server_group_members": "2.50"}
# Where quota sets lose the network's resources at 2.36, classes do at 2.50.
_UNTIL = {name: "2.49" if last == "2.35" else last for name, last in UNTIL.items()}
_ID = Field("id", types.STRING, required=True)
_VIEW = tuple(
    Field(name, COUNT, since=_SHOWN_SINCE.get(name, "2.1"), until=last, required=True)
    for name, last in _UNTIL.items()
)
_LIMITS = tuple(Field(name, LIMIT, until=last) for name, last in _UNTIL.items())


def _set_of(*fields: Field) -> Versioned:
    def build(version: Version) -> Schema:
        members = document(fields, version)
        return types.closed({"quota_class_set": members}, ("quota_class_set",))

    return spans(build, _STARTS)


UPDATE = _set_of(*_LIMITS)
SHOWN = _set_of(_ID, *_VIEW)
UPDATED = _set_of(*_VIEW)
SHOW_QUERY = spans(
    lambda version: {
        "type": "object",
        "properties": {},
        "additionalProperties": version < (2, 102),
    },
    ("2.1", "2.102"),
)

"""GET /servers/{server_id}/os-instance-actions and what one action looks like."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

_TIME = types.once(types.DATE_TIME)
_OWNER: Schema = {**types.PROJECT_ID, "type": ["null", "string"]}


def index_query(version: Version) -> Schema:
    if version < (2, 58):
        return {"type": "object", "properties": {}, "additionalProperties": True}
    properties = {
        "limit": types.once(types.NON_NEGATIVE),
        "marker": types.once(types.STRING),
        "changes-since": _TIME,
    }
    if version >= (2, 66):
        properties["changes-before"] = _TIME
    return types.closed(properties)


def show_query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


_ACTION = (
    Field("action", types.STRING, required=True),
    Field("instance_uuid", types.UUID, required=True),
    Field("message", types.STRING_OR_NULL, required=True),
    Field("project_id", _OWNER, required=True),
    Field("request_id", types.STRING, required=True),
    Field("start_time", types.DATE_TIME, required=True),
    Field("user_id", _OWNER, required=True),
    Field("updated_at", types.DATE_TIME_OR_NULL, since="2.58", required=True),
)
_EVENT = (
    Field("event", types.STRING, required=True),
    Field("finish_time", types.DATE_TIME_OR_NULL, required=True),
    Field("result", types.STRING_OR_NULL, required=True),
    Field("start_time", types.DATE_TIME, required=True),
    Field("traceback", types.STRING_OR_NULL),
    Field("hostId", types.STRING, since="2.62", required=True),
    Field("host", types.STRING, since="2.62"),
    Field("details", types.STRING_OR_NULL, since="2.84"),
)


def _events(version: Version) -> Schema:
    return types.listed(document(_EVENT, version))


_SHOWN = (
    *_ACTION,
    Field("events", _events, until="2.50"),
    Field("events", _events, since="2.51", required=True),
)


def index(version: Version) -> Schema:
    properties = {"instanceActions": types.listed(document(_ACTION, version))}
    if version >= (2, 58):
        properties["links"] = types.NEXT_LINKS
    return types.closed(properties, ("instanceActions",))


def show(version: Version) -> Schema:
    return types.closed({"instanceAction": document(_SHOWN, version)}, ("instanceAction",))


INDEX_QUERY = spans(index_query, ("2.1", "2.58", "2.66"))
SHOW_QUERY = spans(show_query, ("2.1", "2.102"))
INDEX_ANSWER = spans(index, ("2.1", "2.58"))
SHOW_ANSWER = spans(show, ("2.1", "2.51", "2.58", "2.62", "2.84"))

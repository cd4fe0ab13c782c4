"""Moves of servers."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

_INTEGER_OR_NULL: Schema = {"type": ["integer", "null"]}
_TYPES: Schema = {"type": "string", "enum": ["migration", "resize", "live-migration", "evacuation"]}

# What the lists of all and of one server's live migrations have in common.
COMMON = (
    Field("created_at", types.DATE_TIME, required=True),
    Field("dest_compute", types.STRING_OR_NULL, required=True),
    Field("dest_host", types.STRING_OR_NULL, required=True),
    Field("dest_node", types.STRING_OR_NULL, required=True),
    Field("id", types.INTEGER, required=True),
    Field("source_compute", types.STRING_OR_NULL, required=True),
    Field("source_node", types.STRING_OR_NULL, required=True),
    Field("status", types.STRING, required=True),
    Field("uuid", types.UUID, since="2.59", required=True),
    Field("project_id", types.PROJECT_ID, since="2.80", required=True),
    Field("user_id", types.PROJECT_ID, since="2.80", required=True),
)
_MIGRATION = (
    *COMMON,
    Field("instance_uuid", types.UUID, required=True),
    Field("new_instance_type_id", _INTEGER_OR_NULL, required=True),
    Field("old_instance_type_id", _INTEGER_OR_NULL, required=True),
    Field("updated_at", types.DATE_TIME_OR_NULL, required=True),
    Field("migration_type", _TYPES, since="2.23", required=True),
    Field("links", types.LINKS, since="2.23"),
)


def _index(version: Version) -> Schema:
    properties = {"migrations": types.listed(document(_MIGRATION, version))}
    if version >= (2, 59):
        properties["migrations_links"] = types.NEXT_LINKS
    return types.closed(properties, ("migrations",))


def _query(version: Version) -> Schema:
    names = ("hidden", "host", "instance_uuid", "source_compute", "status", "migration_type")
    properties = {name: types.occurrences(types.STRING) for name in names}
    if version >= (2, 59):
        properties["limit"] = types.once(types.NON_NEGATIVE)
        properties["marker"] = types.once(types.STRING)
        properties["changes-since"] = types.once(types.DATE_TIME)
    if version >= (2, 66):
        properties["changes-before"] = types.once(types.DATE_TIME)
    if version >= (2, 80):
        properties["user_id"] = types.once(types.STRING)
        properties["project_id"] = types.once(types.STRING)
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": version < (2, 59),
    }


INDEX = spans(_index, ("2.1", "2.23", "2.59", "2.80"))
INDEX_QUERY = spans(_query, ("2.1", "2.59", "2.66", "2.80"))

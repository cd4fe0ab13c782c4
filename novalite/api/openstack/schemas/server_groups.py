"""Server groups. From 2.64 a group has one ``policy`` with ``rules`` instead of ``policies``."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Field, Schema, Version, document, spans

_HARD = ["anti-affinity", "affinity"]
_SOFT = ["soft-anti-affinity", "soft-affinity"]


def _policy(version: Version) -> Schema:
    return {"type": "string", "enum": _HARD if version < (2, 15) else _HARD + _SOFT}


# ---- requests ----


def _policies(version: Version) -> Schema:
    return {
        "type": "array",
        "items": _policy(version),
        "minItems": 1,
        "maxItems": 1,
        "uniqueItems": True,
    }


_MAX_PER_HOST: Schema = {
    "type": ["integer", "string"],
    "pattern": "^[0-9]*$",
    "minimum": 1,
    "minLength": 1,
}
_CREATE = (
    Field("name", types.NAME, required=True),
    Field("policies", _policies, until="2.63", required=True),
    Field("policy", _policy, since="2.64", required=True),
    Field("rules", types.closed({"max_server_per_host": _MAX_PER_HOST}), since="2.64"),
)


def _create(version: Version) -> Schema:
    return types.closed({"server_group": document(_CREATE, version)}, ("server_group",))


CREATE = spans(_create, ("2.1", "2.15", "2.64"))

# ---- queries ----


def _index_query(version: Version) -> Schema:
    return {
        "type": "object",
        "properties": {
            "all_projects": types.occurrences(types.STRING),
            "limit": types.occurrences(types.NON_NEGATIVE),
            "offset": types.occurrences(types.NON_NEGATIVE),
        },
        "additionalProperties": version < (2, 75),
    }


def _show_query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


INDEX_QUERY = spans(_index_query, ("2.1", "2.75"))
SHOW_QUERY = spans(_show_query, ("2.1", "2.102"))

# ---- answers ----


def _shown_policies(version: Version) -> Schema:
    return {"type": "array", "items": _policy(version), "minItems": 0, "maxItems": 1}


_VIEW = (
    Field("id", types.UUID, required=True),
    Field("name", types.STRING, required=True),
    Field("policies", _shown_policies, until="2.63", required=True),
    Field("members", types.listed(types.UUID), required=True),
    Field("metadata", types.closed({}), until="2.63", required=True),
    Field("project_id", types.PROJECT_ID, since="2.13", required=True),
    Field("user_id", types.PROJECT_ID, since="2.13", required=True),
    Field("policy", _policy, since="2.64", required=True),
    Field(
        "rules",
        types.closed({"max_server_per_host": types.INTEGER}),
        since="2.64",
        required=True,
    ),
)
_STARTS = ("2.1", "2.13", "2.15", "2.64")


def _one(version: Version) -> Schema:
    return types.closed({"server_group": document(_VIEW, version)}, ("server_group",))


def _index(version: Version) -> Schema:
    return types.closed(
        {"server_groups": types.listed(document(_VIEW, version))}, ("server_groups",)
    )


SHOW = spans(_one, _STARTS)
INDEX = spans(_index, _STARTS)

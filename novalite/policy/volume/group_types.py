"""Types of groups."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN

RULES = declare(
    "",
    (
        "group:access_group_types_specs",
        ADMIN,
        "See the specs in the types of groups",
        "GET /v3/group_types",
        "GET /v3/group_types/{id}",
    ),
    (
        "group:group_types:create",
        ADMIN,
        "Create a type of groups",
        "POST /v3/group_types",
    ),
    (
        "group:group_types:update",
        ADMIN,
        "Update a type of groups",
        "PUT /v3/group_types/{id}",
    ),
    (
        "group:group_types:delete",
        ADMIN,
        "Delete a type of groups",
        "DELETE /v3/group_types/{id}",
    ),
    (
        "group:group_types_specs:get_all",
        ADMIN,
        "Show the specs of a type of groups",
        "GET /v3/group_types/{id}/group_specs",
        "GET /v3/group_types/{id}/group_specs/{key}",
    ),
    (
        "group:group_types_specs:create",
        ADMIN,
        "Set specs of a type of groups",
        "POST /v3/group_types/{id}/group_specs",
        "PUT /v3/group_types/{id}/group_specs/{key}",
    ),
    (
        "group:group_types_specs:delete",
        ADMIN,
        "Delete a spec of a type of groups",
        "DELETE /v3/group_types/{id}/group_specs/{key}",
    ),
)

"""How much a project may have."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN, READER

RULES = declare(
    "",
    (
        "volume_extension:quotas:show",
        READER,
        "Show a project's quota",
        "GET /v3/os-quota-sets/{project_id}",
        "GET /v3/os-quota-sets/{project_id}/default",
    ),
    (
        "volume_extension:quotas:update",
        ADMIN,
        "Set a project's quota",
        "PUT /v3/os-quota-sets/{project_id}",
    ),
    (
        "volume_extension:quotas:delete",
        ADMIN,
        "Set a project's quota back to the default",
        "DELETE /v3/os-quota-sets/{project_id}",
    ),
    (
        "volume_extension:quota_classes:get",
        ADMIN,
        "Show a quota class",
        "GET /v3/os-quota-class-sets/{name}",
    ),
    (
        "volume_extension:quota_classes:update",
        ADMIN,
        "Set a quota class",
        "PUT /v3/os-quota-class-sets/{name}",
    ),
    (
        "limits_extension:used_limits",
        READER,
        "Show the project's limits and what it uses of them",
        "GET /v3/limits",
    ),
)

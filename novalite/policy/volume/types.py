"""Volume types: their specs, encryption, access and defaults."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN

RULES = declare(
    "",
    (
        "volume_extension:type_create",
        ADMIN,
        "Create a volume type",
        "POST /v3/types",
    ),
    (
        "volume_extension:type_update",
        ADMIN,
        "Update a volume type",
        "PUT /v3/types/{id}",
    ),
    (
        "volume_extension:type_delete",
        ADMIN,
        "Delete a volume type",
        "DELETE /v3/types/{id}",
    ),
    (
        "volume_extension:access_types_qos_specs_id",
        ADMIN,
        "See the QoS specs of a volume type",
        "GET /v3/types",
        "GET /v3/types/{id}",
    ),
    (
        "volume_extension:types_extra_specs:create",
        ADMIN,
        "Set extra specs",
        "POST /v3/types/{id}/extra_specs",
        "PUT /v3/types/{id}/extra_specs/{key}",
    ),
    (
        "volume_extension:types_extra_specs:delete",
        ADMIN,
        "Delete an extra spec",
        "DELETE /v3/types/{id}/extra_specs/{key}",
    ),
    (
        "volume_extension:types_extra_specs:read_sensitive",
        ADMIN,
        "See extra specs that say how things are stored",
        "GET /v3/types",
        "GET /v3/types/{id}",
        "GET /v3/types/{id}/extra_specs",
    ),
    (
        "volume_extension:volume_type_access:get_all_for_type",
        ADMIN,
        "List who may use a private volume type",
        "GET /v3/types/{id}/os-volume-type-access",
    ),
    (
        "volume_extension:volume_type_access:addProjectAccess",
        ADMIN,
        "Let a project use a volume type",
        "POST /v3/types/{id}/action (addProjectAccess)",
    ),
    (
        "volume_extension:volume_type_access:removeProjectAccess",
        ADMIN,
        "Let a project use a volume type no more",
        "POST /v3/types/{id}/action (removeProjectAccess)",
    ),
    (
        "volume_extension:volume_type_encryption:get",
        ADMIN,
        "Show how a volume type encrypts",
        "GET /v3/types/{id}/encryption",
        "GET /v3/types/{id}/encryption/{key}",
    ),
    (
        "volume_extension:volume_type_encryption:create",
        ADMIN,
        "Let a volume type encrypt",
        "POST /v3/types/{id}/encryption",
    ),
    (
        "volume_extension:volume_type_encryption:update",
        ADMIN,
        "Update how a volume type encrypts",
        "PUT /v3/types/{id}/encryption/{encryption_id}",
    ),
    (
        "volume_extension:volume_type_encryption:delete",
        ADMIN,
        "Let a volume type encrypt no more",
        "DELETE /v3/types/{id}/encryption/{encryption_id}",
    ),
    (
        "volume_extension:default_set_or_update",
        ADMIN,
        "Set a project's default volume type",
        "PUT /v3/default-types/{project_id}",
    ),
    (
        "volume_extension:default_get",
        ADMIN,
        "Show a project's default volume type",
        "GET /v3/default-types/{project_id}",
    ),
    (
        "volume_extension:default_get_all",
        ADMIN,
        "List the default volume types of projects",
        "GET /v3/default-types",
    ),
    (
        "volume_extension:default_unset",
        ADMIN,
        "Unset a project's default volume type",
        "DELETE /v3/default-types/{project_id}",
    ),
)

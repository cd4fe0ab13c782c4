"""QoS specs."""

from novalite.policy.rules import declare
from novalite.policy.volume.base import ADMIN

RULES = declare(
    "",
    (
        "volume_extension:qos_specs_manage:get_all",
        ADMIN,
        "List QoS specs",
        "GET /v3/qos-specs",
    ),
    (
        "volume_extension:qos_specs_manage:get",
        ADMIN,
        "Show QoS specs, and which types have them",
        "GET /v3/qos-specs/{id}",
        "GET /v3/qos-specs/{id}/associations",
    ),
    (
        "volume_extension:qos_specs_manage:create",
        ADMIN,
        "Create QoS specs",
        "POST /v3/qos-specs",
    ),
    (
        "volume_extension:qos_specs_manage:update",
        ADMIN,
        "Update QoS specs, and give them to types",
        "PUT /v3/qos-specs/{id}",
        "PUT /v3/qos-specs/{id}/delete_keys",
        "GET /v3/qos-specs/{id}/associate",
        "GET /v3/qos-specs/{id}/disassociate",
        "GET /v3/qos-specs/{id}/disassociate_all",
    ),
    (
        "volume_extension:qos_specs_manage:delete",
        ADMIN,
        "Delete QoS specs",
        "DELETE /v3/qos-specs/{id}",
    ),
)

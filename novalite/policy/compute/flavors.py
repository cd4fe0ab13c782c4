"""Flavors, their extra specs and who may use them."""

from novalite.policy.rules import ADMIN, PROJECT_READER_OR_ADMIN, Deprecated, rule

RULES = [
    rule(
        "os_compute_api:os-flavor-access:add_tenant_access",
        ADMIN,
        "Grant a project access to a private flavor",
        ["POST /flavors/{flavor_id}/action (addTenantAccess)"],
    ),
    rule(
        "os_compute_api:os-flavor-access:remove_tenant_access",
        ADMIN,
        "Revoke a project from a private flavor",
        ["POST /flavors/{flavor_id}/action (removeTenantAccess)"],
    ),
    rule(
        "os_compute_api:os-flavor-access",
        ADMIN,
        "List projects with access to a private flavor",
        ["GET /flavors/{flavor_id}/os-flavor-access"],
        deprecated=Deprecated("os_compute_api:os-flavor-access", "rule:admin_or_owner"),
    ),
    rule(
        "os_compute_api:os-flavor-extra-specs:show",
        PROJECT_READER_OR_ADMIN,
        "Show one flavor extra spec",
        ["GET /flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key}"],
    ),
    rule(
        "os_compute_api:os-flavor-extra-specs:create",
        ADMIN,
        "Add/overwrite flavor extra specs",
        ["POST /flavors/{flavor_id}/os-extra_specs/"],
    ),
    rule(
        "os_compute_api:os-flavor-extra-specs:update",
        ADMIN,
        "Update one flavor extra spec",
        ["PUT /flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key}"],
    ),
    rule(
        "os_compute_api:os-flavor-extra-specs:delete",
        ADMIN,
        "Delete one flavor extra spec",
        ["DELETE /flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key}"],
    ),
    rule(
        "os_compute_api:os-flavor-extra-specs:index",
        PROJECT_READER_OR_ADMIN,
        "List flavor extra specs; also gates extra_specs in flavor bodies (2.61+)",
        [
            "GET /flavors/{flavor_id}/os-extra_specs/",
            "POST /flavors",
            "GET /flavors/detail",
            "GET /flavors/{flavor_id}",
            "PUT /flavors/{flavor_id}",
        ],
    ),
    rule(
        "os_compute_api:os-flavor-manage:create",
        ADMIN,
        "Create flavor",
        ["POST /flavors"],
    ),
    rule(
        "os_compute_api:os-flavor-manage:update",
        ADMIN,
        "Change flavor description",
        ["PUT /flavors/{flavor_id}"],
    ),
    rule(
        "os_compute_api:os-flavor-manage:delete",
        ADMIN,
        "Delete flavor",
        ["DELETE /flavors/{flavor_id}"],
    ),
]

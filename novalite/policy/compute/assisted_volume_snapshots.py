"""Snapshots in which the hypervisor takes part."""

from novalite.policy.rules import SERVICE_OR_ADMIN, rule

RULES = [
    rule(
        "os_compute_api:os-assisted-volume-snapshots:create",
        SERVICE_OR_ADMIN,
        "Create hypervisor-assisted volume snapshot (block-storage service only)",
        ["POST /os-assisted-volume-snapshots"],
    ),
    rule(
        "os_compute_api:os-assisted-volume-snapshots:delete",
        SERVICE_OR_ADMIN,
        "Delete hypervisor-assisted volume snapshot",
        ["DELETE /os-assisted-volume-snapshots/{snapshot_id}"],
    ),
]

"""Volumes and their snapshots, as the compute API still shows them to old clients (to 2.35)."""

from novalite.policy.rules import (
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    Deprecated,
    rule,
)

_FORMER = Deprecated("os_compute_api:os-volumes", "rule:admin_or_owner")
_PREFIX = "os_compute_api:os-volumes:"

RULES = [
    rule(
        _PREFIX + "list",
        PROJECT_READER_OR_ADMIN,
        "List volumes (proxy)",
        ["GET /os-volumes"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "create",
        PROJECT_MEMBER_OR_ADMIN,
        "Create volume (proxy)",
        ["POST /os-volumes"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "detail",
        PROJECT_READER_OR_ADMIN,
        "List volumes detail (proxy)",
        ["GET /os-volumes/detail"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "show",
        PROJECT_READER_OR_ADMIN,
        "Show volume (proxy)",
        ["GET /os-volumes/{volume_id}"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "delete",
        PROJECT_MEMBER_OR_ADMIN,
        "Delete volume (proxy)",
        ["DELETE /os-volumes/{volume_id}"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "snapshots:list",
        PROJECT_READER_OR_ADMIN,
        "List volume snapshots (proxy)",
        ["GET /os-snapshots"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "snapshots:create",
        PROJECT_MEMBER_OR_ADMIN,
        "Create volume snapshot (proxy)",
        ["POST /os-snapshots"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "snapshots:detail",
        PROJECT_READER_OR_ADMIN,
        "List volume snapshots detail (proxy)",
        ["GET /os-snapshots/detail"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "snapshots:show",
        PROJECT_READER_OR_ADMIN,
        "Show volume snapshot (proxy)",
        ["GET /os-snapshots/{snapshot_id}"],
        deprecated=_FORMER,
    ),
    rule(
        _PREFIX + "snapshots:delete",
        PROJECT_MEMBER_OR_ADMIN,
        "Delete volume snapshot (proxy)",
        ["DELETE /os-snapshots/{snapshot_id}"],
        deprecated=_FORMER,
    ),
]

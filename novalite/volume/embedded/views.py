"""Volumes, snapshots and attachments as the API shows them, per microversion."""

from collections.abc import Callable

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.listing import NEWEST
from novalite.volume.embedded.rows import moment

Version = tuple[int, int]
Links = Callable[[str], list[dict[str, str]]]
"""A path (``/volumes/x``) -> its links."""


def no_links(path: str) -> list[dict[str, str]]:
    """For callers within the cloud."""
    return []


def pool_host(host: str | None, backend: str) -> str | None:
    """As in ``os-vol-host-attr:host``: host@backend#pool."""
    return f"{host}@{backend}#{backend}" if host else None


def volume_summary(record: Row, links: Links = no_links) -> Row:
    return {
        "id": record["id"],
        "name": record["name"],
        "links": links(f"/volumes/{record['id']}"),
    }


def volume(
    record: Row, version: Version = NEWEST, *, admin: bool = True, links: Links = no_links
) -> Row:
    """In full, except what only a list or a show adds: see ``volume_detail``."""
    view = {
        "id": record["id"],
        "status": record["status"],
        "size": record["size"],
        "availability_zone": record["availability_zone"],
        "created_at": moment(record["created_at"]),
        "updated_at": moment(record["updated_at"]),
        "attachments": [
            _attached(each, admin=admin)
            for each in record["attachments"]
            if each["attach_status"] == "attached"
        ],
        "name": record["name"],
        "description": record["description"],
        "volume_type": record["volume_type"],
        "snapshot_id": record["snapshot_id"],
        "source_volid": record["source_volid"],
        "metadata": _visible_metadata(record),
        "links": links(f"/volumes/{record['id']}"),
        "user_id": record["user_id"],
        "bootable": str(record["bootable"]).lower(),
        "encrypted": record["encrypted"],
        "replication_status": record["replication_status"],
        "consistencygroup_id": None,
        "multiattach": record["multiattach"],
    }
    if admin:
        view["migration_status"] = record["migration_status"]
    view.update(_newer(record, version, admin=admin))
    return view


def _newer(record: Row, version: Version, *, admin: bool) -> Row:
    view: Row = {}
    if version >= (3, 13):
        view["group_id"] = record["group_id"]
    if version >= (3, 21) and admin:
        view["provider_id"] = None
    if version >= (3, 48):
        view["shared_targets"] = False
        view["service_uuid"] = None
    if version >= (3, 61) and admin:
        view["cluster_name"] = None
    if version >= (3, 63):
        view["volume_type_id"] = record["volume_type_id"]
    if version >= (3, 64) and record["encryption_key_id"]:
        view["encryption_key_id"] = record["encryption_key_id"]
    if version >= (3, 65):
        view["consumes_quota"] = True
    return view


def volume_detail(
    record: Row, version: Version = NEWEST, *, admin: bool = True, links: Links = no_links
) -> Row:
    """As lists with details and GET of one volume show it."""
    view = volume(record, version, admin=admin, links=links)
    if record["image_metadata"]:
        view["volume_image_metadata"] = dict(record["image_metadata"])
    view["os-vol-tenant-attr:tenant_id"] = record["project_id"]
    if admin:
        view["os-vol-host-attr:host"] = pool_host(record["host"], record["backend"])
        view["os-vol-mig-status-attr:migstat"] = record["migration_status"]
        view["os-vol-mig-status-attr:name_id"] = None
    return view


def _visible_metadata(record: Row) -> Row:
    """The user's, and what the service lets users see of its own."""
    metadata = dict(record["metadata"])
    modes = [
        each["attach_mode"] or "rw"
        for each in record["attachments"]
        if each["attach_status"] == "attached"
    ]
    readonly = record["readonly"]
    if modes:
        metadata["attached_mode"] = modes[0]
        readonly = bool(readonly)
    if readonly is not None:
        metadata["readonly"] = str(readonly)
    return metadata


def _attached(row: Row, *, admin: bool) -> Row:
    return {
        "id": row["volume_id"],
        "attachment_id": row["id"],
        "volume_id": row["volume_id"],
        "server_id": row["instance_uuid"],
        "host_name": row["attached_host"] if admin else None,
        "device": row["mountpoint"],
        "attached_at": moment(row["attach_time"]),
    }


# ---- snapshots ----


def snapshot(record: Row, version: Version = NEWEST, *, detail: bool = True) -> Row:
    view = {
        "id": record["id"],
        "created_at": moment(record["created_at"]),
        "updated_at": moment(record["updated_at"]),
        "name": record["name"],
        "description": record["description"],
        "volume_id": record["volume_id"],
        "status": record["status"],
        "size": record["volume_size"],
        "metadata": dict(record["metadata"]),
    }
    if detail:
        view["os-extended-snapshot-attributes:progress"] = record["progress"]
        view["os-extended-snapshot-attributes:project_id"] = record["project_id"]
    if version >= (3, 14) and detail:
        view["group_snapshot_id"] = record["group_snapshot_id"]
    if version >= (3, 41) and detail:
        view["user_id"] = record["user_id"]
    if version >= (3, 65) and detail:
        view["consumes_quota"] = True
    return view


# ---- attachments ----


def attachment(row: Row, version: Version = NEWEST, *, detail: bool = True) -> Row:
    view = {
        "id": row["id"],
        "status": row["attach_status"],
        "instance": row["instance_uuid"],
        "volume_id": row["volume_id"],
    }
    if not detail:
        return view
    view["attached_at"] = moment(row["attach_time"]) or ""
    view["detached_at"] = moment(row["detach_time"]) or ""
    if version >= (3, 54):
        view["attach_mode"] = row["attach_mode"]
    view["connection_info"] = dict(row["connection_info"] or {})
    return view

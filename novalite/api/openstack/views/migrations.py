"""How moves of servers look: in the list of all, and as live migrations of one server."""

from typing import Any

from novalite.api.openstack.views.servers import precise_time
from novalite.db.cell_database.migrations import IN_PROGRESS, LIVE
from novalite.objects import Migration
from novalite.wsgi.operations import Request

_HOSTS = ("source_compute", "source_node", "dest_compute", "dest_node", "dest_host")
_PROGRESS = ("total", "processed", "remaining")


def _common(version: tuple[int, int], migration: Migration, hosts: bool) -> dict[str, Any]:
    """``hosts``: whether the caller may see them."""
    view: dict[str, Any] = {
        "id": migration.id,
        "status": migration.status,
        "created_at": precise_time(migration.created_at),
        "updated_at": precise_time(migration.updated_at),
        **{name: getattr(migration, name) if hosts else None for name in _HOSTS},
    }
    if version >= (2, 59):
        view["uuid"] = migration.uuid
    if version >= (2, 80):
        view |= {"user_id": migration.user_id, "project_id": migration.project_id}
    return view


def listed(req: Request, migration: Migration, *, hosts: bool) -> dict[str, Any]:
    view = {
        **_common(req.version, migration, hosts),
        "instance_uuid": migration.instance_uuid,
        "old_instance_type_id": migration.old_instance_type_id,
        "new_instance_type_id": migration.new_instance_type_id,
    }
    if req.version >= (2, 23):
        view["migration_type"] = migration.migration_type
        if migration.migration_type == LIVE and migration.status in IN_PROGRESS:
            path = f"/servers/{migration.instance_uuid}/migrations/{migration.id}"
            view["links"] = [
                {"rel": "self", "href": req.link(path)},
                {"rel": "bookmark", "href": req.bookmark(path)},
            ]
    return view


def of_server(version: tuple[int, int], migration: Migration, *, hosts: bool) -> dict[str, Any]:
    view = {**_common(version, migration, hosts), "server_uuid": migration.instance_uuid}
    for what in ("memory", "disk"):
        for name in _PROGRESS:
            view[f"{what}_{name}_bytes"] = getattr(migration, f"{what}_{name}")
    return view

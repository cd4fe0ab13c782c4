"""Live migrations of a server that are not over: /servers/{server_id}/migrations."""

from typing import Any

from novalite.api.openstack import servers
from novalite.api.openstack.schemas import server_migrations as schemas
from novalite.api.openstack.views import migrations as views
from novalite.db.cell_database import migrations as db
from novalite.exception import NotFound
from novalite.objects import Migration
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:servers:migrations:"
_LAST_NUMBER = 2**31 - 1


def index(req: Request) -> dict[str, Any]:
    found = servers.find(req, RULE + "index", uuid=req.path["server_id"])
    instance, migrations = found.instance, []
    if found.database is not None:
        with found.cell.read() as conn:
            migrations = db.live_in_progress(conn, instance.uuid)
    target = {"project_id": instance.project_id, "user_id": instance.user_id}
    hosts = req.allowed(RULE + "index:host", target)
    return {"migrations": [views.of_server(req.version, m, hosts=hosts) for m in migrations]}


def show(req: Request) -> dict[str, Any]:
    found = servers.find(req, RULE + "show", uuid=req.path["server_id"])
    uuid, id_ = found.instance.uuid, req.path["id"]
    migration: Migration | None = None
    if found.database is not None and id_.isdecimal() and int(id_) <= _LAST_NUMBER:
        with found.cell.read() as conn:
            migration = db.of_server(conn, uuid, int(id_))
    if migration is None:
        raise NotFound(f"In-progress live migration {id_} is not found for server {uuid}.")
    if migration.migration_type != db.LIVE:
        raise NotFound(f"Migration {id_} for server {uuid} is not live-migration.")
    if migration.status not in db.IN_PROGRESS:
        raise NotFound(f"Live migration {id_} for server {uuid} is not in progress.")
    return {"migration": views.of_server(req.version, migration, hosts=True)}


OPERATIONS = [
    Operation(
        "GET",
        "/servers/{server_id}/migrations",
        index,
        "In-progress live migrations of server",
        min_version="2.23",
        query=schemas.QUERY,
        response=schemas.INDEX,
        errors=(404,),
    ),
    Operation(
        "GET",
        "/servers/{server_id}/migrations/{id}",
        show,
        "Show in-progress live migration",
        min_version="2.23",
        query=schemas.QUERY,
        response=schemas.SHOWN,
        errors=(404,),
    ),
]

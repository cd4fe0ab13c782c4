"""[DEFAULT]osapi_compute_unique_server_name_scope: no two servers of one name."""

from novalite.api.compute import parts
from novalite.api.compute.request import CreateRequest
from novalite.context import RequestContext
from novalite.db.api_database import build_requests
from novalite.db.cell_database import instances
from novalite.deployment import Deployment
from novalite.exception import InstanceExists


def check(deployment: Deployment, context: RequestContext, request: CreateRequest) -> None:
    """Raises InstanceExists (409). The names of several servers differ by their number, so only
    the request's own name is looked for."""
    scope = deployment.conf.osapi_compute_unique_server_name_scope
    if not scope or request.max_count > 1:
        return
    project_id = context.project_id if scope == "project" else None
    if _promised(deployment, request.name, project_id) or _in_cells(
        deployment, request.name, project_id
    ):
        raise InstanceExists(name=request.name)


def _promised(deployment: Deployment, name: str, project_id: str | None) -> bool:
    with parts.api_database(deployment).read() as conn:
        waiting = build_requests.list_(conn, project_id)
    return any(item.instance.display_name.lower() == name.lower() for item in waiting)


def _in_cells(deployment: Deployment, name: str, project_id: str | None) -> bool:
    databases = parts.databases(deployment)
    cells = [databases.cell0, *(database for _, database in databases.cells(disabled=True))]
    for database in cells:
        with database.read() as conn:
            if instances.name_taken(conn, name, project_id):
                return True
    return False

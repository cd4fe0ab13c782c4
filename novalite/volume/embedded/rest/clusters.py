"""/clusters and /workers: services that share one store. Here each store has one service."""

from novalite.exception import NotFound
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import object_, service_of
from novalite.volume.embedded.services import VOLUME
from novalite.wsgi.operations import Operation, Request

CLEAN = object_(
    {
        name: {}
        for name in (
            *("cluster_name", "service_id", "host", "binary", "is_up", "disabled"),
            *("resource_id", "resource_type"),
        )
    }
)


def _list(request: Request) -> Row:
    service_of(request).core.authorize(request.context, "clusters:get_all")
    return {"clusters": []}


def _show(request: Request) -> Row:
    service_of(request).core.authorize(request.context, "clusters:get")
    raise NotFound(f"Cluster {request.path['name']} could not be found.")


def _clean(request: Request) -> Row:
    """Work that a killed process left is taken up now instead of at the next period."""
    service_of(request).core.authorize(request.context, "workers:cleanup")
    service = service_of(request)
    body = request.body
    found = service.services.list_(request.context, body.get("host"), VOLUME)
    if body.get("cluster_name") or body.get("binary") not in (None, VOLUME):
        found = []
    service.core.wake()

    def view(row: Row) -> Row:
        name = row["host"]
        return {"id": None, "cluster_name": None, "host": name, "binary": row["binary"]}

    return {
        "cleaning": [view(row) for row in found if row["up"]],
        "unavailable": [view(row) for row in found if not row["up"]],
    }


OPERATIONS = [
    Operation("GET", "/clusters", _list, "List clusters", min_version="3.7", errors=(403,)),
    Operation(
        "GET", "/clusters/detail", _list, "List clusters in full", min_version="3.7", errors=(403,)
    ),
    Operation(
        "GET", "/clusters/{name}", _show, "Show a cluster", min_version="3.7", errors=(403, 404)
    ),
    Operation(
        "POST",
        "/workers/cleanup",
        _clean,
        "Take up work that was left",
        success=202,
        min_version="3.24",
        request=CLEAN,
        errors=(403,),
    ),
]

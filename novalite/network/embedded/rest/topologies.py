"""/v2.0/auto-allocated-topology"""

from typing import Any

from novalite.network.embedded.rest.resource import ROOT, service_of
from novalite.wsgi.operations import Answer, Operation, Request

_PATH = f"{ROOT}/auto-allocated-topology/{{project_id}}"
DRY_RUN = "dry-run"


def _show(request: Request) -> dict[str, Any]:
    dry_run = DRY_RUN in request.query.get("fields", ())
    topologies = service_of(request).topologies
    shown = topologies.show(request.context, request.path["project_id"], dry_run)
    return {"auto_allocated_topology": shown}


def _delete(request: Request) -> Answer:
    service_of(request).topologies.delete(request.context, request.path["project_id"])
    return Answer(status=204)


OPERATIONS = [
    Operation("GET", _PATH, _show, "Show or make a project's topology", errors=(403, 409)),
    Operation(
        "DELETE", _PATH, _delete, "Delete a project's topology", success=204, errors=(404, 409)
    ),
]

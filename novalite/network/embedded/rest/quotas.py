"""/v2.0/quotas"""

from typing import Any

from novalite.network.embedded.quotas import RESOURCES
from novalite.network.embedded.rest.resource import MOST, ROOT, object_, service_of
from novalite.wsgi.operations import Answer, Operation, Request

UPDATE = object_(
    {
        "quota": object_(
            {name: {"type": "integer", "minimum": -1, "maximum": MOST} for name in RESOURCES}
        )
    },
    "quota",
)
_PROJECT = f"{ROOT}/quotas/{{project_id}}"


def _list(request: Request) -> dict[str, Any]:
    return {"quotas": service_of(request).quotas.list_(request.context)}


def _show(request: Request) -> dict[str, Any]:
    quotas = service_of(request).quotas
    return {"quota": quotas.show(request.context, request.path["project_id"])}


def _details(request: Request) -> dict[str, Any]:
    quotas = service_of(request).quotas
    return {"quota": quotas.details(request.context, request.path["project_id"])}


def _default(request: Request) -> dict[str, Any]:
    return {"quota": service_of(request).quotas.defaults(request.context)}


def _update(request: Request) -> dict[str, Any]:
    quotas = service_of(request).quotas
    limits = request.body["quota"]
    return {"quota": quotas.update(request.context, request.path["project_id"], limits)}


def _delete(request: Request) -> Answer:
    service_of(request).quotas.delete(request.context, request.path["project_id"])
    return Answer(status=204)


OPERATIONS = [
    Operation("GET", f"{ROOT}/quotas", _list, "List quotas", errors=(403,)),
    Operation("GET", _PROJECT, _show, "Show a project's quota", errors=(403,)),
    Operation("GET", f"{_PROJECT}/details", _details, "Show quota and usage", errors=(403,)),
    Operation("GET", f"{_PROJECT}/default", _default, "Show the default quota"),
    Operation("PUT", _PROJECT, _update, "Set quotas", request=UPDATE, errors=(400, 403)),
    Operation("DELETE", _PROJECT, _delete, "Reset quotas", success=204, errors=(403, 404)),
]

"""/v2/tasks: for administrators."""

from typing import Any

from novalite import exception
from novalite.image.embedded.import_tasks import IMPORT
from novalite.image.embedded.rest import common, views
from novalite.image.embedded.rest.common import service_of
from novalite.image.embedded.tasks import STATUSES
from novalite.wsgi.operations import Answer, Operation, Request

_SORTABLE = ("created_at", "updated_at", "expires_at", "id", "status", "type")
_CREATE = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": [IMPORT]},
        "input": {"type": "object"},
    },
    "required": ["type", "input"],
}
_RULE = "tasks_api_access"


def list_(req: Request) -> dict[str, Any]:
    equal = {name: req.query_one(name) for name in ("type", "status", "image_id")}
    equal = {name: value for name, value in equal.items() if value is not None}
    if equal.get("status", STATUSES[0]) not in STATUSES:
        raise exception.Invalid(f"Invalid status value: {equal['status']}")
    sort, limit, marker = common.page(req, _SORTABLE)
    rows = service_of(req).tasks.list_(req.context, equal, sort, limit, marker)
    items = [views.short_task(row) for row in rows]
    last = rows[-1]["id"] if rows else None
    return common.listed(req, "/v2/tasks", "tasks", "/v2/schemas/tasks", items, limit, last)


def show(req: Request) -> dict[str, Any]:
    return views.task(service_of(req).tasks.show(req.context, req.path["id"]))


def create(req: Request) -> Answer:
    row = service_of(req).import_tasks.create(req.context, req.body["input"])
    return Answer(views.task(row), headers={"Location": req.link(f"/v2/tasks/{row['id']}")})


OPERATIONS = [
    Operation("GET", "/v2/tasks", list_, "List tasks", policy=_RULE, errors=(400, 403)),
    Operation("GET", "/v2/tasks/{id}", show, "Show a task", policy=_RULE, errors=(403, 404)),
    Operation(
        "POST", "/v2/tasks", create, "Create a task", success=201, request=_CREATE,
        policy=_RULE, errors=(400, 403),
    ),
]  # fmt: skip

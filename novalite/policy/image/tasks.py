"""Tasks."""

from novalite.policy.image.base import ADMIN, declare

RULES = declare(
    (
        "tasks_api_access",
        ADMIN,
        "See and create tasks",
        "GET /v2/tasks",
        "GET /v2/tasks/{task_id}",
        "POST /v2/tasks",
    ),
)

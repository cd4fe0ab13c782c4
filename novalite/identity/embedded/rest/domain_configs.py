"""/v3/domains/{id}/config and /v3/domains/config"""

from typing import Any

from novalite.identity.embedded import domain_configs
from novalite.identity.embedded.rest.access import (
    service_of,
)
from novalite.wsgi.operations import Answer, Operation, Request

_BODY = {
    "type": "object",
    "properties": {"config": {"type": "object"}},
    "required": ["config"],
}


def _names(req: Request) -> tuple[str | None, str | None]:
    return req.path.get("group"), req.path.get("option")


def show(req: Request) -> dict[str, Any]:
    return {"config": service_of(req).domain_configs.get(req.path["id"], *_names(req))}


def show_default(req: Request) -> dict[str, Any]:
    return {"config": domain_configs.default(*_names(req))}


def put(req: Request) -> Answer:
    config, created = service_of(req).domain_configs.put(req.path["id"], req.body["config"])
    return Answer({"config": config}, status=201 if created else 200)


def update(req: Request) -> dict[str, Any]:
    configs = service_of(req).domain_configs
    return {"config": configs.update(req.path["id"], req.body["config"], *_names(req))}


def delete(req: Request) -> None:
    service_of(req).domain_configs.delete(req.path["id"], *_names(req))


_ROOT = "/v3/domains/{id}/config"
OPERATIONS = [
    Operation(
        "PUT", _ROOT, put, "Set a domain's configuration", success=201, request=_BODY,
        policy="identity:create_domain_config",
    ),
    *(
        Operation(
            "GET", f"/v3/domains/config{path}/default", show_default, f"Show the default {what}",
            policy="identity:get_domain_config_default",
        )
        for path, what in (
            ("", "domain configuration"),
            ("/{group}", "of a group of the domain configuration"),
            ("/{group}/{option}", "of an option of the domain configuration"),
        )
    ),
    *(
        operation
        for path, what in (
            ("", "domain's configuration"),
            ("/{group}", "group of a domain's configuration"),
            ("/{group}/{option}", "option of a domain's configuration"),
        )
        for operation in (
            Operation(
                "GET", _ROOT + path, show, f"Show a {what}", policy="identity:get_domain_config"
            ),
            Operation(
                "PATCH", _ROOT + path, update, f"Update a {what}", request=_BODY,
                policy="identity:update_domain_config",
            ),
            Operation(
                "DELETE", _ROOT + path, delete, f"Delete a {what}", success=204,
                policy="identity:delete_domain_config",
            ),
        )
    ),
]  # fmt: skip

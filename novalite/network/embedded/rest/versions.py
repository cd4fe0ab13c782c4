"""What the service speaks and offers: / and /v2.0, extensions."""

from typing import Any

from novalite.exception import NotFound
from novalite.network.embedded.extensions import EXTENSIONS
from novalite.network.embedded.rest.resource import ROOT, service_of
from novalite.wsgi.operations import Operation, Request

COLLECTIONS = (
    "networks",
    "subnets",
    "ports",
    "routers",
    "floatingips",
    "security-groups",
    "security-group-rules",
    "address-groups",
    "address-scopes",
    "subnetpools",
    "rbac-policies",
    "agents",
    "quotas",
)
UPDATED = "2026-01-01T00:00:00-00:00"


def _versions(request: Request) -> dict[str, Any]:
    return {
        "versions": [
            {
                "id": "v2.0",
                "status": "CURRENT",
                "links": [{"rel": "self", "href": f"{request.base_url}{ROOT}/"}],
            }
        ]
    }


def _resources(request: Request) -> dict[str, Any]:
    return {
        "resources": [
            {
                "name": _singular(name).replace("-", "_"),
                "collection": name.replace("-", "_"),
                "links": [{"rel": "self", "href": f"{request.base_url}{ROOT}/{name}"}],
            }
            for name in COLLECTIONS
        ]
    }


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name[:-1]


def _view(alias: str) -> dict[str, Any]:
    name = EXTENSIONS[alias]
    return {"alias": alias, "name": name, "description": name, "updated": UPDATED, "links": []}


def _extensions(request: Request) -> dict[str, Any]:
    known = service_of(request).extensions(request.context)
    return {"extensions": [_view(alias) for alias in sorted(known)]}


def _extension(request: Request) -> dict[str, Any]:
    alias = request.path["alias"]
    if alias not in service_of(request).extensions(request.context):
        raise NotFound(f"Extension with alias {alias} does not exist")
    return {"extension": _view(alias)}


OPERATIONS = [
    Operation("GET", "/", _versions, "List versions", public=True),
    Operation("GET", ROOT, _resources, "List collections"),
    Operation("GET", f"{ROOT}/extensions", _extensions, "List extensions"),
    Operation("GET", f"{ROOT}/extensions/{{alias}}", _extension, "Show an extension"),
]

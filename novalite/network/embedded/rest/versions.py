"""What the service speaks and offers: / and /v2.0, extensions, and the list of floating
addresses, of which there are none because there are no routers."""

from typing import Any

from novalite.exception import NotFound
from novalite.network.embedded.rest.resource import ROOT, service_of
from novalite.wsgi.operations import Operation, Request

COLLECTIONS = ("networks", "subnets", "ports", "security-groups", "security-group-rules", "quotas")
UPDATED = "2026-01-01T00:00:00-00:00"

NAMES = {
    "allowed-address-pairs": "Allowed Address Pairs",
    "binding": "Port Binding",
    "dns-integration": "DNS Integration",
    "external-net": "Neutron external network",
    "filter-validation": "Filter parameters validation",
    "ip-substring-filtering": "IP address substring filtering",
    "net-mtu": "Network MTU",
    "net-mtu-writable": "Network MTU (writable)",
    "pagination": "Pagination support",
    "port-security": "Port Security",
    "project-id": "project_id field enabled",
    "quota_details": "Quota details management support",
    "quotas": "Quota management support",
    "security-group": "security-group",
    "sorting": "Sorting support",
    "standard-attr-description": "standard-attr-description",
    "standard-attr-revisions": "Resource revision numbers",
    "standard-attr-timestamp": "Resource timestamps",
}


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
                "name": name.rstrip("s").replace("-", "_"),
                "collection": name.replace("-", "_"),
                "links": [{"rel": "self", "href": f"{request.base_url}{ROOT}/{name}"}],
            }
            for name in COLLECTIONS
        ]
    }


def _view(alias: str) -> dict[str, Any]:
    name = NAMES.get(alias, alias)
    return {"alias": alias, "name": name, "description": name, "updated": UPDATED, "links": []}


def _extensions(request: Request) -> dict[str, Any]:
    known = service_of(request).extensions(request.context)
    return {"extensions": [_view(alias) for alias in sorted(known)]}


def _extension(request: Request) -> dict[str, Any]:
    alias = request.path["alias"]
    if alias not in service_of(request).extensions(request.context):
        raise NotFound(f"Extension with alias {alias} does not exist")
    return {"extension": _view(alias)}


def _floating_ips(request: Request) -> dict[str, Any]:
    return {"floatingips": service_of(request).list_floating_ips(request.context)}


OPERATIONS = [
    Operation("GET", "/", _versions, "List versions", public=True),
    Operation("GET", ROOT, _resources, "List collections"),
    Operation("GET", f"{ROOT}/extensions", _extensions, "List extensions"),
    Operation("GET", f"{ROOT}/extensions/{{alias}}", _extension, "Show an extension"),
    Operation("GET", f"{ROOT}/floatingips", _floating_ips, "List floating addresses"),
]

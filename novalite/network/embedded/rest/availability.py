"""/v2.0/network-ip-availabilities, /v2.0/availability_zones and /v2.0/service-providers"""

from typing import Any

from novalite.network.embedded.core import ZONE
from novalite.network.embedded.rest.resource import ROOT, Resource, chosen, service_of
from novalite.wsgi.operations import Operation, Request

_USAGE = Resource(
    "network_ip_availability",
    lambda service: service.ip_availability,
    plural="network_ip_availabilities",
)
PROVIDERS = [{"service_type": "L3_ROUTER_NAT", "name": "single_node", "default": True}]


def _filtered(request: Request, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of these few: those that the query asks for."""
    wanted = {name: values for name, values in request.query.items() if name != "fields"}
    return [
        chosen(request, item)
        for item in items
        if all(str(item.get(name)).lower() in map(str.lower, wanted[name]) for name in wanted)
    ]


def _zones(request: Request) -> dict[str, Any]:
    service_of(request).core.authorize(request.context, "get_availability_zone")
    zones = [
        {"name": ZONE, "resource": resource, "state": "available"}
        for resource in ("network", "router")
    ]
    return {"availability_zones": _filtered(request, zones)}


def _providers(request: Request) -> dict[str, Any]:
    service_of(request).core.authorize(request.context, "get_service_provider")
    return {"service_providers": _filtered(request, PROVIDERS)}


OPERATIONS = [
    *_USAGE.operations(None, None),
    Operation("GET", f"{ROOT}/availability_zones", _zones, "List availability zones"),
    Operation("GET", f"{ROOT}/service-providers", _providers, "List service providers"),
]

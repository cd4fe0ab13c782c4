"""/v2.0/routers"""

from novalite.network.embedded.rest.resource import (
    BOOLEAN,
    ID,
    PROJECT,
    STRINGS,
    TEXT,
    Resource,
    object_,
)
from novalite.wsgi.operations import Schema

_GATEWAY: Schema = {
    "anyOf": [
        {"type": "null"},
        object_(
            {
                "network_id": ID,
                "enable_snat": BOOLEAN,
                "external_fixed_ips": {
                    "type": "array",
                    "items": object_(
                        {"subnet_id": {"type": "string"}, "ip_address": {"type": "string"}}
                    ),
                },
            }
        ),
    ]
}
ROUTES: Schema = {
    "type": ["array", "null"],
    "items": object_(
        {"destination": {"type": "string"}, "nexthop": {"type": "string"}},
        "destination",
        "nexthop",
    ),
}
_COMMON = {
    "name": TEXT,
    "description": TEXT,
    "admin_state_up": BOOLEAN,
    "external_gateway_info": _GATEWAY,
}
CREATE = object_({**_COMMON, **PROJECT, "availability_zone_hints": STRINGS})
UPDATE = object_({**_COMMON, "routes": ROUTES})
INTERFACE = object_({"subnet_id": ID, "port_id": ID})
MORE_ROUTES = object_({"router": object_({"routes": ROUTES}, "routes")}, "router")

_ROUTERS = Resource("router", lambda service: service.routers)

OPERATIONS = [
    *_ROUTERS.operations(CREATE, UPDATE),
    _ROUTERS.action(
        "add_router_interface",
        lambda service, req: service.router_interfaces.add(req.context, req.path["id"], req.body),
        "Add an interface to a router",
        INTERFACE,
        wrap=False,
    ),
    _ROUTERS.action(
        "remove_router_interface",
        lambda service, req: service.router_interfaces.remove(
            req.context, req.path["id"], req.body
        ),
        "Remove an interface from a router",
        INTERFACE,
        wrap=False,
    ),
    _ROUTERS.action(
        "add_extraroutes",
        lambda service, req: service.routers.add_routes(
            req.context, req.path["id"], req.body["router"]["routes"] or []
        ),
        "Add extra routes to a router",
        MORE_ROUTES,
    ),
    _ROUTERS.action(
        "remove_extraroutes",
        lambda service, req: service.routers.remove_routes(
            req.context, req.path["id"], req.body["router"]["routes"] or []
        ),
        "Remove extra routes from a router",
        MORE_ROUTES,
    ),
]

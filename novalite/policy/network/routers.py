"""Routers: their gateway, interfaces and extra routes."""

from novalite.policy.network.base import MEMBER
from novalite.policy.network.resource import ROOT, attributes, five, tags
from novalite.policy.rules import rule

_PATH = "routers"
_GATEWAY = "external_gateway_info"
_MEMBERS = (_GATEWAY, f"{_GATEWAY}:network_id")
_ADMINS = (f"{_GATEWAY}:enable_snat", f"{_GATEWAY}:external_fixed_ips")
_ACTIONS = {
    "add_router_interface": "Add an interface to a router",
    "remove_router_interface": "Remove an interface from a router",
    "add_extraroutes": "Add extra routes to a router",
    "remove_extraroutes": "Remove extra routes from a router",
}

RULES = [
    *five("router", _PATH),
    *(
        each
        for verb in ("create", "update")
        for each in (
            *attributes(verb, "router", _PATH, _MEMBERS, MEMBER),
            *attributes(verb, "router", _PATH, _ADMINS),
        )
    ),
    *(
        rule(name, MEMBER, text, [f"PUT {ROOT}/{_PATH}/{{id}}/{name}"])
        for name, text in _ACTIONS.items()
    ),
    *tags("router", _PATH),
]

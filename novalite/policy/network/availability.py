"""Addresses in use, availability zones and service providers."""

from novalite.policy.network.base import ADMIN, ANYBODY
from novalite.policy.network.resource import ROOT
from novalite.policy.rules import rule

_USAGE = f"{ROOT}/network-ip-availabilities"

RULES = [
    rule(
        "get_network_ip_availability",
        ADMIN,
        "Show how many addresses of networks are in use",
        [f"GET {_USAGE}", f"GET {_USAGE}/{{id}}"],
    ),
    rule(
        "get_availability_zone",
        ANYBODY,
        "List availability zones",
        [f"GET {ROOT}/availability_zones"],
        scopes=None,
    ),
    rule(
        "get_service_provider",
        ANYBODY,
        "List service providers",
        [f"GET {ROOT}/service-providers"],
        scopes=None,
    ),
]

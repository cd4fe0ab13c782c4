"""Agents of the network service, and which networks have DHCP from them."""

from novalite.policy.network.base import ADMIN
from novalite.policy.network.resource import ROOT
from novalite.policy.rules import rule

_MANY = f"{ROOT}/agents"
_ONE = f"{_MANY}/{{id}}"
_SERVED = f"{_ONE}/dhcp-networks"

RULES = [
    rule("get_agent", ADMIN, "Show and list agents", [f"GET {_MANY}", f"GET {_ONE}"]),
    rule("update_agent", ADMIN, "Update an agent", [f"PUT {_ONE}"]),
    rule("delete_agent", ADMIN, "Delete an agent", [f"DELETE {_ONE}"]),
    rule(
        "get_dhcp-agents",
        ADMIN,
        "List the DHCP agents of a network",
        [f"GET {ROOT}/networks/{{network_id}}/dhcp-agents"],
    ),
    rule("get_dhcp-networks", ADMIN, "List the networks of a DHCP agent", [f"GET {_SERVED}"]),
    rule("create_dhcp-network", ADMIN, "Let a DHCP agent serve a network", [f"POST {_SERVED}"]),
    rule(
        "delete_dhcp-network",
        ADMIN,
        "Let a DHCP agent serve a network no more",
        [f"DELETE {_SERVED}/{{network_id}}"],
    ),
]

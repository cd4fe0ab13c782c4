"""What the network agents of other hosts ask for; not of the reference."""

from novalite.policy.network.base import ADMIN
from novalite.policy.network.resource import ROOT
from novalite.policy.rules import rule

_ONE = f"{ROOT}/novalite/hosts/{{host}}"

RULES = [
    rule("update_novalite_host", ADMIN, "Register a host's network agent", [f"PUT {_ONE}"]),
    rule("get_novalite_host", ADMIN, "Show what a host has to bring about", [f"GET {_ONE}/state"]),
]

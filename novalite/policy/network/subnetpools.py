"""Subnet pools."""

from novalite.policy.network.base import MEMBER
from novalite.policy.network.resource import ROOT, attributes, five, tags
from novalite.policy.rules import rule

_PATH = "subnetpools"
_ONE = f"PUT {ROOT}/{_PATH}/{{id}}"

RULES = [
    *five("subnetpool", _PATH),
    *attributes("create", "subnetpool", _PATH, ["shared", "is_default"]),
    *attributes("update", "subnetpool", _PATH, ["is_default"]),
    rule("add_prefixes", MEMBER, "Add prefixes to a subnet pool", [f"{_ONE}/add_prefixes"]),
    rule(
        "remove_prefixes", MEMBER, "Remove prefixes from a subnet pool", [f"{_ONE}/remove_prefixes"]
    ),
    *tags("subnetpool", _PATH),
]

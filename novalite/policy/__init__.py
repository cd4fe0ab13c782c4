"""Policy: the rules of each service, a package per service with one module per resource, and who
enforces them."""

from oslo_policy import policy

from novalite.policy import base, compute, identity, image, network, volume
from novalite.policy.enforcer import Enforcer

__all__ = ["SECTIONS", "Enforcer", "all_rules", "list_rules"]

SECTIONS: tuple[tuple[str, list[policy.RuleDefault]], ...] = (
    ("What other rules are made of", base.RULES),
    ("Compute", compute.RULES),
    ("Identity", identity.RULES),
    ("Image", image.RULES),
    ("Network", network.RULES),
    ("Volume", volume.RULES),
)
"""The rules under the headings that the documentation gives them. No name is in two sections:
there is one policy file for all services."""


def all_rules() -> list[policy.RuleDefault]:
    return [rule for _, rules in SECTIONS for rule in rules]


list_rules = all_rules
"""The name that oslo.policy's generators look for."""

"""Subnets: those of a network's owner."""

from novalite.policy.network.base import NETWORK_OWNER
from novalite.policy.network.resource import five, tags

RULES = [*five("subnet", "subnets", create=NETWORK_OWNER), *tags("subnet", "subnets")]

"""Floating addresses."""

from novalite.policy.network.resource import attributes, five, tags

_PATH = "floatingips"

RULES = [
    *five("floatingip", _PATH),
    *attributes("create", "floatingip", _PATH, ["floating_ip_address"]),
    *tags("floatingip", _PATH),
]

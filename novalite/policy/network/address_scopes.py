"""Address scopes."""

from novalite.policy.network.resource import attributes, five

_PATH = "address-scopes"

RULES = [
    *five("address_scope", _PATH),
    *attributes("create", "address_scope", _PATH, ["shared"]),
    *attributes("update", "address_scope", _PATH, ["shared"]),
]

"""Address groups."""

from novalite.policy.network.resource import five

RULES = five("address_group", "address-groups", actions=("add_addresses", "remove_addresses"))

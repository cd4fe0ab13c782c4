"""Rules of security groups: those of the group's owner."""

from novalite.policy.network.resource import five

RULES = five("security_group_rule", "security-group-rules", update=False)

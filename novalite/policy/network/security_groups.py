"""Security groups. Only who passes ``admin_only`` deletes a project's default one."""

from novalite.policy.network.resource import five, tags

RULES = [
    *five("security_group", "security-groups"),
    *tags("security_group", "security-groups"),
]

"""What the image rules are made of.

``project_id`` is the image's owner; ``member_id`` the caller's project where the image is shared
with it. Who does not see an image at all is told that there is none, whatever the rules say.
"""

from oslo_policy import policy

from novalite.policy import rules

ADMIN = rules.ADMIN
READER = f"{ADMIN} or (role:reader and project_id:%(project_id)s)"
MEMBER = f"{ADMIN} or (role:member and project_id:%(project_id)s)"
_SEEN = (
    "project_id:%(project_id)s or project_id:%(member_id)s or 'community':%(visibility)s "
    "or 'public':%(visibility)s"
)
READER_WHO_SEES = f"{ADMIN} or (role:reader and ({_SEEN}))"
MEMBER_WHO_SEES = f"{ADMIN} or (role:member and ({_SEEN}))"


def declare(*rows: tuple[str, ...]) -> list[policy.RuleDefault]:
    return rules.declare("", *rows)

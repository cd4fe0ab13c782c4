"""Key pairs of a user."""

import datetime

from novalite.objects.base import record


@record
class KeyPair:
    """``type`` is ``ssh`` or ``x509``; ``private_key`` is only ever set by generation."""

    name: str
    user_id: str
    public_key: str
    fingerprint: str
    type: str = "ssh"
    id: int | None = None
    created_at: datetime.datetime | None = None
    updated_at: datetime.datetime | None = None

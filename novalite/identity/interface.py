"""What the compute services ask of an identity service."""

import dataclasses
import datetime
from typing import Any, Protocol


@dataclasses.dataclass(slots=True)
class Token:
    """A validated token. ``catalog`` has the shape of identity v3's ``token.catalog``.
    ``access_rules``: all that it may be used for (``service``, ``path`` with wildcards,
    ``method``); None: anything that its roles allow."""

    user_id: str
    user_name: str
    user_domain_id: str
    expires_at: datetime.datetime
    project_id: str | None = None
    project_name: str | None = None
    project_domain_id: str | None = None
    roles: list[str] = dataclasses.field(default_factory=list)
    catalog: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    system_scope: str | None = None
    domain_id: str | None = None
    access_rules: list[dict[str, str]] | None = None


class IdentityAPI(Protocol):
    def validate(self, token: str) -> Token:
        """Raises Unauthorized for a token that is unknown, forged, expired or revoked, and
        DependencyUnavailable when the identity service does not answer."""

    def project_exists(self, project_id: str) -> bool:
        """For policies that name another project."""

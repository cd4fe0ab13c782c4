"""Who asks, and what that one may do. The rules are identity v3's defaults in short: an admin may
all, a reader of the system may look at all, a reader of a domain at what is in it, a manager of a
domain may also change that, everybody may look at himself."""

from typing import Any, cast

from novalite import exception
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.grants import SYSTEM
from novalite.identity.embedded.rows import Row
from novalite.identity.embedded.scoping import APPLICATION_CREDENTIAL, Details
from novalite.identity.embedded.service import IdentityService
from novalite.wsgi.operations import Request

MANAGED_ROLES = ("manager", "member", "reader")
"""What a manager of a domain may give."""


def service_of(req: Request) -> IdentityService:
    return cast(IdentityService, req.deployment.identity)


def caller(req: Request) -> str:
    """The id of the user who asks."""
    return cast(str, req.context.user_id)


def details_of(req: Request) -> Details:
    """All that the caller's token says."""
    token = req.headers.get("X-Auth-Token") or req.headers["X-Storage-Token"]
    return service_of(req).inspect(token)


def address_of(req: Request) -> str:
    return str(req.environ.get("REMOTE_ADDR", ""))


def is_admin(req: Request) -> bool:
    return "admin" in req.context.roles


def is_service(req: Request) -> bool:
    return "service" in req.context.roles


def may_read_all(req: Request) -> bool:
    """Admins and readers of the system; services need to look up what requests name."""
    context = req.context
    reads_system = context.system_scope == SYSTEM and "reader" in context.roles
    return is_admin(req) or is_service(req) or reads_system


def may_read_in(req: Request, domain_id: str | None) -> bool:
    own = domain_id is not None and req.context.domain_id == domain_id
    return may_read_all(req) or (own and "reader" in req.context.roles)


def may_manage_in(req: Request, domain_id: str | None) -> bool:
    own = domain_id is not None and req.context.domain_id == domain_id
    return is_admin(req) or (own and "manager" in req.context.roles)


def require(allowed: bool, action: str) -> None:
    """Raises Forbidden."""
    if not allowed:
        raise exception.Forbidden(
            f"You are not authorized to perform the requested action: identity:{action}."
        )


def reading(req: Request, action: str) -> dict[str, Any]:
    """What a list has to be limited to: nothing, or ``domain_id``. Raises Forbidden."""
    if may_read_all(req):
        return {}
    domain_id = req.context.domain_id
    require(may_read_in(req, domain_id), action)
    return {"domain_id": domain_id}


def fetch(
    req: Request, records: Records, action: str, *, write: bool = False, own: bool = False
) -> Row:
    """The row that ``{id}`` names. ``own``: the caller may look at it in any case. Raises
    Forbidden, also instead of NotFound, for who may not know whether it is there."""
    allowed = may_manage_in if write else may_read_in
    require(own or allowed(req, req.context.domain_id) or allowed(req, None), action)
    row = records.get(req.path["id"])
    require(own or allowed(req, row.get("domain_id")), action)
    return row


def require_full_login(req: Request, action: str) -> Details:
    """The caller's token. Raises Forbidden for one that stands for less than its user: a trust, an
    OAuth token, or an application credential that is not unrestricted."""
    details = details_of(req)
    if details.is_delegated:
        credential = details.application_credential
        full = (
            details.claims.grounds == APPLICATION_CREDENTIAL
            and credential is not None
            and credential["unrestricted"]
        )
        require(full, action)
    return details


def default_domain(req: Request) -> dict[str, Any]:
    """``domain_id`` of what is made without one: that of a token for a domain."""
    domain_id = req.context.domain_id
    return {"domain_id": domain_id} if domain_id else {}

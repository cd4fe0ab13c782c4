"""Who asks, and what that one may do. The rules are identity v3's defaults in short:
an admin may all, a reader of the system may look at all, everybody may look at himself."""

from typing import cast

from novalite import exception
from novalite.identity.embedded.scoping import SYSTEM
from novalite.identity.embedded.service import IdentityService
from novalite.wsgi.operations import Request


def service_of(req: Request) -> IdentityService:
    return cast(IdentityService, req.deployment.identity)


def caller(req: Request) -> str:
    """The id of the user who asks."""
    return cast(str, req.context.user_id)


def is_admin(req: Request) -> bool:
    return "admin" in req.context.roles


def is_service(req: Request) -> bool:
    return "service" in req.context.roles


def may_read_all(req: Request) -> bool:
    """Admins and readers of the system; services need to look up what requests name."""
    context = req.context
    reads_system = context.system_scope == SYSTEM and "reader" in context.roles
    return is_admin(req) or is_service(req) or reads_system


def require(allowed: bool, action: str) -> None:
    """Raises Forbidden."""
    if not allowed:
        raise exception.Forbidden(
            f"You are not authorized to perform the requested action: identity:{action}."
        )

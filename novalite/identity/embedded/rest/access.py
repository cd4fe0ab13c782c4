"""Who asks, and what that one may do. The rules are identity v3's defaults in short:
an admin may all, a reader of the system may look at all, everybody may look at himself."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from novalite import exception
from novalite.context import RequestContext
from novalite.identity.embedded.scoping import SYSTEM
from novalite.identity.embedded.service import IdentityService
from novalite.wsgi.operations import Request

WSGIApp = Callable[..., Iterable[bytes]]


class TokenContext:
    """Middleware: leaves the caller of a valid X-Auth-Token in the environment.

    A request without a valid one goes on without a caller: some operations are for everybody,
    and the application refuses the others.
    """

    def __init__(self, app: WSGIApp, service: IdentityService) -> None:
        self._app = app
        self._service = service

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ.pop("novalite.context", None)
        presented = environ.get("HTTP_X_AUTH_TOKEN")
        if presented:
            try:
                token = self._service.validate(presented)
            except exception.Unauthorized:
                pass
            else:
                environ["novalite.context"] = RequestContext(
                    user_id=token.user_id,
                    user_name=token.user_name,
                    user_domain_id=token.user_domain_id,
                    project_id=token.project_id,
                    project_name=token.project_name,
                    project_domain_id=token.project_domain_id,
                    domain_id=token.domain_id,
                    system_scope=token.system_scope,
                    roles=token.roles,
                    is_admin="admin" in token.roles,
                    auth_token=presented,
                    request_id=environ.get("openstack.request_id"),
                )
        return self._app(environ, start_response)


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

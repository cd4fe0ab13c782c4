"""The embedded identity service as a WSGI application, mounted at ``/identity``."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from novalite.identity.embedded.rest import (
    domains,
    projects,
    role_assignments,
    roles,
    services,
    tokens,
    users,
    versions,
)
from novalite.wsgi.application import Application, ServiceStyle
from novalite.wsgi.faults import REASONS
from novalite.wsgi.operations import Operation

if TYPE_CHECKING:
    from novalite.deployment import Deployment

OPERATIONS: list[Operation] = [
    operation
    for module in (
        versions,
        tokens,
        users,
        projects,
        domains,
        roles,
        role_assignments,
        services,
    )
    for operation in module.OPERATIONS
]


def _fault(code: int, message: str, exc: BaseException | None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "title": REASONS.get(code, "Error")}}


def app(deployment: "Deployment") -> Callable[..., Iterable[bytes]]:
    """``deployment.identity`` has to be the IdentityService. The pipeline before it tells who
    asks (``required = false``: one logs in here without a token)."""
    style = ServiceStyle("identity", fault_body=_fault)
    return _challenged(Application(OPERATIONS, deployment, style))


def _challenged(inner: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Identity URLs may end in a slash, and a 401 tells where to authenticate."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if len(path) > 1 and path.endswith("/"):
            environ["PATH_INFO"] = path.rstrip("/") or "/"

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if status.startswith("401"):
                where = f"{environ.get('wsgi.url_scheme')}://{environ.get('HTTP_HOST', '')}"
                uri = f'Keystone uri="{where}{environ.get("SCRIPT_NAME", "")}"'
                headers = [*headers, ("WWW-Authenticate", uri)]
            return start_response(status, headers, *rest)

        return inner(environ, start)

    return application

"""The embedded identity service as a WSGI application, mounted at ``/identity``."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from novalite.exception import PolicyNotAuthorized
from novalite.identity.embedded.rest import (
    application_credentials,
    credentials,
    domain_configs,
    domains,
    endpoint_groups,
    endpoints,
    grants,
    groups,
    implied_roles,
    limits,
    oauth,
    policies,
    projects,
    regions,
    role_assignments,
    roles,
    services,
    tokens,
    trusts,
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
        groups,
        projects,
        domains,
        domain_configs,
        roles,
        implied_roles,
        grants,
        role_assignments,
        services,
        endpoints,
        regions,
        endpoint_groups,
        application_credentials,
        credentials,
        trusts,
        oauth,
        policies,
        limits,
    )
    for operation in module.OPERATIONS
]


def _fault(code: int, message: str, exc: BaseException | None) -> dict[str, Any]:
    if isinstance(exc, PolicyNotAuthorized):
        action = exc.kwargs["action"]
        message = f"You are not authorized to perform the requested action: {action}."
    return {"error": {"code": code, "message": message, "title": REASONS.get(code, "Error")}}


def app(deployment: "Deployment") -> Callable[..., Iterable[bytes]]:
    """``deployment.identity`` has to be the IdentityService. The pipeline before it tells who
    asks (``required = false``: one logs in here without a token)."""
    style = ServiceStyle("identity", fault_body=_fault)
    return _challenged(Application(_with_heads(OPERATIONS), deployment, style))


def _with_heads(operations: list[Operation]) -> list[Operation]:
    """Where there is GET, HEAD asks the same without the body, as everywhere in identity v3."""
    there = {(operation.method, operation.path) for operation in operations}
    heads = [
        dataclasses.replace(operation, method="HEAD")
        for operation in operations
        if operation.method == "GET" and ("HEAD", operation.path) not in there
    ]
    return [*operations, *heads]


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

"""The embedded network service as a WSGI application, mounted at ``/network``."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from novalite.network.embedded.rest import (
    address_groups,
    address_scopes,
    agents,
    availability,
    floating_ips,
    host_states,
    networks,
    ports,
    quotas,
    rbac_policies,
    routers,
    security_group_rules,
    security_groups,
    subnetpools,
    subnets,
    tags,
    topologies,
    versions,
)
from novalite.wsgi.application import Application, ServiceStyle
from novalite.wsgi.operations import Operation

if TYPE_CHECKING:
    from novalite.deployment import Deployment

MODULES = (
    versions,
    networks,
    subnets,
    ports,
    routers,
    floating_ips,
    security_groups,
    security_group_rules,
    address_groups,
    address_scopes,
    subnetpools,
    rbac_policies,
    tags,
    agents,
    availability,
    topologies,
    quotas,
    host_states,
)
OPERATIONS: list[Operation] = [operation for module in MODULES for operation in module.OPERATIONS]


def _fault(code: int, message: str, exc: BaseException | None) -> dict[str, Any]:
    name = getattr(exc, "wire_name", None) or type(exc).__name__
    return {"NeutronError": {"type": name, "message": message, "detail": ""}}


def app(deployment: "Deployment") -> Callable[..., Iterable[bytes]]:
    """``deployment.network`` has to be the NetworkService."""
    style = ServiceStyle("network", fault_body=_fault)
    return _normalised(Application(OPERATIONS, deployment, style))


def _normalised(inner: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """URLs may end in a slash, or in ``.json`` as older clients write them."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "").removesuffix(".json")
        environ["PATH_INFO"] = path.rstrip("/") or "/"
        return inner(environ, start_response)

    return application

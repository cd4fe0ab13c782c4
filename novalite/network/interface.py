"""What the compute services ask of a network service: ports and what they stand on.

The dictionaries have the shape of the network API v2.0 (``port["fixed_ips"]``...), so that the
adapter to the real service and the embedded one differ in transport alone. What a server needs
of several such calls is written once, above this contract, in ``novalite.network.allocation``.

Errors: NetworkNotFound, PortNotFound, SecurityGroupNotFound, PortInUse, OverQuota, Forbidden,
InvalidInput, and DependencyUnavailable when the service does not answer.
"""

from typing import Any, Protocol

from novalite.context import RequestContext

Resource = dict[str, Any]


class NetworkAPI(Protocol):
    def list_networks(self, context: RequestContext, **filters: Any) -> list[Resource]: ...

    def list_subnets(self, context: RequestContext, **filters: Any) -> list[Resource]: ...

    def list_ports(self, context: RequestContext, **filters: Any) -> list[Resource]:
        """Filter values may be lists; ``device_id`` finds the ports of servers."""

    def show_port(self, context: RequestContext, port_id: str) -> Resource: ...

    def create_port(self, context: RequestContext, body: Resource) -> Resource: ...

    def update_port(
        self,
        context: RequestContext,
        port_id: str,
        body: Resource,
        revision: int | None = None,
    ) -> Resource:
        """With ``binding:host_id`` (admin): binds, and the answer tells how to plug
        (``binding:vif_type``, ``binding:vif_details`` with ``bridge_name``).

        ``revision``: only if the port's ``revision_number`` is still this one; else raises
        Conflict."""

    def delete_port(self, context: RequestContext, port_id: str) -> None:
        """Deleting what is gone is not an error."""

    def list_security_groups(self, context: RequestContext, **filters: Any) -> list[Resource]: ...

    def list_floating_ips(self, context: RequestContext, **filters: Any) -> list[Resource]: ...

    def extensions(self, context: RequestContext) -> frozenset[str]:
        """Aliases of what the service offers beyond its core; cheap to ask again."""

    def port_quota_left(self, context: RequestContext, project_id: str) -> int:
        """How many more ports the project may have; -1 without limit."""

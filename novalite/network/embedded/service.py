"""The embedded network service: networks, subnets, ports, security groups, on one host."""

from typing import Any

from oslo_config import cfg

from novalite.clock import Clock, SystemClock
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.exception import PortNotFound
from novalite.network.embedded import snapshot
from novalite.network.embedded.core import Core
from novalite.network.embedded.dhcp_port import DhcpPorts
from novalite.network.embedded.networks import Networks
from novalite.network.embedded.plane import DataPlane, NoDataPlane
from novalite.network.embedded.ports import Ports
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.security_group_rules import SecurityGroupRules
from novalite.network.embedded.security_groups import SecurityGroups
from novalite.network.embedded.subnets import Subnets
from novalite.network.interface import Resource

EXTENSIONS = frozenset(
    {
        "allowed-address-pairs",
        "binding",
        "dns-integration",
        "external-net",
        "filter-validation",
        "ip-substring-filtering",
        "net-mtu",
        "net-mtu-writable",
        "pagination",
        "port-security",
        "project-id",
        "quota_details",
        "quotas",
        "security-group",
        "sorting",
        "standard-attr-description",
        "standard-attr-revisions",
        "standard-attr-timestamp",
    }
)


class NetworkService:
    """Implements NetworkAPI by direct calls; ``app`` serves the same objects over HTTP.

    ``start`` needs the tables to be there. Thread-safe.
    """

    def __init__(
        self,
        conf: cfg.ConfigOpts,
        database: Database,
        plane: DataPlane | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.database = database
        self.plane = plane if plane is not None else _plane(conf, database)
        self.core = Core(conf, database, self.plane, clock or SystemClock())
        self.quotas = Quotas(self.core)
        self.networks = Networks(self.core, self.quotas)
        self.subnets = Subnets(self.core, self.quotas, DhcpPorts(self.core))
        self.security_groups = SecurityGroups(self.core, self.quotas)
        self.security_group_rules = SecurityGroupRules(self.core, self.quotas)
        self.ports = Ports(self.core, self.quotas, self.security_groups)

    # ---- life ----

    def start(self) -> None:
        """Bring the host's network to what the database says, whatever was before."""
        self.plane.start(lambda: snapshot.load(self.database))

    def stop(self) -> None:
        """Guests keep their network; only metadata pauses."""
        self.plane.stop()

    # ---- NetworkAPI ----

    def list_networks(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self.networks.list_(context, filters)

    def list_subnets(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self.subnets.list_(context, filters)

    def list_ports(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self.ports.list_(context, filters)

    def show_port(self, context: RequestContext, port_id: str) -> Resource:
        return self.ports.show(context, port_id)

    def create_port(self, context: RequestContext, body: Resource) -> Resource:
        return self.ports.create(context, body)

    def update_port(
        self,
        context: RequestContext,
        port_id: str,
        body: Resource,
        revision: int | None = None,
    ) -> Resource:
        return self.ports.update(context, port_id, body, revision)

    def delete_port(self, context: RequestContext, port_id: str) -> None:
        try:
            self.ports.delete(context, port_id)
        except PortNotFound:
            pass

    def list_security_groups(self, context: RequestContext, **filters: Any) -> list[Resource]:
        return self.security_groups.list_(context, filters)

    def list_floating_ips(self, context: RequestContext, **filters: Any) -> list[Resource]:
        """There are no routers here, and so no floating addresses."""
        return []

    def extensions(self, context: RequestContext) -> frozenset[str]:
        return EXTENSIONS

    def port_quota_left(self, context: RequestContext, project_id: str) -> int:
        with self.database.read() as conn:
            return self.quotas.left(conn, project_id, "port")


def _plane(conf: cfg.ConfigOpts, database: Database) -> DataPlane:
    if conf.embedded.data_plane == "none":
        return NoDataPlane(conf.embedded.device_prefix)
    from novalite.network.embedded.plane.linux import LinuxDataPlane

    return LinuxDataPlane(
        conf, lambda network, address: snapshot.owner_by_address(database, network, address)
    )

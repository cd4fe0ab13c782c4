"""The embedded network service: all its resources, and what the compute services ask of it."""

from typing import Any

from oslo_config import cfg

from novalite.clock import Clock, SystemClock
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.exception import PortNotFound
from novalite.network.embedded import snapshot
from novalite.network.embedded.address_groups import AddressGroups
from novalite.network.embedded.address_scopes import AddressScopes
from novalite.network.embedded.agents import INTERVAL_SECONDS, NETWORK_HOST, Agents
from novalite.network.embedded.availability import IpAvailability
from novalite.network.embedded.core import Core
from novalite.network.embedded.dhcp_port import DhcpPorts
from novalite.network.embedded.extensions import EXTENSIONS
from novalite.network.embedded.floating_ips import FloatingIps
from novalite.network.embedded.host_states import FollowedPlane, HostStates
from novalite.network.embedded.networks import Networks
from novalite.network.embedded.plane import DataPlane, NoDataPlane
from novalite.network.embedded.pool_ranges import PoolRanges
from novalite.network.embedded.ports import Ports
from novalite.network.embedded.quotas import Quotas
from novalite.network.embedded.rbac_policies import RbacPolicies
from novalite.network.embedded.router_interfaces import RouterInterfaces
from novalite.network.embedded.routers import Routers
from novalite.network.embedded.security_group_rules import SecurityGroupRules
from novalite.network.embedded.security_groups import SecurityGroups
from novalite.network.embedded.subnetpools import SubnetPools
from novalite.network.embedded.subnets import Subnets
from novalite.network.embedded.tags import Finder, Tags
from novalite.network.embedded.topologies import Topologies
from novalite.network.interface import Resource
from novalite.periodic import Periodic
from novalite.policy import Enforcer
from novalite.wsgi.server_events import ServerEvents


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
        policy: Enforcer | None = None,
    ) -> None:
        self.database = database
        self.plane = plane if plane is not None else _plane(conf, database)
        clock = clock or SystemClock()
        policy = policy or Enforcer(conf)
        self.host_states = HostStates(conf, database, policy, clock)
        plane = FollowedPlane(self.plane, self.host_states)
        self.core = Core(conf, database, plane, policy, clock)
        self.quotas = Quotas(self.core)
        dhcp_ports = DhcpPorts(self.core)
        self.networks = Networks(self.core, self.quotas)
        self.address_scopes = AddressScopes(self.core, self.quotas)
        self.subnetpools = SubnetPools(self.core, self.quotas)
        self.subnets = Subnets(self.core, self.quotas, dhcp_ports, PoolRanges(self.subnetpools))
        self.security_groups = SecurityGroups(self.core, self.quotas)
        self.security_group_rules = SecurityGroupRules(self.core, self.quotas)
        self.address_groups = AddressGroups(self.core, self.quotas)
        self.ports = Ports(self.core, self.quotas, self.security_groups)
        self.routers = Routers(self.core, self.quotas)
        self.router_interfaces = RouterInterfaces(self.core, self.routers, self.subnets)
        self.floating_ips = FloatingIps(self.core, self.quotas)
        self.rbac_policies = RbacPolicies(self.core, self.quotas)
        self.agents = Agents(self.core, dhcp_ports)
        self.ip_availability = IpAvailability(self.core)
        self.topologies = Topologies(
            self.core, self.networks, self.subnets, self.routers, self.router_interfaces
        )
        self.tags = Tags(self.core, self._finders())
        self._heart = Periodic("network agents", self._beat, INTERVAL_SECONDS)

    def _finders(self) -> dict[str, Finder]:
        """Of what may have tags."""
        return {
            "networks": self.networks.get,
            "subnets": self.subnets.get,
            "ports": self.ports.get,
            "routers": self.routers.get,
            "subnetpools": self.subnetpools.get,
            "floatingips": self.floating_ips.get,
            "security-groups": self.security_groups.get,
        }

    @property
    def server_events(self) -> ServerEvents | None:
        """Who is told when the network of a server changes."""
        return self.core.events.target

    @server_events.setter
    def server_events(self, target: ServerEvents | None) -> None:
        self.core.events.target = target

    # ---- life ----

    def start(self) -> None:
        """Bring the host's network to what the database says, whatever was before."""
        self.host_states.start()
        self.plane.start(self.host_states.own)
        self.agents.started(self.core.conf.host)
        self._heart.start()

    def stop(self) -> None:
        """Guests keep their network; only metadata pauses."""
        self._heart.stop()
        self.host_states.stop()
        self.plane.stop()

    def _beat(self) -> None:
        self.agents.heard_of(self.core.conf.host, NETWORK_HOST)

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
        return self.floating_ips.list_(context, filters)

    def extensions(self, context: RequestContext) -> frozenset[str]:
        return frozenset(EXTENSIONS)

    def port_quota_left(self, context: RequestContext, project_id: str) -> int:
        with self.database.read() as conn:
            return self.quotas.left(conn, project_id, "port")


def _plane(conf: cfg.ConfigOpts, database: Database) -> DataPlane:
    if conf.embedded.data_plane == "none":
        return NoDataPlane(conf.embedded.device_prefix)
    from novalite.network.embedded.plane.linux import LinuxDataPlane

    return LinuxDataPlane(
        conf, lambda networks, address: snapshot.owner_by_address(database, networks, address)
    )

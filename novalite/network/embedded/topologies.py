"""Auto-allocated topologies: a network, a subnet and a router to the world, by one request."""

import logging

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext, admin_context
from novalite.db.engine import DuplicateKey
from novalite.exception import NetworkNotFound, NotFound
from novalite.network.embedded import rows, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.errors import InUse, Missing
from novalite.network.embedded.networks import Networks
from novalite.network.embedded.router_interfaces import RouterInterfaces
from novalite.network.embedded.router_rows import interfaces_of
from novalite.network.embedded.routers import Routers
from novalite.network.embedded.rows import Row
from novalite.network.embedded.subnets import Subnets

LOG = logging.getLogger(__name__)

T = tables.auto_allocated_topologies
NAME = "auto_allocated"
DRY_RUN = "dry-run"


class Topologies:
    def __init__(
        self,
        core: Core,
        networks: Networks,
        subnets: Subnets,
        routers: Routers,
        interfaces: RouterInterfaces,
    ) -> None:
        self.core = core
        self.networks = networks
        self.subnets = subnets
        self.routers = routers
        self.interfaces = interfaces

    def show(self, context: RequestContext, project_id: str, dry_run: bool = False) -> Row:
        """Makes it when it is not there. ``dry_run``: says whether it could be.

        Raises Forbidden, and InUse when no default external network or pool is there."""
        project_id = self._project(context, project_id, "get_auto_allocated_topology")
        with self.core.database.read() as conn:
            found = self._get(conn, project_id)
            external, versions = _requirements(conn)
        if dry_run:
            return _view(project_id, "dry-run=pass")
        return found or self._make(context, project_id, external, versions)

    def delete(self, context: RequestContext, project_id: str) -> None:
        """Raises Missing, and what deleting the parts raises while they are in use. What an
        accident left half deleted can be deleted again."""
        project_id = self._project(context, project_id, "delete_auto_allocated_topology")
        with self.core.database.read() as conn:
            row = _row(conn, project_id)
            if row is None:
                raise Missing(
                    "AutoAllocatedTopologyNotFound",
                    f"No auto-allocated topology found for project {project_id}.",
                )
        self._take_down(row["network_id"], row["router_id"])
        self.core.database.run(lambda conn: rows.delete(conn, T, T.c.project_id == project_id))

    # ---- parts ----

    def _project(self, context: RequestContext, project_id: str, rule: str) -> str:
        if project_id in ("", "None", DRY_RUN):
            project_id = context.project_id or ""
        self.core.authorize(context, rule, {"project_id": project_id})
        return project_id

    @staticmethod
    def _get(conn: Connection, project_id: str) -> Row | None:
        row = _row(conn, project_id)
        return _view(project_id, row["network_id"]) if row else None

    def _make(
        self, context: RequestContext, project_id: str, external: str, versions: list[int]
    ) -> Row:
        """What is made is only kept if its row can be written: of two at once, one wins."""
        admin = admin_context()
        body: Row = {"name": f"{NAME}_network", "project_id": project_id, "admin_state_up": False}
        network = self.networks.create(admin, body)
        router_id = ""
        try:
            gateway = {"network_id": external}
            wanted = {"name": f"{NAME}_router", "project_id": project_id}
            router = self.routers.create(admin, {**wanted, "external_gateway_info": gateway})
            router_id = router["id"]
            for version in versions:
                subnet = self.subnets.create(
                    admin,
                    {
                        "network_id": network["id"],
                        "name": f"{NAME}_subnet_v{version}",
                        "ip_version": version,
                        "use_default_subnetpool": True,
                    },
                )
                self.interfaces.add(admin, router_id, {"subnet_id": subnet["id"]})
            self.networks.update(admin, network["id"], {"admin_state_up": True})
            row = {"project_id": project_id, "network_id": network["id"], "router_id": router_id}
            self.core.database.run(lambda conn: rows.insert(conn, T, row))
        except DuplicateKey:
            self._take_down(network["id"], router_id)
            return self.show(context, project_id)
        except Exception:
            self._take_down(network["id"], router_id)
            raise
        return _view(project_id, network["id"])

    def _take_down(self, network_id: str, router_id: str) -> None:
        admin = admin_context()
        with self.core.database.read() as conn:
            held = interfaces_of(conn, router_id) if router_id else []
        try:
            for port in held:
                self.interfaces.remove(admin, router_id, {"port_id": port["id"]})
            if router_id:
                self.routers.delete(admin, router_id)
        except NotFound:
            LOG.info("Router %s of a topology is gone already", router_id)
        try:
            self.networks.delete(admin, network_id)
        except NetworkNotFound:
            LOG.info("Network %s of a topology is gone already", network_id)


def _row(conn: Connection, project_id: str) -> Row | None:
    found = conn.execute(sa.select(T).where(T.c.project_id == project_id)).mappings().first()
    return dict(found) if found else None


def _requirements(conn: Connection) -> tuple[str, list[int]]:
    """(the default external network, the IP versions of default pools)."""
    networks, pools = tables.networks, tables.subnetpools
    external = rows.select(conn, networks, networks.c.external, networks.c.is_default)
    if not external:
        raise InUse("AutoAllocationFailure", "Deployment error: No default router:external "
                    "network.")  # fmt: skip
    versions = sorted({row["ip_version"] for row in rows.select(conn, pools, pools.c.is_default)})
    if not versions:
        raise InUse("AutoAllocationFailure", "Deployment error: No default subnetpools defined.")
    return external[0]["id"], versions


def _view(project_id: str, topology_id: str) -> Row:
    return {"id": topology_id, "project_id": project_id, "tenant_id": project_id}

"""The networks that a new cloud starts with: one for guests, and one to the outside world."""

import ipaddress
import logging

from novalite.context import admin_context
from novalite.exception import Conflict, InvalidInput
from novalite.network.embedded import rows, tables
from novalite.network.embedded.plane.resolvers import resolvers
from novalite.network.embedded.rows import Row
from novalite.network.embedded.service import NetworkService

LOG = logging.getLogger(__name__)

NAME = "demo"
EXTERNAL = "public"
POOL = "shared-default-subnetpool-v4"
POOL_PREFIX_LENGTH = 26


def bootstrap(service: NetworkService, project_id: str) -> str:
    """A network that all projects share and whose gateway is this host: guests reach the world
    through it, and the host reaches the guests. Its range is [embedded]network_cidr.

    Returns its id; done twice it does nothing more. ``project_id``: its owner (admin).
    """
    table = tables.networks
    with service.database.read() as conn:
        found = rows.select(conn, table, table.c.host_access)
    context = admin_context()
    if found:
        network_id = str(found[0]["id"])
    else:
        network_id = _network(service, project_id)
    if not service.list_subnets(context, network_id=network_id):
        conf = service.core.conf.embedded
        cidr = ipaddress.ip_network(conf.network_cidr)
        body: Row = {
            "network_id": network_id,
            "name": f"{NAME}-subnet",
            "cidr": str(cidr),
            "ip_version": cidr.version,
            "dns_nameservers": list(conf.dns_servers) or resolvers(),
        }
        service.subnets.create(context, body)
        LOG.info("Network %s (%s) is %s", NAME, cidr, network_id)
    _external(service, project_id)
    _pool(service, project_id)
    return network_id


def _external(service: NetworkService, project_id: str) -> None:
    """The network of floating addresses and of routers' gateways, [embedded]external_cidr: the
    host is in it. Not made where there is an external network already."""
    wanted = service.core.conf.embedded.external_cidr
    context = admin_context()
    found = service.list_networks(context, **{"router:external": True})
    if not wanted or any(network["subnets"] for network in found):
        return
    unfinished = [network["id"] for network in found if network["name"] == EXTERNAL]
    if found and not unfinished:
        return
    cidr = ipaddress.ip_network(wanted)
    body = {
        "name": EXTERNAL,
        "router:external": True,
        "is_default": True,
        "project_id": project_id or "admin",
    }
    network_id = unfinished[0] if unfinished else service.networks.create(context, body)["id"]
    service.subnets.create(
        context,
        {
            "network_id": network_id,
            "name": f"{EXTERNAL}-subnet",
            "cidr": str(cidr),
            "ip_version": cidr.version,
            "enable_dhcp": False,
        },
    )
    LOG.info("Network %s (%s) is %s", EXTERNAL, cidr, network_id)


def _pool(service: NetworkService, project_id: str) -> None:
    """The pool from which subnets get a range when nobody says which: [embedded]subnetpool_prefix.
    Not made where there is one already."""
    wanted = service.core.conf.embedded.subnetpool_prefix
    context = admin_context()
    if not wanted or service.subnetpools.list_(context, {"is_default": True}):
        return
    body = {
        "name": POOL,
        "prefixes": [wanted],
        "default_prefixlen": POOL_PREFIX_LENGTH,
        "is_default": True,
        "shared": True,
        "project_id": project_id or "admin",
    }
    try:
        service.subnetpools.create(context, body)
    except InvalidInput:
        LOG.info("Somebody else made the default subnet pool at the same moment")


def _network(service: NetworkService, project_id: str) -> str:
    body = {"name": NAME, "shared": True, "project_id": project_id or "admin"}
    try:
        return str(service.networks.create(admin_context(), body, host_access=True)["id"])
    except Conflict:  # somebody else started at the same moment
        table = tables.networks
        with service.database.read() as conn:
            return str(rows.select(conn, table, table.c.host_access)[0]["id"])

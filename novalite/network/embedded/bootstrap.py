"""The network that a new cloud starts with."""

import ipaddress
import logging

from novalite.context import admin_context
from novalite.exception import Conflict
from novalite.network.embedded import rows, tables
from novalite.network.embedded.rows import Row
from novalite.network.embedded.service import NetworkService

LOG = logging.getLogger(__name__)

NAME = "demo"
RESOLVERS = "/etc/resolv.conf"


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
    return network_id


def _network(service: NetworkService, project_id: str) -> str:
    body = {"name": NAME, "shared": True, "project_id": project_id or "admin"}
    try:
        return str(service.networks.create(admin_context(), body, host_access=True)["id"])
    except Conflict:  # somebody else started at the same moment
        table = tables.networks
        with service.database.read() as conn:
            return str(rows.select(conn, table, table.c.host_access)[0]["id"])


def resolvers(path: str = RESOLVERS) -> list[str]:
    """The host's own IPv4 resolvers, as far as a guest could reach them."""
    found = []
    try:
        with open(path) as file:
            for line in file:
                words = line.split()
                if len(words) >= 2 and words[0] == "nameserver":
                    try:
                        address = ipaddress.ip_address(words[1])
                    except ValueError:
                        continue
                    if address.version == 4 and not address.is_loopback:
                        found.append(str(address))
    except OSError:
        return []
    return found

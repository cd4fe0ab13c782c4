"""What may be done to a port, and what goes with it when it goes."""

from collections.abc import Sequence

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import InvalidInput
from novalite.network.embedded import floating_rows, network_rows, owners, port_rows, rows, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.errors import Disallowed, IpAddressInUse, ServicePortInUse
from novalite.network.embedded.port_rows import T
from novalite.network.embedded.rows import Row

OWNER = "device_owner"
GUARDED = (
    "mac_address",
    "port_security_enabled",
    "allowed_address_pairs",
    "binding:host_id",
    "binding:profile",
)
"""Attributes that have rules of their own."""


def remove(conn: Connection, row: Row) -> None:
    """With its addresses, groups and tags."""
    port_id = row["id"]
    taken, link = tables.addresses, tables.port_security_groups
    floating_rows.detach(conn, port_id)
    rows.delete(conn, taken, taken.c.port_id == port_id)
    rows.delete(conn, link, link.c.port_id == port_id)
    rows.forget(conn, port_id)
    rows.delete(conn, T, T.c.id == port_id)


def in_plane(row: Row) -> bool:
    return bool(row["binding_host"]) or row["device_owner"].startswith(owners.SERVICE)


def check_not_ours(conn: Connection, row: Row) -> None:
    """Raises ServicePortInUse while what the port is for is there."""
    owner = row["device_owner"]
    users = {owners.INTERFACE: tables.routers, owners.GATEWAY: tables.routers}
    table = users.get(owner, tables.floating_ips if owner == owners.FLOATING else None)
    if table is not None and rows.get(conn, table, row["device_id"]) is not None:
        raise ServicePortInUse(port_id=row["id"], reason=f"has device owner {owner}")


def check_same_subnets(before: Sequence[Row], after: Sequence[Row]) -> None:
    """A router's interface may get other addresses, but not into other subnets."""
    if {item["subnet_id"] for item in before} != {item["subnet_id"] for item in after}:
        raise InvalidInput(reason="The subnets of a router's interface cannot be changed.")


def check_hosts_own(network: Row, here: Sequence[Row], wanted: Sequence[Row]) -> None:
    """Where the host itself is the gateway nobody else may have that address."""
    if not (network["host_access"] or network["external"]):
        return
    for subnet in here:
        for item in wanted:
            if subnet["gateway_ip"] and item.get("ip_address") == subnet["gateway_ip"]:
                raise IpAddressInUse(address=subnet["gateway_ip"], subnet_id=subnet["id"])


def target_of(network: Row, row: Row) -> Row:
    """A port on ``network`` as the rules see it."""
    return {**row, **network_rows.owner(network)}


def check_attributes(
    conn: Connection,
    core: Core,
    context: RequestContext,
    network: Row,
    row: Row,
    body: Row,
    rule: str,
) -> None:
    """What ``body`` sets of a port on ``network``. Raises Disallowed."""  # fmt: skip
    target = target_of(network, row)
    if str(body.get("device_owner") or "").startswith(owners.SERVICE):
        core.authorize_attributes(context, rule, target, body, [OWNER])
    core.authorize_attributes(context, rule, target, body, GUARDED)
    owner = core.allowed(context, "admin_or_network_owner", target)
    if not owner and not network_rows.lent(conn, context, network):
        raise Disallowed(rule="rule:admin_or_network_owner")


def check_service_port(core: Core, context: RequestContext, row: Row, rule: str) -> None:
    """Who may not say that a port is the network service's may not change one that is. Raises
    Disallowed."""
    if row["device_owner"].startswith(owners.SERVICE):
        core.authorize_attributes(context, rule, row, row, [OWNER])


def mine(
    conn: Connection, core: Core, context: RequestContext, port_id: str, rule: str
) -> tuple[Row, Row]:
    """(a port that the caller may change, its network): its own, or any on its network; those of
    the network service itself, but for a router's interfaces, need more. Raises Disallowed."""
    row = port_rows.get(conn, core, context, port_id)
    network = rows.get(conn, tables.networks, row["network_id"]) or {}
    core.authorize(context, rule, target_of(network, row))
    if row["device_owner"] != owners.INTERFACE:
        check_service_port(core, context, row, "update_port")
    return row, network

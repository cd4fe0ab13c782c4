"""What may be done to a port, and what goes with it when it goes."""

from collections.abc import Sequence

from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.exception import Forbidden, InvalidInput
from novalite.network.embedded import floating_rows, network_rows, owners, rows, tables
from novalite.network.embedded.core import demand_privilege, privileged
from novalite.network.embedded.errors import IpAddressInUse, ServicePortInUse
from novalite.network.embedded.port_rows import T
from novalite.network.embedded.rows import Row

OWNER_ONLY = ("mac_address", "port_security_enabled", "allowed_address_pairs")
"""Attributes that on somebody else's network only an administrator may set."""


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


def check_owner(conn: Connection, context: RequestContext, network: Row, body: Row) -> None:
    if privileged(context):
        return
    if str(body.get("device_owner") or "").startswith(owners.SERVICE):
        raise Forbidden("Policy doesn't allow this device_owner to be set.")
    if network["project_id"] == context.project_id:
        return
    if not network_rows.may_use(conn, context, network):
        raise Forbidden("Policy doesn't allow ports to be created on this external network.")
    demand_privilege(context, body, *OWNER_ONLY)

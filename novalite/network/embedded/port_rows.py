"""How ports are listed and shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.exception import InvalidInput, PortNotFound
from novalite.network.embedded import rows, tables
from novalite.network.embedded.core import Core, privileged
from novalite.network.embedded.rows import Condition, Listing, Row

T = tables.ports
A = tables.addresses
G = tables.port_security_groups

_ADDRESS_FILTERS = {
    "ip_address": lambda value: A.c.address == value,
    "subnet_id": lambda value: A.c.subnet_id == value,
    "ip_address_substr": lambda value: A.c.address.contains(value, autoescape=True),
}


def _by_address(conn: Connection, values: Sequence[Any]) -> Condition:
    """``fixed_ips=ip_address=10.0.0.5``: ports with any of the given addresses or subnets."""
    addresses: list[str] = []
    either: list[Condition] = []
    for value in values:
        name, _, wanted = str(value).partition("=")
        if name not in _ADDRESS_FILTERS or not wanted:
            raise InvalidInput(reason=f"'{value}' is not a valid filter for fixed_ips.")
        if name == "ip_address":
            addresses.append(wanted)
        else:
            either.append(_ADDRESS_FILTERS[name](wanted))
    if addresses:
        either.append(any_of(conn, A.c.address, addresses))
    return T.c.id.in_(sa.select(A.c.port_id).where(sa.or_(*either)))


def _by_group(conn: Connection, values: Sequence[Any]) -> Condition:
    query = sa.select(G.c.port_id).where(any_of(conn, G.c.security_group_id, values))
    return T.c.id.in_(query)


def _by_status(conn: Connection, values: Sequence[Any]) -> Condition:
    wanted = [str(value).upper() for value in values]
    up = sa.and_(T.c.admin_state_up, T.c.binding_host != "")
    either = [up] if "ACTIVE" in wanted else []
    if "DOWN" in wanted:
        either.append(sa.not_(up))
    return sa.or_(sa.false(), *either)


LISTING = Listing(
    T,
    {
        "id": T.c.id,
        "name": T.c.name,
        "network_id": T.c.network_id,
        "project_id": T.c.project_id,
        "tenant_id": T.c.project_id,
        "description": T.c.description,
        "mac_address": T.c.mac_address,
        "admin_state_up": T.c.admin_state_up,
        "device_id": T.c.device_id,
        "device_owner": T.c.device_owner,
        "binding:host_id": T.c.binding_host,
        "port_security_enabled": T.c.port_security_enabled,
        "dns_name": T.c.dns_name,
        "created_at": T.c.created_at,
        "updated_at": T.c.updated_at,
    },
    {
        "fixed_ips": _by_address,
        "security_groups": _by_group,
        "security_group_ids": _by_group,
        "status": _by_status,
    },
)


def visible(context: RequestContext) -> list[Condition]:
    """Own ports, and all ports on own networks."""
    if privileged(context):
        return []
    net = tables.networks
    own = sa.select(net.c.id).where(net.c.project_id == context.project_id)
    return [sa.or_(T.c.project_id == context.project_id, T.c.network_id.in_(own))]


def get(conn: Connection, context: RequestContext, port_id: str) -> Row:
    """Raises PortNotFound."""
    found = rows.select(conn, T, T.c.id == port_id, *visible(context))
    if not found:
        raise PortNotFound(port_id=port_id)
    return found[0]


def fixed_ips_of(conn: Connection, port_ids: Sequence[str]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    query = (
        sa.select(A.c.port_id, A.c.subnet_id, A.c.address)
        .where(any_of(conn, A.c.port_id, port_ids))
        .order_by(A.c.port_id, A.c.position)
    )
    for port_id, subnet_id, address in conn.execute(query):
        found.setdefault(port_id, []).append({"subnet_id": subnet_id, "ip_address": address})
    return found


def groups_of(conn: Connection, port_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    query = (
        sa.select(G.c.port_id, G.c.security_group_id)
        .where(any_of(conn, G.c.port_id, port_ids))
        .order_by(G.c.port_id, G.c.security_group_id)
    )
    for port_id, group_id in conn.execute(query):
        found.setdefault(port_id, []).append(group_id)
    return found


def views(conn: Connection, core: Core, context: RequestContext, found: Sequence[Row]) -> list[Row]:
    """Three statements, however many ports."""
    if not found:
        return []
    ids = [row["id"] for row in found]
    addresses = fixed_ips_of(conn, ids)
    groups = groups_of(conn, ids)
    return [
        view(core, context, row, addresses.get(row["id"], ()), groups.get(row["id"], ()))
        for row in found
    ]


def view(
    core: Core,
    context: RequestContext,
    row: Row,
    fixed_ips: Iterable[Mapping[str, str]],
    groups: Iterable[str],
) -> Row:
    bound = bool(row["binding_host"])
    fixed = [dict(item) for item in fixed_ips]
    shown: Row = {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "network_id": row["network_id"],
        "project_id": row["project_id"],
        "tenant_id": row["project_id"],
        "mac_address": row["mac_address"],
        "admin_state_up": row["admin_state_up"],
        "status": "ACTIVE" if bound and row["admin_state_up"] else "DOWN",
        "device_id": row["device_id"],
        "device_owner": row["device_owner"],
        "fixed_ips": fixed,
        "security_groups": list(groups),
        "allowed_address_pairs": row["allowed_address_pairs"],
        "port_security_enabled": row["port_security_enabled"],
        "binding:vnic_type": row["vnic_type"],
        "dns_name": row["dns_name"],
        "dns_assignment": _dns_assignment(core, row, fixed),
        "tags": [],
        "created_at": rows.moment(row["created_at"]),
        "updated_at": rows.moment(row["updated_at"]),
        "revision_number": row["revision"],
    }
    if privileged(context):
        kind, details = core.plane.binding(row["network_id"]) if bound else ("unbound", {})
        shown["binding:host_id"] = row["binding_host"]
        shown["binding:profile"] = row["binding_profile"]
        shown["binding:vif_type"] = kind
        shown["binding:vif_details"] = details
    return shown


def hostname_of(dns_name: str, address: str) -> str:
    return dns_name or "host-" + address.replace(".", "-").replace(":", "-")


def _dns_assignment(core: Core, row: Row, fixed: Sequence[Row]) -> list[Row]:
    domain = core.conf.api.dhcp_domain
    assigned = []
    for item in fixed:
        name = hostname_of(row["dns_name"], item["ip_address"])
        fqdn = f"{name}.{domain}." if domain else f"{name}."
        assigned.append({"hostname": name, "ip_address": item["ip_address"], "fqdn": fqdn})
    return assigned

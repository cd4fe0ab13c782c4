"""How ports are listed and shown."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import any_of
from novalite.exception import InvalidInput, PortNotFound
from novalite.network.embedded import owners, rows, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.rows import Condition, Listing, Row

T = tables.ports
A = tables.addresses
G = tables.port_security_groups
BINDING = ("binding:host_id", "binding:profile", "binding:vif_type", "binding:vif_details")

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
    ours = T.c.device_owner.like(f"{owners.SERVICE}%")
    up = sa.and_(T.c.admin_state_up, sa.or_(ours, T.c.binding_host != ""))
    either = [up] if "ACTIVE" in wanted else []
    if "DOWN" in wanted:
        either.append(sa.not_(up))
    return sa.or_(sa.false(), *either)


LISTING = Listing(
    T,
    {
        **rows.common_columns(T),
        "network_id": T.c.network_id,
        "mac_address": T.c.mac_address,
        "admin_state_up": T.c.admin_state_up,
        "device_id": T.c.device_id,
        "device_owner": T.c.device_owner,
        "binding:host_id": T.c.binding_host,
        "port_security_enabled": T.c.port_security_enabled,
        "binding:vnic_type": T.c.vnic_type,
        "dns_name": T.c.dns_name,
        "dns_domain": T.c.dns_domain,
    },
    {
        "fixed_ips": _by_address,
        "security_groups": _by_group,
        "security_group_ids": _by_group,
        "status": _by_status,
    },
)


def visible(core: Core, context: RequestContext) -> list[Condition]:
    """Own ports, and all ports on own networks."""
    net = tables.networks
    here = sa.select(net.c.id).where(net.c.project_id == context.project_id)
    own = T.c.project_id == context.project_id
    return core.seen(context, "get_port", own, T.c.network_id.in_(here))


def get(conn: Connection, core: Core, context: RequestContext, port_id: str) -> Row:
    """Raises PortNotFound."""
    found = rows.select(conn, T, T.c.id == port_id, *visible(core, context))
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
    """Five statements, however many ports."""
    if not found:
        return []
    ids = [row["id"] for row in found]
    addresses = fixed_ips_of(conn, ids)
    groups = groups_of(conn, ids)
    tags = rows.tags_of(conn, ids)
    domains = _domains(conn, {row["network_id"] for row in found})
    guarded = guarded_seen(core, context)
    return [
        view(
            core,
            guarded,
            row,
            addresses.get(row["id"], []),
            groups.get(row["id"], []),
            tags.get(row["id"], ()),
            domains.get(row["network_id"], ""),
        )
        for row in found
    ]


def guarded_seen(core: Core, context: RequestContext) -> list[str]:
    """Of the attributes of the binding: those that the caller may see."""
    return [name for name in BINDING if core.allowed(context, f"get_port:{name}")]


def view(
    core: Core,
    guarded: Sequence[str],
    row: Row,
    fixed_ips: list[Row],
    groups: list[str],
    tags: Sequence[str],
    domain: str,
) -> Row:
    """``domain``: that of the network, empty if it has none; ``guarded``: see
    ``guarded_seen``."""
    return {
        **rows.common_view(row, tags),
        **_view(row, fixed_ips, groups),
        **(_binding(core, guarded, row) if guarded else {}),
        "dns_assignment": _dns_assignment(domain or core.conf.api.dhcp_domain, row, fixed_ips),
    }


def _view(row: Row, fixed_ips: list[Row], groups: list[str]) -> Row:
    return {
        "network_id": row["network_id"],
        "mac_address": row["mac_address"],
        "admin_state_up": row["admin_state_up"],
        "status": status_of(row),
        "device_id": row["device_id"],
        "device_owner": row["device_owner"],
        "fixed_ips": fixed_ips,
        "security_groups": groups,
        "allowed_address_pairs": row["allowed_address_pairs"],
        "port_security_enabled": row["port_security_enabled"],
        "extra_dhcp_opts": row["extra_dhcp_opts"] or [],
        "dns_name": row["dns_name"],
        "dns_domain": row["dns_domain"],
        "binding:vnic_type": row["vnic_type"],
    }


def status_of(row: Row) -> str:
    """Ports of routers and of DHCP need no binding: they are on the network's own host."""
    if row["device_owner"] == owners.FLOATING:
        return "N/A"
    there = row["binding_host"] or row["device_owner"].startswith(owners.SERVICE)
    return "ACTIVE" if there and row["admin_state_up"] else "DOWN"


def _binding(core: Core, guarded: Sequence[str], row: Row) -> Row:
    bound = bool(row["binding_host"])
    kind, details = core.plane.binding(row["network_id"]) if bound else ("unbound", {})
    values = (row["binding_host"], row["binding_profile"], kind, details)
    return {name: value for name, value in zip(BINDING, values, strict=True) if name in guarded}


def _domains(conn: Connection, network_ids: Iterable[str]) -> dict[str, str]:
    net = tables.networks
    query = sa.select(net.c.id, net.c.dns_domain).where(any_of(conn, net.c.id, network_ids))
    return {row[0]: row[1] for row in conn.execute(query)}


def hostname_of(dns_name: str, address: str) -> str:
    return dns_name or "host-" + address.replace(".", "-").replace(":", "-")


def _dns_assignment(domain: str, row: Row, fixed: Sequence[Row]) -> list[Row]:
    assigned = []
    for item in fixed:
        name = hostname_of(row["dns_name"], item["ip_address"])
        fqdn = f"{name}.{domain.removesuffix('.')}." if domain else f"{name}."
        assigned.append({"hostname": name, "ip_address": item["ip_address"], "fqdn": fqdn})
    return assigned

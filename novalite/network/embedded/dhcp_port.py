"""The port by which DHCP and metadata take part in a network."""

import random

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.statements import insert_unless_there
from novalite.exception import Conflict
from novalite.network.embedded import owners, rows, tables
from novalite.network.embedded.core import Core
from novalite.network.embedded.rows import Row

ATTEMPTS = 16


def random_mac() -> str:
    return "fa:16:3e:" + ":".join(f"{random.getrandbits(8):02x}" for _ in range(3))


def insert_port(conn: Connection, row: Row, mac: str | None) -> bool:
    """Insert with ``mac``, or with a random one that is free on the network; sets
    ``row["mac_address"]``. False when the given one is taken."""
    for _ in range(1 if mac else ATTEMPTS):
        row["mac_address"] = mac or random_mac()
        if insert_unless_there(conn, tables.ports, row):
            return True
    if mac:
        return False
    raise Conflict("No MAC address is free on the network.")


def blank_port(network_id: str, project_id: str) -> Row:
    """A new port's columns, except ``mac_address`` and the stamp."""
    return {
        "id": rows.new_id(),
        "project_id": project_id,
        "network_id": network_id,
        "name": "",
        "description": "",
        "admin_state_up": True,
        "device_id": "",
        "device_owner": "",
        "binding_host": "",
        "vnic_type": "normal",
        "binding_profile": {},
        "port_security_enabled": True,
        "allowed_address_pairs": [],
        "dns_name": "",
        "dns_domain": "",
        "extra_dhcp_opts": [],
    }


class DhcpPorts:
    def __init__(self, core: Core) -> None:
        self.core = core

    def adjust(self, conn: Connection, network: Row, subnets: list[Row]) -> None:
        """One port with one address in each subnet that has DHCP; no port where none has."""
        wanted = {
            subnet["id"]: subnet
            for subnet in subnets
            if subnet["enable_dhcp"] and network["dhcp_scheduled"]
        }
        ports = tables.ports
        found = rows.select(
            conn, ports, ports.c.network_id == network["id"], ports.c.device_owner == owners.DHCP
        )
        taken = tables.addresses
        if not wanted:
            for port in found:
                rows.delete(conn, taken, taken.c.port_id == port["id"])
                rows.delete(conn, ports, ports.c.id == port["id"])
                rows.forget(conn, port["id"])
            return
        port = found[0] if found else self._create(conn, network)
        port_id = port["id"]
        query = sa.select(taken.c.subnet_id).where(taken.c.port_id == port_id)
        have = set(conn.scalars(query))
        for subnet_id in have - set(wanted):
            rows.delete(conn, taken, taken.c.port_id == port_id, taken.c.subnet_id == subnet_id)
        for subnet_id, subnet in wanted.items():
            if subnet_id not in have:
                self.core.takers.take_any(conn, subnet, port, len(have))
                have.add(subnet_id)

    def _create(self, conn: Connection, network: Row) -> Row:
        row = {
            **blank_port(network["id"], network["project_id"]),
            "device_id": f"dhcp-{network['id']}",
            "device_owner": owners.DHCP,
            "port_security_enabled": False,
            **rows.stamp(self.core.now()),
        }
        insert_port(conn, row, None)
        return row

"""Floating addresses: of an external network, leading through a router to a port's address."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.engine import Contention, DuplicateKey
from novalite.network.embedded import (
    dns,
    floating_rows,
    network_rows,
    owners,
    port_checks,
    port_rows,
    rows,
    subnets,
    tables,
)
from novalite.network.embedded.core import telling
from novalite.network.embedded.dhcp_port import blank_port, insert_port
from novalite.network.embedded.errors import (
    BadRequest,
    InUse,
    IpAddressGenerationFailure,
    Missing,
)
from novalite.network.embedded.floating_rows import LISTING, T
from novalite.network.embedded.records import Records
from novalite.network.embedded.rows import Row

NOWHERE: Row = {
    "fixed_port_id": None,
    "fixed_ip_address": None,
    "router_id": None,
    "status": "DOWN",
}


_Write = Callable[[Connection], tuple[Row, list[Row]]]


class FloatingIps(Records):
    noun = "floatingip"
    listing = LISTING

    def missing(self, resource_id: str) -> Missing:
        return Missing("FloatingIPNotFound", f"Floating IP {resource_id} could not be found")

    def views(self, conn: Connection, context: RequestContext, found: Sequence[Row]) -> list[Row]:
        return floating_rows.views(conn, found)

    # ---- the API ----

    def create(self, context: RequestContext, body: Row) -> Row:
        """Raises NetworkNotFound, BadRequest, IpAddressInUse, QuotaExceeded, Missing when no
        router leads to the port, InUse when its address has a floating one."""
        rule = "create_floatingip"
        project_id = self.core.owner_of(context, rule, body)
        self.core.authorize_attributes(
            context, rule, {"project_id": project_id}, telling(body), ["floating_ip_address"]
        )
        row: Row = {
            "id": rows.new_id(),
            "project_id": project_id,
            "description": body.get("description") or "",
            "floating_network_id": body["floating_network_id"],
            "dns_name": dns.name(body.get("dns_name")),
            "dns_domain": dns.domain(body.get("dns_domain")),
            **NOWHERE,
            **rows.stamp(self.core.now()),
        }

        def write(conn: Connection) -> tuple[Row, list[Row]]:
            network = network_rows.get(conn, self.core, context, row["floating_network_id"])
            if not network_rows.is_external(conn, context, network):
                raise _bad(f"Network {network['id']} is not a valid external network")
            self.quotas.check(conn, row["project_id"], "floatingip")
            self._hold(conn, network, row, body)
            changed: list[Row] = []
            if body.get("port_id"):
                changed = self._associate(conn, context, row, body)
            rows.insert(conn, T, row)
            for tag in dict.fromkeys(body.get("tags") or ()):
                rows.insert(conn, tables.tags, {"resource_id": row["id"], "tag": tag})
            return self.shown(conn, context, row), changed

        return self._run(write, row)

    def update(
        self, context: RequestContext, floating_id: str, body: Row, revision: int | None = None
    ) -> Row:
        """``port_id`` None lets go of the port. Raises as ``create``."""
        changes: Row = {}
        if "description" in body:
            changes["description"] = body["description"] or ""
        if "dns_name" in body:
            changes["dns_name"] = dns.name(body["dns_name"])
        if "dns_domain" in body:
            changes["dns_domain"] = dns.domain(body["dns_domain"])
        concerned: Row = {}

        def write(conn: Connection) -> tuple[Row, list[Row]]:
            row = self.mine(conn, context, floating_id, "update_floatingip")
            rows.check_revision(row, revision)
            concerned.update(row)
            changed: list[Row] = []
            after = {**row, **changes}
            if "port_id" in body or "fixed_ip_address" in body:
                changed = _holders(conn, row)
                after.update(NOWHERE)
                wanted = {"port_id": row["fixed_port_id"], **body}
                if wanted["port_id"]:
                    changed += self._associate(conn, context, after, wanted)
                elif wanted.get("fixed_ip_address"):
                    raise _bad("fixed_ip_address cannot be specified without a port_id")
            different = {name: after[name] for name in (*changes, *NOWHERE)}
            unchanged = T.c.revision == row["revision"]
            if not rows.update(conn, T, floating_id, different, self.core.now(), unchanged):
                raise Contention()
            return self.shown(conn, context, rows.get(conn, T, floating_id) or after), changed

        return self._run(write, concerned)

    def delete(self, context: RequestContext, floating_id: str) -> None:
        concerned: Row = {}

        def write(conn: Connection) -> tuple[Row, list[Row]]:
            row = self.mine(conn, context, floating_id, "delete_floatingip")
            concerned.update(row)
            changed = _holders(conn, row)
            rows.forget(conn, floating_id)
            rows.delete(conn, T, T.c.id == floating_id)
            port = rows.get(conn, tables.ports, row["floating_port_id"])
            if port is not None:
                port_checks.remove(conn, port)
            return row, changed

        self._run(write, concerned)

    def _run(self, write: _Write, concerned: Row) -> Row:
        """``write`` gives what is shown, and the ports of servers that are concerned."""
        try:
            answer, changed = self.core.database.run(write)
        except DuplicateKey:  # somebody led another floating address there at the same moment
            raise InUse(
                "FloatingIPPortAlreadyAssociated",
                "Cannot associate floating IP: that fixed IP already has a floating IP.",
            ) from None
        self.core.plane.refresh(concerned["floating_network_id"])
        self.core.events.changed({port["id"]: port for port in changed}.values())
        return answer

    # ---- within a transaction ----

    def _hold(self, conn: Connection, network: Row, row: Row, body: Row) -> None:
        """Take an address of the external network, by a port of its own."""
        port: Row = {
            **blank_port(network["id"], ""),
            "device_id": row["id"],
            "device_owner": owners.FLOATING,
            "port_security_enabled": False,
            **rows.stamp(self.core.now()),
        }
        insert_port(conn, port, None)
        here = [subnet for subnet in subnets.of_network(conn, network["id"])
                if subnet["ip_version"] == 4]  # fmt: skip
        wanted: Row = {}
        if body.get("floating_ip_address"):
            wanted["ip_address"] = body["floating_ip_address"]
        if body.get("subnet_id"):
            wanted["subnet_id"] = body["subnet_id"]
        takers = self.core.takers
        try:
            if wanted:
                port_checks.check_hosts_own(network, here, [wanted])
                taken = takers.take_wanted(conn, network["id"], here, [wanted], port)
            else:
                taken = takers.take_default(conn, network["id"], here, port)
        except IpAddressGenerationFailure:
            taken = []
        if not taken:
            raise Exhausted(network_id=network["id"])
        row["floating_port_id"] = port["id"]
        row["floating_ip_address"] = taken[0]["ip_address"]

    def _associate(
        self, conn: Connection, context: RequestContext, row: Row, body: Row
    ) -> list[Row]:
        """Set the columns of ``row`` that lead to ``body["port_id"]``; the port."""
        port = port_rows.get(conn, self.core, context, body["port_id"])
        held = port_rows.fixed_ips_of(conn, [port["id"]]).get(port["id"], [])
        fixed = _fixed_of(port, held, body.get("fixed_ip_address"))
        taken = rows.select(
            conn,
            T,
            T.c.fixed_port_id == port["id"],
            T.c.fixed_ip_address == fixed["ip_address"],
            T.c.id != row["id"],
        )
        if taken:
            raise InUse(
                "FloatingIPPortAlreadyAssociated",
                f"Cannot associate floating IP {row['floating_ip_address']} ({row['id']}) with "
                f"port {port['id']} using fixed IP {fixed['ip_address']}, as that fixed IP "
                f"already has a floating IP on external network {row['floating_network_id']}.",
            )
        router = _router_to(conn, row, port, fixed["subnet_id"])
        unchanged = tables.routers.c.revision == router["revision"]
        if not rows.update(conn, tables.routers, router["id"], {}, self.core.now(), unchanged):
            raise Contention()  # its interface may be gone
        row["router_id"] = router["id"]
        row["fixed_port_id"] = port["id"]
        row["fixed_ip_address"] = fixed["ip_address"]
        row["status"] = "ACTIVE"
        return [port]


class Exhausted(BadRequest):
    wire_name = "ExternalIpAddressExhausted"
    message = "Unable to find any IP address on external network {network_id}."


def _bad(reason: str) -> BadRequest:
    return BadRequest(resource="floatingip", reason=reason)


def _holders(conn: Connection, row: Row) -> list[Row]:
    """The port that a floating address leads to, if any."""
    if not row["fixed_port_id"]:
        return []
    return rows.select(conn, tables.ports, tables.ports.c.id == row["fixed_port_id"])


def _fixed_of(port: Row, held: Sequence[Row], wanted: str | None) -> Row:
    """Which of a port's addresses is meant. Raises BadRequest."""
    candidates = [item for item in held if ":" not in item["ip_address"]]
    if wanted:
        for item in candidates:
            if item["ip_address"] == wanted:
                return item
        raise _bad(f"Port {port['id']} does not have fixed ip {wanted}")
    if not candidates:
        raise _bad(f"Cannot add floating IP to port {port['id']} that has no fixed IPv4 addresses")
    if len(candidates) > 1:
        raise _bad(
            f"Port {port['id']} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 "
            "address when assigning a floating IP"
        )
    return candidates[0]


def _router_to(conn: Connection, row: Row, port: Row, subnet_id: str) -> Row:
    """The router between the external network and the subnet; rather the one that is the
    subnet's gateway. Raises Missing."""
    routers, mine, taken, near = tables.routers, tables.ports, tables.addresses, tables.subnets
    query = (
        sa.select(routers.c.id, routers.c.revision)
        .where(
            routers.c.gateway_network_id == row["floating_network_id"],
            mine.c.device_id == routers.c.id,
            mine.c.device_owner == owners.INTERFACE,
            taken.c.port_id == mine.c.id,
            taken.c.subnet_id == subnet_id,
            near.c.id == taken.c.subnet_id,
        )
        .order_by(sa.case((taken.c.address == near.c.gateway_ip, 0), else_=1), routers.c.created_at)
        .limit(1)
    )
    found = conn.execute(query).mappings().first()
    if found is None:
        raise Missing(
            "ExternalGatewayForFloatingIPNotFound",
            f"External network {row['floating_network_id']} is not reachable from subnet "
            f"{subnet_id}.  Therefore, cannot associate Port {port['id']} with a Floating IP.",
        )
    return dict(found)

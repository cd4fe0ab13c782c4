"""Agents: what each host does for the network, and when it was last heard of."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import insert_unless_there
from novalite.network.embedded import network_rows, rows, subnets, tables
from novalite.network.embedded.core import ZONE, Core
from novalite.network.embedded.dhcp_port import DhcpPorts
from novalite.network.embedded.errors import InUse, Missing
from novalite.network.embedded.rows import Condition, Listing, Page, Row

T = tables.agents
DHCP, L3, METADATA, L2 = "DHCP agent", "L3 agent", "Metadata agent", "Linux bridge agent"
NETWORK_HOST = (DHCP, L3, METADATA, L2)
"""What the host of the network service does; the other compute hosts do the last."""

ZONED = frozenset({DHCP, L3})
BINARY = "novalite-network"
ALIVE_SECONDS = 75
INTERVAL_SECONDS = 30
TOPICS = {DHCP: "dhcp_agent", L3: "l3_agent"}


def _by_type(conn: Connection, values: Sequence[Any]) -> Condition:
    """Without regard to case, as Neutron's usual database compares."""
    return sa.func.lower(T.c.agent_type).in_([str(value).lower() for value in values])


def _by_zone(conn: Connection, values: Sequence[Any]) -> Condition:
    return T.c.agent_type.in_(ZONED) if ZONE in values else sa.false()


class Agents:
    def __init__(self, core: Core, dhcp_ports: DhcpPorts) -> None:
        self.core = core
        self.dhcp_ports = dhcp_ports
        self.listing = Listing(
            T,
            {
                "id": T.c.id,
                "binary": T.c.binary,
                "host": T.c.host,
                "admin_state_up": T.c.admin_state_up,
                "description": T.c.description,
                "created_at": T.c.created_at,
            },
            {"agent_type": _by_type, "availability_zone": _by_zone, "alive": self._by_alive},
        )

    # ---- life ----

    def heard_of(self, host: str, kinds: Sequence[str] = (L2,), binary: str = BINARY) -> None:
        """``host`` is there, now, as these agents."""
        now = self.core.now()

        def write(conn: Connection) -> None:
            mine = (T.c.host == host, T.c.agent_type.in_(kinds))
            beat = sa.update(T).where(*mine).values(heartbeat_at=now)
            if conn.execute(beat).rowcount >= len(kinds):
                return
            for kind in kinds:
                row = {
                    "id": rows.new_id(),
                    "agent_type": kind,
                    "binary": binary,
                    "host": host,
                    "admin_state_up": True,
                    "description": "",
                    "configurations": {},
                    "created_at": now,
                    "started_at": now,
                    "heartbeat_at": now,
                }
                insert_unless_there(conn, T, row)

        self.core.database.run(write)

    def started(self, host: str, kinds: Sequence[str] = NETWORK_HOST) -> None:
        self.heard_of(host, kinds)
        mine = (T.c.host == host, T.c.agent_type.in_(kinds))
        now = self.core.now()
        statement = sa.update(T).where(*mine).values(started_at=now)
        self.core.database.run(lambda conn: conn.execute(statement))

    # ---- the API: for administrators ----

    def list_(
        self, context: RequestContext, filters: Mapping[str, Any], page: Page | None = None
    ) -> list[Row]:
        """To all others there are none."""
        if not self.core.allowed(context, "get_agent"):
            return []
        with self.core.database.read() as conn:
            conditions = self.listing.conditions(conn, filters)
            return [self._view(row) for row in self.listing.run(conn, conditions, page or Page())]

    def show(self, context: RequestContext, agent_id: str) -> Row:
        with self.core.database.read() as conn:
            return self._view(self._get(conn, context, agent_id))

    def update(self, context: RequestContext, agent_id: str, body: Row) -> Row:
        changes: Row = {}
        if "admin_state_up" in body:
            changes["admin_state_up"] = rows.boolean_of(body["admin_state_up"])
        if "description" in body:
            changes["description"] = body["description"] or ""

        def write(conn: Connection) -> Row:
            row = self._get(conn, context, agent_id)
            self.core.authorize(context, "update_agent")
            if changes:
                conn.execute(sa.update(T).where(T.c.id == agent_id).values(changes))
            return self._view({**row, **changes})

        return self.core.database.run(write)

    def delete(self, context: RequestContext, agent_id: str) -> None:
        """One that is alive comes back."""

        def write(conn: Connection) -> None:
            self._get(conn, context, agent_id)
            self.core.authorize(context, "delete_agent")
            rows.delete(conn, T, T.c.id == agent_id)

        self.core.database.run(write)

    # ---- which networks have DHCP ----

    def of_network(self, context: RequestContext, network_id: str) -> list[Row]:
        with self.core.database.read() as conn:
            network = network_rows.get(conn, self.core, context, network_id)
            shown = self.core.allowed(context, "get_dhcp-agents")
            if not shown or not network["dhcp_scheduled"]:
                return []
            found = rows.select(conn, T, T.c.agent_type == DHCP)
            return [self._view(row) for row in found]

    def networks_of(self, context: RequestContext, agent_id: str) -> list[str]:
        """The ids of the networks that a DHCP agent serves."""
        with self.core.database.read() as conn:
            self.core.authorize(context, "get_dhcp-networks")
            self._dhcp(conn, context, agent_id)
            table = tables.networks
            query = sa.select(table.c.id).where(table.c.dhcp_scheduled).order_by(table.c.id)
            return list(conn.scalars(query))

    def serve(self, context: RequestContext, agent_id: str, network_id: str) -> None:
        """Raises InUse when it does already."""

        def check(network: Row) -> None:
            if network["dhcp_scheduled"]:
                raise InUse(
                    "NetworkHostedByDHCPAgent",
                    f"The network {network_id} has been already hosted by the DHCP Agent "
                    f"{agent_id}.",
                )

        self._schedule(context, agent_id, network_id, True, check)

    def stop_serving(self, context: RequestContext, agent_id: str, network_id: str) -> None:
        """Raises InUse when it does not."""

        def check(network: Row) -> None:
            if not network["dhcp_scheduled"]:
                raise InUse(
                    "NetworkNotHostedByDhcpAgent",
                    f"The network {network_id} is not hosted by the DHCP agent {agent_id}.",
                )

        self._schedule(context, agent_id, network_id, False, check)

    def _schedule(
        self, context: RequestContext, agent_id: str, network_id: str, on: bool, check: Any
    ) -> None:
        self.core.authorize(context, "create_dhcp-network" if on else "delete_dhcp-network")

        def write(conn: Connection) -> None:
            self._dhcp(conn, context, agent_id)
            network = network_rows.get(conn, self.core, context, network_id)
            check(network)
            now = self.core.now()
            rows.update(conn, tables.networks, network_id, {"dhcp_scheduled": on}, now)
            here = subnets.of_network(conn, network_id)
            self.dhcp_ports.adjust(conn, {**network, "dhcp_scheduled": on}, here)

        self.core.database.run(write)
        self.core.plane.refresh(network_id)

    # ---- rows ----

    def _get(self, conn: Connection, context: RequestContext, agent_id: str) -> Row:
        row = rows.get(conn, T, agent_id) if self.core.allowed(context, "get_agent") else None
        if row is None:
            raise Missing("AgentNotFound", f"Agent {agent_id} could not be found.")
        return row

    def _dhcp(self, conn: Connection, context: RequestContext, agent_id: str) -> None:
        if self._get(conn, context, agent_id)["agent_type"] != DHCP:
            raise InUse(
                "InvalidDHCPAgent",
                f"Agent {agent_id} is not a valid DHCP Agent or has been disabled.",
            )

    def _by_alive(self, conn: Connection, values: Sequence[Any]) -> Condition:
        alive = T.c.heartbeat_at >= self._oldest()
        either = [alive if rows.boolean_of(value) else sa.not_(alive) for value in values]
        return sa.or_(*either)

    def _oldest(self) -> datetime.datetime:
        return self.core.now() - datetime.timedelta(seconds=ALIVE_SECONDS)

    def _view(self, row: Row) -> Row:
        kind = row["agent_type"]
        return {
            "id": row["id"],
            "agent_type": kind,
            "binary": row["binary"],
            "host": row["host"],
            "topic": TOPICS.get(kind, "N/A"),
            "availability_zone": ZONE if kind in ZONED else None,
            "admin_state_up": row["admin_state_up"],
            "alive": row["heartbeat_at"] >= self._oldest(),
            "description": row["description"] or None,
            "configurations": row["configurations"],
            "resources_synced": None,
            "created_at": _clock_time(row["created_at"]),
            "started_at": _clock_time(row["started_at"]),
            "heartbeat_timestamp": _clock_time(row["heartbeat_at"]),
        }


def _clock_time(value: datetime.datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M:%S")

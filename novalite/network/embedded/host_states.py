"""What other hosts have to bring about: they ask for it, and say what they have in force.

A compute host without a database runs novalite-network-agent, which asks for its part of the
State again and again; the question waits here until there is news, and names the revision that
is in force over there. So a change waits for the hosts that it concerns, as it does for this one.
"""

import dataclasses
import ipaddress
import logging
import threading
import time
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg
from sqlalchemy import Connection

from novalite.clock import Clock
from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.exception import Conflict, DependencyUnavailable, InvalidInput, NotFound
from novalite.network.embedded import rows, snapshot, tables
from novalite.network.embedded.errors import Disallowed
from novalite.network.embedded.plane import DataPlane, Source, partition, wire
from novalite.network.embedded.plane.state import State
from novalite.network.embedded.rows import Row
from novalite.policy import Enforcer

LOG = logging.getLogger(__name__)

AGENTS = tables.agents
LONGEST_WAIT = 5.0
"""Seconds; a server that stops waits for those who wait."""
FOLLOW_TIMEOUT = 10.0
HEARTBEAT_INTERVAL = 15.0
SILENT_AFTER = 15.0
"""Seconds; a host that has not asked for so long is not waited for."""


@dataclasses.dataclass(slots=True)
class _Host:
    """What is known of a host that asks. Generations count changes of the database: ``in_force``
    is the newest one that the host has, ``sent`` the revision and generation of its last answer.
    """

    asked: float
    stamped: float = float("-inf")
    in_force: int = -1
    sent: tuple[str, int] = ("", -1)
    networks: frozenset[str] = frozenset()
    waiting: int = 0


class HostStates:
    """Thread-safe. ``clock`` stamps rows."""

    def __init__(
        self, conf: cfg.ConfigOpts, database: Database, policy: Enforcer, clock: Clock
    ) -> None:
        self.database = database
        self.policy = policy
        self.clock = clock
        self.host: str = conf.host
        self.address: str = conf.embedded.tunnel_address or ""
        self.port: int = conf.embedded.tunnel_port
        # a question that waits holds a thread of the HTTP server
        self._places = threading.BoundedSemaphore(max(1, conf.api.threads // 4))
        self._changed = threading.Condition()
        self._generation = 0
        self._hosts: dict[str, _Host] = {}
        self._stopping = False
        self._loading = threading.Lock()
        self._loaded: tuple[int, State] | None = None

    def start(self) -> None:
        self._stopping = False

    def stop(self) -> None:
        """Nobody waits here any longer."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def own(self) -> State:
        """What this host has to bring about."""
        return partition.network_host(self._load(), self.address)

    def _load(self) -> State:
        state = snapshot.load(self.database)
        endpoints = {host: each for host, each in state.endpoints.items() if host != self.host}
        return dataclasses.replace(state, endpoints=endpoints, tunnel_port=self.port)

    # ---- the hosts' questions ----

    def register(self, context: RequestContext, host: str, body: Row) -> Row:
        """``host`` takes tunnels at ``tunnel_address``. Raises Disallowed, InvalidInput, and
        Conflict when this host takes none."""
        self._check(context, "update_novalite_host")
        try:
            address = str(ipaddress.ip_address(body["tunnel_address"]))
        except ValueError:
            raise InvalidInput(reason="tunnel_address is not an IP address.") from None
        if host == self.host:
            raise Conflict("The host of the network service needs no agent.")
        now = self.clock.now()
        values = {
            "binary": snapshot.AGENT_BINARY,
            "configurations": {
                snapshot.TUNNEL_KEY: address,
                "tunnel_types": ["vxlan"],
                "l2_population": True,
            },
            "started_at": now,
            "heartbeat_at": now,
        }
        self.database.run(lambda conn: self._write(conn, host, values))
        self.changed()
        return {"host": host, "tunnel_address": address}

    @staticmethod
    def _write(conn: Connection, host: str, values: Row) -> None:
        mine = (AGENTS.c.host == host, AGENTS.c.agent_type == snapshot.L2_AGENT)
        if not conn.execute(sa.update(AGENTS).where(*mine).values(**values)).rowcount:
            row = {
                "id": rows.new_id(),
                "agent_type": snapshot.L2_AGENT,
                "host": host,
                "admin_state_up": True,
                "description": "",
                "created_at": values["started_at"],
                **values,
            }
            rows.insert(conn, AGENTS, row)

    def show(
        self, context: RequestContext, host: str, revision: str = "", wait: float = 0.0
    ) -> Row:
        """{"revision", "state"}: ``state`` is None where ``revision`` is what should be in force,
        after ``wait`` seconds at most. Raises Disallowed, NotFound for a host that has not
        registered."""
        self._check(context, "get_novalite_host")
        self._heartbeat(host)
        waits = wait > 0 and self._places.acquire(blocking=False)
        try:
            return self._show(host, revision, min(wait, LONGEST_WAIT) if waits else 0.0)
        finally:
            if waits:
                self._places.release()

    def _show(self, host: str, revision: str, wait: float) -> Row:
        deadline = time.monotonic() + wait
        with self._changed:
            entry = self._hosts[host]
            entry.asked = time.monotonic()
            if revision and revision == entry.sent[0]:
                self._acknowledge(entry, entry.sent[1])
            entry.waiting += 1
        try:
            while True:
                generation, text, current, networks = self._part(host)
                with self._changed:
                    if current != revision:
                        entry.sent = (current, generation)
                        entry.networks = networks
                        return {"revision": current, "state": text}
                    entry.networks = networks
                    self._acknowledge(entry, generation)
                    left = deadline - time.monotonic()
                    if left <= 0 or self._stopping:
                        return {"revision": current, "state": None}
                    if generation == self._generation:
                        self._changed.wait(left)
        finally:
            with self._changed:
                entry.waiting -= 1
                entry.asked = time.monotonic()

    def _acknowledge(self, entry: _Host, generation: int) -> None:
        if generation > entry.in_force:
            entry.in_force = generation
            self._changed.notify_all()

    def _part(self, host: str) -> tuple[int, str, str, frozenset[str]]:
        """(generation, text, revision, networks). Raises NotFound."""
        with self._loading:  # one look at the database serves all hosts
            with self._changed:
                generation = self._generation
            if self._loaded is None or self._loaded[0] != generation:
                self._loaded = (generation, self._load())
            full = self._loaded[1]
        if host not in full.endpoints:
            raise NotFound(f"Host {host} has not registered.")
        if not self.address:
            raise Conflict("[embedded]tunnel_address of the network service is not set.")
        part = partition.compute_host(full, host, self.address)
        text = wire.dumps(part)
        here = frozenset(each.id for each in part.networks.values() if each.here)
        return generation, text, wire.revision_of(text), here

    def _heartbeat(self, host: str) -> None:
        """The agent's row says that it lives. Raises NotFound when there is none."""
        now = time.monotonic()
        with self._changed:
            entry = self._hosts.setdefault(host, _Host(now))
            if now - entry.stamped < HEARTBEAT_INTERVAL:
                return
        mine = (AGENTS.c.host == host, AGENTS.c.binary == snapshot.AGENT_BINARY)
        statement = sa.update(AGENTS).where(*mine).values(heartbeat_at=self.clock.now())
        if not self.database.run(lambda conn: conn.execute(statement).rowcount):
            raise NotFound(f"Host {host} has not registered.")
        entry.stamped = now

    def _check(self, context: RequestContext, rule: str) -> None:
        if not self.policy.allowed(context, rule, {"project_id": context.project_id}):
            raise Disallowed(rule=f"rule:{rule}")

    # ---- changes ----

    def changed(self) -> int:
        """The database has changed; the number of the change."""
        with self._changed:
            self._generation += 1
            self._changed.notify_all()
            return self._generation

    def follow(self, generation: int, network_id: str | None) -> None:
        """Wait until the hosts that still ask have ``generation`` in force.

        Raises DependencyUnavailable when one that has guests on ``network_id`` does not manage.
        """
        deadline = time.monotonic() + FOLLOW_TIMEOUT
        with self._changed:
            while True:
                late = self._late(generation)
                left = deadline - time.monotonic()
                if not late or left <= 0 or self._stopping:
                    break
                self._changed.wait(left)
            for host in late:
                LOG.warning("Host %s does not follow the changes of the network", host)
                self.silent(host)
            failed = [host for host in late if network_id in self._hosts[host].networks]
        if failed:
            raise DependencyUnavailable(
                reason=f"the network agent of {', '.join(failed)} does not follow"
            )

    def asking(self, host: str) -> bool:
        """Whether a question of ``host`` waits."""
        with self._changed:
            return host in self._hosts and self._hosts[host].waiting > 0

    def silent(self, host: str) -> None:
        """Do not wait for ``host`` until it asks again."""
        with self._changed:
            if host in self._hosts:
                self._hosts[host].asked = float("-inf")

    def _late(self, generation: int) -> list[str]:
        oldest = time.monotonic() - SILENT_AFTER
        return [
            host
            for host, entry in self._hosts.items()
            if entry.in_force < generation and (entry.waiting or entry.asked > oldest)
        ]


class FollowedPlane:
    """A data plane whose changes other hosts follow."""

    def __init__(self, plane: DataPlane, hosts: HostStates) -> None:
        self._plane = plane
        self._hosts = hosts

    def start(self, source: Source) -> None:
        self._plane.start(source)

    def stop(self) -> None:
        self._plane.stop()

    def refresh(self, network_id: str | None = None) -> None:
        generation = self._hosts.changed()
        self._plane.refresh(network_id)
        self._hosts.follow(generation, network_id)

    def binding(self, network_id: str) -> tuple[str, dict[str, Any]]:
        return self._plane.binding(network_id)

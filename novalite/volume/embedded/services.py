"""Which services there are, whether they live, and whether new volumes may be put on them."""

from collections.abc import Callable, Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.context import RequestContext
from novalite.db.statements import insert_unless_there
from novalite.exception import Invalid, NotFound
from novalite.periodic import Periodic
from novalite.volume.embedded import rows
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.tables.services import services as T

VOLUME = "cinder-volume"
SCHEDULER = "cinder-scheduler"
BACKUP = "cinder-backup"
PERIOD = 20.0
DOWN_AFTER = 60
"""Seconds without a sign of life after which a service counts as down."""
FROZEN = "frozen"
NO_REASON = "Disabled reason contains invalid characters or is too long"


class ServiceNotFound(NotFound):
    message = "Service {binary} could not be found on host {host}."


def host_of(core: Core, backend: str) -> str:
    """How the volume service of a backend is called: host@backend."""
    return f"{core.host}@{backend}"


class Services:
    """``start`` enters those of this process; from then on they give signs of life, and
    ``chores`` are done as often."""

    def __init__(
        self, core: Core, backends: Iterable[str], chores: Iterable[Callable[[], object]] = ()
    ) -> None:
        self.core = core
        self._own = [(host_of(core, name), VOLUME) for name in backends]
        self._own += [(core.host, SCHEDULER), (core.host, BACKUP)]
        self._chores = list(chores)
        self._periodic = Periodic("volume services", self._live, PERIOD, first=())

    # ---- life ----

    def start(self) -> None:
        self._live()
        self._periodic.start()

    def stop(self) -> None:
        self._periodic.stop()

    def _live(self) -> None:
        now = self.core.now()

        def write(conn: Connection) -> None:
            for host, binary in self._own:
                seen = sa.update(T).where(T.c.host == host, T.c.binary == binary)
                if not conn.execute(seen.values(seen_at=now)).rowcount:
                    row = {"host": host, "binary": binary, "created_at": now, "seen_at": now}
                    insert_unless_there(conn, T, {**row, "disabled": False, "frozen": False})

        self.core.database.run(write)
        for chore in self._chores:
            chore()

    # ---- the API ----

    def list_(
        self, context: RequestContext, host: str | None = None, binary: str | None = None
    ) -> list[Row]:
        """``host`` may be the name before the @ alone. Each row has ``up``."""
        self.core.authorize(context, "volume_extension:services:index")
        with self.core.database.read() as conn:
            query = sa.select(T).order_by(T.c.binary, T.c.host)
            found = [dict(row) for row in conn.execute(query).mappings()]
        now = self.core.now()
        return [
            {**row, "up": (now - row["seen_at"]).total_seconds() <= DOWN_AFTER}
            for row in found
            if (not binary or row["binary"] == binary) and (not host or _same(row["host"], host))
        ]

    def set_enabled(
        self,
        context: RequestContext,
        host: str,
        binary: str,
        *,
        enabled: bool,
        reason: str | None = None,
    ) -> None:
        """Raises ServiceNotFound."""
        self.core.authorize(context, "volume_extension:services:update")
        statement = sa.update(T).where(T.c.host == host)
        if binary:
            statement = statement.where(T.c.binary == binary)
        values = {"disabled": not enabled, "disabled_reason": reason}
        done = self.core.database.run(lambda conn: conn.execute(statement.values(values)).rowcount)
        if not done and not self._there(host, binary):
            raise ServiceNotFound(binary=binary, host=host)

    def set_frozen(self, context: RequestContext, host: str, *, frozen: bool) -> None:
        """A frozen backend keeps its volumes and gets no new ones. Raises Invalid."""
        self.core.authorize(context, f"volume:{'freeze' if frozen else 'thaw'}_host")
        values = {
            "frozen": frozen,
            "disabled": frozen,
            "disabled_reason": FROZEN if frozen else None,
        }
        statement = sa.update(T).where(T.c.host == host, T.c.binary == VOLUME).values(values)
        done = self.core.database.run(lambda conn: conn.execute(statement).rowcount)
        if not done and not self._there(host, VOLUME):
            raise Invalid(f"Invalid input received: No service found with name {host}.")

    def fail_over(self, context: RequestContext, host: str) -> None:
        """No backend here replicates. Raises Invalid."""
        self.core.authorize(context, "volume:failover_host")
        if not self._there(host, VOLUME):
            raise Invalid(f"Invalid input received: No service found with name {host}.")
        raise Invalid(f"Invalid input received: {host} has no replication configured.")

    def _there(self, host: str, binary: str) -> bool:
        """MariaDB counts only rows that really changed."""
        conditions = [T.c.host == host, *([T.c.binary == binary] if binary else [])]
        with self.core.database.read() as conn:
            return rows.count(conn, T, *conditions) > 0


def closed(core: Core, conn: Connection) -> set[str]:
    """The backends of this host that are to get no new volumes."""
    prefix = f"{core.host}@"
    query = sa.select(T.c.host).where(T.c.binary == VOLUME, sa.or_(T.c.disabled, T.c.frozen))
    return {host.removeprefix(prefix) for host in conn.scalars(query)}


def _same(full: str, asked: str) -> bool:
    return full == asked or full.partition("@")[0] == asked

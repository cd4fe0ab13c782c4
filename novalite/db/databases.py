"""The databases of one process: the API database, and each cell's.

Engines are made once per URL and shared. Which cells exist is read from the API database and
kept; it is read again when an unknown cell is asked for, and at most every minute.
"""

import threading
from typing import Any

from oslo_config import cfg

from novalite import exception
from novalite.clock import Clock, SystemClock
from novalite.db.api_database import cell_mappings
from novalite.db.engine import Database, normalise
from novalite.objects import CELL0_UUID, CellMapping

REFRESH = 60.0


class Databases:
    """``api_url`` None: this process may not use the API database; ``cell_url``: the database of
    the cell that this process belongs to, if any. ``options``: see ``Database``."""

    def __init__(
        self,
        api_url: str | None,
        cell_url: str | None = None,
        *,
        api_options: dict[str, Any] | None = None,
        cell_options: dict[str, Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._engines: dict[str, Database] = {}
        self._by_text: dict[str, Database] = {}  # without taking the URL apart each time
        self._cell_options = cell_options or {}
        self._cells: dict[str, CellMapping] = {}
        self._read_at: float | None = None
        self.api = None if api_url is None else self._engine(api_url, api_options or {})
        self._own_url = cell_url
        self._own = None if cell_url is None else self._engine(cell_url, self._cell_options)

    @classmethod
    def from_conf(cls, conf: cfg.ConfigOpts, clock: Clock | None = None) -> "Databases":
        return cls(
            conf.api_database.connection,
            conf.database.connection,
            api_options=_options(conf.api_database),
            cell_options=_options(conf.database),
            clock=clock,
        )

    @property
    def cell0(self) -> Database:
        """Servers that found no host. Raises CellMappingNotFound."""
        return self.cell(CELL0_UUID)

    def cell(self, uuid: str) -> Database:
        """Raises CellMappingNotFound."""
        return self._engine(self.mapping(uuid).database_connection, self._cell_options)

    def mapping(self, uuid: str) -> CellMapping:
        """Raises CellMappingNotFound."""
        mapping = self._mappings().get(uuid) or self._mappings(refresh=True).get(uuid)
        if mapping is None:
            raise exception.CellMappingNotFound(uuid=uuid)
        return mapping

    def cells(self, *, disabled: bool = False) -> list[tuple[CellMapping, Database]]:
        """The cells that hold hosts (all but cell0), in the order of their registration; with
        those that take no new servers if ``disabled``."""
        return [
            (mapping, self._engine(mapping.database_connection, self._cell_options))
            for mapping in self._mappings().values()
            if mapping.uuid != CELL0_UUID and (disabled or not mapping.disabled)
        ]

    @property
    def own_cell(self) -> tuple[CellMapping, Database] | None:
        """The registered cell whose database is [database]connection; None when this process
        has none, or it is not registered (yet)."""
        if self._own is None:
            return None
        for refresh in (False, True):
            for mapping in self._mappings(refresh=refresh).values():
                if mapping.uuid != CELL0_UUID and self._same(mapping.database_connection):
                    return mapping, self._own
        return None

    def refresh(self) -> None:
        """Read the cells again now."""
        self._mappings(refresh=True)

    def dispose(self) -> None:
        with self._lock:
            engines, self._engines, self._by_text = list(self._engines.values()), {}, {}
        for engine in engines:
            engine.dispose()

    def _same(self, url: str) -> bool:
        """Passwords and options may be written differently; the place may not."""
        assert self._own is not None
        try:
            other = normalise(url)
        except ValueError:
            return False
        mine = self._own.url
        return (mine.get_backend_name(), mine.host, mine.port, mine.database, mine.query) == (
            other.get_backend_name(),
            other.host,
            other.port,
            other.database,
            other.query,
        )

    def _engine(self, url: str, options: dict[str, Any]) -> Database:
        with self._lock:
            engine = self._by_text.get(url)
            if engine is not None:
                return engine
        key = normalise(url).render_as_string(hide_password=False)
        with self._lock:
            engine = self._engines.get(key)
            if engine is None:
                engine = self._engines[key] = Database(url, **options)
            self._by_text[url] = engine
            return engine

    def _mappings(self, refresh: bool = False) -> dict[str, CellMapping]:
        now = self._clock.monotonic()
        if refresh or self._read_at is None or now - self._read_at > REFRESH:
            if self.api is None:
                raise exception.CellMappingNotFound(uuid="(no API database)")
            with self.api.read() as conn:
                self._cells = {mapping.uuid: mapping for mapping in cell_mappings.list_(conn)}
            self._read_at = now
        return self._cells


def _options(group: Any) -> dict[str, Any]:
    return {
        "max_pool_size": group.max_pool_size,
        "max_overflow": group.max_overflow,
        "recycle": group.connection_recycle_time,
    }

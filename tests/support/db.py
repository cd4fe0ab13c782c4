"""Databases for tests of the database layer: the same tests run on SQLite, MariaDB and
PostgreSQL. And short ways to make records."""

import datetime
import itertools
import pathlib
import shutil
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from novalite.db import sync
from novalite.db.cell_database import compute_nodes
from novalite.db.engine import Database
from novalite.objects import ComputeNode, Flavor, Instance

NOW = datetime.datetime(2026, 5, 17, 10, 30, 0, 123456)
_SYNC = {sync.API: sync.sync_api, sync.CELL: sync.sync_cell}
_numbers = itertools.count(1)


def later(seconds: float) -> datetime.datetime:
    return NOW + datetime.timedelta(seconds=seconds)


def new_uuid() -> str:
    return str(uuid.uuid4())


class SqliteKit:
    """Databases in files below a directory; synchronised ones are copies of one template."""

    dialect = "sqlite"

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory

    def empty_url(self) -> str:
        return f"sqlite:///{self._directory}/db{next(_numbers)}.sqlite"

    def dead_url(self) -> str:
        return f"sqlite:///{self._directory}/no/such/directory/db.sqlite"

    def synced(self, tree: str) -> Database:
        template = self._directory / f"{tree}.template"
        if not template.exists():
            _SYNC[tree](f"sqlite:///{template}")
        url = self.empty_url()
        shutil.copy(template, str(sa.make_url(url).database))
        return Database(url)

    def clean(self, database: Database) -> None:
        database.dispose()


class ServerKit:
    """Databases on a server of ``tools.servers.databases``; synchronised ones are used again,
    emptied."""

    def __init__(self, server: Any) -> None:
        self.dialect = server.dialect
        self._server = server
        self._spare: dict[str, list[Database]] = {sync.API: [], sync.CELL: []}
        self._trees: dict[int, str] = {}

    def empty_url(self) -> str:
        return self._server.create()

    def dead_url(self) -> str:
        return str(
            sa.make_url(self._server.url("none")).set(port=1).render_as_string(hide_password=False)
        )

    def synced(self, tree: str) -> Database:
        if self._spare[tree]:
            return self._spare[tree].pop()
        url = self.empty_url()
        _SYNC[tree](url)
        database = Database(url)
        self._trees[id(database)] = tree
        return database

    def clean(self, database: Database) -> None:
        tree = self._trees[id(database)]
        with database.write() as conn:
            for table in reversed(sync.metadata_of(tree).sorted_tables):
                conn.execute(table.delete())
        self._spare[tree].append(database)

    def dispose(self) -> None:
        for database in itertools.chain.from_iterable(self._spare.values()):
            database.dispose()


def run_threads(jobs: Iterable[Callable[[], Any]]) -> list[Any]:
    """Run jobs at once, each in a thread; their answers in order. The first error is raised."""
    jobs = list(jobs)
    answers: list[Any] = [None] * len(jobs)
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(jobs))

    def body(index: int, job: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            answers[index] = job()
        except BaseException as exc:
            errors.append(exc)

    threads = [threading.Thread(target=body, args=item, daemon=True) for item in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a job hangs"
    if errors:
        raise errors[0]
    return answers


def flavor(**kwargs: Any) -> Flavor:
    number = next(_numbers)
    values: dict[str, Any] = {
        "flavorid": f"f{number}",
        "name": f"flavor-{number}",
        "memory_mb": 512,
        "vcpus": 1,
        "root_gb": 1,
    }
    return Flavor(**{**values, **kwargs})


def instance(**kwargs: Any) -> Instance:
    values: dict[str, Any] = {
        "uuid": new_uuid(),
        "project_id": "project",
        "user_id": "user",
        "display_name": "server",
        "flavor": Flavor("1", "m1.tiny", 512, 1, 1, id=7),
        "vcpus": 1,
        "memory_mb": 512,
        "root_gb": 1,
    }
    return Instance(**{**values, **kwargs})


def add_node(conn: sa.Connection, host: str = "host1", **kwargs: Any) -> ComputeNode:
    values: dict[str, Any] = {
        "host": host,
        "hypervisor_hostname": host,
        "uuid": new_uuid(),
        "vcpus": 4,
        "memory_mb": 8192,
        "local_gb": 100,
        "cpu_allocation_ratio": 1.0,
    }
    return compute_nodes.report(conn, ComputeNode(**{**values, **kwargs}), NOW)

"""One process that starts a broker, a database and all services of a cloud, and stops them."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from typing import Any

from novalite import conf as configuration
from novalite.cmd import flavors
from novalite.cmd.purge import remove_guests
from novalite.db.engine import Database
from novalite.network.embedded.plane.linux import teardown
from tools.multi.configuration import (
    API_PORT,
    DEVICE_PREFIX,
    NEIGHBOURS_PORT,
    NETWORK_CIDR,
    Options,
    Plan,
    merge,
    write,
)
from tools.servers.databases import MariaDB, PostgreSQL
from tools.servers.processes import Process
from tools.servers.rabbitmq import RabbitMQ

DATABASES = ("novalite_api", "novalite_cell0", "novalite_cell1", "novalite_embedded")


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


class Cloud:
    """``conductors``, ``schedulers``: how many of each. ``fake_hosts`` 0: one libvirt compute.

    ``kill`` and ``start_service`` are what the crash tests use.
    """

    def __init__(
        self,
        state: str,
        *,
        database: MariaDB | PostgreSQL | None = None,
        rabbitmq: RabbitMQ | None = None,
        conductors: int = 2,
        schedulers: int = 2,
        fake_hosts: int = 0,
        backend: str = "auto",
        ports: tuple[int, int] = (API_PORT, NEIGHBOURS_PORT),
        network: tuple[str, str] = (DEVICE_PREFIX, NETWORK_CIDR),
        extra: Options | None = None,
        prefix: str = "",
    ) -> None:
        self.state = state
        self._own: list[Any] = []
        self.database = database or MariaDB()
        self.rabbitmq = rabbitmq or RabbitMQ()
        self._start_own(
            [s for s in (self.database, self.rabbitmq) if s not in (database, rabbitmq)]
        )
        self._prefix = prefix
        for name in DATABASES:
            self.database.create(prefix + name)
        self.plan = Plan(
            state,
            lambda name: self.database.url(prefix + name),
            self.rabbitmq.create(prefix or None) if rabbitmq else self.rabbitmq.url(),
            backend=backend,
            fake=fake_hosts > 0,
            api_port=ports[0],
            neighbours_port=ports[1],
            device_prefix=network[0],
            network_cidr=network[1],
            extra=extra,
        )
        self.conductors = [f"conductor-{n + 1}" for n in range(conductors)]
        self.schedulers = [f"scheduler-{n + 1}" for n in range(schedulers)]
        host = os.uname().nodename
        self.computes = [f"compute-{n + 1}" for n in range(fake_hosts)] or [host]
        self.processes: dict[str, Process] = {}
        self.passwords: dict[str, str] = {}
        for folder in ("etc", "log", "run"):
            os.makedirs(os.path.join(state, folder), exist_ok=True)

    def _start_own(self, servers: list[Any]) -> None:
        """At once, since each waits more than it works."""
        self._own = servers
        with concurrent.futures.ThreadPoolExecutor() as starting:
            for started in [starting.submit(server.start) for server in servers]:
                started.result()

    # ---- up and down ----

    def up(self) -> None:
        self._sync()
        self._service("neighbours", "neighbours", self.plan.neighbours())
        self._wait(self.plan.neighbours_url)
        with open(os.path.join(self.state, "credentials.json")) as file:
            self.passwords = json.load(file)
        password = self.passwords["nova"]
        for name in self.conductors:
            self._service(name, "conductor", self.plan.with_databases(password, name))
        for name in self.schedulers:
            self._service(name, "scheduler", self.plan.with_databases(password, name))
        self._service("api", "api", self.plan.api(password))
        for host in self.computes:
            self._service(f"compute-{host}", "compute", self.plan.compute(password, host))
        self._wait(self.plan.api_url)

    def _sync(self) -> None:
        config = merge(self.plan.with_databases("", "manage"), self.plan.neighbours())
        path = write(os.path.join(self.state, "etc", "manage.conf"), config)
        manage = [sys.executable, "-m", "novalite.cmd.manage", "--config-file", path]
        cell0 = self.database.url(self._prefix + "novalite_cell0")
        transport = self.plan.transport_url
        for command in (
            ["api_db", "sync"],
            ["cell_v2", "map_cell0", "--database_connection", cell0],
            ["cell_v2", "create_cell", "--name", "cell1", "--transport-url", transport],
            ["db", "sync"],
        ):
            subprocess.run([*manage, *command], check=True, stdout=subprocess.DEVNULL)
        api = Database(self.database.url(self._prefix + "novalite_api"))
        flavors.ensure(api)
        api.dispose()

    def _service(self, name: str, kind: str, options: Options) -> None:
        path = write(os.path.join(self.state, "etc", f"{name}.conf"), options)
        log = pathlib.Path(self.state, "log", f"{name}.log")
        command = [sys.executable, "-m", f"novalite.cmd.{kind}", "--config-file", path]
        self.processes[name] = Process(command, log, env=dict(os.environ))
        self.start_service(name)

    def start_service(self, name: str) -> None:
        process = self.processes[name]
        process.start()
        self._note(name, process.pid)

    def _note(self, name: str, pid: int) -> None:
        pathlib.Path(self.state, "run", f"{name}.pid").write_text(f"{pid}\n")

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would."""
        self.processes[name].kill()

    def _wait(self, url: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not answers(url + "/healthcheck"):
            dead = [name for name, process in self.processes.items() if not process.alive()]
            if dead:
                raise RuntimeError(f"{', '.join(dead)} ended; see {self.state}/log")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url} does not answer; see {self.state}/log")
            time.sleep(0.05)

    def down(self) -> None:
        running = [process for process in self.processes.values() if process.alive()]
        for process in running:
            os.kill(process.pid, signal.SIGTERM)
        for process in running:
            process.stop()
        for server in reversed(self._own):
            server.stop()
        if not self.plan.fake:
            # Their database is gone, so nobody would ever find the guests and bridges again.
            conf = configuration.configuration([])
            conf.set_default("state_path", self.state)
            conf.set_default("device_prefix", self.plan.device_prefix, group="embedded")
            remove_guests(conf)
            teardown(conf)


def run(
    state: str, fake_hosts: int, config_files: list[str], ready: str, guest_image: str | None
) -> int:
    """Hold a cloud until SIGTERM. ``ready`` is written when it answers."""
    import configparser

    extra: Options = {}
    for name in config_files:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(name)
        extra = merge(extra, {group: dict(parser[group]) for group in parser.sections()})
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if guest_image:
        extra = merge(extra, {"embedded": {"guest_image": guest_image}})
    cloud = Cloud(state, fake_hosts=fake_hosts, extra=extra)
    try:
        cloud.up()
        for name, server in (("mariadb", cloud.database), ("rabbitmq", cloud.rabbitmq)):
            cloud._note(name, server.process.pid)
        facts = {
            "pid": os.getpid(),
            "url": cloud.plan.api_url,
            "auth_url": cloud.plan.auth_url,
            "admin_password": cloud.passwords["admin"],
            "demo_password": cloud.passwords["demo"],
        }
        partial = f"{ready}.partial"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(facts, file)
        os.replace(partial, ready)
        while not stop.wait(1):
            pass
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(ready)
        cloud.down()
    return 0

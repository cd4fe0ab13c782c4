"""A private RabbitMQ node: own name, ports, cookie, data directory and epmd, on the loopback."""

import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile

import amqp

from tools.servers.processes import Process, free_port, program, wait_until

USER = "novalite"
PASSWORD = "s3cret-Pa55"
# Debian's wrapper in PATH changes the user and the home directory; these do not.
_SCRIPTS = "/usr/lib/rabbitmq/bin"

_names = itertools.count(1)


class RabbitMQ:
    def __init__(self) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="novalite-rabbitmq-"))
        self.port = free_port()
        self._epmd_port = free_port()
        self.node = f"novalite-{self.port}@localhost"
        self._scripts = self._script_directory()
        (self.directory / "plugins").write_text("[].\n")
        (self.directory / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"default_user = {USER}\n"
            f"default_pass = {PASSWORD}\n"
            "vm_memory_high_watermark.absolute = 512MB\n"
            "disk_free_limit.absolute = 50MB\n"
            "log.file.level = info\n"
        )
        epmd = ["-port", str(self._epmd_port), "-address", "127.0.0.1"]
        self._epmd = Process(
            [program("epmd", "/usr/lib/erlang/erts-*/bin"), *epmd],
            self.directory / "epmd.log",
            env=self._environment(),
        )
        self.process = Process(
            [f"{self._scripts}/rabbitmq-server"],
            self.directory / "server.log",
            env=self._environment(),
        )

    @staticmethod
    def _script_directory() -> str:
        """Where the scripts lie that run as whoever calls them."""
        if os.path.exists(f"{_SCRIPTS}/rabbitmq-server"):
            return _SCRIPTS
        return os.path.dirname(os.path.realpath(program("rabbitmq-server")))

    def _environment(self) -> dict[str, str]:
        base = str(self.directory)
        kernel = "-kernel inet_dist_use_interface {127,0,0,1}"
        return {
            "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin",
            "HOME": base,
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "RABBITMQ_MNESIA_BASE": f"{base}/mnesia",
            "RABBITMQ_LOG_BASE": f"{base}/logs",
            "RABBITMQ_CONFIG_FILE": f"{base}/rabbitmq.conf",
            "RABBITMQ_CONF_ENV_FILE": f"{base}/no-env.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{base}/plugins",
            "RABBITMQ_PID_FILE": f"{base}/pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"+S 2:2 +A 16 -start_epmd false {kernel}",
            # Makes the start script become the Erlang VM instead of waiting for it, so that the
            # pid that we start is the broker's.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    @property
    def _dist_port(self) -> int:
        if not hasattr(self, "_dist"):
            self._dist = free_port()
        return self._dist

    def start(self) -> None:
        if not self._epmd.alive():
            self._epmd.start()
        self.process.start()
        self.process.wait_ready(self._answers, 90)

    def _answers(self) -> bool:
        try:
            self._connect("/").close()
        except (OSError, amqp.AMQPError):
            return False
        return True

    def _connect(self, vhost: str) -> amqp.Connection:
        connection = amqp.Connection(
            f"127.0.0.1:{self.port}", USER, PASSWORD, virtual_host=vhost, connect_timeout=5
        )
        connection.connect()
        return connection

    def url(self, vhost: str = "") -> str:
        """oslo.messaging's URL of a virtual host; "" is the default one."""
        return f"rabbit://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{vhost}"

    def create(self, name: str | None = None) -> str:
        """The URL of a new, empty virtual host."""
        name = name or f"test_{next(_names)}"
        self._control("add_vhost", name)
        self._control("set_permissions", "-p", name, USER, ".*", ".*", ".*")
        wait_until(lambda: self._open(name), 10, f"virtual host {name}")
        return self.url(name)

    def _open(self, vhost: str) -> bool:
        try:
            self._connect(vhost).close()
        except (OSError, amqp.AMQPError):
            return False
        return True

    def _control(self, *arguments: str) -> None:
        done = subprocess.run(
            [f"{self._scripts}/rabbitmqctl", "-n", self.node, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env=self._environment(),
        )
        if done.returncode:
            raise RuntimeError((done.stdout + done.stderr).decode()[-2000:])

    def kill(self) -> None:
        """A crash: the broker, not its epmd, so that ``start`` works again."""
        self.process.kill()

    def stop(self) -> None:
        self.process.stop(seconds=30)
        self._epmd.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

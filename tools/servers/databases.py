"""A private MariaDB and a private PostgreSQL: own data directory, loopback, a free port, small
buffers. ``create()`` makes an empty database and gives its SQLAlchemy URL."""

import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import psycopg
import pymysql

from tools.servers.processes import Process, free_port, program

USER = "novalite"
PASSWORD = "s3cret-Pa55"

_names = itertools.count(1)


def _run(command: list[str], user: str | None = None) -> None:
    as_user = {"user": user, "group": user, "extra_groups": []} if user else {}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, cwd="/", **as_user
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr).decode()[-3000:]}")


class MariaDB:
    dialect = "mysql"

    def __init__(self) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="novalite-mariadb-"))
        self.port = free_port()
        self._socket = self.directory / "socket"
        root = ["--user=root"] if os.geteuid() == 0 else []
        _run(
            [
                program("mariadb-install-db"),
                "--no-defaults",
                *root,
                f"--datadir={self.directory / 'data'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ]
        )
        init = self.directory / "init.sql"
        init.write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'%';\n"
        )
        self.process = Process(
            [
                program("mariadbd"),
                "--no-defaults",
                *root,
                f"--datadir={self.directory / 'data'}",
                f"--socket={self._socket}",
                f"--pid-file={self.directory / 'pid'}",
                f"--init-file={init}",
                f"--port={self.port}",
                "--bind-address=127.0.0.1",
                "--skip-name-resolve",
                "--skip-log-bin",
                "--performance-schema=OFF",
                "--innodb-buffer-pool-size=64M",
                "--innodb-log-file-size=16M",
                "--innodb-flush-log-at-trx-commit=2",
                "--max-connections=300",
            ],
            self.directory / "log",
        )

    def start(self) -> None:
        self.process.start()
        self.process.wait_ready(self._answers)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except pymysql.Error:
            return False
        return True

    def _connect(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, connect_timeout=5
        )

    def create(self, name: str | None = None) -> str:
        name = name or f"test_{next(_names)}"
        connection = self._connect()
        with connection, connection.cursor() as cursor:
            # Not utf8mb4: the tables must say themselves what they need.
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET latin1")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"mysql+pymysql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> None:
        self.process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


class PostgreSQL:
    dialect = "postgresql"

    def __init__(self) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="novalite-postgresql-"))
        self.port = free_port()
        # PostgreSQL refuses to run as root.
        user = "postgres" if os.geteuid() == 0 else None
        binaries = "/usr/lib/postgresql/*/bin"
        password_file = self.directory / "password"
        password_file.write_text(PASSWORD)
        if user:
            shutil.chown(self.directory, user, user)
            shutil.chown(password_file, user, user)
        _run(
            [
                program("initdb", binaries),
                "--no-sync",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                f"--username={USER}",
                f"--pwfile={password_file}",
                f"--pgdata={self.directory / 'data'}",
            ],
            user,
        )
        log = self.directory / "log"
        log.touch()
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.directory),
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": "300",
            "deadlock_timeout": "200ms",
        }
        self.process = Process(
            [
                program("postgres", binaries),
                "-D",
                str(self.directory / "data"),
                *(part for item in options.items() for part in ("-c", "=".join(item))),
            ],
            log,
            user=user,
        )

    def start(self) -> None:
        self.process.start()
        self.process.wait_ready(self._answers)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.Error:
            return False
        return True

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=PASSWORD,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def create(self, name: str | None = None) -> str:
        name = name or f"test_{next(_names)}"
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{name}"

    def kill(self) -> None:
        """The postmaster's SIGQUIT: all its processes end without a checkpoint."""
        self.process.stop(signal.SIGQUIT)

    def stop(self) -> None:
        self.process.stop(signal.SIGINT)
        shutil.rmtree(self.directory, ignore_errors=True)

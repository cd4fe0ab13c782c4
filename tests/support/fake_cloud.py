"""A running all-in-one with simulated hosts, and the unmodified clients that ask it."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import yaml

from tests.support.openstack_command import OpenStackCommand, User
from tools.servers.processes import free_port

T = TypeVar("T")

SECONDS = 60.0


class FakeCloud:
    """``state``: a directory of its own. Clouds of its clouds.yaml: novalite (the user demo) and
    novalite-admin."""

    def __init__(self, state: pathlib.Path, *options: str, hosts: int = 2) -> None:
        """``options``: lines for [embedded]."""
        self.state, self.hosts, self.port = state, hosts, free_port()
        self.clouds_yaml = str(state / "clouds.yaml")
        self.config = state / "test.conf"
        lines = ["[DEFAULT]", "work_sweep_interval = 2", "[embedded]", "password_cost = 10"]
        self.config.write_text("\n".join([*lines, *options, ""]))
        self.command = OpenStackCommand(self.clouds_yaml)
        self.environ = self.command.environ

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # ---- life ----

    def _novalite(self, *words: str) -> None:
        command = [sys.executable, "-m", "novalite.cmd.main", *words]
        options = ["--state-path", str(self.state)]
        subprocess.run([*command, *options], check=True, capture_output=True, env=self.environ)

    def up(self) -> None:
        """Returns when it answers; may be repeated after ``kill``."""
        self._novalite(
            *("up", "--fake", "--fake-hosts", str(self.hosts), "--port", str(self.port)),
            *("--clouds", self.clouds_yaml, "--config-file", str(self.config)),
        )

    def kill(self) -> None:
        pid = int((self.state / "novalite.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        until(lambda: not os.path.exists(f"/proc/{pid}/exe"), "the process is gone")

    def purge(self) -> None:
        self.command.close()
        self._novalite("down", "--purge")

    # ---- clients ----

    def openstack(self, *lines: str, cloud: str = "novalite") -> list[Any]:
        """Each command's answer: parsed, if it asked for ``-f json``, else its text. All have to
        succeed."""
        user = User(self.command, cloud)
        answers = ((line, user(*line.split())) for line in lines)
        return [json.loads(out) if "-f json" in line else out.strip() for line, out in answers]

    def nova(self, *words: str, cloud: str = "novalite") -> str:
        """What the command of python-novaclient prints; it has to succeed."""
        with open(self.clouds_yaml) as file:
            auth = yaml.safe_load(file)["clouds"][cloud]["auth"]
        variables = {f"OS_{name.upper()}": str(value) for name, value in auth.items()}
        done = subprocess.run(
            [os.path.join(os.path.dirname(sys.executable), "nova"), *words],
            env={**self.environ, **variables},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def connect(self, cloud: str = "novalite") -> Any:
        """An openstacksdk connection."""
        import openstack
        from openstack.config import OpenStackConfig

        config = OpenStackConfig(config_files=[self.clouds_yaml])
        return openstack.connection.Connection(config=config.get_one(cloud))


def until(found: Callable[[], T], what: str) -> T:
    """What ``found()`` answers when that is true."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = found()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)

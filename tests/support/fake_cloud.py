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

from tools.servers.processes import free_port

T = TypeVar("T")

SECONDS = 60.0

# Runs many commands in one interpreter: importing the client is most of what a command costs.
_DRIVER = """
import contextlib, io, json, sys
from openstackclient import shell
answers = []
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = shell.main(words)
        except SystemExit as e:
            code = e.code
    answers.append((code, out.getvalue(), err.getvalue()))
json.dump(answers, sys.stdout)
"""


class FakeCloud:
    """``state``: a directory of its own. Clouds of its clouds.yaml: novalite (the user demo) and
    novalite-admin."""

    def __init__(self, state: pathlib.Path, hosts: int = 2) -> None:
        self.state, self.hosts, self.port = state, hosts, free_port()
        self.clouds_yaml = str(state / "clouds.yaml")
        self.config = state / "test.conf"
        self.config.write_text(
            "[DEFAULT]\nwork_sweep_interval = 2\n[embedded]\npassword_cost = 10\n"
        )
        known = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
        self.environ = {**known, "OS_CLIENT_CONFIG_FILE": self.clouds_yaml}

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
        self._novalite("down", "--purge")

    # ---- clients ----

    def openstack(self, *lines: str, cloud: str = "novalite") -> list[Any]:
        """Each command's answer: parsed, if it asked for ``-f json``, else its text. All have to
        succeed."""
        words = [["--os-cloud", cloud, *line.split()] for line in lines]
        done = subprocess.run(
            [sys.executable, "-c", _DRIVER],
            input=json.dumps(words),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=200,
            check=True,
        )
        answers = []
        for line, (code, out, err) in zip(lines, json.loads(done.stdout), strict=True):
            assert not code, f"openstack {line}: {out}{err}"
            answers.append(json.loads(out) if "-f json" in line else out.strip())
        return answers

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

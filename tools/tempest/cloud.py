"""The cloud that Tempest runs against: `novalite up --fake`, by itself, removed afterwards."""

import os
import pathlib
import subprocess
import sys

from tools.demo.client import Cloud as Client
from tools.servers.processes import free_port

# What a test run needs beyond the defaults: room for its hundreds of resources, data planes that
# need no root, and one more place that images may be fetched from.
OPTIONS = """\
[DEFAULT]
cpu_allocation_ratio = 32
ram_allocation_ratio = 32
disk_allocation_ratio = 64
[quota]
instances = -1
cores = -1
ram = -1
[embedded]
image_web_hosts = 127.0.0.1:{import_port}
image_locations = true
image_stores = second:{state}/second-images
quota_security_group = 100
quota_router = 100
"""


class Cloud:
    """``files_port``: of the web server that images are imported from."""

    def __init__(self, state: pathlib.Path, port: int | None, files_port: int) -> None:
        self.state = state
        self.port = port or free_port()
        self.clouds_yaml = str(state / "clouds.yaml")
        self._config = state / "tempest.novalite.conf"
        state.mkdir(parents=True, exist_ok=True)
        self._config.write_text(OPTIONS.format(import_port=files_port, state=state))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        self._novalite(
            "up", "--fake", "--fake-hosts", "2", "--port", str(self.port),
            "--clouds", self.clouds_yaml, "--config-file", str(self._config),
        )  # fmt: skip

    def admin(self) -> Client:
        return Client(self.clouds_yaml, "novalite-admin")

    def purge(self) -> None:
        self._novalite("down", "--purge", "--config-file", str(self._config))

    def _novalite(self, *words: str) -> None:
        command = [sys.executable, "-m", "novalite.cmd.main", *words]
        subprocess.run([*command, "--state-path", str(self.state)], check=True, env={**os.environ})

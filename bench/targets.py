"""The clouds that are measured: how each is started, stopped, found and weighed."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Protocol

HERE = pathlib.Path(__file__).parent
QUOTAS = "[quota]\ninstances = -1\ncores = -1\nram = -1\n"


class Target(Protocol):
    name: str

    def start(self) -> float:
        """Start it and return the moment (epoch seconds) at which starting began."""

    def stop(self) -> None: ...

    def authentication(self) -> list[str]:
        """The arguments by which load.py finds and enters it."""

    def memory(self) -> dict[str, float]:
        """MiB of PSS by part: ``control plane`` is what is compared."""


def pss(*labels: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, HERE / "pss.py", *labels], stdout=subprocess.PIPE, check=True
    )
    return {name: entry["pss_mib"] for name, entry in json.loads(done.stdout).items()}


class AllInOne:
    """``novalite up --fake`` with simulated hosts."""

    def __init__(self, hosts: int, port: int = 18774) -> None:
        self.name = "all-in-one"
        self.hosts = hosts
        self.port = port
        self.state = tempfile.mkdtemp(prefix="novalite-bench-")

    def start(self) -> float:
        config = os.path.join(self.state, "bench.conf")
        with open(config, "w") as file:
            file.write(QUOTAS)
        begun = time.time()
        subprocess.run(
            [sys.executable, "-m", "novalite.cmd.main", "up", "--fake", "--state-path", self.state,
             "--port", str(self.port), "--fake-hosts", str(self.hosts), "--config-file", config,
             "--clouds", os.path.join(self.state, "clouds.yaml")],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return begun

    def stop(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "novalite.cmd.main", "down", "--state-path", self.state],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        shutil.rmtree(self.state, ignore_errors=True)

    def authentication(self) -> list[str]:
        with open(os.path.join(self.state, "credentials.json")) as file:
            password = json.load(file)["admin"]
        url = f"http://127.0.0.1:{self.port}/identity/v3"
        return ["--auth-url", url, "--password", password]

    def memory(self) -> dict[str, float]:
        with open(os.path.join(self.state, "novalite.pid")) as file:
            pid = file.read().strip()
        return pss(f"control plane={pid}")


class MultiService:
    """RabbitMQ, MariaDB and one process per service, with simulated hosts."""

    def __init__(self, hosts: int, state: str | None = None) -> None:
        self.name = "multi-service"
        self.hosts = hosts
        self.state = state or tempfile.mkdtemp(prefix="novalite-bench-multi-")
        os.chmod(self.state, 0o755)

    def _multi(self, command: str, *more: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "tools.multi", command, "--state-path", self.state, *more],
            check=True, stdout=subprocess.DEVNULL, cwd=HERE.parent,
        )  # fmt: skip

    def start(self) -> float:
        config = os.path.join(self.state, "bench.conf")
        with open(config, "w") as file:
            file.write(QUOTAS)
        begun = time.time()
        self._multi("up", "--fake-hosts", str(self.hosts), "--config-file", config)
        return begun

    def stop(self) -> None:
        self._multi("down")
        shutil.rmtree(self.state, ignore_errors=True)

    def _facts(self) -> dict[str, str]:
        with open(os.path.join(self.state, "multi.json")) as file:
            return json.load(file)

    def authentication(self) -> list[str]:
        facts = self._facts()
        return ["--auth-url", facts["auth_url"], "--password", facts["admin_password"]]

    def memory(self) -> dict[str, float]:
        run = pathlib.Path(self.state, "run")
        labels = [f"{path.stem}={path.read_text().strip()}" for path in run.glob("*.pid")]
        parts = pss(*labels)
        infra = {name: parts.pop(name) for name in ("mariadb", "rabbitmq") if name in parts}
        return {"control plane": sum(parts.values()), **parts, **infra}


class Nova:
    """The real Nova with its fake driver, as bench/peer/setup.sh installs it."""

    def __init__(self, hosts: int) -> None:
        self.name = "nova"
        self.environment = {**os.environ, "COMPUTES": str(hosts)}
        self.home = os.environ.get("PEER_HOME", os.path.expanduser("~/peer-nova"))

    @property
    def installed(self) -> bool:
        return os.path.exists(os.path.join(self.home, "venv", "bin", "nova-conductor"))

    def start(self) -> float:
        begun = time.time()
        subprocess.run([HERE / "peer/start.sh"], check=True, env=self.environment,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        return begun

    def stop(self) -> None:
        subprocess.run([HERE / "peer/stop.sh"], check=True, env=self.environment)

    def authentication(self) -> list[str]:
        return ["--auth-url", "http://127.0.0.1:5000/v3", "--password", "peer"]

    def memory(self) -> dict[str, float]:
        run = pathlib.Path(self.home, "run")
        parts = pss(*(f"{p.stem}={p.read_text().strip()}" for p in run.glob("*.pid")))
        infra = {name: parts.pop(name) for name in ("mariadb", "rabbitmq", "memcached")
                 if name in parts}  # fmt: skip
        return {"control plane": sum(parts.values()), **parts, **infra}

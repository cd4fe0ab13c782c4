"""Unmodified clients against ``novalite up --fake``: openstack, nova, openstacksdk."""

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import openstack
import pytest
import yaml

from tools.servers.processes import free_port

pytestmark = pytest.mark.integration

BIN = pathlib.Path(sys.executable).parent


@pytest.fixture(scope="module")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    state = tmp_path_factory.mktemp("all-in-one")
    path = str(state / "clouds.yaml")
    command = [sys.executable, "-m", "novalite.cmd.main"]
    subprocess.run(
        [*command, "up", "--fake", "--state-path", str(state), "--port", str(free_port()),
         "--clouds", path], check=True)  # fmt: skip
    try:
        yield path
    finally:
        subprocess.run([*command, "down", "--state-path", str(state)], check=True)


class Client:
    def __init__(self, clouds: str) -> None:
        with open(clouds) as file:
            auth = yaml.safe_load(file)["clouds"]["novalite"]["auth"]
        # novaclient knows no clouds.yaml.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.path.dirname(clouds),
            **{f"OS_{name.upper()}": value for name, value in auth.items()},
        }
        self.cloud = {**self.environment, "OS_CLOUD": "novalite", "OS_CLIENT_CONFIG_FILE": clouds}

    def _run(self, environment: dict[str, str], *command: str) -> str:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def openstack(self, *words: str) -> str:
        return self._run(self.cloud, str(BIN / "openstack"), *words)

    def json(self, *words: str) -> object:
        return json.loads(self.openstack(*words, "-f", "json"))

    def nova(self, *words: str) -> str:
        return self._run(self.environment, str(BIN / "nova"), *words)


@pytest.fixture(scope="module")
def client(clouds: str) -> Client:
    return Client(clouds)


def test_openstack_boots_shows_and_deletes(client: Client, tmp_path: pathlib.Path) -> None:
    flavors = client.json("flavor", "list")
    assert {"m1.nano", "m1.tiny"} <= {flavor["Name"] for flavor in flavors}
    data = tmp_path / "image.raw"
    data.write_bytes(os.urandom(4096))
    image = client.json(
        "image", "create", "--file", str(data), "--disk-format", "raw", "from-a-file"
    )
    assert image["status"] == "active"
    client.openstack("keypair", "create", "--private-key", str(tmp_path / "key"), "pair")
    assert "PRIVATE KEY" in (tmp_path / "key").read_text()
    server = client.json(
        "server", "create", "--image", "from-a-file", "--flavor", "m1.nano", "--network", "demo",
        "--key-name", "pair", "--property", "color=blue", "--wait", "first",
    )  # fmt: skip
    assert server["status"] == "ACTIVE"
    assert server["adminPass"]
    listed = client.json("server", "list")
    assert [(one["Name"], one["Status"]) for one in listed] == [("first", "ACTIVE")]
    shown = client.json("server", "show", "first")
    assert shown["properties"] == {"color": "blue"}
    assert shown["addresses"]["demo"][0].startswith("10.77.0.")
    assert "first login:" in client.openstack("console", "log", "show", "first")
    client.openstack("server", "stop", "first")
    client.openstack("server", "delete", "--wait", "first")
    assert client.json("server", "list") == []
    client.openstack("keypair", "delete", "pair")
    client.openstack("image", "delete", "from-a-file")


def test_nova_boots_and_deletes(client: Client) -> None:
    out = client.nova(
        "boot", "--poll", "--image", "placeholder", "--flavor", "m1.nano", "--nic", "auto", "second"
    )
    assert "100% complete" in out
    assert "second" in client.nova("list")
    client.nova("delete", "second")


def test_sdk_boots_and_deletes(clouds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", clouds)
    with openstack.connect(cloud="novalite") as cloud:
        server = cloud.create_server(
            "third", image="placeholder", flavor="m1.nano", network="demo", wait=True, timeout=60
        )
        assert server.status == "ACTIVE"
        found = cloud.compute.get_server(server.id)
        assert found.addresses["demo"][0]["OS-EXT-IPS:type"] == "fixed"
        cloud.compute.reboot_server(found, "HARD")
        cloud.compute.wait_for_server(found, wait=30)
        assert "third" in cloud.get_server_console(found)
        assert cloud.delete_server("third", wait=True)
        assert cloud.get_server("third") is None
    with openstack.connect(cloud="novalite-admin") as admin:
        (hypervisor,) = admin.list_hypervisors()
        assert hypervisor.state == "up"

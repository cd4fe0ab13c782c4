"""Unmodified clients against ``novalite up --fake``: openstack, nova, openstacksdk."""

import os
import pathlib
import subprocess
import sys
from typing import Any

import openstack
import pytest

from tests.support.fake_cloud import FakeCloud, until
from tests.support.openstack_command import User

pytestmark = pytest.mark.integration


def test_the_command_itself(cloud: FakeCloud) -> None:
    """The other tests run it in copies of one process."""
    done = subprocess.run(
        [pathlib.Path(sys.executable).parent / "openstack", "token", "issue", "-f", "value"],
        env={**cloud.environ, "OS_CLOUD": "novalite"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len(done.stdout.splitlines()) == 4


def test_openstack_boots_shows_and_deletes(demo: User, tmp_path: pathlib.Path) -> None:
    flavors = demo.json("flavor", "list")
    assert {"m1.nano", "m1.tiny"} <= {flavor["Name"] for flavor in flavors}
    data = tmp_path / "image.raw"
    data.write_bytes(os.urandom(4096))
    image = demo.json("image", "create", "--file", str(data), "--disk-format", "raw", "from-a-file")
    assert image["status"] == "active"
    demo("keypair", "create", "--private-key", str(tmp_path / "key"), "pair")
    assert "PRIVATE KEY" in (tmp_path / "key").read_text()
    server = demo.json(
        "server", "create", "--image", "from-a-file", "--flavor", "m1.nano", "--network", "demo",
        "--key-name", "pair", "--property", "color=blue", "--wait", "first",
    )  # fmt: skip
    assert server["status"] == "ACTIVE"
    assert server["adminPass"]
    listed = demo.json("server", "list")
    assert ("first", "ACTIVE") in [(one["Name"], one["Status"]) for one in listed]
    shown = demo.json("server", "show", "first")
    assert shown["properties"] == {"color": "blue"}
    assert shown["addresses"]["demo"][0].startswith("10.77.0.")
    assert "first login:" in demo("console", "log", "show", "first")
    demo("server", "stop", "first")
    demo("server", "delete", "--wait", "first")
    assert "first" not in [one["Name"] for one in demo.json("server", "list")]
    demo("keypair", "delete", "pair")
    demo("image", "delete", "from-a-file")


def test_nova_boots_and_deletes(cloud: FakeCloud, sdk: Any) -> None:
    out = cloud.nova(
        "boot", "--poll", "--image", "placeholder", "--flavor", "m1.nano", "--nic", "auto", "second"
    )
    assert "100% complete" in out
    assert "second" in cloud.nova("list")
    cloud.nova("delete", "second")
    until(lambda: sdk.compute.find_server("second") is None, "it is gone")


def test_sdk_boots_and_deletes(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", cloud.clouds_yaml)
    with openstack.connect(cloud="novalite") as sdk:
        server = sdk.create_server(
            "third", image="placeholder", flavor="m1.nano", network="demo", wait=True, timeout=60,
        )  # fmt: skip
        assert server.status == "ACTIVE"
        found = sdk.compute.get_server(server.id)
        assert found.addresses["demo"][0]["OS-EXT-IPS:type"] == "fixed"
        sdk.compute.reboot_server(found, "HARD")
        sdk.compute.wait_for_server(found, wait=30)
        assert "third" in sdk.get_server_console(found)
        assert sdk.delete_server("third", wait=True)
        assert sdk.get_server("third") is None
    with openstack.connect(cloud="novalite-admin") as admin:
        assert [hypervisor.state for hypervisor in admin.list_hypervisors()] == ["up"] * cloud.hosts

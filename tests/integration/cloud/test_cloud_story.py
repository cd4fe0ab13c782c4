"""A server as a user of the `openstack` command makes it: on a network of its own, behind a router
with a floating IP, with a volume; reached by SSH while a rule of its security group lets it."""

import pathlib
import time
from collections.abc import Callable

import openstack
import pytest

from tests.integration.cloud.conftest import AllInOne
from tests.support.openstack_command import User
from tools.demo.host import Shell

pytestmark = pytest.mark.integration

GUEST_SECONDS = 120
MIB = 1 << 20


def wait_for(what: str, ready: Callable[[], bool], seconds: float = GUEST_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.5)


def test_server_with_volume_floating_ip_and_security_group(
    all_in_one: AllInOne, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = User(all_in_one.command)
    key = tmp_path / "key"
    run("keypair", "create", "--private-key", str(key), "story")
    key.chmod(0o600)
    _build_network(run)
    group_rule = _build_group(run)
    run("volume", "create", "--size", "1", "story")
    run(
        "server", "create", "--image", "novalite-guest", "--flavor", "m1.nano", "--wait",
        "--network", "story", "--security-group", "story", "--key-name", "story", "story",
    )  # fmt: skip
    run("server", "add", "volume", "story", "story")
    address = run.json("floating", "ip", "create", "public")["floating_ip_address"]
    run("server", "add", "floating", "ip", "story", address)
    assert address in str(run.json("server", "show", "story")["addresses"])

    shell = Shell(address, str(key))
    wait_for("ssh through the floating IP", lambda: shell("true")[0] == 0)
    device = _attached_device(run)
    size = f"cat /sys/block/{device.removeprefix('/dev/')}/size"
    wait_for("the volume in the guest", lambda: shell(size)[1].strip() == str(1024 * MIB // 512))
    assert shell(f"echo kept-in-the-volume | dd of={device} conv=fsync")[0] == 0

    _snapshot_in_use(all_in_one, monkeypatch)
    wait_for("the snapshot", lambda: _status(run, "volume snapshot", "story") == "available")

    run("security", "group", "rule", "delete", group_rule)
    wait_for("ssh to be refused", lambda: shell("true")[0] != 0)
    run(
        "security", "group", "rule", "create", "--protocol", "tcp", "--dst-port", "22",
        "--remote-ip", "0.0.0.0/0", "story",
    )  # fmt: skip
    wait_for("ssh to be back", lambda: shell("true")[0] == 0)

    run("server", "remove", "volume", "story", "story")
    wait_for("the volume to be free", lambda: _status(run, "volume", "story") == "available")
    wait_for("the guest to lose it", lambda: shell(size)[0] != 0)
    run("volume", "set", "--size", "2", "story")
    wait_for("the larger volume", lambda: _status(run, "volume", "story") == "available")
    run("server", "add", "volume", "story", "story")
    wait_for("the larger disk", lambda: shell(size)[1].strip() == str(2048 * MIB // 512))
    read = f"dd if={_attached_device(run)} bs=18 count=1"
    assert "kept-in-the-volume" in shell(read)[1]

    _take_down(run, address)
    assert shell("true")[0] != 0


def _build_network(run: User) -> None:
    run("network", "create", "story")
    run("subnet", "create", "--network", "story", "--subnet-range", "192.168.66.0/24", "story")
    run("router", "create", "story")
    run("router", "set", "--external-gateway", "public", "story")
    run("router", "add", "subnet", "story", "story")


def _build_group(run: User) -> str:
    """The id of the rule that lets SSH in."""
    run("security", "group", "create", "story")
    rule = run.json(
        "security", "group", "rule", "create", "--protocol", "tcp", "--dst-port", "22", "story"
    )
    return str(rule["id"])


def _snapshot_in_use(cloud: AllInOne, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the SDK: the command drops its --force where a service knows 3.66, but asks at 3.65."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", cloud.clouds_yaml)
    with openstack.connect(cloud="novalite") as connection:
        volume = connection.block_storage.find_volume("story")
        connection.block_storage.create_snapshot(volume_id=volume.id, name="story", is_forced=True)


def _status(run: User, kind: str, name: str) -> str:
    return str(run.json(*kind.split(), "show", name)["status"])


def _attached_device(run: User) -> str:
    return str(run.json("volume", "show", "story")["attachments"][0]["device"])


def _take_down(run: User, address: str) -> None:
    """In the order in which a user may; all of it is accepted."""
    run("server", "delete", "--wait", "story")
    wait_for("the volume to be free", lambda: _status(run, "volume", "story") == "available")
    run("floating", "ip", "delete", address)
    run("volume", "snapshot", "delete", "story")
    wait_for("the snapshot to go", lambda: run.json("volume", "snapshot", "list") == [])
    run("volume", "delete", "story")
    wait_for("the volume to go", lambda: run.json("volume", "list") == [])
    run("router", "remove", "subnet", "story", "story")
    run("router", "delete", "story")
    run("network", "delete", "story")
    run("security", "group", "delete", "story")

"""The image service with unmodified clients: the openstack command and openstacksdk."""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import openstack
import pytest

from tests.support.web import Web
from tools.servers.processes import free_port

pytestmark = pytest.mark.integration

BIN = pathlib.Path(sys.executable).parent
DATA = os.urandom(700_000)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    web = Web()
    web.files["/disk"] = DATA
    yield web
    web.close()


@pytest.fixture(scope="module")
def clouds(tmp_path_factory: pytest.TempPathFactory, web: Web) -> Iterator[str]:
    state = tmp_path_factory.mktemp("image-clients")
    path, config = str(state / "clouds.yaml"), state / "test.conf"
    config.write_text(f"[embedded]\nimage_web_hosts = 127.0.0.1:{web.port}\n")
    command = [sys.executable, "-m", "novalite.cmd.main"]
    where = ["--state-path", str(state)]
    subprocess.run(
        [*command, "up", "--fake", *where, "--port", str(free_port()), "--clouds", path,
         "--config-file", str(config)], check=True)  # fmt: skip
    try:
        yield path
    finally:
        subprocess.run([*command, "down", *where], check=True)


class Client:
    def __init__(self, clouds: str, cloud: str) -> None:
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.path.dirname(clouds),
            "OS_CLOUD": cloud,
            "OS_CLIENT_CONFIG_FILE": clouds,
        }

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [str(BIN / "openstack"), *words], env=self.environment, capture_output=True, text=True,
            timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def sdk(self) -> openstack.connection.Connection:
        config = openstack.config.OpenStackConfig(
            config_files=[self.environment["OS_CLIENT_CONFIG_FILE"]], load_envvars=False
        )
        return openstack.connection.Connection(
            config=config.get_one(cloud=self.environment["OS_CLOUD"])
        )

    def json(self, *words: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.run(*words, "-f", "json"))
        return found


@pytest.fixture(scope="module")
def demo(clouds: str) -> Client:
    return Client(clouds, "novalite")


@pytest.fixture(scope="module")
def admin(clouds: str) -> Client:
    return Client(clouds, "novalite-admin")


def test_create_save_set(demo: Client, tmp_path: pathlib.Path) -> None:
    disk, back = tmp_path / "disk.raw", tmp_path / "back.raw"
    disk.write_bytes(DATA)
    image = demo.json(
        "image", "create", "--file", str(disk), "--disk-format", "raw", "--property",
        "hw_disk_bus=virtio", "--tag", "blue", "--min-disk", "1", "mine",
    )  # fmt: skip
    assert (image["status"], image["size"]) == ("active", len(DATA))
    assert image["checksum"] == hashlib.md5(DATA).hexdigest()
    demo.run("image", "save", "--file", str(back), "mine")
    assert back.read_bytes() == DATA
    demo.run(
        "image", "set", "--property", "os_type=linux", "--min-ram", "64", "--name", "renamed",
        "--shared", "--tag", "red", "mine",
    )  # fmt: skip
    demo.run("image", "unset", "--property", "hw_disk_bus", "--tag", "blue", "renamed")
    shown = demo.json("image", "show", "renamed")
    assert (shown["min_ram"], shown["tags"], shown["visibility"]) == (64, ["red"], "shared")
    properties = shown["properties"]
    assert isinstance(properties, dict)
    assert properties["os_type"] == "linux"
    assert "hw_disk_bus" not in properties
    demo.run("image", "delete", "renamed")
    assert demo.sdk().image.find_image("renamed", ignore_missing=True) is None


def test_stage_and_import(demo: Client, admin: Client, web: Web, tmp_path: pathlib.Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(DATA)
    cloud = demo.sdk()
    for name in ("staged", "fetched", "refused"):  # the command would send its standard input
        cloud.image.create_image(name, disk_format="raw", container_format="bare")
    demo.run("image", "stage", "--file", str(disk), "staged")
    demo.run("image", "import", "--method", "glance-direct", "staged")
    demo.run("image", "create", "--disk-format", "raw", "--import", "--file", str(disk), "imported")
    demo.run("image", "import", "--method", "web-download", "--uri", web.url("/disk"), "fetched")
    refused = cloud.image.find_image("refused", ignore_missing=False)
    with pytest.raises(openstack.exceptions.BadRequestException, match="does not pass filtering"):
        openstack.exceptions.raise_from_response(
            refused.import_image(cloud.image, "web-download", uri="http://169.254.169.254/x")
        )
    for name in ("staged", "imported", "fetched"):
        image = cloud.image.find_image(name, ignore_missing=False)
        cloud.image.wait_for_status(image, "active", interval=0.1, wait=20)
        assert cloud.image.get_image(image.id).size == len(DATA)
    assert {task.status for task in admin.sdk().image.tasks()} == {"success"}


def test_members(demo: Client, admin: Client) -> None:
    body = {"disk_format": "raw", "container_format": "bare", "visibility": "shared"}
    demo.sdk().image.create_image("shared", **body)
    project = admin.sdk().identity.find_project("admin", ignore_missing=False).id
    member = demo.json("image", "add", "project", "shared", str(project))
    assert member["status"] == "pending"
    admin.run("image", "set", "--accept", "--project", str(project), "shared")
    (listed,) = json.loads(demo.run("image", "member", "list", "shared", "-f", "json"))
    assert listed["Status"] == "accepted"


def test_sdk(demo: Client, admin: Client, tmp_path: pathlib.Path) -> None:
    cloud, root = demo.sdk(), admin.sdk()
    disk = tmp_path / "disk.raw"
    disk.write_bytes(DATA)
    image = cloud.image.create_image("sdk", filename=str(disk), disk_format="raw", a="b", wait=True)
    image = cloud.image.get_image(image.id)
    assert (image.status, image.properties["a"]) == ("active", "b")
    cloud.image.update_image(image, name="new", a="c", min_disk=2)
    found = cloud.image.get_image(image.id)
    assert (found.name, found.properties["a"], found.min_disk) == ("new", "c", 2)
    copy = cloud.image.create_image(
        "imported", filename=str(disk), disk_format="raw", use_import=True,
        wait=True,
    )  # fmt: skip
    cloud.image.wait_for_status(copy, "active", interval=0.1, wait=20)
    (task,) = cloud.image.image_tasks(copy)
    assert task["status"] == "success"
    stream = cloud.image.download_image(copy, stream=True)
    digest = hashlib.sha512()
    for chunk in stream.iter_content(65536):
        digest.update(chunk)
    assert digest.hexdigest() == cloud.image.get_image(copy.id).hash_value
    root.image.queue_image(copy.id)
    assert set(cloud.image.get_import_info().import_methods["value"]) >= {"glance-direct"}
    assert cloud.image.get_image_schema().properties["id"]
    assert cloud.image.get_metadef_namespace_schema().properties["namespace"]


def test_metadefs_of_the_sdk(demo: Client, admin: Client) -> None:
    cloud, root = demo.sdk(), admin.sdk()
    space = root.image.create_metadef_namespace(namespace="sdk::space", visibility="public")
    root.image.update_metadef_namespace(space, namespace="sdk::space", display_name="SDK")
    assert cloud.image.get_metadef_namespace("sdk::space").display_name == "SDK"
    root.image.create_metadef_object("sdk::space", name="thing")
    root.image.create_metadef_property("sdk::space", name="size", title="Size", type="integer")
    assert [one.name for one in cloud.image.metadef_objects("sdk::space")] == ["thing"]
    assert [one.name for one in cloud.image.metadef_properties("sdk::space")] == ["size"]
    root.image.create_metadef_resource_type_association("sdk::space", name="OS::Glance::Image")
    (target,) = cloud.image.metadef_resource_type_associations("sdk::space")
    assert target.name == "OS::Glance::Image"
    assert "sdk::space" in {one.namespace for one in cloud.image.metadef_namespaces()}
    with pytest.raises(openstack.exceptions.ForbiddenException):
        cloud.image.delete_metadef_namespace(space)
    root.image.delete_metadef_namespace(space)

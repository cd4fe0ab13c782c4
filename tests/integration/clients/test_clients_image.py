"""The image service with unmodified clients: the openstack command and openstacksdk."""

import hashlib
import os
import pathlib
from typing import Any

import openstack
import pytest

from tests.support.fake_cloud import FakeCloud
from tests.support.openstack_command import User
from tests.support.web import Web

pytestmark = pytest.mark.integration

DATA = os.urandom(700_000)


@pytest.fixture(scope="module")
def root(cloud: FakeCloud) -> Any:
    """openstacksdk, as the administrator."""
    return cloud.connect("novalite-admin")


def test_create_save_set(demo: User, sdk: Any, tmp_path: pathlib.Path) -> None:
    disk, back = tmp_path / "disk.raw", tmp_path / "back.raw"
    disk.write_bytes(DATA)
    image = demo.json(
        "image", "create", "--file", str(disk), "--disk-format", "raw", "--property",
        "hw_disk_bus=virtio", "--tag", "blue", "--min-disk", "1", "mine",
    )  # fmt: skip
    assert (image["status"], image["size"]) == ("active", len(DATA))
    assert image["checksum"] == hashlib.md5(DATA).hexdigest()
    demo("image", "save", "--file", str(back), "mine")
    assert back.read_bytes() == DATA
    demo(
        "image", "set", "--property", "os_type=linux", "--min-ram", "64", "--name", "renamed",
        "--shared", "--tag", "red", "mine",
    )  # fmt: skip
    demo("image", "unset", "--property", "hw_disk_bus", "--tag", "blue", "renamed")
    shown = demo.json("image", "show", "renamed")
    assert (shown["min_ram"], shown["tags"], shown["visibility"]) == (64, ["red"], "shared")
    properties = shown["properties"]
    assert isinstance(properties, dict)
    assert properties["os_type"] == "linux"
    assert "hw_disk_bus" not in properties
    demo("image", "delete", "renamed")
    assert sdk.image.find_image("renamed", ignore_missing=True) is None


def test_stage_and_import(
    demo: User, sdk: Any, root: Any, web: Web, tmp_path: pathlib.Path
) -> None:
    web.files["/disk"] = DATA
    disk = tmp_path / "disk.raw"
    disk.write_bytes(DATA)
    for name in ("staged", "fetched", "refused"):  # the command would send its standard input
        sdk.image.create_image(name, disk_format="raw", container_format="bare")
    demo("image", "stage", "--file", str(disk), "staged")
    demo("image", "import", "--method", "glance-direct", "staged")
    demo("image", "create", "--disk-format", "raw", "--import", "--file", str(disk), "imported")
    demo("image", "import", "--method", "web-download", "--uri", web.url("/disk"), "fetched")
    refused = sdk.image.find_image("refused", ignore_missing=False)
    with pytest.raises(openstack.exceptions.BadRequestException, match="does not pass filtering"):
        openstack.exceptions.raise_from_response(
            refused.import_image(sdk.image, "web-download", uri="http://169.254.169.254/x")
        )
    for name in ("staged", "imported", "fetched"):
        image = sdk.image.find_image(name, ignore_missing=False)
        sdk.image.wait_for_status(image, "active", interval=0.1, wait=20)
        assert sdk.image.get_image(image.id).size == len(DATA)
    assert {task.status for task in root.image.tasks()} == {"success"}


def test_members(demo: User, admin: User, sdk: Any, root: Any) -> None:
    body = {"disk_format": "raw", "container_format": "bare", "visibility": "shared"}
    sdk.image.create_image("shared", **body)
    project = root.identity.find_project("admin", ignore_missing=False).id
    member = demo.json("image", "add", "project", "shared", str(project))
    assert member["status"] == "pending"
    admin("image", "set", "--accept", "--project", str(project), "shared")
    (listed,) = demo.json("image", "member", "list", "shared")
    assert listed["Status"] == "accepted"


def test_sdk(sdk: Any, root: Any, tmp_path: pathlib.Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(DATA)
    image = sdk.image.create_image("sdk", filename=str(disk), disk_format="raw", a="b", wait=True)
    image = sdk.image.get_image(image.id)
    assert (image.status, image.properties["a"]) == ("active", "b")
    sdk.image.update_image(image, name="new", a="c", min_disk=2)
    found = sdk.image.get_image(image.id)
    assert (found.name, found.properties["a"], found.min_disk) == ("new", "c", 2)
    copy = sdk.image.create_image(
        "imported", filename=str(disk), disk_format="raw", use_import=True,
        wait=True,
    )  # fmt: skip
    sdk.image.wait_for_status(copy, "active", interval=0.1, wait=20)
    (task,) = sdk.image.image_tasks(copy)
    assert task["status"] == "success"
    stream = sdk.image.download_image(copy, stream=True)
    digest = hashlib.sha512()
    for chunk in stream.iter_content(65536):
        digest.update(chunk)
    assert digest.hexdigest() == sdk.image.get_image(copy.id).hash_value
    root.image.queue_image(copy.id)
    assert set(sdk.image.get_import_info().import_methods["value"]) >= {"glance-direct"}
    assert sdk.image.get_image_schema().properties["id"]
    assert sdk.image.get_metadef_namespace_schema().properties["namespace"]


def test_metadefs_of_the_sdk(sdk: Any, root: Any) -> None:
    space = root.image.create_metadef_namespace(namespace="sdk::space", visibility="public")
    root.image.update_metadef_namespace(space, namespace="sdk::space", display_name="SDK")
    assert sdk.image.get_metadef_namespace("sdk::space").display_name == "SDK"
    root.image.create_metadef_object("sdk::space", name="thing")
    root.image.create_metadef_property("sdk::space", name="size", title="Size", type="integer")
    assert [one.name for one in sdk.image.metadef_objects("sdk::space")] == ["thing"]
    assert [one.name for one in sdk.image.metadef_properties("sdk::space")] == ["size"]
    root.image.create_metadef_resource_type_association("sdk::space", name="OS::Glance::Image")
    (target,) = sdk.image.metadef_resource_type_associations("sdk::space")
    assert target.name == "OS::Glance::Image"
    assert "sdk::space" in {one.namespace for one in sdk.image.metadef_namespaces()}
    with pytest.raises(openstack.exceptions.ForbiddenException):
        sdk.image.delete_metadef_namespace(space)
    root.image.delete_metadef_namespace(space)

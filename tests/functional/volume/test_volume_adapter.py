"""The volume service as compute services see it: by direct calls, and over HTTP with a user's
token or with the service's own credentials. All three behave the same."""

import uuid as uuids
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from novalite import exception
from novalite.context import RequestContext
from novalite.volume import cinder
from novalite.volume.cinder import CinderClient
from novalite.volume.interface import VolumeAPI
from novalite.wsgi import paste, server
from tests.support.volume_cloud import Cloud, until

SERVER = "0e44cc9c-e052-415d-afbf-469b0d384170"
CONNECTOR = {"host": "host1", "ip": "10.0.0.1", "initiator": "iqn.x", "multipath": False}

Context = Callable[..., RequestContext]


@pytest.fixture
def client(cloud: Cloud) -> Iterator[CinderClient]:
    running = server.serve(paste.load_app(cloud.deployment), "127.0.0.1", 0, threads=4)
    running.start()
    conf, url = cloud.deployment.conf, f"http://127.0.0.1:{running.port}"
    for name, value in {
        "endpoint_override": f"{url}/volume/v3",
        "auth_url": f"{url}/identity",
        "username": "nova",
        "password": cloud.passwords["nova"],
    }.items():
        conf.set_override(name, value, "cinder")
    yield CinderClient(conf)
    running.stop()


@pytest.fixture(params=["direct", "token", "service"])
def api(request: pytest.FixtureRequest, cloud: Cloud) -> VolumeAPI:
    if request.param == "direct":
        return cloud.service
    return request.getfixturevalue("client")


@pytest.fixture
def context(request: pytest.FixtureRequest, api: VolumeAPI, cloud: Cloud) -> RequestContext:
    """Of the user demo; without a token what the service asks for itself."""
    made = cloud.context("demo")
    kind = request.node.callspec.params["api"]
    if kind == "token":
        made.auth_token = cloud.token("demo")
    return made


def available(api: VolumeAPI, context: RequestContext, volume_id: str) -> dict[str, Any]:
    def look() -> Any:
        found = api.show_volume(context, volume_id)
        return found if found["status"] == "available" else None

    return until(look, f"{volume_id} available")


def test_volumes(api: VolumeAPI, context: RequestContext, cloud: Cloud) -> None:
    made = cloud.volume(name="one", metadata={"k": "v"})
    assert api.show_volume(context, made)["name"] == "one"
    other = cloud.volume()
    listed = api.list_volumes(context, all_tenants=True, metadata={"k": "v"})
    assert [volume["id"] for volume in listed] == [made]
    api.delete_volume(context, other)
    until(lambda: cloud.request("GET", f"/volumes/{other}").status_int == 404, "gone")
    api.delete_volume(context, other)
    with pytest.raises(exception.VolumeNotFound):
        api.show_volume(context, other)


def test_types(api: VolumeAPI, context: RequestContext) -> None:
    kind = api.show_volume_type(context, "__DEFAULT__")
    assert api.show_volume_type(context, kind["id"])["name"] == "__DEFAULT__"
    for unknown in ("gold", str(uuids.uuid4())):
        with pytest.raises(exception.VolumeTypeNotFound):
            api.show_volume_type(context, unknown)


def test_snapshots(api: VolumeAPI, context: RequestContext, cloud: Cloud) -> None:
    volume = cloud.volume()
    made = api.create_snapshot(context, volume, {"name": "s"})
    cloud.reaches(f"/snapshots/{made['id']}", "available")
    assert api.show_snapshot(context, made["id"])["volume_id"] == volume
    listed = api.list_snapshots(context, all_tenants=True)
    assert [snapshot["id"] for snapshot in listed] == [made["id"]]
    api.delete_snapshot(context, made["id"])
    cloud.gone(f"/snapshots/{made['id']}")
    with pytest.raises(exception.SnapshotNotFound):
        api.show_snapshot(context, made["id"])
    with pytest.raises(exception.VolumeNotFound):
        api.create_snapshot(context, SERVER, {})


def test_a_life_of_an_attachment(api: VolumeAPI, context: RequestContext, cloud: Cloud) -> None:
    volume = cloud.volume()
    made = api.create_attachment(context, volume, SERVER, mountpoint="/dev/vdb")
    assert api.show_volume(context, volume)["status"] == "reserved"
    (listed,) = api.list_attachments(context, instance_id=SERVER, all_tenants=True)
    assert (listed["id"], listed["volume_id"], listed["instance"]) == (made["id"], volume, SERVER)
    assert api.list_attachments(context, instance_id=volume, all_tenants=True) == []
    updated = api.update_attachment(context, made["id"], CONNECTOR, mountpoint="/dev/vdb")
    info = updated["connection_info"]
    assert info["driver_volume_type"] == "file"
    assert info["device_path"] == cloud.path_of(volume)
    assert api.show_attachment(context, made["id"])["connection_info"] == info
    api.complete_attachment(context, made["id"])
    shown = api.show_volume(context, volume)
    assert shown["status"] == "in-use"
    assert shown["attachments"][0]["server_id"] == SERVER
    assert shown["attachments"][0]["device"] == "/dev/vdb"
    with pytest.raises(exception.InvalidVolume):
        api.delete_volume(context, volume)
    with pytest.raises(exception.InvalidVolume):
        api.create_attachment(context, volume, str(uuids.uuid4()))
    api.begin_detaching(context, volume)
    assert api.show_volume(context, volume)["status"] == "detaching"
    api.roll_detaching(context, volume)
    api.begin_detaching(context, volume)
    api.delete_attachment(context, made["id"])
    assert api.show_volume(context, volume)["status"] == "available"
    api.delete_attachment(context, made["id"])
    with pytest.raises(exception.InvalidVolume):
        api.begin_detaching(context, volume)
    with pytest.raises(exception.VolumeAttachmentNotFound):
        api.show_attachment(context, made["id"])
    with pytest.raises(exception.VolumeNotFound):
        api.create_attachment(context, SERVER, SERVER)


def test_create(client: CinderClient, cloud: Cloud) -> None:
    """With the user's token, the volume is the user's."""
    context = cloud.context("demo")
    context.auth_token = cloud.token("demo")
    made = client.create_volume(context, {"size": 1, "name": "mine"})
    found = available(client, context, made["id"])
    assert found["name"] == "mine"
    with pytest.raises(exception.InvalidInput):
        client.create_volume(context, {"size": "x"})


def test_create_without_a_token(client: CinderClient, cloud: Cloud) -> None:
    """Work that goes on after the request: the service asks in the user's project, where it has
    an inherited role."""
    context = cloud.context("demo")
    made = client.create_volume(context, {"size": 1})
    owner = cloud.show(f"/volumes/{made['id']}")["os-vol-tenant-attr:tenant_id"]
    assert owner == context.project_id
    context = cloud.context("demo")
    context.project_id = "0" * 32
    with pytest.raises(exception.DependencyUnavailable):
        client.create_volume(context, {"size": 1})


def test_lists_have_pages(
    client: CinderClient, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {cloud.volume() for _ in range(3)}
    monkeypatch.setattr(cinder, "PAGE", 2)
    context = cloud.context("demo")
    context.auth_token = cloud.token("demo")
    listed = [volume["id"] for volume in client.list_volumes(context)]
    assert len(listed) == 3 and set(listed) == made


def test_a_bad_token(client: CinderClient, cloud: Cloud) -> None:
    context = cloud.context("demo")
    context.auth_token = "no"
    with pytest.raises(exception.Unauthorized):
        client.show_volume(context, SERVER)


def test_no_answer(cloud: Cloud) -> None:
    conf = cloud.deployment.conf
    conf.set_override("endpoint_override", "http://127.0.0.1:1/volume/v3", "cinder")
    context = cloud.context("demo")
    context.auth_token = cloud.token("demo")
    with pytest.raises(exception.DependencyUnavailable):
        CinderClient(conf).show_volume(context, SERVER)


def test_the_url_may_name_the_project(client: CinderClient, cloud: Cloud) -> None:
    volume = cloud.volume()
    conf = cloud.deployment.conf
    url = conf.cinder.endpoint_override + "/%(project_id)s"
    conf.set_override("endpoint_override", url, "cinder")
    context = cloud.context("demo")
    named = CinderClient(conf)
    assert named.show_volume(context, volume)["id"] == volume
    context.auth_token = cloud.token("demo")
    assert named.show_volume(context, volume)["id"] == volume


def test_only_a_service_takes_a_volume_from_a_server(client: CinderClient, cloud: Cloud) -> None:
    volume = cloud.volume()
    context = cloud.context("demo")
    context.auth_token = cloud.token("demo")
    made = client.create_attachment(context, volume, SERVER)
    client.update_attachment(context, made["id"], CONNECTOR)
    path = f"/attachments/{made['id']}"
    headers = {"X-Auth-Token": context.auth_token, "OpenStack-API-Version": "volume 3.44"}
    for name in ("nova", "demo", None):
        service = {"X-Service-Token": cloud.token(name)} if name else {"X-Service-Token": "no"}
        answer = cloud.http.delete(
            f"/volume/v3{path}", headers={**headers, **service}, expect_errors=True
        )
        if name == "nova":
            assert answer.status_int == 200
            made = client.create_attachment(context, volume, SERVER)
            client.update_attachment(context, made["id"], CONNECTOR)
            path = f"/attachments/{made['id']}"
        else:
            assert answer.status_int == 409

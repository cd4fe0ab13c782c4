"""/os-volumes and /os-snapshots, which old clients ask for at the compute API."""

import pytest

from novalite.exception import OverQuota
from tests.support.api import PROJECT
from tests.support.samples import differences, sample
from tests.support.servers_api import ServersApi

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"


def test_volumes(cloud: ServersApi) -> None:
    server = {"server_id": UUID, "device": "/dev/vdb"}
    made = cloud.volumes.add(PROJECT, attachments=[server], status="in-use", description="d")
    for path, name in (("", "index"), ("/detail", "detail")):
        reply = cloud.get(f"/os-volumes{path}")
        assert not differences(reply.json, sample(f"os-volumes/os-volumes-{name}-resp"))
    shown = cloud.get(f"/os-volumes/{made}")
    assert not differences(shown.json, sample("os-volumes/os-volumes-get-resp"))
    assert shown.json["volume"]["attachments"][0]["serverId"] == UUID
    reply = cloud.post("/os-volumes", sample("os-volumes/os-volumes-post-req"))
    assert reply.status == 200
    new = reply.json["volume"]
    assert (new["size"], new["displayName"], new["attachments"]) == (100, "Volume Name", [{}])
    assert cloud.delete(f"/os-volumes/{new['id']}").status == 202
    assert cloud.get(f"/os-volumes/{new['id']}").status == 404
    assert cloud.delete(f"/os-volumes/{new['id']}").status == 404
    assert cloud.delete(f"/os-volumes/{made}").status == 400


def test_snapshots(cloud: ServersApi) -> None:
    volume = cloud.volumes.add(PROJECT)
    body = sample("os-snapshots/snapshot-create-req")
    body["snapshot"]["volume_id"] = volume
    reply = cloud.post("/os-snapshots", body)
    assert reply.status == 200
    assert not differences(reply.json, sample("os-snapshots/snapshot-create-resp"))
    made = reply.json["snapshot"]["id"]
    listed = cloud.get("/os-snapshots")
    assert not differences(listed.json, sample("os-snapshots/snapshots-list-resp"))
    assert listed.json == cloud.get("/os-snapshots/detail").json
    shown = cloud.get(f"/os-snapshots/{made}")
    assert not differences(shown.json, sample("os-snapshots/snapshots-show-resp"))
    assert cloud.delete(f"/os-snapshots/{made}").status == 202
    assert cloud.get(f"/os-snapshots/{made}").status == 404
    body["snapshot"]["volume_id"] = UUID
    assert cloud.post("/os-snapshots", body).status == 400


@pytest.mark.parametrize("size", [0, "0", -1, "x", None, 1.5])
def test_sizes_that_are_none(cloud: ServersApi, size: object) -> None:
    assert cloud.post("/os-volumes", {"volume": {"size": size}}).status == 400


def test_errors(cloud: ServersApi) -> None:
    body = {"volume": {"size": 1, "snapshot_id": UUID}}
    assert cloud.post("/os-volumes", body).status == 404
    cloud.volumes.fail["create_volume"] = OverQuota("too many volumes")
    assert cloud.post("/os-volumes", {"volume": {"size": 1}}).status == 403
    assert cloud.get("/os-volumes", version="2.36").status == 404
    assert cloud.get("/os-snapshots", version="2.36").status == 404
    assert cloud.post("/os-volumes", {"volume": {"size": 1}}, token="reader").status == 403


def test_pages(cloud: ServersApi) -> None:
    made = [cloud.volumes.add(PROJECT) for _ in range(3)]
    found = cloud.get("/os-volumes?limit=1&offset=1").json["volumes"]
    assert [volume["id"] for volume in found] == made[1:2]


def test_servers_by_their_former_name(cloud: ServersApi) -> None:
    uuid = cloud.post("/os-volumes_boot", cloud.body()).json["server"]["id"]
    assert cloud.get(f"/os-volumes_boot/{uuid}").json["server"]["id"] == uuid
    assert [s["id"] for s in cloud.get("/os-volumes_boot").json["servers"]] == [uuid]
    assert cloud.get("/os-volumes_boot", version="2.103").status == 404

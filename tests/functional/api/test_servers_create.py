"""POST /servers: what is promised, and how it is told."""

import base64
import re
from typing import Any

import pytest

from novalite.db.api_database import (
    build_requests,
    instance_groups,
    instance_mappings,
    quotas,
    request_specs,
)
from novalite.objects import InstanceGroup, RequestedNetwork, RequestSpec
from tests.support.api import PROJECT
from tests.support.servers_api import ServersApi

VERSIONS = ["2.1", "2.3", "2.9", "2.16", "2.19", "2.26", "2.37", "2.47", "2.57", "2.63", "2.71"]
VERSIONS += ["2.73", "2.90", "2.94", "2.96", "2.98", "latest"]


def spec_of(cloud: ServersApi, uuid: str) -> RequestSpec:
    with cloud.api_db.read() as conn:
        return request_specs.get(conn, uuid)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_least_request(cloud: ServersApi, version: str) -> None:
    reply = cloud.create(version=version)
    assert reply.status == 202, reply.body
    server = reply.json["server"]
    assert set(server) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
    assert reply.headers["location"] == server["links"][0]["href"]
    assert server["security_groups"] == [{"name": "default"}]
    assert cloud.conductor.builds == [([server["id"]], server["adminPass"])]
    shown = cloud.get(f"/servers/{server['id']}", version=version)
    assert shown.status == 200
    assert shown.json["server"]["status"] == "BUILD"
    assert shown.json["server"]["OS-EXT-STS:task_state"] == "scheduling"


def test_three_rows_are_the_promise(cloud: ServersApi) -> None:
    uuid = cloud.created()
    with cloud.api_db.read() as conn:
        request = build_requests.get(conn, uuid)
        mapping = instance_mappings.get(conn, uuid)
    spec = spec_of(cloud, uuid)
    assert request.project_id == mapping.project_id == spec.project_id == PROJECT
    assert mapping.cell_uuid is None
    assert (mapping.vcpus, mapping.memory_mb) == (1, 512)
    assert request.lease_owner is None
    assert re.match("^req-", request.request_id or "")
    assert spec.flavor == cloud.flavor
    assert spec.image.id == cloud.image_id
    assert [device.volume_size for device in request.block_devices] == [1, 1, 64]
    assert all(device.uuid and device.instance_uuid == uuid for device in request.block_devices)


def test_everything_at_once(cloud: ServersApi) -> None:
    group = "0e44cc9c-e052-415d-afbf-469b0d384170"
    with cloud.api_db.write() as conn:
        instance_groups.create(conn, InstanceGroup(group, PROJECT, "u", "g", "affinity"))
    cloud.networks.add_group(PROJECT, "web")
    body = cloud.body(
        adminPass="secret",
        metadata={"k": "v"},
        networks=[{"uuid": cloud.network_id, "fixed_ip": "10.0.0.9", "tag": "nic"}],
        accessIPv4="1.2.3.4",
        accessIPv6="FE80:0::1",
        key_name="key",
        config_drive=True,
        security_groups=[{"name": "web"}, {"name": "default"}, {"name": "web"}],
        user_data=base64.b64encode(b"#!").decode(),
        description="a description",
        tags=["b", "a"],
        trusted_image_certificates=["c1", "c2"],
        hostname="host.example.org",
        **{"OS-DCF:diskConfig": "AUTO"},
    )
    body["os:scheduler_hints"] = {"group": group, "same_host": [group], "my": {"x": 1}}
    reply = cloud.post("/servers", body, version="2.100")
    assert reply.status == 202, reply.body
    answer = reply.json["server"]
    assert answer["adminPass"] == "secret"
    assert answer["OS-DCF:diskConfig"] == "AUTO"
    assert answer["security_groups"] == [{"name": "web"}, {"name": "default"}]
    uuid = answer["id"]
    shown = cloud.get(f"/servers/{uuid}", version="2.100").json["server"]
    expected = {
        "metadata": {"k": "v"},
        "accessIPv4": "1.2.3.4",
        "accessIPv6": "fe80::1",
        "key_name": "key",
        "config_drive": "True",
        "description": "a description",
        "tags": ["a", "b"],
        "trusted_image_certificates": ["c1", "c2"],
        "OS-EXT-SRV-ATTR:hostname": "host.example.org",
        "OS-DCF:diskConfig": "AUTO",
        "server_groups": [group],
        "scheduler_hints": {"group": [group], "same_host": [group], "my": ['{"x":1}']},
        "security_groups": [{"name": "web"}, {"name": "default"}],
    }
    assert {name: shown[name] for name in expected} == expected
    spec = spec_of(cloud, uuid)
    assert spec.instance_group == group
    assert spec.requested_networks == [
        RequestedNetwork("network", cloud.network_id, None, "10.0.0.9", "nic")
    ]
    instance = cloud.build_request(uuid)
    assert instance.key_data == "ssh-ed25519 AAAA"
    assert [keypair.name for keypair in instance.keypairs or ()] == ["key"]


def test_description_is_the_name_before_2_19(cloud: ServersApi) -> None:
    old, new = cloud.created(version="2.18"), cloud.created(version="2.19")
    assert cloud.build_request(old).display_description == "one"
    assert cloud.build_request(new).display_description is None


def test_several_servers(cloud: ServersApi) -> None:
    reply = cloud.create(min_count="2", max_count=3)
    assert reply.status == 202
    ((uuids, _),) = cloud.conductor.builds
    assert len(uuids) == 3
    assert uuids[0] == reply.json["server"]["id"]
    made = [cloud.build_request(uuid) for uuid in uuids]
    assert [instance.display_name for instance in made] == ["one-1", "one-2", "one-3"]
    assert [instance.hostname for instance in made] == ["one-1", "one-2", "one-3"]
    assert [instance.launch_index for instance in made] == [0, 1, 2]
    assert len({instance.reservation_id for instance in made}) == 1
    with cloud.api_db.read() as conn:
        assert quotas.usage(conn, PROJECT) == {"instances": 3, "cores": 3, "ram": 1536}


def test_reservation_id(cloud: ServersApi) -> None:
    reply = cloud.create(return_reservation_id="true", min_count=2)
    assert reply.status == 202
    (uuids, _) = cloud.conductor.builds[0]
    assert reply.json == {"reservation_id": cloud.build_request(uuids[1]).reservation_id}
    assert "location" not in reply.headers
    listed = cloud.get(f"/servers?reservation_id={reply.json['reservation_id']}")
    assert {server["id"] for server in listed.json["servers"]} == set(uuids)


def test_max_count_shrinks_to_the_quota(cloud: ServersApi) -> None:
    with cloud.api_db.write() as conn:
        quotas.set_limit(conn, PROJECT, "instances", 2)
    assert cloud.create(min_count=1, max_count=5).status == 202
    assert len(cloud.conductor.builds[0][0]) == 2
    refused = cloud.create()
    assert refused.status == 403
    assert refused.fault == (
        "forbidden",
        "Quota exceeded for instances: Requested 1, but already used 2 of 2 instances",
    )


def test_max_count_shrinks_to_the_port_quota(cloud: ServersApi) -> None:
    cloud.networks.port_quota = 2
    assert cloud.create(max_count=5).status == 202
    assert len(cloud.conductor.builds[0][0]) == 2


def test_no_password_in_the_answer(tmp_path: Any) -> None:
    cloud = ServersApi(tmp_path, {"api": {"enable_instance_password": False}})
    reply = cloud.create()
    assert "adminPass" not in reply.json["server"]
    assert cloud.conductor.builds[0][1]
    cloud.close()


def test_a_lost_cast_is_no_lost_server(cloud: ServersApi) -> None:
    cloud.conductor.down = True
    uuid = cloud.created()
    with cloud.api_db.read() as conn:
        assert [r.instance_uuid for r in build_requests.list_(conn)] == [uuid]


def test_nothing_is_cast_for_a_refused_request(cloud: ServersApi) -> None:
    assert cloud.create(flavorRef="none").status == 400
    assert cloud.conductor.builds == []
    with cloud.api_db.read() as conn:
        assert build_requests.list_(conn) == []
        assert quotas.usage(conn, PROJECT)["instances"] == 0


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        ("auto", [RequestedNetwork(mode="auto")]),
        ("none", [RequestedNetwork(mode="none")]),
        ([], []),
    ],
)
def test_networks_by_word(cloud: ServersApi, networks: Any, expected: Any) -> None:
    uuid = cloud.created(version="2.37", networks=networks)
    assert spec_of(cloud, uuid).requested_networks == expected


def test_a_port_of_the_project(cloud: ServersApi) -> None:
    port = cloud.networks.add_port(PROJECT, cloud.network_id)
    uuid = cloud.created(networks=[{"port": port}])
    assert spec_of(cloud, uuid).requested_networks == [RequestedNetwork("port", port_id=port)]


def test_zones_and_hosts(cloud: ServersApi) -> None:
    uuid = cloud.created(availability_zone="nova")
    assert spec_of(cloud, uuid).availability_zone == "nova"
    shown = cloud.get(f"/servers/{uuid}", version="2.96").json["server"]
    assert shown["pinned_availability_zone"] == "nova"
    assert shown["OS-EXT-AZ:availability_zone"] == "nova"
    forced = cloud.created(availability_zone="anywhere:h:n", token="project_admin")
    spec = spec_of(cloud, forced)
    assert (spec.availability_zone, spec.force_hosts, spec.force_nodes) == (
        "anywhere",
        ["h"],
        ["n"],
    )
    asked = cloud.created(
        version="2.74", host="host1", hypervisor_hostname="host1", token="project_admin"
    )
    spec = spec_of(cloud, asked)
    assert (spec.requested_host, spec.requested_node, spec.force_hosts) == ("host1", "host1", [])


def test_default_schedule_zone(tmp_path: Any) -> None:
    cloud = ServersApi(tmp_path, {"DEFAULT": {"default_schedule_zone": "nova"}})
    assert spec_of(cloud, cloud.created()).availability_zone == "nova"
    cloud.close()


def test_kernel_and_ramdisk_of_the_image(cloud: ServersApi) -> None:
    kernel, ramdisk = cloud.images.add(name="kernel"), cloud.images.add(name="ramdisk")
    image = cloud.images.add(properties={"kernel_id": kernel, "ramdisk_id": ramdisk})
    uuid = cloud.created(imageRef=image, version="2.3")
    shown = cloud.get(f"/servers/{uuid}", version="2.3", token="project_admin").json["server"]
    assert shown["OS-EXT-SRV-ATTR:kernel_id"] == kernel
    assert shown["OS-EXT-SRV-ATTR:ramdisk_id"] == ramdisk


def test_image_properties_are_shown_from_2_98(cloud: ServersApi) -> None:
    image = cloud.images.add(properties={"hw_disk_bus": "virtio", "mine": "x"})
    uuid = cloud.created(imageRef=image)
    shown = cloud.get(f"/servers/{uuid}", version="2.98").json["server"]
    assert shown["image"]["properties"] == {"hw_disk_bus": "virtio"}
    assert "properties" not in cloud.get(f"/servers/{uuid}", version="2.97").json["server"]["image"]


def test_files(cloud: ServersApi) -> None:
    content = base64.b64encode(b"hello").decode()
    uuid = cloud.created(personality=[{"path": "/etc/motd", "contents": content}])
    assert spec_of(cloud, uuid).injected_files == [["/etc/motd", content]]


def test_own_disks(cloud: ServersApi) -> None:
    root = {
        "source_type": "image",
        "destination_type": "local",
        "uuid": cloud.image_id,
        "boot_index": 0,
    }
    swap = {"source_type": "blank", "guest_format": "swap", "volume_size": 32, "boot_index": -1}
    uuid = cloud.created(block_device_mapping_v2=[root, swap])
    with cloud.api_db.read() as conn:
        devices = build_requests.get(conn, uuid).block_devices
    assert [(device.source_type, device.volume_size) for device in devices] == [
        ("image", 1),
        ("blank", 32),
        ("blank", 1),
    ]


def test_legacy_v2_is_lenient(cloud: ServersApi) -> None:
    body = cloud.body(name="  blanks  ", unknown="member")
    reply = cloud.post("/servers", body, base="/v2")
    assert reply.status == 202, reply.body
    assert cloud.build_request(reply.json["server"]["id"]).display_name == "blanks"
    assert cloud.post("/servers", body).status == 400


def test_private_flavors(cloud: ServersApi) -> None:
    cloud.add_flavor("mine", is_public=False, projects=[PROJECT])
    cloud.add_flavor("theirs", is_public=False, projects=["b" * 32])
    assert cloud.create(flavorRef="mine").status == 202
    assert cloud.create(flavorRef="theirs").status == 400


def test_project_segment_stays_in_links(cloud: ServersApi) -> None:
    reply = cloud.post(f"/{PROJECT}/servers", cloud.body())
    links = reply.json["server"]["links"]
    uuid = reply.json["server"]["id"]
    base = "http://openstack.example.com"
    assert links == [
        {"rel": "self", "href": f"{base}/v2.1/{PROJECT}/servers/{uuid}"},
        {"rel": "bookmark", "href": f"{base}/{PROJECT}/servers/{uuid}"},
    ]


def test_limits_of_a_user(cloud: ServersApi) -> None:
    """A user's limits count within the project's, and stop nobody else."""
    with cloud.api_db.write() as conn:
        quotas.set_limits(conn, PROJECT, {"instances": 1, "metadata_items": 0}, "user-member")
    assert cloud.create(metadata={"a": "b"}).status == 403
    assert cloud.create().status == 202
    refused = cloud.create()
    assert refused.status == 403
    assert "Requested 1, but already used 1 of 1 instances" in refused.fault[1]
    assert cloud.create(token="member2", metadata={"a": "b"}).status == 202
    with cloud.api_db.write() as conn:
        quotas.set_limits(conn, PROJECT, {"instances": 2})
        quotas.set_limits(conn, PROJECT, {"instances": 9}, "user-member")
    assert cloud.create().status == 403


def test_group_members(cloud: ServersApi) -> None:
    group = "0e44cc9c-e052-415d-afbf-469b0d384170"
    with cloud.api_db.write() as conn:
        instance_groups.create(conn, InstanceGroup(group, PROJECT, "u", "g", "anti-affinity"))
        quotas.set_limit(conn, PROJECT, "server_group_members", 2)
    body = {**cloud.body(max_count=2), "os:scheduler_hints": {"group": group}}
    assert cloud.post("/servers", body).status == 202
    with cloud.api_db.read() as conn:
        assert set(instance_groups.get(conn, group).members) == set(cloud.conductor.builds[0][0])
    refused = cloud.post("/servers", {**cloud.body(), "os:scheduler_hints": {"group": group}})
    assert refused.status == 403
    assert "too many servers in group" in refused.fault[1]
    with cloud.api_db.read() as conn:
        assert len(build_requests.list_(conn)) == 2
        assert len(instance_groups.get(conn, group).members) == 2

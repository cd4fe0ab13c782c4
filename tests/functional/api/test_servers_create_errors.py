"""Every 4xx of POST /servers, with its message's meaning."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from novalite.db.api_database import build_requests, instance_groups, quotas
from novalite.db.cell_database import services
from novalite.objects import InstanceGroup
from tests.support.api import OTHER_PROJECT, PROJECT
from tests.support.servers_api import ServersApi

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"
Case = tuple[Callable[[ServersApi], Any] | dict[str, Any], str, str]
FILE = base64.b64encode(b"x").decode()

ROOT = {"source_type": "image", "destination_type": "local", "boot_index": 0}


def members(**server: Any) -> Callable[[ServersApi], dict[str, Any]]:
    return lambda cloud: cloud.body(**server)


def hinted(**hints: Any) -> Callable[[ServersApi], dict[str, Any]]:
    return lambda cloud: {**cloud.body(), "os:scheduler_hints": hints}


def with_image(**image: Any) -> Callable[[ServersApi], dict[str, Any]]:
    return lambda cloud: cloud.body(imageRef=cloud.images.add(**image))


def with_flavor(**flavor: Any) -> Callable[[ServersApi], dict[str, Any]]:
    def build(cloud: ServersApi) -> dict[str, Any]:
        cloud.add_flavor("f", **flavor)
        return cloud.body(flavorRef="f")

    return build


def a_port(cloud: ServersApi, **port: Any) -> str:
    return cloud.networks.add_port(PROJECT, cloud.network_id, **port)


def network(**entry: Any) -> Callable[[ServersApi], dict[str, Any]]:
    return lambda cloud: cloud.body(networks=[{"uuid": cloud.network_id, **entry}])


def second_network(cloud: ServersApi) -> dict[str, Any]:
    cloud.networks.add_network(PROJECT)
    return cloud.body()


def twin_groups(cloud: ServersApi) -> dict[str, Any]:
    cloud.networks.add_group(PROJECT, "twin")
    cloud.networks.add_group(PROJECT, "twin")
    return cloud.body(security_groups=[{"name": "twin"}])


def foreign_group(cloud: ServersApi) -> dict[str, Any]:
    with cloud.api_db.write() as conn:
        instance_groups.create(conn, InstanceGroup(UUID, OTHER_PROJECT, "u", "g", "affinity"))
    return {**cloud.body(), "os:scheduler_hints": {"group": UUID}}


def foreign_image(cloud: ServersApi) -> dict[str, Any]:
    return cloud.body(imageRef=cloud.images.add(visibility="private", owner=OTHER_PROJECT))


def disabled_zone(cloud: ServersApi) -> dict[str, Any]:
    with cloud.cell_db.write() as conn:
        (service,) = services.list_(conn)
        services.update(conn, service.uuid, disabled=True)
    return cloud.body(availability_zone="nova")


def quota_of(resource: str, limit: int, **server: Any) -> Callable[[ServersApi], Any]:
    def build(cloud: ServersApi) -> dict[str, Any]:
        with cloud.api_db.write() as conn:
            quotas.set_limit(conn, PROJECT, resource, limit)
        return cloud.body(**server)

    return build


def no_ports_left(cloud: ServersApi) -> dict[str, Any]:
    cloud.networks.port_quota = 0
    return cloud.body()


def external(cloud: ServersApi) -> dict[str, Any]:
    id_ = cloud.networks.add_network(PROJECT, **{"router:external": True})
    return cloud.body(networks=[{"uuid": id_}])


GIB = 1024**3

BAD: list[tuple[str, str, Any, str]] = [
    # ---- A: the body and what it says ----
    ("2.1", "no name", members(name=...), "'name' is a required property"),
    ("2.1", "empty name", members(name=""), "name"),
    ("2.1", "blank around the name", members(name=" x"), "start or end with whitespace"),
    ("2.1", "long name", members(name="x" * 256), "is too long"),
    ("2.1", "control character", members(name="a\u0007b"), "printable"),
    ("2.1", "no flavor", members(flavorRef=...), "'flavorRef' is a required property"),
    ("2.1", "bad image reference", members(imageRef="http://x/y"), "imageRef"),
    ("2.1", "unknown member", members(nonsense=1), "Additional properties are not allowed"),
    ("2.18", "description too early", members(description="x"), "description"),
    ("2.19", "long description", members(description="x" * 256), "description"),
    ("2.51", "tags too early", members(tags=["a"]), "tags"),
    ("2.52", "51 tags", members(networks="auto", tags=[str(n) for n in range(51)]), "tags"),
    ("2.52", "comma in a tag", members(networks="auto", tags=["a,b"]), "a,b"),
    ("2.57", "files too late", members(networks="auto", personality=[]), "personality"),
    ("2.62", "certs too early", members(networks="auto", trusted_image_certificates=["a"]), ""),
    ("2.63", "twice a cert", members(networks="auto", trusted_image_certificates=["a", "a"]), ""),
    ("2.33", "device tag", members(block_device_mapping_v2=[{**ROOT, "tag": "x"}]), "tag"),
    ("2.37", "no networks", members(), "'networks' is a required property"),
    ("2.37", "networks by another word", members(networks="all"), "'all'"),
    ("2.36", "auto too early", members(networks="auto"), "networks"),
    ("2.73", "host too early", members(networks="auto", host="host1"), "host"),
    ("2.89", "hostname too early", members(networks="auto", hostname="h1"), "hostname"),
    ("2.90", "hostname with a dot", members(networks="auto", hostname="a.b"), "hostname"),
    ("2.94", "bad hostname", members(networks="auto", hostname="a b"), "hostname"),
    ("2.1", "metadata key", members(metadata={"a/b": "x"}), "a/b"),
    ("2.1", "metadata value", members(metadata={"a": 1}), "1 is not of type"),
    ("2.1", "long metadata", members(metadata={"a": "x" * 256}), "is too long"),
    ("2.1", "bad access address", members(accessIPv4="1.2.3.400"), "accessIPv4"),
    ("2.1", "user data", members(user_data="AAAAA"), "user_data"),
    ("2.1", "much user data", members(user_data="A" * 65536), "user_data"),
    ("2.1", "disk config", members(**{"OS-DCF:diskConfig": "SOMETIMES"}), "diskConfig"),
    ("2.1", "config drive", members(config_drive="perhaps"), "config_drive"),
    ("2.1", "file without path", members(personality=[{"contents": FILE}]), "missing 'path'"),
    ("2.1", "file not base64", members(personality=[{"path": "a", "contents": "A"}]), "contents"),
    ("2.1", "count of nothing", members(min_count=0), "min_count"),
    ("2.1", "count in words", members(min_count="two"), "min_count"),
    ("2.1", "count beyond numbers", members(min_count="9" * 5000), "min_count"),
    ("2.1", "min over max", members(min_count=2, max_count=1), "min_count must be <= max_count"),
    ("2.90", "one name for two", members(networks="auto", hostname="h1", max_count=2), "hostname"),
    ("2.1", "four parts", members(availability_zone="a:b:c:d"), "Unable to parse"),
    ("2.1", "two mappings", members(block_device_mapping=[{"volume_id": UUID}],
                                    block_device_mapping_v2=[{"source_type": "blank"}]),
     "different block_device_mapping syntaxes"),
    ("2.1", "mapping of nothing", members(block_device_mapping_v2=[{"boot_index": 0}]),
     "Block Device Mapping is Invalid"),
    ("2.1", "image to local", members(
        block_device_mapping_v2=[{**ROOT, "uuid": UUID, "boot_index": 1}]),
     "Mapping image to local is not supported"),
    ("2.1", "nothing to boot", members(imageRef=""), "Missing imageRef attribute"),
    ("2.1", "no image at all", members(imageRef=...), "Missing imageRef attribute"),
    ("2.1", "port and address", lambda c: c.body(
        networks=[{"port": a_port(c), "fixed_ip": "10.0.0.9"}]),
     "cannot be used with port"),
    ("2.1", "network of nothing", members(networks=[{"fixed_ip": "10.0.0.9"}]), "missing 'uuid'"),
    ("2.1", "network's id", members(networks=[{"uuid": "net1"}]), "not in proper format"),
    ("2.1", "unknown flavor", members(flavorRef="nine"), "Flavor nine could not be found."),
    # ---- B: the compute API ----
    ("2.1", "one address for two", lambda c: c.body(
        max_count=2, networks=[{"uuid": c.network_id, "fixed_ip": "10.0.0.9"}]),
     "max_count cannot be greater than 1"),
    ("2.1", "one port for two", lambda c: c.body(max_count=2, networks=[{"port": a_port(c)}]),
     "single configured port ID"),
    ("2.1", "unknown zone", members(availability_zone="mars"),
     "The requested availability zone is not available"),
    ("2.1", "zone without service", disabled_zone, "zone is not available"),
    ("2.1", "unknown image", members(imageRef=UUID), "Can not find requested image"),
    ("2.1", "image of others", foreign_image, "Can not find requested image"),
    ("2.1", "disk that must not be resized",
     lambda c: c.body(imageRef=c.images.add(properties={"auto_disk_config": "disabled"}),
                      **{"OS-DCF:diskConfig": "AUTO"}), "automatic disk resize disabled"),
    ("2.1", "disabled flavor", with_flavor(disabled=True), "Flavor f could not be found."),
    ("2.1", "security group", members(security_groups=[{"name": "nope"}]),
     "Security group nope not found"),
    ("2.1", "unknown network", members(networks=[{"uuid": UUID}]), f"Network {UUID} could not be"),
    ("2.1", "network without subnet",
     lambda c: c.body(networks=[{"uuid": c.networks.add_network(PROJECT, cidr=None)}]),
     "requires a subnet"),
    ("2.1", "unknown port", members(networks=[{"port": UUID}]), f"Port id {UUID} could not be"),
    ("2.1", "port without address",
     lambda c: c.body(networks=[{"port": a_port(c, fixed_ips=[])}]), "requires a FixedIP"),
    ("2.1", "address elsewhere", network(fixed_ip="192.168.9.9"), "not a valid ip address"),
    ("2.1", "address in use", lambda c: c.body(networks=[{
        "uuid": c.network_id,
        "fixed_ip": c.networks.ports[a_port(c)]["fixed_ips"][0]["ip_address"]}]), "already in use"),
    ("2.37", "auto without network",
     lambda c: c.networks.networks.clear() or c.body(networks="auto"), "automatically allocate"),
    ("2.1", "no kernel", with_image(properties={"kernel_id": UUID}), f"Image {UUID} could not be"),
    ("2.1", "key pair", members(key_name="nokey"), "Invalid key_name provided."),
    ("2.1", "image property", with_image(properties={"hw_disk_bus": "tape"}),
     "Invalid image metadata"),
    ("2.1", "volume", members(block_device_mapping_v2=[{"source_type": "volume", "uuid": UUID,
                                                        "boot_index": 0}], imageRef=""),
     f"Block Device Mapping is Invalid: failed to get volume {UUID}."),
    ("2.1", "snapshot in the first form", members(block_device_mapping=[{"snapshot_id": UUID}]),
     f"failed to get snapshot {UUID}"),
    ("2.1", "boot sequence", members(block_device_mapping_v2=[{"source_type": "blank"}]),
     "Boot sequence"),
    ("2.1", "swap", lambda c: c.body(block_device_mapping_v2=[
        {**ROOT, "uuid": c.image_id},
        {"source_type": "blank", "guest_format": "swap", "volume_size": 65}]), "Swap drive"),
    ("2.1", "ephemeral", lambda c: c.body(block_device_mapping_v2=[
        {**ROOT, "uuid": c.image_id}, {"source_type": "blank", "volume_size": 2}]),
     "Ephemeral disks requested are larger"),
    ("2.1", "queued image", with_image(status="queued"), "is not active"),
    ("2.1", "image needs memory", with_image(min_ram=1024), "memory is too small"),
    ("2.1", "image is large", with_image(size=2 * GIB), "disk is too small for requested image"),
    ("2.1", "image needs disk", with_image(min_disk=2), "smaller than the minimum size"),
    ("2.1", "unknown group", hinted(group=UUID), f"Instance group {UUID} could not be found."),
    ("2.1", "group of others", foreign_group, f"Instance group {UUID} could not be found."),
    ("2.1", "hint that is no uuid", hinted(group="g"), "'g'"),
    ("2.1", "two groups", hinted(group=[UUID, UUID[:-1] + "1"]), "one server group only"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "build", "message"),
    [(version, build, message) for version, _, build, message in BAD],
    ids=[f"{name} ({version})" for version, name, _, _ in BAD],
)
def test_400(cloud: ServersApi, version: str, build: Any, message: str) -> None:
    reply = cloud.post("/servers", build(cloud), version=version)
    assert reply.status == 400, reply.body
    name, text = reply.fault
    assert name == "badRequest"
    assert message in text
    nothing_was_promised(cloud)


def nothing_was_promised(cloud: ServersApi) -> None:
    assert cloud.conductor.builds == []
    with cloud.api_db.read() as conn:
        assert build_requests.list_(conn) == []


FORBIDDEN = [
    ("instances", quota_of("instances", 0), "Quota exceeded for instances: Requested 1, but"),
    (
        "cores",
        quota_of("cores", 0),
        "Quota exceeded for cores: Requested 1, but already used 0 of 0",
    ),
    (
        "ram",
        quota_of("ram", 511),
        "Quota exceeded for ram: Requested 512, but already used 0 of 511",
    ),
    ("min_count", quota_of("instances", 1, min_count=2), "Requested 2, but already used 0 of 1"),
    (
        "metadata",
        quota_of("metadata_items", 1, metadata={"a": "", "b": ""}),
        "Maximum number of metadata items exceeds 1",
    ),
    (
        "files",
        quota_of("injected_files", 0, personality=[{"path": "a", "contents": FILE}]),
        "Personality file limit exceeded",
    ),
    (
        "file path",
        quota_of("injected_file_path_bytes", 1, personality=[{"path": "ab", "contents": FILE}]),
        "Personality file path exceeds maximum 1",
    ),
    (
        "file content",
        quota_of("injected_file_content_bytes", 0, personality=[{"path": "a", "contents": FILE}]),
        "Personality file content exceeds maximum 0",
    ),
    ("ports", no_ports_left, "Maximum number of ports exceeded"),
    ("external network", external, "not allowed to create an interface on external network"),
    ("no disk", with_flavor(root_gb=0), "Only volume-backed servers are allowed"),
    (
        "forced host",
        members(availability_zone="nova:host1"),
        "Policy doesn't allow os_compute_api:servers:create:forced_host",
    ),
]


@pytest.mark.parametrize(
    ("build", "message"),
    [(build, message) for _, build, message in FORBIDDEN],
    ids=[name for name, _, _ in FORBIDDEN],
)
def test_403(cloud: ServersApi, build: Any, message: str) -> None:
    reply = cloud.post("/servers", build(cloud))
    assert reply.status == 403, reply.body
    name, text = reply.fault
    assert name == "forbidden"
    assert message in text
    nothing_was_promised(cloud)


def test_403_requested_destination(cloud: ServersApi) -> None:
    reply = cloud.create(version="2.74", host="host1")
    assert reply.status == 403
    assert "requested_destination" in reply.fault[1]


def test_403_reader(cloud: ServersApi) -> None:
    reply = cloud.create(token="reader")
    assert reply.status == 403
    assert reply.fault[1] == "Policy doesn't allow os_compute_api:servers:create to be performed."


def test_400_for_admins(cloud: ServersApi) -> None:
    both = cloud.create(
        version="2.74", host="host1", availability_zone="nova:host1", token="project_admin"
    )
    assert both.status == 400
    assert "mutually exclusive" in both.fault[1]
    for missing in ({"host": "h9"}, {"hypervisor_hostname": "h9"}):
        reply = cloud.create(version="2.74", token="project_admin", **missing)
        assert reply.status == 400
        assert reply.fault[1] == "Compute host h9 could not be found."
    mismatch = cloud.create(
        version="2.74", token="project_admin", host="host1", hypervisor_hostname="host2"
    )
    assert mismatch.status == 400


CONFLICTS = [
    ("ambiguous network", second_network, "More than one possible network found"),
    (
        "port in use",
        lambda c: c.body(networks=[{"port": a_port(c, device_id=UUID)}]),
        "is still in use",
    ),
    ("port twice", lambda c: c.body(networks=[{"port": a_port(c)}] * 2), "is still in use"),
    ("group names", twin_groups, "Multiple security groups found matching 'twin'"),
]


@pytest.mark.parametrize(
    ("build", "message"),
    [(build, message) for _, build, message in CONFLICTS],
    ids=[name for name, _, _ in CONFLICTS],
)
def test_409(cloud: ServersApi, build: Any, message: str) -> None:
    body = build(cloud)
    reply = cloud.post("/servers", body)
    assert reply.status == 409, reply.body
    name, text = reply.fault
    assert name == "conflictingRequest"
    assert message in text
    nothing_was_promised(cloud)


def test_first_fault_wins(cloud: ServersApi) -> None:
    """Where several things are wrong, the one that the reference looks at first is told."""
    wrong: dict[str, Any] = {
        "key_name": "nokey",
        "security_groups": [{"name": "nope"}],
        "imageRef": UUID,
        "availability_zone": "mars",
        "flavorRef": "nine",
        "min_count": 3,
        "max_count": 2,
    }
    order = ["max_count", "flavorRef", "availability_zone", "imageRef", "security_groups"]
    said = ["min_count must be", "Flavor nine", "zone is not available", "Can not find", "Security"]
    for member, message in zip(order, said, strict=True):
        assert message in cloud.create(**wrong).fault[1]
        del wrong[member]
    assert "key_name" in cloud.create(**wrong).fault[1]


def test_names_that_must_be_unique(tmp_path: Any) -> None:
    scope = {"DEFAULT": {"osapi_compute_unique_server_name_scope": "project"}}
    cloud = ServersApi(tmp_path, scope)
    cloud.running()
    reply = cloud.create(name="ONE")
    assert reply.status == 409
    assert "already exists" in reply.fault[1]
    assert cloud.create(name="two").status == 202
    assert cloud.create(name="two").status == 409
    cloud.close()

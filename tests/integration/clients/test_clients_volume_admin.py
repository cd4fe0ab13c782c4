"""Types, QoS, backups, transfers, quotas, groups and services of volumes, by unmodified clients."""

from typing import Any

import pytest

from tests.support.fake_cloud import FakeCloud, until

pytestmark = pytest.mark.integration

NEW = "--os-volume-api-version 3.71"


def admin(cloud: FakeCloud, *lines: str) -> list[Any]:
    return cloud.openstack(*lines, cloud="novalite-admin")


@pytest.fixture(scope="module")
def volumes(cloud: FakeCloud) -> Any:
    """openstacksdk's proxy: polling by the command would take seconds each time."""
    return cloud.connect().block_storage


def reaches(find: Any, name: str, status: str) -> Any:
    def look() -> Any:
        found = find(name)
        return found if found is not None and found.status == status else None

    return until(look, f"{name}: {status}")


def test_openstack_volume_type(cloud: FakeCloud) -> None:
    made, encrypted, listed, shown, *_ = admin(
        cloud,
        "volume type create --private --description d --property multiattach=<is>True fast -f json",
        "volume type create --encryption-provider luks --encryption-cipher aes-xts-plain64 "
        "--encryption-key-size 256 --encryption-control-location front-end safe -f json",
        "volume type list --long --encryption-type -f json",
        "volume type show safe --encryption-type -f json",
        "volume type set --property tier=gold --name faster fast",
        "volume type set --project demo faster",
    )
    assert (made["is_public"], made["description"]) == (False, "d")
    assert "luks" in str(encrypted["encryption"]) and "luks" in str(shown["encryption"])
    assert {each["Name"] for each in listed} == {"__DEFAULT__", "fast", "safe"}
    (seen,) = cloud.openstack("volume type list -f json")
    assert {each["Name"] for each in seen} == {"__DEFAULT__", "safe", "faster"}
    after, *_ = admin(
        cloud,
        "volume type show faster -f json",
        "volume type unset --property tier --project demo faster",
        "volume type unset --encryption-type safe",
        "volume type delete faster safe",
    )
    assert after["properties"] == {"multiattach": "<is>True", "tier": "gold"}
    assert len(after["access_project_ids"]) == 1


def test_openstack_volume_qos(cloud: FakeCloud) -> None:
    made, *_, shown, listed = admin(
        cloud,
        "volume qos create --consumer front-end --property read_iops_sec=100 gold -f json",
        "volume type create limited -f json",
        "volume qos set --property write_iops_sec=50 gold",
        "volume qos unset --property read_iops_sec gold",
        "volume qos associate gold limited",
        "volume qos show gold -f json",
        "volume qos list -f json",
    )
    assert made["consumer"] == "front-end" and made["properties"] == {"read_iops_sec": "100"}
    assert shown["properties"] == {"write_iops_sec": "50"}
    assert shown["associations"] == ["limited"] and [each["Name"] for each in listed] == ["gold"]
    admin(
        cloud,
        "volume qos disassociate --volume-type limited gold",
        "volume qos delete gold",
        "volume type delete limited",
    )


def test_openstack_volume_backup(cloud: FakeCloud, volumes: Any) -> None:
    volumes.create_volume(size=1, name="kept", metadata={"key": "value"})
    reaches(volumes.find_volume, "kept", "available")
    volumes.create_backup(volume_id=volumes.find_volume("kept").id, name="full")
    reaches(volumes.find_backup, "full", "available")
    cloud.openstack(f"{NEW} volume backup create --incremental --name more kept")
    more = reaches(volumes.find_backup, "more", "available")
    listed, restored, *_ = cloud.openstack(
        "volume backup list --long -f json",
        f"{NEW} volume backup restore more anew -f json",
        f"{NEW} volume backup set --description d more",
    )
    assert {each["Name"]: each["Incremental"] for each in listed} == {"full": False, "more": True}
    reaches(volumes.find_backup, "more", "available")
    anew = reaches(volumes.find_volume, restored["volume_id"], "available")
    assert (anew.metadata, anew.name) == ({"key": "value"}, "anew")
    record, *_ = admin(
        cloud,
        f"volume backup record export {more.id} -f json",
        f"volume backup delete {more.id}",
    )
    assert record["backup_service"].startswith("cinder.backup.drivers")
    until(lambda: volumes.find_backup("more") is None, "the backup is gone")
    for name in ("kept", "anew"):
        volumes.delete_volume(volumes.find_volume(name))


def test_openstack_volume_transfer_request(cloud: FakeCloud, volumes: Any) -> None:
    volume = volumes.create_volume(size=1, name="gift")
    reaches(volumes.find_volume, "gift", "available")
    made, listed = cloud.openstack(
        "volume transfer request create --name offer gift -f json",
        "volume transfer request list -f json",
    )
    assert [each["Volume"] for each in listed] == [volume.id]
    accept = f"volume transfer request accept --auth-key {made['auth_key']} {made['id']} -f json"
    taken, mine, *_ = admin(cloud, accept, "volume list -f json", f"volume delete {volume.id}")
    assert taken["volume_id"] == volume.id
    assert volume.id in {each["ID"] for each in mine}


def test_openstack_quota(cloud: FakeCloud) -> None:
    *_, shown, usage, listed = admin(
        cloud,
        "quota set --volumes 7 --gigabytes 70 --backups 3 --per-volume-gigabytes 9 demo",
        "quota show --volume demo -f json",
        "quota show --volume --usage demo -f json",
        "quota list --volume -f json",
    )
    limits = {each["Resource"]: each["Limit"] for each in shown}
    assert (limits["volumes"], limits["gigabytes"], limits["backups"]) == (7, 70, 3)
    assert "In Use" in usage[0]
    assert any(each["Volumes"] == 7 for each in listed)
    _, default, own, *_ = admin(
        cloud,
        "quota delete --volume demo",
        "quota show --volume --default -f json",
        "quota show --volume demo -f json",
        "quota set --class --snapshots 11 default",
    )
    assert default == own
    (rows,) = cloud.openstack("limits show --absolute -f json")
    absolute = {each["Name"]: each["Value"] for each in rows}
    assert absolute["max_total_snapshots"] == 11 and "total_volumes_used" in absolute


def test_openstack_volume_service_and_backend(cloud: FakeCloud) -> None:
    (services,) = admin(cloud, "volume service list --long -f json")
    volume = next(each for each in services if each["Binary"] == "cinder-volume")
    assert volume["State"] == "up"
    disable = "volume service set --disable --disable-reason full"
    *_, pools, capability, levels, zones = admin(
        cloud,
        f"{disable} {volume['Host']} cinder-volume",
        f"volume service set --enable {volume['Host']} cinder-volume",
        "volume backend pool list --long -f json",
        f"volume backend capability show {volume['Host']} -f json",
        f"{NEW} block storage log level list -f json",
        "availability zone list --volume -f json",
    )
    assert pools[0]["Name"].startswith(volume["Host"]) and capability
    assert {each["Binary"] for each in levels} >= {"cinder-volume"}
    assert zones[0]["Zone Name"] == "nova"
    filters, messages, clusters = admin(
        cloud,
        f"{NEW} block storage resource filter list -f json",
        f"{NEW} volume message list -f json",
        f"{NEW} block storage cluster list -f json",
    )
    assert {each["Resource"] for each in filters} >= {"volume", "backup"}
    assert (messages, clusters) == ([], [])


def test_openstack_volume_group(cloud: FakeCloud, volumes: Any) -> None:
    *_, kind = admin(
        cloud,
        f"{NEW} volume group type create gold",
        f"{NEW} volume group type set --property a=b gold",
        f"{NEW} volume group type show gold -f json",
    )
    assert kind["Properties"] == {"a": "b"}
    made, *_ = cloud.openstack(
        f"{NEW} volume group create --volume-group-type gold --volume-type __DEFAULT__ --name g "
        "-f json",
        f"{NEW} volume group set --description d g",
    )
    assert made["Status"] == "available"
    group = volumes.find_group("g")
    member = volumes.create_volume(size=1, name="member", group_id=group.id)
    reaches(volumes.find_volume, "member", "available")
    cloud.openstack(f"{NEW} volume group snapshot create --name s g")
    reaches(volumes.find_group_snapshot, "s", "available")
    volumes.delete_group_snapshot(volumes.find_group_snapshot("s"))
    until(lambda: volumes.find_group_snapshot("s") is None, "no snapshot")
    cloud.openstack(f"{NEW} volume group delete --force g")
    until(lambda: volumes.find_group("g") is None, "no group")
    assert volumes.find_volume(member.id) is None

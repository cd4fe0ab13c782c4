"""Volumes that stay reserved because an API or a host died: the conductor gives them back."""

import pathlib
import uuid as uuids
from collections.abc import Iterator

import pytest

from novalite.api.compute.withdrawal import withdraw
from novalite.conductor.attachments import COMPARE_EVERY
from novalite.context import admin_context
from novalite.db.api_database import instance_mappings
from novalite.db.cell_database import block_devices, instances
from novalite.exception import DependencyUnavailable
from novalite.objects import BlockDevice
from tests.support.small_cloud import PROJECT, Conductor, SmallCloud
from tests.support.volumes import FakeVolumes

GRACE = 61


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[SmallCloud]:
    cloud = SmallCloud(tmp_path)
    cloud.deployment.volume = cloud.volumes = FakeVolumes()
    cloud.add_host("host1")
    yield cloud
    cloud.close()


@pytest.fixture
def conductor(cloud: SmallCloud) -> Conductor:
    return cloud.conductor()


@pytest.fixture
def server(cloud: SmallCloud, conductor: Conductor) -> str:
    """One that runs."""
    (uuid,) = cloud.promise()
    conductor.build([uuid])
    changes = {"vm_state": "active", "task_state": None, "launched_at": cloud.clock.now()}
    cloud.cell.run(lambda conn: instances.update(conn, uuid, changes))
    return uuid


def reserved(cloud: SmallCloud, server: str) -> str:
    """The id of a volume with an attachment for the server."""
    volume = cloud.volumes.add(PROJECT)
    cloud.volumes.create_attachment(admin_context(), volume, server)
    return volume


def add_row(cloud: SmallCloud, server: str, volume: str, **members: object) -> None:
    device = BlockDevice(
        "volume", "volume", volume_id=volume, created_at=cloud.clock.now(), **members
    )
    cloud.cell.run(lambda conn: block_devices.create(conn, server, [device]))


def rows(cloud: SmallCloud, server: str) -> list[str | None]:
    with cloud.cell.read() as conn:
        return [d.volume_id for d in block_devices.list_(conn, server) if d.volume_id]


@pytest.mark.parametrize("made", [False, True])
def test_an_attachment_that_nobody_completes(
    cloud: SmallCloud, conductor: Conductor, server: str, made: bool
) -> None:
    """The API died before or after the volume service had reserved it."""
    volume = reserved(cloud, server) if made else cloud.volumes.add(PROJECT)
    add_row(cloud, server, volume)
    conductor.tidy()
    assert rows(cloud, server) == [volume]
    cloud.clock.seconds += GRACE
    conductor.tidy()
    assert rows(cloud, server) == []
    assert cloud.volumes.attachments == {}
    assert cloud.volumes.volumes[volume]["status"] == "available"


def test_killed_while_it_tidies(cloud: SmallCloud, conductor: Conductor, server: str) -> None:
    volume = reserved(cloud, server)
    add_row(cloud, server, volume)
    cloud.clock.seconds += GRACE
    cloud.volumes.fail["delete_attachment"] = DependencyUnavailable(reason="away")
    conductor.tidy()
    assert rows(cloud, server) == [volume]
    del cloud.volumes.fail["delete_attachment"]
    conductor.tidy()
    assert rows(cloud, server) == []
    assert cloud.volumes.attachments == {}


def test_what_is_the_hosts_is_left_alone(
    cloud: SmallCloud, conductor: Conductor, server: str
) -> None:
    attaching, detaching, building = (reserved(cloud, server) for _ in range(3))
    (attachment, *_) = (a["id"] for a in cloud.volumes.of(server))
    add_row(cloud, server, attaching, attachment_id=attachment, task_state="attaching")
    add_row(cloud, server, detaching, task_state="detaching")
    (promised,) = cloud.promise()
    conductor.build([promised])
    add_row(cloud, promised, building)
    cloud.clock.seconds += GRACE
    conductor.tidy()
    assert rows(cloud, server) == [attaching, detaching]
    assert rows(cloud, promised) == [building]
    assert len(cloud.volumes.attachments) == 3


# ---- servers that are gone -------------------------------------------------------------


def test_a_promise_that_was_taken_back(cloud: SmallCloud, conductor: Conductor) -> None:
    (uuid,) = cloud.promise()
    volume = reserved(cloud, uuid)
    conductor.tidy()
    assert len(cloud.volumes.attachments) == 1
    assert withdraw(cloud.deployment, uuid)
    conductor.tidy()
    assert len(cloud.volumes.attachments) == 1  # it was looked just now
    cloud.clock.seconds += COMPARE_EVERY
    conductor.tidy()
    assert cloud.volumes.attachments == {}
    assert cloud.volumes.volumes[volume]["status"] == "available"


def test_a_server_that_was_deleted(cloud: SmallCloud, conductor: Conductor, server: str) -> None:
    reserved(cloud, server)
    cloud.api.run(lambda conn: instance_mappings.queue_for_delete(conn, server))
    conductor.tidy()
    assert len(cloud.volumes.attachments) == 1  # its host is still about it
    cloud.cell.run(lambda conn: instances.destroy(conn, server, cloud.clock.now()))
    cloud.clock.seconds += COMPARE_EVERY
    conductor.tidy()
    assert cloud.volumes.attachments == {}


def test_strangers_are_left_alone(cloud: SmallCloud, conductor: Conductor, server: str) -> None:
    reserved(cloud, server)
    reserved(cloud, str(uuids.uuid4()))
    conductor.tidy()
    assert len(cloud.volumes.attachments) == 2


def test_a_conductor_without_volumes_tidies(cloud: SmallCloud) -> None:
    cloud.deployment.volume = None
    cloud.conductor("two").tidy()


def test_a_new_conductor_looks_at_once(cloud: SmallCloud, conductor: Conductor) -> None:
    conductor.tidy()
    (uuid,) = cloud.promise()
    reserved(cloud, uuid)
    assert withdraw(cloud.deployment, uuid)
    cloud.conductor("two").tidy()
    assert cloud.volumes.attachments == {}

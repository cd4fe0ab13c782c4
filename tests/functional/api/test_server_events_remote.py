"""Events of servers over HTTP, to a compute API on a real port."""

import time
from collections.abc import Callable, Iterator

import pytest
from keystoneauth1 import token_endpoint

from novalite import conf as configuration
from novalite.db.cell_database import block_devices
from novalite.exception import DependencyUnavailable, InvalidInput
from novalite.objects import BlockDevice
from novalite.wsgi import server, server_events_remote
from novalite.wsgi.server_events_remote import RemoteServerEvents
from tests.support.api import PROJECT
from tests.support.servers_api import HOST, ServersApi

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"


def make(url: str, token: str = "service") -> RemoteServerEvents:
    conf = configuration.configuration()
    conf.set_override("endpoint_override", url, "nova")
    return RemoteServerEvents(conf, auth=token_endpoint.Token(url, token))


@pytest.fixture
def url(cloud: ServersApi) -> Iterator[str]:
    running = server.serve(cloud.app, "127.0.0.1", 0, threads=2)
    running.start()
    yield f"http://127.0.0.1:{running.port}/v2.1"
    running.stop()


@pytest.fixture
def events(url: str) -> Iterator[RemoteServerEvents]:
    made = make(url)
    made.start()
    yield made
    made.stop()


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_events_arrive_in_order(cloud: ServersApi, events: RemoteServerEvents) -> None:
    uuid = cloud.running()
    sent = [{"name": "network-changed", "server_uuid": uuid, "tag": str(n)} for n in range(5)]
    for event in sent:
        events.send([event])
    events.send([])
    events.stop()
    assert [e for _, host, _, its in cloud.compute.casts for e in its if host == HOST] == sent


def test_what_nobody_wants_does_no_harm(cloud: ServersApi, events: RemoteServerEvents) -> None:
    uuid = cloud.running()
    events.send([{"name": "no-such-event", "server_uuid": uuid}])
    events.send([{"name": "network-changed", "server_uuid": UUID}])
    until(events._waiting.empty)
    good = {"name": "network-changed", "server_uuid": uuid}
    until(lambda: events.send([good]) or bool(cloud.compute.casts))


def test_an_api_that_is_away_for_a_while(
    cloud: ServersApi, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_events_remote, "FIRST_PAUSE", 0.01)
    events = make(url)
    real, failures = events._request, []

    def flaky(*args: object, **kwargs: object) -> object:
        if len(failures) < 2:
            failures.append(1)
            raise DependencyUnavailable(reason="away")
        return real(*args, **kwargs)

    events._request = flaky
    events.start()
    events.send([{"name": "network-changed", "server_uuid": cloud.running()}])
    until(lambda: bool(cloud.compute.casts))
    events.stop()


def test_snapshots(cloud: ServersApi, events: RemoteServerEvents) -> None:
    uuid, volume = cloud.running(), cloud.volumes.add(PROJECT)
    device = BlockDevice("volume", "volume", volume_id=volume)
    with cloud.cell_db.write() as conn:
        block_devices.create(conn, uuid, [device])
    info = {"snapshot_id": UUID, "type": "qcow2", "new_file": "new"}
    events.volume_snapshot_create(volume, info)
    assert cloud.compute.casts[-1] == ("volume_snapshot_create", uuid, volume, info)
    merge = {"type": "qcow2", "file_to_merge": "a"}
    events.volume_snapshot_delete(volume, UUID, merge)
    told = {**merge, "volume_id": volume}
    assert cloud.compute.casts[-1] == ("volume_snapshot_delete", uuid, volume, UUID, told)
    with pytest.raises(InvalidInput):
        events.volume_snapshot_create(UUID, info)
    with pytest.raises(DependencyUnavailable):
        make("http://127.0.0.1:1").volume_snapshot_create(volume, info)

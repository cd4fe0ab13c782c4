"""What is told of a server: its topology, and the password that its guest posted."""

import pytest

from novalite.db.cell_database import instances
from novalite.guest_data import password
from tests.support.samples import differences, sample
from tests.support.servers_api import ServersApi

UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"
READERS = [("reader", 200), ("admin", 200), ("nobody", 403), ("other", 404), (None, 401)]


@pytest.fixture
def server(cloud: ServersApi) -> str:
    return cloud.running()


# ---- topology ---------------------------------------------------------------------------


def test_topology(cloud: ServersApi, server: str) -> None:
    reply = cloud.get(f"/servers/{server}/topology", version="2.78")
    assert reply.json == {"nodes": [], "pagesize_kb": None}
    for name in ("servers-topology-resp", "servers-topology-resp-user"):
        assert not differences(reply.json, sample(f"os-server-topology/v2.78/{name}"))
    assert cloud.get(f"/servers/{server}/topology", version="2.77").status == 404
    assert cloud.get(f"/servers/{cloud.created()}/topology", version="2.78").status == 200
    for version, status in (("2.101", 200), ("2.102", 400)):
        path = f"/servers/{server}/topology?a=b"
        assert cloud.get(path, version=version).status == status


def test_who_may_see_the_topology(cloud: ServersApi, server: str) -> None:
    path = f"/servers/{server}/topology"
    for token, status in READERS:
        assert cloud.get(path, version="2.78", token=token).status == status
    assert cloud.get(f"/servers/{UUID}/topology", version="2.78").status == 404


# ---- password ---------------------------------------------------------------------------


def _post(cloud: ServersApi, server: str, text: str) -> None:
    """As the metadata service does for the guest."""
    kept = cloud.row(server).system_metadata or {}
    with cloud.cell_db.write() as conn:
        changes = {"system_metadata": {**kept, **password.split(text)}}
        instances.update(conn, server, changes)


def test_password(cloud: ServersApi, server: str) -> None:
    path = f"/servers/{server}/os-server-password"
    assert cloud.get(path).json == {"password": ""}
    expected = sample("os-server-password/get-password-resp")
    _post(cloud, server, expected["password"])
    kept = cloud.row(server).system_metadata
    assert cloud.get(path, token="reader").json == expected
    reply = cloud.delete(path)
    assert (reply.status, reply.body) == (204, b"")
    assert cloud.get(path).json == {"password": ""}
    assert kept is not None
    rest = {key: value for key, value in kept.items() if not key.startswith("password_")}
    assert cloud.row(server).system_metadata == rest
    assert cloud.delete(path).status == 204
    _post(cloud, server, "again")
    assert cloud.get(path).json == {"password": "again"}


def test_password_before_there_is_a_guest(cloud: ServersApi) -> None:
    path = f"/servers/{cloud.created()}/os-server-password"
    assert cloud.get(path).json == {"password": ""}
    assert cloud.delete(path).status == 204


def test_who_may_see_the_password(cloud: ServersApi, server: str) -> None:
    path = f"/servers/{server}/os-server-password"
    for token, status in READERS:
        assert cloud.get(path, token=token).status == status
        cleared = {200: 403 if token == "reader" else 204}.get(status, status)
        assert cloud.delete(path, token=token).status == cleared
    assert cloud.get(f"/servers/{UUID}/os-server-password").status == 404

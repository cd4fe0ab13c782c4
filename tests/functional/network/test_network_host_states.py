"""What hosts without a database ask the network service, over HTTP, and what waits for them."""

import threading
import time

import pytest

from novalite.context import admin_context
from novalite.exception import DependencyUnavailable
from novalite.network.embedded import host_states
from novalite.network.embedded.plane import wire

HOST = "/novalite/hosts/far"
BODY = {"host": {"tunnel_address": "192.0.2.11"}}


@pytest.fixture
def conf(conf):
    conf.set_override("tunnel_address", "192.0.2.1", "embedded")
    return conf


@pytest.fixture
def registered(cloud):
    assert cloud.request("PUT", HOST, BODY, "nova").json == {
        "host": {"host": "far", "tunnel_address": "192.0.2.11"}
    }
    return cloud


def state(cloud, revision: str = "") -> dict:
    answer = cloud.request("GET", f"{HOST}/state?revision={revision}", user="nova")
    assert answer.status_int == 200, answer.text
    return answer.json


def bind(cloud, host: str = "far") -> dict:
    body = {"network_id": cloud.network, "binding:host_id": host, "device_owner": "compute:nova"}
    return cloud.service.create_port(admin_context(), {**body, "project_id": cloud.project()})


def test_only_services_may_ask(cloud):
    assert cloud.request("PUT", HOST, BODY).status_int == 403
    assert cloud.request("GET", f"{HOST}/state").status_int == 403
    assert cloud.request("GET", f"{HOST}/state", user=None).status_int == 401


def test_a_host_registers_first(cloud):
    assert cloud.request("GET", f"{HOST}/state", user="nova").status_int == 404
    for address in ("here", "", 5):
        bad = {"host": {"tunnel_address": address}}
        assert cloud.request("PUT", HOST, bad, "nova").status_int == 400
    own = f"/novalite/hosts/{cloud.deployment.conf.host}"
    assert cloud.request("PUT", own, BODY, "nova").status_int == 409


def test_a_host_is_told_what_it_has_to_do_and_only_when_it_changes(registered):
    first = state(registered)
    assert wire.loads(first["state"]).ports == {}
    assert state(registered, first["revision"]) == {"revision": first["revision"], "state": None}
    host = registered.service.host_states
    host.silent("far")
    port = bind(registered)
    second = state(registered, first["revision"])
    assert second["revision"] != first["revision"]
    told = wire.loads(second["state"])
    assert set(told.ports) == {port["id"]}
    assert told.tunnels[registered.network].peers == ("192.0.2.1",)
    host.silent("far")
    bind(registered, "another")
    third = wire.loads(state(registered, second["revision"])["state"])
    here = {each.id for each in third.ports.values() if each.here}
    assert here == {port["id"]}, "another host's guest is behind the tunnel"
    assert len(third.tunnels[registered.network].macs) > len(told.tunnels[registered.network].macs)


def test_agents_are_listed(registered):
    found = registered.request("GET", "/agents?host=far", user="admin").json["agents"]
    assert [agent["binary"] for agent in found] == ["novalite-network-agent"]
    assert found[0]["alive"]
    assert found[0]["configurations"]["tunneling_ip"] == "192.0.2.11"
    path = f"/agents/{found[0]['id']}"
    assert registered.request("DELETE", path, user="admin").status_int == 204
    registered.service.core.plane.refresh()
    answer = registered.request("GET", f"{HOST}/state", user="nova")
    assert answer.status_int == 404, "it has to register again"


def test_a_change_waits_for_the_hosts_that_ask(registered):
    """The binding returns once the host has said that it is in force there."""
    revision = state(registered)["revision"]
    done = threading.Event()
    binding = threading.Thread(target=lambda: (bind(registered), done.set()), daemon=True)
    binding.start()
    ports: dict = {}
    while not ports:  # asked again with the old revision, it is not in force
        news = state(registered, revision)
        ports = wire.loads(news["state"]).ports if news["state"] else {}
        assert not done.is_set()
    deadline = time.monotonic() + 8
    while not done.is_set() and time.monotonic() < deadline:
        state(registered, news["revision"])
    assert done.is_set()


def test_a_host_that_does_not_follow_fails_the_binding_on_its_networks(registered, monkeypatch):
    bind_first = state(registered)["revision"]
    registered.service.host_states.silent("far")
    bind(registered)
    state(registered, bind_first)  # told, and it never says that it is in force
    monkeypatch.setattr(host_states, "FOLLOW_TIMEOUT", 0.05)
    with pytest.raises(DependencyUnavailable, match="far"):
        bind(registered)
    bind(registered)  # and it is not waited for again


def test_without_an_address_of_its_own_the_service_tells_nobody(registered):
    registered.service.host_states.address = ""
    assert registered.request("GET", f"{HOST}/state", user="nova").status_int == 409

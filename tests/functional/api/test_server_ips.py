"""Addresses of a server."""

import pytest

from novalite.objects import VIF, FixedIP, Subnet
from tests.support.samples import differences, sample
from tests.support.servers_api import ServersApi


def with_floating(cloud: ServersApi) -> str:
    address = FixedIP("10.0.0.5", floating_ips=["172.24.4.7"])
    subnet = Subnet(id="s", cidr="10.0.0.0/24", ips=[address])
    vif = VIF(
        id="p", address="fa:16:3e:11:22:33", network_id="n", label="private", subnets=[subnet]
    )
    uuid = cloud.created()
    cloud.place(uuid, network_info=[vif])
    return uuid


EXPECTED = [{"version": 4, "addr": "10.0.0.5"}, {"version": 4, "addr": "172.24.4.7"}]


def test_all(cloud: ServersApi) -> None:
    reply = cloud.get(f"/servers/{with_floating(cloud)}/ips")
    assert reply.json == {"addresses": {"private": EXPECTED}}
    assert not differences(reply.json, sample("server-ips/server-ips-resp"))


def test_of_one_network(cloud: ServersApi) -> None:
    uuid = with_floating(cloud)
    reply = cloud.get(f"/servers/{uuid}/ips/private", version="latest")
    assert reply.json == {"private": EXPECTED}
    assert not differences(reply.json, sample("server-ips/server-ips-network-resp"))
    assert cloud.get(f"/servers/{uuid}/ips/public").status == 404


@pytest.mark.parametrize(("token", "status"), [("reader", 200), ("other", 404), ("nobody", 403)])
def test_who_may(cloud: ServersApi, token: str, status: int) -> None:
    uuid = with_floating(cloud)
    assert cloud.get(f"/servers/{uuid}/ips", token=token).status == status


def test_of_a_promised_server(cloud: ServersApi) -> None:
    assert cloud.get(f"/servers/{cloud.created()}/ips").json == {"addresses": {}}

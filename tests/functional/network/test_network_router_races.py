"""Two processes that change routers, floating addresses and pools at the same moment."""

from typing import Any

import pytest

from novalite.context import admin_context
from novalite.network.embedded.errors import InUse
from novalite.network.embedded.service import NetworkService
from tests.functional.network.test_network_concurrency import at_once, services

__all__ = ["services"]


@pytest.fixture
def public(cloud):
    return cloud.service.list_networks(admin_context(), **{"router:external": True})[0]["id"]


def inside(cloud, cidr: str) -> tuple[str, str]:
    network = cloud.make("network")["id"]
    return network, cloud.make("subnet", network_id=network, cidr=cidr)["id"]


def test_a_router_joins_one_of_two_overlapping_subnets(cloud, services):
    router = cloud.make("router")["id"]
    subnets = [inside(cloud, "10.1.0.0/24")[1] for _ in range(4)]

    def join(number: int) -> Any:
        interfaces = services[number % 2].router_interfaces
        return interfaces.add(admin_context(), router, {"subnet_id": subnets[number]})

    answers = at_once([lambda number=n: join(number) for n in range(4)])
    assert sum(isinstance(answer, dict) for answer in answers) == 1, answers
    held = cloud.service.list_ports(admin_context(), device_id=router)
    assert len(held) == 1


def test_one_floating_address_for_one_fixed_one(cloud, services, public):
    network, subnet = inside(cloud, "10.1.0.0/24")
    router = cloud.make("router", external_gateway_info={"network_id": public})["id"]
    cloud.request("PUT", f"/routers/{router}/add_router_interface", {"subnet_id": subnet})
    port = cloud.make("port", network_id=network)["id"]

    def lead(service: NetworkService) -> Any:
        body = {"floating_network_id": public, "port_id": port, "project_id": cloud.project()}
        return service.floating_ips.create(admin_context(), body)

    answers = at_once([lambda number=n: lead(services[number % 2]) for n in range(4)])
    assert sum(isinstance(answer, dict) for answer in answers) == 1, answers
    assert sum(isinstance(answer, InUse) for answer in answers) == 3, answers
    owner = "network:floatingip"
    assert len(cloud.service.list_ports(admin_context(), device_owner=owner)) == 1


def test_an_interface_goes_or_a_floating_address_comes(cloud, services, public):
    network, subnet = inside(cloud, "10.1.0.0/24")
    router = cloud.make("router", external_gateway_info={"network_id": public})["id"]
    path = f"/routers/{router}/add_router_interface"
    cloud.request("PUT", path, {"subnet_id": subnet})
    port = cloud.make("port", network_id=network)["id"]
    made = cloud.make("floatingip", floating_network_id=public)["id"]
    admin = admin_context()
    at_once(
        [
            lambda: services[0].floating_ips.update(admin, made, {"port_id": port}),
            lambda: services[1].router_interfaces.remove(admin, router, {"subnet_id": subnet}),
        ]
    )
    leads = cloud.service.floating_ips.show(admin, made)["port_id"] == port
    joined = bool(
        cloud.service.list_ports(admin, device_id=router, device_owner="network:router_interface")
    )
    assert leads == joined, "either it leads somewhere, or there is no way"


def test_a_pool_gives_each_range_once(cloud, services):
    pool = cloud.make("subnetpool", prefixes=["10.0.0.0/22"], default_prefixlen=24)["id"]
    networks = [cloud.make("network")["id"] for _ in range(6)]

    def take(number: int) -> Any:
        body = {"network_id": networks[number], "subnetpool_id": pool, "ip_version": 4}
        return services[number % 2].subnets.create(admin_context(), body)

    answers = at_once([lambda number=n: take(number) for n in range(6)])
    given = sorted(answer["cidr"] for answer in answers if isinstance(answer, dict))
    assert given == [f"10.0.{number}.0/24" for number in range(4)], answers
    assert sum(isinstance(answer, InUse) for answer in answers) == 2

"""Many who want the same at once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from novalite.context import admin_context
from novalite.exception import Conflict, NovaliteError, PortInUse
from novalite.network.allocation import Allocator
from novalite.network.embedded.errors import IpAddressGenerationFailure, IpAddressInUse
from novalite.network.embedded.service import NetworkService
from novalite.objects import Instance, RequestedNetwork


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """The answers, or errors, of jobs that start together."""
    barrier = threading.Barrier(len(jobs))
    answers: list[Any] = [None] * len(jobs)

    def run(number: int) -> None:
        barrier.wait()
        try:
            answers[number] = jobs[number]()
        except NovaliteError as error:
            answers[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.fixture
def services(cloud):
    """Two that know nothing of each other, on the same database."""
    return [NetworkService(cloud.deployment.conf, cloud.database) for _ in range(2)]


def small_network(cloud) -> str:
    """10 addresses, of which DHCP has one."""
    network = cloud.make("network", name="small")["id"]
    pool = [{"start": "10.9.0.10", "end": "10.9.0.19"}]
    cloud.make("subnet", network_id=network, cidr="10.9.0.0/24", allocation_pools=pool)
    return network


def test_no_address_is_given_twice_and_none_is_lost(cloud, services):
    network = small_network(cloud)

    def create(service: NetworkService) -> Any:
        body = {"network_id": network, "project_id": cloud.project()}
        return service.create_port(admin_context(), body)

    answers = at_once([lambda number=n: create(services[number % 2]) for n in range(14)])

    made = [answer for answer in answers if isinstance(answer, dict)]
    failed = [answer for answer in answers if not isinstance(answer, dict)]
    assert len({port["fixed_ips"][0]["ip_address"] for port in made}) == len(made) == 9
    assert all(isinstance(error, IpAddressGenerationFailure) for error in failed), failed
    left = cloud.service.list_ports(admin_context(), network_id=network)
    assert len(left) == 10, "the failed ones left no port behind"


def test_one_of_many_gets_a_wanted_address(cloud, services):
    def create(service: NetworkService) -> Any:
        body = {
            "network_id": cloud.network,
            "project_id": cloud.project(),
            "fixed_ips": [{"ip_address": "10.77.0.200"}],
        }
        return service.create_port(admin_context(), body)

    answers = at_once([lambda number=n: create(services[number % 2]) for n in range(8)])
    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert sum(isinstance(answer, IpAddressInUse) for answer in answers) == 7


def test_the_default_group_is_made_once(cloud, services):
    project = "f" * 32

    def create(service: NetworkService) -> Any:
        return service.create_port(
            admin_context(), {"network_id": cloud.network, "project_id": project}
        )

    answers = at_once([lambda number=n: create(services[number % 2]) for n in range(6)])
    assert len({answer["security_groups"][0] for answer in answers}) == 1
    groups = cloud.service.list_security_groups(admin_context(), project_id=project)
    assert [len(group["security_group_rules"]) for group in groups] == [4]


def test_networks_get_different_zones(cloud, services):
    def create(service: NetworkService) -> Any:
        body = {"name": "n", "project_id": cloud.project()}
        return service.networks.create(admin_context(), body)

    answers = at_once([lambda number=n: create(services[number % 2]) for n in range(6)])
    made = [answer for answer in answers if isinstance(answer, dict)]
    assert all(isinstance(each, dict | Conflict) for each in answers)
    assert len(made) == 6


def test_one_of_many_servers_gets_a_port(cloud, services):
    port = cloud.make("port", network_id=cloud.network)["id"]
    requested = [RequestedNetwork(mode="port", port_id=port)]

    def allocate(number: int) -> Any:
        instance = Instance(uuid=f"server{number}", project_id=cloud.project(), user_id="u")
        allocator = Allocator(services[number % 2])
        return allocator.allocate(admin_context(), instance, requested, [], "host1")

    answers = at_once([lambda number=n: allocate(number) for n in range(6)])
    winners = [number for number, answer in enumerate(answers) if isinstance(answer, list)]
    assert len(winners) == 1, answers
    assert sum(isinstance(answer, PortInUse) for answer in answers) == 5
    holder = cloud.service.show_port(admin_context(), port)
    assert holder["device_id"] == f"server{winners[0]}"
    assert holder["binding:host_id"] == "host1", "the losers did not unbind it"


def test_statements_of_a_port_do_not_grow(cloud):
    """A build makes one port: what that costs does not depend on how many there are."""

    def cost() -> int:
        body = {"network_id": cloud.network, "project_id": cloud.project(), "binding:host_id": "h"}
        with cloud.database.counting() as counter:
            cloud.service.create_port(admin_context(), body)
        return counter.count

    cost()
    first = cost()
    for _ in range(30):
        cost()
    assert cost() == first <= 11
    with cloud.database.counting() as counter:
        assert len(cloud.service.list_ports(admin_context())) > 30
    assert counter.count == 5

"""What a server gets of the network, from the embedded service and over HTTP alike."""

import pytest

from novalite.context import admin_context
from novalite.exception import (
    Forbidden,
    NetworkAmbiguous,
    NetworkUnusable,
    NoUniqueMatch,
    NovaliteError,
    PortInUse,
    PortLimitExceeded,
)
from novalite.objects import Instance, RequestedNetwork

A_UUID = "11111111-2222-3333-4444-555555555555"


def server(cloud, number: int = 1) -> Instance:
    return Instance(
        uuid=f"00000000-0000-0000-0000-{number:012d}",
        project_id=cloud.project(),
        user_id="u",
        hostname=f"vm{number}",
        availability_zone="nova",
    )


def on(network: str, **kwargs: str) -> RequestedNetwork:
    return RequestedNetwork(network_id=network, **kwargs)


def with_port(port_id: str) -> RequestedNetwork:
    return RequestedNetwork(mode="port", port_id=port_id)


def second_network(cloud, cidr: str = "192.168.5.0/24") -> str:
    network = cloud.make("network", name="second")
    cloud.make("subnet", network_id=network["id"], cidr=cidr, ip_version=4)
    return network["id"]


def ports_of(cloud, instance: Instance) -> list:
    return cloud.service.list_ports(admin_context(), device_id=instance.uuid)


# ---- validate ----


def refused(allocator, cloud, requested, num=1, **kwargs) -> NovaliteError:
    with pytest.raises(NovaliteError) as caught:
        allocator.validate(cloud.context(), requested, num, **kwargs)
    return caught.value


def test_the_only_network_is_chosen(allocator, cloud):
    assert allocator.validate(cloud.context(), [], 3) == 3
    assert allocator.validate(cloud.context(), [RequestedNetwork(mode="auto")], 3) == 3
    assert allocator.validate(cloud.context(), [RequestedNetwork(mode="none")], 3) == 3


def test_two_networks_are_ambiguous(allocator, cloud):
    network = second_network(cloud)
    error = refused(allocator, cloud, [])
    assert isinstance(error, NetworkAmbiguous)
    assert error.code == 409
    assert allocator.validate(cloud.context(), [on(network)], 1) == 1


def test_an_administrator_has_no_more_networks_than_the_project(allocator, cloud):
    second_network(cloud)  # demo's
    assert allocator.validate(cloud.context("admin"), [], 1) == 1


def test_unknown_networks_and_ports(allocator, cloud):
    error = refused(allocator, cloud, [on(A_UUID)])
    assert (error.code, error.text) == (400, f"Network {A_UUID} could not be found.")
    error = refused(allocator, cloud, [with_port(A_UUID)])
    assert (error.code, error.text) == (400, f"Port id {A_UUID} could not be found.")


def test_networks_and_ports_of_others_do_not_exist(allocator, cloud):
    network = cloud.make("network", "admin", name="theirs")
    port = cloud.make("port", "admin", network_id=cloud.network)
    assert refused(allocator, cloud, [on(network["id"])]).code == 400
    assert refused(allocator, cloud, [with_port(port["id"])]).code == 400


def test_a_network_needs_a_subnet_and_a_port_an_address(allocator, cloud):
    network = cloud.make("network", name="bare")["id"]
    error = refused(allocator, cloud, [on(network)])
    assert "requires a subnet" in error.text
    port = cloud.make("port", network_id=cloud.network, fixed_ips=[])
    error = refused(allocator, cloud, [with_port(port["id"])])
    assert (error.code, "requires a FixedIP" in error.text) == (400, True)


def test_a_port_in_use(allocator, cloud):
    port = cloud.make("port", network_id=cloud.network, device_id="something")
    error = refused(allocator, cloud, [with_port(port["id"])])
    assert isinstance(error, PortInUse)
    assert error.code == 409
    free = cloud.make("port", network_id=cloud.network)["id"]
    assert isinstance(refused(allocator, cloud, [with_port(free), with_port(free)]), PortInUse)
    assert allocator.validate(cloud.context(), [with_port(free)], 1) == 1


def test_fixed_addresses(allocator, cloud):
    taken = cloud.make("port", network_id=cloud.network)["fixed_ips"][0]["ip_address"]
    for address, words in (
        ("192.0.2.1", "not a valid ip address"),
        ("2001:db8::1", "not a valid ip address"),
        (taken, "already in use"),
    ):
        error = refused(allocator, cloud, [on(cloud.network, address=address)])
        assert error.code == 400
        assert words in error.text
    twice = [on(cloud.network, address="10.77.0.99")] * 2
    assert "already in use" in refused(allocator, cloud, twice).text
    assert allocator.validate(cloud.context(), twice[:1], 1) == 1


def test_an_external_network_needs_permission(allocator, cloud):
    network = cloud.make("network", "admin", **{"name": "ext", "router:external": True})["id"]
    cloud.make("subnet", "admin", network_id=network, cidr="203.0.113.0/24")
    error = refused(allocator, cloud, [on(network)])
    assert isinstance(error, Forbidden)
    asked = []

    def allow(found) -> bool:
        asked.append(found["id"])
        return True

    validated = allocator.validate(cloud.context(), [on(network)], 1, attach_external=allow)
    assert (validated, asked) == (1, [network])


def test_the_port_quota_limits_the_number_of_servers(allocator, cloud):
    cloud.service.quotas.update(admin_context(), cloud.project(), {"port": 5})
    requested = [on(cloud.network), on(cloud.network)]
    assert allocator.validate(cloud.context(), requested, 4) == 2
    assert allocator.validate(cloud.context(), [], 9) == 5
    cloud.make("port", network_id=cloud.network)
    port = cloud.make("port", network_id=cloud.network)["id"]
    assert allocator.validate(cloud.context(), requested, 1) == 1
    for _ in range(2):
        cloud.make("port", network_id=cloud.network)
    error = refused(allocator, cloud, requested)
    assert isinstance(error, PortLimitExceeded)
    assert error.code == 403
    assert allocator.validate(cloud.context(), [with_port(port)], 1) == 1, "needs no new port"


def test_security_groups(allocator, cloud):
    web = cloud.make("security_group", name="web")["id"]
    for _ in range(2):
        cloud.make("security_group", name="twins")
    context = cloud.context()
    assert allocator.security_groups(context, ["default"]) == []
    assert allocator.security_groups(context, ["web", web]) == [web]
    assert len(allocator.security_groups(context, ["default", "web"])) == 2
    with pytest.raises(NetworkUnusable, match="nothing"):
        allocator.security_groups(context, ["nothing"])
    with pytest.raises(NoUniqueMatch):
        allocator.security_groups(context, ["twins"])


# ---- allocate ----


def test_a_server_gets_a_port(allocator, cloud):
    instance = server(cloud)
    [vif] = allocator.allocate(admin_context(), instance, [], ["default"], "host1")

    [port] = ports_of(cloud, instance)
    assert port["device_owner"] == "compute:nova"
    assert port["project_id"] == cloud.project()
    assert port["binding:host_id"] == "host1"
    assert port["dns_name"] == "vm1"
    [group] = port["security_groups"]
    assert cloud.service.security_groups.show(admin_context(), group)["name"] == "default"
    assert (vif.id, vif.address, vif.label) == (port["id"], port["mac_address"], "demo")
    assert (vif.type, vif.active, vif.created_by_us) == ("bridge", True, True)
    assert vif.devname == "tap" + port["id"][:11]
    assert vif.bridge == "nvl" + cloud.network[:11]
    [subnet] = vif.subnets
    assert (subnet.cidr, subnet.gateway, subnet.dhcp) == ("10.77.0.0/24", "10.77.0.1", True)
    assert [ip.address for ip in subnet.ips] == [port["fixed_ips"][0]["ip_address"]]


def test_allocating_again_makes_nothing_new(allocator, cloud):
    instance = server(cloud)
    other = second_network(cloud)
    requested = [on(other, tag="x"), on(cloud.network), on(cloud.network, address="10.77.0.50")]
    first = allocator.allocate(admin_context(), instance, requested, [], "host1")
    again = allocator.allocate(admin_context(), instance, requested, [], "host1")
    assert [vif.network_id for vif in first] == [other, cloud.network, cloud.network]
    assert again[0].id == first[0].id
    assert {vif.id for vif in again} == {vif.id for vif in first}
    assert again[2].subnets[0].ips[0].address == "10.77.0.50"
    assert [vif.tag for vif in again] == ["x", None, None]


def test_what_an_interrupted_build_made_is_taken_up(allocator, cloud):
    """Only the second of two ports was made, the one with an address of its own."""
    instance = server(cloud)
    requested = [on(cloud.network), on(cloud.network, address="10.77.0.50")]
    whole = allocator.allocate(admin_context(), instance, requested, [], "host1")
    cloud.service.delete_port(admin_context(), whole[0].id)
    again = allocator.allocate(admin_context(), instance, requested, [], "host1")
    assert again[1].id == whole[1].id
    assert again[1].subnets[0].ips[0].address == "10.77.0.50"
    assert len(ports_of(cloud, instance)) == 2


def test_a_choice_once_made_stays(allocator, cloud):
    instance = server(cloud)
    first = allocator.allocate(admin_context(), instance, [], [], "host1")
    second_network(cloud)
    assert allocator.allocate(admin_context(), instance, [], [], "host1") == first
    with pytest.raises(NetworkAmbiguous):
        allocator.allocate(admin_context(), server(cloud, 2), [], [], "host1")


def test_ports_follow_to_another_host(allocator, cloud):
    instance = server(cloud)
    first = allocator.allocate(admin_context(), instance, [], [], "host1")
    moved = allocator.allocate(admin_context(), instance, [], [], "host2")
    assert [vif.id for vif in moved] == [vif.id for vif in first]
    assert ports_of(cloud, instance)[0]["binding:host_id"] == "host2"


def test_security_groups_of_new_ports(allocator, cloud):
    web = cloud.make("security_group", name="web")["id"]
    instance = server(cloud)
    allocator.allocate(admin_context(), instance, [], ["web"], "host1")
    assert ports_of(cloud, instance)[0]["security_groups"] == [web]
    assert allocator.security_group_names(admin_context(), [instance]) == {instance.uuid: ["web"]}


def test_a_users_port_is_used_and_given_back(allocator, cloud):
    instance = server(cloud)
    mine = cloud.make("port", network_id=cloud.network, name="mine")
    requested = [with_port(mine["id"]), on(cloud.network)]
    vifs = allocator.allocate(admin_context(), instance, requested, [], "host1")
    assert [vif.created_by_us for vif in vifs] == [False, True]
    assert vifs[0].id == mine["id"]

    allocator.deallocate(admin_context(), instance, [mine["id"]])

    assert ports_of(cloud, instance) == []
    port = cloud.service.show_port(admin_context(), mine["id"])
    assert (port["device_id"], port["device_owner"], port["dns_name"]) == ("", "", "")
    assert (port["binding:host_id"], port["binding:vif_type"]) == ("", "unbound")
    assert (port["name"], port["fixed_ips"]) == ("mine", mine["fixed_ips"])
    allocator.deallocate(admin_context(), instance, [mine["id"]])


def test_a_port_taken_by_another_server(allocator, cloud):
    mine = cloud.make("port", network_id=cloud.network)
    requested = [with_port(mine["id"])]
    allocator.allocate(admin_context(), server(cloud, 1), requested, [], "host1")
    with pytest.raises(PortInUse):
        allocator.allocate(admin_context(), server(cloud, 2), requested, [], "host1")
    port = cloud.service.show_port(admin_context(), mine["id"])
    assert port["device_id"] == server(cloud, 1).uuid, "the loser must not unbind it"


def test_a_failure_leaves_nothing(allocator, cloud):
    mine = cloud.make("port", network_id=cloud.network)
    requested = [with_port(mine["id"]), on(cloud.network), on(A_UUID)]
    before = len(cloud.service.list_ports(admin_context()))
    with pytest.raises(NovaliteError):
        allocator.allocate(admin_context(), server(cloud), requested, [], "host1")
    assert len(cloud.service.list_ports(admin_context())) == before
    assert cloud.service.show_port(admin_context(), mine["id"])["device_id"] == ""


def test_the_quota_is_met_at_the_build(allocator, cloud):
    cloud.service.quotas.update(admin_context(), cloud.project(), {"port": 1})
    requested = [on(cloud.network), on(cloud.network)]
    with pytest.raises(PortLimitExceeded):
        allocator.allocate(admin_context(), server(cloud), requested, [], "host1")
    assert ports_of(cloud, server(cloud)) == []


def test_no_network_at_all(allocator, cloud):
    assert (
        allocator.allocate(admin_context(), server(cloud), [RequestedNetwork(mode="none")], [], "h")
        == []
    )
    admin = admin_context()
    cloud.service.networks.delete(admin, cloud.network)
    assert allocator.validate(cloud.context(), [], 2) == 2
    assert allocator.allocate(admin, server(cloud), [], [], "h") == []
    with pytest.raises(NetworkUnusable, match="automatically"):
        allocator.validate(cloud.context(), [RequestedNetwork(mode="auto")], 1)


def test_info_is_what_is_there_now(allocator, cloud):
    instance = server(cloud)
    mine = cloud.make("port", network_id=cloud.network)
    requested = [on(cloud.network, tag="blue"), with_port(mine["id"])]
    vifs = allocator.allocate(admin_context(), instance, requested, [], "host1")
    assert allocator.info(admin_context(), instance, cached=vifs) == vifs
    fresh = allocator.info(admin_context(), instance, [mine["id"]])
    assert {vif.id: vif.created_by_us for vif in fresh} == {
        vifs[0].id: True,
        vifs[1].id: False,
    }
    cloud.service.delete_port(admin_context(), vifs[0].id)
    left = allocator.info(admin_context(), instance, cached=vifs)
    assert [vif.id for vif in left] == [vifs[1].id]
    assert allocator.info(admin_context(), server(cloud, 2)) == []


def test_nobody_puts_a_port_into_another_projects_server(allocator, cloud):
    """Who has a port may write any server's id on it."""
    instance = server(cloud)
    (vif,) = allocator.allocate(admin_context(), instance, [], [], "host1")
    trap = cloud.make("network", user="admin", name="trap")["id"]
    cloud.make("subnet", user="admin", network_id=trap, cidr="10.9.0.0/24", ip_version=4)
    group = cloud.make("security_group", user="admin", name="trapped")["id"]
    owner = "compute:nova"
    foreign = cloud.make(
        "port", user="admin", network_id=trap, device_id=instance.uuid, device_owner=owner,
        security_groups=[group],
    )  # fmt: skip
    admin = admin_context()
    assert allocator.info(admin, instance) == [vif]
    assert allocator.info(admin, instance, cached=[vif]) == [vif]
    names = allocator.security_group_names(admin, [instance])
    assert names == {instance.uuid: ["default"]}
    (again,) = allocator.allocate(admin, instance, [], [], "host1")
    assert again.id == vif.id
    allocator.deallocate(admin, instance)
    assert cloud.service.show_port(admin, foreign["id"])["id"] == foreign["id"]
    assert ports_of(cloud, instance)[0]["id"] == foreign["id"]

    (fresh,) = allocator.allocate(admin, instance, [], [], "host1")
    assert fresh.id != foreign["id"]


def test_a_port_that_was_given_by_another_project_stays(allocator, cloud):
    instance = server(cloud)
    given = cloud.make("port", user="admin", network_id=cloud.network)
    requested = [with_port(given["id"])]
    vifs = allocator.allocate(admin_context(), instance, requested, [], "host1")
    assert allocator.info(admin_context(), instance, cached=vifs) == vifs
    assert allocator.info(admin_context(), instance, [given["id"]]) == vifs
    allocator.deallocate(admin_context(), instance, [given["id"]])
    assert ports_of(cloud, instance) == []

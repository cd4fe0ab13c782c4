"""Routers, their interfaces and gateways, and floating addresses, through the network API."""

import pytest

from novalite.context import admin_context
from tests.functional.network.test_network_rest import fault, ids


class Inside:
    """A network of a project with one subnet."""

    def __init__(self, cloud, cidr="10.1.0.0/24", user="demo", **subnet):
        self.cloud = cloud
        self.user = user
        self.network = cloud.make("network", user)["id"]
        body = {"network_id": self.network, "cidr": cidr, **subnet}
        self.subnet = cloud.make("subnet", user, **body)["id"]

    def port(self, **body):
        return self.cloud.make("port", self.user, network_id=self.network, **body)


@pytest.fixture
def inside(cloud):
    return Inside(cloud)


@pytest.fixture
def public(cloud):
    [network] = cloud.request("GET", "/networks?router:external=True").json["networks"]
    return network["id"]


def attach(cloud, router, body, action="add", user="demo"):
    path = f"/routers/{router}/{action}_router_interface"
    return cloud.request("PUT", path, body, user)


@pytest.fixture
def router(cloud, public, inside):
    """Between the inside and the external network."""
    made = cloud.make("router", external_gateway_info={"network_id": public})
    assert attach(cloud, made["id"], {"subnet_id": inside.subnet}).status_int == 200
    return made


# ---- routers ----


def test_a_new_cloud_has_a_network_to_the_world(cloud, public):
    shown = cloud.request("GET", f"/networks/{public}").json["network"]
    assert (shown["name"], shown["shared"], shown["is_default"]) == ("public", False, True)
    [subnet] = cloud.request("GET", f"/subnets?network_id={public}").json["subnets"]
    assert (subnet["cidr"], subnet["enable_dhcp"]) == ("172.24.4.0/24", False)
    body = {"port": {"network_id": public}}
    assert cloud.request("POST", "/ports", body).status_int == 403


def test_the_life_of_a_router(cloud):
    router = cloud.make("router", name="r", description="d", admin_state_up=False)
    assert (router["external_gateway_info"], router["routes"]) == (None, [])
    path = f"/routers/{router['id']}"
    changed = cloud.request("PUT", path, {"router": {"name": "s", "admin_state_up": True}})
    assert (changed.json["router"]["name"], changed.json["router"]["admin_state_up"]) == ("s", True)
    assert ids(cloud.request("GET", "/routers?name=s&status=ACTIVE"), "router") == {router["id"]}
    assert not ids(cloud.request("GET", "/routers?name=r"), "router")
    assert cloud.request("GET", path, user="nova").status_int == 200, "services see all"
    assert cloud.request("DELETE", path).status_int == 204
    assert fault(cloud.request("GET", path)) == (404, "RouterNotFound")


def test_a_router_belongs_to_its_project(cloud):
    theirs = cloud.make("router", "admin")["id"]
    assert cloud.request("GET", f"/routers/{theirs}").status_int == 404
    assert cloud.request("DELETE", f"/routers/{theirs}").status_int == 404
    assert not ids(cloud.request("GET", "/routers"), "router")


def test_an_interface_by_subnet(cloud, inside):
    router = cloud.make("router")["id"]
    added = attach(cloud, router, {"subnet_id": inside.subnet}).json
    assert (added["id"], added["subnet_id"], added["subnet_ids"]) == (
        router,
        inside.subnet,
        [inside.subnet],
    )
    port = cloud.request("GET", f"/ports/{added['port_id']}").json["port"]
    assert (port["device_owner"], port["device_id"]) == ("network:router_interface", router)
    assert port["fixed_ips"] == [{"subnet_id": inside.subnet, "ip_address": "10.1.0.1"}]
    assert (port["status"], port["security_groups"]) == ("ACTIVE", [])
    path = f"/ports/{port['id']}"
    assert fault(cloud.request("DELETE", path)) == (409, "ServicePortInUse")
    assert cloud.request("PUT", path, {"port": {"device_id": ""}}).status_int == 403
    assert fault(cloud.request("DELETE", f"/routers/{router}")) == (409, "RouterInUse")
    again = attach(cloud, router, {"subnet_id": inside.subnet})
    assert fault(again) == (400, "BadRequest")
    assert attach(cloud, router, {"subnet_id": inside.subnet}, "remove").status_int == 200
    assert cloud.request("GET", path).status_int == 404
    gone = attach(cloud, router, {"subnet_id": inside.subnet}, "remove")
    assert fault(gone) == (404, "RouterInterfaceNotFoundForSubnet")
    assert cloud.request("DELETE", f"/routers/{router}").status_int == 204


def test_an_interface_by_port(cloud, inside):
    router = cloud.make("router")["id"]
    port = inside.port(fixed_ips=[{"ip_address": "10.1.0.77"}])["id"]
    assert attach(cloud, router, {"port_id": port}).json["subnet_id"] == inside.subnet
    shown = cloud.request("GET", f"/ports/{port}").json["port"]
    assert (shown["device_id"], shown["port_security_enabled"]) == (router, False)
    assert fault(attach(cloud, router, {"port_id": port})) == (409, "PortInUse")
    other = attach(cloud, cloud.make("router")["id"], {"port_id": port}, "remove")
    assert fault(other) == (404, "RouterInterfaceNotFound")
    assert attach(cloud, router, {"port_id": port}, "remove").status_int == 200


@pytest.mark.parametrize("body", [{}, {"subnet_id": "a", "port_id": "b"}])
def test_one_thing_at_a_time(cloud, body):
    router = cloud.make("router")["id"]
    assert fault(attach(cloud, router, body)) == (400, "BadRequest")


def test_what_a_router_cannot_join(cloud, inside):
    router = cloud.make("router")["id"]
    attach(cloud, router, {"subnet_id": inside.subnet})
    same = Inside(cloud, "10.1.0.128/25")
    assert "overlaps" in attach(cloud, router, {"subnet_id": same.subnet}).text
    closed = Inside(cloud, "10.2.0.0/24", gateway_ip=None)
    assert "gateway IP" in attach(cloud, router, {"subnet_id": closed.subnet}).text
    taken = Inside(cloud, "10.3.0.0/24", allocation_pools=[])
    taken.port(fixed_ips=[{"ip_address": "10.3.0.1"}])
    used = attach(cloud, router, {"subnet_id": taken.subnet})
    assert fault(used) == (409, "IpAddressAlreadyAllocated")
    [shared] = cloud.request("GET", f"/networks/{cloud.network}").json["network"]["subnets"]
    hosts = attach(cloud, router, {"subnet_id": shared})
    assert fault(hosts) == (409, "IpAddressAlreadyAllocated"), "the host has that address"


def test_all_ipv6_subnets_of_a_network_share_an_interface(cloud):
    network = cloud.make("network")["id"]
    router = cloud.make("router")["id"]
    ports = set()
    subnets = []
    for number in (1, 2):
        cidr = f"2001:db8:{number}::/64"
        modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        subnet = cloud.make("subnet", network_id=network, cidr=cidr, ip_version=6, **modes)
        subnets.append(subnet["id"])
        ports.add(attach(cloud, router, {"subnet_id": subnet["id"]}).json["port_id"])
    assert len(ports) == 1
    [port] = ports
    held = cloud.request("GET", f"/ports/{port}").json["port"]["fixed_ips"]
    assert [item["ip_address"] for item in held] == ["2001:db8:1::1", "2001:db8:2::1"]
    attach(cloud, router, {"subnet_id": subnets[0]}, "remove")
    held = cloud.request("GET", f"/ports/{port}").json["port"]["fixed_ips"]
    assert [item["subnet_id"] for item in held] == subnets[1:]


# ---- gateways ----


def test_a_gateway(cloud, public, router):
    info = router["external_gateway_info"]
    assert (info["network_id"], info["enable_snat"]) == (public, True)
    assert info["external_fixed_ips"][0]["ip_address"].startswith("172.24.4.")
    query = f"/ports?device_id={router['id']}&device_owner=network:router_gateway"
    [port] = cloud.request("GET", query, user="admin").json["ports"]
    assert (port["project_id"], port["network_id"]) == ("", public)
    assert not ids(cloud.request("GET", query), "port"), "it is not the project's"
    path = f"/routers/{router['id']}"
    off = cloud.request("PUT", path, {"router": {"external_gateway_info": {}}})
    assert off.json["router"]["external_gateway_info"] is None
    assert cloud.request("GET", f"/ports/{port['id']}", user="admin").status_int == 404


def test_only_an_administrator_switches_translation(cloud, public, router):
    path = f"/routers/{router['id']}"
    off = {"router": {"external_gateway_info": {"network_id": public, "enable_snat": False}}}
    assert cloud.request("PUT", path, off).status_int == 403
    changed = cloud.request("PUT", path, off, "admin").json["router"]["external_gateway_info"]
    assert changed["enable_snat"] is False
    assert changed["external_fixed_ips"] == router["external_gateway_info"]["external_fixed_ips"]
    fixed = {"network_id": public, "external_fixed_ips": [{"ip_address": "172.24.4.99"}]}
    body = {"router": {"external_gateway_info": fixed}}
    assert cloud.request("PUT", path, body).status_int == 403
    moved = cloud.request("PUT", path, body, "admin").json["router"]["external_gateway_info"]
    assert [item["ip_address"] for item in moved["external_fixed_ips"]] == ["172.24.4.99"]
    fixed["external_fixed_ips"] = [{"ip_address": "172.24.4.1"}]
    assert cloud.request("PUT", path, body, "admin").status_int == 409, "that is the host's"


def test_what_is_no_gateway(cloud, inside):
    router = cloud.make("router")["id"]
    body = {"router": {"external_gateway_info": {"network_id": inside.network}}}
    assert fault(cloud.request("PUT", f"/routers/{router}", body)) == (400, "BadRequest")
    body["router"]["external_gateway_info"]["network_id"] = router
    assert fault(cloud.request("PUT", f"/routers/{router}", body)) == (404, "NetworkNotFound")
    empty = cloud.make("network", "admin", **{"router:external": True})["id"]
    body["router"]["external_gateway_info"]["network_id"] = empty
    assert fault(cloud.request("PUT", f"/routers/{router}", body)) == (400, "BadRequest")
    path = f"/networks/{empty}"
    assert cloud.request("DELETE", path, user="admin").status_int == 204, "nothing was left on it"


def test_an_external_network_with_gateways_stays_external(cloud, public, router):
    body = {"network": {"router:external": False}}
    refused = cloud.request("PUT", f"/networks/{public}", body, "admin")
    assert fault(refused) == (409, "ExternalNetworkInUse")
    assert cloud.request("DELETE", f"/networks/{public}", user="admin").status_int == 409


# ---- extra routes ----


def test_extra_routes(cloud, inside, router):
    path = f"/routers/{router['id']}"
    route = {"destination": "192.168.0.0/16", "nexthop": "10.1.0.9"}
    shown = cloud.request("PUT", path, {"router": {"routes": [route]}}).json["router"]
    assert shown["routes"] == [route]
    more = {"destination": "192.0.2.0/24", "nexthop": "172.24.4.1"}
    added = cloud.request("PUT", f"{path}/add_extraroutes", {"router": {"routes": [route, more]}})
    assert added.json["router"]["routes"] == [route, more]
    needed = attach(cloud, router["id"], {"subnet_id": inside.subnet}, "remove")
    assert fault(needed) == (409, "RouterInterfaceInUseByRoute")
    body = {"router": {"routes": [route]}}
    left = cloud.request("PUT", f"{path}/remove_extraroutes", body)
    assert left.json["router"]["routes"] == [more]
    assert cloud.request("PUT", path, {"router": {"routes": None}}).json["router"]["routes"] == []


@pytest.mark.parametrize(
    "route",
    [
        {"destination": "192.168.0.0/16", "nexthop": "10.9.0.9"},
        {"destination": "192.168.0.0/16", "nexthop": "10.1.0.1"},
        {"destination": "nonsense", "nexthop": "10.1.0.9"},
        {"destination": "2001:db8::/32", "nexthop": "10.1.0.9"},
    ],
)
def test_routes_that_lead_nowhere(cloud, router, route):
    body = {"router": {"routes": [route]}}
    assert cloud.request("PUT", f"/routers/{router['id']}", body).status_int == 400


# ---- floating addresses ----


def test_the_life_of_a_floating_address(cloud, public, inside, router):
    port, other = inside.port(), inside.port()
    made = cloud.make("floatingip", floating_network_id=public, port_id=port["id"])
    fixed = port["fixed_ips"][0]["ip_address"]
    assert (made["fixed_ip_address"], made["router_id"], made["status"]) == (
        fixed,
        router["id"],
        "ACTIVE",
    )
    assert made["port_details"]["mac_address"] == port["mac_address"]
    path = f"/floatingips/{made['id']}"
    body = {"floatingip": {"port_id": other["id"]}}
    moved = cloud.request("PUT", path, body).json["floatingip"]
    assert moved["fixed_ip_address"] == other["fixed_ips"][0]["ip_address"]
    found = cloud.request("GET", f"/floatingips?port_id={other['id']}")
    assert ids(found, "floatingip") == {made["id"]}
    free = cloud.request("PUT", path, {"floatingip": {"port_id": None}}).json["floatingip"]
    assert (free["port_id"], free["fixed_ip_address"], free["router_id"], free["status"]) == (
        None,
        None,
        None,
        "DOWN",
    )
    assert cloud.request("DELETE", path).status_int == 204
    query = "/ports?device_owner=network:floatingip"
    assert not ids(cloud.request("GET", query, user="admin"), "port")


def test_words_do_not_move_a_floating_address(cloud, public, inside, router):
    port = inside.port()["id"]
    made = cloud.make("floatingip", floating_network_id=public, port_id=port)
    body = {"floatingip": {"description": "d", "dns_name": "www", "dns_domain": "example.org."}}
    changed = cloud.request("PUT", f"/floatingips/{made['id']}", body).json["floatingip"]
    assert (changed["description"], changed["dns_name"], changed["port_id"]) == ("d", "www", port)


def test_a_floating_address_loses_its_port(cloud, public, inside, router):
    port = inside.port()["id"]
    made = cloud.make("floatingip", floating_network_id=public, port_id=port)
    needed = attach(cloud, router["id"], {"subnet_id": inside.subnet}, "remove")
    assert fault(needed) == (409, "RouterInterfaceInUseByFloatingIP")
    body = {"router": {"external_gateway_info": None}}
    needed = cloud.request("PUT", f"/routers/{router['id']}", body)
    assert fault(needed) == (409, "RouterExternalGatewayInUseByFloatingIp")
    assert cloud.request("DELETE", f"/ports/{port}").status_int == 204
    shown = cloud.request("GET", f"/floatingips/{made['id']}").json["floatingip"]
    assert (shown["port_id"], shown["fixed_ip_address"], shown["status"]) == (None, None, "DOWN")


def test_a_floating_address_follows_no_other_address(cloud, public, inside, router):
    port = inside.port(fixed_ips=[{"ip_address": "10.1.0.50"}])["id"]
    made = cloud.make("floatingip", floating_network_id=public, port_id=port)
    body = {"port": {"fixed_ips": [{"ip_address": "10.1.0.51"}]}}
    cloud.request("PUT", f"/ports/{port}", body)
    shown = cloud.request("GET", f"/floatingips/{made['id']}").json["floatingip"]
    assert shown["port_id"] is None


def test_which_of_several_addresses(cloud, public, inside, router):
    wanted = [{"ip_address": "10.1.0.60"}, {"ip_address": "10.1.0.61"}]
    port = inside.port(fixed_ips=wanted)["id"]
    body = {"floatingip": {"floating_network_id": public, "port_id": port}}
    assert fault(cloud.request("POST", "/floatingips", body)) == (400, "BadRequest")
    body["floatingip"]["fixed_ip_address"] = "10.1.0.62"
    assert fault(cloud.request("POST", "/floatingips", body)) == (400, "BadRequest")
    body["floatingip"]["fixed_ip_address"] = "10.1.0.61"
    assert cloud.request("POST", "/floatingips", body).status_int == 201
    twice = cloud.request("POST", "/floatingips", body)
    assert fault(twice) == (409, "FloatingIPPortAlreadyAssociated")
    query = "/ports?device_owner=network:floatingip"
    assert len(ids(cloud.request("GET", query, user="admin"), "port")) == 1, "nothing half made"


def test_where_no_floating_address_leads(cloud, public, inside):
    port = inside.port()["id"]
    body = {"floatingip": {"floating_network_id": public, "port_id": port}}
    unreachable = cloud.request("POST", "/floatingips", body)
    assert fault(unreachable) == (404, "ExternalGatewayForFloatingIPNotFound")
    body = {"floatingip": {"floating_network_id": inside.network}}
    assert fault(cloud.request("POST", "/floatingips", body)) == (400, "BadRequest")


def test_a_chosen_floating_address(cloud, public):
    body = {"floating_network_id": public, "floating_ip_address": "172.24.4.200"}
    assert cloud.request("POST", "/floatingips", {"floatingip": body}).status_int == 403
    made = cloud.make("floatingip", "admin", **body)
    assert made["floating_ip_address"] == "172.24.4.200"
    taken = cloud.request("POST", "/floatingips", {"floatingip": body}, "admin")
    assert fault(taken) == (409, "IpAddressAlreadyAllocated")
    as_port = {"port": {"network_id": public, "fixed_ips": [{"ip_address": "172.24.4.200"}]}}
    assert cloud.request("POST", "/ports", as_port, "admin").status_int == 409
    assert not ids(cloud.request("GET", "/floatingips"), "floatingip"), "it is another project's"


def test_a_network_goes_with_its_idle_floating_addresses(cloud):
    network = cloud.make("network", "admin", **{"router:external": True})["id"]
    cloud.make("subnet", "admin", network_id=network, cidr="198.51.100.0/29", enable_dhcp=False)
    made = cloud.make("floatingip", floating_network_id=network)
    assert cloud.request("DELETE", f"/networks/{network}", user="admin").status_int == 204
    assert cloud.request("GET", f"/floatingips/{made['id']}").status_int == 404


def test_no_floating_address_is_left(cloud):
    network = cloud.make("network", "admin", **{"router:external": True})["id"]
    cloud.make("subnet", "admin", network_id=network, cidr="198.51.100.0/30", enable_dhcp=False)
    cloud.make("floatingip", floating_network_id=network)
    body = {"floatingip": {"floating_network_id": network}}
    full = cloud.request("POST", "/floatingips", body)
    assert fault(full) == (400, "ExternalIpAddressExhausted")


def test_quota_of_routers_and_floating_addresses(cloud, public):
    conf = cloud.deployment.conf
    conf.set_override("quota_router", 1, "embedded")
    conf.set_override("quota_floatingip", 1, "embedded")
    cloud.make("router")
    cloud.make("floatingip", floating_network_id=public)
    assert fault(cloud.request("POST", "/routers", {"router": {}})) == (409, "OverQuota")
    body = {"floatingip": {"floating_network_id": public}}
    assert fault(cloud.request("POST", "/floatingips", body)) == (409, "OverQuota")
    details = cloud.request("GET", f"/quotas/{cloud.project()}/details").json["quota"]
    assert details["router"] == details["floatingip"] == {"limit": 1, "used": 1, "reserved": 0}


# ---- what the compute service hears ----


class Listener:
    def __init__(self):
        self.events = []

    def send(self, events):
        self.events += events


def test_the_compute_service_hears_of_floating_addresses(cloud, public, inside, router):
    listener = Listener()
    cloud.service.server_events = listener
    port = inside.port()["id"]
    made = cloud.make("floatingip", floating_network_id=public, port_id=port)
    assert listener.events == [], "nobody's port"
    admin = admin_context()
    cloud.service.update_port(admin, port, {"device_id": "s", "device_owner": "compute:nova"})
    expected = {"name": "network-changed", "server_uuid": "s", "tag": port}
    path = f"/floatingips/{made['id']}"
    cloud.request("PUT", path, {"floatingip": {"port_id": None}})
    assert listener.events == [expected]
    cloud.request("PUT", path, {"floatingip": {"port_id": port}})
    cloud.request("DELETE", path)
    assert listener.events == [expected] * 3
    body = {"fixed_ips": [{"ip_address": "10.1.0.90"}]}
    cloud.request("PUT", f"/ports/{port}", {"port": body})
    assert listener.events == [expected] * 4
    cloud.request("PUT", f"/ports/{port}", {"port": {"name": "n"}})
    assert len(listener.events) == 4

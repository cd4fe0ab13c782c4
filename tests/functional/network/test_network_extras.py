"""The smaller resources of the network API, and what is new in networks, subnets and ports."""

import datetime

import pytest

from novalite.clock import SystemClock
from novalite.network.embedded.addresses import eui64
from tests.functional.network.test_network_rest import fault, ids


class Later(SystemClock):
    def now(self):
        return super().now() + datetime.timedelta(seconds=90)


A_UUID = "11111111-2222-3333-4444-555555555555"


def put(cloud, path, body, user="demo"):
    return cloud.request("PUT", path, body, user)


# ---- IPv6 ----


@pytest.mark.parametrize("mode", ["slaac", "dhcpv6-stateless"])
def test_addresses_that_ports_make_themselves(cloud, mode):
    network = cloud.make("network")["id"]
    before = cloud.make("port", network_id=network)
    modes = {"ipv6_ra_mode": mode, "ipv6_address_mode": mode}
    subnet = cloud.make("subnet", network_id=network, cidr="2001:db8::/64", ip_version=6, **modes)
    assert (subnet["ipv6_ra_mode"], subnet["ipv6_address_mode"]) == (mode, mode)
    cloud.make("subnet", network_id=network, cidr="2001:db8:1::/64", ip_version=6,
               ipv6_address_mode="dhcpv6-stateful")  # fmt: skip
    port = cloud.make("port", network_id=network)
    by_subnet = {item["subnet_id"]: item["ip_address"] for item in port["fixed_ips"]}
    assert by_subnet.pop(subnet["id"]) == eui64("2001:db8::/64", port["mac_address"])
    assert [address[:11] for address in by_subnet.values()] == ["2001:db8:1:"]
    shown = cloud.request("GET", f"/ports/{before['id']}").json["port"]
    own = [{"subnet_id": subnet["id"],
            "ip_address": eui64("2001:db8::/64", before["mac_address"])}]  # fmt: skip
    assert shown["fixed_ips"] == own, "the port that was there has got one too"
    chosen = {"subnet_id": subnet["id"], "ip_address": "2001:db8::99"}
    body = {"port": {"network_id": network, "fixed_ips": [chosen]}}
    assert cloud.request("POST", "/ports", body).status_int == 400
    assert cloud.request("DELETE", f"/subnets/{subnet['id']}").status_int == 204
    shown = cloud.request("GET", f"/ports/{before['id']}").json["port"]
    assert shown["fixed_ips"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateful"},
        {"ipv6_ra_mode": "nonsense"},
        {"ipv6_address_mode": "slaac", "cidr": "2001:db8::/80"},
        {"ipv6_address_mode": "slaac", "enable_dhcp": False},
        {"ipv6_address_mode": "slaac", "cidr": "10.9.0.0/24", "ip_version": 4},
    ],
)
def test_modes_that_do_not_fit(cloud, body):
    network = cloud.make("network")["id"]
    body = {"network_id": network, "cidr": "2001:db8::/64", "ip_version": 6, **body}
    assert cloud.request("POST", "/subnets", {"subnet": body}).status_int == 400


def test_service_types_keep_a_subnet_for_some(cloud):
    network = cloud.make("network")["id"]
    cloud.make("subnet", network_id=network, cidr="10.5.0.0/24", service_types=["compute:nova"])
    assert cloud.make("port", network_id=network)["fixed_ips"] == []
    server = cloud.make("port", network_id=network, device_owner="compute:nova")
    assert len(server["fixed_ips"]) == 1


# ---- ports ----


def test_extra_dhcp_options(cloud):
    options = [{"opt_name": "bootfile-name", "opt_value": "pxelinux.0"}]
    port = cloud.make("port", network_id=cloud.network, extra_dhcp_opts=options, tags=["a"])
    assert port["tags"] == ["a"]
    assert port["extra_dhcp_opts"] == [{**options[0], "ip_version": 4}]
    path = f"/ports/{port['id']}"
    more = [{"opt_name": "tftp-server", "opt_value": "192.0.2.1"},
            {"opt_name": "bootfile-name", "opt_value": None}]  # fmt: skip
    changed = put(cloud, path, {"port": {"extra_dhcp_opts": more}}).json["port"]
    assert [option["opt_name"] for option in changed["extra_dhcp_opts"]] == ["tftp-server"]
    evil = [{"opt_name": "a", "opt_value": "x\ndhcp-script=/bin/sh"}]
    assert put(cloud, path, {"port": {"extra_dhcp_opts": evil}}).status_int == 400


def test_names(cloud):
    network = cloud.make("network", dns_domain="lab.example.org.")["id"]
    cloud.make("subnet", network_id=network, cidr="10.5.0.0/24")
    port = cloud.make("port", network_id=network, dns_name="web")
    assert port["dns_assignment"][0]["fqdn"] == "web.lab.example.org."
    for domain in ("no-dot.org", "-bad.org.", "a..b."):
        body = {"network": {"dns_domain": domain}}
        assert put(cloud, f"/networks/{network}", body).status_int == 400
    assert put(cloud, f"/ports/{port['id']}", {"port": {"dns_name": "a b"}}).status_int == 400


def test_provider_attributes_are_the_administrators(cloud):
    mine = cloud.make("network")
    assert not any(name.startswith("provider:") for name in mine)
    shown = cloud.request("GET", f"/networks/{mine['id']}", user="admin").json["network"]
    assert shown["provider:network_type"] == "vxlan"
    wanted = {"provider:network_type": "vxlan", "provider:segmentation_id": 7000}
    made = cloud.make("network", "admin", **wanted)
    assert made["provider:segmentation_id"] == 7000
    assert cloud.request("POST", "/networks", {"network": wanted}).status_int == 403
    twice = cloud.request("POST", "/networks", {"network": wanted}, "admin")
    assert fault(twice) == (409, "TunnelIdInUse")
    vlan = {"network": {"provider:network_type": "vlan", "provider:physical_network": "x"}}
    assert cloud.request("POST", "/networks", vlan, "admin").status_int == 400
    found = cloud.request("GET", "/networks?provider:segmentation_id=7000", user="admin")
    assert ids(found, "network") == {made["id"]}


# ---- tags ----


@pytest.mark.parametrize(
    "collection, noun",
    [
        ("networks", "network"),
        ("subnets", "subnet"),
        ("ports", "port"),
        ("routers", "router"),
        ("floatingips", "floatingip"),
        ("security-groups", "security_group"),
        ("subnetpools", "subnetpool"),
    ],
)
def test_tags(cloud, collection, noun):
    bodies = {
        "subnet": {"cidr": "10.5.0.0/24"},
        "port": {},
        "subnetpool": {"prefixes": ["10.0.0.0/8"]},
        "floatingip": {
            "floating_network_id": ids(
                cloud.request("GET", "/networks?router:external=True"), "network"
            ).pop()
        },
    }
    body = bodies.get(noun, {})
    if noun in ("subnet", "port"):
        body["network_id"] = cloud.make("network")["id"]
    made = cloud.make(noun, **body)["id"]
    path = f"/{collection}/{made}/tags"
    assert cloud.request("PUT", f"{path}/red").status_int == 201
    assert cloud.request("PUT", f"{path}/red").status_int == 201
    assert cloud.request("GET", f"{path}/red").status_int == 204
    assert fault(cloud.request("GET", f"{path}/blue")) == (404, "TagNotFound")
    replaced = put(cloud, path, {"tags": ["blue", "green", "blue"]})
    assert replaced.json == {"tags": ["blue", "green"]}
    assert cloud.request("GET", f"/{collection}/{made}").json[noun]["tags"] == ["blue", "green"]

    def found(query):
        return made in ids(cloud.request("GET", f"/{collection}?{query}"), noun)

    assert found("tags=blue,green") and not found("tags=blue,red")
    assert found("tags-any=blue,red") and not found("tags-any=red")
    assert found("not-tags=blue,red") and not found("not-tags=blue")
    assert found("not-tags-any=red") and not found("not-tags-any=blue,red")
    assert cloud.request("DELETE", f"{path}/blue").status_int == 204
    assert cloud.request("DELETE", f"{path}/blue").status_int == 404
    assert cloud.request("DELETE", path).status_int == 204
    assert cloud.request("GET", path).json == {"tags": []}
    absent = cloud.request("GET", f"/{collection}/{A_UUID}/tags")
    assert fault(absent) == (404, "TagResourceNotFound")


def test_tags_of_others(cloud):
    path = f"/networks/{cloud.network}/tags"
    assert cloud.request("GET", path).json == {"tags": []}, "it is shared"
    assert cloud.request("PUT", f"{path}/x").status_int == 403
    theirs = cloud.make("network", "admin")["id"]
    assert cloud.request("PUT", f"/networks/{theirs}/tags/x").status_int == 404


# ---- pools and scopes ----


def test_ranges_out_of_a_pool(cloud):
    pool = cloud.make("subnetpool", name="p", prefixes=["10.0.0.0/22", "10.0.4.0/22"],
                      default_prefixlen=24, min_prefixlen=22)  # fmt: skip
    assert pool["prefixes"] == ["10.0.0.0/21"], "they are put together"
    network = cloud.make("network")["id"]
    body = {"network_id": network, "ip_version": 4, "subnetpool_id": pool["id"]}
    assert cloud.make("subnet", **body)["cidr"] == "10.0.0.0/24"
    assert cloud.make("subnet", **body, prefixlen=23)["cidr"] == "10.0.2.0/23"
    assert cloud.make("subnet", **body)["cidr"] == "10.0.1.0/24"
    assert cloud.make("subnet", **body, cidr="10.0.4.0/22")["subnetpool_id"] == pool["id"]
    for wish, code in (
        ({}, 409),
        ({"cidr": "10.0.4.0/24"}, 409),
        ({"cidr": "10.9.0.0/24"}, 409),
        ({"prefixlen": 21}, 400),
        ({"prefixlen": 24, "ip_version": 6}, 400),
    ):
        refused = cloud.request("POST", "/subnets", {"subnet": {**body, **wish}})
        assert refused.status_int == code, (wish, refused.text)
    mixed = {"network_id": network, "ip_version": 4, "cidr": "192.168.0.0/24"}
    assert cloud.request("POST", "/subnets", {"subnet": mixed}).status_int == 400
    path = f"/subnetpools/{pool['id']}"
    assert cloud.request("DELETE", path).status_int == 400
    grown = put(cloud, f"{path}/add_prefixes", {"prefixes": ["10.0.8.0/24"]}).json
    assert grown == {"prefixes": ["10.0.0.0/21", "10.0.8.0/24"]}
    shrunk = put(cloud, f"{path}/remove_prefixes", {"prefixes": ["10.0.8.0/24"]}).json
    assert shrunk == {"prefixes": ["10.0.0.0/21"]}
    used = put(cloud, f"{path}/remove_prefixes", {"prefixes": ["10.0.0.0/24"]})
    assert fault(used) == (409, "IllegalSubnetPoolPrefixUpdate")


def test_a_pools_quota(cloud):
    pool = cloud.make("subnetpool", prefixes=["10.0.0.0/16"], default_quota=256,
                      default_prefixlen=25)["id"]  # fmt: skip
    body = {"network_id": cloud.make("network")["id"], "subnetpool_id": pool, "ip_version": 4}
    cloud.make("subnet", **body)
    cloud.make("subnet", **body)
    full = cloud.request("POST", "/subnets", {"subnet": body})
    assert fault(full) == (409, "SubnetPoolQuotaExceeded")


def test_the_default_pool(cloud):
    [pool] = cloud.request("GET", "/subnetpools?is_default=True").json["subnetpools"]
    assert pool["shared"]
    network = cloud.make("network")["id"]
    body = {"network_id": network, "ip_version": 4, "use_default_subnetpool": True}
    assert cloud.make("subnet", **body)["subnetpool_id"] == pool["id"]
    none = cloud.request("POST", "/subnets", {"subnet": {**body, "ip_version": 6}})
    assert none.status_int == 400
    second = {"subnetpool": {"prefixes": ["10.0.0.0/8"], "is_default": True}}
    assert cloud.request("POST", "/subnetpools", second).status_int == 403
    assert cloud.request("POST", "/subnetpools", second, "admin").status_int == 400
    assert cloud.request("DELETE", f"/subnetpools/{pool['id']}").status_int == 403


@pytest.mark.parametrize(
    "body",
    [
        {"prefixes": []},
        {"prefixes": ["nonsense"]},
        {"prefixes": ["10.0.0.0/8", "2001:db8::/32"]},
        {"prefixes": ["10.0.0.0/8"], "min_prefixlen": 24, "max_prefixlen": 20},
        {"prefixes": ["10.0.0.0/8"], "max_prefixlen": 64},
        {"prefixes": ["10.0.0.0/8"], "default_quota": "-1"},
        {},
    ],
)
def test_bad_pools(cloud, body):
    assert cloud.request("POST", "/subnetpools", {"subnetpool": body}).status_int == 400


def test_address_scopes(cloud):
    scope = cloud.make("address_scope", name="s", ip_version=4)["id"]
    pool = cloud.make("subnetpool", prefixes=["10.0.0.0/16"], address_scope_id=scope)["id"]
    other = {"subnetpool": {"prefixes": ["10.0.128.0/24"], "address_scope_id": scope}}
    refused = cloud.request("POST", "/subnetpools", other)
    assert fault(refused) == (409, "AddressScopePrefixConflict")
    wrong = {"subnetpool": {"prefixes": ["2001:db8::/32"], "address_scope_id": scope}}
    assert cloud.request("POST", "/subnetpools", wrong).status_int == 400
    network = cloud.make("network")["id"]
    cloud.make("subnet", network_id=network, ip_version=4, subnetpool_id=pool, prefixlen=24)
    shown = cloud.request("GET", f"/networks?ipv4_address_scope={scope}").json["networks"]
    assert [(item["id"], item["ipv4_address_scope"]) for item in shown] == [(network, scope)]
    path = f"/address-scopes/{scope}"
    assert fault(cloud.request("DELETE", path)) == (409, "AddressScopeInUse")
    assert put(cloud, path, {"address_scope": {"name": "t"}}).json["address_scope"]["name"] == "t"
    put(cloud, f"/subnetpools/{pool}", {"subnetpool": {"address_scope_id": None}})
    assert cloud.request("DELETE", path).status_int == 204


# ---- address groups ----


def test_address_groups(cloud):
    group = cloud.make("address_group", name="g", addresses=["10.0.0.1", "10.0.0.1/32"])
    assert group["addresses"] == ["10.0.0.1/32"]
    path = f"/address-groups/{group['id']}"
    added = put(cloud, f"{path}/add_addresses", {"addresses": ["2001:db8::/32"]})
    assert added.json["address_group"]["addresses"] == ["10.0.0.1/32", "2001:db8::/32"]
    twice = put(cloud, f"{path}/add_addresses", {"addresses": ["10.0.0.1"]})
    assert fault(twice) == (409, "AddressesAlreadyExist")
    rule = {
        "security_group_id": cloud.make("security_group")["id"],
        "direction": "ingress",
        "remote_address_group_id": group["id"],
    }
    made = cloud.make("security_group_rule", **rule)
    assert made["remote_address_group_id"] == group["id"]
    assert fault(cloud.request("DELETE", path)) == (409, "AddressGroupInUse")
    both = {**rule, "remote_ip_prefix": "10.0.0.0/8"}
    body = {"security_group_rule": both}
    assert cloud.request("POST", "/security-group-rules", body).status_int == 400
    cloud.request("DELETE", f"/security-group-rules/{made['id']}")
    removed = put(cloud, f"{path}/remove_addresses", {"addresses": ["10.0.0.1/32"]})
    assert removed.json["address_group"]["addresses"] == ["2001:db8::/32"]
    absent = put(cloud, f"{path}/remove_addresses", {"addresses": ["10.0.0.1/32"]})
    assert fault(absent) == (404, "AddressesNotFound")
    assert put(cloud, f"{path}/add_addresses", {"addresses": ["bad"]}).status_int == 400
    assert cloud.request("DELETE", path).status_int == 204
    rule["remote_address_group_id"] = group["id"]
    gone = cloud.request("POST", "/security-group-rules", {"security_group_rule": rule})
    assert fault(gone) == (404, "AddressGroupNotFound")


# ---- access policies ----


def test_a_network_shared_with_one_project(cloud):
    network = cloud.make("network", "admin", name="lent")["id"]
    cloud.make("subnet", "admin", network_id=network, cidr="10.5.0.0/24")
    body = {"object_type": "network", "object_id": network, "action": "access_as_shared",
            "target_tenant": cloud.project()}  # fmt: skip
    assert cloud.request("POST", "/rbac-policies", {"rbac_policy": body}).status_int == 403
    answer = cloud.request("POST", "/rbac-policies", {"rbac_policy": body}, "admin")
    policy = answer.json["rbac_policy"]
    assert {name: policy[name] for name in body} == body
    again = cloud.request("POST", "/rbac-policies", {"rbac_policy": body}, "admin")
    assert fault(again) == (409, "DuplicateRbacPolicy")
    shown = cloud.request("GET", f"/networks/{network}").json["network"]
    assert (shown["shared"], len(shown["subnets"])) == (True, 1)
    assert len(cloud.request("GET", f"/subnets?network_id={network}").json["subnets"]) == 1
    port = cloud.make("port", network_id=network)["id"]
    path = f"/rbac-policies/{policy['id']}"
    assert cloud.request("GET", path).status_int == 404
    assert fault(cloud.request("DELETE", path, user="admin")) == (409, "RbacPolicyInUse")
    cloud.request("DELETE", f"/ports/{port}")
    assert cloud.request("DELETE", path, user="admin").status_int == 204
    assert cloud.request("GET", f"/networks/{network}").status_int == 404


def test_a_security_group_shared_with_one_project(cloud):
    group = cloud.make("security_group", "admin", name="lent")["id"]
    assert cloud.request("GET", f"/security-groups/{group}").status_int == 404
    body = {"object_type": "security_group", "object_id": group, "action": "access_as_shared",
            "target_tenant": cloud.project()}  # fmt: skip
    assert cloud.request("POST", "/rbac-policies", {"rbac_policy": body}, "admin").status_int == 201
    assert cloud.request("GET", f"/security-groups/{group}").json["security_group"]["shared"]
    cloud.make("port", network_id=cloud.network, security_groups=[group])
    path = f"/security-groups/{group}"
    assert put(cloud, path, {"security_group": {"name": "x"}}).status_int == 403
    rule = {"security_group_id": group, "direction": "ingress"}
    refused = cloud.request("POST", "/security-group-rules", {"security_group_rule": rule})
    assert refused.status_int == 404


@pytest.mark.parametrize(
    "change, code",
    [
        ({"action": "access_as_nothing"}, 400),
        ({"object_type": "nonsense"}, 400),
        ({"object_id": A_UUID}, 404),
        ({"target_tenant": "*"}, 403),
        ({"action": "access_as_external"}, 403),
    ],
)
def test_bad_policies(cloud, change, code):
    body = {"object_type": "network", "object_id": cloud.make("network")["id"],
            "action": "access_as_shared", "target_tenant": "other", **change}  # fmt: skip
    answer = cloud.request("POST", "/rbac-policies", {"rbac_policy": body})
    assert answer.status_int == code, answer.text


# ---- agents ----


@pytest.fixture
def dhcp_agent(cloud):
    agents = cloud.request("GET", "/agents?agent_type=DHCP%20agent", user="admin").json["agents"]
    return agents[0]["id"]


def test_agents(cloud, dhcp_agent):
    agents = cloud.request("GET", "/agents", user="admin").json["agents"]
    assert {agent["agent_type"] for agent in agents} == {
        "DHCP agent",
        "L3 agent",
        "Linux bridge agent",
        "Metadata agent",
    }
    assert all(agent["alive"] and agent["admin_state_up"] for agent in agents)
    assert cloud.request("GET", "/agents").json == {"agents": []}
    path = f"/agents/{dhcp_agent}"
    assert cloud.request("GET", path).status_int == 404
    changed = put(cloud, path, {"agent": {"description": "d"}}, "admin").json["agent"]
    assert changed["description"] == "d"
    assert cloud.request("DELETE", path, user="admin").status_int == 204
    cloud.service.agents.heard_of(cloud.deployment.conf.host, ("DHCP agent",))
    assert len(cloud.request("GET", "/agents", user="admin").json["agents"]) == 4


def test_an_agent_that_is_heard_of_no_more(cloud):
    cloud.service.agents.heard_of("elsewhere")
    cloud.service.core.clock = Later()
    query = "/agents?alive=False&host=elsewhere"
    [agent] = cloud.request("GET", query, user="admin").json["agents"]
    assert (agent["agent_type"], agent["alive"]) == ("Linux bridge agent", False)


def test_a_network_without_dhcp_agent_has_no_dhcp(cloud, dhcp_agent):
    network = cloud.make("network")["id"]
    cloud.make("subnet", network_id=network, cidr="10.5.0.0/24")
    query = f"/ports?network_id={network}&device_owner=network:dhcp"
    agents = cloud.request("GET", f"/networks/{network}/dhcp-agents", user="admin").json["agents"]
    assert [agent["id"] for agent in agents] == [dhcp_agent]
    path = f"/agents/{dhcp_agent}/dhcp-networks"
    assert network in ids(cloud.request("GET", path, user="admin"), "network")
    assert cloud.request("DELETE", f"{path}/{network}").status_int == 403
    assert cloud.request("DELETE", f"{path}/{network}", user="admin").status_int == 204
    twice = cloud.request("DELETE", f"{path}/{network}", user="admin")
    assert fault(twice) == (409, "NetworkNotHostedByDhcpAgent")
    assert not ids(cloud.request("GET", query), "port"), "its port is gone"
    body = {"network_id": network}
    assert cloud.request("POST", path, body, "admin").status_int == 201
    assert fault(cloud.request("POST", path, body, "admin")) == (409, "NetworkHostedByDHCPAgent")
    assert len(ids(cloud.request("GET", query), "port")) == 1


# ---- what there is ----


def test_availability_zones_and_providers(cloud):
    zones = cloud.request("GET", "/availability_zones").json["availability_zones"]
    assert {zone["resource"] for zone in zones} == {"network", "router"}
    one = cloud.request("GET", "/availability_zones?resource=router").json["availability_zones"]
    assert one == [{"name": "nova", "resource": "router", "state": "available"}]
    assert cloud.make("router", availability_zone_hints=["nova"])["availability_zones"] == ["nova"]
    body = {"network": {"availability_zone_hints": ["elsewhere"]}}
    refused = cloud.request("POST", "/networks", body)
    assert fault(refused) == (404, "AvailabilityZoneNotFound")
    providers = cloud.request("GET", "/service-providers").json["service_providers"]
    assert [item["service_type"] for item in providers] == ["L3_ROUTER_NAT"]


def test_how_many_addresses_are_in_use(cloud):
    network = cloud.make("network", name="n")["id"]
    cloud.make("subnet", network_id=network, cidr="10.5.0.0/28")
    cloud.make("subnet", network_id=network, cidr="2001:db8::/64", ip_version=6)
    cloud.make("port", network_id=network)
    path = f"/network-ip-availabilities/{network}?ip_version=4"
    shown = cloud.request("GET", path.partition("?")[0], user="admin")
    usage = shown.json["network_ip_availability"]
    assert (usage["network_name"], usage["used_ips"]) == ("n", 4), "two ports: DHCP's and ours"
    query = f"/network-ip-availabilities?ip_version=4&network_id={network}"
    [listed] = cloud.request("GET", query, user="admin").json["network_ip_availabilities"]
    assert (listed["total_ips"], listed["used_ips"]) == (13, 2)
    assert cloud.request("GET", path).status_int == 404
    assert cloud.request("GET", query).json["network_ip_availabilities"] == []
    page = cloud.request("GET", "/network-ip-availabilities?limit=1", user="admin").json
    assert len(page["network_ip_availabilities"]) == 1
    assert page["network_ip_availabilities_links"][0]["rel"] == "next"


def test_a_topology_by_one_request(cloud):
    project = cloud.project()
    path = f"/auto-allocated-topology/{project}"
    passed = cloud.request("GET", f"{path}?fields=dry-run").json["auto_allocated_topology"]
    assert passed["id"] == "dry-run=pass"
    assert fault(cloud.request("DELETE", path)) == (404, "AutoAllocatedTopologyNotFound")
    made = cloud.request("GET", path).json["auto_allocated_topology"]
    assert cloud.request("GET", path).json["auto_allocated_topology"] == made
    network = cloud.request("GET", f"/networks/{made['id']}").json["network"]
    assert (network["project_id"], network["admin_state_up"]) == (project, True)
    assert len(network["subnets"]) == 1
    [router] = cloud.request("GET", "/routers").json["routers"]
    assert router["external_gateway_info"]
    other = f"/auto-allocated-topology/{cloud.project('admin')}"
    assert cloud.request("GET", other).status_int == 403
    port = cloud.make("port", network_id=made["id"])["id"]
    cloud.request("DELETE", f"/ports/{port}")
    assert cloud.request("DELETE", path).status_int == 204
    assert cloud.request("GET", "/routers").json == {"routers": []}
    assert cloud.request("GET", f"/networks/{made['id']}").status_int == 404


def test_no_topology_without_a_default_network(cloud):
    [public] = cloud.request("GET", "/networks?router:external=True").json["networks"]
    put(cloud, f"/networks/{public['id']}", {"network": {"is_default": False}}, "admin")
    path = f"/auto-allocated-topology/{cloud.project()}"
    assert fault(cloud.request("GET", path)) == (409, "AutoAllocationFailure")
    assert cloud.request("GET", f"{path}?fields=dry-run").status_int == 409
    assert not ids(cloud.request("GET", "/networks?router:external=False&shared=False"), "network")

"""The network API v2.0 over WSGI."""

import pytest

A_UUID = "11111111-2222-3333-4444-555555555555"


def fault(answer):
    (name,) = answer.json
    assert name == "NeutronError"
    return answer.status_int, answer.json["NeutronError"]["type"]


def ids(answer, noun):
    return {item["id"] for item in answer.json[f"{noun}s"]}


# ---- versions, extensions, errors ----


def test_versions_need_no_token(cloud):
    answer = cloud.request("GET", "//", user=None)
    [version] = answer.json["versions"]
    assert (version["id"], version["status"]) == ("v2.0", "CURRENT")
    assert version["links"][0]["href"].endswith("/network/v2.0/")


def test_everything_else_needs_one(cloud):
    assert fault(cloud.request("GET", "/networks", user=None)) == (401, "Unauthorized")


def test_extensions(cloud):
    aliases = {item["alias"] for item in cloud.request("GET", "/extensions").json["extensions"]}
    assert {"security-group", "port-security", "binding", "quotas"} <= aliases
    assert "dvr" not in aliases
    shown = cloud.request("GET", "/extensions/quotas").json["extension"]
    assert shown["name"] == "Quota management support"
    assert cloud.request("GET", "/extensions/dvr").status_int == 404
    assert cloud.request("GET", "/floatingips").json == {"floatingips": []}


def test_paths_as_older_clients_write_them(cloud):
    assert cloud.network in ids(cloud.request("GET", "/networks.json"), "network")
    assert cloud.network in ids(cloud.request("GET", "/networks/"), "network")


@pytest.mark.parametrize(
    "noun", ["network", "subnet", "port", "security-group", "security-group-rule"]
)
def test_what_is_not_there(cloud, noun):
    assert cloud.request("GET", f"/{noun}s/{A_UUID}").status_int == 404
    assert cloud.request("DELETE", f"/{noun}s/{A_UUID}").status_int == 404


def test_unknown_members_are_refused(cloud):
    answer = cloud.request("POST", "/networks", {"network": {"name": "x", "vlan": 5}})
    assert answer.status_int == 400


# ---- lists ----


def test_filters_fields_and_sorting(cloud):
    for name in ("b", "a", "c"):
        cloud.make("network", name=name)
    listed = cloud.request(
        "GET", f"/networks?fields=name&sort_key=name&sort_dir=desc&project_id={cloud.project()}"
    )
    assert listed.json["networks"] == [{"name": "c"}, {"name": "b"}, {"name": "a"}]
    two = cloud.request("GET", "/networks?name=a&name=b&fields=name&sort_key=name")
    assert [item["name"] for item in two.json["networks"]] == ["a", "b"]
    assert cloud.request("GET", "/networks?status=DOWN").json["networks"] == []
    assert fault(cloud.request("GET", "/networks?nonsense=1")) == (400, "InvalidInput")
    assert fault(cloud.request("GET", "/networks?admin_state_up=perhaps"))[0] == 400
    assert fault(cloud.request("GET", "/networks?sort_key=nonsense"))[0] == 400


def test_pages(cloud):
    for number in range(5):
        cloud.make("network", name=f"n{number}")
    seen = []
    path = f"/networks?limit=2&sort_key=name&project_id={cloud.project()}"
    while path:
        page = cloud.request("GET", path).json
        seen += [item["name"] for item in page["networks"]]
        links = {link["rel"]: link["href"] for link in page["networks_links"]}
        path = "/networks?" + links["next"].partition("?")[2] if "next" in links else None
    assert seen == [f"n{number}" for number in range(5)]
    last = cloud.request("GET", "/networks?name=n3").json["networks"][0]["id"]
    back = cloud.request(
        "GET",
        f"/networks?limit=2&sort_key=name&shared=False&marker={last}&page_reverse=True&fields=name",
    )
    assert back.json["networks"] == [{"name": "n1"}, {"name": "n2"}]
    assert fault(cloud.request("GET", "/networks?limit=-1"))[0] == 400
    assert fault(cloud.request("GET", f"/networks?limit=1&marker={A_UUID}"))[0] == 400


# ---- networks ----


def test_a_network_and_its_owner(cloud):
    network = cloud.make("network", name="mine", mtu=1400)
    assert network["project_id"] == network["tenant_id"] == cloud.project()
    assert (network["mtu"], network["shared"], network["subnets"]) == (1400, False, [])
    path = f"/networks/{network['id']}"
    changed = cloud.request("PUT", path, {"network": {"name": "ours", "admin_state_up": False}})
    assert (changed.json["network"]["name"], changed.json["network"]["revision_number"]) == (
        "ours",
        1,
    )
    assert cloud.request("PUT", path, {"network": {"shared": True}}).status_int == 403
    assert cloud.request("GET", path, user="admin").status_int == 200
    assert cloud.request("DELETE", path).status_int == 204
    assert cloud.request("GET", path).status_int == 404


def test_what_belongs_to_others(cloud):
    theirs = cloud.make("network", "admin", name="theirs")["id"]
    assert cloud.request("GET", f"/networks/{theirs}").status_int == 404
    seen = ids(cloud.request("GET", "/networks?router:external=False"), "network")
    assert seen == {cloud.network}
    shared = f"/networks/{cloud.network}"
    assert cloud.request("GET", shared).status_int == 200
    assert cloud.request("PUT", shared, {"network": {"name": "x"}}).status_int == 403
    assert cloud.request("DELETE", shared).status_int == 403
    body = {"network": {"name": "x", "project_id": cloud.project("admin")}}
    assert cloud.request("POST", "/networks", body).status_int == 403
    assert cloud.request("POST", "/networks", {"network": {"shared": True}}).status_int == 403


def test_a_network_with_ports_stays(cloud):
    network = cloud.make("network")["id"]
    subnet = cloud.make("subnet", network_id=network, cidr="192.168.5.0/24")["id"]
    port = cloud.make("port", network_id=network)["id"]
    assert fault(cloud.request("DELETE", f"/networks/{network}")) == (409, "NetworkInUse")
    assert fault(cloud.request("DELETE", f"/subnets/{subnet}")) == (409, "SubnetInUse")
    assert cloud.request("DELETE", f"/ports/{port}").status_int == 204
    assert cloud.request("DELETE", f"/networks/{network}").status_int == 204
    assert cloud.request("GET", f"/subnets/{subnet}").status_int == 404


def test_bulk_is_all_or_nothing(cloud):
    answer = cloud.request("POST", "/networks", {"networks": [{"name": "a"}, {"name": "b"}]})
    assert [item["name"] for item in answer.json["networks"]] == ["a", "b"]
    bad = {"networks": [{"name": "c"}, {"name": "d", "mtu": 1}]}
    assert cloud.request("POST", "/networks", bad).status_int == 400
    assert cloud.request("GET", "/networks?name=c").json["networks"] == []


# ---- subnets ----


def test_a_subnet_as_it_comes(cloud):
    network = cloud.make("network")["id"]
    subnet = cloud.make("subnet", network_id=network, cidr="192.168.5.7/24", ip_version=4)
    assert subnet["cidr"] == "192.168.5.0/24"
    assert subnet["gateway_ip"] == "192.168.5.1"
    assert subnet["enable_dhcp"] is True
    assert subnet["allocation_pools"] == [{"start": "192.168.5.2", "end": "192.168.5.254"}]
    listed = cloud.request("GET", f"/networks/{network}").json["network"]
    assert listed["subnets"] == [subnet["id"]]
    [dhcp] = cloud.request("GET", f"/ports?network_id={network}", user="admin").json["ports"]
    assert dhcp["device_owner"] == "network:dhcp"
    assert dhcp["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "192.168.5.2"}]
    path = f"/subnets/{subnet['id']}"
    assert cloud.request("PUT", path, {"subnet": {"enable_dhcp": False}}).status_int == 200
    assert cloud.request("GET", f"/ports?network_id={network}").json["ports"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"cidr": "nonsense"}, 400),
        ({"cidr": "0.0.0.0/0"}, 400),
        ({"cidr": "10.77.0.128/25"}, 400),  # overlaps
        ({"cidr": "10.1.0.0/24", "ip_version": 6}, 400),
        ({"cidr": "10.1.0.0/24", "gateway_ip": "10.2.0.1"}, 400),
        ({"cidr": "10.1.0.0/24", "gateway_ip": "10.1.0.255"}, 400),
        ({"cidr": "10.1.0.0/24", "dns_nameservers": ["x"]}, 400),
        ({"cidr": "10.1.0.0/24", "host_routes": [{"destination": "x", "nexthop": "y"}]}, 400),
        ({"cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.1.0.9", "end": "10.1.0.2"}]},
         400),
        ({"cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.1.0.1", "end": "10.1.0.9"}]},
         409),
        ({"cidr": "10.1.0.0/24", "ipv6_ra_mode": "slaac"}, 400),
    ],
)  # fmt: skip
def test_bad_subnets(cloud, body, status):
    answer = cloud.request(
        "POST", "/subnets", {"subnet": {"network_id": cloud.network, **body}}, "admin"
    )
    assert answer.status_int == status, answer.text


def test_pools_around_a_gateway(cloud):
    network = cloud.make("network")["id"]
    subnet = cloud.make("subnet", network_id=network, cidr="10.1.0.0/29", gateway_ip="10.1.0.3")
    assert subnet["allocation_pools"] == [
        {"start": "10.1.0.1", "end": "10.1.0.2"},
        {"start": "10.1.0.4", "end": "10.1.0.6"},
    ]
    for _ in range(4):
        cloud.make("port", network_id=network)
    answer = cloud.request("POST", "/ports", {"port": {"network_id": network}})
    assert fault(answer) == (409, "IpAddressGenerationFailure")


def test_a_subnet_of_ipv6(cloud):
    network = cloud.make("network")["id"]
    cloud.make("subnet", network_id=network, cidr="2001:db8::/64", ip_version=6)
    cloud.make("subnet", network_id=network, cidr="192.168.5.0/24")
    port = cloud.make("port", network_id=network)
    versions = [":" in fixed["ip_address"] for fixed in port["fixed_ips"]]
    assert versions == [False, True]


# ---- ports ----


def test_a_port_as_a_user_sees_it(cloud):
    port = cloud.make("port", network_id=cloud.network, name="p")
    assert port["status"] == "DOWN"
    assert port["mac_address"].startswith("fa:16:3e:")
    assert len(port["fixed_ips"]) == len(port["security_groups"]) == 1
    assert not any(name.startswith("binding:vif") for name in port)
    shown = cloud.request("GET", f"/ports/{port['id']}", user="admin").json["port"]
    assert shown["binding:vif_type"] == "unbound"


def test_binding(cloud):
    body = {"port": {"network_id": cloud.network, "binding:host_id": "host1"}}
    assert cloud.request("POST", "/ports", body).status_int == 403
    port = cloud.make("port", "nova", **body["port"])
    assert (port["status"], port["binding:vif_type"]) == ("ACTIVE", "bridge")
    assert port["binding:vif_details"]["bridge_name"] == f"nvl{cloud.network[:11]}"
    changed = cloud.request(
        "PUT", f"/ports/{port['id']}", {"port": {"binding:host_id": None}}, "nova"
    ).json["port"]
    assert (changed["status"], changed["binding:host_id"]) == ("DOWN", "")


def test_addresses_of_a_port(cloud):
    port = cloud.make("port", network_id=cloud.network, fixed_ips=[{"ip_address": "10.77.0.40"}])
    body = {"port": {"network_id": cloud.network, "fixed_ips": [{"ip_address": "10.77.0.40"}]}}
    assert fault(cloud.request("POST", "/ports", body)) == (409, "IpAddressAlreadyAllocated")
    body["port"]["fixed_ips"] = [{"ip_address": "192.0.2.1"}]
    assert fault(cloud.request("POST", "/ports", body)) == (400, "InvalidInput")
    subnet = port["fixed_ips"][0]["subnet_id"]
    wanted = [{"ip_address": "10.77.0.41"}, {"subnet_id": subnet, "ip_address": "10.77.0.40"}]
    changed = cloud.request("PUT", f"/ports/{port['id']}", {"port": {"fixed_ips": wanted}})
    assert {fixed["ip_address"] for fixed in changed.json["port"]["fixed_ips"]} == {
        "10.77.0.40",
        "10.77.0.41",
    }
    found = cloud.request("GET", "/ports?fixed_ips=ip_address%3D10.77.0.41")
    assert ids(found, "port") == {port["id"]}
    found = cloud.request("GET", "/ports?fixed_ips=ip_address_substr%3D.0.41")
    assert ids(found, "port") == {port["id"]}
    assert not ids(cloud.request("GET", "/ports?fixed_ips=ip_address%3D10.77.0.42"), "port")
    gone = cloud.request("PUT", f"/ports/{port['id']}", {"port": {"fixed_ips": []}})
    assert gone.json["port"]["fixed_ips"] == []
    assert cloud.make("port", network_id=cloud.network, fixed_ips=wanted)


def test_an_update_may_be_conditional(cloud):
    port = cloud.make("port", network_id=cloud.network)

    def update(condition: str):
        return cloud.http.put_json(
            f"/network/v2.0/ports/{port['id']}",
            {"port": {"name": "x"}},
            headers={"X-Auth-Token": cloud.token("demo"), "If-Match": condition},
            expect_errors=True,
        )

    assert update("revision_number=0").json["port"]["revision_number"] == 1
    assert fault(update("revision_number=0")) == (412, "RevisionNumberConstraintFailed")
    assert fault(update("nonsense"))[0] == 400


def test_what_only_the_networks_owner_may_set(cloud):
    for attribute in (
        {"mac_address": "fa:16:3e:00:00:01"},
        {"port_security_enabled": False},
        {"allowed_address_pairs": [{"ip_address": "10.77.0.9"}]},
        {"device_owner": "network:dhcp"},
    ):
        body = {"port": {"network_id": cloud.network, **attribute}}
        assert cloud.request("POST", "/ports", body).status_int == 403
    own = cloud.make("network")["id"]
    port = cloud.make(
        "port",
        network_id=own,
        mac_address="FA-16-3E-00-00-01",
        allowed_address_pairs=[{"ip_address": "10.0.0.0/8"}],
    )
    assert port["mac_address"] == "fa:16:3e:00:00:01"
    assert port["allowed_address_pairs"] == [
        {"ip_address": "10.0.0.0/8", "mac_address": "fa:16:3e:00:00:01"}
    ]
    body = {"port": {"network_id": own, "mac_address": "fa:16:3e:00:00:01"}}
    assert fault(cloud.request("POST", "/ports", body)) == (409, "MacAddressInUse")
    body["port"]["mac_address"] = "01:00:5e:00:00:01"
    assert fault(cloud.request("POST", "/ports", body))[0] == 400


def test_port_security_and_groups_go_together(cloud):
    own = cloud.make("network")["id"]
    port = cloud.make("port", network_id=own)
    path = f"/ports/{port['id']}"
    off = {"port_security_enabled": False}
    assert fault(cloud.request("PUT", path, {"port": off}))[0] == 409
    changed = cloud.request("PUT", path, {"port": {**off, "security_groups": []}})
    assert changed.json["port"]["security_groups"] == []
    assert cloud.request("PUT", path, {"port": {"security_groups": [A_UUID]}}).status_int == 404
    body = {"port": {"network_id": own, "port_security_enabled": False}}
    assert cloud.request("POST", "/ports", body).json["port"]["security_groups"] == []


def test_ports_of_a_server(cloud):
    ports = [
        cloud.make("port", network_id=cloud.network, device_id=f"server{number}")
        for number in range(3)
    ]
    found = cloud.request("GET", "/ports?device_id=server0&device_id=server2")
    assert ids(found, "port") == {ports[0]["id"], ports[2]["id"]}
    assert ids(cloud.request("GET", "/ports", user="admin"), "port") > {ports[0]["id"]}
    dhcp = cloud.request("GET", "/ports?device_owner=network:dhcp", user="admin").json["ports"][0]
    assert cloud.request("DELETE", f"/ports/{dhcp['id']}").status_int == 404


# ---- security groups ----


def test_the_default_group_appears_by_itself(cloud):
    [group] = cloud.request("GET", "/security-groups").json["security_groups"]
    assert (group["name"], group["project_id"]) == ("default", cloud.project())
    rules = {
        (rule["direction"], rule["ethertype"], rule["remote_group_id"])
        for rule in group["security_group_rules"]
    }
    assert rules == {
        ("egress", "IPv4", None),
        ("egress", "IPv6", None),
        ("ingress", "IPv4", group["id"]),
        ("ingress", "IPv6", group["id"]),
    }
    path = f"/security-groups/{group['id']}"
    assert cloud.request("DELETE", path).status_int == 409
    assert cloud.request("PUT", path, {"security_group": {"name": "x"}}).status_int == 409
    body = {"security_group": {"name": "default"}}
    assert cloud.request("POST", "/security-groups", body).status_int == 409


def test_a_group_in_use_stays(cloud):
    group = cloud.make("security_group", name="web")["id"]
    port = cloud.make("port", network_id=cloud.network, security_groups=[group])["id"]
    path = f"/security-groups/{group}"
    assert fault(cloud.request("DELETE", path)) == (409, "SecurityGroupInUse")
    assert ids(cloud.request("GET", f"/ports?security_groups={group}"), "port") == {port}
    cloud.request("DELETE", f"/ports/{port}")
    assert cloud.request("DELETE", path).status_int == 204


def test_rules(cloud):
    group = cloud.make("security_group", name="web")
    assert len(group["security_group_rules"]) == 2
    body = {
        "security_group_id": group["id"],
        "direction": "ingress",
        "protocol": "tcp",
        "port_range_min": "22",
        "port_range_max": 22,
        "remote_ip_prefix": "10.0.0.5/8",
    }
    rule = cloud.make("security_group_rule", **body)
    assert (rule["port_range_min"], rule["remote_ip_prefix"]) == (22, "10.0.0.0/8")
    again = cloud.request("POST", "/security-group-rules", {"security_group_rule": body})
    assert fault(again) == (409, "SecurityGroupRuleExists")
    found = cloud.request("GET", f"/security-group-rules?security_group_id={group['id']}")
    assert rule["id"] in ids(found, "security_group_rule")
    assert cloud.request("DELETE", f"/security-group-rules/{rule['id']}").status_int == 204


@pytest.mark.parametrize(
    "body",
    [
        {"protocol": "nonsense"},
        {"protocol": "300"},
        {"port_range_min": 22, "port_range_max": 22},
        {"protocol": "tcp", "port_range_min": 22},
        {"protocol": "tcp", "port_range_min": 23, "port_range_max": 22},
        {"protocol": "tcp", "port_range_min": 0, "port_range_max": 70000},
        {"protocol": "icmp", "port_range_min": 300},
        {"protocol": "icmp", "port_range_max": 3},
        {"protocol": "gre", "port_range_min": 1, "port_range_max": 2},
        {"remote_ip_prefix": "nonsense"},
        {"remote_ip_prefix": "2001:db8::/32"},
        {"direction": "sideways"},
        {"ethertype": "IPX"},
    ],
)
def test_bad_rules(cloud, body):
    group = cloud.make("security_group", name="web")["id"]
    values = {"security_group_id": group, "direction": "ingress", **body}
    answer = cloud.request("POST", "/security-group-rules", {"security_group_rule": values})
    assert answer.status_int == 400, answer.text


def test_groups_of_others(cloud):
    theirs = cloud.make("security_group", "admin", name="theirs")["id"]
    assert cloud.request("GET", f"/security-groups/{theirs}").status_int == 404
    body = {"security_group_id": theirs, "direction": "ingress"}
    answer = cloud.request("POST", "/security-group-rules", {"security_group_rule": body})
    assert answer.status_int == 404


# ---- quotas ----


def test_quotas(cloud):
    project = cloud.project()
    assert cloud.request("GET", f"/quotas/{project}").json["quota"]["port"] == 500
    assert cloud.request("PUT", f"/quotas/{project}", {"quota": {"port": 1}}).status_int == 403
    answer = cloud.request("PUT", f"/quotas/{project}", {"quota": {"port": 1}}, "admin")
    assert answer.json["quota"]["port"] == 1
    cloud.make("port", network_id=cloud.network)
    full = cloud.request("POST", "/ports", {"port": {"network_id": cloud.network}})
    assert fault(full) == (409, "OverQuota")
    details = cloud.request("GET", f"/quotas/{project}/details").json["quota"]["port"]
    assert details == {"limit": 1, "used": 1, "reserved": 0}
    listed = cloud.request("GET", "/quotas", user="admin").json["quotas"]
    assert [item["project_id"] for item in listed] == [project]
    assert cloud.request("DELETE", f"/quotas/{project}", user="admin").status_int == 204
    assert cloud.request("GET", f"/quotas/{project}").json["quota"]["port"] == 500
    other = cloud.project("admin")
    assert cloud.request("GET", f"/quotas/{other}").status_int == 403

"""Server groups, aggregates, zones, services and hypervisors, as `openstack` asks for them."""

import pytest

from tests.support.openstack_command import User

pytestmark = pytest.mark.integration


def test_server_groups(demo: User) -> None:
    made = demo.json(
        "--os-compute-api-version", "2.64", "server", "group", "create",
        "--policy", "anti-affinity", "--rule", "max_server_per_host=1", "apart",
    )  # fmt: skip
    assert (made["policy"], made["rules"]) == ("anti-affinity", {"max_server_per_host": 1})
    demo(
        "server", "create", "--image", "placeholder", "--flavor", "m1.nano", "--network", "demo",
        "--hint", f"group={made['id']}", "--min", "2", "--max", "2", "--wait", "apart",
    )  # fmt: skip
    hosts = {demo.json("server", "show", name)["hostId"] for name in ("apart-1", "apart-2")}
    assert len(hosts) == 2
    assert len(demo.json("server", "group", "show", "apart")["members"]) == 2
    demo("server", "delete", "--wait", "apart-1", "apart-2")
    (listed,) = demo.json("server", "group", "list", "--long")
    assert (listed["Name"], listed["Members"]) == ("apart", [])
    demo("server", "group", "delete", "apart")


def test_aggregates_and_zones(admin: User) -> None:
    services = admin.json("compute", "service", "list", "--service", "nova-compute")
    host = services[0]["Host"]
    made = admin.json("aggregate", "create", "--zone", "attic", "--property", "ssd=true", "rack")
    assert (made["availability_zone"], made["properties"]["ssd"]) == ("attic", "true")
    admin("aggregate", "add", "host", "rack", host)
    shown = admin.json("aggregate", "show", "rack")
    assert shown["hosts"] == [host]
    zones = [zone["Zone Name"] for zone in admin.json("availability", "zone", "list", "--compute")]
    assert "attic" in zones
    images = [image["Name"] for image in admin.json("image", "list")]
    assert "placeholder" in images
    admin("--os-compute-api-version", "2.81", "aggregate", "cache", "image", "rack", "placeholder")
    admin("aggregate", "remove", "host", "rack", host)
    admin("aggregate", "unset", "--property", "ssd", "rack")
    admin("aggregate", "set", "--name", "shelf", "--zone", "cellar", "rack")
    listed = {one["Name"]: one["Availability Zone"] for one in admin.json("aggregate", "list")}
    assert listed["shelf"] == "cellar"
    admin("aggregate", "delete", "shelf")


def test_services_and_hypervisors(admin: User) -> None:
    (first, *_) = admin.json("compute", "service", "list", "--service", "nova-compute")
    host = first["Host"]
    admin(
        "compute", "service", "set", "--disable", "--disable-reason", "dust", host, "nova-compute"
    )
    (row,) = admin.json(
        "compute", "service", "list", "--long", "--host", host, "--service", "nova-compute"
    )
    assert (row["Status"], row["Disabled Reason"]) == ("disabled", "dust")
    admin("compute", "service", "set", "--enable", host, "nova-compute")
    names = [one["Hypervisor Hostname"] for one in admin.json("hypervisor", "list")]
    assert host in names
    assert admin.json("hypervisor", "show", host)["state"] == "up"
    stats = admin.json("--os-compute-api-version", "2.87", "hypervisor", "stats", "show")
    assert stats["count"] == len(names)

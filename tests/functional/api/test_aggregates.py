"""/os-aggregates, and what follows from them: zones, hosts, cached images."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from novalite.exception import ImageNotFound
from novalite.objects import ImageMeta
from tests.functional.api.test_servers_budget import counted
from tests.support.api import Reply
from tests.support.api_cloud import Cloud
from tests.support.samples import differences, sample

URL = "/os-aggregates"


class Images:
    def __init__(self, *ids: str) -> None:
        self.ids = ids

    def get(self, context: Any, image_id: str) -> ImageMeta:
        if image_id not in self.ids:
            raise ImageNotFound(image_id=image_id)
        return ImageMeta(id=image_id)


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[Cloud]:
    fixture = Cloud(tmp_path)
    yield fixture
    fixture.close()


def ask(
    cloud: Cloud, method: str, path: str, body: Any = None, version: str = "2.1", **more: Any
) -> Reply:
    return cloud.request(method, path, version=version, body=body, token="admin", **more)


def make(cloud: Cloud, name: str = "name", zone: str | None = None) -> int:
    given = {"name": name} if zone is None else {"name": name, "availability_zone": zone}
    reply = ask(cloud, "POST", URL, {"aggregate": given})
    assert reply.status == 200, reply.body
    number: int = reply.json["aggregate"]["id"]
    return number


def act(cloud: Cloud, number: int, action: str, value: Any, version: str = "2.1") -> Reply:
    return ask(cloud, "POST", f"{URL}/{number}/action", {action: value}, version)


def add(cloud: Cloud, number: int, host: str) -> Reply:
    return act(cloud, number, "add_host", {"host": host})


def remove(cloud: Cloud, number: int, host: str) -> Reply:
    return act(cloud, number, "remove_host", {"host": host})


def set_metadata(cloud: Cloud, number: int, **metadata: str | None) -> Reply:
    return act(cloud, number, "set_metadata", {"metadata": metadata})


def update(cloud: Cloud, number: int, **members: Any) -> Reply:
    return ask(cloud, "PUT", f"{URL}/{number}", {"aggregate": members})


def show(cloud: Cloud, number: int) -> Any:
    return ask(cloud, "GET", f"{URL}/{number}").json["aggregate"]


def zone_of(cloud: Cloud, host: str) -> str:
    (service,) = ask(cloud, "GET", f"/os-services?host={host}").json["services"]
    return str(service["zone"])


@pytest.mark.parametrize(
    ("version", "directory"), [("2.1", ""), ("2.41", "v2.41/"), ("2.81", "v2.81/")]
)
def test_samples(cloud: Cloud, version: str, directory: str) -> None:
    def same(reply: Reply, name: str) -> Any:
        assert reply.status == 200, reply.body
        assert differences(reply.json, sample(f"os-aggregates/{directory}{name}")) == []
        return reply.json

    body = sample(f"os-aggregates/{directory}aggregate-post-req")
    made = same(ask(cloud, "POST", URL, body, version), "aggregate-post-resp")["aggregate"]
    number, zone = made["id"], body["aggregate"]["availability_zone"]
    assert (made["name"], made["availability_zone"], made["updated_at"]) == ("name", zone, None)
    body = sample(f"os-aggregates/{directory}aggregate-metadata-post-req")
    reply = ask(cloud, "POST", f"{URL}/{number}/action", body, version)
    changed = same(reply, "aggregates-metadata-post-resp")["aggregate"]
    assert changed["metadata"] == {"availability_zone": zone, "key": "value"}
    assert changed["updated_at"] is not None
    set_metadata(cloud, number, key=None)
    reply = act(cloud, number, "add_host", {"host": "host1"}, version)
    assert same(reply, "aggregates-add-host-post-resp")["aggregate"]["hosts"] == ["host1"]
    listed = same(ask(cloud, "GET", URL, version=version), "aggregates-list-get-resp")
    shown = same(ask(cloud, "GET", f"{URL}/{number}", version=version), "aggregates-get-resp")
    assert listed == {"aggregates": [shown["aggregate"]]}
    assert shown == reply.json
    reply = act(cloud, number, "remove_host", {"host": "host1"}, version)
    assert same(reply, "aggregates-remove-host-post-resp")["aggregate"]["hosts"] == []
    body = sample(f"os-aggregates/{directory}aggregate-update-post-req")
    updated = same(
        ask(cloud, "PUT", f"{URL}/{number}", body, version), "aggregate-update-post-resp"
    )
    assert updated["aggregate"].items() >= body["aggregate"].items()
    reply = ask(cloud, "DELETE", f"{URL}/{number}", version=version)
    assert (reply.status, reply.body) == (200, b"")
    assert ask(cloud, "GET", URL).json == {"aggregates": []}


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"name": ""}, 400),
        ({"name": "x" * 256}, 400),
        ({"name": " a"}, 400),
        ({"name": "a", "availability_zone": ""}, 400),
        ({"name": "a", "availability_zone": "b:c"}, 400),
        ({"name": "a", "availability_zone": None}, 200),
        ({"name": "a", "colour": "red"}, 400),
        ({"availability_zone": "b"}, 400),
    ],
)
def test_what_may_be_made(cloud: Cloud, members: dict[str, Any], code: int) -> None:
    assert ask(cloud, "POST", URL, {"aggregate": members}).status == code


def test_names_are_unique(cloud: Cloud) -> None:
    first, second = make(cloud, "a"), make(cloud, "b")
    refused = ("conflictingRequest", "Aggregate a already exists.")
    assert ask(cloud, "POST", URL, {"aggregate": {"name": "a"}}).fault == refused
    assert update(cloud, second, name="a").fault == refused
    assert update(cloud, first, name=" a ").json["aggregate"]["name"] == "a"
    assert update(cloud, first).status == 400


@pytest.mark.parametrize(
    ("number", "code"), [("-1", 404), ("9" * 40, 404), ("77", 404), ("x", 400)]
)
def test_numbers_that_are_none(cloud: Cloud, number: str, code: int) -> None:
    path = f"{URL}/{number}"
    action = {"add_host": {"host": "host1"}}
    assert ask(cloud, "GET", path).status == code
    assert ask(cloud, "DELETE", path).status == code
    assert ask(cloud, "PUT", path, {"aggregate": {"name": "a"}}).status == code
    assert ask(cloud, "POST", f"{path}/action", action).status == code
    metadata = {"set_metadata": {"metadata": {"a": "b"}}}
    assert ask(cloud, "POST", f"{path}/action", metadata).status == code
    body = {"cache": [{"id": "70a599e0-31e7-49b7-b260-868f441e862b"}]}
    assert ask(cloud, "POST", f"{path}/images", body, "2.81").status == code


def test_hosts(cloud: Cloud) -> None:
    number = make(cloud)
    unknown = add(cloud, number, "nowhere")
    assert unknown.fault == ("itemNotFound", "Compute host nowhere could not be found.")
    assert add(cloud, number, "conductor").status == 404
    assert add(cloud, number, "host1").json["aggregate"]["hosts"] == ["host1"]
    twice = add(cloud, number, "host1")
    assert twice.fault == ("conflictingRequest", f"Aggregate {number} already has host host1.")
    full = ask(cloud, "DELETE", f"{URL}/{number}")
    expected = f"Cannot delete aggregate {number}. Reason: Host aggregate is not empty."
    assert full.fault == ("badRequest", expected)
    missing = remove(cloud, number, "host2")
    assert missing.fault == ("itemNotFound", f"Cannot remove host host2 in aggregate {number}")
    assert remove(cloud, number, "host1").json["aggregate"]["hosts"] == []


def test_zones_follow(cloud: Cloud) -> None:
    number = make(cloud, zone="london")
    assert add(cloud, number, "host1").status == 200
    assert (zone_of(cloud, "host1"), zone_of(cloud, "host2")) == ("london", "nova")
    zones = cloud.get("/os-availability-zone").json["availabilityZoneInfo"]
    assert [zone["zoneName"] for zone in zones] == ["london", "nova"]
    detail = ask(cloud, "GET", "/os-availability-zone/detail").json["availabilityZoneInfo"]
    hosts = {zone["zoneName"]: sorted(zone["hosts"]) for zone in detail}
    assert hosts == {"internal": ["conductor"], "london": ["host1"], "nova": ["host2"]}
    assert update(cloud, number, availability_zone="paris").status == 200
    assert zone_of(cloud, "host1") == "paris"
    assert set_metadata(cloud, number, availability_zone="rome").status == 200
    assert show(cloud, number)["availability_zone"] == zone_of(cloud, "host1") == "rome"
    empty = update(cloud, number, availability_zone=None)
    assert empty.fault == (
        "badRequest",
        f"Cannot update aggregate {number}. Reason: Aggregate name does not support empty named "
        "availability zone.",
    )
    assert set_metadata(cloud, number, availability_zone=None).status == 400
    assert remove(cloud, number, "host1").status == 200
    assert zone_of(cloud, "host1") == "nova"


def test_a_host_has_one_zone(cloud: Cloud) -> None:
    london, paris, other = make(cloud, "l", "london"), make(cloud, "p", "paris"), make(cloud, "o")
    assert [add(cloud, number, "host1").status for number in (london, paris, other)] == [
        200,
        409,
        200,
    ]
    refused = update(cloud, other, availability_zone="rome", name="x")
    assert refused.fault == (
        "badRequest",
        f"Cannot update aggregate {other}. Reason: One or more hosts already in availability "
        "zone(s) ['london'].",
    )
    assert show(cloud, other)["name"] == "o"
    assert set_metadata(cloud, other, availability_zone="rome").status == 400
    assert set_metadata(cloud, other, availability_zone="london").status == 200


def test_servers_do_not_change_their_zone(cloud: Cloud) -> None:
    london, again, plain = make(cloud, "l", "london"), make(cloud, "a", "london"), make(cloud, "p")
    add(cloud, london, "host1")
    cloud.add_server("host1")
    assert update(cloud, london, availability_zone="paris").fault == (
        "badRequest",
        f"Cannot update aggregate {london}. Reason: One or more hosts contain instances in this "
        "zone.",
    )
    assert update(cloud, london, availability_zone="london", name="m").status == 200
    assert remove(cloud, london, "host1").status == 409
    assert add(cloud, plain, "host1").status == 200
    assert add(cloud, again, "host1").status == 200
    assert remove(cloud, london, "host1").status == 200
    assert remove(cloud, again, "host1").status == 409
    assert add(cloud, again, "host2").status == 200
    assert remove(cloud, plain, "host1").status == 200


def test_a_host_with_servers_stays_in_the_default_zone(cloud: Cloud) -> None:
    cloud.add_server("host1")
    assert add(cloud, make(cloud, "l", "london"), "host1").status == 409
    assert add(cloud, make(cloud, "n", "nova"), "host1").status == 200


def test_metadata(cloud: Cloud) -> None:
    number = make(cloud)
    assert set_metadata(cloud, number, a="1", b="2").json["aggregate"]["metadata"] == {
        "a": "1",
        "b": "2",
    }
    left = set_metadata(cloud, number, a=None, c="3", d=None).json["aggregate"]["metadata"]
    assert left == {"b": "2", "c": "3"}
    for bad in ({"a" * 256: "x"}, {"a": "x" * 256}, {"a": 1}, {"é": "x"}):
        assert act(cloud, number, "set_metadata", {"metadata": bad}).status == 400


def test_images_are_cached_by_hosts_that_are_up(tmp_path: pathlib.Path) -> None:
    known = "70a599e0-31e7-49b7-b260-868f441e862b"
    other = "70a599e0-31e7-49b7-b260-868f441e862c"
    cloud = Cloud(tmp_path, image=Images(known))
    number = make(cloud)
    for host in ("host1", "host2"):
        add(cloud, number, host)
    cloud.beat("host2", "nova-compute", age=3600)

    def cache(*ids: str, version: str = "2.81") -> Reply:
        body = {"cache": [{"id": id_} for id_ in ids]}
        return ask(cloud, "POST", f"{URL}/{number}/images", body, version)

    reply = cache(known)
    assert (reply.status, reply.body) == (202, b"")
    assert cloud.computes.cached == [("host1", [known])]
    assert cache(known, other).status == 404
    assert cache(known, known).fault == ("badRequest", "Duplicate images in request")
    assert cache().status == 400
    assert cache(known, version="2.80").status == 404
    assert len(cloud.computes.cached) == 1
    cloud.close()


def test_only_admins(cloud: Cloud) -> None:
    number = make(cloud)
    for method, path, body in (
        ("GET", URL, None),
        ("GET", f"{URL}/{number}", None),
        ("POST", URL, {"aggregate": {"name": "x"}}),
        ("PUT", f"{URL}/{number}", {"aggregate": {"name": "x"}}),
        ("DELETE", f"{URL}/{number}", None),
        ("POST", f"{URL}/{number}/action", {"add_host": {"host": "host1"}}),
        ("POST", f"{URL}/{number}/action", {"remove_host": {"host": "host1"}}),
        ("POST", f"{URL}/{number}/action", {"set_metadata": {"metadata": {}}}),
    ):
        assert cloud.request(method, path, body=body).status == 403, (method, path)


def test_statements_of_a_list(cloud: Cloud) -> None:
    make(cloud, "first", "a")
    with counted(cloud) as one:
        ask(cloud, "GET", URL)
    for number in range(5):
        add(cloud, make(cloud, f"more{number}", "b"), "host1")
    with counted(cloud) as many:
        ask(cloud, "GET", URL)
    assert one.count == many.count == 3

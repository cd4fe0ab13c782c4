"""``Idempotency-Key`` of POST /servers."""

import concurrent.futures
from typing import Any

from novalite.db.api_database import build_requests
from tests.support.api import Reply
from tests.support.servers_api import ServersApi


def post(cloud: ServersApi, key: str, token: str = "member", **members: Any) -> Reply:
    body = cloud.body(**members)
    return cloud.post("/servers", body, token=token, headers={"Idempotency-Key": key})


def promised(cloud: ServersApi) -> int:
    with cloud.api_db.read() as conn:
        return len(build_requests.list_(conn))


def test_the_same_request_is_answered_again(cloud: ServersApi) -> None:
    first = post(cloud, "k1", adminPass="secret")
    second = post(cloud, "k1", adminPass="secret")
    assert first.status == second.status == 202
    assert first.json == second.json
    assert first.headers["location"] == second.headers["location"]
    assert promised(cloud) == 1
    assert len(cloud.conductor.builds) == 1


def test_a_generated_password_is_not_kept(cloud: ServersApi) -> None:
    first, second = post(cloud, "k1").json["server"], post(cloud, "k1").json["server"]
    assert first.pop("adminPass")
    assert first == second


def test_the_same_reservation(cloud: ServersApi) -> None:
    first = post(cloud, "k1", return_reservation_id=True, min_count=2)
    assert post(cloud, "k1", return_reservation_id=True, min_count=2).json == first.json
    assert promised(cloud) == 2


def test_another_body_is_a_conflict(cloud: ServersApi) -> None:
    assert post(cloud, "k1").status == 202
    reply = post(cloud, "k1", name="two")
    assert reply.status == 409
    assert "Idempotency-Key k1 was used before" in reply.fault[1]
    assert promised(cloud) == 1


def test_keys_belong_to_projects(cloud: ServersApi) -> None:
    cloud.networks.add_network("b" * 32)
    first, second = post(cloud, "k1"), post(cloud, "k1", token="other")
    assert first.status == second.status == 202
    assert first.json["server"]["id"] != second.json["server"]["id"]


def test_another_key_is_another_server(cloud: ServersApi) -> None:
    assert post(cloud, "k1").status == post(cloud, "k2").status == 202
    assert promised(cloud) == 2


def test_a_refused_request_leaves_its_key_free(cloud: ServersApi) -> None:
    assert post(cloud, "k1", flavorRef="nine").status == 400
    assert post(cloud, "k1").status == 202


def test_keys_that_cannot_be(cloud: ServersApi) -> None:
    for key in ("", " ", "x" * 256, "caf\u00e9"):
        assert post(cloud, key).status == 400


def test_at_any_microversion(cloud: ServersApi) -> None:
    body = cloud.body(networks="none")
    headers = {"Idempotency-Key": "k"}
    replies = [cloud.post("/servers", body, version="latest", headers=headers) for _ in range(2)]
    assert replies[0].json["server"]["id"] == replies[1].json["server"]["id"]


def test_a_repeat_is_answered_when_the_quota_is_full(cloud: ServersApi) -> None:
    first = post(cloud, "k1", max_count=10, min_count=10)
    assert first.status == 202
    assert post(cloud, "k2").status == 403
    again = post(cloud, "k1", max_count=10, min_count=10)
    assert again.json["server"]["id"] == first.json["server"]["id"]


def test_at_the_same_time(cloud: ServersApi) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: post(cloud, "k1"), range(8)))
    assert {reply.status for reply in replies} == {202}
    assert len({reply.json["server"]["id"] for reply in replies}) == 1
    assert promised(cloud) == 1
    assert len(cloud.conductor.builds) == 1


def test_the_quota_holds_against_many_at_once(cloud: ServersApi) -> None:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: cloud.create(min_count=2), range(12)))
    statuses = sorted(reply.status for reply in replies)
    assert statuses == [202] * 5 + [403] * 7
    assert promised(cloud) == 10

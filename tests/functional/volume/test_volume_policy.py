"""The volume service's rules: what an operator overrides counts; who frees what is in use."""

import pytest

from tests.support.policy_matrix import overridden

A_SERVER = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def override(cloud, tmp_path):
    def override(rules):
        cloud.service.core.policy = overridden(cloud.deployment.conf, tmp_path, rules)

    return override


def test_overrides(cloud, override):
    volume = cloud.volume()
    override(
        {"volume:update": "!", "volume_extension:volume_admin_actions:reset_status": "role:member"}
    )
    code, message = cloud.refused("PUT", f"/volumes/{volume}", {"volume": {"name": "n"}})
    assert (code, message) == (403, "Policy doesn't allow volume:update to be performed.")
    cloud.act(volume, "os-reset_status", {"status": "error"})
    override({"volume_extension:volume_host_attribute": "role:reader"})
    assert "os-vol-host-attr:host" in cloud.show(f"/volumes/{volume}")


def test_administrators_do_not_free_what_a_server_has(cloud):
    volume = cloud.volume()
    body = {"volume_uuid": volume, "instance_uuid": A_SERVER, "connector": {"host": "h"}}
    made = cloud.ok("POST", "/attachments", {"attachment": body})["attachment"]
    path, one = f"/volumes/{volume}/action", f"/attachments/{made['id']}"
    forced = {"os-force_detach": {"attachment_id": made["id"]}}
    for user in ("demo", "admin"):
        assert cloud.refused("POST", path, {"os-detach": {}}, user=user)[0] == 409
        assert cloud.refused("DELETE", one, user=user)[0] == 409
    assert cloud.refused("POST", path, forced, user="admin")[0] == 409
    token = cloud.token("admin")
    headers = {"X-Auth-Token": token, "X-Service-Token": token}
    answer = cloud.http.post_json(f"/volume/v3{path}", forced, headers=headers, expect_errors=True)
    assert answer.status_int == 409  # a token, but not a service's
    headers["X-Service-Token"] = cloud.token("nova")
    cloud.http.post_json(f"/volume/v3{path}", forced, headers=headers)
    cloud.reaches(f"/volumes/{volume}", "available")


def test_an_attachment_of_another_volume(cloud):
    volume, other = cloud.volume(), cloud.volume()
    body = {"volume_uuid": other, "instance_uuid": A_SERVER}
    made = cloud.ok("POST", "/attachments", {"attachment": body})["attachment"]
    detach = {"os-detach": {"attachment_id": made["id"]}}
    assert cloud.refused("POST", f"/volumes/{volume}/action", detach)[0] == 400

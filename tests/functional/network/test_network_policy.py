"""The network service's rules: every operation has one, and what an operator overrides counts."""

import pytest

from novalite.network.embedded.app import OPERATIONS
from novalite.policy import network
from tests.support.policy_matrix import documented, guarded, overridden, place

UNGUARDED = ("/v2.0", "/v2.0/extensions", "/v2.0/extensions/{alias}")
"""What the service offers is no secret; the reference has no rules for it either."""


@pytest.fixture
def override(cloud, tmp_path):
    def override(**rules):
        rules = {name.replace("__", ":"): check for name, check in rules.items()}
        cloud.service.core.policy = overridden(cloud.deployment.conf, tmp_path, rules)

    return override


def test_operations_and_rules_are_the_same():
    operations = {place(each.method, each.path) for each in guarded(OPERATIONS, UNGUARDED)}
    assert set(documented(network.RULES)) == operations


def test_who_may_not_create(cloud, override):
    override(create_network="rule:admin_only")
    answer = cloud.request("POST", "/networks", {"network": {"name": "n"}})
    assert answer.status_int == 403
    assert answer.json["NeutronError"] == {
        "type": "PolicyNotAuthorized",
        "message": "rule:create_network is disallowed by policy",
        "detail": "",
    }
    cloud.make("network", user="admin", name="n")


def test_an_attribute_has_a_rule_of_its_own(cloud, override):
    body = {"network": {"name": "n", "shared": True}}
    refused = cloud.request("POST", "/networks", body)
    assert "rule:create_network:shared" in refused.json["NeutronError"]["message"]
    override(create_network__shared="rule:project_member_api")
    assert cloud.request("POST", "/networks", body).json["network"]["shared"] is True


def test_who_sees_what(cloud, override):
    mine = cloud.make("network", name="mine")
    assert "provider:segmentation_id" not in mine
    override(get_network__provider__segmentation_id="rule:project_reader_api")
    shown = cloud.request("GET", f"/networks/{mine['id']}").json["network"]
    assert "provider:segmentation_id" in shown and "provider:network_type" not in shown
    override(get_network="rule:admin_only")
    assert cloud.request("GET", "/networks").json["networks"] == []
    assert cloud.request("GET", f"/networks/{mine['id']}").status_int == 404
    foreign = cloud.make("network", user="admin", name="foreign")
    override(get_network="role:member")
    assert cloud.request("GET", f"/networks/{foreign['id']}").status_int == 200


def test_tags_and_actions_have_rules(cloud, override):
    router = cloud.make("router", name="r")
    override(create_router__tags="!", add_extraroutes="!")
    path = f"/routers/{router['id']}"
    assert cloud.request("PUT", f"{path}/tags/t").status_int == 403
    assert cloud.request("PUT", f"{path}/tags", {"tags": ["t"]}).status_int == 200
    body = {"router": {"routes": []}}
    assert cloud.request("PUT", f"{path}/add_extraroutes", body).status_int == 403
    assert cloud.request("PUT", f"{path}/remove_extraroutes", body).status_int == 200

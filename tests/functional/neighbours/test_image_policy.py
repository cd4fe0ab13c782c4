"""The image service's rules: each operation asked for by each kind of caller."""

import itertools

import pytest

from novalite.context import RequestContext
from novalite.exception import Invalid, PolicyNotAuthorized
from novalite.image.embedded.app import OPERATIONS
from novalite.policy import image
from novalite.policy.base import RULES as BASE
from tests.support.identity_api import admin_of, by_password, log_in, token_of
from tests.support.policy_matrix import (
    Recorder,
    building_blocks,
    documented,
    example,
    guarded,
    overridden,
    place,
)

RULES = documented(image.RULES)
DENIED = "You are not authorized to complete"
OPEN = ("/v2/info/import", "/v2/info/stores", "/v2/info/usage", "/v2/schemas/{name}",
        "/v2/schemas/metadefs/{name}")  # fmt: skip
"""What tells no more than what the service can do has no rule in the real service either."""
CALLERS = ("admin", "member", "reader", "other")
STREAM = "application/octet-stream"
PATCH = "application/openstack-images-v2.1-json-patch"
OF_OWNERS = {
    "modify_image", "delete_image", "upload_image", "deactivate", "reactivate", "add_member",
    "delete_member", "add_image_location",
}  # fmt: skip
EXACTLY = {
    "add_image": {"admin", "member", "other"},
    "download_image": {"admin", "member", "other"},
    "get_members": {"admin", "member", "reader"},
    "get_member": {"admin", "member", "reader"},
    "modify_member": {"admin", "other"},  # who is told that there is no such member
    "fetch_image_location": {"admin"},
}  # fmt: skip


def expected(rule):
    if rule in EXACTLY:
        return EXACTLY[rule]
    if rule in OF_OWNERS:
        return {"admin", "member"}
    return set(CALLERS) if rule.startswith(("get_", "list_")) else {"admin"}


@pytest.fixture
def callers(cloud):
    """name -> token. The member is in the project that owns the images."""
    admin = admin_of(cloud)
    projects = {name: admin.make("project", name=name)["id"] for name in ("own", "else")}
    found = {"admin": admin.token}
    for name, role, where in (("member", "member", "own"), ("reader", "reader", "own"),
                              ("other", "member", "else")):  # fmt: skip
        user = admin.make("user", name=name, password="pw")
        project_id = projects[where]
        admin.put(f"projects/{project_id}/users/{user['id']}/roles/{admin.role(role)}")
        scope = {"project": {"id": project_id}}
        found[name] = token_of(log_in(cloud, by_password(name, "pw"), scope))
    return found


@pytest.fixture
def make(cloud, callers):
    """A new image of the member, that everybody sees; with a project that it is shared with."""
    numbers = itertools.count()

    def work(visibility="community", data=b"x", shared=False):
        body = {"name": f"i{next(numbers)}", "disk_format": "raw", "container_format": "bare"}
        body["visibility"] = "shared" if shared else visibility
        made = cloud.request("POST", "/image/v2/images", body, callers["member"])
        path = f"/image/v2/images/{made.json['id']}"
        if data:
            sent = cloud.request(
                "PUT", path + "/file", data, callers["member"], Content_Type=STREAM
            )
            assert sent.status_int == 204
        if shared:
            sent = cloud.request("POST", path + "/members", {"member": "p"}, callers["member"])
            assert sent.status_int == 200
            change(cloud, callers["member"], path, "visibility", visibility)
        return made.json["id"]

    return work


def change(cloud, token, path, name, value):
    steps = [{"op": "replace", "path": f"/{name}", "value": value}]
    return cloud.request("PATCH", path, steps, token, Content_Type=PATCH)


@pytest.fixture
def send(cloud):
    """Asks for an operation on an image, with a body that fits."""
    known = {"method": {"name": "glance-direct"}, "member": "q"}

    def work(operation, token, image_id):
        path = operation.path.replace("{id}", image_id).replace("{member_id}", "p")
        path = path.replace("{namespace}", "OS::Compute::Watchdog")
        path = "/".join("nix" if part.startswith("{") else part for part in path.split("/"))
        headers, body = {}, None
        if operation.raw and operation.method == "PUT":
            headers, body = {"Content_Type": STREAM}, b"x"
        elif operation.method == "PATCH":
            headers = {"Content_Type": PATCH}
            body = [{"op": "replace", "path": "/name", "value": "new"}]
        elif operation.request:
            body = example(operation.request, known)
        answer = cloud.request(operation.method, f"/image{path}", body, token, **headers)
        assert answer.status_int < 500
        return answer

    return work


@pytest.fixture
def asked(send, make):
    """Asks for an operation on a new image; says whether a rule let it through."""

    def ask(operation, token):
        path, image_id = operation.path, "nix"
        if "{id}" in path:
            data = b"x" if path.endswith(("/file", "deactivate", "reactivate")) else None
            image_id = make(data=data, shared="/members" in path)
        answer = send(operation, token, image_id)
        if not token:
            return answer.status_int != 401
        invalid = answer.status_int == 400 and "Invalid input for" in answer.text
        assert not invalid, f"{operation.title}: {answer.text}"
        return DENIED not in answer.text

    return ask


def watch(cloud, policy):
    cloud.deployment.policy = policy
    cloud.images.core.access._policy = policy


def rule_of(operation):
    return RULES[place(operation.method, operation.path)][0]


def test_every_operation_has_rules_and_every_rule_an_operation():
    operations = {place(each.method, each.path) for each in guarded(OPERATIONS, OPEN)}
    assert operations == set(RULES)
    assert not {rule.name for rule in image.RULES} & {rule.name for rule in BASE}


def test_each_operation_by_each_caller(conf, cloud, callers, asked, make):
    conf.set_override("image_locations", True, "embedded")
    cloud.images.locations.enabled = True
    recorder = Recorder(conf)
    watch(cloud, recorder)
    wrong = []
    for operation in guarded(OPERATIONS, OPEN):
        rule = rule_of(operation)
        allowed = {name for name in CALLERS if asked(operation, callers[name])}
        if allowed != expected(rule):
            wrong.append(f"{rule}: {sorted(allowed)}, not {sorted(expected(rule))}")
        assert not asked(operation, None), operation.title
    assert wrong == []
    path = f"/image/v2/images/{make()}"
    for visibility, found in (("public", 403), ("shared", 200), ("community", 200)):
        answer = change(cloud, callers["member"], path, "visibility", visibility)
        assert answer.status_int == found
    assert change(cloud, callers["admin"], path, "visibility", "public").status_int == 200
    unused = {rule.name for rule in image.RULES} - recorder.asked
    # These need several stores, and locations: see below and the test of imports.
    assert unused == building_blocks(image.RULES) | {"copy_image", "set_image_location"}


def test_what_is_not_seen_is_not_there(cloud, callers, make):
    path = f"/image/v2/images/{make('private')}"
    for method in ("GET", "DELETE"):
        assert cloud.request(method, path, token=callers["other"]).status_int == 404
    assert cloud.request("GET", path, token=callers["reader"]).status_int == 200


def test_a_member_answers_for_itself(cloud, callers, make):
    path = f"/image/v2/images/{make('shared')}/members"
    project_id = cloud.service.validate(callers["other"]).project_id
    cloud.request("POST", path, {"member": project_id}, callers["member"])
    mine = f"{path}/{project_id}"
    for caller, found in (("member", 403), ("other", 200), ("admin", 200)):
        answer = cloud.request("PUT", mine, {"status": "accepted"}, callers[caller])
        assert answer.status_int == found
    listed = cloud.request("GET", path, token=callers["other"]).json["members"]
    assert [row["member_id"] for row in listed] == [project_id]


def test_nothing_passes_where_all_rules_refuse(conf, cloud, callers, send, make, tmp_path):
    """An image that one may not look at is not there."""
    image_id = make(data=None, shared=True)
    refused = {rule.name: "!" for rule in image.RULES}
    watch(cloud, overridden(conf, tmp_path, refused))
    passed = []
    for operation in guarded(OPERATIONS, OPEN):
        answer = send(operation, callers["admin"], image_id)
        hidden = answer.status_int == 404 and f"Image {image_id} could not be found" in answer.text
        if DENIED not in answer.text and not hidden:
            passed.append(f"{operation.title}: {answer.text}")
    assert passed == []


def test_an_override_counts(conf, cloud, callers, make, tmp_path):
    """In the service, whoever calls it; and what is private stays so."""
    private, seen = make("private"), make()
    watch(cloud, overridden(conf, tmp_path, {
        "get_image": "@", "modify_image": "@", "delete_image": "role:admin",
        "publicize_image": "role:member",
    }))  # fmt: skip
    path = f"/image/v2/images/{seen}"
    answer = cloud.request("DELETE", path, token=callers["member"])
    assert (answer.status_int, "delete_image action" in answer.text) == (403, True)
    assert change(cloud, callers["other"], path, "name", "mine").status_int == 200
    assert change(cloud, callers["member"], path, "visibility", "public").status_int == 200
    path = f"/image/v2/images/{private}"
    assert cloud.request("GET", path, token=callers["other"]).status_int == 404
    assert cloud.request("DELETE", path, token=callers["admin"]).status_int == 204


def test_rules_of_locations_in_a_patch(conf, cloud, callers, make, tmp_path):
    """The service asks for each of them when it is needed, and only then."""
    token = cloud.service.validate(callers["member"])
    mine = RequestContext(token.user_id, token.project_id, roles=token.roles)
    rules = {"set_image_location": "role:boss", "delete_image_location": "role:boss"}
    watch(cloud, overridden(conf, tmp_path, rules))
    boss = RequestContext(token.user_id, token.project_id, roles=[*token.roles, "boss"])
    locations, shown = cloud.images.locations, cloud.images.images.show(mine, make())
    there = locations.view(shown)
    more = [*there, {"url": "http://x/", "metadata": {}}]
    locations.change(mine, shown, there, {})
    with pytest.raises(PolicyNotAuthorized, match="set_image_location"):
        locations.change(mine, shown, more, {"http://x/": 1})
    locations.change(boss, shown, more, {"http://x/": 1})
    with pytest.raises(Invalid, match="cannot be replaced"):
        locations.change(mine, shown, more[1:], {})
    locations.change(boss, shown, more[1:], {})
    assert [place.url for place in shown.locations] == ["http://x/"]

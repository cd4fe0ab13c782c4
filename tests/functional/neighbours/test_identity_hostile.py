"""Whatever is sent to the identity service: never a 500, never a body that is no JSON."""

import itertools

import pytest

from novalite.identity.embedded.app import OPERATIONS
from tests.support.identity_api import admin_of

VALUES = (None, True, -1, 2**70, 1.5, "", "x", "ü" * 300, "x" * 5000, [], [None], {}, {"a": []})
IDS = ("nix", "%00", "..", "%C3%BC", "%FF", "x" * 300, "a'b%22c", "%2F", "default")
QUERIES = (
    "limit=x",
    "limit=0&marker=",
    "limit=99999999999999999",
    "sort_key=password_hash&limit=1",
    "sort=extra",
    "sort_key=id&sort_dir=desc",
    "sort_dir=desc,asc,asc",
    "sort_key=enabled,name&marker=nix",
    "name__contains=%25%5F%5C",
    "name=%ff",
    "enabled=maybe",
    "enabled__contains=x",
    "domain_id=",
    "tags=,,&not-tags=x",
    "user.id=%00",
    "scope.project.id=nix&effective&include_subtree",
    "parent_id=nix&is_domain",
    "interface=%F0%9F%98%80",
)


def properties_of(schema):
    """(noun, its schema) of a body; ("", schema) for one without."""
    nouns = schema.get("properties", {})
    if len(nouns) == 1:
        ((noun, inner),) = nouns.items()
        if inner.get("type") == "object":
            return noun, inner
    return "", schema


def bodies(schema):
    yield from VALUES
    noun, inner = properties_of(schema)
    for name in inner.get("properties", {}):
        for value in VALUES:
            values = {**dict.fromkeys(inner.get("required", ()), "x"), name: value}
            yield {noun: values} if noun else values
    yield {noun: {"extra": {"a": "b"}, "id": [], "links": 1, "options": {"a": 1}}} if noun else {}


def check(answer, what):
    assert answer.status_int < 500, f"{what}: {answer.text[:300]}"
    if answer.status_int >= 400 and answer.body:
        assert answer.json["error"]["code"] == answer.status_int, what


@pytest.fixture
def admin(cloud):
    return admin_of(cloud)


def path_of(operation, each):
    path = operation.path
    for name in ("id", "user_id", "actor_id", "target_id", "role_id", "implied_id", "project_id",
                 "access", "tag", "group", "option"):  # fmt: skip
        path = path.replace("{" + name + "}", each)
    assert "{" not in path, path
    return path


def test_bodies(cloud, admin):
    asked = [op for op in OPERATIONS if op.request is not None and "password" not in op.path]
    for operation in asked:
        for body in bodies(operation.request):
            token = None if operation.public else admin.token
            answer = cloud.request(operation.method, path_of(operation, "nix"), body, token)
            check(answer, f"{operation.method} {operation.path} {str(body)[:200]}")


def test_names_in_paths(cloud, admin):
    parametric = [op for op in OPERATIONS if "{" in op.path]
    for operation, each in itertools.product(parametric, IDS):
        if operation.method == "DELETE" and each == "default":
            continue
        path = path_of(operation, each)
        check(
            cloud.request(operation.method, path, None, admin.token), f"{operation.method} {path}"
        )


def test_queries(cloud, admin):
    lists = [op for op in OPERATIONS if op.method == "GET" and "{" not in op.path]
    for operation, query in itertools.product(lists, QUERIES):
        path = f"{operation.path}?{query}"
        check(cloud.request("GET", path, token=admin.token), path)

"""Whatever is sent to whichever operation of the volume API: never a 500, and always a fault."""

import re

import pytest

from novalite.volume.embedded.app import OPERATIONS

LONG = "x" * 300
ODD_IDS = (
    "nobody",
    "%00",
    LONG,
    "%27;--",
    "00000000-0000-0000-0000-000000000000",
    "%C3%BC",
)
ODD_VALUES = (None, True, -1, 1 << 40, 1.5, "", LONG, "x", [], [None], {}, {"x": None}, [{}])
QUERIES = (
    "limit=x&marker=nobody",
    "limit=99999999999999999999",
    "sort=%F0%9F%98%80:up",
    "sort_key=id&sort=name",
    "all_tenants=maybe",
    "marker=%27&limit=1",
    "status=%5B%7B&name~=%25&created_at=gt:never",
    "usage=perhaps&is_public=so&detail=x&extra_specs=%7B",
    "metadata=%7B%27a%27%3A1%7D&with_count=2&offset=-1",
)


def members_of(schema):
    """The names of all members that a schema knows, at any depth."""
    found = set()
    if isinstance(schema, dict):
        for name, each in schema.get("properties", {}).items():
            found |= {name} | members_of(each)
        for key in ("items", "anyOf", "oneOf"):
            inner = schema.get(key, [])
            for each in inner if isinstance(inner, list) else [inner]:
                found |= members_of(each)
    return found


def schemas_of(operation):
    schema = operation.request
    if schema is None:
        return [{}]
    return schema.values() if hasattr(schema, "values") and hasattr(schema, "at") else [schema]


def bodies(operation, known):
    """Odd ones, and such as are right but for one member."""
    yield from ([], "x", {}, {"x": 1})
    right = {
        "volume_id": known["/volumes/"],
        "snapshot_id": known["/snapshots/"],
        "group_id": known["/groups/"],
        "group_type": known["/group_types/"],
        "volume_types": [known["/types/"]],
        "size": 1,
    }
    for schema in schemas_of(operation):
        properties = schema.get("properties", {"x": {}})
        root = operation.action or next(iter(properties))
        required = properties.get(root, {}).get("required", [])
        base = {name: right.get(name, "x") for name in required}
        for value in ODD_VALUES:
            yield {root: value}
            for name in sorted(members_of(schema) - {root}):
                yield {root: {**base, name: value}}


def things(cloud):
    """Beginning of a path -> the id of something that is there."""
    admin = {"user": "admin"}
    volume = cloud.volume(**admin)
    (kind,) = cloud.ok("POST", "/types", {"volume_type": {"name": "t"}}, **admin).values()
    (group_type,) = cloud.ok(
        "POST", "/group_types", {"group_type": {"name": "g"}}, **admin
    ).values()
    asked = {"group_type": group_type["id"], "volume_types": [kind["id"]]}
    (group,) = cloud.ok("POST", "/groups", {"group": asked}, **admin).values()
    qos = cloud.ok("POST", "/qos-specs", {"qos_specs": {"name": "q"}}, **admin)["qos_specs"]
    (backup,) = cloud.ok("POST", "/backups", {"backup": {"volume_id": volume}}, **admin).values()
    cloud.reaches(f"/backups/{backup['id']}", "available", "admin")
    return {
        "/volumes/": volume,
        "/types/": kind["id"],
        "/group_types/": group_type["id"],
        "/groups/": group["id"],
        "/qos-specs/": qos["id"],
        "/backups/": backup["id"],
        "/snapshots/": cloud.snapshot(volume, user="admin"),
    }


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_never_a_500(cloud, method):
    known = things(cloud)
    bad, sent = [], 0

    def send(path, body=None):
        nonlocal sent
        sent += 1
        answer = cloud.request(method, path, body, user="admin")
        if answer.status_int >= 500:
            bad.append((method, path, body, answer.status_int))

    for operation in OPERATIONS:
        if operation.method != method:
            continue
        real = next((i for begin, i in known.items() if operation.path.startswith(begin)), "x")
        ids = (real, *ODD_IDS) if "{" in operation.path else (real,)
        paths = [re.sub(r"\{[^}]+\}", each, operation.path) for each in ids]
        if method == "GET":
            for query in QUERIES:
                send(f"{paths[0]}?{query}")
        elif method != "DELETE":
            for body in bodies(operation, known):
                send(paths[0], body)
        for path in reversed(paths):
            send(path)
    assert bad == [] and sent > 100

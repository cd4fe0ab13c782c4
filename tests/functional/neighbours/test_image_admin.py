"""Images: deactivation, quotas, both kinds of patch, readers; tasks and the cache of admins."""

import os

import pytest

from novalite.context import RequestContext, admin_context
from novalite.image.embedded.quotas import Quotas
from novalite.image.embedded.service import ImageService
from tests.support.web import Web

RAW = {"name": "one", "disk_format": "raw", "container_format": "bare"}
OCTETS = "application/octet-stream"
OLD_PATCH = "application/openstack-images-v2.0-json-patch"


@pytest.fixture
def web():
    web = Web()
    yield web
    web.close()


@pytest.fixture
def conf(conf, web):
    conf.set_override("image_web_hosts", [f"127.0.0.1:{web.port}", "*.example"], "embedded")
    return conf


@pytest.fixture
def demo(cloud):
    return cloud.token("demo")


@pytest.fixture
def admin(cloud):
    return cloud.token("admin")


def make(cloud, token, data=None, **values):
    answer = cloud.request("POST", "/image/v2/images", {**RAW, **values}, token)
    assert answer.status_int == 201, answer.text
    image_id = answer.json["id"]
    if data is not None:
        assert send(cloud, token, image_id, data).status_int == 204
    return image_id


def send(cloud, token, image_id, data, verb="file"):
    path = f"/image/v2/images/{image_id}/{verb}"
    return cloud.request("PUT", path, data, token, Content_Type=OCTETS)


def call(cloud, token, method, path, body=None, **headers):
    return cloud.request(method, f"/image/v2{path}", body, token, **headers)


def test_deactivated_images_keep_their_data_from_users(cloud, demo, admin):
    image_id = make(cloud, demo)
    path = f"/images/{image_id}"
    assert call(cloud, demo, "POST", f"{path}/actions/deactivate").status_int == 403
    send(cloud, demo, image_id, b"data")
    for _ in range(2):
        assert call(cloud, demo, "POST", f"{path}/actions/deactivate").status_int == 204
    assert call(cloud, demo, "GET", path).json["status"] == "deactivated"
    refused = call(cloud, demo, "GET", f"{path}/file")
    assert refused.status_int == 403
    assert "deactivated" in refused.text
    assert call(cloud, admin, "GET", f"{path}/file").body == b"data"
    assert send(cloud, demo, image_id, b"other").status_int == 409
    assert call(cloud, demo, "POST", f"{path}/actions/reactivate").status_int == 204
    assert call(cloud, demo, "GET", f"{path}/file").body == b"data"
    assert call(cloud, demo, "POST", "/images/nix/actions/reactivate").status_int == 404


def test_a_reader_changes_nothing(cloud, demo):
    image_id = make(cloud, demo, b"data", visibility="shared")
    token = cloud.service.validate(demo)
    reader = RequestContext(token.user_id, token.project_id, roles=["reader"])
    images = cloud.images
    assert images.get(reader, image_id).status == "active"
    for work in (
        lambda: images.create(reader, RAW),
        lambda: images.delete(reader, image_id),
        lambda: images.upload(reader, image_id, iter([b"x"])),
        lambda: images.images.update(reader, image_id, lambda image: None),
        lambda: images.imports.begin(reader, image_id, {"method": {"name": "glance-direct"}}),
    ):
        with pytest.raises(Exception, match=r"^Policy doesn't allow"):
            work()


def test_quotas(conf, cloud, demo, admin):
    conf.set_override("quota_image_count_total", 3, "embedded")
    conf.set_override("quota_image_size_total", 1, "embedded")
    conf.set_override("quota_image_count_uploading", 1, "embedded")
    cloud.images.core.quotas = Quotas(conf)
    first = make(cloud, demo, b"x" * 1000)
    second = make(cloud, demo)
    over = send(cloud, demo, second, b"x")  # the first is one MiB, as these are counted
    assert over.status_int == 413
    assert "image_size_total is over limit of 1 due to current usage 1" in over.text
    assert call(cloud, demo, "GET", f"/images/{second}").json["status"] == "queued"
    assert send(cloud, demo, second, b"x", "stage").status_int == 204
    make(cloud, demo)
    over = call(cloud, demo, "POST", "/images", RAW)
    assert over.status_int == 413
    assert "image_count_total is over limit of 3 due to current usage 3 and delta 1" in over.text
    usage = call(cloud, demo, "GET", "/info/usage").json["usage"]
    assert usage["image_count_total"] == {"limit": 3, "usage": 3}
    assert usage["image_stage_total"] == {"limit": -1, "usage": 1}
    assert usage["image_count_uploading"] == {"limit": 1, "usage": 1}
    call(cloud, demo, "DELETE", f"/images/{first}")
    third = make(cloud, demo)
    assert "image_count_uploading" in send(cloud, demo, third, b"x").text
    call(cloud, demo, "DELETE", f"/images/{second}")
    assert send(cloud, demo, third, b"x" * ((1 << 20) + 1)).status_int == 413
    assert send(cloud, demo, third, b"x" * (1 << 20)).status_int == 204
    make(cloud, admin)  # another project


def test_older_patches(cloud, demo):
    image_id = make(cloud, demo, a="1")

    def patch(*steps):
        return call(
            cloud, demo, "PATCH", f"/images/{image_id}", list(steps), Content_Type=OLD_PATCH
        )

    done = patch({"replace": "/name", "value": "two"}, {"add": "/b", "value": "2"},
                 {"remove": "/a"})  # fmt: skip
    assert done.status_int == 200
    assert (done.json["name"], done.json["b"], "a" in done.json) == ("two", "2", False)
    for step, code in (
        ({"op": "add", "path": "/c", "value": "1"}, 400),
        ({"add": "/c"}, 400),
        ({"add": "/c", "remove": "/b", "value": "1"}, 400),
        ({"add": "c", "value": "1"}, 400),
        ({"add": "/", "value": "1"}, 400),
        ({"add": 7, "value": "1"}, 400),
        ({"add": "/os_glance_x", "value": "1"}, 403),
        ({"add": "/stores", "value": "file"}, 403),
        ({"add": "/locations/-", "value": {"url": "http://a.example/x"}}, 403),
        ({"replace": "/locations", "value": []}, 403),
        ({"remove": "/nothing"}, 409),
        ("x", 400),
    ):
        assert patch(step).status_int == code, step


def test_image_of_the_web_by_a_task(cloud, demo, admin, web):
    data = os.urandom(300_000)
    web.files["/disk"] = data
    body = {
        "type": "import",
        "input": {
            "import_from": web.url("/disk"),
            "import_from_format": "raw",
            "image_properties": {**RAW, "name": "by task", "visibility": "public", "a": "b"},
        },
    }
    assert call(cloud, demo, "POST", "/tasks", body).status_int == 403
    made = call(cloud, admin, "POST", "/tasks", body)
    assert made.status_int == 201
    task = made.json
    assert (task["status"], task["input"]) == ("pending", body["input"])
    path = f"/tasks/{task['id']}"
    assert made.headers["Location"].endswith(path)
    cloud.images.workers.run_all()
    task = call(cloud, admin, "GET", path).json
    assert task["status"] == "success"
    image = call(cloud, demo, "GET", f"/images/{task['result']['image_id']}").json
    assert (image["name"], image["status"], image["a"]) == ("by task", "active", "b")
    assert call(cloud, demo, "GET", f"/images/{image['id']}/file").body == data
    web.files["/disk"] = b"QFI\xfb"
    body["input"]["image_properties"]["disk_format"] = "qcow2"
    failed = call(cloud, admin, "POST", "/tasks", body).json
    cloud.images.workers.run_all()
    shown = call(cloud, admin, "GET", f"/tasks/{failed['id']}").json
    assert (shown["status"], shown["result"]) == ("failure", None)
    assert shown["message"]
    assert cloud.images.local_path(failed["image_id"]) is None
    for change in (
        {"import_from": "http://else.where/x"}, {"import_from": None},
        {"image_properties": {"name": "x"}}, {"image_properties": {**RAW, "disk_format": "x"}},
        {"image_properties": None},
    ):  # fmt: skip
        bad = {**body, "input": {**body["input"], **change}}
        assert call(cloud, admin, "POST", "/tasks", bad).status_int == 400, change
    assert call(cloud, admin, "POST", "/tasks", {**body, "type": "nix"}).status_int == 400
    assert call(cloud, admin, "GET", "/tasks/nix").status_int == 404
    assert call(cloud, demo, "GET", path).status_int == 403


def test_tasks_in_pages(cloud, demo, admin, web):
    given = {"import_from": web.url("/nix"), "image_properties": RAW}
    body = {"type": "import", "input": given}
    ids = [call(cloud, admin, "POST", "/tasks", body).json["id"] for _ in range(5)]
    seen, url = [], "/tasks?limit=2&sort_key=created_at&sort_dir=asc"
    while url:
        page = call(cloud, admin, "GET", url).json
        assert len(page["tasks"]) <= 2
        assert all("input" not in task for task in page["tasks"])
        seen += [task["id"] for task in page["tasks"]]
        url = page.get("next", "").removeprefix("/v2")
    assert sorted(seen) == sorted(ids)
    assert call(cloud, admin, "GET", "/tasks?status=success").json["tasks"] == []
    assert len(call(cloud, admin, "GET", "/tasks?status=pending&type=import").json["tasks"]) == 5
    for query in ("status=nix", "sort_key=input", "sort_dir=up", "limit=-1", "marker=nix"):
        assert call(cloud, admin, "GET", f"/tasks?{query}").status_int == 400, query
    with cloud.database.counting() as counter:
        call(cloud, admin, "GET", "/tasks")
    few = counter.count
    for _ in range(10):
        call(cloud, admin, "POST", "/tasks", body)
    with cloud.database.counting() as counter:
        call(cloud, admin, "GET", "/tasks")
    assert counter.count == few


def test_the_cache(cloud, demo, admin):
    data = os.urandom(70_000)
    image_id, other = make(cloud, demo, data), make(cloud, demo)
    cache = cloud.images.core.stores.cache
    assert call(cloud, demo, "GET", "/cache").status_int == 403
    assert call(cloud, admin, "PUT", "/cache/nix").status_int == 404
    assert call(cloud, admin, "PUT", f"/cache/{other}").status_int == 400
    for _ in range(2):
        assert call(cloud, admin, "PUT", f"/cache/{image_id}").status_int == 202
    listed = call(cloud, admin, "GET", "/cache").json
    assert listed == {"cached_images": [], "queued_images": [image_id]}
    cloud.images.workers.run_all()
    assert call(cloud, demo, "GET", f"/images/{image_id}/file").body == data
    (cached,) = call(cloud, admin, "GET", "/cache").json["cached_images"]
    assert (cached["image_id"], cached["size"], cached["hits"]) == (image_id, len(data), 1)
    assert cached["last_accessed"] >= cached["last_modified"] > 0
    assert cache.path(image_id)
    assert call(cloud, admin, "DELETE", f"/cache/{image_id}").status_int == 204
    assert cache.path(image_id) is None
    assert call(cloud, admin, "DELETE", f"/cache/{image_id}").status_int == 404
    assert call(cloud, demo, "GET", f"/images/{image_id}/file").body == data
    call(cloud, admin, "PUT", f"/cache/{image_id}")
    cloud.images.workers.run_all()
    wrong = call(cloud, admin, "DELETE", "/cache", X_Image_Cache_Clear_Target="nix")
    assert wrong.status_int == 400
    call(cloud, admin, "DELETE", "/cache", X_Image_Cache_Clear_Target="queue")
    assert len(call(cloud, admin, "GET", "/cache").json["cached_images"]) == 1
    assert call(cloud, admin, "DELETE", "/cache").status_int == 204
    assert call(cloud, admin, "GET", "/cache").json["cached_images"] == []
    assert os.listdir(cache.directory) == [".partial"]


def test_a_deleted_image_leaves_the_cache(cloud, conf, demo, admin):
    image_id = make(cloud, demo, b"data")
    call(cloud, admin, "PUT", f"/cache/{image_id}")
    cloud.images.workers.run_all()
    call(cloud, demo, "DELETE", f"/images/{image_id}")
    assert call(cloud, admin, "GET", "/cache").json["cached_images"] == []
    assert cloud.images.core.stores.cache.path(image_id) is None
    left = os.path.join(cloud.images.core.stores.cache.directory, image_id)
    with open(left, "w") as file:  # as if killed between the row and the file
        file.write("data")
    cloud.images.close()
    after = ImageService(conf, cloud.database, cloud.clock)
    after.recover()
    after.close()
    assert not os.path.exists(left)


def test_members_are_for_shared_images(cloud, demo, admin):
    private = make(cloud, demo, visibility="private")
    body = {"member": "p"}
    assert call(cloud, demo, "POST", f"/images/{private}/members", body).status_int == 403
    shared = make(cloud, demo)
    made = call(cloud, demo, "POST", f"/images/{shared}/members", body)
    assert (made.status_int, made.json["status"]) == (200, "pending")
    member = RequestContext("u", "p", roles=["member", "reader"])
    assert cloud.images.get(member, shared).id == shared
    assert [image.id for image in cloud.images.list(member)] == []


def test_public_data_are_not_a_stores_path(cloud, admin):
    """Only whole data have a path."""
    image_id = make(cloud, admin)
    assert cloud.images.local_path(image_id) is None
    cloud.images.upload(admin_context(), image_id, iter([b"data"]), 4)
    path = cloud.images.local_path(image_id)
    with open(path, "rb") as file:
        assert file.read() == b"data"
    assert os.stat(path).st_mode & 0o222 == 0


def test_hosts_by_pattern(cloud):
    fetcher = cloud.images.fetcher
    assert fetcher.allows("https://a.example/x")
    assert fetcher.allows("http://a.b.EXAMPLE:80/x")
    for url in ("http://a.example:8080/", "http://example/", "http://notexample/", "//a.example"):
        assert not fetcher.allows(url), url

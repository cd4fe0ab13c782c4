"""Imports: staged data, data of the web and of other image services, copies into stores."""

import hashlib
import os

import pytest

from novalite import exception
from novalite.context import admin_context
from novalite.image.embedded import queries, workers
from novalite.image.embedded.service import ImageService
from tests.support.web import Web

RAW = {"name": "one", "disk_format": "raw", "container_format": "bare"}
OCTETS = "application/octet-stream"


@pytest.fixture
def web():
    web = Web()
    yield web
    web.close()


@pytest.fixture
def conf(conf, web, tmp_path):
    """Two stores, and one host that images may be fetched from."""
    conf.set_override("image_stores", [f"second:{tmp_path}/second"], "embedded")
    conf.set_override("image_web_hosts", [f"127.0.0.1:{web.port}"], "embedded")
    return conf


@pytest.fixture
def demo(cloud):
    return cloud.token("demo")


@pytest.fixture
def admin(cloud):
    return cloud.token("admin")


def make(cloud, token, **values):
    answer = cloud.request("POST", "/image/v2/images", {**RAW, **values}, token)
    assert answer.status_int == 201, answer.text
    return answer.json["id"]


def stage(cloud, token, image_id, data):
    path = f"/image/v2/images/{image_id}/stage"
    return cloud.request("PUT", path, data, token, Content_Type=OCTETS)


def import_(cloud, token, image_id, name, work=True, method=None, **body):
    body = {"method": {"name": name, **(method or {})}, **body}
    answer = cloud.request("POST", f"/image/v2/images/{image_id}/import", body, token)
    if work:
        cloud.images.workers.run_all()
    return answer


def show(cloud, token, image_id):
    return cloud.request("GET", f"/image/v2/images/{image_id}", token=token).json


def data_of(cloud, token, image_id):
    return cloud.request("GET", f"/image/v2/images/{image_id}/file", token=token).body


def tasks_of(cloud, token, image_id):
    answer = cloud.request("GET", f"/image/v2/images/{image_id}/tasks", token=token)
    assert answer.status_int == 200
    return answer.json["tasks"]


def files(store):
    return [name for name in os.listdir(store.directory) if not name.startswith(".")]


def test_staged_data_are_imported(cloud, demo):
    data = os.urandom(600_000)
    image_id = make(cloud, demo)
    stores = cloud.images.core.stores
    assert import_(cloud, demo, image_id, "glance-direct").status_int == 409
    assert stage(cloud, demo, image_id, data).status_int == 204
    assert stage(cloud, demo, image_id, data).status_int == 409
    staged = show(cloud, demo, image_id)
    assert (staged["status"], staged["size"], staged["checksum"]) == ("uploading", len(data), None)
    assert "stores" not in staged
    answer = import_(cloud, demo, image_id, "glance-direct", work=False)
    assert answer.status_int == 202
    waiting = show(cloud, demo, image_id)
    assert waiting["status"] == "importing"
    assert waiting["os_glance_importing_to_stores"] == "file"
    (task,) = tasks_of(cloud, demo, image_id)
    assert waiting["os_glance_import_task"] == task["id"]
    assert (task["status"], task["type"]) == ("pending", "api_image_import")
    assert task["request_id"] == answer.headers["X-OpenStack-Request-ID"]
    assert task["input"]["import_req"]["method"]["name"] == "glance-direct"
    cloud.images.workers.run_all()
    image = show(cloud, demo, image_id)
    assert (image["status"], image["stores"]) == ("active", "file")
    assert image["os_hash_value"] == hashlib.sha512(data).hexdigest()
    assert image["os_glance_importing_to_stores"] == image["os_glance_failed_import"] == ""
    assert "os_glance_import_task" not in image
    assert data_of(cloud, demo, image_id) == data
    (task,) = tasks_of(cloud, demo, image_id)
    assert (task["status"], task["result"]) == ("success", {"image_id": image_id})
    assert task["expires_at"] > task["updated_at"]
    assert files(stores.staging) == []


def test_staged_data_that_are_not_what_they_are_called(cloud, demo):
    image_id = make(cloud, demo, disk_format="qcow2")
    stage(cloud, demo, image_id, os.urandom(70_000))
    assert import_(cloud, demo, image_id, "glance-direct").status_int == 202
    image = show(cloud, demo, image_id)
    assert (image["status"], image["size"]) == ("queued", None)
    assert image["os_glance_failed_import"] == "file"
    (task,) = tasks_of(cloud, demo, image_id)
    assert task["status"] == "failure"
    assert "does not match" in task["message"]
    stores = cloud.images.core.stores
    assert files(stores.staging) == files(stores.default) == []
    assert stage(cloud, demo, image_id, b"again").status_int == 204


def test_stores(cloud, demo, admin):
    data = os.urandom(300_000)
    stores = cloud.images.core.stores
    both = make(cloud, demo)
    stage(cloud, demo, both, data)
    assert import_(cloud, demo, both, "glance-direct", all_stores=True).status_int == 202
    assert show(cloud, demo, both)["stores"] == "file,second"
    one = make(cloud, demo)
    stage(cloud, demo, one, data)
    bad = import_(cloud, demo, one, "glance-direct", stores=["nix"])
    assert bad.status_int == 400
    assert "Invalid store" in bad.text
    assert import_(cloud, demo, one, "glance-direct", stores=["second"]).status_int == 202
    assert show(cloud, demo, one)["stores"] == "second"
    assert data_of(cloud, demo, one) == data
    assert cloud.images.local_path(one) == stores.named["second"].path(one)
    direct = make(cloud, demo)
    path = f"/image/v2/images/{direct}/file"
    headers = {"Content_Type": OCTETS, "X_Image_Meta_Store": "second"}
    assert cloud.request("PUT", path, data, demo, **headers).status_int == 204
    assert show(cloud, demo, direct)["stores"] == "second"

    def remove(token, image_id, store):
        return cloud.request("DELETE", f"/image/v2/stores/{store}/{image_id}", token=token)

    assert remove(demo, both, "file").status_int == 403
    assert remove(admin, both, "file").status_int == 204
    assert show(cloud, demo, both)["stores"] == "second"
    assert stores.default.path(both) is None
    assert data_of(cloud, demo, both) == data
    assert remove(admin, both, "file").status_int == 404
    assert remove(admin, both, "second").status_int == 403
    cloud.request("DELETE", f"/image/v2/images/{both}", token=demo)
    assert stores.named["second"].path(both) is None
    listed = cloud.request("GET", "/image/v2/info/stores", token=demo).json["stores"]
    assert listed == [{"id": "file", "default": "true"}, {"id": "second"}]
    detail = "/image/v2/info/stores/detail"
    assert cloud.request("GET", detail, token=demo).status_int == 403
    named = cloud.request("GET", detail, token=admin).json["stores"]
    assert [(store["id"], store["weight"]) for store in named] == [("file", 1), ("second", 0)]


def test_copies_into_other_stores(cloud, demo, admin):
    data = os.urandom(100_000)
    image_id = make(cloud, demo)
    path = f"/image/v2/images/{image_id}/file"
    assert import_(cloud, admin, image_id, "copy-image", all_stores=True).status_int == 409
    cloud.request("PUT", path, data, demo, Content_Type=OCTETS)
    assert import_(cloud, demo, image_id, "copy-image", all_stores=True).status_int == 403
    assert import_(cloud, admin, image_id, "copy-image", stores=["file"]).status_int == 400
    assert import_(cloud, admin, image_id, "copy-image").status_int == 400
    assert import_(cloud, admin, image_id, "copy-image", all_stores=True).status_int == 202
    image = show(cloud, demo, image_id)
    assert (image["stores"], image["status"]) == ("file,second", "active")
    assert image["os_glance_importing_to_stores"] == ""
    copy = cloud.images.core.stores.named["second"].read(image_id)
    assert b"".join(copy) == data


def test_a_store_that_is_full(cloud, demo, monkeypatch):
    from novalite.image.embedded.store import StorageFull

    second = cloud.images.core.stores.named["second"]

    def full(chunks, limit):
        raise StorageFull()

    monkeypatch.setattr(second, "write", full)
    for strict, status, stores in ((True, "queued", None), (False, "active", "file")):
        image_id = make(cloud, demo)
        stage(cloud, demo, image_id, b"data")
        import_(cloud, demo, image_id, "glance-direct", all_stores=True,
                all_stores_must_succeed=strict)  # fmt: skip
        image = show(cloud, demo, image_id)
        assert (image["status"], image.get("stores")) == (status, stores)
        assert "second" in image["os_glance_failed_import"]
        if strict:
            assert cloud.images.local_path(image_id) is None


def test_data_of_the_web(cloud, demo, web):
    data = os.urandom(400_000)
    web.files["/disk"] = data
    web.redirections["/moved"] = "/disk"
    for path in ("/disk", "/moved"):
        image_id = make(cloud, demo)
        answer = import_(cloud, demo, image_id, "web-download", method={"uri": web.url(path)})
        assert answer.status_int == 202
        image = show(cloud, demo, image_id)
        assert (image["status"], image["size"]) == ("active", len(data))
        assert data_of(cloud, demo, image_id) == data
    assert import_(cloud, demo, image_id, "web-download",
                   method={"uri": web.url("/disk")}).status_int == 409  # fmt: skip
    for _, _, headers in web.asked:
        assert "X-Auth-Token" not in headers
        assert "Authorization" not in headers


def test_other_hosts_are_not_asked(cloud, demo, web):
    image_id = make(cloud, demo)
    for uri in (
        "http://elsewhere.example/disk", "http://127.0.0.1:1/disk", "file:///etc/shadow",
        "ftp://127.0.0.1/disk", f"http://user:pw@127.0.0.1:{web.port}/disk", "nonsense", "",
        "http://127.0.0.1/disk", "http://[::1/", "http://127.0.0.1:99999/",
        f"http://localhost:{web.port}/", f"http://127.0.0.1.:{web.port}/",
    ):  # fmt: skip
        answer = import_(cloud, demo, image_id, "web-download", method={"uri": uri})
        assert answer.status_int == 400, uri
        assert "does not pass filtering" in answer.text
    assert show(cloud, demo, image_id)["status"] == "queued"
    assert web.asked == []


def test_a_redirection_leads_to_no_other_host(cloud, demo, web):
    inner = Web()
    inner.files["/secret"] = b"metadata"
    web.redirections["/out"] = inner.url("/secret")
    image_id = make(cloud, demo)
    import_(cloud, demo, image_id, "web-download", method={"uri": web.url("/out")})
    assert show(cloud, demo, image_id)["status"] == "queued"
    assert "not allowed" in tasks_of(cloud, demo, image_id)[0]["message"]
    assert inner.asked == []
    inner.close()


def test_what_the_web_does_not_have(cloud, demo, web):
    web.files["/half"] = os.urandom(600_000)
    web.cut.add("/half")
    web.redirections["/circle"] = "/circle"
    for path in ("/nix", "/half", "/circle"):
        image_id = make(cloud, demo, own="mine")
        import_(cloud, demo, image_id, "web-download", method={"uri": web.url(path)})
        image = show(cloud, demo, image_id)
        assert (image["status"], image["own"]) == ("queued", "mine")
        assert image["os_glance_failed_import"] == "file"
        assert tasks_of(cloud, demo, image_id)[0]["status"] == "failure"
        assert cloud.images.local_path(image_id) is None


def test_images_of_another_service(cloud, demo, served):
    """The other service is this one, asked over HTTP with the user's token."""
    data = os.urandom(200_000)
    demo = cloud.token("demo")  # with the URL of the server that runs
    source = make(cloud, demo, hw_cpu_cores="5", os_distro="rhel", speed="88mph")
    path = f"/image/v2/images/{source}/file"
    cloud.request("PUT", path, data, demo, Content_Type=OCTETS)

    def fetch(**method):
        image_id = make(cloud, demo, disk_format="iso", container_format="ovf", os_distro="win")
        given = {"glance_image_id": source, "glance_region": "RegionOne", **method}
        return image_id, import_(cloud, demo, image_id, "glance-download", method=given)

    image_id, answer = fetch()
    assert answer.status_int == 202
    image = show(cloud, demo, image_id)
    assert image["status"] == "active"
    assert (image["disk_format"], image["container_format"]) == ("raw", "bare")
    assert (image["hw_cpu_cores"], image["os_distro"]) == ("5", "rhel")
    assert "speed" not in image
    assert data_of(cloud, demo, image_id) == data
    for method in (
        {"glance_region": "nowhere"},
        {"glance_service_interface": "nix"},
        {"glance_image_id": "00000000-0000-4000-8000-000000000000"},
    ):
        image_id, answer = fetch(**method)
        assert answer.status_int == 202
        image = show(cloud, demo, image_id)
        assert (image["status"], image["os_distro"]) == ("queued", "win")
        assert image["disk_format"] == "iso"
    _, answer = fetch(glance_image_id="../x")
    assert answer.status_int == 400
    assert "image id does not look like a UUID" in answer.text
    with cloud.database.read() as conn:
        rows = conn.exec_driver_sql("SELECT input FROM image_tasks").scalars()
        assert not any(demo in row for row in rows)


def test_bad_requests(cloud, demo, admin):
    image_id = make(cloud, demo)
    path = f"/image/v2/images/{image_id}/import"
    for body in ({}, {"method": "x"}, {"method": {}}, {"method": {"name": "web-download"}},
                 {"method": {"name": "nix"}}, {"method": {"name": "glance-download"}},
                 {"method": {"name": "glance-direct"}, "stores": "file"}, []):  # fmt: skip
        assert cloud.request("POST", path, body, demo).status_int == 400, body
    bare = cloud.request("POST", "/image/v2/images", {"name": "n"}, demo).json["id"]
    assert stage(cloud, demo, bare, b"x").status_int == 400
    assert import_(cloud, demo, "nix", "glance-direct").status_int == 404
    assert cloud.request("GET", "/image/v2/images/nix/tasks", token=demo).status_int == 404


def test_deleted_while_it_is_imported(cloud, demo, web):
    web.files["/disk"] = b"data"
    image_id = make(cloud, demo)

    def gone(path):
        cloud.request("DELETE", f"/image/v2/images/{image_id}", token=demo)

    web.before = gone
    import_(cloud, demo, image_id, "web-download", method={"uri": web.url("/disk")})
    assert cloud.images.local_path(image_id) is None
    with cloud.database.read() as conn, pytest.raises(exception.ImageNotFound):
        queries.get(conn, image_id)


class Killed(BaseException):
    """As if the process ended here."""


@pytest.mark.parametrize("step", ["before", "written", "published", "recorded"])
def test_killed_in_the_middle(cloud, conf, demo, monkeypatch, step):
    """Whoever comes next does the import from its beginning, or finds that it is done."""
    data = os.urandom(300_000)
    image_id = make(cloud, demo)
    stage(cloud, demo, image_id, data)
    import_(cloud, demo, image_id, "glance-direct", work=False)
    service, store = cloud.images, cloud.images.core.stores.default

    def killing(target, name, when):
        real = getattr(target, name)

        def call(*arguments, **named):
            if when == "before":
                raise Killed()
            real(*arguments, **named)
            raise Killed()

        monkeypatch.setattr(target, name, call)

    if step == "before":
        killing(store, "write", "before")
    elif step == "written":
        killing(store, "publish", "before")
        monkeypatch.setattr(store, "discard", lambda path: None)
    elif step == "published":
        killing(store, "publish", "after")
        monkeypatch.setattr(store, "discard", lambda path: None)
    else:
        killing(service.core.stores.staging, "delete", "before")
    with pytest.raises(Killed):
        service.workers.run_all()
    monkeypatch.undo()
    service.close()
    after = ImageService(conf, cloud.database, cloud.clock)
    after.recover()
    after.workers.run_all()
    image = after.images.show(admin_context(), image_id)
    assert image.status == "active"
    assert b"".join(after.download(admin_context(), image_id)) == data
    after.close()
    last = ImageService(conf, cloud.database, cloud.clock)
    last.recover()
    stores = last.core.stores
    assert files(stores.staging) == []
    assert os.listdir(os.path.join(stores.default.directory, ".partial")) == []
    assert [task["status"] for task in last.tasks.of_image(image_id)] == ["success"]
    last.close()


def test_killed_while_staging(cloud, conf, demo):
    image_id = make(cloud, demo)

    def chunks():
        yield b"some"
        raise Killed()

    service = cloud.images
    service.data._abandon = lambda *arguments: None
    with pytest.raises(Killed):
        service.data.stage(admin_context(), image_id, chunks())
    assert show(cloud, demo, image_id)["status"] == "uploading"
    service.close()
    after = ImageService(conf, cloud.database, cloud.clock)
    after.recover()
    assert show(cloud, demo, image_id)["status"] == "queued"
    after.close()


def test_a_failure_that_cannot_be_recorded_is_tried_again(cloud, demo, monkeypatch):
    image_id = make(cloud, demo)
    stage(cloud, demo, image_id, b"data")
    import_(cloud, demo, image_id, "glance-direct", work=False)
    real = cloud.images.core.write

    def lost(work):
        if work.__qualname__.startswith("Workers._run"):
            raise exception.DependencyUnavailable(reason="the database is away")
        return real(work)

    monkeypatch.setattr(cloud.images.workers, "_fail", lambda *a: (_ for _ in ()).throw(OSError()))
    monkeypatch.setattr(cloud.images.core, "write", lost)
    with pytest.raises(OSError):
        cloud.images.workers.run_all()
    monkeypatch.undo()
    assert tasks_of(cloud, demo, image_id)[0]["status"] == "processing"
    cloud.images.workers.run_all()
    assert show(cloud, demo, image_id)["status"] == "active"


def test_workers_on_their_threads(cloud, demo):
    """As in a running service: nobody calls them."""
    import time

    cloud.images.workers.start()
    try:
        ids = []
        for _ in range(5):
            ids.append(make(cloud, demo))
            stage(cloud, demo, ids[-1], b"data")
            import_(cloud, demo, ids[-1], "glance-direct", work=False)
        deadline = time.monotonic() + 20
        while {show(cloud, demo, one)["status"] for one in ids} != {"active"}:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        cloud.images.workers.stop()


def test_records_of_tasks_are_forgotten_in_time(cloud, demo):
    image_id = make(cloud, demo)
    stage(cloud, demo, image_id, b"data")
    import_(cloud, demo, image_id, "glance-direct")
    cloud.images.workers._forget_old()
    assert len(tasks_of(cloud, demo, image_id)) == 1
    cloud.clock.ahead += 49 * 3600
    cloud.images.workers._forget_old()
    assert cloud.images.tasks.of_image(image_id) == []
    assert workers.PERIOD < 3600


def test_a_patch_and_an_import_at_the_same_time(cloud, demo, monkeypatch):
    """The patch writes what it changes, and not what it has read of the rest."""
    image_id = make(cloud, demo, own="1")
    stage(cloud, demo, image_id, b"data")
    import_(cloud, demo, image_id, "glance-direct", work=False)
    service = cloud.images
    with cloud.database.read() as conn:
        stale = queries.get(conn, image_id)
    service.workers.run_all()
    monkeypatch.setattr(service.images, "authorized", lambda *arguments: stale)

    def change(image):
        image.name = "patched"
        image.properties["own"] = "2"

    service.images.update(admin_context(), image_id, change)
    monkeypatch.undo()
    image = show(cloud, demo, image_id)
    assert (image["name"], image["own"], image["status"]) == ("patched", "2", "active")
    assert "os_glance_import_task" not in image
    stale.status = "queued"
    monkeypatch.setattr(service.images, "authorized", lambda *arguments: stale)

    def other_format(image):
        image.disk_format = "qcow2"

    with pytest.raises(exception.Conflict):
        service.images.update(admin_context(), image_id, other_format)
    monkeypatch.undo()
    assert show(cloud, demo, image_id)["disk_format"] == "raw"

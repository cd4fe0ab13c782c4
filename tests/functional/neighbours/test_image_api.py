"""The embedded image service through its REST API."""

import hashlib
import os
import struct

import pytest

from novalite import exception
from novalite.context import RequestContext, admin_context
from novalite.image.embedded import queries
from novalite.image.embedded.bootstrap import PLACEHOLDER, bootstrap, ensure_image
from novalite.image.embedded.service import ImageService

PATCH_TYPE = "application/openstack-images-v2.1-json-patch"
RAW = {"name": "one", "disk_format": "raw", "container_format": "bare"}


@pytest.fixture
def demo(cloud):
    return cloud.token("demo")


@pytest.fixture
def admin(cloud):
    return cloud.token("admin")


def make(cloud, token, data=None, **values):
    answer = cloud.request("POST", "/image/v2/images", {**RAW, **values}, token)
    assert answer.status_int == 201, answer.text
    if data is not None:
        sent = put(cloud, token, answer.json["id"], data)
        assert sent.status_int == 204, sent.text
    return answer.json["id"]


def put(cloud, token, image_id, data, **headers):
    headers.setdefault("Content_Type", "application/octet-stream")
    return cloud.request("PUT", f"/image/v2/images/{image_id}/file", data, token, **headers)


def show(cloud, token, image_id):
    return cloud.request("GET", f"/image/v2/images/{image_id}", token=token)


def patch(cloud, token, image_id, *steps):
    path = f"/image/v2/images/{image_id}"
    return cloud.request("PATCH", path, list(steps), token, Content_Type=PATCH_TYPE)


def replace(name, value):
    return {"op": "replace", "path": f"/{name}", "value": value}


def names(answer):
    assert answer.status_int == 200, answer.text
    return [image["name"] for image in answer.json["images"]]


def qcow2(backing=False, size=1 << 20):
    header = bytearray(65536)
    struct.pack_into(">4sIQIIQ", header, 0, b"QFI\xfb", 3, 1024 if backing else 0,
                     11 if backing else 0, 16, size)  # fmt: skip
    struct.pack_into(">QQQII", header, 72, 0, 0, 0, 4, 104)
    if backing:
        header[1024:1035] = b"/etc/shadow"
    return bytes(header)


def test_version_documents(cloud):
    root = cloud.request("GET", "/image/")
    assert root.status_int == 300
    assert root.json["versions"][0]["status"] == "CURRENT"
    assert cloud.request("GET", "/image/versions").status_int == 200
    assert cloud.request("GET", "/image").status_int == 300


def test_life_of_an_image(cloud, demo):
    data = os.urandom(300_000)
    created = cloud.request("POST", "/image/v2/images", {**RAW, "hw_disk_bus": "virtio"}, demo)
    body = created.json
    assert created.headers["Location"].endswith(f"/image/v2/images/{body['id']}")
    assert (body["status"], body["size"], body["visibility"]) == ("queued", None, "shared")
    assert body["hw_disk_bus"] == "virtio"
    path = f"/image/v2/images/{body['id']}/file"
    assert cloud.request("GET", path, token=demo).status_int == 204
    assert put(cloud, demo, body["id"], data).status_int == 204
    body = show(cloud, demo, body["id"]).json
    assert (body["status"], body["size"], body["virtual_size"]) == ("active", 300_000, 300_000)
    assert body["checksum"] == hashlib.md5(data).hexdigest()
    assert body["os_hash_value"] == hashlib.sha512(data).hexdigest()
    down = cloud.request("GET", path, token=demo)
    assert down.body == data
    assert down.headers["Content-MD5"] == body["checksum"]
    assert down.headers["Content-Length"] == "300000"
    part = cloud.request("GET", path, token=demo, Range="bytes=10-19")
    assert (part.status_int, part.body) == (206, data[10:20])
    assert part.headers["Content-Range"] == "bytes 10-19/300000"
    assert cloud.request("GET", path, token=demo, Range="bytes=-5").body == data[-5:]
    assert cloud.request("GET", path, token=demo, Range="bytes=300000-").status_int == 416
    again = put(cloud, demo, body["id"], data)
    assert again.status_int == 409
    assert "active to saving is not allowed" in again.text
    stored = cloud.images.local_path(body["id"])
    assert os.stat(stored).st_mode & 0o777 == 0o444
    gone = cloud.request("DELETE", f"/image/v2/images/{body['id']}", token=demo)
    assert gone.status_int == 204
    assert not os.path.exists(stored)
    assert cloud.images.local_path(body["id"]) is None
    assert show(cloud, demo, body["id"]).status_int == 404


def test_faults_are_html(cloud, demo):
    answer = show(cloud, demo, "nix<b>")
    assert answer.status_int == 404
    assert answer.content_type == "text/html"
    assert "<title>404 Not Found</title>" in answer.text
    assert "Image nix&lt;b&gt; could not be found." in answer.text
    assert cloud.request("GET", "/image/v2/images").status_int == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"disk_format": "nix"}, 400),
        ({"container_format": "box"}, 400),
        ({"visibility": "everybody"}, 400),
        ({"visibility": "public"}, 403),
        ({"id": "no-uuid"}, 400),
        ({"name": "x" * 256}, 400),
        ({"min_ram": -1}, 400),
        ({"some_property": 7}, 400),
        ({"status": "active"}, 403),
        ({"locations": []}, 403),
        ({"owner": "another"}, 403),
        ({"os_glance_foo": "bar"}, 403),
        ({f"p{n}": "x" for n in range(129)}, 413),
        ({"tags": [str(n) for n in range(129)]}, 413),
    ],
)
def test_bad_images(cloud, demo, body, code):
    assert cloud.request("POST", "/image/v2/images", body, demo).status_int == code


def test_an_id_is_given_once(cloud, demo):
    image_id = "00000000-1111-4222-8333-444444444444"
    assert make(cloud, demo, id=image_id) == image_id
    again = cloud.request("POST", "/image/v2/images", {"id": image_id}, demo)
    assert again.status_int == 409


@pytest.mark.parametrize(
    ("disk_format", "data", "text"),
    [
        ("qcow2", qcow2(backing=True), "backing file"),
        ("qcow2", b"\0" * 4096, "does not match"),
        ("raw", qcow2(), "looks like qcow2"),
        ("raw", qcow2(backing=True), "looks like qcow2"),
        ("vmdk", qcow2(), "does not match"),
        ("iso", b"\0" * 100_000, "does not match"),
    ],
)
def test_data_that_are_refused(cloud, demo, disk_format, data, text):
    image_id = make(cloud, demo, disk_format=disk_format)
    answer = put(cloud, demo, image_id, data)
    assert answer.status_int == 400
    assert text in answer.text
    assert show(cloud, demo, image_id).json["status"] == "queued"
    assert cloud.images.local_path(image_id) is None
    assert os.listdir(os.path.join(cloud.images.core.stores.default._directory, ".partial")) == []


def test_data_that_are_accepted(cloud, demo):
    good = make(cloud, demo, qcow2(), disk_format="qcow2")
    assert show(cloud, demo, good).json["virtual_size"] == 1 << 20
    kernel = {"disk_format": "aki", "container_format": "aki"}
    make(cloud, demo, qcow2(backing=True), **kernel)  # never used as a disk
    bootable = bytearray(4096)
    bootable[510:512] = b"\x55\xaa"
    bootable[446:462] = struct.pack("<BBBBBBBBII", 0x80, 0, 2, 0, 0x83, 0, 3, 0, 1, 6)
    make(cloud, demo, bytes(bootable))


def test_what_a_format_was_inspected_as_it_stays(cloud, demo):
    image_id = make(cloud, demo)
    assert patch(cloud, demo, image_id, replace("disk_format", "aki"),
                 replace("container_format", "aki")).status_int == 200  # fmt: skip
    assert put(cloud, demo, image_id, qcow2(backing=True)).status_int == 204
    changed = patch(cloud, demo, image_id, replace("disk_format", "qcow2"),
                    replace("container_format", "bare"))  # fmt: skip
    assert changed.status_int == 403


def test_uploads_that_fail_leave_a_queued_image(cloud, demo, monkeypatch):
    image_id = make(cloud, demo)
    assert put(cloud, demo, image_id, b"x", Content_Type="text/plain").status_int == 415
    wrong = put(cloud, demo, image_id, b"12345", X_OpenStack_Image_Size="9")
    assert wrong.status_int == 204  # the length of the body counts
    image_id = make(cloud, demo)
    monkeypatch.setattr(cloud.images.core, "size_limit", 10)
    assert put(cloud, demo, image_id, b"x" * 11).status_int == 413
    monkeypatch.setattr(cloud.images.core.stores.default, "room", lambda: 5)
    assert put(cloud, demo, image_id, b"x" * 6).status_int == 413
    assert show(cloud, demo, image_id).json["status"] == "queued"
    no_format = cloud.request("POST", "/image/v2/images", {"name": "n"}, demo).json["id"]
    assert put(cloud, demo, no_format, b"x").status_int == 400


def test_interrupted_upload(cloud, demo):
    image_id = make(cloud, demo)
    context = admin_context()

    def chunks():
        yield b"some"
        raise OSError("the client is gone")

    with pytest.raises(OSError, match="gone"):
        cloud.images.data.receive(context, image_id, chunks())
    assert show(cloud, demo, image_id).json["status"] == "queued"
    assert put(cloud, demo, image_id, b"data").status_int == 204


def test_deleted_while_uploading(cloud, demo):
    image_id = make(cloud, demo)

    def chunks():
        yield b"some"
        cloud.request("DELETE", f"/image/v2/images/{image_id}", token=demo)
        yield b"more"

    with pytest.raises(exception.ImageNotFound):
        cloud.images.data.receive(admin_context(), image_id, chunks())
    assert cloud.images.local_path(image_id) is None


def test_reader_gets_the_rest_of_a_deleted_image(cloud, demo):
    image_id = make(cloud, demo, b"x" * 600_000)
    data = cloud.images.download(admin_context(), image_id)
    first = next(data)
    cloud.request("DELETE", f"/image/v2/images/{image_id}", token=demo)
    assert len(first) + sum(len(chunk) for chunk in data) == 600_000


def test_patch(cloud, demo):
    image_id = make(cloud, demo, a="1")
    done = patch(
        cloud, demo, image_id,
        replace("name", "two"), replace("a", "2"), {"op": "add", "path": "/b~1c", "value": "3"},
        replace("tags", ["x", "x", "y"]), replace("min_ram", 64),
    )  # fmt: skip
    assert done.status_int == 200
    body = done.json
    assert (body["name"], body["a"], body["b/c"], body["min_ram"]) == ("two", "2", "3", 64)
    assert sorted(body["tags"]) == ["x", "y"]
    removed = patch(cloud, demo, image_id, {"op": "remove", "path": "/a"})
    assert "a" not in removed.json

    def code(*steps):
        return patch(cloud, demo, image_id, *steps).status_int

    assert code({"op": "remove", "path": "/a"}) == 409
    assert code(replace("nothing", "x")) == 409
    assert code({"op": "remove", "path": "/name"}) == 403
    assert code(replace("status", "active")) == 403
    assert code(replace("id", "x")) == 403
    assert code(replace("owner", "another")) == 403
    assert code(replace("visibility", "public")) == 403
    assert code(replace("min_ram", "x")) == 400
    assert code({"op": "add", "path": "/c", "value": 7}) == 400
    assert code({"op": "move", "path": "/c"}) == 400
    assert code({"op": "add", "path": "/a/b", "value": "7"}) == 400
    path = f"/image/v2/images/{image_id}"
    assert cloud.request("PATCH", path, [replace("name", "x")], demo).status_int == 415


def test_tags(cloud, demo):
    image_id = make(cloud, demo)
    path = f"/image/v2/images/{image_id}/tags/blue"
    assert cloud.request("PUT", path, token=demo).status_int == 204
    assert show(cloud, demo, image_id).json["tags"] == ["blue"]
    assert cloud.request("DELETE", path, token=demo).status_int == 204
    assert cloud.request("DELETE", path, token=demo).status_int == 404


def test_protected(cloud, demo):
    image_id = make(cloud, demo, protected=True)
    path = f"/image/v2/images/{image_id}"
    refused = cloud.request("DELETE", path, token=demo)
    assert refused.status_int == 403
    assert "is protected" in refused.text
    patch(cloud, demo, image_id, replace("protected", False))
    assert cloud.request("DELETE", path, token=demo).status_int == 204


def test_visibility_and_members(cloud, demo, admin):
    nova = cloud.token("nova", "service")
    service_project = cloud.service.validate(nova).project_id
    # nova is an administrator; a plain member of its project is what is needed
    (member,) = cloud.request("GET", "/v3/roles?name=member", token=admin).json["roles"]
    user = {"user": {"name": "other", "password": "pw"}}
    user_id = cloud.request("POST", "/v3/users", user, admin).json["user"]["id"]
    grant = f"/v3/projects/{service_project}/users/{user_id}/roles/{member['id']}"
    assert cloud.request("PUT", grant, token=admin).status_int == 204
    cloud.passwords["other"] = "pw"
    other = cloud.token("other", "service")

    made = {
        kind: make(cloud, admin if kind == "public" else demo, name=kind, visibility=kind)
        for kind in ("private", "shared", "community", "public")
    }

    def listed(token, query=""):
        return set(names(cloud.request("GET", f"/image/v2/images{query}", token=token)))

    assert listed(demo) == {"private", "shared", "community", "public"}
    assert listed(admin) == {"private", "shared", "community", "public"}
    assert listed(other) == {"public"}
    assert listed(other, "?visibility=all") == {"public", "community"}
    assert listed(other, "?visibility=community") == {"community"}
    codes = {kind: show(cloud, other, made[kind]).status_int for kind in made}
    assert codes == {"private": 404, "shared": 404, "community": 200, "public": 200}
    assert patch(cloud, other, made["public"], replace("name", "x")).status_int == 403
    assert patch(cloud, other, made["private"], replace("name", "x")).status_int == 404
    assert put(cloud, other, made["community"], b"x").status_int == 403
    delete = cloud.request("DELETE", f"/image/v2/images/{made['community']}", token=other)
    assert delete.status_int == 403

    members = f"/image/v2/images/{made['shared']}/members"
    body = {"member": service_project}
    assert cloud.request("POST", members, body, other).status_int == 404
    assert cloud.request("POST", members, body, demo).json["status"] == "pending"
    assert cloud.request("POST", members, body, demo).status_int == 409
    private = f"/image/v2/images/{made['private']}/members"
    assert cloud.request("POST", private, body, demo).status_int == 403
    assert show(cloud, other, made["shared"]).status_int == 200
    assert listed(other) == {"public"}
    assert listed(other, "?visibility=shared&member_status=pending") == {"shared"}
    one = f"{members}/{service_project}"
    assert cloud.request("PUT", one, {"status": "accepted"}, demo).status_int == 403
    assert cloud.request("PUT", one, {"status": "accepted"}, other).json["status"] == "accepted"
    assert listed(other) == {"public", "shared"}
    assert cloud.request("DELETE", one, token=other).status_int == 403
    assert cloud.request("DELETE", one, token=demo).status_int == 204
    assert show(cloud, other, made["shared"]).status_int == 404


def test_list_filters(cloud, demo):
    make(cloud, demo, b"1", name="a", tags=["x", "y"], os_type="linux")
    make(cloud, demo, b"22", name="b", tags=["x"], min_ram=64)
    make(cloud, demo, name="c", protected=True)
    make(cloud, demo, name="h", os_hidden=True)

    def listed(query):
        return sorted(names(cloud.request("GET", f"/image/v2/images?{query}", token=demo)))

    assert listed("") == ["a", "b", "c"]
    assert listed("name=a") == ["a"]
    assert listed("name=in:a,c") == ["a", "c"]
    assert listed("status=queued") == ["c"]
    assert listed("tag=x") == ["a", "b"]
    assert listed("tag=x&tag=y") == ["a"]
    assert listed("os_type=linux") == ["a"]
    assert listed("os_type=windows") == []
    assert listed("size_min=2") == ["b"]
    assert listed("size_max=1") == ["a"]
    assert listed("min_ram=64") == ["b"]
    assert listed("protected=true") == ["c"]
    assert listed("os_hidden=true") == ["h"]
    assert listed("created_at=lt:2001-01-01T00:00:00Z") == []
    assert listed("created_at=gte:2001-01-01T00:00:00Z") == ["a", "b", "c"]
    for bad in (
        "limit=-1", "limit=x", "sort_key=nix", "sort=name:up", "visibility=x", "size_min=x",
        "created_at=gt:soon", "protected=maybe", "member_status=x", "marker=nix",
        "sort=name&sort_key=id", "sort_key=id&sort_dir=asc&sort_dir=desc",
    ):  # fmt: skip
        answer = cloud.request("GET", f"/image/v2/images?{bad}", token=demo)
        assert answer.status_int == 400, bad


@pytest.mark.parametrize(
    "sort", ["", "sort=name:asc&", "sort=name:desc&", "sort_key=size&sort_dir=asc&",
             "sort=disk_format:asc,size:desc&", "sort=size:desc&"]
)  # fmt: skip
def test_pages(cloud, demo, sort):
    """Every image once, in the order of the whole list, also where columns are NULL."""
    for n in range(7):
        make(cloud, demo, b"x" * (n % 3) if n % 2 else None, name=f"n{n % 4}")
    whole = cloud.request("GET", f"/image/v2/images?{sort}", token=demo).json["images"]
    seen, path = [], f"/v2/images?{sort}limit=2"
    while path:
        page = cloud.request("GET", f"/image{path}", token=demo).json
        seen.extend(page["images"])
        path = page.get("next")
    assert [image["id"] for image in seen] == [image["id"] for image in whole]
    assert len(whole) == 7


def test_a_list_costs_the_same_whatever_its_length(cloud, demo):
    def statements():
        cloud.request("GET", "/image/v2/images", token=demo)
        with cloud.database.counting() as counter:
            cloud.request("GET", "/image/v2/images", token=demo)
        return counter.count

    make(cloud, demo)
    few = statements()
    for _ in range(30):
        make(cloud, demo, a="b", tags=["t"])
    assert statements() == few == 4


def test_what_the_compute_services_see(cloud, demo):
    image_id = make(cloud, demo, b"data", kernel_id="k", min_disk=1)
    token = cloud.service.validate(demo)
    mine = RequestContext(user_id=token.user_id, project_id=token.project_id, roles=token.roles)
    stranger = RequestContext(user_id="u", project_id="p", roles=["member", "reader"])
    meta = cloud.images.get(mine, image_id)
    assert (meta.status, meta.size, meta.min_disk) == ("active", 4, 1)
    assert meta.properties == {"kernel_id": "k"}
    assert b"".join(cloud.images.download(mine, image_id)) == b"data"
    with pytest.raises(exception.ImageNotFound):
        cloud.images.get(stranger, image_id)
    with pytest.raises(exception.ImageNotFound):
        cloud.images.download(stranger, image_id)
    with open(cloud.images.local_path(image_id), "rb") as file:
        assert file.read() == b"data"
    assert cloud.images.local_path("../embedded.db") is None
    assert [image.id for image in cloud.images.list(mine, name="one")] == [image_id]
    assert cloud.images.list(stranger) == []


def test_after_a_kill(cloud, demo, conf):
    """An upload that was interrupted by the process's death, and a file without its row."""
    whole, half = make(cloud, demo, b"data"), make(cloud, demo)
    now = cloud.clock.now()
    cloud.database.run(
        lambda conn: queries.update(conn, half, {"status": "saving", "updated_at": now})
    )
    folder = cloud.images.core.stores.default._directory
    orphan = os.path.join(folder, "00000000-0000-4000-8000-000000000000")
    partial = os.path.join(folder, ".partial", "abc")
    for path in (orphan, partial):
        with open(path, "w") as file:
            file.write("x")
    other = ImageService(conf, cloud.database, cloud.clock)
    other.recover()  # the store is not its own: the running upload is none of its business
    assert os.path.exists(partial)
    cloud.images.close()
    other.recover()
    other.close()
    assert not os.path.exists(orphan)
    assert not os.path.exists(partial)
    assert show(cloud, demo, half).json["status"] == "queued"
    assert other.local_path(whole)


def test_images_of_our_own(cloud, conf, demo, tmp_path):
    bootstrap(conf, cloud.images, fake=True)
    bootstrap(conf, cloud.images, fake=True)
    listed = cloud.request("GET", "/image/v2/images", token=demo).json["images"]
    assert [(i["name"], i["size"], i["visibility"]) for i in listed] == [
        (PLACEHOLDER, 1024, "public")
    ]
    disk = tmp_path / "guest.qcow2"
    disk.write_bytes(qcow2())
    first = ensure_image(cloud.images, "guest", str(disk), "qcow2", properties={"a": "1"})
    assert ensure_image(cloud.images, "guest", str(disk), "qcow2", properties={"b": "2"}) == first
    body = show(cloud, demo, first).json
    assert (body["a"], body["b"]) == ("1", "2")
    disk.write_bytes(qcow2(size=2 << 20))
    second = ensure_image(cloud.images, "guest", str(disk), "qcow2")
    assert second != first
    listed = cloud.request("GET", "/image/v2/images?name=guest", token=demo).json["images"]
    assert [image["id"] for image in listed] == [second]
    assert show(cloud, demo, first).json["os_hidden"] is True
    kernel = tmp_path / "vmlinuz"
    kernel.write_bytes(b"MZ")
    kernel_id = ensure_image(cloud.images, "kernel", str(kernel), "aki")
    assert show(cloud, demo, kernel_id).json["container_format"] == "aki"
    disk.write_bytes(qcow2(backing=True))
    with pytest.raises(exception.InvalidInput):
        ensure_image(cloud.images, "bad", str(disk), "qcow2")


def test_schemas_and_info(cloud, demo):
    assert cloud.request("GET", "/image/v2/schemas/image", token=demo).json["name"] == "image"
    assert cloud.request("GET", "/image/v2/schemas/images", token=demo).json["name"] == "images"
    assert cloud.request("GET", "/image/v2/schemas/nix", token=demo).status_int == 404
    answer = cloud.request("GET", "/image/v2/info/import", token=demo).json
    assert answer["import-methods"]["value"] == ["glance-direct", "glance-download"]
    assert cloud.request("GET", "/image/v2/info/stores", token=demo).status_int == 404
    assert "stores" not in show(cloud, demo, make(cloud, demo, b"data")).json

"""Images whose data stay at a URL."""

import hashlib
import os

import pytest

from tests.support.web import Web

RAW = {"disk_format": "raw", "container_format": "bare"}
PATCH = "application/openstack-images-v2.1-json-patch"
OCTETS = "application/octet-stream"


@pytest.fixture
def web():
    web = Web()
    web.files["/disk"] = os.urandom(400_000)
    yield web
    web.close()


@pytest.fixture
def conf(conf, web):
    conf.set_override("image_web_hosts", [f"127.0.0.1:{web.port}"], "embedded")
    conf.set_override("image_locations", True, "embedded")
    return conf


@pytest.fixture
def demo(cloud):
    return cloud.token("demo")


@pytest.fixture
def admin(cloud):
    return cloud.token("admin")


def call(cloud, token, method, path, body=None, **headers):
    return cloud.request(method, f"/image/v2{path}", body, token, **headers)


def make(cloud, token):
    return call(cloud, token, "POST", "/images", RAW).json["id"]


def patch(cloud, token, image_id, op, path, value=None):
    step = {"op": op, "path": path, "value": value}
    return call(cloud, token, "PATCH", f"/images/{image_id}", [step], Content_Type=PATCH)


def show(cloud, token, image_id):
    return call(cloud, token, "GET", f"/images/{image_id}").json


def test_a_location_makes_an_image_active(cloud, demo, admin, web):
    data, url = web.files["/disk"], web.url("/disk")
    image_id = make(cloud, demo)
    assert show(cloud, demo, image_id)["locations"] == []
    place = {"url": url, "metadata": {"a": "b"}}
    added = patch(cloud, demo, image_id, "add", "/locations/-", place)
    assert added.status_int == 200, added.text
    image = added.json
    assert (image["status"], image["size"], image["stores"]) == ("active", len(data), "web")
    assert image["locations"] == [place]
    assert image["os_hash_value"] is None
    path = f"/images/{image_id}/file"
    assert call(cloud, demo, "GET", path).body == data
    part = call(cloud, demo, "GET", path, Range="bytes=100-299")
    assert (part.status_int, part.body) == (206, data[100:300])  # of a server without ranges
    more = {"url": url + "#2", "metadata": {}}
    patch(cloud, demo, image_id, "add", "/locations/-", more)
    places = [{**place, "metadata": {"c": "d"}}, more]
    assert patch(cloud, demo, image_id, "replace", "/locations", places).json["locations"] == places
    assert patch(cloud, demo, image_id, "replace", "/locations", [more]).status_int == 400
    assert patch(cloud, demo, image_id, "remove", "/locations/0").status_int == 400
    assert patch(cloud, admin, image_id, "remove", "/locations/0").status_int == 200
    assert patch(cloud, admin, image_id, "remove", "/locations/0").status_int == 403
    assert show(cloud, demo, image_id)["locations"] == [more]
    assert call(cloud, admin, "GET", f"/images/{image_id}/locations").json == [more]
    assert call(cloud, demo, "GET", f"/images/{image_id}/locations").status_int == 403


def test_bad_locations(cloud, demo, web):
    image_id = make(cloud, demo)
    for value in (
        {"url": "gopher://info.cern.ch"}, {"url": "file:///etc/shadow"}, {"url": 7}, {}, "x",
        {"url": "http://169.254.169.254/"}, {"url": web.url("/nix")},
        {"url": web.url("/disk"), "metadata": []},
        {"url": web.url("/disk"), "validation_data": {"os_hash_algo": "md17"}},
        {"url": web.url("/disk"), "validation_data": []}, None,
    ):  # fmt: skip
        assert patch(cloud, demo, image_id, "add", "/locations/-", value).status_int == 400, value
    twice = [{"url": web.url("/disk")}] * 2
    assert patch(cloud, demo, image_id, "replace", "/locations", twice).status_int == 400
    assert patch(cloud, demo, image_id, "replace", "/locations/0", {}).status_int == 400
    assert patch(cloud, demo, image_id, "remove", "/locations/5").status_int == 400
    assert show(cloud, demo, image_id)["status"] == "queued"


def test_what_is_uploaded_has_a_location_too(cloud, demo):
    image_id = make(cloud, demo)
    call(cloud, demo, "PUT", f"/images/{image_id}/file", b"data", Content_Type=OCTETS)
    (place,) = show(cloud, demo, image_id)["locations"]
    assert place["url"] == f"file://{cloud.images.local_path(image_id)}"


def add(cloud, token, image_id, url, **said):
    body = {"url": url, "validation_data": said}
    answer = call(cloud, token, "POST", f"/images/{image_id}/locations", body)
    cloud.images.workers.run_all()
    return answer


def test_locations_are_hashed(cloud, demo, web):
    data, url = web.files["/disk"], web.url("/disk")
    sha256 = hashlib.sha256(data).hexdigest()
    image_id = make(cloud, demo)
    for said in (
        {"os_hash_algo": "sha512", "os_hash_value": sha256}, {"os_hash_value": sha256},
        {"os_hash_algo": "sha123", "os_hash_value": sha256}, {"checksum": "0" * 32},
        {"os_hash_algo": "sha256", "os_hash_value": sha256.upper()},
    ):  # fmt: skip
        assert add(cloud, demo, image_id, url, **said).status_int == 400, said
    good = {"os_hash_algo": "sha256", "os_hash_value": sha256}
    assert add(cloud, demo, image_id, url, **good).status_int == 202
    image = show(cloud, demo, image_id)
    assert (image["status"], image["os_hash_algo"]) == ("active", "sha256")
    assert image["os_hash_value"] == sha256
    assert image["checksum"] == hashlib.md5(data).hexdigest()
    assert add(cloud, demo, image_id, url).status_int == 409
    unsaid = make(cloud, demo)
    assert add(cloud, demo, unsaid, url).status_int == 202
    assert show(cloud, demo, unsaid)["os_hash_value"] == hashlib.sha512(data).hexdigest()


def test_a_hash_that_is_not_the_one_announced(cloud, demo, web):
    image_id = make(cloud, demo)
    said = {"os_hash_algo": "sha512", "os_hash_value": "beefdead" * 16}
    assert add(cloud, demo, image_id, web.url("/disk"), **said).status_int == 202
    image = show(cloud, demo, image_id)
    assert (image["status"], image["os_hash_value"]) == ("queued", None)
    assert call(cloud, demo, "GET", f"/images/{image_id}/file").status_int == 204  # no data
    (task,) = call(cloud, demo, "GET", f"/images/{image_id}/tasks").json["tasks"]
    assert task["status"] == "failure"
    sent = call(cloud, demo, "PUT", f"/images/{image_id}/file", b"data", Content_Type=OCTETS)
    assert sent.status_int == 204
    assert show(cloud, demo, image_id)["stores"] == "file"


def test_deleted_while_it_is_hashed(cloud, demo, web):
    image_id = make(cloud, demo)
    web.before = lambda path: call(cloud, demo, "DELETE", f"/images/{image_id}")
    assert add(cloud, demo, image_id, web.url("/disk")).status_int == 202
    assert call(cloud, demo, "GET", f"/images/{image_id}").status_int == 404


def test_the_web_in_the_cache_and_in_a_store(cloud, demo, admin, web):
    image_id = make(cloud, demo)
    patch(cloud, demo, image_id, "add", "/locations/-", {"url": web.url("/disk")})
    data = web.files.pop("/disk")
    assert call(cloud, demo, "GET", f"/images/{image_id}/file").status_int == 503
    web.files["/disk"] = data
    call(cloud, admin, "PUT", f"/cache/{image_id}")
    cloud.images.workers.run_all()
    del web.files["/disk"]
    assert call(cloud, demo, "GET", f"/images/{image_id}/file").body == data


def test_off_unless_configured(cloud, conf, demo, web):
    from novalite.image.embedded.service import ImageService

    conf.set_override("image_locations", False, "embedded")
    cloud.images.close()
    plain = ImageService(conf, cloud.database, cloud.clock)
    cloud.deployment.image = plain
    image_id = make(cloud, demo)
    assert "locations" not in show(cloud, demo, image_id)
    place = {"url": web.url("/disk")}
    assert patch(cloud, demo, image_id, "add", "/locations/-", place).status_int == 403
    answer = call(cloud, demo, "POST", f"/images/{image_id}/locations", place)
    assert answer.status_int == 403
    assert web.asked == []
    plain.close()

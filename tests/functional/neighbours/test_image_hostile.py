"""Requests to the image service that are made to break it."""

import pytest

MANY = "9" * 5000
"""More digits than Python makes an int of."""


@pytest.fixture
def demo(cloud):
    return cloud.token("demo")


@pytest.mark.parametrize("number", [MANY, "9" * 25])
def test_numbers_without_end(cloud, demo, number):
    made = cloud.request("POST", "/image/v2/images", {"name": "a"}, demo).json
    listed = {
        f"/image/v2/images?limit={number}": 1,
        f"/image/v2/images?size={number}": 0,
        f"/image/v2/images?size_min={number}": 0,
        f"/image/v2/images?min_disk={number}": 0,
    }
    for path, count in listed.items():
        assert len(cloud.request("GET", path, token=demo).json["images"]) == count, path[:40]
    for path in ("/image/v2/metadefs/namespaces", "/image/v2/tasks"):
        answer = cloud.request("GET", f"{path}?limit={number}", token=cloud.token("admin"))
        assert answer.status_int == 200, answer.text
    path = f"/image/v2/images/{made['id']}"
    media = "application/openstack-images-v2.1-json-patch"
    steps = [{"op": "remove", "path": f"/locations/{number}"}]
    answer = cloud.request("PATCH", path, steps, demo, Content_Type=media)
    assert answer.status_int in (400, 403)
    sizes = {"Content_Type": "application/octet-stream", "X_OpenStack_Image_Size": number}
    answer = cloud.request("PUT", f"{path}/file", b"data", demo, Content_Length="x", **sizes)
    assert 400 <= answer.status_int < 500


@pytest.mark.parametrize(
    "url",
    [
        r"http://127.0.0.1\.example.test/",  # urllib3 ends the name at the backslash
        r"http://127.0.0.1:80\.example.test/",
        "http://127.0.0.1%2f.example.test/",
        "http://127.0.0.1;.example.test/",
        "http://127.0.0.1\t.example.test/",
        "http://127.0.0.1 .example.test/",
        "http://127.0.0.1#.example.test/",
        "http://user@a.example.test/",
        "http://a.example.test:0/",
        "http://\u24d0.example.test/",
        "file://a.example.test/etc/passwd",
        "http://a.example.test:99999/",
        "http://[a.example.test/",
    ],
)
def test_no_two_readings_of_a_host(cloud, url):
    cloud.images.fetcher._allowed = ["*.example.test"]
    assert cloud.images.fetcher.allows("http://a.example.test/x")
    assert not cloud.images.fetcher.allows(url)

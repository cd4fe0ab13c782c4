"""What a project may try with its own volumes."""

import pytest

MANY = "9" * 5000
"""More digits than Python makes an int of."""


@pytest.mark.parametrize("number", [MANY, "9" * 25, "%2B-1", "1.5", "-" + "9" * 25])
@pytest.mark.parametrize("name", ["limit", "offset", "size"])
def test_numbers_that_are_none(cloud, name, number):
    for path in ("/volumes", "/snapshots/detail", "/backups"):
        answer = cloud.request("GET", f"{path}?{name}={number}", user="admin")
        assert answer.status_int == 400, (path, answer.text[:200])


@pytest.mark.parametrize("name", ["min_disk", "min_ram"])
@pytest.mark.parametrize("value", ["x", "-1", "1.5", "\u00b2"])
def test_an_image_of_made_up_image_metadata(cloud, name, value):
    volume = cloud.volume()
    body = {"os-set_image_metadata": {"metadata": {name: value}}}
    assert cloud.request("POST", f"/volumes/{volume}/action", body).status_int == 200
    body = {"os-volume_upload_image": {"image_name": "i", "disk_format": "raw"}}
    answer = cloud.request("POST", f"/volumes/{volume}/action", body)
    assert answer.status_int == 400, answer.text
    assert cloud.ok("GET", f"/volumes/{volume}")["volume"]["status"] == "available"

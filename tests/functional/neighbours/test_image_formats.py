"""Disk images of each format, by qemu-img: taken as what they are, refused as anything else."""

import os
import subprocess
import tracemalloc

import pytest

from novalite.context import admin_context

FORMATS = {"qcow2": "qcow2", "vmdk": "vmdk", "vdi": "vdi", "vhd": "vpc", "vhdx": "vhdx"}
OCTETS = "application/octet-stream"
SIZE = 2 << 20


@pytest.fixture(scope="module")
def disks(tmp_path_factory):
    """Format -> the bytes of a disk of 2 MiB."""
    folder = tmp_path_factory.mktemp("disks")
    raw = folder / "raw"
    raw.write_bytes(os.urandom(4096).ljust(SIZE, b"\0"))
    made = {"raw": raw.read_bytes()}
    for ours, theirs in FORMATS.items():
        path = folder / ours
        command = ["qemu-img", "convert", "-f", "raw", "-O", theirs, str(raw), str(path)]
        subprocess.run(command, check=True)
        made[ours] = path.read_bytes()
    backed = folder / "backed.vmdk"
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "vmdk", "-F", "vmdk", "-b", str(folder / "vmdk"),
         str(backed)], check=True,
    )  # fmt: skip
    made["backed vmdk"] = backed.read_bytes()
    return made


def send(cloud, token, disk_format, data, container="bare"):
    body = {"disk_format": disk_format, "container_format": container}
    image_id = cloud.request("POST", "/image/v2/images", body, token).json["id"]
    path = f"/image/v2/images/{image_id}"
    answer = cloud.request("PUT", f"{path}/file", data, token, Content_Type=OCTETS)
    return answer, cloud.request("GET", path, token=token).json


def test_each_format_is_taken(cloud, disks):
    demo = cloud.token("demo")
    for disk_format in (*FORMATS, "raw"):
        answer, image = send(cloud, demo, disk_format, disks[disk_format])
        assert answer.status_int == 204, (disk_format, answer.text)
        assert image["status"] == "active"
        assert image["size"] == len(disks[disk_format])
        assert image["virtual_size"] >= SIZE


def test_no_format_is_taken_for_another(cloud, disks):
    demo = cloud.token("demo")
    for declared in (*FORMATS, "raw", "iso"):
        for real in (*FORMATS, "raw"):
            if real == declared:
                continue
            answer, image = send(cloud, demo, declared, disks[real])
            assert answer.status_int == 400, (declared, real)
            assert image["status"] == "queued"


def test_a_vmdk_with_a_parent_is_refused(cloud, disks):
    demo = cloud.token("demo")
    for container in ("bare", "ova"):
        answer, _ = send(cloud, demo, "vmdk", disks["backed vmdk"], container)
        assert answer.status_int == 400
        assert "not of a self-contained disk" in answer.text


def test_archives_are_anything_that_is_safe(cloud, disks):
    demo = cloud.token("demo")
    answer, image = send(cloud, demo, "vmdk", b"an archive of some kind", "ova")
    assert answer.status_int == 204
    assert (image["status"], image["virtual_size"]) == ("active", None)
    kernel, _ = send(cloud, demo, "aki", b"MZ" + bytes(100), "aki")
    assert kernel.status_int == 204


def test_zeros_take_no_room(cloud, disks):
    """Data are kept as they came, but for the holes in the file."""
    demo = cloud.token("demo")
    data = bytes(4 << 20) + b"end"
    answer, image = send(cloud, demo, "raw", data)
    assert answer.status_int == 204
    path = cloud.images.local_path(image["id"])
    assert os.stat(path).st_blocks * 512 < 1 << 20
    answer = cloud.request("GET", f"/image/v2/images/{image['id']}/file", token=demo)
    assert answer.body == data
    zeros, image = send(cloud, demo, "raw", bytes(1 << 20))
    assert (zeros.status_int, image["size"]) == (204, 1 << 20)


@pytest.mark.parametrize("disk_format", ["raw", "qcow2", "vmdk", "vhdx", "iso"])
def test_no_image_is_ever_whole_in_memory(cloud, disks, disk_format):
    """Up, staged, imported and down: what is held at a time does not depend on the size."""
    size = 16 << 20
    begin = disks.get(disk_format, b"")
    if disk_format == "iso":
        begin = bytes(32768) + b"\x01CD001\x01" + bytes(2041)

    def chunks():
        left = size - len(begin)
        yield begin
        while left > 0:
            chunk = os.urandom(min(left, 256 * 1024))
            left -= len(chunk)
            yield chunk

    context, service = admin_context(), cloud.images
    body = {"disk_format": disk_format, "container_format": "bare"}
    sent, staged = service.create(context, body), service.create(context, body)
    tracemalloc.start()
    try:
        service.upload(context, sent, chunks(), size)
        service.data.stage(context, staged, chunks(), size)
        service.imports.begin(context, staged, {"method": {"name": "glance-direct"}})
        service.workers.run_all()
        got = sum(len(chunk) for chunk in service.download(context, staged))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert got == size
    assert service.images.show(context, sent).status == "active"
    assert peak < 6 << 20

"""What is written to a volume is there: in the volume, its snapshots, its copies and its images."""

import os
import subprocess

from tests.support.volume_cloud import read, until, write

GIB = 1 << 30
FAR = GIB - 512


def virtual_size(path):
    out = subprocess.run(
        ["qemu-img", "info", "-U", "--output=json", path],
        capture_output=True,
        text=True,
        check=True,
    )
    import json

    return json.loads(out.stdout)["virtual-size"]


def test_a_new_volume_is_empty_and_of_the_size_asked_for(cloud):
    volume = cloud.volume(size=2)
    path = cloud.path_of(volume)
    assert virtual_size(path) == 2 * GIB
    assert read(path) == b""
    assert os.stat(path).st_blocks * 512 < 1 << 20


def test_a_deleted_volume_leaves_no_file(cloud):
    volume = cloud.volume()
    assert len(cloud.files()) == 1
    cloud.ok("DELETE", f"/volumes/{volume}")
    cloud.gone(f"/volumes/{volume}")
    until(lambda: not cloud.files(), "no files")


def test_a_volume_of_an_image_has_its_data_and_remembers_it(cloud):
    image = cloud.image(b"boot me".ljust(4096, b"\0"), min_ram=64, hw_disk_bus="scsi")
    volume = cloud.volume(imageRef=image)
    path = cloud.path_of(volume)
    assert read(path) == b"boot me"
    assert virtual_size(path) == GIB
    shown = cloud.show(f"/volumes/{volume}")
    assert shown["bootable"] == "true"
    kept = shown["volume_image_metadata"]
    assert kept["image_id"] == image
    assert kept["hw_disk_bus"] == "scsi"
    assert kept["min_ram"] == "64"
    assert kept["disk_format"] == "raw"


def test_a_snapshot_keeps_what_was_there_and_the_volume_goes_on(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"first")
    old = cloud.snapshot(volume)
    write(cloud.path_of(volume), b"second")
    middle = cloud.snapshot(volume)
    write(cloud.path_of(volume), b"third")
    assert read(cloud.path_of(cloud.volume(snapshot_id=old))) == b"first"
    assert read(cloud.path_of(cloud.volume(snapshot_id=middle))) == b"second"
    assert read(cloud.path_of(volume)) == b"third"


def test_snapshots_go_in_any_order_and_nothing_else_changes(cloud):
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)):
        volume = cloud.volume()
        snapshots = []
        for number in range(3):
            write(cloud.path_of(volume), b"at %d" % number, number * 65536)
            snapshots.append(cloud.snapshot(volume))
        write(cloud.path_of(volume), b"last", 3 * 65536)
        left = dict(enumerate(snapshots))
        for gone in order:
            cloud.ok("DELETE", f"/snapshots/{left.pop(gone)}")
            cloud.gone(f"/snapshots/{snapshots[gone]}")
            path = cloud.path_of(volume)
            assert [read(path, n * 65536) for n in range(4)] == [b"at 0", b"at 1", b"at 2", b"last"]
            for number, snapshot in left.items():
                copy = cloud.volume(snapshot_id=snapshot)
                found = [read(cloud.path_of(copy), n * 65536) for n in range(4)]
                assert found == [b"at %d" % n for n in range(number + 1)] + [b""] * (3 - number)
                cloud.ok("DELETE", f"/volumes/{copy}")
                cloud.gone(f"/volumes/{copy}")
        cloud.ok("DELETE", f"/volumes/{volume}")
        cloud.gone(f"/volumes/{volume}")
        until(lambda: not cloud.files(), "no files")


def test_a_copy_of_a_volume_is_its_own(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"mine")
    copy = cloud.volume(source_volid=volume, size=2)
    assert read(cloud.path_of(copy)) == b"mine"
    assert virtual_size(cloud.path_of(copy)) == 2 * GIB
    write(cloud.path_of(copy), b"yours")
    assert read(cloud.path_of(volume)) == b"mine"
    cloud.ok("DELETE", f"/volumes/{volume}")
    cloud.gone(f"/volumes/{volume}")
    assert read(cloud.path_of(copy)) == b"yours"


def test_an_extended_volume_keeps_its_data_and_has_room_behind_them(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"end", FAR)
    cloud.snapshot(volume)
    cloud.act(volume, "os-extend", {"new_size": 3})
    until(lambda: cloud.show(f"/volumes/{volume}")["size"] == 3, "3 GiB")
    path = cloud.path_of(volume)
    assert virtual_size(path) == 3 * GIB
    assert read(path, FAR) == b"end"
    write(path, b"beyond", 2 * GIB)
    assert read(path, 2 * GIB) == b"beyond"


def test_a_reverted_volume_is_as_it_was(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"before")
    snapshot = cloud.snapshot(volume)
    write(cloud.path_of(volume), b"after")
    cloud.act(volume, "revert", {"snapshot_id": snapshot})
    cloud.reaches(f"/volumes/{volume}", "available")
    assert read(cloud.path_of(volume)) == b"before"
    write(cloud.path_of(volume), b"again")
    assert read(cloud.path_of(cloud.volume(snapshot_id=snapshot))) == b"before"
    assert cloud.show(f"/snapshots/{snapshot}")["status"] == "available"


def test_a_volume_becomes_an_image_in_any_format_and_a_volume_again(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"round trip")
    for disk_format in ("raw", "qcow2", "vmdk", "vdi", "vhd", "vhdx"):
        body = {"image_name": "copy", "disk_format": disk_format, "container_format": "bare"}
        answer = cloud.act(volume, "os-volume_upload_image", body)["os-volume_upload_image"]
        assert answer["status"] == "uploading"
        cloud.reaches(f"/volumes/{volume}", "available")
        image = cloud.images.get(cloud.context(), answer["image_id"])
        assert (image.status, image.disk_format, image.min_disk) == ("active", disk_format, 1)
        back = cloud.volume(imageRef=answer["image_id"])
        assert read(cloud.path_of(back)) == b"round trip", disk_format


def test_an_image_that_lies_about_its_format_or_refers_to_files_makes_no_volume(cloud, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"not yours".ljust(65536, b"\0"))
    evil = tmp_path / "evil.qcow2"
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", "-u", "-b", str(secret), "-F", "raw", evil,
         "1M"], check=True)  # fmt: skip
    # the image service refuses such a file itself: here it is one that did not look
    image = cloud.image(b"\0" * 65536, disk_format="raw")
    data = evil.read_bytes()
    with open(cloud.images.local_path(image), "r+b") as file:
        file.write(data)
    volume = cloud.volume(imageRef=image)
    # told to be raw, and so taken for what it says
    assert read(cloud.path_of(volume))[:3] == b"QFI"
    with cloud.database.write() as conn:
        conn.exec_driver_sql(f"UPDATE images SET disk_format = 'qcow2' WHERE id = '{image}'")
    refused = cloud.volume(imageRef=image, wait=None)
    until(lambda: cloud.show(f"/volumes/{refused}")["status"] == "error", "error")


def test_a_multiattach_volume_is_raw_and_its_snapshots_are_copies(cloud):
    body = {"volume_type": {"name": "many", "extra_specs": {"multiattach": "<is> True"}}}
    cloud.ok("POST", "/types", body, user="admin")
    volume = cloud.volume(volume_type="many")
    path = cloud.path_of(volume)
    assert path.endswith(".raw")
    assert cloud.show(f"/volumes/{volume}")["multiattach"] is True
    write(path, b"one", file_format="raw")
    snapshot = cloud.snapshot(volume)
    write(path, b"two", file_format="raw")
    copy = cloud.volume(snapshot_id=snapshot)
    assert read(cloud.path_of(copy), file_format="raw") == b"one"
    cloud.act(volume, "revert", {"snapshot_id": snapshot})
    cloud.reaches(f"/volumes/{volume}", "available")
    assert read(cloud.path_of(volume), file_format="raw") == b"one"


def test_a_type_that_makes_a_volume_multiattach_makes_it_raw_with_its_data(cloud):
    body = {"volume_type": {"name": "many", "extra_specs": {"multiattach": "<is> True"}}}
    cloud.ok("POST", "/types", body, user="admin")
    volume = cloud.volume()
    write(cloud.path_of(volume), b"kept")
    cloud.act(volume, "os-retype", {"new_type": "many", "migration_policy": "on-demand"})
    shown = cloud.reaches(f"/volumes/{volume}", "available")
    assert (shown["volume_type"], shown["multiattach"]) == ("many", True)
    assert read(cloud.path_of(volume), file_format="raw") == b"kept"
    assert len(cloud.files()) == 1


def test_a_volume_imaged_anew_has_the_new_content_only(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"old", 65536)
    image = cloud.image(b"new".ljust(512, b"\0"))
    cloud.act(volume, "os-reimage", {"image_id": image})
    cloud.reaches(f"/volumes/{volume}", "available")
    path = cloud.path_of(volume)
    assert (read(path), read(path, 65536)) == (b"new", b"")
    assert cloud.show(f"/volumes/{volume}")["volume_image_metadata"]["image_id"] == image


def test_cascade_takes_the_snapshots_and_all_files(cloud):
    volume = cloud.volume()
    for _ in range(3):
        cloud.snapshot(volume)
    code, message = cloud.refused("DELETE", f"/volumes/{volume}")
    assert code == 400 and "have snapshots" in message
    cloud.ok("DELETE", f"/volumes/{volume}?cascade=true")
    cloud.gone(f"/volumes/{volume}")
    assert cloud.ok("GET", "/snapshots")["snapshots"] == []
    until(lambda: not cloud.files(), "no files")


def test_a_volume_outlives_the_snapshot_and_the_volume_that_it_was_made_from(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"content")
    copy = cloud.volume(snapshot_id=cloud.snapshot(volume))
    cloud.ok("DELETE", f"/volumes/{volume}?cascade=true")
    cloud.gone(f"/volumes/{volume}")
    assert read(cloud.path_of(copy)) == b"content"

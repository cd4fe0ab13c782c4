from typing import Any

import pytest

from novalite import exception
from novalite.api.compute import block_devices
from novalite.api.compute.request import CreateRequest
from novalite.objects import BlockDevice, Flavor, ImageMeta

IMAGE = "70a599e0-31e7-49b7-b260-868f441e862b"
VOLUME = "0e44cc9c-e052-415d-afbf-469b0d384170"
FLAVOR = Flavor("1", "f", memory_mb=64, vcpus=1, root_gb=5, ephemeral_gb=4, swap=256)
BARE = Flavor("2", "g", memory_mb=64, vcpus=1, root_gb=5)
ROOT = {
    "source_type": "image",
    "destination_type": "local",
    "uuid": IMAGE,
    "boot_index": 0,
    "delete_on_termination": True,
}


def read(**entry: Any) -> BlockDevice:
    device = block_devices.read_mapping(entry, image_ref=IMAGE)
    assert device is not None
    return device


def no_volumes(devices: list[BlockDevice]) -> None:
    for device in devices:
        if device.is_volume:
            raise block_devices.invalid("a volume")


def complete(
    *entries: dict[str, Any], flavor: Flavor = BARE, max_local: int = 3, **request: Any
) -> list[BlockDevice]:
    devices = [read(**entry) for entry in entries] or None
    asked = CreateRequest("n", "f", image_ref=IMAGE, block_devices=devices, **request)
    return block_devices.complete(
        asked,
        ImageMeta(id=IMAGE),
        flavor,
        max_local=max_local,
        root_device_name="/dev/vda",
        check_volumes=no_volumes,
    )


def kinds(devices: list[BlockDevice]) -> list[tuple[str, int | None, str | None]]:
    return [(device.source_type, device.volume_size, device.guest_format) for device in devices]


def test_the_image_alone() -> None:
    (root,) = complete()
    assert (root.boot_index, root.image_id, root.volume_size) == (0, IMAGE, 5)
    assert root.device_name == "/dev/vda"


def test_disks_of_the_flavor_are_added() -> None:
    assert kinds(complete(flavor=FLAVOR)) == [
        ("image", 5, None),
        ("blank", 4, None),
        ("blank", 256, "swap"),
    ]


def test_requested_disks_replace_those_of_the_flavor() -> None:
    swap = {"source_type": "blank", "destination_type": "local", "guest_format": "swap"}
    disk = {"source_type": "blank", "destination_type": "local", "boot_index": -1}
    devices = complete(
        ROOT, {**swap, "volume_size": 128}, {**disk, "volume_size": 1}, flavor=FLAVOR
    )
    assert kinds(devices) == [("image", 5, None), ("blank", 128, "swap"), ("blank", 1, None)]


def test_the_roots_size_is_the_flavors() -> None:
    """A larger one would be more than the host's claim counts."""
    devices = complete({**ROOT, "volume_size": 5000})
    assert devices[0].volume_size == 5


def test_numbers_may_be_strings() -> None:
    device = read(source_type="blank", destination_type="local", boot_index="-1", volume_size="3")
    assert (device.boot_index, device.volume_size) == (-1, 3)


def test_no_device_is_no_device() -> None:
    assert block_devices.read_mapping({"no_device": True}, image_ref="") is None
    assert block_devices.read_legacy_mapping({"no_device": True}) is None


def blank(**members: Any) -> dict[str, Any]:
    return {"source_type": "blank", "destination_type": "local", **members}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({}, "source_type"),
        ({"source_type": "volume"}, "Missing device UUID"),
        ({"source_type": "volume", "uuid": "no-uuid"}, "Invalid device UUID"),
        (blank(uuid=VOLUME), "Invalid device UUID"),
        ({**ROOT, "boot_index": 1}, "Mapping image to local is not supported"),
        ({**ROOT, "boot_index": None}, "Mapping image to local is not supported"),
        ({**ROOT, "uuid": VOLUME}, "image of the request"),
        (
            {"source_type": "volume", "uuid": VOLUME, "destination_type": "local"},
            "Mapping volume to local is not supported",
        ),
        (blank(volume_type="ssd"), "volume_type with destination_type=local"),
        (
            {"source_type": "volume", "uuid": VOLUME, "volume_type": "ssd"},
            "volume type to existing volume",
        ),
        (blank(boot_index="x"), "boot_index is not an integer"),
        (blank(boot_index="9" * 30), "boot_index is out of range"),
        (blank(volume_size="0"), "greater than 0"),
        (blank(volume_size="9" * 5000), "volume_size"),
        (blank(delete_on_termination="perhaps"), "delete_on_termination"),
        (blank(device_name="a b"), "contains spaces"),
        (blank(device_name="x" * 256), "empty or too long"),
    ],
)
def test_entries_that_cannot_be(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(exception.InvalidBDM, match=message) as caught:
        block_devices.read_mapping(entry, image_ref=IMAGE)
    assert str(caught.value).startswith("Block Device Mapping is Invalid: ")
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("entries", "options", "message"),
    [
        ([blank()], {}, "Boot sequence"),
        ([ROOT, ROOT], {}, "Boot sequence"),
        ([ROOT, blank(boot_index=2)], {}, "Boot sequence"),
        ([blank(boot_index=0)], {}, "blank device cannot be booted"),
        ([ROOT, {"source_type": "volume", "uuid": VOLUME}], {}, "a volume"),
        ([ROOT, {"source_type": "snapshot", "uuid": VOLUME}], {}, "a volume"),
        ([ROOT, {**blank(), "destination_type": "volume"}], {}, "a volume"),
        ([{**ROOT, "destination_type": "volume"}], {}, "a volume"),
        (
            [ROOT, {"source_type": "volume", "uuid": VOLUME}],
            {"max_count": 2},
            "to multiple instances",
        ),
        ([ROOT, blank()], {"max_local": 1}, "more local devices than the limit"),
        ([ROOT, blank(volume_size=5)], {"flavor": FLAVOR}, "Ephemeral disks requested are larger"),
        ([ROOT, blank(volume_size=1)], {"flavor": BARE}, "Ephemeral disks requested are larger"),
        (
            [ROOT, blank(boot_index=1, volume_size=500)],
            {"flavor": FLAVOR},
            "Ephemeral disks requested are larger",
        ),
        (
            [ROOT, blank(guest_format="swap"), blank(guest_format="swap")],
            {"flavor": FLAVOR, "max_local": -1},
            "More than one swap",
        ),
        (
            [ROOT, blank(guest_format="swap", volume_size=257)],
            {"flavor": FLAVOR},
            "Swap drive requested is larger",
        ),
    ],
)
def test_lists_that_cannot_be(
    entries: list[dict[str, Any]], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(exception.InvalidBDM, match=message):
        complete(*entries, **options)


def test_no_local_disk_limit() -> None:
    disks = [blank(volume_size=1) for _ in range(4)]
    assert len(complete(ROOT, *disks, flavor=FLAVOR, max_local=-1)) == 6


# ---- the first form ------------------------------------------------------------


def legacy(*entries: dict[str, Any], image_ref: str = IMAGE) -> list[BlockDevice]:
    devices = [block_devices.read_legacy_mapping(entry) for entry in entries]
    asked = CreateRequest(
        "n",
        "f",
        image_ref=image_ref,
        block_devices=[device for device in devices if device],
        legacy_block_devices=True,
    )
    return block_devices.complete(
        asked,
        ImageMeta(id=image_ref or None),
        FLAVOR,
        max_local=3,
        root_device_name=None,
        check_volumes=lambda devices: None,
    )


def test_first_form_implies_the_image() -> None:
    devices = legacy({"virtual_name": "swap", "device_name": "vdc", "volume_size": "64"})
    assert kinds(devices) == [("image", 5, None), ("blank", 64, "swap"), ("blank", 4, None)]
    assert devices[1].device_name == "/dev/vdc"


def test_first_form_with_a_volume() -> None:
    root, *_ = legacy({"volume_id": VOLUME, "device_name": "vda"}, image_ref="")
    assert (root.boot_index, root.volume_id, root.destination_type) == (0, VOLUME, "volume")


def test_first_form_without_source() -> None:
    with pytest.raises(exception.InvalidBDM, match="legacy format"):
        legacy({"device_name": "vdb"})


def test_mappings_of_the_image() -> None:
    image = ImageMeta(
        id=IMAGE,
        properties={
            "bdm_v2": "True",
            "block_device_mapping": '[{"source_type": "snapshot", "destination_type": "volume",'
            f' "snapshot_id": "{VOLUME}", "boot_index": 0}}]',
        },
    )
    asked = CreateRequest("n", "f", image_ref=IMAGE)
    root, *_ = block_devices.complete(
        asked,
        image,
        FLAVOR,
        max_local=3,
        root_device_name=None,
        check_volumes=lambda devices: None,
    )
    assert (root.boot_index, root.snapshot_id) == (0, VOLUME)

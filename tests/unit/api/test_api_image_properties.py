import pytest

from novalite import exception
from novalite.api.compute import image_checks, image_properties
from novalite.objects import ImageMeta


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hw_disk_bus", "virtio"),
        ("hw_disk_bus", "VirtIO"),
        ("hw_cpu_sockets", "2"),
        ("hw_boot_menu", "yes"),
        ("architecture", "x86_64"),
        ("os_type", "linux"),
        ("hw_tpm_version", "2.0"),
        ("img_signature_certificate_uuid", "0e44cc9c-e052-415d-afbf-469b0d384170"),
        ("anything_else", "whatever"),
    ],
)
def test_good_values(name: str, value: str) -> None:
    image_properties.check(ImageMeta(properties={name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hw_disk_bus", "floppynet"),
        ("hw_cpu_sockets", "two"),
        ("hw_boot_menu", "perhaps"),
        ("architecture", "pdp11"),
        ("hw_vif_model", "ne2k"),
        ("img_signature_certificate_uuid", "x"),
    ],
)
def test_bad_values(name: str, value: str) -> None:
    with pytest.raises(exception.InvalidImageProperty, match=f"{name}={value}") as caught:
        image_properties.check(ImageMeta(properties={name: value}))
    assert caught.value.code == 400


def test_former_names() -> None:
    image = ImageMeta(properties={"vm_mode": "hvm", "hw_architecture": "x86_64"})
    assert image_properties.value(image, "hw_vm_mode") == "hvm"
    assert image_properties.value(image, "hw_architecture") == "x86_64"
    assert image_properties.value(image, "os_type") is None


def test_what_a_server_shows_of_its_image() -> None:
    image = ImageMeta(
        id="i",
        min_ram=64,
        properties={"hw_disk_bus": "virtio", "architecture": "x86_64", "my": "x"},
    )
    kept = image_checks.system_metadata(image)
    assert kept["image_my"] == "x"
    assert kept["image_min_ram"] == "64"
    assert image_properties.recognised(kept) == {"hw_disk_bus": "virtio", "architecture": "x86_64"}


@pytest.mark.parametrize(
    ("requested", "said", "expected"),
    [
        (None, None, False),
        (None, "true", True),
        (None, "disabled", False),
        (True, None, True),
        (False, "true", False),
        (False, "disabled", False),
    ],
)
def test_auto_disk_config(requested: bool | None, said: str | None, expected: bool) -> None:
    image = ImageMeta(id="i", properties={} if said is None else {"auto_disk_config": said})
    assert image_checks.auto_disk_config(requested, image) is expected


def test_auto_disk_config_that_the_image_forbids() -> None:
    image = ImageMeta(id="i", properties={"auto_disk_config": "Disabled"})
    with pytest.raises(exception.Invalid, match="automatic disk resize disabled"):
        image_checks.auto_disk_config(True, image)

"""Images that a host fetches before a server needs them."""

import hashlib
import os

import pytest

from novalite.context import admin_context
from novalite.exception import ImageUnacceptable, NotSupported
from tests.support.libvirt import Hypervisor

pytestmark = pytest.mark.integration


def test_cached_ahead(hypervisor: Hypervisor, guest_image, tmp_path) -> None:
    driver, context = hypervisor.driver, admin_context()
    disk = hypervisor.images.add(guest_image / "guest.qcow2", "qcow2")
    (tmp_path / "text").write_bytes(b"kernel" * 1000)
    kernel = hypervisor.images.add(tmp_path / "text", "aki")
    for image in (disk, kernel, disk):
        driver.cache_image(context, image)
    kept = os.listdir(f"{hypervisor.conf.instances_path}/_base")
    for image, suffix in ((disk, ".qcow2"), (kernel, ".img")):
        key = hashlib.sha1(str(image.id).encode()).hexdigest()
        assert {f"{key}{suffix}", f"{key}.json"} <= set(kept)
    assert driver.prune_images() == []
    with pytest.raises(ImageUnacceptable):
        driver.cache_image(context, hypervisor.images.add(tmp_path / "text", "qcow2"))
    with pytest.raises(NotSupported):
        driver.control_host("reboot")

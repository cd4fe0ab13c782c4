"""What a host is asked for beside servers: images to cache, and itself to be switched."""

import pytest

from novalite.exception import ImageNotFound, NotSupported
from novalite.objects import ImageMeta
from novalite.virt.driver import ComputeDriver
from tests.support.compute_doubles import eventually


def test_images_are_cached_one_after_the_other(host, context, monkeypatch):
    cache, asked = host.driver.cache_image, []

    def cache_image(caller, image):
        asked.append((caller.request_id, image.id))
        if image.id == "missing":
            raise ImageNotFound(image_id=image.id)
        cache(caller, image)

    monkeypatch.setattr(host.driver, "cache_image", cache_image)
    manager = host.start()
    images = [ImageMeta(id=id_) for id_ in ("one", "missing", "two")]
    manager.cache_images(context, images)
    eventually(lambda: host.driver.images == {"one", "two"})
    assert asked == [("req-create", image.id) for image in images]


def test_control_of_the_host(host, context, monkeypatch):
    manager = host.start()
    answers = [manager.control_host(context, word) for word in ("enable", "disable", "reboot")]
    assert answers == ["enabled", "disabled", "reboot"]
    assert host.driver.done == ["enable", "disable", "reboot"]
    # As a hypervisor that knows nothing of it, such as libvirt.
    monkeypatch.setattr(
        host.driver, "control_host", lambda word: ComputeDriver.control_host(host.driver, word)
    )
    with pytest.raises(NotSupported):
        manager.control_host(context, "enable")

"""The same driver in both kinds of process, and on what the KVM probe chose."""

import shutil
import subprocess
import sys
import time

import pytest

from tests.support.libvirt import READY, folder, make_driver

pytestmark = pytest.mark.integration

PROGRAM = """
import sys
import _thread
native_id = _thread.get_native_id
if sys.argv[1] == "eventlet":
    import eventlet
    eventlet.monkey_patch()
import pathlib, threading
import libvirt
from tests.support.libvirt import READY, make_driver
from tools.servers.processes import wait_until

made = make_driver(pathlib.Path(sys.argv[2]), sys.argv[3], virt_type="qemu")
driver = made.driver
image = made.images.add(pathlib.Path(sys.argv[4]) / "guest.qcow2", "qcow2")
# Which threads of the operating system wait for libvirt to start a guest.
waiting, create = set(), libvirt.virDomain.create
def noted(domain):
    waiting.add(native_id())
    return create(domain)
libvirt.virDomain.create = noted
requests = [made.request(image, [], config_drive="True") for _ in range(2)]
try:
    spawns = [threading.Thread(target=driver.spawn, args=(r,)) for r in requests]
    [thread.start() for thread in spawns]
    [thread.join() for thread in spawns]
    made.wait_console(requests[0], READY)
finally:
    for request in requests:
        driver.destroy(request.instance, [])
def seen(request):
    return [e.transition.value for e in made.events if e.instance_uuid == request.instance.uuid]
for request in requests:
    wait_until(lambda: "stopped" in seen(request), 10, "the last event")
    assert [t for t in seen(request) if t != "resumed"] == ["started", "stopped"], seen(request)
assert driver.list_instance_uuids() == []
driver.close()
# All of it is a wait in C, in which a process whose only thread waits would stand still.
assert waiting and native_id() not in waiting, waiting
print("good")
"""


@pytest.mark.parametrize("backend", ["threading", "eventlet"])
def test_backend(libvirt_host, guest_image, backend) -> None:
    state = folder(f"{backend}-")
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PROGRAM, backend, state, libvirt_host,
             guest_image],
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.stdout.strip() == "good", done.stderr
    finally:
        shutil.rmtree(state, ignore_errors=True)


def test_a_guest_boots_on_what_the_probe_chose(libvirt_host, guest_image) -> None:
    state = folder("probe-")
    started = time.monotonic()
    made = make_driver(state, libvirt_host, virt_type="auto")
    try:
        assert time.monotonic() - started < 5, "the probe may take 3 s"
        assert made.driver.virt_reason
        kinds = {kind for _, kind, _ in made.driver.nodes()[0].supported_instances}
        assert made.driver.virt_type in kinds
        assert ("kvm" in kinds) == (made.driver.virt_type == "kvm")
        image = made.images.add(guest_image / "guest.qcow2", "qcow2")
        request = made.request(image, [])
        made.driver.spawn(request)
        made.wait_console(request, READY)
        made.driver.destroy(request.instance, [])
    finally:
        made.driver.close()
        shutil.rmtree(state, ignore_errors=True)

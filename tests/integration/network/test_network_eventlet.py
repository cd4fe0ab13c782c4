"""The data plane in a process that eventlet has patched: no thread of it is a real one."""

import json
import subprocess
import sys

import pytest

from novalite.network.vifs import device_name
from tests.integration.network.test_network_dhcp_metadata import ask, metadata
from tests.support.netlab import Guest

pytestmark = pytest.mark.integration
__all__ = ["metadata"]

SERVE = """
import eventlet
eventlet.monkey_patch()
import json, sys
from novalite import conf as configuration
from novalite.context import admin_context
from novalite.db.engine import Database
from novalite.network.embedded.service import NetworkService

conf = configuration.configuration(["--config-file", sys.argv[1]])
conf.set_override("metadata_url", sys.argv[3], group="embedded")
service = NetworkService(conf, Database(conf.embedded.connection))
service.start()
beats = []

def beat():
    while True:
        eventlet.sleep(0.005)
        beats.append(1)

def bind(number):
    return service.create_port(admin_context(), {
        "network_id": sys.argv[2], "project_id": "a" * 32, "device_id": f"server{number}",
        "binding:host_id": "host1",
    })

eventlet.spawn(beat)
threads = [eventlet.spawn(bind, number) for number in range(10)]
ports = [thread.wait() for thread in threads]
print(json.dumps({"ports": ports, "beats": len(beats)}), flush=True)
eventlet.sleep(600)
"""


def test_dhcp_and_metadata_under_eventlet(lab, metadata):
    network = lab.start()
    lab.service.stop()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", SERVE, f"{lab.directory}/novalite.conf", network,
         lab.conf.embedded.metadata_url],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        answer = json.loads(process.stdout.readline())
        ports = answer["ports"]
        addresses = {port["fixed_ips"][0]["ip_address"] for port in ports}
        assert len(addresses) == 10
        assert answer["beats"] > 2, "other green threads ran meanwhile"
        guest = Guest(ports[0], f"{lab.prefix}g0", device_name(ports[0]["id"]), lab.directory)
        lab.guests.append(guest)
        lab.plug(guest)
        assert guest.dhcp()["ip"] == guest.address
        assert ask(guest.namespace, "/openstack") == (200, b"hello")
        assert metadata.seen[0][2]["x-instance-id"] == "server0"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

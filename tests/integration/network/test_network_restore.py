"""What is in force follows the database, whatever happened to the process or the host."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest

from novalite.context import admin_context
from novalite.exception import DependencyUnavailable
from novalite.network.embedded import snapshot
from novalite.network.embedded.plane.linux import teardown
from novalite.network.embedded.service import NetworkService
from tests.support.netlab import Listener, eventually, run, tcp

pytestmark = pytest.mark.integration

SERVE = """
import sys, time
from novalite import conf as configuration
from novalite.db.engine import Database
from novalite.network.embedded.service import NetworkService
conf = configuration.configuration(["--config-file", sys.argv[1]])
service = NetworkService(conf, Database(conf.embedded.connection))
service.start()
print("ready", flush=True)
time.sleep(600)
"""


def serve_and_kill(lab) -> None:
    """A process of its own runs the service, and is killed."""
    lab.service.stop()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, f"{lab.directory}/novalite.conf"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def records_only(lab) -> NetworkService:
    """Changes the database while no data plane is there to see it."""
    lab.conf.set_override("data_plane", "none", group="embedded")
    service = NetworkService(lab.conf, lab.database)
    lab.conf.clear_override("data_plane", group="embedded")
    return service


def test_guests_outlive_the_process_and_changes_are_made_up_for(lab):
    network = lab.start()
    gone_network = lab.network("192.168.30.0/24")
    stays, goes = lab.guest(network), lab.guest(network)
    vanishing = lab.guest(gone_network)
    assert stays.dhcp()
    assert goes.dhcp()
    listener = Listener(goes.namespace, 80)
    pid = lab.service.plane.dhcp.pid(network)
    serve_and_kill(lab)

    assert tcp(stays.namespace, goes.address, 80), "without the process the network works"
    records = records_only(lab)
    records.delete_port(admin_context(), goes.port["id"])
    records.delete_port(admin_context(), vanishing.port["id"])
    records.networks.delete(admin_context(), gone_network)
    lab.restart()

    assert lab.service.plane.dhcp.pid(network) == pid, "DHCP was not interrupted"
    assert lab.service.plane.links.bridge_of(goes.device) is None
    assert not tcp(stays.namespace, goes.address, 80)
    names = " ".join(lab.leftovers())
    assert gone_network[:8] not in names
    assert (
        goes.port["mac_address"]
        not in pathlib.Path(f"{lab.directory}/network/{network}/hosts").read_text()
    )
    assert stays.dhcp()["ip"] == stays.address
    listener.close()


def test_everything_comes_back_after_a_reboot(lab):
    network = lab.start()
    guest = lab.guest(network)
    other = lab.network("192.168.31.0/24")
    second = lab.guest(other)
    lab.service.stop()
    for each in (guest, second):
        lab.unplug(each)
    teardown(lab.conf)
    assert lab.leftovers() == []

    lab.restart()
    for each in (guest, second):
        lab.plug(each)
        assert each.dhcp()["ip"] == each.address
    assert tcp(guest.namespace, "169.254.169.254", 80)


def test_starting_twice_changes_nothing(lab):
    network = lab.start()
    guest = lab.guest(network)
    assert guest.dhcp()
    tables = [(family, lab.service.plane.table) for family in ("bridge", "inet")]
    before = [run("nft", "-s", "list", "table", *table) for table in tables]
    lab.restart()
    assert [run("nft", "-s", "list", "table", *table) for table in tables] == before
    assert guest.ping(f"{lab.subnet}.2")


def test_two_clouds_do_not_share_a_prefix(lab):
    lab.start()
    second = NetworkService(lab.conf, lab.database)
    with pytest.raises(DependencyUnavailable, match="device_prefix"):
        second.start()
    lab.service.stop()
    second.start()
    second.stop()


def test_a_filter_that_somebody_flushed_comes_back_with_the_next_change(lab):
    network = lab.start()
    guest = lab.guest(network)
    table = lab.service.plane.table
    run("nft", "delete", "table", "inet", table)
    lab.guest(network, plug=False)
    assert guest.device in run("nft", "list", "table", "bridge", table)
    assert guest.address in run("nft", "list", "table", "inet", table)


def test_a_dhcp_server_that_died_is_started_again(lab):
    network = lab.start()
    guest = lab.guest(network)
    dhcp = lab.service.plane.dhcp
    pid = dhcp.pid(network)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: dhcp.pid(network) is None, "it is gone")
    lab.service.plane.refresh(network)
    assert dhcp.pid(network) not in (None, pid)
    assert guest.dhcp()["ip"] == guest.address


def test_a_deleted_network_leaves_nothing(lab):
    lab.start()
    network = lab.network("192.168.32.0/24")
    guest = lab.guest(network)
    assert guest.dhcp()
    lab.unplug(guest)
    lab.service.delete_port(admin_context(), guest.port["id"])
    assert any(network[:8] in name for name in lab.leftovers())
    lab.service.networks.delete(admin_context(), network)
    assert not any(network[:8] in name for name in lab.leftovers())
    assert not os.path.exists(f"{lab.directory}/network/{network}")


def test_the_tap_of_a_deleted_port_is_cut_off(lab):
    """A guest that still runs when its port goes must not stay on the network unfiltered."""
    network = lab.start()
    one, two = lab.guest(network), lab.guest(network)
    for guest in (one, two):
        guest.configure()
    assert one.ping(two.address)
    lab.service.delete_port(admin_context(), one.port["id"])
    assert lab.service.plane.links.bridge_of(one.device) is None
    assert not one.ping(two.address)


def test_teardown_leaves_nothing(lab):
    network = lab.start()
    guest = lab.guest(network)
    lab.guest(lab.network("192.168.33.0/24"))
    assert guest.dhcp()
    lab.service.stop()
    for each in lab.guests:
        lab.unplug(each)
    teardown(lab.conf)
    assert lab.leftovers() == []
    assert not os.listdir(f"{lab.directory}/network")
    assert snapshot.load(lab.database).networks, "the records stay"
